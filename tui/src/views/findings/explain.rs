//! Why the rule of a finding hits one of its events: every part of the rule with its answer and the value it met.

use super::Findings;
use crate::{
    ask::{RecordId, Request, Why},
    theme::Role,
    views::{Context, clauses},
    widgets::panes::{Line, wrapped},
};

impl Findings {
    /// Asks why the rule hits the event under the cursor, or the first of the chain; asked again, puts it away.
    pub(super) fn explain(&mut self, context: &mut Context) {
        if self.explained().is_some() {
            self.why = None;
            return;
        }
        let event = self.event().or_else(|| self.chain()?.events.first()).map(|event| event.id);
        let (Some(record), Some(rule)) = (event, self.finding().map(|finding| finding.rule.raw().to_string())) else {
            self.note = Some("there is no event to ask the rule of".to_string());
            return;
        };
        self.why_slot.ask(context, Request::Why { rule, record });
    }

    /// The answer, if it is about the finding and the event under the cursor.
    pub(super) fn explained(&self) -> Option<&Why> {
        let why = self.why.as_ref()?;
        let rule = self.finding().is_some_and(|finding| finding.rule.raw() == why.rule);
        let asked = self.chain()?.events.iter().any(|event| event.id == why.record);
        (rule && asked).then_some(why)
    }

    /// Puts the answer into lines; `None`: nothing was asked.
    pub(super) fn explanation(&self, width: usize) -> Option<Vec<Line>> {
        if let Some(error) = &self.why_slot.error {
            return Some(error.iter().map(|line| (Role::Bad, line.clone())).collect());
        }
        let why = self.explained()?;
        let mut lines = Vec::new();
        let number = self.number(why.record);
        if why.parts.is_empty() {
            let words = "This is an object of a snapshot, not a request: there is nobody's doing to ask about.";
            wrapped(&mut lines, Role::Warn, words, width);
            return Some(lines);
        }
        lines.push((Role::Heading, format!("The rule, asked of event {number}")));
        lines.extend(clauses::lines(&why.parts, true, width));
        Some(lines)
    }

    fn number(&self, record: RecordId) -> usize {
        let at = self.chain().and_then(|chain| chain.events.iter().position(|event| event.id == record));
        at.map_or(0, |at| at + 1)
    }
}
