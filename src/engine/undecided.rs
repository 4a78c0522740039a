//! Events on which rules are neither true nor false. There may be as many of them as events, and for a hundred rules at
//! once: of each event no more is kept than the number of its request and which rules it is about, and much of that goes to
//! a file. Everything else is counted while it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use ahash::AHashMap;
use arrow::array::{ArrayRef, RecordBatch};

use super::finding::Words;
use super::steps::half;
use super::threads::cores;
use super::values::text;
use crate::model::{Micros, Span};
use crate::sigma::Level;

/// How many events all threads may hold, 16 MiB of them; tests write theirs to files when they like.
const MOST: usize = 1 << 20;

/// As many parts are counted one after another. Numbers of requests are hashes, so they are of one size.
const PARTS: usize = 64;

/// Bytes of an event in a file: the number of its request and that of its class, the least byte first.
const SIZE: usize = 12;

/// Of how many events the audit ids are kept.
pub const NAMED: usize = 1_000;

/// Events on which a rule is neither true nor false, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Untold {
    pub rule: String,
    pub level: Level,
    pub title: String,
    /// Requests, each counted once.
    pub count: u64,
    /// In words: which part is missing.
    pub reason: String,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    /// Of the first [`NAMED`] events, in event order, each once.
    pub audit_ids: Vec<String>,
}

/// A rule, and the correlation that cannot tell to which group its hit belongs; None of what is said of the rule itself.
pub(super) type About = (usize, Option<usize>);

/// What an event cannot tell of, and which part of it is missing.
#[derive(Default)]
struct Class {
    /// Numbers of [`About`], in order.
    about: Vec<u32>,
    /// By what was not recorded, and whether it was cut or left out: how many events.
    reasons: BTreeMap<(Option<Box<str>>, &'static str), u64>,
    first: Option<Micros>,
    last: Option<Micros>,
    named: BTreeSet<(Option<Micros>, Span, Box<str>)>,
}

/// The number of a request, and of its class.
type Request = (u64, u32);

/// Requests in a file, in the order of their numbers.
struct Run {
    file: File,
    /// Where each part begins, and the last ends, in requests.
    parts: Vec<usize>,
    /// What the numbers of classes in it are here; as they are when there are none.
    classes: Option<Vec<u32>>,
}

/// See the module's description.
#[derive(Default)]
pub(super) struct Undecided {
    about: Vec<About>,
    classes: Vec<Class>,
    /// The number of a class by what it is about.
    numbers: AHashMap<Vec<u32>, u32>,
    held: Vec<Request>,
    runs: Vec<Run>,
}

/// What some rules cannot tell.
#[derive(Default)]
struct Sum {
    requests: u64,
    reasons: BTreeMap<String, u64>,
    first: Option<Micros>,
    last: Option<Micros>,
    named: BTreeSet<(Option<Micros>, Span, Box<str>)>,
}

/// The columns that say what an event is here.
struct Cells<'a>([Option<&'a ArrayRef>; 4]);

impl<'a> Cells<'a> {
    fn new(events: &'a RecordBatch) -> Cells<'a> {
        Cells(["audit_id", "request_uri", "body", "not_recorded"].map(|name| events.column_by_name(name)))
    }

    fn of(&self, row: usize) -> [Option<&'a str>; 4] {
        self.0.map(|column| column.and_then(|column| text(column.as_ref(), row)))
    }
}

impl Undecided {
    /// Adds rows of events, each with a rule it cannot tell of, in any order.
    ///
    /// # Errors
    /// When no temporary file can be written.
    pub(super) fn add_rows(
        &mut self,
        events: &RecordBatch,
        rows: &[(usize, About)],
        place: impl Fn(usize) -> (Option<Micros>, Span),
    ) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let numbers = self.numbered(rows.iter().map(|(_, about)| *about));
        let mut all: Vec<(usize, u32)> = rows.iter().map(|(row, _)| *row).zip(numbers).collect();
        all.sort_unstable();
        let (cells, mut about) = (Cells::new(events), Vec::new());
        for of_row in all.chunk_by(|one, other| one.0 == other.0) {
            about.clear();
            about.extend(of_row.iter().map(|(_, about)| *about));
            let (number, row) = (self.number(&about), of_row[0].0);
            let ([id, uri, body, lacks], (time, span)) = (cells.of(row), place(row));
            // A client may choose one auditID for many requests: the path tells them apart.
            self.held.push((half((id, uri, id.is_none().then_some(span))), number));
            let class = &mut self.classes[number as usize];
            let why = match body {
                Some("cut") => "cut off",
                Some("skipped") => "replaced because of its size",
                _ => "not recorded",
            };
            *class.reasons.entry((lacks.map(Box::from), why)).or_default() += 1;
            span_of((&mut class.first, &mut class.last), (time, time));
            if let Some(id) = id
                && (class.named.len() < NAMED || class.named.last().is_some_and(|last| (time, span) < (last.0, last.1)))
            {
                class.named.insert((time, span, id.into()));
                if class.named.len() > NAMED {
                    class.named.pop_last();
                }
            }
        }
        if self.held.len() > MOST / cores() { self.spill() } else { Ok(()) }
    }

