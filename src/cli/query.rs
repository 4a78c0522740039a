//! `coldcase query`: SQL over a case.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;

use super::print::{output, say};
use super::raw::Raw;
use super::secrets::{self, Secrets};
use super::shell::Shell;
use super::{CaseArg, End};
use crate::engine::{Engine, Parameter};
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
        let params: Vec<_> = self.params.into_iter().map(|(name, text)| (name, Parameter::Text(text))).collect();
        if !self.raw.is_empty() {
            self.secrets.without_case()?;
            return match of_raw(&self.raw, sql.as_deref(), params, self.secrets, self.out) {
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
            Some(sql) => answer(&engine, &sql, &params, &self.out).map(|()| End::Done),
            None => Shell::new(case, engine, self.secrets, params, self.out)?.run(),
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
    out: Out,
) -> Result<End> {
    let Raw { case, engine, stop, failed, folder } = Raw::open(paths, sql, &params)?;
    match sql {
        Some(sql) => answer_until(&engine, sql, &params, &out, &stop)?,
        None => {
            Shell::new(case, engine, secrets, params, out)?.run()?;
        }
    }
    folder.close().map_err(Error::io("remove", "the folder of what was taken in".as_ref()))?;
    Ok(if failed { End::Evidence } else { End::Done })
}

/// Runs a query and writes its answer batch by batch.
pub fn answer(engine: &Engine, sql: &str, params: &[(String, Parameter)], out: &Out) -> Result<()> {
    answer_until(engine, sql, params, out, &AtomicBool::new(false))
}

fn answer_until(
    engine: &Engine,
    sql: &str,
    params: &[(String, Parameter)],
    out: &Out,
    stop: &AtomicBool,
) -> Result<()> {
    let writer = out.writer()?;
    let asked = engine.ask(sql, params)?;
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
