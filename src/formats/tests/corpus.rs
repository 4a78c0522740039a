//! Every target of the fuzzer over the inputs that are kept for it, the specimens, and changes of small specimens.
//!
//! What the fuzzer once found stays found: a kept input that makes its target panic fails here, with any compiler.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use crate::formats::fuzz::{TARGETS, Target};

/// A specimen up to this is changed as well.
const SMALL: usize = 2 << 10;
const CHANGES: u64 = 200;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    // A link, where these layers are built by themselves.
    let found = walkdir::WalkDir::new(fs::canonicalize(folder).unwrap_or_default()).sort_by_file_name();
    let found = found.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    found.map(|entry| entry.into_path()).filter(|path| !path.to_string_lossy().ends_with(".expect.json")).collect()
}

/// What does not hold, to be told all at once.
#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn run(&mut self, target: &Target, input: &[u8], from: &dyn std::fmt::Display) {
        if catch_unwind(|| (target.run)(input)).is_err() {
            self.0.push(format!("{} of {from}: {:?}", target.name, String::from_utf8_lossy(input)));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{} inputs:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % sides
    }
}

/// Bytes that mean something to one format or another.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\n",
    b"\0",
    b"\xff",
    b"null",
    b"-1",
    b"\n---\n",
    b": ",
    b"\xef\xbb\xbf",
];

fn change(input: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(changed.len() + 1);
        let end = (at + dice.roll(16)).min(changed.len());
        match dice.roll(6) {
            0 if at < changed.len() => changed[at] = dice.roll(256) as u8,
            1 if at < changed.len() => changed[at] ^= 1 << dice.roll(8),
            2 => drop(changed.splice(at..end, [])),
            3 => changed.truncate(at),
            4 => drop(changed.splice(at..at, WORDS[dice.roll(WORDS.len())].iter().copied())),
            _ => {
                let copy = changed[at..end].to_vec();
                changed.splice(at..at, copy);
            }
        }
    }
    changed
}

#[test]
fn kept_inputs_hold() {
    let (mut kept, mut broken) = (0, Broken::default());
    for target in TARGETS {
        for path in files(&format!("fuzz/corpus/{}", target.name)) {
            broken.run(target, &fs::read(&path).unwrap(), &path.display());
            kept += 1;
        }
    }
    // A published crate may leave the fuzzer out.
    assert!(kept > 0 || files("fuzz").is_empty());
    broken.none();
}

#[test]
fn specimens_hold_in_every_target() {
    let mut broken = Broken::default();
    for path in files("sample-data/formats") {
        let specimen = fs::read(&path).unwrap();
        for target in TARGETS {
            (target.seeds)(&specimen).iter().take(40).for_each(|seed| broken.run(target, seed, &path.display()));
        }
    }
    broken.none();
}

#[test]
fn changed_specimens_hold() {
    let (mut dice, mut broken) = (Dice(2031), Broken::default());
    for path in files("sample-data/formats") {
        let specimen = fs::read(&path).unwrap();
        if specimen.len() > SMALL {
            continue;
        }
        let seeds: Vec<(&Target, Vec<Vec<u8>>)> =
            TARGETS.iter().map(|target| (target, (target.seeds)(&specimen))).collect();
        let seeds: Vec<_> = seeds.into_iter().filter(|(_, seeds)| !seeds.is_empty()).collect();
        for number in 0..CHANGES {
            let Some((target, seeds)) = seeds.get(number as usize % seeds.len().max(1)) else { break };
            let seed = &seeds[dice.roll(seeds.len())];
            let changed = change(seed, &mut dice);
            broken.run(target, &changed, &format_args!("change {number} of {}", path.display()));
        }
    }
    broken.none();
}
