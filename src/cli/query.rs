//! `coldcase query`: SQL over a case.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::print::{output, say};
use super::raw::Raw;
use super::secrets::{self, Secrets};
use super::shell::Shell;
use super::{CaseArg, End};
use crate::engine::{Engine, Limits, Parameter};
use crate::error::{Error, Result};
use crate::report::{self, Writer};

/// Asks a case in SQL. Nothing can be written, set or opened: only SELECT, EXPLAIN, DESCRIBE and SHOW.
///
/// Without SQL it is a shell: statements end with a semicolon, \h lists what else it does. Statements that are piped in are
/// answered one after the other, up to the first that fails.
///
/// Example: coldcase query "SELECT verb, count(*) FROM audit GROUP BY verb ORDER BY 2 DESC"
#[derive(Args)]
pub struct Query {
    #[command(flatten)]
    case: CaseArg,
    /// The query; without it a shell opens (\h is its help), or statements are read from what is piped in, as with -
    #[arg(conflicts_with = "file")]
    sql: Option<String>,
    /// Ask a file or folder as it is instead of a case; may be given several times. Nothing is kept, what cannot be read is said
    #[arg(long, value_name = "PATH")]
    raw: Vec<PathBuf>,
    /// Read the query from a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    secrets: Secrets,
    /// Value of $NAME in the query, as text
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// Memory that a query may hold, such as 500M or 4G; what it has to remember beyond that goes to files without a name.
    /// Half of this machine's, unless it is given
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<usize>,
}

/// How an answer is written.
#[derive(Args, Clone, Default)]
pub struct Out {
    /// table, jsonl, json, csv, markdown, parquet or arrow; else what the name of the file ends in; else table
    #[arg(long, value_name = "FORMAT", conflicts_with = "chart")]
    pub format: Option<String>,
    /// Draw bars or a line of the columns of numbers along the first column; a picture when the file ends in .svg
    #[arg(long, value_name = "bar|line")]
    pub chart: Option<String>,
    /// Write to a file
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Out {
    /// The writer that is meant.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn writer(&self) -> Result<&'static dyn Writer> {
        report::chosen(self.format.as_deref(), self.chart.as_deref(), self.output.as_deref())
    }
}

impl Query {
    pub(super) fn run(self) -> Result<End> {
        let sql = text(self.sql.filter(|sql| sql != "-"), self.file.as_deref())?;
        let limits = Limits::command(self.memory);
        let params: Vec<_> = self.params.into_iter().map(|(name, text)| (name, Parameter::Text(text))).collect();
        if !self.raw.is_empty() {
            self.secrets.without_case()?;
            return match of_raw(&self.raw, sql.as_deref(), params, self.secrets, (self.out, limits)) {
                Err(Error::Stopped) => {
                    say("stopped");
                    Ok(End::Stopped)
                }
                ended => ended,
            };
        }
        let case = self.secrets.open(&self.case)?;
        let engine = Engine::open(&case)?;
        match sql {
            Some(sql) => {
                answer_until(&engine, &sql, (&params, limits), &self.out, &AtomicBool::new(false)).map(|()| End::Done)
            }
            None => Shell::new(case, engine, self.secrets, params, self.out)?.within(limits).run(),
        }
    }
}

/// The query that was written, or that is in a file.
pub fn text(written: Option<String>, file: Option<&Path>) -> Result<Option<String>> {
    match (written, file) {
        (Some(sql), _) => Ok(Some(sql)),
        (None, Some(path)) => std::fs::read_to_string(path).map_err(Error::io("read", path)).map(Some),
        (None, None) => Ok(None),
    }
}

/// Answers from files that are no case.
fn of_raw(
    paths: &[PathBuf],
    sql: Option<&str>,
    params: Vec<(String, Parameter)>,
    secrets: Secrets,
    (out, limits): (Out, Option<Limits>),
) -> Result<End> {
    let Raw { case, engine, stop, failed, folder } = Raw::open(paths, sql, &params)?;
    match sql {
        Some(sql) => answer_until(&engine, sql, (&params, limits), &out, &stop)?,
        None => {
            Shell::new(case, engine, secrets, params, out)?.within(limits).run()?;
        }
    }
    folder.close().map_err(Error::io("remove", "the folder of what was taken in".as_ref()))?;
    Ok(if failed { End::Evidence } else { End::Done })
}

/// Runs a query and writes its answer batch by batch.
pub fn answer(engine: &Engine, sql: &str, params: &[(String, Parameter)], out: &Out) -> Result<()> {
    answer_until(engine, sql, (params, None), out, &AtomicBool::new(false))
}

fn answer_until(
    engine: &Engine,
    sql: &str,
    (params, limits): (&[(String, Parameter)], Option<Limits>),
    out: &Out,
    stop: &AtomicBool,
) -> Result<()> {
    let writer = out.writer()?;
    let asked = engine.ask(sql, params)?.within(limits);
    let mut sink = output(out.output.as_deref(), Some(writer))?;
    let mut sheet = writer.start(&asked.schema, &mut *sink)?;
    asked.run(stop, &mut |_| {}, &mut |batch| sheet.rows(&secrets::rows(&batch)))?;
    sheet.end()?;
    std::io::Write::flush(&mut sink).map_err(Error::io("write to", "the output".as_ref()))
}

/// Splits `name=value`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads a number of bytes: 500M, 4G, 65536; a K is 1,024.
fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{text}` is no size: write it as 500M or 4G");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let number: usize = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        for (text, wanted) in
            [("65536", 65_536), ("500M", 500 << 20), ("4g", 4 << 30), ("2GiB", 2 << 30), ("1KB", 1_024)]
        {
            assert_eq!(bytes(text), Ok(wanted), "{text}");
        }
        for text in ["", "M", "0", "4X", "-1M", "1.5G", "99999999T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
