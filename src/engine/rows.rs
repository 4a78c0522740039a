//! Many small bodies of evidence in one case, replayed each by itself: what `coldcase test` asks thousands of times.
//!
//! The events of all of them are read once and asked in memory. What is asked and how is what a replay does, but for the
//! scan: a rule is asked of every event with its bodies, which the scan only does where the columns leave it open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::UInt32Type;

use super::baseline::Baseline;
use super::blind::{Coverage, sources};
use super::finding::Event;
use super::pass::apart;
use super::picked::Picked;
use super::program::Program;
use super::ruleset::Verdict;
use super::standing::{OBJECTS, ask};
use super::told::{Open, Told};
use super::why::{clauses, said};
use super::{Clause, Covered, Engine, Replay, damaged, derived};
use crate::error::Result;
use crate::sigma::logsource::Reading;
use crate::sigma::{LOGSOURCES, LogSource, Over, Rule, RuleSet};

/// The events and objects of a case in memory, in the order of the evidence.
pub struct Rows {
    audit: RecordBatch,
    objects: RecordBatch,
    /// The tables of other log sources that have rows: time and evidence of each row.
    tables: Vec<(&'static str, RecordBatch)>,
    logs: Vec<LogRows>,
}

/// The rows of a table as the events of a log source.
struct LogRows {
    source: &'static LogSource,
    reading: &'static Reading,
    rows: RecordBatch,
}

/// Rules compiled for a table that can answer those of them, by its place in [`Rows::logs`] and which it can.
type Programs = HashMap<(usize, Vec<bool>), Program>;

impl Rows {
    /// Counts the events.
    pub fn events(&self) -> usize {
        self.audit.num_rows() + self.tables.iter().map(|(_, rows)| rows.num_rows()).sum::<usize>()
    }

    /// What a world has of the tables of log sources.
    fn covered(&self, world: &Range<u32>) -> Result<Vec<Covered>> {
        let mut covered = Vec::new();
        for (table, rows) in &self.tables {
            let rows = part(rows, std::slice::from_ref(world))?;
            if rows.num_rows() == 0 {
                continue;
            }
            let mut unfilled = BTreeSet::new();
            for log in self.logs.iter().filter(|log| log.reading.table == *table) {
                let of_world = part(&log.rows, std::slice::from_ref(world))?;
                let is_null = |column: &str| of_world.column_by_name(column).is_some_and(|c| c.null_count() == c.len());
                let always = log.source.always(log.reading);
                unfilled.extend(always.filter(|column| is_null(column)).map(|column| (log.source.name, column)));
            }
            let times = || (0..rows.num_rows()).filter_map(|row| Event::time(&rows, row));
            let (rows, first, last) = (rows.num_rows() as u64, times().min(), times().max());
            covered.push(Covered { table: (*table).to_owned(), rows, first, last, unfilled });
        }
        Ok(covered)
    }

    /// Asks the rules over log sources of a world; gives back its rows, by log source.
    fn ask_logs(
        &self,
        rules: &RuleSet,
        (world, coverage): (&Range<u32>, &Coverage),
        programs: &mut Programs,
        told: &mut Told,
    ) -> Result<Vec<(&'static LogSource, RecordBatch)>> {
        let mut asked = Vec::new();
        for (place, log) in self.logs.iter().enumerate() {
            let rows = part(&log.rows, std::slice::from_ref(world))?;
            if rows.num_rows() == 0 {
                continue;
            }
            let is_asked =
                |rule: &Rule| rule.over == Over::Log(log.source) && coverage.can_answer(log.source, log.reading, rule);
            let able: Vec<bool> = rules.rules.iter().map(is_asked).collect();
            if !able.contains(&true) {
                continue;
            }
            let new = || Engine::program_of(rules, is_asked, false);
            let program = programs.entry((place, able)).or_insert_with(new);
            told.read(program, &rows, &program.compiled.run(&rows, None), None).map_err(damaged)?;
            asked.push((log.source, rows));
        }
        Ok(asked)
    }
}

impl Engine {
    /// Reads the events and objects of the case into memory.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn rows(&self) -> Result<Rows> {
        let read = |sql: &str| {
            let answer = self.sql(sql, &[])?;
            concat_batches(&answer.schema, &answer.batches).map_err(damaged)
        };
        let (mut tables, mut logs) = (BTreeMap::new(), Vec::new());
        for source in LOGSOURCES {
            for reading in source.readings.iter().filter(|reading| self.has(reading.table)) {
                let table = reading.table;
                if !tables.contains_key(table) {
                    let sql = format!("SELECT time, evidence FROM \"{table}\" ORDER BY evidence, \"offset\"");
                    tables.insert(table, read(&sql)?);
                }
                let sql = self.select(source, reading, None)?;
                let rows = read(&format!("SELECT * FROM ({sql}) ORDER BY evidence, \"offset\""))?;
                logs.push(LogRows { source, reading, rows });
            }
        }
        let audit = read("SELECT * FROM audit ORDER BY evidence, \"offset\"")?;
        Ok(Rows { audit, objects: read(OBJECTS)?, tables: tables.into_iter().collect(), logs })
    }

