//! The columns of a row group to chunks, side by side, while the caller goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};

use super::group::Group;
use super::pages::{self, lists};

/// Rows from which on threads are worth starting.
const MANY: usize = 4_096;

/// How the columns of a file are written.
pub struct Plan {
    how: WriterPropertiesPtr,
    columns: Vec<Column>,
    /// Makes the writers of the columns that are not written here.
    others: ArrowRowGroupWriterFactory,
}

enum Column {
    Text(ColumnDescPtr),
    List(ColumnDescPtr),
    Other(Vec<ColumnDescPtr>),
}

impl Plan {
    /// Plans for a table of that schema, which is `leaves` in Parquet.
    pub fn new(schema: &SchemaRef, leaves: &SchemaDescriptor, how: &WriterPropertiesPtr) -> Result<Plan> {
        let own = |field: &Field| pages::is_text(field.data_type());
        let of = |root: usize| (0..leaves.num_columns()).filter(move |leaf| leaves.get_column_root_idx(*leaf) == root);
        let column = |(root, field): (usize, &Arc<Field>)| match of(root).next() {
            Some(leaf) if own(field) => Column::Text(leaves.column(leaf)),
            Some(leaf) if lists::is_list(field.data_type()) => Column::List(leaves.column(leaf)),
            _ => Column::Other(of(root).map(|leaf| leaves.column(leaf)).collect()),
        };
        let columns = schema.fields().iter().enumerate().map(column).collect();
        let others = schema.fields().iter().filter(|field| !own(field)).cloned().collect::<Vec<_>>();
        // Only what makes writers is wanted of this one.
        let none =
            ArrowWriter::try_new(std::io::sink(), Arc::new(Schema::new(others)), Some(WriterProperties::clone(how)))?;
        let (_, others) = none.into_serialized_writer()?;
        Ok(Plan { how: Arc::clone(how), columns, others })
    }
}

/// A row group whose columns are being encoded.
pub struct Encoding {
    here: Vec<Part>,
    threads: Vec<JoinHandle<Result<Vec<Part>>>>,
}

/// The chunks of one top-level column.
type Part = (usize, Vec<Chunk>);

enum Chunk {
    Own(pages::Chunk),
    Other(ArrowColumnChunk),
}

/// What is to be done for one top-level column.
enum Task {
    Text(ColumnDescPtr),
    /// With the writer that it is left to if it must be.
    List(ColumnDescPtr, Vec<ArrowColumnWriter>),
    Other(Vec<ArrowColumnWriter>),
    /// There is nothing in these leaves.
    Nothing(Vec<ColumnDescPtr>),
}

struct Work {
    group: Group,
    how: WriterPropertiesPtr,
    tasks: Vec<Mutex<Option<Task>>>,
    /// Largest first, so that no thread is left with one at the end.
    order: Vec<usize>,
    next: AtomicUsize,
}

impl Encoding {
    /// Starts on a group, the `number`th of its file.
    pub fn start(group: Group, plan: &Plan, number: usize) -> Result<Encoding> {
        let mut writers = plan.others.create_column_writers(number)?.into_iter();
        let nothing = |column: usize| group.batches.iter().all(|b| b.column(column).null_count() == b.num_rows());
        let mut task = |(place, column): (usize, &Column)| match column {
            Column::Text(leaf) => Task::Text(Arc::clone(leaf)),
            Column::List(leaf) => Task::List(Arc::clone(leaf), writers.by_ref().take(1).collect()),
            Column::Other(leaves) => {
                let own = writers.by_ref().take(leaves.len()).collect();
                if nothing(place) { Task::Nothing(leaves.clone()) } else { Task::Other(own) }
            }
        };
        let tasks = plan.columns.iter().enumerate().map(|column| Mutex::new(Some(task(column)))).collect::<Vec<_>>();
        let size =
            |column: usize| group.batches.iter().map(|b| b.column(column).get_array_memory_size()).sum::<usize>();
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_cached_key(|column| std::cmp::Reverse(size(*column)));
        let many = group.rows >= MANY;
        let work = Arc::new(Work { group, how: Arc::clone(&plan.how), tasks, order, next: AtomicUsize::new(0) });
        if !many {
            return Ok(Encoding { here: work.run()?, threads: Vec::new() });
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let run = |_| {
            let work = Arc::clone(&work);
            std::thread::spawn(move || work.run())
        };
        Ok(Encoding { here: Vec::new(), threads: (0..threads).map(run).collect() })
    }

    /// Waits for the columns and puts them into the file, in their order.
    pub fn finish<W: std::io::Write + Send>(self, row_group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        let mut parts = self.here;
        for thread in self.threads {
            let failed = |_| ParquetError::General("a thread of the writer failed".to_owned());
            parts.extend(thread.join().map_err(failed)??);
        }
        parts.sort_by_key(|(place, _)| *place);
        for chunk in parts.into_iter().flat_map(|(_, chunks)| chunks) {
            match chunk {
                Chunk::Own(pages::Chunk { bytes, close }) => row_group.append_column(&bytes, close)?,
                Chunk::Other(chunk) => chunk.append_to_row_group(row_group)?,
            }
        }
        Ok(())
    }
}

impl Work {
    fn run(&self) -> Result<Vec<Part>> {
        let (mut done, mut room) = (Vec::new(), pages::Room::default());
        while let Some(place) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let task = self.tasks[*place].lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(task) = task {
                done.push((*place, self.chunks(*place, task, &mut room)?));
            }
        }
        Ok(done)
    }

    fn chunks(&self, place: usize, task: Task, room: &mut pages::Room) -> Result<Vec<Chunk>> {
        let (group, how) = (&self.group, &self.how);
        match task {
            Task::Text(leaf) => Ok(vec![Chunk::Own(pages::write(group, place, &leaf, how, room)?)]),
            Task::List(leaf, writers) => match lists::write(group, place, &leaf, how, room)? {
                Some(chunk) => Ok(vec![Chunk::Own(chunk)]),
                None => self.leaves(place, writers),
            },
            Task::Other(writers) => self.leaves(place, writers),
            Task::Nothing(leaves) => {
                let mut nothing = |leaf| pages::write_nothing(group.rows, leaf, how, room).map(Chunk::Own);
                leaves.iter().map(&mut nothing).collect()
            }
        }
    }

    fn leaves(&self, place: usize, mut writers: Vec<ArrowColumnWriter>) -> Result<Vec<Chunk>> {
        let schema = self.group.batches[0].schema();
        // All at once: what a writer does for each piece it is given costs more than to put the pieces together.
        let leaves = compute_leaves(schema.field(place), &self.group.column(place)?)?;
        writers.iter_mut().zip(leaves).try_for_each(|(writer, leaf)| writer.write(&leaf))?;
        writers.into_iter().map(|writer| Ok(Chunk::Other(writer.close()?))).collect()
    }
}
