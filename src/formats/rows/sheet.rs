//! Builders of open tables: those whose columns are known only when their rows come.
//!
//! Columns of a known table have its types; a value that does not fit is null and kept in column `unread`. Any other
//! column is text here, with what all its values can be; the case gives it its type once it has seen them all.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
    StringDictionaryBuilder, TimestampMicrosecondBuilder, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::value::{Guess, Value};
use crate::formats::key;
use crate::model::table::{is_tail, ours, text, timestamp};
use crate::model::tables::azure;
use crate::model::{EvidenceId, Micros, Table};

/// More columns than this are no table but somebody's trick; what is over goes to `unread`.
const MOST_COLUMNS: usize = 1_000;

/// What routes add to a row beside the tail of Azure's tables: no part of what makes it this row either.
const ADDED: [&str; 2] = ["tablename", "timecollected"];

/// What a row of an open table is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowKey {
    /// Hash over the values.
    pub hash: u64,
    /// The row has an id of its own, so that a second row with this key is the same.
    pub unique: bool,
}

/// Rows of one open table.
pub struct SheetBatch {
    pub table: String,
    pub rows: RecordBatch,
    pub keys: Vec<RowKey>,
    /// They repeat parts of records that have rows of their own, and count as no records.
    pub derived: bool,
    /// Columns that are text so far, and what they can be.
    pub guesses: Vec<(String, Guess)>,
}

/// Rows of one open table being built.
pub struct Sheet {
    name: String,
    /// See [`SheetBatch::derived`].
    pub derived: bool,
    columns: Vec<Column>,
    /// Place of a column by its name in lower case.
    places: HashMap<String, usize>,
    unread: StringBuilder,
    keys: Vec<RowKey>,
    spans: Vec<(u32, u64, u64)>,
    id: Option<usize>,
    /// Whether `time` is a column of the table's own.
    own_time: bool,
    /// The column with the time of the event.
    event_time: &'static str,
}

struct Column {
    name: String,
    build: Build,
    /// Hash of the name; None for columns that are no part of the row's key.
    seed: Option<u64>,
}

enum Build {
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Time(TimestampMicrosecondBuilder),
    Bool(BooleanBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    List(ListBuilder<StringBuilder>),
    Open(StringBuilder, Guess),
}

impl Sheet {
    /// Starts a table; `known` gives its columns.
    pub fn new(name: &str, known: Option<&'static Table>, derived: bool) -> Sheet {
        let mut sheet = Sheet {
            name: name.to_owned(),
            derived,
            columns: Vec::new(),
            places: HashMap::new(),
            unread: StringBuilder::new(),
            keys: Vec::new(),
            spans: Vec::new(),
            id: None,
            own_time: known.is_some_and(|table| azure::by_name(table.name).is_none()),
            event_time: azure::event_time(name),
        };
        sheet.add("time", Build::of(&timestamp()));
        let last = ours();
        let columns = known.into_iter().flat_map(|table| table.columns.iter());
        for column in columns.filter(|c| c.name != "time" && !last.iter().any(|own| own.name == c.name)) {
            sheet.add(column.name, Build::of(&column.kind));
        }
        sheet.id = known.and_then(|table| sheet.places.get(&table.id?.to_lowercase()).copied());
        sheet
    }

