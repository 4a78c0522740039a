//! Rows of the case written again as what they are of, without what a route put around them: audit events as the API server
//! writes them, objects as they were exported. What rules ask of a row they find in what is written here.

use std::collections::BTreeMap;

use ahash::AHashSet;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, TimestampMicrosecondType};
use datafusion::prelude::col;
use serde_json::{Map, Value, json};

use super::finding::Event;
use super::values::{text, texts_of};
use super::{Engine, Parameter, damaged, places};
use crate::error::Result;
use crate::model::{Micros, Span};

/// What is at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// An event of audit.k8s.io.
    Event(Value),
    /// An object of a snapshot.
    Object(Value),
}

/// Verbs that leave an object as their request says.
const WRITES: &str = "('create', 'update', 'patch')";

impl Engine {
    /// Writes what lies at some places; places of other tables are left out.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn plain(&self, spans: &[Span]) -> Result<BTreeMap<(u32, u64), Plain>> {
        let at: AHashSet<_> = spans.iter().map(|span| (span.evidence.0, span.offset)).collect();
        let mut found = BTreeMap::new();
        let read = |table: &str| -> Result<Vec<RecordBatch>> {
            let batches = self.runtime.block_on(async {
                let rows = self.context.table(table).await?.filter(places::at(at.clone()))?;
                rows.sort(vec![col("evidence").sort(true, true), col("\"offset\"").sort(true, true)])?.collect().await
            });
            batches.map_err(damaged)
        };
        for batch in read("audit")? {
            for row in 0..batch.num_rows() {
                let span = Event::span(&batch, row);
                found.insert((span.evidence.0, span.offset), Plain::Event(event(&batch, row)));
            }
        }
        for batch in read("object")? {
            for row in 0..batch.num_rows() {
                let span = Event::span(&batch, row);
                let body = batch.column_by_name("body").and_then(|bodies| text(bodies.as_ref(), row));
                if let Some(body) = body.and_then(|body| serde_json::from_str(body).ok()) {
                    found.entry((span.evidence.0, span.offset)).or_insert(Plain::Object(body));
                }
            }
        }
        Ok(found)
    }

    /// The places of what was known of an event's object before it: the last successful writes, at most two, and its states
    /// in snapshots. `event` is a place of table `audit`.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn before_it(&self, event: (u32, u64)) -> Result<Vec<Span>> {
        let (evidence, offset) = event;
        let this = format!("(SELECT * FROM audit WHERE evidence = {evidence} AND \"offset\" = {offset}) e");
        let same = "o.name = e.name AND (o.namespace IS NOT DISTINCT FROM e.namespace)";
        let writes = format!(
            "SELECT o.evidence, o.\"offset\", o.length FROM audit o JOIN {this} ON {same} AND o.resource = e.resource \
             WHERE o.subresource IS NULL AND o.verb IN {WRITES} AND o.time < e.time AND o.response_code < 300 \
             ORDER BY o.time DESC, o.evidence, o.\"offset\" LIMIT 2"
        );
        let objects = format!(
            "SELECT o.evidence, o.\"offset\", o.length FROM object o JOIN {this} ON {same} \
             AND starts_with(CAST(e.resource AS VARCHAR), lower(CAST(o.kind AS VARCHAR))) \
             ORDER BY o.evidence, o.\"offset\" LIMIT 4"
        );
        let mut spans = self.spans(&writes, &[])?;
        spans.extend(self.spans(&objects, &[])?);
        Ok(spans)
    }

    /// The place of the first event of the cluster that the event at a place is of: what was usual began then.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn begin_of_cluster(&self, event: (u32, u64)) -> Result<Option<Span>> {
        let (evidence, offset) = event;
        let sql = format!(
            "SELECT o.evidence, o.\"offset\", o.length FROM audit o JOIN (SELECT cluster_id FROM audit \
             WHERE evidence = {evidence} AND \"offset\" = {offset}) e \
             ON (o.cluster_id IS NOT DISTINCT FROM e.cluster_id) ORDER BY o.time, o.evidence, o.\"offset\" LIMIT 1"
        );
        Ok(self.spans(&sql, &[])?.first().copied())
    }

    /// The places of the `number` events of the same user on either side of an event.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn around(&self, event: (u32, u64), number: u32) -> Result<Vec<Span>> {
        let (evidence, offset) = event;
        let mut all = Vec::new();
        for (side, order) in [("<", "DESC"), (">", "ASC")] {
            let sql = format!(
                "SELECT o.evidence, o.\"offset\", o.length FROM audit o JOIN (SELECT user_name, time FROM audit \
                 WHERE evidence = {evidence} AND \"offset\" = {offset}) e \
                 ON o.user_name = e.user_name AND o.time {side} e.time \
                 ORDER BY o.time {order}, o.evidence, o.\"offset\" LIMIT {number}"
            );
            all.extend(self.spans(&sql, &[])?);
        }
        Ok(all)
    }

    /// The places that a query gives in columns evidence, offset and length.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub fn spans(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<Vec<Span>> {
        let answer = self.sql(sql, parameters)?;
        let spans = answer.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| Event::span(batch, row)));
        Ok(spans.collect())
    }
}

