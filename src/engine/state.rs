//! What an object was before an event, for rules that ask `before`, `added` or `removed`.
//!
//! All other tests of such a rule are asked first, and what is left is few. For those events one look at where they are
//! says which objects are meant and when; one scan over the writes of just these objects, and one over snapshots and etcd
//! revisions, find for each the last state before it. No more than one body for each event is held.
//!
//! What counts as known: the last write that succeeded and whose body was recorded; an object of a snapshot from its last
//! change on (`managedFields`), a pod from its creation on, since nearly all of its spec cannot change. A create that
//! succeeded proves that nothing was there. Anything else is not known, and the rule cannot tell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use ahash::AHashSet;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::common::Result as Planned;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::{col, lit};
use futures::StreamExt;
use serde::Deserialize;

use super::derived::BEFORE;
use super::detect::{Open, Told};
use super::finding::Event;
use super::scan::{Program, verdict_schema, verdicts};
use super::steps::Place;
use super::told::Verdict;
use super::values::text;
use super::{Engine, damaged, places};
use crate::error::Result;
use crate::formats::standing::resource;
use crate::model::Micros;

/// An object: API group, resource, namespace and name.
type Object = [String; 4];
/// A state at a time; None: written then, and not known what.
type State = (i64, Option<Arc<str>>);

/// Subresources of which the answer is the whole object.
const WHOLE: [&str; 2] = ["ephemeralcontainers", "resize"];

/// The evidence that is read, when it is not all of the case.
pub(super) type Within<'a> = Option<&'a Range<u32>>;

/// Lets the rows of some evidence through.
fn inside(within: Within<'_>) -> Expr {
    let row = || col("evidence");
    within.map_or_else(|| lit(true), |range| row().gt_eq(lit(range.start)).and(row().lt(lit(range.end))))
}

/// The events that hang on one object of one cluster: by time, with the last state since the event before.
#[derive(Default)]
struct Wanted {
    events: BTreeMap<i64, (Vec<Place>, Option<State>)>,
}

impl Wanted {
    /// Keeps a state for the first event after it, unless a later one is known for that.
    fn state(&mut self, time: i64, body: Option<&str>) {
        if let Some((_, (_, known))) = self.events.range_mut(time + 1..).next()
            && known.as_ref().is_none_or(|(before, _)| *before < time)
        {
            *known = Some((time, body.map(Arc::from)));
        }
    }
}

impl Engine {
    /// Decides the verdicts that hang on what was there before, as far as the evidence in `within` knows it.
    pub(super) async fn decide(&self, program: &Arc<Program>, told: &mut Told, within: Within<'_>) -> Result<()> {
        let open: Open = told.take_open(program);
        if open.is_empty() {
            return Ok(());
        }
        let places = open.places();
        let before = self.before(&places, within).await?;
        let frame = self.context.table("audit").await.and_then(|frame| frame.filter(places::at(places)));
        let mut stream = frame.map_err(damaged)?.execute_stream().await.map_err(damaged)?;
        while let Some(batch) = stream.next().await {
            let events = with_before(&batch.map_err(damaged)?, &before).map_err(damaged)?;
            let found = verdicts(program, &verdict_schema(&events.schema()), &events).map_err(damaged)?;
            told.read(program, &found, Some(&open), &mut Open::new()).map_err(damaged)?;
        }
        told.close();
        Ok(())
    }

    /// Adds what was there before to events.
    pub(super) async fn knowing_before(&self, events: &RecordBatch, within: Within<'_>) -> Result<RecordBatch> {
        let places = (0..events.num_rows()).map(|row| place(events, row)).collect();
        let before = self.before(&places, within).await?;
        with_before(events, &before).map_err(damaged)
    }

