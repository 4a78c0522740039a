//! `coldcase tables`: what can be asked.

use arrow::datatypes::DataType;
use clap::Args;

use super::print::{count, line, output};
use super::{CaseArg, End};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::TABLES;

/// Shows every table with its rows and time range; with a name, its columns, their types and meanings.
#[derive(Args)]
pub struct Tables {
    /// Show the columns of this table
    table: Option<String>,
    #[command(flatten)]
    case: CaseArg,
}

impl Tables {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        if let Some(name) = &self.table {
            let table = TABLES.iter().find(|table| table.name == *name).ok_or_else(|| Error::Usage {
                what: format!("there is no table `{name}`"),
                hint: Some(format!("tables are: {}", TABLES.iter().map(|t| t.name).collect::<Vec<_>>().join(", "))),
            })?;
            line(&mut out, &format!("{}: {}", table.name, table.doc))?;
            for column in table.columns.iter() {
                line(&mut out, &format!("  {:<24} {:<28} {}", column.name, kind(&column.kind), column.doc))?;
            }
            return Ok(End::Done);
        }
        let engine = Engine::open(&self.case.open()?)?;
        for info in engine.tables()? {
            let span = info.span.map_or(String::new(), |(first, last)| format!("  {first} to {last}"));
            line(&mut out, &format!("{:<10} {:>14}{span}", info.table.name, count(info.rows, "row", "rows")))?;
            line(&mut out, &format!("{:11}{}", "", info.table.doc))?;
        }
        line(
            &mut out,
            &format!(
                "{:<10} every event of every source in one order: time, source, actor, verb, object …",
                "timeline"
            ),
        )?;
        line(&mut out, "coldcase tables NAME shows columns and their meanings")?;
        Ok(End::Done)
    }
}

/// A type in words.
pub fn kind(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::Dictionary(_, _) => "text".into(),
        DataType::Timestamp(_, _) => "timestamp (µs, UTC)".into(),
        DataType::Boolean => "boolean".into(),
        DataType::List(item) => format!("list of {}", self::kind(item.data_type())),
        DataType::Struct(_) => "struct".into(),
        other => other.to_string().to_lowercase(),
    }
}
