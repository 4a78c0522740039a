//! The events that concern an entity: where they are, how many, and what of them belongs to findings.
//!
//! What the timeline itself tells is a filter that scans know; what only other tables know is looked up there first, and is
//! a few places as a rule. Then all of it is one filter, and nothing has to be joined with all events.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, UInt32Type, UInt64Type};
use coldcase_tui::ask::{Bin, Cell, Column, Counted, Entity as Page, RecordId, Tally};

use super::super::Ask;
use super::super::answers::bin;
use super::super::rows::{Condition, rows};
use crate::engine::{Concern, Entity, Parameter};
use crate::error::Result;

/// Values of one thing that are told; the rest is only counted.
const VALUES: usize = 12;

/// As many places are written out in a query; more are joined. Tests have few, and both ways.
const FEW: usize = if cfg!(test) { 2 } else { 5_000 };

/// As many entities are remembered.
const KEPT: usize = 16;

/// What events are counted by: its name, the timeline's column, its SQL.
const BY: [(&str, Option<Column>, &str); 8] = [
    ("verb", Some(Column::Verb), "CAST(verb AS VARCHAR)"),
    ("kind of object", None, "CASE WHEN source IN ('audit', 'object') THEN split_part(object, ' ', 1) END"),
    ("source", Some(Column::Source), "CAST(source AS VARCHAR)"),
    ("code", Some(Column::Status), "CAST(status AS VARCHAR)"),
    ("address", Some(Column::Address), "CAST(address AS VARCHAR)"),
    ("agent", Some(Column::Agent), "CAST(agent AS VARCHAR)"),
    ("actor", Some(Column::Actor), "CAST(actor AS VARCHAR)"),
    ("namespace", Some(Column::Namespace), "CAST(namespace AS VARCHAR)"),
];

/// Counts of one thing as they come together.
#[derive(Default)]
struct Counts(HashMap<Cell, Counted>);

impl Counts {
    fn add(&mut self, value: Cell, (count, first, last): (u64, i64, i64), at: usize, bins: u16) {
        let one = self.0.entry(value.clone()).or_insert_with(|| Counted {
            value,
            count: 0,
            first,
            last,
            bins: vec![Bin::default(); usize::from(bins)],
        });
        one.count += count;
        one.first = one.first.min(first);
        one.last = one.last.max(last);
        if let Some(bin) = one.bins.get_mut(at) {
            bin.count += count;
        }
    }

    fn tally(self, name: &str, column: Option<Column>) -> Tally {
        let mut rows: Vec<Counted> = self.0.into_values().collect();
        rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let distinct = rows.len() as u64;
        rows.truncate(VALUES);
        Tally { name: name.to_owned(), column, rows, distinct }
    }
}

/// An event that another table than the timeline says to concern an entity, and the first way it does.
#[derive(Clone, Copy)]
pub struct Place {
    pub evidence: u32,
    pub offset: u64,
    way: usize,
}

/// The places of an entity, under all its names; `None` when they are too many.
pub struct Kept {
    of: Vec<Entity>,
    places: Option<Arc<Vec<Place>>>,
}

/// The stretch that events are counted in: its start, the width of a bin, and how many bins.
type Extent = (i64, i64, u16);

/// The events of an entity as table `concerned` of a query: the timeline, and column `way`.
struct Scope {
    with: String,
    parameters: Vec<(String, Parameter)>,
    roles: Vec<&'static str>,
}

