//! What is odd about a rule that can be used all the same.

use yaml_serde::Value;

use super::collection::{self, Part, Says};
use super::diagnostic::Document;
use super::never::{nevers, no_verb};
use super::predicate::Predicate;
use super::{RuleFile, load, parse, rule};
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

/// Keys of a section that are no selections.
const NO_SELECTIONS: [&str; 3] = ["condition", "timeframe", "rules"];

/// How elements of an array are asked (`sigma-version: 3`).
const QUANTIFIERS: [&str; 4] = ["[any]", "[all]", "[all_or_empty]", "[none]"];

/// Looks at every document that can be used.
pub fn lint(files: &[RuleFile]) -> Vec<Remark> {
    let (set, _) = load(files);
    let mut remarks = Vec::new();
    for Part { document, says } in files.iter().flat_map(collection::parts) {
        let yaml = match says {
            Says::Itself => parse::yaml(&document).ok(),
            Says::Joined(yaml) => Some(*yaml),
            Says::Template | Says::Wrong(_) => None,
        };
        let Some(yaml) = yaml else { continue };
        let (line, _) = document.place(&[]);
        let is_here = |meta: &super::Meta| meta.file == document.file && meta.line == line;
        let rule = set.rules.iter().find(|rule| is_here(&rule.meta));
        let correlation = set.correlations.iter().find(|correlation| is_here(&correlation.meta));
        let exception = set.exceptions.iter().find(|exception| is_here(&exception.meta));
        if let Some(exception) = exception {
            let mut look = Look { document, section: "filter", remarks: &mut remarks };
            look.predicate(&exception.predicate);
            look.section(&yaml);
            look.patterns(&yaml);
            continue;
        }
        let Some(meta) = rule.map(|rule| &rule.meta).or(correlation.map(|c| &c.meta)) else { continue };
        let mut look = Look { document, section: "detection", remarks: &mut remarks };
        if meta.reported {
            look.missing(&yaml);
            look.name(&meta.name);
        }
        if let Some(rule) = rule.filter(|rule| rule.sql.is_none()) {
            look.predicate(&rule.predicate);
            look.section(&yaml);
        }
    }
    remarks
}

