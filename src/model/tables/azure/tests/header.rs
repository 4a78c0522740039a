//! Which table a header is of.

use proptest::prelude::*;

use super::super::{AZURE, by_columns, by_name};
use super::COMMON;

fn known(header: &str) -> Option<&'static str> {
    by_columns(&header.split_whitespace().collect::<Vec<_>>()).map(|table| table.name)
}

/// Every column of a table of Azure's, none of coldcase's.
fn whole(table: &str) -> Vec<&'static str> {
    let ours = ["time", "evidence", "offset", "length", "unread", "row_key", "ResolvedEntities", "IsSample"];
    let names = by_name(table).unwrap().columns.iter().map(|column| column.name);
    names.filter(|name| !ours.contains(name)).collect()
}

#[test]
fn a_name_is_found_whatever_its_case() {
    for table in AZURE {
        assert_eq!(by_name(&table.name.to_ascii_lowercase()).map(|found| found.name), Some(table.name));
        assert_eq!(by_name(&table.name.to_ascii_uppercase()).map(|found| found.name), Some(table.name));
    }
    for name in ["", "Perf", "AKSAudit", "SecurityAlert ", "SigninLog", "ſyslog"] {
        assert!(by_name(name).is_none(), "{name}");
    }
}

#[test]
fn a_whole_header_is_known_unless_another_table_has_the_same() {
    for table in AZURE {
        let expected = match table.name {
            // Identical columns, and two names where four are asked for.
            "AADManagedIdentitySignInLogs" | "AADServicePrincipalSignInLogs" | "networkpolicies_CL" => None,
            name => Some(name),
        };
        assert_eq!(by_columns(&whole(table.name)).map(|found| found.name), expected, "{}", table.name);
    }
}

#[test]
fn container_logs_are_told_apart_by_the_line() {
    assert_eq!(known("Computer ContainerID LogEntry LogEntrySource"), Some("ContainerLog"));
    assert_eq!(known("Computer ContainerId LogMessage LogSource"), Some("ContainerLogV2"));
    assert_eq!(known("LogMessage LogSource PodName PodNamespace ContainerName"), Some("ContainerLogV2"));
    // Image, name and container are in ContainerLog and ContainerInventory alike.
    assert_eq!(known("Computer ContainerID Image ImageTag Name Repository"), None);
    assert_eq!(known("Computer ContainerID Image ImageTag Name Repository ImageID"), Some("ContainerInventory"));
    assert_eq!(known("Computer ContainerID Image ImageTag Name Repository LogEntry"), Some("ContainerLog"));
    // Half of the one, half of the other.
    assert_eq!(known("Computer ContainerId LogEntry LogEntrySource LogMessage LogSource"), None);
}

#[test]
fn sign_ins_are_told_apart_where_the_header_allows() {
    let shared = "UserPrincipalName UserId AppDisplayName AppId IPAddress ResultType CorrelationId";
    assert_eq!(known(shared), None);
    assert_eq!(known(&format!("{shared} AADTenantId")), Some("SigninLogs"));
    assert_eq!(known(&format!("{shared} SignInEventTypes")), Some("AADNonInteractiveUserSignInLogs"));
    // In all four tables.
    assert_eq!(known("AppId IPAddress ResultType CorrelationId ServicePrincipalId"), None);
    // In the two tables of applications, which have the same columns.
    assert_eq!(known("AppId IPAddress ResultType ServicePrincipalName FederatedCredentialId"), None);
    // Entra's audit log shares names with them, but not four fifths.
    assert_eq!(known("ActivityDisplayName InitiatedBy TargetResources Result CorrelationId"), Some("AuditLogs"));
    assert_eq!(known("OperationName Category Level Identity Location CorrelationId Id"), None);
}

