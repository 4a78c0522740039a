//! What an analyst asks in SQL: views and functions, with answers that follow from their definitions.

use coldcase::engine::Engine;
use coldcase::engine::functions::{EXAMPLE_EVENTS, FUNCTIONS, TABLE_FUNCTIONS};
use coldcase::report;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{case_of, project, run, text};

/// One audit event, the rest of which is the same for all.
fn event(id: &str, time: &str, changes: Value) -> Value {
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": id, "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/web/pods", "verb": "list", "user": {"username": "lena"},
        "sourceIPs": ["192.0.2.1"], "userAgent": "kubectl", "objectRef": {"resource": "pods", "namespace": "web"},
        "responseStatus": {"code": 200}, "stageTimestamp": format!("2031-04-05T{time}Z"),
    });
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

/// A case of these events; the folder holds it.
fn case(folder: &TempDir, events: &[Value]) -> Engine {
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    let file = folder.path().join("audit.log");
    std::fs::write(&file, text).unwrap();
    Engine::open(&case_of(folder, &[file])).unwrap()
}

/// The rows of an answer, as JSON.
fn ask(engine: &Engine, sql: &str) -> Vec<Value> {
    let answer = engine.sql(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let mut out = Vec::new();
    let mut sheet = report::writer("jsonl").unwrap().start(&answer.schema, &mut out).unwrap();
    answer.batches.iter().for_each(|batch| sheet.rows(batch).unwrap());
    sheet.end().unwrap();
    out.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

#[test]
fn a_session_ends_with_a_gap_over_thirty_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let events = [
        event("a", "06:00:00.000000", json!({})),
        // Thirty minutes to the microsecond are no gap, one more is.
        event("b", "06:30:00.000000", json!({"responseStatus": {"code": 403}})),
        event("c", "07:00:00.000001", json!({"verb": "get"})),
        // Another client, another address, another name: each a session of its own.
        event("d", "06:00:01.000000", json!({"userAgent": "curl"})),
        event("e", "06:00:02.000000", json!({"sourceIPs": ["192.0.2.2"]})),
        event("f", "06:00:03.000000", json!({"user": {"username": "omar"}})),
    ];
    let engine = case(&folder, &events);
    let rows = ask(
        &engine,
        "SELECT actor, source, user_agent, number, requests, refused, array_to_string(verbs, ' ') AS verbs FROM session \
         ORDER BY first",
    );
    assert_eq!(
        rows,
        [
            json!({"actor": "lena", "source": "192.0.2.1", "user_agent": "kubectl", "number": 1, "requests": 2, "refused": 1, "verbs": "list"}),
            json!({"actor": "lena", "source": "192.0.2.1", "user_agent": "curl", "number": 1, "requests": 1, "refused": 0, "verbs": "list"}),
            json!({"actor": "lena", "source": "192.0.2.2", "user_agent": "kubectl", "number": 1, "requests": 1, "refused": 0, "verbs": "list"}),
            json!({"actor": "omar", "source": "192.0.2.1", "user_agent": "kubectl", "number": 1, "requests": 1, "refused": 0, "verbs": "list"}),
            json!({"actor": "lena", "source": "192.0.2.1", "user_agent": "kubectl", "number": 2, "requests": 1, "refused": 0, "verbs": "get"}),
        ]
    );
}

#[test]
fn views_give_one_row_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let exec = json!({"verb": "create", "requestURI": "/api/v1/namespaces/web/pods/p/exec?command=sh&command=-c", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "web", "name": "p"}, "responseStatus": {"code": 101}});
    let mut started = exec.clone();
    started["stage"] = json!("ResponseStarted");
    let binding = json!({"resource": "clusterrolebindings", "apiGroup": "rbac.authorization.k8s.io", "name": "b"});
    let body = json!({"kind": "ClusterRoleBinding", "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "User", "name": "eve"}]});
    let events = [
        event("a", "06:00:00.000000", started),
        event("a", "06:05:00.000000", exec),
        event("b", "06:01:00.000000", json!({"objectRef": {"resource": "secrets", "namespace": "web"}})),
        event(
            "c",
            "06:02:00.000000",
            json!({"verb": "get", "objectRef": {"resource": "secrets", "namespace": "web", "name": "db"}, "responseStatus": {"code": 403}}),
        ),
        event("d", "06:03:00.000000", json!({"objectRef": {"resource": "secrets"}})),
        event(
            "e",
            "06:04:00.000000",
            json!({"verb": "create", "level": "Request", "objectRef": binding, "requestObject": body, "responseStatus": {"code": 201}}),
        ),
    ];
    let engine = case(&folder, &events);
    let rows = ask(&engine, "SELECT command, code, CAST(last - time AS VARCHAR) <> '' AS lasted FROM hands_on");
    assert_eq!(rows, [json!({"command": "sh -c", "code": 101, "lasted": true})]);
    let rows = ask(&engine, "SELECT scope, given FROM secret_access ORDER BY time");
    let access = |scope: &str, given: bool| json!({"scope": scope, "given": given});
    assert_eq!(rows, [access("namespace", true), access("secret", false), access("cluster", true)]);
    assert_eq!(ask(&engine, "SELECT audit_id FROM denied"), [json!({"audit_id": "c"})]);
    let rows = ask(&engine, "SELECT role_ref_name, subjects[1]['name'] AS who FROM rbac_change");
    assert_eq!(rows, [json!({"role_ref_name": "cluster-admin", "who": "eve"})]);
    let rows = ask(&engine, "SELECT actor, class, requests, refused, writes FROM actor");
    assert_eq!(rows, [json!({"actor": "lena", "class": "person", "requests": 5, "refused": 1, "writes": 2})]);
}

/// Their values are from RFC 9535 and the pages of Kusto and Kubernetes that the functions follow, or by hand.
#[test]
fn functions_give_what_their_examples_say() {
    let folder = tempfile::tempdir().unwrap();
    let engine = case(&folder, &[event("a", "06:00:00.000000", json!({}))]);
    for function in FUNCTIONS {
        assert!(!function.examples().is_empty(), "{} has no example", function.name());
        for (call, value) in function.examples() {
            let value: Value = serde_json::from_str(value).unwrap();
            assert_eq!(ask(&engine, &format!("SELECT {call} AS value")), [json!({"value": value})], "{call}");
        }
    }
}

/// Their rows follow from the five events by hand.
#[test]
fn functions_that_give_tables_give_what_their_examples_say() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    std::fs::write(&file, EXAMPLE_EVENTS).unwrap();
    let engine = Engine::open(&case_of(&folder, &[file])).unwrap();
    for function in TABLE_FUNCTIONS {
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
        for (query, rows) in function.examples {
            let rows: Vec<Value> = serde_json::from_str(rows).unwrap();
            assert_eq!(ask(&engine, query), rows, "{query}");
        }
        let error = engine.sql(&format!("SELECT * FROM {}(7, 8)", function.name), &[]).err();
        assert!(format!("{error:?}").contains(&format!("it is called as {}", function.usage)), "{error:?}");
    }
    // Any table, in any spelling; where rows have no place, none is given.
    let columns =
        |sql: &str| engine.schema(sql, &[]).unwrap().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    assert_eq!(
        columns("SELECT * FROM first_seen('signinlogs', 'userprincipalname', 'IPAddress')"),
        ["UserPrincipalName", "IPAddress", "first", "last", "rows", "evidence", "offset"]
    );
    assert_eq!(columns("SELECT * FROM first_seen('session', 'actor')"), ["actor", "first", "last", "rows"]);
    for (sql, said) in [
        ("SELECT * FROM first_seen('nothing', 'actor')", "there is no table `nothing`"),
        ("SELECT * FROM first_seen('audit', 'colour')", "audit has no column `colour`"),
        ("SELECT * FROM first_seen('evidence', 'path; DROP')", "evidence has no column"),
        ("SELECT * FROM first_seen('azure_resource', 'name', 'evidence\"')", "has no column"),
        ("SELECT * FROM new_in_window('yesterday')", "is no timestamp"),
    ] {
        let error = format!("{:?}", engine.sql(sql, &[]).err());
        assert!(error.contains(said), "{sql}: {error}");
    }
}

