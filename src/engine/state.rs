//! What an object was before an event, for rules that ask `before`, `added` or `removed`.
//!
//! A first look at a few short columns says which events may hang on a state, and which write to the object was the last
//! before each: all writes are compared by object and time, which takes 40 bytes each, and no body is read for that. The
//! pass over all events then reads the bodies of just those writes. Snapshots and etcd revisions are asked for the objects.
//!
//! What counts as known: the last write that succeeded and whose body was recorded; an object of a snapshot from its last
//! change on (`managedFields`), a pod from its creation on, since nearly all of its spec cannot change. A create that
//! succeeded proves that nothing was there. Anything else is not known, and the rule cannot tell.

mod snapshots;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use ahash::RandomState;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimestampMicrosecondType};
use datafusion::common::Result as Planned;
use memchr::memmem::Finder;
use serde::Deserialize;

use super::bodies::BODIES;
use super::derived::{self, BEFORE};
use super::finding::Event;
use super::pass::only;
use super::program::Program;
use super::steps::Place;
use super::threads::each;
use super::told::{Open, Told};
use super::values::text;
use super::{Engine, damaged};
use crate::error::{Error, Result};
use crate::formats::written::is_partial;
use crate::sigma::{Rule, RuleSet};

/// An object: API group, resource, namespace and name.
type Object = [String; 4];
/// A state at a time; None: written then, and not known what.
type State = (i64, Option<Arc<str>>);
/// A row group and a row of it.
pub(super) type Row = (usize, usize);

/// Subresources of which the answer is the whole object.
const WHOLE: [&str; 2] = ["ephemeralcontainers", "resize"];

/// The evidence that is read, when it is not all of the case.
pub(super) type Within<'a> = Option<&'a Range<u32>>;

/// The events that hang on one object of one cluster: by time, with the last state since the event before.
#[derive(Default)]
struct Wanted {
    events: BTreeMap<i64, (Vec<Place>, Option<State>)>,
}

impl Wanted {
    /// Keeps a state for the first event after it, unless a later one is known for that.
    fn state(&mut self, time: i64, body: Option<&Arc<str>>) {
        if let Some((_, (_, known))) = self.events.range_mut(time + 1..).next()
            && known.as_ref().is_none_or(|(before, _)| *before < time)
        {
            *known = Some((time, body.map(Arc::clone)));
        }
    }
}

/// The columns that say what an event is about, and whether it wrote it.
const COLUMNS: [&str; 13] = [
    "evidence",
    "offset",
    "time",
    "cluster_id",
    "api_group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "verb",
    "stage",
    "request_uri",
    "response_code",
];

/// Events that may hang on a state, and all writes, of the rows that were looked at.
pub(super) struct Looked {
    asked: Vec<Asked>,
    writes: Vec<Write>,
    hashes: [RandomState; 2],
}

/// An event that may hang on what was there before it.
struct Asked {
    cluster: Option<String>,
    object: Object,
    hash: u128,
    time: i64,
    place: Place,
    /// It made the object.
    makes: bool,
}

/// A write that succeeded, to the object with that hash.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Write {
    object: u128,
    time: i64,
    row: Row,
}

/// Which write was the last before each event that may hang on a state.
#[derive(Default)]
pub(super) struct Known {
    asked: Vec<(Asked, Option<(i64, Row)>)>,
    /// By row group the rows of those writes, in order.
    rows: HashMap<usize, Vec<usize>>,
}

impl Looked {
    /// Those that are to be put together must have the same hashes.
    pub(super) fn new(hashes: &[RandomState; 2]) -> Looked {
        Looked { asked: Vec::new(), writes: Vec::new(), hashes: hashes.clone() }
    }

    fn hash(&self, cluster: Option<&str>, object: [&str; 4]) -> u128 {
        let [one, other] = self.hashes.each_ref().map(|hash| u128::from(hash.hash_one((cluster, object))));
        one << 64 | other
    }

