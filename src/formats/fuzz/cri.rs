//! Lines of container log files.

use super::{Target, unpacked};
use crate::formats::host::cri::{Joined, Joiner, line};

pub const TARGET: Target = Target {
    name: "cri",
    doc: "first byte: the limit of a joined line. Joined, lines hold every part once, and no byte of a message is lost",
    run,
    seeds: |specimen| {
        let is_log = |content: &Vec<u8>| content.split(|b| *b == b'\n').take(3).any(is_line);
        unpacked(specimen).filter(is_log).into_iter().map(|content| [&[90], &content[..]].concat()).collect()
    },
};

fn is_line(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| line(text).is_ok())
}

fn run(bytes: &[u8]) {
    let [limit, text @ ..] = bytes else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut joiner = Joiner::new(usize::from(*limit));
    let (mut fed, mut length) = (Vec::new(), 0);
    let mut all: Vec<Joined> = Vec::new();
    for (number, text) in text.split('\n').enumerate() {
        let Ok(line) = line(text) else { continue };
        length += line.message.len();
        fed.push(number as u64);
        all.extend(joiner.feed(line, number as u64, number as u64..number as u64 + 1));
    }
    all.extend(joiner.finish());
    assert_eq!(all.iter().map(|joined| joined.message.len()).sum::<usize>(), length);
    let mut ranges: Vec<u64> = all.iter().flat_map(|joined| joined.ranges.iter().map(|range| range.start)).collect();
    ranges.sort_unstable();
    assert_eq!(ranges, fed);
}
