//! `coldcase stats`: what happens over time, measured.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use clap::{Args, Subcommand};

use super::print::{output, say};
use super::query::{Out, pair, text};
use super::secrets::{self, Secrets};
use super::{CaseArg, End};
use crate::engine::{Engine, Parameter};
use crate::error::{Error, Result};
use crate::report;
use crate::stats::{AsOf, Baseline, Histogram, Measure, Pivot, Quiet, Rare, Rows, Sessions, TIME, measure, method};

/// The rows that are measured when no query is given: audit events under the names of the views.
const EVENTS: &str = "SELECT time, user_name AS actor, impersonated_user_name AS acting_as, \
    array_to_string(source_ips, ', ') AS source, user_agent, verb, nullif(concat_ws('/', resource, subresource), '') AS kind, \
    namespace, name, nullif(concat_ws('/', resource, subresource, namespace, name), '') AS object, response_code AS code, stage, category, \
    cluster_id, audit_id AS request FROM audit";

/// Every entry into a pod, and every write to one that is known: of those before the log the snapshot knows the first.
const ENTRIES: &str = "SELECT time, actor, act, namespace, pod, command, code FROM hands_on";
const WRITES: &str = "SELECT time, namespace, name AS pod, verb, user_name AS actor, response_code AS code FROM audit \
    WHERE resource = 'pods' AND verb IN ('create', 'update', 'patch') AND coalesce(subresource, 'ephemeralcontainers') = \
    'ephemeralcontainers' AND response_code BETWEEN 200 AND 299 AND stage <> 'RequestReceived' AND strpos(request_uri, 'dryRun=') = 0 \
    UNION ALL SELECT time, namespace, name, 'created, by a snapshot', CAST(NULL AS VARCHAR), CAST(NULL AS INT) FROM object WHERE \
    kind = 'Pod'";

/// Sessions of whoever Entra may know, and sign-ins of people by name and by object id, of programs by object id, in lower case.
const SESSIONS: &str = "SELECT first AS time, lower(actor) AS person, actor, source, user_agent, requests FROM session \
    WHERE k8s_identity(actor)['kind'] = 'user'";
const SIGN_INS: &str = "SELECT moment AS time, lower(person) AS person, address, place, application, result, risk, interactive FROM (\
    SELECT coalesce(\"CreatedDateTime\", time) AS moment, \
    unnest([CAST(\"UserPrincipalName\" AS VARCHAR), CAST(\"UserId\" AS VARCHAR)]) AS person, \"IPAddress\" AS address, \
    \"Location\" AS place, \"AppDisplayName\" AS application, \"ResultType\" AS result, \"RiskLevelDuringSignIn\" AS risk, true AS \
    interactive FROM \"SigninLogs\" UNION ALL SELECT coalesce(\"CreatedDateTime\", time), \
    unnest([CAST(\"UserPrincipalName\" AS VARCHAR), CAST(\"UserId\" AS VARCHAR)]), \"IPAddress\", \"Location\", \
    \"AppDisplayName\", \"ResultType\", \"RiskLevelDuringSignIn\", false FROM \"AADNonInteractiveUserSignInLogs\" UNION ALL \
    SELECT time, CAST(\"ServicePrincipalId\" AS VARCHAR), \"IPAddress\", \"Location\", \"ServicePrincipalName\", \
    \"ResultType\", CAST(NULL AS VARCHAR), false FROM \"AADServicePrincipalSignInLogs\") AS sign_ins";

/// Measures the audit events of a case, or the rows of any query, over time. What its help says is at the command.
#[derive(Args)]
pub struct Stats {
    #[command(subcommand)]
    measure: Asked,
}

