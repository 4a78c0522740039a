//! The case folder: books over arbitrary bytes, a killed intake, and other programs reading the Parquet.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, UInt32Type, UInt64Type};
use coldcase::case::Case;
use coldcase::engine::Engine;
use polars::prelude::{LazyFrame, PlRefPath, ScanArgsParquet, SortMultipleOptions, col, len};
use proptest::prelude::*;

use crate::support::{AT, case_of, project, run};

#[test]
fn two_who_opened_a_case_before_either_wrote_keep_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.jsonl", "two.jsonl"].map(|name| folder.path().join(name));
    fs::write(&one, line(1)).unwrap();
    fs::write(&two, line(2)).unwrap();
    let mut first = case_of(&folder, &[]);
    let mut second = Case::open(first.dir()).unwrap();
    first.ingest(&[one], AT, &mut |_| {}).unwrap();
    second.ingest(&[two], AT, &mut |_| {}).unwrap();
    let after = Case::open(first.dir()).unwrap();
    assert_eq!(after.verify(None).unwrap().mismatches, []);
    let numbers: Vec<u32> = spans(&after).into_iter().map(|(evidence, _, _)| evidence).collect();
    assert_eq!(numbers, [0, 1], "each input has a number of its own");
}

/// Runs the real program until it writes a table, and kills it there.
#[test]
fn an_intake_killed_while_it_writes_can_be_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let input = folder.path().join("events.jsonl");
    let events: String = (0..60_000).map(|id| line(0).replace("id-0", &format!("id-{id}")) + "\n").collect();
    fs::write(&input, &events).unwrap();
    let args = ["ingest", "--quiet", "--case", "case", "events.jsonl"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_coldcase")).args(args).current_dir(folder.path()).spawn().unwrap();
    let writing = || fs::read_dir(dir.join("tables/audit")).is_ok_and(|mut files| files.next().is_some());
    while !writing() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it ended before it could be killed");
    let case = Case::open(&dir).unwrap();
    assert_eq!(case.evidence().len(), 0, "nothing counts before the line that commits it");
    assert!(spans(&case).is_empty());
    for _ in 0..2 {
        assert_eq!(run(folder.path(), &args).status.code(), Some(0));
        assert_eq!(spans(&Case::open(&dir).unwrap()).len(), 60_000, "every event, and each once");
    }
    let left = fs::read_dir(dir.join("tables/audit"))
        .unwrap()
        .filter(|f| f.as_ref().unwrap().path().extension().unwrap() == "tmp");
    assert_eq!(left.count(), 0, "nothing is left of the first try");
    assert_eq!(run(folder.path(), &["verify", "--case", "case"]).status.code(), Some(0));
}

/// Every span of every table, in order.
fn spans(case: &Case) -> Vec<(u32, u64, u64)> {
    let engine = Engine::open(case).unwrap();
    let parts = ["audit", "object", "text_line", "duplicate", "reject"];
    let parts = parts.map(|table| format!("SELECT evidence, \"offset\", length FROM {table}")).join(" UNION ALL ");
    let answer = engine.sql(&format!("SELECT * FROM ({parts}) ORDER BY 1, 2, 3"), &[]).unwrap();
    let mut spans = Vec::new();
    for batch in &answer.batches {
        let evidence = batch.column(0).as_primitive::<UInt32Type>();
        let (offset, length) =
            (batch.column(1).as_primitive::<UInt64Type>(), batch.column(2).as_primitive::<UInt64Type>());
        spans.extend((0..batch.num_rows()).map(|i| (evidence.value(i), offset.value(i), length.value(i))));
    }
    spans
}

fn line(id: u8) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"id-{id}","stage":"ResponseComplete","verb":"get","requestURI":"/api","stageTimestamp":"2031-04-05T06:07:08.000{id:03}Z"}}"#
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..Default::default() })]

    #[test]
    fn books_balance_and_every_record_has_one_place(
        parts in prop::collection::vec(
            prop_oneof![
                (0..20u8).prop_map(|id| format!("{}\n", line(id)).into_bytes()),
                (0..20u8, 1..200usize).prop_map(|(id, cut)| line(id).as_bytes()[..cut.min(60)].to_vec()),
                prop::collection::vec(any::<u8>(), 0..40),
                Just(b"\n".to_vec()),
            ],
            0..12,
        )
    ) {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("bytes");
        let bytes = parts.concat();
        fs::write(&input, &bytes).unwrap();
        let case = case_of(&folder, &[input]);
        let record = &case.evidence()[0];
        prop_assert_eq!(record.read, record.stored + record.duplicate + record.rejected);
        let spans = spans(&case);
        prop_assert_eq!(spans.len() as u64, record.read);
        for pair in spans.windows(2) {
            prop_assert!(pair[0].1 + pair[0].2 <= pair[1].1, "{:?} overlap", pair);
        }
        prop_assert!(spans.iter().all(|(_, offset, length)| offset + length <= record.content_size));
    }
}

