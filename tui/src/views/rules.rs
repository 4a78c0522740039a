//! Every rule and how it fares on this case: what it found, where it is blind, what it asks; and one run alone.

use ratatui::layout::{Position, Rect};

use crate::{
    ask::{self, Answer, Request, State, Ticket},
    keys::{Action, Binding, EVERYWHERE, MOVE, PROMPT, RELOAD, RULES},
    msg::Effect,
    shown::Shown,
    text::{cut, grouped},
    theme::Role,
    views::{Context, Jump, Slot, Typed, View, clauses, complain, count},
    widgets::{
        input::Input,
        panes::{Line, Panes, wrapped},
        pen::{Pen, top},
    },
};

#[derive(Default)]
pub struct Rules {
    slot: Slot,
    asked: bool,
    all: Option<Vec<Rule>>,
    sort: Sort,
    /// Only rules in this state.
    only: Option<State>,
    panes: Panes,
    text_slot: Slot,
    text_of: Option<String>,
    text: Option<ask::RuleText>,
    run_slot: Slot,
    run: Option<ask::Run>,
    /// The rule that was run last.
    run_of: Option<String>,
    edit_slot: Slot,
    /// The rule that is in the editor.
    editing: Option<String>,
    pattern: String,
    prompt: Option<Input>,
    note: Option<String>,
}

struct Rule {
    rule: Shown,
    title: Shown,
    reason: Shown,
    line: ask::RuleLine,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    State,
    Level,
    Name,
}