#[test]
fn functions_take_columns_and_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let pod = json!({"kind": "Pod", "spec": {"containers": [{"image": "a"}, {"image": "b"}]}});
    let events = [
        event(
            "a",
            "06:07:08.000000",
            json!({"sourceIPs": ["203.0.113.7", "10.0.0.1"], "level": "Request", "requestObject": pod}),
        ),
        event("b", "06:11:00.000000", json!({"user": {"username": "system:serviceaccount:web:ci"}})),
    ];
    let engine = case(&folder, &events);
    let rows = ask(
        &engine,
        "SELECT ip_in(source_ips, '10.0.0.0/8') AS inside, is_private(source_ips[1]) AS private, bin(time, '5m') AS bin, \
         k8s_identity(user_name)['name'] AS name, json_list(request_object, 'spec.containers[*].image') AS images, \
         has_word(request_uri, 'PODS') AS pods FROM audit ORDER BY time",
    );
    assert_eq!(
        rows,
        [
            json!({"inside": true, "private": false, "bin": "2031-04-05T06:05:00Z", "name": "lena", "images": ["a", "b"], "pods": true}),
            json!({"inside": false, "private": false, "bin": "2031-04-05T06:10:00Z", "name": "ci", "images": null, "pods": true}),
        ]
    );
    for (table, count) in [
        ("hunt('denials')", 0),
        ("hunt('actors', 'user=lena')", 1),
        ("hunt('actors', 'user=%', 'from=2031-04-05T06:10:00Z') AS late JOIN actor ON actor.actor = late.actor", 1),
    ] {
        assert_eq!(ask(&engine, &format!("SELECT count(*) AS n FROM {table}")), [json!({"n": count})], "{table}");
    }
    let sql = "SELECT name FROM hunt('nothing')";
    assert!(format!("{:?}", engine.sql(sql, &[]).err()).contains("there is no hunt `nothing`"));
    for (call, said) in [
        ("ip_in('10.0.0.1', '10.0.0.0/33')", "`10.0.0.0/33` is no network"),
        ("bin(time, '5 apples')", "`5 apples` is no interval"),
        ("bin(time, INTERVAL '1 month')", "is no interval"),
        ("json_get(request_object, 'a[x]')", "`[x]` is no name"),
        ("json_get(request_object)", "it is called as json_get(json, path)"),
        ("is_private(source_ips)", "one address is asked for"),
    ] {
        let error = engine.sql(&format!("SELECT {call} FROM audit"), &[]).err().map(|error| format!("{error:?}"));
        assert!(error.as_ref().is_some_and(|error| error.contains(said)), "{call}: {error:?}");
    }
}

