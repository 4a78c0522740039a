//! What Microsoft Defender said against what a replay found: said by both, only by Defender, only here, and a guess why.
//!
//! An alert and a finding are the same when the rule names the alert's type, in any of its eras' spellings, and their
//! times lie within [`SLACK`] of each other. Whether they name the same objects is told, and decides nothing: alerts name
//! few of them.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{TimestampMicrosecondType, UInt32Type, UInt64Type};

use super::detect::Replay;
use super::values::text;
use super::{Engine, Finding};
use crate::error::Result;
use crate::model::{EvidenceId, Micros, Span};
use crate::sigma::RuleSet;

/// How far an alert's times may be from the events', in microseconds: Defender stamps alerts by windows of its own.
pub const SLACK: i64 = 3_600_000_000;

/// Types that Defender withdrew on 2024-01-25 (Microsoft Learn, release notes of security alerts).
const WITHDRAWN: [&str; 3] = ["AnomalousPodDeployment", "ServiceAcountPermissionAnomaly", "AnomalousSecretAccess"];

/// What alert types begin with, by era and source.
const ERAS: [&str; 4] = ["K8S.NODE_", "K8S_", "AKS_", "VM_"];

/// A Defender alert, the newest version of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// SystemAlertId.
    pub id: String,
    /// AlertType, such as K8S_PrivilegedContainer.
    pub kind: String,
    pub title: String,
    pub severity: Option<String>,
    pub status: Option<String>,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    /// CompromisedEntity.
    pub entity: Option<String>,
    /// Its entities as JSON.
    entities: String,
    pub span: Span,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// Alerts, each with the places in `Replay::findings` that are the same, and what of them agrees.
    pub both: Vec<(Alert, Vec<usize>, &'static str)>,
    /// Alerts without a finding, and a guess why.
    pub only_defender: Vec<(Alert, String)>,
    /// Places of findings that correspond to a type of alert and have none, and a guess why.
    pub only_ours: Vec<(usize, String)>,
    /// Findings of rules that Defender has no type of alert for.
    pub beyond: usize,
}

impl Engine {
    /// Compares a replay with the Defender alerts of the case.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn reconcile(&self, replay: &Replay, rules: &RuleSet) -> Result<Reconciled> {
        let answer = self.sql(
            "SELECT \"SystemAlertId\", \"AlertType\", \"DisplayName\", \"AlertSeverity\", \"Status\", \"StartTime\", \
             \"EndTime\", \"CompromisedEntity\", \"ResolvedEntities\", evidence, \"offset\", length FROM \"Alert\" \
             ORDER BY \"StartTime\", \"SystemAlertId\"",
            &[],
        )?;
        let alerts: Vec<Alert> = answer.batches.iter().flat_map(|b| (0..b.num_rows()).map(|r| alert(b, r))).collect();
        let mut all = Reconciled::default();
        for alert in &alerts {
            let same: Vec<usize> =
                (0..replay.findings.len()).filter(|place| is_same(alert, &replay.findings[*place])).collect();
            if same.is_empty() {
                all.only_defender.push((alert.clone(), why_not_here(alert, replay, rules)));
            } else {
                let named = same.iter().any(|place| names(alert, &replay.findings[*place]));
                let agrees = if named { "type, time and object" } else { "type and time" };
                all.both.push((alert.clone(), same, agrees));
            }
        }
        for (place, finding) in replay.findings.iter().enumerate() {
            if finding.defender.is_empty() {
                all.beyond += 1;
            } else if !all.both.iter().any(|(_, same, _)| same.contains(&place)) {
                all.only_ours.push((place, why_not_there(finding, &alerts)));
            }
        }
        Ok(all)
    }
}

fn alert(batch: &RecordBatch, row: usize) -> Alert {
    let cell = |column: usize| text(batch.column(column), row).map(str::to_owned);
    let time = |column: usize| {
        let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
        (!times.is_null(row)).then(|| Micros(times.value(row)))
    };
    let number = |column: usize| batch.column(column).as_primitive::<UInt64Type>().value(row);
    Alert {
        id: cell(0).unwrap_or_default(),
        kind: cell(1).unwrap_or_default(),
        title: cell(2).unwrap_or_default(),
        severity: cell(3),
        status: cell(4),
        first: time(5),
        last: time(6),
        entity: cell(7),
        entities: cell(8).unwrap_or_default(),
        span: Span {
            evidence: EvidenceId(batch.column(9).as_primitive::<UInt32Type>().value(row)),
            offset: number(10),
            length: number(11),
        },
    }
}

