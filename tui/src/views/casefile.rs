//! The case itself: its story, the notes, the names people know identities by, the evidence with its books and hashes,
//! and the journal of everything that was done.

mod merge;
mod note;
mod questions;

use ratatui::layout::{Position, Rect};

use self::{merge::Merging, note::NoteLine, questions::Questions};
use crate::{
    ask::{self, Answer, Named, Note, Request, Subject, Ticket},
    clock,
    keys::{Action, Binding, CASE, EVERYWHERE, MERGE, MOVE, PROMPT, RELOAD},
    shown::Shown,
    text::{cut, grouped},
    theme::Role,
    views::{Context, Jump, Slot, Typed, View, compare::Pair, complain, count, noting::Noting},
    widgets::{
        input::Input,
        panes::{Line, Panes, field, wrapped},
        pen::{Pen, top},
    },
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Story,
    Notes,
    Names,
    Evidence,
    Journal,
    Windows,
    Questions,
}

const SECTIONS: [(Section, &str); 7] = [
    (Section::Story, "Story"),
    (Section::Notes, "Notes"),
    (Section::Names, "Names"),
    (Section::Evidence, "Evidence"),
    (Section::Journal, "Journal"),
    (Section::Questions, "Questions"),
    (Section::Windows, "Windows"),
];

#[derive(Default)]
pub struct CaseFile {
    slot: Slot,
    asked: bool,
    known: Option<Known>,
    section: Section,
    panes: Panes,
    noting: Noting,
    note: Option<String>,
    /// The window that another is to be compared with.
    compared: Option<Named>,
    merging: Merging,
    questions: Questions,
}

/// The answer, its texts made visible and its story in order.
struct Known {
    story: Vec<NoteLine>,
    notes: Vec<NoteLine>,
    names: Vec<NoteLine>,
    windows: Vec<NoteLine>,
    evidence: Vec<(ask::Held, Shown)>,
    journal: Vec<ask::JournalLine>,
    head: String,
}