    fn add(&mut self, name: &str, build: Build) -> usize {
        let lower = name.to_lowercase();
        // In a table of Azure `time` repeats another column; in one of ours nothing else says when.
        let around = self.own_time && lower == "envelope_time";
        let added = around || is_tail(&lower) || ADDED.contains(&lower.as_str());
        let counts = !added && (lower != "time" || self.own_time);
        self.columns.push(Column { name: name.to_owned(), build, seed: counts.then(|| xxh3_64(lower.as_bytes())) });
        self.places.insert(lower, self.columns.len() - 1);
        self.columns.len() - 1
    }

    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Appends a row; says which columns a value did not fit.
    pub fn push<'a>(
        &mut self,
        evidence: EvidenceId,
        at: &Range<u64>,
        time: Option<Micros>,
        values: impl Iterator<Item = (&'a str, Value<'a>)>,
    ) -> Vec<String> {
        let row = self.keys.len();
        let (mut hash, mut unique) = (xxh3_64(self.name.as_bytes()), false);
        let (mut generated, mut event) = (None, None);
        let mut unread: Vec<(String, String)> = Vec::new();
        for (name, value) in values.filter(|(_, value)| !value.is_nothing()) {
            if generated.is_none() && name.eq_ignore_ascii_case("TimeGenerated") {
                generated = value.time();
            }
            if event.is_none() && name.eq_ignore_ascii_case(self.event_time) {
                event = value.time();
            }
            let Some(place) = self.place(name) else {
                unread.push((name.to_owned(), value.as_text().into_owned()));
                continue;
            };
            let column = &mut self.columns[place];
            // A key that stands twice in a row, in whatever case: the first is the column's.
            if column.build.len() > row {
                unread.push((name.to_owned(), value.as_text().into_owned()));
                continue;
            }
            match column.build.append(row, &value) {
                Some(own) => {
                    hash = hash.wrapping_add(column.seed.map_or(0, |seed| xxh3_64_with_seed(&own, seed)));
                    unique |= self.id == Some(place);
                }
                None => unread.push((column.name.clone(), value.as_text().into_owned())),
            }
        }
        // Given apart from the values it may stand in no other column, and the same line an hour later is another.
        if let Some(time) = time {
            hash = hash.wrapping_add(xxh3_64_with_seed(&time.0.to_le_bytes(), xxh3_64(b"time")));
        }
        if let Some(time) = time.or(event).or(generated) {
            let own = self.columns[0].build.append(row, &Value::Time(time)).zip(self.columns[0].seed);
            hash = hash.wrapping_add(own.map_or(0, |(own, seed)| xxh3_64_with_seed(&own, seed)));
        }
        if unread.is_empty() {
            self.unread.append_null();
        } else {
            let members = unread.iter().map(|(name, text)| format!("{}:{}", quoted(name), quoted(text)));
            self.unread.append_value(format!("{{{}}}", members.collect::<Vec<_>>().join(",")));
        }
        self.keys.push(RowKey { hash, unique });
        self.spans.push((evidence.0, at.start, at.end - at.start));
        unread.into_iter().map(|(name, _)| name).collect()
    }

    /// Returns the place of a column, made if there is none; None when there are too many.
    fn place(&mut self, name: &str) -> Option<usize> {
        // Column `time` is ours: it is set once, from what is the row's time.
        if let Some(place) = self.places.get(name).filter(|place| **place > 0) {
            return Some(*place);
        }
        let mut lower = name.to_lowercase();
        let mut name = name.to_owned();
        // Columns of ours keep their names.
        if lower == "time" || ours().iter().any(|own| own.name == lower) {
            lower.push('_');
            name.push('_');
        }
        if let Some(place) = self.places.get(&lower) {
            return Some(*place);
        }
        (self.columns.len() < MOST_COLUMNS).then(|| self.add(&name, Build::Open(StringBuilder::new(), Guess::ANY)))
    }

