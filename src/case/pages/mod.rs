//! Columns of text to the pages of a Parquet column chunk.
//!
//! Bodies and words are nearly all of a case. The writer of the `parquet` crate copies a body three times on its way
//! into a page and looks every word up with its own hash; here a body is copied once, a word that batches have numbered
//! is looked up once a batch, and zstd has its limits set for bodies. What comes out is plain Parquet; every other
//! column is left to that crate, which also writes the file around the pages.

mod bits;
pub mod lists;
mod words;

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use parquet::basic::{Compression, Encoding, PageType};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::zstd_safe::CParameter;

use self::words::Words;
use super::group::Group;

/// No value.
const NULL: u32 = u32::MAX;
/// Pages of at least so many bytes are long texts.
const LONG: usize = 128 << 10;
/// For them: zstd's windowLog, hashLog, chainLog and minMatch, where its level 3 has 21, 17, 16 and 5. Of what repeats in
/// bodies most is long, so shorter matches are not looked for, the tables stay in a near cache, and the whole page is
/// seen: faster and smaller than by the level's own numbers.
const LIMITS: [u32; 4] = [22, 15, 13, 7];
/// Room for the length of the levels, which is known once they are written.
const LENGTH: usize = 4;

/// A column chunk, ready to be put into a file.
pub struct Chunk {
    pub bytes: bytes::Bytes,
    pub close: ColumnCloseResult,
}

/// Memory for pages, used again for each: fresh memory costs as much as writing to it.
#[derive(Default)]
pub struct Room {
    plain: Vec<u8>,
    packed: Vec<u8>,
}

/// Says whether columns of this type are written here.
pub fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 => true,
        DataType::Dictionary(key, value) => **key == DataType::Int32 && **value == DataType::Utf8,
        _ => false,
    }
}

/// Writes one column of a group.
///
/// # Errors
/// When zstd fails, or the column is none of [`is_text`] or is to have statistics.
pub fn write(
    group: &Group,
    column: usize,
    descr: &ColumnDescPtr,
    how: &WriterProperties,
    room: &mut Room,
) -> Result<Chunk> {
    let texts: Vec<Text<'_>> =
        group.batches.iter().map(|batch| Text::of(batch.column(column))).collect::<Result<_>>()?;
    let path = descr.path();
    if how.statistics_enabled(path) != EnabledStatistics::None {
        return Err(general("text with statistics"));
    }
    let mut writer = Writer::new(descr, how, room)?;
    let rows = group.rows;
    let page_rows = how.data_page_row_count_limit();
    let mut coded = 0;
    if how.dictionary_enabled(path) {
        let (words, numbers) = numbered(group, &texts, how.column_dictionary_page_size_limit(path));
        writer.dictionary(&words)?;
        coded = numbers.len();
        for numbers in numbers.chunks(page_rows) {
            writer.numbers(numbers)?;
        }
    }
    let apart = how.encoding(path) == Some(Encoding::DELTA_LENGTH_BYTE_ARRAY);
    let bytes = how.column_data_page_size_limit(path);
    let lengths = lengths(group, &texts, coded..rows);
    let mut lengths = lengths.as_slice();
    while !lengths.is_empty() {
        let (count, size) = fitting(&lengths[..lengths.len().min(page_rows)], bytes);
        let (page, rest) = lengths.split_at(count);
        writer.texts(group, &texts, coded, page, size, apart)?;
        (lengths, coded) = (rest, coded + count);
    }
    let bloom_filter = match how.bloom_filter_properties(path) {
        Some(filter) => Some(bloom(group, &texts, filter.fpp())?),
        None => None,
    };
    writer.close(descr, how, (rows, rows), bloom_filter)
}

/// Writes a leaf of a column of which no row has a value.
///
/// # Errors
/// When zstd fails.
pub fn write_nothing(rows: usize, leaf: &ColumnDescPtr, how: &WriterProperties, room: &mut Room) -> Result<Chunk> {
    let mut writer = Writer::new(leaf, how, room)?;
    let most = how.data_page_row_count_limit();
    for start in (0..rows).step_by(most) {
        let count = most.min(rows - start);
        let mut page = writer.page(64);
        for level in [leaf.max_rep_level(), leaf.max_def_level()].into_iter().filter(|level| *level > 0) {
            section(&mut page, |page| bits::repeated(0, count, bits::width(u32::from(level.unsigned_abs())), page));
        }
        writer.data(page, (count, count), Encoding::PLAIN)?;
    }
    writer.close(leaf, how, (rows, rows), None)
}

