//! The timeline with its repeats folded: events that are the same but for their time and the object's name, no more
//! than ten minutes apart, are one line. What is folded is counted, and so are the findings and notes in it.
//!
//! The whole list is gone through once for a filter and kept, so that moving about in it asks only for rows.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use coldcase_tui::ask::{Direction, Filter, Folded, Place, RecordId, TimelinePage, Total, Want};

use super::Ask;
use super::answers::{MARKS, event, level_of};
use super::index::within;
use super::rows::{Condition, rows};
use crate::cli::print::grouped;
use crate::error::{Error, Result};

/// A longer pause ends a run.
const PAUSE: i64 = 600_000_000;
/// More events are not gone through: each takes about 40 bytes, and a list of a million lines is read by nobody.
const MOST: u64 = 1_000_000;

/// What must be the same for two events to be one line: everything but the time and the object's name.
const KEY: &str = "concat_ws(chr(31), source, coalesce(actor, chr(30)), coalesce(CAST(verb AS VARCHAR), chr(30)), \
    coalesce(CASE WHEN source IN ('audit', 'object') THEN split_part(object, ' ', 1) ELSE object END, chr(30)), \
    coalesce(CAST(status AS VARCHAR), chr(30)), coalesce(CAST(namespace AS VARCHAR), chr(30)), \
    coalesce(agent, chr(30)), coalesce(address, chr(30)))";

/// The events under a filter in their order, and the runs they are in.
pub struct Folds {
    of: Filter,
    events: Vec<Event>,
    runs: Vec<Run>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    time: i64,
    evidence: u32,
    offset: u64,
}

struct Event {
    at: At,
    run: u32,
    worst: u8,
    noted: bool,
}

struct Run {
    /// Place of its first event.
    first: u32,
    last: i64,
    events: u64,
    hits: u64,
    noted: u64,
    worst: u8,
    objects: u64,
}

impl Folds {
    /// The events that are lines: the first of each run, and every one of the runs that are unfolded.
    fn lines(&self, unfolded: &[RecordId]) -> Vec<u32> {
        let open: HashSet<u32> = unfolded.iter().filter_map(|id| self.run_of(id)).collect();
        let shown = |(at, event): (u32, &Event)| {
            let run = &self.runs[event.run as usize];
            (run.first == at || open.contains(&event.run)).then_some(at)
        };
        (0..).zip(&self.events).filter_map(shown).collect()
    }

    fn run_of(&self, id: &RecordId) -> Option<u32> {
        let same = |event: &&Event| (event.at.evidence, event.at.offset) == (id.evidence, id.offset);
        self.events.iter().find(same).map(|event| event.run)
    }

    /// The line an event is on: its own, or that of the run it is folded into.
    fn line_of(&self, lines: &[u32], event: u32) -> Option<usize> {
        let run = self.events.get(event as usize)?.run;
        lines.binary_search(&event).or_else(|_| lines.binary_search(&self.runs[run as usize].first)).ok()
    }

    fn find(&self, at: At) -> Option<u32> {
        let place = self.events.partition_point(|event| event.at < at);
        (self.events.get(place)?.at == at).then(|| u32::try_from(place).ok())?
    }
}

/// Adds the rows of a batch: evidence, offset, time, key, object, worst, noted.
#[derive(Default)]
struct Builder {
    events: Vec<Event>,
    runs: Vec<Run>,
    last: HashMap<String, u32>,
    objects: HashSet<(u32, u64)>,
}

impl Builder {
    fn add(&mut self, batch: &RecordBatch, noted: &dyn Fn(u32, u64) -> bool) -> Result<()> {
        let broken = |source| Error::Bug { what: "the repeats of the timeline".into(), source: Box::new(source) };
        let column = |at: usize, kind: &DataType| cast(batch.column(at), kind).map_err(broken);
        let evidence = column(0, &DataType::UInt32)?;
        let offset = column(1, &DataType::UInt64)?;
        let keys = column(3, &DataType::Utf8)?;
        let objects = column(4, &DataType::Utf8)?;
        let worst = column(5, &DataType::Int64)?;
        let (evidence, offset) = (evidence.as_primitive::<UInt32Type>(), offset.as_primitive::<UInt64Type>());
        let times = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        let (keys, objects) = (keys.as_string::<i32>(), objects.as_string::<i32>());
        let worst = worst.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let at = At { time: times.value(row), evidence: evidence.value(row), offset: offset.value(row) };
            let place = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
            let worst = if worst.is_null(row) { 0 } else { u8::try_from(worst.value(row)).unwrap_or(0) };
            let noted = noted(at.evidence, at.offset);
            let key = keys.value(row);
            let going = self.last.get(key).copied().filter(|run| at.time - self.runs[*run as usize].last <= PAUSE);
            let number = going.unwrap_or_else(|| {
                let number = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
                self.runs.push(Run { first: place, last: at.time, events: 0, hits: 0, noted: 0, worst: 0, objects: 0 });
                self.last.insert(key.to_owned(), number);
                number
            });
            let mut hash = DefaultHasher::new();
            (!objects.is_null(row)).then(|| objects.value(row)).hash(&mut hash);
            let new = self.objects.insert((number, hash.finish()));
            let run = &mut self.runs[number as usize];
            run.last = at.time;
            run.events += 1;
            run.hits += u64::from(worst > 0);
            run.noted += u64::from(noted);
            run.worst = run.worst.max(worst);
            run.objects += u64::from(new);
            self.events.push(Event { at, run: number, worst, noted });
        }
        Ok(())
    }
}