    /// Hands over the rows; a column that no row had and that no table knows is not among them.
    pub fn finish(&mut self) -> SheetBatch {
        let rows = self.keys.len();
        let (mut fields, mut arrays, mut guesses) = (Vec::new(), Vec::<ArrayRef>::new(), Vec::new());
        for column in &mut self.columns {
            column.build.fill(rows);
            if let Build::Open(_, guess) = &mut column.build {
                guesses.push((column.name.clone(), std::mem::replace(guess, Guess::ANY)));
            }
            let array = column.build.finish();
            fields.push(Field::new(&column.name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let spans = std::mem::take(&mut self.spans);
        let keys = std::mem::take(&mut self.keys);
        fields.extend(ours().into_iter().map(|own| Field::new(own.name, own.kind, own.nullable)));
        arrays.push(Arc::new(self.unread.finish()));
        arrays.push(Arc::new(UInt64Array::from_iter_values(keys.iter().map(|key| key.hash))));
        arrays.push(Arc::new(UInt32Array::from_iter_values(spans.iter().map(|span| span.0))));
        arrays.push(Arc::new(UInt64Array::from_iter_values(spans.iter().map(|span| span.1))));
        arrays.push(Arc::new(UInt64Array::from_iter_values(spans.iter().map(|span| span.2))));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
        let batch = batch.expect("fields are made from the arrays beside them, all filled to the same length");
        SheetBatch { table: self.name.clone(), rows: batch, keys, derived: self.derived, guesses }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always written as JSON")
}

impl Build {
    fn of(kind: &DataType) -> Build {
        match kind {
            DataType::Dictionary(..) => Build::Word(StringDictionaryBuilder::new()),
            DataType::Timestamp(..) => Build::Time(TimestampMicrosecondBuilder::new()),
            DataType::Boolean => Build::Bool(BooleanBuilder::new()),
            DataType::Int32 => Build::Int(Int32Builder::new()),
            DataType::Int64 => Build::Long(Int64Builder::new()),
            DataType::Float64 => Build::Real(Float64Builder::new()),
            DataType::List(_) => Build::List(ListBuilder::new(StringBuilder::new())),
            _ => Build::Text(StringBuilder::new()),
        }
    }

    fn len(&self) -> usize {
        use arrow::array::ArrayBuilder;
        match self {
            Build::Text(b) | Build::Open(b, _) => b.len(),
            Build::Word(b) => b.len(),
            Build::Time(b) => b.len(),
            Build::Bool(b) => b.len(),
            Build::Int(b) => b.len(),
            Build::Long(b) => b.len(),
            Build::Real(b) => b.len(),
            Build::List(b) => b.len(),
        }
    }

    /// Appends nulls up to `rows`.
    fn fill(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.len());
        match self {
            Build::Text(b) | Build::Open(b, _) => b.append_nulls(missing),
            Build::Word(b) => b.append_nulls(missing),
            Build::Time(b) => b.append_nulls(missing),
            Build::Bool(b) => b.append_nulls(missing),
            Build::Int(b) => b.append_nulls(missing),
            Build::Long(b) => b.append_nulls(missing),
            Build::Real(b) => b.append_nulls(missing),
            Build::List(b) => b.append_nulls(missing),
        }
    }

    /// Sets the value of `row` and returns its bytes, the same for every spelling; None when it does not fit.
    fn append(&mut self, row: usize, value: &Value<'_>) -> Option<Vec<u8>> {
        self.fill(row);
        Some(match self {
            Build::Text(b) => {
                let text = value.as_text();
                b.append_value(&text);
                spelled(&text)
            }
            Build::Word(b) => {
                let text = value.as_text();
                b.append_value(&text);
                spelled(&text)
            }
            Build::Time(b) => {
                let time = value.time()?;
                b.append_value(time.0);
                time.0.to_le_bytes().to_vec()
            }
            Build::Bool(b) => {
                let value = value.bool()?;
                b.append_value(value);
                vec![u8::from(value)]
            }
            Build::Int(b) => {
                let number = i32::try_from(value.int()?).ok()?;
                b.append_value(number);
                i64::from(number).to_le_bytes().to_vec()
            }
            Build::Long(b) => {
                let number = value.int()?;
                b.append_value(number);
                number.to_le_bytes().to_vec()
            }
            Build::Real(b) => {
                let number = value.real()?;
                b.append_value(number);
                number.to_le_bytes().to_vec()
            }
            Build::List(b) => {
                let items = value.list();
                items.iter().for_each(|item| b.values().append_value(item));
                b.append(true);
                items.join("\0").into_bytes()
            }
            Build::Open(b, guess) => {
                *guess = guess.and(Guess::of(value));
                let text = value.as_text();
                b.append_value(&text);
                match Guess::of(value).kind() {
                    DataType::Timestamp(..) => {
                        value.time().map_or_else(|| spelled(&text), |t| t.0.to_le_bytes().into())
                    }
                    DataType::Boolean => vec![u8::from(value.bool().unwrap_or_default())],
                    _ => spelled(&text),
                }
            }
        })
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Build::Text(b) | Build::Open(b, _) => Arc::new(b.finish()),
            Build::Word(b) => Arc::new(b.finish()),
            Build::Time(b) => Arc::new(b.finish().with_timezone("+00:00")),
            Build::Bool(b) => Arc::new(b.finish()),
            Build::Int(b) => Arc::new(b.finish()),
            Build::Long(b) => Arc::new(b.finish()),
            Build::Real(b) => Arc::new(b.finish()),
            Build::List(b) => Arc::new(b.finish()),
        }
    }
}

/// The bytes of a text for the row's key: JSON is evened out, since exports differ in blanks and escapes.
fn spelled(text: &str) -> Vec<u8> {
    let json = text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if json { key::body(text).to_le_bytes().to_vec() } else { text.as_bytes().to_vec() }
}

/// Gives a column of texts the type that all its values can be.
pub fn typed(texts: &ArrayRef, kind: &DataType) -> ArrayRef {
    let mut build = match kind {
        DataType::Utf8 => Build::of(&text()),
        kind => Build::of(kind),
    };
    let Some(all) = texts.as_any().downcast_ref::<arrow::array::StringArray>() else { return Arc::clone(texts) };
    for (row, value) in all.iter().enumerate() {
        if let Some(value) = value {
            build.append(row, &Value::text(value));
        }
    }
    build.fill(all.len());
    build.finish()
}
