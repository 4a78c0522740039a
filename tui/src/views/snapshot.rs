//! What stood in the cluster: the objects as a tree of namespaces and kinds, those that rules fire on, what was done to
//! each, and whom RBAC allows what.

mod tree;

use ratatui::layout::{Position, Rect};

use self::tree::{Branch, Node};
use crate::{
    ask::{self, Answer, Column, RecordId, Request, Subject, Ticket, Whom},
    clock,
    keys::{Action, Binding, EVERYWHERE, MOVE, PROMPT, RELOAD, SNAPSHOT},
    shown::Shown,
    text::grouped,
    theme::Role,
    views::{Context, Jump, Slot, Typed, View, complain, count, noting::Noting},
    widgets::{
        input::Input,
        json,
        panes::{Line, Panes, field, wrapped},
        pen::{Pen, top},
    },
};

/// More objects than a tree is read for; the status line says when there are more.
const LIST: u32 = 50_000;

#[derive(Default)]
pub struct Snapshot {
    slot: Slot,
    asked: bool,
    all: Option<ask::Objects>,
    open: std::collections::HashSet<Branch>,
    nodes: Vec<Node>,
    risky: bool,
    panes: Panes,
    object_slot: Slot,
    object_of: Option<RecordId>,
    object: Option<ask::ObjectText>,
    /// The pane shows the object's JSON.
    raw: bool,
    who_slot: Slot,
    /// The answer stands in the place of the tree.
    who: Option<ask::WhoCan>,
    prompt: Option<(Question, Input)>,
    pattern: String,
    noting: Noting,
    note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Text,
    WhoCan,
}

