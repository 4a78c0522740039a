//! A document to be read by people: headings, paragraphs, tables, the steps of a story and a picture of when. What is in
//! it is text as evidence has it; whoever writes it out makes it harmless.

/// A document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub title: String,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Heading(String),
    Paragraph(String),
    List(Vec<String>),
    Table { head: Vec<&'static str>, rows: Vec<Vec<String>> },
    Steps(Vec<Step>),
    Chart(Chart),
}

/// One step of a story, or another thing of which several facts are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// UTC, or words for none; empty where time is not the point.
    pub time: String,
    /// How long after the step before it; empty for the first.
    pub after: String,
    pub what: String,
    /// What the investigator wrote; may be empty.
    pub text: String,
    /// Where it is written, who put it in, how to see it again: name and value.
    pub facts: Vec<(&'static str, String)>,
}

/// How many events there were when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// Times at both ends, in words.
    pub from: String,
    pub to: String,
    /// Events in equal stretches of time; `None`: no source wrote anything, which proves nothing.
    pub bins: Vec<Option<u64>>,
    /// Marks: where between the ends (0 to 1), and what for.
    pub marks: Vec<(f64, String)>,
}

impl Document {
    pub fn heading(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Heading(text.into()));
    }

    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Paragraph(text.into()));
    }
}
