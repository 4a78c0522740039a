//! Events, read by the reader that knows how the API server writes them.

use super::{Target, records};
use crate::formats::event::{Annotations, Event, quick};

pub const TARGET: Target = Target {
    name: "event",
    doc: "every line as an event: what is read in one pass is what serde_json reads",
    run,
    seeds: records,
};

fn run(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).split('\n') {
        if let Some(event) = quick::event(line) {
            let full = serde_json::from_str::<Event<'_>>(line).expect("what is read in one pass is an event");
            assert_eq!(format!("{event:?}"), format!("{full:?}"));
        }
        if let Some(notes) = quick::annotations(line) {
            let full = serde_json::from_str::<Annotations<'_>>(line).expect("what is read in one pass is an object");
            assert_eq!(format!("{notes:?}"), format!("{full:?}"));
        }
    }
}
