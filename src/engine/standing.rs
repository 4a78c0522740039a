//! Rules asked of the objects of snapshots, as if each had just been created as it stands.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListBuilder, RecordBatch, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema, TimestampMicrosecondType, UInt32Type, UInt64Type};
use serde::Deserialize;

use super::finding::Event;
use super::program::Program;
use super::relations::{Name, Relations};
use super::told::Told;
use super::values::text;
use super::{Engine, damaged};
use crate::error::Result;
use crate::formats::standing::{Standing, standing};
use crate::model::tables::audit;
use crate::model::{EvidenceId, Micros};
use crate::sigma::{Over, RuleSet};

/// Kinds whose objects are made from a template in the object that owns them, which is judged itself.
const OWNERS: [&str; 7] =
    ["ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController", "Deployment", "CronJob"];

impl Engine {
    /// Asks the rules over snapshots of every object that stands at the end of its snapshot.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub(super) fn standing(&self, rules: &RuleSet) -> Result<Told> {
        if !rules.rules.iter().any(|rule| rule.over.objects()) {
            return Ok(Told::default());
        }
        ask(&Engine::program(rules, Over::objects), &self.sql(OBJECTS, &[])?.batches)
    }
}

/// What is asked of: the objects that stand at the end of their snapshots.
pub(super) const OBJECTS: &str = "SELECT CAST(kind AS VARCHAR) AS kind, CAST(api_version AS VARCHAR) AS api_version, \
     CAST(namespace AS VARCHAR) AS namespace, name, uid, time, body, evidence, \"offset\", length FROM object \
     WHERE coalesce(superseded, false) = false AND coalesce(deleted, false) = false AND body IS NOT NULL \
     AND kind IS NOT NULL AND api_version IS NOT NULL ORDER BY evidence, \"offset\"";

/// Asks a program of objects that stand together.
///
/// # Errors
/// When a batch cannot be made.
pub(super) fn ask(program: &Program, batches: &[RecordBatch]) -> Result<Told> {
    let mut told = Told::default();
    let all: HashSet<Name> =
        batches.iter().flat_map(|batch| (0..batch.num_rows()).filter_map(|row| name(batch, row))).collect();
    let asked: Vec<&str> = program.compiled.columns().into_iter().filter(|name| name.starts_with(RELATED)).collect();
    let relations = if asked.is_empty() { (Relations::default(), HashMap::new()) } else { relations(batches) };
    for batch in batches {
        let events = related(as_events(batch, Some(&all))?, &relations, &asked)?;
        told.read(program, &events, &program.compiled.run(&events, None), None).map_err(damaged)?;
    }
    Ok(told)
}

/// How the columns begin that say how an object stands to others.
const RELATED: &str = "related.";

/// How the objects of some batches stand to each other, and the name of each by its place.
fn relations(batches: &[RecordBatch]) -> (Relations, HashMap<Place, Name>) {
    let (mut relations, mut names) = (Relations::default(), HashMap::new());
    for batch in batches {
        let cell = |name: &str, row: usize| batch.column_by_name(name).and_then(|column| text(column, row));
        for row in 0..batch.num_rows() {
            if let (Some(thing), Some(version), Some(body)) =
                (name(batch, row), cell("api_version", row), cell("body", row))
            {
                relations.add(&thing, version, body);
                names.insert(place(batch, row), thing);
            }
        }
    }
    relations.finish();
    (relations, names)
}

/// Adds the columns that rules ask of how objects stand to others.
fn related(
    events: RecordBatch,
    (relations, names): &(Relations, HashMap<Place, Name>),
    asked: &[&str],
) -> Result<RecordBatch> {
    let (mut fields, mut columns) = (events.schema().fields().to_vec(), events.columns().to_vec());
    for field in asked {
        let mut list = ListBuilder::new(StringBuilder::new());
        for row in 0..events.num_rows() {
            let values =
                names.get(&place(&events, row)).map(|thing| relations.values(field, thing)).unwrap_or_default();
            values.iter().for_each(|value| list.values().append_value(value));
            list.append(true);
        }
        let column: ArrayRef = Arc::new(list.finish());
        fields.push(Arc::new(Field::new(*field, column.data_type().clone(), true)));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(damaged)
}

/// Evidence and offset.
type Place = (u32, u64);

fn place(rows: &RecordBatch, row: usize) -> Place {
    let span = Event::span(rows, row);
    (span.evidence.0, span.offset)
}

fn name(objects: &RecordBatch, row: usize) -> Option<Name> {
    let cell = |name: &str| objects.column_by_name(name).and_then(|column| text(column, row)).map(str::to_owned);
    Some((cell("kind")?, cell("namespace"), cell("name")?))
}

/// The objects of a batch as events of table `audit`; of all that stand together, only those that nobody else's template
/// stands for.
///
/// # Errors
/// When the batch cannot be made.
pub(super) fn as_events(objects: &RecordBatch, all: Option<&HashSet<Name>>) -> Result<RecordBatch> {
    let cell = |name: &str, row: usize| objects.column_by_name(name).and_then(|column| text(column, row));
    let number = |name: &str, row: usize| {
        objects.column_by_name(name).map_or(0, |column| column.as_primitive::<UInt64Type>().value(row))
    };
    let rows = (0..objects.num_rows()).filter_map(|row| {
        let is_own = |body: &&str| all.is_none_or(|all| !is_made(body, cell("namespace", row), all));
        let body = cell("body", row).filter(is_own)?;
        let time = objects.column_by_name("time").filter(|column| !column.is_null(row));
        Some(Standing {
            kind: cell("kind", row)?,
            api_version: cell("api_version", row)?,
            namespace: cell("namespace", row),
            name: cell("name", row),
            uid: cell("uid", row),
            created: time.map(|column| Micros(column.as_primitive::<TimestampMicrosecondType>().value(row))),
            body,
            evidence: EvidenceId(objects.column_by_name("evidence")?.as_primitive::<UInt32Type>().value(row)),
            offset: number("offset", row),
            length: number("length", row),
        })
    });
    let built = standing(rows);
    // Tests know words as dictionaries.
    let schema = &audit::TABLE.schema;
    let columns = built.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(damaged)
}

/// Says whether a controller made the object from the template of one that is there to be asked itself.
fn is_made(body: &str, namespace: Option<&str>, all: &HashSet<Name>) -> bool {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        metadata: Option<Metadata<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata<'a> {
        #[serde(borrow, default)]
        owner_references: Vec<Owner<'a>>,
    }
    #[derive(Deserialize)]
    struct Owner<'a> {
        #[serde(default)]
        kind: &'a str,
        #[serde(default)]
        name: &'a str,
        #[serde(default)]
        controller: bool,
    }
    let metadata = serde_json::from_str::<Object<'_>>(body).ok().and_then(|object| object.metadata);
    let owners = metadata.map(|metadata| metadata.owner_references).unwrap_or_default();
    let is_there =
        |owner: &Owner<'_>| all.contains(&(owner.kind.to_owned(), namespace.map(str::to_owned), owner.name.to_owned()));
    owners.iter().any(|owner| owner.controller && OWNERS.contains(&owner.kind) && is_there(owner))
}
