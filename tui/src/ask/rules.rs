//! Rules: how each fares on this case, what it asks, and why it hits an event or does not.

use super::{ChainEvent, FindingRow, Level, RecordId};

/// How a rule fares on this case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has findings, but so many that they cannot all matter: see [`RuleLine::findings`].
    Noisy,
    Hits,
    /// The evidence cannot answer it: its silence proves nothing.
    Blind,
    /// Only a part of what it sees can be seen in this evidence.
    InPart,
    /// It could have been answered, and found nothing.
    Quiet,
    #[default]
    NotReplayed,
}

/// One line of the list of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// The rule's slug: "pe-clusteradmin-bind".
    pub rule: String,
    pub title: String,
    pub level: Level,
    /// ATT&CK ids, comma separated.
    pub techniques: String,
    pub state: State,
    pub findings: u64,
    /// Requests of its findings.
    pub events: u64,
    /// Why it is blind, and which export would help; else empty.
    pub reason: String,
    /// It is no bundled rule as it came, but one of the user's. What is said of findings is of the last replay.
    pub own: bool,
}

/// One part of a rule, asked of an event or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clause {
    /// How deep it is in the rule.
    pub depth: usize,
    pub words: String,
    /// Of an event: `None`: cannot tell.
    pub holds: Option<bool>,
    /// The values that were there, with their fields; empty where no event is asked.
    pub values: String,
}

/// A rule in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    pub rule: String,
    /// What it means, and what innocent thing looks the same: one paragraph each.
    pub about: Vec<String>,
    /// Where it is written: "detections/execution/exec.yml:1".
    pub place: String,
    /// What is asked, rule by rule: a correlation has several, each under its name.
    pub parts: Vec<(String, Vec<Clause>)>,
    /// What is excepted, in words.
    pub exceptions: Vec<String>,
}

/// What a single rule finds now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub rule: String,
    /// At most a hundred, worst and first first.
    pub findings: Vec<FindingRow>,
    pub total: u64,
    /// Requests it could not decide, and why.
    pub untold: Vec<(u64, String)>,
    /// Events that exceptions took away, with what each says is normal.
    pub excepted: Vec<(u64, String)>,
    pub millis: u64,
    /// Compared with the run before, or with the rule before it was edited; `None` when there was none.
    pub changed: Option<Changed>,
}

/// Events of a rule's findings now and before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub gained: u64,
    pub lost: u64,
    pub same: u64,
    /// Some of those that were gained (true) and lost (false), each in the order of time.
    pub events: Vec<(bool, ChainEvent)>,
}

/// Every part of a finding's rule, asked of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    pub rule: String,
    pub record: RecordId,
    /// Rule by rule, as in [`RuleText::parts`]. Empty: the event is no request, so that rules are not asked of it.
    pub parts: Vec<(String, Vec<Clause>)>,
}

impl State {
    /// Every state, the one to look at first before all.
    pub const ALL: [State; 6] =
        [State::Noisy, State::Hits, State::Blind, State::InPart, State::Quiet, State::NotReplayed];

    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            State::Noisy => "noisy",
            State::Hits => "hits",
            State::Blind => "blind",
            State::InPart => "in part",
            State::Quiet => "quiet",
            State::NotReplayed => "not run",
        }
    }
}
