//! The same event by every route: framing, envelopes, tables.

use super::{EVENT, cell, cells, create, read, spans};
use crate::formats::Batch;

/// The event as AKS puts it into a record.
fn record(log: &str, category: &str) -> String {
    let log = serde_json::to_string(&format!("{log}\n")).unwrap().replace('/', "\\/");
    format!(
        r#"{{ "category": "{category}", "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read", "properties": {{"pod":"kube-apiserver-1","log":{log},"stream":"stdout"}}, "resourceId": "/SUBSCRIPTIONS/0A/C1", "serviceBuild": "na", "time": "2031-04-05T06:07:09.010321004Z"}}"#
    )
}

const LOOK: &[&str] = &["audit_id", "time", "time_source", "category", "cluster_id", "body"];

fn ids(batch: &Batch) -> Vec<String> {
    (0..batch.audit.num_rows()).map(|row| cell(&batch.audit, "audit_id", row).unwrap()).collect()
}

#[test]
fn line_ends_marks_and_holes_are_no_records() {
    let text = format!("\u{0}\u{0}\u{0}\u{feff}{EVENT}\r\n\r\n\u{0}\u{0}{EVENT}\n  {EVENT}");
    let (batch, content) = read(text.as_bytes());
    assert_eq!((batch.read, batch.audit.num_rows()), (3, 3));
    assert_eq!(content.size, text.len() as u64);
    assert_eq!(spans(&batch)[0], (6, EVENT.len() as u64));
}

#[test]
fn a_broken_line_is_one_reject_and_the_next_goes_on() {
    let text = format!("{EVENT}\n{{\"auditID\": nonsense}}\n{EVENT}\n{}", &EVENT[..100]);
    let (batch, _) = read(text.as_bytes());
    assert_eq!((batch.read, batch.audit.num_rows()), (4, 2));
    let places = batch.rejects.iter().map(|r| (r.line, r.offset)).collect::<Vec<_>>();
    assert_eq!(places, [(2, EVENT.len() as u64 + 1), (4, text.len() as u64 - 100)]);
    assert!(
        batch.rejects[0].reason.starts_with("not JSON: expected ident, at character"),
        "{}",
        batch.rejects[0].reason
    );
    assert_eq!(batch.rejects[1].reason, "not JSON: the record is cut short");
    assert_eq!(batch.rejects[1].sample, &EVENT[..100]);
}

#[test]
fn a_first_line_that_lost_its_head_does_not_hide_the_rest() {
    let (batch, content) = read(format!("{}\n{EVENT}\n", &EVENT[300..]).as_bytes());
    assert_eq!((content.format.as_str(), batch.audit.num_rows(), batch.rejects.len()), ("json-lines", 1, 1));
}

#[test]
fn arrays_documents_and_one_long_line_are_the_same_events() {
    let other = EVENT.replace("\"a1\"", "\"a2\"");
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let list =
        format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{EVENT},{other}]}}"#);
    for text in [
        format!("{EVENT}\n{other}"),
        format!("[{EVENT},{other}]"),
        format!("[\n{EVENT},\n{other}\n]\n"),
        format!("{EVENT}{other}"),
        format!("{}\n{}\n", pretty(EVENT), pretty(&other)),
        format!("{}\n\n{}", pretty(EVENT), pretty(&other)),
        pretty(&format!("[{EVENT},{other}]")),
        list.clone(),
        pretty(&list),
        format!("{list}\n"),
        format!(r#"{{"records":[{EVENT},{other}]}}"#),
    ] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!(ids(&batch), ["a1", "a2"], "{text}");
        assert_eq!((batch.read, batch.rejects.len()), (2, 0), "{text}");
        for (offset, length) in spans(&batch) {
            let span = &text[offset as usize..(offset + length) as usize];
            assert!(span.starts_with('{') && span.ends_with('}') && span.contains("auditID"), "{span}");
        }
    }
}

