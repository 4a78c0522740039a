//! The names SQL over a case may be written with, and which of them the word being written may become. It parses nothing:
//! it looks at the words around the cursor.

use std::collections::BTreeSet;

/// Tables with their columns, functions, and the words of SQL.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub tables: Vec<(String, Vec<String>)>,
    pub functions: Vec<String>,
}

/// Words of SQL that are long enough to be completed.
const WORDS: &[&str] = &[
    "BETWEEN",
    "CASE",
    "CAST",
    "COUNT",
    "CROSS",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "ELSE",
    "EXISTS",
    "EXPLAIN",
    "EXTRACT",
    "FILTER",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "ILIKE",
    "INTERSECT",
    "INTERVAL",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NULL",
    "OFFSET",
    "ORDER",
    "OVER",
    "PARTITION",
    "SELECT",
    "THEN",
    "UNION",
    "UNNEST",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Words behind which a table comes.
const BEFORE_TABLES: [&str; 3] = ["from", "join", "describe"];

impl Vocabulary {
    /// Returns where the word before byte `at` begins, and every name that begins like it, in order; letters compare
    /// without case. Behind FROM these are tables, behind a table's name and a point its columns, elsewhere the columns of
    /// the tables that the text names (of all, if it names none), functions and words of SQL.
    pub fn complete(&self, text: &str, at: usize) -> (usize, Vec<String>) {
        let before = text.get(..at).unwrap_or(text);
        let start = before.len() - before.chars().rev().take_while(is_name).map(char::len_utf8).sum::<usize>();
        let (word, before) = (before[start..].to_lowercase(), &before[..start]);
        let mut names: BTreeSet<String> = BTreeSet::new();
        if let Some(before) = before.strip_suffix('.') {
            let end = before.len() - before.chars().rev().take_while(is_name).map(char::len_utf8).sum::<usize>();
            let of = before[end..].to_lowercase();
            let named = named(text);
            let of = named.iter().find(|(_, alias)| *alias == of).map_or(of.clone(), |(table, _)| table.clone());
            names.extend(self.columns_of(&of).cloned());
        } else if previous(before).is_some_and(|word| BEFORE_TABLES.contains(&word.as_str())) {
            names.extend(self.tables.iter().map(|(name, _)| name.clone()));
        } else if !word.is_empty() {
            let named = named(text);
            let known = named.iter().filter(|(table, _)| self.table(table).is_some()).collect::<Vec<_>>();
            if known.is_empty() {
                names.extend(self.tables.iter().flat_map(|(_, columns)| columns).cloned());
            }
            names.extend(known.iter().flat_map(|(table, _)| self.columns_of(table)).cloned());
            names.extend(self.tables.iter().map(|(name, _)| name.clone()));
            names.extend(self.functions.iter().map(|name| format!("{name}(")));
            let lower = text[start..].starts_with(char::is_lowercase);
            let spelled = |word: &&str| if lower { word.to_lowercase() } else { (*word).to_owned() };
            names.extend(WORDS.iter().map(spelled));
        }
        // A name that evidence brought may hold what a terminal obeys.
        let fits = |name: &String| name.to_lowercase().starts_with(&word) && *crate::visible(name) == **name;
        (start, names.into_iter().filter(fits).collect())
    }

    fn table(&self, name: &str) -> Option<&(String, Vec<String>)> {
        self.tables.iter().find(|(table, _)| table.eq_ignore_ascii_case(name))
    }

    fn columns_of(&self, table: &str) -> impl Iterator<Item = &String> {
        self.table(table).into_iter().flat_map(|(_, columns)| columns)
    }
}

/// The longest beginning that all names share.
pub fn shared(names: &[String]) -> &str {
    let Some(first) = names.first() else { return "" };
    let shared = names.iter().fold(first.len(), |shared, name| {
        let same = first.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
        same.map(|((at, a), _)| at + a.len_utf8()).last().unwrap_or(0).min(shared)
    });
    &first[..shared]
}

fn is_name(c: &char) -> bool {
    c.is_alphanumeric() || *c == '_'
}

/// The last word of a text, in lower case.
fn previous(text: &str) -> Option<String> {
    let text = text.trim_end();
    let length = text.chars().rev().take_while(is_name).map(char::len_utf8).sum::<usize>();
    (length > 0).then(|| text[text.len() - length..].to_lowercase())
}

/// The tables a text names behind FROM and JOIN, and what else they are called in it; all in lower case.
fn named(text: &str) -> Vec<(String, String)> {
    let words: Vec<String> =
        text.split(|c| !is_name(&c)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let mut named = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| BEFORE_TABLES.contains(&word.as_str())) {
        let Some(table) = words.get(at + 1) else { continue };
        let alias = match words.get(at + 2).map(String::as_str) {
            Some("as") => words.get(at + 3),
            _ => words.get(at + 2),
        };
        named.push((table.clone(), alias.unwrap_or(table).clone()));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let table = |name: &str, columns: &[&str]| (name.to_owned(), columns.iter().map(|c| (*c).to_owned()).collect());
        Vocabulary {
            tables: vec![
                table("audit", &["time", "time_source", "user_name", "verb"]),
                table("object", &["kind", "time"]),
                table("SecurityAlert", &["TimeGenerated", "bad\u{1b}[2J"]),
            ],
            functions: vec!["count".into(), "json_get".into()],
        }
    }

    fn offered(text: &str) -> Vec<String> {
        vocabulary().complete(text, text.len()).1
    }

    #[test]
    fn behind_from_come_tables_and_elsewhere_what_the_named_tables_have() {
        assert_eq!(offered("SELECT * FROM au"), ["audit"]);
        assert_eq!(offered("SELECT * FROM "), ["SecurityAlert", "audit", "object"]);
        assert_eq!(offered("SELECT * FROM audit WHERE ti"), ["time", "time_source"]);
        assert_eq!(offered("SELECT * FROM object WHERE ki"), ["kind"]);
        assert_eq!(offered("SELECT * FROM object WHERE ve"), Vec::<String>::new());
        assert_eq!(offered("SELECT ve"), ["verb"]);
        assert_eq!(offered("SELECT js"), ["json_get("]);
        assert_eq!(offered("describe securitya"), ["SecurityAlert"]);
    }

    #[test]
    fn a_point_asks_for_the_columns_of_that_table_or_of_what_is_called_so() {
        assert_eq!(offered("SELECT * FROM audit a JOIN object AS o ON a.us"), ["user_name"]);
        assert_eq!(offered("SELECT * FROM audit a JOIN object AS o ON o."), ["kind", "time"]);
        assert_eq!(offered("SELECT audit.ver"), ["verb"]);
        assert_eq!(offered("SELECT nothing.ver"), Vec::<String>::new());
    }

    #[test]
    fn the_table_may_be_named_behind_the_cursor() {
        let text = "SELECT ki FROM object";
        assert_eq!(vocabulary().complete(text, "SELECT ki".len()), ("SELECT ".len(), vec!["kind".to_owned()]));
        assert_eq!(vocabulary().complete("é", "é".len()), (0, Vec::new()));
    }

    #[test]
    fn words_of_sql_keep_the_case_they_were_begun_in_and_hostile_names_are_not_offered() {
        assert_eq!(offered("sel"), ["select"]);
        assert_eq!(offered("SEL"), ["SELECT"]);
        assert_eq!(offered("SELECT * FROM SecurityAlert WHERE ba"), Vec::<String>::new());
        assert_eq!(offered("SELECT * FROM SecurityAlert WHERE time"), ["TimeGenerated"]);
    }

    #[test]
    fn names_share_a_beginning() {
        assert_eq!(shared(&["time".into(), "time_source".into()]), "time");
        assert_eq!(shared(&["ä".into(), "ö".into()]), "");
        assert_eq!(shared(&[]), "");
    }
}
