//! The border where text enters the model. A `Shown` keeps the text as the evidence has it, for questions, and the
//! same text made visible, for the screen. Views draw `text()` and ask with `raw()`.

use crate::{ask::Cell, text::visible};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    raw: String,
    /// Only when it differs from `raw`, which is rare.
    safe: Option<String>,
}

impl Shown {
    pub fn new(raw: impl Into<String>) -> Shown {
        let raw = raw.into();
        let safe = visible(&raw);
        let safe = (safe != raw).then(|| safe.into_owned());
        Shown { raw, safe }
    }

    /// Returns the cell, or `None` when the evidence has none.
    pub fn cell(cell: Cell) -> Option<Shown> {
        cell.map(Shown::new)
    }

    /// Returns what may be drawn.
    pub fn text(&self) -> &str {
        self.safe.as_deref().unwrap_or(&self.raw)
    }

    /// Returns what may be asked with, and never drawn.
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// Returns words of ours that may quote evidence, such as an error, line by line and visible.
pub fn lines(words: &str) -> Vec<String> {
    words.lines().map(|line| visible(line).into_owned()).collect()
}
