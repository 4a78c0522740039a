//! Timeline, findings and single events, as the screens ask for them.

use coldcase_tui::ask::{
    Bin, Cell, Chain, ChainEvent, Direction, EventRow, Filter, FindingRow, Findings, HashCheck, Histogram, Level,
    Place, Record, RecordId, TimelinePage, Total, Want,
};

use super::Ask;
use super::index::within;
use super::marks::Marks;
use super::notes::Known;
use super::rows::{Condition, Row, cell, rows};
use crate::cli::print::grouped;
use crate::cli::{rules, secrets};
use crate::engine::Parameter;
use crate::error::Result;
use crate::model::{EvidenceId, Span};

/// The events of findings, one row each, with the worst level.
pub const MARKS: &str = "(SELECT evidence, \"offset\", max(worst) AS worst FROM (SELECT unnest(evidence) AS evidence, \
    unnest(\"offset\") AS \"offset\", CASE level WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 \
    WHEN 'low' THEN 2 ELSE 1 END AS worst FROM finding) GROUP BY 1, 2)";

/// As many names of a finding are written out: one of fifty thousand events has as many, and nobody reads them.
const NAMES: u64 = 30;

/// What a finding says of itself besides its chain; of its names those that [`NAMES`] leaves.
fn about() -> String {
    let names = |column: &str| {
        format!(
            "SELECT id, string_agg(e['kind'] || ' ' || e['name'], ', ') AS names FROM \
             (SELECT id, unnest(array_slice({column}, 1, {NAMES})) AS e FROM finding WHERE id = $id) GROUP BY id"
        )
    };
    format!(
        "SELECT CAST(f.rule AS VARCHAR) AS slug, f.remediation, n.names, f.incident, s.names, \
         array_to_string(f.techniques, ' '), array_to_string(f.threat_matrix, ' '), array_to_string(f.defender, ' '), \
         cardinality(f.entities), cardinality(f.shared) FROM finding f \
         LEFT JOIN ({}) n ON n.id = f.id LEFT JOIN ({}) s ON s.id = f.id WHERE f.id = $id",
        names("entities"),
        names("shared")
    )
}

/// What a finding may hang on: requests, objects that stand in snapshots, and the events of other logs.
const LINKS: &str = "SELECT evidence, \"offset\", length, time, user_name AS actor, CAST(verb AS VARCHAR) AS verb, \
    nullif(concat_ws('/', resource, subresource), '') || \
    coalesce(' ' || nullif(concat_ws('/', namespace, name), ''), '') AS object, request_uri AS uri, \
    CAST(body AS VARCHAR) AS body, CAST(not_recorded AS VARCHAR) AS missing, \
    CAST(response_code AS BIGINT) AS code FROM audit UNION ALL \
    SELECT evidence, \"offset\", length, time, CAST(NULL AS VARCHAR), 'in a snapshot:', \
    kind || coalesce(' ' || concat_ws('/', namespace, name), ''), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), \
    CAST(NULL AS VARCHAR), CAST(NULL AS BIGINT) FROM object UNION ALL \
    SELECT evidence, \"offset\", length, time, actor, verb, object, CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), \
    CAST(NULL AS VARCHAR), CAST(status AS BIGINT) FROM timeline WHERE source NOT IN ('audit', 'object')";

const ORDER: &str = "ORDER BY time, evidence, \"offset\"";