impl View for Rules {
    fn title(&self) -> &'static str {
        "Rules"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        if self.prompt.is_some() { vec![PROMPT] } else { self.all_keys() }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![RULES, MOVE, RELOAD, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open => self.rule().is_some_and(|rule| rule.line.findings > 0),
            Action::RunRule | Action::EditRule | Action::Focus => self.rule().is_some(),
            Action::Back => self.panes.in_pane,
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.slot.ask(context, Request::Rules);
        }
        self.need_text(context);
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            self.note = None;
        }
        if let Some(input) = self.prompt.take() {
            if action == Action::Submit && !input.text().is_empty() {
                self.pattern = input.text().to_string();
                self.search(true, context);
            }
            return true;
        }
        let (_, area) = heading(context.area);
        let lines = self.about(usize::from(self.panes.split(area).1.width.saturating_sub(2))).len() as u64;
        if self.panes.moved(action, self.shown().len() as u64, lines, area) {
            self.need_text(context);
            return true;
        }
        match action {
            Action::Open => match self.rule() {
                Some(rule) if rule.line.findings > 0 => {
                    context.jump = Some(Jump::Rule(rule.line.rule.clone()));
                }
                _ => self.note = Some("this rule has no finding; r runs it alone".to_string()),
            },
            Action::RunRule => {
                if let Some(rule) = self.rule().map(|rule| rule.line.rule.clone()) {
                    self.run(rule, context);
                }
            }
            Action::EditRule => {
                if let Some(rule) = self.rule().map(|rule| rule.line.rule.clone()) {
                    self.edit_slot.ask(context, Request::EditRule(rule));
                }
            }
            Action::Focus => self.panes.in_pane = !self.panes.in_pane && self.rule().is_some(),
            Action::Sort => {
                let sort = match self.sort {
                    Sort::State => Sort::Level,
                    Sort::Level => Sort::Name,
                    Sort::Name => Sort::State,
                };
                self.keep(context, |view| view.sort = sort);
            }
            Action::Left | Action::Right => {
                let only = turn(self.only, action == Action::Right);
                self.keep(context, |view| view.only = only);
            }
            Action::Search => self.prompt = Some(Input::default()),
            Action::Next => self.search(true, context),
            Action::Previous => self.search(false, context),
            Action::Copy => {
                let text: Vec<String> = self.about(200).into_iter().map(|(_, words)| words).collect();
                let name = self.rule().map_or(String::new(), |rule| rule.line.rule.clone());
                self.note = Some(context.copy(&format!("{name}\n{}", text.join("\n"))));
            }
            Action::Reload => {
                (self.asked, self.text_of) = (false, None);
                self.visit(context);
            }
            Action::Back | Action::Close => return std::mem::take(&mut self.panes.in_pane),
            _ => return false,
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        let Some(prompt) = &mut self.prompt else { return };
        typed.apply_to(prompt)
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Editable { rule, path } if self.edit_slot.takes(ticket) => {
                self.editing = Some(rule);
                context.effects.push(Effect::Edit(path));
            }
            Answer::Rules(rules) if self.slot.takes(ticket) => {
                let rule = |line: ask::RuleLine| Rule {
                    rule: Shown::new(line.rule.as_str()),
                    title: Shown::new(line.title.as_str()),
                    reason: Shown::new(line.reason.as_str()),
                    line,
                };
                self.all = Some(rules.into_iter().map(rule).collect());
                self.panes.stay(self.shown().len() as u64);
                self.need_text(context);
            }
            Answer::Rule(text) if self.text_slot.takes(ticket) => self.text = Some(text),
            Answer::Ran(run) if self.run_slot.takes(ticket) => self.run = Some(run),
            _ => {}
        }
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
        self.text_slot.fails(ticket, words);
        self.run_slot.fails(ticket, words);
        if self.edit_slot.fails(ticket, words) {
            self.note = self.edit_slot.error.take().map(|lines| lines.join(" "));
        }
    }

    fn edited(&mut self, done: &Result<(), String>, context: &mut Context) {
        let Some(rule) = self.editing.take() else { return };
        match done {
            Ok(()) => {
                self.run(rule, context);
                // What it asks and whose it is may be another now.
                (self.asked, self.text_of) = (false, None);
                self.visit(context);
            }
            Err(words) => self.note = Some(crate::shown::lines(words).join(" ")),
        }
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        let (_, area) = heading(context.area);
        let rows = self.shown().len() as u64;
        let done = self.panes.point(area, at, rows);
        self.need_text(context);
        done
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot, &mut self.text_slot, &mut self.run_slot, &mut self.edit_slot]
    }

    fn waits(&self) -> bool {
        self.slot.open() || self.text_slot.open() || self.run_slot.open() || self.edit_slot.open()
    }

    fn refreshes(&self) -> bool {
        self.all.is_some() && self.slot.open()
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        self.prompt.as_ref().map(|input| ("find:", input))
    }

    fn status(&self) -> String {
        if self.prompt.is_some() {
            return String::new();
        }
        if let Some(note) = &self.note {
            return note.clone();
        }
        let Some(all) = &self.all else { return String::new() };
        let shown = self.shown().len();
        let at = if shown == 0 { 0 } else { self.panes.cursor + 1 };
        let sort = match self.sort {
            Sort::State => "by state",
            Sort::Level => "worst first",
            Sort::Name => "by name",
        };
        let running = if self.run_slot.open() { "   running the rule…" } else { "" };
        format!("{at} of {shown}, {} in all   {sort}{running}", all.len())
    }

    fn place(&self) -> (u64, u64) {
        (self.panes.cursor, self.shown().len() as u64)
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The rules could not be read:", error, "^r tries again.");
            return;
        }
        let Some(all) = &self.all else {
            let words =
                if self.slot.open() { "reading the rules…" } else { "The rules were not read. ^r asks for them." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let (head, area) = heading(area);
        let mut x = 1;
        for state in std::iter::once(None).chain(State::ALL.map(Some)) {
            let here = state == self.only;
            let rules = all.iter().filter(|rule| state.is_none_or(|state| rule.line.state == state)).count();
            if rules == 0 && !here {
                continue;
            }
            let words = format!("{} {rules}", state.map_or("all", State::name));
            let (words, role) =
                if here { (format!("[{words}]"), Role::Title) } else { (format!(" {words} "), Role::Faint) };
            x = pen.write(head, (x, 0), &words, role);
        }
        let shown = self.shown();
        if shown.is_empty() {
            pen.write(area, (1, 0), "No rule is in this state. h and l show others.", Role::Plain);
            return;
        }
        let old = std::mem::replace(&mut pen.faint, self.slot.open());
        let width = usize::from(self.panes.split(area).0.width.saturating_sub(2));
        let line = |at: u64| shown.get(at as usize).map_or((Role::Plain, String::new()), |rule| line(rule, width));
        let title = self.rule().map_or("", |rule| rule.rule.text());
        self.panes.draw(pen, area, shown.len() as u64, &line, (title, &|width| self.about(width)));
        pen.faint = old;
    }
}

