//! What was expected against what came.

use std::collections::BTreeSet;

use super::golden::{differences, fired};
use super::ground::record_at;
use super::{Counted, Data, Expect, Test, Wanted};
use crate::engine::{Event, Finding, Replay};

/// Whether what was expected came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    Yes,
    /// More came than a budget allows, and nothing else is wrong.
    TooMany,
    No,
}

/// The comparison.
pub struct Judged {
    pub met: Met,
    /// In words, of the expectations that were not met.
    pub expected: Vec<String>,
    pub got: Vec<String>,
    /// The events that should have been hit, as far as they are known, when some were not.
    pub missed: Option<BTreeSet<String>>,
}

impl Judged {
    fn wrong(&mut self, met: Met, expected: impl Into<String>, got: impl Into<String>) {
        self.met = self.met.max(met);
        let (expected, got) = (expected.into(), got.into());
        if !self.expected.contains(&expected) {
            self.expected.push(expected);
        }
        if !self.got.contains(&got) {
            self.got.push(got);
        }
    }

    fn missed(&mut self, ids: impl IntoIterator<Item = String>) {
        self.missed.get_or_insert_default().extend(ids);
    }
}

/// Compares. Of two replays the first is what rules see, the second what exceptions leave; `begin` is the number of the
/// first evidence of the test.
pub fn judge(test: &Test, begin: u32, replays: &[&Replay]) -> Judged {
    let mut judged = Judged { met: Met::Yes, expected: Vec::new(), got: Vec::new(), missed: None };
    let (Some(seen), Some(left)) = (replays.first(), replays.last()) else { return judged };
    for expect in &test.expect {
        match expect {
            Expect::Excepted | Expect::Reported => excepted(test, expect, seen, left, &mut judged),
            _ => replays.iter().for_each(|replay| one(test, begin, (expect, replay), &mut judged)),
        }
    }
    for replay in replays {
        unexpected(test, replay, &mut judged);
    }
    judged
}

/// The findings of the rules that a test is about.
pub fn findings<'a>(test: &Test, replay: &'a Replay) -> Vec<&'a Finding> {
    replay.findings.iter().filter(|finding| test.rules.is_empty() || test.rules.contains(&finding.rule)).collect()
}

/// What stands for an event: its auditID, or the object of a snapshot.
pub fn id(event: &Event) -> Option<String> {
    if event.stands() { event.object() } else { event.audit_id.clone() }
}

fn ids<'a>(findings: impl IntoIterator<Item = &'a &'a Finding>) -> BTreeSet<String> {
    findings.into_iter().flat_map(|finding| finding.events.iter().filter_map(|event| id(&event))).collect()
}

/// What stands for an event in a test with records of other logs: the record's place.
fn id_in(test: &Test, begin: u32, event: &Event) -> Option<String> {
    match &test.data {
        Data::Records { lines, records } if event.source.is_some() => {
            let file = event.span.evidence.0.checked_sub(begin)?;
            record_at(lines, records, file, event.span.offset).map(|place| format!("record {place}"))
        }
        _ => id(event),
    }
}

