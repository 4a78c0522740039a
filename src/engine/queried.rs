//! Rules that are SQL. A query says where its hits are; the events there are read like those of any rule, so that
//! exceptions, correlations and findings make no difference between a query and a detection.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ahash::AHashSet;
use arrow::array::{Array, AsArray, BooleanBufferBuilder, RecordBatch};
use arrow::datatypes::{DataType, UInt32Type, UInt64Type};
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Volatility, cast, ident, lit};
use datafusion::prelude::DataFrame;

use super::finding::Event;
use super::query::explain;
use super::ruleset::{self, Verdict};
use super::standing::{OBJECTS, as_events};
use super::steps::Place;
use super::told::Told;
use super::{Engine, damaged, places};
use crate::case::Case;
use crate::error::{Diagnostic, Error, Result};
use crate::sigma::{LOGSOURCES, Over, Predicate, Rule, RuleSet, Sql};

/// The most rows a query may give: more than anyone would read.
const MOST: usize = 100_000;

/// Tables that say what was done with a case, which may be otherwise at the next replay.
const OF_THE_CASE: [&str; 2] = ["finding", "note"];

/// Why a query cannot be answered, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    pub reason: String,
    pub remedy: String,
}

/// What the queries of a rule set say of some evidence.
#[derive(Default)]
pub(super) struct Queried {
    /// Of events and logs.
    pub(super) told: Told,
    /// Of the objects of snapshots.
    pub(super) standing: Told,
    /// The rules that cannot be answered, by name.
    pub(super) unable: BTreeMap<String, Unable>,
}

/// By place whether it is a hit, or cannot be told.
type Hits = BTreeMap<Place, bool>;

/// A query that is planned, or what is wrong with it at its line and column.
type Planned = std::result::Result<LogicalPlan, Wrong>;

struct Wrong {
    at: (usize, usize),
    message: String,
    hint: Option<String>,
}

impl Wrong {
    fn new(message: impl Into<String>, hint: &str) -> Wrong {
        Wrong { at: (1, 1), message: message.into(), hint: Some(hint.into()) }
    }
}

impl Engine {
    /// Says what is wrong with the queries of rules, as far as no evidence is needed for it.
    ///
    /// # Errors
    /// When there is no room for an empty case.
    pub fn problems(rules: &RuleSet) -> Result<Vec<Diagnostic>> {
        if !rules.rules.iter().any(|rule| rule.sql.is_some()) {
            return Ok(Vec::new());
        }
        let folder = tempfile::tempdir().map_err(Error::io("make", &std::env::temp_dir()))?;
        let engine = Engine::open(&Case::create(&folder.path().join("case"), "2000-01-01T00:00:00.000000Z")?)?;
        let mut problems = Vec::new();
        for sql in rules.rules.iter().filter_map(|rule| rule.sql.as_ref()) {
            if let Err(wrong) = engine.planned_rule(sql) {
                problems.push(sql.problem(wrong.at, wrong.message, wrong.hint));
            }
            for need in &sql.needs {
                if let Err(error) = engine.sql(&format!("SELECT 1 FROM {need} LIMIT 0"), &[]) {
                    let hint = Some("write TABLE or TABLE WHERE condition".to_owned());
                    problems.push(sql.problem((0, 0), format!("needs {need}: {}", short(error)), hint));
                }
            }
        }
        Ok(problems)
    }

