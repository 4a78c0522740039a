//! Log sources other than the audit log: which `logsource` of a rule reads which tables, and which field is which column.
//!
//! A member is one file: what a rule writes, the fields it may name, and for each table the SQL that answers them. A field
//! that a table has no answer for is unknown there, and a test on it neither true nor false.

mod activity;
mod auditd;
mod clusters;
mod container;
mod control_plane;
mod dns;
mod entra;
mod events;
mod network;
mod policy;
mod process;
mod recommendations;
mod registry;
mod syslog;

use std::collections::BTreeSet;
use std::fmt;

use super::fields::{Field, Source, Unknown, edits};
use super::predicate::{Op, Predicate, Test};
use super::rule::Over;
use crate::model::Recorded;

/// What rules may name as their log source.
pub struct LogSource {
    pub name: &'static str,
    /// One line: what its events are.
    pub doc: &'static str,
    /// What a rule writes for it.
    pub means: &'static [Means],
    pub fields: &'static [LogField],
    /// The tables that hold such events.
    pub readings: &'static [Reading],
    /// Which export brings them.
    pub remedy: &'static str,
}

/// One way to write a log source; a key that is None may be left out, or must be.
pub struct Means {
    pub category: Option<&'static str>,
    pub product: Option<&'static str>,
    pub service: Option<&'static str>,
}

/// A field of a log source.
pub struct LogField {
    pub name: &'static str,
    /// What its column is called while rules are asked.
    pub column: &'static str,
    /// Every such event has it, so where it is null it was not recorded.
    pub always: bool,
    /// JSON: a rule may name what is below it.
    pub tree: bool,
    pub doc: &'static str,
}

/// How one table answers.
pub struct Reading {
    pub table: &'static str,
    /// SQL of its rows where they are not simply those of the table; empty for these.
    pub from: &'static str,
    /// SQL condition of the rows that are such events; empty for all.
    pub only: &'static str,
    pub event: Words,
    /// Fields and the SQL of their values: text, an integer, a boolean or a list of texts.
    pub fields: &'static [(&'static str, &'static str)],
}

/// SQL of what a finding says of an event; empty where the table does not say it.
pub struct Words {
    pub id: &'static str,
    pub actor: &'static str,
    /// Node or machine.
    pub host: &'static str,
    pub verb: &'static str,
    /// What kind of thing was acted on.
    pub kind: &'static str,
    pub namespace: &'static str,
    pub name: &'static str,
    pub address: &'static str,
    pub agent: &'static str,
}

/// Nothing is said.
const SILENT: Words =
    Words { id: "", actor: "", host: "", verb: "", kind: "", namespace: "", name: "", address: "", agent: "" };

/// The field a keyword without a name searches; every reading has it.
pub const ANY: &str = "any text";

/// A field; its column has a name that no other column of an event has.
macro_rules! field {
    ($name:literal, $doc:literal) => {
        crate::sigma::logsource::LogField {
            name: $name,
            column: concat!("=", $name),
            always: false,
            tree: false,
            doc: $doc,
        }
    };
    (always $name:literal, $doc:literal) => {
        crate::sigma::logsource::LogField { always: true, ..field!($name, $doc) }
    };
    (tree $name:literal, $doc:literal) => {
        crate::sigma::logsource::LogField { tree: true, ..field!($name, $doc) }
    };
}
pub(crate) use field;

