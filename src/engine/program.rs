//! A rule set compiled once, and what is kept of what it says of events.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Result;

use super::bodies::{Asks, BODIES};
use super::ruleset::Compiled;
use super::steps::Number;
use super::values;
use crate::model::Recorded;
use crate::sigma;

/// What a finding shows of its events.
pub const CARRIED: [&str; 22] = [
    "time",
    "audit_id",
    "stage",
    "user_name",
    "impersonated_user_name",
    "verb",
    "request_uri",
    "api_group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "source_ips",
    "user_agent",
    "user_extra",
    "cluster_id",
    "response_code",
    "body",
    "not_recorded",
    "evidence",
    "offset",
    "length",
];

/// What it shows of those of other log sources besides.
const OF_LOGS: [&str; 2] = ["host", "source"];

/// A rule set compiled once, and what is kept of its hits.
pub struct Program {
    pub compiled: Compiled,
    /// For every rule the fields whose values its hits carry: those that correlations ask for, then those of `first`.
    pub keys: Vec<Vec<sigma::Field>>,
    /// For every rule of whose hits only the first of their kind count, how many of those fields at the end make a kind.
    pub firsts: Vec<Option<usize>>,
    /// For every rule whether it asks what was there before the event.
    pub states: Vec<bool>,
    /// For every rule the correlations it is a part of.
    pub parts: Vec<Vec<PartOf>>,
    /// For every correlation whether others are made of it, which ask for the words of its groups.
    pub chained: Vec<bool>,
    /// Whether the groups of all correlations will be shown.
    pub shown: bool,
    /// For every rule whose hits only count where another part of a correlation hit, what must have been recorded of them.
    pub many: Vec<Option<Vec<Recorded>>>,
    /// Of which rules the hits are findings as they are.
    pub reported: Vec<bool>,
}

/// A rule as a part of a correlation.
pub struct PartOf {
    /// Its place in the rule set, and that of the rule in its list.
    pub correlation: usize,
    pub part: usize,
    /// The places in the rule's keys of what it groups by, and of what it counts or measures.
    pub group: Vec<usize>,
    pub value: Vec<usize>,
}

impl PartOf {
    /// Says whether a hit lacks a value that its group or window hangs on because that was not recorded.
    pub fn is_lost(&self, keys: &[sigma::Field], words: &[Option<Number>], lacks: Recorded) -> bool {
        self.group.iter().chain(&self.value).any(|key| words[*key].is_none() && lacks.misses(keys[*key].root))
    }
}

impl Program {
    /// Which bodies a rule may ask of an event, for its verdict or for the values that its hits carry.
    pub fn asks(&self, rule: usize) -> Asks {
        if self.states[rule] || self.keys[rule].iter().any(values::is_in_bodies) {
            return Asks::ALL;
        }
        self.compiled.asks(rule)
    }

    /// The columns of table `audit` that the rules and their findings read, but for bodies.
    pub fn columns(&self) -> Vec<&str> {
        let mut wanted: Vec<&str> = CARRIED.to_vec();
        // The images are in the containers.
        wanted.push("containers");
        let of_keys = self.keys.iter().flatten().flat_map(values::columns);
        for column in self.compiled.columns().into_iter().chain(of_keys) {
            if !BODIES.contains(&column) && !wanted.contains(&column) {
                wanted.push(column);
            }
        }
        wanted
    }
}

/// What a finding shows of some rows of events: the columns of [`CARRIED`] that are there, and `images`, a list of text.
///
/// # Errors
/// When rows cannot be taken out of a batch.
pub fn carried(events: &RecordBatch, rows: &[usize]) -> Result<RecordBatch> {
    let places = UInt32Array::from_iter_values(rows.iter().map(|row| *row as u32));
    let (mut fields, mut columns): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for name in CARRIED.iter().chain(&OF_LOGS) {
        if let Some((place, field)) = events.schema().column_with_name(name) {
            fields.push(field.clone().with_nullable(true));
            columns.push(slim(&take(events.column(place), &places, None)?)?);
        }
    }
    let mut images = ListBuilder::new(StringBuilder::new());
    for row in rows {
        values::images(events, *row).iter().for_each(|image| images.values().append_value(image));
        images.append(true);
    }
    fields.push(Field::new("images", DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))), false));
    columns.push(Arc::new(images.finish()));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// A column of words with no words but its own: those of a row group may be megabytes.
///
/// # Errors
/// When it cannot be made.
pub fn slim(column: &ArrayRef) -> Result<ArrayRef> {
    if !matches!(column.data_type(), DataType::Dictionary(_, _)) {
        return Ok(Arc::clone(column));
    }
    let texts: StringArray = (0..column.len()).map(|row| values::text(column.as_ref(), row)).collect();
    Ok(cast(&texts, column.data_type())?)
}
