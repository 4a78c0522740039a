//! A rule as the rest of the house sees it: what is said about it, and what it asks.

use std::fmt;
use std::str::FromStr;

use yaml_serde::Value;

use super::diagnostic::Document;
use super::first::First;
use super::logsource::{self, LogSource};
use super::predicate::Predicate;
use super::sql::Sql;
use crate::error::Diagnostic;

/// How much a hit matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Level; 5] = [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

    /// Returns the word in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        let known = Level::ALL.into_iter().find(|level| level.as_str() == text);
        known.ok_or_else(|| format!("no level is called {text:?}"))
    }
}

/// What is said about a rule or a correlation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The slug: `name:`, else the file's name without its ending.
    pub name: String,
    pub id: Option<String>,
    pub title: String,
    pub description: String,
    /// `medium` when the rule does not say.
    pub level: Level,
    pub status: Option<String>,
    pub tags: Vec<String>,
    /// ATT&CK techniques, such as T1552.007.
    pub techniques: Vec<String>,
    /// ATT&CK tactics, such as privilege-escalation.
    pub tactics: Vec<String>,
    /// Ids of Microsoft's threat matrix, such as MS-TA9018.
    pub threat_matrix: Vec<String>,
    /// Alert types of Microsoft Defender it corresponds to.
    pub defender: Vec<String>,
    pub falsepositives: Vec<String>,
    /// What to do about a hit: short, with commands.
    pub remediation: Option<String>,
    pub file: String,
    /// Line its document begins on, from 1.
    pub line: usize,
    /// Whether its hits are findings; not when it only feeds correlations.
    pub reported: bool,
}

/// A rule over single events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub meta: Meta,
    pub predicate: Predicate,
    /// What it asks instead of the predicate, which then never holds.
    pub sql: Option<Sql>,
    /// Of its hits only those count that are the first of their kind.
    pub first: Option<First>,
    pub over: Over,
}

impl Rule {
    /// What it asks, in words, each with how deep it is in the rule; of SQL its lines.
    pub fn words(&self) -> Vec<(usize, String)> {
        match &self.sql {
            Some(sql) => sql.text.trim_end().lines().map(|line| (0, line.to_owned())).collect(),
            None => self.predicate.parts().into_iter().map(|(depth, words, _)| (depth, words)).collect(),
        }
    }
}

/// What a rule is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Audit events: `service: audit`.
    Events,
    /// The objects of snapshots: `service: snapshot`.
    Objects,
    /// Both: a rule over events with `snapshot: true`.
    Both,
    /// The events of another log source.
    Log(&'static LogSource),
}

impl Over {
    pub fn events(self) -> bool {
        matches!(self, Over::Events | Over::Both)
    }

    pub fn objects(self) -> bool {
        matches!(self, Over::Objects | Over::Both)
    }

    /// Reads what a document that can be used says.
    pub fn read(yaml: &Value) -> Over {
        let word = |key: &str| yaml.get("logsource").and_then(|source| source.get(key)).and_then(Value::as_str);
        let service = word("service");
        if let Some(source) = logsource::find(word("category"), word("product"), service) {
            return Over::Log(source);
        }
        match (service, yaml.get("snapshot").and_then(Value::as_bool)) {
            (Some("snapshot"), _) => Over::Objects,
            (_, Some(true)) => Over::Both,
            _ => Over::Events,
        }
    }
}

/// What is normal: a filter of Sigma, as data of its own, so that rules say what a behaviour is and not who may.
///
/// An event that is excepted for certain is no hit of the rules it names; one of which that cannot be told stays a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its description is the reason.
    pub meta: Meta,
    /// True of the events that are excepted: the filter's condition, which says what is kept, turned round.
    pub predicate: Predicate,
    /// Places in `RuleSet::rules`.
    pub rules: Vec<usize>,
    /// With `service: snapshot` it is of standing objects only: who made them is not known, so they are told by what they
    /// are, which whoever writes one could choose.
    pub over: Over,
}

