//! Builder of a column of words: each different one once, and its number for every row.

use std::sync::Arc;

use arrow::array::{DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::Int32Type;

/// The number of a row without a word.
const NONE: i32 = -1;
/// Words that are remembered at a time, and how many of them one is compared with.
const SLOTS: usize = 64;
const NEAR: usize = 4;

/// Words of a batch. A word may be there twice when there are many: the first of those it could be among is forgotten
/// then. Whoever writes the column makes them one.
pub struct Word {
    numbers: Vec<i32>,
    nulls: usize,
    text: String,
    /// Where each word ends in the text; the first is 0, where the first begins.
    ends: Vec<i32>,
    /// Number of a word by what is cheap to know of it.
    recent: [i32; SLOTS],
}

impl Default for Word {
    fn default() -> Word {
        Word::with_room(0, 0, 0)
    }
}

impl Word {
    fn with_room(rows: usize, words: usize, bytes: usize) -> Word {
        let (numbers, text) = (Vec::with_capacity(rows), String::with_capacity(bytes));
        let mut ends = Vec::with_capacity(words + 1);
        ends.push(0);
        Word { numbers, nulls: 0, text, ends, recent: [NONE; SLOTS] }
    }

    pub fn append_option(&mut self, word: Option<impl AsRef<str>>) {
        match word {
            Some(word) => self.append_value(word),
            None => self.append_null(),
        }
    }

    pub fn append_null(&mut self) {
        self.numbers.push(NONE);
        self.nulls += 1;
    }

    pub fn append_value(&mut self, word: impl AsRef<str>) {
        let word = word.as_ref();
        let slot = slot(word.as_bytes());
        let mut free = slot % SLOTS;
        for place in (slot..slot + NEAR).map(|place| place % SLOTS) {
            match self.recent[place] {
                NONE => {
                    free = place;
                    break;
                }
                known if same(self.get(known), word.as_bytes()) => {
                    self.numbers.push(known);
                    return;
                }
                _ => {}
            }
        }
        let number = self.ends.len() as i32 - 1;
        self.text.push_str(word);
        // A batch is cut long before this many bytes; saturating keeps the offsets in order all the same.
        self.ends.push(i32::try_from(self.text.len()).unwrap_or(i32::MAX));
        self.recent[free] = number;
        self.numbers.push(number);
    }

    fn get(&self, number: i32) -> &[u8] {
        let at = number as usize;
        &self.text.as_bytes()[self.ends[at] as usize..self.ends[at + 1] as usize]
    }

    /// Hands over the column and starts again.
    pub fn finish(&mut self) -> DictionaryArray<Int32Type> {
        let rows = self.numbers.len();
        // The next batch is mostly as large as this one.
        let more = |length: usize| length + length / 8;
        let next = Word::with_room(more(rows), more(self.ends.len()), more(self.text.len()));
        let Word { numbers, nulls, text, ends, .. } = std::mem::replace(self, next);
        let there = |row: usize| numbers[row] != NONE;
        let there = (nulls > 0).then(|| NullBuffer::new(BooleanBuffer::collect_bool(rows, there)));
        let words = StringArray::new(OffsetBuffer::new(ends.into()), Buffer::from_vec(text.into_bytes()), None);
        DictionaryArray::new(Int32Array::new(numbers.into(), there), Arc::new(words))
    }
}

/// Compares words, most of which are short.
fn same(a: &[u8], b: &[u8]) -> bool {
    match (a.len(), b.len()) {
        (8..=16, length) if length == a.len() => {
            a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk()
        }
        _ => a == b,
    }
}

/// A number that is cheap to make of a word and spread over 32 bits: equal words have the same, and few others.
pub fn slot(word: &[u8]) -> usize {
    let eight = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let ends = match word.len() {
        8.. => eight(word.first_chunk()) ^ eight(word.last_chunk()).rotate_left(23),
        _ => word.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ word.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_keeps_its_word_and_few_words_are_kept_twice() {
        let mut words = Word::default();
        for round in 0..2 {
            let given: Vec<Option<String>> = (0..500)
                .map(|row| (row % 5 > 0).then(|| ["", "get", "a longer word", "é"][row % 4].repeat(row % 3 + round)))
                .collect();
            given.iter().for_each(|word| words.append_option(word.as_deref()));
            let array = words.finish();
            let texts = array.downcast_dict::<StringArray>().expect("words are texts");
            assert_eq!(texts.into_iter().collect::<Vec<_>>(), given.iter().map(|w| w.as_deref()).collect::<Vec<_>>());
            assert!(array.values().len() <= 13, "each of the few is there once");
        }
        assert_eq!(words.finish().len(), 0);
    }
}
