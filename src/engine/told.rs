//! What a scan tells, sorted while it runs: verdicts that are findings by themselves, how much cannot be told, steps of
//! correlations, and of rules that learn the earliest hit of each kind.

use std::collections::BTreeMap;

use ahash::AHashMap;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampMicrosecondArray, UInt32Array, UInt64Array};
use datafusion::common::Result;

use super::bodies;
use super::events::{At, taken};
use super::program::{PartOf, Program};
use super::ruleset;
use super::steps::{self, Number, Step, Steps};
use super::undecided::Undecided;
use super::values;
use super::words::Words;
use crate::model::{EvidenceId, Micros, Recorded, Span};

/// A hit that is a finding.
pub(super) struct Verdict {
    pub(super) rule: usize,
    pub(super) at: At,
}

/// The earliest hit of a rule with one combination of values.
#[derive(Clone)]
pub(super) struct First {
    pub(super) time: Micros,
    pub(super) span: Span,
    /// It is no hit, but what it brings is usual from then on.
    pub(super) excepted: bool,
    /// Of the rule's fields, for correlations; those that make the kind and the cluster last.
    pub(super) keys: Vec<Option<String>>,
    /// How many make the kind.
    count: usize,
}

impl First {
    /// The values that make the kind, and the cluster.
    pub(super) fn values(&self) -> &[Option<String>] {
        &self.keys[self.keys.len() - self.count..]
    }
}

/// Rules and rows of a batch that hang on what is not there yet: bodies, or the state before the event.
pub(super) type Open = Vec<(usize, usize)>;

/// What is kept of a row for a rule.
struct Kept {
    row: usize,
    rule: usize,
    hit: bool,
    correlation: Option<usize>,
}

/// What rules say of events.
#[derive(Default)]
pub(super) struct Told {
    pub(super) verdicts: Vec<Verdict>,
    /// The events on which rules are neither true nor false.
    pub(super) undecided: Undecided,
    /// Excepted hits by the places of rule and exception: counted only, since there may be one for every event.
    pub(super) excepted: BTreeMap<(usize, usize), u64>,
    /// Of rules with `first`, by rule and the tuple of values, the earliest hit.
    pub(super) firsts: BTreeMap<usize, AHashMap<Number, First>>,
    /// The hits of the parts of correlations.
    pub(super) steps: Steps,
}

impl Told {
    /// Takes what was found of a batch of events. What hangs on bodies that are not there, or on the state before, goes to
    /// `open` if given; without it, it cannot be told.
    ///
    /// # Errors
    /// When rows cannot be taken out of the batch.
    pub(super) fn read(
        &mut self,
        program: &Program,
        events: &RecordBatch,
        verdicts: &[ruleset::Verdict],
        mut open: Option<&mut Open>,
    ) -> Result<()> {
        if program.shown {
            self.steps.keep_texts();
        }
        let lacks_bodies = !bodies::are_there(events);
        let places = Places::new(events);
        let mut words = Words::new(events);
        let mut kept = Vec::new();
        for of_rule in verdicts.chunk_by(|a, b| a.rule == b.rule) {
            let rule = of_rule[0].rule;
            let keys = &program.keys[rule];
            let of_keys: Vec<usize> = keys.iter().map(|field| words.place(field)).collect();
            let lacks_keys = lacks_bodies && keys.iter().any(values::is_in_bodies);
            let mut numbers: Vec<Option<Number>> = vec![None; keys.len()];
            for verdict in of_rule {
                let (row, hit) = (verdict.row, verdict.told == ruleset::Told::Hit);
                let hangs = verdict.told == ruleset::Told::NeedsBodies || hit && lacks_keys;
                if hangs || !hit && program.states[rule] {
                    match &mut open {
                        Some(open) => {
                            open.push((rule, row));
                            continue;
                        }
                        None if hangs => continue,
                        None => {}
                    }
                }
                if let Some(exception) = verdict.exception {
                    if hit {
                        *self.excepted.entry((rule, exception)).or_default() += 1;
                    }
                    // A rule that learns also learns of what is excepted.
                    if !hit || program.firsts[rule].is_none() {
                        continue;
                    }
                }
                if hit {
                    for (number, place) in numbers.iter_mut().zip(&of_keys) {
                        *number = words.number(*place, row, &mut self.steps);
                    }
                }
                match program.firsts[rule] {
                    Some(count) if hit => {
                        // Without a time nothing is earlier or later.
                        let Some(time) = places.time(row) else { continue };
                        let kind = steps::kind(&numbers[keys.len() - count..]);
                        let (firsts, span) = (self.firsts.entry(rule).or_default(), places.span(row));
                        // There may be a hit for every event, and most are not the first.
                        if firsts.get(&kind).is_none_or(|known| (time, span) < (known.time, known.span)) {
                            let keys = of_keys.iter().map(|place| words.text(*place, row)).collect();
                            let excepted = verdict.exception.is_some();
                            firsts.insert(kind, First { time, span, excepted, keys, count });
                        }
                    }
                    _ => {
                        // An event without a time lies in no window.
                        if let Some(time) = places.time(row).filter(|_| hit) {
                            step(program, rule, (time, places.span(row)), &numbers, &mut self.steps);
                        }
                        if !hit || program.reported[rule] {
                            kept.push(Kept { row, rule, hit, correlation: None });
                        }
                        if hit && !program.parts[rule].is_empty() && numbers.contains(&None) {
                            let lacks = places.lacks(row);
                            let is_lost = |part: &&PartOf| part.is_lost(keys, &numbers, lacks);
                            let lost = program.parts[rule].iter().filter(is_lost).map(|part| part.correlation);
                            kept.extend(lost.map(|lost| Kept { row, rule, hit: false, correlation: Some(lost) }));
                        }
                    }
                }
            }
        }
        self.steps.relieve()?;
        self.keep(&kept, events, &places)
    }

