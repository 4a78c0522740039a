//! SQL over a case, read-only, with named parameters and errors that point into the text.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::DataFrame;
use futures::StreamExt;

use super::Engine;
use crate::error::{Diagnostic, Error, Result};
use crate::model::Micros;

/// How often a running query looks whether it was taken back.
const STOP_EVERY: Duration = Duration::from_millis(20);

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
        let mut batches = Vec::new();
        let schema = self.sql_each(sql, parameters, &mut |batch| {
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

    /// As [`Engine::sql_each`], but gives up soon after `stop` is set, also before the first batch: the plan yields
    /// while it works, and dropping its stream ends its tasks.
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
        self.runtime.block_on(async {
            let frame = self.frame(sql, parameters).await?;
            let schema = Arc::new(frame.schema().as_arrow().clone());
            let plan = frame.create_physical_plan().await.and_then(yielding).map_err(|e| explain(sql, &e))?;
            let mut stream = execute_stream(plan, self.context.task_ctx()).map_err(|e| explain(sql, &e))?;
            loop {
                let next = tokio::time::timeout(STOP_EVERY, stream.next()).await;
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                match next {
                    Ok(Some(batch)) => each(batch.map_err(|e| explain(sql, &e))?)?,
                    Ok(None) => return Ok(schema),
                    Err(_) => {}
                }
            }
        })
    }

    /// The columns an answer will have, without running the query.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub fn schema(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<SchemaRef> {
        let frame = self.runtime.block_on(self.frame(sql, parameters))?;
        Ok(Arc::new(frame.schema().as_arrow().clone()))
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
    async fn planned(&self, sql: &str, allowed: SQLOptions) -> Result<DataFrame, DataFusionError> {
        let state = self.context.state();
        let mut statement = state.sql_to_statement(sql, &state.config_options().sql_parser.dialect)?;
        self.names.resolve(&mut statement);
        let plan = state.statement_to_plan(statement).await?;
        allowed.verify_plan(&plan)?;
        self.context.execute_logical_plan(plan).await
    }
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

/// Scans yield by themselves; a join may work for hours on one batch of a scan.
fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let wrapped = plan.transform_up(|node| {
        Ok(match node.children().len() {
            0 | 1 => Transformed::no(node),
            _ => Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>),
        })
    });
    Ok(wrapped?.data)
}

/// Turns an engine error into a place and a message in words of the query.
fn explain(sql: &str, error: &DataFusionError) -> Error {
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
        });
    }
}
