//! `coldcase query` as people and scripts use it: the shell, its files and formats, and files asked without a case.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{project, run, text};

const LOG: &str = "sample-data/incidents/aks-intrusion/evidence/audit-log/audit.log.gz";
const ALL: &str = "sample-data/incidents/aks-intrusion/evidence";

/// A folder with a case of the sample's audit log.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = project(LOG);
    assert_eq!(run(folder.path(), &["ingest", "--quiet", log.to_str().unwrap()]).status.code(), Some(0));
    folder
}

/// Runs the program with a text as standard input.
fn piped(dir: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coldcase"))
        .args(args)
        .current_dir(dir)
        .env("PAGER", "false")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that ends early does not read all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn statements_from_a_pipe_are_answered_one_after_the_other() {
    let folder = folder();
    let script =
        "-- a comment; with a semicolon\nSELECT 1 AS a,\n  ';' AS b; SELECT 2 AS c;\n\n\\format jsonl\nSELECT 3 AS d";
    for args in [&["query", "--format", "csv"][..], &["query", "-", "--format", "csv"]] {
        let output = piped(folder.path(), args, script);
        assert_eq!(text(&output), ("a,b\n1,;\nc\n2\n{\"d\":3}\n".to_owned(), String::new()));
        assert_eq!(output.status.code(), Some(0));
    }
    assert_eq!(text(&piped(folder.path(), &["query"], "")), (String::new(), String::new()));
    let params = ["query", "--format", "csv", "--param", "verb=zap"];
    assert_eq!(text(&piped(folder.path(), &params, "SELECT $verb AS v; SELECT 1 AS n;")).0, "v\nzap\nn\n1\n");
}

#[test]
fn a_script_ends_at_its_first_error() {
    let folder = folder();
    let output =
        piped(folder.path(), &["query", "--format", "csv"], "SELECT 1 AS a;\nSELECT nothing;\nSELECT 2 AS b;\n");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(out, "a\n1\n");
    assert!(err.contains("nothing"), "{err}");
    let output = piped(folder.path(), &["query"], "\\nonsense\nSELECT 1;\n");
    assert_eq!((output.status.code(), text(&output).0.as_str()), (Some(2), ""));
    // Only reading is allowed here too.
    let output = piped(folder.path(), &["query"], "COPY audit TO 'x.parquet';");
    assert_eq!(output.status.code(), Some(4));
    assert!(!folder.path().join("x.parquet").exists());
}

#[test]
fn commands_show_what_there_is_and_send_answers_to_files() {
    let folder = folder();
    let dir = folder.path();
    let shown = |input: &str| text(&piped(dir, &["query"], input)).0;
    assert_eq!(
        shown("\\d\n").lines().find(|line| line.starts_with("audit ")).unwrap().split_whitespace().nth(2),
        Some("rows")
    );
    assert!(shown("\\d audit\n").contains("request_uri") && shown("\\d timeline").contains("actor"));
    assert!(shown("\\hunts\n").contains("hands-on") && shown("\\h").contains("\\timing"));
    fs::write(dir.join("inner.sql"), "SELECT 2 AS b;\nSELECT 3 AS c").unwrap();
    fs::write(dir.join("outer.sql"), "SELECT 1 AS a;\n\\i inner.sql\n").unwrap();
    let script = "\\format csv\n\\o out.csv\n\\i outer.sql\n\\o\n\\format\nSELECT 4 AS d;\n\\q\nSELECT 5;";
    let output = piped(dir, &["query"], script);
    assert_eq!(text(&output), ("d\n4\n".to_owned(), "csv\n".to_owned()));
    assert_eq!(fs::read_to_string(dir.join("out.csv")).unwrap(), "a\n1\nb\n2\nc\n3\n");
    fs::write(dir.join("self.sql"), "\\i self.sql\n").unwrap();
    let output = piped(dir, &["query"], "\\i self.sql\n");
    assert!(output.status.code() == Some(2) && text(&output).1.contains("reads itself"), "{:?}", text(&output));
    let output = piped(dir, &["query"], "\\timing\nSELECT 1;");
    assert!(text(&output).1.lines().any(|line| line.ends_with(" ms")), "{:?}", text(&output));
}

#[test]
fn a_file_that_can_hold_one_answer_holds_no_second() {
    let folder = folder();
    let dir = folder.path();
    let output = piped(dir, &["query", "-o", "a.parquet"], "SELECT 1 AS a;\nSELECT 2 AS b;\n");
    assert_eq!(output.status.code(), Some(2), "{:?}", text(&output));
    let rows = parquet_rows(&dir.join("a.parquet"));
    assert_eq!(rows, 1);
}

#[test]
fn every_question_that_shows_secrets_is_in_the_journal() {
    let folder = folder();
    let journal = || fs::read_to_string(folder.path().join("case/journal.jsonl")).unwrap();
    let script = "SELECT 'one asked' AS q;\nSELECT 'two asked' AS q;\n";
    piped(folder.path(), &["query"], script);
    assert!(!journal().contains("asked"));
    let output = piped(folder.path(), &["query", "--show-secrets", "--investigator", "R. Example"], script);
    assert_eq!(output.status.code(), Some(0));
    for question in ["SELECT 'one asked' AS q", "SELECT 'two asked' AS q"] {
        let line = journal().lines().find(|line| line.contains(question)).map(str::to_owned).unwrap();
        assert!(line.contains("reveal") && line.contains("R. Example"), "{line}");
    }
    assert_eq!(run(folder.path(), &["verify"]).status.code(), Some(0));
}

fn parquet_rows(path: &Path) -> usize {
    let file = fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn the_name_of_the_file_chooses_the_format_of_queries_hunts_and_findings() {
    let folder = folder();
    let dir = folder.path();
    let verbs = "SELECT verb, count(*) AS n FROM audit GROUP BY verb ORDER BY n DESC, verb";
    let file = |name: &str| fs::read(dir.join(name)).unwrap();
    let ask = |args: &[&str]| {
        let output = run(dir, args);
        assert_eq!(output.status.code(), Some(0), "{args:?} {:?}", text(&output));
        text(&output).0
    };
    let lines = ask(&["query", verbs, "--format", "jsonl"]);
    for name in ["a.csv", "a.jsonl", "a.json", "a.md", "a.txt", "a.parquet", "a.arrow"] {
        assert_eq!(ask(&["query", verbs, "-o", name]), "");
    }
    assert_eq!(file("a.jsonl"), lines.as_bytes());
    assert!(file("a.csv").starts_with(b"verb,n\n") && file("a.md").starts_with(b"| verb | n |\n|---|---:|\n"));
    assert!(file("a.txt").ends_with(b"rows\n"));
    let array: Value = serde_json::from_slice(&file("a.json")).unwrap();
    assert_eq!(array.as_array().unwrap().len(), lines.lines().count());
    assert_eq!(parquet_rows(&dir.join("a.parquet")), lines.lines().count());
    let reader = arrow_ipc::reader::FileReader::try_new(fs::File::open(dir.join("a.arrow")).unwrap(), None).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), lines.lines().count());
    assert!(ask(&["query", verbs, "--chart", "bar"]).contains("get  "));
    for chart in ["bar", "line"] {
        assert!(ask(&["query", verbs, "--chart", chart]).starts_with(if chart == "bar" { "verb" } else { "n\n" }));
        ask(&["query", verbs, "--chart", chart, "-o", "a.svg"]);
        assert!(file("a.svg").starts_with(b"<svg "));
    }
    // The same of what is not asked by hand.
    ask(&["hunt", "actors", "-o", "hunt.md"]);
    assert!(file("hunt.md").starts_with(b"| "));
    ask(&["hunt", "actors", "-o", "hunt.arrow"]);
    assert!(file("hunt.arrow").starts_with(b"ARROW1"));
    ask(&["replay", "-o", "findings.arrow"]);
    assert!(file("findings.arrow").starts_with(b"ARROW1"));
    ask(&["incidents", "-o", "incidents.csv"]);
    assert!(file("incidents.csv").contains(&b','));
    for args in [&["query", verbs, "-o", "a.svg"][..], &["query", "SELECT verb FROM audit", "--chart", "bar"]] {
        assert_eq!(run(dir, args).status.code(), Some(2), "{args:?}");
    }
}

