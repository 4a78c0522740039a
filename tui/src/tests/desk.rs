//! A small worker for tests. It holds a few events and answers by really filtering, counting and placing them, so a
//! test that passes here has asked the right questions.

use std::cell::RefCell;

use super::{about, cluster, compare, fold, notebook, player, rulebook};
use crate::ask::*;

pub const START: i64 = 1_773_280_800_000_000; // Mar 12 2026 02:00 UTC
const MINUTE: i64 = 60_000_000;

pub struct Desk {
    pub events: Vec<EventRow>,
    pub replayed: bool,
    /// Put into every text of every answer, to see what becomes of it.
    pub poison: String,
    /// What was written, oldest first; the place is the id.
    pub notes: RefCell<Vec<Note>>,
    /// What was asked to be written to files, oldest first.
    pub sent: RefCell<Vec<Outgoing>>,
    /// The rule that was edited since its findings were made.
    pub edited: Option<&'static str>,
}

impl Desk {
    pub fn empty() -> Desk {
        Desk {
            events: Vec::new(),
            replayed: false,
            poison: String::new(),
            notes: RefCell::default(),
            sent: RefCell::default(),
            edited: None,
        }
    }

    /// Forty minutes of a small break-in among ordinary reads.
    pub fn sample() -> Desk {
        let ci = "system:serviceaccount:web:ci";
        let deployer = "system:serviceaccount:kube-system:deployer";
        let mut events: Vec<EventRow> = (0..40)
            .filter(|minute| !(25..31).contains(minute))
            .map(|minute| {
                let object = format!("configmaps kube-system/leader-{minute}");
                event(minute * 60_000, "alice@example.org", "get", &object, "200", "kube-system", None)
            })
            .collect();
        events.extend([
            event(551_402, ci, "list", "secrets", "403", "", Some(Level::Medium)),
            event(843_118, ci, "create", "pods/exec web/api-7d9", "101", "web", Some(Level::High)),
            event(
                1_267_664,
                ci,
                "create",
                "serviceaccounts/token kube-system/deployer",
                "201",
                "kube-system",
                Some(Level::Critical),
            ),
            event(1_470_090, deployer, "create", "clusterrolebindings x", "201", "", Some(Level::Critical)),
        ]);
        events.sort_by_key(order);
        Desk { events, replayed: true, ..Desk::empty() }
    }

    /// Returns the answer, or `None` for a question that has none.
    pub fn answer(&self, request: &Request) -> Option<Answer> {
        Some(match request {
            Request::Overview { bins } => Answer::Overview(self.overview(*bins)),
            Request::Timeline { filter, offset, limit } => {
                let rows = fold::rows(self, filter);
                let events = self.under(filter).count() as u64;
                let total = Total::Exactly(rows.len() as u64);
                let rows = rows.into_iter().skip(*offset as usize).take(*limit as usize).collect();
                Answer::Timeline(TimelinePage { offset: *offset, rows, total, all: self.events.len() as u64, events })
            }
            Request::Histogram { filter, bins } => Answer::Histogram(self.histogram(filter, *bins)),
            Request::Values { filter, column, bins, limit } => {
                Answer::Values(self.values(filter, *column, *bins, *limit))
            }
            Request::Findings { .. } => Answer::Findings(self.findings()),
            Request::Chain { finding, .. } => Answer::Chain(self.chain(finding)),
            Request::Record(id) => Answer::Record(self.record(*id)),
            Request::Locate { filter, record, time } => Answer::Place(fold::place(self, filter, record, *time)),
            Request::Seek { filter, want, from, direction } => {
                Answer::Found(fold::seek(self, filter, want, *from, *direction))
            }
            Request::Sql { .. } => Answer::Grid(self.grid()),
            Request::Tables => Answer::Tables(self.tables(), vec!["count".to_string()]),
            Request::Note(note) => Answer::Noted(notebook::write(self, note)),
            Request::Write(outgoing) => {
                self.sent.borrow_mut().push(outgoing.clone());
                Answer::Noted("written".into())
            }
            Request::Behind(finding) => Answer::Text(format!("SELECT '{finding}'")),
            Request::Rules => Answer::Rules(rulebook::rules(self)),
            Request::Rule(rule) => Answer::Rule(rulebook::text(self, rule)),
            Request::EditRule(rule) => {
                Answer::Editable { rule: rule.clone(), path: format!("/cases/breach.rules/{rule}.yml") }
            }
            Request::RunRule(rule) => Answer::Ran(rulebook::run(self, rule)),
            Request::Why { rule, record } => Answer::Why(rulebook::why(self, rule, *record)),
            Request::Objects { limit } => Answer::Objects(cluster::objects(self, *limit)),
            Request::Object(id) => Answer::Object(cluster::object(self, *id)),
            Request::WhoCan(question) => Answer::WhoCan(cluster::who_can(self, question)),
            Request::Coming(path) => Answer::Coming(notebook::coming(self, path)),
            Request::CaseFile => Answer::CaseFile(notebook::case_file(self)),
            Request::Entity { whom, bins, piece } => match about::entity(self, whom, *bins) {
                Some(entity) => Answer::Entity(*piece, Box::new(entity)),
                None => return None,
            },
            Request::Compare { a, b } => Answer::Compare(compare::compare(self, *a, *b)),
            Request::Between { a, b } => Answer::Between(compare::between(self, *a, *b)),
            Request::Windows => Answer::Windows(compare::windows(self)),
            Request::Sweep { bins } => Answer::Sweep(self.sweep(*bins)),
            Request::Moment { go, bins, limit } => Answer::Moment(Box::new(player::moment(self, *go, *bins, *limit))),
            Request::Cancel(_) => return None,
        })
    }