/// A way to write a log source.
const fn means(category: &'static str, product: &'static str, service: &'static str) -> Means {
    const fn word(text: &'static str) -> Option<&'static str> {
        if text.is_empty() { None } else { Some(text) }
    }
    Means { category: word(category), product: word(product), service: word(service) }
}

/// Every log source. Of two that a rule may mean the first is it.
pub static LOGSOURCES: &[&LogSource] = &[
    &process::LINUX,
    &process::WINDOWS,
    &auditd::AUDITD,
    &syslog::SSHD,
    &syslog::AUTH,
    &syslog::SYSLOG,
    &container::CONTAINER,
    &control_plane::GUARD,
    &control_plane::AUTOSCALER,
    &control_plane::CONTROL_PLANE,
    &network::CONNECTION,
    &network::FIREWALL,
    &dns::DNS,
    &activity::ACTIVITY,
    &entra::SIGNINS,
    &entra::AUDITLOGS,
    &policy::STATES,
    &policy::VIOLATIONS,
    &recommendations::RECOMMENDATIONS,
    &events::EVENTS,
    &registry::REGISTRY,
    &clusters::CLUSTERS,
];

/// The source a rule means by these words; None when nobody knows it.
pub fn find(category: Option<&str>, product: Option<&str>, service: Option<&str>) -> Option<&'static LogSource> {
    let is = |known: Option<&str>, said: Option<&str>| known == said;
    // A rule for every product is asked of whatever has the category.
    let product_is = |known: Option<&str>, said: Option<&str>| said.is_none() || known.is_none() || known == said;
    let meant = |way: &Means| {
        is(way.category, category)
            && is(way.service, service)
            && if category.is_some() { product_is(way.product, product) } else { is(way.product, product) }
    };
    LOGSOURCES.iter().find(|source| source.means.iter().any(meant)).copied()
}

impl LogSource {
    /// The field of that name, or one below it.
    ///
    /// # Errors
    /// When the source has none; the hint names the nearest.
    pub fn field(&'static self, name: &str) -> Result<Field, Unknown> {
        let place = |known: &'static LogField, path: Vec<String>| Field {
            name: name.to_owned(),
            source: Source::Log { column: known.column, always: known.always, path },
            root: Recorded::ALL,
        };
        if let Some(known) = self.fields.iter().find(|known| known.name == name) {
            return Ok(place(known, Vec::new()));
        }
        let below = |known: &&'static LogField| Some((*known, name.strip_prefix(known.name)?.strip_prefix('.')?));
        let tree = self.fields.iter().filter(|known| known.tree).find_map(|known| below(&known));
        if let Some((known, rest)) = tree.filter(|(_, rest)| !rest.is_empty()) {
            return Ok(place(known, rest.split('.').map(str::to_owned).collect()));
        }
        let distance = |known: &&LogField| edits(&name.to_lowercase(), &known.name.to_lowercase());
        let nearest = self.fields.iter().min_by_key(distance).filter(|known| distance(known) <= 2.max(name.len() / 3));
        let hint = nearest.map_or_else(
            || format!("docs/reference/logsources.md lists the fields of {}", self.name),
            |known| format!("did you mean {}?", known.name),
        );
        Err(Unknown { hint })
    }

    /// The field of a keyword.
    pub fn everything(&self) -> Field {
        Field {
            name: ANY.to_owned(),
            source: Source::Log { column: "=any text", always: false, path: Vec::new() },
            root: Recorded::ALL,
        }
    }
}

impl LogSource {
    /// The columns of fields that every such event has, as far as a table answers them.
    pub fn always(&self, reading: &Reading) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.iter().filter(|field| field.always && reading.answer(field.column).is_some());
        fields.map(|field| field.column)
    }
}

impl Reading {
    /// The SQL of a column of a field; None when the table cannot answer it.
    pub fn answer(&self, column: &str) -> Option<&'static str> {
        let name = column.strip_prefix('=')?;
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, sql)| *sql)
    }

    /// Says whether `predicate` can be true of any row, when the table has no answer for what `known` says no to.
    pub fn can_answer(&self, predicate: &Predicate, known: &dyn Fn(&str) -> bool) -> bool {
        can_be(predicate, true, &|column| self.answer(column).is_some() && known(column))
    }

    /// The fields that `predicate` asks for and the table has no answer for.
    pub fn lacks(&self, predicate: &Predicate, known: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
        let mut lacks = BTreeSet::new();
        predicate.each_test(&mut |test| {
            let unknown = columns(test).filter(|column| self.answer(column).is_none() || !known(column));
            lacks.extend(unknown.filter_map(|column| column.strip_prefix('=')));
        });
        lacks.into_iter().collect()
    }
}

