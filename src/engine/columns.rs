//! One test over one column of a batch, whatever the column's shape.
//!
//! A test on a dictionary column costs one comparison per distinct value; a list matches when any of its elements does.

use std::net::IpAddr;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use memchr::memmem::Finder;

use super::index::{Bits, Distinct, Indexes};
use super::leaves::{self, Paths};
use crate::formats::reason::granted;
use crate::formats::written::parameter;
use crate::sigma::matcher::Value;
use crate::sigma::{Matcher, Source};

/// A test compiled for columns: what to compare, and what a missing value means to it.
pub struct ColumnTest {
    pub source: Source,
    pub matcher: Matcher,
    /// Path inside a JSON column, for annotations and `user.extra`.
    json: Option<Paths>,
    /// Looks for the key of a member of an object; and the key's length.
    member: Option<Box<(Finder<'static>, usize)>>,
    /// Whether a missing value passes.
    absent: bool,
}

impl ColumnTest {
    /// Compiles a test on any source but a body, which is walked and not compared column by column.
    pub fn new(source: Source, matcher: Matcher) -> ColumnTest {
        let json = match &source {
            Source::Annotation(key) | Source::Extra(key) => std::slice::from_ref(key),
            Source::Log { path, .. } => path,
            _ => &[],
        };
        let json = (!json.is_empty()).then(|| {
            let mut paths = Paths::default();
            paths.ask(json, 0);
            paths
        });
        let member = match &source {
            Source::Annotation(key) | Source::Extra(key) => Some(Box::new((Finder::new(key).into_owned(), key.len()))),
            _ => None,
        };
        let absent = matcher.matches_any([]);
        ColumnTest { source, matcher, json, member, absent }
    }

    /// The columns this test reads.
    pub fn columns(&self) -> Vec<&str> {
        columns_of(&self.source)
    }

    fn column(&self) -> &str {
        column_of(&self.source)
    }

    /// Says for each row whether the test holds, looking only at rows set in `rows` when given (others answer no).
    pub fn run<'a>(
        &self,
        batch: &'a RecordBatch,
        rows: Option<&BooleanBuffer>,
        indexes: &mut Indexes<'a>,
    ) -> BooleanBuffer {
        let Some(array) = batch.column_by_name(self.column()) else {
            return BooleanBuffer::new_unset(batch.num_rows());
        };
        match &self.source {
            Source::Seconds { from, to } => {
                let [from, to] = [from, to].map(|name| batch.column_by_name(name).map(AsRef::as_ref));
                rows_that(rows, batch.num_rows(), |row| match seconds(from, to, row) {
                    Some(seconds) => self.matcher.matches(Value::Int(seconds)),
                    None => self.absent,
                })
            }
            Source::Log { .. } if matches!(array.data_type(), DataType::List(_)) => {
                self.list(array, None, rows, indexes.list(self.column(), array.as_ref()))
            }
            Source::Column(_)
            | Source::Annotation(_)
            | Source::Extra(_)
            | Source::Query(_)
            | Source::AllowedBy(_)
            | Source::Log { .. } => self.plain(array, rows, indexes),
            Source::List(_) | Source::Related(_) => {
                self.list(array, None, rows, indexes.list(self.column(), array.as_ref()))
            }
            Source::PublicSourceIps => {
                self.list(array, Some(&is_public), rows, indexes.list(self.column(), array.as_ref()))
            }
            Source::Shred { part, .. } => self.shred(array, part, rows),
            Source::Body { .. }
            | Source::State { .. }
            | Source::Certificate(_)
            | Source::Everything
            | Source::Member(_) => BooleanBuffer::new_unset(batch.num_rows()),
        }
    }

    fn text(&self, text: &str) -> bool {
        if let Source::Query(name) = &self.source {
            let found = parameter(text, name);
            return self.matcher.matches_any(found.iter().map(|value| Value::Text(value)));
        }
        if let Source::AllowedBy(part) = &self.source {
            return self.matcher.matches_any(granted(text, part).map(Value::Text));
        }
        let Some(paths) = &self.json else {
            return self.matcher.matches(Value::Text(text));
        };
        if let Some(value) = self.member.as_deref().and_then(|(find, length)| leaves::plain(text, *length, find)) {
            return value.map_or(self.absent, |value| self.matcher.matches(Value::Text(value)));
        }
        let (mut present, mut hit) = (false, false);
        // A JSON column was valid JSON when it was stored; what a damaged file holds now is not this test's to judge.
        let _ = paths.walk(text, &mut |_, value| {
            present = true;
            hit |= self.matcher.matches(value);
        });
        hit || (!present && self.absent)
    }

