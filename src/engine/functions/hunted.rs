//! Functions that give tables: answers of hunts, and when values were first seen.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Schema, TimestampMicrosecondType};
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::{time, wrong};
use crate::engine::own::{Folders, hunts};
use crate::engine::query::values;
use crate::model::Micros;

/// A function that gives a table.
pub struct TableFunction {
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// Queries over [`EXAMPLE_EVENTS`], and their rows as JSON.
    pub examples: &'static [(&'static str, &'static str)],
    plan: fn(&SessionState, &[String]) -> Option<Result<LogicalPlan>>,
}

/// The audit events that the examples are asked of, one JSON object a line.
pub const EXAMPLE_EVENTS: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/pods","verb":"list","user":{"username":"lena"},"sourceIPs":["192.0.2.1"],"userAgent":"kubectl","objectRef":{"resource":"pods","namespace":"web"},"responseStatus":{"code":200},"stageTimestamp":"2031-04-05T06:00:00.000000Z"}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"b","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/secrets","verb":"list","user":{"username":"lena"},"sourceIPs":["192.0.2.1"],"userAgent":"kubectl","objectRef":{"resource":"secrets","namespace":"web"},"responseStatus":{"code":200},"stageTimestamp":"2031-04-05T06:10:00.000000Z"}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"c","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/secrets","verb":"list","user":{"username":"lena"},"sourceIPs":["203.0.113.7"],"userAgent":"curl","objectRef":{"resource":"secrets","namespace":"web"},"responseStatus":{"code":200},"stageTimestamp":"2031-04-05T06:20:00.000000Z"}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"d","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/pods/api-0/exec?command=id","verb":"create","user":{"username":"system:serviceaccount:web:ci"},"sourceIPs":["10.244.3.9"],"userAgent":"kubectl","objectRef":{"resource":"pods","subresource":"exec","namespace":"web","name":"api-0"},"responseStatus":{"code":101},"stageTimestamp":"2031-04-05T06:30:00.000000Z"}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"e","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/web/configmaps","verb":"create","user":{"username":"lena"},"sourceIPs":["192.0.2.1"],"userAgent":"kubectl","objectRef":{"resource":"configmaps","namespace":"web","name":"c"},"responseStatus":{"code":201},"responseObject":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","namespace":"web"}},"stageTimestamp":"2031-04-05T06:40:00.000000Z"}
"#;

/// Every function that gives a table.
pub static TABLE_FUNCTIONS: &[TableFunction] = &[
    TableFunction {
        name: "hunt",
        usage: "hunt(name, 'parameter=value', …)",
        doc: "The rows of a hunt, to be joined, filtered and counted on",
        examples: &[(
            "SELECT actor, pod, command FROM hunt('hands-on', 'namespace=web')",
            r#"[{"actor": "system:serviceaccount:web:ci", "pod": "api-0", "command": "id"}]"#,
        )],
        plan: |state, given| {
            let (name, pairs) = given.split_first()?;
            let pair = |text: &String| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            Some(hunt(state, name, pairs.iter().map(pair).collect::<Option<_>>()?))
        },
    },
    TableFunction {
        name: "as_of",
        usage: "as_of(time)",
        doc: "What stood in the cluster at a moment, one row an object, and how sure that is; the same as the hunt as-of, \
              which says what it cannot know",
        examples: &[
            (
                "SELECT kind, name, known FROM as_of('2031-04-05T06:45:00Z')",
                r#"[{"kind": "configmaps", "name": "c", "known": "written"}]"#,
            ),
            ("SELECT kind, name, known FROM as_of(TIMESTAMP '2031-04-05T06:35:00Z')", "[]"),
        ],
        plan: |state, given| match given {
            [at] => Some(hunt(state, "as-of", vec![("at".into(), at.clone())])),
            _ => None,
        },
    },
    TableFunction {
        name: "new_in_window",
        usage: "new_in_window(from, to)",
        doc: "What was never seen before a window and is seen in it: identities, addresses, clients, namespaces, images, verbs on \
              kinds of object, and pairs of them; without `to` the window has no end. The same as the hunt new-in-window. \
              Without an event before the window nothing is called new",
        examples: &[(
            "SELECT what, value FROM new_in_window('2031-04-05T06:15:00Z', '2031-04-05T06:25:00Z') ORDER BY what",
            r#"[{"what": "address", "value": "203.0.113.7"}, {"what": "client", "value": "curl"}, {"what": "identity from address", "value": "lena from 203.0.113.7"}, {"what": "identity with client", "value": "lena with curl"}]"#,
        )],
        plan: |state, given| {
            let names = ["from", "to"];
            let pairs = || names.iter().zip(given).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            (1..=2).contains(&given.len()).then(|| hunt(state, "new-in-window", pairs()))
        },
    },
    TableFunction {
        name: "first_seen",
        usage: "first_seen(table, column, …)",
        doc: "Each combination of values of these columns of a table or view: when it was first and last seen, in how many rows, \
              and (where rows have a place) the place of the first. The time is column time, else TimeGenerated, else first; rows \
              without one are counted last. Null is a value of its own",
        examples: &[
            (
                "SELECT user_agent, first, rows FROM first_seen('audit', 'user_agent') ORDER BY first",
                r#"[{"user_agent": "kubectl", "first": "2031-04-05T06:00:00Z", "rows": 4}, {"user_agent": "curl", "first": "2031-04-05T06:20:00Z", "rows": 1}]"#,
            ),
            (
                "SELECT audit_id FROM audit JOIN first_seen('audit', 'user_name', 'resource') AS seen USING (evidence, \"offset\") \
                 ORDER BY audit_id",
                r#"[{"audit_id": "a"}, {"audit_id": "b"}, {"audit_id": "d"}, {"audit_id": "e"}]"#,
            ),
        ],
        plan: |state, given| match given {
            [table, columns @ ..] if !columns.is_empty() => Some(first_seen(state, table, columns)),
            _ => None,
        },
    },
];

