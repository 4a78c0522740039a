//! Rules made a little wrong: each clause dropped, each value widened, each `not` taken away.
//!
//! A change that makes no other rule is no mutant: a word of the API that is within no other one cannot be widened
//! ([`super::words`]). Numbers of `responseStatus.code` move by a class of codes, since none lie between. What is left and
//! still no event tells apart, [`super::same`] finds.

use yaml_serde::{Mapping, Value};

use super::words::lets_in_more;
use crate::sigma::Document;

/// A document with one thing changed.
pub struct Change {
    /// Of the file, from 1.
    pub line: usize,
    /// In words.
    pub what: String,
    pub yaml: Value,
}

/// Changes of the section of a document that holds selections and condition: `detection` of a rule, `filter` of a filter;
/// and of `first`.
pub fn changes(document: &Document<'_>, yaml: &Value, section: &str) -> Vec<Change> {
    let mut all = Changes { document, yaml, found: Vec::new() };
    let selections = yaml.get(section).and_then(Value::as_mapping);
    for (name, selection) in selections.into_iter().flatten() {
        let Some(name) = name.as_str() else { continue };
        match name {
            "rules" | "timeframe" => {}
            "condition" => all.condition(section, selection),
            name => all.selection(&[section, name], &[Step::Key(section), Step::Key(name)], selection, true),
        }
    }
    all.first();
    all.found
}

/// A step into a document.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

struct Changes<'a> {
    document: &'a Document<'a>,
    yaml: &'a Value,
    found: Vec<Change>,
}

