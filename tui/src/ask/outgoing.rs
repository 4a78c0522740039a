//! What leaves a case by a key: a test of a rule, rows, a finding, a query.

use super::{Filter, Subject};

/// Something to be written to a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outgoing {
    /// A test of a rule, added to the file, its identities under other names. A finding knows its rule; of an event the rule
    /// is named, and the test says what the rule does on it. Without a file: `<rule>.cases.jsonl` in the current folder.
    Fixture { on: Subject, rule: Option<String>, file: String },
    /// Everything under the filter, or a finding. How, says the ending of the file's name: `.jsonl` original bytes with their
    /// places, `.csv` rows, `.json` the finding. A file that is there is not written over.
    Export { what: Exported, file: String },
    /// A query as a stored question, kept where others of the user are; its title may be empty. What its `$names` were given
    /// last are their usual values.
    Hunt { name: String, title: String, text: String, given: Vec<(String, String)> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Exported {
    Events(Filter),
    /// By its id.
    Finding(String),
}
