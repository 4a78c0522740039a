//! Rows of open tables: every value that is given is in its column or in column `unread`.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

use super::{Target, books, records};
use crate::formats::members::Members;
use crate::formats::rows::value::Value;
use crate::formats::{Rows, json};
use crate::model::tables::azure;
use crate::model::{EvidenceId, Micros};

pub const TARGET: Target = Target {
    name: "sheet",
    doc: "first byte: a table of Log Analytics; the members of the rest are its values, and none of them is lost",
    run,
    seeds: |specimen| {
        let with = |record: Vec<u8>| {
            let named = NAMES.iter().position(|name| memchr::memmem::find(&record, name.as_bytes()).is_some());
            [&[named.unwrap_or(0) as u8], &record[..]].concat()
        };
        records(specimen).into_iter().map(with).collect()
    },
};

/// Tables with columns of every type, and one that nobody knows.
const NAMES: [&str; 8] =
    ["Unknown", "SecurityAlert", "AzureActivity", "SigninLogs", "Syslog", "VMConnection", "NTANetAnalytics", "Falco"];

fn run(bytes: &[u8]) {
    let [number, text @ ..] = bytes else { return };
    let name = NAMES[usize::from(*number) % NAMES.len()];
    let Ok(Members(members)) = serde_json::from_slice(text) else { return };
    // As JSON, and as a route that writes every value as text.
    for as_text in [false, true] {
        let values: Vec<(&str, Value<'_>)> = members
            .iter()
            .map(|(key, raw)| match json::string(raw.get()).filter(|_| as_text) {
                Some(text) => (&**key, Value::Text(text)),
                None => (&**key, Value::Json(raw.get())),
            })
            .collect();
        keeps(name, &values);
    }
}

fn keeps(name: &str, values: &[(&str, Value<'_>)]) {
    let mut rows = Rows::new(EvidenceId(7), "input");
    rows.named_row(Some(name), &(0..1), None, values.iter().cloned());
    let batch = rows.finish();
    books(&batch);
    let [sheet] = &batch.sheets[..] else { panic!("{} sheets", batch.sheets.len()) };
    let unread = sheet.rows.column_by_name("unread").expect("every open table has it").as_string::<i32>();
    let unread = if unread.is_null(0) { "{}" } else { unread.value(0) };
    let Members(unread) = serde_json::from_str(unread).expect("column unread is a JSON object");
    for (key, value) in values.iter().filter(|(_, value)| !value.is_nothing()) {
        let left = unread.iter().any(|(name, raw)| {
            name.eq_ignore_ascii_case(key) && json::string(raw.get()).as_deref() == Some(&*value.as_text())
        });
        assert!(left || in_column(&sheet.rows, key, value), "{key} {value:?} is lost");
    }
    assert!(azure::by_name(name).is_none_or(|table| table.name == sheet.table));
}

/// Says whether the column of that name, or its stand-in when the name is one of ours, has the value.
fn in_column(rows: &arrow::record_batch::RecordBatch, key: &str, value: &Value<'_>) -> bool {
    let stand_in = format!("{key}_");
    let named =
        |name: &str| rows.schema().fields().iter().position(|field| field.name().to_lowercase() == name.to_lowercase());
    let places = [named(key), named(&stand_in)];
    let mut columns = places.into_iter().flatten().map(|place| rows.column(place));
    columns.any(|column| column.is_valid(0) && holds(column.as_ref(), value))
}

/// Says whether the only cell of a column is the value, in the spelling of the column's type.
fn holds(column: &dyn Array, value: &Value<'_>) -> bool {
    let text = value.as_text();
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(0) == text,
        DataType::Dictionary(..) => {
            let words = column.as_dictionary::<Int32Type>();
            let key = words.key(0).expect("the cell is valid");
            words.values().as_string::<i32>().value(key) == text
        }
        DataType::Timestamp(..) => {
            Micros::parse(&text) == Some(Micros(column.as_primitive::<TimestampMicrosecondType>().value(0)))
        }
        DataType::Boolean => column.as_boolean().value(0).to_string() == text.trim().to_lowercase(),
        DataType::Int32 => whole(&text, column.as_primitive::<Int32Type>().value(0).into()),
        DataType::Int64 => whole(&text, column.as_primitive::<Int64Type>().value(0)),
        DataType::Float64 => super::typing::is_real(text.trim(), column.as_primitive::<Float64Type>().value(0)),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(0);
            let items: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
            items == [&*text] || serde_json::from_str::<Vec<String>>(&text).is_ok_and(|list| list == items)
        }
        _ => false,
    }
}

/// Says whether a text is this number: also with a sign, zeros in front, or `.0` of a data frame behind it.
fn whole(text: &str, number: i64) -> bool {
    let text = text.trim();
    let text = text.strip_suffix(".0").unwrap_or(text);
    text.parse::<i128>() == Ok(number.into())
}
