//! The real program: bad input, refusals, exit codes, and hostile evidence.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{run, text};

const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"c0ffee00-0000-4000-8000-000000000001","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"lena@contoso.example"},"sourceIPs":["203.0.113.7"],"userAgent":"AGENT","objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2031-04-05T06:07:08.000001Z","stageTimestamp":"2031-04-05T06:07:08.000002Z"}"#;

#[test]
fn bad_input_is_named_with_the_way_out_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    fs::write(dir.join("empty.json"), "").unwrap();
    fs::write(dir.join("picture.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    fs::write(dir.join("half.gz"), [0x1f, 0x8b, 8, 0, 0, 0]).unwrap();
    let output = run(dir, &["ingest", "missing.json", "empty.json", "picture.png", "half.gz", "good.jsonl"]);
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{out}{err}");
    assert!(err.contains("missing.json"), "{err}");
    assert!(out.contains("good.jsonl (json-lines): 1 read = 1 stored + 0 duplicate + 0 rejected"), "{out}");
    assert!(out.contains("empty.json") && out.contains("picture.png"), "{out}");
    let again = run(dir, &["ingest", "good.jsonl"]);
    assert!(text(&again).0.contains("already in the case"), "{}", text(&again).0);
    assert_eq!(again.status.code(), Some(0));
}

/// Root may read everything, so as root the program runs as nobody.
#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_named_and_the_rest_goes_on() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::create_dir(dir.join("closed")).unwrap();
    fs::write(dir.join("closed/in.jsonl"), EVENT).unwrap();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    fs::set_permissions(dir.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_coldcase"));
    let mut command;
    if fs::metadata(dir).unwrap().uid() == 0 {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
        let copy = dir.join("coldcase");
        fs::hard_link(program, &copy).or_else(|_| fs::copy(program, &copy).map(|_| ())).unwrap();
        command = Command::new(copy);
        command.uid(65_534);
    } else {
        command = Command::new(program);
    }
    let output = command.args(["ingest", "closed", "good.jsonl"]).current_dir(dir).output().unwrap();
    fs::set_permissions(dir.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{out}{err}");
    assert!(err.contains("cannot read") && err.contains("closed") && err.contains("ermission denied"), "{err}");
    assert!(out.contains("good.jsonl (json-lines): 1 read = 1 stored"), "{out}");
}

#[test]
fn standard_input_is_kept_once_however_often_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_coldcase");
    let mut child = Command::new(program)
        .args(["ingest", "-", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(EVENT.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{out}{err}");
    assert!(out.contains("1 read = 1 stored") && err.contains("only once"), "{out}{err}");
}

#[test]
fn whoever_has_read_enough_may_close_the_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    run(dir, &["ingest", "good.jsonl"]);
    for format in ["jsonl", "csv", "table"] {
        // More than a pipe holds.
        let sql = "SELECT a.value, b.value FROM range(1000) a CROSS JOIN range(1000) b";
        let mut child = Command::new(env!("CARGO_BIN_EXE_coldcase"))
            .args(["query", sql, "--format", format])
            .current_dir(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}: {}", text(&output).1);
    }
}

#[test]
fn a_folder_that_is_no_case_and_a_newer_case_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let output = run(dir, &["replay", "--case", "nowhere"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).1.contains("nowhere is not a case"), "{}", text(&output).1);
    fs::create_dir(dir.join("newer")).unwrap();
    fs::write(dir.join("newer/case.toml"), "format = 99\nname = \"x\"\n").unwrap();
    let output = run(dir, &["tables", "--case", "newer"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).1.contains("case format 99"), "{}", text(&output).1);
}

#[test]
fn a_query_can_only_read_and_errors_point_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    run(dir, &["ingest", "good.jsonl"]);
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO audit SELECT * FROM audit",
        "COPY audit TO 'x.parquet'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
        "DROP TABLE audit",
    ] {
        let output = run(dir, &["query", sql]);
        assert_eq!(output.status.code(), Some(4), "{sql}: {:?}", text(&output));
    }
    assert!(!dir.join("x.parquet").exists());
    let output = run(dir, &["query", "SELECT verb,\n  wrong_name FROM audit"]);
    let (_, err) = text(&output);
    assert!(err.contains("query:2:") && err.contains("wrong_name"), "{err}");
    let output = run(dir, &["query", "SELECT verb, name FROM audit", "--format", "csv"]);
    assert_eq!(text(&output).0, "verb,name\nlist,\n");
}

