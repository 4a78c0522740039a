//! What correlations keep of the hits of their parts: when, where, and the group and value as numbers.
//!
//! A part may hit a large share of all events, so a hit costs 32 bytes here and its words are kept once; the event is read
//! again only if it ends in a finding.

use ahash::AHashMap;

/// Where an event lies: evidence and first byte.
pub type Place = (u32, u64);

/// The value of a step that has none, which is one that needs none.
pub const NONE: u32 = 0;

/// What stands for no value; no value is spelt like it.
const LACKING: &str = "\0";

/// One hit of a part, as a correlation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The values of the group-by keys.
    pub group: u32,
    /// Microseconds, UTC.
    pub time: i64,
    /// Place of the part in the correlation's list.
    pub part: u32,
    pub evidence: u32,
    /// The first byte; of a part that is a correlation the number of its window.
    pub offset: u64,
    /// The value that is counted or measured.
    pub value: u32,
}

/// The steps of each correlation, and the words in them.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    of: Vec<Vec<Step>>,
    words: AHashMap<Box<str>, u32>,
    /// Tuples of two words; of those with a third; and so on: none can be taken for another.
    tuples: Vec<Pairs>,
}

/// Pairs of numbers, numbered.
#[derive(Debug, Clone, Default)]
struct Pairs {
    numbers: AHashMap<(u32, u32), u32>,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    fn number(&mut self, pair: (u32, u32)) -> u32 {
        *self.numbers.entry(pair).or_insert_with(|| {
            self.pairs.push(pair);
            self.pairs.len() as u32 - 1
        })
    }
}

impl Steps {
    /// The number of a word.
    pub fn word(&mut self, word: &str) -> u32 {
        match self.words.get(word) {
            Some(number) => *number,
            None => {
                let number = self.words.len() as u32;
                self.words.insert(word.into(), number);
                number
            }
        }
    }

    /// The number of a tuple of words, among all tuples of as many.
    pub fn tuple(&mut self, words: impl IntoIterator<Item = u32>) -> u32 {
        let mut words = words.into_iter();
        let first = words.next().unwrap_or(NONE);
        words.enumerate().fold(first, |tuple, (level, word)| self.pair(level, (tuple, word)))
    }

    /// The number of the tuple of some keys' words; None when any has none.
    pub fn tuple_of(&mut self, keys: &[usize], words: &[Option<u32>]) -> Option<u32> {
        let mut tuple = NONE;
        for (place, key) in keys.iter().enumerate() {
            let word = words[*key]?;
            tuple = if place == 0 { word } else { self.pair(place - 1, (tuple, word)) };
        }
        Some(tuple)
    }

    /// The number of a tuple of words of which some may lack.
    pub fn kind(&mut self, words: &[Option<u32>]) -> u32 {
        let lacking = self.word(LACKING);
        self.tuple(words.iter().map(|word| word.unwrap_or(lacking)))
    }

    /// The numbers of texts.
    pub fn words(&mut self, texts: &[Option<String>]) -> Vec<Option<u32>> {
        texts.iter().map(|text| text.as_deref().map(|text| self.word(text))).collect()
    }

    fn pair(&mut self, level: usize, pair: (u32, u32)) -> u32 {
        if self.tuples.len() == level {
            self.tuples.push(Pairs::default());
        }
        self.tuples[level].number(pair)
    }

    /// The words of a tuple of `count`.
    pub fn words_of(&self, tuple: u32, count: usize) -> Vec<u32> {
        let (mut words, mut tuple) = (Vec::with_capacity(count), tuple);
        for level in (0..count.saturating_sub(1)).rev() {
            let (rest, word) = self.tuples[level].pairs[tuple as usize];
            words.push(word);
            tuple = rest;
        }
        if count > 0 {
            words.push(tuple);
        }
        words.reverse();
        words
    }

    /// Takes the words out, each at the place of its number; tuples are still known.
    pub fn take_words(&mut self) -> Vec<Box<str>> {
        let mut words = vec![Box::default(); self.words.len()];
        for (word, number) in std::mem::take(&mut self.words) {
            words[number as usize] = word;
        }
        words
    }

    /// The numbers that words spell, by the words' numbers; what is no finite number is not a number (NaN).
    pub fn numbers(&self) -> Vec<f64> {
        let mut numbers = vec![f64::NAN; self.words.len()];
        for (word, number) in &self.words {
            let spelt = word.parse().ok().filter(|number: &f64| number.is_finite());
            numbers[*number as usize] = spelt.unwrap_or(f64::NAN);
        }
        numbers
    }

    /// Adds a step of the correlation at a place.
    pub fn push(&mut self, correlation: usize, step: Step) {
        if self.of.len() <= correlation {
            self.of.resize_with(correlation + 1, Vec::new);
        }
        self.of[correlation].push(step);
    }

    /// Takes the steps of a correlation out.
    pub fn take(&mut self, correlation: usize) -> Vec<Step> {
        self.of.get_mut(correlation).map(std::mem::take).unwrap_or_default()
    }

    /// Adds what another thread collected; its numbers become ours. `lengths` says for each correlation how many keys make a
    /// group, and how many a value.
    pub fn add(&mut self, other: Steps, lengths: &[(usize, usize)]) {
        if self.of.is_empty() && self.words.is_empty() {
            *self = other;
            return;
        }
        let mut words = vec![NONE; other.words.len()];
        for (word, number) in other.words {
            words[number as usize] = match self.words.get(&word) {
                Some(known) => *known,
                None => {
                    let known = self.words.len() as u32;
                    self.words.insert(word, known);
                    known
                }
            };
        }
        // By how many words a tuple has, from one on.
        let mut ours = vec![words];
        for (level, tuples) in other.tuples.into_iter().enumerate() {
            if self.tuples.len() == level {
                self.tuples.push(Pairs::default());
            }
            let renamed = |(tuple, word): (u32, u32)| (ours[level][tuple as usize], ours[0][word as usize]);
            let known = tuples.pairs.into_iter().map(|pair| self.tuples[level].number(renamed(pair))).collect();
            ours.push(known);
        }
        let renamed = |tuple: u32, count: usize| match count {
            0 => NONE,
            count => ours[count - 1][tuple as usize],
        };
        for (number, (steps, (groups, values))) in other.of.into_iter().zip(lengths).enumerate() {
            for step in steps {
                let (group, value) = (renamed(step.group, *groups), renamed(step.value, *values));
                self.push(number, Step { group, value, ..step });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tuples_are_one_and_each_gives_its_words_back() {
        let mut steps = Steps::default();
        let [a, b, ab, c] = ["a", "b", "a b", "c"].map(|word| steps.word(word));
        let all: [&[u32]; 6] = [&[a, b, c], &[ab, b, c], &[a, b, b], &[b, a, c], &[c, b, a], &[a, a, a]];
        let numbers: Vec<u32> = all.iter().map(|words| steps.tuple(words.iter().copied())).collect();
        for (words, number) in all.iter().zip(&numbers) {
            assert_eq!(steps.words_of(*number, 3), *words);
            assert_eq!(steps.tuple(words.iter().copied()), *number);
            assert_eq!(numbers.iter().filter(|other| *other == number).count(), 1);
        }
        assert_eq!(steps.words_of(steps.words["a b"], 1), [ab]);
        assert_eq!(steps.words_of(NONE, 0), [0u32; 0]);
    }
}