#[test]
fn kube_tables_are_told_apart_where_the_header_allows() {
    let shared = "ClusterId ClusterName Computer";
    assert_eq!(known(shared), None);
    assert_eq!(known(&format!("{shared} Namespace Name")), None);
    assert_eq!(known(&format!("{shared} Namespace Name Reason Message")), Some("KubeEvents"));
    assert_eq!(known(&format!("{shared} Namespace Name PodUid PodIp")), Some("KubePodInventory"));
    assert_eq!(known(&format!("{shared} KubeletVersion")), Some("KubeNodeInventory"));
    assert_eq!(known("ClusterId ClusterName PVName PVType"), Some("KubePVInventory"));
    assert_eq!(known("ClusterId ClusterName ClusterIp ServiceType Namespace"), Some("KubeServices"));
    assert_eq!(known("ClusterId ClusterName Namespace ServiceName"), None);
}

#[test]
fn collections_of_kubeforensys_are_told_apart() {
    assert_eq!(known("TimeGenerated namespace pod_name container_name command"), Some("commandhistory_CL"));
    assert_eq!(known("TimeGenerated namespace pod_name container_name message"), Some("kubelogs_CL"));
    assert_eq!(known("TimeGenerated namespace pod_name container_name"), None);
    assert_eq!(known("namespace pod_name issue_type details"), Some("suspiciouspods_CL"));
}

#[test]
fn the_portal_table_of_an_alert_is_known_whatever_the_case() {
    let header = "TIMEGENERATED displayname ALERTNAME alertseverity SystemAlertId entities Type";
    assert_eq!(known(header), Some("SecurityAlert"));
}

#[test]
fn four_names_and_four_fifths_are_the_least() {
    assert_eq!(known("Facility SeverityLevel SyslogMessage"), None);
    assert_eq!(known("Facility SeverityLevel SyslogMessage HostIP"), Some("Syslog"));
    assert_eq!(known("Facility SeverityLevel SyslogMessage HostIP mine"), Some("Syslog"));
    assert_eq!(known("Facility SeverityLevel SyslogMessage HostIP mine yours"), None);
}

#[test]
fn common_names_and_repeated_names_say_nothing() {
    assert!(by_columns(&COMMON).is_none());
    assert_eq!(known("Facility SeverityLevel SyslogMessage TimeGenerated TenantId Type _ResourceId"), None);
    assert_eq!(known("Facility SeverityLevel SyslogMessage Facility FACILITY"), None);
    // An unnamed index column in front, as data frames write it.
    let header = ["", "TenantId", "Facility", "SeverityLevel", "SyslogMessage", "HostIP"];
    assert_eq!(by_columns(&header).map(|table| table.name), Some("Syslog"));
}

#[test]
fn names_of_coldcase_say_nothing_for_a_table() {
    assert_eq!(known("time evidence offset length unread row_key"), None);
    assert_eq!(known("Facility SeverityLevel SyslogMessage HostIP time evidence"), None);
}

#[test]
fn kubernetes_audit_tables_are_not_taken_for_others() {
    let audit = "AuditId Level ObjectRef PodName RequestUri ResponseStatus SourceIps Stage User UserAgent Verb";
    assert_eq!(known(audit), None);
    assert_eq!(known("Category Level Message PodName Stream"), None);
    assert_eq!(by_columns(&[]).map(|table| table.name), None);
}

proptest! {
    #[test]
    fn any_header_gets_an_answer(names in prop::collection::vec(".{0,12}", 0..40)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        prop_assert!(by_columns(&names).is_none());
        for name in names {
            by_name(name);
        }
    }

    #[test]
    fn the_answer_holds_what_it_must_and_does_not_hang_on_the_order(
        picks in prop::collection::vec((0..AZURE.len(), 0..120_usize), 0..30), turn in 0..30_usize,
    ) {
        let column = |(table, at): &(usize, usize)| {
            let columns = &AZURE[*table].columns;
            columns[at % columns.len()].name
        };
        let mut names: Vec<&str> = picks.iter().map(column).collect();
        let answer = by_columns(&names).map(|table| table.name);
        if let Some(table) = answer.and_then(by_name) {
            let held = names.iter().filter(|name| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name)));
            prop_assert!(held.count() >= 4);
        }
        let turn = turn % names.len().max(1);
        names.rotate_left(turn);
        prop_assert_eq!(by_columns(&names).map(|table| table.name), answer);
    }
}