#[test]
fn hostile_evidence_never_reaches_the_terminal_as_itself() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let agent = "x\\u001b[2J\\u202e\\r\\u0085\\u200b";
    fs::write(dir.join("hostile\u{1b}[31m.jsonl"), EVENT.replace("AGENT", agent)).unwrap();
    let mut outputs = vec![run(dir, &["ingest", "."]), run(dir, &["replay"])];
    for format in ["table", "jsonl", "json", "csv"] {
        outputs.push(run(dir, &["query", "SELECT * FROM audit", "--format", format]));
        outputs.push(run(dir, &["hunt", "actors", "--format", format]));
    }
    for output in outputs {
        let (out, err) = text(&output);
        for c in format!("{out}{err}").chars().filter(|c| *c != '\n') {
            assert!(!c.is_control() && !['\u{202e}', '\u{200b}'].contains(&c), "{c:?} in {out}{err}");
        }
    }
}

#[test]
fn verify_names_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    run(dir, &["ingest", "good.jsonl"]);
    assert_eq!(run(dir, &["verify"]).status.code(), Some(0));
    fs::write(dir.join("good.jsonl"), EVENT.replace("list", "get ")).unwrap();
    let output = run(dir, &["verify"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).0.contains("good.jsonl"), "{}", text(&output).0);
}

/// Keys of RFC 8032 section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[test]
fn a_sealed_case_with_copies_is_enough_by_itself_and_shows_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    fs::write(dir.join("seal.key"), SEED).unwrap();
    fs::write(dir.join("seal.pub"), PUBLIC).unwrap();
    run(dir, &["ingest", "--embed", "--investigator", "R. Example", "good.jsonl"]);
    let output = run(dir, &["case", "seal", "--key", "seal.key"]);
    assert_eq!(output.status.code(), Some(0), "{:?}", text(&output));
    fs::remove_file(dir.join("good.jsonl")).unwrap();
    let verify = || run(dir, &["verify", "--public-key", "seal.pub"]);
    let (out, err) = text(&verify());
    assert_eq!(verify().status.code(), Some(0), "{out}{err}");
    assert!(out.contains("its copy evidence/0.zst is true"), "{out}");
    assert!(out.contains("seal-1.json: valid, 2 lines of the journal, 1 later"), "{out}");
    let (out, _) = text(&run(dir, &["case", "info"]));
    assert!(out.contains("by R. Example") && out.contains("seal      seal-1.json of 2 lines"), "{out}");
    let journal = fs::read_to_string(dir.join("case/journal.jsonl")).unwrap();
    fs::write(dir.join("case/journal.jsonl"), journal.replacen("R. Example", "S. Example", 1)).unwrap();
    let (out, _) = text(&verify());
    assert_eq!(verify().status.code(), Some(3));
    assert!(out.contains("journal.jsonl: line 1 was changed"), "{out}");
    assert!(out.contains("seal-1.json: line 1 of the journal is not the one that was sealed"), "{out}");
}

/// Sends the real program the signal of Ctrl-C while it writes.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_intake_and_leaves_the_case_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    run(dir, &["ingest", "good.jsonl"]);
    let journal = fs::read(dir.join("case/journal.jsonl")).unwrap();
    let events: String = (0..200_000).map(|id| EVENT.replace("000000000001", &format!("{id:012}")) + "\n").collect();
    fs::write(dir.join("many.jsonl"), events).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_coldcase"))
        .args(["ingest", "--embed", "many.jsonl"])
        .current_dir(dir)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let files = || fs::read_dir(dir.join("case/tables/audit")).map_or(0, Iterator::count);
    while files() < 2 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(text(&output).1, "stopped: nothing was stored; the same command starts again\n");
    assert_eq!(fs::read(dir.join("case/journal.jsonl")).unwrap(), journal);
    assert_eq!(files(), 1);
    assert_eq!(run(dir, &["verify"]).status.code(), Some(0));
}

