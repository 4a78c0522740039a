//! Runtime and network sources through reader and decoder: bytes, notes, and real captures.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{cell, cells, read, spans};
use crate::formats::block::decode;
use crate::formats::envelopes::Found;
use crate::formats::{Batch, Item, Reader, Rows, classify};
use crate::model::EvidenceId;

/// Returns a folder of real captures when it is there.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/public").join(folder);
    path.is_dir().then_some(path)
}

fn sheet<'b>(batch: &'b Batch, table: &str) -> &'b arrow::array::RecordBatch {
    &batch.sheets.iter().find(|sheet| sheet.table == table).unwrap().rows
}

#[test]
fn a_column_called_time_is_not_ours() {
    let row = r#"{"TimeGenerated":"2031-04-05T06:07:08Z","time":"2030-01-01T00:00:00Z","Type":"Own_CL"}"#;
    let (batch, _) = read(row.as_bytes());
    let rows = sheet(&batch, "Own_CL");
    assert_eq!(cell(rows, "time", 0).as_deref(), Some("2031-04-05T06:07:08.000000Z"));
    assert_eq!(cell(rows, "time_", 0).as_deref(), Some("2030-01-01T00:00:00Z"));
}

/// The specimens of these sources.
fn specimens() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats");
    let folders = ["falco", "tetragon", "hubble", "network-flow", "kubeforensys", "kubeshark"];
    let files = folders.iter().filter_map(|folder| fs::read_dir(root.join(folder)).ok()).flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let own = paths.iter().filter(|path| !path.to_string_lossy().ends_with(".expect.json"));
    own.map(|path| fs::read(path).unwrap()).collect()
}

/// Says whether no byte is in two rows or rejects, and none is outside of the content.
fn are_apart(content: &[u8]) -> bool {
    let (batch, _) = read(content);
    let all = spans(&batch);
    let apart = all.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0);
    apart && all.iter().all(|(offset, length)| *length > 0 && (offset + length) as usize <= content.len())
}

#[test]
fn the_bytes_of_a_tuple_are_the_tuple() {
    let tuples =
        ["1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", "1933135629,192.0.2.1,10.0.0.4,1,22,U,O,D,B,,,,"];
    let text = format!(
        "\u{feff}\n{{\"records\":[{{\"category\":\"NetworkSecurityGroupFlowEvent\",\"properties\":{{\"Version\":2,\
         \"flows\":[{{\"rule\":\"é\",\"flows\":[{{\"flowTuples\":[\"{}\",\n \"{}\"]}}]}}]}}}}]}}",
        tuples[0], tuples[1]
    );
    let (batch, _) = read(text.as_bytes());
    let found = spans(&batch).into_iter().map(|(offset, length)| &text[offset as usize..(offset + length) as usize]);
    assert_eq!(found.collect::<Vec<_>>(), tuples.map(|tuple| format!("\"{tuple}\"")));
    let refused = text.replace("192.0.2.1", "192.0.2.x");
    let (batch, _) = read(refused.as_bytes());
    assert_eq!((batch.rejects[0].line, batch.rejects.len(), batch.read), (3, 1, 2));
    assert!(batch.rejects[0].sample.starts_with("\"1933135629,192.0.2.x"));
}

