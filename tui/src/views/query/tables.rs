//! The tables there are, as a list beside the editor and as names to complete. It knows no SQL, only names.

use crate::{
    Vocabulary,
    ask::{Call, TableInfo},
    shown::Shown,
    text::grouped,
    theme::Role,
};

pub struct Tables {
    pub lines: Vec<TableLine>,
    pub vocabulary: Vocabulary,
}

/// One line of the list: a table or one of its columns.
pub struct TableLine {
    pub name: Shown,
    /// The rows of a table, the kind of a column.
    about: Shown,
    column: bool,
    /// What a stored question is asked with.
    pub call: Option<Call>,
}

impl Tables {
    pub fn new(tables: Vec<TableInfo>, functions: Vec<String>) -> Tables {
        let columns = |table: &TableInfo| table.columns.iter().map(|column| column.name.clone()).collect();
        let named = tables.iter().map(|table| (table.name.clone(), columns(table))).collect();
        let vocabulary = Vocabulary { tables: named, functions };
        let mut lines = Vec::new();
        for table in tables {
            let about = Shown::new(table.rows.map_or(String::new(), grouped));
            lines.push(TableLine { name: Shown::new(table.name), about, column: false, call: table.call });
            lines.extend(table.columns.into_iter().map(|column| TableLine {
                name: Shown::new(column.name),
                about: Shown::new(column.kind),
                column: true,
                call: None,
            }));
        }
        Tables { lines, vocabulary }
    }

    /// The tables alone that have rows, with how many: `audit 9,382`, and how many have none.
    pub fn names(&self) -> Vec<String> {
        let tables = || self.lines.iter().filter(|line| !line.column && line.call.is_none());
        let full = tables().filter(|line| line.about.text() != "0");
        let words = |line: &TableLine| format!("{} {}", line.name.text(), line.about.text()).trim_end().to_string();
        let empty = tables().filter(|line| line.about.text() == "0").count();
        full.map(words).chain((empty > 0).then(|| format!("and {empty} without rows"))).collect()
    }

    /// The stored question that a line is of.
    pub fn stored(&self, line: usize) -> Option<&Call> {
        self.lines.get(..=line)?.iter().rfind(|line| !line.column)?.call.as_ref()
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
    fn tables_are_listed_with_their_rows_and_their_names_are_what_is_completed() {
        let columns = ["time", "verb"].map(|name| ColumnInfo { name: name.into(), kind: "".into() });
        let table = TableInfo { name: "audit".into(), rows: Some(2310), call: None, columns: columns.into() };
        let none = TableInfo { name: "falco".into(), rows: Some(0), call: None, columns: Vec::new() };
        let tables = Tables::new(vec![table, none], vec!["count".into()]);
        assert_eq!(tables.names(), ["audit 2,310", "and 1 without rows"]);
        assert_eq!(tables.vocabulary.complete("SELECT ve", 9), (7, vec!["verb".to_string()]));
        assert_eq!(tables.vocabulary.complete("SELECT * FROM AU", 16), (14, vec!["audit".to_string()]));
    }
}
