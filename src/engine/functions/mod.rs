//! Functions of SQL that DataFusion has not: one file each, one list. Every one is documented by examples, which a test runs.

mod addresses;
mod bin;
mod exec_command;
mod has_word;
mod hunted;
mod identity;
mod json;

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use datafusion::common::plan_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;

pub use hunted::{EXAMPLE_EVENTS, TABLE_FUNCTIONS, TableFunction};
pub use json::{Veil, veil};

/// One function. Arguments come as whole columns of the types [`coerced`] makes of what was given.
pub trait Function: Send + Sync {
    fn name(&self) -> &'static str;
    /// How it is called: `ip_in(ip, cidr, …)`.
    fn usage(&self) -> &'static str;
    /// What it gives, in one or two sentences, and whose definition it follows.
    fn doc(&self) -> &'static str;
    /// Expressions without columns, and their values as JSON.
    fn examples(&self) -> &'static [(&'static str, &'static str)];
    /// The fewest and the most arguments.
    fn arity(&self) -> (usize, usize);
    fn returns(&self) -> DataType;
    /// Answers all rows.
    ///
    /// # Errors
    /// When an argument that the asker wrote, such as a path or a network, is none.
    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef>;
}

/// Every function of values; those that give tables are [`TABLE_FUNCTIONS`].
pub static FUNCTIONS: &[&dyn Function] = &[
    &bin::Bin,
    &exec_command::ExecCommand,
    &has_word::HasWord,
    &addresses::IpIn,
    &addresses::IsPrivate,
    &json::JsonGet,
    &json::JsonList,
    &identity::Identity,
];

/// Registers every function.
pub(super) fn register(context: &SessionContext) {
    for function in FUNCTIONS {
        let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
        context.register_udf(ScalarUDF::from(Adapter { function: *function, signature }));
    }
    hunted::register(context);
}

/// A function as DataFusion wants it.
struct Adapter {
    function: &'static dyn Function,
    signature: Signature,
}

impl ScalarUDFImpl for Adapter {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.function.returns())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (least, most) = self.function.arity();
        if given.len() < least || given.len() > most {
            return plan_err!("it is called as {}", self.function.usage());
        }
        Ok(given.iter().map(coerced).collect())
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Result<Vec<ArrayRef>> = given.args.iter().map(|value| value.to_array(given.number_rows)).collect();
        Ok(ColumnarValue::Array(self.function.call(&arrays?)?))
    }
}

/// The type an argument comes in: times in microseconds UTC, intervals, lists of texts; everything else as text.
fn coerced(given: &DataType) -> DataType {
    match given {
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => time(),
        DataType::Interval(_) | DataType::Duration(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) => texts(),
        _ => DataType::Utf8,
    }
}

/// Moments, as every table has them.
fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))
}

/// Lists of texts.
fn texts() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

/// What the asker wrote and what is wrong with it.
fn wrong(what: String) -> DataFusionError {
    DataFusionError::Plan(what)
}

impl Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.name())
    }
}

impl PartialEq for Adapter {
    fn eq(&self, other: &Adapter) -> bool {
        self.function.name() == other.function.name()
    }
}

impl Eq for Adapter {}

impl Hash for Adapter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name().hash(state);
    }
}
