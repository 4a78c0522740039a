//! Clocks that differ: one thing that two sources stamped, each by its own clock.
//!
//! Between the two stamps the thing took its way, so the second is later by that and by how much the second clock is
//! ahead of the first. Only a second stamp before the first proves that the clocks differ; a clock that is behind shows
//! where others of its kind are not.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimestampMicrosecondType};

use super::Engine;
use super::values::text;
use crate::error::Result;
use crate::model::Micros;

/// Differences up to here are no doubt about a clock: some sources write whole seconds.
const DOUBT: f64 = 1.0;

/// Two stamps of one thing.
struct Pair {
    /// What stamps it first.
    first: &'static str,
    /// What stamps it then.
    second: &'static str,
    /// What must be in the case: its name, and a query that gives a row when it is.
    sides: &'static [(&'static str, &'static str)],
    /// Columns `who`, `a` (a time, or text that is one) and `b`.
    rows: &'static str,
}

/// That there is an exec whose command is known.
const EXEC: &str = "SELECT 1 FROM audit WHERE subresource = 'exec' AND exec_command IS NOT NULL LIMIT 1";

/// Each exec of the audit log when it was asked for: the answer's time is the end of the session. The k-th of a command in
/// a pod is the k-th that ran there, as long as as many ran as were asked for.
macro_rules! asked {
    () => {
        r#"WITH asked AS (SELECT *, row_number() OVER (PARTITION BY namespace, pod, command ORDER BY time) AS nth,
              count(*) OVER (PARTITION BY namespace, pod, command) AS times FROM (
              SELECT CAST(namespace AS VARCHAR) AS namespace, name AS pod,
                replace(regexp_replace(exec_command, '^[^ ]*/', ''), '"', '') AS command,
                min(coalesce(request_received_time, CASE WHEN stage = 'ResponseStarted' THEN time END)) AS time
              FROM audit WHERE resource = 'pods' AND subresource = 'exec' AND exec_command IS NOT NULL
                AND coalesce(response_code, 101) < 400 GROUP BY namespace, name, exec_command, audit_id)
              WHERE time IS NOT NULL)"#
    };
}

macro_rules! both {
    () => {
        r#" SELECT ran.who, asked.time AS a, ran.time AS b FROM asked JOIN ran ON asked.namespace = ran.namespace
            AND asked.pod = ran.pod AND asked.command = ran.command AND asked.nth = ran.nth AND asked.times = ran.times"#
    };
}