    /// Keeps what is shown of rows of a batch, each once for all rules, and no others of it: it may be large, and few of
    /// them are. What cannot be told is counted.
    fn keep(&mut self, kept: &[Kept], events: &RecordBatch, places: &Places<'_>) -> Result<()> {
        let undecided = kept.iter().filter(|kept| !kept.hit).map(|kept| (kept.row, (kept.rule, kept.correlation)));
        let undecided: Vec<_> = undecided.collect();
        self.undecided.add_rows(events, &undecided, |row| (places.time(row), places.span(row)))?;
        let hits = || kept.iter().filter(|kept| kept.hit);
        let mut rows: Vec<usize> = Vec::new();
        let mut numbers: AHashMap<usize, usize> = AHashMap::new();
        for hit in hits() {
            numbers.entry(hit.row).or_insert_with(|| {
                rows.push(hit.row);
                rows.len() - 1
            });
        }
        let at = taken(events, &rows)?;
        self.verdicts.extend(hits().map(|hit| Verdict { rule: hit.rule, at: at[numbers[&hit.row]].clone() }));
        Ok(())
    }

    /// Adds what another thread was told.
    pub(super) fn add(&mut self, more: Told) {
        self.verdicts.extend(more.verdicts);
        self.undecided.add(more.undecided);
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
        self.steps.add(more.steps);
    }
}

/// Adds a hit of a rule to the correlations it is a part of; `words` are the values of the rule's fields.
pub(super) fn step(
    program: &Program,
    rule: usize,
    (time, span): (Micros, Span),
    words: &[Option<Number>],
    steps: &mut Steps,
) {
    for part in &program.parts[rule] {
        // An event without a group-by value is in no group, one without the counted value does not count.
        let (Some(group), Some(value)) =
            (steps::words_of(&part.group, words), steps::words_of(&part.value, words).map(steps::tuple))
        else {
            continue;
        };
        let group = steps::tuple(group);
        steps.show(part.group.iter().filter_map(|key| words[*key]));
        if (program.chained[part.correlation] || program.shown) && part.group.len() > 1 {
            steps.keep(group, part.group.iter().filter_map(|key| words[*key]));
        }
        let (evidence, offset, value) = (span.evidence.0, span.offset, value as u64);
        steps.push(part.correlation, Step { group, time: time.0, part: part.part as u32, evidence, offset, value });
    }
}

/// Time and place of the rows of a batch.
pub(super) struct Places<'a> {
    times: Option<&'a TimestampMicrosecondArray>,
    evidence: Option<&'a UInt32Array>,
    offset: Option<&'a UInt64Array>,
    length: Option<&'a UInt64Array>,
    lacks: Option<&'a ArrayRef>,
}

impl<'a> Places<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Places<'a> {
        let of = |name: &str| batch.column_by_name(name);
        Places {
            times: of("time").and_then(|times| times.as_primitive_opt()),
            evidence: of("evidence").and_then(|evidence| evidence.as_primitive_opt()),
            offset: of("offset").and_then(|offset| offset.as_primitive_opt()),
            length: of("length").and_then(|length| length.as_primitive_opt()),
            lacks: of("not_recorded"),
        }
    }

    /// What was not recorded of a row.
    fn lacks(&self, row: usize) -> Recorded {
        let lacks = self.lacks.and_then(|lacks| values::text(lacks.as_ref(), row));
        lacks.map_or(Recorded::ALL, Recorded::parse)
    }

    pub(super) fn time(&self, row: usize) -> Option<Micros> {
        self.times.filter(|times| !times.is_null(row)).map(|times| Micros(times.value(row)))
    }

    pub(super) fn span(&self, row: usize) -> Span {
        let evidence = EvidenceId(self.evidence.map_or(0, |evidence| evidence.value(row)));
        let offset = self.offset.map_or(0, |offset| offset.value(row));
        Span { evidence, offset, length: self.length.map_or(0, |length| length.value(row)) }
    }
}