impl Ask<'_> {
    pub fn timeline(&self, filter: &Filter, offset: u64, limit: u32) -> Result<TimelinePage> {
        if filter.fold.is_some() {
            return self.folded(filter, offset, limit);
        }
        let index = self.index(filter)?;
        let stretch = self.stretch(filter, &index, offset, u64::from(limit))?;
        let mut condition = self.condition(filter)?;
        within(&mut condition, stretch.from, stretch.to);
        let skip = stretch.skip;
        let page = self.sql(
            &format!(
                "SELECT evidence, \"offset\", length, time, source, actor, verb, object, status, namespace, agent, \
                 address FROM timeline WHERE {} {ORDER} LIMIT {limit} OFFSET {skip}",
                condition.sql
            ),
            &condition.parameters,
        )?;
        let total = index.total();
        let all = self.index(&Filter::default())?.total();
        let (known, marks) = (self.known()?, self.marks()?);
        Ok(TimelinePage {
            offset,
            rows: rows(&page).map(|row| event(&row, &known, &marks)).collect(),
            total: Total::Exactly(total),
            all,
            events: total,
        })
    }

    pub fn histogram(&self, filter: &Filter, bins: u16) -> Result<Histogram> {
        let extent = self.extent()?;
        let (Some(from), Some(to)) = (filter.window.from.or(extent.0), filter.window.to.or(extent.1)) else {
            return Ok(Histogram { from: 0, to: 0, bins: Vec::new() });
        };
        let width = width(from, to, bins);
        let condition = self.condition(filter)?;
        let shown = self.bins(&condition, from, width)?;
        // A stretch in which no source wrote anything at all proves nothing.
        let silent = self.silent(from, width, bins)?;
        let marks = self.sql(
            &format!(
                "SELECT {} AS bin, count(*) FROM {MARKS} m JOIN \
                 (SELECT * FROM timeline WHERE {}) t ON t.evidence = m.evidence \
                 AND t.\"offset\" = m.\"offset\" GROUP BY 1",
                bin("t.time", from, width),
                condition.sql
            ),
            &condition.parameters,
        )?;
        let bin_of = |(at, gap)| Bin { count: shown.get(&at).copied().unwrap_or(0), findings: 0, gap };
        let mut out: Vec<Bin> = (0i64..).zip(silent).map(bin_of).collect();
        for row in rows(&marks) {
            if let Some(bin) = usize::try_from(row.number(0)).ok().and_then(|bin| out.get_mut(bin)) {
                bin.findings = u32::try_from(row.number(1)).unwrap_or(u32::MAX);
            }
        }
        Ok(Histogram { from, to: from + width * i64::from(bins), bins: out })
    }

    /// A filter as a condition.
    pub fn condition(&self, filter: &Filter) -> Result<Condition> {
        let mut condition = Condition::of(filter);
        if filter.noted {
            condition.and(&self.known()?.condition());
        }
        if let Some(thing) = &filter.about {
            self.concern(thing, &mut condition)?;
        }
        Ok(condition)
    }

    /// Counts per bin of `width` microseconds from `from`.
    pub fn bins(&self, condition: &Condition, from: i64, width: i64) -> Result<std::collections::HashMap<i64, u64>> {
        let counts = self.sql(
            &format!(
                "SELECT {} AS bin, count(*) \
                 FROM timeline WHERE {} GROUP BY 1",
                bin("time", from, width),
                condition.sql
            ),
            &condition.parameters,
        )?;
        Ok(rows(&counts).map(|row| (row.number(0), row.count(1))).collect())
    }

    /// First event time and one past the last.
    pub fn extent(&self) -> Result<(Option<i64>, Option<i64>)> {
        if let Some(known) = self.desk.extent.get() {
            return Ok(*known);
        }
        let found = self.extent_anew()?;
        Ok(*self.desk.extent.get_or_init(|| found))
    }

    fn extent_anew(&self) -> Result<(Option<i64>, Option<i64>)> {
        let extent = self.sql("SELECT min(time), max(time) FROM timeline", &[])?;
        let row = rows(&extent).next().filter(|row| !row.is_null(0));
        Ok(row.map_or((None, None), |row| (Some(row.number(0)), Some(row.number(1) + 1))))
    }

    pub fn findings(&self, limit: u32) -> Result<Findings> {
        self.findings_where("true", &[], limit)
    }

    /// The findings that pass a test over table `finding`.
    pub fn findings_where(&self, test: &str, parameters: &[(String, Parameter)], limit: u32) -> Result<Findings> {
        let found = self.sql(
            &format!(
                "SELECT id, CAST(level AS VARCHAR) AS word, CAST(rule AS VARCHAR) AS slug, title, actor, target, first, \
                 last, cardinality(evidence) AS events, array_to_string(techniques, ', ') AS techniques FROM finding \
                 WHERE {test} ORDER BY CASE CAST(level AS VARCHAR) WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 ELSE 5 END, actor IS NULL, \
                 first, id LIMIT {limit}"
            ),
            parameters,
        )?;
        let known = self.known()?;
        let edited = self.desk.rulebook.edited(&self.desk.case);
        let row = |row: Row<'_>| FindingRow {
            edited: row.text(2).is_some_and(|rule| edited.contains_key(&rule)),
            id: row.text(0).unwrap_or_default(),
            level: level(row.text(1).as_deref()),
            rule: row.text(2).unwrap_or_default(),
            title: row.text(3).unwrap_or_default(),
            actor: row.text(4),
            target: row.text(5),
            first: row.number(6),
            last: row.number(7),
            events: row.count(8),
            techniques: row.text(9).unwrap_or_default(),
            noted: known.finding(&row.text(0).unwrap_or_default()),
            name: known.name(&row.text(4)),
        };
        let total = self.one(&format!("SELECT count(*) FROM finding WHERE {test}"), parameters)?;
        Ok(Findings { rows: rows(&found).map(row).collect(), total, replayed: self.desk.case.is_replayed() })
    }

    pub fn chain(&self, finding: &str, limit: u32) -> Result<Chain> {
        let id = [("id".to_owned(), Parameter::Text(finding.to_owned()))];
        // What is first is held in memory while the other goes past: the places of one finding, never all events.
        let chain = self.sql(
            &format!(
                "SELECT a.evidence, a.\"offset\", a.length, a.time, a.actor, a.verb, a.object, a.uri, a.body, a.missing, \
                 a.code FROM (SELECT unnest(evidence) AS evidence, unnest(\"offset\") AS \"offset\" FROM finding \
                 WHERE id = $id) f JOIN ({LINKS}) a ON a.evidence = f.evidence AND a.\"offset\" = f.\"offset\" \
                 ORDER BY a.time, a.evidence, a.\"offset\" LIMIT {limit}"
            ),
            &id,
        )?;
        let total = self.one("SELECT cardinality(evidence) FROM finding WHERE id = $id", &id)?;
        let about = self.sql(&about(), &id)?;
        let slug = rows(&about).next().and_then(|row| row.text(0)).unwrap_or_default();
        let mut why = why(&slug)?;
        if let Some(path) = self.desk.rulebook.edited(&self.desk.case).get(&slug) {
            why.insert(0, self.desk.rulebook.said_of(path));
        }
        why.extend(rows(&about).next().map(|row| known(&row)).into_iter().flatten());
        let events = rows(&chain).map(|row| {
            let object = row.text(6).filter(|text| !text.is_empty()).or_else(|| row.text(7)).unwrap_or_default();
            let code = if row.is_null(10) { String::new() } else { format!(" → {}", row.number(10)) };
            let missing = row.text(9).map(|what| format!("not recorded: {}", what.replace(' ', ", ")));
            ChainEvent {
                id: record_id(&row),
                time: row.number(3),
                actor: row.text(4),
                what: format!("{} {object}{code}", row.text(5).unwrap_or_default()),
                place: self.place(&record_id(&row)),
                note: match row.text(8).as_deref() {
                    Some("cut") => "body cut".into(),
                    _ => missing.unwrap_or_default(),
                },
            }
        });
        Ok(Chain { finding: finding.to_owned(), events: events.collect(), total, why })
    }

    /// The decoded fields of one event, in the order of its table.
    pub fn fields(&self, id: RecordId) -> Result<Vec<(String, Cell)>> {
        let mut fields = Vec::new();
        for table in self.desk.engine.placed() {
            let found = self.sql(
                &format!("SELECT * FROM \"{table}\" WHERE evidence = {} AND \"offset\" = {}", id.evidence, id.offset),
                &[],
            )?;
            if let Some(batch) = found.batches.iter().find(|batch| batch.num_rows() > 0) {
                for (field, array) in found.schema.fields().iter().zip(batch.columns()) {
                    let shown = cell(array.as_ref(), 0).map(|text| secrets::column(field.name(), &text).into_owned());
                    fields.push((field.name().clone(), shown));
                }
                break;
            }
        }
        Ok(fields)
    }

    pub fn record(&self, id: RecordId) -> Result<Record> {
        let mut fields: Vec<_> = self.known()?.on(id).map(|words| ("note".to_owned(), Some(words))).collect();
        fields.extend(self.fields(id)?);
        let span = span(&id);
        let (raw, hash) = match self.desk.case.bytes(span) {
            Ok(bytes) => {
                let hash = if bytes.same { HashCheck::Same } else { HashCheck::Differs };
                (secrets::bytes(&bytes.bytes).into_owned(), hash)
            }
            Err(error) => (Vec::new(), HashCheck::NotChecked(super::words(&error))),
        };
        Ok(Record { id, place: self.place(&id), fields, raw, hash })
    }

    pub fn locate(&self, filter: &Filter, record: RecordId, time: i64) -> Result<Place> {
        if filter.fold.is_some() {
            return self.locate_folded(filter, record, time);
        }
        let (row, exact) = self.rank(filter, record, time)?;
        Ok(Place { row, exact })
    }

    pub fn seek(&self, filter: &Filter, want: &Want, from: u64, direction: Direction) -> Result<Option<u64>> {
        if filter.fold.is_some() {
            return self.seek_folded(filter, want, from, direction);
        }
        let test = |condition: &mut Condition| -> Result<String> {
            Ok(match want {
                Want::Actor(actor) => condition.is("actor", actor.as_deref()),
                Want::Text(text) => condition.contains_text(text),
                Want::Finding => "m.mark_worst IS NOT NULL".to_owned(),
                Want::Noted => self.known()?.condition(),
            })
        };
        // What is first is held in memory while the other goes past: the few marks, never the timeline.
        let of = match want {
            Want::Finding => format!(
                "(SELECT evidence AS mark_evidence, \"offset\" AS mark_offset, worst AS mark_worst FROM {MARKS}) m \
                 JOIN timeline t ON t.evidence = m.mark_evidence AND t.\"offset\" = m.mark_offset"
            ),
            _ => "timeline t".to_owned(),
        };
        self.nearest(filter, (&of, &test), from, direction)
    }

    /// The number an aggregate gives.
    pub fn one(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<u64> {
        let answer = self.sql(sql, parameters)?;
        Ok(rows(&answer).next().map_or(0, |row| row.count(0)))
    }

    /// Where a record is written, in words.
    pub fn place(&self, id: &RecordId) -> String {
        let path = self.desk.case.input(EvidenceId(id.evidence)).map_or("?", |input| input.path.as_str());
        format!("{}:{}", path.rsplit('/').next().unwrap_or(path), id.offset)
    }
}

