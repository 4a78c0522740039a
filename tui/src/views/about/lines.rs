//! What a page says, line by line, and where each line leads.

use crate::{
    ask::{self, Bin, Chip, Column, Filter, Level, Op, Piece, RecordId, Thing},
    clock,
    shown::Shown,
    text::{grouped, visible},
    theme::Role,
};

/// Changes of its history that are told; the snapshot screen has them all.
const HISTORY: usize = 30;

/// The answer, its texts made visible.
pub struct Known {
    thing: Thing,
    pub kind: Shown,
    pub name: Shown,
    pub called: Vec<String>,
    pub events: u64,
    /// `None`: not known yet.
    pub hits: Option<u64>,
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub bins: Vec<Bin>,
    tallies: Vec<Tally>,
    findings: Vec<Finding>,
    findings_in_all: u64,
    states: Vec<(RecordId, Option<i64>, Shown)>,
    history: Vec<(Role, String)>,
    related: Vec<Thing>,
    remarks: Vec<String>,
    /// Pieces that were not told yet.
    lacks: Vec<Piece>,
}

struct Tally {
    name: String,
    column: Option<Column>,
    rows: Vec<(Value, ask::Counted)>,
    distinct: u64,
}

/// A value that may be missing, which is not the same as empty.
pub struct Value(Option<Shown>);

pub struct Finding {
    pub id: String,
    pub level: Level,
    pub title: Shown,
    pub first: i64,
}