    /// Asks the rules that are SQL, of everything or of a world.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn queried(&self, rules: &RuleSet, world: Option<&Range<u32>>) -> Result<Queried> {
        let mut queried = Queried::default();
        if !rules.rules.iter().any(|rule| rule.sql.is_some()) {
            return Ok(queried);
        }
        let mut hits: Vec<Hits> = vec![Hits::new(); rules.rules.len()];
        for (place, rule) in rules.rules.iter().enumerate() {
            let Some(sql) = &rule.sql else { continue };
            match self.hits(sql, world)? {
                Ok(found) => hits[place] = found,
                Err(unable) => drop(queried.unable.insert(rule.meta.name.clone(), unable)),
            }
        }
        let mut asked = rules.clone();
        asked.rules.iter_mut().filter(|rule| rule.sql.is_some()).for_each(|rule| rule.predicate = Predicate::True);
        let overs: Vec<Over> = [Over::Events, Over::Objects]
            .into_iter()
            .chain(LOGSOURCES.iter().map(|source| Over::Log(source)))
            .collect();
        for over in overs {
            let is_asked = |rule: &Rule| rule.sql.is_some() && rule.over == over;
            let of = |place: &usize| is_asked(&rules.rules[*place]);
            let wanted: AHashSet<Place> =
                (0..hits.len()).filter(of).flat_map(|place| hits[place].keys().copied()).collect();
            if wanted.is_empty() {
                continue;
            }
            let program = Engine::program_of(&asked, is_asked, over == Over::Objects);
            let mut told = Told::default();
            for batch in self.at(over, wanted)? {
                let only = only(&hits, &batch, |place| of(&place));
                let mut verdicts = program.compiled.run(&batch, Some(&only));
                for verdict in &mut verdicts {
                    if hits[verdict.rule].get(&place_of(&batch, verdict)) == Some(&false) {
                        verdict.told = ruleset::Told::CannotTell;
                    }
                }
                told.read(&program, &batch, &verdicts, None).map_err(damaged)?;
            }
            match over {
                Over::Objects => {
                    queried.standing = told;
                }
                _ => queried.told.add(told),
            }
        }
        Ok(queried)
    }

    /// The rules that are SQL and cannot be answered, by name; none is run.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn unable(&self, rules: &RuleSet) -> Result<BTreeMap<String, Unable>> {
        let mut unable = BTreeMap::new();
        for rule in &rules.rules {
            let Some(sql) = &rule.sql else { continue };
            if let Err(why) = self.able(sql, None)? {
                unable.insert(rule.meta.name.clone(), why);
            }
        }
        Ok(unable)
    }

    /// What the query of a rule says of one event: a hit, none, or that it cannot be told; or why it says nothing.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn query_says(
        &self,
        sql: &Sql,
        world: Option<&Range<u32>>,
    ) -> Result<impl Fn(&Event) -> (String, Option<bool>) + use<>> {
        let hits = self.hits(sql, world)?;
        Ok(move |event: &Event| match &hits {
            Err(unable) => (unable.reason.clone(), None),
            Ok(hits) => {
                let words = "the query gives the place of this event".to_owned();
                match hits.get(&(event.span.evidence.0, event.span.offset)) {
                    Some(true) => (words, Some(true)),
                    Some(false) => (words, None),
                    None => (words, Some(false)),
                }
            }
        })
    }

    /// Plans a query, and makes sure that it may be run and gives the same at each time.
    fn planned_rule(&self, sql: &Sql) -> Planned {
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let plan = match self.runtime.block_on(self.planned(&sql.text, read_only)) {
            Ok(frame) => frame.logical_plan().clone(),
            Err(error) => return Err(wrong(&sql.text, &error)),
        };
        for name in ["evidence", "offset"] {
            let field = plan.schema().fields().iter().find(|field| field.name() == name);
            if !field.is_some_and(|field| field.data_type().is_integer()) {
                let hint = "each row of its answer is a hit: evidence and \"offset\" say where the event is";
                return Err(Wrong::new(format!("the query gives no column {name}"), hint));
            }
        }
        let mut found = None;
        let walked = plan.apply_with_subqueries(|node| {
            found = found.take().or_else(|| unfit(node));
            Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        });
        match (walked, found) {
            (Err(error), _) => Err(wrong(&sql.text, &error)),
            (Ok(_), Some(unfit)) => Err(unfit),
            (Ok(_), None) => Ok(plan),
        }
    }

    /// The plan of a query, if it can be answered.
    fn able(&self, sql: &Sql, world: Option<&Range<u32>>) -> Result<std::result::Result<LogicalPlan, Unable>> {
        let remedy = || "coldcase rules check says what is wrong with a rule".to_owned();
        let plan = match self.planned_rule(sql) {
            Ok(plan) => plan,
            Err(wrong) => {
                let reason = format!("its query cannot be run here: {}", first_line(&wrong.message));
                return Ok(Err(Unable { reason, remedy: remedy() }));
            }
        };
        let needs = match sql.needs.is_empty() {
            true => tables(&plan).into_iter().map(|table| format!("\"{table}\"")).collect(),
            false => sql.needs.clone(),
        };
        for need in needs {
            let rows = format!("SELECT 1 FROM {need} LIMIT 1");
            let there = self.runtime.block_on(async {
                let plan = of_world(self.context.sql(&rows).await?.logical_plan().clone(), world)?;
                let batches = DataFrame::new(self.context.state(), plan).collect().await?;
                Ok::<_, DataFusionError>(batches.iter().any(|batch| batch.num_rows() > 0))
            });
            let need = need.trim_matches('"');
            match there {
                Ok(true) => {}
                Ok(false) => {
                    let reason = format!("the case has no {need}");
                    let remedy = "add the evidence that fills it: docs/reference/tables.md".to_owned();
                    return Ok(Err(Unable { reason, remedy }));
                }
                Err(error) => {
                    let reason = format!("it needs {need}: {}", first_line(&error.strip_backtrace()));
                    return Ok(Err(Unable { reason, remedy: remedy() }));
                }
            }
        }
        Ok(Ok(plan))
    }

    /// Runs a query.
    fn hits(&self, sql: &Sql, world: Option<&Range<u32>>) -> Result<std::result::Result<Hits, Unable>> {
        let plan = match self.able(sql, world)? {
            Ok(plan) => plan,
            Err(unable) => return Ok(Err(unable)),
        };
        let untold = plan.schema().fields().iter().any(|field| field.name() == "cannot_tell");
        let answer = self.runtime.block_on(async {
            let of = |name: &str, kind: DataType| cast(ident(name), kind);
            let mut columns =
                vec![of("evidence", DataType::UInt32).alias("e"), of("offset", DataType::UInt64).alias("o")];
            columns.push(if untold { of("cannot_tell", DataType::Boolean).alias("c") } else { lit(false).alias("c") });
            let frame = DataFrame::new(self.context.state(), of_world(plan, world)?);
            frame.select(columns)?.limit(0, Some(MOST + 1))?.collect().await
        });
        let unable = |reason: String| Unable { reason, remedy: "narrow or mend the query of the rule".to_owned() };
        let batches = match answer {
            Ok(batches) => batches,
            Err(error) => {
                let reason = format!("its query failed: {}", first_line(&error.strip_backtrace()));
                return Ok(Err(unable(reason)));
            }
        };
        if batches.iter().map(RecordBatch::num_rows).sum::<usize>() > MOST {
            return Ok(Err(unable(format!("its query gives more than {MOST} rows"))));
        }
        let mut hits = Hits::new();
        for batch in &batches {
            let (evidence, offset) =
                (batch.column(0).as_primitive::<UInt32Type>(), batch.column(1).as_primitive::<UInt64Type>());
            let untold = batch.column(2).as_boolean();
            if evidence.null_count() + offset.null_count() > 0 {
                return Ok(Err(unable("its query gives rows that have no place in the evidence".to_owned())));
            }
            for row in 0..batch.num_rows() {
                let hit = untold.is_null(row) || !untold.value(row);
                // What one row is sure of, another need not be.
                *hits.entry((evidence.value(row), offset.value(row))).or_insert(hit) |= hit;
            }
        }
        Ok(Ok(hits))
    }

    /// The events, objects or rows of a log at some places, as rules see them, in the order of the evidence.
    fn at(&self, over: Over, wanted: AHashSet<Place>) -> Result<Vec<RecordBatch>> {
        let read = |sql: &str| {
            let rows = self.runtime.block_on(async {
                let frame = self.context.sql(sql).await?.filter(places::at(wanted.clone()))?;
                frame.sort(vec![ident("evidence").sort(true, true), ident("offset").sort(true, true)])?.collect().await
            });
            rows.map_err(damaged)
        };
        match over {
            Over::Events | Over::Both => read("SELECT * FROM audit"),
            Over::Objects => read(OBJECTS)?.iter().map(|batch| as_events(batch, None)).collect(),
            Over::Log(source) => {
                let mut rows = Vec::new();
                for reading in source.readings.iter().filter(|reading| self.has(reading.table)) {
                    rows.extend(read(&self.select(source, reading, None)?)?);
                }
                Ok(rows)
            }
        }
    }
}

