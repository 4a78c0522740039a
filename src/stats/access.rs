//! Hands in a pod, joined with the last write to that pod before: what was it when it was entered?

use polars::prelude::*;

use super::{Lens, Sheet, shown, times};

/// `access`.
pub struct Access;

impl Lens for Access {
    fn name(&self) -> &'static str {
        "access"
    }

    fn doc(&self) -> &'static str {
        "each exec, attach and port-forward with the last recorded write to its pod (as-of join)"
    }

    fn look(&self, events: LazyFrame, _: i64) -> PolarsResult<Sheet> {
        let pods = events.filter(col("resource").eq(lit("pods")));
        let hands = pods
            .clone()
            .filter(is_any("subresource", &["exec", "attach", "portforward"]))
            .select([
                col("time"),
                col("namespace"),
                col("name"),
                col("user_name").alias("actor"),
                col("subresource").alias("what"),
            ])
            .collect()?;
        let writes = pods
            .filter(is_any("verb", &["create", "update", "patch"]).and(col("subresource").is_null()))
            .select([
                col("time").alias("written"),
                col("time"),
                col("namespace"),
                col("name"),
                col("user_name").alias("writer"),
                col("verb"),
            ])
            .collect()?;
        let options = AsOfOptions {
            strategy: AsofStrategy::Backward,
            left_by: Some(vec!["namespace".into(), "name".into()]),
            right_by: Some(vec!["namespace".into(), "name".into()]),
            ..Default::default()
        };
        let join = hands.lazy().join_builder().with(writes.lazy()).left_on([col("time")]).right_on([col("time")]);
        let frame = join.how(JoinType::AsOf(Box::new(options))).finish().collect()?;
        let text = |name: &str| -> PolarsResult<Vec<String>> {
            let column = frame.column(name)?;
            Ok(column.str()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
        };
        let (actors, whats, verbs, writers) = (text("actor")?, text("what")?, text("verb")?, text("writer")?);
        let (namespaces, names) = (text("namespace")?, text("name")?);
        let written = times(&frame, "written")?;
        let rows = times(&frame, "time")?.into_iter().enumerate().map(|(row, time)| {
            let last = match written[row] {
                Some(_) => format!("{} by {}", verbs[row], writers[row]),
                None => "not in this evidence".to_owned(),
            };
            let pod = format!("{}/{}", namespaces[row], names[row]);
            vec![shown(time), actors[row].clone(), whats[row].clone(), pod, shown(written[row]), last]
        });
        Ok(Sheet {
            heads: vec!["time", "actor", "what", "pod", "last write", "of what kind"],
            numbers: vec![false; 6],
            rows: rows.collect(),
        })
    }
}

fn is_any(column: &str, words: &[&str]) -> Expr {
    let tests = words.iter().map(|word| col(column).eq(lit(*word)));
    tests.reduce(Expr::or).unwrap_or_else(|| lit(false))
}