impl Rules {
    /// The rules of the chosen state in their order.
    fn shown(&self) -> Vec<&Rule> {
        let Some(all) = &self.all else { return Vec::new() };
        let mut shown: Vec<&Rule> =
            all.iter().filter(|rule| self.only.is_none_or(|only| rule.line.state == only)).collect();
        let level = |rule: &&Rule| std::cmp::Reverse(rule.line.level);
        match self.sort {
            Sort::State => shown.sort_by_key(|rule| (rule.line.state, level(rule), rule.line.rule.clone())),
            Sort::Level => shown.sort_by_key(|rule| (level(rule), rule.line.rule.clone())),
            Sort::Name => shown.sort_by_key(|rule| rule.line.rule.clone()),
        }
        shown
    }

    fn rule(&self) -> Option<&Rule> {
        self.shown().get(usize::try_from(self.panes.cursor).ok()?).copied()
    }

    fn run(&mut self, rule: String, context: &mut Context) {
        (self.run, self.run_of) = (None, Some(rule.clone()));
        self.run_slot.ask(context, Request::RunRule(rule));
    }

    /// Changes what is shown, the cursor staying on its rule where that is still there.
    fn keep(&mut self, context: &mut Context, change: impl FnOnce(&mut Rules)) {
        let before = self.rule().map(|rule| rule.line.rule.clone());
        change(self);
        let shown = self.shown();
        let at = shown.iter().position(|rule| Some(&rule.line.rule) == before.as_ref()).unwrap_or(0);
        self.panes.to(at as u64);
        self.need_text(context);
    }

    fn need_text(&mut self, context: &mut Context) {
        let Some(rule) = self.rule().map(|rule| rule.line.rule.clone()) else { return };
        if self.text_of.as_ref() != Some(&rule) {
            self.text_of = Some(rule.clone());
            self.text_slot.ask(context, Request::Rule(rule));
        }
    }

    fn search(&mut self, on: bool, context: &mut Context) {
        if self.pattern.is_empty() {
            self.note = Some("nothing was searched for yet: / finds text".to_string());
            return;
        }
        let pattern = self.pattern.to_lowercase();
        let shown = self.shown();
        let fits = |at: &usize| {
            let rule = shown[*at];
            [&rule.line.rule, &rule.line.title, &rule.line.techniques]
                .iter()
                .any(|text| text.to_lowercase().contains(&pattern))
        };
        let here = self.panes.cursor as usize;
        let found = match on {
            true => (here + 1..shown.len()).find(fits),
            false => (0..here.min(shown.len())).rev().find(fits),
        };
        match found {
            Some(at) => {
                self.panes.to(at as u64);
                self.need_text(context);
            }
            None => self.note = Some("none further on in this direction".to_string()),
        }
    }

    /// All about the rule under the cursor.
    fn about(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(rule) = self.rule() else { return lines };
        wrapped(&mut lines, Role::Heading, rule.title.text(), width);
        let techniques = Shown::new(rule.line.techniques.as_str());
        lines.push((Role::Level(rule.line.level), format!("{}   {}", rule.line.level.name(), techniques.text())));
        let found = format!("{}, {}", count(rule.line.findings, "finding"), count(rule.line.events, "request"));
        let state = match rule.line.state {
            State::Noisy => format!("noisy: {found}"),
            State::Hits => found,
            State::Blind => "blind: its silence proves nothing here".to_string(),
            State::InPart => "only a part of what it sees can be seen here".to_string(),
            State::Quiet => "quiet: nothing was found where it could have been".to_string(),
            State::NotReplayed => "the rules have not been replayed: coldcase replay --case DIR, or r here".to_string(),
        };
        wrapped(&mut lines, Role::Plain, &state, width);
        if rule.line.own {
            let words = "one of yours, in place of the bundled one; the state above is of the last replay";
            wrapped(&mut lines, Role::Plain, words, width);
        }
        if !rule.line.reason.is_empty() {
            wrapped(&mut lines, Role::Warn, rule.reason.text(), width);
        }
        self.ran(rule, &mut lines, width);
        let failed = self.text_slot.error.iter().flatten();
        lines.extend(failed.map(|line| (Role::Bad, line.clone())));
        let Some(text) = self.text.as_ref().filter(|text| text.rule == rule.line.rule) else { return lines };
        for words in &text.about {
            lines.push((Role::Plain, String::new()));
            wrapped(&mut lines, Role::Plain, Shown::new(words.as_str()).text(), width);
        }
        lines.push((Role::Plain, String::new()));
        lines.push((Role::Heading, "What it asks".to_string()));
        lines.extend(clauses::lines(&text.parts, false, width));
        for exception in &text.exceptions {
            wrapped(&mut lines, Role::Plain, &format!("excepted: {}", Shown::new(exception.as_str()).text()), width);
        }
        wrapped(&mut lines, Role::Faint, Shown::new(text.place.as_str()).text(), width);
        lines
    }

