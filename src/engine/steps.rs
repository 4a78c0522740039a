//! What correlations keep of the hits of their parts: when, where, and the group and value as numbers.
//!
//! A part may hit a large share of all events, so a hit costs 48 bytes here and its words are not kept at all: a hash stands
//! for them. When there are many they go to a file. The event is read again only if it ends in a finding.

use std::hash::Hash;
use std::io;
use std::sync::LazyLock;

use ahash::{AHashMap, AHashSet, RandomState};

use super::spill::{self, Own, Run};
use super::threads::cores;
use crate::error::Error;

/// Where an event lies: evidence and first byte.
pub type Place = (u32, u64);

/// What stands for a word, or for a tuple of them: a hash of 128 bits, of which no two are one by chance. Its keys are drawn
/// anew in each process, so that nobody can choose names that are, and are the same on all threads: what they collect is put
/// together as it is.
pub type Number = u128;

static HASHES: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);

/// The value of a step that has none, which is one that needs none.
pub const NONE: Number = 0;

/// How many steps all threads may hold, 96 MiB of them; tests write theirs to files when they like.
const MOST: usize = 2 << 20;

/// What stands for no value; no value is spelt like it.
const LACKING: &str = "\0";

/// One hit of a part, as a correlation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The values of the group-by keys.
    pub group: Number,
    /// Microseconds, UTC.
    pub time: i64,
    /// Place of the part in the correlation's list.
    pub part: u32,
    pub evidence: u32,
    /// The first byte; of a part that is a correlation the number of its window.
    pub offset: u64,
    /// Half of the number of what is counted or measured: it need only tell the values of one group apart.
    pub value: u64,
}

/// The steps of each correlation, and of their words what must be known again.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    /// By correlation, and thread.
    of: Vec<Vec<Vec<Step>>>,
    /// How many there are in it.
    held: usize,
    /// Those that are not, by correlation.
    runs: Vec<(usize, Run)>,
    /// The numbers that words spell.
    spelt: AHashMap<u64, f64>,
    /// The words of the groups of correlations that others are made of.
    groups: AHashMap<Number, Box<[Number]>>,
    /// The words that will be shown, if any will.
    texts: Option<AHashMap<Number, Box<str>>>,
    /// Of those that came of late, which may be shown or not.
    late: AHashMap<Number, Box<str>>,
}

/// What is said when steps that were written to a file cannot be read.
pub fn unread(error: io::Error) -> Error {
    Error::io("read a temporary file in", &std::env::temp_dir())(error)
}

/// Half of the number of something: enough where two that are one by chance only make a count one less.
pub fn half(what: impl Hash) -> u64 {
    HASHES[0].hash_one(&what)
}

/// The number of anything, as of a word.
pub fn hash(what: impl Hash) -> Number {
    let [one, other] = HASHES.each_ref().map(|hash| Number::from(hash.hash_one(&what)));
    one << 64 | other
}

/// The number of the tuple of some words.
pub fn tuple(words: impl IntoIterator<Item = Number>) -> Number {
    words.into_iter().reduce(|tuple, word| hash((tuple, word))).unwrap_or(NONE)
}

/// The number of a tuple of words of which some may lack.
pub fn kind(words: &[Option<Number>]) -> Number {
    tuple(words.iter().map(|word| word.unwrap_or_else(|| hash(LACKING))))
}

/// The words of some keys; None when any has none.
pub fn words_of<'a>(keys: &'a [usize], words: &'a [Option<Number>]) -> Option<impl Iterator<Item = Number> + 'a> {
    let all = keys.iter().filter_map(|key| words[*key]);
    keys.iter().all(|key| words[*key].is_some()).then_some(all)
}

impl Steps {
    /// The number of a word.
    pub fn word(&mut self, word: &str) -> Number {
        let number = hash(word);
        // No other begins so; to try them all would take longer than to number them.
        if word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
            && let Some(spelt) = word.parse().ok().filter(|spelt: &f64| spelt.is_finite())
        {
            self.spelt.insert(number as u64, spelt);
        }
        if self.texts.is_some() {
            self.late.entry(number).or_insert_with(|| word.into());
        }
        number
    }

    /// The numbers of texts.
    pub fn words(&mut self, texts: &[Option<String>]) -> Vec<Option<Number>> {
        texts.iter().map(|text| text.as_deref().map(|text| self.word(text))).collect()
    }

    /// From now on words can be shown.
    pub fn keep_texts(&mut self) {
        self.texts.get_or_insert_default();
    }

    /// Keeps words that came since the steps were last relieved, if any will be shown: most are only counted.
    pub fn show(&mut self, words: impl Iterator<Item = Number>) {
        let Some(texts) = &mut self.texts else { return };
        for word in words {
            if let Some(text) = self.late.remove(&word) {
                texts.insert(word, text);
            }
        }
    }

    /// The word of a number, if it is one to be shown.
    pub fn text(&self, word: Number) -> Option<&str> {
        self.texts.as_ref()?.get(&word).map(|text| &**text)
    }

