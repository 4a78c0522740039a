//! The rule set as one operator of a DataFusion plan: record batches of events in, verdicts out.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, ListBuilder, RecordBatch, StringArray, StringBuilder,
    UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;

use super::bodies;
use super::ruleset::{Compiled, Told, Verdict};
use super::values;
use crate::sigma::{self, Source};

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

/// What verdicts over other log sources carry besides.
pub const OF_LOGS: [&str; 2] = ["host", "source"];

/// What every verdict has of them, reported or not.
const ALWAYS: [&str; 4] = ["time", "evidence", "offset", "length"];

/// A rule set compiled once, and what is kept of its verdicts.
pub struct Program {
    pub compiled: Compiled,
    /// For every rule the fields whose values its hits carry: those that correlations ask for, then those of `first`.
    pub keys: Vec<Vec<sigma::Field>>,
    /// For every rule of whose hits only the first of their kind count, how many of those fields at the end make a kind.
    pub firsts: Vec<Option<usize>>,
    /// For every rule whether it asks what was there before the event.
    pub states: Vec<bool>,
    /// For every rule the correlations it is a part of.
    pub parts: Vec<Vec<PartOf>>,
    /// For every correlation how many keys make a group, and how many a value.
    pub lengths: Vec<(usize, usize)>,
    /// Of which rules the hits are findings as they are, so that a verdict carries the event.
    pub reported: Vec<bool>,
}

/// A rule as a part of a correlation.
pub struct PartOf {
    /// Its place in the rule set, and that of the rule in its list.
    pub correlation: usize,
    pub part: usize,
    /// The places in the rule's keys of what it groups by, and of what it counts or measures.
    pub group: Vec<usize>,
    pub value: Vec<usize>,
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

/// `rule` u32, `hit` bool (false: cannot tell, null: its bodies must be read), `exception` u32, the carried columns (all but
/// time and place null where nobody will read the event from here), `images` and `keys`, both lists of text.
pub fn verdict_schema(events: &Schema) -> SchemaRef {
    let mut fields = vec![Field::new("rule", DataType::UInt32, false), Field::new("hit", DataType::Boolean, true)];
    fields.push(Field::new("exception", DataType::UInt32, true));
    let carried = CARRIED.iter().chain(&OF_LOGS).filter_map(|name| events.field_with_name(name).ok());
    fields.extend(carried.map(|field| field.clone().with_nullable(true)));
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
    let kept: UInt32Array = verdicts.iter().map(|v| program.keeps(v).then_some(v.row as u32)).collect();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(verdicts.iter().map(|v| v.rule as u32))),
        Arc::new(verdicts.iter().map(|v| hit(v.told)).collect::<BooleanArray>()),
        Arc::new(verdicts.iter().map(|v| v.exception.map(|place| place as u32)).collect::<UInt32Array>()),
    ];
    for name in CARRIED.iter().chain(&OF_LOGS) {
        if let Some(array) = events.column_by_name(name) {
            columns.push(take(array, if ALWAYS.contains(name) { &rows } else { &kept }, None)?);
        }
    }
    let mut images = ListBuilder::new(StringBuilder::new());
    for verdict in &verdicts {
        if program.keeps(verdict) {
            values::images(events, verdict.row).iter().for_each(|image| images.values().append_value(image));
        }
        images.append(true);
    }
    columns.push(Arc::new(images.finish()));
    let mut keys = ListBuilder::new(StringBuilder::new());
    for of_rule in verdicts.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let readers: Vec<Reader<'_>> = program.keys[rule].iter().map(|field| Reader::new(events, field)).collect();
        for verdict in of_rule {
            if verdict.told == Told::Hit && (verdict.exception.is_none() || program.firsts[rule].is_some()) {
                readers.iter().for_each(|reader| reader.append(verdict.row, keys.values()));
            }
            keys.append(true);
        }
    }
    columns.push(Arc::new(keys.finish()));
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

impl Program {
    /// Says whether the event of a verdict is read from the verdict itself. That of a part of a correlation, or of a hit
    /// that may not be the first of its kind, is read again when it ends in a finding.
    fn keeps(&self, verdict: &Verdict) -> bool {
        let is_finding = self.reported[verdict.rule] && self.firsts[verdict.rule].is_none();
        verdict.exception.is_none() && (verdict.told == Told::CannotTell || verdict.told == Told::Hit && is_finding)
    }
}

/// Reads the values of one field of one batch, as one text a row.
enum Reader<'a> {
    Words(&'a DictionaryArray<Int32Type>, &'a StringArray),
    Texts(&'a StringArray),
    Other(&'a RecordBatch, &'a sigma::Field),
}

impl<'a> Reader<'a> {
    fn new(events: &'a RecordBatch, field: &'a sigma::Field) -> Reader<'a> {
        let column = match &field.source {
            Source::Column(name) => events.column_by_name(name),
            _ => None,
        };
        let words = column.and_then(|column| column.as_any_dictionary_opt()).and_then(|words| {
            Some((words.as_any().downcast_ref::<DictionaryArray<Int32Type>>()?, words.values().as_string_opt::<i32>()?))
        });
        match (words, column.and_then(|column| column.as_string_opt::<i32>())) {
            (Some((array, words)), _) => Reader::Words(array, words),
            (None, Some(texts)) => Reader::Texts(texts),
            (None, None) => Reader::Other(events, field),
        }
    }

    /// Appends what stands for all values of a row: null when there is none; else no two lists of values give one text.
    fn append(&self, row: usize, out: &mut StringBuilder) {
        let mut one = |text: Option<&str>| match text {
            Some(text) if text.starts_with('\0') => out.append_value(spelt(&[text.to_owned()])),
            text => out.append_option(text),
        };
        match self {
            Reader::Words(array, words) => {
                one(array.key(row).filter(|key| !words.is_null(*key)).map(|key| words.value(key)));
            }
            Reader::Texts(texts) => one((!texts.is_null(row)).then(|| texts.value(row))),
            Reader::Other(events, field) => match &values::of(events, row, field)[..] {
                [] => out.append_null(),
                [value] => one(Some(value)),
                // Several values of one field are one key: the whole list of addresses, not each by itself.
                values => out.append_value(spelt(values)),
            },
        }
    }
}

/// Spells a list as a text that no other list and no single value has.
fn spelt(values: &[String]) -> String {
    let parts = values.iter().map(|value| format!("\0{}:{value}", value.len()));
    parts.collect()
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
