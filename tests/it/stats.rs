//! `coldcase stats` against DuckDB: what each measure says is what the queries in `tests/duckdb` give, which DuckDB asks of
//! the same Parquet without us. Their answers are kept beside them and made again wherever there is a DuckDB.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use coldcase::model::Micros;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{case_of, project, run, text};

/// One query: its name, the command it judges, and the case both ask.
struct Judge {
    name: String,
    command: Vec<String>,
    case: String,
}

fn judges() -> Vec<Judge> {
    let files = fs::read_dir(project("tests/duckdb")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "sql")).collect();
    files.sort();
    let judge = |path: PathBuf| {
        let sql = fs::read_to_string(&path).unwrap();
        let head = |line: usize, word: &str| {
            let line = sql.lines().nth(line).unwrap();
            line.strip_prefix(word).unwrap_or_else(|| panic!("{}: {line}", path.display())).to_owned()
        };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Judge { name, command: words(&head(0, "-- coldcase ")), case: head(1, "-- case: ") }
    };
    files.into_iter().map(judge).collect()
}

/// A command line as a shell takes it apart, quotes included.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote, mut open) = (Vec::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(by), c) if c == by => quote = None,
            (None, ' ') => open = false,
            _ => {
                if !open {
                    words.push(String::new());
                    open = true;
                }
                words.last_mut().unwrap().push(c);
            }
        }
    }
    words
}

/// The cases that the queries are about, each in a folder of its own below `folder`.
fn cases(folder: &TempDir) -> Vec<(&'static str, PathBuf)> {
    let into = |name: &str, inputs: &[PathBuf]| {
        let below = tempfile::tempdir_in(folder.path()).unwrap();
        drop(case_of(&below, inputs));
        let path = folder.path().join(name);
        fs::rename(below.path().join("case"), &path).unwrap();
        path
    };
    let audit = folder.path().join("audit.log");
    let events = [
        // Before she signed in, just after, and more than half an hour later.
        ("a", "lena@contoso.example", "192.0.2.1", "2031-04-05T06:05:00.000000Z"),
        ("b", "Lena@Contoso.example", "203.0.113.7", "2031-04-05T06:06:00.123456Z"),
        ("c", "lena@contoso.example", "192.0.2.1", "2031-04-05T07:07:00.000000Z"),
        // By her object id; a program that never signed in; nobody that Entra knows.
        ("d", "u-1", "192.0.2.1", "2031-04-05T06:20:00.000000Z"),
        ("e", "00000000-1111-2222-3333-555555555555", "192.0.2.9", "2031-04-05T06:20:00.000000Z"),
        ("f", "system:serviceaccount:web:ci", "10.244.3.9", "2031-04-05T06:20:00.000000Z"),
    ];
    let line = |(id, user, address, time): &(&str, &str, &str, &str)| {
        let event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
            "requestURI": "/api/v1/namespaces/web/pods", "verb": "list", "user": {"username": user}, "sourceIPs": [address],
            "userAgent": "kubectl", "objectRef": {"resource": "pods", "namespace": "web"}, "responseStatus": {"code": 200},
            "stageTimestamp": time,
        });
        format!("{event}\n")
    };
    fs::write(&audit, events.iter().map(line).collect::<String>()).unwrap();
    vec![
        ("aks-intrusion", into("aks-intrusion", &[project("sample-data/incidents/aks-intrusion/evidence")])),
        ("signed-in", into("signed-in", &[project("sample-data/formats/entra/sign-ins.jsonl"), audit])),
    ]
}

/// A Python with DuckDB, if there is one: `COLDCASE_DUCKDB` names it, `.ci/run` makes one.
fn duckdb() -> Option<PathBuf> {
    let named = std::env::var_os("COLDCASE_DUCKDB").map(PathBuf::from);
    let made = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/coldcase/oracle/bin/python"));
    let candidates = named.into_iter().chain(made).chain([PathBuf::from("python3")]);
    let has = |python: &PathBuf| {
        Command::new(python).args(["-c", "import duckdb"]).output().is_ok_and(|output| output.status.success())
    };
    candidates.into_iter().find(has)
}