impl Changes<'_> {
    /// Notes a change of what lies at `steps`; `path` is where a reader finds it.
    fn add(&mut self, path: &[&str], steps: &[Step<'_>], what: String, change: impl FnOnce(&mut Value)) {
        let mut yaml = self.yaml.clone();
        let mut at = &mut yaml;
        for step in steps {
            let next = match step {
                Step::Key(key) => at.get_mut(*key),
                Step::Item(place) => at.get_mut(*place),
            };
            let Some(next) = next else { return };
            at = next;
        }
        change(at);
        self.found.push(Change { line: self.document.place(path).0, what, yaml });
    }

    /// Changes within a selection; `whole` when it is all of one.
    fn selection(&mut self, path: &[&str], steps: &[Step<'_>], selection: &Value, whole: bool) {
        match selection {
            Value::Mapping(tests) => {
                for (key, value) in tests {
                    let Some(key) = key.as_str() else { continue };
                    let path = [path, &[key]].concat();
                    let what = format!("without {key}: {}", short(value));
                    if tests.len() > 1 {
                        self.add(&path, steps, what, |at| drop(at.as_mapping_mut().map(|tests| tests.remove(key))));
                    } else if whole {
                        self.add(&path, steps, what, |at| *at = always());
                    }
                    let inside = [steps, &[Step::Key(key)]].concat();
                    if key.ends_with(']') {
                        self.selection(&path, &inside, value, false);
                    } else {
                        self.widened(&path, steps, key, value);
                    }
                }
            }
            Value::Sequence(ways) => {
                for (place, way) in ways.iter().enumerate() {
                    if ways.len() > 1 {
                        let first = way.as_mapping().and_then(|tests| tests.keys().next()?.as_str());
                        let path = [path, first.as_slice()].concat();
                        let remove = |at: &mut Value| drop(at.as_sequence_mut().map(|ways| ways.remove(place)));
                        self.add(&path, steps, format!("without the way {}", short(way)), remove);
                    }
                    self.selection(path, &[steps, &[Step::Item(place)]].concat(), way, false);
                }
            }
            _ => {}
        }
    }

    fn widened(&mut self, path: &[&str], steps: &[Step<'_>], key: &str, value: &Value) {
        let (field, modifiers) = key.split_once('|').unwrap_or((key, ""));
        let replace = |new_key: String, new: Value| {
            move |at: &mut Value| {
                let Some(tests) = at.as_mapping_mut() else { return };
                let same = |(old, value): (Value, Value)| {
                    if old.as_str() == Some(key) { (Value::from(new_key.as_str()), new.clone()) } else { (old, value) }
                };
                *tests = std::mem::take(tests).into_iter().map(same).collect::<Mapping>();
            }
        };
        if modifiers.split('|').any(|modifier| modifier == "all") {
            let kept: Vec<&str> = key.split('|').filter(|part| *part != "all").collect();
            self.add(path, steps, format!("any of {key}, not all"), replace(kept.join("|"), value.clone()));
        }
        let items: Vec<&Value> = match value {
            Value::Sequence(items) => items.iter().collect(),
            one => vec![one],
        };
        let asked: Vec<&str> = items.iter().filter_map(|item| item.as_str()).collect();
        for (place, item) in items.iter().enumerate() {
            let Some(wider) = wider(field, modifiers, item, &asked) else { continue };
            let what = format!("{key}: {} widened to {}", short(item), short(&wider.1));
            let rest =
                || items.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, item)| (*item).clone());
            // Another modifier is another test: the other values stay where they are.
            if wider.0 == key.replacen(field, "", 1) {
                let new = match value {
                    Value::Sequence(_) => Value::Sequence(
                        items
                            .iter()
                            .enumerate()
                            .map(|(other, item)| if other == place { wider.1.clone() } else { (*item).clone() })
                            .collect(),
                    ),
                    _ => wider.1,
                };
                self.add(path, steps, what, replace(key.to_owned(), new));
            } else if items.len() == 1 {
                self.add(path, steps, what, replace(format!("{field}{}", wider.0), wider.1));
            } else if rest().all(|item| item.is_string()) && modifiers.ends_with("with") {
                // `startswith: [a, b]` with the first widened is `*a*` or `b*`.
                let star = |item: Value| match (item.as_str(), modifiers) {
                    (Some(text), "startswith") => Value::from(format!("{text}*")),
                    (Some(text), _) => Value::from(format!("*{text}")),
                    (None, _) => item,
                };
                let mut new: Vec<Value> = rest().map(star).collect();
                new.push(Value::from(format!("*{}*", wider.1.as_str().unwrap_or_default())));
                self.add(path, steps, what, replace(field.to_owned(), Value::Sequence(new)));
            }
        }
    }

    fn condition(&mut self, section: &str, condition: &Value) {
        let Some(text) = condition.as_str() else { return };
        let path = [section, "condition"];
        let steps = [Step::Key(section), Step::Key("condition")];
        let starts: Vec<usize> = text.match_indices("not ").map(|(at, _)| at).collect();
        for at in starts.into_iter().filter(|at| *at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric()) {
            let end = end_of_operand(text, at + 4);
            let operand = text[at + 4..end].trim();
            let bare = format!("{}{}", &text[..at], &text[at + 4..]);
            self.add(&path, &steps, format!("{operand}, and not: not {operand}"), |at| *at = bare.into());
            // Without what `not` keeps out, with the `and` before or after it.
            let (before, after) = (text[..at].trim_end(), text[end..].trim_start());
            let kept = match (before.strip_suffix("and"), after.strip_prefix("and ")) {
                (Some(before), _) => format!("{before} {after}"),
                (None, Some(after)) => format!("{before} {after}"),
                (None, None) => continue,
            };
            self.add(&path, &steps, format!("without not {operand}"), |at| *at = kept.trim().into());
        }
    }

    fn first(&mut self) {
        let Some(first) = self.yaml.get("first") else { return };
        let of = first.get("of").and_then(Value::as_sequence).cloned().unwrap_or_default();
        for (place, name) in of.iter().enumerate().filter(|_| of.len() > 1) {
            let name = name.as_str().unwrap_or_default();
            let remove = |at: &mut Value| drop(at.as_sequence_mut().map(|of| of.remove(place)));
            self.add(
                &["first", "of", name],
                &[Step::Key("first"), Step::Key("of")],
                format!("first of its kind without {name}"),
                remove,
            );
        }
        self.add(
            &["first", "learning"],
            &[Step::Key("first"), Step::Key("learning")],
            "learning for a minute".into(),
            |at| {
                *at = "1m".into();
            },
        );
    }
}

/// A selection that every event passes whose verb is known.
fn always() -> Value {
    let there = |is: bool| Value::Mapping([(Value::from("verb|exists"), Value::from(is))].into_iter().collect());
    Value::Sequence(vec![there(true), there(false)])
}

