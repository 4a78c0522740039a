//! What became of bodies, what is known of them, and the columns shredded from them.

use super::{EVENT, cell, cells, create, read};
use crate::model::Recorded;

const LOOK: &[&str] = &["body", "not_recorded", "request_object", "response_object"];

fn look(text: &str) -> Vec<String> {
    let (batch, _) = read(text.as_bytes());
    assert_eq!(batch.audit.num_rows(), 1, "{text} {:?}", batch.rejects);
    cells(&batch.audit, 0, LOOK)
}

fn wrapped(log: &str) -> String {
    let log = serde_json::to_string(log).unwrap();
    format!(r#"{{"category":"kube-audit","properties":{{"log":{log}}},"time":"2031-04-05T06:07:09.5Z"}}"#)
}

#[test]
fn bodies_stay_as_they_arrived() {
    let found = look(&create("a", r#"{"a" : "\/"}"#));
    assert_eq!(found, ["recorded", "-", r#"{"a" : "\/"}"#, r#"{"kind":"Pod","metadata":{"name":"cart-x1"}}"#]);
}

#[test]
fn metadata_level_knows_no_body() {
    let event = EVENT.replace("\"level\":\"Request\"", "\"level\":\"Metadata\"");
    assert_eq!(look(&event), ["not recorded", "requestObject responseObject", "-", "-"]);
    let written = event.replace("\"verb\":\"get\"", "\"verb\":\"patch\"");
    assert_eq!(look(&written)[1], "requestObject responseObject object");
}

#[test]
fn the_object_is_known_on_the_side_of_the_verb() {
    let at_request = create("a", "{}").replace("RequestResponse", "Request");
    let at_request = at_request.replace(r#""responseObject":{"kind":"Pod","metadata":{"name":"cart-x1"}},"#, "");
    assert_eq!(look(&at_request)[1], "responseObject");
    assert_eq!(look(&at_request.replace("create", "patch"))[1], "responseObject object");
}

#[test]
fn an_answer_that_shows_the_object_in_part_is_not_the_object() {
    let answer = r#"{"kind":"Pod","metadata":{"name":"cart-x1"}}"#;
    for kind in ["PartialObjectMetadata", "Table"] {
        let partial = format!(r#"{{"kind":"{kind}","apiVersion":"meta.k8s.io/v1","metadata":{{"name":"cart-x1"}}}}"#);
        let created = create("a", "{}").replace(answer, &partial);
        assert_eq!(look(&created), ["recorded", "-", "{}", &partial]);
        assert_eq!(look(&created.replace("create", "patch")), ["recorded", "object", "{}", &partial]);
    }
    let named = answer.replace("cart-x1", "meta.k8s.io/Table");
    assert_eq!(look(&create("a", "{}").replace(answer, &named).replace("create", "patch"))[1], "-");
}

#[test]
fn skipped_and_truncated_bodies_are_unknown() {
    let skipped = create("a", "\"skipped-too-big-size-object\"");
    assert_eq!(look(&skipped)[..3], ["skipped", "requestObject object", "-"]);
    let bare = create("a", "null").replace(r#""responseObject":{"kind":"Pod","metadata":{"name":"cart-x1"}},"#, "");
    assert_eq!(look(&bare), ["recorded", "-", "-", "-"]);
    let truncated = bare.replacen('{', r#"{"annotations":{"audit.k8s.io/truncated":"true"},"#, 1);
    assert_eq!(look(&truncated)[..2], ["cut", "requestObject responseObject object"]);
}

#[test]
fn a_new_object_has_the_name_the_server_gave_it() {
    let (batch, _) = read(create("a", "{}").as_bytes());
    assert_eq!(cell(&batch.audit, "name", 0).as_deref(), Some("cart-x1"));
}

#[test]
fn a_cut_event_is_salvaged_at_every_byte() {
    let event = create("a", r#"{"kind":"Pod","spec":{"hostPID":true,"containers":[{"name":"c é"}]}}"#);
    for end in (0..event.len()).filter(|end| event.is_char_boundary(*end)) {
        let (batch, _) = read(wrapped(&event[..end]).as_bytes());
        assert_eq!(batch.read, 1);
        let usable = event[..end].contains(r#""auditID":"a""#);
        assert_eq!(batch.audit.num_rows(), usize::from(usable), "{}", &event[..end]);
        if !usable {
            continue;
        }
        let times = cells(&batch.audit, 0, &["body", "time", "time_source"]);
        let known = event[..end].contains(r#"034001Z""#);
        let received = event[..end].contains(r#"000120Z""#);
        let expected = match (known, received) {
            (true, _) => ["cut", "2031-04-05T06:07:08.034001Z", "stageTimestamp"],
            (false, true) => ["cut", "2031-04-05T06:07:08.000120Z", "requestReceivedTimestamp"],
            (false, false) => ["cut", "2031-04-05T06:07:09.500000Z", "envelope"],
        };
        assert_eq!(times, expected, "{}", &event[..end]);
        let missing = batch.audit_keys[0].missing;
        let request = cell(&batch.audit, "request_object", 0);
        assert_eq!(missing.misses(Recorded::REQUEST), request.is_none());
        assert_eq!(missing.misses(Recorded::OBJECT), request.is_none());
        assert_eq!(request.is_some(), cell(&batch.audit, "host_pid", 0).is_some());
    }
}

#[test]
fn a_cut_dynamic_column_is_missing_and_a_broken_one_is_a_reject() {
    let row = |request: &str| {
        format!(
            r#"{{"AuditId":"a","Level":"RequestResponse","Verb":"create","User":"{{\"username\":\"lena\"}}","RequestObject":{request},"Type":"AKSAudit"}}"#
        )
    };
    let found = look(&row(r#""{\"kind\":\"Pod\",\"sp""#));
    assert_eq!((found[0].as_str(), found[2].as_str()), ("cut", "-"));
    assert!(found[1].starts_with("requestObject object impersonatedUser"), "{}", found[1]);
    assert_eq!(look(&row(r#""skipped-too-big-size-object""#))[0], "skipped");
    let (batch, _) = read(row(r#""{'kind':1}""#).as_bytes());
    assert!(batch.rejects[0].reason.starts_with("column RequestObject: "));
}

#[test]
fn unsound_records_are_rejected_with_the_reason() {
    for (text, reason) in [
        (create("a", "NaN"), "not JSON: NaN, for which JSON has no number"),
        (create("a", "nan"), "not JSON: expected ident"),
        (create("a\",\"auditID\":\"b", "{}"), "not readable: duplicate field `auditID`"),
        (create("\\ud800", "{}"), "half a surrogate pair"),
    ] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!((batch.read, batch.rejects.len()), (1, 1));
        assert!(batch.rejects[0].reason.starts_with(reason), "{} / {reason}", batch.rejects[0].reason);
    }
}

#[test]
fn a_body_is_kept_whatever_is_in_it() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [&*deep, r#"{"a":"\ud800"}"#, r#"{"a":1,"a":2}"#] {
        assert_eq!(look(&create("a", body))[2], body);
    }
}

#[test]
fn time_falls_back_field_by_field() {
    let beta = r#"{"auditID":"a","verb":"get","requestURI":"/x","metadata":{"creationTimestamp":"2031-01-01T00:00:00Z"},"timestamp":"2031-04-05T06:07:08Z"}"#;
    for (text, expected) in [
        (beta.to_owned(), ["2031-04-05T06:07:08.000000Z", "timestamp"]),
        (
            beta.replace("\"timestamp\":\"2031-04-05T06:07:08Z\"", "\"x\":1"),
            ["2031-01-01T00:00:00.000000Z", "metadata.creationTimestamp"],
        ),
        (r#"{"verb":"get","requestURI":"/x","metadata":{"creationTimestamp":null}}"#.to_owned(), ["-", "-"]),
        (wrapped(r#"{"auditID":"a"}"#), ["2031-04-05T06:07:09.500000Z", "envelope"]),
    ] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!(cells(&batch.audit, 0, &["time", "time_source"]), expected);
    }
}

#[test]
fn shred_columns_are_read_from_the_written_object() {
    let spec = r#"{"hostPID":true,"hostNetwork":false,"serviceAccountName":"robot","volumes":[{"name":"v","hostPath":{"path":"/etc"}},{"name":"w"}],"containers":[{"name":"c","image":"cart:1","command":["sh","-c"],"args":["id"],"securityContext":{"privileged":true,"runAsUser":0,"capabilities":{"add":["SYS_ADMIN"]}}}],"initContainers":[{"name":"i","image":"x"}]}"#;
    let columns = ["host_pid", "host_ipc", "host_network", "host_paths", "service_account_name", "containers"];
    let expected = [
        "true",
        "-",
        "false",
        "[/etc]",
        "robot",
        "[{kind: container, name: c, image: cart:1, command: [sh, -c], args: [id], privileged: true, allow_privilege_escalation: , run_as_user: 0, run_as_non_root: , capabilities_add: [SYS_ADMIN]}, {kind: init, name: i, image: x, command: , args: , privileged: , allow_privilege_escalation: , run_as_user: , run_as_non_root: , capabilities_add: }]",
    ];
    let pod = create("a", &format!(r#"{{"spec":{spec}}}"#));
    let job = create("a", &format!(r#"{{"spec":{{"jobTemplate":{{"spec":{{"template":{{"spec":{spec}}}}}}}}}}}"#));
    let job = job.replace(r#""resource":"pods","namespace":"shop""#, r#""resource":"cronjobs","apiGroup":"batch""#);
    let patch = pod
        .replace("\"verb\":\"create\"", "\"verb\":\"patch\"")
        .replace("requestObject", "side")
        .replace("responseObject", "requestObject")
        .replace("side", "responseObject");
    for text in [pod, job, patch] {
        let (batch, _) = read(text.as_bytes());
        let found = cells(&batch.audit, 0, &columns).iter().map(|text| text.replace('\u{0}', "")).collect::<Vec<_>>();
        assert_eq!(found, expected, "{text}");
    }
    let (batch, _) = read(create("a", &format!(r#"{{"spec":{spec}}}"#)).replace("\"pods\"", "\"services\"").as_bytes());
    assert_eq!(cells(&batch.audit, 0, &["host_pid", "containers", "host_paths"]), ["-", "-", "-"]);
}

#[test]
fn roles_and_bindings_are_shredded() {
    let rbac = |body: &str, resource: &str| {
        let scope = format!(r#""resource":"{resource}","apiGroup":"rbac.authorization.k8s.io""#);
        create("a", body).replace(r#""resource":"pods","namespace":"shop""#, &scope)
    };
    let (batch, _) = read(
        rbac(r#"{"rules":[{"verbs":["*"],"apiGroups":[""],"resources":["secrets"]}]}"#, "clusterroles").as_bytes(),
    );
    let rules = cell(&batch.audit, "role_rules", 0).unwrap().replace('\u{0}', "");
    assert_eq!(rules, "[{verbs: [*], api_groups: [], resources: [secrets], resource_names: , non_resource_urls: }]");
    let body = r#"{"subjects":[{"kind":"Group","name":"system:unauthenticated"}],"roleRef":{"kind":"ClusterRole","name":"cluster-admin"}}"#;
    let (batch, _) = read(rbac(body, "clusterrolebindings").as_bytes());
    let found = cells(&batch.audit, 0, &["subjects", "role_ref_kind", "role_ref_name", "role_rules"]);
    assert_eq!(found[0].replace('\u{0}', ""), "[{kind: Group, name: system:unauthenticated, namespace: }]");
    assert_eq!(found[1..], ["ClusterRole", "cluster-admin", "-"]);
}