impl View for CaseFile {
    fn title(&self) -> &'static str {
        "Case"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        match (&self.merging.prompt, &self.merging.coming) {
            (Some(_), _) => vec![PROMPT],
            (None, Some(_)) => vec![MERGE, MOVE, RELOAD, EVERYWHERE],
            (None, None) => vec![CASE, MOVE, RELOAD, EVERYWHERE],
        }
    }

    fn typing(&self) -> bool {
        self.merging.prompt.is_some()
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![CASE, MERGE, MOVE, RELOAD, EVERYWHERE]
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open if self.section == Section::Questions => {
                self.questions.jump(self.panes.cursor as usize).is_ok()
            }
            Action::Open => self.line().is_some_and(|line| line.on.is_some() || line.window.is_some()),
            Action::TakeBack => self.line().is_some(),
            Action::Focus | Action::Copy => self.rows() > 0,
            Action::Submit => self.merging.coming.as_ref().is_some_and(|coming| !coming.notes.is_empty()),
            Action::Back => self.panes.in_pane || self.merging.coming.is_some(),
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.slot.ask(context, Request::CaseFile);
        }
        if self.section == Section::Questions {
            self.questions.open(context);
        }
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            (self.note, self.noting.said) = (None, None);
        }
        let (_, area) = heading(context.area);
        if let Some(done) = self.merging.act(action, area, &mut self.noting, context) {
            return done;
        }
        let lines = self.about(usize::from(self.panes.split(area).1.width.saturating_sub(2))).len() as u64;
        if self.panes.moved(action, self.rows(), lines, area) {
            return true;
        }
        match action {
            Action::Left | Action::Right => self.turn(action == Action::Right, context),
            Action::Focus => self.panes.in_pane = !self.panes.in_pane && self.rows() > 0,
            Action::Open if self.section == Section::Questions => match self.questions.jump(self.panes.cursor as usize)
            {
                Ok(jump) => context.jump = Some(jump),
                Err(words) => self.note = Some(words.to_string()),
            },
            Action::Open => {
                let Some(line) = self.line() else { return true };
                if let Some(window) = line.window {
                    context.jump = Some(Jump::Window(window));
                    return true;
                }
                context.jump = match (&line.on, line.time) {
                    (Some(Subject::Event(record)), Some(time)) => Some(Jump::Event { record: *record, time }),
                    (Some(Subject::Finding(id)), _) => Some(Jump::Finding(id.clone())),
                    _ => None,
                };
                if context.jump.is_none() {
                    self.note = Some("this leads nowhere in this case".to_string());
                }
            }
            Action::Compare => self.compare(context),
            Action::Merge => self.merging.ask(),
            Action::TakeBack => match self.line().map(|line| line.id.clone()) {
                Some(id) => self.noting.write(Note::TakeBack(id), context),
                None => self.note = Some("only notes can be taken back".to_string()),
            },
            Action::Copy => {
                let width = 200;
                let text: Vec<String> = self.about(width).into_iter().map(|(_, words)| words).collect();
                self.note = Some(context.copy(&text.join("\n")));
            }
            Action::Reload if self.section == Section::Questions => self.questions.again(context),
            Action::Reload => {
                self.asked = false;
                self.visit(context);
            }
            Action::Back | Action::Close => return std::mem::take(&mut self.panes.in_pane),
            action => return self.noting.act(action, None, None, context),
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        if let Some(input) = &mut self.merging.prompt {
            typed.apply_to(input);
        }
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, _context: &mut Context) {
        match answer {
            Answer::CaseFile(file) if self.slot.takes(ticket) => {
                self.known = Some(Known::new(file));
                self.panes.stay(self.rows());
            }
            Answer::Sweep(sweep) if self.questions.slot.takes(ticket) => {
                self.questions.loaded(sweep);
                self.panes.stay(self.rows());
            }
            Answer::Coming(coming) => self.merging.loaded(ticket, coming),
            _ => {}
        }
    }

    fn arrive(&mut self, jump: Jump, context: &mut Context) {
        self.questions.leave(context);
        if jump == Jump::Windows && self.section != Section::Windows {
            (self.section, self.panes) = (Section::Windows, Panes::default());
        }
    }

    fn noted(&mut self, ticket: Ticket, words: &str, _context: &mut Context) {
        self.noting.answered(ticket, words);
        self.asked = false;
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.slot.fails(ticket, words);
        self.questions.slot.fails(ticket, words);
        if self.merging.slot.fails(ticket, words) {
            self.note = self.merging.slot.error.take().map(|lines| lines.join(" "));
        }
        self.noting.answered(ticket, words);
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        let (_, area) = heading(context.area);
        let rows = self.rows();
        match &self.merging.coming {
            Some(coming) => self.merging.panes.point(area, at, coming.notes.len() as u64),
            None => self.panes.point(area, at, rows),
        }
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot, &mut self.merging.slot, &mut self.questions.slot]
    }

    fn waits(&self) -> bool {
        self.slot.open() || self.noting.waits() || self.merging.slot.open() || self.questions.slot.open()
    }

    fn refreshes(&self) -> bool {
        self.known.is_some() && self.slot.open()
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        self.merging.prompt.as_ref().map(|input| ("notes of case:", input))
    }

    fn status(&self) -> String {
        if self.merging.prompt.is_some() {
            return "its folder; nothing is written".to_string();
        }
        if let Some(words) = self.noting.said.as_ref().or(self.note.as_ref()) {
            return words.clone();
        }
        let Some(known) = &self.known else { return String::new() };
        if self.section == Section::Journal {
            return format!("head {}", known.head);
        }
        let at = if self.rows() == 0 { 0 } else { self.panes.cursor + 1 };
        format!("{} of {}", grouped(at), grouped(self.rows()))
    }

    fn place(&self) -> (u64, u64) {
        match &self.merging.coming {
            Some(coming) => (self.merging.panes.cursor, coming.notes.len() as u64),
            None => (self.panes.cursor, self.rows()),
        }
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(coming) = &self.merging.coming {
            let (head, area) = heading(area);
            return self.merging.draw(coming, pen, head, area);
        }
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The case could not be read:", error, "^r tries again.");
            return;
        }
        let Some(known) = &self.known else {
            let words = if self.slot.open() { "reading the case…" } else { "The case was not read. ^r asks for it." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let (head, area) = heading(area);
        let numbered = SECTIONS.map(|(section, name)| match section {
            Section::Questions => (section, name, self.questions.heading()),
            section => (section, name, grouped(known.rows(section))),
        });
        let all: usize = numbered.iter().map(|(_, name, rows)| name.len() + crate::text::columns(rows) + 3).sum();
        let mut x = 1;
        for (section, name, rows) in numbered {
            // Where there is no room for all numbers the one of this section stays.
            let (words, role) = match (section == self.section, all < usize::from(head.width)) {
                (true, _) => (format!("[{name} {rows}]"), Role::Title),
                (false, true) => (format!(" {name} {rows} "), Role::Faint),
                (false, false) => (format!(" {name} "), Role::Faint),
            };
            x = pen.write(head, (x, 0), &words, role);
        }
        if let (Section::Questions, Some(error)) = (self.section, &self.questions.slot.error) {
            complain(pen, area, "The questions could not be asked:", error, "^r asks again.");
            return;
        }
        if self.rows() == 0 {
            pen.paragraphs(area, 0, &[self.empty().to_string()], Role::Plain);
            return;
        }
        let old = std::mem::replace(&mut pen.faint, self.slot.open());
        let width = usize::from(self.panes.split(area).0.width.saturating_sub(2));
        let title = SECTIONS.iter().find(|(section, _)| *section == self.section).map_or("", |(_, name)| name);
        self.panes.draw(
            pen,
            area,
            self.rows(),
            &|at| match self.section {
                Section::Questions => self.questions.line(at as usize, width),
                section => known.line(section, at as usize, width),
            },
            (title, &|width| self.about(width)),
        );
        pen.faint = old;
    }
}