/// Rows of CSV, the head first.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The same moment, the same number as far as it is printed, else the same text.
fn same(one: &str, other: &str) -> bool {
    let numbers = one.parse::<f64>().ok().zip(other.parse::<f64>().ok());
    let times = Micros::parse(one).zip(Micros::parse(other));
    one == other
        || numbers.is_some_and(|(one, other)| (one - other).abs() <= 1e-9 * one.abs().max(1.0))
        || times.is_some_and(|(one, other)| one == other)
}

#[test]
fn measures_say_what_duckdb_says() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(&folder);
    let judges = judges();
    let kept = project("tests/duckdb");
    if let Some(python) = duckdb() {
        let made = tempfile::tempdir().unwrap();
        let mut command = Command::new(&python);
        command.arg(kept.join("run.py")).arg(made.path());
        command.args(cases.iter().map(|(name, path)| format!("{name}={}", path.display())));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output).1);
        for judge in &judges {
            let name = format!("{}.csv", judge.name);
            let new = fs::read_to_string(made.path().join(&name)).unwrap();
            if std::env::var_os("COLDCASE_WRITE_DUCKDB").is_some() {
                fs::write(kept.join(&name), &new).unwrap();
            }
            assert!(fs::read_to_string(kept.join(&name)).unwrap_or_default() == new, "DuckDB gives another {name} now");
        }
    }
    let mut judged = Vec::new();
    for judge in &judges {
        let case = cases.iter().find(|(name, _)| *name == judge.case).unwrap().1.to_string_lossy().into_owned();
        let more = ["--case", &case, "--format", "csv"];
        let command: Vec<&str> = judge.command.iter().map(String::as_str).chain(more).collect();
        let output = run(folder.path(), &command);
        let (out, error) = text(&output);
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{command:?}");
        let (ours, theirs) = (rows(&out), rows(&fs::read_to_string(kept.join(format!("{}.csv", judge.name))).unwrap()));
        assert!(theirs.len() > 1, "{}: DuckDB found nothing to compare", judge.name);
        for (number, (one, other)) in ours.iter().zip(&theirs).enumerate() {
            let equal = one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other));
            assert!(equal, "{} row {number}:\n  coldcase {one:?}\n  DuckDB   {other:?}", judge.name);
        }
        assert_eq!(ours.len(), theirs.len(), "{}: rows, the head included", judge.name);
        judged.push(judge.command[1].clone());
    }
    for (measure, _) in coldcase::stats::METHODS {
        assert!(judged.iter().any(|name| name == measure), "no query of DuckDB judges {measure}");
    }
}

