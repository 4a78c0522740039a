//! Names of tables and columns in SQL, in whatever case they are written.
//!
//! SQL lowers a name that stands without quotes, while Azure writes `TimeGenerated` in `SecurityAlert`. Such a name is
//! put in quotes, in the spelling of its table, so that the names of a Sentinel query work as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Select, SelectItem, Statement, VisitMut, VisitorMut,
};

/// The spellings of every table and its columns.
#[derive(Default)]
pub struct Names {
    /// By the name in lower case.
    tables: BTreeMap<String, TableNames>,
}

struct TableNames {
    spelled: String,
    columns: BTreeMap<String, String>,
}

impl Names {
    /// Reads the names of everything registered.
    pub async fn of(context: &SessionContext) -> Names {
        let mut names = Names::default();
        let schema = context.catalog("datafusion").and_then(|catalog| catalog.schema("public"));
        for spelled in schema.iter().flat_map(|schema| schema.table_names()) {
            let Some(Ok(Some(table))) = (match &schema {
                Some(schema) => Some(schema.table(&spelled).await),
                None => None,
            }) else {
                continue;
            };
            let columns = table.schema().fields().iter().map(|f| (f.name().to_lowercase(), f.name().clone())).collect();
            names.tables.insert(spelled.to_lowercase(), TableNames { spelled, columns });
        }
        names
    }

    /// Every table and view.
    pub fn tables(&self) -> impl Iterator<Item = String> {
        self.tables.values().map(|table| table.spelled.clone())
    }

    /// Puts the names of a statement right.
    pub fn resolve(&self, statement: &mut Parsed) {
        match statement {
            Parsed::Statement(statement) => self.resolve_sql(statement),
            Parsed::Explain(explain) => self.resolve(&mut explain.statement),
            _ => {}
        }
    }

    fn resolve_sql(&self, statement: &mut Statement) {
        let mut relations = Relations { names: self, used: BTreeSet::new() };
        let _ = VisitMut::visit(statement, &mut relations);
        let used = relations.used.iter().filter_map(|table| self.tables.get(table)).collect();
        let _ = VisitMut::visit(statement, &mut Columns { used });
    }
}

/// Writes `spelled` in the place of a name, unless that is what SQL reads there anyway.
fn spell(name: &mut Ident, spelled: &str) {
    if name.quote_style.is_none() && name.value.to_lowercase() != spelled {
        name.value = spelled.to_owned();
        name.quote_style = Some('"');
    }
}

/// Puts table names right and remembers which are used.
struct Relations<'a> {
    names: &'a Names,
    used: BTreeSet<String>,
}

impl VisitorMut for Relations<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        if let Some(ObjectNamePart::Identifier(name)) = relation.0.last_mut() {
            let lower = name.value.to_lowercase();
            if let Some(table) = self.names.tables.get(&lower) {
                spell(name, &table.spelled);
                self.used.insert(lower);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Puts column names right, those of the tables in use.
struct Columns<'a> {
    used: Vec<&'a TableNames>,
}

impl Columns<'_> {
    fn put_right(&self, name: &mut Ident) {
        let lower = name.value.to_lowercase();
        let mut spellings = self.used.iter().filter_map(|table| table.columns.get(&lower));
        let Some(first) = spellings.next() else { return };
        // A column that is spelled in lower case is what SQL reads by itself.
        if *first != lower && !spellings.any(|other| *other == lower) {
            spell(name, first);
        }
    }
}

impl VisitorMut for Columns<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            // An alias is found again only in the spelling that its uses get.
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.put_right(alias);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) => self.put_right(name),
            Expr::CompoundIdentifier(parts) => {
                let table = self.used.iter().find(|t| parts[0].value.eq_ignore_ascii_case(&t.spelled));
                if let Some(table) = table {
                    spell(&mut parts[0], &table.spelled);
                }
                // `t.Column`, or `Column.field` of a structure.
                parts.iter_mut().take(2).for_each(|part| self.put_right(part));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
