//! Records of Azure's services: real ones, where their bytes lie, and that nothing of them is lost.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use serde_json::Value;

use super::{cell, cells, read};
use crate::formats::{Batch, Item, wrappings};
use crate::model::Micros;

/// A folder of real captures, when it is there.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/public").join(folder);
    path.exists().then_some(path)
}

fn table<'a>(batch: &'a Batch, name: &str) -> &'a RecordBatch {
    let found = batch.sheets.iter().find(|sheet| sheet.table == name);
    &found.unwrap_or_else(|| panic!("no rows of {name}; {:?}", batch.rejects)).rows
}

/// Every cell of a row as text.
fn row(rows: &RecordBatch, row: usize) -> HashSet<String> {
    rows.schema().fields().iter().filter_map(|field| cell(rows, field.name(), row)).collect()
}

#[test]
fn recorded_entra_logs_go_to_their_tables_and_lose_nothing() {
    let Some(folder) = shared("datadog-log-forwarding/activedirectory") else { return };
    let files = [
        ("sign_in_logs", "SigninLogs", 5),
        ("non_interactive_user_sign_in_logs", "AADNonInteractiveUserSignInLogs", 14),
        ("service_principal_sign_in_logs", "AADServicePrincipalSignInLogs", 25),
        ("managed_identity_sign_in_logs", "AADManagedIdentitySignInLogs", 24),
        ("audit_logs", "AuditLogs", 22),
        ("ms_graph_activity_logs", "MicrosoftGraphActivityLogs", 25),
        ("risky_users_logs", "AADRiskyUsers", 1),
        ("user_risk_event_logs", "AADUserRiskEvents", 1),
    ];
    for (file, name, count) in files {
        let text = fs::read_to_string(folder.join(file).with_extension("json")).unwrap();
        let (batch, content) = read(text.as_bytes());
        assert_eq!((batch.read, batch.rejects.len(), content.notes.len()), (count, 0, 0), "{file} {:?}", content.notes);
        let rows = table(&batch, name);
        for (number, line) in text.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            let record: Value = serde_json::from_str(line).unwrap();
            assert!(cell(rows, "time", number).is_some(), "{file} {number}");
            let held = row(rows, number);
            let json: Vec<Value> = held.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
            let fields =
                record.as_object().unwrap().iter().filter(|(name, _)| !["properties", "time"].contains(&name.as_str()));
            for (name, value) in fields.chain(record["properties"].as_object().unwrap()) {
                let kept = match value {
                    Value::Null => true,
                    Value::String(text) => {
                        let time = Micros::parse(text).map(|time| time.to_string());
                        text.is_empty() || held.contains(text) || time.is_some_and(|time| held.contains(&time))
                    }
                    other => json.contains(other),
                };
                assert!(kept, "{file} {number}: {name} is not in the row");
            }
        }
    }
}

#[test]
fn recorded_sign_ins_have_the_columns_of_azure() {
    let Some(folder) = shared("datadog-log-forwarding/activedirectory") else { return };
    let (batch, _) = read(&fs::read(folder.join("sign_in_logs.json")).unwrap());
    let rows = table(&batch, "SigninLogs");
    let columns = ["time", "UserPrincipalName", "AppDisplayName", "IPAddress", "Location", "ResultType", "Status"];
    let expected = [
        "2025-04-11T16:17:00.739774Z",
        "harry.potter@hogwarts.com",
        "Azure Portal",
        "68.198.218.175",
        "US",
        "0",
        r#"{"errorCode":0}"#,
    ];
    assert_eq!(cells(rows, 0, &columns), expected);
    let (batch, _) = read(&fs::read(folder.join("user_risk_event_logs.json")).unwrap());
    let rows = table(&batch, "AADUserRiskEvents");
    let columns = ["time", "RiskEventType", "CorrelationId", "Location_"];
    let expected = ["2025-04-14T11:17:05.000000Z", "anomalousToken", "9ac35715-2698-41b0-92ab-d42527a6fd8b", "wus"];
    assert_eq!(cells(rows, 0, &columns), expected);
}

#[test]
fn recorded_function_logs_are_read_with_their_pseudo_json_and_flow_logs_are_left_alone() {
    let Some(folder) = shared("datadog-log-forwarding") else { return };
    let (batch, _) = read(&fs::read(folder.join("function_app_logs_with_usa_short_timestamp.json")).unwrap());
    let rows = table(&batch, "resource_log");
    assert_eq!((batch.read, rows.num_rows()), (5, 5));
    let columns = ["time", "category", "level", "operation_name", "Host"];
    let expected = [
        "2025-05-28T01:15:14.000000Z",
        "FunctionAppLogs",
        "Informational",
        "Microsoft.Web/sites/functions/log",
        "pl0sdlwk001D4B",
    ];
    assert_eq!(cells(rows, 0, &columns), expected);
    assert!(cell(rows, "properties", 0).unwrap().starts_with("{'appName':'test-dd-vnet-app-us2'"));
    let (batch, _) = read(&fs::read(folder.join("networksecuritygroupflowevent_logs.json")).unwrap());
    assert!(batch.sheets.iter().all(|sheet| sheet.table != "resource_log"));
}

#[test]
fn gke_entries_of_another_tool_are_refused_by_name() {
    let Some(folder) = shared("khi-gke") else { return };
    for file in fs::read_dir(folder).unwrap() {
        let (batch, _) = read(&fs::read(file.unwrap().path()).unwrap());
        assert_eq!((batch.read, batch.rejects.len()), (1, 1));
        assert!(batch.rejects[0].reason.contains("GKE"), "{}", batch.rejects[0].reason);
    }
}