    /// The notes on one thing.
    pub fn notes_on(&self, subject: &Subject) -> Noted {
        notebook::noted(&self.notes.borrow(), subject)
    }

    pub fn noted(&self, event: &EventRow) -> EventRow {
        let noted = self.notes_on(&Subject::Event(event.id));
        EventRow { noted, name: notebook::name(&self.notes.borrow(), &event.actor), ..event.clone() }
    }

    pub fn text(&self, words: &str) -> String {
        format!("{words}{}", self.poison)
    }

    pub fn under<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a EventRow> {
        self.events
            .iter()
            .filter(|event| passes(event, filter) && (!filter.noted || self.notes_on(&Subject::Event(event.id)).any()))
    }

    fn overview(&self, bins: u16) -> Overview {
        let histogram = self.histogram(&Filter::default(), bins);
        let some = !self.events.is_empty();
        let level = |level| (level, self.events.iter().filter(|event| event.finding == Some(level)).count() as u64);
        Overview {
            case: self.text("breach"),
            evidence: "verified".to_string(),
            window: Window { from: some.then_some(histogram.from), to: some.then_some(histogram.to) },
            events: self.events.len() as u64,
            sources: some
                .then(|| Source {
                    name: "kube-audit".to_string(),
                    source: "kube-audit".to_string(),
                    bins: histogram.bins,
                    rows: self.events.len() as u64,
                    note: self.text("3 cut short"),
                })
                .into_iter()
                .collect(),
            findings: Level::ALL.map(level).into(),
            replayed: self.replayed,
            blind: ["ca-secret-burst", "ca-secret-list-ns"]
                .iter()
                .filter(|_| some)
                .map(|rule| Blind { rule: self.text(rule), reason: "it looks for reads, and none was recorded".into() })
                .collect(),
            notes: some
                .then(|| self.text("no get or list was recorded: reads are invisible here"))
                .into_iter()
                .collect(),
        }
    }

    /// Two preset questions with hits, and three without.
    fn sweep(&self, bins: u16) -> Sweep {
        let histogram = self.histogram(&Filter::default(), bins);
        let line = |hunt: &str, title: &str, column: Column, value: &str, data: Data| {
            let value = Some(value.to_string());
            let filter = Filter { chips: vec![Chip { column, op: Op::Is, value }], ..Filter::default() };
            let first = self.under(&filter).map(|event| event.time).next();
            Swept {
                hunt: self.text(hunt),
                title: self.text(title),
                question: self.text(&format!("{title}, and when?")),
                needs: self.text("requests of the audit log"),
                hits: self.under(&filter).count() as u64,
                first,
                bins: self.histogram(&filter, bins).bins,
                data,
                missing: if data == Data::Present { Vec::new() } else { vec![self.text("signin")] },
                new: first.is_some_and(|first| first - histogram.from >= (histogram.to - histogram.from) / 4),
            }
        };
        let lines = vec![
            line("actors", "Who was there", Column::Status, "200", Data::Present),
            line("tokens-minted", "Tokens that were minted", Column::Status, "201", Data::Part),
            line("exposed", "What was exposed", Column::Verb, "expose", Data::Present),
            line("sign-ins", "Who signed in", Column::Verb, "sign-in", Data::Absent),
            line("pivot", "Who went on from where", Column::Verb, "pivot", Data::Absent),
        ];
        let window = Window { from: Some(histogram.from), to: Some(histogram.to) };
        let unasked = Unasked {
            hunt: self.text("who-can"),
            title: self.text("Who may do it"),
            question: self.text("Which users may use a verb?"),
            asks: vec![self.text("verb: what is done")],
        };
        let some = !self.events.is_empty();
        Sweep {
            window,
            lines: lines.into_iter().filter(|_| some).collect(),
            unasked: some.then_some(unasked).into_iter().collect(),
        }
    }

