//! What is odd about a rule that can be used all the same.

use std::collections::BTreeSet;

use yaml_serde::Value;

use super::diagnostic::{Document, documents};
use super::predicate::{Op, Predicate, Shape};
use super::{RuleFile, Source, load, parse, rule};
use crate::error::Diagnostic;

/// How odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something a reader misses.
    Note,
    /// A rule that does less than it says.
    Warning,
}

/// A remark about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub severity: Severity,
    pub diagnostic: Diagnostic,
}

/// Every verb an audit event can have: those of requests to resources, and HTTP methods in lower case for the others.
/// Verbs that only roles have (bind, escalate, impersonate, use) are never the verb of a request.
const VERBS: [&str; 15] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "proxy",
    "post",
    "put",
    "head",
    "options",
    "connect",
    "trace",
];

const STAGES: [&str; 4] = ["requestreceived", "responsestarted", "responsecomplete", "panic"];
const LEVELS: [&str; 4] = ["none", "metadata", "request", "requestresponse"];

/// Looks at every document that can be used.
pub fn lint(files: &[RuleFile]) -> Vec<Remark> {
    let (set, _) = load(files);
    let mut remarks = Vec::new();
    for document in files.iter().flat_map(|file| documents(&file.path, &file.text)) {
        let Ok(yaml) = parse::yaml(&document) else { continue };
        let (line, _) = document.place(&[]);
        let is_here = |meta: &super::Meta| meta.file == document.file && meta.line == line;
        let rule = set.rules.iter().find(|rule| is_here(&rule.meta));
        let correlation = set.correlations.iter().find(|correlation| is_here(&correlation.meta));
        let Some(meta) = rule.map(|rule| &rule.meta).or(correlation.map(|c| &c.meta)) else { continue };
        let mut look = Look { document, remarks: &mut remarks };
        if meta.reported {
            look.missing(&yaml);
            look.name(&meta.name);
        }
        if let Some(rule) = rule {
            look.words(&rule.predicate);
            look.dead(&yaml);
        }
    }
    remarks
}

struct Look<'a> {
    document: Document<'a>,
    remarks: &'a mut Vec<Remark>,
}

impl Look<'_> {
    fn say(&mut self, severity: Severity, path: &[&str], message: String, hint: &str) {
        self.remarks.push(Remark { severity, diagnostic: self.document.problem(path, message, hint) });
    }

    fn missing(&mut self, yaml: &Value) {
        for (key, hint) in [
            ("tags", "tag it with the ATT&CK tactic and technique"),
            ("level", "without one it counts as medium"),
            ("description", "say what it sees and why that matters"),
            ("falsepositives", "say what innocent thing looks the same"),
        ] {
            if yaml.get(key).is_none_or(Value::is_null) {
                self.say(Severity::Note, &[], format!("the rule has no {key}"), hint);
            }
        }
    }

    fn name(&mut self, name: &str) {
        let stem = rule::stem(self.document.file);
        if name != stem {
            self.say(
                Severity::Note,
                &["name"],
                format!("rule {name} is in file {stem}"),
                "name the file like the rule",
            );
        }
    }

    /// Words that never are in a field that has only a few.
    fn words(&mut self, predicate: &Predicate) {
        let mut found = BTreeSet::new();
        predicate.each_test(&mut |test| {
            let known: &[&str] = match test.field.source {
                Source::Column("verb") => &VERBS,
                Source::Column("stage") => &STAGES,
                Source::Column("level") => &LEVELS,
                _ => return,
            };
            let Op::AnyText(patterns) = &test.op else { return };
            for pattern in patterns {
                if let Shape::Equals(text) = &pattern.shape
                    && !known.contains(&text.to_lowercase().as_str())
                {
                    found.insert((test.field.name.clone(), text.clone(), known));
                }
            }
        });
        for (field, text, known) in found {
            let hint = format!("it is one of: {}", known.join(", "));
            self.say(Severity::Warning, &["detection", &field, &text], format!("{field} is never {text}"), &hint);
        }
    }

    /// Selections the condition does not use.
    fn dead(&mut self, yaml: &Value) {
        let Some(Value::Mapping(detection)) = yaml.get("detection") else { return };
        let condition = match detection.get("condition") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Sequence(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => return,
        };
        let words: Vec<&str> = condition.split(|c: char| c.is_whitespace() || c == '(' || c == ')').collect();
        let is_used = |name: &str| {
            words.iter().any(|word| match *word {
                "them" => !name.starts_with('_'),
                word => rsigma_parser::detection_name_matches(word, name),
            })
        };
        let names = detection.keys().filter_map(Value::as_str);
        for name in names.filter(|name| !matches!(*name, "condition" | "timeframe") && !is_used(name)) {
            let hint = "use it in the condition, or take it out";
            self.say(Severity::Warning, &["detection", name], format!("selection {name} is not used"), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarks(text: &str) -> Vec<String> {
        let file = RuleFile { path: "a.yml".into(), text: text.into() };
        lint(&[file]).iter().map(|r| format!("{:?} {}", r.severity, r.diagnostic)).collect()
    }

    #[test]
    fn a_whole_rule_has_no_remarks() {
        let text = "title: a\nname: a\nlevel: low\ndescription: b\ntags: [attack.impact]\nfalsepositives: [c]\ndetection:\n  x: {verb: get, stage: Panic}\n  y: {verb: post}\n  condition: 1 of x* or all of them\n";
        assert_eq!(remarks(text), Vec::<String>::new());
    }

    #[test]
    fn what_does_nothing_is_told() {
        let text = "title: a\nname: b\nlevel: low\ndescription: b\ntags: [attack.impact]\nfalsepositives: [c]\ndetection:\n  x:\n    verb:\n      - get\n      - replace\n  y: {verb: list}\n  condition: x\n";
        assert_eq!(
            remarks(text),
            [
                "Note a.yml:2:1: rule b is in file a",
                "Warning a.yml:11:9: verb is never replace",
                "Warning a.yml:12:3: selection y is not used",
            ]
        );
    }

    #[test]
    fn what_a_reader_misses_is_told() {
        let found = remarks("title: a\ndetection:\n  x: {verb: get}\n  condition: x\n");
        assert_eq!(found.len(), 4);
        assert!(found[0].contains("no tags"));
    }
}
