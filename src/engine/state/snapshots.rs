//! The objects in snapshots and etcd revisions as states before events.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::Result as Planned;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::{col, lit};
use futures::StreamExt;
use serde::Deserialize;

use super::{Object, Wanted, Within, cell};
use crate::engine::values::text;
use crate::engine::{Engine, damaged};
use crate::error::Result;
use crate::formats::standing::resource;
use crate::model::Micros;

/// Lets the rows of some evidence through.
fn inside(within: Within<'_>) -> Expr {
    let row = || col("evidence");
    within.map_or_else(|| lit(true), |range| row().gt_eq(lit(range.start)).and(row().lt(lit(range.end))))
}

impl Engine {
    /// The objects in snapshots and etcd revisions. They name no cluster: with events of several, none is meant for certain.
    pub(super) async fn snapshots(
        &self,
        wanted: &mut HashMap<(Option<String>, Object), Wanted>,
        within: Within<'_>,
    ) -> Result<()> {
        let clusters: HashSet<Option<String>> = wanted.keys().map(|(cluster, _)| cluster.clone()).collect();
        let [cluster] = &clusters.into_iter().collect::<Vec<_>>()[..] else { return Ok(()) };
        let names = wanted.keys().map(|(_, object)| (String::new(), object[3].clone())).collect();
        let columns: Vec<Expr> =
            ["kind", "api_version", "namespace", "name", "body"].iter().map(|name| col(*name)).collect();
        let frame = self
            .context
            .table("object")
            .await
            .and_then(|frame| frame.filter(of_objects(names, "kind").and(inside(within))));
        let frame = frame.and_then(|frame| frame.select(columns)).map_err(damaged)?;
        let mut stream = frame.execute_stream().await.map_err(damaged)?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(damaged)?;
            for row in 0..batch.num_rows() {
                let cell = |name: &str| cell(&batch, name, row);
                let (Some(kind), Some(body), Some(name)) = (cell("kind"), cell("body"), cell("name")) else { continue };
                let group =
                    cell("api_version").and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
                let resource = resource(kind, group);
                let namespace = cell("namespace").unwrap_or_default();
                let object = [group, &resource, namespace, name].map(str::to_owned);
                if let Some(wanted) = wanted.get_mut(&(cluster.clone(), object))
                    && let Some(since) = since(body, kind)
                {
                    // Valid from its last change on, also for an event of the same second.
                    wanted.state(since.0 - 1, Some(&Arc::from(body)));
                }
            }
        }
        Ok(())
    }
}

/// Since when an object of a snapshot is as it is; None when that is not known.
fn since(body: &str, kind: &str) -> Option<Micros> {
    #[derive(Deserialize)]
    struct Body {
        metadata: Option<Metadata>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        creation_timestamp: Option<String>,
        generation: Option<i64>,
        #[serde(default)]
        managed_fields: Vec<Managed>,
    }
    #[derive(Deserialize)]
    struct Managed {
        time: Option<String>,
        subresource: Option<String>,
    }
    let metadata = serde_json::from_str::<Body>(body).ok()?.metadata?;
    let created = metadata.creation_timestamp.as_deref().and_then(Micros::parse)?;
    if kind == "Pod" || metadata.generation == Some(1) {
        return Some(created);
    }
    let changes = metadata.managed_fields.iter().filter(|managed| managed.subresource.as_deref() != Some("status"));
    let last = changes.filter_map(|managed| managed.time.as_deref().and_then(Micros::parse)).max()?;
    Some(last.max(created))
}

/// The rows about one of some objects: their resource, or nothing for any, and their name.
#[derive(Debug, PartialEq, Eq)]
struct OfObjects {
    names: HashSet<(String, String)>,
    signature: Signature,
}

impl Hash for OfObjects {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.names.len().hash(state);
    }
}

fn of_objects(names: HashSet<(String, String)>, kind: &str) -> Expr {
    let signature = Signature::any(2, Volatility::Immutable);
    ScalarUDF::from(OfObjects { names, signature }).call(vec![col(kind), col("name")])
}

impl ScalarUDFImpl for OfObjects {
    fn name(&self) -> &'static str {
        "of_objects"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Planned<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, asked: ScalarFunctionArgs) -> Planned<ColumnarValue> {
        let rows = asked.number_rows;
        let arrays: Vec<ArrayRef> =
            asked.args.into_iter().map(|arg| arg.into_array(rows)).collect::<Planned<Vec<_>>>()?;
        let of = |row: usize| {
            let (resource, name) = (text(arrays[0].as_ref(), row)?, text(arrays[1].as_ref(), row)?);
            let named = (resource.to_owned(), name.to_owned());
            Some(self.names.contains(&named) || self.names.contains(&(String::new(), named.1)))
        };
        let found: BooleanArray = (0..rows).map(|row| Some(of(row).unwrap_or(false))).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    }
}