/// The type without its era: AKS_PrivilegedContainer of 2020 is K8S_PrivilegedContainer of today.
pub fn bare_type(kind: &str) -> String {
    let era = ERAS.iter().find(|era| kind.get(..era.len()).is_some_and(|start| start.eq_ignore_ascii_case(era)));
    kind[era.map_or(0, |era| era.len())..].to_lowercase()
}

fn is_same(alert: &Alert, finding: &Finding) -> bool {
    let kind = bare_type(&alert.kind);
    let times = [alert.first.or(alert.last), alert.last.or(alert.first), finding.first, finding.last];
    let [Some(begin), Some(end), Some(first), Some(last)] = times.map(|time| time.map(|time| time.0)) else {
        return false;
    };
    finding.defender.iter().any(|known| bare_type(known) == kind) && first <= end + SLACK && last >= begin - SLACK
}

/// Says whether an entity of the alert is an object or the actor of the finding.
fn names(alert: &Alert, finding: &Finding) -> bool {
    let quoted = |name: &str| alert.entities.contains(&format!("\"{name}\""));
    let named = |name: &Option<String>| name.as_deref().is_some_and(quoted);
    finding.events.iter().any(|event| named(&event.name) || named(&event.actor))
}

fn why_not_here(alert: &Alert, replay: &Replay, rules: &RuleSet) -> String {
    let kind = bare_type(&alert.kind);
    let is = |defender: &[String]| defender.iter().any(|known| bare_type(known) == kind);
    let of: Vec<&str> = rules.reported().filter(|(m, _)| is(&m.defender)).map(|(m, _)| m.name.as_str()).collect();
    if of.is_empty() {
        let node = ["K8S.NODE_", "VM_"].iter().any(|era| alert.kind.starts_with(era));
        return match node {
            true => "it is about what runs on a node, and no rule here asks host events of that".to_owned(),
            false => "no rule corresponds to this type".to_owned(),
        };
    }
    if let Some(blind) = replay.blind.iter().find(|blind| blind.whole && of.contains(&blind.rule.as_str())) {
        return format!("blind evidence: {} ({})", blind.reason, blind.rule);
    }
    let (first, last) = (replay.coverage.first(), replay.coverage.last());
    let outside =
        |time: Micros| first.is_none_or(|first| time.0 < first.0 - SLACK) || last.is_none_or(|l| time.0 > l.0 + SLACK);
    if alert.first.or(alert.last).is_none_or(outside) {
        return "blind evidence: no audit event of that time is in the case".to_owned();
    }
    if let Some(excepted) = replay.excepted.iter().find(|excepted| of.contains(&excepted.rule.as_str())) {
        return format!("exception {} took {} events from {}", excepted.exception, excepted.events, excepted.rule);
    }
    if let Some(untold) = replay.untold.iter().find(|untold| of.contains(&untold.rule.as_str())) {
        return format!("{} cannot tell: {}", untold.rule, untold.reason);
    }
    if let Some(later) = replay.findings.iter().find(|finding| of.contains(&finding.rule.as_str())) {
        return format!("{} has findings, but none within an hour of it (the nearest id is {})", later.rule, later.id);
    }
    format!("threshold or definition: {} asked every event and hit none", of.join(", "))
}

fn why_not_there(finding: &Finding, alerts: &[Alert]) -> String {
    let kinds: Vec<String> = finding.defender.iter().map(|known| bare_type(known)).collect();
    if let Some(withdrawn) = WITHDRAWN.iter().find(|kind| kinds.contains(&kind.to_lowercase())) {
        return format!("era: Defender withdrew {withdrawn} on 2024-01-25");
    }
    if alerts.is_empty() {
        return "the case holds no Defender alert at all".to_owned();
    }
    let (begin, end) = (alerts.iter().filter_map(|a| a.first).min(), alerts.iter().filter_map(|a| a.last).max());
    let outside =
        |time: Micros| begin.is_some_and(|b| time.0 < b.0 - SLACK) || end.is_some_and(|e| time.0 > e.0 + SLACK);
    if finding.first.is_some_and(outside) {
        return "the exported alerts are of another time".to_owned();
    }
    match alerts.iter().any(|alert| kinds.contains(&bare_type(&alert.kind))) {
        true => "threshold: Defender raised this type at another time and not for this".to_owned(),
        false => "threshold, plan or export: no alert of this type is in the case".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_has_the_spellings_of_its_eras() {
        for kind in ["AKS_PrivilegedContainer", "K8S_PrivilegedContainer", "k8s_privilegedcontainer"] {
            assert_eq!(bare_type(kind), "privilegedcontainer");
        }
        assert_eq!(bare_type("VM_ReverseShell"), bare_type("K8S.NODE_ReverseShell"));
        assert_eq!(bare_type("SQL.VM_X"), "sql.vm_x", "another service's type is none of ours");
    }
}
