//! SQL over a case, read-only, with named parameters and errors that point into the text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::limits::{self, Limits};
use super::{Engine, stopping};
use crate::error::{Diagnostic, Error, Result};
use crate::model::Micros;

/// How often a running query looks whether it was taken back.
const STOP_EVERY: Duration = Duration::from_millis(5);

/// Batches of an answer that wait for whoever asked.
const AHEAD: usize = 2;

/// The value of one `$name` in a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Text(String),
    Int(i64),
    Time(Micros),
}

/// What a query gave.
pub struct Answer {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
}

impl Answer {
    /// Counts the rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The first batch, of answers that always have one row.
    pub(super) fn one(&self) -> Result<&RecordBatch> {
        self.batches
            .iter()
            .find(|batch| batch.num_rows() > 0)
            .ok_or_else(|| Error::Bug { what: "an aggregate without a row".into(), source: "empty answer".into() })
    }
}

impl Engine {
    /// Runs one read-only query and gathers its answer.
    ///
    /// # Errors
    /// [`Error::Query`] with line and column where DataFusion knows them; anything that would write, set or open a
    /// file is refused.
    pub fn sql(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<Answer> {
        self.gathered(sql, parameters, &AtomicBool::new(false))
    }

    /// As [`Engine::sql`], but gives up soon after `stop` is set.
    ///
    /// # Errors
    /// As [`Engine::sql`], and [`Error::Stopped`].
    pub fn gathered(&self, sql: &str, parameters: &[(String, Parameter)], stop: &AtomicBool) -> Result<Answer> {
        let mut batches = Vec::new();
        let schema = self.sql_until(sql, parameters, stop, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok(Answer { schema, batches })
    }

    /// Runs one read-only query and hands over each batch as it comes, so that an answer may be larger than memory.
    ///
    /// # Errors
    /// As [`Engine::sql`], and whatever `each` returns.
    pub fn sql_each(
        &self,
        sql: &str,
        parameters: &[(String, Parameter)],
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<SchemaRef> {
        self.sql_until(sql, parameters, &AtomicBool::new(false), each)
    }

    /// As [`Engine::sql_each`], but gives up soon after `stop` is set.
    ///
    /// # Errors
    /// As [`Engine::sql_each`], and [`Error::Stopped`].
    pub fn sql_until(
        &self,
        sql: &str,
        parameters: &[(String, Parameter)],
        stop: &AtomicBool,
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<SchemaRef> {
        let asked = self.ask(sql, parameters)?;
        let schema = Arc::clone(&asked.schema);
        asked.run(stop, &mut |_| {}, each)?;
        Ok(schema)
    }

    /// Reads a query and finds out which columns its answer will have; it is not run yet.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub fn ask(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<Question<'_>> {
        let frame = self.runtime.block_on(self.frame(sql, parameters))?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        Ok(Question { engine: self, sql: sql.to_owned(), schema, frame, limits: None })
    }

    /// The columns an answer will have, without running the query.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub fn schema(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<SchemaRef> {
        Ok(self.ask(sql, parameters)?.schema)
    }

    /// Which columns of which tables a query reads, views followed to the tables below them.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub fn reads(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let asked = self.ask(sql, parameters)?;
        let plan = asked.frame.into_optimized_plan().map_err(|e| explain(sql, &e))?;
        let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let walked = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let columns = reads.entry(scan.table_name.table().to_owned()).or_default();
                columns.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
                let filters = scan.filters.iter().flat_map(|filter| filter.column_refs());
                columns.extend(filters.map(|column| column.name.clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        });
        walked.map_err(|e| explain(sql, &e))?;
        Ok(reads)
    }

    /// Every function that SQL may call, in order: of values, of groups, of windows, and those that give tables.
    pub fn functions(&self) -> Vec<String> {
        let state = self.context.state();
        let named = state.scalar_functions().keys().chain(state.aggregate_functions().keys());
        let named = named.chain(state.window_functions().keys()).chain(state.table_functions().keys());
        named.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Every table and view with its columns, in the spelling they are asked in.
    ///
    /// # Errors
    /// When a view cannot be planned, which is a bug.
    pub fn columns(&self) -> Result<Vec<(String, Vec<String>)>> {
        let columns = |name: String| {
            let schema = self.schema(&format!("SELECT * FROM \"{}\"", name.replace('"', "\"\"")), &[])?;
            Ok((name, schema.fields().iter().map(|field| field.name().clone()).collect()))
        };
        self.names.tables().map(columns).collect()
    }

    async fn frame(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<DataFrame> {
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let frame = self.planned(sql, read_only).await.map_err(|e| explain(sql, &e))?;
        if parameters.is_empty() {
            return Ok(frame);
        }
        frame.with_param_values(values(parameters)).map_err(|e| explain(sql, &e))
    }
}

impl Engine {
    pub(super) async fn planned(&self, sql: &str, allowed: SQLOptions) -> Result<DataFrame, DataFusionError> {
        let state = self.context.state();
        let mut statement = state.sql_to_statement(sql, &state.config_options().sql_parser.dialect)?;
        self.names.resolve(&mut statement);
        let plan = state.statement_to_plan(statement).await?;
        allowed.verify_plan(&plan)?;
        self.context.execute_logical_plan(plan).await
    }
}

/// A query that was read, and can be run once.
pub struct Question<'a> {
    engine: &'a Engine,
    sql: String,
    /// The columns of its answer.
    pub schema: SchemaRef,
    frame: DataFrame,
    limits: Option<Limits>,
}

/// How far a running query is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Far {
    /// Rows of tables read so far.
    pub read: usize,
}

impl<'a> Question<'a> {
    /// Keeps it within limits; without them it takes what it needs.
    #[must_use]
    pub fn within(self, limits: Option<Limits>) -> Question<'a> {
        Question { limits, ..self }
    }

