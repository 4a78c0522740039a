//! Rules asked of the tables of other log sources, each table by a plan of its own that reads it as the events of a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::error::DataFusionError;
use datafusion::physical_plan::execute_stream_partitioned;
use futures::StreamExt;

use super::baseline::Baseline;
use super::blind::Coverage;
use super::told::Told;
use super::values::text;
use super::{Engine, damaged, values};
use crate::error::Result;
use crate::model::tables::azure;
use crate::model::{Micros, TABLES};
use crate::sigma::logsource::{LOGSOURCES, LogSource, Reading};
use crate::sigma::{Over, Rule, RuleSet};

/// A table of other log sources that has rows.
#[derive(Debug, Clone)]
pub struct Covered {
    pub table: String,
    pub rows: u64,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    /// Fields that every event has and no row here, by the name of the log source and the column.
    pub(super) unfilled: BTreeSet<(&'static str, &'static str)>,
}

impl Coverage {
    fn of(&self, table: &str) -> Option<&Covered> {
        self.logs.iter().find(|covered| covered.table == table)
    }

    /// Says whether a table has rows.
    fn has(&self, table: &str) -> bool {
        self.of(table).is_some()
    }

    /// Says whether any row of a table of a source has a value in a column that all ought to have.
    fn fills(&self, source: &LogSource, table: &str, column: &str) -> bool {
        !self.of(table).is_some_and(|covered| covered.unfilled.contains(&(source.name, column)))
    }

    /// Says whether a table can answer a rule.
    pub(super) fn can_answer(&self, source: &LogSource, reading: &Reading, rule: &Rule) -> bool {
        reading.can_answer(&rule.predicate, &|column| self.fills(source, reading.table, column))
    }

    /// When the events of a log source begin, here or in what was learnt before.
    pub(super) fn begin_of(&self, source: &LogSource, baseline: &Baseline) -> Option<Micros> {
        let here = self.span_of(source)?.0;
        Some(baseline.begin_of(source.name).map_or(here, |before| before.min(here)))
    }

    /// When the first and the last event of a log source were.
    pub(super) fn span_of(&self, source: &LogSource) -> Option<(Micros, Micros)> {
        let is_read = |covered: &&Covered| source.readings.iter().any(|reading| reading.table == covered.table);
        let tables = || self.logs.iter().filter(is_read);
        Some((tables().filter_map(|covered| covered.first).min()?, tables().filter_map(|covered| covered.last).max()?))
    }
}

