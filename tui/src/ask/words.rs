//! The words for columns, levels and totals, the same on every screen.

use std::fmt;

use super::{Column, Level, Total};

impl Column {
    /// Every column in reading order.
    pub const ALL: [Column; 9] = [
        Column::Time,
        Column::Source,
        Column::Actor,
        Column::Verb,
        Column::Object,
        Column::Status,
        Column::Namespace,
        Column::Agent,
        Column::Address,
    ];

    /// Returns the word for this column in chips and headings.
    pub fn name(self) -> &'static str {
        match self {
            Column::Time => "time",
            Column::Source => "source",
            Column::Actor => "actor",
            Column::Verb => "verb",
            Column::Object => "object",
            Column::Status => "status",
            Column::Namespace => "namespace",
            Column::Agent => "agent",
            Column::Address => "address",
        }
    }
}

impl Level {
    /// Every level, worst first.
    pub const ALL: [Level; 5] = [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];

    /// Returns the word that stands for the level wherever colour may be missing.
    pub fn name(self) -> &'static str {
        match self {
            Level::Critical => "critical",
            Level::High => "high",
            Level::Medium => "medium",
            Level::Low => "low",
            Level::Informational => "info",
        }
    }

    /// Returns the word behind its article: "a high", "an info".
    pub fn with_article(self) -> String {
        let article = if self == Level::Informational { "an" } else { "a" };
        format!("{article} {}", self.name())
    }
}

impl Total {
    /// Returns the number known for certain.
    pub fn known(self) -> u64 {
        match self {
            Total::Exactly(rows) | Total::AtLeast(rows) => rows,
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Total::Exactly(rows) => f.write_str(&crate::text::grouped(*rows)),
            Total::AtLeast(rows) => write!(f, "at least {}", crate::text::grouped(*rows)),
        }
    }
}