    /// The numbers of what events are about, new ones for what is new.
    fn numbered(&mut self, all: impl Iterator<Item = About>) -> Vec<u32> {
        let mut numbers: AHashMap<About, u32> = self.about.iter().copied().zip(0..).collect();
        let number = |about: About| {
            *numbers.entry(about).or_insert_with(|| {
                self.about.push(about);
                self.about.len() as u32 - 1
            })
        };
        all.map(number).collect()
    }

    fn number(&mut self, about: &[u32]) -> u32 {
        if let Some(number) = self.numbers.get(about) {
            return *number;
        }
        let number = self.classes.len() as u32;
        self.numbers.insert(about.to_vec(), number);
        self.classes.push(Class { about: about.to_vec(), ..Class::default() });
        number
    }

    /// Writes the requests to a file.
    ///
    /// # Errors
    /// When no temporary file can be written.
    pub(super) fn spill(&mut self) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        held.sort_unstable();
        held.dedup();
        let file = tempfile::tempfile()?;
        let mut to = BufWriter::with_capacity(1 << 20, &file);
        for (request, class) in &held {
            to.write_all(&request.to_le_bytes())?;
            to.write_all(&class.to_le_bytes())?;
        }
        to.flush()?;
        drop(to);
        let parts = (0..=PARTS).map(|part| held.partition_point(|request| part_of(*request) < part)).collect();
        self.runs.push(Run { file, parts, classes: None });
        Ok(())
    }

    /// Adds what another thread was told.
    pub(super) fn add(&mut self, other: Undecided) {
        let abouts = self.numbered(other.about.iter().copied());
        let mut classes = Vec::with_capacity(other.classes.len());
        for more in other.classes {
            let mut about: Vec<u32> = more.about.iter().map(|about| abouts[*about as usize]).collect();
            about.sort_unstable();
            let number = self.number(&about);
            classes.push(number);
            let class = &mut self.classes[number as usize];
            more.reasons.into_iter().for_each(|(why, events)| *class.reasons.entry(why).or_default() += events);
            span_of((&mut class.first, &mut class.last), (more.first, more.last));
            class.named.extend(more.named);
            cut(&mut class.named);
        }
        let here = |class: u32| classes[class as usize];
        self.held.extend(other.held.into_iter().map(|(request, class)| (request, here(class))));
        self.runs.extend(other.runs.into_iter().map(|run| {
            let known = run.classes.unwrap_or_else(|| (0..classes.len() as u32).collect());
            Run { classes: Some(known.into_iter().map(here).collect()), ..run }
        }));
    }

    /// What each of `count` cannot tell, rules or correlations; `asks` gives those that something is about.
    ///
    /// # Errors
    /// When requests that were written to a file cannot be read.
    pub(super) fn told(
        mut self,
        words: &[Words<'_>],
        asks: impl Fn(About) -> Vec<usize>,
    ) -> io::Result<Vec<Option<Untold>>> {
        let asks: Vec<Vec<usize>> = self.about.iter().map(|about| asks(*about)).collect();
        let requests = self.requests()?;
        let mut sums: Vec<Sum> = std::iter::repeat_with(Sum::default).take(words.len()).collect();
        for (number, class) in self.classes.iter().enumerate() {
            let mut times: BTreeMap<usize, u64> = BTreeMap::new();
            for asks in class.about.iter().flat_map(|about| &asks[*about as usize]) {
                *times.entry(*asks).or_default() += 1;
            }
            for (place, times) in times {
                let sum = &mut sums[place];
                sum.requests += requests[number];
                for ((lacks, why), events) in &class.reasons {
                    let what = lacks.as_ref().map_or("a field".to_owned(), |what| what.replace(' ', ", "));
                    *sum.reasons.entry(format!("{what} {why}")).or_default() += events * times;
                }
                span_of((&mut sum.first, &mut sum.last), (class.first, class.last));
                sum.named.extend(class.named.iter().cloned());
                cut(&mut sum.named);
            }
        }
        Ok(words.iter().zip(sums).map(|(words, sum)| sum.told(words)).collect())
    }

    /// How many requests there are of each class. Of a request with events of several classes another class is made, which
    /// is about all that they are about.
    fn requests(&mut self) -> io::Result<Vec<u64>> {
        let (mut held, runs) = (std::mem::take(&mut self.held), std::mem::take(&mut self.runs));
        held.sort_unstable();
        let mut counts: Vec<u64> = vec![0; self.classes.len()];
        let mut both: AHashMap<(u32, u32), u32> = AHashMap::new();
        for part in 0..PARTS {
            let begin = held.partition_point(|request| part_of(*request) < part);
            let mut requests = held[begin..].to_vec();
            requests.truncate(requests.partition_point(|request| part_of(*request) == part));
            for run in &runs {
                run.read(part, &mut requests)?;
            }
            requests.sort_unstable();
            for of_one in requests.chunk_by(|one, other| one.0 == other.0) {
                let mut class = of_one[0].1;
                for (_, other) in &of_one[1..] {
                    if *other != class {
                        class = *both.entry((class, *other)).or_insert_with(|| self.of_both(class, *other));
                    }
                }
                counts.resize(self.classes.len(), 0);
                counts[class as usize] += 1;
            }
        }
        Ok(counts)
    }

    fn of_both(&mut self, one: u32, other: u32) -> u32 {
        let of = |class: u32| self.classes[class as usize].about.iter().copied();
        let about: BTreeSet<u32> = of(one).chain(of(other)).collect();
        self.number(&about.into_iter().collect::<Vec<_>>())
    }
}

