//! The values of fields of a batch as the numbers of their words: a word of a dictionary is looked up once, whatever the
//! number of rows and rules that ask for it.

use arrow::array::{Array, AsArray, DictionaryArray, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use memchr::memmem::Finder;

use super::columns::{bounds, column_of};
use super::leaves;
use super::steps::{Number, Steps};
use super::values;
use crate::formats::reason::granted;
use crate::sigma::{Field, Source};

/// Not looked up yet.
const UNKNOWN: Number = Number::MAX;

/// Looked up, and without a value.
const LACKS: Number = UNKNOWN - 1;

/// The fields of a batch that were asked for.
pub struct Words<'a> {
    events: &'a RecordBatch,
    columns: Vec<(&'a Field, Column<'a>)>,
}

enum Column<'a> {
    /// With the number of each word of the dictionary.
    Words(&'a DictionaryArray<Int32Type>, &'a StringArray, Vec<Number>),
    /// What is made of each word; with the number of that.
    Made(&'a DictionaryArray<Int32Type>, &'a StringArray, Part<'a>, Vec<Number>),
    Texts(&'a StringArray),
    Lists(&'a ListArray, &'a StringArray),
    Other,
}

/// A part of a text.
enum Part<'a> {
    /// A member of an object.
    Member(&'a str, Box<Finder<'a>>),
    /// Of a reason of the authorizer.
    Granted(&'a str),
}

impl Part<'_> {
    fn of(&self, text: &str) -> Vec<String> {
        match self {
            Part::Member(key, find) => leaves::member(text, key, find),
            Part::Granted(part) => granted(text, part).map(str::to_owned).into_iter().collect(),
        }
    }
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
    pub fn number(&mut self, place: usize, row: usize, steps: &mut Steps) -> Option<Number> {
        match &mut self.columns[place].1 {
            Column::Words(array, words, numbers) => {
                let key = array.key(row).filter(|key| !words.is_null(*key))?;
                if numbers[key] == UNKNOWN {
                    numbers[key] = word(words.value(key), steps);
                }
                Some(numbers[key])
            }
            Column::Made(array, words, part, numbers) => {
                let word_of = array.key(row).filter(|word| !words.is_null(*word))?;
                if numbers[word_of] == UNKNOWN {
                    let found = part.of(words.value(word_of));
                    numbers[word_of] = found.first().map_or(LACKS, |_| steps.word(&all(&found)));
                }
                Some(numbers[word_of]).filter(|number| *number != LACKS)
            }
            Column::Texts(texts) => (!texts.is_null(row)).then(|| word(texts.value(row), steps)),
            Column::Lists(lists, texts) => {
                let own = bounds(lists.value_offsets(), row);
                match own.len() {
                    1 if !lists.is_null(row) && !texts.is_null(own.start) => Some(word(texts.value(own.start), steps)),
                    _ => self.text(place, row).map(|text| steps.word(&text)),
                }
            }
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
            Column::Made(..) | Column::Lists(..) | Column::Other => {
                let values = values::of(self.events, row, field);
                (!values.is_empty()).then(|| all(&values))
            }
        }
    }
}

impl<'a> Column<'a> {
    fn new(events: &'a RecordBatch, field: &'a Field) -> Column<'a> {
        let part = match &field.source {
            Source::Column(_) | Source::List(_) => None,
            Source::Extra(key) | Source::Annotation(key) => {
                Some(Part::Member(key, Box::new(Finder::new(key.as_str()))))
            }
            Source::AllowedBy(part) => Some(Part::Granted(part)),
            _ => return Column::Other,
        };
        let column = events.column_by_name(column_of(&field.source));
        let words = column.and_then(|column| column.as_any().downcast_ref::<DictionaryArray<Int32Type>>());
        let words = words.and_then(|array| Some((array, array.values().as_string_opt::<i32>()?)));
        let lists = column.and_then(|column| column.as_list_opt::<i32>());
        let lists = lists.and_then(|lists| Some((lists, lists.values().as_string_opt::<i32>()?)));
        match (words, part, lists, column.and_then(|column| column.as_string_opt::<i32>())) {
            (Some((array, words)), None, ..) => Column::Words(array, words, vec![UNKNOWN; words.len()]),
            (Some((array, words)), Some(part), ..) => Column::Made(array, words, part, vec![UNKNOWN; words.len()]),
            (None, None, Some((lists, texts)), _) => Column::Lists(lists, texts),
            (None, None, None, Some(texts)) => Column::Texts(texts),
            _ => Column::Other,
        }
    }
}

fn word(text: &str, steps: &mut Steps) -> Number {
    match text.starts_with('\0') {
        true => steps.word(&alone(text)),
        false => steps.word(text),
    }
}

/// Spells all values of a field: several are one key, the whole list of addresses and not each by itself.
fn all(values: &[String]) -> String {
    match values {
        [value] => alone(value),
        values => spelt(values),
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