/// The bin of a time column, as SQL.
pub fn bin(time: &str, from: i64, width: i64) -> String {
    format!("CAST(floor((CAST({time} AS BIGINT) - {from}) / {width}) AS BIGINT)")
}

/// The width of a bin so that all of `from..to` fits.
pub fn width(from: i64, to: i64, bins: u16) -> i64 {
    ((to - from).max(1) + i64::from(bins.max(1)) - 1) / i64::from(bins.max(1))
}

pub fn record_id(row: &Row<'_>) -> RecordId {
    RecordId { evidence: u32::try_from(row.number(0)).unwrap_or_default(), offset: row.count(1), len: row.count(2) }
}

/// A span as the screens name it.
pub fn id_of(span: Span) -> RecordId {
    RecordId { evidence: span.evidence.0, offset: span.offset, len: span.length }
}

/// The span of what the screens name.
pub fn span(id: &RecordId) -> Span {
    Span { evidence: EvidenceId(id.evidence), offset: id.offset, length: id.len }
}

pub fn event(row: &Row<'_>, known: &Known, marks: &Marks) -> EventRow {
    let id = record_id(row);
    EventRow {
        id,
        noted: known.event(&id),
        name: known.name(&row.text(5)),
        time: row.number(3),
        source: row.text(4),
        actor: row.text(5),
        verb: row.text(6),
        object: row.text(7),
        status: row.text(8),
        namespace: row.text(9),
        agent: row.text(10),
        address: row.text(11),
        finding: marks.on(&id),
        fold: None,
    }
}

