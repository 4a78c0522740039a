//! Values of Arrow arrays as JSON text: numbers as they are, times as UTC, lists and structures as JSON has them.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Field, Float16Type, Float32Type, Float64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::model::Micros;

/// The times of years 1 to 9999, in microseconds: others are shown as the number they are.
const TIMES: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// The same schema with texts and bytes as views.
pub fn viewed(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| view(field)).collect::<Vec<_>>();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn view(field: &Field) -> Field {
    let inner = |field: &Arc<Field>| Arc::new(view(field));
    let kind = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::List(item) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(inner(item), *size),
        DataType::Struct(parts) => DataType::Struct(parts.iter().map(inner).collect()),
        DataType::Map(entries, sorted) => DataType::Map(inner(entries), *sorted),
        other => other.clone(),
    };
    field.clone().with_data_type(kind)
}

/// Appends a text as a JSON string.
pub fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).expect("a text is always written as JSON"));
}

/// Appends the value of `row`. Nesting is that of the schema, which has a limit.
pub fn write(array: &dyn Array, row: usize, out: &mut String) {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return out.push_str("null");
    }
    match array.data_type() {
        DataType::Utf8 => quote(array.as_string::<i32>().value(row), out),
        DataType::LargeUtf8 => quote(array.as_string::<i64>().value(row), out),
        DataType::Utf8View => quote(array.as_string_view().value(row), out),
        DataType::Binary => bytes(array.as_binary::<i32>().value(row), out),
        DataType::LargeBinary => bytes(array.as_binary::<i64>().value(row), out),
        DataType::BinaryView => bytes(array.as_binary_view().value(row), out),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary().value(row), out),
        DataType::Float16 => real(array.as_primitive::<Float16Type>().value(row).to_f64(), out),
        // As itself: 0.1 of 32 bits is not 0.1 of 64.
        DataType::Float32 => match array.as_primitive::<Float32Type>().value(row) {
            number if number.is_finite() => out.push_str(&serde_json::to_string(&number).unwrap_or_default()),
            number => real(f64::from(number), out),
        },
        DataType::Float64 => real(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Timestamp(unit, _) => time(array, *unit, row, out),
        DataType::List(_) => list(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row), out),
        DataType::Struct(parts) => {
            let names = parts.iter().map(|part| part.name().as_str());
            object(names.zip(array.as_struct().columns()).map(|(name, array)| (name.to_owned(), array, row)), out);
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            object((0..entries.len()).map(|entry| (plain(keys.as_ref(), entry), values, entry)), out);
        }
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        kind if kind.is_integer() => out.push_str(&shown(array, row)),
        // Dates, times of day, durations, decimals with all of their digits.
        kind => {
            let text = shown(array, row);
            match kind {
                DataType::Decimal32(..)
                | DataType::Decimal64(..)
                | DataType::Decimal128(..)
                | DataType::Decimal256(..)
                    if serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok() =>
                {
                    out.push_str(&text);
                }
                _ => quote(&text, out),
            }
        }
    }
}

/// What Arrow shows of a value.
fn shown(array: &dyn Array, row: usize) -> String {
    let options = FormatOptions::default();
    let text = ArrayFormatter::try_new(array, &options).and_then(|shown| shown.value(row).try_to_string());
    text.unwrap_or_default()
}

/// A key of a map, which need not be a text.
fn plain(array: &dyn Array, row: usize) -> String {
    let mut text = String::new();
    write(array, row, &mut text);
    serde_json::from_str(&text).unwrap_or(text)
}

fn object<'a>(members: impl Iterator<Item = (String, &'a ArrayRef, usize)>, out: &mut String) {
    out.push('{');
    for (number, (name, array, row)) in members.enumerate() {
        if number > 0 {
            out.push(',');
        }
        quote(&name, out);
        out.push(':');
        write(array.as_ref(), row, out);
    }
    out.push('}');
}

fn list(items: &ArrayRef, out: &mut String) {
    out.push('[');
    for item in 0..items.len() {
        if item > 0 {
            out.push(',');
        }
        write(items.as_ref(), item, out);
    }
    out.push(']');
}

/// JSON has no word for what is no number.
fn real(number: f64, out: &mut String) {
    match serde_json::to_string(&number) {
        Ok(text) if number.is_finite() => out.push_str(&text),
        _ => quote(&number.to_string(), out),
    }
}

/// Writers that know nothing of texts write them as bytes.
fn bytes(bytes: &[u8], out: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(text) => quote(text, out),
        Err(_) => {
            out.push('"');
            for byte in bytes {
                let _ = write!(out, "{byte:02x}");
            }
            out.push('"');
        }
    }
}

/// A time without a zone is UTC.
fn time(array: &dyn Array, unit: TimeUnit, row: usize, out: &mut String) {
    let (number, micros) = match unit {
        TimeUnit::Second => {
            let number = array.as_primitive::<TimestampSecondType>().value(row);
            (number, number.checked_mul(1_000_000))
        }
        TimeUnit::Millisecond => {
            let number = array.as_primitive::<TimestampMillisecondType>().value(row);
            (number, number.checked_mul(1_000))
        }
        TimeUnit::Microsecond => {
            let number = array.as_primitive::<TimestampMicrosecondType>().value(row);
            (number, Some(number))
        }
        TimeUnit::Nanosecond => {
            let number = array.as_primitive::<TimestampNanosecondType>().value(row);
            (number, Some(number.div_euclid(1_000)))
        }
    };
    match micros.filter(|micros| TIMES.contains(micros)) {
        Some(micros) => quote(&Micros(micros).to_string(), out),
        None => {
            let _ = write!(out, "{number}");
        }
    }
}