#[derive(Subcommand)]
enum Asked {
    /// Events per window of time, by a category
    #[command(long_about = method("histogram"))]
    Histogram {
        #[command(flatten)]
        of: Of,
        /// Length of a bin: a number and s, m, h or d
        #[arg(long, default_value = "1m", value_parser = length)]
        every: i64,
        /// Columns whose values are counted apart
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        by: Vec<String>,
        /// Columns whose different values are counted; of audit events request and actor
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        distinct: Option<Vec<String>>,
    },
    /// What hardly ever happens
    #[command(long_about = method("rare"))]
    Rare {
        #[command(flatten)]
        of_rows: Of,
        /// Columns whose combinations are counted; of audit events verb and kind
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        of: Option<Vec<String>>,
        /// Columns within whose values a combination is rare, such as actor
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        by: Vec<String>,
        /// Columns whose different values are counted; of audit events actor
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        distinct: Option<Vec<String>>,
        /// How many combinations to show
        #[arg(long, value_name = "N", default_value_t = 50)]
        top: usize,
    },
    /// What stands out from one's own past
    #[command(long_about = method("baseline"))]
    Baseline {
        #[command(flatten)]
        of: Of,
        /// Columns whose values are held against their own past; of audit events actor
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        key: Option<Vec<String>>,
        /// Column whose different values are counted too; of audit events object
        #[arg(long, value_name = "COLUMN")]
        distinct: Option<String>,
        /// Length of a bin
        #[arg(long, default_value = "10m", value_parser = length)]
        every: i64,
        /// How far the past reaches back
        #[arg(long, default_value = "7d", value_parser = length)]
        window: i64,
        /// With fewer bins in the past nothing is said
        #[arg(long, value_name = "N", default_value_t = 5)]
        min_past: u32,
        /// The least score that is shown
        #[arg(long, value_name = "SCORE", default_value_t = 3.5)]
        at_least: f64,
        /// Show every bin
        #[arg(long, conflicts_with = "at_least")]
        all: bool,
    },
    /// Stretches of work
    #[command(long_about = method("sessions"))]
    Sessions {
        #[command(flatten)]
        of: Of,
        /// Columns that make one worker; of audit events actor, source and user_agent
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        key: Option<Vec<String>>,
        /// The longest pause within a session
        #[arg(long, default_value = "30m", value_parser = length)]
        gap: i64,
        /// Columns whose different values are counted; of audit events request and kind
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        distinct: Option<Vec<String>>,
    },
    /// One column against another
    #[command(long_about = method("pivot"))]
    Pivot {
        #[command(flatten)]
        of: Of,
        /// Column whose values are lines
        #[arg(long, value_name = "COLUMN")]
        rows: String,
        /// Column whose values are columns
        #[arg(long, value_name = "COLUMN")]
        columns: String,
        /// How many columns at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        most: usize,
    },
    /// What was last before each row, by another query
    #[command(long_about = method("as-of"))]
    AsOf {
        #[command(flatten)]
        of: Of,
        /// The query whose rows are looked for before each
        #[arg(long, value_name = "SQL")]
        before: String,
        /// Columns of both that must be equal
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        by: Vec<String>,
    },
    /// Each exec, attach, port-forward and debug container with the last successful write to its pod before it, else the pod's
    /// creation as a snapshot has it (as-of)
    Access {
        #[command(flatten)]
        plain: Plain,
    },
    /// Each session of a person or a program with its last sign-in to Entra before it, good or bad: when, from where, with what,
    /// how risky (as-of)
    SignIns {
        #[command(flatten)]
        plain: Plain,
    },
    /// Stretches without any event
    #[command(long_about = method("quiet"))]
    Quiet {
        #[command(flatten)]
        of: Of,
        /// The shortest stretch that is shown
        #[arg(long, default_value = "1m", value_parser = length)]
        every: i64,
        /// Columns whose values are looked at apart
        #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
        by: Vec<String>,
    },
}

/// Which case, and where the answer goes.
#[derive(Args)]
struct Plain {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    secrets: Secrets,
}

/// Which rows are measured.
#[derive(Args)]
struct Of {
    #[command(flatten)]
    plain: Plain,
    /// Measure the rows of this query instead of the audit events
    #[arg(long, value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,
    /// Read that query from a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Value of $NAME in the query, as text
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// Column with the time; else time, TimeGenerated or first
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
}