    fn plain(&self, array: &ArrayRef, rows: Option<&BooleanBuffer>, indexes: &mut Indexes<'_>) -> BooleanBuffer {
        let missing = self.absent;
        let mut hits = Bits::new(array.len());
        match (array.data_type(), rows) {
            (DataType::Dictionary(_, _), None) => {
                let values = array.as_dictionary::<Int32Type>().values().as_string::<i32>();
                let index = indexes.words(self.column(), array.as_ref());
                for value in (0..values.len()).filter(|value| !index.rows(*value).is_empty()) {
                    if self.text(values.value(value)) {
                        hits.set_all(index.rows(value));
                    }
                }
                if missing {
                    hits.set_all(index.nulls());
                }
            }
            (DataType::Dictionary(_, _), Some(rows)) => {
                let words = array.as_dictionary::<Int32Type>();
                let (keys, values) = (words.keys(), words.values().as_string::<i32>());
                let mut known: Vec<Option<bool>> = vec![None; values.len()];
                for row in rows.set_indices() {
                    let key =
                        (!keys.is_null(row)).then(|| keys.value(row) as usize).filter(|key| !values.is_null(*key));
                    let hit =
                        key.map_or(missing, |key| *known[key].get_or_insert_with(|| self.text(values.value(key))));
                    if hit {
                        hits.set(row);
                    }
                }
            }
            (DataType::Utf8 | DataType::Boolean, rows) => {
                let (texts, flags) = (array.as_string_opt::<i32>(), array.as_boolean_opt());
                let mut ask = |row: usize| {
                    let hit = match (texts, flags) {
                        _ if array.is_null(row) => missing,
                        (Some(texts), _) => self.text(texts.value(row)),
                        (None, Some(flags)) => self.matcher.matches(Value::Bool(flags.value(row))),
                        (None, None) => false,
                    };
                    if hit {
                        hits.set(row);
                    }
                };
                match rows {
                    Some(rows) => rows.set_indices().for_each(ask),
                    None => (0..array.len()).for_each(&mut ask),
                }
            }
            // Status codes are few, and a test on text would print each number again for every row.
            (_, rows) => {
                let (values, index) = indexes.numbers(self.column(), array.as_ref());
                for (place, value) in values.iter().enumerate() {
                    if self.matcher.matches(Value::Int(*value)) {
                        hits.set_all(index.rows(place));
                    }
                }
                if missing {
                    hits.set_all(index.nulls());
                }
                let hits = hits.finish();
                return rows.map_or_else(|| hits.clone(), |rows| &hits & rows);
            }
        }
        hits.finish()
    }

    /// `keep` leaves out elements as if they were not there.
    fn list(
        &self,
        array: &ArrayRef,
        keep: Option<&dyn Fn(&str) -> bool>,
        rows: Option<&BooleanBuffer>,
        distinct: &Distinct<'_>,
    ) -> BooleanBuffer {
        let hits: Vec<Option<bool>> =
            distinct.words.iter().map(|word| keep.is_none_or(|keep| keep(word)).then(|| self.text(word))).collect();
        if !self.absent && !hits.contains(&Some(true)) {
            return BooleanBuffer::new_unset(array.len());
        }
        if !self.absent {
            let mut found = Bits::new(array.len());
            for word in (0..hits.len()).filter(|word| hits[*word] == Some(true)) {
                found.set_all(distinct.index.rows(word));
            }
            let found = found.finish();
            return rows.map_or_else(|| found.clone(), |rows| &found & rows);
        }
        let list = array.as_list::<i32>();
        rows_that(rows, array.len(), |row| {
            let elements = distinct.places[bounds(list.value_offsets(), row)].iter();
            let mut any = false;
            for hit in elements.filter_map(|place| hits.get(*place as usize).copied().flatten()) {
                if hit {
                    return true;
                }
                any = true;
            }
            !any && self.absent
        })
    }