impl Engine {
    /// Asks rules over other log sources of every table that has rows.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn logs(&self, rules: &RuleSet, coverage: &Coverage) -> Result<Told> {
        let mut told = Told::default();
        for source in LOGSOURCES {
            let is_asked = |rule: &Rule| rule.over == Over::Log(source);
            if !rules.rules.iter().any(is_asked) {
                continue;
            }
            for reading in source.readings.iter().filter(|reading| coverage.has(reading.table)) {
                told.add(self.asked_of(rules, coverage, source, reading)?);
            }
        }
        Ok(told)
    }

    /// Asks the rules of one table. A rule that needs what the table lacks is not asked: it is blind there.
    fn asked_of(
        &self,
        rules: &RuleSet,
        coverage: &Coverage,
        source: &'static LogSource,
        reading: &Reading,
    ) -> Result<Told> {
        let is_asked = |rule: &Rule| rule.over == Over::Log(source) && coverage.can_answer(source, reading, rule);
        if !rules.rules.iter().any(is_asked) {
            return Ok(Told::default());
        }
        let program = Arc::new(Engine::program_of(rules, is_asked, false));
        let of_keys = program.keys.iter().flatten().flat_map(values::columns);
        let columns: BTreeSet<&str> = program.compiled.columns().into_iter().chain(of_keys).collect();
        let sql = self.select(source, reading, Some(&columns))?;
        self.runtime.block_on(async {
            let plan = self.context.sql(&sql).await.map_err(damaged)?.create_physical_plan().await.map_err(damaged)?;
            let streams = execute_stream_partitioned(plan, self.context.task_ctx()).map_err(damaged)?;
            let tasks: Vec<_> = streams
                .into_iter()
                .map(|mut stream| {
                    let program = Arc::clone(&program);
                    tokio::spawn(async move {
                        let mut told = Told::default();
                        while let Some(events) = stream.next().await.transpose()? {
                            told.read(&program, &events, &program.compiled.run(&events, None), None)?;
                        }
                        Ok::<_, DataFusionError>(told)
                    })
                })
                .collect();
            let mut told = Told::default();
            for task in tasks {
                told.add(task.await.map_err(damaged)?.map_err(damaged)?);
            }
            Ok(told)
        })
    }

    /// The rows of a log source as rules see them, table after table in the order of the evidence: all of them, or those
    /// at a place (`evidence:offset`) or with an id.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn log_rows(&self, source: &'static LogSource, at: Option<&str>) -> Result<Vec<RecordBatch>> {
        let place = at.and_then(|at| at.split_once(':'));
        let place = place.and_then(|(e, o)| Some((e.parse::<u32>().ok()?, o.parse::<u64>().ok()?)));
        let chosen = match (place, at) {
            (Some((evidence, offset)), _) => format!("WHERE evidence = {evidence} AND \"offset\" = {offset}"),
            (None, Some(id)) => format!("WHERE audit_id = '{}'", id.replace('\'', "''")),
            (None, None) => String::new(),
        };
        let mut rows = Vec::new();
        let coverage = self.covered()?;
        for reading in source.readings.iter().filter(|r| coverage.iter().any(|covered| covered.table == r.table)) {
            let sql = self.select(source, reading, None)?;
            let sql = format!("SELECT * FROM ({sql}) {chosen} ORDER BY evidence, \"offset\"");
            rows.extend(
                self.runtime.block_on(async { self.context.sql(&sql).await?.collect().await }).map_err(damaged)?,
            );
        }
        Ok(rows)
    }

    /// Says whether a table has rows.
    pub(super) fn has(&self, table: &str) -> bool {
        self.present.iter().any(|there| there == table)
    }

    /// What the case has of the tables of log sources.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn covered(&self) -> Result<Vec<Covered>> {
        let tables: BTreeSet<&str> =
            LOGSOURCES.iter().flat_map(|source| source.readings).map(|reading| reading.table).collect();
        let of = |table: &str| {
            format!(
                "SELECT '{table}' AS source, count(*) AS rows, min(time) AS first, max(time) AS last FROM \"{table}\""
            )
        };
        let parts: Vec<String> = tables.into_iter().filter(|table| self.has(table)).map(of).collect();
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.sql(&format!("{} ORDER BY source", parts.join(" UNION ALL ")), &[])?;
        let mut covered = Vec::new();
        for batch in &answer.batches {
            let time = |column: usize, row: usize| {
                let times = batch.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
                (!times.is_null(row)).then(|| Micros(times.value(row)))
            };
            for row in 0..batch.num_rows() {
                let rows = batch.column(1).as_primitive::<Int64Type>().value(row) as u64;
                let table = text(batch.column(0), row).unwrap_or_default().to_owned();
                let (first, last) = (time(2, row), time(3, row));
                covered.push(Covered { table, rows, first, last, unfilled: BTreeSet::new() });
            }
        }
        covered.retain(|covered| covered.rows > 0);
        for covered in &mut covered {
            covered.unfilled = self.unfilled(&covered.table)?;
        }
        Ok(covered)
    }

    /// The fields that every event of a source has and no row of a table.
    fn unfilled(&self, table: &str) -> Result<BTreeSet<(&'static str, &'static str)>> {
        let mut unfilled = BTreeSet::new();
        for source in LOGSOURCES {
            for reading in source.readings.iter().filter(|reading| reading.table == table) {
                let always: BTreeSet<&'static str> = source.always(reading).collect();
                if always.is_empty() {
                    continue;
                }
                let sql = self.select(source, reading, Some(&always.iter().copied().collect()))?;
                let counts: Vec<String> = always.iter().map(|column| format!("count(\"{column}\")")).collect();
                let sql = format!("SELECT {} FROM ({sql})", counts.join(", "));
                let Ok(answer) = self.sql(&sql, &[]) else { continue };
                let batch = answer.one()?;
                let none = |place: &usize| batch.column(*place).as_primitive::<Int64Type>().value(0) == 0;
                let columns = always.iter().enumerate().filter(|(place, _)| none(place));
                unfilled.extend(columns.map(|(_, column)| (source.name, *column)));
            }
        }
        Ok(unfilled)
    }

    /// The SELECT that reads a table as events of a log source, with those `columns` of fields, or all.
    pub(super) fn select(
        &self,
        source: &LogSource,
        reading: &Reading,
        columns: Option<&BTreeSet<&str>>,
    ) -> Result<String> {
        let words = &reading.event;
        let text = |sql: &str| match sql {
            "" => "CAST(NULL AS VARCHAR)".to_owned(),
            sql => format!("CAST({sql} AS VARCHAR)"),
        };
        let mut parts = vec!["time".to_owned(), "evidence".to_owned(), "\"offset\"".to_owned(), "length".to_owned()];
        parts.push(format!("'{}' AS source", reading.table));
        for (name, sql) in [
            ("audit_id", words.id),
            ("user_name", words.actor),
            ("host", words.host),
            ("verb", words.verb),
            ("resource", words.kind),
            ("namespace", words.namespace),
            ("name", words.name),
            ("user_agent", words.agent),
        ] {
            parts.push(format!("{} AS {name}", text(self.there(reading, sql)?)));
        }
        let address = text(self.there(reading, words.address)?);
        parts.push(format!("CASE WHEN {address} IS NULL THEN NULL ELSE make_array({address}) END AS source_ips"));
        let mut unrecorded = Vec::new();
        for field in source.fields.iter().chain([&KEYWORDS]) {
            let Some(sql) = reading.answer(field.column) else { continue };
            let sql = self.there(reading, sql)?;
            if sql.is_empty() || columns.is_some_and(|columns| !columns.contains(field.column)) {
                continue;
            }
            parts.push(format!("{sql} AS \"{}\"", field.column));
            if field.always {
                unrecorded.push(format!("CASE WHEN {sql} IS NULL THEN '{}' END", field.name));
            }
        }
        let unrecorded = match unrecorded.is_empty() {
            true => "CAST(NULL AS VARCHAR)".to_owned(),
            false => format!("nullif(concat_ws(' ', {}), '')", unrecorded.join(", ")),
        };
        parts.push(format!("{unrecorded} AS not_recorded"));
        let from = if reading.from.is_empty() { format!("\"{}\"", reading.table) } else { reading.from.to_owned() };
        let only = match self.there(reading, reading.only)? {
            "" => String::new(),
            only => format!(" WHERE {only}"),
        };
        Ok(format!("SELECT {} FROM {from}{only}", parts.join(", ")))
    }

    /// The SQL itself, or nothing when it names a column that a table of the workspace does not have: only tables that
    /// coldcase has no columns for can lack one.
    fn there<'a>(&self, reading: &Reading, sql: &'a str) -> Result<&'a str> {
        let is_ours = TABLES.iter().chain(azure::AZURE).any(|table| table.name == reading.table);
        if is_ours || sql.is_empty() {
            return Ok(sql);
        }
        let plan = self.runtime.block_on(self.context.sql(&format!("SELECT {sql} FROM \"{}\"", reading.table)));
        Ok(if plan.is_ok() { sql } else { "" })
    }
}

