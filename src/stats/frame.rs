//! Columns of Arrow as polars has them, and back. The two have libraries of their own that share no type.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType as Kind, Float64Type, Int64Type, TimeUnit as Unit, TimestampMicrosecondType, UInt64Type,
};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use polars::prelude::*;

use super::Rows;
use crate::error::{BoxError, Error, Result};

/// Rows as one frame: times, whole numbers, numbers and booleans as such, everything else as text; the values of a list
/// are joined by a comma and a blank, as the views of a case do.
///
/// # Errors
/// When a column has a name that polars reads as a pattern, or a type without a text form.
pub fn frame(rows: &Rows) -> Result<DataFrame> {
    let mut columns = Vec::new();
    for (place, field) in rows.schema.fields().iter().enumerate() {
        let name = field.name();
        if name == "*" || (name.starts_with('^') && name.ends_with('$')) {
            let hint = Some("give it another name with AS".into());
            return Err(Error::Usage { what: format!("a column to be measured cannot be called `{name}`"), hint });
        }
        let arrays: Vec<&ArrayRef> = rows.batches.iter().map(|batch| batch.column(place)).collect();
        columns.push(column(name, field.data_type(), &arrays)?);
    }
    Ok(DataFrame::new(rows.batches.iter().map(RecordBatch::num_rows).sum(), columns)?)
}

fn column(name: &str, kind: &Kind, arrays: &[&ArrayRef]) -> Result<Column> {
    let name: PlSmallStr = name.into();
    let as_kind =
        |kind: &Kind| arrays.iter().map(|array| cast(array, kind)).collect::<Result<Vec<_>, _>>().map_err(bug);
    Ok(match kind {
        Kind::Timestamp(_, _) | Kind::Date32 | Kind::Date64 => {
            let arrays = as_kind(&Kind::Timestamp(Unit::Microsecond, None))?;
            let values = arrays.iter().flat_map(|array| array.as_primitive::<TimestampMicrosecondType>().iter());
            let numbers = Int64Chunked::from_iter_options(name, values);
            numbers.into_datetime(TimeUnit::Microseconds, None).into_column()
        }
        Kind::UInt64 => {
            let values = arrays.iter().flat_map(|array| array.as_primitive::<UInt64Type>().iter());
            UInt64Chunked::from_iter_options(name, values).into_column()
        }
        kind if kind.is_integer() => {
            let arrays = as_kind(&Kind::Int64)?;
            let values = arrays.iter().flat_map(|array| array.as_primitive::<Int64Type>().iter());
            Int64Chunked::from_iter_options(name, values).into_column()
        }
        kind if kind.is_floating() => {
            let arrays = as_kind(&Kind::Float64)?;
            let values = arrays.iter().flat_map(|array| array.as_primitive::<Float64Type>().iter());
            Float64Chunked::from_iter_options(name, values).into_column()
        }
        Kind::Boolean => {
            let values = arrays.iter().flat_map(|array| array.as_boolean().iter());
            BooleanChunked::from_iter_options(name, values).into_column()
        }
        Kind::Utf8 | Kind::LargeUtf8 | Kind::Utf8View | Kind::Dictionary(_, _) => {
            let arrays = as_kind(&Kind::Utf8)?;
            let values = arrays.iter().flat_map(|array| array.as_string::<i32>().iter());
            StringChunked::from_iter_options(name, values).into_column()
        }
        Kind::List(_) => {
            let mut texts = Vec::new();
            for array in arrays {
                let list = array.as_list::<i32>();
                for row in 0..list.len() {
                    texts.push(if list.is_null(row) { None } else { Some(joined(&list.value(row))?) });
                }
            }
            StringChunked::from_iter_options(name, texts.into_iter()).into_column()
        }
        _ => {
            let mut texts = Vec::new();
            for array in arrays {
                let shown = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::new()).map_err(bug)?;
                let text = |row| (!array.is_null(row)).then(|| shown.value(row).to_string());
                texts.extend((0..array.len()).map(text));
            }
            StringChunked::from_iter_options(name, texts.into_iter()).into_column()
        }
    })
}

/// The values of a list, null aside.
fn joined(values: &ArrayRef) -> Result<String> {
    let shown = ArrayFormatter::try_new(values.as_ref(), &FormatOptions::new()).map_err(bug)?;
    let texts = (0..values.len()).filter(|row| !values.is_null(*row)).map(|row| shown.value(row).to_string());
    Ok(texts.collect::<Vec<_>>().join(", "))
}

/// A frame as one batch; every column may be null.
///
/// # Errors
/// Of a type that no measure gives.
pub fn batch(frame: &DataFrame) -> Result<RecordBatch> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for column in frame.columns() {
        let series = column.as_materialized_series();
        let array: ArrayRef = match series.dtype() {
            DataType::Datetime(TimeUnit::Microseconds, _) => {
                let numbers = series.cast(&DataType::Int64)?;
                let times: TimestampMicrosecondArray = numbers.i64()?.iter().collect();
                Arc::new(times.with_timezone("+00:00"))
            }
            DataType::Int64 => Arc::new(series.i64()?.iter().collect::<Int64Array>()),
            DataType::UInt64 => Arc::new(series.u64()?.iter().collect::<UInt64Array>()),
            DataType::Float64 => Arc::new(series.f64()?.iter().collect::<Float64Array>()),
            DataType::Boolean => Arc::new(series.bool()?.iter().collect::<BooleanArray>()),
            DataType::String => Arc::new(series.str()?.iter().collect::<StringArray>()),
            other => return Err(bug(format!("column {} is {other}", column.name()))),
        };
        columns.push((column.name().to_string(), array));
    }
    let fields =
        columns.iter().map(|(name, array)| arrow::datatypes::Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(schema, arrays).map_err(bug)
}

fn bug(source: impl Into<BoxError>) -> Error {
    Error::Bug { what: "columns of a measure".into(), source: source.into() }
}
