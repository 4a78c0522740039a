//! The entity graph of a Defender alert with its references put in place.
//!
//! Entities name each other by `$id` and `$ref` (formats.md e.1): nested or side by side, also before the definition,
//! ids unique only inside one alert. Puts a copy of what is meant where `{"$ref":…}` stood, and leaves the reference
//! where that would never end, would grow too large, or where nothing is meant. It changes nothing else.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json;
use super::members::Members;

/// Values nested deeper are kept as they are.
const DEEPEST: usize = 64;
/// Copies inside copies: a pod in its namespace in its cluster is three.
const COPIES: usize = 16;
/// Copies may double the text at every level; beyond this many bytes no further one is made.
const LARGEST: usize = 1 << 20;

/// A graph whose references are put in place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// JSON text.
    pub json: String,
    /// Ids that are referred to and have several definitions that differ, each once.
    pub ambiguous: Vec<String>,
    /// References were left because the text would become too deep or too large.
    pub bounded: bool,
}

enum Node<'a> {
    Plain(&'a str),
    Array(Vec<Node<'a>>),
    Object(Object<'a>),
    Reference(Reference<'a>),
}

struct Object<'a> {
    /// Place among all objects and references, in the order of the text.
    order: usize,
    id: Option<String>,
    text: &'a str,
    members: Vec<(String, Node<'a>)>,
}

struct Reference<'a> {
    order: usize,
    id: String,
    text: &'a str,
}

/// Puts every reference in place; None when the text is no JSON array or object.
pub fn resolve(text: &str) -> Option<Resolved> {
    let raw = serde_json::from_str::<&RawValue>(text).ok()?.get();
    if !raw.starts_with(['[', '{']) {
        return None;
    }
    let root = tree(raw, &mut 0, 0);
    let mut graph = Graph { definitions: HashMap::new(), out: Resolved::default(), open: Vec::new() };
    graph.define(&root);
    graph.write(&root, 0);
    Some(graph.out)
}

fn tree<'a>(raw: &'a str, order: &mut usize, depth: usize) -> Node<'a> {
    if depth >= DEEPEST {
        return Node::Plain(raw);
    }
    if raw.starts_with('[') {
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw) else { return Node::Plain(raw) };
        return Node::Array(elements.into_iter().map(|one| tree(one.get(), order, depth + 1)).collect());
    }
    if !raw.starts_with('{') {
        return Node::Plain(raw);
    }
    // A key with half a surrogate pair is valid for a raw value and for nothing else.
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(raw) else { return Node::Plain(raw) };
    let own = *order;
    *order += 1;
    let name = |raw: &str| json::string(raw).map_or_else(|| raw.to_owned(), |text| text.into_owned());
    if let [(key, value)] = members.as_slice()
        && &**key == "$ref"
    {
        return Node::Reference(Reference { order: own, id: name(value.get()), text: raw });
    }
    let id = members.iter().find(|(key, _)| &**key == "$id").map(|(_, raw)| name(raw.get()));
    let members = members.into_iter().map(|(key, raw)| (key.0.into_owned(), tree(raw.get(), order, depth + 1)));
    Node::Object(Object { order: own, id, text: raw, members: members.collect() })
}

struct Graph<'t> {
    /// In the order of the text.
    definitions: HashMap<&'t str, Vec<&'t Object<'t>>>,
    out: Resolved,
    /// The objects being written, the innermost last.
    open: Vec<usize>,
}

impl<'t> Graph<'t> {
    fn define(&mut self, node: &'t Node<'t>) {
        match node {
            Node::Array(nodes) => nodes.iter().for_each(|node| self.define(node)),
            Node::Object(object) => {
                if let Some(id) = &object.id {
                    self.definitions.entry(id).or_default().push(object);
                }
                object.members.iter().for_each(|(_, node)| self.define(node));
            }
            Node::Plain(_) | Node::Reference(_) => {}
        }
    }

    fn write(&mut self, node: &'t Node<'t>, copies: usize) {
        match node {
            Node::Plain(text) => self.out.json.push_str(text),
            Node::Array(nodes) => {
                self.out.json.push('[');
                for (place, node) in nodes.iter().enumerate() {
                    self.comma(place);
                    self.write(node, copies);
                }
                self.out.json.push(']');
            }
            Node::Object(object) => self.object(object, copies),
            Node::Reference(reference) => match self.meant(reference, copies) {
                Some(object) => self.object(object, copies + 1),
                None => self.out.json.push_str(reference.text),
            },
        }
    }

    fn comma(&mut self, place: usize) {
        if place > 0 {
            self.out.json.push(',');
        }
    }

    fn object(&mut self, object: &'t Object<'t>, copies: usize) {
        self.open.push(object.order);
        self.out.json.push('{');
        for (place, (key, node)) in object.members.iter().enumerate() {
            self.comma(place);
            self.out.json.push_str(&serde_json::to_string(key).expect("a text is always written as JSON"));
            self.out.json.push(':');
            self.write(node, copies);
        }
        self.out.json.push('}');
        self.open.pop();
    }