    fn shred(&self, array: &ArrayRef, part: &str, rows: Option<&BooleanBuffer>) -> BooleanBuffer {
        let list = array.as_list::<i32>();
        let Some(column) = list.values().as_struct().column_by_name(part) else {
            return BooleanBuffer::new_unset(array.len());
        };
        let hit: Box<dyn Fn(usize) -> bool> = match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>().clone();
                Box::new(move |i| self.text(texts.value(i)))
            }
            DataType::Boolean => {
                let flags = column.as_boolean().clone();
                Box::new(move |i| self.matcher.matches(Value::Bool(flags.value(i))))
            }
            DataType::List(_) => {
                let inner = column.as_list::<i32>().clone();
                Box::new(move |i| {
                    let texts: &StringArray = inner.values().as_string();
                    bounds(inner.value_offsets(), i).any(|j| !texts.is_null(j) && self.text(texts.value(j)))
                })
            }
            _ => Box::new(move |i| number(column, i).is_some_and(|n| self.matcher.matches(Value::Int(n)))),
        };
        rows_that(rows, array.len(), |row| {
            let mut any = false;
            for element in bounds(list.value_offsets(), row) {
                if !column.is_null(element) {
                    any = true;
                    if hit(element) {
                        return true;
                    }
                }
            }
            !any && self.absent
        })
    }
}

/// The column a source lies in; bodies lie in two.
pub fn column_of(source: &Source) -> &str {
    match source {
        Source::Column(name) | Source::List(name) | Source::Related(name) => name,
        Source::Shred { column, .. } | Source::Log { column, .. } => column,
        Source::Annotation(_) => "annotations",
        Source::Extra(_) => "user_extra",
        Source::PublicSourceIps => "source_ips",
        Source::Query(_) => "request_uri",
        Source::AllowedBy(_) => "decision_reason",
        Source::Seconds { to, .. } => to,
        Source::Body { .. }
        | Source::State { .. }
        | Source::Certificate(_)
        | Source::Everything
        | Source::Member(_) => "request_object",
    }
}

/// All columns a source is read from; of bodies only one.
pub fn columns_of(source: &Source) -> Vec<&str> {
    match source {
        Source::Seconds { from, to } => vec![from, to],
        other => vec![column_of(other)],
    }
}

/// Whole seconds between two times of a row, fractions dropped; None when one is missing.
pub fn seconds(from: Option<&dyn Array>, to: Option<&dyn Array>, row: usize) -> Option<i64> {
    let time =
        |times: Option<&dyn Array>| times.filter(|times| !times.is_null(row)).and_then(|times| number(times, row));
    Some(time(to)?.saturating_sub(time(from)?) / 1_000_000)
}

/// Says for each row whether something holds, of those that are asked for; of others it says no.
pub fn rows_that(rows: Option<&BooleanBuffer>, count: usize, holds: impl Fn(usize) -> bool) -> BooleanBuffer {
    let Some(rows) = rows else { return BooleanBuffer::collect_bool(count, holds) };
    let mut found = Bits::new(count);
    rows.set_indices().filter(|row| holds(*row)).for_each(|row| found.set(row));
    found.finish()
}

pub fn bounds(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

/// Reads an integer of any width; None for other types.
pub fn number(array: &dyn Array, row: usize) -> Option<i64> {
    match array.data_type() {
        DataType::Int32 => Some(i64::from(array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(_, _) => Some(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::UInt32 => Some(i64::from(array.as_primitive::<UInt32Type>().value(row))),
        DataType::UInt64 => i64::try_from(array.as_primitive::<UInt64Type>().value(row)).ok(),
        _ => None,
    }
}

/// Says whether an address can be routed on the internet, as far as an audit log can tell.
///
/// Private (RFC 1918, RFC 4193), loopback, link-local, shared (RFC 6598) and unspecified addresses cannot. Ranges
/// kept for documentation count as public: a log that holds them means an outside address.
pub fn is_public(text: &str) -> bool {
    match text.trim().parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => public_v4(ip),
        Ok(IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
            Some(v4) => public_v4(v4),
            None => !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()),
        },
        Err(_) => false,
    }
}

fn public_v4(ip: std::net::Ipv4Addr) -> bool {
    let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || shared)
}