    /// Runs it and hands over each batch as it comes; `tick` is called about every 5 ms while none comes. Gives up soon
    /// after `stop` is set, also before the first batch: nobody waits for what the query is doing just then, and it ends with
    /// the batches it is at.
    ///
    /// # Errors
    /// As [`Engine::sql`], [`Error::Stopped`], [`Error::Query`] when its limits are too narrow, and whatever `each` returns.
    pub fn run(
        self,
        stop: &AtomicBool,
        tick: &mut dyn FnMut(Far),
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let Question { engine, sql, frame, limits, .. } = self;
        let Some(limits) = limits else {
            return engine.attempt(frame, stop, tick, each)?.map_err(|e| explain(&sql, &e));
        };
        let (state, plan) = frame.into_parts();
        let within = |sorted: bool| {
            let state = limits.state(state.clone(), sorted).map_err(|e| explain(&sql, &e))?;
            Ok::<_, Error>(DataFrame::new(state, plan.clone()))
        };
        let mut begun = false;
        let first = engine.attempt(within(false)?, stop, tick, &mut |batch| {
            begun = true;
            each(batch)
        })?;
        let ended = match first {
            // Hashes of one side of a join must be held, sorted sides need not be.
            Err(short) if !begun && limits::is_short(&short) => engine.attempt(within(true)?, stop, tick, each)?,
            ended => ended,
        };
        ended.map_err(|error| if limits::is_short(&error) { narrow(&limits) } else { explain(&sql, &error) })
    }
}