#[test]
fn a_killed_intake_leaves_a_case_that_opens_and_the_same_command_completes_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let input = folder.path().join("events.jsonl");
    fs::write(&input, (0..9).map(|id| line(id) + "\n").collect::<String>()).unwrap();
    Case::create(&dir, AT).unwrap();
    // What a process killed while writing leaves: a half file, a whole file that no line lists, half a journal line.
    fs::create_dir_all(dir.join("tables/audit")).unwrap();
    fs::write(dir.join("tables/audit/000001-000.parquet.tmp"), b"PAR1 half").unwrap();
    fs::write(dir.join("tables/audit/000001-001.parquet"), b"PAR1 not listed").unwrap();
    let mut journal = OpenOptions::new().append(true).open(dir.join("journal.jsonl")).unwrap();
    journal.write_all(b"{\"seq\":1,\"at\":").unwrap();
    let mut case = Case::open(&dir).unwrap();
    assert!(spans(&case).is_empty());
    for _ in 0..2 {
        case.ingest(std::slice::from_ref(&input), AT, &mut |_| {}).unwrap();
        assert_eq!(spans(&Case::open(&dir).unwrap()).len(), 9);
    }
    let report = Case::open(&dir).unwrap().verify(None).unwrap();
    assert_eq!(report.mismatches, []);
    assert!(!dir.join("tables/audit/000001-001.parquet").exists());
}

#[test]
fn a_fuller_copy_takes_the_place_of_a_poorer_one_also_later() {
    let folder = tempfile::tempdir().unwrap();
    let full = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"lena@contoso.example"},"impersonatedUser":{"username":"admin"},"objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2031-04-05T06:07:08.000001Z","stageTimestamp":"2031-04-05T06:07:08.000002Z"}"#;
    let poor = r#"{"TimeGenerated":"2031-04-05T06:07:08Z","Type":"AKSAudit","Level":"Metadata","AuditId":"a","Stage":"ResponseComplete","RequestUri":"/api/v1/pods","Verb":"list","User":{"username":"lena@contoso.example"},"ObjectRef":{"resource":"pods","apiVersion":"v1"},"ResponseStatus":{"code":200},"RequestReceivedTime":"2031-04-05T06:07:08.000001Z","StageReceivedTime":"2031-04-05T06:07:08.000002Z"}"#;
    let (first, second) = (folder.path().join("poor.jsonl"), folder.path().join("full.jsonl"));
    fs::write(&first, poor).unwrap();
    fs::write(&second, full).unwrap();
    let mut case = case_of(&folder, &[first]);
    case.ingest(&[second], AT, &mut |_| {}).unwrap();
    let engine = Engine::open(&case).unwrap();
    let answer =
        engine.sql("SELECT impersonated_user_name, (SELECT count(*) FROM duplicate) AS n FROM audit", &[]).unwrap();
    assert_eq!(answer.rows(), 1, "one event, one row");
    let batch = answer.batches.iter().find(|batch| batch.num_rows() > 0).unwrap();
    assert!(!batch.column(0).is_null(0), "the row that knows the impersonated user stays");
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(0), 1);
    let books: Vec<_> = case.evidence().iter().map(|input| (input.read, input.stored, input.duplicate)).collect();
    assert_eq!(books, [(1, 0, 1), (1, 1, 0)], "the ledger says where the row is now");
}