impl CaseFile {
    fn rows(&self) -> u64 {
        match self.section {
            Section::Questions => self.questions.rows(),
            section => self.known.as_ref().map_or(0, |known| known.rows(section)),
        }
    }

    /// The note under the cursor.
    fn line(&self) -> Option<&NoteLine> {
        self.known.as_ref()?.notes_of(self.section).get(usize::try_from(self.panes.cursor).ok()?)
    }

    fn turn(&mut self, on: bool, context: &mut Context) {
        let at = SECTIONS.iter().position(|(section, _)| *section == self.section).unwrap_or(0);
        let to = if on { (at + 1) % SECTIONS.len() } else { (at + SECTIONS.len() - 1) % SECTIONS.len() };
        self.questions.leave(context);
        self.section = SECTIONS[to].0;
        self.panes = Panes::default();
        self.visit(context);
    }

    fn empty(&self) -> &'static str {
        match self.section {
            Section::Story => "The story has no step yet. P puts an event of the timeline or a finding into it.",
            Section::Notes => "No notes yet. In the timeline and the findings: m marks, t tags, T comments.",
            Section::Names => "No names yet. A, on an event, says what people call its actor.",
            Section::Windows => "No window has a name yet. W, in the timeline, names the one that is seen.",
            Section::Questions => self.questions.empty(),
            Section::Evidence => "No evidence yet. Add some: coldcase ingest --case DIR PATH",
            Section::Journal => "The journal is empty.",
        }
    }

    /// Takes the window under the cursor as A, or compares it with the one taken.
    fn compare(&mut self, context: &mut Context) {
        let here = self.line().and_then(|line| {
            let named = |window| Named { id: line.id.clone(), name: line.text.raw().to_string(), window };
            line.window.map(named)
        });
        let Some(here) = here else {
            self.note = Some("only windows are compared here: h and l move to them".to_string());
            return;
        };
        match self.compared.take() {
            Some(a) if a.id != here.id => {
                self.compared = Some(a.clone());
                context.jump = Some(Jump::Compare(Pair::Windows(a, here)));
            }
            Some(_) => self.note = Some("no longer taken for a comparison".to_string()),
            None => {
                self.note = Some(format!("A is {}: d on another compares the two", crate::text::visible(&here.name)));
                self.compared = Some(here);
            }
        }
    }

    /// All about the line under the cursor.
    fn about(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(known) = &self.known else { return lines };
        let at = self.panes.cursor as usize;
        match self.section {
            Section::Evidence => {
                let Some((held, path)) = known.evidence.get(at) else { return lines };
                wrapped(&mut lines, Role::Heading, path.text(), width);
                field(&mut lines, "SHA-256", &held.sha256, width);
                field(&mut lines, "format", Shown::new(held.format.as_str()).text(), width);
                field(&mut lines, "size", &count(held.size, "byte"), width);
                let ledger = format!(
                    "{} read = {} stored + {} duplicate + {} rejected",
                    grouped(held.read),
                    grouped(held.stored),
                    grouped(held.duplicate),
                    grouped(held.rejected)
                );
                field(&mut lines, "records", &ledger, width);
                if let (Some(first), Some(last)) = (held.first, held.last) {
                    field(&mut lines, "time", &format!("{} – {}", clock::exact(first), clock::exact(last)), width);
                }
                if !held.remark.is_empty() {
                    wrapped(&mut lines, Role::Warn, Shown::new(held.remark.as_str()).text(), width);
                }
            }
            Section::Journal => {
                let Some(entry) = known.journal.get(at) else { return lines };
                wrapped(&mut lines, Role::Heading, Shown::new(entry.what.as_str()).text(), width);
                field(&mut lines, "line", &entry.number.to_string(), width);
                field(&mut lines, "at", Shown::new(entry.at.as_str()).text(), width);
                field(&mut lines, "by", Shown::new(entry.who.as_str()).text(), width);
                if !entry.command.is_empty() {
                    field(&mut lines, "command", Shown::new(entry.command.as_str()).text(), width);
                }
            }
            Section::Questions => self.questions.about(at, &mut lines, width),
            _ => {
                let Some(note) = self.line() else { return lines };
                note.about(&mut lines, width);
            }
        }
        lines
    }
}