/// Questions of many tables, whose answers do not hang on where a case lies.
const QUESTIONS: [&str; 9] = [
    "SELECT verb, resource, count(*) AS n FROM audit GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(*) FROM audit",
    "SELECT * FROM audit ORDER BY time, evidence, \"offset\" LIMIT 50",
    "SELECT name, containers, subjects FROM audit WHERE containers IS NOT NULL OR subjects IS NOT NULL ORDER BY time, \"offset\"",
    "SELECT json_get(request_object, 'spec') FROM audit WHERE verb = 'create' ORDER BY time, \"offset\"",
    "SELECT source, actor, verb, object, status FROM timeline ORDER BY time, evidence, \"offset\", source LIMIT 200",
    "SELECT sha256, read, stored, duplicate, rejected FROM evidence ORDER BY 1",
    "SELECT of_table, id, stage, time, category, \"offset\" FROM duplicate ORDER BY 1, 2, 3, 4, 6 LIMIT 100",
    "SELECT reason, line, sample FROM reject ORDER BY 1, 2, 3",
];

/// Asks files without a case, and a case that was made of them.
fn compare(inputs: &str, questions: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    run(folder.path(), &["ingest", "--quiet", inputs]);
    for question in questions {
        let case = run(folder.path(), &["query", question, "--format", "jsonl"]);
        let raw = Command::new(env!("CARGO_BIN_EXE_coldcase"))
            .args(["query", "--raw", inputs, question, "--format", "jsonl"])
            .current_dir(folder.path())
            .env("TMPDIR", &temporary)
            .output()
            .unwrap();
        assert_eq!(case.status.code(), Some(0), "{question}: {}", text(&case).1);
        assert_eq!(text(&raw).0, text(&case).0, "{question}: {}", text(&raw).1);
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{question}: something was kept");
    }
}

