//! The keys of everything a case holds already, read back from its own columns.

use std::fs::File;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Case;
use super::dedupe::Seen;
use super::store::damaged;
use crate::error::{Error, Result};
use crate::formats::AuditKey;
use crate::formats::key::{self, AuditColumns, Start};
use crate::formats::rows::object::object_key;
use crate::model::{Recorded, TABLES, tables};

/// What the keys of an event are made of.
const EVENT: [&str; 20] = [
    "time",
    "time_source",
    "audit_id",
    "stage",
    "level",
    "verb",
    "request_uri",
    "user_name",
    "resource",
    "subresource",
    "namespace",
    "api_group",
    "api_version",
    "response_code",
    "not_recorded",
    "request_object",
    "request_cut",
    "response_object",
    "evidence",
    "offset",
];

const OBJECT: [&str; 7] = ["kind", "api_version", "namespace", "name", "uid", "body", "revision"];

impl Case {
    /// Reads the keys of every stored row.
    pub(super) fn seen(&self) -> Result<Seen> {
        let mut seen = Seen::new(&self.dir);
        self.each(tables::audit::TABLE.name, &EVENT, &mut |batch| {
            (0..batch.num_rows()).try_for_each(|row| event(&mut seen, batch, row))
        })?;
        self.each(tables::object::TABLE.name, &OBJECT, &mut |batch| {
            for row in 0..batch.num_rows() {
                let [texts @ .., body, _] = OBJECT.map(|column| text(batch, column, row));
                let revision = batch.column_by_name("revision").filter(|a| !a.is_null(row));
                let revision = revision.map(|a| a.as_primitive::<Int64Type>().value(row));
                seen.object(object_key(&texts, body, revision));
            }
            Ok(())
        })?;
        let ours = |name: &str| TABLES.iter().any(|table| table.name == name && !table.is_open());
        for name in self.tables().iter().filter(|name| !ours(name)) {
            self.each(name, &["row_key"], &mut |batch| {
                let keys = batch.column_by_name("row_key").and_then(|array| array.as_primitive_opt::<UInt64Type>());
                keys.into_iter().flat_map(|keys| keys.iter().flatten()).for_each(|key| seen.row_was_stored(key));
                Ok(())
            })?;
        }
        Ok(seen)
    }

    fn each(&self, table: &str, columns: &[&str], each: &mut dyn FnMut(&RecordBatch) -> Result<()>) -> Result<()> {
        for path in self.files(table) {
            let file = File::open(&path).map_err(Error::io("open", &path))?;
            let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&path, e))?;
            let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            let reader = builder.with_projection(mask).with_batch_size(8_192).build().map_err(|e| damaged(&path, e))?;
            for batch in reader {
                each(&batch.map_err(|e| damaged(&path, e))?)?;
            }
        }
        Ok(())
    }
}

fn event(seen: &mut Seen, batch: &RecordBatch, row: usize) -> Result<()> {
    let cell = |name: &str| text(batch, name, row);
    let time = batch.column_by_name("time").filter(|a| !a.is_null(row));
    let time = time.map(|a| a.as_primitive::<TimestampMicrosecondType>().value(row));
    let code = batch.column_by_name("response_code").filter(|a| !a.is_null(row));
    let columns = AuditColumns {
        audit_id: cell("audit_id"),
        stage: cell("stage"),
        level: cell("level"),
        verb: cell("verb"),
        request_uri: cell("request_uri"),
        user_name: cell("user_name"),
        resource: cell("resource"),
        subresource: cell("subresource"),
        namespace: cell("namespace"),
        api_group: cell("api_group"),
        api_version: cell("api_version"),
        response_code: code.map(|a| a.as_primitive::<Int32Type>().value(row)),
    };
    let key = AuditKey {
        id: columns.id(),
        stage_time: time.filter(|_| cell("time_source") == Some("stageTimestamp")),
        content: columns.content(),
        request: cell("request_object").map_or(0, key::body),
        start: match (cell("request_object"), cell("request_cut")) {
            (Some(whole), _) => Start::of_whole(whole),
            (None, Some(cut)) => Start::of_cut(cut),
            (None, None) => Start::default(),
        },
        response: cell("response_object").map_or(0, key::body),
        missing: cell("not_recorded").map_or(Recorded::ALL, Recorded::parse),
    };
    let place = (
        batch.column_by_name("evidence").map_or(0, |a| a.as_primitive::<UInt32Type>().value(row)),
        batch.column_by_name("offset").map_or(0, |a| a.as_primitive::<UInt64Type>().value(row)),
    );
    seen.event(&key, time, place).map(|_| ())
}

/// The text of one cell, whether its column is a dictionary or not.
pub(super) fn text<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> Option<&'a str> {
    let array = batch.column_by_name(column)?;
    if array.is_null(row) {
        return None;
    }
    match array.as_dictionary_opt::<Int32Type>() {
        Some(words) => Some(words.values().as_string::<i32>().value(usize::try_from(words.keys().value(row)).ok()?)),
        None => array.as_string_opt::<i32>().map(|texts| texts.value(row)),
    }
}