/// Appends what `write` does with its length in front.
fn section(page: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = page.len();
    page.extend_from_slice(&[0; LENGTH]);
    write(page);
    let length = (page.len() - start - LENGTH) as u32;
    page[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
}

/// The values of a column in one batch.
enum Text<'a> {
    Spelled(&'a StringArray),
    /// Each row has the number of one of the values.
    Numbered(&'a arrow::array::Int32Array, &'a StringArray),
}

impl<'a> Text<'a> {
    fn of(array: &'a ArrayRef) -> Result<Text<'a>> {
        if let Some(texts) = array.as_string_opt::<i32>() {
            return Ok(Text::Spelled(texts));
        }
        let numbered = array.as_dictionary_opt::<Int32Type>();
        let values = numbered.and_then(|numbered| Some((numbered.keys(), numbered.values().as_string_opt::<i32>()?)));
        values.map(|(keys, values)| Text::Numbered(keys, values)).ok_or_else(|| general("a column that is no text"))
    }

    /// The value of a row.
    fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Text::Spelled(texts) => (!texts.is_null(row)).then(|| bytes_of(texts, row)),
            Text::Numbered(keys, values) => (!keys.is_null(row)).then(|| bytes_of(values, keys.value(row) as usize)),
        }
    }
}

fn bytes_of(texts: &StringArray, row: usize) -> &[u8] {
    texts.value(row).as_bytes()
}

/// Calls `each` with the place in `texts` and the rows there of the rows `wanted` of a group, in order.
fn runs(group: &Group, wanted: Range<usize>, mut each: impl FnMut(usize, Range<usize>)) {
    let mut before = 0;
    for run in &group.runs {
        let start = wanted.start.max(before);
        let end = wanted.end.min(before + run.rows);
        if start < end {
            each(run.batch, run.start + start - before..run.start + end - before);
        }
        before += run.rows;
        if before >= wanted.end {
            return;
        }
    }
}