impl View for Snapshot {
    fn title(&self) -> &'static str {
        "Snapshot"
    }

    fn keys(&self) -> Vec<&'static [Binding]> {
        if self.typing() { vec![PROMPT] } else { self.all_keys() }
    }

    fn all_keys(&self) -> Vec<&'static [Binding]> {
        vec![SNAPSHOT, MOVE, RELOAD, EVERYWHERE]
    }

    fn typing(&self) -> bool {
        self.prompt.is_some() || self.noting.prompt().is_some()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Open | Action::Right | Action::Risky => self.who.is_none() && !self.nodes.is_empty(),
            Action::Raw | Action::About | Action::Mark => self.who.is_none() && self.line().is_some(),
            Action::Focus => self.rows() > 0,
            Action::Back => self.panes.in_pane || self.who.is_some(),
            _ => true,
        }
    }

    fn visit(&mut self, context: &mut Context) {
        if !self.asked {
            self.asked = true;
            self.slot.ask(context, Request::Objects { limit: LIST });
        }
        self.need_object(context);
    }

    fn act(&mut self, action: Action, context: &mut Context) -> bool {
        if !matches!(action, Action::Back | Action::Close) {
            (self.note, self.noting.said) = (None, None);
        }
        if self.noting.submit(action, context) {
            return true;
        }
        if let Some((question, input)) = self.prompt.take() {
            if action == Action::Submit && !input.text().trim().is_empty() {
                match question {
                    Question::Text => {
                        self.pattern = input.text().to_string();
                        self.search(true, context);
                    }
                    Question::WhoCan => {
                        self.who_slot.ask(context, Request::WhoCan(input.text().to_string()));
                        self.prompt = None;
                    }
                }
            }
            return true;
        }
        let (_, area) = heading(context.area);
        let lines = self.about(usize::from(self.panes.split(area).1.width.saturating_sub(2))).len() as u64;
        if self.panes.moved(action, self.rows(), lines, area) {
            self.need_object(context);
            return true;
        }
        match action {
            Action::WhoCan => self.prompt = Some((Question::WhoCan, Input::default())),
            Action::Focus => self.panes.in_pane = !self.panes.in_pane && self.rows() > 0,
            Action::Back | Action::Close => {
                if std::mem::take(&mut self.panes.in_pane) {
                    return true;
                }
                if self.who.take().is_some() || self.who_slot.error.take().is_some() {
                    self.panes = Panes::default();
                    return true;
                }
                return false;
            }
            Action::Copy => {
                let text: Vec<String> = self.about(200).into_iter().map(|(_, words)| words).collect();
                self.note = Some(context.copy(&text.join("\n")));
            }
            Action::Reload => {
                (self.asked, self.object_of) = (false, None);
                self.visit(context);
            }
            // What follows is about the tree, and the tree is not shown.
            _ if self.who.is_some() => return false,
            Action::Open | Action::Right | Action::Left => {
                self.fold(action);
                self.need_object(context);
            }
            Action::Risky => {
                self.risky = !self.risky;
                self.grow();
                self.panes = Panes::default();
                self.need_object(context);
            }
            Action::Raw => (self.raw, self.panes.scroll) = (!self.raw, 0),
            Action::About => context.jump = self.line().map(|line| Jump::About(whom(line))),
            Action::Search => self.prompt = Some((Question::Text, Input::default())),
            Action::Next => self.search(true, context),
            Action::Previous => self.search(false, context),
            action => {
                let on = self.line().map(|line| Subject::Event(line.id));
                return self.noting.act(action, on, None, context);
            }
        }
        true
    }

    fn typed(&mut self, typed: &Typed, _context: &mut Context) {
        self.noting.typed(typed);
        let Some((_, prompt)) = &mut self.prompt else { return };
        typed.apply_to(prompt)
    }

    fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) {
        match answer {
            Answer::Objects(objects) if self.slot.takes(ticket) => {
                self.all = Some(objects);
                self.grow();
                self.panes.stay(self.rows());
                self.need_object(context);
            }
            Answer::Object(object) if self.object_slot.takes(ticket) => self.object = Some(object),
            Answer::WhoCan(who) if self.who_slot.takes(ticket) => {
                self.who = Some(who);
                self.panes = Panes::default();
            }
            _ => {}
        }
    }

    fn noted(&mut self, ticket: Ticket, words: &str, _context: &mut Context) {
        self.noting.answered(ticket, words);
    }

    fn failed(&mut self, ticket: Ticket, words: &str) {
        self.noting.answered(ticket, words);
        self.slot.fails(ticket, words);
        self.object_slot.fails(ticket, words);
        if self.who_slot.fails(ticket, words) {
            self.note = self.who_slot.error.take().map(|lines| lines.join("  "));
        }
    }

    fn point(&mut self, at: Position, context: &mut Context) -> bool {
        let (_, area) = heading(context.area);
        let rows = self.rows();
        let done = self.panes.point(area, at, rows);
        self.need_object(context);
        done
    }

    fn slots(&mut self) -> Vec<&mut Slot> {
        vec![&mut self.slot, &mut self.object_slot, &mut self.who_slot]
    }

    fn waits(&self) -> bool {
        self.slot.open() || self.object_slot.open() || self.who_slot.open() || self.noting.waits()
    }

    fn refreshes(&self) -> bool {
        self.all.is_some() && self.slot.open()
    }

    fn prompt(&self) -> Option<(&'static str, &Input)> {
        let own = self.prompt.as_ref().map(|(question, input)| match question {
            Question::Text => ("find:", input),
            Question::WhoCan => ("who can:", input),
        });
        self.noting.prompt().or(own)
    }

    fn status(&self) -> String {
        match &self.prompt {
            Some((Question::WhoCan, _)) => return "create pods/exec -n web".to_string(),
            Some((Question::Text, _)) => return String::new(),
            None => {}
        }
        if let Some(words) = self.noting.said.as_ref().or(self.note.as_ref()) {
            return words.clone();
        }
        if let Some(who) = &self.who {
            return format!(
                "{} for: {}",
                count(who.grants.len() as u64, "grant"),
                Shown::new(who.question.as_str()).text()
            );
        }
        let Some(all) = &self.all else { return String::new() };
        let listed = all.rows.len() as u64;
        let more =
            if listed < all.total.known() { format!(", the first {} listed", grouped(listed)) } else { String::new() };
        let risky = all.rows.iter().filter(|line| line.risk.is_some()).count() as u64;
        let shown = if self.risky { "   only those that rules fire on" } else { "" };
        format!("{} objects{more}, rules fire on {}{shown}", all.total, grouped(risky))
    }

    fn place(&self) -> (u64, u64) {
        (self.panes.cursor, self.rows())
    }

    fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        if let Some(error) = &self.slot.error {
            complain(pen, area, "The objects could not be read:", error, "^r tries again.");
            return;
        }
        let Some(all) = &self.all else {
            let words = if self.slot.open() { "reading the objects…" } else { "The objects were not read. ^r asks." };
            pen.write(area, (1, 0), words, Role::Faint);
            return;
        };
        let (head, area) = heading(area);
        let ascii = pen.theme.ascii;
        if let Some(who) = &self.who {
            let words = format!("Who can {}", Shown::new(who.question.as_str()).text());
            pen.write(head, (1, 0), &words, Role::Title);
            if who.grants.is_empty() {
                let mut words: Vec<String> =
                    who.remarks.iter().map(|r| Shown::new(r.as_str()).text().to_string()).collect();
                words.insert(0, "RBAC grants it to nobody.".to_string());
                pen.paragraphs(area, 0, &words, Role::Plain);
                return;
            }
            let line = |at: u64| who.grants.get(at as usize).map_or((Role::Plain, String::new()), grant);
            self.panes.draw(pen, area, self.rows(), &line, ("Why", &|width| self.about(width)));
            return;
        }
        let words =
            if self.risky { "Objects that rules fire on" } else { "Objects as they stand at the end of the snapshots" };
        pen.write(head, (1, 0), words, Role::Title);
        if all.rows.is_empty() {
            let words = [
                "No snapshot in this case.",
                "Add one: kubectl get -o json, an etcd snapshot, coldcase formats lists all.",
            ];
            pen.paragraphs(area, 0, &words.map(str::to_string), Role::Plain);
            return;
        }
        if self.nodes.is_empty() {
            pen.write(area, (1, 0), "No rule fires on an object. r shows all of them.", Role::Plain);
            return;
        }
        let old = std::mem::replace(&mut pen.faint, self.slot.open());
        let line =
            |at: u64| self.nodes.get(at as usize).map_or((Role::Plain, String::new()), |node| node.line(all, ascii));
        self.panes.draw(pen, area, self.rows(), &line, ("Object", &|width| self.about(width)));
        pen.faint = old;
    }
}

