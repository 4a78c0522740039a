//! Parquet files as evidence: parts of an export of Data Explorer, or what another program made of one.
//!
//! A row is read as a row of a CSV is: named cells, in the table that the row or its columns name. Its span is that of its
//! row group, because a row has no bytes of its own. One row group is held at a time. Unpacking is the **parquet** crate's;
//! what it would do without a bound (a schema nested without end, pages that unpack to any size) is looked for first.

pub(super) mod thrift;
mod values;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

use super::block::{Content, longest};
use super::cells::{Cells, column};
use super::envelopes::Found;
use super::rows::Rows;
use super::{Item, classify};

/// Bytes of rows that are handed on at a time.
const FULL: usize = 8 << 20;
/// The longest footer; those of real files are some KB.
const FOOTER: u64 = 64 << 20;
/// Levels of a schema.
const DEEPEST: usize = 64;
/// Values of a column of lists in one row group: they are in memory together.
const IN_LISTS: u64 = 16 << 20;
/// Rows that are unpacked at a time.
const BATCH: usize = 1024;
/// What rows may come to that are unpacked at a time, when each may be as long as its page.
const UNPACKED: u64 = 128 << 20;
/// How many times its bytes the rows of a row group may be, once they are more than is held.
const RATIO: u64 = 1000;

/// The largest row group, and what one page of each of its columns may unpack to together.
fn most() -> u64 {
    longest() as u64
}

/// Says whether content is a Parquet file by how it begins.
pub fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

const MAGIC: &[u8] = b"PAR1";
/// The length of the footer and the magic, at the end of the file.
const TAIL: u64 = 8;

/// Reads a file into `rows`; `full` is called whenever they are enough to be taken out.
///
/// # Errors
/// The reason why nothing of it can be read.
pub fn read(
    source: &mut (impl Read + Seek),
    rows: &mut Rows,
    full: &mut dyn FnMut(&mut Rows),
) -> Result<Content, String> {
    let mut held = 0;
    let content = walk(source, &mut |found| {
        if let Found::Item(item) = &found {
            held += item.text.len();
        }
        classify::read(found, rows);
        if held >= FULL {
            held = 0;
            full(rows);
        }
        true
    })?;
    Ok(content)
}