/// Only rows of some evidence, of every table that has any.
fn of_world(plan: LogicalPlan, world: Option<&Range<u32>>) -> std::result::Result<LogicalPlan, DataFusionError> {
    let Some(world) = world else { return Ok(plan) };
    let filtered = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::TableScan(scan) if scan.source.schema().column_with_name("evidence").is_some() => {
            let evidence = || Expr::Column(Column::new(Some(scan.table_name.clone()), "evidence"));
            let only = evidence().gt_eq(lit(world.start)).and(evidence().lt(lit(world.end)));
            let plan = LogicalPlanBuilder::from(LogicalPlan::TableScan(scan)).filter(only)?.build()?;
            Ok(Transformed::yes(plan))
        }
        node => Ok(Transformed::no(node)),
    });
    Ok(filtered?.data)
}

/// The tables below a plan.
fn tables(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    // The closure never fails.
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.insert(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    tables
}

/// Why a part of a plan is nothing for a rule.
fn unfit(node: &LogicalPlan) -> Option<Wrong> {
    match node {
        LogicalPlan::TableScan(scan) if OF_THE_CASE.contains(&scan.table_name.table()) => {
            let message = format!("a rule reads evidence, and {} is none", scan.table_name.table());
            return Some(Wrong::new(message, "its answer would hang on what was done with the case before"));
        }
        LogicalPlan::Limit(limit) if !is_sorted(&limit.input) => {
            let message = "LIMIT without ORDER BY takes any rows";
            return Some(Wrong::new(message, "order by what makes each row one, such as evidence and \"offset\""));
        }
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_) => {
            return Some(Wrong::new("the query is no SELECT", "a rule is one SELECT"));
        }
        _ => {}
    }
    let mut volatile = None;
    // The closures never fail.
    let _ = node.apply_expressions(|expr| {
        expr.apply(|expr| {
            if let Expr::ScalarFunction(called) = expr
                && called.func.signature().volatility != Volatility::Immutable
            {
                volatile = Some(called.func.name().to_owned());
            }
            Ok(TreeNodeRecursion::Continue)
        })
    });
    let name = volatile?;
    Some(Wrong::new(format!("{name} gives another answer at another time"), "compare with times of the evidence"))
}