    /// Looks at events that may hang on a state.
    pub(super) fn ask(&mut self, batch: &RecordBatch, rows: impl Iterator<Item = usize>) {
        for row in rows {
            let cell = |name: &str| cell(batch, name, row);
            let (Some(time), Some(name)) = (Event::time(batch, row), cell("name")) else { continue };
            let [group, resource, namespace] =
                ["api_group", "resource", "namespace"].map(|name| cell(name).unwrap_or_default());
            let (cluster, object) = (cell("cluster_id"), [group, resource, namespace, name]);
            let code = code(batch, row);
            let creates = cell("subresource").is_none() && (cell("verb") == Some("create") || code == Some(201));
            self.asked.push(Asked {
                hash: self.hash(cluster, object),
                cluster: cluster.map(str::to_owned),
                object: object.map(str::to_owned),
                time: time.0,
                place: place(batch, row),
                makes: creates && code.is_some_and(|code| code < 300),
            });
        }
    }

    /// Looks at the writes among the rows of a row group.
    pub(super) fn writes(&mut self, group: usize, batch: &RecordBatch) {
        let column = |name: &str| batch.column_by_name(name).map(AsRef::as_ref);
        let [cluster, api_group, resource, subresource, namespace, name, verb, stage, uri] =
            ["cluster_id", "api_group", "resource", "subresource", "namespace", "name", "verb", "stage", "request_uri"]
                .map(column);
        let Some(codes) = column("response_code").and_then(|codes| codes.as_primitive_opt::<Int32Type>()) else {
            return;
        };
        let Some(times) = column("time").and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>()) else {
            return;
        };
        let writes = said(verb, |verb| matches!(verb, Some("create" | "update" | "patch")));
        let is_whole = said(subresource, |sub| sub.is_none_or(|sub| WHOLE.contains(&sub)));
        let is_done = said(stage, |stage| stage.is_none_or(|stage| stage == "ResponseComplete"));
        let dry = Finder::new("dryRun=");
        for row in 0..batch.num_rows() {
            if codes.is_null(row) || !(200..300).contains(&codes.value(row)) {
                continue;
            }
            if !writes(row) || !is_whole(row) || !is_done(row) {
                continue;
            }
            if of(uri, row).is_some_and(|uri| dry.find(uri.as_bytes()).is_some()) {
                continue;
            }
            let Some(name) = of(name, row).filter(|_| !times.is_null(row)) else { continue };
            let [api_group, resource, namespace] =
                [api_group, resource, namespace].map(|column| of(column, row).unwrap_or_default());
            let object = self.hash(of(cluster, row), [api_group, resource, namespace, name]);
            self.writes.push(Write { object, time: times.value(row), row: (group, row) });
        }
    }

    /// Finds the last write before each event.
    pub(super) fn known(mut self) -> Known {
        let objects: HashSet<u128> = self.asked.iter().map(|asked| asked.hash).collect();
        self.writes.retain(|write| objects.contains(&write.object));
        self.writes.sort_unstable();
        let mut known = Known::default();
        for asked in self.asked {
            let before =
                |time: i64| self.writes.partition_point(|write| (write.object, write.time) < (asked.hash, time));
            let last = before(asked.time).checked_sub(1).map(|last| &self.writes[last]);
            let last = last.filter(|last| last.object == asked.hash && !asked.makes);
            // Of several of one instant the first in the evidence.
            let last = last.map(|last| &self.writes[before(last.time)]);
            if let Some(last) = last {
                known.rows.entry(last.row.0).or_default().push(last.row.1);
            }
            known.asked.push((asked, last.map(|last| (last.time, last.row))));
        }
        for rows in known.rows.values_mut() {
            rows.sort_unstable();
            rows.dedup();
        }
        known
    }
}

impl Known {
    /// The rows of a row group that wrote what a later event hangs on, in order.
    pub(super) fn rows(&self, group: usize) -> &[usize] {
        self.rows.get(&group).map_or(&[], Vec::as_slice)
    }
}

/// What a write left, as far as it was recorded.
pub(super) fn left(batch: &RecordBatch, row: usize) -> Option<Arc<str>> {
    let cell = |name: &str| cell(batch, name, row);
    let answer = cell("response_object").filter(|body| !is_status(body) && !is_partial(body));
    let sent = || {
        let whole = cell("verb") != Some("patch") && cell("subresource").is_none();
        cell("request_object").filter(|_| whole)
    };
    answer.or_else(sent).map(Arc::from)
}