/// The audit log's own time is that of the API server's machine. When a request came in lies nearest to what the client
/// wrote into it; the time of an export would be another clock.
static PAIRS: &[Pair] = &[
    Pair {
        first: "renewTime of a node's lease",
        second: "the audit log (requestReceivedTimestamp)",
        sides: &[(
            "lease written by a node, with its body, in the audit log",
            "SELECT 1 FROM audit WHERE resource = 'leases' AND namespace = 'kube-node-lease' AND user_name LIKE \
             'system:node:%' AND request_object IS NOT NULL LIMIT 1",
        )],
        // The text cannot stand in another text: quotes there are written as escapes.
        rows: r#"SELECT user_name AS who, coalesce(request_received_time, time) AS b,
            regexp_match(request_object, '"spec":\s*\{[^{}]*"renewTime":\s*"([^"]*)"')[1] AS a
            FROM audit WHERE resource = 'leases' AND namespace = 'kube-node-lease' AND user_name LIKE 'system:node:%'
            AND verb IN ('create', 'update', 'patch') AND request_object IS NOT NULL AND time_source <> 'envelope'"#,
    },
    Pair {
        first: "eventTime of an Event",
        second: "the audit log (requestReceivedTimestamp)",
        sides: &[(
            "Event with its body and an eventTime in the audit log",
            r#"SELECT 1 FROM audit WHERE resource = 'events' AND verb = 'create' AND
            regexp_like(request_object, '"eventTime":\s*"') LIMIT 1"#,
        )],
        rows: r#"SELECT user_name AS who, coalesce(request_received_time, time) AS b,
            regexp_match(request_object, '"eventTime":\s*"([^"]*)"')[1] AS a FROM audit WHERE resource = 'events'
            AND verb = 'create' AND request_object IS NOT NULL AND time_source <> 'envelope'"#,
    },
    Pair {
        first: "lastTimestamp of an Event, whole seconds",
        second: "the audit log (requestReceivedTimestamp)",
        sides: &[(
            "Event with its body and a lastTimestamp in the audit log",
            r#"SELECT 1 FROM audit WHERE resource = 'events' AND verb IN ('create', 'patch') AND
            regexp_like(request_object, '"lastTimestamp":\s*"') LIMIT 1"#,
        )],
        rows: r#"SELECT user_name AS who, coalesce(request_received_time, time) AS b,
            regexp_match(request_object, '"lastTimestamp":\s*"([^"]*)"')[1] AS a FROM audit WHERE resource = 'events'
            AND verb IN ('create', 'patch') AND request_object IS NOT NULL AND time_source <> 'envelope'"#,
    },
    Pair {
        first: "the audit log (stageTimestamp)",
        second: "the record around it (time, TimeGenerated)",
        sides: &[(
            "audit event that a record with a time of its own carried",
            "SELECT 1 FROM audit WHERE envelope_time IS NOT NULL LIMIT 1",
        )],
        rows: "SELECT concat_ws(' of ', CAST(category AS VARCHAR), split_part(CAST(cluster_id AS VARCHAR), '/', 9)) AS who, \
               time AS a, envelope_time AS b FROM audit WHERE time_source = 'stageTimestamp' AND envelope_time IS NOT NULL",
    },
    Pair {
        first: "a line of the control plane (its own time)",
        second: "the record around it (time, TimeGenerated)",
        sides: &[(
            "control-plane line with a time of its own in a record with one",
            "SELECT 1 FROM control_plane WHERE time_source = 'line' AND envelope_time IS NOT NULL LIMIT 1",
        )],
        rows: "SELECT concat_ws(' of ', CAST(category AS VARCHAR), split_part(CAST(cluster_id AS VARCHAR), '/', 9)) AS who, \
               time AS a, envelope_time AS b FROM control_plane WHERE time_source = 'line' AND envelope_time IS NOT NULL",
    },
    Pair {
        first: "binding of a pod in the audit log",
        second: "the KubeEvents row Scheduled (FirstSeen, whole seconds)",
        sides: &[
            (
                "binding of a pod in the audit log",
                "SELECT 1 FROM audit WHERE resource = 'pods' AND subresource = 'binding' LIMIT 1",
            ),
            ("KubeEvents row Scheduled", "SELECT 1 FROM \"KubeEvents\" WHERE \"Reason\" = 'Scheduled' LIMIT 1"),
        ],
        // A pod of a StatefulSet is bound under the same name again: only what happened once can be told apart.
        rows: r#"SELECT e.who, a.bound AS a, e.seen AS b FROM (
            SELECT CAST("Namespace" AS VARCHAR) AS namespace, CAST("Name" AS VARCHAR) AS name,
              lower(CAST("ClusterId" AS VARCHAR)) AS cluster, min(CAST("SourceComponent" AS VARCHAR)) AS who,
              min("FirstSeen") AS seen
            FROM "KubeEvents" WHERE "Reason" = 'Scheduled' AND "ObjectKind" = 'Pod' GROUP BY 1, 2, 3
            HAVING min("FirstSeen") = max("FirstSeen")) e
          JOIN (
            SELECT CAST(namespace AS VARCHAR) AS namespace, name, CAST(cluster_id AS VARCHAR) AS cluster,
              min(coalesce(request_received_time, time)) AS bound
            FROM audit WHERE resource = 'pods' AND subresource = 'binding' AND verb = 'create'
              AND time_source <> 'envelope' GROUP BY 1, 2, 3 HAVING count(DISTINCT audit_id) = 1) a
          ON e.namespace = a.namespace AND e.name = a.name
          WHERE e.cluster = a.cluster OR e.cluster IS NULL OR a.cluster IS NULL"#,
    },
    Pair {
        first: "exec in the audit log (requestReceivedTimestamp)",
        second: "the same command in the same pod by Tetragon",
        sides: &[
            ("exec with its command in the audit log", EXEC),
            (
                "Tetragon process_exec in a pod",
                "SELECT 1 FROM tetragon WHERE kind = 'process_exec' AND pod IS NOT NULL LIMIT 1",
            ),
        ],
        rows: concat!(
            asked!(),
            r#", ran AS (SELECT *, row_number() OVER (PARTITION BY namespace, pod, command ORDER BY time) AS nth,
              count(*) OVER (PARTITION BY namespace, pod, command) AS times FROM (
              SELECT CAST(namespace AS VARCHAR) AS namespace, pod, time, CAST(node AS VARCHAR) AS who,
                replace(regexp_replace(binary, '^.*/', '') || coalesce(' ' || nullif(arguments, ''), ''), '"', '')
                  AS command
              FROM tetragon WHERE kind = 'process_exec' AND pod IS NOT NULL AND time IS NOT NULL))"#,
            both!()
        ),
    },
    Pair {
        first: "exec in the audit log (requestReceivedTimestamp)",
        second: "the same command in the same pod by Falco",
        sides: &[
            ("exec with its command in the audit log", EXEC),
            (
                "Falco alert about a process of a pod",
                "SELECT 1 FROM falco WHERE source = 'syscall' AND pod IS NOT NULL AND command IS NOT NULL LIMIT 1",
            ),
        ],
        // Several rules may fire on one process.
        rows: concat!(
            asked!(),
            r#", ran AS (SELECT *, row_number() OVER (PARTITION BY namespace, pod, command ORDER BY time) AS nth,
              count(*) OVER (PARTITION BY namespace, pod, command) AS times FROM (
              SELECT DISTINCT CAST(namespace AS VARCHAR) AS namespace, pod, time, CAST(hostname AS VARCHAR) AS who,
                replace(command, '"', '') AS command
              FROM falco WHERE source = 'syscall' AND pod IS NOT NULL AND command IS NOT NULL AND time IS NOT NULL))"#,
            both!()
        ),
    },
    Pair {
        first: "an event of auditd",
        second: "the LinuxAuditLog row of the same serial (TimeGenerated)",
        sides: &[
            ("event of auditd", "SELECT 1 FROM auditd LIMIT 1"),
            (
                "LinuxAuditLog row with a serial",
                "SELECT 1 FROM \"LinuxAuditLog\" WHERE coalesce(\"SerialNumber\", \"AuditID\") IS NOT NULL LIMIT 1",
            ),
        ],
        // A serial that stands for several events of a host, or of several hosts where the line names none, tells nothing.
        rows: r#"SELECT l.who, d.time AS a, l.time AS b FROM (
            SELECT serial, lower(split_part(CAST(node AS VARCHAR), '.', 1)) AS node, min(time) AS time
            FROM auditd WHERE clock = 'utc' AND serial IS NOT NULL GROUP BY 1, 2 HAVING min(time) = max(time)) d
          JOIN (
            SELECT serial, who, time, count(*) OVER (PARTITION BY serial) AS hosts FROM (
              SELECT TRY_CAST(coalesce("SerialNumber", regexp_replace("AuditID", '^.*:', '')) AS BIGINT) AS serial,
                CAST("Computer" AS VARCHAR) AS who, min("TimeGenerated") AS time
              FROM "LinuxAuditLog" GROUP BY 1, 2 HAVING min("TimeGenerated") = max("TimeGenerated"))) l
          ON d.serial = l.serial AND (d.node = lower(split_part(l.who, '.', 1)) OR (d.node IS NULL AND l.hosts = 1))"#,
    },
    Pair {
        first: "a record of LinuxAuditLog (TimeGenerated)",
        second: "its sending (TimeUploaded)",
        sides: &[(
            "LinuxAuditLog row with TimeUploaded",
            "SELECT 1 FROM \"LinuxAuditLog\" WHERE \"TimeUploaded\" IS NOT NULL LIMIT 1",
        )],
        rows: r#"SELECT "Computer" AS who, "TimeGenerated" AS a, "TimeUploaded" AS b FROM "LinuxAuditLog""#,
    },
    Pair {
        first: "a message of Syslog (EventTime, the sender's clock)",
        second: "its row (TimeGenerated)",
        sides: &[("Syslog row with EventTime", "SELECT 1 FROM \"Syslog\" WHERE \"EventTime\" IS NOT NULL LIMIT 1")],
        rows: r#"SELECT coalesce("Computer", "HostName") AS who, "EventTime" AS a, "TimeGenerated" AS b FROM "Syslog""#,
    },
    Pair {
        first: "the end of an alert (EndTime)",
        second: "its processing (ProcessingEndTime)",
        sides: &[("SecurityAlert row", "SELECT 1 FROM \"SecurityAlert\" LIMIT 1")],
        rows: r#"SELECT "ProductName" AS who, "EndTime" AS a, "ProcessingEndTime" AS b FROM "SecurityAlert""#,
    },
    Pair {
        first: "creationTimestamp of an object in a snapshot, whole seconds",
        second: "its creation in the audit log",
        sides: &[
            ("object with a uid", "SELECT 1 FROM object WHERE uid IS NOT NULL LIMIT 1"),
            (
                "creation with the answer's body in the audit log",
                "SELECT 1 FROM audit WHERE verb = 'create' AND subresource IS NULL AND response_object IS NOT NULL LIMIT 1",
            ),
        ],
        rows: r#"SELECT split_part(CAST(a.cluster_id AS VARCHAR), '/', 9) AS who, o.time AS a, a.time AS b FROM (
            SELECT uid, min(time) AS time FROM object WHERE uid IS NOT NULL GROUP BY 1) o
          JOIN (
            SELECT regexp_match(response_object, '"metadata":\s*\{[^{}]*"uid":\s*"([^"]*)"')[1] AS uid, cluster_id, time
            FROM audit WHERE verb = 'create' AND subresource IS NULL AND response_object IS NOT NULL
              AND time_source = 'stageTimestamp') a
          ON o.uid = a.uid"#,
    },
];

