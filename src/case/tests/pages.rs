//! Columns of text as they are written, read back by the `parquet` crate: every row must be what it was, whatever mix
//! of encodings it took.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray,
    UInt32Array, UInt64Array,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Encoding;

use crate::case::store::Store;

/// Row `row` of a batch of the table, whose text columns hold nothing where the number is 0.
fn batch(rows: std::ops::Range<usize>, text: impl Fn(usize, usize) -> Option<String>, numbered: bool) -> RecordBatch {
    let column = |column: usize| rows.clone().map(|row| text(column, row)).collect::<StringArray>();
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows.clone() {
        for item in 0..row % 4 {
            lists.values().append_option(text(3, row + item));
        }
        lists.append(row % 7 > 0);
    }
    let words = column(4);
    let words: ArrayRef = match numbered {
        true => Arc::new(words.iter().collect::<DictionaryArray<Int32Type>>()),
        false => Arc::new(words),
    };
    let times = rows.clone().map(|row| row as i64).collect::<Vec<_>>();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(TimestampMicrosecondArray::from(times))),
        ("request_object", Arc::new(column(0))),
        ("user_uid", Arc::new(column(1))),
        ("name", Arc::new(column(2))),
        ("groups", Arc::new(lists.finish())),
        ("words", words),
        ("nothing", Arc::new(StringArray::new_null(rows.len()))),
        ("evidence", Arc::new(UInt32Array::from_value(0, rows.len()))),
        ("offset", Arc::new(rows.map(|row| row as u64).collect::<UInt64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// Writes batches, reads the file and compares; returns the encodings of each column chunk.
fn round(batches: &[RecordBatch]) -> Vec<(String, Vec<Encoding>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new(folder.path(), 1, None);
    batches.iter().for_each(|batch| store.add("things", batch.clone()).unwrap());
    let files = store.finish().unwrap();
    let [file] = files.as_slice() else { panic!("rows in order make one file") };
    let path = folder.path().join(&file.path);
    assert_eq!(crate::case::custody::hash_file(&path).unwrap(), (file.sha256.clone(), file.size));
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let chunks = reader.metadata().row_groups().iter().flat_map(|group| group.columns()).map(|chunk| {
        let encodings = chunk.encodings().collect::<Vec<_>>();
        (chunk.column_path().string(), encodings)
    });
    let chunks = chunks.collect();
    let read: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let read = concat_batches(&read[0].schema(), &read).unwrap();
    let given = concat_batches(&batches[0].schema(), batches).unwrap();
    assert_eq!((read.num_rows() as u64, read.num_rows()), (file.rows, given.num_rows()));
    for (place, field) in given.schema().fields().iter().enumerate() {
        let column = cast(read.column(place), given.column(place).data_type()).unwrap();
        assert_eq!(column.as_ref(), given.column(place).as_ref(), "{}", field.name());
    }
    chunks
}

fn has(chunks: &[(String, Vec<Encoding>)], column: &str, encoding: Encoding) -> bool {
    chunks.iter().any(|(name, encodings)| name == column && encodings.contains(&encoding))
}

#[test]
fn what_repeats_and_what_does_not_is_read_back() {
    let text = |column: usize, row: usize| match column {
        0 => (!row.is_multiple_of(3)).then(|| format!("{{\"row\":{row}}}").repeat(row % 50)),
        1 => Some(format!("{row:036}")),
        2 => (!row.is_multiple_of(5)).then(|| format!("name-{}", row * 7_919)),
        3 => (!row.is_multiple_of(11)).then(|| format!("group {}", row % 6)),
        _ => (row / 1_000).is_multiple_of(2).then(|| ["", "get", "watch", "créer"][row % 4].to_owned()),
    };
    for numbered in [true, false] {
        let batches: Vec<_> = (0..160).map(|n| batch(n * 1_000..(n + 1) * 1_000, text, numbered)).collect();
        let chunks = round(&batches);
        // 64 KiB of a dictionary, then each by itself; of names there are more than a dictionary may have.
        assert!(has(&chunks, "user_uid", Encoding::RLE_DICTIONARY));
        assert!(has(&chunks, "user_uid", Encoding::DELTA_LENGTH_BYTE_ARRAY));
        assert!(has(&chunks, "name", Encoding::PLAIN) && has(&chunks, "words", Encoding::RLE_DICTIONARY));
        assert!(!has(&chunks, "request_object", Encoding::RLE_DICTIONARY));
    }
}

#[test]
fn lists_with_too_many_texts_for_a_dictionary_are_read_back() {
    let text = |column: usize, row: usize| (column != 3 || !row.is_multiple_of(9)).then(|| format!("{row:0200}"));
    round(&(0..12).map(|n| batch(n * 1_000..(n + 1) * 1_000, text, true)).collect::<Vec<_>>());
}

#[test]
fn few_rows_no_rows_with_a_value_and_one_long_text_are_read_back() {
    round(&[batch(0..1, |_, _| None, true)]);
    round(&[batch(0..5, |_, _| None, false), batch(5..6, |_, _| Some(String::new()), false)]);
    round(&[batch(0..3, |column, row| Some("x".repeat(if column == 0 { 9 << 20 } else { row })), true)]);
    // Rows that come out of order are put in order, in runs of one.
    let odd = batch(0..200, |column, row| (row % 2 > 0).then(|| format!("{column} {row}")), true);
    let even = odd.clone();
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new(folder.path(), 1, None);
    let take = |batch: &RecordBatch, rest: u64| {
        let mask: arrow::array::BooleanArray = (0..200).map(|row| Some(row % 2 == rest)).collect();
        arrow::compute::filter_record_batch(batch, &mask).unwrap()
    };
    store.add("things", take(&odd, 1)).unwrap();
    store.add("things", take(&even, 0)).unwrap();
    let files = store.finish().unwrap();
    let file = File::open(folder.path().join(&files[0].path)).unwrap();
    let read = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).next();
    let (read, odd) = (read.unwrap(), odd);
    for place in 0..odd.num_columns() {
        let column = cast(read.column(place), odd.column(place).data_type()).unwrap();
        assert_eq!(column.as_ref(), odd.column(place).as_ref());
    }
}

#[test]
fn columns_that_must_have_a_value_are_read_back() {
    let field = Field::new("request_object", DataType::Utf8, false);
    let texts: ArrayRef = Arc::new((0..10).map(|n| Some(n.to_string())).collect::<StringArray>());
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(&texts)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::new(folder.path(), 1, None);
    store.add("things", batch).unwrap();
    let files = store.finish().unwrap();
    let file = File::open(folder.path().join(&files[0].path)).unwrap();
    let read = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).next();
    assert_eq!(read.unwrap().column(0), &texts);
}
