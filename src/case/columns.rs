//! Columns of open tables: what two batches have together, and one batch in the columns of many.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::{can_cast_types, cast};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::error::{Error, Result};
use crate::formats::typed;
use crate::model::table;

/// Returns the columns of both, those of `first` first, but ours at the end. A column that has two types is as wide as
/// both: a number with a fraction, or text.
pub fn widened(first: &Schema, second: &Schema) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = first.fields().iter().cloned().collect();
    for field in second.fields() {
        match fields.iter_mut().find(|known| known.name().eq_ignore_ascii_case(field.name())) {
            Some(known) if known.data_type() != field.data_type() => {
                let kind = wider(known.data_type(), field.data_type());
                *known = Arc::new(Field::new(known.name(), kind, known.is_nullable() || field.is_nullable()));
            }
            Some(_) => {}
            None => fields.push(Arc::clone(field)),
        }
    }
    let ours = table::ours();
    let is_ours = |field: &Arc<Field>| ours.iter().position(|own| own.name == field.name());
    // Stable: everything else keeps its order.
    fields.sort_by_key(|field| is_ours(field).map_or(0, |place| place + 1));
    Arc::new(Schema::new(fields))
}

fn wider(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Float64, Int32, Int64};
    match (a, b) {
        (Int32, Int64) | (Int64, Int32) => Int64,
        (Int32 | Int64, Float64) | (Float64, Int32 | Int64) => Float64,
        _ => table::text(),
    }
}

/// Returns `batch` in the columns of `schema`: what it lacks is null, and text becomes what the column is.
pub fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let bug = |source: arrow::error::ArrowError| Error::Bug {
        what: "rows of a table in the columns of its other rows".into(),
        source: source.into(),
    };
    let own = batch.schema();
    let column = |field: &Arc<Field>| -> Result<ArrayRef, arrow::error::ArrowError> {
        let place = own.fields().iter().position(|known| known.name().eq_ignore_ascii_case(field.name()));
        let Some(place) = place else { return Ok(new_null_array(field.data_type(), batch.num_rows())) };
        let array = batch.column(place);
        match (array.data_type(), field.data_type()) {
            (from, to) if from == to => Ok(Arc::clone(array)),
            // By our own reading of times, not by Arrow's.
            (DataType::Utf8, to) => Ok(typed(array, to)),
            (from, to) if can_cast_types(from, to) => cast(array, to),
            (_, to) => Ok(new_null_array(to, batch.num_rows())),
        }
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>().map_err(bug)?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(bug)
}
