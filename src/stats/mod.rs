//! The only home of polars: what happens over time, measured.
//!
//! The engine finds, this floor measures: dynamic windows, histograms, and the state of things as of an event. It
//! reads the case's Parquet by itself and gives back plain rows.

mod access;
mod histogram;
mod quiet;

use std::path::PathBuf;

use polars::prelude::*;

use crate::case::Case;
use crate::error::{Error, Result};
use crate::model::{Micros, tables};

/// A measure over the events of a case.
pub trait Lens: Sync {
    /// The word on the command line.
    fn name(&self) -> &'static str;
    /// One line.
    fn doc(&self) -> &'static str;
    /// Measures in windows of `every` microseconds.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    fn look(&self, events: LazyFrame, every: i64) -> PolarsResult<Sheet>;
}

/// Every lens.
pub static LENSES: &[&dyn Lens] = &[&histogram::Histogram, &quiet::Quiet, &access::Access];

/// A measure as rows of text.
#[derive(Debug, PartialEq, Eq)]
pub struct Sheet {
    pub heads: Vec<&'static str>,
    /// Whether a column holds numbers.
    pub numbers: Vec<bool>,
    pub rows: Vec<Vec<String>>,
}

/// Measures a case through a lens.
///
/// # Errors
/// When the case has no audit events, or one of its files cannot be read.
pub fn look(case: &Case, lens: &dyn Lens, every: i64) -> Result<Sheet> {
    let files: Vec<PathBuf> = case.files(tables::audit::TABLE.name);
    if files.is_empty() {
        return Err(Error::Usage {
            what: "the case has no audit events to measure".into(),
            hint: Some("coldcase ingest reads some".into()),
        });
    }
    let events = events(&files).and_then(|events| lens.look(events, every));
    events.map_err(|source| Error::Damaged { path: case.dir().join("tables"), source: Box::new(source) })
}

/// Events with a time, in its order.
fn events(files: &[PathBuf]) -> PolarsResult<LazyFrame> {
    let scan = |path: &PathBuf| {
        let path = PlRefPath::new(path.to_string_lossy());
        LazyFrame::scan_parquet(path, ScanArgsParquet::default())
    };
    let each = files.iter().map(scan).collect::<PolarsResult<Vec<_>>>()?;
    let events = concat(each, UnionArgs::default())?;
    let words = ["verb", "user_name", "category", "resource", "namespace", "subresource"]
        .map(|c| col(c).cast(DataType::String));
    Ok(events.filter(col("time").is_not_null()).with_columns(words).sort(["time"], SortMultipleOptions::default()))
}

/// A window length as polars takes it.
fn window(micros: i64) -> Duration {
    Duration::parse(&format!("{micros}us"))
}

/// A column of times.
fn times(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<Micros>>> {
    let column = frame.column(name)?.cast(&DataType::Int64)?;
    Ok(column.i64()?.iter().map(|time| time.map(Micros)).collect())
}

fn shown(time: Option<Micros>) -> String {
    time.map_or_else(String::new, |time| time.to_string())
}