/// A level by its number in [`MARKS`].
pub fn level_of(worst: i64) -> Option<Level> {
    match worst {
        5 => Some(Level::Critical),
        4 => Some(Level::High),
        3 => Some(Level::Medium),
        2 => Some(Level::Low),
        1 => Some(Level::Informational),
        _ => None,
    }
}

/// A level by its word in table `finding`.
pub fn level(word: Option<&str>) -> Level {
    match word {
        Some("critical") => Level::Critical,
        Some("high") => Level::High,
        Some("medium") => Level::Medium,
        Some("low") => Level::Low,
        _ => Level::Informational,
    }
}

/// What is said of one finding: a paragraph each.
fn known(row: &Row<'_>) -> Vec<String> {
    let said = |column: usize| row.text(column).filter(|text| !text.is_empty());
    let incident = said(3).map(|incident| match said(4) {
        Some(shared) => format!("Incident {incident}: shares {shared}{}", more(row.count(9))),
        None => format!("Incident {incident}, by itself"),
    });
    let names = [(5, "ATT&CK"), (6, "threat matrix"), (7, "Defender")];
    let names: Vec<String> = names.iter().filter_map(|(at, what)| Some(format!("{what} {}", said(*at)?))).collect();
    let to_do = said(1).map(|text| format!("To do: {}", text.replace('\n', " ")));
    let all = [to_do, said(2).map(|names| format!("About: {names}{}", more(row.count(8)))), incident];
    all.into_iter().flatten().chain((!names.is_empty()).then(|| names.join("; "))).collect()
}

/// How many names there are besides those written out.
fn more(names: u64) -> String {
    match names.saturating_sub(NAMES) {
        0 => String::new(),
        left => format!(" and {} more", grouped(left)),
    }
}

/// What the bundled rule says of itself.
fn why(slug: &str) -> Result<Vec<String>> {
    let (set, _) = rules::load(&[])?;
    let meta = set.reported().map(|(meta, _)| meta).find(|meta| meta.name == slug);
    Ok(meta.map_or_else(Vec::new, |meta| {
        let same = meta.falsepositives.iter().map(|text| format!("Looks the same: {text}"));
        std::iter::once(meta.description.replace('\n', " ")).chain(same).collect()
    }))
}