    /// Returns what a reference means, if a copy of it may stand here. Of several definitions it is the last one before
    /// the reference, else the first: one of the vendor's samples counts its ids anew in the middle of an alert.
    fn meant(&mut self, reference: &'t Reference<'t>, copies: usize) -> Option<&'t Object<'t>> {
        let all = self.definitions.get(reference.id.as_str())?;
        let object = all.iter().rev().find(|object| object.order < reference.order).or_else(|| all.first())?;
        let differ = all.iter().any(|other| other.text != object.text);
        if differ && !self.out.ambiguous.contains(&reference.id) && self.out.ambiguous.len() < 8 {
            self.out.ambiguous.push(reference.id.clone());
        }
        if self.open.contains(&object.order) {
            return None;
        }
        if copies >= COPIES || self.out.json.len() + object.text.len() > LARGEST {
            self.out.bounded = true;
            return None;
        }
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(text: &str, expected: &str) {
        assert_eq!(resolve(text).unwrap().json, expected);
    }

    #[test]
    fn references_to_siblings_and_into_nested_definitions() {
        becomes(
            r#"[{"$id":"4","CloudResource":{"$id":"5","ResourceId":"/c1"}},{"$id":"6","Name":"shop","Cluster":{"$ref":"4"}},{"R":{"$ref":"5"}}]"#,
            r#"[{"$id":"4","CloudResource":{"$id":"5","ResourceId":"/c1"}},{"$id":"6","Name":"shop","Cluster":{"$id":"4","CloudResource":{"$id":"5","ResourceId":"/c1"}}},{"R":{"$id":"5","ResourceId":"/c1"}}]"#,
        );
    }

    #[test]
    fn copies_are_resolved_themselves_and_forward_references_too() {
        becomes(
            r#"[{"$id":"1","Pod":{"$ref":"2"}},{"$id":"2","Namespace":{"$ref":"3"}},{"$id":"3","Name":"shop"}]"#,
            r#"[{"$id":"1","Pod":{"$id":"2","Namespace":{"$id":"3","Name":"shop"}}},{"$id":"2","Namespace":{"$id":"3","Name":"shop"}},{"$id":"3","Name":"shop"}]"#,
        );
    }

    #[test]
    fn what_would_recur_dangles_or_is_no_mere_reference_stays() {
        for text in [
            r#"[{"$id":"1","Self":{"$ref":"1"}}]"#,
            r#"[{"Host":{"$ref":"9"}}]"#,
            r#"[{"$id":"1"},{"Host":{"$ref":"1","Type":"host"}}]"#,
            r#"[{"$id":"1"},{"$ref":null}]"#,
        ] {
            becomes(text, text);
        }
        becomes(
            r#"[{"$id":"1","To":{"$ref":"2"}},{"$id":"2","To":{"$ref":"1"}}]"#,
            r#"[{"$id":"1","To":{"$id":"2","To":{"$ref":"1"}}},{"$id":"2","To":{"$id":"1","To":{"$ref":"2"}}}]"#,
        );
    }

    #[test]
    fn of_two_definitions_the_nearest_before_counts_else_the_first() {
        let text = r#"[{"$ref":"1"},{"$id":"1","N":"a"},{"$ref":"1"},{"$id":"1","N":"b"},{"$ref":"1"}]"#;
        let found = resolve(text).unwrap();
        let expected =
            r#"[{"$id":"1","N":"a"},{"$id":"1","N":"a"},{"$id":"1","N":"a"},{"$id":"1","N":"b"},{"$id":"1","N":"b"}]"#;
        assert_eq!((found.json.as_str(), found.ambiguous), (expected, vec!["1".to_owned()]));
        assert!(resolve(r#"[{"$id":"1"},{"$id":"1"},{"$ref":"1"}]"#).unwrap().ambiguous.is_empty(), "they are equal");
    }

    #[test]
    fn numbers_keep_every_digit_and_ids_may_be_numbers() {
        becomes(
            r#"[{"$id":1,"n":12345678901234567890.10, "t":"\u00e9"},{"$ref":1}]"#,
            r#"[{"$id":1,"n":12345678901234567890.10,"t":"\u00e9"},{"$id":1,"n":12345678901234567890.10,"t":"\u00e9"}]"#,
        );
    }

    #[test]
    fn doubling_copies_end() {
        let one = |n: usize| format!(r#"{{"$id":"{n}","a":{{"$ref":"{}"}},"b":{{"$ref":"{}"}}}}"#, n + 1, n + 1);
        let text = format!("[{}]", (0..60).map(one).collect::<Vec<_>>().join(","));
        let found = resolve(&text).unwrap();
        assert!(found.bounded && found.json.len() < 2 * LARGEST, "{}", found.json.len());
    }

    #[test]
    fn deep_nesting_ends_and_no_json_is_none() {
        let deep = format!("{}{{\"$ref\":\"1\"}}{}", "[".repeat(5_000), "]".repeat(5_000));
        becomes(&deep, &deep);
        assert_eq!(resolve("[{\"cut"), None);
        assert_eq!(resolve("\"text\""), None);
    }

    proptest::proptest! {
        #[test]
        fn any_graph_gives_json_and_no_panic(
            parts in proptest::collection::vec((0_u8..5, 0_u8..5, 0_u8..3), 0..12)
        ) {
            let entity = |(id, to, shape): &(u8, u8, u8)| match shape {
                0 => format!(r#"{{"$id":"{id}","To":{{"$ref":"{to}"}}}}"#),
                1 => format!(r#"{{"$id":"{id}","In":{{"$id":"{to}","Back":[{{"$ref":"{id}"}}]}}}}"#),
                _ => format!(r#"{{"$ref":"{to}"}}"#),
            };
            let text = format!("[{}]", parts.iter().map(entity).collect::<Vec<_>>().join(","));
            let found = resolve(&text).unwrap();
            proptest::prop_assert!(serde_json::from_str::<serde_json::Value>(&found.json).is_ok());
        }

        #[test]
        fn any_text_is_no_panic(text in "[\\[\\]{}\",:$a-f\\\\ 0-9]{0,60}") {
            let _ = resolve(&text);
        }
    }
}