/// Takes what is found and says whether to go on.
type Each<'e> = &'e mut dyn FnMut(Found<'_>) -> bool;

/// Gives every row of a file, in order, and the row groups that cannot be read, until it is told to stop.
///
/// # Errors
/// The reason why nothing of it can be read.
pub fn walk(source: &mut (impl Read + Seek), each: Each<'_>) -> Result<Content, String> {
    let size = source.seek(SeekFrom::End(0)).map_err(failed)?;
    let footer = footer(source, size)?;
    let known = guarded(|| ParquetMetaDataReader::decode_metadata(&footer))?;
    if let Some(writer) = known.file_metadata().created_by() {
        each(Found::Note(format!("Parquet file written by {writer}")));
    }
    let known = Arc::new(known);
    for (number, group) in known.row_groups().iter().enumerate() {
        let place = place(group, size).unwrap_or(0..size);
        let mut read = 0;
        let goes_on = rows_of(source, &known, number, size, &place, &mut read, each).unwrap_or_else(|why| {
            let (all, number) = (group.num_rows(), number + 1);
            let reason = format!("Parquet file, row group {number}: {why}; {read} of its {all} rows were read");
            each(Found::Reject { at: place, line: 0, reason, bytes: &[] })
        });
        if !goes_on {
            break;
        }
    }
    Ok(Content { format: "parquet".to_owned(), size, notes: Vec::new() })
}

/// Returns the footer, once it is known that its schema does no harm.
fn footer(source: &mut (impl Read + Seek), size: u64) -> Result<Vec<u8>, String> {
    let cut = "it is cut short or damaged, and without its end nothing of it can be read";
    let begin = MAGIC.len() as u64;
    let tail = size.checked_sub(TAIL).filter(|start| *start >= begin).ok_or(cut)?;
    let tail_bytes = bytes(source, tail..size)?;
    let (length, magic) = tail_bytes.split_at(4);
    if magic == b"PARE" {
        return Err("its footer is encrypted".to_owned());
    }
    let length = u32::from_le_bytes(length.try_into().map_err(failed)?);
    let start = tail.checked_sub(u64::from(length)).filter(|start| *start >= begin && magic == MAGIC).ok_or(cut)?;
    if tail - start > FOOTER {
        return Err(format!("its footer is longer than {} MB", FOOTER >> 20));
    }
    let footer = bytes(source, start..tail)?;
    match thrift::nesting(&footer) {
        Some(levels) if levels <= DEEPEST => Ok(footer),
        Some(_) => Err(format!("its schema is nested more than {DEEPEST} deep")),
        None => Err("its footer is damaged".to_owned()),
    }
}

/// Where a row group lies: all of its columns, and what stands between them.
fn place(group: &RowGroupMetaData, size: u64) -> Option<Range<u64>> {
    let chunks = chunks(group, size)?;
    let start = chunks.iter().map(|chunk| chunk.start).min()?;
    Some(start..chunks.iter().map(|chunk| chunk.end).max()?)
}

/// Where the columns of a row group lie; None when one lies outside of the file.
fn chunks(group: &RowGroupMetaData, size: u64) -> Option<Vec<Range<u64>>> {
    let chunk = |column: &parquet::file::metadata::ColumnChunkMetaData| {
        let start = u64::try_from(column.dictionary_page_offset().unwrap_or(column.data_page_offset())).ok()?;
        let end = start.checked_add(u64::try_from(column.compressed_size()).ok()?)?;
        (end <= size && start < end).then_some(start..end)
    };
    group.columns().iter().map(chunk).collect()
}

/// Gives the rows of one row group, and counts them; says whether to go on.
fn rows_of(
    source: &mut (impl Read + Seek),
    known: &Arc<ParquetMetaData>,
    number: usize,
    size: u64,
    place: &Range<u64>,
    read: &mut u64,
    each: Each<'_>,
) -> Result<bool, String> {
    let batch = checked(source, known.row_group(number), size)?;
    let mut decoder = guarded(|| decoder(known, number, batch))?;
    let enough = most().max((place.end - place.start).saturating_mul(RATIO));
    let mut told = 0_u64;
    loop {
        match guarded(|| decoder.try_decode())? {
            DecodeResult::Finished => {
                let all = u64::try_from(known.row_group(number).num_rows()).ok();
                return if all == Some(*read) { Ok(true) } else { Err("there are no more rows in it".to_owned()) };
            }
            DecodeResult::NeedsData(ranges) => {
                let parts = ranges.iter().map(|range| bytes(source, range.clone()));
                let parts = parts.map(|part| part.map(Into::into)).collect::<Result<_, String>>()?;
                guarded(|| decoder.push_ranges(ranges, parts))?;
            }
            DecodeResult::Data(batch) if batch.num_rows() == 0 => return Err("it says impossible things".to_owned()),
            DecodeResult::Data(batch) => {
                for row in 0..batch.num_rows() {
                    // A row of nulls is not nothing.
                    let (length, goes_on) = give(&batch, row, place, each);
                    if !goes_on {
                        return Ok(false);
                    }
                    told += length + 64;
                    *read += 1;
                    if told > enough {
                        return Err(format!("its rows are more than {RATIO} times their bytes: a decompression bomb"));
                    }
                }
            }
        }
    }
}

/// Says how many rows of a row group can be unpacked at a time, or why none should be.
fn checked(source: &mut (impl Read + Seek), group: &RowGroupMetaData, size: u64) -> Result<usize, String> {
    let chunks = chunks(group, size).ok_or("a column lies outside of the file")?;
    if chunks.iter().map(|chunk| chunk.end - chunk.start).sum::<u64>() > most() {
        return Err(format!("it is larger than {} MB; write it again with smaller row groups", most() >> 20));
    }
    let (mut held, mut longest) = (0, 0);
    for (chunk, column) in chunks.into_iter().zip(group.columns()) {
        let bytes = bytes(source, chunk)?;
        let pages = thrift::pages(&bytes).ok_or("a page is damaged")?;
        held += pages.dictionary + pages.largest;
        longest = longest.max(pages.prefixed);
        if column.column_descr().max_rep_level() > 0 && pages.values > IN_LISTS {
            return Err(format!("a list of it has more than {IN_LISTS} values"));
        }
    }
    if held > most() {
        return Err(format!("its pages unpack to more than {} MB at once", most() >> 20));
    }
    Ok((UNPACKED / longest.max(1)).clamp(1, BATCH as u64) as usize)
}

fn decoder(
    known: &Arc<ParquetMetaData>,
    number: usize,
    batch: usize,
) -> Result<ParquetPushDecoder, parquet::errors::ParquetError> {
    // Texts as views: a value that a dictionary repeats is not copied for every row.
    let schema = parquet_to_arrow_schema(known.file_metadata().schema_descr(), None)?;
    // What a writer says of Arrow is not needed, and another thing to be wrong.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(values::viewed(&schema));
    let builder = ParquetPushDecoderBuilder::try_new_decoder_with_options(Arc::clone(known), options)?;
    builder.with_row_groups(vec![number]).with_batch_size(batch).build()
}

/// Gives one row; returns how long its text is, and whether to go on.
fn give(batch: &RecordBatch, row: usize, place: &Range<u64>, each: Each<'_>) -> (u64, bool) {
    let schema = batch.schema();
    let mut text = String::from("{");
    let mut spans = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        if text.len() > 1 {
            text.push(',');
        }
        values::quote(field.name(), &mut text);
        text.push(':');
        let start = text.len();
        values::write(array.as_ref(), row, &mut text);
        spans.push(start..text.len());
    }
    text.push('}');
    let mut cells = Cells::default();
    for (field, span) in schema.fields().iter().zip(spans) {
        cells.set_json(column(field.name()), field.name(), &text[span], false);
    }
    let item = Item { cells: Some(&cells), made: true, ..Item::new(place.clone(), 0, &text) };
    (text.len() as u64, each(Found::Item(item)))
}

/// Calls what is not ours and may panic over what it does not expect.
fn guarded<T, E: Display>(call: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(plain(&error.to_string())),
        Err(_) => Err("it is damaged in a way that cannot be told".to_owned()),
    }
}

/// In our words what can be said in them.
fn plain(error: &str) -> String {
    match error.split_once("Disabled feature at compile time: ") {
        Some((_, codec)) => {
            format!("packed with {codec}, which is not read; write it again with snappy or zstd, or as CSV")
        }
        None => error.trim_start_matches("Parquet error: ").to_owned(),
    }
}

fn failed(error: impl Display) -> String {
    format!("reading failed: {error}")
}

fn bytes(source: &mut (impl Read + Seek), range: Range<u64>) -> Result<Vec<u8>, String> {
    let length =
        range.end.checked_sub(range.start).filter(|length| *length <= most()).ok_or("it says impossible things")?;
    source.seek(SeekFrom::Start(range.start)).map_err(failed)?;
    let mut bytes = Vec::new();
    source.take(length).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err("it ends early".to_owned()) }
}
