//! Linux audit lines and the events they make.

mod decoding;
mod events;
mod hostile;
mod lines;
mod real;

use super::*;
use crate::model::Micros;

/// Returns the key and the value of every field.
fn pairs<'r>(fields: &'r [Field<'_>]) -> Vec<(&'r str, &'r str)> {
    fields.iter().map(|field| (&*field.key, &*field.value)).collect()
}

fn at(text: &str) -> Option<Micros> {
    let read = Micros::parse(text);
    assert!(read.is_some(), "{text}");
    read
}

/// Groups the lines of a text, with their numbers and ranges, and returns all events.
fn grouped(text: &str, limits: Limits) -> Vec<Event> {
    let mut grouper = Grouper::new(limits);
    let mut events = Vec::new();
    let mut start = 0;
    for (number, text) in (1..).zip(text.split_inclusive('\n')) {
        let end = start + text.len() as u64;
        if dress(text).is_none() {
            events.extend(grouper.feed(line(text).unwrap(), number, start..end));
        }
        start = end;
    }
    events.extend(grouper.finish());
    events
}