#[test]
fn fail_on_a_level_and_broken_rules_set_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.jsonl"), EVENT).unwrap();
    run(dir, &["ingest", "good.jsonl"]);
    fs::write(dir.join("r.yml"), "title: Pods listed\nlevel: high\ndetection:\n  a: {verb: list}\n  condition: a\n")
        .unwrap();
    let replay = |more: &[&str]| run(dir, &[&["replay", "--rules", "r.yml"], more].concat());
    assert_eq!(replay(&[]).status.code(), Some(0));
    assert_eq!(replay(&["--fail-on", "high"]).status.code(), Some(1));
    assert_eq!(replay(&["--fail-on", "critical"]).status.code(), Some(0));
    fs::write(dir.join("r.yml"), "title: Broken\ndetection:\n  a: {verbb: list}\n  condition: a\n").unwrap();
    let output = replay(&[]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output).1.contains("r.yml:3"), "{}", text(&output).1);
}

#[test]
fn a_field_of_a_body_is_compared_with_another_field() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let event = |id: &str, name: &str| {
        let body = format!(r#""requestObject":{{"metadata":{{"name":"{name}"}}}},"responseStatus""#);
        let event = EVENT.replace("\"Metadata\"", "\"Request\"").replace("\"responseStatus\"", &body);
        event.replace("000000000001", id).replace("\"resource\":\"pods\"", "\"resource\":\"pods\",\"name\":\"api\"")
    };
    fs::write(
        dir.join("events.jsonl"),
        format!("{}\n{}\n", event("0000000000aa", "api"), event("0000000000bb", "web")),
    )
    .unwrap();
    run(dir, &["ingest", "events.jsonl"]);
    fs::write(
        dir.join("r.yml"),
        "title: Named alike\nlevel: high\ndetection:\n  a:\n    verb: list\n    requestObject.metadata.name|fieldref: objectRef.name\n  condition: a\n",
    )
    .unwrap();
    let output = run(dir, &["replay", "--rules", "r.yml", "--format", "jsonl"]);
    let (out, err) = text(&output);
    assert!(out.contains("0000000000aa") && !out.contains("0000000000bb"), "{out}{err}");
}

#[test]
fn rules_explain_shows_every_part_with_its_answer_and_the_value_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let event = |uri: &str, id: &str, level: &str, body: &str| {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{level}","auditID":"{id}","stage":"ResponseComplete","requestURI":"{uri}","verb":"create","user":{{"username":"lena@contoso.example"}},"objectRef":{{"resource":"pods","namespace":"web","name":"dbg"}},"responseStatus":{{"code":201}},{body}"stageTimestamp":"2031-04-05T06:07:08.000000Z"}}
"#
        )
    };
    let body = r#""requestObject":{"kind":"Pod","spec":{"hostPID":true}},"#;
    let uri = "/api/v1/namespaces/web/pods";
    let log = [
        event(uri, "a", "RequestResponse", body),
        event(&format!("{uri}?dryRun=All"), "b", "Request", body),
        event(uri, "c", "Metadata", ""),
    ];
    std::fs::write(folder.path().join("audit.log"), log.concat()).unwrap();
    assert!(run(folder.path(), &["ingest", "--case", "case", "audit.log"]).status.success());
    let explain = |id: &str| {
        let output = run(folder.path(), &["rules", "explain", "es-hostpid", "--case", "case", "--event", id]);
        text(&output).0
    };
    let line = |shown: &str, what: &str| shown.lines().find(|line| line.contains(what)).unwrap().trim().to_owned();
    let hit = explain("a");
    assert!(line(&hit, "podSpec.hostPID is true").starts_with("PASS"), "{hit}");
    assert!(line(&hit, "podSpec.hostPID is true").ends_with("podSpec.hostPID: true"), "{hit}");
    assert!(line(&hit, "verb is patch").starts_with("FAIL"), "{hit}");
    assert!(line(&hit, "all of").starts_with("PASS") && !hit.contains("EXCEPTED"), "{hit}");
    assert!(explain("b").contains("EXCEPTED    A dry run changes nothing [dry-run]"));
    assert!(line(&explain("c"), "podSpec.hostPID is true").starts_with("CANNOT TELL"));
    let (_, said) = text(&run(folder.path(), &["rules", "explain", "no-such-rule"]));
    assert!(said.contains("no rule is called no-such-rule"), "{said}");
    let layer = text(&run(folder.path(), &["rules", "navigator"])).0;
    let layer: serde_json::Value = serde_json::from_str(&layer).unwrap();
    let techniques = layer["techniques"].as_array().unwrap();
    let escape = techniques.iter().find(|technique| technique["techniqueID"] == "T1611").unwrap();
    assert!(escape["comment"].as_str().unwrap().contains("es-hostpid"), "{escape}");
    let (blind, _) = text(&run(folder.path(), &["rules", "blind", "--case", "case"]));
    assert!(line(&blind, "ca-secret-burst").starts_with("blind"), "{blind}");
}

