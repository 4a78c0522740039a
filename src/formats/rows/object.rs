//! Builders of table `object`.

use std::ops::Range;
use std::sync::LazyLock;

use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, StringBuilder, StringDictionaryBuilder, TimestampMicrosecondBuilder,
    UInt32Builder, UInt64Builder,
};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;

use super::ObjectKey;
use super::audit::{Column, builders};
use crate::formats::key;
use crate::model::tables::object::TABLE;
use crate::model::{EvidenceId, Micros};

type Word = StringDictionaryBuilder<Int32Type>;

/// One object of a snapshot.
#[derive(Debug, Default, Clone, Copy)]
pub struct Object<'a> {
    pub kind: Option<&'a str>,
    pub api_version: Option<&'a str>,
    pub namespace: Option<&'a str>,
    pub name: Option<&'a str>,
    pub uid: Option<&'a str>,
    pub resource_version: Option<&'a str>,
    pub created: Option<Micros>,
    pub deletion: Option<Micros>,
    /// JSON text; None where a revision has none, or it cannot be opened.
    pub body: Option<&'a str>,
    /// What only a snapshot with revisions knows.
    pub revised: Option<Revised<'a>>,
}

/// One revision of an object in etcd.
#[derive(Debug, Default, Clone, Copy)]
pub struct Revised<'a> {
    pub revision: i64,
    /// A later revision of the key is stored.
    pub superseded: bool,
    pub deleted: bool,
    pub key: &'a str,
    /// How the value is stored.
    pub storage: &'a str,
}

builders! {
    time: TimestampMicrosecondBuilder,
    kind: Word,
    api_version: Word,
    namespace: Word,
    name: StringBuilder,
    uid: StringBuilder,
    resource_version: StringBuilder,
    deletion_time: TimestampMicrosecondBuilder,
    body: StringBuilder,
    revision: Int64Builder,
    superseded: BooleanBuilder,
    deleted: BooleanBuilder,
    key: StringBuilder,
    storage: Word,
    evidence: UInt32Builder,
    offset: UInt64Builder,
    length: UInt64Builder,
}

/// Rows of table `object` being built, with their keys.
#[derive(Default)]
pub struct ObjectRows {
    columns: Builders,
    keys: Vec<ObjectKey>,
}

impl ObjectRows {
    pub fn push(&mut self, evidence: EvidenceId, at: &Range<u64>, object: &Object<'_>) {
        let columns = &mut self.columns;
        columns.time.append_option(object.created.map(|t| t.0));
        columns.kind.append_option(object.kind);
        columns.api_version.append_option(object.api_version);
        columns.namespace.append_option(object.namespace);
        columns.name.append_option(object.name);
        columns.uid.append_option(object.uid);
        columns.resource_version.append_option(object.resource_version);
        columns.deletion_time.append_option(object.deletion.map(|t| t.0));
        columns.body.append_option(object.body);
        let revised = object.revised;
        columns.revision.append_option(revised.map(|r| r.revision));
        columns.superseded.append_option(revised.map(|r| r.superseded));
        columns.deleted.append_option(revised.map(|r| r.deleted));
        columns.key.append_option(revised.map(|r| r.key));
        columns.storage.append_option(revised.map(|r| r.storage));
        columns.evidence.append_value(evidence.0);
        columns.offset.append_value(at.start);
        columns.length.append_value(at.end - at.start);
        let texts = [object.kind, object.api_version, object.namespace, object.name, object.uid];
        self.keys.push(object_key(&texts, object.body, revised.map(|r| r.revision)));
    }

    pub fn count(&self) -> usize {
        self.keys.len()
    }

    pub fn finish(&mut self) -> (RecordBatch, Vec<ObjectKey>) {
        // Most evidence has none, and to make no rows of so many columns is work too.
        static NONE: LazyLock<RecordBatch> = LazyLock::new(|| RecordBatch::new_empty(TABLE.schema.clone()));
        if self.keys.is_empty() {
            return (NONE.clone(), Vec::new());
        }
        let batch = RecordBatch::try_new(TABLE.schema.clone(), self.columns.finish());
        (batch.expect("the builders follow the table's columns; a test compares them"), std::mem::take(&mut self.keys))
    }
}

/// The key of an object: `texts` are kind, apiVersion, namespace, name and uid. Two revisions of an object are two.
pub fn object_key(texts: &[Option<&str>], body: Option<&str>, revision: Option<i64>) -> ObjectKey {
    let mut tail = body.map_or(0, key::body).to_le_bytes().to_vec();
    if let Some(revision) = revision {
        tail.extend_from_slice(&revision.to_le_bytes());
    }
    ObjectKey(key::hash(texts, &tail))
}
