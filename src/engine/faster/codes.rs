//! Words as numbers for the time of one query: what is equal has the same number, in whatever dictionary it stands.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ahash::RandomState;
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Int32Array, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Int32Type, UInt64Type};
use datafusion::common::{internal_err, resources_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::model::table;

/// The number of null, which no word has.
const NULL: u32 = 0;
/// A place of a dictionary whose word was not looked up yet.
const OPEN: u32 = u32::MAX;

/// The words and numbers of one plan. Which number a word gets hangs on which batch comes first, so none may be in an answer.
#[derive(Debug, Default)]
struct Book {
    numbers: HashMap<Arc<str>, u32, RandomState>,
    /// By number, less one.
    words: Vec<Arc<str>>,
    /// More words than two: the first of them as one number.
    pairs: HashMap<u64, u32, RandomState>,
    /// By number.
    apart: Vec<u64>,
}

impl Book {
    fn number(&mut self, word: &str) -> Result<u32> {
        if let Some(number) = self.numbers.get(word) {
            return Ok(*number);
        }
        let word: Arc<str> = word.into();
        self.words.push(Arc::clone(&word));
        let number = small(self.words.len())?;
        self.numbers.insert(word, number);
        Ok(number)
    }

    /// The number of the word of each row.
    fn column(&mut self, words: &DictionaryArray<Int32Type>) -> Result<Vec<u32>> {
        let Some(texts) = words.values().as_string_opt::<i32>() else {
            return internal_err!("words are texts");
        };
        let mut known = vec![OPEN; texts.len()];
        let mut numbers = Vec::with_capacity(words.len());
        let nulls = words.keys().nulls().filter(|nulls| nulls.null_count() > 0);
        for (row, place) in words.keys().values().iter().enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                numbers.push(NULL);
                continue;
            }
            let place = *place as usize;
            if known[place] == OPEN {
                known[place] = if texts.is_null(place) { NULL } else { self.number(texts.value(place))? };
            }
            numbers.push(known[place]);
        }
        Ok(numbers)
    }

    fn joined(&mut self, left: u32, right: u32) -> Result<u32> {
        let pair = pair(left, right);
        if let Some(number) = self.pairs.get(&pair) {
            return Ok(*number);
        }
        let number = small(self.apart.len())?;
        self.apart.push(pair);
        self.pairs.insert(pair, number);
        Ok(number)
    }

    /// The number of the word at `place` of the `of` words that `code` stands for.
    fn taken_apart(&self, code: u64, place: usize, of: usize) -> u32 {
        let mut code = code;
        for last in (1..of).rev() {
            let (left, right) = (code as u32, (code >> 32) as u32);
            if place == last {
                return right;
            }
            code = if last == 1 { left.into() } else { self.apart[left as usize] };
        }
        code as u32
    }
}

fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) | u64::from(right) << 32
}

fn small(count: usize) -> Result<u32> {
    match u32::try_from(count) {
        Ok(number) if number != OPEN => Ok(number),
        _ => resources_err!("more different words than a query can hold"),
    }
}

/// The book that the functions of one plan share.
#[derive(Debug, Clone, Default)]
pub struct Codes(Arc<Mutex<Book>>);

impl Codes {
    /// A number for what stands in some columns of words together.
    pub fn code(&self, words: Vec<Expr>) -> Expr {
        let signature = Signature::any(words.len(), Volatility::Immutable);
        ScalarUDF::from(WordCode { codes: self.clone(), signature }).call(words)
    }

    /// The word at `place` of the `of` words that a number stands for.
    pub fn word(&self, code: Expr, place: usize, of: usize) -> Expr {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::from(CodedWord { codes: self.clone(), place, of, signature }).call(vec![code])
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Codes {
    fn eq(&self, other: &Codes) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Codes {}

impl Hash for Codes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct WordCode {
    codes: Codes,
    signature: Signature,
}

impl ScalarUDFImpl for WordCode {
    fn name(&self) -> &str {
        "word_code"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut book = self.codes.book();
        let mut columns = Vec::with_capacity(given.args.len());
        for argument in &given.args {
            let array = argument.to_array(given.number_rows)?;
            let Some(words) = array.as_dictionary_opt::<Int32Type>() else {
                return internal_err!("word_code is made of columns of words");
            };
            columns.push(book.column(words)?);
        }
        let Some(last) = columns.pop() else { return internal_err!("word_code of nothing") };
        let mut columns = columns.into_iter();
        let codes: Vec<u64> = match columns.next() {
            None => last.into_iter().map(u64::from).collect(),
            Some(mut first) => {
                for column in columns {
                    for (left, right) in first.iter_mut().zip(column) {
                        *left = book.joined(*left, right)?;
                    }
                }
                first.into_iter().zip(last).map(|(left, right)| pair(left, right)).collect()
            }
        };
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from(codes))))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CodedWord {
    codes: Codes,
    place: usize,
    of: usize,
    signature: Signature,
}

impl ScalarUDFImpl for CodedWord {
    fn name(&self) -> &str {
        "coded_word"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(table::word())
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [codes] = given.args.as_slice() else { return internal_err!("coded_word is made of one code") };
        let codes = codes.to_array(given.number_rows)?;
        let Some(codes) = codes.as_primitive_opt::<UInt64Type>() else { return internal_err!("a code is a number") };
        let book = self.codes.book();
        let mut places: HashMap<u32, i32, RandomState> = HashMap::default();
        let mut texts: Vec<&str> = Vec::new();
        let keys = codes.values().iter().map(|code| match book.taken_apart(*code, self.place, self.of) {
            NULL => None,
            number => Some(*places.entry(number).or_insert_with(|| {
                texts.push(&book.words[number as usize - 1]);
                texts.len() as i32 - 1
            })),
        });
        let keys: Int32Array = keys.collect();
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        Ok(ColumnarValue::Array(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, texts)?)))
    }
}
