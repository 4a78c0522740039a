//! `text LIKE '%literal%'`: one search through the texts of a batch as they lie behind one another, instead of one a row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use datafusion::scalar::ScalarValue;
use memchr::memmem::Finder;

#[derive(Debug)]
pub struct LiteralSearch;

impl OptimizerRule for LiteralSearch {
    fn name(&self) -> &str {
        "literal_search"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        // Names of other nodes' columns are made of their expressions, and must stay.
        let schema = match &plan {
            LogicalPlan::Filter(filter) => Arc::clone(filter.input.schema()),
            LogicalPlan::TableScan(scan) => {
                // A filter may ask for columns that the scan does not give.
                let all = scan.source.schema();
                let schema = datafusion::common::DFSchema::try_from_qualified_schema(scan.table_name.clone(), &all)?;
                Arc::new(schema)
            }
            _ => return Ok(Transformed::no(plan)),
        };
        plan.map_expressions(|expr| {
            expr.transform_up(|expr| match &expr {
                Expr::Like(like) if like.expr.get_type(&schema).is_ok_and(|kind| kind == DataType::Utf8) => {
                    Ok(match literal(like) {
                        Some(literal) => Transformed::yes(search(like, literal)),
                        None => Transformed::no(expr),
                    })
                }
                _ => Ok(Transformed::no(expr)),
            })
        })
    }
}

/// The text between two `%`, if nothing in it means more than itself.
fn literal(like: &Like) -> Option<&str> {
    let (false, false, None) = (like.negated, like.case_insensitive, like.escape_char) else { return None };
    let Expr::Literal(ScalarValue::Utf8(Some(pattern)), _) = like.pattern.as_ref() else { return None };
    let literal = pattern.strip_prefix('%')?.strip_suffix('%')?;
    (!literal.is_empty() && !literal.contains(['%', '_', '\\'])).then_some(literal)
}

fn search(like: &Like, literal: &str) -> Expr {
    let contains = ContainsLiteral { signature: Signature::any(2, Volatility::Immutable) };
    ScalarUDF::from(contains).call(vec![like.expr.as_ref().clone(), lit(literal)])
}

/// Says of each text whether a literal is in it; null of null.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ContainsLiteral {
    signature: Signature,
}

impl ScalarUDFImpl for ContainsLiteral {
    fn name(&self) -> &str {
        "contains_literal"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, ColumnarValue::Scalar(ScalarValue::Utf8(Some(literal)))] = given.args.as_slice() else {
            return internal_err!("contains_literal is made of a text and a literal");
        };
        let texts: ArrayRef = texts.to_array(given.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(contains(texts.as_string(), literal.as_bytes()))))
    }
}

fn contains(texts: &StringArray, literal: &[u8]) -> BooleanArray {
    let (finder, ends) = (Finder::new(literal), &texts.value_offsets()[1..]);
    let (start, end) = (texts.value_offsets()[0] as usize, texts.value_offsets()[texts.len()] as usize);
    let bytes = &texts.value_data()[..end];
    let mut hits = BooleanBufferBuilder::new(texts.len());
    hits.append_n(texts.len(), false);
    let (mut at, mut row) = (start, 0);
    while let Some(found) = finder.find(&bytes[at..]) {
        let from = at + found;
        row += ends[row..].partition_point(|end| *end as usize <= from);
        let end = ends[row] as usize;
        // What begins in one text and ends in the next is in neither.
        at = if from + literal.len() <= end {
            hits.set_bit(row, true);
            end
        } else {
            from + 1
        };
    }
    BooleanArray::new(hits.finish(), texts.nulls().cloned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_contains_what_its_own_bytes_contain(
            texts in proptest::collection::vec(proptest::option::of("[abé]{0,5}"), 0..20),
            literal in "[abé]{1,3}",
            skip in 0..5_usize,
        ) {
            let array = StringArray::from(texts.clone());
            let skip = skip.min(array.len());
            let part = array.slice(skip, array.len() - skip);
            let wanted: BooleanArray =
                texts[skip..].iter().map(|text| text.as_ref().map(|text| text.contains(&literal))).collect();
            prop_assert_eq!(contains(&part, literal.as_bytes()), wanted);
        }
    }
}