impl Ask<'_> {
    pub fn folded(&self, filter: &Filter, offset: u64, limit: u32) -> Result<TimelinePage> {
        let folds = self.folds(filter)?;
        let lines = folds.lines(filter.fold.as_deref().unwrap_or_default());
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(lines.len());
        let shown = &lines[from..lines.len().min(from.saturating_add(limit as usize))];
        let mut found = HashMap::new();
        if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
            let mut places: HashMap<u32, Vec<String>> = HashMap::new();
            for line in shown {
                let at = folds.events[*line as usize].at;
                places.entry(at.evidence).or_default().push(at.offset.to_string());
            }
            let mut tests: Vec<String> = places
                .into_iter()
                .map(|(evidence, offsets)| {
                    format!("(evidence = {evidence} AND \"offset\" IN ({}))", offsets.join(", "))
                })
                .collect();
            tests.sort();
            let mut condition = Condition { sql: "time IS NOT NULL".into(), parameters: Vec::new() };
            let (from, to) = (folds.events[*first as usize].at.time, folds.events[*last as usize].at.time);
            within(&mut condition, from, to.saturating_add(1));
            let page = self.sql(
                &format!(
                    "SELECT evidence, \"offset\", length, time, source, actor, verb, object, status, namespace, agent, \
                     address FROM timeline WHERE {} AND ({})",
                    condition.sql,
                    tests.join(" OR ")
                ),
                &condition.parameters,
            )?;
            let (known, marks) = (self.known()?, self.marks()?);
            for row in rows(&page) {
                let row = event(&row, &known, &marks);
                found.insert((row.time, row.id.evidence, row.id.offset), row);
            }
        }
        let open: HashSet<u32> = filter.fold.iter().flatten().filter_map(|id| folds.run_of(id)).collect();
        let line = |line: &u32| {
            let one = &folds.events[*line as usize];
            let mut row = found.remove(&(one.at.time, one.at.evidence, one.at.offset))?;
            let run = &folds.runs[one.run as usize];
            if run.events > 1 && !open.contains(&one.run) {
                row.finding = level_of(i64::from(run.worst));
                row.fold = Some(Folded {
                    events: run.events,
                    last: run.last,
                    objects: run.objects,
                    hits: run.hits,
                    noted: run.noted,
                });
            }
            Some(row)
        };
        Ok(TimelinePage {
            offset: from as u64,
            rows: shown.iter().filter_map(line).collect(),
            total: Total::Exactly(lines.len() as u64),
            all: self.index(&Filter::default())?.total(),
            events: folds.events.len() as u64,
        })
    }

    pub fn locate_folded(&self, filter: &Filter, record: RecordId, time: i64) -> Result<Place> {
        let folds = self.folds(filter)?;
        let lines = folds.lines(filter.fold.as_deref().unwrap_or_default());
        let at = At { time, evidence: record.evidence, offset: record.offset };
        if let Some(event) = folds.find(at)
            && let Some(line) = folds.line_of(&lines, event)
        {
            return Ok(Place { row: line as u64, exact: lines.get(line) == Some(&event) });
        }
        let before = folds.events.partition_point(|event| event.at < at);
        let row = lines.partition_point(|line| (*line as usize) < before);
        Ok(Place { row: row as u64, exact: false })
    }

    /// The next line with such an event on it, also when it is folded away there.
    pub fn seek_folded(&self, filter: &Filter, want: &Want, from: u64, direction: Direction) -> Result<Option<u64>> {
        let folds = self.folds(filter)?;
        let lines = folds.lines(filter.fold.as_deref().unwrap_or_default());
        let fitting: Vec<u32> = match want {
            Want::Finding | Want::Noted => {
                let fits = |event: &Event| if *want == Want::Noted { event.noted } else { event.worst > 0 };
                (0..).zip(&folds.events).filter(|(_, event)| fits(event)).map(|(at, _)| at).collect()
            }
            Want::Actor(_) | Want::Text(_) => {
                let mut condition = self.condition(filter)?;
                let test = match want {
                    Want::Actor(actor) => condition.is("actor", actor.as_deref()),
                    Want::Text(text) => condition.contains_text(text),
                    _ => "false".to_owned(),
                };
                condition.and(&test);
                let sql = format!("SELECT time, evidence, \"offset\" FROM timeline WHERE {}", condition.sql);
                let found = self.sql(&sql, &condition.parameters)?;
                let at = |row: super::rows::Row<'_>| At {
                    time: row.number(0),
                    evidence: u32::try_from(row.number(1)).unwrap_or_default(),
                    offset: row.count(2),
                };
                rows(&found).filter_map(|row| folds.find(at(row))).collect()
            }
        };
        let lines = fitting.into_iter().filter_map(|event| folds.line_of(&lines, event)).map(|line| line as u64);
        Ok(match direction {
            Direction::Forward => lines.filter(|line| *line > from).min(),
            Direction::Back => lines.filter(|line| *line < from).max(),
        })
    }

    /// The runs under a filter, looked up once.
    fn folds(&self, filter: &Filter) -> Result<Arc<Folds>> {
        let of = Filter { fold: None, ..filter.clone() };
        let mut kept = self.desk.folds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folds) = kept.as_ref().filter(|folds| folds.of == of) {
            return Ok(Arc::clone(folds));
        }
        let condition = self.condition(&of)?;
        let count =
            self.one(&format!("SELECT count(*) FROM timeline WHERE {}", condition.sql), &condition.parameters)?;
        if count > MOST {
            return Err(Error::Usage {
                what: format!("{} events pass this filter, and at most {} are folded", grouped(count), grouped(MOST)),
                hint: Some("r shows them one by one again; + on a cell and z leave fewer".into()),
            });
        }
        let known = self.known()?;
        let mut builder = Builder::default();
        let sql = format!(
            "SELECT t.evidence, t.\"offset\", t.time, t.key, t.object, m.worst FROM (SELECT evidence, \"offset\", time, \
             {KEY} AS key, object FROM timeline WHERE {}) t LEFT JOIN {MARKS} m ON t.evidence = m.evidence \
             AND t.\"offset\" = m.\"offset\" ORDER BY t.time, t.evidence, t.\"offset\"",
            condition.sql
        );
        self.desk.engine.sql_until(&sql, &condition.parameters, self.stop, &mut |batch| {
            builder.add(&batch, &|evidence, offset| known.has(evidence, offset))
        })?;
        let folds = Arc::new(Folds { of, events: builder.events, runs: builder.runs });
        *kept = Some(Arc::clone(&folds));
        Ok(folds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};

    use super::*;

    /// Minute, key, object, level of finding; a note on the event of minute 3.
    fn folds(events: &[(i64, &str, &str, Option<i64>)]) -> Folds {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("evidence", Arc::new(UInt32Array::from(vec![1; events.len()]))),
            ("offset", Arc::new(UInt64Array::from((0..events.len() as u64).collect::<Vec<_>>()))),
            (
                "time",
                Arc::new(TimestampMicrosecondArray::from(events.iter().map(|e| e.0 * 60_000_000).collect::<Vec<_>>())),
            ),
            ("key", Arc::new(StringArray::from(events.iter().map(|e| e.1).collect::<Vec<_>>()))),
            ("object", Arc::new(StringArray::from(events.iter().map(|e| e.2).collect::<Vec<_>>()))),
            ("worst", Arc::new(Int64Array::from(events.iter().map(|e| e.3).collect::<Vec<_>>()))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut builder = Builder::default();
        builder.add(&batch, &|_, offset| offset == 3).unwrap();
        Folds { of: Filter::default(), events: builder.events, runs: builder.runs }
    }

    #[test]
    fn a_run_is_one_line_with_what_it_hides_counted() {
        let folds = folds(&[
            (0, "ci get", "secrets a", None),
            (1, "bob get", "pods x", None),
            (2, "ci get", "secrets b", Some(4)),
            (3, "ci get", "secrets b", None),
            (13, "ci get", "secrets c", None),
            (24, "ci get", "secrets d", None),
        ]);
        assert_eq!(folds.lines(&[]), [0, 1, 5], "more than ten minutes end a run, ten do not");
        let run = &folds.runs[0];
        assert_eq!((run.events, run.objects, run.hits, run.noted, run.worst), (4, 3, 1, 1, 4));
        assert_eq!(run.last, 13 * 60_000_000);
        let first = RecordId { evidence: 1, offset: 0, len: 0 };
        assert_eq!(folds.lines(&[first]), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_event_that_is_folded_away_is_on_the_line_of_its_run() {
        let folds = folds(&[(0, "a", "x", None), (1, "b", "x", None), (2, "a", "x", None)]);
        let lines = folds.lines(&[]);
        assert_eq!(folds.line_of(&lines, 2), Some(0));
        assert_eq!(folds.line_of(&lines, 1), Some(1));
        let at = At { time: 120_000_000, evidence: 1, offset: 2 };
        assert_eq!(folds.find(at), Some(2));
        assert_eq!(folds.find(At { offset: 3, ..at }), None);
    }
}
