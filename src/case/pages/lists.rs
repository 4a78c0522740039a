//! Columns of lists of text.

use arrow::array::{Array, AsArray, ListArray, StringArray};
use arrow::datatypes::DataType;
use parquet::basic::Encoding;
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnDescPtr;

use super::words::Words;
use super::{Chunk, Room, Writer, bits, packed, runs, section};
use crate::case::group::Group;

/// Definition levels of a list that may lack and whose items may lack.
const NO_LIST: u32 = 0;
const EMPTY: u32 = 1;
const NO_ITEM: u32 = 2;
const ITEM: u32 = 3;

/// Says whether columns of this type can be written here.
pub fn is_list(kind: &DataType) -> bool {
    matches!(kind, DataType::List(item) if *item.data_type() == DataType::Utf8)
}

/// Writes one column of a group; None when its different texts are too many for a dictionary, or it is to be written in
/// another way than with one.
///
/// # Errors
/// When zstd fails.
pub fn write(
    group: &Group,
    column: usize,
    descr: &ColumnDescPtr,
    how: &WriterProperties,
    room: &mut Room,
) -> Result<Option<Chunk>> {
    let path = descr.path();
    let batches = group.batches.iter().map(|batch| lists(batch.column(column)));
    let Some(batches) = batches.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let plain = how.statistics_enabled(path) == EnabledStatistics::None && how.bloom_filter_properties(path).is_none();
    if !plain || !how.dictionary_enabled(path) || (descr.max_def_level(), descr.max_rep_level()) != (3, 1) {
        return Ok(None);
    }
    let (limit, page_rows) = (how.column_dictionary_page_size_limit(path), how.data_page_row_count_limit());
    let mut words = Words::new();
    let mut page = Levels::default();
    let mut pages = Vec::new();
    runs(group, 0..group.rows, |batch, rows| {
        let (lists, items) = batches[batch];
        for row in rows {
            if page.rows == page_rows {
                pages.push(std::mem::take(&mut page));
            }
            page.push(lists, items, row, &mut words);
        }
    });
    if words.page().len() > limit {
        return Ok(None);
    }
    pages.push(page);
    let mut writer = Writer::new(descr, how, room)?;
    writer.dictionary(&words)?;
    let mut values = 0;
    for levels in &pages {
        values += levels.lacking.len();
        writer.lists(levels)?;
    }
    writer.close(descr, how, (group.rows, values), None).map(Some)
}

fn lists(array: &dyn Array) -> Option<(&ListArray, &StringArray)> {
    let lists = array.as_list_opt::<i32>()?;
    Some((lists, lists.values().as_string_opt::<i32>()?))
}

/// The rows of a page: for each item, or list without one, whether it goes on a row, and what there is of it.
#[derive(Default)]
struct Levels {
    rows: usize,
    goes_on: Vec<u32>,
    lacking: Vec<u32>,
    numbers: Vec<u32>,
}

impl Levels {
    fn push(&mut self, lists: &ListArray, items: &StringArray, row: usize, words: &mut Words) {
        self.rows += 1;
        let ends = &lists.value_offsets()[row..=row + 1];
        let range = ends[0] as usize..ends[1] as usize;
        if lists.is_null(row) || range.is_empty() {
            self.goes_on.push(0);
            self.lacking.push(if lists.is_null(row) { NO_LIST } else { EMPTY });
            return;
        }
        for (place, item) in range.enumerate() {
            self.goes_on.push(u32::from(place > 0));
            if items.is_null(item) {
                self.lacking.push(NO_ITEM);
            } else {
                self.lacking.push(ITEM);
                self.numbers.push(words.number(items.value(item).as_bytes()));
            }
        }
    }
}

impl Writer<'_> {
    fn lists(&mut self, levels: &Levels) -> Result<()> {
        let mut page = self.page(levels.lacking.len());
        for (levels, most) in [(&levels.goes_on, 1), (&levels.lacking, ITEM)] {
            section(&mut page, |page| bits::hybrid(levels, bits::width(most), page));
        }
        packed(&levels.numbers, &mut page);
        self.data(page, (levels.rows, levels.lacking.len()), Encoding::RLE_DICTIONARY)
    }
}
