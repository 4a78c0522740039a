//! What the program says of evidence: books, gaps, how a record was understood, its bytes; and what it hides.

use std::fs;

use crate::support::{project, run, text};

/// A Secret with a value that must not leave the program unasked.
const SECRET: &str = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop","uid":"s1"},"data":{"password":"aHVudGVyMi1odW50ZXIy"}}"#;

fn case_of(input: &str, content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(input), content).unwrap();
    let output = run(folder.path(), &["ingest", "--quiet", "--case", "case", input]);
    assert!(output.status.success(), "{:?}", text(&output));
    folder
}

#[test]
fn secrets_leave_the_program_only_when_asked_for_and_the_journal_says_so() {
    let folder = case_of("secret.json", SECRET);
    let sql = "SELECT body FROM object";
    for args in [
        vec!["query", "--case", "case", sql],
        vec!["query", "--case", "case", "--format", "jsonl", sql],
        vec!["query", "--case", "case", "--format", "csv", sql],
        vec!["evidence", "raw", "0", "0", "--case", "case"],
        vec!["explain", "secret.json"],
    ] {
        let (out, error) = text(&run(folder.path(), &args));
        assert!(!out.contains("aHVudGVyMi1odW50ZXIy"), "{args:?}: {out}");
        assert!(out.contains("password"), "the name of a key is no secret: {args:?}: {out}{error}");
    }
    let journal = || fs::read_to_string(folder.path().join("case/journal.jsonl")).unwrap();
    assert!(!journal().contains("\"reveal\""));
    for args in [vec!["query", "--case", "case", sql], vec!["evidence", "raw", "0", "0", "--case", "case"]] {
        let shown = [args.clone(), vec!["--show-secrets", "--investigator", "R. Example"]].concat();
        let (out, error) = text(&run(folder.path(), &shown));
        assert!(out.contains("aHVudGVyMi1odW50ZXIy"), "{args:?}: {out}{error}");
    }
    let told = journal();
    assert_eq!(told.matches("\"reveal\"").count(), 2, "{told}");
    assert!(told.contains("R. Example"));
    let (out, _) = text(&run(folder.path(), &["verify", "--case", "case"]));
    assert!(out.contains("everything matches"), "{out}");
}

#[test]
fn a_sentinel_query_works_in_the_names_and_the_case_it_was_written_in() {
    let rows = concat!(
        r#"{"TenantId":"t","TimeGenerated":"2031-04-05T06:07:08.034Z","Caller":"lena@contoso.example","OperationNameValue":"MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/LISTCLUSTERADMINCREDENTIAL/ACTION","EventDataId":"e1","Type":"AzureActivity"}"#,
        "\n",
        r#"{"TenantId":"t","TimeGenerated":"2031-04-05T06:08:08.034Z","Rank":7,"Note":"007","Type":"Mine_CL"}"#,
        "\n"
    );
    let folder = case_of("rows.jsonl", rows);
    for sql in [
        "SELECT Caller FROM AzureActivity WHERE OperationNameValue LIKE '%LISTCLUSTERADMINCREDENTIAL%'",
        "select caller from azureactivity a where a.TimeGenerated > '2031-01-01'",
        "WITH t AS (SELECT lower(Caller) AS Caller FROM AzureActivity) SELECT Caller FROM t",
        "SELECT \"Caller\" FROM \"AzureActivity\"",
    ] {
        let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "--format", "csv", sql]));
        assert!(out.contains("lena@contoso.example"), "{sql}: {out}{error}");
    }
    let sql = "SELECT Rank + 1 AS next, Note FROM Mine_CL";
    let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "--format", "csv", sql]));
    assert!(out.contains("8,007"), "a table nobody knows has types too: {out}{error}");
    let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "SELECT Verb FROM AKSAudit"]));
    assert!(out.contains("0 rows"), "{out}{error}");
    let (out, error) = text(&run(folder.path(), &["tables", "--case", "case"]));
    assert!(out.contains("Mine_CL") && out.contains("AzureActivity") && !out.contains("SigninLogs"), "{out}{error}");
}

#[test]
fn evidence_says_of_every_input_what_became_of_it_and_gaps_what_is_not_there() {
    let admin = project("sample-data/incidents/aks-intrusion/evidence/storage-admin");
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["ingest", "--quiet", "--case", "case", &admin.to_string_lossy()]);
    assert!(output.status.success(), "{:?}", text(&output));
    let (out, error) = text(&run(folder.path(), &["evidence", "--case", "case"]));
    for word in ["sha256", "records", "holds     kube-audit-admin", "bodies", "time      2026-11-24T"] {
        assert!(out.contains(word), "{word}: {out}{error}");
    }
    let (out, error) = text(&run(folder.path(), &["evidence", "gaps", "--case", "case"]));
    assert!(out.contains("reads in the audit log (get, list): cannot tell who listed or read secrets"), "{out}{error}");
    assert!(out.contains("cluster snapshot: cannot tell"), "{out}");
    assert!(out.contains("kube-audit-admin of shop-prod"), "{out}");
}

