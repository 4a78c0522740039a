//! Values that hold several records, whole, cut or broken.

use super::{Target, records};
use crate::formats::classify::Keys;
use crate::formats::envelopes::Found;
use crate::formats::{Item, json, salvage, wrappings};

pub const TARGET: Target = Target {
    name: "wrappings",
    doc: "the elements of a wrapping, also of a cut one, lie in it one behind the other and are its very bytes",
    run,
    seeds: records,
};

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let text = json::trim(text.as_bytes()).1;
    let Ok(text) = std::str::from_utf8(text) else { return };
    if text.is_empty() {
        return;
    }
    let base = 1000;
    let item = Item::new(base..base + text.len() as u64, 5, text);
    let mut end = base;
    let mut inside = |part: Item<'_>| {
        assert!(part.at.start >= end && part.at.end <= item.at.end, "{:?} after {end}", part.at);
        let [from, to] = [part.at.start, part.at.end].map(|at| (at - base) as usize);
        assert_eq!(part.text, &text[from..to]);
        assert_eq!(part.line, 5 + memchr::memchr_iter(b'\n', &text.as_bytes()[..from]).count() as u64);
        end = part.at.end;
    };
    let mut each = |found: Found<'_>| match found {
        Found::Item(part) => inside(part),
        Found::Reject { at, line, bytes, .. } => {
            let text = std::str::from_utf8(bytes).expect("a part of text is text");
            inside(Item::new(at, line, text));
        }
        Found::Note(_) => {}
    };
    if text.starts_with('[') {
        let _ = wrappings::open(&item, None, &mut each);
    } else if let Ok(keys) = Keys::of(text) {
        // A table that stands twice is as good as one.
        let _ = wrappings::open(&item, Some(&keys), &mut each);
    }
    end = base;
    let mut inside = |part: &Item<'_>| {
        assert!(part.at.start >= end && part.at.end <= item.at.end);
        end = part.at.end;
    };
    if let Some((elements, rest)) = wrappings::cut(&item) {
        elements.iter().for_each(&mut inside);
        assert!(end <= base + rest as u64 && rest <= text.len());
        wrappings::closes(text, rest);
    }
    if let Some(left) = salvage::salvage(text) {
        assert!(left.whole.starts_with('{') && left.whole.ends_with('}'), "{}", left.whole);
    }
}
