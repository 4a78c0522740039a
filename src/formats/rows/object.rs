//! Builders of table `object`.

use std::ops::Range;

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
    /// JSON text as it arrived.
    pub body: &'a str,
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
        columns.body.append_value(object.body);
        columns.revision.append_null();
        columns.superseded.append_null();
        columns.deleted.append_null();
        columns.evidence.append_value(evidence.0);
        columns.offset.append_value(at.start);
        columns.length.append_value(at.end - at.start);
        let texts = [object.kind, object.api_version, object.namespace, object.name, object.uid];
        self.keys.push(ObjectKey(key::hash(&texts, &key::body(object.body).to_le_bytes())));
    }

    pub fn count(&self) -> usize {
        self.keys.len()
    }

    pub fn finish(&mut self) -> (RecordBatch, Vec<ObjectKey>) {
        let batch = RecordBatch::try_new(TABLE.schema.clone(), self.columns.finish());
        (batch.expect("the builders follow the table's columns; a test compares them"), std::mem::take(&mut self.keys))
    }
}