const CONSTRAINT: &str = r#"{"apiVersion":"constraints.gatekeeper.sh/v1beta1","kind":"K8sX","metadata":{"name":"x"},
 "status":{"totalViolations":"3","violations":[{"kind":"Pod","name":"é"} , {"kind":"Pod","name":"b","odd":1}, 7]}}"#;

#[test]
fn a_violation_lies_where_its_own_bytes_are() {
    for text in [CONSTRAINT.to_owned(), format!("[{CONSTRAINT},\n{CONSTRAINT}]")] {
        let (batch, _) = read(text.as_bytes());
        let rows = table(&batch, "policy_violation");
        assert_eq!(
            (batch.object.num_rows() as u64 * 3, batch.read * 3),
            (rows.num_rows() as u64, rows.num_rows() as u64)
        );
        for (number, own) in
            [r#"{"kind":"Pod","name":"é"}"#, r#"{"kind":"Pod","name":"b","odd":1}"#, "7"].iter().enumerate()
        {
            let [at, length] =
                ["offset", "length"].map(|name| cell(rows, name, number).unwrap().parse::<usize>().unwrap());
            assert_eq!(&text.as_bytes()[at..at + length], own.as_bytes());
            assert_eq!(cells(rows, number, &["n", "total"]), [&*(number + 1).to_string(), "3"]);
        }
    }
}

#[test]
fn the_bytes_of_a_part_are_the_item_when_its_text_was_made() {
    let text = r#"{"a":"b"}"#;
    assert_eq!(wrappings::span(&Item::new(100..109, 1, text), &text[5..8]), 105..108);
    assert_eq!(wrappings::span(&Item::new(100..300, 1, text), &text[5..8]), 100..300);
}

#[test]
fn an_unreadable_list_of_violations_is_noted_and_the_constraint_kept() {
    let text = CONSTRAINT.replace("[{\"kind\"", "{\"x\":[{\"kind\"").replace("7]}", "7]}}");
    let (batch, content) = read(text.as_bytes());
    assert_eq!((batch.object.num_rows(), batch.sheets.len()), (1, 0), "{:?}", batch.rejects);
    assert!(content.notes.iter().any(|note| note.contains("status is not readable")), "{:?}", content.notes);
}

#[test]
fn audit_events_and_objects_are_not_taken_for_records_of_azure() {
    let extra = r#""AlertType":"a","SystemAlertId":"b","category":"AuditEvent","operationName":"x/y","resourceId":"/r","policyDefinitionId":"/p","complianceState":"c","eventDataId":"e","event_type":"v","process":"audit","type":"Microsoft.X/y","id":"/providers/x","#;
    let event = super::EVENT.replacen('{', &format!("{{{extra}"), 1);
    let object = format!(r#"{{{extra}"apiVersion":"example.test/v1","kind":"Odd","metadata":{{"name":"o"}}}}"#);
    let (batch, _) = read(format!("{event}\n{object}\n").as_bytes());
    assert_eq!((batch.audit.num_rows(), batch.object.num_rows(), batch.sheets.len()), (1, 1, 0), "{:?}", batch.rejects);
}

proptest::proptest! {
    #[test]
    fn odd_values_of_known_members_are_no_panic(
        picked in proptest::collection::vec((0_usize..MEMBERS.len(), 0_usize..VALUES.len()), 1..9)
    ) {
        let mut seen = HashSet::new();
        let members = picked.iter().filter(|(name, _)| seen.insert(*name));
        let members: Vec<_> = members.map(|(name, value)| format!("\"{}\":{}", MEMBERS[*name], VALUES[*value])).collect();
        let (batch, _) = read(format!("{{{}}}", members.join(",")).as_bytes());
        let rows = batch.sheets.iter().filter(|sheet| !sheet.derived).map(|sheet| sheet.rows.num_rows()).sum::<usize>();
        let all = rows + batch.audit.num_rows() + batch.object.num_rows() + batch.rejects.len();
        proptest::prop_assert_eq!(batch.read, all as u64);
    }
}

const MEMBERS: &[&str] = &[
    "AlertType",
    "SystemAlertId",
    "Entities",
    "alertType",
    "systemAlertId",
    "properties",
    "type",
    "id",
    "category",
    "operationName",
    "resourceId",
    "time",
    "identity",
    "eventDataId",
    "event_data_id",
    "httpRequest",
    "policyDefinitionId",
    "complianceState",
    "managementGroupIds",
    "timestamp",
    "event_type",
    "process",
    "ts",
    "kind",
    "apiVersion",
    "metadata",
    "status",
    "data",
    "value",
    "resources",
    "$schema",
    "@odata.context",
];

const VALUES: &[&str] = &[
    "null",
    "7",
    "-1.5e300",
    "\"\"",
    "\"audit\"",
    "\"AuditLogs\"",
    "\"Policy\"",
    "\"a/b\"",
    "\"Microsoft.ContainerService/managedClusters\"",
    "\"Microsoft.Security/assessments\"",
    "\"ClusterDescribe\"",
    "\"constraints.gatekeeper.sh/v1\"",
    "\"2031-04-05T06:07:08Z\"",
    "\"\\ud800\"",
    "[]",
    "[{\"$ref\":\"1\"},{\"$id\":\"1\",\"x\":[{\"$ref\":\"1\"}]}]",
    "{}",
    "{\"name\":\"n\"}",
    "{\"value\":\"v\",\"localizedValue\":5}",
    "{\"alertType\":\"a\",\"incidentNumber\":1,\"policies\":\"[1,{}]\",\"eventCategory\":[]}",
    "{\"totalViolations\":9,\"violations\":[1,{},{\"kind\":null}]}",
    "{\"type\":\"microsoft.containerservice/MANAGEDCLUSTERS\",\"properties\":{\"aadProfile\":[]}}",
    "{\"authorization\":1,\"claims\":{\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn\":\"u\"}}",
];
