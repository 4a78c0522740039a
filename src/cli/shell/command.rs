//! What a line that begins with a backslash does.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use super::{Next, Shell};
use crate::cli::hunt;
use crate::cli::print::{line, output, say};
use crate::cli::tables::{list, show};
use crate::error::{Error, Result};
use crate::report::{CHARTS, chosen, writer};

/// Every command: how it is written, and what it does.
pub const COMMANDS: &[(&str, &str)] = &[
    ("\\d", "tables and views, their rows and times"),
    ("\\d TABLE", "columns of a table"),
    ("\\hunts", "stored questions; SELECT * FROM hunt('NAME') asks one"),
    ("\\format FORMAT", "how answers are written: table, jsonl, json, csv, markdown, parquet, arrow, bar, line"),
    ("\\o FILE", "write answers to a file; without FILE to the screen again"),
    ("\\i FILE", "read statements and commands from a file"),
    ("\\timing", "say how long each statement takes, or no longer"),
    ("\\h", "this help"),
    ("\\q", "leave; so does Ctrl-D"),
];

/// Keys, which are no commands.
const KEYS: &str = "Tab completes names, Ctrl-R looks in the history, Ctrl-C stops a query. A line that begins with a blank \
                    is not kept in the history. Long answers go through $PAGER.";

impl Shell {
    /// Does what a line with a backslash says.
    pub(super) fn command(&mut self, text: &str) -> Result<Next> {
        let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let argument = argument.trim().trim_end_matches(';').trim_end();
        let given = Some(argument).filter(|argument| !argument.is_empty());
        match (name.trim_end_matches(';'), given) {
            ("\\q", None) => return Ok(Next::Leave),
            ("\\h" | "\\?", None) => self.print(&mut |out| {
                COMMANDS.iter().try_for_each(|(usage, doc)| line(out, &format!("{usage:<16} {doc}")))?;
                line(out, KEYS)
            })?,
            ("\\d", None) => self.print(&mut |out| list(&self.engine, out))?,
            ("\\d", Some(table)) => self.print(&mut |out| show(Some(&self.engine), table.trim_matches('"'), out))?,
            ("\\hunts", None) => self.print(&mut |out| hunt::list(&self.engine.hunts().0, out))?,
            ("\\timing", None) => {
                self.timing = !self.timing;
                say(if self.timing { "timing is on" } else { "timing is off" });
            }
            ("\\format", None) => say(self.out.writer()?.name()),
            ("\\format", Some(name)) => self.format(name)?,
            ("\\o", file) => self.write_to(file.map(PathBuf::from))?,
            ("\\i", Some(file)) => return self.include(Path::new(file)),
            _ => {
                return Err(Error::Usage {
                    what: format!("there is no command `{text}`"),
                    hint: Some("\\h lists them".into()),
                });
            }
        }
        Ok(Next::Go)
    }

    /// Prints for people, page by page on a terminal.
    fn print(&self, each: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        let written = |out: &mut dyn Write| {
            each(out)?;
            out.flush().map_err(Error::io("write to", "the output".as_ref()))
        };
        match self.screen {
            Some(screen) => {
                let mut paged = super::Paged::new(screen.rows, std::env::var("PAGER").ok());
                let mut written = written;
                match written(&mut paged) {
                    Err(error) if crate::cli::is_broken_pipe(&error) => Ok(()),
                    written => written,
                }
            }
            None => {
                let mut written = written;
                written(&mut output(None, None)?)
            }
        }
    }

    /// Takes a format or a chart for the answers to come.
    fn format(&mut self, name: &str) -> Result<()> {
        if CHARTS.iter().any(|chart| chart.name() == name) {
            chosen(None, Some(name), self.out.output.as_deref())?;
            (self.out.format, self.out.chart) = (None, Some(name.to_owned()));
        } else {
            writer(name)?;
            (self.out.format, self.out.chart) = (Some(name.to_owned()), None);
        }
        Ok(())
    }

    /// Reads statements from a file, which may name others.
    fn include(&mut self, path: &Path) -> Result<Next> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        let real = std::fs::canonicalize(path).map_err(Error::io("open", path))?;
        if self.reading.contains(&real) {
            return Err(Error::Usage { what: format!("{} reads itself", path.display()), hint: None });
        }
        self.reading.push(real);
        let done = self.read(BufReader::new(file), path);
        self.reading.pop();
        done
    }
}