    /// Keeps the words of a group.
    pub fn keep(&mut self, group: Number, words: impl Iterator<Item = Number>) {
        self.groups.entry(group).or_insert_with(|| words.collect());
    }

    /// The words of a group of `count` keys; those of several were kept.
    pub fn group(&self, group: Number, count: usize) -> Vec<Number> {
        match count {
            0 => Vec::new(),
            1 => vec![group],
            _ => self.groups.get(&group).map(|words| words.to_vec()).unwrap_or_default(),
        }
    }

    /// The number that the value of a step spells; None when that is no finite one.
    pub fn spelt(&self, value: u64) -> Option<f64> {
        self.spelt.get(&value).copied()
    }

    /// Adds a step of the correlation at a place.
    pub fn push(&mut self, correlation: usize, step: Step) {
        if self.of.len() <= correlation {
            self.of.resize_with(correlation + 1, Vec::new);
        }
        self.held += 1;
        match &mut self.of[correlation][..] {
            [] => self.of[correlation].push(vec![step]),
            [own, ..] => own.push(step),
        }
    }

    /// Writes the steps to a file when there are more than a thread's share of [`MOST`], and forgets the words that nobody
    /// wanted to show.
    ///
    /// # Errors
    /// When no temporary file can be written.
    pub fn relieve(&mut self) -> io::Result<()> {
        self.late = AHashMap::new();
        if self.held > MOST / cores() { self.spill() } else { Ok(()) }
    }

    /// Writes the steps to a file.
    ///
    /// # Errors
    /// When no temporary file can be written.
    pub fn spill(&mut self) -> io::Result<()> {
        self.runs.extend(spill::write(&mut self.of)?);
        self.held = 0;
        Ok(())
    }

    /// The groups in which a part of a correlation hit.
    ///
    /// # Errors
    /// When steps that were written to a file cannot be read.
    pub fn groups(&self, correlation: usize, part: usize) -> io::Result<AHashSet<Number>> {
        let mut groups = AHashSet::new();
        let held = self.of.get(correlation).map_or(&[][..], Vec::as_slice);
        let runs = self.runs.iter().filter(|(of, _)| *of == correlation).map(|(_, run)| run);
        spill::each(held, runs, |step| {
            if step.part as usize == part {
                groups.insert(step.group);
            }
        })?;
        Ok(groups)
    }

    /// Takes the steps of a correlation out.
    pub fn take(&mut self, correlation: usize) -> Own {
        let held = self.of.get_mut(correlation).map(std::mem::take).unwrap_or_default();
        let runs = self.runs.extract_if(.., |(of, _)| *of == correlation).map(|(_, run)| run).collect();
        Own { held, runs }
    }

    /// Adds what another thread collected.
    pub fn add(&mut self, other: Steps) {
        if self.of.len() < other.of.len() {
            self.of.resize_with(other.of.len(), Vec::new);
        }
        self.of.iter_mut().zip(other.of).for_each(|(own, other)| own.extend(other));
        self.held += other.held;
        self.runs.extend(other.runs);
        self.spelt.extend(other.spelt);
        self.groups.extend(other.groups);
        if let Some(texts) = other.texts {
            self.texts.get_or_insert_default().extend(texts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tuples_are_one_and_what_is_kept_gives_its_words_back() {
        let mut steps = Steps::default();
        let [a, b, ab, c] = ["a", "b", "a b", "c"].map(|word| steps.word(word));
        let all: [&[Number]; 8] =
            [&[a, b, c], &[ab, b, c], &[a, b, b], &[b, a, c], &[c, b, a], &[a, a, a], &[a, b], &[ab]];
        let numbers: Vec<Number> = all.iter().map(|words| tuple(words.iter().copied())).collect();
        for (words, number) in all.iter().zip(&numbers) {
            assert_eq!(tuple(words.iter().copied()), *number);
            assert_eq!(numbers.iter().filter(|other| *other == number).count(), 1);
            steps.keep(*number, words.iter().copied());
            assert_eq!(steps.group(*number, words.len()), *words);
        }
        assert_eq!(steps.group(NONE, 0), [NONE; 0]);
        assert_eq!(words_of(&[1, 0], &[Some(a), Some(b)]).map(tuple), Some(tuple([b, a])));
        assert!(words_of(&[1, 0], &[Some(a), None]).is_none());
        assert_ne!(kind(&[Some(a), None]), kind(&[None, Some(a)]));
    }

    #[test]
    fn what_spells_a_finite_number_is_known_by_it() {
        let mut steps = Steps::default();
        for (word, spelt) in [
            ("12", Some(12.0)),
            ("-.5e1", Some(-5.0)),
            ("+3", Some(3.0)),
            ("0x10", None),
            ("10.0.0.1", None),
            ("inf", None),
            ("-inf", None),
            ("1e999", None),
            ("", None),
            (" 1", None),
        ] {
            let number = steps.word(word);
            assert_eq!(steps.spelt(number as u64), spelt, "{word}");
        }
    }
}