    pub fn histogram(&self, filter: &Filter, bins: u16) -> Histogram {
        let (Some(first), Some(last)) = (self.events.first(), self.events.last()) else {
            return Histogram { from: 0, to: 0, bins: Vec::new() };
        };
        let from = filter.window.from.unwrap_or(first.time);
        let to = filter.window.to.unwrap_or(last.time + 1).max(from.saturating_add(1));
        let edge = |at: u16| {
            (i128::from(from) + (i128::from(to) - i128::from(from)) * i128::from(at) / i128::from(bins)) as i64
        };
        let gap = (START + 25 * MINUTE, START + 30 * MINUTE);
        let bin = |at| {
            let held = |event: &&EventRow| event.time >= edge(at) && event.time < edge(at + 1);
            Bin {
                count: self.under(filter).filter(held).count() as u64,
                findings: self.under(filter).filter(held).filter(|event| event.finding.is_some()).count() as u32,
                gap: edge(at) >= gap.0 && edge(at + 1) <= gap.1,
            }
        };
        Histogram { from, to, bins: (0..bins).map(bin).collect() }
    }

    pub fn values(&self, filter: &Filter, column: Column, bins: u16, limit: u32) -> Values {
        let mut found: Vec<Cell> = self.under(filter).map(|event| cell(event, column).clone()).collect();
        found.sort();
        found.dedup();
        let of = |value: Cell| {
            // The value passes the filter, so a chip on it says all that the chips on its column said.
            let mut filter = filter.clone();
            filter.chips.retain(|chip| chip.column != column);
            filter.chips.push(Chip { column, op: Op::Is, value: value.clone() });
            let count = self.under(&filter).count() as u64;
            let all = self.events.iter().filter(|event| *cell(event, column) == value).count() as u64;
            ValueCount { value, count, all, bins: self.histogram(&filter, bins).bins }
        };
        let mut rows: Vec<ValueCount> = found.into_iter().map(of).collect();
        rows.sort_by_key(|value| std::cmp::Reverse(value.count));
        let distinct = rows.len() as u64;
        rows.truncate(limit as usize);
        Values { rows, distinct }
    }

    pub fn findings(&self) -> Findings {
        let chain: Vec<&EventRow> = self.events.iter().filter(|event| event.finding.is_some()).collect();
        let rows = [
            (Level::Critical, "token-then-admin", "Token minted then cluster-admin", 1),
            (Level::High, "exec-from-outside", "Exec into a pod from outside", 1),
        ];
        let rows = rows.iter().filter(|_| chain.len() > 3).map(|(level, rule, title, first)| FindingRow {
            id: rule.to_string(),
            level: *level,
            rule: rule.to_string(),
            title: self.text(title),
            actor: Some(self.text("system:serviceaccount:web:ci")),
            target: Some("clusterrolebindings x".to_string()),
            first: chain[*first].time,
            last: chain[3].time,
            events: if *level == Level::Critical { 3 } else { 1 },
            techniques: "T1528, T1098".to_string(),
            noted: self.notes_on(&Subject::Finding(rule.to_string())),
            name: None,
            edited: self.edited == Some(*rule),
        });
        let rows: Vec<_> = rows.collect();
        Findings { total: rows.len() as u64, rows, replayed: self.replayed }
    }

    fn chain(&self, finding: &str) -> Chain {
        let take = if finding == "token-then-admin" { 3 } else { 1 };
        let events: Vec<ChainEvent> = self
            .events
            .iter()
            .filter(|event| event.finding >= Some(Level::High))
            .take(take)
            .enumerate()
            .map(|(at, event)| ChainEvent {
                id: event.id,
                time: event.time,
                actor: event.actor.clone(),
                what: [&event.verb, &event.object, &Some("→".to_string()), &event.status]
                    .map(|cell| cell.as_deref().unwrap_or(""))
                    .join(" "),
                place: format!("kube-03.gz:{}", event.id.offset),
                note: if at == 1 { self.text("body cut at 16 KiB") } else { String::new() },
            })
            .collect();
        let why = vec![self.text("Fired because a token was minted by an actor that never did so, then bound to cluster-admin within 30 minutes.")];
        Chain { finding: finding.to_string(), total: events.len() as u64, events, why }
    }

