//! Text on its way to the terminal. Whatever comes from evidence goes through `visible`, its secrets hidden.

use std::error::Error as _;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use coldcase_tui::visible;

use super::secrets;
use crate::error::{Diagnostic, Error, Result};
use crate::model::Micros;
use crate::report::Writer;

/// Where a command writes its answer.
pub fn output(path: Option<&Path>, writer: Option<&dyn Writer>) -> Result<Box<dyn Write + Send>> {
    match path {
        Some(path) => {
            let file = File::create(path).map_err(Error::io("write", path))?;
            Ok(Box::new(BufWriter::new(file)))
        }
        None if writer.is_some_and(Writer::is_binary) && io::stdout().is_terminal() => Err(Error::Usage {
            what: "this format is not for a terminal".into(),
            hint: Some("write it to a file with -o FILE".into()),
        }),
        None => Ok(Box::new(BufWriter::new(io::stdout()))),
    }
}

/// Prints an error, its causes and the way out.
pub fn error(error: &Error) {
    if let Error::Rules { all } = error {
        all.iter().for_each(diagnostic);
    }
    let mut text = format!("coldcase: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    say(&text);
    if let Some(hint) = error.hint() {
        say(&format!("  hint: {hint}"));
    }
}

/// Prints one problem of a rule or hunt.
pub fn diagnostic(problem: &Diagnostic) {
    say(&problem.to_string());
    if let Some(hint) = &problem.hint {
        say(&format!("  hint: {hint}"));
    }
}

/// Prints lines to standard error, made harmless.
pub fn say(text: &str) {
    for line in text.lines() {
        // Nobody may be listening; there is no other place to say so.
        let _ = writeln!(io::stderr(), "{}", visible(&secrets::text(line)));
    }
}

/// Writes one line, secrets hidden, made harmless.
pub fn line(out: &mut dyn Write, text: &str) -> Result<()> {
    writeln!(out, "{}", visible(&secrets::text(text))).map_err(Error::io("write to", Path::new("the output")))
}

/// Writes the head of a section, after an empty line.
pub fn head(out: &mut dyn Write, text: &str) -> Result<()> {
    line(out, "")?;
    line(out, text)
}

/// A number with its thousands set apart.
pub fn grouped(number: u64) -> String {
    crate::report::grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A count with its noun in the right number.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A time, or what stands for none.
pub fn time(time: Option<Micros>) -> String {
    time.map_or_else(|| "no time".to_owned(), |t| t.to_string())
}