/// A line, and what it leads to.
pub enum Line<'a> {
    Blank,
    Heading(String, String),
    /// A part that is not known yet.
    Lacks(&'static str),
    Words(Role, &'a str),
    /// Its events with one value.
    Value {
        count: u64,
        bins: &'a [Bin],
        value: &'a Value,
        first: i64,
        last: i64,
        column: Option<Column>,
    },
    Finding(&'a Finding),
    State {
        id: RecordId,
        time: Option<i64>,
        what: &'a Shown,
    },
    Related(&'a Thing),
}

impl Value {
    pub fn text(&self) -> &str {
        self.0.as_ref().map_or("null", |value| match value.text() {
            "" => "\"\"",
            text => text,
        })
    }

    pub fn raw(&self) -> Option<&str> {
        self.0.as_ref().map(Shown::raw)
    }
}

impl Line<'_> {
    /// What tells a line from every other, also when more lines come.
    pub fn spot(&self) -> (u8, String) {
        match self {
            Line::Value { value, column, .. } => (0, format!("{} {:?}", column.map_or("", Column::name), value.raw())),
            Line::Finding(finding) => (1, finding.id.clone()),
            Line::State { id, .. } => (2, format!("{} {}", id.evidence, id.offset)),
            Line::Related(thing) => (3, format!("{} {}", thing.kind, thing.name)),
            _ => (4, String::new()),
        }
    }

    pub fn is_stop(&self) -> bool {
        matches!(self, Line::Value { .. } | Line::Finding(_) | Line::State { .. } | Line::Related(_))
    }

    /// Enter leads somewhere from it.
    pub fn is_way(&self) -> bool {
        !matches!(self, Line::Value { column: None, .. } | Line::State { time: None, .. }) && self.is_stop()
    }

    /// What Enter does on it.
    pub fn leads(&self) -> String {
        match self {
            Line::Value { column: Some(_), count, .. } => format!("Enter shows {} in the timeline", grouped(*count)),
            Line::Value { first, last, .. } => format!("{} – {}", clock::second(*first), clock::second(*last)),
            Line::Finding(_) => "Enter shows the finding".to_string(),
            Line::State { time: Some(_), .. } => "Enter shows it in the timeline".to_string(),
            Line::Related(thing) => format!("Enter turns to this {}", visible(&thing.kind)),
            _ => String::new(),
        }
    }
}

impl Known {
    /// What was told of an entity, but for some pieces.
    pub fn new(entity: ask::Entity, lacks: &[Piece]) -> Known {
        let finding = |row: ask::FindingRow| Finding {
            id: row.id,
            level: row.level,
            title: Shown::new(row.title),
            first: row.first,
        };
        let tally = |tally: ask::Tally| Tally {
            name: tally.name,
            column: tally.column,
            rows: tally.rows.into_iter().map(|row| (Value(Shown::cell(row.value.clone())), row)).collect(),
            distinct: tally.distinct,
        };
        let objects = Some(entity.objects).filter(|objects| !objects.rows.is_empty());
        let mut tallies: Vec<Tally> = entity.tallies.into_iter().map(tally).collect();
        if let Some(objects) = objects {
            tallies.insert(kinds_end(&tallies), tally(objects));
        }
        let mut history = Vec::new();
        let left = entity.history.len().saturating_sub(HISTORY);
        for change in entity.history.into_iter().take(HISTORY) {
            let when = change.time.map_or("no time".to_string(), clock::second);
            let actor = change.actor.map(|actor| format!("{}  ", visible(&actor))).unwrap_or_default();
            history.push((Role::Plain, format!("{when:<15}  {actor}{}", visible(&change.what))));
            history.extend(change.changes.iter().map(|line| (Role::Faint, format!("    {}", visible(line)))));
        }
        if left > 0 {
            history.push((Role::Faint, format!("and {left} more: the snapshot screen has them")));
        }
        Known {
            kind: Shown::new(entity.thing.kind.as_str()),
            name: Shown::new(entity.thing.name.as_str()),
            thing: entity.thing,
            called: entity.called.iter().map(|name| visible(name).into_owned()).collect(),
            events: entity.events,
            hits: (!lacks.contains(&Piece::Findings)).then_some(entity.hits),
            first: entity.first,
            last: entity.last,
            bins: entity.bins,
            tallies,
            findings: entity.findings.into_iter().map(finding).collect(),
            findings_in_all: entity.findings_in_all,
            states: entity.states.into_iter().map(|state| (state.id, state.time, Shown::new(state.what))).collect(),
            history,
            related: entity.related,
            remarks: entity.remarks.iter().map(|words| visible(words).into_owned()).collect(),
            lacks: lacks.to_vec(),
        }
    }

    /// Its events in the timeline, or those with one value.
    pub fn filter(&self, chip: Option<(Column, Option<&str>)>) -> Filter {
        let chip = chip.map(|(column, value)| Chip { column, op: Op::Is, value: value.map(str::to_string) });
        Filter { about: Some(self.thing.clone()), chips: chip.into_iter().collect(), ..Filter::default() }
    }

    /// The page for the clipboard: who it is, and every count.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{} {}", self.thing.kind, self.thing.name)];
        if let (Some(first), Some(last)) = (self.first, self.last) {
            lines.push(format!("{} events, {} – {}", self.events, clock::exact(first), clock::exact(last)));
        }
        for tally in &self.tallies {
            lines.push(tally.name.clone());
            lines.extend(tally.rows.iter().map(|(value, row)| format!("{:>9}  {}", row.count, value.text())));
        }
        lines.extend(self.findings.iter().map(|finding| format!("{}  {}", finding.level.name(), finding.title.text())));
        lines.join("\n")
    }

    /// The lines of both columns; all of them are in the first where there is no room for two.
    pub fn lines(&self, wide: bool) -> (Vec<Line<'_>>, Vec<Line<'_>>) {
        let mut left: Vec<Line<'_>> = self.remarks.iter().map(|words| Line::Words(Role::Warn, words)).collect();
        let mut right = Vec::new();
        if wide {
            self.findings(&mut right);
        }
        for (at, tally) in self.tallies.iter().enumerate() {
            if at > 0 {
                left.push(Line::Blank);
            }
            if self.lacks.contains(&Piece::Objects) && at == kinds_end(&self.tallies) {
                left.push(Line::Lacks("object"));
                left.push(Line::Blank);
            }
            // In one column the findings come after its part in the events, which is short, and before all else.
            if at == 1 && !wide {
                self.findings(&mut left);
                left.push(Line::Blank);
            }
            let more = match tally.distinct {
                distinct if distinct > tally.rows.len() as u64 => {
                    format!("{} of {}", tally.rows.len(), grouped(distinct))
                }
                _ => String::new(),
            };
            left.push(Line::Heading(tally.name.clone(), more));
            left.extend(tally.rows.iter().map(|(value, row)| Line::Value {
                count: row.count,
                bins: &row.bins,
                value,
                first: row.first,
                last: row.last,
                column: tally.column,
            }));
        }
        if self.lacks.contains(&Piece::Objects) && kinds_end(&self.tallies) >= self.tallies.len() {
            left.push(Line::Blank);
            left.push(Line::Lacks("object"));
        }
        if self.tallies.len() < 2 && !wide {
            self.findings(&mut left);
        }
        let other = if wide { &mut right } else { &mut left };
        self.besides(other);
        (left, right)
    }

    fn findings<'a>(&'a self, lines: &mut Vec<Line<'a>>) {
        if self.lacks.contains(&Piece::Findings) {
            return lines.push(Line::Lacks("findings on it"));
        }
        let more = match self.findings_in_all {
            all if all > self.findings.len() as u64 => format!("{} of {}", self.findings.len(), grouped(all)),
            0 => "none".to_string(),
            all => grouped(all),
        };
        lines.push(Line::Heading("findings on it".to_string(), more));
        lines.extend(self.findings.iter().map(Line::Finding));
    }

    fn besides<'a>(&'a self, lines: &mut Vec<Line<'a>>) {
        let heading = |lines: &mut Vec<Line<'a>>, words: &str| {
            lines.push(Line::Blank);
            lines.push(Line::Heading(words.to_string(), String::new()));
        };
        if !self.related.is_empty() {
            heading(lines, "named with it");
            lines.extend(self.related.iter().map(Line::Related));
        }
        if self.lacks.contains(&Piece::States) {
            lines.push(Line::Blank);
            lines.push(Line::Lacks("in snapshots, and what became of it"));
        }
        if !self.states.is_empty() {
            heading(lines, "in snapshots");
            lines.extend(self.states.iter().map(|(id, time, what)| Line::State { id: *id, time: *time, what }));
        }
        if !self.history.is_empty() {
            heading(lines, "what became of it");
            lines.extend(self.history.iter().map(|(role, words)| Line::Words(*role, words)));
        }
    }
}

/// Where the objects come: after what kinds of objects there are, else after what was done.
fn kinds_end(tallies: &[Tally]) -> usize {
    let named = |name: &str| tallies.iter().position(|tally| tally.name == name);
    named("kind of object").or_else(|| named("verb")).map_or(tallies.len(), |at| at + 1)
}
