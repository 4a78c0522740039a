//! The rules of the desk for tests: one in every state.

use super::Desk;
use crate::ask::*;

pub fn rules(desk: &Desk) -> Vec<RuleLine> {
    let line = |rule: &str, title: &str, level, state, findings, reason: &str| RuleLine {
        rule: rule.to_string(),
        title: desk.text(title),
        level,
        techniques: "T1609".to_string(),
        state: if desk.replayed || findings > 0 { state } else { State::NotReplayed },
        findings,
        events: findings * 3,
        reason: reason.to_string(),
        own: false,
    };
    let found = u64::from(!desk.events.is_empty());
    vec![
        line(
            "ca-secret-burst",
            "Secrets read in bulk",
            Level::High,
            State::Blind,
            0,
            "it looks for reads. Way out: kube-audit",
        ),
        line("di-denied", "Denied over many kinds", Level::Medium, State::Noisy, 21 * found, ""),
        line("exec-from-outside", "Exec into a pod from outside", Level::High, State::Hits, found, ""),
        line("token-then-admin", "Token minted then cluster-admin", Level::Critical, State::Hits, found, ""),
        line("im-pod-delete", "A pod was deleted", Level::Low, State::Quiet, 0, ""),
    ]
}

pub fn text(desk: &Desk, rule: &str) -> RuleText {
    RuleText {
        rule: rule.to_string(),
        about: vec![
            desk.text("Somebody outside of the cluster opened a shell."),
            "Looks the same: an operator at work".into(),
        ],
        place: "execution/exec-from-outside.yml:1".to_string(),
        parts: vec![(String::new(), clauses(desk, false))],
        exceptions: vec![desk.text("The platform's own probes")],
    }
}

pub fn run(desk: &Desk, rule: &str) -> Run {
    let findings: Vec<FindingRow> = desk.findings().rows.into_iter().filter(|row| row.rule == rule).collect();
    Run {
        rule: rule.to_string(),
        total: findings.len() as u64,
        findings,
        untold: vec![(2, desk.text("the body was cut"))],
        excepted: vec![(7, desk.text("The platform's own probes"))],
        millis: 412,
        changed: None,
    }
}

pub fn why(desk: &Desk, rule: &str, record: RecordId) -> Why {
    Why { rule: rule.to_string(), record, parts: vec![(String::new(), clauses(desk, true))] }
}

fn clauses(desk: &Desk, asked: bool) -> Vec<Clause> {
    let clause = |depth, words: &str, holds, values: &str| Clause {
        depth,
        words: desk.text(words),
        holds: if asked { holds } else { None },
        values: if asked { desk.text(values) } else { String::new() },
    };
    vec![
        clause(0, "all of", None, ""),
        clause(1, "verb is create", Some(true), "verb: create"),
        clause(1, "sourceIPs is in 10.0.0.0/8", Some(false), "sourceIPs: 203.0.113.7"),
        clause(1, "requestObject.command has sh", None, "requestObject.command: nothing"),
    ]
}
