//! Lines a person writes: history, completion, and more lines until the statement ends.

use std::path::PathBuf;

use coldcase_tui::Vocabulary;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::command::COMMANDS;
use crate::engine::{Engine, Script};
use crate::report::{CHARTS, WRITERS};

/// Lines the history keeps.
const KEPT: usize = 10_000;

/// The editor of lines.
pub struct Lines {
    editor: Editor<Words, FileHistory>,
    history: Option<PathBuf>,
}

impl Lines {
    /// Takes over the terminal, with the history of `history` if it can be read.
    pub fn new(engine: &Engine, history: Option<PathBuf>) -> rustyline::Result<Lines> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .max_history_size(KEPT)?
            .build();
        let mut editor: Editor<Words, FileHistory> = Editor::with_config(config)?;
        // Without its tables a case can still be asked.
        let tables = engine.columns().unwrap_or_default();
        editor.set_helper(Some(Words {
            vocabulary: Vocabulary { tables, functions: engine.functions() },
            files: FilenameCompleter::new(),
        }));
        if let Some(path) = &history {
            let _ = editor.load_history(path);
        }
        Ok(Lines { editor, history })
    }

    /// The next command or statements.
    pub fn next(&mut self) -> Result<String, ReadlineError> {
        self.editor.readline("coldcase> ")
    }

    /// Keeps what was written, at once: the terminal may be closed.
    pub fn keep(&mut self, text: &str) {
        let kept = text.trim() != "\\q" && self.editor.add_history_entry(text).unwrap_or(false);
        if let Some(path) = self.history.as_ref().filter(|_| kept) {
            let _ = self.editor.append_history(path);
        }
    }

    /// How many lines the screen has.
    pub fn rows(&mut self) -> usize {
        self.editor.dimensions().map_or(24, |(_, rows)| usize::from(rows))
    }
}

/// The last line of what was written, without the blanks around it.
pub fn last_line(text: &str) -> &str {
    text.trim_end().rsplit('\n').next().unwrap_or_default().trim_start()
}

/// What may be written.
struct Words {
    vocabulary: Vocabulary,
    files: FilenameCompleter,
}

impl Words {
    /// Where the word at `at` begins and what it may become; None where that is the name of a file.
    fn offers(&self, line: &str, at: usize) -> Option<(usize, Vec<String>)> {
        if !line.starts_with('\\') {
            return Some(self.vocabulary.complete(line, at));
        }
        let before = &line[..at];
        let Some((command, argument)) = before.split_once(char::is_whitespace) else {
            let names = COMMANDS.iter().filter_map(|(usage, _)| usage.split(' ').next());
            let mut names: Vec<String> = names.filter(|name| name.starts_with(before)).map(str::to_owned).collect();
            names.dedup();
            return Some((0, names));
        };
        let start = at - argument.trim_start().len();
        let names: Vec<&str> = match command {
            "\\d" => self.vocabulary.tables.iter().map(|(name, _)| name.as_str()).collect(),
            "\\format" => {
                let charts = CHARTS.iter().filter(|chart| !chart.endings().contains(&"svg"));
                WRITERS.iter().chain(charts).map(|writer| writer.name()).collect()
            }
            "\\i" | "\\o" => return None,
            _ => Vec::new(),
        };
        let begins = |name: &&str| name.starts_with(&before[start..]) && *coldcase_tui::visible(name) == **name;
        Some((start, names.into_iter().filter(begins).map(str::to_owned).collect()))
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Some((start, names)) = self.offers(line, at) else { return self.files.complete(line, at, context) };
        let pair = |name: String| Pair { display: name.clone(), replacement: name };
        Ok((start, names.into_iter().map(pair).collect()))
    }
}

impl Validator for Words {
    /// Enter ends a command, also one behind a statement that has no end yet, and a statement that ends with a semicolon.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let whole = last_line(text).starts_with('\\') || Script::read(text).rest.is_empty();
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(line: &str) -> Option<(usize, Vec<String>)> {
        let tables = vec![("audit".to_owned(), vec!["verb".to_owned()]), ("object".to_owned(), Vec::new())];
        let words =
            Words { vocabulary: Vocabulary { tables, functions: vec!["bin".into()] }, files: FilenameCompleter::new() };
        words.offers(line, line.len())
    }

    #[test]
    fn commands_and_what_they_take_are_completed_too() {
        let some = |at, names: &[&str]| Some((at, names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(offers("\\hu"), some(0, &["\\hunts"]));
        assert_eq!(offers("\\d"), some(0, &["\\d"]));
        assert_eq!(offers("\\d  au"), some(4, &["audit"]));
        assert_eq!(offers("\\d "), some(3, &["audit", "object"]));
        assert_eq!(offers("\\format j"), some(8, &["jsonl", "json"]));
        assert_eq!(offers("\\format li"), some(8, &["line"]));
        assert_eq!(offers("\\timing x"), some(8, &[]));
        assert_eq!(offers("\\i some"), None);
        assert_eq!(offers("SELECT ve"), some(7, &["verb"]));
    }
}
