//! What a scan tells, sorted while it runs: verdicts that are findings by themselves, steps of correlations, and of rules
//! that learn the earliest hit of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use arrow::array::{Array, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::UInt32Type;
use datafusion::common::Result;

use super::finding::Event;
use super::scan::Program;
use super::steps::{Place, Step, Steps};
use crate::model::{EvidenceId, Micros, Span};
use crate::sigma::Rule;

/// One row of the verdict stream. It stays in its batch until somebody wants to read it.
#[derive(Clone)]
pub(super) struct Verdict {
    pub(super) rule: usize,
    pub(super) hit: bool,
    pub(super) time: Option<Micros>,
    pub(super) span: Span,
    batch: Arc<RecordBatch>,
    row: usize,
    /// Of an object of a snapshot, and no event.
    pub(super) standing: bool,
    /// It hangs on the state before the event, and is excepted as far as that can be told.
    pub(super) excepted: bool,
}

impl Verdict {
    /// Partitions end in any order; evidence order makes the answer one.
    pub(super) fn order(&self, other: &Verdict) -> std::cmp::Ordering {
        (self.rule, self.time, self.span).cmp(&(other.rule, other.time, other.span))
    }

    pub(super) fn event(&self) -> Event {
        let mut event = Event::read(&self.batch, self.row);
        if self.standing {
            // Nobody saw it happen.
            (event.verb, event.code, event.stage) = (None, None, None);
        }
        event
    }
}

/// The earliest hit of a rule with one combination of values.
pub(super) struct First {
    pub(super) time: Micros,
    pub(super) span: Span,
    /// It is no hit, but what it brings is usual from then on.
    pub(super) excepted: bool,
    /// Of the rule's fields, for correlations; those that make the kind and the cluster last.
    pub(super) keys: Vec<Option<String>>,
}

impl First {
    /// The values that make the kind, and the cluster.
    pub(super) fn values(&self, rule: &Rule) -> &[Option<String>] {
        let count = rule.first.as_ref().map_or(0, |first| first.of.len() + 1);
        &self.keys[self.keys.len().saturating_sub(count)..]
    }
}

/// Rules that hang on the bodies of an event, by the event's place. Each event is told of once, rule after rule.
#[derive(Default)]
pub(super) struct Open(AHashMap<Place, Vec<u32>>);

impl Open {
    pub(super) fn new() -> Open {
        Open::default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn places(&self) -> AHashSet<Place> {
        self.0.keys().copied().collect()
    }

    pub(super) fn insert(&mut self, rule: u32, place: Place) {
        self.0.entry(place).or_default().push(rule);
    }

    fn contains(&self, rule: u32, place: Place) -> bool {
        self.0.get(&place).is_some_and(|rules| rules.binary_search(&rule).is_ok())
    }

    /// Adds what another thread met: other events.
    pub(super) fn extend(&mut self, more: Open) {
        self.0.extend(more.0);
    }
}

/// A row of a batch of verdicts, its rule, whether it hits, and whether it is excepted.
type Kept = (usize, usize, bool, bool);

/// What the verdict stream says.
#[derive(Default)]
pub(super) struct Told {
    pub(super) verdicts: Vec<Verdict>,
    /// Excepted hits by the places of rule and exception: counted only, since there may be one for every event.
    pub(super) excepted: BTreeMap<(usize, usize), u64>,
    /// Of rules with `first`, by rule and values as one text, the earliest hit.
    pub(super) firsts: BTreeMap<usize, AHashMap<String, First>>,
    /// The hits of the parts of correlations.
    pub(super) steps: Steps,
}

impl Told {
    /// Reads verdicts, only of the rules and events in `only` if given; rules that hang on bodies go to `open`.
    ///
    /// # Errors
    /// When rows cannot be taken out of a batch.
    pub(super) fn read(
        &mut self,
        program: &Program,
        batch: &RecordBatch,
        only: Option<&Open>,
        open: &mut Open,
    ) -> Result<()> {
        let rules = batch.column(0).as_primitive::<UInt32Type>();
        let hits = batch.column(1).as_boolean();
        let exceptions = batch.column(2).as_primitive::<UInt32Type>();
        let lists = batch.column(batch.num_columns() - 1).as_list::<i32>();
        let texts = lists.values().as_string::<i32>();
        let places = Places::new(batch);
        let (mut kept, mut kind) = (Vec::new(), String::new());
        for row in 0..batch.num_rows() {
            let rule = rules.value(row) as usize;
            if hits.is_null(row) {
                open.insert(rule as u32, places.place(row));
                continue;
            }
            if only.is_some_and(|only| !only.contains(rule as u32, places.place(row))) {
                continue;
            }
            let (hit, excepted) = (hits.value(row), !exceptions.is_null(row));
            if excepted && hit {
                *self.excepted.entry((rule, exceptions.value(row) as usize)).or_default() += 1;
            }
            // Its exceptions are asked again once it is decided.
            let undecided = !hit && program.states[rule];
            // A rule that learns also learns of what is excepted.
            if excepted && !undecided && program.firsts[rule].is_none() {
                continue;
            }
            let start = lists.value_offsets()[row] as usize;
            let key = |key: usize| (!texts.is_null(start + key)).then(|| texts.value(start + key));
            match program.firsts[rule] {
                Some(count) if hit => {
                    // Without a time nothing is earlier or later.
                    let Some(time) = places.time(row) else { continue };
                    let keys = program.keys[rule].len();
                    spell(&mut kind, (keys - count..keys).map(&key));
                    let (firsts, span) = (self.firsts.entry(rule).or_default(), places.span(row));
                    // There may be a hit for every event, and most are not the first.
                    if firsts.get(&kind).is_none_or(|known| (time, span) < (known.time, known.span)) {
                        let keys = (0..keys).map(|place| key(place).map(str::to_owned)).collect();
                        firsts.insert(kind.clone(), First { time, span, excepted, keys });
                    }
                }
                _ if excepted && !undecided => {}
                _ => {
                    // An event without a time lies in no window.
                    if let Some(time) = places.time(row).filter(|_| hit) {
                        step(program, rule, (time, places.span(row)), &key, &mut self.steps);
                    }
                    if !hit || program.reported[rule] {
                        kept.push((row, rule, hit, excepted));
                    }
                }
            }
        }
        self.keep(&kept, batch, &places)
    }