impl Stats {
    pub(super) fn run(self) -> Result<End> {
        match self.measure {
            Asked::Histogram { of, every, by, distinct } => {
                let question = of.question()?;
                let distinct = question.columns(distinct, &["request", "actor"])?;
                let by = question.columns(Some(by), &[])?;
                question.answer(&Histogram { every, by, distinct }, Some("events"))
            }
            Asked::Rare { of_rows, of, by, distinct, top } => {
                let question = of_rows.question()?;
                let of = question.needed(of, &["verb", "kind"], "--of")?;
                let by = question.columns(Some(by), &[])?;
                let distinct = question.columns(distinct, &["actor"])?;
                let distinct = distinct.into_iter().filter(|name| !of.contains(name) && !by.contains(name)).collect();
                question.answer(&Rare { of, by, distinct, top }, None)
            }
            Asked::Baseline { of, key, distinct, every, window, min_past, at_least, all } => {
                let question = of.question()?;
                let key = question.needed(key, &["actor"], "--key")?;
                let distinct = question.needed(distinct.map(|name| vec![name]), &["object"], "--distinct")?.remove(0);
                let at_least = (!all).then_some(at_least);
                question.answer(&Baseline { key, distinct, every, window, min_past, at_least }, None)
            }
            Asked::Sessions { of, key, gap, distinct } => {
                let question = of.question()?;
                let key = question.needed(key, &["actor", "source", "user_agent"], "--key")?;
                let distinct = question.columns(distinct, &["request", "kind"])?;
                question.answer(&Sessions { key, gap, distinct }, None)
            }
            Asked::Pivot { of, rows, columns, most } => {
                let question = of.question()?;
                let (rows, columns) = (question.column(&rows)?, question.column(&columns)?);
                let shown = |column: &str, text: &str| secrets::column(column, text).into_owned();
                question.answer(&Pivot { rows, columns, most, shown }, None)
            }
            Asked::AsOf { of, before, by } => of.question()?.joined(&before, &by),
            Asked::Access { plain } => {
                let by = ["namespace".to_owned(), "pod".to_owned()];
                plain.asks(ENTRIES)?.joined(WRITES, &by)
            }
            Asked::SignIns { plain } => plain.asks(SESSIONS)?.joined(SIGN_INS, &["person".to_owned()]),
            Asked::Quiet { of, every, by } => {
                let question = of.question()?;
                let by = question.columns(Some(by), &[])?;
                question.answer(&Quiet { every, by }, None)
            }
        }
    }
}

/// A query whose rows are to be measured.
struct Question {
    engine: Engine,
    sql: String,
    params: Vec<(String, Parameter)>,
    schema: arrow::datatypes::SchemaRef,
    /// The column with the time.
    time: String,
    /// The rows are audit events under the names of the views.
    ours: bool,
    out: Out,
}

impl Plain {
    /// The question about rows of a query of ours, which has a column `time`.
    fn asks(self, sql: &str) -> Result<Question> {
        Of { plain: self, sql: Some(sql.to_owned()), file: None, params: Vec::new(), time: None }.question()
    }
}

impl Of {
    fn question(self) -> Result<Question> {
        let given = text(self.sql, self.file.as_deref())?;
        let engine = Engine::open(&self.plain.secrets.open(&self.plain.case)?)?;
        let params = self.params.into_iter().map(|(name, text)| (name, Parameter::Text(text))).collect::<Vec<_>>();
        let (sql, ours) = given.map_or((EVENTS.to_owned(), true), |sql| (sql, false));
        let sql = sql.trim_end().trim_end_matches(';').to_owned();
        let schema = engine.schema(&sql, &params)?;
        let time = timed(&schema, self.time.as_deref())?;
        Ok(Question { engine, sql, params, schema, time, ours, out: self.plain.out })
    }
}

impl Question {
    /// The column of the query that is meant, in its own spelling.
    fn column(&self, meant: &str) -> Result<String> {
        spelled(&self.schema, meant)
    }

