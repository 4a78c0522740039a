//! The tables there are, as a list beside the editor and as names to complete. It knows no SQL, only names.

use crate::{ask::TableInfo, shown::Shown, text::grouped, theme::Role};

pub struct Tables {
    pub lines: Vec<TableLine>,
}

/// One line of the list: a table or one of its columns.
pub struct TableLine {
    pub name: Shown,
    /// The rows of a table, the kind of a column.
    about: Shown,
    column: bool,
}

/// What the name being written may become.
#[derive(Debug, PartialEq, Eq)]
pub enum Completed {
    /// This is what is missing; it is not empty.
    Rest(String),
    /// More than one name begins so.
    Choice(Vec<String>),
    Nothing,
}

impl Tables {
    pub fn new(tables: Vec<TableInfo>) -> Tables {
        let mut lines = Vec::new();
        for table in tables {
            let about = Shown::new(table.rows.map_or(String::new(), grouped));
            lines.push(TableLine { name: Shown::new(table.name), about, column: false });
            lines.extend(table.columns.into_iter().map(|column| TableLine {
                name: Shown::new(column.name),
                about: Shown::new(column.kind),
                column: true,
            }));
        }
        Tables { lines }
    }

    /// The tables alone, with their rows: `audit 9,382`.
    pub fn names(&self) -> Vec<String> {
        let tables = self.lines.iter().filter(|line| !line.column);
        tables.map(|line| format!("{} {}", line.name.text(), line.about.text()).trim_end().to_string()).collect()
    }

    /// Completes a name as far as it is the same for all that begin so; letters compare without case.
    pub fn complete(&self, word: &str) -> Completed {
        let start = word.to_lowercase();
        let mut names: Vec<&str> = self
            .lines
            .iter()
            .map(|line| line.name.text())
            .filter(|name| name.to_lowercase().starts_with(&start) && name.is_char_boundary(word.len()))
            .collect();
        names.sort_unstable();
        names.dedup();
        let Some(first) = names.first() else { return Completed::Nothing };
        let shared = names.iter().fold(first.len(), |shared, name| {
            let same = first.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
            same.map(|((at, a), _)| at + a.len_utf8()).last().unwrap_or(0).min(shared)
        });
        match first.get(word.len()..shared) {
            Some(rest) if !rest.is_empty() => Completed::Rest(rest.to_string()),
            _ if names.len() == 1 => Completed::Nothing,
            _ => Completed::Choice(names.iter().map(|name| (*name).to_string()).collect()),
        }
    }
}

impl TableLine {
    pub fn words(&self) -> (Role, String) {
        match self.column {
            true => (Role::Plain, format!("  {} {}", self.name.text(), self.about.text())),
            false => (Role::Heading, format!("{}  {}", self.name.text(), self.about.text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::ColumnInfo;

    #[test]
    fn names_are_completed_as_far_as_they_agree() {
        let columns =
            ["time", "time_source", "user_name"].map(|name| ColumnInfo { name: name.into(), kind: "".into() });
        let tables = Tables::new(vec![TableInfo { name: "audit".into(), rows: Some(2310), columns: columns.into() }]);
        assert_eq!(tables.names(), ["audit 2,310"]);
        assert_eq!(tables.complete("AU"), Completed::Rest("dit".into()));
        assert_eq!(tables.complete("ti"), Completed::Rest("me".into()));
        assert_eq!(tables.complete("time"), Completed::Choice(vec!["time".into(), "time_source".into()]));
        assert_eq!(tables.complete("audit"), Completed::Nothing);
        assert_eq!(tables.complete("é"), Completed::Nothing);
    }
}
