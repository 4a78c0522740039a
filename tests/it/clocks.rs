//! Clocks that were set wrong on purpose: by how much, and what the program says of it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{project, run, text};
use coldcase::case::Case;
use coldcase::engine::{Clocks, Doubt, Engine, Skew};
use coldcase::model::Micros;

/// 2031-04-05T06:00:00Z.
const START: i64 = 1_933_135_200_000_000;

/// A time so many milliseconds after the start.
fn at(millis: i64) -> String {
    Micros(START + millis * 1_000).to_string()
}

/// The same to the whole second, as Kubernetes writes most times.
fn second(millis: i64) -> String {
    at(millis.div_euclid(1_000) * 1_000).replace(".000000Z", "Z")
}

/// An audit event that came in at `millis`.
fn audit(id: &str, millis: i64, user: &str, verb: &str, object: &Value, request: &Value) -> Value {
    json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": id,
        "stage": "ResponseComplete", "requestURI": "/x", "verb": verb, "user": {"username": user},
        "objectRef": object, "responseStatus": {"code": 200}, "requestObject": request,
        "requestReceivedTimestamp": at(millis), "stageTimestamp": at(millis + 4)})
}

fn write(folder: &Path, name: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.join(name), text).unwrap();
}

/// Takes in what the folder holds and asks for the clocks.
fn clocks(folder: &Path) -> (Vec<Clocks>, String) {
    let output = run(folder, &["ingest", "--quiet", "--case", "case", "in"]);
    assert!(output.status.success(), "{:?}", text(&output));
    let engine = Engine::open(&Case::open(&folder.join("case")).unwrap()).unwrap();
    let (out, error) = text(&run(folder, &["evidence", "gaps", "--case", "case"]));
    assert!(error.is_empty(), "{error}");
    (engine.clocks().unwrap(), out)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    folder
}

/// What one pair found.
fn of<'a>(all: &'a [Clocks], first: &str, second: &str) -> &'a [Skew] {
    let found = all.iter().find(|pair| pair.first.contains(first) && pair.second.contains(second));
    found.unwrap_or_else(|| panic!("no pair {first}, {second}")).found.as_ref().unwrap()
}

/// Names, pairs and medians.
fn medians(skews: &[Skew]) -> Vec<(&str, u64, f64)> {
    skews.iter().map(|skew| (skew.who.as_deref().unwrap_or("?"), skew.pairs, skew.median)).collect()
}

