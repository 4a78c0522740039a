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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sigma::{RuleFile, load};

    /// A correlation over three rules, in words of Sigma.
    fn correlation(body: &str) -> Correlation {
        let rule = |name: &str, verb: &str| {
            format!("title: {name}\nname: {name}\ndetection:\n  s: {{verb: {verb}}}\n  condition: s\n---\n")
        };
        let text = format!(
            "{}{}{}title: c\nname: c\ncorrelation:\n{body}",
            rule("r0", "get"),
            rule("r1", "list"),
            rule("r2", "watch")
        );
        let (mut set, problems) = load(&[RuleFile { path: "c.yml".into(), text }]);
        assert_eq!(problems, []);
        set.correlations.remove(0)
    }

    fn found(correlation: &Correlation, steps: &[Step]) -> Vec<usize> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rows = runtime.block_on(episodes(correlation, steps)).unwrap().concat();
        rows.sort_unstable();
        rows
    }

    fn step(time: i64, group: u8, value: u8, rule: usize) -> Step {
        Step { time, group: vec![group.to_string()], value: Some(value.to_string()), rule }
    }

    /// The definition, word by word: an event belongs when some window that meets the condition holds it.
    fn by_definition(correlation: &Correlation, steps: &[Step]) -> Vec<usize> {
        let span = correlation.timespan;
        let wanted = correlation.condition[0].1 as usize;
        let mut rows = std::collections::BTreeSet::new();
        for end in steps {
            let window: Vec<usize> = (0..steps.len())
                .filter(|i| steps[*i].group == end.group && (end.time - span..=end.time).contains(&steps[*i].time))
                .collect();
            let distinct = |of: &dyn Fn(&Step) -> String| {
                window.iter().map(|i| of(&steps[*i])).collect::<std::collections::BTreeSet<_>>().len()
            };
            let met = match &correlation.kind {
                CorrelationKind::EventCount => window.len() >= wanted,
                CorrelationKind::ValueCount { .. } => distinct(&|s| s.value.clone().unwrap()) >= wanted,
                CorrelationKind::Temporal => distinct(&|s| s.rule.to_string()) >= wanted,
                CorrelationKind::TemporalOrdered => continue,
            };
            if met {
                rows.extend(window);
            }
        }
        rows.into_iter().collect()
    }

    const SECOND: i64 = 1_000_000;

    #[test]
    fn events_exactly_the_timespan_apart_are_together_and_a_microsecond_more_are_not() {
        let count = correlation(
            "  type: event_count\n  rules: [r0]\n  group-by: [verb]\n  timespan: 5s\n  condition: {gte: 2}\n",
        );
        assert_eq!(found(&count, &[step(0, 0, 0, 0), step(5 * SECOND, 0, 0, 0)]), [0, 1]);
        assert_eq!(found(&count, &[step(0, 0, 0, 0), step(5 * SECOND + 1, 0, 0, 0)]), [0usize; 0]);
        assert_eq!(found(&count, &[step(0, 0, 0, 0), step(1, 1, 0, 0)]), [0usize; 0], "two groups");
    }

    #[test]
    fn a_chain_needs_its_order_and_its_span() {
        let chain =
            correlation("  type: temporal_ordered\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 9s\n");
        let at = |times: [i64; 3]| [0, 1, 2].map(|rule| step(times[rule] * SECOND, 0, 0, rule));
        assert_eq!(found(&chain, &at([0, 4, 9])), [0, 1, 2]);
        assert_eq!(found(&chain, &at([0, 4, 10])), [0usize; 0], "too long");
        assert_eq!(found(&chain, &at([4, 0, 9])), [0usize; 0], "wrong order");
        assert_eq!(found(&chain, &at([3, 3, 3])), [0, 1, 2], "one instant is any order");
        let mut turned: Vec<Step> = at([0, 4, 9]).into();
        turned.reverse();
        assert_eq!(found(&chain, &turned), [0, 1, 2], "input order is no order");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..Default::default() })]

        #[test]
        fn plans_follow_the_definition(
            steps in prop::collection::vec((0..30i64, 0..2u8, 0..3u8, 0..3usize), 0..14),
            kind in 0..3usize,
            wanted in 1..4u32,
        ) {
            let head = ["event_count", "value_count", "temporal"][kind];
            let field = if kind == 1 { ", field: objectRef.name" } else { "" };
            let text = format!(
                "  type: {head}\n  rules: [r0, r1, r2]\n  group-by: [verb]\n  timespan: 4s\n  condition: {{gte: {wanted}{field}}}\n"
            );
            let correlation = correlation(&text);
            let steps: Vec<Step> = steps.into_iter().map(|(t, g, v, r)| step(t * SECOND / 2, g, v, r)).collect();
            prop_assert_eq!(found(&correlation, &steps), by_definition(&correlation, &steps));
        }
    }
}