#[test]
fn reconcile_tells_what_both_say_and_guesses_why_one_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let alert = |id: &str, kind: &str, at: &str, pod: &str| {
        let entities = format!(r#"[{{\"$id\":\"1\",\"Name\":\"{pod}\",\"Type\":\"k8s-pod\"}}]"#);
        format!(
            r#"{{"TimeGenerated":"{at}","DisplayName":"{kind}","AlertName":"{kind}","AlertSeverity":"High","AlertType":"{kind}","ProviderName":"Azure Security Center","StartTime":"{at}","EndTime":"{at}","SystemAlertId":"{id}","Status":"New","CompromisedEntity":"shop-prod","Entities":"{entities}","ExtendedProperties":"{{}}","Type":"SecurityAlert"}}
"#
        )
    };
    let alerts = [
        // The pod of the event below, by the name of 2020.
        alert("1", "AKS_PrivilegedContainer", "2031-04-05T06:20:00Z", "miner"),
        alert("2", "K8S.NODE_NobodySeesThis", "2031-04-05T06:20:00Z", "x"),
        alert("3", "K8S_DeleteEvents", "2031-04-05T06:20:00Z", "x"),
        alert("4", "K8S_PrivilegedContainer", "2031-05-05T06:20:00Z", "y"),
    ];
    std::fs::write(folder.path().join("alerts.jsonl"), alerts.concat()).unwrap();
    let event = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/pods","verb":"create","user":{"username":"lena@contoso.example"},"sourceIPs":["203.0.113.7"],"userAgent":"kubectl/v1.31.0","objectRef":{"resource":"pods","namespace":"web","name":"miner"},"responseStatus":{"code":201},"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"c","image":"a.example/b:1","securityContext":{"privileged":true}}],"volumes":[{"name":"v","hostPath":{"path":"/etc"}}]}},"stageTimestamp":"2031-04-05T06:07:08.000000Z"}"#;
    std::fs::write(folder.path().join("audit.log"), format!("{event}\n")).unwrap();
    assert!(run(folder.path(), &["ingest", "--case", "case", "audit.log", "alerts.jsonl"]).status.success());
    let (shown, said) = text(&run(folder.path(), &["reconcile", "--case", "case"]));
    let after = |what: &str, lines: usize| {
        let at = shown.lines().position(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {shown}{said}"));
        shown.lines().skip(at).take(lines).collect::<Vec<_>>().join("\n")
    };
    assert!(after("Both  1 alert", 2).contains("[AKS_PrivilegedContainer]"), "{shown}");
    assert!(after("[AKS_PrivilegedContainer]", 4).contains("[es-privileged]"), "{shown}");
    assert!(after("[AKS_PrivilegedContainer]", 4).contains("agree in type, time and object"), "{shown}");
    assert!(after("Only Defender  3 alerts", 9).contains("no rule here asks host events"), "{shown}");
    assert!(after("[K8S_DeleteEvents]", 2).contains("asked every event and hit none"), "{shown}");
    assert!(after("[K8S_PrivilegedContainer]", 2).contains("no audit event of that time"), "{shown}");
    assert!(after("[es-hostpath-sensitive]", 2).contains("no alert of this type is in the case"), "{shown}");
}
