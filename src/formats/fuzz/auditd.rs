//! Lines of Linux audit and the events they make.

use std::collections::BTreeSet;

use super::{Target, unpacked};
use crate::formats::host::auditd::{Event, Grouper, Limits, dress, line, sockaddr};

pub const TARGET: Target = Target {
    name: "auditd",
    doc: "every line as a record; grouped within narrow limits, every record is in exactly one event",
    run,
    seeds: |specimen| {
        let content = unpacked(specimen).filter(|content| memchr::memmem::find(content, b"audit(").is_some());
        content.into_iter().collect()
    },
};

const LIMITS: Limits = Limits { records: 5, seconds: 60, eoe: 2, open: 3, of_event: 4, bytes: 4000, remembered: 3 };

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (mut narrow, mut wide) = (Grouper::new(LIMITS), Grouper::new(Limits::default()));
    let (mut few, mut many) = (BTreeSet::new(), BTreeSet::new());
    let take = |events: Vec<Event>, into: &mut BTreeSet<u64>| {
        for event in events {
            assert!(!event.records.is_empty());
            assert!(event.records.iter().all(|kept| into.insert(kept.line)), "a record is in two events");
            let _ = event.values();
        }
    };
    let mut fed = BTreeSet::new();
    for (number, text) in text.split('\n').enumerate() {
        dress(text);
        let _ = sockaddr(text);
        let Ok(record) = line(text) else { continue };
        let number = number as u64;
        fed.insert(number);
        take(narrow.feed(record.clone(), number, number..number + 1), &mut few);
        take(wide.feed(record, number, number..number + 1), &mut many);
    }
    take(narrow.finish(), &mut few);
    take(wide.finish(), &mut many);
    assert!(few == fed && many == fed, "a record is in no event");
}
