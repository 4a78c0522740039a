//! The rows at some places of the evidence, as a filter that DataFusion pushes into the Parquet scan, so that bodies and
//! long columns are decoded for those rows alone.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ahash::AHashSet;
use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::{DataType, UInt32Type, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::col;

use super::steps::Place;

/// The rows at some places of the evidence.
#[derive(Debug, PartialEq, Eq)]
struct Places {
    places: AHashSet<Place>,
    signature: Signature,
}

impl Hash for Places {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.places.len().hash(state);
    }
}

/// Returns the filter for the rows at `places`, for a scan that reads long columns of few rows.
pub fn at(places: AHashSet<Place>) -> Expr {
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
        let rows = asked.number_rows;
        let arrays = asked.args.into_iter().map(|arg| arg.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let (evidence, offset) = (arrays[0].as_primitive::<UInt32Type>(), arrays[1].as_primitive::<UInt64Type>());
        let at = evidence.values().iter().zip(offset.values()).map(|(e, o)| Some(self.places.contains(&(*e, *o))));
        Ok(ColumnarValue::Array(Arc::new(at.collect::<BooleanArray>())))
    }
}
