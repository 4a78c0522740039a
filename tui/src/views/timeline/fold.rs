//! Repeats in the timeline: runs of events that are the same but for time and the object's name, one line each. Nothing
//! goes unsaid: a line tells how many events it stands for, until when, and how many of them are in findings or noted.

use super::{Timeline, page::Row};
use crate::{
    ask::{Column, Filter, Folded},
    clock,
    keys::Action,
    text::{columns, cut_object, grouped},
    views::{Context, count},
};

/// Columns in which the events of a line may differ.
const DIFFER: Column = Column::Object;

impl Timeline {
    /// Folds the repeats, or shows every event again.
    pub fn fold(&mut self, context: &mut Context) {
        let fold = match &self.filter.fold {
            Some(_) => None,
            None => Some(Vec::new()),
        };
        let filter = Filter { fold, ..self.filter.clone() };
        self.change(filter, context);
    }

    /// Shows the events of the line the cursor is on one by one. Returns false when it is one event.
    pub fn unfold(&mut self, context: &mut Context) -> bool {
        let Some(id) = self.row().filter(|row| row.fold.is_some()).map(|row| row.id) else { return false };
        let mut fold = self.filter.fold.clone().unwrap_or_default();
        fold.push(id);
        let filter = Filter { fold: Some(fold), ..self.filter.clone() };
        self.change(filter, context);
        true
    }

    /// Says why a key that takes this cell's value cannot: the events of the line do not agree on it.
    pub fn disagree(&self, action: Action, column: Column) -> Option<String> {
        let takes = matches!(action, Action::FilterIn | Action::FilterOut | Action::OnlyThis | Action::Copy);
        let fold = self.row()?.fold.filter(|fold| takes && column == DIFFER && fold.objects > 1)?;
        Some(format!("these events name {} objects: Enter unfolds them, v counts them", grouped(fold.objects)))
    }

    /// What the status line says of the line of repeats the cursor is on.
    pub fn folded_words(&self) -> Option<String> {
        let row = self.row()?;
        Some(format!("   {}", words(row.fold.as_ref()?, row.time)))
    }
}

/// What a line stands for, in full.
pub fn words(fold: &Folded, first: i64) -> String {
    let mut words = format!("{} in {}", count(fold.events, "event"), clock::length(fold.last.saturating_sub(first)));
    if fold.hits > 0 {
        words += &format!(", {} in findings", grouped(fold.hits));
    }
    if fold.noted > 0 {
        words += &format!(", {} noted", grouped(fold.noted));
    }
    words
}

/// The cell of the object: what it is, how often and until when; what it hides is said before its name.
pub fn cell(row: &Row, fold: &Folded, width: usize, ascii: bool) -> String {
    let times = if ascii { "x" } else { "×" };
    let mut tail = format!(" {times}{} to {}", grouped(fold.events), clock::time(fold.last, 8));
    let (hit, note) = if ascii { ("^", "*") } else { ("▲", "◆") };
    if fold.hits > 0 {
        tail += &format!(" {hit}{}", grouped(fold.hits));
    }
    if fold.noted > 0 {
        tail += &format!(" {note}{}", grouped(fold.noted));
    }
    let object = row.cell(Column::Object).map_or("", |object| object.text());
    let object = match (fold.objects > 1, object.split_once(' ')) {
        (true, Some((kind, _))) => format!("{kind} …"),
        (true, None) => "…".to_string(),
        (false, _) => object.to_string(),
    };
    // Where there is little room the end is left to the status line.
    let mut room = width.saturating_sub(columns(&tail));
    if room < columns(&object).min(12) {
        tail = tail.replacen(&format!(" to {}", clock::time(fold.last, 8)), "", 1);
        room = width.saturating_sub(columns(&tail));
    }
    if room < 4 { tail.trim_start().to_string() } else { format!("{}{tail}", cut_object(&object, room)) }
}