#[test]
fn a_line_longer_than_a_block_is_one_event() {
    let big = create("big", &format!(r#"{{"kind":"Pod","data":"{}"}}"#, "x".repeat(5 << 20)));
    let (batch, _) = read(format!("{EVENT}\n{big}\n{EVENT}\n").as_bytes());
    assert_eq!(ids(&batch), ["a1", "big", "a1"]);
}

#[test]
fn blocks_count_lines_and_offsets_on() {
    let padded = create("p", &format!(r#"{{"kind":"Pod","data":"{}"}}"#, "x".repeat(900 << 10)));
    let text = format!("{}broken\n", format!("{padded}\n").repeat(11));
    let (batch, _) = read(text.as_bytes());
    assert_eq!((batch.audit.num_rows(), batch.rejects.len()), (11, 1));
    assert_eq!((batch.rejects[0].line, batch.rejects[0].offset), (12, text.len() as u64 - 7));
    let array = format!("[\n{}]", format!("{padded},\n").repeat(11));
    let (batch, content) = read(array.as_bytes());
    assert_eq!((batch.audit.num_rows(), batch.rejects.len(), content.format.as_str()), (11, 0, "json-documents"));
}

#[test]
fn documents_go_on_after_a_broken_one() {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(EVENT).unwrap()).unwrap();
    let text = format!("{}\n{pretty}\nsome text\nmore\n{pretty}\n}}\n{pretty}", &pretty[..200]);
    let (batch, _) = read(text.as_bytes());
    assert_eq!(batch.audit.num_rows(), 3);
    let reasons = batch.rejects.iter().map(|r| r.reason.as_str()).collect::<Vec<_>>();
    assert_eq!(
        reasons,
        [
            "not JSON: the record is cut short",
            "text between JSON values",
            "JSON punctuation where a value should begin"
        ]
    );
}

#[test]
fn diagnostic_records_carry_text_or_an_object() {
    let text = record(EVENT, "kube-audit-admin");
    let expected =
        ["a1", "2031-04-05T06:07:08.034001Z", "stageTimestamp", "kube-audit-admin", "/subscriptions/0a/c1", "recorded"];
    let object = text
        .replace(&text[text.find("\"log\":").unwrap()..text.find(",\"stream\"").unwrap()], &format!("\"log\":{EVENT}"));
    for text in [text.clone(), object, format!(r#"{{"records":[{text}]}}"#), format!(r#"[{{"records": [{text}]}}]"#)] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!((batch.read, batch.audit.num_rows()), (1, 1), "{text}");
        assert_eq!(cells(&batch.audit, 0, LOOK), expected);
    }
}

#[test]
fn other_control_plane_lines_have_their_own_time_and_level() {
    let (batch, _) = read(record("I0405 06:07:08.123456       1 file.go:12] msg", "kube-scheduler").as_bytes());
    let look = ["time", "time_source", "category", "level", "message", "source_file", "thread", "cluster_id"];
    let expected = ["2031-04-05T06:07:08.123456Z", "line", "kube-scheduler", "Info", "msg", "file.go:12", "1"];
    assert_eq!(batch.sheets[0].table, "control_plane");
    assert_eq!(cells(&batch.sheets[0].rows, 0, &look), [&expected[..], &["/subscriptions/0a/c1"]].concat());
}

#[test]
fn one_event_has_one_key_by_every_route() {
    let body = r#"{"kind":"Pod","metadata":{"annotations":{"a":"x & y/z é\n\"q\""},"creationTimestamp":null},"spec":{"containers":[]}}"#;
    let event = create("k", body);
    let value: serde_json::Value = serde_json::from_str(&event).unwrap();
    let dynamic = |name: &str| serde_json::to_string(&value[name].to_string()).unwrap();
    let plain = |name: &str| value[name].to_string();
    let row = |of: &dyn Fn(&str) -> String| {
        format!(
            r#"{{"TimeGenerated":"2031-04-05T06:07:08.034Z","Level":{},"AuditId":"k","Stage":{},"RequestUri":{},"Verb":{},"User":{},"ObjectRef":{},"ResponseStatus":{},"RequestObject":{},"ResponseObject":{},"RequestReceivedTime":"2031-04-05T06:07:08.000120Z","StageReceivedTime":"2031-04-05T06:07:08.034001Z","Type":"AKSAudit","_ResourceId":"/subscriptions/0a/c1"}}"#,
            plain("level"),
            plain("stage"),
            plain("requestURI"),
            plain("verb"),
            of("user"),
            of("objectRef"),
            of("responseStatus"),
            of("requestObject"),
            of("responseObject")
        )
    };
    let routes = [
        event.clone(),
        record(&event, "kube-audit"),
        record(&event, "kube-audit").replace('é', "\\u00e9").replace('&', "\\u0026"),
        row(&plain),
        row(&dynamic),
        serde_json::to_string_pretty(&value).unwrap(),
    ];
    let keys = routes.map(|text| {
        let (batch, _) = read(text.as_bytes());
        assert_eq!(batch.audit.num_rows(), 1, "{text} {:?}", batch.rejects);
        batch.audit_keys[0].clone()
    });
    for key in &keys {
        assert_eq!((key.id, key.content, key.stage_time), (keys[0].id, keys[0].content, keys[0].stage_time));
        assert_eq!((key.request, key.response), (keys[0].request, keys[0].response));
    }
    assert!(keys[0].request != 0 && keys[0].response != 0);
    assert!(keys[4].missing.misses(crate::model::Recorded::IMPERSONATED));
}

#[test]
fn query_answers_and_csv_are_rows() {
    let rest = r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"AuditId","type":"string"},{"name":"Verb","type":"string"},{"name":"User","type":"dynamic"},{"name":"Type","type":"string"}],"rows":[["2031-04-05T06:07:08Z","a1","list","{\"username\":\"lena\"}","AKSAuditAdmin"],[null,"a2",null,null,null]]}]}"#;
    let (batch, _) = read(rest.as_bytes());
    assert_eq!((batch.read, batch.audit.num_rows()), (2, 2), "{:?}", batch.rejects);
    let look = ["audit_id", "time", "time_source", "verb", "user_name", "category", "body"];
    assert_eq!(
        cells(&batch.audit, 0, &look),
        ["a1", "2031-04-05T06:07:08.000000Z", "envelope", "list", "lena", "AKSAuditAdmin", "not recorded"]
    );
    assert_eq!(cells(&batch.audit, 1, &look), ["a2", "-", "-", "-", "-", "-", "not recorded"]);

    let csv = "\u{feff}\"TimeGenerated [UTC]\",Verb,AuditId,\"StageReceivedTime [UTC]\",User,ResponseStatus\r\n\"4/5/2031, 6:07:08.034 AM\",list,a1,\"4/5/2031, 6:07:08.034 AM\",\"{\"\"username\"\":\"\"lena\"\"}\",\"{\"\"code\"\":403,\"\"message\"\":\"\"User \\\"\"lena\\\"\"\n cannot list\"\"}\"\r\nshort,row\r\n";
    let csv =
        csv.replace("\n cannot", "\\n cannot").replace("},\"{\"\"code", "},\n\"{\"\"code").replace(",\n\"{", ",\"{");
    let (batch, content) = read(csv.as_bytes());
    assert_eq!(content.format, "csv");
    assert_eq!((batch.read, batch.audit.num_rows(), batch.rejects.len()), (2, 1, 1), "{:?}", batch.rejects);
    let look = ["audit_id", "time", "time_source", "response_code", "response_message", "user_name"];
    assert_eq!(
        cells(&batch.audit, 0, &look),
        ["a1", "2031-04-05T06:07:08.034000Z", "stageTimestamp", "403", "User \"lena\"\n cannot list", "lena"]
    );
    assert_eq!(
        (batch.rejects[0].line, batch.rejects[0].reason.as_str()),
        (3, "row of 2 columns under a header of 6 columns")
    );
}

