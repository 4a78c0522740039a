//! The values of fields of a batch as the numbers of their words: a word of a dictionary is looked up once, whatever the
//! number of rows and rules that ask for it.

use arrow::array::{Array, AsArray, DictionaryArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;

use super::steps::Steps;
use super::values;
use crate::sigma::{Field, Source};

/// Not looked up yet.
const UNKNOWN: u32 = u32::MAX;

/// The fields of a batch that were asked for.
pub struct Words<'a> {
    events: &'a RecordBatch,
    columns: Vec<(&'a Field, Column<'a>)>,
}

enum Column<'a> {
    /// With the number of each word of the dictionary.
    Words(&'a DictionaryArray<Int32Type>, &'a StringArray, Vec<u32>),
    Texts(&'a StringArray),
    Other,
}

impl<'a> Words<'a> {
    pub fn new(events: &'a RecordBatch) -> Words<'a> {
        Words { events, columns: Vec::new() }
    }

    /// The place of a field among those asked for.
    pub fn place(&mut self, field: &'a Field) -> usize {
        let known = self.columns.iter().position(|(known, _)| known.source == field.source);
        known.unwrap_or_else(|| {
            self.columns.push((field, Column::new(self.events, field)));
            self.columns.len() - 1
        })
    }

    /// The number of what stands for all values of a field in a row; None when there is none. No two lists of values have
    /// one number.
    pub fn number(&mut self, place: usize, row: usize, steps: &mut Steps) -> Option<u32> {
        match &mut self.columns[place].1 {
            Column::Words(array, words, numbers) => {
                let key = array.key(row).filter(|key| !words.is_null(*key))?;
                if numbers[key] == UNKNOWN {
                    numbers[key] = word(words.value(key), steps);
                }
                Some(numbers[key])
            }
            Column::Texts(texts) => (!texts.is_null(row)).then(|| word(texts.value(row), steps)),
            Column::Other => self.text(place, row).map(|text| steps.word(&text)),
        }
    }

    /// The text that has that number.
    pub fn text(&self, place: usize, row: usize) -> Option<String> {
        let (field, column) = &self.columns[place];
        match column {
            Column::Words(array, words, _) => {
                array.key(row).filter(|key| !words.is_null(*key)).map(|key| alone(words.value(key)))
            }
            Column::Texts(texts) => (!texts.is_null(row)).then(|| alone(texts.value(row))),
            Column::Other => match &values::of(self.events, row, field)[..] {
                [] => None,
                [value] => Some(alone(value)),
                // Several values of one field are one key: the whole list of addresses, not each by itself.
                values => Some(spelt(values)),
            },
        }
    }
}

impl<'a> Column<'a> {
    fn new(events: &'a RecordBatch, field: &Field) -> Column<'a> {
        let column = match &field.source {
            Source::Column(name) => events.column_by_name(name),
            _ => None,
        };
        let words = column.and_then(|column| column.as_any().downcast_ref::<DictionaryArray<Int32Type>>());
        let words = words.and_then(|array| Some((array, array.values().as_string_opt::<i32>()?)));
        match (words, column.and_then(|column| column.as_string_opt::<i32>())) {
            (Some((array, words)), _) => Column::Words(array, words, vec![UNKNOWN; words.len()]),
            (None, Some(texts)) => Column::Texts(texts),
            (None, None) => Column::Other,
        }
    }
}

fn word(text: &str, steps: &mut Steps) -> u32 {
    match text.starts_with('\0') {
        true => steps.word(&alone(text)),
        false => steps.word(text),
    }
}

/// Spells a single value; one that could be taken for a list as a list.
fn alone(value: &str) -> String {
    if value.starts_with('\0') { spelt(&[value.to_owned()]) } else { value.to_owned() }
}

/// Spells a list as a text that no other list and no single value has.
fn spelt(values: &[String]) -> String {
    let parts = values.iter().map(|value| format!("\0{}:{value}", value.len()));
    parts.collect()
}
