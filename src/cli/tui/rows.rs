//! Rows of SQL answers as plain values, and filters of the screens as conditions.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use coldcase_tui::ask::{Cell, Chip, Column, Filter, Op};

use crate::cli::secrets;
use crate::engine::{Answer as Table, Parameter};

/// A place in an answer.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

/// Every row of an answer.
pub fn rows(table: &Table) -> impl Iterator<Item = Row<'_>> {
    table.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| Row { batch, row }))
}

impl Row<'_> {
    /// A cell as text.
    pub fn text(&self, column: usize) -> Cell {
        cell(self.batch.column(column).as_ref(), self.row)
    }

    /// A cell as a whole number; 0 when it is null.
    pub fn number(&self, column: usize) -> i64 {
        let array = self.batch.column(column);
        if array.is_null(self.row) {
            return 0;
        }
        match array.data_type() {
            DataType::Timestamp(_, _) => array.as_primitive::<TimestampMicrosecondType>().value(self.row),
            DataType::Float64 => array.as_primitive::<Float64Type>().value(self.row) as i64,
            DataType::Int64 => array.as_primitive::<Int64Type>().value(self.row),
            _ => cell(array.as_ref(), self.row).and_then(|text| text.parse().ok()).unwrap_or_default(),
        }
    }

    /// As [`Row::number`], without sign.
    pub fn count(&self, column: usize) -> u64 {
        u64::try_from(self.number(column)).unwrap_or_default()
    }

    /// Says whether a cell is null.
    pub fn is_null(&self, column: usize) -> bool {
        self.batch.column(column).is_null(self.row)
    }
}

/// A cell of any type as text.
pub fn cell(array: &dyn Array, row: usize) -> Cell {
    static OPTIONS: FormatOptions<'static> =
        FormatOptions::new().with_timestamp_tz_format(Some("%Y-%m-%dT%H:%M:%S%.6fZ"));
    if array.is_null(row) {
        return None;
    }
    match ArrayFormatter::try_new(array, &OPTIONS) {
        Ok(formatter) => Some(secrets::text(&formatter.value(row).to_string()).into_owned()),
        Err(error) => Some(format!("(cannot be shown: {error})")),
    }
}

/// A filter as a condition over view `timeline`, values as parameters.
pub struct Condition {
    pub sql: String,
    pub parameters: Vec<(String, Parameter)>,
}

/// Columns a search looks into.
const SEARCHED: [&str; 8] = ["source", "actor", "verb", "object", "status", "namespace", "agent", "address"];

impl Condition {
    /// Translates a filter. Rows without a time are in no window and on no axis: they are left out.
    pub fn of(filter: &Filter) -> Condition {
        let mut condition = Condition { sql: "time IS NOT NULL".into(), parameters: Vec::new() };
        for (edge, time) in [(">=", filter.window.from), ("<", filter.window.to)] {
            if let Some(time) = time {
                let name = condition.bind(Parameter::Time(crate::model::Micros(time)));
                condition.and(&format!("time {edge} {name}"));
            }
        }
        let mut columns: Vec<Column> = filter.chips.iter().map(|chip| chip.column).collect();
        columns.dedup();
        for column in columns {
            let of = |chip: &&Chip| chip.column == column;
            let any: Vec<String> =
                filter.chips.iter().filter(of).filter(|c| c.op != Op::IsNot).map(|chip| condition.chip(chip)).collect();
            if !any.is_empty() {
                condition.and(&format!("({})", any.join(" OR ")));
            }
            for chip in filter.chips.iter().filter(of).filter(|chip| chip.op == Op::IsNot) {
                let test = condition.chip(chip);
                condition.and(&test);
            }
        }
        if !filter.search.is_empty() {
            let test = condition.contains_text(&filter.search);
            condition.and(&test);
        }
        condition
    }

    /// Adds a further condition.
    pub fn and(&mut self, test: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(test);
    }

    /// Gives a value a name to be used in the text.
    pub fn bind(&mut self, value: Parameter) -> String {
        let name = format!("p{}", self.parameters.len());
        self.parameters.push((name.clone(), value));
        format!("${name}")
    }

    /// The text occurs in any column, letters without case.
    pub fn contains_text(&mut self, text: &str) -> String {
        let name = self.bind(Parameter::Text(text.to_lowercase()));
        let tests = SEARCHED.map(|column| format!("strpos(lower({}), {name}) > 0", as_text(column)));
        format!("({})", tests.join(" OR "))
    }

    /// The column is exactly this.
    pub fn is(&mut self, column: &str, value: Option<&str>) -> String {
        match value {
            None => format!("{column} IS NULL"),
            Some(value) => {
                let name = self.bind(Parameter::Text(value.to_owned()));
                format!("{} = {name}", as_text(column))
            }
        }
    }

    fn chip(&mut self, chip: &Chip) -> String {
        let column = chip.column.name();
        match (chip.op, &chip.value) {
            (Op::Is, value) => self.is(column, value.as_deref()),
            (Op::IsNot, None) => format!("{column} IS NOT NULL"),
            (Op::IsNot, Some(_)) => format!("NOT coalesce({}, false)", self.is(column, chip.value.as_deref())),
            (Op::Contains, None) => format!("{column} IS NULL"),
            (Op::Contains, Some(value)) => {
                let name = self.bind(Parameter::Text(value.to_lowercase()));
                format!("strpos(lower({}), {name}) > 0", as_text(column))
            }
        }
    }
}

pub fn as_text(column: &str) -> String {
    format!("CAST({column} AS VARCHAR)")
}
