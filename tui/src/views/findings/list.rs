//! The findings as a table: which columns there are at a width, in which order the rows stand, and where a text occurs.

use std::cmp::Reverse;

use ratatui::layout::Rect;

use super::Findings;
use crate::{
    ask::{self, Level, Noted},
    clock,
    shown::Shown,
    text::{columns, cut_name, cut_object, grouped},
    theme::Role,
    views::mark,
    widgets::{
        grid::{self, Lane, Set},
        pen::{Pen, scroll, top},
    },
};

pub struct List {
    pub rows: Vec<Finding>,
    pub total: u64,
    pub replayed: bool,
}

pub struct Finding {
    pub id: String,
    pub level: Level,
    pub rule: Shown,
    pub title: Shown,
    pub actor: Option<Shown>,
    pub target: Option<Shown>,
    pub first: i64,
    pub last: i64,
    pub events: u64,
    pub techniques: Shown,
    pub noted: Noted,
    /// What people call the actor.
    pub name: Option<Shown>,
}

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Level,
    Time,
    Actor,
    Events,
}

impl Sort {
    pub fn next(self) -> Sort {
        match self {
            Sort::Level => Sort::Time,
            Sort::Time => Sort::Actor,
            Sort::Actor => Sort::Events,
            Sort::Events => Sort::Level,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Sort::Level => "worst first",
            Sort::Time => "by time",
            Sort::Actor => "by actor",
            Sort::Events => "most events first",
        }
    }
}

impl List {
    pub fn new(findings: ask::Findings) -> List {
        let rows = findings
            .rows
            .into_iter()
            .map(|row| Finding {
                id: row.id,
                level: row.level,
                rule: Shown::new(row.rule),
                title: Shown::new(if row.edited { format!("(rule edited) {}", row.title) } else { row.title }),
                actor: Shown::cell(row.actor),
                target: Shown::cell(row.target),
                first: row.first,
                last: row.last,
                events: row.events,
                techniques: Shown::new(row.techniques),
                noted: row.noted,
                name: row.name.map(|name| Shown::new(format!("~{name}"))),
            })
            .collect();
        List { rows, total: findings.total, replayed: findings.replayed }
    }

    /// Sorts the rows; ties stand worst first, then by time, then by id, whatever they are sorted by.
    pub fn sort(&mut self, by: Sort) {
        // What somebody did comes before what merely stands there.
        let tie =
            |finding: &Finding| (Reverse(finding.level), finding.actor.is_none(), finding.first, finding.id.clone());
        self.rows.sort_by_key(tie);
        match by {
            Sort::Level => {}
            Sort::Time => self.rows.sort_by_key(|finding| finding.first),
            Sort::Actor => self.rows.sort_by_key(|finding| finding.actor_text().to_lowercase()),
            Sort::Events => self.rows.sort_by_key(|finding| Reverse(finding.events)),
        }
    }

    pub fn empty(&self) -> Vec<String> {
        if self.replayed {
            return vec![
                "No rule fired on this evidence.".to_string(),
                "1 shows the rules that could not tell; 2 shows every event.".to_string(),
            ];
        }
        vec![
            "The rules have not been replayed over this case.".to_string(),
            "Run: coldcase replay --case DIR, then F5 here.".to_string(),
        ]
    }

    /// The day of every first event, if it is one and the same.
    fn day(&self) -> Option<String> {
        let day = clock::date(self.rows.first()?.first);
        self.rows.iter().all(|finding| clock::date(finding.first) == day).then(|| clock::day(self.rows[0].first))
    }
}

impl Finding {
    pub fn actor_text(&self) -> &str {
        self.name.as_ref().or(self.actor.as_ref()).map_or("cannot tell who", Shown::text)
    }

    pub fn target_text(&self) -> &str {
        self.target.as_ref().map_or("?", Shown::text)
    }

    /// The text occurs in any cell; letters compare without case.
    pub fn contains(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        [Some(&self.rule), Some(&self.title), self.actor.as_ref(), self.target.as_ref(), Some(&self.techniques)]
            .into_iter()
            .flatten()
            .any(|cell| cell.raw().to_lowercase().contains(&text))
    }

    /// The techniques where all of them fit, else the first without its part, and how many more there are.
    fn techniques_in(&self, width: u16) -> String {
        let all = self.techniques.text();
        if columns(all) <= usize::from(width) {
            return all.to_string();
        }
        let ids: Vec<&str> = all.split(", ").collect();
        let first = ids[0].split('.').next().unwrap_or(ids[0]);
        if ids.len() > 1 { format!("{first} +{}", ids.len() - 1) } else { first.to_string() }
    }

    /// Who did it to what, how often and how long, in one line of at most this width.
    pub fn who(&self, width: usize) -> String {
        let mut tail = format!("   {}", crate::views::count(self.events, "event"));
        if self.last > self.first {
            tail += &format!(" over {}", clock::length(self.last.saturating_sub(self.first)));
        }
        let room = width.saturating_sub(columns(&tail) + 3);
        let target = cut_object(self.target_text(), room.saturating_sub(columns(self.actor_text()).min(room / 2)));
        let actor = cut_name(self.actor_text(), room.saturating_sub(columns(&target)));
        format!("{actor} → {target}{tail}")
    }