impl Run {
    fn read(&self, part: usize, requests: &mut Vec<Request>) -> io::Result<()> {
        let (begin, end) = (self.parts[part], self.parts[part + 1]);
        let mut buffer = vec![0; (end - begin) * SIZE];
        let mut file = &self.file;
        file.seek(SeekFrom::Start((begin * SIZE) as u64))?;
        file.read_exact(&mut buffer)?;
        let (all, _) = buffer.as_chunks::<SIZE>();
        requests.extend(all.iter().map(|[a, b, c, d, e, f, g, h, class @ ..]| {
            let class = u32::from_le_bytes(*class);
            let class = self.classes.as_ref().map_or(class, |classes| classes[class as usize]);
            (u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), class)
        }));
        Ok(())
    }
}

impl Sum {
    fn told(self, words: &Words<'_>) -> Option<Untold> {
        if self.reasons.is_empty() {
            return None;
        }
        let mut seen = BTreeSet::new();
        let ids: Vec<String> = self.named.into_iter().map(|(_, _, id)| id.into_string()).collect();
        Some(Untold {
            rule: words.rule.to_owned(),
            level: words.level,
            title: words.title.to_owned(),
            count: self.requests,
            reason: self.reasons.iter().map(|(why, n)| format!("{why} ({n})")).collect::<Vec<_>>().join("; "),
            first: self.first,
            last: self.last,
            audit_ids: ids.into_iter().filter(|id| seen.insert(id.clone())).collect(),
        })
    }
}

fn part_of((request, _): Request) -> usize {
    (request >> (u64::BITS - PARTS.ilog2())) as usize
}

fn span_of((first, last): (&mut Option<Micros>, &mut Option<Micros>), more: (Option<Micros>, Option<Micros>)) {
    *first = [*first, more.0].into_iter().flatten().min();
    *last = [*last, more.1].into_iter().flatten().max();
}

