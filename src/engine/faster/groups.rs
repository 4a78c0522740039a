//! Groups of words and texts together: the words by views of their texts instead of by dictionaries.
//!
//! DataFusion groups by a dictionary as by any type that it has no hash table for: each row is spelled out as bytes first,
//! the texts beside it too. A view of a word costs nothing to make, and columns of views and texts have a hash table of their
//! own, which takes an eighth less time. Words alone are faster as they are: each is spelled once a batch. What comes out is a
//! dictionary again.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, Projection, cast, col};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

#[derive(Debug)]
pub struct WordGroups;

impl OptimizerRule for WordGroups {
    fn name(&self) -> &str {
        "word_groups"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
        let types: Vec<DataType> =
            aggregate.group_expr.iter().map(|expr| expr.get_type(aggregate.input.schema())).collect::<Result<_>>()?;
        let sets = aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
        if sets || !types.iter().any(is_words) || !types.contains(&DataType::Utf8) {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        }
        let name = |place: usize| format!("__word_{place}");
        let viewed = aggregate.group_expr.iter().zip(&types).enumerate().map(|(place, (expr, kind))| {
            let expr = expr.clone();
            if is_words(kind) { cast(expr, DataType::Utf8View).alias(name(place)) } else { expr }
        });
        let inner = Aggregate::try_new(Arc::clone(&aggregate.input), viewed.collect(), aggregate.aggr_expr.clone())?;
        let columns = (0..aggregate.schema.fields().len()).map(|place| {
            let (qualifier, field) = aggregate.schema.qualified_field(place);
            match types.get(place).filter(|kind| is_words(kind)) {
                Some(kind) => cast(col(name(place)), kind.clone()).alias_qualified(qualifier.cloned(), field.name()),
                None => Expr::Column(Column::from(inner.schema.qualified_field(place))),
            }
        });
        let columns = columns.collect();
        let projection = Projection::try_new(columns, Arc::new(LogicalPlan::Aggregate(inner)))?;
        Ok(Transformed::yes(LogicalPlan::Projection(projection)))
    }
}

fn is_words(kind: &DataType) -> bool {
    matches!(kind, DataType::Dictionary(_, value) if **value == DataType::Utf8)
}