fn one(test: &Test, begin: u32, (expect, replay): (&Expect, &Replay), judged: &mut Judged) {
    let found = findings(test, replay);
    match expect {
        Expect::Events(wanted) => {
            let events = found.iter().flat_map(|finding| &finding.events);
            let hit: BTreeSet<String> = events.filter_map(|event| id_in(test, begin, &event)).collect();
            if hit != *wanted {
                judged.wrong(Met::No, list(wanted.iter()), said(&found, replay, test));
                if !wanted.is_subset(&hit) {
                    judged.missed(wanted.difference(&hit).cloned());
                }
            }
        }
        Expect::Finding(wanted) => {
            if !found.iter().any(|finding| is(wanted, finding)) {
                judged.wrong(Met::No, words(wanted), said(&found, replay, test));
                let audit_id = wanted.matching.get("auditID").cloned();
                judged.missed(wanted.evidence.iter().flatten().cloned().chain(audit_id));
            }
        }
        Expect::Chain(chain) => {
            if !found.iter().any(|finding| finding.audit_ids == *chain) {
                judged.wrong(Met::No, format!("chain {}", chain.join(" → ")), said(&found, replay, test));
                judged.missed(chain.iter().cloned());
            }
        }
        Expect::Count { of, exactly, at_least, at_most } => {
            let (count, what) = match of {
                Counted::Events => (found.iter().map(|finding| finding.count).sum(), "event"),
                Counted::Findings => (found.len() as u64, "finding"),
            };
            let some = |count: u64| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            let got = || format!("{}: {}", some(count), said(&found, replay, test));
            if let Some(exactly) = exactly.filter(|exactly| *exactly != count) {
                judged.wrong(Met::No, format!("exactly {}", some(exactly)), got());
                if count < exactly {
                    judged.missed([]);
                }
            }
            if let Some(least) = at_least.filter(|least| count < *least) {
                judged.wrong(Met::No, format!("at least {}", some(least)), got());
                judged.missed([]);
            }
            if let Some(most) = at_most.filter(|most| count > *most) {
                judged.wrong(Met::TooMany, format!("at most {}", some(most)), got());
            }
        }
        Expect::Nothing => {
            if !found.is_empty() {
                judged.wrong(Met::No, "nothing", said(&found, replay, test));
            }
        }
        Expect::CannotTell(wanted) => {
            let count: u64 = untold(test, replay).map(|untold| untold.count).sum();
            let right = wanted.map_or(count > 0, |wanted| wanted == count);
            if !found.is_empty() || !right {
                let wanted = wanted.map_or("some".to_owned(), |wanted| wanted.to_string());
                judged.wrong(
                    Met::No,
                    format!("nothing, and {wanted} that cannot be told"),
                    format!("{count} that cannot be told, {}", said(&found, replay, test)),
                );
            }
        }
        Expect::Blind => {
            let is_blind = replay.blind.iter().any(|blind| test.rules.contains(&blind.rule));
            if !found.is_empty() || !is_blind {
                judged.wrong(Met::No, "nothing, and the rule to be blind", said(&found, replay, test));
            }
        }
        Expect::NoRuleBut(allowed) => {
            let more: Vec<&Finding> =
                replay.findings.iter().filter(|finding| !allowed.contains(&finding.rule)).collect();
            if !more.is_empty() {
                judged.wrong(Met::No, "no other rule", said(&more, replay, test));
            }
        }
        Expect::Golden(path) => {
            for (expected, got) in differences(&fired(path, test, replay)) {
                judged.wrong(Met::No, expected, got);
            }
        }
        Expect::Others | Expect::Excepted | Expect::Reported => {}
    }
}

/// Findings that none of the expectations of single findings is about.
fn unexpected(test: &Test, replay: &Replay, judged: &mut Judged) {
    let single = |expect: &&Expect| matches!(expect, Expect::Finding(_) | Expect::Chain(_));
    if !test.expect.iter().any(|expect| single(&expect)) || test.expect.contains(&Expect::Others) {
        return;
    }
    let is_expected = |finding: &&Finding| {
        test.expect.iter().any(|expect| match expect {
            Expect::Finding(wanted) => is(wanted, finding),
            Expect::Chain(chain) => finding.audit_ids == *chain,
            _ => false,
        })
    };
    let more: Vec<&Finding> = findings(test, replay).into_iter().filter(|finding| !is_expected(finding)).collect();
    if !more.is_empty() {
        judged.wrong(Met::No, "no other finding", said(&more, replay, test));
    }
}

fn excepted(test: &Test, expect: &Expect, seen: &Replay, left: &Replay, judged: &mut Judged) {
    let (before, after) = (findings(test, seen), findings(test, left));
    if before.is_empty() {
        judged.wrong(Met::No, "the rule to see it", "the rule does not see it at all");
        judged.missed([]);
        return;
    }
    let taken = !left.excepted.is_empty();
    match (expect, taken, after.is_empty()) {
        (Expect::Excepted, true, true) | (Expect::Reported, false, false) => {}
        (Expect::Excepted, ..) => judged.wrong(Met::No, "the exception to take it away", said(&after, left, test)),
        (_, taken, _) => {
            let why = if taken { "the exception takes it away" } else { "nothing is left" };
            judged.wrong(Met::No, "the exception to leave it", why);
        }
    }
}