/// A row of table `audit` as an event, its keys in the order of the API server.
fn event(batch: &RecordBatch, row: usize) -> Value {
    let cell = |name: &str| batch.column_by_name(name).and_then(|column| text(column.as_ref(), row));
    let list = |name: &str| Some(texts_of(batch, name, row)).filter(|list| !list.is_empty());
    let time = |name: &str| {
        let column = batch.column_by_name(name).filter(|column| !arrow::array::Array::is_null(column.as_ref(), row))?;
        Some(Micros(column.as_primitive::<TimestampMicrosecondType>().value(row)).to_string())
    };
    let tree = |name: &str| cell(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    // What was logged without a body says so by its level: whether a body was cut or never kept, a rule knows as little.
    let bodies = cell("body").is_none_or(|body| body == "recorded");
    let level = if bodies { cell("level").unwrap_or("Metadata") } else { "Metadata" };
    let mut out = Map::new();
    out.insert("kind".into(), "Event".into());
    out.insert("apiVersion".into(), "audit.k8s.io/v1".into());
    out.insert("level".into(), level.into());
    put(&mut out, "auditID", cell("audit_id"));
    put(&mut out, "stage", Some(cell("stage").unwrap_or("ResponseComplete")));
    put(&mut out, "requestURI", cell("request_uri"));
    put(&mut out, "verb", cell("verb"));
    let mut user = Map::new();
    put(&mut user, "username", cell("user_name"));
    put(&mut user, "uid", cell("user_uid"));
    put(&mut user, "groups", list("user_groups"));
    put(&mut user, "extra", tree("user_extra"));
    out.insert("user".into(), user.into());
    let mut other = Map::new();
    put(&mut other, "username", cell("impersonated_user_name"));
    put(&mut other, "groups", list("impersonated_groups"));
    put(&mut out, "impersonatedUser", Some(other).filter(|other| !other.is_empty()));
    put(&mut out, "sourceIPs", list("source_ips"));
    put(&mut out, "userAgent", cell("user_agent"));
    let mut object = Map::new();
    let names = [
        ("resource", "resource"),
        ("namespace", "namespace"),
        ("name", "name"),
        ("uid", "object_uid"),
        ("apiGroup", "api_group"),
        ("apiVersion", "api_version"),
        ("subresource", "subresource"),
    ];
    names.into_iter().for_each(|(key, column)| put(&mut object, key, cell(column)));
    put(&mut out, "objectRef", Some(object).filter(|object| !object.is_empty()));
    let mut status = Map::from_iter([("metadata".to_owned(), json!({}))]);
    let names = [("status", "response_status"), ("message", "response_message"), ("reason", "response_reason")];
    names.into_iter().for_each(|(key, column)| put(&mut status, key, cell(column)));
    let code = batch.column_by_name("response_code").filter(|code| !arrow::array::Array::is_null(code.as_ref(), row));
    put(&mut status, "code", code.map(|code| code.as_primitive::<Int32Type>().value(row)));
    put(&mut out, "responseStatus", Some(status).filter(|status| status.len() > 1));
    if bodies {
        put(&mut out, "requestObject", tree("request_object"));
        put(&mut out, "responseObject", tree("response_object"));
    }
    put(&mut out, "requestReceivedTimestamp", time("request_received_time"));
    put(&mut out, "stageTimestamp", time("time"));
    put(&mut out, "annotations", tree("annotations"));
    Value::Object(out)
}

fn put(map: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}
