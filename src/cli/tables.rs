//! `coldcase tables`: what can be asked.

use std::io::Write;

use arrow::datatypes::DataType;
use clap::Args;

use super::print::{count, line, output};
use super::{CaseArg, End};
use crate::engine::{Engine, views};
use crate::error::{Error, Result};
use crate::model::TABLES;
use crate::model::tables::azure;

/// Shows every table and view with its rows and time range; with a name, its columns, their types and meanings.
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
        match &self.table {
            Some(name) => {
                // What we know of a table can be told without a case.
                let engine = self.case.open().ok().map(|case| Engine::open(&case)).transpose()?;
                show(engine.as_ref(), name, &mut out)?;
            }
            None => {
                list(&Engine::open(&self.case.open()?)?, &mut out)?;
                line(&mut out, "coldcase tables NAME shows columns and their meanings")?;
            }
        }
        Ok(End::Done)
    }
}

/// Shows every table and view.
pub fn list(engine: &Engine, out: &mut dyn Write) -> Result<()> {
    for info in engine.tables()? {
        let span = info.span.map_or(String::new(), |(first, last)| format!("  {first} to {last}"));
        line(out, &format!("{:<13} {:>14}{span}", info.name, count(info.rows, "row", "rows")))?;
        if !info.doc.is_empty() {
            line(out, &format!("{:14}{}", "", info.doc))?;
        }
    }
    line(
        out,
        &format!("{:<13} every event of every source in one order: time, source, actor, verb, object …", "timeline"),
    )?;
    for (name, doc) in views::all() {
        line(out, &format!("{name:<13} view: {}", doc.split(". ").next().unwrap_or(&doc)))?;
    }
    Ok(())
}

/// Shows the columns of one table: what they mean where we know it, and those its rows brought.
///
/// # Errors
/// When there is no table of that name, or a view and no case to look in.
pub fn show(engine: Option<&Engine>, name: &str, out: &mut dyn Write) -> Result<()> {
    let known = TABLES.iter().chain(azure::AZURE).find(|table| table.name.eq_ignore_ascii_case(name));
    let view = views::all().find(|(view, _)| view.eq_ignore_ascii_case(name));
    let timeline = || ("timeline", "every event of every source in one order".to_owned());
    if let Some((name, doc)) = view.or_else(|| name.eq_ignore_ascii_case("timeline").then(timeline)) {
        line(out, &format!("{name}: {doc}"))?;
        let Some(engine) = engine else { return Ok(()) };
        for field in engine.schema(&format!("SELECT * FROM \"{name}\""), &[])?.fields() {
            line(out, &format!("  {:<24} {}", field.name(), kind(field.data_type())))?;
        }
        return Ok(());
    }
    let tables = engine.map(Engine::tables).transpose()?.unwrap_or_default();
    let found = tables.into_iter().find(|info| info.name.eq_ignore_ascii_case(name));
    let columns = known.map_or(&[][..], |table| &table.columns);
    if let Some(table) = known {
        line(out, &format!("{}: {}", table.name, table.doc))?;
    } else if let Some(info) = &found {
        line(out, &format!("{}: as its rows have it", info.name))?;
    } else {
        return Err(Error::Usage {
            what: format!("there is no table `{name}`"),
            hint: Some(format!("tables are: {}", TABLES.iter().map(|t| t.name).collect::<Vec<_>>().join(", "))),
        });
    }
    for column in columns {
        line(out, &format!("  {:<24} {:<28} {}", column.name, kind(&column.kind), column.doc))?;
    }
    for field in found.iter().flat_map(|info| info.schema.fields().iter()) {
        if !columns.iter().any(|column| column.name == field.name()) {
            line(out, &format!("  {:<24} {}", field.name(), kind(field.data_type())))?;
        }
    }
    Ok(())
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
