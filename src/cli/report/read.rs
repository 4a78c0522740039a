//! What a report is made of, read from a case.

use std::collections::{HashMap, HashSet};

use crate::case::Case;
use crate::cli::casework::{self, On};
use crate::cli::print::count;
use crate::cli::rules;
use crate::cli::tui::answers::{bin, width};
use crate::cli::tui::rows::{Row, rows};
use crate::cli::tui::silence::silences;
use crate::engine::Engine;
use crate::error::Result;
use crate::model::Micros;

/// Stretches of time in the picture.
const BINS: u16 = 160;

/// When the first and the last event were, and how many there are.
pub const EXTENT: &str = "SELECT min(time) AS first, max(time) AS last, count(*) AS events FROM timeline";

/// Findings, the worst first.
pub const FINDINGS: &str = "SELECT id, CAST(rule AS VARCHAR) AS rule, CAST(level AS VARCHAR) AS level, title, first, last, \
     CAST(count AS BIGINT) AS requests, actor, target, array_to_string(techniques, ', ') AS techniques FROM finding \
     ORDER BY CASE CAST(level AS VARCHAR) WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 \
     WHEN 'low' THEN 4 ELSE 5 END, actor IS NULL, first, id";

/// Which events belong to them.
pub const EVENTS: &str =
    "SELECT id, unnest(evidence) AS evidence, unnest(\"offset\") AS \"offset\" FROM finding ORDER BY 1, 2, 3";

/// What is known in part or not at all: how many records, and what that means.
pub const LOST: [(&str, &str); 3] = [
    ("SELECT count(*) AS n FROM audit WHERE body = 'cut'", "with a body that was cut: what it said is known in part"),
    ("SELECT count(*) AS n FROM timeline WHERE time IS NULL", "without a time: it is in no order and in no picture"),
    ("SELECT count(*) AS n FROM reject", "could not be read at all: table reject has its bytes"),
];

/// A finding as a report has it.
pub struct Finding {
    pub id: String,
    pub rule: String,
    pub level: String,
    pub title: String,
    pub first: Option<Micros>,
    pub last: Option<Micros>,
    pub requests: u64,
    pub actor: String,
    pub target: String,
    pub techniques: String,
    /// Evidence and offset of its events.
    pub places: HashSet<(u32, u64)>,
}

/// Every finding, the worst first, with the places of its events.
pub fn findings(engine: &Engine) -> Result<Vec<Finding>> {
    let found = engine.sql(FINDINGS, &[])?;
    let one = |row: Row<'_>| {
        let text = |column| row.text(column).unwrap_or_default();
        let at = |column| (!row.is_null(column)).then(|| Micros(row.number(column)));
        Finding {
            id: text(0),
            rule: text(1),
            level: text(2),
            title: text(3),
            first: at(4),
            last: at(5),
            requests: row.count(6),
            // Of an object that stands in a snapshot.
            actor: if row.is_null(7) { "cannot tell who".into() } else { text(7) },
            target: text(8),
            techniques: text(9),
            places: HashSet::new(),
        }
    };
    let mut all: Vec<Finding> = rows(&found).map(one).collect();
    let events = engine.sql(EVENTS, &[])?;
    let at: HashMap<String, usize> = all.iter().enumerate().map(|(at, finding)| (finding.id.clone(), at)).collect();
    for row in rows(&events) {
        if let Some(at) = at.get(&row.text(0).unwrap_or_default()) {
            all[*at].places.insert((u32::try_from(row.number(1)).unwrap_or_default(), row.count(2)));
        }
    }
    Ok(all)
}

/// Events in equal stretches; none where all sources are silent, as the screens show it.
pub fn bins(engine: &Engine, (from, to): (i64, i64)) -> Result<Vec<Option<u64>>> {
    let width = width(from, to, BINS);
    let sql = format!(
        "SELECT {} AS bin, count(*) AS n, min(time) AS first, max(time) AS last FROM timeline \
         WHERE time IS NOT NULL GROUP BY 1",
        bin("time", from, width)
    );
    let answer = engine.sql(&sql, &[])?;
    let counts: HashMap<i64, u64> = rows(&answer).map(|row| (row.number(0), row.count(1))).collect();
    let ends = rows(&answer).map(|row| (row.number(0), (row.number(2), row.number(3)))).collect();
    let count = |(at, silent): (i64, bool)| (!silent).then(|| counts.get(&at).copied().unwrap_or(0));
    Ok((0..).zip(silences(BINS, &ends, None, None)).map(count).collect())
}

/// What this evidence cannot tell, in sentences.
pub fn limits(case: &Case, engine: &Engine) -> Result<Vec<String>> {
    let mut limits = Vec::new();
    let coverage = engine.coverage()?;
    if coverage.events() > 0 && !coverage.has_reads() {
        limits.push("No get or list was recorded: reads are invisible here.".to_owned());
    }
    for (sql, what) in LOST {
        let found = rows(&engine.sql(sql, &[])?).next().map_or(0, |row| row.count(0));
        if found > 0 {
            limits.push(format!("{} {what}.", count(found, "record", "records")));
        }
    }
    for missing in engine.missing()? {
        limits.push(format!("No {}: it is not known {}.", missing.log, missing.questions));
    }
    let (set, _) = rules::load(&[])?;
    let blind: Vec<String> = engine.blind(&set)?.into_iter().filter(|b| b.whole).map(|b| b.rule).collect();
    if !blind.is_empty() {
        let rules = count(blind.len() as u64, "rule", "rules");
        limits.push(format!("Silence of {rules} proves nothing here: {}.", blind.join(", ")));
    }
    let told = casework::told(case, engine)?;
    let gone = told.iter().filter(|told| matches!(told.on, On::Gone(_))).count() as u64;
    if gone > 0 {
        limits.push(format!(
            "{} on evidence or findings that are not in this case.",
            count(gone, "note is", "notes are")
        ));
    }
    limits
        .push("What is typed into a shell within a container is in no audit log; only that it was opened.".to_owned());
    Ok(limits)
}
