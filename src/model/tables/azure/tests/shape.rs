//! Names, types and meanings of columns.

use std::collections::BTreeSet;

use arrow::datatypes::DataType::{self, Boolean, Float64, Int32, Int64};

use super::super::{AZURE, by_name};
use super::COMMON;
use crate::model::table::{self, Column, text, timestamp, word};

/// Dynamic columns, formats.md c.1 and c.4 to c.6.
const DYNAMIC: &[(&str, &[&str])] = &[
    ("SecurityIncident", &["AlertIds", "Comments", "Labels", "Owner"]),
    ("SecurityRecommendation", &["Properties", "RecommendationAdditionalData"]),
    ("ContainerLogV2", &["KubernetesMetadata", "LogMessage"]),
    ("KubePVInventory", &["PVTypeInfo"]),
    ("AzureActivity", &["Authorization_d", "Claims_d", "Properties_d"]),
    ("SigninLogs", &["LocationDetails", "DeviceDetail", "Status", "ConditionalAccessPolicies"]),
    ("AuditLogs", &["InitiatedBy", "TargetResources"]),
    ("AzureDiagnostics", &["AdditionalFields"]),
];

/// Columns formats.md c.4 to c.7 gives a type that is neither string nor datetime nor dynamic.
const NUMBERS: &[(&str, &[(&str, DataType)])] = &[
    ("SecurityAlert", &[("ConfidenceScore", Float64), ("IsIncident", Boolean)]),
    ("SecurityIncident", &[("IncidentNumber", Int32)]),
    ("SecurityRecommendation", &[("IsSnapshot", Boolean)]),
    ("SecurityEvent", &[("EventID", Int32), ("LogonType", Int32)]),
    ("Syslog", &[("ProcessID", Int32)]),
    (
        "LinuxAuditLog",
        &[
            ("argc", Int64),
            ("auid", Int64),
            ("egid", Int64),
            ("euid", Int64),
            ("gid", Int64),
            ("uid", Int64),
            ("pid", Int64),
            ("ppid", Int64),
            ("ses", Int64),
        ],
    ),
    ("KubeEvents", &[("Count", Float64)]),
    ("KubePodInventory", &[("ContainerRestartCount", Int32), ("PodRestartCount", Int32)]),
    ("KubePVInventory", &[("PVCapacityBytes", Float64)]),
    ("ContainerInventory", &[("ExitCode", Int32)]),
    (
        "NTANetAnalytics",
        &[
            ("SrcPort", Int32),
            ("DestPort", Int32),
            ("AllowedInFlows", Int64),
            ("DeniedInFlows", Int64),
            ("BytesSrcToDest", Int64),
            ("PacketsSrcToDest", Int64),
        ],
    ),
    ("VMConnection", &[("DestinationPort", Int32), ("Severity", Int32)]),
];

/// Strings that look like numbers, times or JSON to a hasty reader, formats.md c.4 to c.7.
const STRINGS: &[(&str, &[&str])] = &[
    ("SecurityEvent", &["ProcessId", "Level", "EventData"]),
    ("SigninLogs", &["ResultType"]),
    ("VMConnection", &["Confidence", "RemoteDnsCanonicalNames"]),
    ("NTANetAnalytics", &["SrcPublicIps"]),
    ("SecurityAlert", &["Entities", "ExtendedLinks", "ExtendedProperties", "RemediationSteps", "ResolvedEntities"]),
    ("LinuxAuditLog", &["AuditID", "SerialNumber", "exit", "a0", "a9"]),
];

fn column(table: &str, name: &str) -> &'static Column {
    let table = by_name(table).unwrap();
    table.columns.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("{}.{name}", table.name))
}

