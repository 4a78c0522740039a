//! The events of findings, as rows: a replay may find a million of them, and most are never looked at. Of each row what a
//! finding shows is packed; an event is read out of it when somebody asks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use datafusion::common::Result;

use super::finding::{Event, Reader};
use super::program::carried;
use crate::model::{Micros, Span};

/// How many rows are packed together; they are unpacked together too.
const ROWS: usize = 1_024;

/// Fewer rows are not worth it.
const FEW: usize = 64;

/// How many bytes of rows are held as they are, by all replays of the process; what comes beyond is packed. Nearly every
/// replay has fewer, and unpacking takes longer than all else that is done with a finding. Tests have few.
const HELD: usize = if cfg!(test) { 16 << 10 } else { 64 << 20 };

static PLAIN: AtomicUsize = AtomicUsize::new(0);

/// Of zstd: the first level takes most of it.
const LEVEL: i32 = 1;

/// Rows of what findings show.
pub(super) enum Leaf {
    /// With how many bytes it counts as held.
    Plain(RecordBatch, usize),
    /// A stream of Arrow with one batch, and how long it is unpacked.
    Packed(Box<[u8]>, usize),
}

impl Leaf {
    fn new(rows: RecordBatch) -> Result<Leaf> {
        let bytes = rows.get_array_memory_size();
        if rows.num_rows() < FEW || PLAIN.load(Ordering::Relaxed) + bytes <= HELD {
            PLAIN.fetch_add(bytes, Ordering::Relaxed);
            return Ok(Leaf::Plain(rows, bytes));
        }
        let mut stream = StreamWriter::try_new(Vec::new(), &rows.schema())?;
        stream.write(&rows)?;
        let plain = stream.into_inner()?;
        Ok(Leaf::Packed(zstd::bulk::compress(&plain, LEVEL)?.into_boxed_slice(), plain.len()))
    }

    fn rows(&self) -> RecordBatch {
        let (bytes, length) = match self {
            Leaf::Plain(rows, _) => return rows.clone(),
            Leaf::Packed(bytes, length) => (bytes, *length),
        };
        let unpacked = zstd::bulk::decompress(bytes, length).ok().and_then(|plain| {
            let mut stream = StreamReader::try_new(&plain[..], None).ok()?;
            stream.next()?.ok()
        });
        let Some(rows) = unpacked else { unreachable!("what was packed in memory can be unpacked") };
        rows
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        if let Leaf::Plain(_, bytes) = self {
            PLAIN.fetch_sub(*bytes, Ordering::Relaxed);
        }
    }
}

/// One event: what orders it, and the row that says the rest.
#[derive(Clone)]
pub(super) struct At {
    pub(super) time: Option<Micros>,
    pub(super) span: Span,
    leaf: Arc<Leaf>,
    row: u32,
}

impl At {
    fn order(&self) -> (Option<Micros>, Span) {
        (self.time, self.span)
    }
}

/// Takes what findings show of some rows of a batch; the answers are in the order of `rows`.
///
/// # Errors
/// When rows cannot be taken out of the batch.
pub(super) fn taken(events: &RecordBatch, rows: &[usize]) -> Result<Vec<At>> {
    let mut all = Vec::with_capacity(rows.len());
    for rows in rows.chunks(ROWS) {
        let leaf = Arc::new(Leaf::new(carried(events, rows)?)?);
        all.extend(rows.iter().zip(0..).map(|(own, row)| At {
            time: Event::time(events, *own),
            span: Event::span(events, *own),
            leaf: Arc::clone(&leaf),
            row,
        }));
    }
    Ok(all)
}

/// The events of a finding, in their order, each once.
#[derive(Clone, Default)]
pub struct Events {
    at: Vec<At>,
    /// They are objects of a snapshot: nobody saw them happen.
    standing: bool,
}

impl Events {
    /// Puts events in order, each once.
    pub(super) fn new(mut at: Vec<At>, standing: bool) -> Events {
        at.sort_by_key(At::order);
        if at.windows(2).all(|two| two[0].order() != two[1].order()) {
            return Events { at, standing };
        }
        // Several rows may have the bytes of one record, or of one row group: then all that they say is their order.
        let mut all = Vec::with_capacity(at.len());
        for same in at.chunk_by(|one, other| one.order() == other.order()) {
            let same = Events { at: same.to_vec(), standing };
            match same.at.len() {
                1 => all.extend(same.at),
                _ => {
                    let mut read: Vec<(Event, &At)> = same.iter().zip(&same.at).collect();
                    read.sort_by(|one, other| one.0.cmp(&other.0));
                    read.dedup_by(|one, other| one.0 == other.0);
                    all.extend(read.into_iter().map(|(_, at)| at.clone()));
                }
            }
        }
        Events { at: all, standing }
    }

