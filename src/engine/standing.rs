//! Rules asked of the objects of snapshots, as if each had just been created as it stands.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{TimestampMicrosecondType, UInt32Type, UInt64Type};
use serde::Deserialize;

use super::program::Program;
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
    for batch in batches {
        let events = as_events(batch, Some(&all))?;
        told.read(program, &events, &program.compiled.run(&events, None), None).map_err(damaged)?;
    }
    told.verdicts.iter_mut().for_each(|verdict| verdict.standing = true);
    Ok(told)
}

/// Kind, namespace and name.
pub(super) type Name = (String, Option<String>, String);

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
