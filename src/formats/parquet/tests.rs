//! Parquet files that lie about themselves, and such that were changed: a reason for each, and never more than is bound.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

use super::thrift::{Pages, nesting, pages};
use crate::formats::block::MOST;
use crate::formats::{Batch, Content, Rows};
use crate::model::EvidenceId;

fn read(file: &[u8]) -> Result<(Batch, Content), String> {
    let mut rows = Rows::new(EvidenceId(0), "input");
    let content = super::read(&mut Cursor::new(file), &mut rows, &mut |_| {})?;
    Ok((rows.finish(), content))
}

/// A file of one column of texts.
fn file(values: Vec<&str>, how: impl FnOnce(WriterPropertiesBuilder) -> WriterPropertiesBuilder) -> Vec<u8> {
    let column: ArrayRef = Arc::new(StringArray::from(values));
    let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
    let mut file = Vec::new();
    let builder = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(how(builder).build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// A file that is nothing but a footer.
fn footed(footer: &[u8]) -> Vec<u8> {
    [&b"PAR1"[..], footer, &u32::try_from(footer.len()).unwrap().to_le_bytes(), b"PAR1"].concat()
}

/// FileMetaData with a schema of so many groups, each in the one before.
fn nested(levels: usize) -> Vec<u8> {
    let count = u64::try_from(levels).unwrap();
    let varint = (0..10).map(|n| (count >> (7 * n) & 0x7f) as u8 | 0x80).collect::<Vec<_>>();
    let mut footer = vec![0x15, 0x02, 0x19, 0xfc];
    footer.extend(&varint[..9]);
    footer.push(0);
    // repetition_type, name and num_children: 1.
    footer.extend([0x35, 0x00, 0x18, 0x01, b'a', 0x15, 0x02, 0x00].repeat(levels));
    footer.extend([0x16, 0x00, 0x19, 0x0c, 0x00]);
    footer
}

fn reason(file: &[u8]) -> String {
    match read(file) {
        Err(why) => why,
        Ok((batch, _)) => batch.rejects.first().map(|reject| reject.reason.clone()).unwrap_or_default(),
    }
}

#[test]
fn a_schema_nested_without_end_is_refused_before_it_is_read() {
    assert_eq!(nesting(&nested(20)), Some(20));
    assert_eq!(reason(&footed(&nested(200_000))), "its schema is nested more than 64 deep");
}

#[test]
fn a_footer_that_is_none_is_said_to_be_damaged() {
    assert_eq!(reason(&footed(b"\x19\xfc\xff\xff\xff\xff\x0f\x0c")), "its footer is damaged");
    assert_eq!(reason(&footed(&[0x1c; 5000])), "its footer is damaged");
    let cut = "it is cut short or damaged, and without its end nothing of it can be read";
    for file in [&b"PAR1"[..], b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"PAR1stuff and more of it"] {
        assert_eq!(reason(file), cut);
    }
    assert_eq!(reason(b"PAR1\0\0\0\0PARE"), "its footer is encrypted");
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let long = "x".repeat(100_000);
    let repeated = file(vec![&long; 500], |how| how);
    let (batch, _) = read(&repeated).unwrap();
    assert_eq!((batch.read, batch.rejects.len()), (500, 0), "a value that is repeated is no bomb yet");
    // As if 20 MB were all that may be held: 50 MB of rows come of less than 1 KB.
    let before = MOST.replace(20 << 20);
    let (batch, _) = read(&repeated).unwrap();
    MOST.set(before);
    let found = &batch.rejects[0].reason;
    assert!(found.contains("row group 1: its rows are more than 1000 times their bytes"), "{found}");
    assert!(found.ends_with("of its 500 rows were read"), "{found}");
    assert_eq!(batch.read, 210 + 1, "what was read until then is kept, and one reject");
    let plain = file(vec![&long; 500], |how| how.set_dictionary_enabled(false).set_data_page_size_limit(64 << 20));
    MOST.set(1 << 20);
    let found = reason(&plain);
    MOST.set(before);
    assert!(found.contains("its pages unpack to more than 1 MB at once"), "{found}");
}

#[test]
fn values_that_repeat_the_beginning_of_others_are_unpacked_few_at_a_time() {
    let long = "x".repeat(4 << 20);
    let how = |how: WriterPropertiesBuilder| {
        how.set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY).set_data_page_size_limit(1 << 30)
    };
    let file = file(vec![&long; 40], how);
    assert!(file.len() < 10 << 10);
    let known = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&bytes_of(&file)).unwrap();
    let rows = super::checked(&mut Cursor::new(&file), known.row_group(0), file.len() as u64).unwrap();
    assert!(rows <= 32, "{rows} rows of up to 4 MB each");
    assert_eq!(read(&file).unwrap().0.read, 40);
}

fn bytes_of(file: &[u8]) -> std::fs::File {
    use std::io::Write;
    let mut copy = tempfile::tempfile().unwrap();
    copy.write_all(file).unwrap();
    copy
}

#[test]
fn pages_are_walked_to_the_end_of_their_column() {
    let file = file(vec!["a", "b", "a"], |how| how);
    let known = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&bytes_of(&file)).unwrap();
    let (start, length) = known.row_group(0).column(0).byte_range();
    let chunk = &file[start as usize..(start + length) as usize];
    // Two texts of one byte, each behind its length; then three numbers of one bit.
    let found = pages(chunk).unwrap();
    assert_eq!((found.dictionary, found.prefixed, found.values), (10, 0, 3));
    assert!(found.largest > 0);
    assert_eq!(pages(&chunk[..chunk.len() - 1]), None);
    assert_eq!(pages(b""), Some(Pages::default()));
}

#[test]
fn a_size_that_is_no_i32_is_damage() {
    // PageHeader: type DICTIONARY_PAGE, uncompressed_page_size, compressed_page_size 0, end.
    let page = |size: &[u8]| [&[0x15, 4, 0x15], size, &[0x15, 0, 0]].concat();
    assert_eq!(pages(&page(&[20])).map(|found| found.dictionary), Some(10));
    // 2^31 - 1, the largest there is, and 2^32 + 5, which others read as 5.
    let largest = pages(&page(&[0xfe, 0xff, 0xff, 0xff, 0x0f])).map(|found| found.dictionary);
    assert_eq!(largest, Some(2_147_483_647));
    assert_eq!(pages(&page(&[0x8a, 0x80, 0x80, 0x80, 0x20])), None);
}

#[test]
fn any_change_of_a_file_is_read_or_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats/parquet");
    let mut seed = 2031_u64;
    let mut roll = |sides: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % sides
    };
    for name in ["types", "broken-row-group", "zstd"] {
        let Ok(whole) = std::fs::read(folder.join(format!("{name}.parquet"))) else { continue };
        for _ in 0..400 {
            let mut changed = whole.clone();
            for _ in 0..=roll(3) {
                let at = roll(changed.len());
                changed[at] = if roll(2) == 0 { roll(256) as u8 } else { changed[at] ^ (1 << roll(8)) };
            }
            if let Ok((batch, content)) = read(&changed) {
                let sheets = batch.sheets.iter().map(|sheet| sheet.rows.num_rows()).sum::<usize>();
                assert_eq!(batch.read as usize, sheets + batch.audit.num_rows() + batch.rejects.len());
                assert!(batch.rejects.iter().all(|r| r.offset + r.length <= content.size && r.length > 0));
            }
        }
    }
}