    /// Keeps rows of a batch, and no others of it: it may be large, and few of them are.
    fn keep(&mut self, kept: &[Kept], batch: &RecordBatch, places: &Places<'_>) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let rows = UInt32Array::from_iter_values(kept.iter().map(|(row, ..)| *row as u32));
        let own = Arc::new(take_record_batch(batch, &rows)?);
        self.verdicts.extend(kept.iter().enumerate().map(|(place, (row, rule, hit, excepted))| Verdict {
            rule: *rule,
            hit: *hit,
            time: places.time(*row),
            span: places.span(*row),
            batch: Arc::clone(&own),
            row: place,
            standing: false,
            excepted: *excepted,
        }));
        Ok(())
    }

    pub(super) fn add(&mut self, more: Told, lengths: &[(usize, usize)]) {
        self.verdicts.extend(more.verdicts);
        for (rule, more) in more.firsts {
            let firsts = self.firsts.entry(rule).or_default();
            for (kind, first) in more {
                if firsts.get(&kind).is_none_or(|known| (first.time, first.span) < (known.time, known.span)) {
                    firsts.insert(kind, first);
                }
            }
        }
        for (place, events) in more.excepted {
            *self.excepted.entry(place).or_default() += events;
        }
        self.steps.add(more.steps, lengths);
    }
}

/// Spells values as one text that no others have.
fn spell<'a>(kind: &mut String, values: impl Iterator<Item = Option<&'a str>>) {
    kind.clear();
    for value in values {
        match value {
            Some(value) => {
                kind.push_str(&value.len().to_string());
                kind.push(':');
                kind.push_str(value);
            }
            None => kind.push('-'),
        }
    }
}

/// Adds a hit of a rule to the correlations it is a part of; `key` gives the values of the rule's fields.
pub(super) fn step<'a>(
    program: &Program,
    rule: usize,
    (time, span): (Micros, Span),
    key: &dyn Fn(usize) -> Option<&'a str>,
    steps: &mut Steps,
) {
    for part in &program.parts[rule] {
        // An event without a group-by value is in no group, one without the counted value does not count.
        let (Some(group), Some(value)) = (steps.tuple_of(&part.group, key), steps.tuple_of(&part.value, key)) else {
            continue;
        };
        let (evidence, offset) = (span.evidence.0, span.offset);
        steps.push(part.correlation, Step { group, time: time.0, part: part.part as u32, evidence, offset, value });
    }
}

/// Time and place of the rows of a verdict stream.
struct Places<'a> {
    times: Option<&'a TimestampMicrosecondArray>,
    evidence: Option<&'a UInt32Array>,
    offset: Option<&'a UInt64Array>,
    length: Option<&'a UInt64Array>,
}

impl<'a> Places<'a> {
    fn new(batch: &'a RecordBatch) -> Places<'a> {
        let of = |name: &str| batch.column_by_name(name);
        Places {
            times: of("time").and_then(|times| times.as_primitive_opt()),
            evidence: of("evidence").and_then(|evidence| evidence.as_primitive_opt()),
            offset: of("offset").and_then(|offset| offset.as_primitive_opt()),
            length: of("length").and_then(|length| length.as_primitive_opt()),
        }
    }

    fn time(&self, row: usize) -> Option<Micros> {
        self.times.filter(|times| !times.is_null(row)).map(|times| Micros(times.value(row)))
    }

    fn place(&self, row: usize) -> Place {
        let evidence = self.evidence.map_or(0, |evidence| evidence.value(row));
        (evidence, self.offset.map_or(0, |offset| offset.value(row)))
    }

    fn span(&self, row: usize) -> Span {
        let (evidence, offset) = self.place(row);
        Span { evidence: EvidenceId(evidence), offset, length: self.length.map_or(0, |length| length.value(row)) }
    }
}