#[test]
fn a_record_that_was_cut_and_a_table_that_lacks_a_column_make_one_whole_row() {
    let folder = tempfile::tempdir().unwrap();
    let event = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/configmaps","verb":"create","user":{"username":"lena@contoso.example"},"impersonatedUser":{"username":"admin"},"sourceIPs":["203.0.113.7"],"objectRef":{"resource":"configmaps","namespace":"web","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},"requestObject":{"kind":"ConfigMap"},"responseObject":{"kind":"ConfigMap","metadata":{"name":"settings"},"da"#;
    let cut = serde_json::json!({"time": "2031-04-05T06:07:08.1000000Z", "category": "kube-audit", "properties": {"log": event}});
    let row = r#"{"TimeGenerated":"2031-04-05T06:07:08Z","Type":"AKSAudit","Level":"RequestResponse","AuditId":"a","Stage":"ResponseComplete","RequestUri":"/api/v1/namespaces/web/configmaps","Verb":"create","User":{"username":"lena@contoso.example"},"SourceIps":["203.0.113.7"],"ObjectRef":{"resource":"configmaps","namespace":"web","apiVersion":"v1"},"ResponseStatus":{"code":201},"RequestObject":{"kind":"ConfigMap"},"ResponseObject":{"kind":"ConfigMap","metadata":{"name":"settings"},"data":{}},"Annotations":{"authorization.k8s.io/decision":"allow"},"RequestReceivedTime":"2031-04-05T06:07:08.000001Z","StageReceivedTime":"2031-04-05T06:07:08.000002Z"}"#;
    let (first, second) = (folder.path().join("cut.json"), folder.path().join("row.jsonl"));
    fs::write(&first, cut.to_string()).unwrap();
    fs::write(&second, row).unwrap();
    let wanted = [
        ["impersonated_user_name", "admin"],
        ["response_object", r#"{"kind":"ConfigMap","metadata":{"name":"settings"},"data":{}}"#],
        ["decision", "allow"],
        ["name", "settings"],
        ["body", "recorded"],
        ["time", "2031-04-05T06:07:08.000002Z"],
        ["category", "AKSAudit"],
    ];
    let columns = wanted.map(|[column, _]| format!("CAST({column} AS VARCHAR)")).join(", ");
    // In one intake, and in two, in either order.
    for order in [vec![vec![&first, &second]], vec![vec![&first], vec![&second]], vec![vec![&second], vec![&first]]] {
        let folder = tempfile::tempdir().unwrap();
        let mut case = case_of(&folder, &[]);
        for paths in &order {
            case.ingest(&paths.iter().map(|p| p.to_path_buf()).collect::<Vec<_>>(), AT, &mut |_| {}).unwrap();
        }
        let engine = Engine::open(&case).unwrap();
        let answer = engine.sql(&format!("SELECT {columns}, CAST(not_recorded AS VARCHAR) FROM audit"), &[]).unwrap();
        assert_eq!(answer.rows(), 1, "{order:?}");
        let batch = answer.batches.iter().find(|batch| batch.num_rows() > 0).unwrap();
        for (place, [column, value]) in wanted.iter().enumerate() {
            assert_eq!(batch.column(place).as_string::<i32>().value(0), *value, "{column}, {order:?}");
        }
        assert!(batch.column(wanted.len()).is_null(0), "together they hold everything");
        let books: u64 = case.evidence().iter().map(|input| input.stored + input.duplicate).sum();
        assert_eq!(books, 2);
        assert_eq!(spans(&case).len(), 2, "both records can be shown");
    }
}

#[test]
fn polars_reads_the_same_rows_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let case = case_of(&folder, &[project("sample-data/incidents/quiet-hour/evidence")]);
    let files = case.files("audit");
    assert_eq!(files.len(), 1);
    let frame = LazyFrame::scan_parquet(PlRefPath::new(files[0].to_string_lossy()), ScanArgsParquet::default())
        .unwrap()
        .with_columns([col("verb").cast(polars::prelude::DataType::String)])
        .group_by([col("verb")])
        .agg([len().alias("n")])
        .sort(["verb"], SortMultipleOptions::default())
        .collect()
        .unwrap();
    let verbs = frame.column("verb").unwrap().str().unwrap().iter().map(|v| v.unwrap().to_owned());
    let counts = frame.column("n").unwrap().u32().unwrap().iter().map(|n| i64::from(n.unwrap()));
    let theirs: BTreeMap<String, i64> = verbs.zip(counts).collect();
    let answer =
        Engine::open(&case).unwrap().sql("SELECT CAST(verb AS VARCHAR), count(*) FROM audit GROUP BY 1", &[]).unwrap();
    let mut ours = BTreeMap::new();
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            let verb = batch.column(0).as_string::<i32>().value(row).to_owned();
            ours.insert(verb, batch.column(1).as_primitive::<Int64Type>().value(row));
        }
    }
    assert_eq!(theirs, ours);
    assert!(ours.values().sum::<i64>() > 2_000);
}
