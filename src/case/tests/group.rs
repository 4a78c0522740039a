//! Rows put in order without being moved, and what of them is held back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, Fields};

use crate::case::group::{Group, Lot};
use crate::case::store::size_of;

/// Lists of structures, some of which lack; row `n` has `n % 3` items.
fn lists(rows: &[u64]) -> ArrayRef {
    let items: Vec<u64> = rows.iter().flat_map(|row| (0..row % 3).map(move |item| row * 10 + item)).collect();
    let texts: StringArray = items.iter().map(|item| (item % 4 > 0).then(|| format!("item {item}"))).collect();
    let numbers: Int64Array = items.iter().map(|item| (item % 5 > 0).then_some(*item as i64)).collect();
    let fields =
        Fields::from(vec![Field::new("text", DataType::Utf8, true), Field::new("number", DataType::Int64, true)]);
    let parts = StructArray::new(fields.clone(), vec![Arc::new(texts), Arc::new(numbers)], None);
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|row| (row % 3) as usize));
    let there = NullBuffer::from_iter(rows.iter().map(|row| row % 3 > 0 || row % 2 > 0));
    let item = Arc::new(Field::new("item", DataType::Struct(fields), true));
    Arc::new(ListArray::new(item, offsets, Arc::new(parts), Some(there)))
}

/// Events of these times, which are their offsets too.
fn batch(times: &[u64]) -> RecordBatch {
    let flags: BooleanArray = times.iter().map(|time| (time % 7 > 0).then_some(time % 2 == 0)).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(times.iter().map(|time| Some(*time as i64)).collect::<TimestampMicrosecondArray>())),
        ("evidence", Arc::new(UInt32Array::from_value(0, times.len()))),
        ("offset", Arc::new(UInt64Array::from(times.to_vec()))),
        ("flag", Arc::new(flags)),
        ("lists", lists(times)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn offsets(group: &Group) -> Vec<u64> {
    group.column(2).unwrap().as_primitive::<arrow::datatypes::UInt64Type>().values().to_vec()
}

#[test]
fn every_column_of_a_group_is_in_the_order_of_time() {
    let times: Vec<Vec<u64>> =
        vec![(0..40).map(|n| n * 3).collect(), (10..70).map(|n| n * 2 + 1).collect(), vec![50, 8]];
    let batches: Vec<RecordBatch> = times.iter().map(|times| batch(times)).collect();
    let mut all: Vec<u64> = times.concat();
    let mut order: Vec<u64> = (0..all.len() as u64).collect();
    order.sort_by_key(|row| all[*row as usize]);
    let group = Group::new(batches.iter().cloned().map(Lot::all).collect());
    assert_eq!(group.rows, all.len());
    for column in 0..batches[0].num_columns() {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(column).as_ref()).collect();
        let expected = take(&concat(&parts).unwrap(), &UInt64Array::from(order.clone()), None).unwrap();
        assert_eq!(&group.column(column).unwrap(), &expected, "column {column}");
    }
    all.sort_unstable();
    assert_eq!(offsets(&group), all);
}

#[test]
fn rows_that_are_held_back_come_later_and_few_of_them_hold_no_large_batch() {
    let mostly_written: Vec<u64> = (0..100).chain([900]).collect();
    let mostly_kept: Vec<u64> = (90..200).collect();
    let batches = [batch(&mostly_written), batch(&mostly_kept)];
    let mut group = Group::new(batches.iter().cloned().map(Lot::all).collect());
    let kept = group.split_off(105).unwrap();
    let mut all = [mostly_written, mostly_kept].concat();
    all.sort_unstable();
    assert_eq!(offsets(&group), all[..105]);
    assert_eq!(kept.iter().map(Lot::count).sum::<usize>(), all.len() - 105);
    let same = |lot: &Lot, batch: &RecordBatch| Arc::ptr_eq(lot.batch.column(0), batch.column(0));
    assert!(kept.iter().any(|lot| same(lot, &batches[1])), "it is not copied");
    assert!(!kept.iter().any(|lot| same(lot, &batches[0])), "one row of it must not hold it");
    let mut rest = Group::new(kept);
    assert_eq!(offsets(&rest), all[105..]);
    assert!(rest.split_off(1_000).unwrap().is_empty());
}

#[test]
fn the_size_of_rows_is_what_arrow_says_it_is() {
    let batch = batch(&(0..300).collect::<Vec<_>>());
    for rows in [batch.clone(), batch.slice(17, 130), batch.slice(5, 0)] {
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            let expected = column.to_data().get_slice_memory_size().unwrap();
            assert_eq!(size_of(column), expected, "{} of {} rows", field.name(), rows.num_rows());
        }
    }
}
