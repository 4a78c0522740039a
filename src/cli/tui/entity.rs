//! All about one entity: every event that concerns it, whatever the source, counted by what may be asked of it; the
//! findings on it, its states and history, and who is named with it.

mod events;

use coldcase_tui::ask::{Cell, Column, Entity as Page, Piece, RecordId, Standing, Thing, Whom};

pub use self::events::Kept;
use self::events::at;
use super::Ask;
use super::answers::{record_id, span, width};
use super::rows::{Condition, rows};
use crate::cli::casework::place;
use crate::engine::{Concern, Entity, Kind, Parameter, concerns, named};
use crate::error::{Error, Result};

const FINDINGS: u32 = 50;
const RELATED: usize = 16;
const STATES: usize = 20;

impl Ask<'_> {
    /// A piece of all about an entity; what other pieces tell is left out.
    pub fn entity(&self, whom: &Whom, bins: u16, piece: Piece) -> Result<Page> {
        let entity = whom_of(whom)?;
        let spelled = self.spelled(&entity)?;
        let mut page = Page { thing: thing(&entity), ..Page::default() };
        let extent = match self.extent()? {
            (Some(from), Some(to)) => Some((from, width(from, to, bins), bins)),
            _ => None,
        };
        match piece {
            Piece::Events => {
                page.called = self.called(&entity)?;
                if let Some(extent) = extent {
                    self.count(&spelled, extent, &mut page)?;
                }
                // Two words of a log line look like an object, and are none when nothing else knows it.
                if matches!(whom, Whom::Cell { .. }) && page.events == 0 && page.remarks.is_empty() {
                    return Err(nobody());
                }
                self.remarks(&entity, &mut page);
            }
            Piece::Findings => {
                if let Some(extent) = extent {
                    self.hits(&spelled, extent, &mut page)?;
                }
                self.found(&entity, &spelled, &mut page)?;
            }
            Piece::States => {
                self.states(&entity, &mut page)?;
                self.reads(&entity, &mut page)?;
            }
            Piece::Objects => {
                if let Some(extent) = extent {
                    page.objects = self.touched(&spelled, extent)?;
                }
            }
        }
        Ok(page)
    }

    /// The condition on view `timeline` that an event concerns somebody or something.
    pub fn concern(&self, of: &Thing, condition: &mut Condition) -> Result<()> {
        let spelled = self.spelled(&entity_of(of)?)?;
        let concerns = self.every(&spelled, condition)?;
        let tests: Vec<String> = match self.places(&spelled)? {
            // Where few events are, their places are a test that a scan knows what to do with.
            Some(places) => {
                let direct = concerns.iter().filter_map(Concern::direct).map(|test| format!("({test})"));
                direct.chain(at(places.iter().map(|place| (place.evidence, place.offset)))).collect()
            }
            None => concerns.iter().map(Concern::condition).collect(),
        };
        condition.and(&if tests.is_empty() { "false".to_owned() } else { format!("({})", tests.join(" OR ")) });
        Ok(())
    }

    /// The ways in which events may concern any of them.
    fn every(&self, spelled: &[Entity], condition: &mut Condition) -> Result<Vec<Concern>> {
        let all = spelled.iter().map(|entity| self.concerns(entity, condition));
        Ok(all.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
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

    fn remarks(&self, entity: &Entity, page: &mut Page) {
        if let (Kind::Address, Ok(address)) = (entity.kind, entity.name.parse::<std::net::IpAddr>()) {
            let private = match address {
                std::net::IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
                std::net::IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
            };
            if private {
                page.remarks.push("a private address: many may stand behind it, so it names nobody".to_owned());
            }
        }
        if !self.desk.case.is_replayed() {
            page.remarks.push("the rules were not replayed: no finding means nothing was looked for".to_owned());
        }
    }

    /// Says whether what it read could be seen.
    fn reads(&self, entity: &Entity, page: &mut Page) -> Result<()> {
        if matches!(entity.kind, Kind::User | Kind::ServiceAccount | Kind::Node) {
            let coverage = self.desk.engine.coverage()?;
            if coverage.events() > 0 && !coverage.has_reads() {
                page.remarks.push("no get or list was recorded: what it read is invisible here".to_owned());
            }
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
