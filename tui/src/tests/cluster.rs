//! The snapshot of the desk for tests: a few objects of two namespaces.

use super::Desk;
use super::desk::START;
use crate::ask::*;

pub fn objects(desk: &Desk, limit: u32) -> Objects {
    let line = |at: u64, namespace: Option<&str>, kind: &str, name: &str, risk: Option<Level>| ObjectLine {
        id: RecordId { evidence: 2, offset: at, len: 10 },
        namespace: namespace.map(str::to_string),
        kind: kind.to_string(),
        name: desk.text(name),
        risk,
        risks: risk.iter().map(|_| desk.text("A pod shares the node's processes")).collect(),
    };
    let mut rows = vec![
        line(0, None, "ClusterRole", "edit", None),
        line(1, Some("kube-system"), "Pod", "coredns-1", None),
        line(2, Some("web"), "Deployment", "api", None),
        line(3, Some("web"), "Pod", "api-7d9", None),
        line(4, Some("web"), "Pod", "dbg", Some(Level::High)),
    ];
    if desk.events.is_empty() {
        rows.clear();
    }
    let total = Total::Exactly(rows.len() as u64);
    rows.truncate(limit as usize);
    Objects { rows, total }
}

pub fn object(desk: &Desk, id: RecordId) -> ObjectText {
    let change = |time, actor: Option<&str>, what: &str, changes: &[&str]| Change {
        time,
        actor: actor.map(|actor| desk.text(actor)),
        what: what.to_string(),
        changes: changes.iter().map(|change| desk.text(change)).collect(),
    };
    ObjectText {
        id,
        facts: vec![("kind".into(), "Pod (v1)".into()), ("account".into(), desk.text("ci"))],
        history: vec![
            change(Some(START), None, "in the snapshot of evidence 2", &[]),
            change(Some(START + 60_000_000), Some("deployer"), "patch → 200", &["spec.hostPID: true"]),
        ],
        body: format!("{{\"kind\":\"Pod\",\"spec\":{{\"hostPID\":true,\"note\":\"{}\"}}}}", desk.poison),
    }
}

pub fn who_can(desk: &Desk, question: &str) -> WhoCan {
    let grant = Grant {
        subject: desk.text("ServiceAccount web/ci"),
        binding: "RoleBinding ci-edit".to_string(),
        role: "ClusterRole edit".to_string(),
        rule: desk.text("create on pods/exec"),
        namespace: Some("web".to_string()),
    };
    let grants = if question.contains("exec") { vec![grant] } else { Vec::new() };
    WhoCan { question: desk.text(question), grants, remarks: vec![desk.text("Only what RBAC grants.")] }
}