/// How the two clocks of one pair differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Clocks {
    /// What stamps a thing first, and what then.
    pub first: String,
    pub second: String,
    /// One a clock, the farthest from the others first; or why it cannot be told.
    pub found: std::result::Result<Vec<Skew>, String>,
}

/// How much later the second stamp is, by whose clock it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Skew {
    /// Node, user, category, product; None where the evidence does not say.
    pub who: Option<String>,
    pub pairs: u64,
    /// Seconds, to the millisecond.
    pub median: f64,
    /// All but the outer hundredths lie from here to there, in seconds.
    pub low: f64,
    pub high: f64,
    pub doubt: Option<Doubt>,
}

/// Why a clock is doubted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The second stamp is before the first: no way takes less than no time.
    Before,
    /// The others of the pair have this median, in seconds.
    Apart(f64),
}

/// Differences in milliseconds and how often each was.
type Differences = BTreeMap<i64, u64>;

impl Engine {
    /// How the clocks of the sources differ, pair by pair.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn clocks(&self) -> Result<Vec<Clocks>> {
        let mut all = Vec::new();
        for pair in PAIRS {
            let (first, second) = (pair.first.to_owned(), pair.second.to_owned());
            let mut absent = None;
            for (what, present) in pair.sides {
                if absent.is_none() && self.sql(present, &[])?.rows() == 0 {
                    absent = Some(format!("no {what} in the case"));
                }
            }
            let found = match absent {
                Some(reason) => Err(reason),
                None => Some(self.skews(pair.rows)?).filter(|found| !found.is_empty()).ok_or_else(nothing),
            };
            all.push(Clocks { first, second, found });
        }
        all.extend(self.own_columns()?);
        Ok(all)
    }

    /// Any other table that has a time of the event and a time of the row.
    fn own_columns(&self) -> Result<Vec<Clocks>> {
        let mut all = Vec::new();
        for info in self.tables()?.into_iter().filter(|info| info.rows > 0 && info.name != "Syslog") {
            let is_time = |name: &str| {
                info.schema
                    .column_with_name(name)
                    .is_some_and(|(_, f)| matches!(f.data_type(), DataType::Timestamp(..)))
            };
            if !is_time("time") || !is_time("TimeGenerated") {
                continue;
            }
            let who = ["Computer", "HostName", "PodName"]
                .into_iter()
                .find(|name| info.schema.column_with_name(name).is_some());
            let who = who.map_or_else(|| "CAST(NULL AS VARCHAR)".to_owned(), |name| format!("\"{name}\""));
            let table = info.name.replace('"', "\"\"");
            // A table whose time is that column says nothing of two clocks.
            let rows = format!(
                "SELECT {who} AS who, time AS a, \"TimeGenerated\" AS b FROM \"{table}\" WHERE EXISTS \
                 (SELECT 1 FROM \"{table}\" WHERE time <> \"TimeGenerated\")"
            );
            let found = self.skews(&rows)?;
            if !found.is_empty() {
                let (first, second) = (format!("the event of a row of {}", info.name), "TimeGenerated".to_owned());
                all.push(Clocks { first, second, found: Ok(found) });
            }
        }
        Ok(all)
    }

    /// Measures the pairs of stamps that `rows` gives.
    fn skews(&self, rows: &str) -> Result<Vec<Skew>> {
        let mut clocks: BTreeMap<Option<String>, Differences> = BTreeMap::new();
        let sql = format!("SELECT who, a, b FROM ({rows}) WHERE a IS NOT NULL AND b IS NOT NULL");
        self.sql_each(&sql, &[], &mut |batch| {
            for row in 0..batch.num_rows() {
                let (Some(a), Some(b)) = (stamp(&batch, 1, row), stamp(&batch, 2, row)) else { continue };
                let who = text(batch.column(0), row).filter(|who| !who.is_empty());
                let differences = match clocks.entry(who.map(str::to_owned)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(Differences::new()),
                };
                // Both are within the years that a time can have.
                *differences.entry((b.0 - a.0).div_euclid(1_000)).or_default() += 1;
            }
            Ok(())
        })?;
        Ok(judged(clocks))
    }
}