struct Look<'a> {
    document: Document<'a>,
    /// Where its selections are.
    section: &'a str,
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

    /// Tests that no event can pass.
    fn predicate(&mut self, predicate: &Predicate) {
        for never in nevers(predicate) {
            // Values are kept in lower case; the text may write them otherwise.
            let lower = self.document.text.to_ascii_lowercase();
            let spelt = lower.find(&never.value).map(|at| &self.document.text[at..at + never.value.len()]);
            let path = [self.section, &never.field, spelt.unwrap_or(&never.value)];
            self.say(Severity::Warning, &path, format!("{} is never {}", never.field, never.value), &never.hint);
        }
        if no_verb(predicate) {
            let message = "no verb passes all of its tests: it never hits".to_owned();
            self.say(Severity::Warning, &[self.section, "condition"], message, "a request has one verb");
        }
    }

    /// Selections the condition does not use.
    fn dead(&mut self, yaml: &Value) {
        let Some(Value::Mapping(detection)) = yaml.get(self.section) else { return };
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
        for name in names.filter(|name| !NO_SELECTIONS.contains(name) && !is_used(name)) {
            let hint = "use it in the condition, or take it out";
            self.say(Severity::Warning, &[self.section, name], format!("selection {name} is not used"), hint);
        }
    }

    /// What the selections and the condition say as text.
    fn section(&mut self, yaml: &Value) {
        self.dead(yaml);
        let Some(Value::Mapping(detection)) = yaml.get(self.section) else { return };
        for (name, selection) in detection.iter().filter_map(|(name, part)| Some((name.as_str()?, part))) {
            let mut path = vec![self.section.to_owned(), name.to_owned()];
            self.arrays(selection, &mut path);
        }
    }

    /// A list of maps where the elements of an array are asked: the parser takes each for a value, which no element is.
    fn arrays(&mut self, part: &Value, path: &mut Vec<String>) {
        match part {
            Value::Sequence(all) => all.iter().for_each(|part| self.arrays(part, path)),
            Value::Mapping(keys) => {
                for (key, value) in keys.iter().filter_map(|(key, value)| Some((key.as_str()?, value))) {
                    path.push(key.to_owned());
                    let quantified = QUANTIFIERS.iter().any(|word| key.contains(word));
                    let maps = value.as_sequence().is_some_and(|all| all.iter().any(Value::is_mapping));
                    if quantified && maps {
                        let path: Vec<&str> = path.iter().map(String::as_str).collect();
                        let message = format!("a list of maps under {key} never matches");
                        let hint = "write one map; for several ways, selections and a condition: inside of it";
                        self.say(Severity::Warning, &path, message, hint);
                    }
                    self.arrays(value, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// `1 of x_*` in a filter. Here it means the filter's own selections; readers that put the filter into each rule rename
    /// its selections, but not the pattern.
    fn patterns(&mut self, yaml: &Value) {
        let condition = yaml.get(self.section).and_then(|section| section.get("condition")).and_then(Value::as_str);
        let words: Vec<&str> = condition.unwrap_or_default().split_whitespace().collect();
        for three in words.windows(3).filter(|three| three[1].eq_ignore_ascii_case("of")) {
            let pattern = three[2].trim_end_matches(')');
            let message =
                format!("{} of {pattern} in a filter finds nothing in other readers", three[0].trim_start_matches('('));
            let hint = "name the selections one by one: a or b";
            self.say(Severity::Note, &[self.section, "condition", pattern], message, hint);
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
    fn values_that_no_event_has_are_told() {
        let rule = |selection: &str| {
            let head = "title: a\nname: a\nlevel: low\ndescription: b\ntags: [attack.impact]\nfalsepositives: [c]\n";
            remarks(&format!("{head}sigma-version: 3\ndetection:\n  x: {selection}\n  condition: x\n"))
        };
        for (selection, told) in [
            ("{responseStatus.code: ALLOW}", "Warning a.yml:9:28: responseStatus.code is never allow"),
            ("{responseStatus.code: 1000}", "Warning a.yml:9:28: responseStatus.code is never 1000"),
            ("{objectRef.resource: pods/exec}", "Warning a.yml:9:27: objectRef.resource is never pods/exec"),
            ("{objectRef.resource: [secrets, pod]}", "Warning a.yml:9:37: objectRef.resource is never pod"),
            ("{objectRef.apiGroup: core}", "Warning a.yml:9:27: objectRef.apiGroup is never core"),
            ("{verb|startswith: repl}", "Warning a.yml:9:7: verb is never repl*"),
            ("{publicSourceIPs|cidr: 10.0.0.0/8}", "Warning a.yml:9:29: publicSourceIPs is never 10.0.0.0/8"),
            ("{sourceIPs: proxy.example}", "Warning a.yml:9:18: sourceIPs is never proxy.example"),
            (
                "{'containers[any]': [{image: a}, {image: b}]}",
                "Warning a.yml:9:8: a list of maps under containers[any] never matches",
            ),
        ] {
            assert_eq!(rule(selection), [told], "{selection}");
        }
        for fine in [
            "{responseStatus.code: [200, '20*'], objectRef.resource: [endpoints, K8sNoEnv], sourceIPs: '10.*'}",
            "{objectRef.apiGroup: null, publicSourceIPs|cidr: 0.0.0.0/0, 'containers[any]': {image: a}}",
        ] {
            assert_eq!(rule(fine), Vec::<String>::new(), "{fine}");
        }
        let text = "title: a\nname: a\nlevel: low\ndescription: b\ntags: [attack.impact]\nfalsepositives: [c]\ndetection:\n  x: {verb: get}\n  y: {verb: list}\n  condition: x and y\n";
        assert_eq!(remarks(text), ["Warning a.yml:10:3: no verb passes all of its tests: it never hits"]);
    }

    #[test]
    fn filters_are_looked_at_too() {
        let text = "title: a\nname: a\nfilter:\n  rules: any\n  x_1: {verb: replace}\n  x_2: {verb: get}\n  z: {verb: get}\n  condition: not 1 of x_*\n";
        assert_eq!(
            remarks(text),
            [
                "Warning a.yml:5:15: verb is never replace",
                "Warning a.yml:7:3: selection z is not used",
                "Note a.yml:8:23: 1 of x_* in a filter finds nothing in other readers",
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
