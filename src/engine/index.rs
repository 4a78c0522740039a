//! The rows of each value of a column, sorted out once for all tests of a batch: a test then costs one comparison per value
//! and one bit per row that passes, not a look at every row.

use std::collections::HashMap;

use ahash::AHashMap;
use arrow::array::{Array, AsArray, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer};
use arrow::datatypes::Int32Type;

use super::columns::{bounds, number};

/// What was sorted out of a batch so far, by column.
#[derive(Default)]
pub struct Indexes<'a> {
    words: HashMap<String, Index>,
    numbers: HashMap<String, (Vec<i64>, Index)>,
    lists: HashMap<String, Distinct<'a>>,
}

/// The rows of each value.
pub struct Index {
    /// Where the rows of a value begin, by its number, and where the last one's end.
    starts: Vec<u32>,
    rows: Vec<u32>,
    nulls: Vec<u32>,
}

/// The distinct words of a column of lists, and which of them each element is.
pub struct Distinct<'a> {
    pub words: Vec<&'a str>,
    /// Of each element; one past the words for null.
    pub places: Vec<u32>,
    /// The rows in which each word is.
    pub index: Index,
}

/// Rows of a batch under way.
pub struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// None of `len` rows.
    pub fn new(len: usize) -> Bits {
        Bits { bytes: vec![0; len.div_ceil(8)], len }
    }

    pub fn set(&mut self, row: usize) {
        self.bytes[row >> 3] |= 1 << (row & 7);
    }

    pub fn set_all(&mut self, rows: &[u32]) {
        rows.iter().for_each(|row| self.set(*row as usize));
    }

    pub fn finish(self) -> BooleanBuffer {
        BooleanBuffer::new(Buffer::from_vec(self.bytes), 0, self.len)
    }
}

impl Index {
    /// Sorts rows by the numbers of their values, each below `values`.
    fn new(keys: &[Option<u32>], values: usize) -> Index {
        let rows = keys.iter().enumerate().filter_map(|(row, key)| Some((row as u32, (*key)?)));
        let nulls = keys.iter().enumerate().filter(|(_, key)| key.is_none()).map(|(row, _)| row as u32);
        let mut index = Index::of(rows, values);
        index.nulls = nulls.collect();
        index
    }

    /// Sorts pairs of row and value by their values.
    fn of(pairs: impl Iterator<Item = (u32, u32)> + Clone, values: usize) -> Index {
        let mut starts = vec![0; values + 1];
        pairs.clone().for_each(|(_, value)| starts[value as usize + 1] += 1);
        for value in 0..values {
            starts[value + 1] += starts[value];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[values] as usize];
        for (row, value) in pairs {
            let place = &mut next[value as usize];
            rows[*place as usize] = row;
            *place += 1;
        }
        Index { starts, rows, nulls: Vec::new() }
    }

    /// The rows of a value.
    pub fn rows(&self, value: usize) -> &[u32] {
        &self.rows[self.starts[value] as usize..self.starts[value + 1] as usize]
    }

    /// The rows without a value.
    pub fn nulls(&self) -> &[u32] {
        &self.nulls
    }
}

impl<'a> Indexes<'a> {
    /// Of a column that is a dictionary of texts, by their places in it.
    pub fn words(&mut self, column: &str, array: &dyn Array) -> &Index {
        if !self.words.contains_key(column) {
            let words = array.as_dictionary::<Int32Type>();
            let values = words.values();
            let keys: Vec<Option<u32>> = words
                .keys()
                .iter()
                .map(|key| key.map(|key| key as u32).filter(|key| !values.is_null(*key as usize)))
                .collect();
            self.words.insert(column.to_owned(), Index::new(&keys, values.len()));
        }
        &self.words[column]
    }

    /// Of a column of numbers: the different ones, and their rows.
    pub fn numbers(&mut self, column: &str, array: &dyn Array) -> &(Vec<i64>, Index) {
        if !self.numbers.contains_key(column) {
            let mut known: AHashMap<i64, u32> = AHashMap::new();
            let mut distinct = Vec::new();
            let key = |row: usize| {
                let value = number(array, row).filter(|_| !array.is_null(row))?;
                Some(*known.entry(value).or_insert_with(|| {
                    distinct.push(value);
                    distinct.len() as u32 - 1
                }))
            };
            let keys: Vec<Option<u32>> = (0..array.len()).map(key).collect();
            let index = Index::new(&keys, distinct.len());
            self.numbers.insert(column.to_owned(), (distinct, index));
        }
        &self.numbers[column]
    }

    /// Of a column of lists of texts: groups and addresses are few words, many times over.
    pub fn list(&mut self, column: &str, array: &'a dyn Array) -> &Distinct<'a> {
        if !self.lists.contains_key(column) {
            let list = array.as_list::<i32>();
            let texts: &'a StringArray = list.values().as_string();
            let mut known: AHashMap<&str, u32> = AHashMap::new();
            let mut words = Vec::new();
            let places = texts.iter().map(|text| {
                let Some(text) = text else { return u32::MAX };
                *known.entry(text).or_insert_with(|| {
                    words.push(text);
                    words.len() as u32 - 1
                })
            });
            let places: Vec<u32> = places.collect();
            let elements =
                (0..list.len()).flat_map(|row| bounds(list.value_offsets(), row).map(move |place| (row, place)));
            let pairs = elements.map(|(row, place)| (row as u32, places[place])).filter(|(_, word)| *word != u32::MAX);
            let index = Index::of(pairs, words.len());
            self.lists.insert(column.to_owned(), Distinct { words, places, index });
        }
        &self.lists[column]
    }
}