    pub fn record(&self, id: RecordId) -> Record {
        let event = self.events.iter().find(|event| event.id == id);
        let field = |name: &str, value: Option<&String>| (name.to_string(), value.cloned());
        let fields = event.map_or(Vec::new(), |event| {
            vec![
                field("verb", event.verb.as_ref()),
                field("user_name", event.actor.as_ref()),
                field("object", event.object.as_ref()),
                field("impersonated_user_name", None),
            ]
        });
        let verb = event.and_then(|event| event.verb.as_deref()).unwrap_or("");
        let raw =
            format!("{{\"kind\":\"Event\",\"level\":\"Metadata\",\"verb\":\"{verb}\",\"note\":\"{}\"}}", self.poison);
        Record { id, place: format!("kube-03.gz:{}", id.offset), fields, raw: raw.into_bytes(), hash: HashCheck::Same }
    }

    fn grid(&self) -> Grid {
        let columns =
            [("actor", false), ("n", true)].map(|(name, number)| GridColumn { name: self.text(name), number });
        let rows = vec![
            vec![Some(self.text("system:serviceaccount:web:ci")), Some("3".to_string())],
            vec![None, Some("12".to_string())],
        ];
        Grid {
            columns: columns.into(),
            rows,
            total: Total::AtLeast(2),
            millis: 412,
            note: self.text("3 rows body cut"),
        }
    }

    fn tables(&self) -> Vec<TableInfo> {
        let column = |name: &str, kind: &str| ColumnInfo { name: self.text(name), kind: kind.to_string() };
        vec![
            TableInfo {
                name: "audit".to_string(),
                rows: Some(2_310),
                call: None,
                columns: vec![column("time", "time"), column("verb", "text")],
            },
            TableInfo { name: "timeline".to_string(), rows: None, call: None, columns: vec![column("actor", "text")] },
        ]
    }
}

pub fn event(
    millis: i64,
    actor: &str,
    verb: &str,
    object: &str,
    status: &str,
    namespace: &str,
    finding: Option<Level>,
) -> EventRow {
    EventRow {
        id: RecordId { evidence: 1, offset: millis as u64, len: 700 },
        time: START + millis * 1000,
        source: Some("kube-audit".to_string()),
        actor: Some(actor.to_string()),
        verb: Some(verb.to_string()),
        object: Some(object.to_string()),
        status: Some(status.to_string()),
        namespace: Some(namespace.to_string()).filter(|namespace| !namespace.is_empty()),
        agent: Some("kubectl/v1.31".to_string()),
        address: Some("203.0.113.7".to_string()),
        finding,
        noted: Noted::default(),
        name: None,
        fold: None,
    }
}

pub fn order(event: &EventRow) -> (i64, u32, u64) {
    (event.time, event.id.evidence, event.id.offset)
}

pub fn cell(event: &EventRow, column: Column) -> &Cell {
    match column {
        Column::Time => &None,
        Column::Source => &event.source,
        Column::Actor => &event.actor,
        Column::Verb => &event.verb,
        Column::Object => &event.object,
        Column::Status => &event.status,
        Column::Namespace => &event.namespace,
        Column::Agent => &event.agent,
        Column::Address => &event.address,
    }
}

pub fn contains(event: &EventRow, text: &str) -> bool {
    let text = text.to_lowercase();
    Column::ALL.iter().filter_map(|column| cell(event, *column).as_ref()).any(|c| c.to_lowercase().contains(&text))
}

fn passes(event: &EventRow, filter: &Filter) -> bool {
    let window =
        filter.window.from.is_none_or(|from| event.time >= from) && filter.window.to.is_none_or(|to| event.time < to);
    let refused = filter.chips.iter().any(|chip| chip.op == Op::IsNot && *cell(event, chip.column) == chip.value);
    let kept = Column::ALL.iter().all(|column| {
        let mut wanted = filter.chips.iter().filter(|chip| chip.column == *column && chip.op == Op::Is).peekable();
        wanted.peek().is_none() || wanted.any(|chip| *cell(event, *column) == chip.value)
    });
    let concerned = filter.about.as_ref().is_none_or(|thing| about::concerns(event, thing));
    window && concerned && !refused && kept && (filter.search.is_empty() || contains(event, &filter.search))
}