#[test]
fn clocks_of_nodes_show_in_their_leases() {
    let folder = folder();
    let lease = |node: &str, nth: i64, wrong: i64, way: i64| {
        let object = json!({"resource": "leases", "namespace": "kube-node-lease", "name": node, "apiGroup": "coordination.k8s.io"});
        // What a node writes into a name or an annotation is no time of its lease.
        let forged = "\"spec\":{\"renewTime\":\"2001-01-01T00:00:00Z\"}";
        let body = json!({"kind": "Lease", "metadata": {"name": node, "annotations": {"a": forged}},
            "spec": {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": at(nth * 10_000 + wrong)}});
        let id = format!("{node}-{nth}");
        audit(&id, nth * 10_000 + way, &format!("system:node:{node}"), "update", &object, &body)
    };
    // The clock of `ahead` is 37 s ahead, that of `behind` 45 s behind; the way takes 10 to 30 ms.
    let nodes = [("right-a", 0), ("right-b", 0), ("right-c", 0), ("ahead", 37_000), ("behind", -45_000)];
    let all = nodes.iter().flat_map(|(node, wrong)| (0..101).map(|n| lease(node, n, *wrong, 10 + n % 21)));
    let mut lines: Vec<Value> = all.collect();
    // Texts that are no time, or none that can be.
    for (n, odd) in ["soon", "", "999999-01-01T00:00:00Z", "2031-13-45T99:00:00Z"].iter().enumerate() {
        let mut event = lease("right-a", 200 + n as i64, 0, 0);
        event["requestObject"]["spec"]["renewTime"] = json!(odd);
        lines.push(event);
    }
    write(folder.path(), "in/audit.jsonl", &lines);
    let (all, out) = clocks(folder.path());
    let found = of(&all, "renewTime", "requestReceivedTimestamp");
    let node = |name: &str| format!("system:node:{name}");
    let expected = [("behind", 45.020), ("ahead", -36.980), ("right-a", 0.020), ("right-b", 0.020), ("right-c", 0.020)];
    let expected: Vec<_> = expected.map(|(name, median)| (node(name), 101, median)).into();
    let seen: Vec<_> = medians(found).into_iter().map(|(who, pairs, median)| (who.to_owned(), pairs, median)).collect();
    assert_eq!(seen, expected);
    let doubts: Vec<_> = found.iter().map(|skew| skew.doubt).collect();
    assert_eq!(doubts, [Some(Doubt::Apart(0.020)), Some(Doubt::Before), None, None, None]);
    assert_eq!((found[2].low, found[2].high), (0.010, 0.030));
    for line in [
        "    system:node:ahead: median -36.980 s, mostly -36.990 to -36.970 s (101 pairs): THE CLOCKS DIFFER, the first is \
         ahead or the second behind\n",
        "    system:node:behind: median +45.020 s, mostly +45.010 to +45.030 s (101 pairs): APART from the others, whose \
         median is +0.020 s\n",
        "Syslog row with EventTime in the case\n",
    ] {
        assert!(out.contains(line), "{line}{out}");
    }
}

#[test]
fn clocks_of_components_show_in_their_events_and_in_kube_events() {
    let folder = folder();
    let mut lines = Vec::new();
    let mut rows = Vec::new();
    for n in 0..20_i64 {
        let (name, came) = (format!("cart-{n}"), n * 7_000 + 250);
        let object = json!({"resource": "events", "namespace": "shop", "name": format!("e-{n}")});
        // The scheduler's clock is 3 s ahead; the controller's is right and writes whole seconds.
        let body = json!({"kind": "Event", "eventTime": at(came + 3_000), "message": "x", "lastTimestamp": null});
        lines.push(audit(&format!("a-{n}"), came, "system:kube-scheduler", "create", &object, &body));
        let body = json!({"kind": "Event", "eventTime": null, "lastTimestamp": second(came)});
        lines.push(audit(&format!("b-{n}"), came, "system:serviceaccount:kube-system:c", "create", &object, &body));
        let pod = json!({"resource": "pods", "subresource": "binding", "namespace": "shop", "name": name});
        lines.push(audit(&format!("c-{n}"), came, "system:kube-scheduler", "create", &pod, &json!({})));
        rows.push(json!({"TimeGenerated": at(came + 60_000), "Reason": "Scheduled", "ObjectKind": "Pod", "Name": name,
            "Namespace": "shop", "FirstSeen": second(came + 3_000), "LastSeen": second(came + 3_000), "Count": 1,
            "SourceComponent": "default-scheduler", "KubeEventType": "Normal", "Type": "KubeEvents", "TenantId": "t"}));
    }
    // Bound twice, and seen twice: which belongs to which cannot be told.
    for n in 0..2_i64 {
        let pod = json!({"resource": "pods", "subresource": "binding", "namespace": "shop", "name": "db-0"});
        lines.push(audit(&format!("d-{n}"), n * 900_000, "system:kube-scheduler", "create", &pod, &json!({})));
    }
    let mut again = rows[0].clone();
    again["Name"] = json!("db-0");
    again["FirstSeen"] = json!(second(5_000_000));
    rows.push(again);
    write(folder.path(), "in/audit.jsonl", &lines);
    write(folder.path(), "in/KubeEvents.jsonl", &rows);
    let (all, _) = clocks(folder.path());
    let found = of(&all, "eventTime", "audit log");
    assert_eq!(medians(found), [("system:kube-scheduler", 20, -3.0)]);
    assert_eq!(found[0].doubt, Some(Doubt::Before));
    let found = of(&all, "lastTimestamp", "audit log");
    assert_eq!(medians(found), [("system:serviceaccount:kube-system:c", 20, 0.250)]);
    assert_eq!(found[0].doubt, None);
    // 3 s ahead, and the quarter second is cut off.
    assert_eq!(medians(of(&all, "binding", "KubeEvents")), [("default-scheduler", 20, 2.750)]);
}

#[test]
fn clocks_of_nodes_show_in_what_ran_for_an_exec() {
    let folder = folder();
    let (mut lines, mut tetragon, mut falco) = (Vec::new(), Vec::new(), Vec::new());
    let exec = |id: &str, millis: i64, pod: &str, command: &str| {
        let object = json!({"resource": "pods", "subresource": "exec", "namespace": "shop", "name": pod});
        let mut event = audit(id, millis, "eve", "get", &object, &Value::Null);
        event["requestURI"] = json!(format!("/api/v1/namespaces/shop/pods/{pod}/exec?{command}&stdin=true"));
        // The answer is over when the session is.
        event["stageTimestamp"] = json!(at(millis + 600_000));
        event["responseStatus"] = json!({"code": 101});
        event
    };
    let ran = |millis: i64, pod: &str, arguments: &str| {
        json!({"process_exec": {"process": {"exec_id": format!("{pod}{millis}"), "pid": 1, "binary": "/bin/sh",
            "arguments": arguments, "flags": "execve", "pod": {"namespace": "shop", "name": pod}}},
            "node_name": "n-slow", "time": at(millis)})
    };
    for n in 0..5_i64 {
        let (pod, came) = (format!("cart-{n}"), n * 60_000);
        lines.push(exec(&format!("a-{n}"), came, &pod, "command=%2Fbin%2Fsh&command=-c&command=cat+%2Fetc%2Fpasswd"));
        // The node's clock is 12 s behind, the way takes 80 ms; both sensors are on it.
        tetragon.push(ran(came + 80 - 12_000, &pod, "-c \"cat /etc/passwd\""));
        falco.push(json!({"hostname": "n-slow", "output": "x", "priority": "Notice", "rule": "r", "source": "syscall",
            "time": at(came + 80 - 12_000), "output_fields": {"k8s.ns.name": "shop", "k8s.pod.name": pod,
            "proc.cmdline": "sh -c cat /etc/passwd", "proc.name": "sh"}}));
        // A second rule that fires on the same process.
        let mut other = falco[falco.len() - 1].clone();
        other["rule"] = json!("other");
        falco.push(other);
    }
    // Ran more often than it was asked for: one of them is no exec.
    lines.push(exec("b-0", 700_000, "db-0", "command=sh&command=-c&command=id"));
    tetragon.extend([ran(1_000, "db-0", "-c id"), ran(700_100, "db-0", "-c id")]);
    // Refused: nothing ran.
    let mut refused = exec("c-0", 800_000, "db-1", "command=sh");
    refused["responseStatus"] = json!({"code": 403});
    lines.push(refused);
    tetragon.push(ran(900_000, "db-1", ""));
    write(folder.path(), "in/audit.jsonl", &lines);
    write(folder.path(), "in/tetragon.jsonl", &tetragon);
    write(folder.path(), "in/falco.jsonl", &falco);
    let (all, _) = clocks(folder.path());
    for sensor in ["Tetragon", "Falco"] {
        let found = of(&all, "exec", sensor);
        assert_eq!(medians(found), [("n-slow", 5, -11.920)], "{sensor}");
        assert_eq!(found[0].doubt, Some(Doubt::Before), "{sensor}");
    }
}

#[test]
fn clocks_of_hosts_show_in_their_logs() {
    let folder = folder();
    let mut rows = Vec::new();
    let mut lines = String::new();
    for n in 0..10_i64 {
        let came = n * 1_000;
        rows.push(
            json!({"TimeGenerated": at(came), "EventTime": at(came + 90_000), "Computer": "n1", "Facility": "auth",
            "SyslogMessage": format!("m {n}"), "Type": "Syslog", "TenantId": "t"}),
        );
        // n1 and n2 count their own serials; the collector's time is 2 s later.
        for (node, serial) in [("n1", 100 + n), ("n2", 105 + n)] {
            let written = (START / 1_000 + came) as f64 / 1_000.0;
            lines.push_str(&format!(
                "node={node} type=SYSCALL msg=audit({written:.3}:{serial}): arch=c000003e syscall=59 success=yes exit=0 items=0 comm=\"a\" exe=\"/bin/a\"\n"
            ));
            rows.push(json!({"TimeGenerated": at(came + 2_000), "TimeUploaded": at(came + 7_000), "AuditID": format!("{written:.3}:{serial}"),
                "SerialNumber": serial.to_string(), "RecordType": "SYSCALL", "Computer": format!("{node}.internal.example"),
                "Type": "LinuxAuditLog", "TenantId": "t"}));
        }
    }
    write(folder.path(), "in/rows.jsonl", &rows);
    fs::write(folder.path().join("in/audit.log"), lines).unwrap();
    let (all, _) = clocks(folder.path());
    let found = of(&all, "Syslog", "TimeGenerated");
    assert_eq!((medians(found), found[0].doubt), (vec![("n1", 10, -90.0)], Some(Doubt::Before)));
    let hosts = |median: f64| vec![("n1.internal.example", 10, median), ("n2.internal.example", 10, median)];
    assert_eq!(medians(of(&all, "auditd", "serial")), hosts(2.0));
    assert_eq!(medians(of(&all, "LinuxAuditLog", "TimeUploaded")), hosts(5.0));
}

#[test]
fn a_product_that_ends_its_alerts_after_they_were_processed_has_another_clock() {
    let folder = folder();
    let alert = |product: &str, n: i64, took: i64| {
        json!({"TimeGenerated": at(n * 60_000 + took + 1_000), "SystemAlertId": format!("{product}-{n}"),
            "AlertName": "Exec", "AlertSeverity": "High", "ProductName": product, "StartTime": at(n * 60_000 - 5_000),
            "EndTime": at(n * 60_000), "ProcessingEndTime": at(n * 60_000 + took), "Type": "SecurityAlert", "TenantId": "t"})
    };
    // The last three of the other product are processed two seconds before they end, which no way explains.
    let mut rows: Vec<Value> = (0..5).map(|n| alert("Azure Security Center", n, 90_000)).collect();
    rows.extend((0..3).map(|n| alert("Other", n, -2_000)));
    rows.push(json!({"TimeGenerated": at(0), "SystemAlertId": "open", "AlertName": "Exec", "ProductName": "Other",
        "EndTime": null, "ProcessingEndTime": at(0), "Type": "SecurityAlert", "TenantId": "t"}));
    write(&folder.path().join("in"), "alerts.jsonl", &rows);
    let (all, out) = clocks(folder.path());
    let found = of(&all, "EndTime", "ProcessingEndTime");
    let mut told = medians(found);
    told.sort_unstable_by_key(|(who, ..)| *who);
    assert_eq!(told, [("Azure Security Center", 5, 90.0), ("Other", 3, -2.0)]);
    let doubt = found.iter().find(|skew| skew.who.as_deref() == Some("Other")).unwrap().doubt;
    assert_eq!(doubt, Some(Doubt::Before), "{out}");
}

#[test]
fn an_event_keeps_the_time_of_the_record_around_it() {
    let folder = folder();
    let id = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/SHOP";
    let record = |n: i64, category: &str, log: String| {
        json!({"time": at(n * 1_000 + 1_500), "category": category, "resourceId": id, "operationName":
            "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read", "properties": {"log": log, "stream": "stdout"}})
    };
    let event = |n: i64| audit(&format!("a-{n}"), n * 1_000, "u", "get", &json!({"resource": "pods"}), &Value::Null);
    let guard = |n: i64| format!("I0405 06:00:{n:02}.000000       1 server.go:42] token review {n}\n");
    let lines = (0..9_i64).flat_map(|n| [record(n, "kube-audit", event(n).to_string()), record(n, "guard", guard(n))]);
    write(folder.path(), "in/PT1H.json", &lines.collect::<Vec<_>>());
    // Bare, it has none.
    write(folder.path(), "in/audit.jsonl", &[event(50)]);
    let (all, _) = clocks(folder.path());
    assert_eq!(medians(of(&all, "stageTimestamp", "record around it")), [("kube-audit of shop", 9, 1.496)]);
    assert_eq!(medians(of(&all, "control plane", "record around it")), [("guard of shop", 9, 1.5)]);
    let ask = |sql: &str| text(&run(folder.path(), &["query", "--case", "case", "--format", "csv", sql])).0;
    let nulls = ask("SELECT count(*), count(envelope_time) FROM audit");
    assert!(nulls.ends_with("10,9\n"), "{nulls}");
    // The line as Azure's table has it.
    let row = ask("SELECT TimeGenerated, Category, log_s, stream_s, Resource FROM AzureDiagnosticsControlPlane \
                   WHERE Category = 'guard' AND log_s LIKE '%review 8%'");
    assert_eq!(
        row.lines().nth(1).unwrap(),
        "2031-04-05T06:00:09.500000Z,guard,I0405 06:00:08.000000       1 server.go:42] token review 8,stdout,SHOP"
    );
}

#[test]
fn a_real_control_plane_on_one_machine_has_one_clock() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = project("sample-data/incidents/quiet-hour").to_string_lossy().into_owned();
    assert!(run(folder.path(), &["ingest", "--quiet", "--case", "case", &evidence]).status.success());
    let engine = Engine::open(&Case::open(&folder.path().join("case")).unwrap()).unwrap();
    let all = engine.clocks().unwrap();
    let nodes = of(&all, "renewTime", "audit log");
    assert_eq!(nodes.len(), 4, "{nodes:?}");
    assert!(nodes.iter().all(|node| (0.0..0.1).contains(&node.median) && node.doubt.is_none()), "{nodes:?}");
}
