//! Correlations as plans: window functions over the verdicts of their base rules, in event time.
//!
//! A window is closed at both ends: two events exactly `timespan` apart belong together. Events of one instant count
//! as being in any order. A result is the set of events that lie in at least one window that meets the condition.

use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;

use crate::sigma::predicate::Cmp;
use crate::sigma::{Correlation, CorrelationKind};

/// One verdict as a correlation sees it.
pub struct Step {
    /// Microseconds, UTC.
    pub time: i64,
    /// Values of the group-by fields.
    pub group: Vec<String>,
    /// For `value_count` the counted value.
    pub value: Option<String>,
    /// Place of the base rule in the correlation's list.
    pub rule: usize,
}

/// Returns, group by group, the episodes: places in `steps` of the events that belong together, in event order.
pub async fn episodes(correlation: &Correlation, steps: &[Step]) -> Result<Vec<Vec<usize>>> {
    let mut order: Vec<usize> = (0..steps.len()).collect();
    // A value nobody recorded counts as no value.
    if matches!(correlation.kind, CorrelationKind::ValueCount { .. }) {
        order.retain(|i| steps[*i].value.is_some());
    }
    if order.is_empty() {
        return Ok(Vec::new());
    }
    let context = SessionContext::new();
    context.register_batch("steps", table(steps, &order)?)?;
    let found = context.sql(&plan(correlation)).await?.collect().await?;
    let mut rows: Vec<usize> = Vec::new();
    for batch in &found {
        rows.extend(batch.column(0).as_primitive::<Int64Type>().values().iter().map(|row| *row as usize));
    }
    rows.sort_by(|a, b| (&steps[*a].group, steps[*a].time, a).cmp(&(&steps[*b].group, steps[*b].time, b)));
    let mut episodes: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        let continues = episodes.last().and_then(|e| e.last()).is_some_and(|last| {
            steps[*last].group == steps[row].group && steps[row].time - steps[*last].time <= correlation.timespan
        });
        match episodes.last_mut() {
            Some(episode) if continues => episode.push(row),
            _ => episodes.push(vec![row]),
        }
    }
    Ok(episodes)
}

fn table(steps: &[Step], order: &[usize]) -> Result<RecordBatch> {
    // Length before each part, so that no two groups spell the same key.
    let key = |group: &[String]| group.iter().map(|part| format!("{}:{part}", part.len())).collect::<String>();
    let schema = Schema::new(vec![
        Field::new("step", DataType::Int64, false),
        Field::new("time", DataType::Int64, false),
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
        Field::new("rule", DataType::Int32, false),
    ]);
    let of = |i: &usize| &steps[*i];
    Ok(RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(Int64Array::from_iter_values(order.iter().map(|i| *i as i64))),
            Arc::new(Int64Array::from_iter_values(order.iter().map(|i| of(i).time))),
            Arc::new(StringArray::from_iter_values(order.iter().map(|i| key(&of(i).group)))),
            Arc::new(order.iter().map(|i| of(i).value.as_deref()).collect::<StringArray>()),
            Arc::new(Int32Array::from_iter_values(order.iter().map(|i| of(i).rule as i32))),
        ],
    )?)
}

/// The plan, as SQL over table `steps`. Only numbers of our own making are written into it.
pub fn plan(correlation: &Correlation) -> String {
    let span = correlation.timespan;
    let back = format!("OVER (PARTITION BY key ORDER BY time RANGE BETWEEN {span} PRECEDING AND CURRENT ROW)");
    let ahead = format!("OVER (PARTITION BY key ORDER BY time RANGE BETWEEN CURRENT ROW AND {span} FOLLOWING)");
    let holds = |what: &str| condition(&correlation.condition, what);
    let windows = match &correlation.kind {
        CorrelationKind::EventCount => {
            format!(
                "SELECT *, {} AS met, time - {span} AS start FROM (SELECT *, count(*) {back} AS n FROM steps)",
                holds("n")
            )
        }
        CorrelationKind::ValueCount { .. } => format!(
            "SELECT *, {} AS met, time - {span} AS start FROM (SELECT *, count(DISTINCT value) {back} AS n FROM steps)",
            holds("n")
        ),
        CorrelationKind::Temporal => {
            let fired: Vec<String> = (0..correlation.rules.len())
                .map(|rule| format!("max(CASE WHEN rule = {rule} THEN 1 ELSE 0 END) {back}"))
                .collect();
            format!(
                "SELECT *, {} AS met, time - {span} AS start FROM (SELECT *, {} AS n FROM steps)",
                holds("n"),
                fired.join(" + ")
            )
        }
        CorrelationKind::TemporalOrdered => ordered(correlation.rules.len(), span),
    };
    format!(
        "SELECT step FROM (SELECT step, time, min(CASE WHEN met THEN start END) {ahead} AS since FROM ({windows})) \
         WHERE since <= time"
    )
}

/// For each step of the last rule the latest start of a chain that ends there; met when that is within the span.
fn ordered(rules: usize, span: i64) -> String {
    let so_far = "OVER (PARTITION BY key ORDER BY time RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
    let mut query = "SELECT *, CASE WHEN rule = 0 THEN time END AS s0 FROM steps".to_owned();
    for rule in 1..rules {
        let before = rule - 1;
        query = format!(
            "SELECT *, CASE WHEN rule = {rule} THEN p{before} END AS s{rule} \
             FROM (SELECT *, max(s{before}) {so_far} AS p{before} FROM ({query}))"
        );
    }
    let last = rules.saturating_sub(1);
    format!("SELECT *, s{last} IS NOT NULL AND time - s{last} <= {span} AS met, s{last} AS start FROM ({query})")
}

fn condition(condition: &[(Cmp, u64)], what: &str) -> String {
    let symbol = |cmp: &Cmp| match cmp {
        Cmp::Lt => "<",
        Cmp::Lte => "<=",
        Cmp::Gt => ">",
        Cmp::Gte => ">=",
        Cmp::Eq => "=",
        Cmp::Ne => "<>",
    };
    let parts = condition.iter().map(|(cmp, number)| format!("{what} {} {number}", symbol(cmp)));
    parts.collect::<Vec<_>>().join(" AND ")
}
