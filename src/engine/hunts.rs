//! Hunts: SQL with a header that says what it asks, what it needs and which parameters it takes. Those of the pack, and
//! those that people keep beside a case or with their own settings.

use std::collections::BTreeMap;

use super::own::Folders;
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
    /// It is of no pack but a file of somebody's.
    pub own: bool,
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
            own: false,
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
    /// Every hunt by name, the pack's and people's own as their files are now, and what is wrong with files that are none.
    pub fn hunts(&self) -> (Vec<Hunt>, Vec<Diagnostic>) {
        let state = self.context.state();
        super::own::hunts(state.config().get_extension::<Folders>().as_deref().unwrap_or(&Folders::default()))
    }

    /// Runs a hunt.
    ///
    /// # Errors
    /// As [`Hunt::bind`] and [`Engine::sql`].
    pub fn hunt(&self, hunt: &Hunt, given: &[(String, String)]) -> Result<Answer> {
        self.sql(&hunt.sql, &hunt.bind(given)?)
    }
}

/// The values of a query's `$names`: of the type that a line `-- param:` of the query says, else of the type that they look
/// like.
///
/// # Errors
/// [`Error::Usage`] when a value does not fit the type that the query says.
pub fn given(sql: &str, given: &[(String, String)]) -> Result<Vec<(String, Parameter)>> {
    let declared = declared(sql);
    let value = |(name, text): &(String, String)| {
        let value = match declared.iter().find(|parameter| parameter.name == *name) {
            None => guessed(text).1,
            Some(parameter) => typed(&parameter.kind, text).ok_or_else(|| Error::Usage {
                what: format!("`{text}` is no {} for ${name}", parameter.kind),
                hint: Some(parameter.doc.clone()),
            })?,
        };
        Ok((name.clone(), value))
    };
    given.iter().map(value).collect()
}

/// The parameters that the lines `-- param:` of a query say.
pub(super) fn declared(sql: &str) -> Vec<HuntParameter> {
    sql.lines().filter_map(|line| parameter(line.strip_prefix("-- param: ")?)).collect()
}

/// What a text looks like, and the value it then is: a number only when it is written as numbers are, so that `007` stays
/// three characters.
pub(super) fn guessed(text: &str) -> (&'static str, Parameter) {
    let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    match (number, Micros::parse(text)) {
        (Some(number), _) => ("int", Parameter::Int(number)),
        (None, Some(time)) => ("timestamp", Parameter::Time(time)),
        (None, None) => ("text", Parameter::Text(text.to_owned())),
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

    #[test]
    fn a_value_is_what_the_query_says_else_what_it_looks_like() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let asked = given("SELECT $a, $b", &pairs(&[("a", "7"), ("b", "007")])).unwrap();
        assert_eq!(asked, [("a".into(), Parameter::Int(7)), ("b".into(), Parameter::Text("007".into()))]);
        let text = "-- param: a text = 1 : a name\nSELECT $a";
        assert_eq!(given(text, &pairs(&[("a", "7")])).unwrap(), [("a".into(), Parameter::Text("7".into()))]);
        let text = "-- param: a timestamp = 2031-04-05T06:07:08Z : since\nSELECT $a";
        assert!(given(text, &pairs(&[("a", "yesterday")])).unwrap_err().to_string().contains("no timestamp for $a"));
        let at = given("SELECT $t", &pairs(&[("t", "1970-01-01T00:00:01Z")])).unwrap();
        assert_eq!(at, [("t".into(), Parameter::Time(Micros(1_000_000)))]);
    }
}