impl Snapshot {
    fn rows(&self) -> u64 {
        let rows = self.who.as_ref().map_or(self.nodes.len(), |who| who.grants.len());
        rows as u64
    }

    /// Builds the lines of the tree anew.
    fn grow(&mut self) {
        let Some(all) = &self.all else { return };
        self.nodes = if self.risky { tree::risky(all) } else { tree::grown(all, &self.open) };
    }

    fn node(&self) -> Option<&Node> {
        self.nodes.get(usize::try_from(self.panes.cursor).ok()?)
    }

    /// The object under the cursor.
    fn line(&self) -> Option<&ask::ObjectLine> {
        match self.node()? {
            Node::Object { at, .. } => self.all.as_ref()?.rows.get(*at),
            Node::Branch { .. } => None,
        }
    }

    fn need_object(&mut self, context: &mut Context) {
        let Some(id) = self.line().filter(|_| self.who.is_none()).map(|line| line.id) else { return };
        if self.object_of != Some(id) {
            self.object_of = Some(id);
            self.object_slot.ask(context, Request::Object(id));
        }
    }

    /// Opens and closes branches; on an object, Left goes to its branch and Enter into the pane.
    fn fold(&mut self, action: Action) {
        let Some(node) = self.node().cloned() else { return };
        match (node, action) {
            (Node::Branch { branch, open, .. }, _) => {
                let wants = match action {
                    Action::Open => !open,
                    action => action == Action::Right,
                };
                if wants == open && action == Action::Left {
                    return self.up();
                }
                match wants {
                    true => self.open.insert(branch),
                    false => self.open.remove(&branch),
                };
                self.grow();
                self.panes.stay(self.rows());
            }
            (Node::Object { .. }, Action::Left) => self.up(),
            (Node::Object { .. }, Action::Open) => self.panes.in_pane = true,
            (Node::Object { .. }, _) => {}
        }
    }

    /// To the branch above that holds this line.
    fn up(&mut self) {
        let Some(depth) = self.node().map(Node::depth) else { return };
        let here = self.panes.cursor as usize;
        if let Some(at) = (0..here).rev().find(|at| self.nodes[*at].depth() < depth) {
            self.panes.to(at as u64);
        }
    }