fn cut(named: &mut BTreeSet<(Option<Micros>, Span, Box<str>)>) {
    while named.len() > NAMED {
        named.pop_last();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;
    use crate::model::EvidenceId;

    /// One event: audit id, path, and what is missing of it.
    type Row = (Option<&'static str>, &'static str, Option<&'static str>);

    fn batch(rows: &[Row]) -> RecordBatch {
        let column = |of: &dyn Fn(&Row) -> Option<&'static str>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<StringArray>())
        };
        let names = ["audit_id", "request_uri", "body", "not_recorded"];
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let columns =
            vec![column(&|r| r.0), column(&|r| Some(r.1)), column(&|r| r.2), column(&|_| Some("requestObject"))];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    fn place(offset: u64) -> (Option<Micros>, Span) {
        (Some(Micros(1_000 + offset as i64)), Span { evidence: EvidenceId(1), offset, length: 1 })
    }

    /// Asks three: rules 0 and 1, and as 2 a correlation over both that is in the chain of correlation 9.
    fn asks((rule, lost): About) -> Vec<usize> {
        let own = lost.is_none().then_some(rule);
        own.into_iter().chain((lost.is_none() || lost == Some(9)).then_some(2)).collect()
    }

    fn words() -> Vec<Words<'static>> {
        let of = |rule| Words {
            rule,
            level: Level::Low,
            title: "",
            techniques: &[],
            tactics: &[],
            threat_matrix: &[],
            defender: &[],
            remediation: None,
        };
        ["zero", "one", "both"].map(of).into()
    }

    #[test]
    fn a_request_counts_once_and_an_event_by_each_rule_whatever_thread_or_file_it_is_in() {
        // Two stages of one request, one id of two requests, and two that have none.
        let rows: [Row; 6] = [
            (Some("a"), "/a", None),
            (Some("a"), "/a", None),
            (Some("b"), "/b", Some("cut")),
            (Some("b"), "/c", None),
            (None, "/d", None),
            (None, "/d", None),
        ];
        let about: [(usize, About); 9] = [
            (0, (0, None)),
            (1, (1, None)),
            (0, (1, None)),
            (2, (0, None)),
            (3, (0, None)),
            (4, (1, Some(9))),
            (5, (1, Some(9))),
            (5, (0, Some(8))),
            (2, (1, Some(9))),
        ];
        for (threads, files) in [(1, false), (2, false), (1, true), (3, true)] {
            let mut all = Undecided::default();
            for thread in 0..threads {
                let mut own = Undecided::default();
                let rows: Vec<Row> = rows.to_vec();
                for row in (0..rows.len()).filter(|row| row % threads == thread).rev() {
                    let about: Vec<_> =
                        about.iter().filter(|(of, _)| *of == row).map(|(_, about)| (0, *about)).collect();
                    own.add_rows(&batch(&rows[row..=row]), &about, |_| place(row as u64)).unwrap();
                    if files {
                        own.spill().unwrap();
                    }
                }
                all.add(own);
            }
            let told: Vec<Untold> = all.told(&words(), asks).unwrap().into_iter().flatten().collect();
            let said: Vec<(&str, u64, &str)> = told.iter().map(|t| (&*t.rule, t.count, &*t.reason)).collect();
            let of = |cut: u64, not: u64| match cut {
                0 => format!("requestObject not recorded ({not})"),
                _ => format!("requestObject cut off ({cut}); requestObject not recorded ({not})"),
            };
            let (zero, one, both) = (of(1, 2), of(0, 2), of(2, 6));
            assert_eq!(said, [("zero", 3, &*zero), ("one", 1, &*one), ("both", 5, &*both)], "{threads} {files}");
            assert_eq!(told[2].audit_ids, ["a", "b"]);
            assert_eq!((told[0].first, told[0].last), (place(0).0, place(3).0));
        }
    }

    #[test]
    fn the_first_events_are_named_and_all_are_counted() {
        let ids: Vec<String> = (0..NAMED as u64 * 2).map(|n| format!("{n:06}")).collect();
        let mut all = Undecided::default();
        for half in [1, 0] {
            let own: Vec<u64> = (0..ids.len() as u64).filter(|n| n % 2 == half).rev().collect();
            let column: ArrayRef = Arc::new(own.iter().map(|n| Some(&*ids[*n as usize])).collect::<StringArray>());
            let events = RecordBatch::try_from_iter([("audit_id", column)]).unwrap();
            let rows: Vec<(usize, About)> = (0..own.len()).map(|row| (row, (0, None))).collect();
            let mut more = Undecided::default();
            more.add_rows(&events, &rows, |row| place(own[row])).unwrap();
            all.add(more);
        }
        let told = all.told(&words(), asks).unwrap().swap_remove(0).unwrap();
        assert_eq!((told.count, &told.audit_ids[..]), (ids.len() as u64, &ids[..NAMED]));
        assert_eq!(told.reason, format!("a field not recorded ({})", ids.len()));
    }
}