impl Engine {
    /// Runs a plan; the inner error is the plan's own.
    fn attempt(
        &self,
        frame: DataFrame,
        stop: &AtomicBool,
        tick: &mut dyn FnMut(Far),
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Result<(), DataFusionError>> {
        let running: Arc<OnceLock<Arc<dyn ExecutionPlan>>> = Arc::default();
        let (give, mut batches) = mpsc::channel(AHEAD);
        let (plan, context) = (Arc::clone(&running), Arc::new(frame.task_ctx()));
        let given_up = GivenUp::default();
        let flag = Arc::clone(&given_up.0);
        let task = self.runtime.spawn(async move {
            let physical = frame.create_physical_plan().await?;
            let physical = stopping::stoppable(physical, &flag)?;
            let mut stream = execute_stream(Arc::clone(&physical), context)?;
            let _ = plan.set(physical);
            while let Some(batch) = stream.next().await {
                // Whoever asked may have gone.
                if give.send(batch?).await.is_err() {
                    break;
                }
            }
            Ok::<(), DataFusionError>(())
        });
        self.runtime.block_on(async {
            loop {
                let next = tokio::time::timeout(STOP_EVERY, batches.recv()).await;
                if stop.load(Ordering::Relaxed) {
                    task.abort();
                    return Err(Error::Stopped);
                }
                match next {
                    Ok(Some(batch)) => each(batch).inspect_err(|_| task.abort())?,
                    Ok(None) => break,
                    Err(_) => tick(Far { read: running.get().map_or(0, |plan| read(plan.as_ref())) }),
                }
            }
            let ended = task.await;
            ended.map_err(|lost| Error::Bug { what: "a query was lost on the way".into(), source: lost.into() })
        })
    }
}

/// Tells a plan to stop when nobody waits for it any more.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The query cannot do with so little memory.
fn narrow(limits: &Limits) -> Error {
    let message = format!("this query needs more than the {} MiB of memory that it may hold here", limits.memory >> 20);
    let hint = Some(limits.way_out.to_owned());
    Error::Query(Box::new(Diagnostic { file: "query".into(), line: 0, column: 0, message, hint }))
}

/// Rows that the leaves of a plan have read: those they gave, and those that did not pass their filters.
fn read(plan: &dyn ExecutionPlan) -> usize {
    let below: usize = plan.children().into_iter().map(|child| read(child.as_ref())).sum();
    let own = plan.metrics().filter(|_| plan.children().is_empty()).map_or(0, |metrics| {
        let pruned = metrics.sum_by_name("pushdown_rows_pruned").map_or(0, |value| value.as_usize());
        metrics.output_rows().unwrap_or_default() + pruned
    });
    below + own
}

/// Parameters as DataFusion takes them.
pub(super) fn values(parameters: &[(String, Parameter)]) -> ParamValues {
    let values = parameters.iter().map(|(name, value)| {
        let value = match value {
            Parameter::Text(text) => ScalarValue::from(text.as_str()),
            Parameter::Int(number) => ScalarValue::from(*number),
            Parameter::Time(time) => ScalarValue::TimestampMicrosecond(Some(time.0), Some("+00:00".into())),
        };
        (name.clone(), value)
    });
    values.collect::<std::collections::HashMap<_, _>>().into()
}

/// Turns an engine error into a place and a message in words of the query.
pub(super) fn explain(sql: &str, error: &DataFusionError) -> Error {
    let place = error.diagnostic().and_then(|d| d.span).map(|span| (span.start.line, span.start.column));
    let text = error.strip_backtrace();
    let (line, column) = match place {
        Some((line, column)) => (line as usize, column as usize),
        None => parser_place(&text).unwrap_or((0, 0)),
    };
    let root = match error.find_root() {
        DataFusionError::SQL(parser, _) => format!("{parser}").trim_start_matches("sql parser error: ").to_owned(),
        root => root.strip_backtrace(),
    };
    let message = root.trim_start_matches("Error during planning: ").trim_start_matches("Schema error: ").to_owned();
    let refused =
        ["DDL not supported", "DML not supported", "Statement not supported"].iter().any(|w| text.contains(w));
    let (message, hint) = if refused {
        ("a case is read-only: only SELECT, EXPLAIN and DESCRIBE may be run".to_owned(), None)
    } else if text.contains("table '") && text.contains("not found") {
        (message, Some("coldcase tables lists every table and column; files cannot be read from SQL".to_owned()))
    } else {
        (message, error.diagnostic().and_then(|d| d.helps.first().map(|help| help.message.clone())))
    };
    let mut message = message;
    if line > 0
        && let Some(text) = sql.lines().nth(line - 1)
    {
        message.push_str(&format!("\n  {text}\n  {}^", " ".repeat(column.saturating_sub(1))));
    }
    Error::Query(Box::new(Diagnostic { file: "query".into(), line, column, message, hint }))
}

/// Finds "Line: 1, Column: 8" in a parser's message.
fn parser_place(text: &str) -> Option<(usize, usize)> {
    let number = |after: &str| -> Option<usize> {
        let rest = &text[text.find(after)? + after.len()..];
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    };
    Some((number("Line: ")?, number("Column: ")?))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::case::Case;

    #[test]
    fn a_query_that_never_gives_a_batch_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("case"), "2031-04-05T06:07:08.000000Z").unwrap();
        let engine = Engine::open(&case).unwrap();
        // Sums for hours before its first row.
        let sql = "SELECT sum(a.value * b.value % 7) FROM range(1000000) a CROSS JOIN range(1000000) b";
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| engine.sql_until(sql, &[], &stop, &mut |_| Ok(())));
            std::thread::sleep(Duration::from_millis(300));
            assert!(!asking.is_finished(), "the query must be under way");
            stop.store(true, Ordering::Relaxed);
            let told = Instant::now();
            let ended = asking.join().unwrap();
            assert!(matches!(ended, Err(Error::Stopped)), "{:?}", ended.err());
            // Minutes would mean that the query ran on; how fast it is, a test of a busy machine cannot say.
            assert!(told.elapsed() < Duration::from_secs(20));
            // What was begun ends too, and does not work on for nobody.
            while engine.runtime.metrics().num_alive_tasks() > 0 {
                assert!(told.elapsed() < Duration::from_secs(20), "tasks of the query are at work still");
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }
}