#[test]
fn measures_go_to_every_format_and_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let event = |id: u32, time: &str, more: &str| {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id}","stage":"ResponseComplete","requestURI":"/api","verb":"get","user":{{"username":"lena"}},"sourceIPs":["192.0.2.1","192.0.2.2"],"userAgent":"kubectl"{more},"stageTimestamp":"{time}"}}"#
        )
    };
    let lines = [
        event(1, "2031-04-05T06:00:00.000000Z", ""),
        event(2, "2031-04-05T06:00:30.000000Z", ""),
        event(3, "2031-04-05T06:02:00.000000Z", r#","objectRef":{"resource":"total"}"#),
    ];
    let file = folder.path().join("audit.log");
    fs::write(&file, lines.join("\n")).unwrap();
    drop(case_of(&folder, &[file]));
    let ask = |args: &[&str]| run(folder.path(), &[&["stats"], args, &["--case", "case"]].concat());
    let said = |args: &[&str]| text(&ask(args)).0;
    // A bar in a table, none elsewhere.
    let shown = said(&["histogram"]);
    assert!(shown.contains(&"█".repeat(40)) && shown.contains(&format!("  {}\n", "█".repeat(20))), "{shown}");
    assert_eq!(
        said(&["histogram", "--format", "jsonl"]).lines().nth(1).unwrap(),
        r#"{"begin":"2031-04-05T06:01:00Z","events":0,"distinct_request":0,"distinct_actor":0}"#
    );
    let parquet = folder.path().join("out.parquet");
    said(&["rare", "--format", "parquet", "-o", parquet.to_str().unwrap()]);
    assert!(fs::read(&parquet).unwrap().starts_with(b"PAR1"));
    // A list is its values, and a value cannot take the name of a column of ours.
    let csv = said(&["pivot", "--rows", "source", "--columns", "kind", "--format", "csv"]);
    assert_eq!(csv.lines().collect::<Vec<_>>(), ["source,total,(none),total_", "\"192.0.2.1, 192.0.2.2\",3,2,1"]);
    // Its own method is what help says.
    for (name, method) in coldcase::stats::METHODS {
        let help = text(&run(folder.path(), &["stats", name, "--help"])).0;
        let (help, method) = (help.split_whitespace(), method.split_whitespace());
        assert!(help.collect::<Vec<_>>().join(" ").starts_with(&method.collect::<Vec<_>>().join(" ")), "{name}");
    }
    for (args, code, wrong) in [
        (&["histogram", "--by", "colour"] as &[&str], 2, "there is no column `colour` to measure"),
        (&["sessions", "--sql", "SELECT time FROM audit"], 2, "--key must say which columns are meant"),
        (&["quiet", "--sql", "SELECT verb FROM audit"], 2, "has no column with the time"),
        (&["quiet", "--sql", "SELECT time FROM nothing"], 4, "nothing"),
        (&["rare", "--sql", "SELECT time, verb AS first FROM audit", "--of", "first"], 2, "would have one name"),
        (&["histogram", "--sql", "SELECT time, verb AS \"^v.*$\" FROM audit", "--by", "^v.*$"], 2, "cannot be called"),
        (&["histogram", "--every", "5"], 2, "no length of time"),
        (
            &[
                "histogram",
                "--sql",
                "SELECT time, time AS t FROM audit UNION SELECT TIMESTAMP '1970-01-01', TIMESTAMP '1970-01-01'",
                "--every",
                "1s",
            ],
            2,
            "a longer --every gives fewer",
        ),
    ] {
        let output = ask(args);
        let (out, error) = text(&output);
        assert!(
            output.status.code() == Some(code) && out.is_empty() && error.contains(wrong),
            "{args:?}: {error}{out}"
        );
    }
    // Without rows there is nothing, under the same heads.
    for args in [
        &["histogram"] as &[&str],
        &["histogram", "--by", "verb", "--distinct", "actor"],
        &["rare", "--of", "verb", "--by", "actor"],
        &["baseline", "--key", "actor", "--distinct", "name"],
        &["sessions", "--key", "actor"],
        &["pivot", "--rows", "actor", "--columns", "verb"],
        &["quiet", "--by", "actor"],
        &["as-of", "--by", "actor", "--before", "SELECT * FROM denied"],
    ] {
        let output = ask(&[args, &["--sql", "SELECT * FROM denied"]].concat());
        let (out, error) = text(&output);
        assert!(error.is_empty() && out.ends_with("\n0 rows\n"), "{args:?}: {out}{error}");
    }
    // Nothing is before it.
    let before = "SELECT time, verb FROM denied";
    let alone = said(&["as-of", "--sql", "SELECT time, verb FROM audit", "--before", before, "--format", "csv"]);
    assert_eq!(
        alone.lines().take(2).collect::<Vec<_>>(),
        ["time,verb,seconds_before,before_time,before_verb", "2031-04-05T06:00:00.000000Z,get,,,"]
    );
    assert_eq!(text(&ask(&["sign-ins"])).0.lines().count(), 3);
}

#[test]
fn secrets_stay_hidden_in_what_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let object = r#"{"kind":"Secret","apiVersion":"v1","data":{"password":"bm90LXRoaXM="}}"#;
    let line = format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/secrets","verb":"create","user":{{"username":"lena"}},"sourceIPs":["192.0.2.1"],"objectRef":{{"resource":"secrets","namespace":"web","name":"db"}},"responseStatus":{{"code":201}},"requestObject":{object},"stageTimestamp":"2031-04-05T06:00:00.000000Z"}}"#
    );
    let file = folder.path().join("audit.log");
    fs::write(&file, line).unwrap();
    drop(case_of(&folder, &[file]));
    let sql = "SELECT time, verb, request_object FROM audit";
    for args in [
        &["rare", "--of", "request_object"] as &[&str],
        &["pivot", "--rows", "verb", "--columns", "request_object"],
        &["as-of", "--by", "verb", "--before", sql],
    ] {
        let (out, error) = text(&run(folder.path(), &[&["stats"], args, &["--case", "case", "--sql", sql]].concat()));
        assert!(out.contains("password") && !out.contains("bm90"), "{args:?}: {out}{error}");
    }
}
