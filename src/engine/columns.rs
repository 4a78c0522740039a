//! One test over one column of a batch, whatever the column's shape.
//!
//! A test on a dictionary column costs one comparison per distinct value; a list matches when any of its elements does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow::record_batch::RecordBatch;

use super::leaves::Paths;
use crate::formats::written::parameter;
use crate::sigma::matcher::Value;
use crate::sigma::{Matcher, Source};

/// How many different numbers of a column are remembered while it is tested.
const FEW: usize = 32;

/// A test compiled for columns: what to compare, and what a missing value means to it.
pub struct ColumnTest {
    pub source: Source,
    pub matcher: Matcher,
    /// Path inside a JSON column, for annotations and `user.extra`.
    json: Option<Paths>,
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
        let absent = matcher.matches_any([]);
        ColumnTest { source, matcher, json, absent }
    }

    /// The columns this test reads.
    pub fn column(&self) -> &str {
        column_of(&self.source)
    }

    /// Says for each row whether the test holds, looking only at rows set in `rows` when given (others answer no).
    pub fn run<'a>(
        &self,
        batch: &'a RecordBatch,
        rows: Option<&BooleanBuffer>,
        lists: &mut Lists<'a>,
    ) -> BooleanBuffer {
        let Some(array) = batch.column_by_name(self.column()) else {
            return BooleanBuffer::new_unset(batch.num_rows());
        };
        match &self.source {
            Source::Log { .. } if matches!(array.data_type(), DataType::List(_)) => {
                self.list(array, None, rows, lists.of(self.column(), array))
            }
            Source::Column(_) | Source::Annotation(_) | Source::Extra(_) | Source::Query(_) | Source::Log { .. } => {
                self.plain(array, rows)
            }
            Source::List(_) => self.list(array, None, rows, lists.of(self.column(), array)),
            Source::PublicSourceIps => self.list(array, Some(&is_public), rows, lists.of(self.column(), array)),
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
        let Some(paths) = &self.json else {
            return self.matcher.matches(Value::Text(text));
        };
        let (mut present, mut hit) = (false, false);
        // A JSON column was valid JSON when it was stored; what a damaged file holds now is not this test's to judge.
        let _ = paths.walk(text, &mut |_, value| {
            present = true;
            hit |= self.matcher.matches(value);
        });
        hit || (!present && self.absent)
    }

    fn plain(&self, array: &ArrayRef, rows: Option<&BooleanBuffer>) -> BooleanBuffer {
        let missing = self.absent;
        let wanted = |row: usize| rows.is_none_or(|rows| rows.value(row));
        let each = |hit: &dyn Fn(usize) -> bool| {
            BooleanBuffer::collect_bool(array.len(), |row| {
                wanted(row) && if array.is_null(row) { missing } else { hit(row) }
            })
        };
        match array.data_type() {
            DataType::Dictionary(_, _) => {
                let words = array.as_dictionary::<Int32Type>();
                let values = words.values().as_string::<i32>();
                let hits: Vec<bool> = values.iter().map(|v| v.is_some_and(|v| self.text(v))).collect();
                if !missing && !hits.contains(&true) {
                    return BooleanBuffer::new_unset(array.len());
                }
                let keys = words.keys();
                BooleanBuffer::collect_bool(array.len(), |row| {
                    if keys.is_null(row) { missing } else { hits[keys.value(row) as usize] }
                })
            }
            DataType::Utf8 => {
                let texts: &StringArray = array.as_string();
                each(&|row| self.text(texts.value(row)))
            }
            DataType::Boolean => {
                let flags = array.as_boolean();
                each(&|row| self.matcher.matches(Value::Bool(flags.value(row))))
            }
            _ => {
                // Status codes are few, and a test on text would print each number again for every row.
                let known = RefCell::new(Vec::<(i64, bool)>::new());
                each(&|row| {
                    let Some(value) = number(array, row) else { return false };
                    let mut known = known.borrow_mut();
                    if let Some((_, hit)) = known.iter().find(|(seen, _)| *seen == value) {
                        return *hit;
                    }
                    let hit = self.matcher.matches(Value::Int(value));
                    if known.len() < FEW {
                        known.push((value, hit));
                    }
                    hit
                })
            }
        }
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
        let list = array.as_list::<i32>();
        BooleanBuffer::collect_bool(array.len(), |row| {
            if rows.is_some_and(|rows| !rows.value(row)) {
                return false;
            }
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
        BooleanBuffer::collect_bool(array.len(), |row| {
            if rows.is_some_and(|rows| !rows.value(row)) {
                return false;
            }
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

/// The distinct words of a column of lists, and which of them each element is.
struct Distinct<'a> {
    words: Vec<&'a str>,
    /// One past the words for null.
    places: Vec<u32>,
}

/// The lists of a batch, sorted out once for all tests: groups and addresses are few words, many times over.
#[derive(Default)]
pub struct Lists<'a>(HashMap<String, Distinct<'a>>);

impl<'a> Lists<'a> {
    fn of(&mut self, column: &str, array: &'a ArrayRef) -> &Distinct<'a> {
        if !self.0.contains_key(column) {
            let texts: &'a StringArray = array.as_list::<i32>().values().as_string();
            let mut known: HashMap<&str, u32, ahash::RandomState> = HashMap::default();
            let mut words = Vec::new();
            let places = texts.iter().map(|text| {
                let Some(text) = text else { return u32::MAX };
                *known.entry(text).or_insert_with(|| {
                    words.push(text);
                    words.len() as u32 - 1
                })
            });
            let places = places.collect();
            self.0.insert(column.to_owned(), Distinct { words, places });
        }
        &self.0[column]
    }
}

/// The column a source lies in; bodies lie in two.
pub fn column_of(source: &Source) -> &str {
    match source {
        Source::Column(name) | Source::List(name) => name,
        Source::Shred { column, .. } | Source::Log { column, .. } => column,
        Source::Annotation(_) => "annotations",
        Source::Extra(_) => "user_extra",
        Source::PublicSourceIps => "source_ips",
        Source::Query(_) => "request_uri",
        Source::Body { .. }
        | Source::State { .. }
        | Source::Certificate(_)
        | Source::Everything
        | Source::Member(_) => "request_object",
    }
}

fn bounds(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
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