impl Engine {
    /// Looks which events may hang on a state: those that the columns of a rule that asks for one leave open.
    pub(super) fn look_before(&self, rules: &RuleSet, program: &Program) -> Result<Known> {
        let asks = |rule: &Rule| rule.over.events() && derived::asks_state(&rule.predicate);
        if !program.states.contains(&true) {
            return Ok(Known::default());
        }
        let asking = Engine::program_of(rules, asks, false);
        let mut columns = asking.compiled.columns();
        columns.extend(COLUMNS);
        let columns: Vec<&str> = columns.into_iter().filter(|column| !BODIES.contains(column)).collect();
        let looked = self.looked(&columns, |looked, events| {
            let mut rows: Vec<usize> = asking.compiled.run(events, None).iter().map(|verdict| verdict.row).collect();
            rows.sort_unstable();
            rows.dedup();
            looked.ask(events, rows.into_iter());
        });
        Ok(looked?.known())
    }

    /// Looks at all writes of the case.
    fn looked(&self, columns: &[&str], ask: impl Fn(&mut Looked, &RecordBatch) + Sync) -> Result<Looked> {
        let hashes = [RandomState::new(), RandomState::new()];
        let new = || Looked::new(&hashes);
        let all = each(self.audit.groups(), new, |group, looked| {
            let events = self.audit.read(group, columns, None)?;
            ask(looked, &events);
            looked.writes(group, &events);
            Ok::<_, Error>(())
        })?;
        let mut looked = Looked::new(&hashes);
        for more in all {
            looked.asked.extend(more.asked);
            looked.writes.extend(more.writes);
        }
        Ok(looked)
    }

    /// Adds what was there before to events of the case.
    pub(super) fn knowing_before(&self, events: &RecordBatch) -> Result<RecordBatch> {
        let mut looked = self.looked(&COLUMNS, |_, _| {})?;
        looked.ask(events, 0..events.num_rows());
        let (known, mut states) = (looked.known(), HashMap::new());
        for (group, rows) in &known.rows {
            let columns = [&["verb", "subresource"][..], &BODIES].concat();
            let batch = self.audit.read(*group, &columns, Some(rows))?;
            states.extend(rows.iter().enumerate().map(|(place, row)| ((*group, *row), left(&batch, place))));
        }
        with_before(events, &self.before(known, &states, None)?).map_err(damaged)
    }

    /// Adds what was there before to events of some evidence, all of whose events are in `all`.
    pub(super) fn knowing_within(
        &self,
        events: &RecordBatch,
        all: &RecordBatch,
        within: &Range<u32>,
    ) -> Result<RecordBatch> {
        with_before(events, &self.before_within(events, all, within)?).map_err(damaged)
    }

    /// The state before each of some events, as [`Engine::before`].
    pub(super) fn before_within(
        &self,
        events: &RecordBatch,
        all: &RecordBatch,
        within: &Range<u32>,
    ) -> Result<HashMap<Place, Arc<str>>> {
        let mut looked = Looked::new(&[RandomState::new(), RandomState::new()]);
        looked.ask(events, 0..events.num_rows());
        looked.writes(0, all);
        let known = looked.known();
        let states = known.rows(0).iter().map(|row| ((0, *row), left(all, *row))).collect();
        self.before(known, &states, Some(within))
    }

    /// The state before each event that was looked at, empty where nothing was there; none where it is not known. `states`
    /// are what the writes before them left.
    pub(super) fn before(
        &self,
        known: Known,
        states: &HashMap<Row, Option<Arc<str>>>,
        within: Within<'_>,
    ) -> Result<HashMap<Place, Arc<str>>> {
        let mut wanted: HashMap<(Option<String>, Object), Wanted> = HashMap::new();
        let mut before: HashMap<Place, Arc<str>> = HashMap::new();
        let (mut asked, made): (Vec<_>, Vec<_>) = known.asked.into_iter().partition(|(asked, _)| !asked.makes);
        before.extend(made.into_iter().map(|(asked, _)| (asked.place, Arc::from(""))));
        for (asked, _) in &mut asked {
            let of = wanted.entry((asked.cluster.clone(), asked.object.clone())).or_default();
            of.events.entry(asked.time).or_default().0.push(asked.place);
        }
        for (asked, write) in asked {
            if let Some((time, row)) = write
                && let Some(wanted) = wanted.get_mut(&(asked.cluster, asked.object))
            {
                wanted.state(time, states.get(&row).and_then(Option::as_ref));
            }
        }
        self.runtime.block_on(self.snapshots(&mut wanted, within))?;
        for wanted in wanted.into_values() {
            let mut last: Option<State> = None;
            for (places, state) in wanted.events.into_values() {
                last = state.or(last);
                if let Some((_, Some(body))) = &last {
                    before.extend(places.into_iter().map(|place| (place, Arc::clone(body))));
                }
            }
        }
        Ok(before)
    }
}

