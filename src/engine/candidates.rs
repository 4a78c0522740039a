//! The rows a rule set may have something to say about, found while a file is scanned.
//!
//! [`filter`], which DataFusion pushes into the Parquet scan, lets what only a verdict carries be decoded for those rows
//! alone. It asks the rules themselves, with every test on a body answered "cannot tell", so it never leaves out a row
//! that a rule could match.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Schema, SchemaRef, UInt32Type, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::col;

use super::bodies::BODIES;
use super::scan::Program;
use crate::model::tables::audit;

/// See the module's description.
struct Candidates {
    program: Arc<Program>,
    columns: SchemaRef,
    signature: Signature,
}

/// Returns the filter for a program.
pub fn filter(program: &Arc<Program>) -> Expr {
    let schema = &audit::TABLE.schema;
    let names: Vec<&str> = program.compiled.columns().into_iter().filter(|name| !BODIES.contains(name)).collect();
    let fields = names.iter().filter_map(|name| schema.field_with_name(name).ok().cloned());
    let columns = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let signature = Signature::any(names.len() + 1, Volatility::Immutable);
    let asked = ScalarUDF::from(Candidates { program: Arc::clone(program), columns, signature });
    let mut asked_of: Vec<Expr> = names.iter().map(|name| col(format!("\"{name}\""))).collect();
    // DataFusion pushes an expression over lists into a scan only when there is a test in it that it knows.
    asked_of.push(col("user_groups").is_not_null());
    asked.call(asked_of)
}

/// The values a function was asked of, as arrays.
fn arrays(asked: ScalarFunctionArgs) -> Result<Vec<ArrayRef>> {
    let rows = asked.number_rows;
    asked.args.into_iter().map(|arg| arg.into_array(rows)).collect()
}

impl fmt::Debug for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidates of {} tests", self.program.compiled.tests())
    }
}

impl PartialEq for Candidates {
    fn eq(&self, other: &Candidates) -> bool {
        Arc::ptr_eq(&self.program, &other.program)
    }
}

impl Eq for Candidates {}

impl Hash for Candidates {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.program).hash(state);
    }
}

impl ScalarUDFImpl for Candidates {
    fn name(&self) -> &'static str {
        "rule_candidates"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, asked: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = asked.number_rows;
        let mut arrays = arrays(asked)?;
        arrays.truncate(self.columns.fields().len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.columns), arrays, &options)?;
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(self.program.compiled.candidates(&batch), None))))
    }
}

/// The rows at some places of the evidence.
#[derive(Debug, PartialEq, Eq)]
struct Places {
    places: HashSet<(u32, u64)>,
    signature: Signature,
}

impl Hash for Places {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.places.len().hash(state);
    }
}

/// Returns the filter for the rows at `places`, for a scan that reads long columns of few rows.
pub fn at(places: HashSet<(u32, u64)>) -> Expr {
    let signature = Signature::any(2, Volatility::Immutable);
    ScalarUDF::from(Places { places, signature }).call(vec![col("evidence"), col("\"offset\"")])
}

impl ScalarUDFImpl for Places {
    fn name(&self) -> &'static str {
        "at_places"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, asked: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = arrays(asked)?;
        let (evidence, offset) = (arrays[0].as_primitive::<UInt32Type>(), arrays[1].as_primitive::<UInt64Type>());
        let at = evidence.values().iter().zip(offset.values()).map(|(e, o)| Some(self.places.contains(&(*e, *o))));
        Ok(ColumnarValue::Array(Arc::new(at.collect::<BooleanArray>())))
    }
}