#[test]
fn csv_of_powershell_and_data_frames() {
    let text = "#TYPE Selected.Object\n\"\",\"TimeGenerated\",\"AuditId\",\"Verb\",\"SourceIps\",\"RequestUri\"\n\"0\",\"2031-02-12 14:22:40.697\",\"a1\",\"get\",\"['198.51.100.7', '10.0.0.1']\",\"/x\ny\"\n";
    let (batch, _) = read(text.as_bytes());
    let look = ["audit_id", "time", "source_ips", "request_uri", "offset"];
    let offset = text.find("\"0\"").unwrap().to_string();
    assert_eq!(
        cells(&batch.audit, 0, &look),
        ["a1", "2031-02-12T14:22:40.697000Z", "[198.51.100.7, 10.0.0.1]", "/x\ny", offset.as_str()]
    );
}

#[test]
fn another_zone_than_utc_is_no_time() {
    let (batch, content) = read(b"TimeGenerated [UTC+2],AuditId,Verb\n\"4/5/2031, 6:07:08.034 AM\",a1,get\n");
    assert_eq!(cells(&batch.audit, 0, &["audit_id", "time", "time_source"]), ["a1", "-", "-"]);
    assert!(content.notes[0].contains("UTC+2"));
}

#[test]
fn diagnostics_rows_carry_the_event_in_either_column() {
    let log = serde_json::to_string(EVENT).unwrap();
    let row = |fields: &str| {
        format!(
            r#"{{"TimeGenerated":"2031-04-05T06:07:09Z","Category":"kube-audit","Type":"AzureDiagnostics","_ResourceId":"/subscriptions/0A/c1",{fields}}}"#
        )
    };
    let additional = serde_json::to_string(&format!("{{\"log\":{log}}}")).unwrap();
    for text in [row(&format!("\"log_s\":{log}")), row(&format!("\"AdditionalFields\":{additional}"))] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!(batch.audit.num_rows(), 1, "{:?}", batch.rejects);
        assert_eq!(cells(&batch.audit, 0, LOOK)[3..5], ["kube-audit", "/subscriptions/0a/c1"]);
    }
    let (batch, _) = read(br#"{"TimeGenerated":"2031-04-05T06:07:09Z","Type":"ContainerLogV2","LogMessage":"x"}"#);
    assert_eq!((batch.sheets[0].table.as_str(), batch.rejects.len()), ("ContainerLogV2", 0));
}

