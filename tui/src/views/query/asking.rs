//! The lines that the SQL screen asks for: the values of a query's `$names` or of a stored question, one after the other,
//! and the name that a query is saved under.

use super::{Focus, LIMIT, Query};
use crate::{
    ask::{Asked, Call, Outgoing, Request},
    keys::Action,
    placeholders,
    shown::Shown,
    views::{Context, Slot},
    widgets::input::Input,
};

/// What is being asked for.
pub enum Prompt {
    Values { of: Of, asks: Vec<Asked>, values: Vec<String>, input: Input },
    Save(Input),
}

/// What the values are for.
pub enum Of {
    /// The query in the editor.
    Editor,
    /// A stored question.
    Stored(Call),
}

impl Prompt {
    pub fn input(&self) -> &Input {
        match self {
            Prompt::Values { input, .. } | Prompt::Save(input) => input,
        }
    }

    pub fn input_mut(&mut self) -> &mut Input {
        match self {
            Prompt::Values { input, .. } | Prompt::Save(input) => input,
        }
    }

    pub fn question(&self) -> &'static str {
        match self {
            Prompt::Values { .. } => "value:",
            Prompt::Save(_) => "save as:",
        }
    }

    /// What is asked for, beside the answer.
    pub fn hint(&self) -> String {
        match self {
            Prompt::Values { asks, values, .. } => {
                let of = asks.get(values.len()).map_or(Asked::default(), Clone::clone);
                let number =
                    if asks.len() > 1 { format!(" {} of {}", values.len() + 1, asks.len()) } else { String::new() };
                let doc = if of.doc.is_empty() { String::new() } else { format!(": {}", of.doc) };
                Shown::new(format!("${}{number}{doc}", of.name)).text().to_string()
            }
            Prompt::Save(_) => "NAME, or NAME and a title".to_string(),
        }
    }
}

impl Query {
    /// Runs what is in the editor, once the values that it leaves open are there.
    pub(super) fn run(&mut self, context: &mut Context) {
        let text = self.input.text().trim().to_string();
        if !text.is_empty() {
            self.ask_values(Of::Editor, placeholders::of(&text), context);
        }
    }

    /// Asks for the values of a stored question and runs it.
    pub(super) fn run_stored(&mut self, call: Call, context: &mut Context) {
        let asks = call.asks.clone();
        self.ask_values(Of::Stored(call), asks, context);
    }

    fn ask_values(&mut self, of: Of, asks: Vec<Asked>, context: &mut Context) {
        if asks.is_empty() {
            return self.run_with(of, Vec::new(), context);
        }
        let mut prompt = Prompt::Values { of, asks, values: Vec::new(), input: Input::default() };
        self.offer(&mut prompt);
        self.prompt = Some(prompt);
    }

    /// Writes what is usual into the line of the next value: what was given last, else what the question says.
    fn offer(&self, prompt: &mut Prompt) {
        let Prompt::Values { of, asks, values, input } = prompt else { return };
        let Some(next) = asks.get(values.len()) else { return };
        let last = self.given.iter().rev().find(|(name, _)| matches!(of, Of::Editor) && *name == next.name);
        input.set(last.map_or(&next.usual, |(_, value)| value));
    }

    pub(super) fn ask_name(&mut self) {
        match self.input.text().trim().is_empty() {
            true => self.note = Some("there is no query to save".to_string()),
            false => self.prompt = Some(Prompt::Save(Input::default())),
        }
    }

    /// Takes the line that was asked for.
    pub(super) fn answer(&mut self, prompt: Prompt, action: Action, context: &mut Context) {
        if action != Action::Submit {
            return;
        }
        match prompt {
            Prompt::Values { of, asks, mut values, input } => {
                values.push(input.text().to_string());
                if values.len() == asks.len() {
                    return self.run_with(of, asks.into_iter().map(|asked| asked.name).zip(values).collect(), context);
                }
                let mut prompt = Prompt::Values { of, asks, values, input: Input::default() };
                self.offer(&mut prompt);
                self.prompt = Some(prompt);
            }
            Prompt::Save(input) => {
                let (name, title) = input.text().trim().split_once(' ').unwrap_or((input.text().trim(), ""));
                let text = self.input.text().trim().to_string();
                let value = |asked: Asked| {
                    let last = self.given.iter().rev().find(|(name, _)| *name == asked.name);
                    (asked.name, last.map_or(asked.usual, |(_, value)| value.clone()))
                };
                let given = placeholders::of(&text).into_iter().map(value).collect();
                let (name, title) = (name.to_string(), title.trim().to_string());
                self.saving = Some(context.ask(Request::Write(Outgoing::Hunt { name, title, text, given })));
            }
        }
    }

    fn run_with(&mut self, of: Of, given: Vec<(String, String)>, context: &mut Context) {
        let given = match of {
            Of::Editor => given,
            // What is run is seen, and what was written is not lost: the arrow up brings it back.
            Of::Stored(call) => {
                let values: Vec<String> = given.into_iter().map(|(_, value)| value).collect();
                self.write_call(&call.text(&values));
                self.focus = Focus::Result;
                Vec::new()
            }
        };
        let text = self.input.text().trim().to_string();
        if self.past.last() != Some(&text) {
            self.past.push(text.clone());
        }
        self.turned = self.past.len();
        self.stopped = false;
        self.given.retain(|(name, _)| !given.iter().any(|(new, _)| new == name));
        self.given.extend(given.iter().cloned());
        self.asked_with =
            given.iter().map(|(name, value)| format!("   ${name}={}", Shown::new(value.as_str()).text())).collect();
        Slot::ask(&mut self.run_slot, context, Request::Sql { text, given, limit: LIMIT });
    }
}