#[test]
fn as_of_gives_what_stood_then() {
    let folder = tempfile::tempdir().unwrap();
    let object = json!({"resource": "configmaps", "namespace": "web", "name": "c"});
    let write = |verb: &str, code: u16, value: &str| {
        let body = json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": value}});
        json!({"level": "RequestResponse", "verb": verb, "objectRef": object, "responseStatus": {"code": code}, "responseObject": body})
    };
    let events = [
        event("a", "06:00:00.000000", write("create", 201, "one")),
        event("b", "06:10:00.000000", write("update", 200, "two")),
        // Refused, so that nothing changed.
        event("c", "06:20:00.000000", write("update", 409, "three")),
        event("d", "06:30:00.000000", json!({"verb": "delete", "objectRef": object})),
    ];
    let engine = case(&folder, &events);
    for (at, stood) in [
        ("'2031-04-05T05:59:59Z'", None),
        ("'2031-04-05T06:00:00Z'", Some("one")),
        ("TIMESTAMP '2031-04-05T06:29:59Z'", Some("two")),
        ("'2031-04-05T06:30:00Z'", None),
    ] {
        let sql = format!("SELECT kind, name, known, json_get(body, 'data.k') AS k FROM as_of({at})");
        let row = |k| json!({"kind": "configmaps", "name": "c", "known": "written", "k": k});
        assert_eq!(ask(&engine, &sql), stood.map(row).into_iter().collect::<Vec<_>>(), "{at}");
    }
}