impl Told {
    /// Decides what hangs on the state before events, as far as that is known.
    ///
    /// # Errors
    /// When a batch cannot be made.
    pub(super) fn decide(
        &mut self,
        program: &Program,
        waiting: Vec<(RecordBatch, Open)>,
        before: &HashMap<Place, Arc<str>>,
    ) -> Planned<()> {
        for (events, open) in waiting {
            let events = with_before(&events, before)?;
            let only = only(&open, program.keys.len(), events.num_rows());
            self.read(program, &events, &program.compiled.run(&events, Some(&only)), None)?;
        }
        Ok(())
    }
}

/// Adds column `before` to events, and says of those whose state before is not known that it was not recorded.
fn with_before(events: &RecordBatch, before: &HashMap<Place, Arc<str>>) -> Planned<RecordBatch> {
    let rows = 0..events.num_rows();
    let states: Vec<Option<&Arc<str>>> = rows.clone().map(|row| before.get(&place(events, row))).collect();
    let lacks = rows.map(|row| {
        let lacks = cell(events, "not_recorded", row);
        match (states[row], lacks) {
            (Some(_), lacks) => lacks.map(str::to_owned),
            (None, Some(lacks)) => Some(format!("{lacks} {BEFORE}")),
            (None, None) => Some(BEFORE.to_owned()),
        }
    });
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let lacks = cast(&(Arc::new(lacks.collect::<StringArray>()) as ArrayRef), &words)?;
    let mut fields: Vec<Arc<Field>> = events.schema().fields().iter().cloned().collect();
    let mut columns = events.columns().to_vec();
    for (place, field) in fields.iter_mut().enumerate() {
        if field.name() == "not_recorded" {
            *field = Arc::new(Field::new("not_recorded", words.clone(), true));
            columns[place] = Arc::clone(&lacks);
        }
    }
    fields.push(Arc::new(Field::new(BEFORE, DataType::Utf8, true)));
    columns.push(Arc::new(states.into_iter().map(|state| state.map(|state| &**state)).collect::<StringArray>()));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn cell<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    batch.column_by_name(name).and_then(|column| text(column.as_ref(), row))
}

fn of(column: Option<&dyn Array>, row: usize) -> Option<&str> {
    column.and_then(|column| text(column, row))
}

/// Says of each row whether something holds of its word: of a dictionary each is asked once.
fn said<'a>(column: Option<&'a dyn Array>, is: impl Fn(Option<&str>) -> bool + 'a) -> Box<dyn Fn(usize) -> bool + 'a> {
    let words = column.and_then(|column| column.as_dictionary_opt::<Int32Type>());
    let Some((keys, words)) = words.and_then(|array| Some((array.keys(), array.values().as_string_opt::<i32>()?)))
    else {
        return Box::new(move |row| is(of(column, row)));
    };
    let of_words: Vec<bool> = words.iter().map(&is).collect();
    let of_null = is(None);
    Box::new(move |row| if keys.is_null(row) { of_null } else { of_words[keys.value(row) as usize] })
}

fn code(batch: &RecordBatch, row: usize) -> Option<i32> {
    let column = batch.column_by_name("response_code").filter(|column| !column.is_null(row))?;
    Some(column.as_primitive::<Int32Type>().value(row))
}

fn place(batch: &RecordBatch, row: usize) -> Place {
    let span = Event::span(batch, row);
    (span.evidence.0, span.offset)
}

/// Says whether an answer is no object but what became of the request.
fn is_status(body: &str) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, default)]
        kind: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str::<Kind<'_>>(body).is_ok_and(|body| body.kind == "Status")
}
