//! The rule set as one operator of a DataFusion plan: record batches of events in, verdicts out.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, ListBuilder, RecordBatch, StringBuilder, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::bodies;
use super::ruleset::{Compiled, Told};
use super::values;
use crate::sigma;

/// What every verdict carries of its event, in this order after `rule`, `hit` and `exception`.
pub const CARRIED: [&str; 22] = [
    "time",
    "audit_id",
    "stage",
    "user_name",
    "impersonated_user_name",
    "verb",
    "request_uri",
    "api_group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "source_ips",
    "user_agent",
    "user_extra",
    "cluster_id",
    "response_code",
    "body",
    "not_recorded",
    "evidence",
    "offset",
    "length",
];

/// A rule set compiled once, and the fields its correlations group by.
pub struct Program {
    pub compiled: Compiled,
    /// For every rule the fields whose values its verdicts carry, for correlations.
    pub keys: Vec<Vec<sigma::Field>>,
    /// For every rule of whose hits only the first of their kind count, how many of those fields at the end make a kind.
    pub firsts: Vec<Option<usize>>,
    /// For every rule whether it asks what was there before the event.
    pub states: Vec<bool>,
}

/// Runs a [`Program`] over the batches of its input.
pub struct RuleSetExec {
    input: Arc<dyn ExecutionPlan>,
    program: Arc<Program>,
    properties: Arc<PlanProperties>,
}

impl RuleSetExec {
    /// Puts the rules on top of a scan of table `audit`.
    pub fn new(input: Arc<dyn ExecutionPlan>, program: Arc<Program>) -> RuleSetExec {
        let schema = verdict_schema(&input.schema());
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            input.properties().partitioning.clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        RuleSetExec { input, program, properties: Arc::new(properties) }
    }
}

/// `rule` u32, `hit` bool (false: cannot tell, null: its bodies must be read), `exception` u32, the carried columns,
/// `images` and `keys`, both lists of text.
pub fn verdict_schema(events: &Schema) -> SchemaRef {
    let mut fields = vec![Field::new("rule", DataType::UInt32, false), Field::new("hit", DataType::Boolean, true)];
    fields.push(Field::new("exception", DataType::UInt32, true));
    fields.extend(CARRIED.iter().filter_map(|name| events.field_with_name(name).ok().cloned()));
    let texts = || DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    fields.push(Field::new("images", texts(), false));
    fields.push(Field::new("keys", texts(), false));
    Arc::new(Schema::new(fields))
}

fn hit(told: Told) -> Option<bool> {
    match told {
        Told::Hit => Some(true),
        Told::CannotTell => Some(false),
        Told::NeedsBodies => None,
    }
}

/// Asks the rules of a batch of events.
pub fn verdicts(program: &Program, schema: &SchemaRef, events: &RecordBatch) -> Result<RecordBatch> {
    let mut verdicts = program.compiled.run(events);
    if !bodies::are_there(events) {
        for verdict in &mut verdicts {
            if verdict.told == Told::Hit && program.keys[verdict.rule].iter().any(values::is_in_bodies) {
                verdict.told = Told::NeedsBodies;
            }
        }
    }
    let rows = UInt32Array::from_iter_values(verdicts.iter().map(|v| v.row as u32));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(verdicts.iter().map(|v| v.rule as u32))),
        Arc::new(verdicts.iter().map(|v| hit(v.told)).collect::<BooleanArray>()),
        Arc::new(verdicts.iter().map(|v| v.exception.map(|place| place as u32)).collect::<UInt32Array>()),
    ];
    for name in CARRIED {
        if let Some(array) = events.column_by_name(name) {
            columns.push(take(array, &rows, None)?);
        }
    }
    let mut images = ListBuilder::new(StringBuilder::new());
    for verdict in &verdicts {
        values::images(events, verdict.row).iter().for_each(|image| images.values().append_value(image));
        images.append(true);
    }
    columns.push(Arc::new(images.finish()));
    let mut keys = ListBuilder::new(StringBuilder::new());
    for verdict in &verdicts {
        for field in &program.keys[verdict.rule] {
            // Several values of one field are one key: the whole list of addresses, not each by itself.
            let values = values::of(events, verdict.row, field);
            keys.values().append_option((!values.is_empty()).then(|| values.join(" ")));
        }
        keys.append(true);
    }
    columns.push(Arc::new(keys.finish()));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

impl fmt::Debug for RuleSetExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as(DisplayFormatType::Default, f)
    }
}

impl DisplayAs for RuleSetExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleSetExec: rules={}, tests={}", self.program.keys.len(), self.program.compiled.tests())
    }
}

impl ExecutionPlan for RuleSetExec {
    fn name(&self) -> &str {
        "RuleSetExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
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
        Ok(Arc::new(RuleSetExec::new(children.swap_remove(0), Arc::clone(&self.program))))
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(RuleSetExec::new(children.swap_remove(0), Arc::clone(&self.program))))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (program, schema) = (Arc::clone(&self.program), self.schema());
        let out = Arc::clone(&schema);
        let stream = self.input.execute(partition, context)?.map(move |events| verdicts(&program, &out, &events?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }
}
