//! Tables that are answers of hunts: `hunt(name, 'parameter=value', …)` and `as_of(time)`.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::{time, wrong};
use crate::engine::hunts::Hunt;
use crate::engine::query::values;
use crate::model::Micros;
use crate::pack::HUNTS;

/// Their names, how they are called, and what they give.
pub static TABLE_FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "hunt",
        "hunt(name, 'parameter=value', …)",
        "The rows of a hunt, to be joined, filtered and counted on: `SELECT actor, count(*) FROM hunt('hands-on', \
         'namespace=web') GROUP BY actor`",
    ),
    (
        "as_of",
        "as_of(time)",
        "What stood in the cluster at a moment, one row an object, and how sure that is: `SELECT kind, namespace, name, known \
         FROM as_of('2026-11-24T00:26:00Z')`; the same as the hunt as-of, which says what it cannot know",
    ),
];

/// Registers both.
pub fn register(context: &SessionContext) {
    for (name, usage, _) in TABLE_FUNCTIONS {
        context.register_udtf(name, Arc::new(Hunted { name, usage }));
    }
}

#[derive(Debug)]
struct Hunted {
    name: &'static str,
    usage: &'static str,
}

impl TableFunctionImpl for Hunted {
    fn call_with_args(&self, given: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let called = || wrong(format!("it is called as {}", self.usage));
        let texts =
            given.exprs().iter().map(|expr| literal(expr).ok_or_else(called)).collect::<Result<Vec<String>>>()?;
        let (name, parameters) = match (self.name, texts.as_slice()) {
            ("as_of", [at]) => ("as-of", vec![("at".to_owned(), at.clone())]),
            ("hunt", [name, pairs @ ..]) => {
                let pair =
                    |text: &String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
                (name.as_str(), pairs.iter().map(|text| pair(text).ok_or_else(called)).collect::<Result<_>>()?)
            }
            _ => return Err(called()),
        };
        let hunts = || HUNTS.iter().filter_map(|(path, text)| Hunt::read(path, text).ok());
        let hunt = hunts().find(|hunt| hunt.name == name).ok_or_else(|| {
            let known = hunts().map(|hunt| hunt.name).collect::<Vec<_>>().join(", ");
            wrong(format!("there is no hunt `{name}`; hunts are {known}"))
        })?;
        let bound = hunt.bind(&parameters).map_err(|error| wrong(error.to_string()))?;
        let state = given.session().as_any().downcast_ref::<SessionState>().ok_or_else(called)?;
        // Planning waits for nothing but the catalogue in memory.
        let plan = block_in_place(|| Handle::current().block_on(state.create_logical_plan(&hunt.sql)))?;
        let plan = plan.replace_params_with_values(&values(&bound))?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

/// A text or a time as it was written, times in UTC.
fn literal(expr: &Expr) -> Option<String> {
    let Expr::Literal(value, _) = expr else { return None };
    match value {
        ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text) => text.clone(),
        other => {
            let array = other.cast_to(&time()).ok()?.to_array().ok()?;
            let micros = array.as_primitive_opt::<TimestampMicrosecondType>()?.iter().next()??;
            Some(Micros(micros).to_string())
        }
    }
}
