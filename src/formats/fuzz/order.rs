//! What a record is taken for must not depend on the record before it.

use super::{Target, places, records};
use crate::formats::classify;
use crate::formats::envelopes::Found;
use crate::formats::{Item, Rows};
use crate::model::EvidenceId;

pub const TARGET: Target = Target {
    name: "order",
    doc: "two records, a line each: the second comes to the same rows behind the first as it does alone",
    run,
    seeds: |specimen| {
        let records = records(specimen);
        let pair = |pair: &[Vec<u8>]| [&pair[0], &b"\n"[..], &pair[1]].concat();
        let alone = records.iter().map(|record| [FALCO, record].concat()).collect::<Vec<_>>();
        records.windows(2).map(pair).chain(alone).collect()
    },
};

/// A record of another kind than nearly all.
const FALCO: &[u8] = b"{\"rule\":\"r\",\"priority\":\"Notice\",\"time\":\"2031-04-05T06:07:08Z\",\"output\":\"o\"}\n";

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((first, second)) = text.split_once('\n') else { return };
    let (first, second) = (first.trim(), second.trim());
    if first.is_empty() || second.is_empty() {
        return;
    }
    let start = text.len() as u64;
    let [behind, alone] = [Some(first), None].map(|before| {
        let mut rows = Rows::new(EvidenceId(7), "input");
        let mut read = |at: u64, text| {
            classify::read(Found::Item(Item::new(at..at + str::len(text) as u64, 1, text)), &mut rows);
        };
        before.into_iter().for_each(|before| read(0, before));
        read(start, second);
        rows.finish()
    });
    let second = |batch| places(batch).into_iter().filter(|(offset, ..)| *offset >= start).collect::<Vec<_>>();
    assert_eq!(second(&behind), second(&alone));
}
