//! A text of several statements, cut where the SQL parser sees a semicolon: not in a string, a name or a comment.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// What a text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Whole statements, without the semicolon behind them.
    pub statements: Vec<String>,
    /// What comes after the last semicolon; empty when that is nothing but blanks and comments.
    pub rest: String,
}

impl Script {
    /// Cuts a text. A string or comment that is still open is part of the rest.
    pub fn read(text: &str) -> Script {
        let mut tokens: Vec<TokenWithSpan> = Vec::new();
        // What cannot be read is for the parser to complain about; here it only means that the rest is open.
        let whole = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens).is_ok();
        let lines: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let byte = |line: u64, column: u64| {
            let start = lines.get((line as usize).saturating_sub(1)).copied().unwrap_or(text.len());
            let rest = text[start..].char_indices().nth((column as usize).saturating_sub(1));
            rest.map_or(text.len(), |(at, _)| start + at)
        };
        let mut script = Script::default();
        let (mut start, mut says) = (0, false);
        for token in &tokens {
            if token.token == Token::SemiColon {
                let at = byte(token.span.start.line, token.span.start.column);
                if says {
                    script.statements.push(text[start..at].trim().to_owned());
                }
                (start, says) = (at + 1, false);
            } else {
                says |= !matches!(token.token, Token::Whitespace(_));
            }
        }
        if says || !whole {
            script.rest = text[start..].trim().to_owned();
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, String) {
        let script = Script::read(text);
        (script.statements, script.rest)
    }

    #[test]
    fn a_semicolon_ends_a_statement_only_where_the_parser_sees_one() {
        for one in [
            "SELECT ';'",
            "SELECT 'it''s; so'",
            "SELECT 1 AS \"a;b\"",
            "SELECT 1 -- not; here\n, 2",
            "SELECT /* nor; here */ 1",
            "SELECT 'é;ä', 'two\nlines;'",
        ] {
            assert_eq!(read(&format!("{one};")), (vec![one.to_owned()], String::new()), "{one}");
            assert_eq!(read(one), (vec![], one.to_owned()));
        }
        assert_eq!(
            read("SELECT 1; SELECT 2;\n\nSELECT\n3 ;"),
            (vec!["SELECT 1".into(), "SELECT 2".into(), "SELECT\n3".into()], String::new())
        );
    }

    #[test]
    fn what_is_open_waits_for_more() {
        for (text, rest) in [
            ("SELECT 1; SELECT 'open;", "SELECT 'open;"),
            ("SELECT 1; /* open;", "/* open;"),
            ("SELECT 1; SELECT \"open;", "SELECT \"open;"),
            ("SELECT 1; SELECT 2", "SELECT 2"),
        ] {
            assert_eq!(read(text), (vec!["SELECT 1".to_owned()], rest.to_owned()), "{text}");
        }
    }

    #[test]
    fn blanks_and_comments_are_no_statement() {
        assert_eq!(read(""), (vec![], String::new()));
        assert_eq!(read(";;\n; -- nothing"), (vec![], String::new()));
        assert_eq!(read("-- why\nSELECT 1;\n/* done */"), (vec!["-- why\nSELECT 1".to_owned()], String::new()));
    }
}