fn is(wanted: &Wanted, finding: &Finding) -> bool {
    let event = |event: &Event| {
        wanted.matching.iter().all(|(key, value)| {
            let text = match key.as_str() {
                "auditID" => event.audit_id.clone(),
                "actor" => event.actor.clone(),
                "verb" => event.verb.clone(),
                "object" => event.object(),
                "namespace" => event.namespace.clone(),
                "name" => event.name.clone(),
                "address" => event.address.clone(),
                "agent" => event.agent.clone(),
                "code" => event.code.map(|code| code.to_string()),
                "stage" => event.stage.clone(),
                "uri" => event.uri.clone(),
                _ => None,
            };
            text.as_deref() == Some(value)
        })
    };
    let entity = |(key, value): (&String, &String)| {
        let any = |of: &dyn Fn(&Event) -> Option<&String>| finding.events.iter().any(|event| of(&event) == Some(value));
        match key.as_str() {
            "actor" => finding.actor.as_ref() == Some(value),
            "target" => finding.target.as_ref() == Some(value),
            "address" => any(&|event| event.address.as_ref()),
            "agent" => any(&|event| event.agent.as_ref()),
            _ => any(&|event| event.namespace.as_ref()),
        }
    };
    wanted.rule.as_ref().is_none_or(|rule| *rule == finding.rule)
        && wanted.level.is_none_or(|level| level == finding.level)
        && wanted
            .evidence
            .as_ref()
            .is_none_or(|ids| *ids == finding.events.iter().filter_map(|event| id(&event)).collect())
        && (wanted.matching.is_empty() || finding.events.iter().any(|one| event(&one)))
        && wanted.entities.iter().all(entity)
}

fn words(wanted: &Wanted) -> String {
    let pairs = |map: &std::collections::BTreeMap<String, String>| {
        map.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>()
    };
    let mut parts: Vec<String> = wanted.rule.iter().cloned().collect();
    parts.extend(pairs(&wanted.matching));
    parts.extend(wanted.level.map(|level| level.to_string()));
    parts.extend(wanted.evidence.as_ref().map(|ids| format!("of {}", list(ids.iter()))));
    parts.extend(pairs(&wanted.entities));
    parts.join(", ")
}

fn untold<'a>(test: &'a Test, replay: &'a Replay) -> impl Iterator<Item = &'a crate::engine::Untold> {
    replay.untold.iter().filter(|untold| test.rules.is_empty() || test.rules.contains(&untold.rule))
}

/// What came, in a line.
fn said(found: &[&Finding], replay: &Replay, test: &Test) -> String {
    if found.is_empty() {
        let reasons: BTreeSet<&str> = untold(test, replay).map(|untold| untold.reason.as_str()).collect();
        let excepted: BTreeSet<&str> = replay.excepted.iter().map(|excepted| excepted.exception.as_str()).collect();
        return match (reasons.first(), excepted.first()) {
            (Some(reason), _) => format!("nothing; it cannot be told: {reason}"),
            (None, Some(exception)) => format!("nothing; excepted by {exception}"),
            (None, None) => "nothing".to_owned(),
        };
    }
    let one = |finding: &&Finding| {
        let rule = if test.rules.len() == 1 { String::new() } else { format!("{} ", finding.rule) };
        format!(
            "{rule}{} {} on {}: {}",
            finding.level,
            finding.actor.as_deref().unwrap_or("unknown"),
            finding.target.as_deref().unwrap_or("unknown"),
            list(ids([finding]).iter())
        )
    };
    let mut lines: Vec<String> = found.iter().take(MOST).map(one).collect();
    if found.len() > MOST {
        lines.push(format!("and {} more", found.len() - MOST));
    }
    lines.join("; ")
}

/// As many findings or ids as are named.
const MOST: usize = 5;

fn list<'a>(ids: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = ids.len();
    let mut shown: Vec<String> = ids.take(MOST).cloned().collect();
    match count {
        0 => return "nothing".to_owned(),
        count if count > MOST => shown.push(format!("and {} more", count - MOST)),
        _ => {}
    }
    shown.join(", ")
}
