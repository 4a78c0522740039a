//! Plans that stop when they are told to, and not when they next have nothing to do.
//!
//! A task of the runtime can only be ended where it waits, and a scan of what is in memory, or the merging of what was sorted,
//! has a batch ready each time: DataFusion lets 128 of them pass before it makes a task wait. So whatever begins or multiplies
//! batches looks at a flag before each of them, and its error ends all that is above it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::coop::make_cooperative;
use datafusion::physical_plan::execution_plan::{EmissionType, SchedulingType};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::Stream;

/// The plan, ended by an error at its next batch once `stop` is set.
///
/// # Errors
/// When the plan cannot be put together again, which is a bug.
pub fn stoppable(plan: Arc<dyn ExecutionPlan>, stop: &Arc<AtomicBool>) -> Result<Arc<dyn ExecutionPlan>> {
    let watched = plan.transform_up(|node| {
        // What has one input and passes on what comes is watched by its input.
        let passes = node.children().len() == 1 && node.pipeline_behavior() == EmissionType::Incremental;
        Ok(if passes { Transformed::no(node) } else { Transformed::yes(Watched::of(node, Arc::clone(stop))) })
    });
    Ok(watched?.data)
}

#[derive(Debug)]
struct Watched {
    input: Arc<dyn ExecutionPlan>,
    stop: Arc<AtomicBool>,
    properties: Arc<PlanProperties>,
}

impl Watched {
    fn of(input: Arc<dyn ExecutionPlan>, stop: Arc<AtomicBool>) -> Arc<dyn ExecutionPlan> {
        let properties = PlanProperties::clone(input.properties()).with_scheduling_type(SchedulingType::Cooperative);
        Arc::new(Watched { input, stop, properties: properties.into() })
    }
}

impl DisplayAs for Watched {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CanStop")
    }
}

impl ExecutionPlan for Watched {
    fn name(&self) -> &str {
        "CanStop"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Watched::of(input, Arc::clone(&self.stop))),
            _ => datafusion::common::internal_err!("one plan is watched"),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        Ok(make_cooperative(Box::pin(Batches { input, stop: Arc::clone(&self.stop) })))
    }
}

struct Batches {
    input: SendableRecordBatchStream,
    stop: Arc<AtomicBool>,
}

impl Stream for Batches {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.stop.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(DataFusionError::Execution("stopped".into()))));
        }
        self.input.as_mut().poll_next(context)
    }
}

impl RecordBatchStream for Batches {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
