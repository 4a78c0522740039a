//! Text of no known kind: every line of every file has its row, whatever other files say.

use std::fs;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{case_of, tar_of};
use crate::case::Case;

/// File, line and text of every row, in order.
fn rows(case: &Case) -> Vec<(String, i64, String)> {
    let mut rows = Vec::new();
    for path in case.files("text_line") {
        for batch in ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let text = |name: &str| cast(batch.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
            let (files, texts) = (text("file"), text("text"));
            let lines = batch.column_by_name("line").unwrap().as_primitive::<Int64Type>();
            rows.extend((0..batch.num_rows()).map(|row| {
                let file = files.as_string::<i32>().value(row);
                let name = file.rsplit('/').next().unwrap().to_owned();
                (name, lines.value(row), texts.as_string::<i32>().value(row).to_owned())
            }));
        }
    }
    rows.sort();
    rows
}

#[test]
fn equal_lines_of_two_files_are_two_lines() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, bundle] = ["one.txt", "two.txt", "bundle.tar"].map(|name| folder.path().join(name));
    fs::write(&one, "whoami\n\nwhoami\n").unwrap();
    fs::write(&two, "whoami\nid\n").unwrap();
    // The first member is the first file again: known by its hash, so it adds no rows.
    fs::write(&bundle, tar_of(&[("a", "whoami\n\nwhoami\n"), ("b", "whoami\n")])).unwrap();
    let case = case_of(&folder.path().join("case"), &[one, two, bundle]);
    let expected = [
        ("bundle.tar!b", 1, "whoami"),
        ("one.txt", 1, "whoami"),
        ("one.txt", 3, "whoami"),
        ("two.txt", 1, "whoami"),
        ("two.txt", 2, "id"),
    ];
    assert_eq!(rows(&case), expected.map(|(file, line, text)| (file.to_owned(), line, text.to_owned())));
}