#[test]
fn a_path_into_a_secret_leads_to_nothing_that_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let object = json!({"resource": "secrets", "namespace": "web", "name": "db"});
    let body = |body: Value| json!({"level": "Request", "verb": "patch", "objectRef": object, "requestObject": body});
    let whole = json!({"kind": "Secret", "apiVersion": "v1", "data": {"password": "bm90LXRoaXM="}});
    let events = [
        event("a", "06:00:00.000000", body(whole)),
        // A patch does not say what it is of.
        event("b", "06:01:00.000000", body(json!({"data": {"password": "bm90LXRoaXM="}}))),
    ];
    drop(case(&folder, &events));
    let sql = "SELECT json_get(request_object, 'data.password') AS one, json_list(request_object, '$.data[*]') AS every FROM audit";
    let ask = |more: &[&str]| text(&run(folder.path(), &[&["query", "--case", "case", sql], more].concat())).0;
    let hidden = ask(&[]);
    assert!(!hidden.contains("bm90") && hidden.matches("redacted").count() == 4, "{hidden}");
    assert_eq!(ask(&["--show-secrets"]).matches("bm90LXRoaXM=").count(), 4);
}

#[test]
fn a_sweep_says_what_the_evidence_could_have_shown() {
    let folder = tempfile::tempdir().unwrap();
    let exec = json!({"verb": "create", "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "web", "name": "p"}, "requestURI": "/api/v1/namespaces/web/pods/p/exec?command=id"});
    let events = [event("a", "06:00:00.000000", exec.clone()), event("b", "06:23:59.999999", exec)];
    drop(case(&folder, &events));
    let swept = |args: &[&str]| {
        let output = run(folder.path(), &[&["sweep", "--case", "case"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output).1);
        text(&output).0
    };
    let rows: Vec<Value> = serde_json::from_str(&swept(&["--format", "json"])).unwrap();
    let row = |name: &str| rows.iter().find(|row| row["hunt"] == name).unwrap_or_else(|| panic!("{name}"));
    let hands_on = row("hands-on");
    assert_eq!(hands_on["hits"], 2);
    assert_eq!(hands_on["first"], "2031-04-05T06:00:00.000000Z");
    // No read is in the evidence, so that exec with GET could not be seen.
    assert_eq!(hands_on["data"], "part");
    assert_eq!(hands_on["missing"], json!(["audit WHERE verb IN ('get', 'list', 'watch')"]));
    let bars: Vec<u64> = serde_json::from_value(hands_on["bars"].clone()).unwrap();
    assert_eq!((bars[0], bars[23], bars.iter().sum::<u64>()), (1, 1, 2));
    assert_eq!((&row("rbac-changes")["data"], &row("rbac-changes")["hits"]), (&json!("yes"), &json!(0)));
    assert_eq!((&row("azure-actions")["data"], &row("azure-actions")["hits"]), (&json!("no"), &json!(0)));
    assert!(rows.iter().all(|row| row["hunt"] != "pivot"));
    let later: Vec<Value> =
        serde_json::from_str(&swept(&["--format", "json", "--from", "2031-04-05T06:01:00Z"])).unwrap();
    assert_eq!(later.iter().find(|row| row["hunt"] == "hands-on").unwrap()["hits"], 1);
    let shown = swept(&[]);
    let line = shown.lines().find(|line| line.contains(" hands-on ")).unwrap();
    assert!(
        line.starts_with("part       2  2031-04-05T06:00:00.000000Z  █                      █  hands-on"),
        "{line}"
    );
    assert!(
        shown.contains(
            "not run, they need a value: around, as-of, can-do, diff, new-in-window, pivot, profile, who-can\n"
        ),
        "{shown}"
    );
}

/// What was done in the incident is in its ground truth, which was written down by those who did it.
#[test]
fn hunts_show_the_steps_of_the_incident() {
    let folder = tempfile::tempdir().unwrap();
    let incident = project("sample-data/incidents/aks-intrusion");
    drop(case_of(&folder, &[incident.join("evidence")]));
    let truth: Value = serde_json::from_slice(&std::fs::read(incident.join("truth.json")).unwrap()).unwrap();
    let steps = truth["steps"].as_array().unwrap();
    let hunt = |name: &str, params: &[&str]| -> Vec<Value> {
        let mut args = vec!["hunt", name, "--case", "case", "--format", "jsonl"];
        params.iter().for_each(|param| args.extend(["--param", param]));
        let (out, err) = text(&run(folder.path(), &args));
        assert!(err.is_empty(), "{name}: {err}");
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for (label, name) in [
        ("exec-shell", "hands-on"),
        ("ephemeral-container", "hands-on"),
        ("bind-cluster-admin", "rbac-changes"),
        ("privileged-hostpath-pod", "risky-create"),
        ("sidecar-injected", "risky-create"),
        ("mutating-webhook", "control-plane-tamper"),
        ("coredns-custom-edit", "control-plane-tamper"),
        ("csr-approve", "control-plane-tamper"),
    ] {
        let ids: Vec<&Value> =
            steps.iter().filter(|s| s["label"] == label).flat_map(|s| s["audit_ids"].as_array().unwrap()).collect();
        let rows = hunt(name, &[]);
        assert!(!ids.is_empty() && ids.iter().any(|id| rows.iter().any(|r| r["audit_id"] == **id)), "{label}: {name}");
    }
    let deleted =
        steps.iter().filter(|s| s["label"] == "events-deleted").flat_map(|s| s["audit_ids"].as_array().unwrap());
    let (deleted, taken): (Vec<&Value>, _) = (deleted.collect(), hunt("cover-up", &[]));
    assert!(taken.iter().all(|row| deleted.contains(&&row["id"])));
    // kubectl lists what it then deletes one by one.
    assert_eq!(taken.len() + 1, deleted.len());
    let attacker = truth["addresses"]["attacker"].as_str().unwrap();
    assert_eq!(hunt("node-reach", &[])[0]["source"], attacker);
    assert!(hunt("outside-accounts", &[]).iter().all(|row| row["source"] == attacker));
    let made = hunt("persistence", &[]);
    for name in ["kube-cache", "log-rotate", "pod-policy-x", "metrics-helper", "metrics-reader-2"] {
        assert!(made.iter().any(|row| row["name"] == name && row["in_snapshot"] == true), "{name}");
    }
    let new = hunt("new-in-window", &["from=2026-11-24T00:21:00Z", "what=address"]);
    assert!(new.iter().any(|row| row["value"] == attacker), "{new:?}");
    // Without anything before the window nothing can be called new.
    assert_eq!(hunt("new-in-window", &[]), Vec::<Value>::new());
    // The pod was deleted before the end, the daemon set was not, and of both the log has the writes.
    let stood = |at: &str, name: &str| {
        hunt("as-of", &[&format!("at={at}"), &format!("name={name}")])
            .into_iter()
            .map(|row| row["known"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(stood("2026-11-24T00:24:30Z", "kube-cache"), Vec::<Value>::new());
    assert_eq!(stood("2026-11-24T00:25:30Z", "kube-cache"), ["written"]);
    assert_eq!(stood("2026-11-24T00:25:30Z", "dbg"), ["written"]);
    assert_eq!(stood("2026-11-24T00:28:30Z", "front").len() + 1, stood("2026-11-24T00:25:30Z", "front").len());
    let may = hunt("who-can", &["verb=create", "resource=pods/exec"]);
    assert!(may.iter().any(|row| row["binding"] == "ClusterRoleBinding metrics-reader-2"), "{may:?}");
    assert!(hunt("exposed", &[]).iter().any(|row| row["name"] == "redis" && row["ports"] == "[6379]"));
}

#[test]
fn hunts_of_azure_and_of_logs_read_their_tables() {
    let folder = tempfile::tempdir().unwrap();
    let samples = ["activity-log/cli.json", "entra/sign-ins.jsonl", "defender/table.jsonl", "log-lines/cri.log"];
    let samples: Vec<_> = samples.iter().map(|sample| project("sample-data/formats").join(sample)).collect();
    drop(case_of(&folder, &samples));
    let hunt = |name: &str| text(&run(folder.path(), &["hunt", name, "--case", "case", "--format", "csv"])).0;
    for (name, has) in [
        ("azure-actions", "lena@contoso.example,203.0.113.7,"),
        ("sign-ins", "lena@contoso.example,203.0.113.7,US,Azure CLI"),
        ("alerts", "Defender,K8S_"),
        ("container-said", "first half"),
    ] {
        assert!(hunt(name).contains(has), "{name}: {}", hunt(name));
    }
}
