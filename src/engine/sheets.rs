//! The Parquet files of a table read straight, one row group at a time: short columns of all its rows, and then long columns
//! of those few rows that hang on them. DataFusion would need a second scan for that.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelectionPolicy,
};
use parquet::file::metadata::PageIndexPolicy;

use crate::error::{BoxError, Error, Result};

/// The files of one table.
pub struct Sheets {
    schema: SchemaRef,
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
    /// Every row group, by its file and its place there, in the order of the files.
    groups: Vec<(usize, usize)>,
}

impl Sheets {
    /// Reads what the files of a table with that schema say of themselves.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn open(schema: &SchemaRef, paths: &[PathBuf]) -> Result<Sheets> {
        let mut sheets = Sheets { schema: Arc::clone(schema), files: Vec::new(), groups: Vec::new() };
        for path in paths {
            let file = File::open(path).map_err(Error::io("open", path))?;
            let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
            let metadata = ArrowReaderMetadata::load(&file, options).map_err(damaged(path))?;
            let groups = 0..metadata.metadata().num_row_groups();
            sheets.groups.extend(groups.map(|group| (sheets.files.len(), group)));
            sheets.files.push((path.clone(), metadata));
        }
        Ok(sheets)
    }

    /// How many row groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Reads `columns` of a row group, of all rows or of `rows` in their order, with the types of the table's schema. A
    /// column that an older file does not have is null.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, group: usize, columns: &[&str], rows: Option<&[usize]>) -> Result<RecordBatch> {
        let (file, group) = self.groups[group];
        let (path, metadata) = &self.files[file];
        let count = metadata.metadata().row_group(group).num_rows() as usize;
        let mask = {
            let roots = metadata.schema().fields().iter().enumerate();
            let wanted = roots.filter(|(_, field)| columns.contains(&field.name().as_str()));
            ProjectionMask::roots(metadata.parquet_schema(), wanted.map(|(place, _)| place))
        };
        let file = File::open(path).map_err(Error::io("open", path))?;
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_batch_size(count);
        if let Some(rows) = rows {
            let ranges = rows.iter().map(|row| *row..*row + 1);
            // Left to itself it would build the arrays of all rows, and then take those few out.
            builder = builder
                .with_row_selection(RowSelection::from_consecutive_ranges(ranges, count))
                .with_row_selection_policy(RowSelectionPolicy::Selectors);
        }
        let mut reader = builder.build().map_err(damaged(path))?;
        let found = reader.next().transpose().map_err(damaged(path))?;
        let count = rows.map_or(count, <[usize]>::len);
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for name in columns {
            let field = self.schema.field_with_name(name).map_err(damaged(path))?;
            let array: ArrayRef = match found.as_ref().and_then(|batch| batch.column_by_name(name)) {
                Some(array) if array.data_type() == field.data_type() => Arc::clone(array),
                Some(array) => cast(array, field.data_type()).map_err(damaged(path))?,
                None => new_null_array(field.data_type(), count),
            };
            fields.push(field.clone().with_nullable(true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(damaged(path))
    }
}

fn damaged<E: Into<BoxError>>(path: &Path) -> impl FnOnce(E) -> Error + '_ {
    move |source| Error::Damaged { path: path.into(), source: source.into() }
}