    /// The finding in one line, for the clipboard.
    pub fn words(&self) -> String {
        let (first, last) = (clock::exact(self.first), clock::exact(self.last));
        let (level, rule, title) = (self.level.name(), self.rule.text(), self.title.text());
        let (actor, target, techniques) = (self.actor_text(), self.target_text(), self.techniques.text());
        format!("{level}  {rule}  {title}  {actor} → {target}  {first} to {last}  {techniques}")
    }
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Level,
    Title,
    Actor,
    Target,
    First,
    Events,
    Techniques,
}

impl Findings {
    pub fn draw_list(&self, pen: &mut Pen<'_>, mut area: Rect, list: &List) {
        let day = list.day();
        let parts = parts(area.width.saturating_sub(1), day.is_some());
        let lanes: Vec<Lane> = parts.iter().map(|(_, lane)| *lane).collect();
        let head = top(u16::from(area.height >= 3), &mut area);
        let first_heading =
            day.as_ref().map_or_else(|| format!("FIRST {}", clock::zone()), |day| format!("{day} {}", clock::zone()));
        let names: Vec<_> = parts.iter().map(|(part, _)| self.heading(*part, &first_heading)).collect();
        grid::line(pen, head, (1, 0), &lanes, &names);
        let first = scroll(0, self.cursor, u64::from(area.height));
        for (y, (at, finding)) in (0..area.height).zip(list.rows.iter().enumerate().skip(first as usize)) {
            let under_cursor = at as u64 == self.cursor;
            let base = if under_cursor { Role::Line } else { Role::Plain };
            let when = match day {
                Some(_) => clock::time(finding.first, 8),
                None => clock::second(finding.first),
            };
            let events = grouped(finding.events);
            let techniques = finding.techniques_in(parts.last().map_or(0, |(_, lane)| lane.width));
            let found = !self.pattern.is_empty() && finding.contains(&self.pattern);
            let title = match (under_cursor && !self.in_chain, found) {
                (true, _) => Role::Cursor,
                (false, true) => Role::Match,
                (false, false) => base,
            };
            let cells: Vec<(&str, Role)> = parts
                .iter()
                .map(|(part, lane)| match part {
                    Part::Level => (word(finding.level, lane.width), Role::Level(finding.level)),
                    Part::Title => (finding.title.text(), title),
                    Part::Actor => (finding.actor_text(), base),
                    Part::Target => (finding.target_text(), base),
                    Part::First => (when.as_str(), base),
                    Part::Events => (events.as_str(), base),
                    Part::Techniques => (techniques.as_str(), base),
                })
                .collect();
            if under_cursor {
                pen.write(area, (0, y), ">", Role::Key);
            }
            if let Some(mark) = mark(&finding.noted, pen.theme.ascii).filter(|_| !under_cursor) {
                pen.write(area, (0, y), mark, Role::Title);
            }
            grid::line(pen, area, (1, y), &lanes, &cells);
        }
    }

    fn heading<'a>(&self, part: Part, first: &'a str) -> (&'a str, Role) {
        let (name, sort) = match part {
            Part::Level => ("LEVEL", Some(Sort::Level)),
            Part::Title => ("FINDING", None),
            Part::Actor => ("ACTOR", Some(Sort::Actor)),
            Part::Target => ("TARGET", None),
            Part::First => (first, Some(Sort::Time)),
            Part::Events => ("EV", Some(Sort::Events)),
            Part::Techniques => ("ATT&CK", None),
        };
        (name, if sort == Some(self.sort) { Role::Title } else { Role::Heading })
    }
}

/// The word of a level where there is no room for all of it.
fn word(level: Level, width: u16) -> &'static str {
    match level {
        Level::Critical if width < 8 => "crit",
        Level::Medium if width < 8 => "med",
        level => level.name(),
    }
}

/// The columns at this width. The title is the last to give way, then who did it and when.
fn parts(width: u16, one_day: bool) -> Vec<(Part, Lane)> {
    let lane = |width, set| Lane { width, set };
    let roomy = width >= 100;
    let zone = u16::try_from(columns(&clock::zone())).unwrap_or(3);
    let first = if one_day { 7 + zone } else { 15 };
    let mut parts = vec![
        (Part::Level, lane(if roomy { 8 } else { 5 }, Set::Left)),
        (Part::Title, lane(if roomy { 36 } else { 20 }, Set::Left)),
        (Part::Actor, lane(if roomy { 20 } else { 14 }, Set::Name)),
        (Part::First, lane(first, Set::Left)),
        (Part::Events, lane(5, Set::Right)),
    ];
    if width >= 76 {
        parts.push((Part::Techniques, lane(if roomy { 16 } else { 8 }, Set::Left)));
    }
    let widths = |parts: &[(Part, Lane)]| parts.iter().map(|(_, lane)| *lane).collect::<Vec<Lane>>();
    while parts.len() > 2 && grid::total(&widths(&parts)) > width {
        parts.pop();
    }
    let mut lanes = widths(&parts);
    grid::squeeze(&mut lanes, width);
    parts.iter_mut().zip(lanes).for_each(|((_, lane), squeezed)| *lane = squeezed);
    let mut spare = width.saturating_sub(grid::total(&widths(&parts)));
    if spare > 44 {
        // What the title cannot use says what it was done to.
        let target = (spare / 2).min(40);
        parts.insert(3, (Part::Target, lane(target, Set::Object)));
        spare -= target + 1;
    }
    parts[1].1.width += spare;
    parts
}