impl Ask<'_> {
    /// Where the events are that only other tables know to concern somebody; `None` when they are too many to be named.
    pub(super) fn places(&self, spelled: &[Entity]) -> Result<Option<Arc<Vec<Place>>>> {
        let lock = || self.desk.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().iter().find(|kept| kept.of == spelled) {
            return Ok(known.places.clone());
        }
        let mut condition = Condition { sql: String::new(), parameters: Vec::new() };
        let elsewhere = elsewhere(&self.every(spelled, &mut condition)?);
        let mut all = Vec::new();
        if let Some(elsewhere) = elsewhere {
            let found = self.sql(&format!("{elsewhere} LIMIT {}", FEW + 1), &condition.parameters)?;
            all.extend(rows(&found).map(|row| Place {
                evidence: u32::try_from(row.number(0)).unwrap_or_default(),
                offset: row.count(1),
                way: usize::try_from(row.number(2)).unwrap_or(usize::MAX),
            }));
        }
        let places = (all.len() <= FEW).then(|| Arc::new(all));
        let mut kept = lock();
        kept.push(Kept { of: spelled.to_vec(), places: places.clone() });
        let more = kept.len().saturating_sub(KEPT);
        kept.drain(..more);
        Ok(places)
    }

    fn scope(&self, spelled: &[Entity]) -> Result<Scope> {
        let mut condition = Condition { sql: String::new(), parameters: Vec::new() };
        let all = self.every(spelled, &mut condition)?;
        let none = all.len();
        let mut tests: Vec<(usize, String)> = Vec::new();
        let places = self.places(spelled)?;
        for (way, concern) in all.iter().enumerate() {
            tests.extend(concern.direct().map(|test| (way, format!("({test})"))));
            let own = places.iter().flat_map(|places| places.iter()).filter(|place| place.way == way);
            tests.extend(at(own.map(|place| (place.evidence, place.offset))).map(|test| (way, test)));
        }
        let any = tests.iter().map(|(_, test)| test.as_str()).collect::<Vec<_>>().join(" OR ");
        let any = if any.is_empty() { "false".to_owned() } else { any };
        let cases: String = tests.iter().map(|(way, test)| format!(" WHEN {test} THEN {way}")).collect();
        let way = if cases.is_empty() { none.to_string() } else { format!("CASE{cases} ELSE {none} END") };
        let concerned = match places {
            Some(_) => format!("concerned AS (SELECT *, {way} AS way FROM timeline WHERE {any})"),
            // What is first in a join is held in memory while the other goes past: never all events.
            None => format!(
                "elsewhere AS ({}), concerned AS (SELECT t.*, least(t.direct, coalesce(e.way, {none})) AS way \
                 FROM elsewhere e RIGHT JOIN (SELECT *, {way} AS direct FROM timeline WHERE {any}) t \
                 ON t.evidence = e.evidence AND t.\"offset\" = e.\"offset\" UNION ALL \
                 SELECT t.*, e.way FROM elsewhere e JOIN (SELECT *, {none} AS direct FROM timeline \
                 WHERE NOT coalesce({any}, false)) t ON t.evidence = e.evidence AND t.\"offset\" = e.\"offset\")",
                elsewhere(&all).unwrap_or_default()
            ),
        };
        let roles = all.iter().map(|concern| concern.role).collect();
        Ok(Scope { with: format!("WITH {concerned}"), parameters: condition.parameters, roles })
    }

    /// Counts every event once, however many ways it concerns the entity: by the first of them.
    pub(super) fn count(&self, spelled: &[Entity], (from, wide, bins): Extent, page: &mut Page) -> Result<()> {
        let scope = self.scope(spelled)?;
        let columns: Vec<String> = BY.iter().enumerate().map(|(at, (_, _, sql))| format!("{sql} AS by{at}")).collect();
        let names: Vec<String> = (0..BY.len()).map(|at| format!("by{at}")).collect();
        let counted = self.sql(
            &format!(
                "{} SELECT {}, way, bin, count(*) AS n, min(time) AS first, max(time) AS last \
                 FROM (SELECT {}, CAST(way AS BIGINT) AS way, {} AS bin, time FROM concerned) GROUP BY {}, way, bin",
                scope.with,
                names.join(", "),
                columns.join(", "),
                bin("time", from, wide),
                names.join(", ")
            ),
            &scope.parameters,
        )?;
        (page.from, page.to) = (from, from + wide * i64::from(bins));
        let mut parts = Counts::default();
        let mut tallies: Vec<Counts> = BY.iter().map(|_| Counts::default()).collect();
        let silent = self.silent(from, wide, bins)?;
        page.bins = silent.into_iter().map(|gap| Bin { count: 0, findings: 0, gap }).collect();
        let mut untimed = 0;
        for row in rows(&counted) {
            let (way, at, number) = (BY.len(), BY.len() + 1, row.count(BY.len() + 2));
            if row.is_null(at) {
                untimed += number;
                continue;
            }
            let span = (number, row.number(at + 2), row.number(at + 3));
            let place = usize::try_from(row.number(at)).unwrap_or(usize::MAX);
            page.events += number;
            page.first = Some(page.first.unwrap_or(span.1).min(span.1));
            page.last = Some(page.last.unwrap_or(span.2).max(span.2));
            if let Some(bin) = page.bins.get_mut(place) {
                bin.count += number;
                bin.gap = false;
            }
            let role = usize::try_from(row.number(way)).ok().and_then(|way| scope.roles.get(way));
            parts.add(role.map(|role| (*role).to_owned()), span, place, bins);
            for (column, tally) in tallies.iter_mut().enumerate() {
                tally.add(row.text(column), span, place, bins);
            }
        }
        if untimed > 0 {
            page.remarks.push(format!("{untimed} more events concern it and have no time: they are on no axis"));
        }
        page.tallies.push(parts.tally("its part in them", None));
        for ((name, column, _), tally) in BY.iter().zip(tallies) {
            page.tallies.push(tally.tally(name, *column));
        }
        page.tallies.retain(|tally| tally.rows.iter().any(|row| row.value.is_some()));
        Ok(())
    }

    /// Which of the events belong to findings.
    pub(super) fn hits(&self, spelled: &[Entity], (from, wide, bins): Extent, page: &mut Page) -> Result<()> {
        let marks = self.marks()?;
        page.bins = vec![Bin::default(); usize::from(bins)];
        if marks.is_empty() {
            return Ok(());
        }
        let scope = self.scope(spelled)?;
        let sql = format!(
            "{} SELECT CAST({} AS BIGINT) AS bin, evidence, \"offset\" FROM concerned WHERE time IS NOT NULL",
            scope.with,
            bin("time", from, wide)
        );
        self.desk.engine.sql_until(&sql, &scope.parameters, self.stop, &mut |batch| {
            let at = batch.column(0).as_primitive::<Int64Type>();
            let evidence = batch.column(1).as_primitive::<UInt32Type>();
            let offset = batch.column(2).as_primitive::<UInt64Type>();
            for row in 0..batch.num_rows() {
                let id = RecordId { evidence: evidence.value(row), offset: offset.value(row), len: 0 };
                if marks.on(&id).is_none() {
                    continue;
                }
                page.hits += 1;
                if let Some(bin) = usize::try_from(at.value(row)).ok().and_then(|at| page.bins.get_mut(at)) {
                    bin.findings += 1;
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// What the events were on, by name.
    pub(super) fn touched(&self, spelled: &[Entity], (from, wide, bins): Extent) -> Result<Tally> {
        let scope = self.scope(spelled)?;
        let top = self.sql(
            &format!(
                "{} SELECT object, n, count(*) OVER () AS distinct_objects FROM (SELECT object, count(*) AS n \
                 FROM concerned WHERE time IS NOT NULL AND object IS NOT NULL GROUP BY object) \
                 ORDER BY n DESC, object LIMIT {VALUES}",
                scope.with
            ),
            &scope.parameters,
        )?;
        let distinct = rows(&top).next().map_or(0, |row| row.count(2));
        let mut named = Condition { sql: String::new(), parameters: scope.parameters };
        // As the evidence has them: what is shown of them may be redacted.
        let texts = top.batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten());
        let names: Vec<String> = texts.map(|name| named.bind(Parameter::Text(name.to_owned()))).collect();
        let mut counts = Counts::default();
        if !names.is_empty() {
            let counted = self.sql(
                &format!(
                    "{} SELECT object, {} AS bin, count(*) AS n, min(time) AS first, max(time) AS last FROM concerned \
                     WHERE time IS NOT NULL AND object IN ({}) GROUP BY 1, 2",
                    scope.with,
                    bin("time", from, wide),
                    names.join(", ")
                ),
                &named.parameters,
            )?;
            for row in rows(&counted) {
                let at = usize::try_from(row.number(1)).unwrap_or(usize::MAX);
                counts.add(row.text(0), (row.count(2), row.number(3), row.number(4)), at, bins);
            }
        }
        Ok(Tally { distinct, ..counts.tally("object", Some(Column::Object)) })
    }
}

/// A query for the places that other tables know, each with the first way; `None` when no table is asked.
fn elsewhere(all: &[Concern]) -> Option<String> {
    let one = |(way, concern): (usize, &Concern)| {
        let from = concern.from.as_ref()?;
        Some(format!("SELECT w.evidence, w.\"offset\", {way} AS way FROM {from} w WHERE {}", concern.test))
    };
    let parts: Vec<String> = all.iter().enumerate().filter_map(one).collect();
    (!parts.is_empty()).then(|| {
        format!("SELECT evidence, \"offset\", min(way) AS way FROM ({}) GROUP BY 1, 2", parts.join(" UNION ALL "))
    })
}

/// Places as tests, one for each piece of evidence.
pub fn at(places: impl Iterator<Item = (u32, u64)>) -> impl Iterator<Item = String> {
    let mut by: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (evidence, offset) in places {
        by.entry(evidence).or_default().push(offset.to_string());
    }
    by.into_iter()
        .map(|(evidence, offsets)| format!("(evidence = {evidence} AND \"offset\" IN ({}))", offsets.join(", ")))
}