/// The column that keywords search.
const KEYWORDS: crate::sigma::logsource::LogField = crate::sigma::logsource::LogField {
    name: crate::sigma::logsource::ANY,
    column: "=any text",
    always: false,
    tree: false,
    doc: "",
};

/// Why rules over other log sources are blind, wholly or in part, and the way out; None when they are not.
pub(super) fn blind(parts: &[&Rule], coverage: &Coverage, baseline: &Baseline) -> Option<(bool, String, String)> {
    let mut partly = None;
    for rule in parts {
        let Some(source) = rule.over.log() else { continue };
        let there: Vec<&Reading> = source.readings.iter().filter(|reading| coverage.has(reading.table)).collect();
        if there.is_empty() {
            return Some((true, format!("the case has no {}", source.doc), source.remedy.to_owned()));
        }
        let lacking: BTreeMap<&str, Vec<&str>> = there
            .iter()
            .filter(|reading| !coverage.can_answer(source, reading, rule))
            .map(|reading| {
                let filled = |column: &str| coverage.fills(source, reading.table, column);
                (reading.table, reading.lacks(&rule.predicate, &filled))
            })
            .collect();
        let reason = || {
            let each = lacking.iter().map(|(table, lacks)| format!("{table} has no {}", lacks.join(", ")));
            each.collect::<Vec<_>>().join("; ")
        };
        let able = || {
            let able = source.readings.iter().filter(|reading| reading.can_answer(&rule.predicate, &|_| true));
            format!("add one of {}", able.map(|reading| reading.table).collect::<Vec<_>>().join(", "))
        };
        if lacking.len() == there.len() {
            return Some((true, reason(), able()));
        }
        if let (Some(first), Some(begin), Some((_, end))) =
            (&rule.first, coverage.begin_of(source, baseline), coverage.span_of(source))
            && first.learning > end.0 - begin.0
        {
            let [learns, has] = [first.learning, end.0 - begin.0].map(super::blind::days);
            let reason = format!("it learns what is usual for {learns}, and the evidence covers {has}");
            return Some((
                true,
                reason,
                "add logs of the time before, or what another case learnt (--baseline)".to_owned(),
            ));
        }
        if !lacking.is_empty() {
            partly = Some((false, reason(), able()));
        }
    }
    partly
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;
    use crate::case::Case;

    #[test]
    fn every_reading_is_sql_that_its_table_answers_with_what_rules_can_ask() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("case"), "2031-04-05T06:07:08.000000Z").unwrap();
        let engine = Engine::open(&case).unwrap();
        let mut unknown = BTreeSet::new();
        for source in LOGSOURCES {
            for reading in source.readings {
                if !TABLES.iter().chain(azure::AZURE).any(|table| table.name == reading.table) {
                    unknown.insert(reading.table);
                    continue;
                }
                let what = format!("{} of {}", reading.table, source.name);
                let sql = engine.select(source, reading, None).unwrap();
                let schema = engine.schema(&sql, &[]).unwrap_or_else(|e| panic!("{what}: {e}"));
                for (name, _) in reading.fields {
                    let kind = schema.field_with_name(&format!("={name}")).unwrap().data_type();
                    let list = DataType::List(Arc::new(arrow::datatypes::Field::new("item", DataType::Utf8, true)));
                    let word = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                    let known = [DataType::Utf8, DataType::Int64, DataType::Int32, DataType::Boolean, list, word];
                    assert!(known.contains(kind), "{name} of {what} is {kind}");
                }
            }
        }
        // Those of Defender for Endpoint have no columns here; the cases of rules read them.
        assert_eq!(unknown, BTreeSet::from(["DeviceNetworkEvents", "DeviceProcessEvents"]));
    }
}