impl Known {
    fn new(file: ask::CaseFile) -> Known {
        let (mut story, mut notes, mut names, mut windows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for note in file.notes {
            match note.kind.as_str() {
                "story" => story.push(NoteLine::new(note)),
                "name" => names.push(NoteLine::new(note)),
                "window" => windows.push(NoteLine::new(note)),
                _ => notes.push(NoteLine::new(note)),
            }
        }
        // What happened first is told first; steps without a time come last.
        story.sort_by_key(|step: &NoteLine| step.time.unwrap_or(i64::MAX));
        windows.sort_by_key(|window: &NoteLine| window.time);
        let evidence = file.evidence.into_iter().map(|held| (held.clone(), Shown::new(held.path))).collect();
        Known { story, notes, names, windows, evidence, journal: file.journal, head: file.head }
    }

    fn notes_of(&self, section: Section) -> &[NoteLine] {
        match section {
            Section::Story => &self.story,
            Section::Notes => &self.notes,
            Section::Names => &self.names,
            Section::Windows => &self.windows,
            Section::Evidence | Section::Journal | Section::Questions => &[],
        }
    }

    fn rows(&self, section: Section) -> u64 {
        let rows = match section {
            Section::Evidence => self.evidence.len(),
            Section::Journal => self.journal.len(),
            notes => self.notes_of(notes).len(),
        };
        rows as u64
    }

    fn line(&self, section: Section, at: usize, width: usize) -> Line {
        let words = match section {
            Section::Evidence => self.evidence.get(at).map(|(held, path)| {
                let rejected =
                    if held.rejected > 0 { format!(", {} rejected", grouped(held.rejected)) } else { String::new() };
                let tail = format!("{} stored{rejected}", grouped(held.stored));
                let room = width.saturating_sub(tail.len() + 6);
                let path = crate::text::cut_start(path.text(), room);
                format!(
                    "{:>3}  {path}{}{tail}",
                    held.number,
                    " ".repeat(room.saturating_sub(crate::text::columns(&path)) + 1)
                )
            }),
            Section::Journal => self.journal.get(at).map(|entry| {
                let what = Shown::new(entry.what.as_str());
                let at = entry.at.get(..19).unwrap_or(&entry.at).replace('T', " ");
                format!("{:>4}  {}  {}", entry.number, Shown::new(at).text(), what.text())
            }),
            section => self.notes_of(section).get(at).map(|note| note.line(section, at)),
        };
        (Role::Plain, cut(&words.unwrap_or_default(), width).into_owned())
    }
}

/// The names of the sections above, the rest below.
fn heading(mut area: Rect) -> (Rect, Rect) {
    let head = top(u16::from(area.height >= 3), &mut area);
    (head, area)
}