#[test]
fn tables_are_in_alphabetical_order_and_have_one_name_each() {
    let names: Vec<String> = AZURE.iter().map(|table| table.name.to_ascii_lowercase()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    assert_eq!(names.len(), 24 + 8);
}

#[test]
fn no_table_has_a_column_twice_whatever_the_case() {
    for table in AZURE {
        let mut seen = BTreeSet::new();
        for column in table.columns.iter() {
            assert!(seen.insert(column.name.to_ascii_lowercase()), "{}.{}", table.name, column.name);
        }
        for ours in ["time", "evidence", "offset", "length", "unread", "row_key"] {
            assert!(seen.contains(ours), "{} without {ours}", table.name);
        }
    }
}

#[test]
fn every_table_and_column_says_in_one_line_what_it_is() {
    for table in AZURE {
        let docs = table.columns.iter().map(|column| (column.name, column.doc));
        for (name, doc) in docs.chain([("", table.doc)]) {
            let plain = !doc.trim().is_empty() && doc.trim() == doc && !doc.contains('\n') && !doc.ends_with('.');
            assert!(plain && doc.chars().count() <= 100, "{}.{name}: {doc:?}", table.name);
        }
    }
}

#[test]
fn every_table_has_the_time_azure_gave_it_and_may_lack_any_column_of_azure() {
    let shared: BTreeSet<&str> = table::azure(Vec::new()).iter().map(|column| column.name).collect();
    for table in AZURE {
        assert_eq!(column(table.name, "TimeGenerated").kind, timestamp(), "{}", table.name);
        let own = table.columns.iter().filter(|column| !shared.contains(column.name));
        assert!(own.into_iter().all(|column| column.nullable), "{}", table.name);
        assert_eq!(table.schema.fields().len(), table.columns.len());
    }
}

#[test]
fn common_columns_are_those_the_tail_has() {
    let tail: BTreeSet<&str> = table::azure(Vec::new()).iter().map(|column| column.name).collect();
    for name in COMMON.iter().filter(|name| **name != "TimeGenerated") {
        assert!(tail.contains(*name) && table::is_tail(&name.to_ascii_lowercase()), "{name}");
    }
    assert!(!["time", "evidence", "timegenerated", "tablename"].into_iter().any(table::is_tail));
}

#[test]
fn dynamic_columns_are_text_that_says_it_is_json() {
    for (table, names) in DYNAMIC {
        for name in *names {
            let column = column(table, name);
            assert!(column.kind == text() && column.doc.starts_with("JSON: "), "{table}.{name}");
        }
    }
}

#[test]
fn numbers_have_the_type_the_reference_gives() {
    for (table, columns) in NUMBERS {
        for (name, kind) in *columns {
            assert_eq!(&column(table, name).kind, kind, "{table}.{name}");
        }
    }
}

#[test]
fn strings_stay_strings() {
    for (table, names) in STRINGS {
        for name in *names {
            let kind = &column(table, name).kind;
            assert!(*kind == text() || *kind == word(), "{table}.{name}");
        }
    }
}

#[test]
fn custom_log_columns_have_the_type_of_their_suffix() {
    let table = by_name("AzureNetworkAnalytics_CL").unwrap();
    let kinds = |name: &str| match name.rsplit_once('_')?.1 {
        "s" => Some(vec![text(), word()]),
        "g" => Some(vec![text()]),
        "d" => Some(vec![Float64]),
        "b" => Some(vec![Boolean]),
        "t" => Some(vec![timestamp()]),
        _ => None,
    };
    let told = table.columns.iter().filter_map(|column| Some((column, kinds(column.name)?)));
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 64);
    for (column, kinds) in told {
        assert!(kinds.contains(&column.kind), "{}", column.name);
    }
}

#[test]
fn an_id_is_a_text_column_and_only_where_it_is_one_per_row() {
    let ids: Vec<(&str, &str)> = AZURE.iter().filter_map(|table| Some((table.name, table.id?))).collect();
    let expected = [
        ("AADManagedIdentitySignInLogs", "Id"),
        ("AADNonInteractiveUserSignInLogs", "Id"),
        ("AADServicePrincipalSignInLogs", "Id"),
        ("AuditLogs", "Id"),
        ("AzureActivity", "EventDataId"),
        ("SigninLogs", "Id"),
    ];
    assert_eq!(ids, expected);
    for (table, id) in ids {
        assert_eq!(column(table, id).kind, text());
    }
}

#[test]
fn columns_that_look_alike_across_tables_keep_their_own_case() {
    column("ContainerLog", "ContainerID");
    column("ContainerLogV2", "ContainerId");
    column("Syslog", "ProcessID");
    column("SecurityEvent", "ProcessId");
    column("AzureActivity", "CallerIpAddress");
    column("AzureDiagnostics", "CallerIPAddress");
    column("NTANetAnalytics", "FaSchemaVersion");
    column("AzureNetworkAnalytics_CL", "FASchemaVersion_s");
    column("LinuxAuditLog", "ResourceId");
    column("LinuxAuditLog", "_ResourceId");
}
