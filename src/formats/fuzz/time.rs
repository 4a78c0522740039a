//! Times.

use super::{Target, records};
use crate::model::Micros;

pub const TARGET: Target = Target {
    name: "time",
    doc: "every line as a time: what it prints as is read back as the same time",
    run,
    seeds: |specimen| {
        let is_time = |word: &&str| word.len() > 9 && word.starts_with(|c: char| c.is_ascii_digit());
        let mut seeds = Vec::new();
        for record in records(specimen) {
            let text = String::from_utf8_lossy(&record).into_owned();
            seeds.extend(text.split(['"', ',']).filter(is_time).map(|word| word.as_bytes().to_vec()));
        }
        seeds.sort();
        seeds.dedup();
        seeds
    },
};

fn run(bytes: &[u8]) {
    for line in String::from_utf8_lossy(bytes).split('\n') {
        let Some(time) = Micros::parse(line) else { continue };
        let printed = time.to_string();
        assert_eq!(Micros::parse(&printed), Some(time), "{line:?} is printed as {printed}");
    }
    if let Some(bytes) = bytes.first_chunk() {
        let number = u64::from_le_bytes(*bytes);
        for time in [Micros::from_seconds(number), Micros::from_millis(number)].into_iter().flatten() {
            assert_eq!(Micros::parse(&time.to_string()), Some(time));
        }
    }
}