    /// The part of them at some places of their order, which are in order.
    pub(super) fn only(&self, places: &[u32]) -> Events {
        Events { at: places.iter().map(|place| self.at[*place as usize].clone()).collect(), standing: self.standing }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Where they lie.
    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.at.iter().map(|at| at.span)
    }

    /// Reads them.
    pub fn iter(&self) -> Iter<'_> {
        Iter { events: self, next: 0, open: Vec::new() }
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = Event;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Events) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// How many leaves are open at once: events of several row groups take turns where those were written side by side.
const OPEN: usize = 8;

/// Reads events; those of one leaf often follow each other.
pub struct Iter<'a> {
    events: &'a Events,
    next: usize,
    /// The one that was read last is the last.
    open: Vec<(&'a Arc<Leaf>, Reader)>,
}

impl Iterator for Iter<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let at = self.events.at.get(self.next)?;
        self.next += 1;
        let known = self.open.iter().rposition(|(leaf, _)| Arc::ptr_eq(leaf, &at.leaf));
        let open = match known {
            Some(place) => self.open.remove(place),
            None => (&at.leaf, Reader::new(at.leaf.rows())),
        };
        if self.open.len() >= OPEN {
            self.open.remove(0);
        }
        let mut event = open.1.event(at.row as usize);
        self.open.push(open);
        if self.events.standing {
            (event.verb, event.code, event.stage) = (None, None, None);
        }
        Some(event)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.events.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array};

    use super::*;

    /// Events with these times and offsets, and names that say their place in the list.
    fn batch(events: &[(i64, u64, &str)]) -> RecordBatch {
        let times = TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.0));
        let columns: [(&str, ArrayRef); 6] = [
            ("time", Arc::new(times.with_timezone("+00:00"))),
            ("evidence", Arc::new(UInt32Array::from_iter_values(events.iter().map(|_| 1)))),
            ("offset", Arc::new(UInt64Array::from_iter_values(events.iter().map(|event| event.1)))),
            ("length", Arc::new(UInt64Array::from_iter_values(events.iter().map(|_| 7)))),
            ("name", Arc::new(StringArray::from_iter_values(events.iter().map(|event| event.2)))),
            ("verb", Arc::new(StringArray::from_iter_values(events.iter().map(|_| "get")))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn what_is_packed_is_read_as_it_was_in_the_order_of_time() {
        let names: Vec<String> = (0..3_000).map(|number| format!("n{number}")).collect();
        let events: Vec<(i64, u64, &str)> =
            names.iter().zip(0..).map(|(name, n)| (n * 7 % 3_001, n as u64, &**name)).collect();
        let batch = batch(&events);
        let rows: Vec<usize> = (0..3_000).rev().filter(|row| row % 3 > 0).collect();
        let found = Events::new(taken(&batch, &rows).unwrap(), false);
        let mut wanted: Vec<Event> = rows.iter().map(|row| Event::read(&batch, *row)).collect();
        wanted.sort();
        assert_eq!((found.len(), found.iter().collect::<Vec<_>>()), (2_000, wanted.clone()));
        assert_eq!(found.spans().collect::<Vec<_>>(), wanted.iter().map(|event| event.span).collect::<Vec<_>>());
        let some: Vec<u32> = (0..2_000).step_by(99).collect();
        assert!(found.only(&some).iter().eq(wanted.into_iter().step_by(99)));
        let standing = Events::new(taken(&batch, &[5]).unwrap(), true);
        assert_eq!(standing.iter().map(|event| event.verb).collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn rows_with_the_bytes_of_one_record_are_ordered_by_what_they_say_and_equal_ones_are_one() {
        let batch = batch(&[(1, 5, "b"), (1, 5, "a"), (0, 9, "z"), (1, 5, "b"), (2, 1, "c")]);
        let found = Events::new(taken(&batch, &[0, 1, 2, 3, 4]).unwrap(), false);
        let names: Vec<String> = found.iter().filter_map(|event| event.name).collect();
        assert_eq!(names, ["z", "a", "b", "c"]);
    }
}
