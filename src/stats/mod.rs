//! The only home of polars: what happens over time, measured.
//!
//! The engine finds, this floor measures: windows, rolling windows of the past, pivots, and what was last before each
//! event. It takes rows as columns, wherever they are from, and gives rows as columns back.

mod as_of;
mod baseline;
mod frame;
mod histogram;
mod pivot;
mod quiet;
mod rare;
mod sessions;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use polars::prelude::*;

use crate::error::{Error, Result};

pub use as_of::AsOf;
pub use baseline::Baseline;
pub use histogram::Histogram;
pub use pivot::Pivot;
pub use quiet::Quiet;
pub use rare::Rare;
pub use sessions::Sessions;

/// The column with the moment of a row, in every input and microseconds UTC.
pub const TIME: &str = "time";

/// A measure over rows.
pub trait Measure {
    /// The columns it reads besides [`TIME`].
    fn columns(&self) -> Vec<&str>;
    /// Measures all rows.
    ///
    /// # Errors
    /// When its result would have two columns of one name, or more rows than anybody reads.
    fn measure(&self, rows: DataFrame) -> Result<DataFrame>;
}

/// How each measure is called and how it counts: what, in which windows, and what becomes of ties and of nulls.
pub static METHODS: &[(&str, &str)] = &[
    ("histogram", histogram::METHOD),
    ("rare", rare::METHOD),
    ("baseline", baseline::METHOD),
    ("sessions", sessions::METHOD),
    ("pivot", pivot::METHOD),
    ("as-of", as_of::METHOD),
    ("quiet", quiet::METHOD),
];

/// Returns how a measure counts; empty for one that there is not.
pub fn method(name: &str) -> &'static str {
    METHODS.iter().find(|(known, _)| *known == name).map_or("", |(_, method)| method)
}

/// Rows to be measured.
pub struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Rows {
    /// Rows with these columns, of which there may be none.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Rows {
        Rows { schema, batches }
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.batches.iter().all(|batch| batch.num_rows() == 0)
    }
}

/// Measures rows; the answer has its columns in a fixed order and its rows too.
///
/// # Errors
/// As [`Measure::measure`].
pub fn measure(measure: &dyn Measure, rows: &Rows) -> Result<RecordBatch> {
    let rows = frame::frame(rows)?;
    if rows.height() > 0 {
        return frame::batch(&measure.measure(rows)?);
    }
    // The columns of the answer are those that one row would have.
    let one = |column: &Column| -> Result<Column> {
        let name = column.name().clone();
        if name == TIME {
            let moment = AnyValue::Datetime(0, TimeUnit::Microseconds, None);
            return Ok(column.clear().extend_constant(moment, 1)?);
        }
        Ok(Column::full_null(name, 1, column.dtype()))
    };
    let one = DataFrame::new(1, rows.columns().iter().map(one).collect::<Result<Vec<_>>>()?)?;
    frame::batch(&measure.measure(one)?.head(Some(0)))
}

impl From<PolarsError> for Error {
    fn from(error: PolarsError) -> Error {
        match error {
            PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => Error::from(*error),
            PolarsError::Duplicate(what) => Error::Usage {
                what: format!("two columns of the answer would have one name: {what}"),
                hint: Some("give a column of the query another name with AS".into()),
            },
            other => Error::Bug { what: "a measure".into(), source: Box::new(other) },
        }
    }
}

/// Columns by their names.
fn all(names: &[String]) -> Vec<Expr> {
    names.iter().map(|name| col(name.as_str())).collect()
}

/// How many different values columns have, null aside, each as `distinct_<column>`.
fn distinct(names: &[String]) -> impl Iterator<Item = Expr> {
    names
        .iter()
        .map(|name| col(name.as_str()).drop_nulls().n_unique().cast(DataType::Int64).alias(format!("distinct_{name}")))
}

/// How many rows, as `events`.
fn events() -> Expr {
    len().cast(DataType::Int64).alias("events")
}

/// Rows with a time, in its order; rows of one moment stay in the order they came in.
fn timed(rows: DataFrame) -> LazyFrame {
    let order = SortMultipleOptions::default().with_maintain_order(true);
    rows.lazy().filter(col(TIME).is_not_null()).sort([TIME], order)
}

/// Sorts by these columns, those marked from the most to the least; null is before any value.
fn sorted(rows: LazyFrame, by: &[(&str, bool)]) -> LazyFrame {
    let order = SortMultipleOptions::default()
        .with_order_descending_multi(by.iter().map(|(_, descending)| *descending))
        .with_nulls_last_multi(by.iter().map(|(_, descending)| *descending))
        .with_maintain_order(true);
    rows.sort_by_exprs(by.iter().map(|(name, _)| col(*name)).collect::<Vec<_>>(), order)
}

/// Columns of numbers with so many parts to one: 1e4 is four digits after the point.
fn rounded(mut rows: DataFrame, columns: &[&str], parts: f64) -> Result<DataFrame> {
    for name in columns {
        let numbers = rows.column(name)?.f64()?.apply_values(|number| (number * parts).round() / parts);
        rows.with_column(numbers.into_column())?;
    }
    Ok(rows)
}

/// A length of time as polars takes it.
fn length(micros: i64) -> Duration {
    Duration::parse(&format!("{micros}us"))
}

/// The same name, or one with lines behind it that none of the others is.
fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = name.to_owned();
    while taken(&name) {
        name.push('_');
    }
    name
}