/// Registers them all.
pub fn register(context: &SessionContext) {
    for function in TABLE_FUNCTIONS {
        context.register_udtf(function.name, Arc::new(Adapter(function)));
    }
}

struct Adapter(&'static TableFunction);

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl TableFunctionImpl for Adapter {
    fn call_with_args(&self, given: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let called = || wrong(format!("it is called as {}", self.0.usage));
        let texts =
            given.exprs().iter().map(|expr| literal(expr).ok_or_else(called)).collect::<Result<Vec<String>>>()?;
        let state = given.session().as_any().downcast_ref::<SessionState>().ok_or_else(called)?;
        let plan = (self.0.plan)(state, &texts).ok_or_else(called)??;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

/// Planning waits for nothing but the catalogue in memory.
fn now<T>(future: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(future))
}

fn hunt(state: &SessionState, name: &str, parameters: Vec<(String, String)>) -> Result<LogicalPlan> {
    let own = state.config().get_extension::<Folders>();
    let (hunts, _) = hunts(own.as_deref().unwrap_or(&Folders::default()));
    let hunt = hunts.iter().find(|hunt| hunt.name == name).ok_or_else(|| {
        let known = hunts.iter().map(|hunt| hunt.name.as_str()).collect::<Vec<_>>().join(", ");
        wrong(format!("there is no hunt `{name}`; hunts are {known}"))
    })?;
    let bound = hunt.bind(&parameters).map_err(|error| wrong(error.to_string()))?;
    now(state.create_logical_plan(&hunt.sql))?.replace_params_with_values(&values(&bound))
}

fn first_seen(state: &SessionState, table: &str, columns: &[String]) -> Result<LogicalPlan> {
    let catalogue = state.schema_for_ref("audit")?;
    let spelled = catalogue.table_names().into_iter().find(|name| name.eq_ignore_ascii_case(table));
    let missing = || wrong(format!("there is no table `{table}`; SHOW TABLES lists them"));
    let spelled = spelled.ok_or_else(missing)?;
    let schema = now(catalogue.table(&spelled))?.ok_or_else(missing)?.schema();
    let has = |name: &str| schema.column_with_name(name).is_some();
    let time = ["time", "TimeGenerated", "first"].into_iter().find(|name| has(name));
    let time = quoted(time.ok_or_else(|| wrong(format!("the rows of {spelled} have no time")))?);
    let columns = columns.iter().map(|name| column(&schema, &spelled, name)).collect::<Result<Vec<_>>>()?.join(", ");
    let place = match has("evidence") && has("offset") {
        false => String::new(),
        true => ["evidence", "offset"]
            .map(|part| format!(", first_value(\"{part}\" ORDER BY {time}, evidence, \"offset\") AS \"{part}\""))
            .concat(),
    };
    let sql = format!(
        "SELECT {columns}, min({time}) AS first, max({time}) AS last, count(*) AS rows{place} FROM {} GROUP BY {columns}",
        quoted(&spelled)
    );
    now(state.create_logical_plan(&sql))
}

/// A column of a table as SQL takes it, in whatever case it was written.
fn column(schema: &Schema, table: &str, name: &str) -> Result<String> {
    let fields = schema.fields();
    let found = fields.iter().find(|field| field.name() == name);
    let found = found.or_else(|| fields.iter().find(|field| field.name().eq_ignore_ascii_case(name)));
    found.map(|field| quoted(field.name())).ok_or_else(|| wrong(format!("{table} has no column `{name}`")))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text or a time as it was written, times in UTC.
fn literal(expr: &Expr) -> Option<String> {
    let Expr::Literal(value, _) = expr else { return None };
    match value {
        ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text) => text.clone(),
        ScalarValue::TimestampSecond(..)
        | ScalarValue::TimestampMillisecond(..)
        | ScalarValue::TimestampMicrosecond(..)
        | ScalarValue::TimestampNanosecond(..)
        | ScalarValue::Date32(_) => {
            let array = value.cast_to(&time()).ok()?.to_array().ok()?;
            let micros = array.as_primitive_opt::<TimestampMicrosecondType>()?.iter().next()??;
            Some(Micros(micros).to_string())
        }
        _ => None,
    }
}
