//! Groups of words: by numbers that stand for the words.
//!
//! DataFusion groups by a dictionary as by any type that it has no hash table for: each row is spelled out as bytes first,
//! what is beside it in the group too. A number costs one look at the dictionary, and numbers, alone or beside texts, have hash
//! tables of their own. What comes out is a dictionary again.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::common::tree_node::Transformed;
use datafusion::error::Result;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, Projection, col};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::codes::Codes;
use crate::model::table;

/// The column of the numbers.
const CODE: &str = "__word_code";

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
        if sets || !types.contains(&table::word()) {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        }
        let (words, others): (Vec<_>, Vec<_>) =
            aggregate.group_expr.iter().zip(&types).partition(|(_, kind)| **kind == table::word());
        let (codes, of) = (Codes::default(), words.len());
        let code = codes.code(words.into_iter().map(|(expr, _)| expr.clone()).collect()).alias(CODE);
        let groups = std::iter::once(code).chain(others.into_iter().map(|(expr, _)| expr.clone())).collect();
        let inner = Aggregate::try_new(Arc::clone(&aggregate.input), groups, aggregate.aggr_expr.clone())?;
        // The first column below is the code of all words.
        let (mut word, mut other) = (0, 1);
        let columns = (0..aggregate.schema.fields().len()).map(|place| {
            if types.get(place).is_some_and(|kind| *kind == table::word()) {
                let (qualifier, field) = aggregate.schema.qualified_field(place);
                word += 1;
                codes.word(col(CODE), word - 1, of).alias_qualified(qualifier.cloned(), field.name())
            } else {
                other += 1;
                Expr::Column(Column::from(inner.schema.qualified_field(other - 1)))
            }
        });
        let columns = columns.collect();
        let projection = Projection::try_new(columns, Arc::new(LogicalPlan::Aggregate(inner)))?;
        Ok(Transformed::yes(LogicalPlan::Projection(projection)))
    }
}