    /// What the rule found when it was run alone.
    fn ran(&self, rule: &Rule, lines: &mut Vec<Line>, width: usize) {
        let failed = self.run_slot.error.as_ref().filter(|_| self.run_of.as_ref() == Some(&rule.line.rule));
        if let Some(error) = failed {
            lines.push((Role::Plain, String::new()));
            error.iter().for_each(|line| wrapped(lines, Role::Bad, line, width));
        }
        let Some(run) = self.run.as_ref().filter(|run| run.rule == rule.line.rule) else { return };
        lines.push((Role::Plain, String::new()));
        let found = format!("Run alone now: {} in {} ms", count(run.total, "finding"), grouped(run.millis));
        lines.push((Role::Heading, found));
        if let Some(changed) = &run.changed {
            compared(changed, lines, width);
        }
        for finding in &run.findings {
            let [actor, target] =
                [&finding.actor, &finding.target].map(|cell| Shown::new(cell.as_deref().unwrap_or("?")));
            let when = crate::clock::second(finding.first);
            let words = format!("{when}  {}  {} → {}", count(finding.events, "event"), actor.text(), target.text());
            wrapped(lines, Role::Plain, &words, width);
        }
        if (run.findings.len() as u64) < run.total {
            let left = run.total - run.findings.len() as u64;
            lines.push((Role::Warn, format!("and {} more", grouped(left))));
        }
        for (requests, why) in &run.untold {
            let words = format!("cannot tell of {}: {}", count(*requests, "request"), Shown::new(why.as_str()).text());
            wrapped(lines, Role::Warn, &words, width);
        }
        for (events, title) in &run.excepted {
            let words = format!("{} excepted: {}", count(*events, "event"), Shown::new(title.as_str()).text());
            wrapped(lines, Role::Faint, &words, width);
        }
    }
}

/// What the run found that the one before did not, and the other way round.
fn compared(changed: &ask::Changed, lines: &mut Vec<Line>, width: usize) {
    let words = format!(
        "Events against the run before: {} gained, {} lost, {} the same",
        grouped(changed.gained),
        grouped(changed.lost),
        grouped(changed.same)
    );
    wrapped(lines, Role::Plain, &words, width);
    for (gained, event) in &changed.events {
        let actor = Shown::new(event.actor.as_deref().unwrap_or("?"));
        let (sign, role) = if *gained { ("+ gained", Role::Title) } else { ("- lost", Role::Warn) };
        let what = Shown::new(event.what.as_str());
        let words = format!("{sign}  {}  {} {}", crate::clock::second(event.time), actor.text(), what.text());
        wrapped(lines, role, &words, width);
    }
    let listed = changed.events.len() as u64;
    if listed < changed.gained + changed.lost {
        lines.push((Role::Faint, format!("and {} more", grouped(changed.gained + changed.lost - listed))));
    }
}

fn line(rule: &Rule, width: usize) -> Line {
    let own = if rule.line.own { "own: " } else { "" };
    if width < 60 {
        let words = format!("{:<7} {own}{}", rule.line.state.name(), rule.rule.text());
        return (Role::Plain, cut(&words, width).into_owned());
    }
    let found = if rule.line.findings > 0 { grouped(rule.line.findings) } else { String::new() };
    let words = format!(
        "{:<8} {found:>4} {:<8} {:<28} {own}{}",
        rule.line.state.name(),
        rule.line.level.name(),
        cut(rule.rule.text(), 28),
        rule.title.text()
    );
    (Role::Plain, cut(&words, width).into_owned())
}

/// The next choice of states: all of them, then one after the other.
fn turn(only: Option<State>, on: bool) -> Option<State> {
    let choices: Vec<Option<State>> = std::iter::once(None).chain(State::ALL.map(Some)).collect();
    let at = choices.iter().position(|choice| *choice == only).unwrap_or(0);
    let by = if on { 1 } else { choices.len() - 1 };
    choices[(at + by) % choices.len()]
}

/// The states above, the rest below.
fn heading(mut area: Rect) -> (Rect, Rect) {
    let head = top(u16::from(area.height >= 3), &mut area);
    (head, area)
}