/// The portal shows 30,000 rows at most and says nothing in the file when there were more.
#[test]
fn a_portal_csv_of_exactly_as_many_rows_as_the_portal_shows_is_flagged() {
    let flag = "exactly 30,000 rows, the portal's limit: more rows are likely missing";
    for (rows, flagged) in [(29_999, false), (30_000, true), (30_001, false)] {
        let mut csv =
            "\u{feff}TenantId,TimeGenerated [UTC],Computer,Facility,ProcessName,SyslogMessage,Type\r\n".to_owned();
        for row in 0..rows {
            // Every tenth message has a second line: rows are counted, not lines.
            let more = if row % 10 == 0 { "\nand more" } else { "" };
            let (minute, second, milli) = (row / 60_000 % 60, row / 1_000 % 60, row % 1_000);
            csv += &format!(
                "t,\"4/5/2031, 6:{minute:02}:{second:02}.{milli:03} AM\",n1,auth,sshd,\"number {row}{more}\",Syslog\r\n"
            );
        }
        let folder = case_of("query_data.csv", &csv);
        let (out, error) = text(&run(folder.path(), &["evidence", "--case", "case"]));
        assert_eq!(out.contains(flag), flagged, "{rows}: {out}{error}");
        let sql = "SELECT count(*) AS n FROM Syslog WHERE TimeGenerated >= '2031-04-05T06:00:00Z'";
        let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "--format", "csv", sql]));
        assert!(out.lines().any(|line| line == rows.to_string()), "{rows}: {out}{error}");
    }
}

/// Traffic Analytics writes public sources with counts behind bars: `address|flows|…`, several with blanks between.
#[test]
fn the_address_of_a_summed_flow_is_an_address_when_there_is_one() {
    let flow = |public: &str, own: &str| {
        format!(
            r#"{{"TimeGenerated":"2031-04-05T06:21:00Z","FlowStartTime":"2031-04-05T06:03:00Z","SrcIp":"{own}","SrcPublicIps":"{public}","DestIp":"10.224.0.4","DestPort":22,"Type":"NTANetAnalytics"}}
{{"TimeGenerated":"2031-04-05T06:21:00Z","FlowStartTime_t":"2031-04-05T06:03:00Z","SrcIP_s":"{own}","SrcPublicIPs_s":"{public}","DestIP_s":"10.224.0.4","DestPort_d":22,"Type":"AzureNetworkAnalytics_CL"}}
"#
        )
    };
    let two = "198.51.100.7|5|5 2001:db8::7|1|0";
    let rows = flow("198.51.100.9|5|5|0", "") + &flow("2001:db8::9|1|0", "") + &flow(two, "") + &flow("", "10.224.0.9");
    let folder = case_of("flows.jsonl", &rows);
    let sql = "SELECT address, count(*) AS n FROM timeline GROUP BY address ORDER BY address";
    let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "--format", "csv", sql]));
    let told: Vec<String> = out.lines().skip(1).map(|line| line.replace('"', "")).collect();
    let expected = ["10.224.0.9", "198.51.100.7|5|5 2001:db8::7|1|0", "198.51.100.9", "2001:db8::9"];
    assert_eq!(told, expected.map(|address| format!("{address},2")), "{out}{error}");
}

#[test]
fn a_silence_is_told_against_the_rhythm_of_its_own_log() {
    let line = |second: u32| {
        let at = format!("2031-04-05T{:02}:{:02}:{:02}.000001Z", second / 3600, second / 60 % 60, second % 60);
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-{second}","stage":"ResponseComplete","requestURI":"/x","verb":"get","user":{{"username":"u"}},"stageTimestamp":"{at}"}}"#
        ) + "\n"
    };
    // One event a second, but none for ten minutes.
    let events: String = (0..1_000).chain(1_600..2_000).map(line).collect();
    let folder = case_of("events.jsonl", &events);
    let (out, error) = text(&run(folder.path(), &["evidence", "gaps", "--case", "case"]));
    let silences = out.lines().filter(|line| line.contains("silent for")).collect::<Vec<_>>();
    assert_eq!(silences.len(), 1, "{out}{error}");
    assert!(silences[0].contains("from 2031-04-05T00:16:39.000001Z to 2031-04-05T00:26:40.000001Z"), "{}", silences[0]);
}

#[test]
fn explain_names_envelope_payload_and_where_each_value_went() {
    let specimen = project("sample-data/formats/diagnostic-records/new-shape-PT1H.json");
    let folder = tempfile::tempdir().unwrap();
    let (out, error) = text(&run(folder.path(), &["explain", &specimen.to_string_lossy()]));
    for word in [
        "envelope json-lines",
        "payload diagnostic-record",
        "a row of table audit",
        "properties.log →.verb",
        "in no column",
    ] {
        assert!(out.contains(word), "{word}: {out}{error}");
    }
    let path = folder.path().join("bad.jsonl");
    fs::write(&path, "{\"a\":1}\n{\"kind\":\"AdmissionReview\",\"request\":{}}\n").unwrap();
    let (out, _) = text(&run(folder.path(), &["explain", "bad.jsonl:2"]));
    assert!(out.contains("REJECTED: AdmissionReview dump"), "{out}");
    for nowhere in ["bad.jsonl:9", "bad.jsonl!member"] {
        let output = run(folder.path(), &["explain", nowhere]);
        assert_eq!(output.status.code(), Some(2), "{nowhere}");
    }
    let bundle = project("sample-data/formats/archives/support-bundle.zip!support-bundle/notes.txt:1");
    let (out, error) = text(&run(folder.path(), &["explain", &bundle.to_string_lossy()]));
    for word in ["line 1, bytes 0 to 21", "member 3 of a zip archive", "a row of table text_line"] {
        assert!(out.contains(word), "{word}: {out}{error}");
    }
    let key = project("sample-data/formats/etcd/snapshot.db.gz!/registry/namespaces/web");
    let (out, error) = text(&run(folder.path(), &["explain", &key.to_string_lossy()]));
    assert!(out.contains("etcd key /registry/namespaces/web, revision 308: the newest"), "{out}{error}");
}
