//! Documents of one file that build on each other: `action: global`, `reset` and `repeat`, as rsigma-parser reads them.
//!
//! A `global` document is laid under every later one of its file, until a `reset` or another `global`. A `repeat` is laid
//! over the document before it. Maps are joined key by key; of anything else what comes later counts.

use yaml_serde::Value;

use super::diagnostic::{Document, documents};
use super::{RuleFile, parse};
use crate::error::Diagnostic;

/// A document, and what it says.
pub struct Part<'a> {
    pub document: Document<'a>,
    pub says: Says,
}

/// What a document says.
pub enum Says {
    /// What is written in it.
    Itself,
    /// What came of it and others.
    Joined(Box<Value>),
    /// Nothing by itself.
    Template,
    /// Something that cannot be used.
    Wrong(Diagnostic),
}

/// Cuts a file into its documents.
pub fn parts(file: &RuleFile) -> Vec<Part<'_>> {
    let all = documents(&file.path, &file.text);
    if !file.text.contains("action") {
        return all.into_iter().map(|document| Part { document, says: Says::Itself }).collect();
    }
    let (mut global, mut previous): (Option<Value>, Option<Value>) = (None, None);
    all.into_iter()
        .map(|document| {
            // What is no YAML is told where the document is read.
            let says = match parse::yaml(&document) {
                Ok(yaml) => joined(&document, yaml, &mut global, &mut previous),
                Err(_) => Says::Itself,
            };
            Part { document, says }
        })
        .collect()
}

fn joined(document: &Document<'_>, mut yaml: Value, global: &mut Option<Value>, previous: &mut Option<Value>) -> Says {
    let wrong = |message: String, hint: &str| Says::Wrong(document.problem(&["action"], message, hint));
    let action = yaml.as_mapping_mut().and_then(|keys| keys.remove("action"));
    let plain = action.is_none() && global.is_none();
    let repeated = match action.as_ref().map(Value::as_str) {
        None => yaml,
        Some(Some("global")) => {
            *global = Some(yaml);
            return Says::Template;
        }
        Some(Some("reset")) => {
            *global = None;
            return Says::Template;
        }
        Some(Some("repeat")) => match previous.clone() {
            Some(before) => over(before, yaml),
            None => {
                return wrong("there is no document before it to repeat".into(), "put it behind the one it repeats");
            }
        },
        Some(other) => {
            let other = other.unwrap_or("that is no text");
            return wrong(format!("there is no action {other}"), "actions are global, reset and repeat");
        }
    };
    let whole = match global {
        Some(global) => over(global.clone(), repeated),
        None => repeated,
    };
    *previous = Some(whole.clone());
    if plain { Says::Itself } else { Says::Joined(Box::new(whole)) }
}

/// Lays one value over another.
fn over(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Mapping(mut below), Value::Mapping(above)) => {
            for (key, value) in above {
                let value = match below.remove(&key) {
                    Some(known) => over(known, value),
                    None => value,
                };
                below.insert(key, value);
            }
            Value::Mapping(below)
        }
        (_, above) => above,
    }
}

#[cfg(test)]
mod tests {
    use crate::sigma::{RuleFile, load};

    const FILE: &str = "action: global\nlogsource: {product: kubernetes, service: audit}\nlevel: high\n---\n\
                        title: a\nname: a\ndetection:\n  s: {verb: delete, objectRef.resource: pods}\n  condition: s\n---\n\
                        action: repeat\ntitle: b\nname: b\nlevel: low\ndetection:\n  s: {objectRef.resource: secrets}\n---\n\
                        action: reset\n---\ntitle: c\nname: c\ndetection:\n  s: {verb: get}\n  condition: s\n";

    #[test]
    fn documents_build_on_each_other_as_in_rsigma() {
        let (set, problems) = load(&[RuleFile { path: "f.yml".into(), text: FILE.into() }]);
        assert_eq!(problems, []);
        let theirs = rsigma_parser::parse_sigma_yaml(FILE).unwrap();
        assert!(theirs.errors.is_empty());
        let levels: Vec<(&str, String)> =
            set.rules.iter().map(|rule| (rule.meta.name.as_str(), rule.meta.level.to_string())).collect();
        let their_level = |level: &rsigma_parser::Level| format!("{level:?}").to_lowercase();
        let their_levels: Vec<(&str, String)> = theirs
            .rules
            .iter()
            .map(|rule| {
                (rule.name.as_deref().unwrap_or_default(), rule.level.as_ref().map_or("medium".into(), their_level))
            })
            .collect();
        assert_eq!(levels, their_levels);
        // Their `b` asks for a verb as well, which it has from the document before.
        let words: Vec<String> = set.rules[1].predicate.parts().into_iter().map(|(_, words, _)| words).collect();
        assert!(
            words.contains(&"verb is delete".to_owned()) && words.contains(&"objectRef.resource is secrets".to_owned())
        );
        assert_eq!((set.rules[1].meta.line, set.rules[2].meta.line), (11, 20));
    }

    #[test]
    fn an_action_that_is_none_is_told_with_its_place() {
        let problem = |text: &str| {
            let (_, problems) = load(&[RuleFile { path: "f.yml".into(), text: text.into() }]);
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(problem("title: a\naction: again\n"), ["f.yml:2:1: there is no action again"]);
        assert_eq!(problem("action: repeat\ntitle: a\n"), ["f.yml:1:1: there is no document before it to repeat"]);
    }
}
