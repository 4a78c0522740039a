//! What is secret in evidence leaves the program only when somebody asks for it by name, and the journal says so.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use clap::Args;

use super::redact::{redact_bytes, redact_column};
use super::{ByArg, CaseArg};
use crate::case::Case;
use crate::error::{Error, Result};

/// Whether secrets are shown, for the whole of a run: set once, before anything is printed.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// The wish to see secrets.
#[derive(Args)]
pub struct Secrets {
    /// Show Secret data, tokens, passwords and environment variables, which are hidden otherwise; the journal keeps it
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    pub(super) by: ByArg,
}

impl Secrets {
    /// Opens a case; secrets are shown from then on, if that is the wish and the journal could be told.
    ///
    /// # Errors
    /// When it is no case, or its journal cannot be written: nothing is shown then.
    pub(super) fn open(&self, case: &CaseArg) -> Result<Case> {
        let mut case = case.open()?;
        if self.show_secrets {
            case.record_reveal(self.by.act())?;
            SHOWN.store(true, Ordering::Relaxed);
        }
        Ok(case)
    }
}

impl Secrets {
    /// Refuses to show secrets where no journal can be told.
    ///
    /// # Errors
    /// [`Error::Usage`] when that is the wish.
    pub(super) fn without_case(&self) -> Result<()> {
        if !self.show_secrets {
            return Ok(());
        }
        Err(Error::Usage {
            what: "secrets are only shown of a case, whose journal says who asked".into(),
            hint: Some("make one with: coldcase ingest --case DIR PATH…".into()),
        })
    }

    /// Tells the journal of a question that was not on the command line, if its answer shows secrets.
    ///
    /// # Errors
    /// When the journal cannot be written: the question must not be answered then.
    pub(super) fn asks(&self, case: &mut Case, question: &str) -> Result<()> {
        if !self.show_secrets {
            return Ok(());
        }
        case.record_reveal(self.by.asking(question))
    }
}

/// A text of evidence as it may be shown.
pub fn text(text: &str) -> Cow<'_, str> {
    column("", text)
}

/// The text of a column as it may be shown.
pub fn column<'a>(name: &str, text: &'a str) -> Cow<'a, str> {
    if SHOWN.load(Ordering::Relaxed) { Cow::Borrowed(text) } else { redact_column(None, name, text) }
}

/// A body of an event, or a part of one, as it may be shown.
pub fn body(text: &str) -> Cow<'_, str> {
    column("request_object", text)
}

/// Bytes of evidence as they may be shown.
pub fn bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    if SHOWN.load(Ordering::Relaxed) { Cow::Borrowed(bytes) } else { redact_bytes(bytes) }
}

/// Rows as they may be shown.
pub fn rows(batch: &RecordBatch) -> RecordBatch {
    if SHOWN.load(Ordering::Relaxed) {
        return batch.clone();
    }
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, array)| hidden(field.name(), array));
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("every column keeps its type and length")
}

fn hidden(name: &str, array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            let change = |text: &str| matches!(redact_column(None, name, text), Cow::Owned(_));
            if !texts.iter().flatten().any(change) {
                return Arc::clone(array);
            }
            Arc::new(texts.iter().map(|text| text.map(|text| redact_column(None, name, text))).collect::<StringArray>())
        }
        DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
            let words = array.as_dictionary::<Int32Type>();
            Arc::new(words.with_values(hidden(name, words.values())))
        }
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let values = hidden(name, list.values());
            let parts = (Arc::clone(field), list.offsets().clone(), values, list.nulls().cloned());
            Arc::new(ListArray::new(parts.0, parts.1, parts.2, parts.3))
        }
        DataType::Struct(fields) => {
            let parts = array.as_struct();
            let columns = fields.iter().zip(parts.columns()).map(|(field, array)| hidden(field.name(), array));
            let columns = columns.collect();
            Arc::new(arrow::array::StructArray::new(fields.clone(), columns, parts.nulls().cloned()))
        }
        _ => Arc::clone(array),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ListBuilder, StringBuilder, StringDictionaryBuilder};

    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_shape_of_a_column_and_types_stay() {
        let secret = r#"{"kind":"Secret","data":{"password":"bm90LXRoaXM="}}"#;
        let mut words = StringDictionaryBuilder::<Int32Type>::new();
        words.append_value(secret);
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some(secret)]);
        let columns: [(&str, ArrayRef); 4] = [
            ("request_object", Arc::new(StringArray::from(vec![secret]))),
            ("word", Arc::new(words.finish())),
            ("list", Arc::new(lists.finish())),
            ("plain", Arc::new(StringArray::from(vec!["secrets"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let shown = rows(&batch);
        assert_eq!(shown.schema(), batch.schema());
        let text = format!("{shown:?}");
        assert!(!text.contains("bm90LXRoaXM=") && text.contains("password") && text.contains("redacted"), "{text}");
        assert_eq!(shown.column(3), batch.column(3));
    }
}