fn is_sorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Projection(projection) => is_sorted(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_sorted(&alias.input),
        LogicalPlan::Limit(limit) => is_sorted(&limit.input),
        _ => false,
    }
}

/// The rows each rule is asked of.
fn only(
    hits: &[Hits],
    batch: &RecordBatch,
    is_asked: impl Fn(usize) -> bool,
) -> Vec<Option<arrow::buffer::BooleanBuffer>> {
    let places: Vec<Place> = (0..batch.num_rows()).map(|row| place(batch, row)).collect();
    let rows = |(rule, hits): (usize, &Hits)| {
        is_asked(rule).then(|| {
            let mut rows = BooleanBufferBuilder::new(places.len());
            places.iter().for_each(|place| rows.append(hits.contains_key(place)));
            rows.finish()
        })
    };
    hits.iter().enumerate().map(rows).collect()
}

fn place(batch: &RecordBatch, row: usize) -> Place {
    let span = Event::span(batch, row);
    (span.evidence.0, span.offset)
}

fn place_of(batch: &RecordBatch, verdict: &Verdict) -> Place {
    place(batch, verdict.row)
}

fn wrong(sql: &str, error: &DataFusionError) -> Wrong {
    match explain(sql, error) {
        Error::Query(told) => {
            // The place is told as that in the file; lines of the query that are drawn below are there too.
            let message = first_line(&told.message).split(" at Line: ").next().unwrap_or_default();
            let message = message.replace("datafusion.public.", "");
            Wrong { at: (told.line, told.column), message, hint: told.hint }
        }
        other => Wrong { at: (0, 0), message: other.to_string(), hint: None },
    }
}

fn short(error: Error) -> String {
    match error {
        Error::Query(told) => first_line(&told.message).to_owned(),
        other => other.to_string(),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