#[test]
fn lists_and_single_objects_are_snapshots() {
    let pod = r#"{"metadata":{"name":"cart-0","namespace":"shop","uid":"0d0d","resourceVersion":"5","creationTimestamp":"2031-04-05T06:07:08Z"},"spec":{"hostPID":true}}"#;
    let whole = pod.replacen('{', r#"{"apiVersion":"v1","kind":"Pod","#, 1);
    for (text, body) in [
        (
            format!(r#"{{"apiVersion":"v1","items":[{whole}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#),
            &*whole,
        ),
        (format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{pod}]}}"#), pod),
        (whole.clone(), &*whole),
    ] {
        let (batch, _) = read(text.as_bytes());
        let look = ["kind", "api_version", "namespace", "name", "uid", "resource_version", "time", "body", "deleted"];
        let expected = ["Pod", "v1", "shop", "cart-0", "0d0d", "5", "2031-04-05T06:07:08.000000Z", body, "-"];
        assert_eq!((batch.read, batch.object.num_rows()), (1, 1), "{:?}", batch.rejects);
        assert_eq!(cells(&batch.object, 0, &look), expected);
    }
}

#[test]
fn core_events_are_objects_and_empty_lists_are_noted() {
    let event = r#"{"metadata":{"name":"e1","namespace":"shop"},"involvedObject":{"kind":"Pod"},"reason":"Killing"}"#;
    let (batch, _) =
        read(format!(r#"{{"kind":"EventList","apiVersion":"v1","metadata":{{}},"items":[{event}]}}"#).as_bytes());
    assert_eq!(cells(&batch.object, 0, &["kind", "name"]), ["Event", "e1"]);
    assert_eq!(batch.audit.num_rows(), 0);
    for items in ["[]", "null"] {
        let (batch, content) =
            read(format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":{items}}}"#).as_bytes());
        assert_eq!((batch.read, content.notes), (0, vec!["PodList without items".to_owned()]), "{:?}", batch.rejects);
    }
}

#[test]
fn lookalikes_are_rejected_by_name() {
    for (text, reason) in [
        (
            r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1"}}"#,
            "AdmissionReview dump, no audit event",
        ),
        (r#"{"protoPayload":{},"logName":"x"}"#, "GKE audit log: another cloud's format, not read"),
        (r#"{"a":1}"#, "not an audit event, nor anything else we know"),
        (r#"[1]"#, "not an audit event, nor anything else we know"),
    ] {
        let (batch, _) = read(text.as_bytes());
        assert_eq!((batch.read, batch.rejects[0].reason.as_str()), (1, reason));
    }
}

#[test]
fn a_partial_answer_is_noted() {
    let (_, content) = read(br#"{"tables":[],"error":{"code":"PartialError"}}"#);
    assert!(content.notes[0].starts_with("partial query result"));
}

#[test]
fn a_column_named_time_is_not_ours() {
    let (batch, _) = read(
        br#"{"TimeGenerated":"2031-04-05T06:07:09Z","Type":"Odd_CL","time":"2031-04-05T06:07:08Z","Time":"noon"}
{"TimeGenerated":"2031-04-05T06:07:10Z","Type":"Odd_CL","time":"x"}"#,
    );
    let rows = &batch.sheets[0].rows;
    assert_eq!(
        cells(rows, 0, &["time", "time_", "unread"]),
        ["2031-04-05T06:07:09.000000Z", "2031-04-05T06:07:08Z", r#"{"Time":"noon"}"#]
    );
    assert_eq!(cells(rows, 1, &["time", "time_"]), ["2031-04-05T06:07:10.000000Z", "x"]);
}
