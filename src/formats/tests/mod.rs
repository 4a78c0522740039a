//! Whole inputs through reader and decoder.

mod azure;
mod balance;
mod bodies;
mod corpus;
mod host;
mod limits;
mod routes;
mod runtime;
mod samples;
mod specimens;

use std::io::Cursor;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;

use super::block::decode;
use super::fuzz::{read, spans};
use super::{Batch, Content, Reader, Rows};
use crate::model::{EvidenceId, Micros};

/// Where real captures are; not everybody has them.
pub(in crate::formats) fn shared(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/public").join(path)
}

/// Returns the cell of a text, word, number or time column as text; None for null.
fn cell(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    // An open table has no column that no row of the batch has.
    let array = batch.column_by_name(column)?;
    let arrow::datatypes::DataType::Timestamp(..) = array.data_type() else {
        let options = arrow::util::display::FormatOptions::default().with_null("\u{0}");
        let formatter = arrow::util::display::ArrayFormatter::try_new(array, &options).unwrap();
        return Some(formatter.value(row).to_string()).filter(|text| text != "\u{0}");
    };
    let times = array.as_primitive::<TimestampMicrosecondType>();
    times.is_valid(row).then(|| Micros(times.value(row)).to_string())
}

/// Returns the cells of `columns` in one row; "-" for null.
fn cells(batch: &RecordBatch, row: usize, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| cell(batch, column, row).unwrap_or_else(|| "-".to_owned())).collect()
}

const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a1","stage":"ResponseStarted","requestURI":"/api/v1/namespaces/shop/pods/cart-0/exec?command=sh\u0026command=-c\u0026command=id+%26\u0026stdin=true","verb":"get","user":{"username":"lena@example.test","uid":"u","groups":["system:authenticated"],"extra":{"oid":["0f0f"]}},"sourceIPs":["198.51.100.7","172.31.9.2"],"userAgent":"kubectl/v1.31.2","objectRef":{"resource":"pods","namespace":"shop","name":"cart-0","apiVersion":"v1","subresource":"exec"},"responseStatus":{"metadata":{},"code":101},"requestReceivedTimestamp":"2031-04-05T06:07:08.000120Z","stageTimestamp":"2031-04-05T06:07:08.034001Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}"#;

/// An audit event of its own time, with a body.
fn create(id: &str, body: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{id}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods","verb":"create","user":{{"username":"lena"}},"objectRef":{{"resource":"pods","namespace":"shop","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":201}},"requestObject":{body},"responseObject":{{"kind":"Pod","metadata":{{"name":"cart-x1"}}}},"requestReceivedTimestamp":"2031-04-05T06:07:08.000120Z","stageTimestamp":"2031-04-05T06:07:08.034001Z"}}"#
    )
}

#[test]
fn every_column_of_an_event_is_filled_from_its_field() {
    let (batch, content) = read(EVENT.as_bytes());
    assert_eq!((batch.read, batch.audit.num_rows(), content.format.as_str()), (1, 1, "json-lines"));
    let columns = [
        "time",
        "time_source",
        "audit_id",
        "stage",
        "level",
        "verb",
        "user_name",
        "user_uid",
        "user_groups",
        "user_extra",
        "source_ips",
        "user_agent",
        "resource",
        "subresource",
        "namespace",
        "name",
        "api_group",
        "api_version",
        "response_code",
        "decision",
        "decision_reason",
        "request_received_time",
        "body",
        "not_recorded",
        "exec_command",
        "category",
        "evidence",
        "offset",
        "length",
    ];
    let expected = [
        "2031-04-05T06:07:08.034001Z",
        "stageTimestamp",
        "a1",
        "ResponseStarted",
        "Request",
        "get",
        "lena@example.test",
        "u",
        "[system:authenticated]",
        r#"{"oid":["0f0f"]}"#,
        "[198.51.100.7, 172.31.9.2]",
        "kubectl/v1.31.2",
        "pods",
        "exec",
        "shop",
        "cart-0",
        "-",
        "v1",
        "101",
        "allow",
        "",
        "2031-04-05T06:07:08.000120Z",
        "recorded",
        "responseObject",
        "sh -c id &",
        "-",
        "7",
        "0",
        &EVENT.len().to_string(),
    ];
    assert_eq!(cells(&batch.audit, 0, &columns), expected);
    let uri = cell(&batch.audit, "request_uri", 0).unwrap();
    assert!(uri.ends_with("exec?command=sh&command=-c&command=id+%26&stdin=true"));
}

#[test]
fn batches_have_the_schema_of_their_tables() {
    let (batch, _) =
        read(format!("{EVENT}\n{}", r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#).as_bytes());
    assert_eq!(batch.audit.schema(), *crate::model::tables::audit::TABLE.schema);
    assert_eq!(batch.object.schema(), *crate::model::tables::object::TABLE.schema);
    assert_eq!((batch.audit.num_rows(), batch.object.num_rows()), (1, 1));
    let (empty, _) = read(b"");
    assert_eq!(empty.audit.schema(), *crate::model::tables::audit::TABLE.schema);
}

#[test]
fn finishing_starts_again() {
    let mut reader = Reader::open(Box::new(Cursor::new(format!("{EVENT}\nx\n").into_bytes()))).unwrap();
    let block = reader.next_block().unwrap().unwrap();
    let mut rows = Rows::new(EvidenceId(0), "input");
    for _ in 0..2 {
        decode(&block, &mut rows);
        assert!(rows.weight() >= EVENT.len());
        let batch = rows.finish();
        assert_eq!((batch.read, batch.audit.num_rows(), batch.rejects.len(), rows.weight()), (2, 1, 1, 0));
        assert_eq!(batch.audit_keys.len(), 1);
    }
}

#[test]
fn the_page_lists_every_name() {
    let page = super::page();
    assert!(page.contains("| json-lines |") && page.contains("| records |") && page.contains("| kube-object |"));
}

#[test]
fn bytes_that_are_there_are_read_as_those_that_come() {
    use std::io::Write;
    let text = format!("{EVENT}\n{}\n", EVENT.replace("a1", "a2"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let utf16 = "\u{feff}".chars().chain(text.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    let contents: Vec<Vec<u8>> = vec![
        text.clone().into_bytes(),
        text.repeat(200).into_bytes(),
        gzip.finish().unwrap(),
        utf16,
        [b"\xef\xbb\xbf\n \n", text.as_bytes()].concat(),
        Vec::new(),
        b"  \n".to_vec(),
        b"SQLite format 3\x00 and more".to_vec(),
    ];
    for content in contents {
        let all = |mut reader: Reader| {
            let mut blocks = Vec::new();
            while let Some(block) = reader.next_block().unwrap() {
                blocks.push((block.offset, block.line, block.bytes));
            }
            let Content { format, size, notes } = reader.finish();
            (blocks, format, size, notes)
        };
        let come = all(Reader::open(Box::new(Cursor::new(content.clone()))).unwrap());
        assert_eq!(all(Reader::open_whole(content).unwrap()), come);
    }
}