    /// Finds the next object whose namespace, kind or name has the text, opening its branches.
    fn search(&mut self, on: bool, context: &mut Context) {
        if self.pattern.is_empty() {
            self.note = Some("nothing was searched for yet: / finds text".to_string());
            return;
        }
        let Some(all) = &self.all else { return };
        let pattern = self.pattern.to_lowercase();
        let here = self.node().map(|node| (node.first(), matches!(node, Node::Object { .. })));
        let fits = |at: &usize| {
            let line = &all.rows[*at];
            let text = format!("{} {} {}", line.namespace.as_deref().unwrap_or(""), line.kind, line.name);
            (!self.risky || line.risk.is_some()) && text.to_lowercase().contains(&pattern)
        };
        let found = match (on, here) {
            (true, Some((at, true))) => (at + 1..all.rows.len()).find(fits),
            (true, Some((at, false))) => (at..all.rows.len()).find(fits),
            (true, None) => (0..all.rows.len()).find(fits),
            (false, here) => (0..here.map_or(0, |(at, _)| at)).rev().find(fits),
        };
        let Some(at) = found else {
            self.note = Some("none further on in this direction".to_string());
            return;
        };
        let line = &all.rows[at];
        for kind in [None, Some(line.kind.clone())] {
            self.open.insert(Branch { namespace: line.namespace.clone(), kind });
        }
        self.grow();
        let place = self.nodes.iter().position(|node| matches!(node, Node::Object { at: other, .. } if *other == at));
        self.panes.to(place.unwrap_or(0) as u64);
        self.need_object(context);
    }

    /// What the pane says.
    fn about(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(who) = &self.who {
            if let Some(grant) = who.grants.get(self.panes.cursor as usize) {
                let shown = |text: &str| Shown::new(text).text().to_string();
                wrapped(&mut lines, Role::Heading, &shown(&grant.subject), width);
                field(&mut lines, "by", &shown(&grant.binding), width);
                field(&mut lines, "role", &shown(&grant.role), width);
                field(&mut lines, "its rule", &shown(&grant.rule), width);
                let place = grant.namespace.as_deref().map_or("the whole cluster".to_string(), shown);
                field(&mut lines, "holds in", &place, width);
            }
            for remark in &who.remarks {
                lines.push((Role::Plain, String::new()));
                wrapped(&mut lines, Role::Warn, Shown::new(remark.as_str()).text(), width);
            }
            return lines;
        }
        let Some(line) = self.line() else {
            if let Some(Node::Branch { objects, risky, .. }) = self.node() {
                let words = format!("{}; rules fire on {}", count(*objects, "object"), grouped(*risky));
                wrapped(&mut lines, Role::Plain, &words, width);
            }
            return lines;
        };
        let place = line.namespace.as_ref().map_or(String::new(), |namespace| format!("{namespace}/"));
        let title = format!("{} {place}{}", line.kind, line.name);
        wrapped(&mut lines, Role::Heading, Shown::new(title).text(), width);
        for risk in &line.risks {
            let role = line.risk.map_or(Role::Warn, Role::Level);
            wrapped(&mut lines, role, &format!("! {}", Shown::new(risk.as_str()).text()), width);
        }
        if let Some(error) = &self.object_slot.error {
            lines.extend(error.iter().map(|line| (Role::Bad, line.clone())));
        }
        let Some(object) = self.object.as_ref().filter(|object| object.id == line.id) else {
            lines.push((Role::Faint, "reading the object…".to_string()));
            return lines;
        };
        if self.raw {
            for line in json::indent(&object.body) {
                wrapped(&mut lines, Role::Plain, Shown::new(line).text(), width);
            }
            return lines;
        }
        for (name, value) in &object.facts {
            field(&mut lines, name, Shown::new(value.as_str()).text(), width);
        }
        lines.push((Role::Plain, String::new()));
        lines.push((Role::Heading, "History".to_string()));
        if object.history.is_empty() {
            wrapped(&mut lines, Role::Plain, "Nothing is known of it.", width);
        }
        for change in &object.history {
            let when = change.time.map_or("at no known time".to_string(), clock::second);
            let who =
                change.actor.as_ref().map_or(String::new(), |actor| format!("  {}", Shown::new(actor.as_str()).text()));
            wrapped(
                &mut lines,
                Role::Plain,
                &format!("{when}{who}  {}", Shown::new(change.what.as_str()).text()),
                width,
            );
            for different in &change.changes {
                wrapped(&mut lines, Role::Faint, &format!("    {}", Shown::new(different.as_str()).text()), width);
            }
        }
        lines
    }
}

fn grant(grant: &ask::Grant) -> Line {
    let words = format!("{:<44} {}", grant.subject, grant.binding);
    (Role::Plain, Shown::new(words).text().to_string())
}

/// The title above, the rest below.
fn heading(mut area: Rect) -> (Rect, Rect) {
    let head = top(u16::from(area.height >= 3), &mut area);
    (head, area)
}

/// The object as the timeline has it.
fn whom(line: &ask::ObjectLine) -> Whom {
    let within = line.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    Whom::Cell {
        column: Column::Object,
        value: Some(format!("{} {within}{}", line.kind, line.name)),
        actor: None,
        object: None,
    }
}