#[test]
fn a_tuple_of_a_captured_message_has_the_bytes_of_the_message() {
    let [one, bad] =
        ["1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,", "1933135629,192.0.2.x,10.0.0.4,1,22,U,O,D,B,,,,"];
    let flows = format!(r#"[{{"rule":"r","flows":[{{"flowTuples":["{one}","{bad}","{one}"]}}]}}]"#);
    let properties = format!(r#""properties":{{"Version":2,"flows":{flows}}}"#);
    let whole = format!(r#"{{"records":[{{"category":"NetworkSecurityGroupFlowEvent",{properties}}}]}}"#);
    for text in [&whole[..], &whole[..whole.len() - 8]] {
        let mut rows = Rows::new(EvidenceId(7), "input");
        let item = Item { made: true, ..Item::new(100..120, 0, text) };
        classify::read(Found::Item(item), &mut rows);
        let batch = rows.finish();
        assert!(batch.read >= 3);
        assert!(spans(&batch).iter().all(|span| *span == (100, 20)), "{:?}", spans(&batch));
    }
}

#[test]
fn every_cut_of_a_flow_log_keeps_the_tuples_before_it() {
    let tuple = |n: u32| format!("{},198.51.100.7,10.0.0.4,{n},22,T,I,A,B,,,,", 1_933_135_628 + n);
    let part = |rule: &str, a: u32, b: u32| {
        let (a, b) = (tuple(a), tuple(b));
        format!(r#"{{"rule":"{rule}","flows":[{{"mac":"00","flowTuples":["{a}","{b}"]}}]}}"#)
    };
    let record = |a: u32| {
        let (one, two) = (part("r", a, a + 1), part("s", a + 2, a + 3));
        format!(r#"{{"category":"NetworkSecurityGroupFlowEvent","properties":{{"Version":2,"flows":[{one},{two}]}}}}"#)
    };
    let log = format!(r#"{{"records":[{},{}]}}"#, record(1), record(5));
    let ends: Vec<usize> = (1..=8).map(|n| log.find(&tuple(n)).unwrap() + tuple(n).len() + 1).collect();
    for cut in 1..log.len() {
        let (batch, _) = read(&log.as_bytes()[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let rows = batch.sheets.iter().map(|sheet| sheet.rows.num_rows()).sum::<usize>();
        assert_eq!(rows, whole, "cut at {cut}: {:?}", batch.rejects);
        assert!(batch.rejects.len() <= 1 && are_apart(&log.as_bytes()[..cut]), "{:?}", batch.rejects);
    }
}

#[test]
fn rows_of_a_file_named_like_a_table_are_of_it() {
    let csv = b"TimeGenerated,namespace,pod_name,issue_type,details\n2031-04-01T00:00:00Z,shop,,privileged,x\n";
    let mut reader = Reader::open(Box::new(Cursor::new(csv.to_vec()))).unwrap();
    let mut rows = Rows::new(EvidenceId(1), "suspiciouspods_CL.csv");
    while let Some(block) = reader.next_block().unwrap() {
        decode(&block, &mut rows);
    }
    let batch = rows.finish();
    assert_eq!(batch.sheets[0].table, "suspiciouspods_CL");
    assert!(batch.notes.iter().any(|note| note.contains("pod_name is empty")), "{:?}", batch.notes);
}

#[test]
fn a_note_is_there_once_however_many_rows() {
    let row = r#"{"TenantId":"t","TimeGenerated":"2031-04-01T00:00:00Z","binding_type":"RoleBinding","Type":"rbacbindings_CL"}"#;
    let (batch, _) = read(format!("{row}\n{row}\n{row}\n").as_bytes());
    let notes = batch.notes.iter().filter(|note| note.contains("column BindingKind")).count();
    assert_eq!((notes, batch.read), (1, 3));
}

#[test]
fn what_is_nested_deeper_than_json_is_read_does_no_harm() {
    for (before, after) in [
        (r#"{"rule":"a","priority":"Error","output":"x","output_fields":"#, "}"),
        (r#"{"process_exec":{"process":{"pod":"#, r#"}},"node_name":"n"}"#),
        (r#"{"verdict":"DROPPED","IP":"#, "}"),
        (r#"{"category":"FlowLogFlowEvent","flowLogVersion":4,"flowRecords":{"flows":"#, "}}"),
        (r#"{"category":"FlowLogFlowEvent","flowLogVersion":4,"flowTuples":"#, ""),
        (r#"{"src":{"ip":"a"},"dst":{"ip":"b"},"timestamp":1,"protocol":"#, "}"),
    ] {
        let deep = 20_000;
        let text = format!("{before}{}{}{after}", "[".repeat(deep), "]".repeat(deep));
        assert!(are_apart(text.as_bytes()));
        assert!(are_apart(&text.as_bytes()[..before.len() + deep]));
    }
}

#[test]
fn a_recorded_flow_log_gives_a_row_for_each_tuple() {
    let Some(folder) = shared("datadog-log-forwarding") else { return };
    let content = fs::read(folder.join("networksecuritygroupflowevent_logs.json")).unwrap();
    let (batch, _) = read(&content);
    let rows = sheet(&batch, "network_flow");
    // Counted in the text: every tuple of version 2 has its state between commas behind A or D.
    let text = String::from_utf8(content.clone()).unwrap();
    let tuples = text.split('"').filter(|part| part.matches(',').count() == 12).count();
    assert_eq!((rows.num_rows(), batch.rejects.len(), tuples), (44, 0, 44));
    let columns = ["time", "source_ip", "destination_ip", "source_port", "destination_port", "protocol", "direction"];
    assert_eq!(
        cells(rows, 2, &columns),
        ["2025-03-21T20:59:40.000000Z", "10.101.0.104", "40.0.154.81", "44838", "443", "TCP", "outbound"]
    );
    assert_eq!(
        cells(rows, 2, &["state", "packets_sent", "bytes_sent", "packets_received"]),
        ["end", "11", "3981", "0"]
    );
    assert!(are_apart(&content));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_specimens_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..6),
    ) {
        let all = specimens();
        prop_assume!(!all.is_empty());
        let mut content = which.get(&all).clone();
        for (place, change, byte) in changes {
            let at = place.index(content.len().max(1));
            match change {
                0 if at < content.len() => content[at] = byte,
                1 => content.insert(at, byte),
                2 => content.truncate(at),
                _ => content.insert(at, b"{}[]\",:0"[usize::from(byte % 8)]),
            }
        }
        prop_assert!(are_apart(&content), "{:?}", String::from_utf8_lossy(&content));
    }
}
