//! Any bytes: no panic, places in order, nothing lost between documents.

use proptest::prelude::*;

use super::super::{Found, cut, looks_like};
use super::found;

/// Pieces that YAML is made of, so that a heap of them often gets far.
const PIECES: &[&str] = &[
    "a: ",
    "b: ",
    "- ",
    "  ",
    "\n",
    "\n  ",
    "\n    ",
    "x",
    "yes",
    "0644",
    "{",
    "}",
    "[",
    "]",
    ",",
    ", ",
    ": ",
    "'",
    "\"",
    "|\n",
    "|+\n",
    ">-\n",
    "|2\n",
    "# c\n",
    " # d",
    "&x ",
    "*x",
    "!!str ",
    "!f ",
    "<<: ",
    "? ",
    "é",
    "😀",
    "\t",
    "\r\n",
    "\r",
    "~",
    "---\n",
    "--- ",
    "...\n",
    "%YAML 1.1\n",
    "%É\n",
    "\u{feff}",
    "\0",
    "items:\n",
    "kind: PodList\n",
    "- a: 1\n",
    "  b:\n",
    "metadata:\n",
    "  name: x\n",
    "\\u00e9",
    "1e3",
    "\u{2028}",
];

fn heap(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..most).prop_map(|pieces| pieces.concat())
}

fn at(found: &Found) -> std::ops::Range<usize> {
    match found {
        Found::Document(document) => document.at.clone(),
        Found::Broken { at, .. } => at.clone(),
    }
}

/// Says whether a part between what was found may hold nothing: blanks, comments, markers, directives.
fn is_between(part: &str) -> bool {
    part.split(['\n', '\r']).all(|line| {
        let line = line.trim_matches([' ', '\t', '\u{feff}']);
        let line = line.strip_prefix("---").or_else(|| line.strip_prefix("...")).unwrap_or(line).trim();
        line.is_empty() || line.starts_with(['#', '%'])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_read_in_order_with_true_places(text in heap(24)) {
        let mut last = 0;
        for found in found(&text) {
            let range = at(&found);
            prop_assert!(range.start >= last && range.end >= range.start && range.end <= text.len(), "{:?}", text);
            prop_assert!(text.get(range.clone()).is_some());
            last = range.end;
            let before = text[..range.start].matches('\n').count() as u64;
            match found {
                Found::Document(document) => {
                    prop_assert_eq!(document.line, before + 1);
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&document.json).is_ok(), "{}", document.json);
                }
                Found::Broken { line, reason, .. } => {
                    prop_assert_eq!(line, before + 1);
                    prop_assert!(!reason.is_empty() && !reason.contains('\n'));
                }
            }
        }
    }

    #[test]
    fn no_byte_is_lost_between_documents(text in heap(16)) {
        // Of a list, the mapping around the items is in no range.
        let text = text.replace("items", "names");
        let mut last = 0;
        for range in found(&text).iter().map(at) {
            prop_assert!(is_between(&text[last..range.start]), "{:?} in {:?}", &text[last..range.start], text);
            last = range.end;
        }
        prop_assert!(is_between(&text[last..]), "{:?} in {:?}", &text[last..], text);
    }

    #[test]
    fn blocks_give_what_the_whole_text_gives(text in heap(24)) {
        let Some(middle) = cut(text.as_bytes()) else { return Ok(()) };
        let (first, second) = text.split_at(middle);
        let json = |found: Found| match found {
            Found::Document(document) => document.json,
            Found::Broken { .. } => "!".to_owned(),
        };
        let whole: Vec<String> = found(&text).into_iter().map(json).collect();
        let blocks: Vec<String> = found(first).into_iter().chain(found(second)).map(json).collect();
        prop_assert_eq!(whole, blocks);
    }

    #[test]
    fn any_text_and_any_bytes_are_judged(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        found(&text);
        looks_like(&bytes);
        cut(&bytes);
    }
}
