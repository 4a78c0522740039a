//! Writing notes, the same on every screen that has something to write them on. What is written goes to the case at
//! once and is never waited for by the screen; words tell when it is there. What leaves the case, a test or an export, is
//! asked for in the same way.

use crate::{
    ask::{Exported, Note, Outgoing, Request, Subject, Ticket},
    keys::Action,
    views::{Context, Typed},
    widgets::input::Input,
};

/// Notes under way.
#[derive(Debug, Default)]
pub struct Noting {
    open: Vec<Ticket>,
    prompt: Option<(Writing, Input)>,
    /// What became of the last note.
    pub said: Option<String>,
}

/// What is being written.
#[derive(Clone, Debug)]
enum Writing {
    Tag(Subject),
    Comment(Subject),
    Story(Subject),
    /// The name of this identity.
    Name(String),
    /// The name of this stretch of time.
    Window(i64, i64),
    /// The file of a test of a finding, or the rule and the file of one of an event.
    Fixture(Subject),
    Export(Exported),
}

impl Noting {
    /// Does what a key asks. Returns false when it is no key of notes.
    pub fn act(&mut self, action: Action, on: Option<Subject>, identity: Option<&str>, context: &mut Context) -> bool {
        let writing = match (action, on, identity) {
            (Action::UndoNote, ..) => {
                self.write(Note::Undo, context);
                return true;
            }
            (Action::Mark, Some(on), _) => {
                self.write(Note::Mark(on), context);
                return true;
            }
            (Action::Tag, Some(on), _) => Writing::Tag(on),
            (Action::Comment, Some(on), _) => Writing::Comment(on),
            (Action::Story, Some(on), _) => Writing::Story(on),
            (Action::Fixture, Some(on), _) => Writing::Fixture(on),
            (Action::Name, _, Some(identity)) => Writing::Name(identity.to_string()),
            (Action::Mark | Action::Tag | Action::Comment | Action::Story | Action::Name | Action::Fixture, ..) => {
                self.said = Some("there is nothing to write on here".to_string());
                return true;
            }
            _ => return false,
        };
        self.prompt = Some((writing, Input::default()));
        true
    }

    /// Asks for the name of a window of time.
    pub fn name_window(&mut self, from: i64, to: i64) {
        self.prompt = Some((Writing::Window(from, to), Input::default()));
    }

    /// Asks for the file that something is exported to.
    pub fn export(&mut self, what: Exported) {
        self.prompt = Some((Writing::Export(what), Input::default()));
    }

    /// What Enter does, beside the question that is open.
    pub fn hint(&self) -> &'static str {
        match &self.prompt {
            Some((Writing::Fixture(Subject::Finding(_)), _)) => "a file, .yml for YAML; empty: RULE.cases.jsonl here",
            Some((Writing::Fixture(_), _)) => "RULE or RULE FILE; it says what the rule does on it",
            Some((Writing::Export(Exported::Events(_)), _)) => "a new file: .jsonl bytes, .csv rows",
            Some((Writing::Export(_), _)) => "a new file: .json finding, .jsonl bytes, .csv rows",
            _ => "Enter writes it into the case",
        }
    }

    /// Sends a note on its way.
    pub fn write(&mut self, note: Note, context: &mut Context) {
        self.open.push(context.ask(Request::Note(note)));
    }

    fn send(&mut self, outgoing: Outgoing, context: &mut Context) {
        self.open.push(context.ask(Request::Write(outgoing)));
    }

    /// Takes the answer of the prompt. Returns false when no prompt is open.
    pub fn submit(&mut self, action: Action, context: &mut Context) -> bool {
        let Some((writing, input)) = self.prompt.take() else { return false };
        let text = input.text().trim().to_string();
        let may_be_empty = matches!(writing, Writing::Story(_) | Writing::Fixture(Subject::Finding(_)));
        if action != Action::Submit || (text.is_empty() && !may_be_empty) {
            return true;
        }
        let note = match writing {
            Writing::Tag(on) => Note::Tag(on, text),
            Writing::Comment(on) => Note::Comment(on, text),
            Writing::Story(on) => Note::Story(on, text),
            Writing::Name(of) => Note::Name { of, is: text },
            Writing::Window(from, to) => Note::Window { name: text, from, to },
            Writing::Fixture(on @ Subject::Finding(_)) => {
                self.send(Outgoing::Fixture { on, rule: None, file: text }, context);
                return true;
            }
            Writing::Fixture(on) => {
                let (rule, file) = text.split_once(' ').unwrap_or((&text, ""));
                let (rule, file) = (Some(rule.to_string()), file.trim().to_string());
                self.send(Outgoing::Fixture { on, rule, file }, context);
                return true;
            }
            Writing::Export(what) => {
                self.send(Outgoing::Export { what, file: text }, context);
                return true;
            }
        };
        self.write(note, context);
        true
    }

    pub fn typed(&mut self, typed: &Typed) {
        let Some((_, input)) = &mut self.prompt else { return };
        typed.apply_to(input)
    }

    pub fn prompt(&self) -> Option<(&'static str, &Input)> {
        let (writing, input) = self.prompt.as_ref()?;
        let words = match writing {
            Writing::Tag(_) => "tag:",
            Writing::Comment(_) => "comment:",
            Writing::Story(_) => "into the story, with the words:",
            Writing::Name(_) => "people call it:",
            Writing::Window(..) => "name of this window:",
            Writing::Fixture(Subject::Finding(_)) => "test to file:",
            Writing::Fixture(_) => "test of rule:",
            Writing::Export(_) => "export to file:",
        };
        Some((words, input))
    }

    pub fn waits(&self) -> bool {
        !self.open.is_empty()
    }

    /// A note was answered; the words are kept by the screen that wrote it.
    pub fn answered(&mut self, ticket: Ticket, words: &str) {
        let before = self.open.len();
        self.open.retain(|open| *open != ticket);
        if self.open.len() < before {
            self.said = Some(crate::shown::lines(words).join(" "));
        }
    }
}
