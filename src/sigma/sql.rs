//! A rule that is SQL: what Sigma cannot say, such as a join or an aggregate over two logs, under the same header.
//!
//! Here it is text only; whoever has tables plans it.

use yaml_serde::Value;

use super::diagnostic::Document;
use super::rule::Over;
use crate::error::Diagnostic;

/// The query of a rule, and the rows without which it cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// One SELECT. Each row of its answer is a hit: `evidence` and `offset` are the place of the event.
    pub text: String,
    /// Each as `TABLE` or `TABLE WHERE condition`. None said: every table the query reads.
    pub needs: Vec<String>,
    file: String,
    /// Where its first character is in the file; of text that is folded, where its key is.
    line: usize,
    column: usize,
    /// How far its other lines are indented; None of folded text, whose lines are not those of the file.
    indent: Option<usize>,
}

impl Sql {
    /// Reads the query of a document; None of a document that has none.
    ///
    /// # Errors
    /// When it is no text, or stands beside what it takes the place of.
    pub fn read(document: &Document<'_>, yaml: &Value, over: Over) -> Result<Option<Sql>, Vec<Diagnostic>> {
        let Some(value) = yaml.get("sql") else { return Ok(None) };
        let refuse = |path: &[&str], message: &str, hint: &str| Err(vec![document.problem(path, message, hint)]);
        let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) else {
            return refuse(&["sql"], "sql must be a text", "write sql: | and the query below it");
        };
        for (key, hint) in [
            ("detection", "say it in Sigma or in SQL"),
            ("correlation", "say it in the query"),
            ("filter", "an exception is a filter of Sigma"),
            ("first", "say in the query which event is the first"),
        ] {
            if yaml.get(key).is_some() {
                return refuse(&[key], &format!("a rule with sql has no {key}"), hint);
            }
        }
        if over == Over::Both {
            let hint = "name service: audit or service: snapshot: the rows that the query gives are of one of them";
            return refuse(&["snapshot"], "a query gives events or objects, not both", hint);
        }
        let needs = match yaml.get("needs") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Sequence(all)) if all.iter().all(Value::is_string) => {
                all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
            }
            Some(_) => {
                return refuse(&["needs"], "needs must be a list of texts", "write TABLE or TABLE WHERE condition");
            }
        };
        let (line, column, indent) = begin(document, text);
        Ok(Some(Sql { text: text.to_owned(), needs, file: document.file.to_owned(), line, column, indent }))
    }

    /// The same query with another text, at the same place.
    #[must_use]
    pub fn with_text(&self, text: String) -> Sql {
        Sql { text, ..self.clone() }
    }

    /// The line and column of the file that a line and column of the query, from 1, lie at.
    pub fn place(&self, line: usize, column: usize) -> (usize, usize) {
        match self.indent {
            Some(indent) if line > 1 => (self.line + line - 1, indent + column.max(1)),
            Some(_) if line == 1 => (self.line, self.column + column.max(1) - 1),
            _ => (self.line, self.column),
        }
    }

    /// Says that something is wrong at a line and column of the query.
    pub fn problem(&self, (line, column): (usize, usize), message: String, hint: Option<String>) -> Diagnostic {
        let (line, column) = self.place(line, column);
        Diagnostic { file: self.file.clone(), line, column, message, hint }
    }
}

/// Where the text begins: line, column and indent.
fn begin(document: &Document<'_>, text: &str) -> (usize, usize, Option<usize>) {
    let key = document.offset(&["sql"]);
    let (line, column) = document.position(key);
    let written = document.text[key..].split_once(':').map_or("", |(_, written)| written);
    let here = written.lines().next().unwrap_or_default();
    if here.trim_start().starts_with('|') {
        let first = written.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = first.len() - first.trim_start().len();
        return (line + 1, indent + 1, Some(indent));
    }
    let start = text.lines().next().unwrap_or_default();
    match document.text[key..].find(start).filter(|_| here.contains(start) && !text.contains('\n')) {
        Some(at) => {
            let (line, column) = document.position(key + at);
            (line, column, Some(0))
        }
        None => (line, column, None),
    }
}

#[cfg(test)]
mod tests {
    use crate::sigma::{RuleFile, load};

    fn read(text: &str) -> Result<super::Sql, Vec<String>> {
        let (mut set, problems) = load(&[RuleFile { path: "a.yml".into(), text: text.into() }]);
        match set.rules.pop() {
            Some(rule) if problems.is_empty() => Ok(rule.sql.unwrap()),
            _ => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_place_in_the_query_is_a_place_in_the_file() {
        let block = read("title: a\nsql: |\n  SELECT evidence\n    FROM audit\n").unwrap();
        assert_eq!((block.place(1, 8), block.place(2, 3)), ((3, 10), (4, 5)));
        let inline = read("title: a\nsql: SELECT evidence FROM audit\n").unwrap();
        assert_eq!(inline.place(1, 8), (2, 13));
        let folded = read("title: a\nsql: >\n  SELECT evidence\n  FROM audit\n").unwrap();
        assert_eq!(folded.place(1, 8), (2, 1));
    }

    #[test]
    fn what_a_query_takes_the_place_of_is_not_beside_it() {
        for (more, told) in [
            ("detection: {x: {verb: get}, condition: x}\n", "a.yml:3:1: a rule with sql has no detection"),
            ("first: {of: [verb], learning: 1d}\n", "a.yml:3:1: a rule with sql has no first"),
            ("snapshot: true\n", "a.yml:3:1: a query gives events or objects, not both"),
            ("needs: {a: b}\n", "a.yml:3:1: needs must be a list of texts"),
            ("logsource: {product: windows}\n", "a.yml:3:13: a case has no log source with product windows"),
        ] {
            assert_eq!(read(&format!("title: a\nsql: SELECT 1\n{more}")).unwrap_err(), [told]);
        }
        assert_eq!(read("title: a\nsql: [a]\n").unwrap_err(), ["a.yml:2:1: sql must be a text"]);
        assert_eq!(read("title: a\nsql: SELECT 1\nneeds: [audit, object]\n").unwrap().needs, ["audit", "object"]);
    }
}