#[test]
fn files_without_a_case_give_the_answers_of_a_case_of_them() {
    compare(project(LOG).to_str().unwrap(), &QUESTIONS);
}

/// The same events came by several ways, each with something that others lack.
#[test]
fn and_so_do_files_whose_copies_of_an_event_complete_one_another() {
    compare(project(ALL).to_str().unwrap(), &QUESTIONS[..2]);
}

#[test]
fn what_cannot_be_read_of_a_file_is_said_and_secrets_need_a_case() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let event = |verb: &str, id: u8| {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"c0ffee00-0000-4000-8000-00000000000{id}","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"{verb}","user":{{"username":"lena"}},"stageTimestamp":"2031-04-05T06:07:08.000002Z"}}"#
        )
    };
    fs::write(
        dir.join("a.jsonl"),
        format!("{}\n{{broken\n{}\n{}\n", event("get", 1), event("list", 2), event("list", 2)),
    )
    .unwrap();
    let output = run(dir, &["query", "--raw", "a.jsonl", "SELECT verb FROM audit ORDER BY 1", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(0));
    let (out, err) = text(&output);
    assert_eq!(out, "verb\nget\nlist\n");
    assert!(err.contains("a.jsonl (json-lines): 4 read = 2 stored + 1 duplicate + 1 rejected"), "{err}");
    let output = run(dir, &["query", "--raw", "missing.jsonl", "SELECT count(*) FROM audit", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(3), "{:?}", text(&output));
    assert!(text(&output).1.contains("missing.jsonl"));
    let output = run(dir, &["query", "--raw", "a.jsonl", "--show-secrets", "SELECT 1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!dir.join("case").exists());
    // The shell asks files too.
    let output = piped(dir, &["query", "--raw", "a.jsonl", "--format", "csv"], "SELECT count(*) AS n FROM reject;");
    assert_eq!(text(&output).0, "n\n1\n");
}
