//! Golden findings: what fires on a corpus, written once and compared event by event later.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Test;
use super::judge::{findings, id};
use crate::engine::Replay;
use crate::error::{Error, Result};

/// One finding as a golden file has it, a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Golden {
    /// The name of the test.
    pub case: String,
    pub rule: String,
    pub level: String,
    pub actor: Option<String>,
    pub target: Option<String>,
    /// auditIDs, or objects of a snapshot, in the order of the events.
    pub events: Vec<String>,
}

/// What fired in one test with golden findings.
#[derive(Debug, Clone)]
pub struct Fired {
    pub path: PathBuf,
    pub case: String,
    pub findings: BTreeSet<Golden>,
}

/// What a replay of a test found.
pub fn fired(path: &Path, test: &Test, replay: &Replay) -> Fired {
    let golden = findings(test, replay).into_iter().map(|finding| {
        let mut seen = BTreeSet::new();
        let events = finding.events.iter().filter_map(|event| id(&event)).filter(|id| seen.insert(id.clone()));
        Golden {
            case: test.name.clone(),
            rule: finding.rule.clone(),
            level: finding.level.to_string(),
            actor: finding.actor.clone(),
            target: finding.target.clone(),
            events: events.collect(),
        }
    });
    Fired { path: path.to_path_buf(), case: test.name.clone(), findings: golden.collect() }
}

/// Reads a golden file; None when there is none.
fn read(path: &Path) -> Option<Vec<Golden>> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Pairs of what was expected and what came instead.
pub fn differences(fired: &Fired) -> Vec<(String, String)> {
    let Some(all) = read(&fired.path) else {
        let expected = format!("golden findings in {}", fired.path.display());
        return vec![(expected, "there is no such file yet; --bless writes it".to_owned())];
    };
    let golden: BTreeSet<Golden> = all.into_iter().filter(|golden| golden.case == fired.case).collect();
    let mut pairs = Vec::new();
    let mut new: Vec<&Golden> = fired.findings.difference(&golden).collect();
    for old in golden.difference(&fired.findings) {
        // A finding of the same rule and actor that has other events is told as one that changed.
        let same = new.iter().position(|new| (&new.rule, &new.actor) == (&old.rule, &old.actor));
        match same.map(|place| new.remove(place)) {
            Some(new) => pairs.push(changed(old, new)),
            None => pairs.push((words(old), format!("- {}: it is gone", old.rule))),
        }
    }
    pairs.extend(new.into_iter().map(|new| (format!("{}: no such finding", new.rule), format!("+ {}", words(new)))));
    pairs
}

fn changed(old: &Golden, new: &Golden) -> (String, String) {
    let [before, after]: [BTreeSet<&String>; 2] = [old, new].map(|golden| golden.events.iter().collect());
    let lost = before.difference(&after).map(|id| format!("-{id}"));
    let gained = after.difference(&before).map(|id| format!("+{id}"));
    let events: Vec<String> = lost.chain(gained).collect();
    let got = if events.is_empty() { words(new) } else { format!("{}: events {}", new.rule, events.join(" ")) };
    (words(old), got)
}

fn words(golden: &Golden) -> String {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    let Golden { rule, level, events, .. } = golden;
    let s = if events.len() == 1 { "" } else { "s" };
    format!("{rule}: {level} {} on {}, {} event{s}", or(&golden.actor), or(&golden.target), events.len())
}

/// Writes what fired into the golden files; findings of tests that were not run stay. Returns the files.
///
/// # Errors
/// When a file cannot be written.
pub fn bless(all: &[Fired]) -> Result<Vec<PathBuf>> {
    let mut files: BTreeMap<&Path, Vec<&Fired>> = BTreeMap::new();
    all.iter().for_each(|fired| files.entry(&fired.path).or_default().push(fired));
    for (path, fired) in &files {
        let cases: BTreeSet<&str> = fired.iter().map(|fired| fired.case.as_str()).collect();
        let kept = read(path).unwrap_or_default().into_iter().filter(|golden| !cases.contains(golden.case.as_str()));
        let findings: BTreeSet<Golden> = kept.chain(fired.iter().flat_map(|fired| fired.findings.clone())).collect();
        let mut text = String::new();
        for finding in findings {
            let line = serde_json::to_string(&finding)
                .map_err(|source| Error::Bug { what: "a golden finding".into(), source: source.into() })?;
            text.push_str(&line);
            text.push('\n');
        }
        fs::write(path, text).map_err(Error::io("write", path))?;
    }
    Ok(files.into_keys().map(Path::to_path_buf).collect())
}
