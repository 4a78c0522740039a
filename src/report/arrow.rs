//! Arrow IPC files, for other programs.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow_ipc::writer::FileWriter;

use super::{Sheet, Writer, output};
use crate::error::Result;

/// `arrow`.
pub struct Arrow;

impl Writer for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn doc(&self) -> &'static str {
        "Arrow IPC file, which is Feather version 2; needs -o"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["arrow", "feather"]
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        let schema = Arc::new(Schema::new(schema.fields().iter().map(plain_field).collect::<Vec<_>>()));
        Ok(Box::new(File { writer: FileWriter::try_new(out, &schema).map_err(output)?, schema }))
    }
}

struct File<'a> {
    schema: SchemaRef,
    writer: FileWriter<&'a mut (dyn Write + Send)>,
}

impl Sheet for File<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns = columns.map(|(column, field)| cast(column, field.data_type())).collect::<Result<_, _>>();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.map_err(output)?).map_err(output)?;
        self.writer.write(&batch).map_err(output)
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.writer.finish().map_err(output)
    }
}

/// Words become text: a file of this format has one dictionary a column, and our batches have one each (Arrow columnar
/// format, "IPC File Format").
fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), plain(field.data_type()), field.is_nullable()))
}

fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, value) => plain(value),
        DataType::List(item) => DataType::List(plain_field(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        ArrayRef, AsArray, Int64Array, ListBuilder, StringBuilder, StringDictionaryBuilder, StructArray,
    };
    use arrow::datatypes::Int32Type;
    use arrow_ipc::reader::FileReader;

    use super::super::write;
    use super::*;

    /// Each batch brings words of its own, as those of a case do.
    fn batch(words: [Option<&str>; 2]) -> RecordBatch {
        let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
        words.iter().for_each(|word| dictionary.append_option(*word));
        let dictionary: ArrayRef = Arc::new(dictionary.finish());
        let mut list = ListBuilder::new(StringBuilder::new());
        list.append_value(words);
        list.append_null();
        let field = Arc::new(Field::new("word", dictionary.data_type().clone(), true));
        let parts = StructArray::from(vec![(field, Arc::clone(&dictionary))]);
        RecordBatch::try_from_iter_with_nullable([
            ("word", dictionary, true),
            ("list", Arc::new(list.finish()) as _, true),
            ("parts", Arc::new(parts) as _, true),
            ("number", Arc::new(Int64Array::from(vec![Some(-7), None])) as _, true),
        ])
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read_back_though_every_batch_has_words_of_its_own() {
        let batches = [batch([Some("get"), None]), batch([Some("\u{1b}[2J"), Some("list")])];
        let mut bytes = Vec::new();
        write(&Arrow, &batches[0].schema(), &batches, &mut bytes).unwrap();
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        let read: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        let words =
            |column: &ArrayRef| column.as_string::<i32>().iter().map(|w| w.map(str::to_owned)).collect::<Vec<_>>();
        let all: Vec<_> = read.iter().flat_map(|batch| words(batch.column(0))).collect();
        assert_eq!(all, [Some("get".to_owned()), None, Some("\u{1b}[2J".into()), Some("list".into())]);
        assert_eq!(words(read[1].column(2).as_struct().column(0))[1].as_deref(), Some("list"));
        for (written, read) in batches.iter().zip(&read) {
            assert_eq!((read.column(1), read.column(3)), (written.column(1), written.column(3)));
        }
    }

    #[test]
    fn no_rows_are_a_file_with_columns() {
        let mut bytes = Vec::new();
        let schema = batch([None, None]).schema();
        write(&Arrow, &schema, &[], &mut bytes).unwrap();
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        let names: Vec<_> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["word", "list", "parts", "number"]);
        assert_eq!(reader.count(), 0);
    }
}
