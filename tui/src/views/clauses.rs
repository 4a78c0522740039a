//! The parts of a rule as lines: what is asked, whether it holds of an event, and the value that was there.

use crate::{ask::Clause, shown::Shown, text::wrap, theme::Role, widgets::panes::Line};

/// The words for an answer; shape and word, so that no colour is needed.
fn told(holds: Option<bool>) -> (&'static str, Role) {
    match holds {
        Some(true) => ("PASS", Role::Good),
        Some(false) => ("FAIL", Role::Bad),
        None => ("?", Role::Warn),
    }
}

/// Returns the lines of the parts; with `asked`, each with its answer.
pub fn lines(parts: &[(String, Vec<Clause>)], asked: bool, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, clauses) in parts {
        if !name.is_empty() {
            lines.push((Role::Heading, Shown::new(name.as_str()).text().to_string()));
        }
        for clause in clauses {
            let (answer, role) = if asked { told(clause.holds) } else { ("", Role::Plain) };
            let head = if asked { format!("{answer:<5}") } else { String::new() };
            let indent = "  ".repeat(clause.depth.min(8));
            let words = Shown::new(clause.words.as_str());
            let mut text = words.text().to_string();
            if !clause.values.is_empty() {
                text += &format!("  ← {}", Shown::new(clause.values.as_str()).text());
            }
            let room = width.saturating_sub(head.len() + indent.len()).max(12);
            for (at, line) in wrap(&text, room).into_iter().enumerate() {
                let head = if at == 0 { head.clone() } else { " ".repeat(head.len()) };
                lines.push((role, format!("{head}{indent}{line}")));
            }
        }
    }
    lines
}