    /// Replays each of `worlds`, ranges of evidence, as if it were a case by itself; answers come in their order.
    ///
    /// # Errors
    /// When a plan of a correlation cannot be run.
    pub fn replay_each(&self, rules: &RuleSet, rows: &Rows, worlds: &[Range<u32>]) -> Result<Vec<Replay>> {
        if !rules.asks_derived() {
            return self.replay_filled(&self.fill(rules, None)?, rows, worlds);
        }
        // Each world knows its own cluster.
        let mut replays = Vec::with_capacity(worlds.len());
        for world in worlds {
            let filled = self.fill(rules, Some(world))?;
            replays.extend(self.replay_filled(&filled, rows, std::slice::from_ref(world))?);
        }
        Ok(replays)
    }

    fn replay_filled(&self, rules: &RuleSet, rows: &Rows, worlds: &[Range<u32>]) -> Result<Vec<Replay>> {
        let events = Engine::program(rules, Over::events);
        let objects = rules.rules.iter().any(|rule| rule.over.objects()).then(|| Engine::program(rules, Over::objects));
        let audit = part(&rows.audit, worlds)?;
        let found = by_world(&audit, &events.compiled.run(&audit, None), worlds);
        let asks_logs = rules.rules.iter().any(|rule| rule.over.log().is_some());
        let mut programs = Programs::new();
        let mut replays = Vec::with_capacity(worlds.len());
        for (world, found) in worlds.iter().zip(found) {
            let (mut told, mut open) = (Told::default(), Open::new());
            told.read(&events, &audit, &found, Some(&mut open)).map_err(damaged)?;
            let mut standing = match &objects {
                Some(program) => ask(program, &[part(&rows.objects, std::slice::from_ref(world))?])?,
                None => Told::default(),
            };
            let of_world = within(&audit, world)?;
            if !open.is_empty() {
                let (waiting, open) = apart(&audit, open).map_err(damaged)?;
                let before = self.before_within(&waiting, &of_world, world)?;
                told.decide(&events, vec![(waiting, open)], &before).map_err(damaged)?;
            }
            let objects = within(&rows.objects, world)?.num_rows() as u64;
            let mut coverage = Coverage { sources: sources(&of_world)?, objects, ..Coverage::default() };
            let mut logged = Vec::new();
            if asks_logs {
                coverage.logs = rows.covered(world)?;
                logged = rows.ask_logs(rules, (world, &coverage), &mut programs, &mut told)?;
            }
            let queried = self.queried(rules, Some(world))?;
            told.add(queried.told);
            standing.add(queried.standing);
            coverage.unable = queried.unable;
            let about = (coverage, &Baseline::default());
            replays.push(Engine::conclude(rules, &events, (told, standing), about, &|wanted| {
                let mut picked = Picked::default();
                picked.add(None, wanted.among(None, &of_world)?);
                for (source, rows) in &logged {
                    picked.add(Some(source), wanted.among(Some(source), rows)?);
                }
                Ok(picked)
            })?);
        }
        Ok(replays)
    }

    /// Asks each part of a rule of every event of a world.
    ///
    /// # Errors
    /// When what was there before cannot be read.
    pub fn why_in(&self, rows: &Rows, rule: &Rule, world: &Range<u32>) -> Result<Vec<(Event, Vec<Clause>)>> {
        let of_world = std::slice::from_ref(world);
        let says = rule.sql.as_ref().map(|sql| self.query_says(sql, Some(world))).transpose()?;
        if let Some(source) = rule.over.log() {
            let mut met = Vec::new();
            for log in rows.logs.iter().filter(|log| log.source == source) {
                met.extend(clauses(rule, &part(&log.rows, of_world)?));
            }
            return Ok(said(met, says));
        }
        let events = part(&rows.audit, of_world)?;
        let events = match derived::asks_state(&rule.predicate) {
            true => self.knowing_within(&events, &events, world)?,
            false => events,
        };
        Ok(said(clauses(rule, &events), says))
    }
}

/// The rows of some worlds, in the order of the worlds.
fn part(rows: &RecordBatch, worlds: &[Range<u32>]) -> Result<RecordBatch> {
    let Some(evidence) = rows.column_by_name("evidence") else { return Ok(rows.slice(0, 0)) };
    let evidence = evidence.as_primitive::<UInt32Type>().values();
    let place = |number: u32| evidence.partition_point(|known| *known < number) as u32;
    let places = worlds.iter().flat_map(|world| place(world.start)..place(world.end));
    take_record_batch(rows, &UInt32Array::from_iter_values(places)).map_err(damaged)
}

/// The verdicts of each world, in their order.
fn by_world(rows: &RecordBatch, verdicts: &[Verdict], worlds: &[Range<u32>]) -> Vec<Vec<Verdict>> {
    let mut found = vec![Vec::new(); worlds.len()];
    let mut order: Vec<usize> = (0..worlds.len()).collect();
    order.sort_unstable_by_key(|world| worlds[*world].start);
    for verdict in verdicts {
        let evidence = Event::span(rows, verdict.row).evidence.0;
        let world = order.partition_point(|world| worlds[*world].start <= evidence).checked_sub(1);
        if let Some(world) = world.map(|place| order[place]).filter(|world| worlds[*world].contains(&evidence)) {
            found[world].push(*verdict);
        }
    }
    found
}

/// The rows of a world, of rows in any order.
fn within(rows: &RecordBatch, world: &Range<u32>) -> Result<RecordBatch> {
    let Some(evidence) = rows.column_by_name("evidence") else { return Ok(rows.slice(0, 0)) };
    let evidence = evidence.as_primitive::<UInt32Type>().values();
    let mask: BooleanArray = evidence.iter().map(|number| Some(world.contains(number))).collect();
    filter_record_batch(rows, &mask).map_err(damaged)
}
