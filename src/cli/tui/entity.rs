//! All about one entity: every event that concerns it, whatever the source, counted by what may be asked of it; the
//! findings on it, its states and history, and who is named with it.

use std::collections::HashMap;

use coldcase_tui::ask::{Bin, Cell, Column, Counted, Entity as Page, RecordId, Standing, Tally, Thing, Whom};

use super::Ask;
use super::answers::{MARKS, bin, record_id, span, width};
use super::rows::{Condition, rows};
use crate::cli::casework::place;
use crate::engine::{Concern, Entity, Kind, Parameter, concerns, named};
use crate::error::{Error, Result};

/// Values of one thing that are told; the rest is only counted.
const VALUES: usize = 12;
const FINDINGS: u32 = 50;
const RELATED: usize = 16;
const STATES: usize = 20;

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

impl Ask<'_> {
    pub fn entity(&self, whom: &Whom, bins: u16) -> Result<Page> {
        let entity = whom_of(whom)?;
        let spelled = self.spelled(&entity)?;
        let mut page = Page { thing: thing(&entity), called: self.called(&entity)?, ..Page::default() };
        let extent = self.extent()?;
        if let (Some(from), Some(to)) = extent {
            let wide = width(from, to, bins);
            (page.from, page.to) = (from, from + wide * i64::from(bins));
            self.count(&spelled, (from, wide, bins), &mut page)?;
        }
        // Two words of a log line look like an object, and are none when nothing else knows it.
        if matches!(whom, Whom::Cell { .. }) && page.events == 0 && page.remarks.is_empty() {
            return Err(nobody());
        }
        self.found(&entity, &spelled, &mut page)?;
        self.states(&entity, &mut page)?;
        self.remarks(&entity, &mut page)?;
        Ok(page)
    }

    /// The condition on view `timeline` that an event concerns somebody or something.
    pub fn concern(&self, of: &Thing, condition: &mut Condition) -> Result<()> {
        let entity = entity_of(of)?;
        let mut tests = Vec::new();
        for entity in self.spelled(&entity)? {
            tests.extend(self.concerns(&entity, condition)?.iter().map(Concern::condition));
        }
        condition.and(&format!("({})", tests.join(" OR ")));
        Ok(())
    }

    fn concerns(&self, entity: &Entity, condition: &mut Condition) -> Result<Vec<Concern>> {
        let kinds = match entity.kind {
            Kind::Object => self.kinds()?,
            _ => Vec::new(),
        };
        let mut bind = |text: &str| condition.bind(Parameter::Text(text.to_owned()));
        Ok(concerns(entity, &self.desk.case.tables(), &kinds, &mut bind))
    }

    /// The kinds of objects in snapshots, each with its group.
    fn kinds(&self) -> Result<Vec<(String, String)>> {
        let found = self.sql(
            "SELECT DISTINCT CAST(kind AS VARCHAR) AS kind, CAST(api_version AS VARCHAR) AS version FROM object \
             WHERE kind IS NOT NULL ORDER BY kind, version",
            &[],
        )?;
        let group = |version: Cell| version.and_then(|v| v.split_once('/').map(|(group, _)| group.to_owned()));
        Ok(rows(&found).map(|row| (row.text(0).unwrap_or_default(), group(row.text(1)).unwrap_or_default())).collect())
    }

    /// The entity under every name that people said is the same.
    fn spelled(&self, entity: &Entity) -> Result<Vec<Entity>> {
        let mut all = vec![entity.clone()];
        if entity.kind == Kind::User {
            let others = self.known()?.same(&entity.name);
            all.extend(others.into_iter().map(|name| Entity { kind: Kind::User, name }));
        }
        Ok(all)
    }

    fn called(&self, entity: &Entity) -> Result<Vec<String>> {
        let known = self.known()?;
        let user = match (entity.kind, entity.name.split_once('/')) {
            (Kind::ServiceAccount, Some((namespace, name))) => format!("system:serviceaccount:{namespace}:{name}"),
            (Kind::Node, _) => format!("system:node:{}", entity.name),
            _ => entity.name.clone(),
        };
        let mut called: Vec<String> = known.name(&Some(user)).into_iter().collect();
        if entity.kind == Kind::User {
            called
                .extend(known.same(&entity.name).into_iter().filter(|name| !called.contains(name)).collect::<Vec<_>>());
        }
        Ok(called)
    }

    /// Counts every event once, however many ways it concerns the entity: by the first of them.
    fn count(&self, spelled: &[Entity], (from, wide, bins): (i64, i64, u16), page: &mut Page) -> Result<()> {
        let mut condition = Condition { sql: String::new(), parameters: Vec::new() };
        let mut all: Vec<Concern> = Vec::new();
        for entity in spelled {
            all.extend(self.concerns(entity, &mut condition)?);
        }
        let none = all.len();
        let mut cases = String::new();
        // With no other table a query of no rows stands for them.
        let mut elsewhere = vec![format!(
            "SELECT CAST(0 AS INT UNSIGNED) AS evidence, CAST(0 AS BIGINT UNSIGNED) AS \"offset\", {none} AS way WHERE false"
        )];
        for (way, concern) in all.iter().enumerate() {
            match &concern.from {
                None => cases += &format!(" WHEN {} THEN {way}", concern.test),
                Some(from) => elsewhere.push(format!(
                    "SELECT w.evidence, w.\"offset\", {way} AS way FROM {from} w WHERE {}",
                    concern.test
                )),
            }
        }
        // What is first in a join is held in memory while the other goes past: never all events.
        let direct = if cases.is_empty() { none.to_string() } else { format!("CASE{cases} ELSE {none} END") };
        let scope = format!(
            "WITH elsewhere AS (SELECT evidence, \"offset\", min(way) AS way FROM ({}) GROUP BY 1, 2), \
             told AS (SELECT t.*, least(t.direct, coalesce(e.way, {none})) AS way FROM elsewhere e RIGHT JOIN \
             (SELECT *, {direct} AS direct FROM timeline) t ON t.evidence = e.evidence \
             AND t.\"offset\" = e.\"offset\" WHERE t.direct < {none} OR e.way IS NOT NULL), \
             concerned AS (SELECT t.*, m.worst FROM {MARKS} m RIGHT JOIN told t ON t.evidence = m.evidence \
             AND t.\"offset\" = m.\"offset\")",
            elsewhere.join(" UNION ALL ")
        );
        let columns: Vec<String> = BY.iter().enumerate().map(|(at, (_, _, sql))| format!("{sql} AS by{at}")).collect();
        let names: Vec<String> = (0..BY.len()).map(|at| format!("by{at}")).collect();
        let counted = self.sql(
            &format!(
                "{scope} SELECT {}, way, bin, count(*) AS n, min(time) AS first, max(time) AS last, count(worst) AS hits \
                 FROM (SELECT {}, CAST(way AS BIGINT) AS way, {} AS bin, time, worst FROM concerned) GROUP BY {}, way, bin",
                names.join(", "),
                columns.join(", "),
                bin("time", from, wide),
                names.join(", ")
            ),
            &condition.parameters,
        )?;
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
            page.hits += row.count(at + 4);
            page.first = Some(page.first.unwrap_or(span.1).min(span.1));
            page.last = Some(page.last.unwrap_or(span.2).max(span.2));
            if let Some(bin) = page.bins.get_mut(place) {
                bin.count += number;
                bin.findings += u32::try_from(row.number(at + 4)).unwrap_or(u32::MAX);
                bin.gap = false;
            }
            let role = usize::try_from(row.number(way)).ok().and_then(|way| all.get(way)).map(|way| way.role);
            parts.add(role.map(str::to_owned), span, place, bins);
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
        let touched = self.touched(&scope, &condition, (from, wide, bins))?;
        page.tallies.insert(3, touched);
        page.tallies.retain(|tally| tally.rows.iter().any(|row| row.value.is_some()));
        Ok(())
    }

    /// What the events were on, by name.
    fn touched(&self, scope: &str, condition: &Condition, (from, wide, bins): (i64, i64, u16)) -> Result<Tally> {
        let top = format!(
            "SELECT object, count(*) AS n FROM concerned WHERE time IS NOT NULL AND object IS NOT NULL GROUP BY object \
             ORDER BY n DESC, object LIMIT {VALUES}"
        );
        let counted = self.sql(
            &format!(
                "{scope} SELECT object, {} AS bin, count(*) AS n, min(time) AS first, max(time) AS last FROM concerned \
                 WHERE time IS NOT NULL AND object IN (SELECT object FROM ({top})) GROUP BY 1, 2",
                bin("time", from, wide)
            ),
            &condition.parameters,
        )?;
        let distinct = self.sql(
            &format!("{scope} SELECT count(DISTINCT object) AS n FROM concerned WHERE time IS NOT NULL"),
            &condition.parameters,
        )?;
        let mut counts = Counts::default();
        for row in rows(&counted) {
            let at = usize::try_from(row.number(1)).unwrap_or(usize::MAX);
            counts.add(row.text(0), (row.count(2), row.number(3), row.number(4)), at, bins);
        }
        let tally = counts.tally("object", Some(Column::Object));
        Ok(Tally { distinct: rows(&distinct).next().map_or(0, |row| row.count(0)), ..tally })
    }

    fn found(&self, entity: &Entity, spelled: &[Entity], page: &mut Page) -> Result<()> {
        let mut condition = Condition { sql: String::new(), parameters: Vec::new() };
        let kind = condition.bind(Parameter::Text(entity.kind.as_str().to_owned()));
        let names: Vec<String> =
            spelled.iter().map(|entity| condition.bind(Parameter::Text(entity.name.clone()))).collect();
        let test = format!(
            "id IN (SELECT id FROM (SELECT id, unnest(entities) AS e FROM finding) WHERE e['kind'] = {kind} \
             AND e['name'] IN ({}))",
            names.join(", ")
        );
        let findings = self.findings_where(&test, &condition.parameters, FINDINGS)?;
        (page.findings, page.findings_in_all) = (findings.rows, findings.total);
        let related = self.sql(
            &format!(
                "SELECT e['kind'] AS kind, e['name'] AS name, count(*) AS n FROM (SELECT unnest(entities) AS e \
                 FROM finding WHERE {test}) WHERE e['kind'] <> 'cluster' AND NOT (e['kind'] = {kind} \
                 AND e['name'] IN ({})) GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT {RELATED}",
                names.join(", ")
            ),
            &condition.parameters,
        )?;
        let thing = |row: super::rows::Row<'_>| Thing {
            kind: row.text(0).unwrap_or_default(),
            name: row.text(1).unwrap_or_default(),
        };
        page.related.extend(rows(&related).map(thing));
        Ok(())
    }

    /// Where it stands in snapshots and what became of it.
    fn states(&self, entity: &Entity, page: &mut Page) -> Result<()> {
        let (kinds, name) = match entity.kind {
            Kind::Pod => (vec!["Pod".to_owned()], entity.name.as_str()),
            Kind::ServiceAccount => (vec!["ServiceAccount".to_owned()], entity.name.as_str()),
            Kind::Node => (vec!["Node".to_owned()], entity.name.as_str()),
            Kind::Namespace => (vec!["Namespace".to_owned()], entity.name.as_str()),
            Kind::Object => {
                let Some((resource, name)) = entity.name.split_once(' ') else { return Ok(()) };
                let of = |(kind, group): &(String, String)| crate::formats::standing::resource(kind, group) == resource;
                (self.kinds()?.into_iter().filter(of).map(|(kind, _)| kind).collect(), name)
            }
            Kind::User | Kind::Image | Kind::Address | Kind::Cluster => return Ok(()),
        };
        if kinds.is_empty() {
            return Ok(());
        }
        let (namespace, own) = match name.split_once('/') {
            Some((namespace, own)) => (Some(namespace), own),
            None => (None, name),
        };
        let mut condition = Condition { sql: String::new(), parameters: Vec::new() };
        let mut text = |text: &str| condition.bind(Parameter::Text(text.to_owned()));
        let listed: Vec<String> = kinds.iter().map(|kind| text(kind)).collect();
        let own_name = text(own);
        let within = namespace.map_or("namespace IS NULL".to_owned(), |namespace| {
            format!("CAST(namespace AS VARCHAR) = {}", text(namespace))
        });
        let found = self.sql(
            &format!(
                "SELECT evidence, \"offset\", length, time, CAST(kind AS VARCHAR) AS kind, \
                 CAST(api_version AS VARCHAR) AS version, revision FROM object WHERE CAST(kind AS VARCHAR) IN ({}) \
                 AND name = {own_name} AND {within} ORDER BY evidence, \"offset\" LIMIT {STATES}",
                listed.join(", ")
            ),
            &condition.parameters,
        )?;
        let mut latest = None;
        for row in rows(&found) {
            let id = record_id(&row);
            let kind = row.text(4).unwrap_or_default();
            let revision = if row.is_null(6) { String::new() } else { format!(", revision {}", row.number(6)) };
            let what = format!("{kind} {name} in {}{revision}", place(&self.desk.case, span(&id)));
            page.states.push(Standing { id, time: (!row.is_null(3)).then(|| row.number(3)), what });
            latest = Some((id, kind, row.text(5).unwrap_or_default()));
        }
        if let Some((id, kind, version)) = latest {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            page.history = self.history(&kind, group, namespace.map(str::to_owned), own)?;
            self.runs_as(id, namespace, page)?;
        } else if entity.kind != Kind::Namespace {
            // Nothing stands; what was written to it is known all the same.
            let kind = match kinds.as_slice() {
                [one] => one.as_str(),
                _ => return Ok(()),
            };
            page.history = self.history(kind, "", namespace.map(str::to_owned), own)?;
        }
        Ok(())
    }

    /// The account, the node and the images that a snapshot says of a workload.
    fn runs_as(&self, id: RecordId, namespace: Option<&str>, page: &mut Page) -> Result<()> {
        for (fact, value) in self.object(id)?.facts {
            let kind = match fact.as_str() {
                "account" => Kind::ServiceAccount,
                "node" => Kind::Node,
                "images" => Kind::Image,
                _ => continue,
            };
            for name in value.split(", ") {
                let name = match (kind, namespace) {
                    (Kind::ServiceAccount, Some(namespace)) => format!("{namespace}/{name}"),
                    _ => name.to_owned(),
                };
                let thing = Thing { kind: kind.as_str().to_owned(), name };
                if !page.related.contains(&thing) {
                    page.related.push(thing);
                }
            }
        }
        Ok(())
    }

    fn remarks(&self, entity: &Entity, page: &mut Page) -> Result<()> {
        if let (Kind::Address, Ok(address)) = (entity.kind, entity.name.parse::<std::net::IpAddr>()) {
            let private = match address {
                std::net::IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
                std::net::IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
            };
            if private {
                page.remarks.push("a private address: many may stand behind it, so it names nobody".to_owned());
            }
        }
        let asks = matches!(entity.kind, Kind::User | Kind::ServiceAccount | Kind::Node);
        if asks {
            let coverage = self.desk.engine.coverage()?;
            if coverage.events() > 0 && !coverage.has_reads() {
                page.remarks.push("no get or list was recorded: what it read is invisible here".to_owned());
            }
        }
        if !self.desk.case.is_replayed() {
            page.remarks.push("the rules were not replayed: no finding means nothing was looked for".to_owned());
        }
        Ok(())
    }
}

fn thing(entity: &Entity) -> Thing {
    Thing { kind: entity.kind.as_str().to_owned(), name: entity.name.clone() }
}

fn entity_of(thing: &Thing) -> Result<Entity> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == thing.kind);
    let kind = kind.ok_or_else(|| Error::Usage { what: format!("{} is no kind of entity", thing.kind), hint: None })?;
    Ok(Entity { kind, name: thing.name.clone() })
}

/// Whom a cell names, else the actor of its event, else what it is on.
fn whom_of(whom: &Whom) -> Result<Entity> {
    let (column, value, actor, object) = match whom {
        Whom::Thing(thing) => return entity_of(thing),
        Whom::Cell { column, value, actor, object } => (*column, value, actor, object),
    };
    let all = [(column, value), (Column::Actor, actor), (Column::Object, object)];
    let one = |(column, value): &(Column, &Cell)| named(column.name(), value.as_ref()?);
    all.iter().find_map(one).ok_or_else(nobody)
}

fn nobody() -> Error {
    Error::Usage {
        what: "this names no user, account, pod, node, address, namespace or object that is known".into(),
        hint: Some("h and l move to another cell".into()),
    }
}
