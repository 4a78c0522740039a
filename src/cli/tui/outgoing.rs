//! What leaves the case from the screens: tests of rules, rows, original bytes, findings.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use coldcase_tui::ask::{Exported, Outgoing, Subject};
use serde_json::json;

use super::Ask;
use crate::cli::fixture::{Order, notation, write};
use crate::cli::print::grouped;
use crate::cli::{rules, secrets};
use crate::engine::{Answer as Table, Parameter};
use crate::error::{Error, Result};
use crate::report;

/// As many events are exported at most: more is a query's work (`coldcase query -o`).
const MOST: u64 = 100_000;

impl Ask<'_> {
    /// Writes it, and says what was written.
    pub fn write_out(&self, outgoing: &Outgoing) -> Result<String> {
        match outgoing {
            Outgoing::Fixture { on, rule, file } => self.fixture(on, rule.as_deref(), file),
            Outgoing::Export { what, file } => self.export(what, Path::new(file)),
            Outgoing::Hunt { name, title, text, given } => self.save_hunt(name, title, text, given),
        }
    }

    fn fixture(&self, on: &Subject, rule: Option<&str>, file: &str) -> Result<String> {
        let (set, _) = rules::load(&[])?;
        let on = match on {
            Subject::Event(id) => format!("{}:{}", id.evidence, id.offset),
            Subject::Finding(id) => id.clone(),
        };
        let rule = match rule {
            Some(rule) => Some(rule.to_owned()),
            None => self.rule_of(&on)?,
        };
        let file = match (file.is_empty(), &rule) {
            (true, Some(rule)) => PathBuf::from(format!("{rule}.cases.jsonl")),
            _ => PathBuf::from(file),
        };
        let is_finding = !on.contains(':');
        let order = Order {
            on: &[on],
            rule: rule.as_deref(),
            quiet: is_finding.then_some(false),
            neighbours: 0,
            why: None,
            notation: notation(&file),
            file: Some(&file),
        };
        let mut notebook = self.desk.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        let written = write(&mut notebook, &self.desk.engine, &set, &order, &self.desk.by)?;
        Ok(written.words.join("; "))
    }

    fn rule_of(&self, finding: &str) -> Result<Option<String>> {
        let id = [("id".to_owned(), Parameter::Text(finding.to_owned()))];
        let found = self.sql("SELECT CAST(rule AS VARCHAR) AS slug FROM finding WHERE id = $id", &id)?;
        Ok(super::rows::rows(&found).next().and_then(|row| row.text(0)))
    }

    fn export(&self, what: &Exported, path: &Path) -> Result<String> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let bytes = match (ending, what) {
            ("jsonl", _) => true,
            ("csv", _) => false,
            ("json", Exported::Finding(id)) => return self.export_finding(id, path),
            _ => {
                return Err(Error::Usage {
                    what: format!("{} has no ending that says what to write", path.display()),
                    hint: Some(".jsonl: original bytes; .csv: rows; of a finding also .json".into()),
                });
            }
        };
        let (from, parameters) = match what {
            Exported::Events(filter) => {
                let condition = self.condition(filter)?;
                (format!("timeline t WHERE {}", condition.sql), condition.parameters)
            }
            Exported::Finding(id) => (of_finding("$id"), vec![("id".to_owned(), Parameter::Text(id.clone()))]),
        };
        let all = self.one(&format!("SELECT count(*) AS n FROM {from}"), &parameters)?;
        let sql = |columns: &str| {
            format!("SELECT {columns} FROM {from} ORDER BY t.time, t.evidence, t.\"offset\" LIMIT {MOST}")
        };
        if bytes {
            let spans = self.desk.engine.spans(&sql("t.evidence, t.\"offset\", t.length"), &parameters)?;
            let mut file = create(path)?;
            self.desk.case.each_bytes(&spans, &mut |span, bytes| {
                let shown = secrets::bytes(bytes);
                let text = std::str::from_utf8(&shown);
                let input = self.desk.case.input(span.evidence);
                let line = json!({
                    "evidence": span.evidence.0, "offset": span.offset, "length": span.length,
                    "path": input.map(|input| &input.path), "sha256": input.map(|input| &input.sha256),
                    "bytes": text.ok(), "base64": text.is_err().then(|| crate::case::base64(&shown)),
                });
                writeln!(file, "{line}").map_err(Error::io("write", path))
            })?;
            file.flush().map_err(Error::io("write", path))?;
        } else {
            let table = self.sql(&sql("t.*"), &parameters)?;
            write_table("csv", &table, path)?;
        }
        let part =
            if all > MOST { format!(", the first {} of {}", grouped(MOST), grouped(all)) } else { String::new() };
        Ok(format!("{} events written to {}{part}", grouped(all.min(MOST)), path.display()))
    }

    fn export_finding(&self, id: &str, path: &Path) -> Result<String> {
        let of = [("id".to_owned(), Parameter::Text(id.to_owned()))];
        write_table("json", &self.sql("SELECT * FROM finding WHERE id = $id", &of)?, path)?;
        Ok(format!("finding {id} written to {}", path.display()))
    }

    /// A query that finds the events of a finding.
    pub fn behind(&self, finding: &str) -> Result<String> {
        let quoted = format!("'{}'", finding.replace('\'', "''"));
        Ok(format!(
            "SELECT t.time, t.source, t.actor, t.verb, t.object, t.status, t.address, t.evidence, t.\"offset\"\nFROM {}\n\
             ORDER BY t.time, t.evidence, t.\"offset\"",
            of_finding(&quoted)
        ))
    }
}

/// The rows of the timeline, called `t`, that are in a finding.
fn of_finding(id: &str) -> String {
    format!(
        "(SELECT unnest(evidence) AS e, unnest(\"offset\") AS o FROM finding WHERE id = {id}) f\nJOIN timeline t\n  \
         ON t.evidence = f.e AND t.\"offset\" = f.o"
    )
}

fn write_table(format: &str, table: &Table, path: &Path) -> Result<()> {
    let writer = report::writer(format)?;
    let mut file = create(path)?;
    let batches: Vec<_> = table.batches.iter().map(secrets::rows).collect();
    report::write(writer, &table.schema, &batches, &mut file)?;
    file.flush().map_err(Error::io("write", path))
}

fn create(path: &Path) -> Result<BufWriter<std::fs::File>> {
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(Error::io("write", path))?;
    Ok(BufWriter::new(file))
}