    /// The state before each of the events at `places`, empty where nothing was there; none where it is not known.
    async fn before(&self, places: &AHashSet<Place>, within: Within<'_>) -> Result<HashMap<Place, Arc<str>>> {
        let mut wanted: HashMap<(Option<String>, Object), Wanted> = HashMap::new();
        let mut known: HashMap<Place, Arc<str>> = HashMap::new();
        let columns = |names: &[&str]| names.iter().map(|name| col(format!("\"{name}\""))).collect::<Vec<_>>();
        let events = ["evidence", "offset", "time", "cluster_id", "api_group", "resource", "namespace", "name", "verb"];
        let events = columns(&[&events[..], &["subresource", "response_code"]].concat());
        let frame = self.context.table("audit").await.and_then(|frame| frame.filter(places::at(places.clone())));
        let frame = frame.and_then(|frame| frame.select(events)).map_err(damaged)?;
        let mut stream = frame.execute_stream().await.map_err(damaged)?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(damaged)?;
            for row in 0..batch.num_rows() {
                let cell = |name: &str| cell(&batch, name, row);
                let (Some(time), Some(object)) = (Event::time(&batch, row), object(&batch, row)) else { continue };
                let code = code(&batch, row);
                let creates = cell("subresource").is_none() && (cell("verb") == Some("create") || code == Some(201));
                if creates && code.is_some_and(|code| code < 300) {
                    known.insert(place(&batch, row), Arc::from(""));
                    continue;
                }
                let of = wanted.entry((cell("cluster_id").map(str::to_owned), object)).or_default();
                of.events.entry(time.0).or_default().0.push(place(&batch, row));
            }
        }
        if wanted.is_empty() {
            return Ok(known);
        }
        self.writes(&mut wanted, within).await?;
        self.snapshots(&mut wanted, within).await?;
        for wanted in wanted.into_values() {
            let mut last: Option<State> = None;
            for (places, state) in wanted.events.into_values() {
                last = state.or(last);
                if let Some((_, Some(body))) = &last {
                    known.extend(places.into_iter().map(|place| (place, Arc::clone(body))));
                }
            }
        }
        Ok(known)
    }

    /// Every write to one of the objects that succeeded, and what it left.
    async fn writes(&self, wanted: &mut HashMap<(Option<String>, Object), Wanted>, within: Within<'_>) -> Result<()> {
        let names = wanted.keys().map(|(_, object)| (object[1].clone(), object[3].clone())).collect();
        let success = col("response_code").gt_eq(lit(200)).and(col("response_code").lt(lit(300)));
        let write = col("verb").in_list(vec![lit("create"), lit("update"), lit("patch")], false);
        let filter = success.and(write).and(of_objects(names, "resource")).and(inside(within));
        let columns = [
            "time",
            "cluster_id",
            "api_group",
            "resource",
            "subresource",
            "namespace",
            "name",
            "verb",
            "stage",
            "request_uri",
            "response_code",
            "not_recorded",
            "request_object",
            "response_object",
        ];
        let columns: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
        let frame = self.context.table("audit").await.and_then(|frame| frame.filter(filter));
        let frame = frame.and_then(|frame| frame.select(columns)).map_err(damaged)?;
        let mut stream = frame.execute_stream().await.map_err(damaged)?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(damaged)?;
            for row in 0..batch.num_rows() {
                let cell = |name: &str| cell(&batch, name, row);
                let whole = cell("subresource").is_none_or(|sub| WHOLE.contains(&sub));
                let dry = cell("request_uri").is_some_and(|uri| uri.contains("dryRun="));
                let (Some(time), Some(object)) = (Event::time(&batch, row), object(&batch, row)) else { continue };
                if !whole || dry || cell("stage").is_some_and(|stage| stage != "ResponseComplete") {
                    continue;
                }
                if let Some(wanted) = wanted.get_mut(&(cell("cluster_id").map(str::to_owned), object)) {
                    let answer = cell("response_object").filter(|body| !is_status(body));
                    let sent = || {
                        let whole = cell("verb") != Some("patch") && cell("subresource").is_none();
                        cell("request_object").filter(|_| whole)
                    };
                    wanted.state(time.0, answer.or_else(sent));
                }
            }
        }
        Ok(())
    }

    /// The objects in snapshots and etcd revisions. They name no cluster: with events of several, none is meant for certain.
    async fn snapshots(
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
                    wanted.state(since.0 - 1, Some(body));
                }
            }
        }
        Ok(())
    }
}

impl Told {
    /// Takes out what hangs on the state before the event: rules and events.
    fn take_open(&mut self, program: &Program) -> Open {
        let open = |verdict: &Verdict| !verdict.hit && program.states[verdict.rule];
        let (mut open, told): (Vec<Verdict>, _) = std::mem::take(&mut self.verdicts).into_iter().partition(open);
        self.verdicts = told;
        // Rule after rule.
        open.sort_by_key(|verdict| verdict.rule);
        let mut places = Open::new();
        for Verdict { rule, span, .. } in &open {
            places.insert(*rule as u32, (span.evidence.0, span.offset));
        }
        places
    }

    /// Leaves out what was open and is excepted, whatever it is.
    fn close(&mut self) {
        self.verdicts.retain(|verdict| !verdict.excepted);
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

/// Adds column `before` to events, and says of those whose state before is not known that it was not recorded.
fn with_before(events: &RecordBatch, before: &HashMap<Place, Arc<str>>) -> Planned<RecordBatch> {
    let rows = 0..events.num_rows();
    let states: Vec<Option<&Arc<str>>> = rows.clone().map(|row| before.get(&place(events, row))).collect();
    let lacks = rows.map(|row| {
        let lacks = cell(events, "not_recorded", row);
        match (states[row], lacks) {
            (Some(_), lacks) => lacks.map(str::to_owned),
            (None, Some(lacks)) => Some(format!("{lacks} {BEFORE}")),
            (None, None) => Some(BEFORE.to_owned()),
        }
    });
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let lacks = cast(&(Arc::new(lacks.collect::<StringArray>()) as ArrayRef), &words)?;
    let mut fields: Vec<Arc<Field>> = events.schema().fields().iter().cloned().collect();
    let mut columns = events.columns().to_vec();
    for (place, field) in fields.iter_mut().enumerate() {
        if field.name() == "not_recorded" {
            *field = Arc::new(Field::new("not_recorded", words.clone(), true));
            columns[place] = Arc::clone(&lacks);
        }
    }
    fields.push(Arc::new(Field::new(BEFORE, DataType::Utf8, true)));
    columns.push(Arc::new(states.into_iter().map(|state| state.map(|state| &**state)).collect::<StringArray>()));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The object an event is about; None of one without a name.
fn object(batch: &RecordBatch, row: usize) -> Option<Object> {
    let name = cell(batch, "name", row)?.to_owned();
    let [group, resource, namespace] =
        ["api_group", "resource", "namespace"].map(|name| cell(batch, name, row).unwrap_or_default().to_owned());
    Some([group, resource, namespace, name])
}

fn cell<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    batch.column_by_name(name).and_then(|column| text(column.as_ref(), row))
}

fn code(batch: &RecordBatch, row: usize) -> Option<i32> {
    let column = batch.column_by_name("response_code").filter(|column| !column.is_null(row))?;
    Some(column.as_primitive::<Int32Type>().value(row))
}

fn place(batch: &RecordBatch, row: usize) -> Place {
    let span = Event::span(batch, row);
    (span.evidence.0, span.offset)
}

/// Says whether an answer is no object but what became of the request.
fn is_status(body: &str) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, default)]
        kind: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str::<Kind<'_>>(body).is_ok_and(|body| body.kind == "Status")
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