/// Gives the values numbers until there are more than `limit` bytes of different ones; the rows after have none.
fn numbered(group: &Group, texts: &[Text<'_>], limit: usize) -> (Words, Vec<u32>) {
    let mut words = Words::new();
    let mut numbers = Vec::with_capacity(group.rows);
    // What each batch's own numbers are here.
    let mut known: Vec<Vec<u32>> = vec![Vec::new(); texts.len()];
    let mut full = false;
    runs(group, 0..group.rows, |batch, rows| {
        if full {
            return;
        }
        match &texts[batch] {
            Text::Spelled(texts) if texts.null_count() == texts.len() => {
                numbers.resize(numbers.len() + rows.len(), NULL);
            }
            Text::Spelled(texts) => {
                for row in rows {
                    numbers.push(if texts.is_null(row) { NULL } else { words.number(bytes_of(texts, row)) });
                    if words.page().len() > limit {
                        full = true;
                        return;
                    }
                }
            }
            Text::Numbered(keys, _) if keys.null_count() == keys.len() => {
                numbers.resize(numbers.len() + rows.len(), NULL);
            }
            Text::Numbered(keys, values) if values.len() == 1 && keys.null_count() == 0 => {
                let number = words.number(bytes_of(values, 0));
                numbers.resize(numbers.len() + rows.len(), number);
                full = words.page().len() > limit;
            }
            Text::Numbered(keys, values) => {
                let known = &mut known[batch];
                known.resize(values.len(), NULL);
                for (key, row) in keys.values()[rows.clone()].iter().zip(rows) {
                    if keys.is_null(row) {
                        numbers.push(NULL);
                        continue;
                    }
                    let number = &mut known[*key as usize];
                    if *number == NULL {
                        *number = words.number(bytes_of(values, *key as usize));
                        full = words.page().len() > limit;
                    }
                    numbers.push(*number);
                    if full {
                        return;
                    }
                }
            }
        }
    });
    (words, numbers)
}

/// The length of each row's value, -1 of those without.
fn lengths(group: &Group, texts: &[Text<'_>], wanted: Range<usize>) -> Vec<i32> {
    let mut lengths = Vec::with_capacity(wanted.len());
    runs(group, wanted, |batch, rows| match &texts[batch] {
        Text::Spelled(texts) => {
            let ends = &texts.value_offsets()[rows.start..=rows.end];
            let length = |(row, two): (usize, &[i32])| if texts.is_null(row) { -1 } else { two[1] - two[0] };
            lengths.extend(rows.zip(ends.windows(2)).map(length));
        }
        texts => lengths.extend(rows.map(|row| texts.get(row).map_or(-1, |value| value.len() as i32))),
    });
    lengths
}

/// Returns how many of the first values come to `limit` bytes with their lengths, one at least, and to how many they
/// come.
fn fitting(lengths: &[i32], limit: usize) -> (usize, usize) {
    let mut size = 0;
    for (count, length) in lengths.iter().enumerate() {
        let more = usize::try_from(*length).map_or(0, |length| LENGTH + length);
        if size > 0 && size + more > limit {
            return (count, size);
        }
        size += more;
    }
    (lengths.len(), size)
}

fn bloom(group: &Group, texts: &[Text<'_>], fpp: f64) -> Result<Sbbf> {
    let mut filter = Sbbf::new_with_ndv_fpp(group.rows as u64, fpp)?;
    runs(group, 0..group.rows, |batch, rows| {
        rows.filter_map(|row| texts[batch].get(row)).for_each(|value| filter.insert(value));
    });
    filter.fold_to_target_fpp(fpp);
    Ok(filter)
}

/// What the chunk has come to.
#[derive(Default)]
struct Sizes {
    packed: i64,
    plain: i64,
    dictionary: Option<i64>,
    /// Of the first data page.
    data: i64,
}

struct Writer<'a> {
    file: TrackedWrite<Vec<u8>>,
    zstd: Squeeze,
    nullable: bool,
    room: &'a mut Room,
    sizes: Sizes,
    offsets: OffsetIndexBuilder,
    stats: Vec<PageEncodingStats>,
}

impl<'a> Writer<'a> {
    fn new(descr: &ColumnDescPtr, how: &WriterProperties, room: &'a mut Room) -> Result<Writer<'a>> {
        Ok(Writer {
            file: TrackedWrite::new(Vec::new()),
            zstd: Squeeze::new(how.compression(descr.path()))?,
            nullable: descr.max_def_level() > 0,
            room,
            sizes: Sizes::default(),
            offsets: OffsetIndexBuilder::new(),
            stats: Vec::new(),
        })
    }

    /// Ends a chunk of so many rows and values.
    fn close(
        self,
        descr: &ColumnDescPtr,
        how: &WriterProperties,
        (rows, values): (usize, usize),
        bloom_filter: Option<Sbbf>,
    ) -> Result<Chunk> {
        let Writer { sizes, offsets, stats, file, .. } = self;
        let encodings = stats.iter().map(|stat| stat.encoding).chain([Encoding::RLE]).collect();
        let metadata = ColumnChunkMetaData::builder(Arc::clone(descr))
            .set_compression(how.compression(descr.path()))
            .set_encodings(encodings)
            .set_total_compressed_size(sizes.packed)
            .set_total_uncompressed_size(sizes.plain)
            .set_num_values(values as i64)
            .set_dictionary_page_offset(sizes.dictionary)
            .set_data_page_offset(sizes.data)
            .set_page_encoding_stats(stats)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: sizes.packed as u64,
            rows_written: rows as u64,
            metadata,
            bloom_filter,
            column_index: None,
            offset_index: Some(offsets.build()),
        };
        Ok(Chunk { bytes: file.into_inner()?.into(), close })
    }

    fn dictionary(&mut self, words: &Words) -> Result<()> {
        let buf = self.zstd.pack(words.page(), &mut self.room.packed)?;
        let encoding = Encoding::PLAIN;
        let num_values = words.count() as u32;
        self.put(Page::DictionaryPage { buf, num_values, encoding, is_sorted: false }, words.page().len(), 0)
    }

    /// A page of rows by the numbers of their values.
    fn numbers(&mut self, numbers: &[u32]) -> Result<()> {
        let mut page = self.page(numbers.len() / 2);
        let nulls = numbers.iter().filter(|number| **number == NULL).count();
        self.levels(
            numbers.len(),
            nulls,
            || numbers.iter().map(|number| u32::from(*number != NULL)).collect(),
            &mut page,
        );
        let there: Vec<u32>;
        let numbers_there = match nulls {
            0 => numbers,
            _ => {
                there = numbers.iter().copied().filter(|number| *number != NULL).collect();
                &there
            }
        };
        packed(numbers_there, &mut page);
        self.data(page, (numbers.len(), numbers.len()), Encoding::RLE_DICTIONARY)
    }

    /// A page of rows from `first` on by their values, whose lengths are known and come to `size` bytes with them.
    fn texts(
        &mut self,
        group: &Group,
        texts: &[Text<'_>],
        first: usize,
        lengths: &[i32],
        size: usize,
        apart: bool,
    ) -> Result<()> {
        let count = lengths.len();
        let mut page = self.page(size + count / 4);
        let nulls = lengths.iter().filter(|length| **length < 0).count();
        self.levels(count, nulls, || lengths.iter().map(|length| u32::from(*length >= 0)).collect(), &mut page);
        if apart {
            let there: Vec<i32> = lengths.iter().copied().filter(|length| *length >= 0).collect();
            bits::lengths(&there, &mut page);
        }
        runs(group, first..first + count, |batch, rows| {
            for value in rows.filter_map(|row| texts[batch].get(row)) {
                if !apart {
                    page.extend_from_slice(&(value.len() as u32).to_le_bytes());
                }
                page.extend_from_slice(value);
            }
        });
        self.data(page, (count, count), if apart { Encoding::DELTA_LENGTH_BYTE_ARRAY } else { Encoding::PLAIN })
    }

    /// Which of the rows have a value, where a row may have none.
    fn levels(&self, rows: usize, nulls: usize, levels: impl FnOnce() -> Vec<u32>, page: &mut Vec<u8>) {
        if !self.nullable {
            return;
        }
        section(page, |page| match nulls {
            0 => bits::repeated(1, rows, 1, page),
            all if all == rows => bits::repeated(0, rows, 1, page),
            _ => bits::hybrid(&levels(), 1, page),
        });
    }

    /// An empty page with room for so many bytes.
    fn page(&mut self, bytes: usize) -> Vec<u8> {
        let mut page = std::mem::take(&mut self.room.plain);
        page.clear();
        page.reserve(bytes);
        page
    }

    fn data(&mut self, page: Vec<u8>, (rows, values): (usize, usize), encoding: Encoding) -> Result<()> {
        let buf = self.zstd.pack(&page, &mut self.room.packed)?;
        let (num_values, levels) = (values as u32, Encoding::RLE);
        let data = Page::DataPage {
            buf,
            num_values,
            encoding,
            def_level_encoding: levels,
            rep_level_encoding: levels,
            statistics: None,
        };
        self.put(data, page.len(), rows)?;
        self.room.plain = page;
        Ok(())
    }

    fn put(&mut self, page: Page, plain: usize, rows: usize) -> Result<()> {
        let (page_type, encoding) = (page.page_type(), page.encoding());
        let spec = SerializedPageWriter::new(&mut self.file).write_page(CompressedPage::new(page, plain))?;
        self.sizes.packed += spec.compressed_size as i64;
        self.sizes.plain += spec.uncompressed_size as i64;
        if page_type == PageType::DICTIONARY_PAGE {
            self.sizes.dictionary = Some(spec.offset as i64);
        } else {
            if !self.stats.iter().any(|stat| stat.page_type == page_type) {
                self.sizes.data = spec.offset as i64;
            }
            self.offsets.append_row_count(rows as i64);
            self.offsets.append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        }
        match self.stats.last_mut() {
            Some(stat) if stat.page_type == page_type && stat.encoding == encoding => stat.count += 1,
            _ => self.stats.push(PageEncodingStats { page_type, encoding, count: 1 }),
        }
        Ok(())
    }
}

/// Appends numbers of words and with how many bits they are written.
fn packed(numbers: &[u32], page: &mut Vec<u8>) {
    let width = bits::width(numbers.iter().max().copied().unwrap_or_default());
    page.push(width as u8);
    bits::hybrid(numbers, width, page);
}

/// A compressor for one chunk: what it makes must not hang on what another thread gave it before.
enum Squeeze {
    Plain,
    Zstd { zstd: zstd::bulk::Compressor<'static>, level: i32 },
}

impl Squeeze {
    fn new(compression: Compression) -> Result<Squeeze> {
        match compression {
            Compression::UNCOMPRESSED => Ok(Squeeze::Plain),
            Compression::ZSTD(level) => {
                let level = level.compression_level();
                Ok(Squeeze::Zstd { zstd: zstd::bulk::Compressor::new(level)?, level })
            }
            _ => Err(general("another compression than zstd")),
        }
    }

    fn pack(&mut self, page: &[u8], packed: &mut Vec<u8>) -> Result<bytes::Bytes> {
        let Squeeze::Zstd { zstd, level } = self else { return Ok(bytes::Bytes::copy_from_slice(page)) };
        if *level == 3 {
            let limits = if page.len() < LONG { [0; 4] } else { LIMITS };
            let [window, hash, chain, least] = limits;
            zstd.set_parameter(CParameter::WindowLog(window))?;
            zstd.set_parameter(CParameter::HashLog(hash))?;
            zstd.set_parameter(CParameter::ChainLog(chain))?;
            zstd.set_parameter(CParameter::MinMatch(least))?;
        }
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(page.len()));
        zstd.compress_to_buffer(page, packed)?;
        Ok(bytes::Bytes::copy_from_slice(packed))
    }
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
