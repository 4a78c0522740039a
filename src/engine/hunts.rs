//! Hunts: SQL with a header that says what it asks, what it needs and which parameters it takes.

use std::collections::BTreeMap;

use super::query::{Answer, Parameter};
use super::{Engine, query};
use crate::error::{Diagnostic, Error, Result};
use crate::model::Micros;

/// A stored question.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// The file's name without its ending.
    pub name: String,
    pub title: String,
    pub question: String,
    /// The evidence it depends on, and what it cannot see.
    pub needs: String,
    /// Rows without which it cannot see all it asks for, each as `TABLE` or `TABLE WHERE condition`. A hunt that has none
    /// needs a value from whoever asks.
    pub present: Vec<String>,
    pub parameters: Vec<HuntParameter>,
    pub sql: String,
}

/// One `-- param: name type = default : meaning` line.
#[derive(Debug, Clone)]
pub struct HuntParameter {
    pub name: String,
    pub default: Parameter,
    pub doc: String,
    kind: String,
}

impl Hunt {
    /// Reads a hunt from the text of its file.
    ///
    /// # Errors
    /// A diagnostic with the line of the header that is wrong or missing.
    pub fn read(path: &str, text: &str) -> Result<Hunt, Diagnostic> {
        let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql").to_owned();
        let wrong = |line: usize, message: String| Diagnostic {
            file: path.to_owned(),
            line,
            column: 1,
            message,
            hint: Some(
                "a header has title, question, needs, present, and: -- param: name type = default : meaning".into(),
            ),
        };
        let mut header: BTreeMap<&str, String> = BTreeMap::new();
        let (mut parameters, mut present) = (Vec::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
            let Some((key, value)) = line.strip_prefix("-- ").and_then(|line| line.split_once(": ")) else {
                continue;
            };
            match key {
                "param" => parameters.push(
                    parameter(value).ok_or_else(|| wrong(number + 1, format!("parameter `{value}` cannot be read")))?,
                ),
                "present" => present.push(value.trim().to_owned()),
                "title" | "question" | "needs" => {
                    header.insert(key, value.trim().to_owned());
                }
                _ => {}
            }
        }
        let mut take = |key: &str| header.remove(key).ok_or_else(|| wrong(1, format!("the header lacks `{key}`")));
        Ok(Hunt {
            name,
            title: take("title")?,
            question: take("question")?,
            needs: take("needs")?,
            present,
            parameters,
            sql: text.to_owned(),
        })
    }

    /// Puts given values in the place of defaults.
    ///
    /// # Errors
    /// [`Error::Usage`] when a name is unknown or a value does not fit its type.
    pub fn bind(&self, given: &[(String, String)]) -> Result<Vec<(String, Parameter)>> {
        for (name, _) in given {
            if !self.parameters.iter().any(|p| p.name == *name) {
                let known = self.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(Error::Usage {
                    what: format!("hunt {} has no parameter `{name}`", self.name),
                    hint: Some(format!("it takes: {known}")),
                });
            }
        }
        let bind = |p: &HuntParameter| {
            let value = given.iter().rev().find(|(name, _)| *name == p.name).map(|(_, value)| value);
            let value = match value {
                None => p.default.clone(),
                Some(text) => typed(&p.kind, text).ok_or_else(|| Error::Usage {
                    what: format!("`{text}` is no {} for parameter `{}`", p.kind, p.name),
                    hint: Some(format!("{}: {}", p.name, p.doc)),
                })?,
            };
            Ok((p.name.clone(), value))
        };
        self.parameters.iter().map(bind).collect()
    }
}

impl Engine {
    /// Runs a hunt.
    ///
    /// # Errors
    /// As [`Hunt::bind`] and [`Engine::sql`].
    pub fn hunt(&self, hunt: &Hunt, given: &[(String, String)]) -> Result<Answer> {
        self.sql(&hunt.sql, &hunt.bind(given)?)
    }
}

fn parameter(text: &str) -> Option<HuntParameter> {
    let (declared, rest) = text.split_once(" = ")?;
    let (name, kind) = declared.trim().split_once(' ')?;
    let (default, doc) = rest.split_once(" : ")?;
    let default = typed(kind.trim(), default.trim())?;
    Some(HuntParameter { name: name.to_owned(), default, doc: doc.trim().to_owned(), kind: kind.trim().to_owned() })
}

fn typed(kind: &str, text: &str) -> Option<query::Parameter> {
    match kind {
        "text" => Some(Parameter::Text(text.to_owned())),
        "int" => text.parse().ok().map(Parameter::Int),
        "timestamp" => Micros::parse(text).map(Parameter::Time),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_typed_parameters() {
        let text = "-- title: T\n-- question: Q?\n-- needs: audit\n-- param: least int = 3 : how many\nSELECT $least";
        let hunt = Hunt::read("queries/hunts/t.sql", text).unwrap();
        assert_eq!(hunt.bind(&[]).unwrap(), [("least".into(), Parameter::Int(3))]);
        assert_eq!(hunt.bind(&[("least".into(), "7".into())]).unwrap(), [("least".into(), Parameter::Int(7))]);
        assert!(hunt.bind(&[("least".into(), "many".into())]).is_err());
        assert!(hunt.bind(&[("most".into(), "7".into())]).is_err());
        assert_eq!(Hunt::read("t.sql", "SELECT 1").unwrap_err().line, 1);
    }
}