    /// Columns that were asked for, else those that audit events have for it.
    fn columns(&self, asked: Option<Vec<String>>, of_events: &[&str]) -> Result<Vec<String>> {
        let names = match asked {
            Some(names) => names,
            None if self.ours => of_events.iter().map(|name| (*name).to_owned()).collect(),
            None => Vec::new(),
        };
        let mut columns: Vec<String> = Vec::new();
        for name in names {
            let column = self.column(&name)?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    /// As [`Question::columns`], of what a measure cannot do without.
    fn needed(&self, asked: Option<Vec<String>>, of_events: &[&str], option: &str) -> Result<Vec<String>> {
        let columns = self.columns(asked, of_events)?;
        if columns.is_empty() {
            let what = format!("with a query of one's own {option} must say which columns are meant");
            return Err(Error::Usage { what, hint: Some(format!("it has {}", names(&self.schema))) });
        }
        Ok(columns)
    }

    /// The rows with the columns that are asked for, the time first.
    fn rows(&self, columns: &[&str]) -> Result<Rows> {
        self.gather(&narrowed(&self.sql, &self.time, columns))
    }

    fn gather(&self, sql: &str) -> Result<Rows> {
        let mut batches = Vec::new();
        let schema = self.engine.sql_each(sql, &self.params, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok(Rows::new(schema, batches))
    }

    /// Measures and writes; `bars` names the column that a table draws.
    fn answer(self, what: &dyn Measure, bars: Option<&str>) -> Result<End> {
        let rows = self.rows(&what.columns())?;
        self.write(&measure(what, &rows)?, &rows, bars)
    }

    /// Joins with the rows of a second query and writes.
    fn joined(self, before: &str, by: &[String]) -> Result<End> {
        let by = self.columns(Some(by.to_vec()), &[])?;
        let before = before.trim_end().trim_end_matches(';');
        let schema = self.engine.schema(before, &self.params)?;
        for name in &by {
            if spelled(&schema, name)? != *name {
                let what = format!("column {name} is spelled otherwise in the second query");
                return Err(Error::Usage { what, hint: Some(format!("it has {}", names(&schema))) });
            }
        }
        let time = timed(&schema, None)?;
        let others: Vec<&str> =
            schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != time).collect();
        let past = self.gather(&narrowed(before, &time, &others))?;
        let own: Vec<&str> =
            self.schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != self.time).collect();
        let rows = self.rows(&own)?;
        self.write(&measure(&AsOf { by, before: past }, &rows)?, &rows, None)
    }

    fn write(&self, batch: &RecordBatch, of: &Rows, bars: Option<&str>) -> Result<End> {
        let writer = self.out.writer()?;
        let drawn = bars.filter(|_| writer.name() == "table").map(|column| with_bars(batch, column));
        let batch = drawn.as_ref().unwrap_or(batch);
        let mut sink = output(self.out.output.as_deref(), Some(writer))?;
        report::write(writer, &batch.schema(), &[secrets::rows(batch)], &mut *sink)?;
        std::io::Write::flush(&mut sink).map_err(Error::io("write to", "the output".as_ref()))?;
        if self.ours && of.is_empty() {
            say("the case has no audit events to measure: coldcase ingest reads some, --sql measures other tables");
        }
        Ok(End::Done)
    }
}

/// A query with only the columns that are read, each once; the time under the name that measures know.
fn narrowed(sql: &str, time: &str, columns: &[&str]) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut all = vec![format!("arrow_cast({}, 'Timestamp(Microsecond, None)') AS {TIME}", quoted(time))];
    for (place, column) in columns.iter().enumerate() {
        if !columns[..place].contains(column) && *column != TIME {
            all.push(quoted(column));
        }
    }
    format!("SELECT {} FROM ({sql}) AS asked", all.join(", "))
}

/// The column with the time: the one that is named, else one that is usual.
fn timed(schema: &Schema, named: Option<&str>) -> Result<String> {
    if let Some(named) = named {
        return spelled(schema, named);
    }
    let usual = [TIME, "TimeGenerated", "first"].into_iter().find_map(|name| spelled(schema, name).ok());
    usual.ok_or_else(|| Error::Usage {
        what: "the query has no column with the time: time, TimeGenerated or first".into(),
        hint: Some(format!("--time names it; there is {}", names(schema))),
    })
}

fn spelled(schema: &Schema, meant: &str) -> Result<String> {
    let mut found = schema.fields().iter().map(|field| field.name()).filter(|name| name.eq_ignore_ascii_case(meant));
    let first = found.next();
    let exact = schema.column_with_name(meant).map(|(_, field)| field.name());
    exact.or(first).cloned().ok_or_else(|| Error::Usage {
        what: format!("there is no column `{meant}` to measure"),
        hint: Some(format!("there is {}", names(schema))),
    })
}

fn names(schema: &Schema) -> String {
    schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ")
}

/// The same rows with a bar behind each, the longest for the most.
fn with_bars(batch: &RecordBatch, column: &str) -> RecordBatch {
    const LONGEST: i64 = 40;
    let counts = batch.column_by_name(column).and_then(|array| array.as_primitive_opt::<Int64Type>());
    let Some(counts) = counts else { return batch.clone() };
    let most = counts.iter().flatten().max().unwrap_or(0).max(1);
    let long = |count: i64| usize::try_from((count.max(0) * LONGEST + most - 1) / most).unwrap_or(0);
    let bars: StringArray = counts.iter().map(|count| count.map(|count| "█".repeat(long(count)))).collect();
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("share", DataType::Utf8, true)));
    let columns = batch.columns().iter().cloned().chain([Arc::new(bars) as _]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("one bar a row")
}

/// Reads `5m` as microseconds.
fn length(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no length of time: write 30s, 5m, 2h or 1d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    number.checked_mul(seconds * 1_000_000).filter(|micros| *micros > 0).ok_or_else(wrong)
}