/// Where the operand of a `not` ends: a name, `1 of them`, or a group in parentheses.
fn end_of_operand(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let lead = rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let from = start + lead;
    if rest.starts_with('(') {
        let mut depth = 0;
        for (place, c) in rest.char_indices() {
            depth += i32::from(c == '(') - i32::from(c == ')');
            if depth == 0 {
                return from + place + 1;
            }
        }
        return text.len();
    }
    let words: Vec<&str> = rest.split_whitespace().take(3).collect();
    let count = if words.get(1) == Some(&"of") { 3 } else { 1 };
    let mut end = from;
    for word in words.into_iter().take(count) {
        let word = word.trim_end_matches(')');
        end = text[end..].find(word).map_or(end, |at| end + at + word.len());
    }
    end
}

/// The modifiers, with their bar, and value that let in more than all that are asked for.
fn wider(field: &str, modifiers: &str, value: &Value, asked: &[&str]) -> Option<(String, Value)> {
    let same = if modifiers.is_empty() { String::new() } else { format!("|{modifiers}") };
    match (modifiers, value) {
        ("", Value::String(text)) if !text.contains(['*', '?', '\\']) && !text.is_empty() => {
            if !lets_in_more(field, text, asked) {
                return None;
            }
            Some((same, format!("*{text}*").into()))
        }
        ("startswith" | "endswith", Value::String(text)) => Some(("|contains".to_owned(), text.clone().into())),
        ("cidr", Value::String(text)) => {
            let net: ipnet::IpNet = text.parse().ok()?;
            let wide = net.prefix_len().checked_sub(1)?;
            let net = ipnet::IpNet::new(net.addr(), wide).ok()?.trunc();
            Some((same, net.to_string().into()))
        }
        ("lt" | "lte" | "gt" | "gte", Value::Number(number)) => {
            let number = number.as_i64()?;
            let is_code = field.ends_with("Status.code");
            let moved = match modifiers.starts_with('l') {
                // Over the class of redirections: of those an API server only says 304, and of no object.
                true if is_code && number == 300 => 500,
                true if is_code => number + 100,
                true => number + 1,
                false if is_code => number - 100,
                false => number - 1,
            };
            Some((same, moved.into()))
        }
        _ => None,
    }
}

/// A value in a line.
pub fn short(value: &Value) -> String {
    const LONGEST: usize = 70;
    let text = serde_json::to_string(value).unwrap_or_default();
    let cut = text.floor_char_boundary(LONGEST);
    if text.len() > LONGEST { format!("{}…", &text[..cut]) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::documents;

    fn of(text: &str) -> Vec<String> {
        let document = documents("t.yml", text)[0];
        let yaml: Value = yaml_serde::from_str(text).unwrap();
        changes(&document, &yaml, "detection")
            .into_iter()
            .map(|change| format!("{}: {}", change.line, change.what))
            .collect()
    }

    #[test]
    fn each_clause_each_value_and_each_not_is_changed_once() {
        let text = "title: t\ndetection:\n  a:\n    verb: delete\n    objectRef.name|startswith: [x, y]\n  b: {user.username: root}\n  condition: a and not b\n";
        assert_eq!(
            of(text),
            [
                "4: without verb: \"delete\"",
                "4: verb: \"delete\" widened to \"*delete*\"",
                "5: without objectRef.name|startswith: [\"x\",\"y\"]",
                "5: objectRef.name|startswith: \"x\" widened to \"x\"",
                "5: objectRef.name|startswith: \"y\" widened to \"y\"",
                "6: without user.username: \"root\"",
                "6: user.username: \"root\" widened to \"*root*\"",
                "7: b, and not: not b",
                "7: without not b",
            ]
        );
    }

    #[test]
    fn what_is_kept_out_ends_where_its_operand_does() {
        for (text, operand) in [
            ("a and not (b or c) and d", "(b or c)"),
            ("a and not 1 of b* or c", "1 of b*"),
            ("not b and a", "b"),
            ("(a and not b)", "b"),
        ] {
            let at = text.find("not ").unwrap() + 4;
            assert_eq!(&text[at..end_of_operand(text, at)], operand);
        }
    }
}