impl Meta {
    /// Reads what all documents share.
    ///
    /// # Errors
    /// Everything in it that cannot be used.
    pub fn read(document: &Document<'_>, yaml: &Value) -> Result<Meta, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut text = |key: &str| match yaml.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                problems.push(document.problem(&[key], format!("{key} must be a text"), "put it in quotes"));
                None
            }
        };
        let (id, name, title, status) = (text("id"), text("name"), text("title"), text("status"));
        let (description, level) = (text("description"), text("level"));
        let remediation = text("remediation").map(|text| text.trim_end().to_owned());
        let mut list = |key: &str| match yaml.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Sequence(all)) if all.iter().all(Value::is_string) => {
                all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
            }
            Some(_) => {
                problems.push(document.problem(&[key], format!("{key} must be a list of texts"), "write [one, two]"));
                Vec::new()
            }
        };
        let (tags, defender, falsepositives) = (list("tags"), list("defender"), list("falsepositives"));
        let level = level.map_or(Ok(Level::Medium), |word| word.parse()).unwrap_or_else(|what: String| {
            let known = Level::ALL.map(Level::as_str).join(", ");
            problems.push(document.problem(&["level"], what, format!("levels are {known}")));
            Level::Medium
        });
        if title.is_none() && problems.is_empty() {
            problems.push(document.problem(&[], "a rule needs a title", "name the behaviour it sees"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let attack = |tag: &str| tag.strip_prefix("attack.").map(str::to_owned);
        let labels: Vec<String> = tags.iter().filter_map(|tag| attack(&tag.to_lowercase())).collect();
        let matrix =
            tags.iter().filter_map(|tag| tag.to_lowercase().strip_prefix("threat-matrix.").map(str::to_uppercase));
        Ok(Meta {
            name: name.unwrap_or_else(|| stem(document.file).to_owned()),
            id,
            title: title.unwrap_or_default(),
            description: description.unwrap_or_default().trim_end().to_owned(),
            level,
            status,
            techniques: labels.iter().filter(|label| is_numbered(label, "t")).map(|l| l.to_uppercase()).collect(),
            tactics: labels.iter().filter(|label| !is_entry(label)).cloned().collect(),
            threat_matrix: matrix.collect(),
            tags,
            defender,
            falsepositives,
            remediation,
            file: document.file.to_owned(),
            line: document.place(&[]).0,
            reported: true,
        })
    }
}

/// The file's name without folders and ending.
pub fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml")).unwrap_or(file)
}

/// Says whether an ATT&CK label is a technique, group, software or the like, and not a tactic.
fn is_entry(label: &str) -> bool {
    ["t", "g", "s", "m", "ds", "c", "ta"].iter().any(|letter| is_numbered(label, letter))
}

fn is_numbered(label: &str, letter: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    label.strip_prefix(letter).is_some_and(|number| number.split('.').all(digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::diagnostic::documents;

    fn read(text: &str) -> Result<Meta, Vec<Diagnostic>> {
        let document = documents("queries/es-privileged.yml", text)[0];
        Meta::read(&document, &yaml_serde::from_str(text).unwrap())
    }

    #[test]
    fn tags_are_sorted_by_what_they_name() {
        let tags =
            "[attack.privilege-escalation, attack.t1611, attack.t1552.007, attack.g0016, threat-matrix.ms-ta9018]";
        let meta = read(&format!("title: a\ntags: {tags}\n")).unwrap();
        assert_eq!(meta.techniques, ["T1611", "T1552.007"]);
        assert_eq!(meta.tactics, ["privilege-escalation"]);
        assert_eq!(meta.threat_matrix, ["MS-TA9018"]);
        assert_eq!(meta.name, "es-privileged");
    }

    #[test]
    fn tags_of_the_matrix_that_split_defense_evasion_are_taken_like_those_before() {
        let meta = read("title: a\ntags: [attack.stealth, attack.defense-impairment, attack.t1685.001]\n").unwrap();
        assert_eq!(meta.tactics, ["stealth", "defense-impairment"]);
        assert_eq!(meta.techniques, ["T1685.001"]);
    }

    #[test]
    fn a_wrong_level_is_told_with_its_place() {
        let problems = read("title: a\nlevel: hihg\n").unwrap_err();
        assert_eq!(problems[0].to_string(), "queries/es-privileged.yml:2:1: no level is called \"hihg\"");
        assert!(problems[0].hint.as_deref().unwrap().contains("critical"));
        assert!(read("title: a\ntags: {a: b}\nid: 5\n").unwrap_err().len() == 2);
    }

    #[test]
    fn levels_are_ordered() {
        assert!(Level::ALL.is_sorted() && Level::High < Level::Critical);
    }
}
