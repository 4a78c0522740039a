//! The reference pages equal what the code makes, and the README shows commands that exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use coldcase::engine::Finding;
use serde_json::Value;

use crate::support::{case_of, pack, project, replay};

/// Compares a page with what it should be, or writes it when asked to.
fn hold(name: &str, text: &str) {
    let path = project("docs/reference").join(name);
    if std::env::var_os("COLDCASE_WRITE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{name} is out of date: COLDCASE_WRITE_DOCS=1 cargo test --test it docs:: writes it");
}

#[test]
fn reference_pages_are_what_the_code_says() {
    for (name, text) in coldcase::cli::reference::pages().unwrap() {
        hold(name, &text);
    }
}

#[test]
fn the_recall_page_is_what_a_replay_of_the_intrusion_finds() {
    let folder = tempfile::tempdir().unwrap();
    let found = replay(&case_of(&folder, &[project("sample-data/incidents/aks-intrusion/evidence")]), &pack());
    let truth = fs::read_to_string(project("sample-data/incidents/aks-intrusion/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let mut page = "# Recall\n\nThe recorded intrusion in sample-data, step by step: what was done, what its ground truth says a \
                    pack must call it (any one will do; none where the step is context), and which rules found that very \
                    request. A name in bold is one of those expected.\n\n| step | done | expected | found by |\n|---|---|---|---|\n"
        .to_owned();
    let words = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    for step in truth["steps"].as_array().unwrap() {
        let (expect, ids) = (words(&step["expect"]), words(&step["audit_ids"]));
        let is_hit = |f: &&Finding| f.audit_ids.iter().any(|id| ids.contains(id));
        let hits: BTreeSet<(&str, bool)> = found
            .findings
            .iter()
            .filter(is_hit)
            .map(|f| (f.rule.as_str(), expect.iter().any(|name| f.rule == *name || f.defender.contains(name))))
            .collect();
        let hits: Vec<String> =
            hits.iter().map(|(rule, named)| if *named { format!("**{rule}**") } else { (*rule).to_owned() }).collect();
        let command: String = step["command"].as_str().unwrap().chars().take(90).collect();
        let done = format!("{}: `{}`", step["label"].as_str().unwrap(), command.replace(['|', '`', '\n'], " "));
        let _ = writeln!(page, "| {} | {done} | {} | {} |", step["step"], expect.join(", "), hits.join(", "));
    }
    hold("recall.md", &page);
}

#[test]
fn documents_name_only_commands_that_exist() {
    let known = coldcase::cli::reference::pages().unwrap();
    let commands = &known.iter().find(|(name, _)| *name == "commands.md").unwrap().1;
    for page in ["README.md", "docs/guide.md"] {
        let text = fs::read_to_string(project(page)).unwrap();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("coldcase ")) {
            let command = line.split(' ').next().unwrap();
            assert!(commands.contains(&format!("## coldcase {command}\n")), "{page}: coldcase {command}");
        }
    }
}