fn nothing() -> String {
    "both are in the case, but nothing that stands in both".to_owned()
}

/// The time in a column of times, or of text.
fn stamp(batch: &RecordBatch, column: usize, row: usize) -> Option<Micros> {
    let array = batch.column(column);
    match array.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(times) => array.is_valid(row).then(|| Micros(times.value(row))),
        None => Micros::parse(text(array, row)?),
    }
}

/// What each clock's differences say, by themselves and beside the others'.
fn judged(clocks: BTreeMap<Option<String>, Differences>) -> Vec<Skew> {
    let skew = |(who, differences): (Option<String>, Differences)| {
        let pairs = differences.values().sum();
        let [median, low, high] = [(1, 2), (1, 100), (99, 100)].map(|part| quantile(&differences, pairs, part));
        Skew { who, pairs, median, low, high, doubt: None }
    };
    let mut skews: Vec<Skew> = clocks.into_iter().map(skew).collect();
    let mut medians: Vec<f64> = skews.iter().map(|skew| skew.median).collect();
    medians.sort_by(f64::total_cmp);
    let usual = medians.get(medians.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    // Two that differ do not say which of them is wrong.
    let several = skews.len() > 2;
    for skew in &mut skews {
        let apart = (skew.median - usual).abs();
        skew.doubt = match skew.median {
            median if median < -DOUBT => Some(Doubt::Before),
            _ if several && apart > DOUBT && apart > (skew.high - skew.low) / 2.0 => Some(Doubt::Apart(usual)),
            _ => None,
        };
    }
    // Names are in order already, and stay so where distances are equal.
    skews.sort_by(|a, b| (b.median - usual).abs().total_cmp(&(a.median - usual).abs()));
    skews
}

/// The least difference, in seconds, that so many parts of all are not greater than.
fn quantile(differences: &Differences, all: u64, (part, of): (u64, u64)) -> f64 {
    let rank = (all * part).div_ceil(of).max(1);
    let mut seen = 0;
    let found = differences.iter().find(|(_, times)| {
        seen += **times;
        seen >= rank
    });
    found.map_or(0.0, |(millis, _)| *millis as f64 / 1_000.0)
}