/// Says whether `predicate` can be `wanted` of a row of which only some columns are known.
fn can_be(predicate: &Predicate, wanted: bool, known: &dyn Fn(&str) -> bool) -> bool {
    match predicate {
        Predicate::True => wanted,
        Predicate::Not(part) => can_be(part, !wanted, known),
        Predicate::All(parts) if wanted => parts.iter().all(|part| can_be(part, wanted, known)),
        Predicate::Any(parts) if !wanted => parts.iter().all(|part| can_be(part, wanted, known)),
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(|part| can_be(part, wanted, known)),
        Predicate::Test(test) => columns(test).all(known),
    }
}

/// The columns a test asks.
fn columns(test: &Test) -> impl Iterator<Item = &'static str> {
    let other = match &test.op {
        Op::FieldRef { other, .. } => Some(other),
        _ => None,
    };
    let column = |field: &Field| match &field.source {
        Source::Log { column, .. } => Some(*column),
        _ => None,
    };
    let columns: Vec<&'static str> = std::iter::once(&test.field).chain(other).filter_map(column).collect();
    columns.into_iter()
}

impl Over {
    /// The log source a rule is asked of, if it is one.
    pub fn log(self) -> Option<&'static LogSource> {
        match self {
            Over::Log(source) => Some(source),
            _ => None,
        }
    }

    /// The field of that name of what a rule is asked of.
    ///
    /// # Errors
    /// When there is none; the hint names the nearest.
    pub fn field(self, name: &str) -> Result<Field, Unknown> {
        self.log().map_or_else(|| self.of_kubernetes(Field::named(name)), |source| source.field(name))
    }

    /// How an object stands to others is known of objects alone.
    fn of_kubernetes(self, field: Result<Field, Unknown>) -> Result<Field, Unknown> {
        match field {
            Ok(Field { source: Source::Related(_), .. }) if self != Over::Objects => {
                Err(Unknown { hint: "it is known of objects only: product: kubernetes, service: snapshot".to_owned() })
            }
            field => field,
        }
    }

    /// As [`Over::field`], of those that have values.
    ///
    /// # Errors
    /// As [`Over::field`].
    pub fn field_with_values(self, name: &str) -> Result<Field, Unknown> {
        self.log().map_or_else(|| self.of_kubernetes(Field::with_values(name)), |source| source.field(name))
    }

    /// The field of a keyword.
    pub fn everything(self) -> Field {
        self.log().map_or_else(Field::everything, LogSource::everything)
    }

    /// The sentence that it has no field of that name.
    pub fn no_field(self, name: &str) -> String {
        match self.log() {
            None => format!("audit events have no field {name}"),
            Some(source) => format!("events of {} have no field {name}", source.name),
        }
    }
}

impl PartialEq for LogSource {
    fn eq(&self, other: &LogSource) -> bool {
        self.name == other.name
    }
}

impl Eq for LogSource {}

impl fmt::Debug for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [("category", self.category), ("product", self.product), ("service", self.service)];
        let words: Vec<String> =
            words.iter().filter_map(|(key, word)| word.map(|word| format!("{key}: {word}"))).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_found_by_what_a_rule_says() {
        let name = |category, product, service| find(category, product, service).map(|source| source.name);
        assert_eq!(name(Some("process_creation"), Some("linux"), None), Some("process_creation"));
        assert_eq!(name(Some("process_creation"), Some("windows"), None), Some("process_creation_windows"));
        assert_eq!(name(None, Some("linux"), Some("auditd")), Some("auditd"));
        assert_eq!(name(None, Some("linux"), Some("sshd")), Some("sshd"));
        assert_eq!(name(Some("firewall"), None, None), Some("firewall"));
        assert_eq!(name(None, Some("azure"), Some("activitylogs")), Some("activitylogs"));
        assert_eq!(name(None, Some("linux"), Some("nginx")), None);
    }

    #[test]
    fn every_reading_answers_keywords_and_only_fields_of_its_source() {
        for source in LOGSOURCES {
            for reading in source.readings {
                assert!(reading.answer("=any text").is_some(), "{} of {}", reading.table, source.name);
                for (name, _) in reading.fields {
                    assert!(*name == ANY || source.fields.iter().any(|f| f.name == *name), "{}.{name}", source.name);
                }
            }
            for field in source.fields {
                let answered = source.readings.iter().any(|reading| reading.answer(field.column).is_some());
                assert!(answered, "nothing answers {} of {}", field.name, source.name);
            }
        }
    }
}
