//! Queries, the tables there are, and stored questions, as the SQL screen asks for them.

use std::sync::Arc;
use std::time::Instant;

use coldcase_tui::ask::{Asked, Call, ColumnInfo, Grid, GridColumn, TableInfo, Total};

use super::Ask;
use super::rows::cell;
use crate::cli::tables::kind;
use crate::engine::hunts::{self, Hunt, HuntParameter};
use crate::engine::{Limits, Parameter, own};
use crate::error::{Diagnostic, Error, Result};

/// Rows of a query that are counted.
const COUNTED: u64 = 500_000;

impl Ask<'_> {
    pub fn grid(&self, text: &str, given: &[(String, String)], limit: u32) -> Result<Grid> {
        let parameters = hunts::given(text, given)?;
        let start = Instant::now();
        let mut total = 0;
        let mut out = Vec::new();
        let asked = self.desk.engine.ask(text, &parameters)?;
        let schema = Arc::clone(&asked.schema);
        let answered = asked.within(Some(Limits::SCREENS)).run(self.stop, &mut |_| {}, &mut |batch| {
            total += batch.num_rows() as u64;
            let room = (limit as usize).saturating_sub(out.len());
            for row in 0..batch.num_rows().min(room) {
                out.push(batch.columns().iter().map(|array| cell(array.as_ref(), row)).collect());
            }
            if total >= COUNTED { Err(Error::Stopped) } else { Ok(()) }
        });
        // More rows than anybody counts by hand are said to be so many at least; whoever wants the number asks for it.
        let (total, note) = match answered {
            Ok(()) => (Total::Exactly(total), String::new()),
            Err(Error::Stopped) if total >= COUNTED => (Total::AtLeast(COUNTED), "counting stopped".to_owned()),
            Err(error) => return Err(error),
        };
        let columns = schema.fields().iter();
        let columns = columns.map(|f| GridColumn { name: f.name().clone(), number: f.data_type().is_numeric() });
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Grid { columns: columns.collect(), rows: out, total, millis, note })
    }

    pub fn tables(&self) -> Result<Vec<TableInfo>> {
        let mut tables: Vec<TableInfo> = Vec::new();
        for info in self.desk.engine.tables()? {
            tables.push(TableInfo {
                name: info.name,
                rows: Some(info.rows),
                call: None,
                columns: columns(&info.schema),
            });
        }
        let schema = self.desk.engine.schema("SELECT * FROM timeline", &[])?;
        tables.push(TableInfo { name: "timeline".into(), rows: None, call: None, columns: columns(&schema) });
        let (hunts, problems) = self.desk.engine.hunts();
        tables.extend(hunts.iter().map(stored));
        // A file that is no hunt is said to be none where it was looked for.
        let none = |problem: Diagnostic| TableInfo {
            name: format!("no hunt: {problem}"),
            rows: None,
            call: None,
            columns: Vec::new(),
        };
        tables.extend(problems.into_iter().map(none));
        Ok(tables)
    }

    /// Keeps a query as a hunt, and says where.
    pub fn save_hunt(&self, name: &str, title: &str, text: &str, given: &[(String, String)]) -> Result<String> {
        // What cannot be asked is not kept.
        self.desk.engine.schema(text, &hunts::given(text, given)?)?;
        let path = own::save(self.desk.case.dir(), name, title, text, given)?;
        Ok(format!("hunt {name} is in {}", path.display()))
    }
}

/// A stored question as the SQL screen lists it.
fn stored(hunt: &Hunt) -> TableInfo {
    let asked = |parameter: &HuntParameter| Asked {
        name: parameter.name.clone(),
        usual: match &parameter.default {
            Parameter::Text(text) => text.clone(),
            Parameter::Int(number) => number.to_string(),
            Parameter::Time(time) => time.to_string(),
        },
        doc: parameter.doc.clone(),
    };
    let columns = hunt.parameters.iter().map(|p| ColumnInfo { name: p.name.clone(), kind: p.doc.clone() });
    let asks = hunt.parameters.iter().map(asked).collect();
    TableInfo {
        name: format!("{} {}", if hunt.own { "own hunt" } else { "hunt" }, hunt.name),
        rows: None,
        call: Some(Call { hunt: hunt.name.clone(), title: hunt.title.clone(), asks }),
        columns: columns.collect(),
    }
}

fn columns(schema: &arrow::datatypes::Schema) -> Vec<ColumnInfo> {
    let column =
        |f: &std::sync::Arc<arrow::datatypes::Field>| ColumnInfo { name: f.name().clone(), kind: kind(f.data_type()) };
    schema.fields().iter().map(column).collect()
}
