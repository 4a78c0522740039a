//! Queries made a little wrong, each in one place: what mutants of rules are when a rule is SQL.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Spanned, Statement, UnaryOperator, Value, visit_expressions_mut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// A query with one thing changed.
pub struct Weaker {
    /// Of the query, from 1.
    pub line: usize,
    /// In words.
    pub what: String,
    pub text: String,
}

/// Every query with one condition taken to be true, one `not` taken away or one edge moved; none of text that cannot be read.
pub fn weaker(sql: &str) -> Vec<Weaker> {
    let Ok(statements) = Parser::parse_sql(&GenericDialect {}, sql) else { return Vec::new() };
    let mut all = Vec::new();
    let [statement] = statements.as_slice() else { return all };
    // Which expression of the walk, and which change of it.
    let (mut place, mut change) = (0, 0);
    loop {
        let mut copy = statement.clone();
        match changed(&mut copy, place, change) {
            Seen::Changed(line, what) => {
                all.push(Weaker { line, what, text: copy.to_string() });
                change += 1;
            }
            Seen::NoMore => (place, change) = (place + 1, 0),
            Seen::End => return all,
        }
    }
}

enum Seen {
    Changed(usize, String),
    /// The expression has no such change.
    NoMore,
    /// There is no such expression.
    End,
}

fn changed(statement: &mut Statement, place: usize, change: usize) -> Seen {
    let mut number = 0;
    let seen = visit_expressions_mut(statement, |expr| {
        if number < place {
            number += 1;
            return ControlFlow::Continue(());
        }
        let line = expr.span().start.line as usize;
        ControlFlow::Break(match changes(expr).into_iter().nth(change) {
            Some((what, new)) => {
                *expr = new;
                Seen::Changed(line, what)
            }
            None => Seen::NoMore,
        })
    });
    match seen {
        ControlFlow::Break(seen) => seen,
        ControlFlow::Continue(()) => Seen::End,
    }
}

/// What else an expression could have been, in words.
fn changes(expr: &Expr) -> Vec<(String, Expr)> {
    let mut all = Vec::new();
    let is_condition = match expr {
        Expr::BinaryOp { left, op, right } => {
            use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
            let moved = match op {
                Gt => Some(GtEq),
                GtEq => Some(Gt),
                Lt => Some(LtEq),
                LtEq => Some(Lt),
                _ => None,
            };
            if let Some(op) = moved {
                let new = Expr::BinaryOp { left: left.clone(), op, right: right.clone() };
                all.push((format!("{new} instead of {expr}"), new));
            }
            matches!(op, Eq | NotEq | Gt | GtEq | Lt | LtEq)
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => {
            all.push((format!("without not: {inner}"), (**inner).clone()));
            false
        }
        Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Like { .. } | Expr::ILike { .. } | Expr::InList { .. } => true,
        Expr::InSubquery { .. } | Expr::Exists { .. } | Expr::Between { .. } => true,
        _ => false,
    };
    if is_condition {
        let truth = Expr::Value(Value::Boolean(true).into());
        all.push((format!("without {expr}"), truth));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_is_dropped_and_each_edge_moved() {
        let sql = "SELECT evidence FROM audit\nWHERE verb = 'get' AND NOT (name LIKE 'a%')\n  AND time >= other";
        let found: Vec<_> = weaker(sql).into_iter().map(|w| (w.line, w.what)).collect();
        assert_eq!(
            found,
            [
                (2, "without verb = 'get'".to_owned()),
                (2, "without name LIKE 'a%'".to_owned()),
                (2, "without not: (name LIKE 'a%')".to_owned()),
                (3, "time > other instead of time >= other".to_owned()),
                (3, "without time >= other".to_owned()),
            ]
        );
        for one in weaker(sql) {
            assert_eq!(Parser::parse_sql(&GenericDialect {}, &one.text).unwrap().len(), 1, "{}", one.text);
            assert_ne!(one.text, sql);
        }
        assert!(weaker("no SQL").is_empty());
    }
}
