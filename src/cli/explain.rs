//! `coldcase explain`: how one record of a file is understood, before or after it is in a case.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{count, line, output};
use super::{End, secrets};
use crate::error::{Error, Result};
use crate::formats::explain::{Explained, Outcome, explain};
use crate::model::TABLES;
use crate::model::tables::azure;

/// Shows how a record was understood: envelope, wrappings, payload, every column, and where each value went.
#[derive(Args)]
pub struct Explain {
    /// File, or FILE:LINE for the record on that line; the first record without a line
    #[arg(value_name = "FILE[:LINE]")]
    place: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<End> {
        let (path, number) = split(&self.place);
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let found = explain(Box::new(file), number, &name, &|text| secrets::text(text).into_owned())
            .map_err(Error::io("read", &path))?;
        let Some(found) = found else {
            let what = match number {
                Some(number) => format!("there is no record on line {number} of {}", path.display()),
                None => format!("there is no record in {}", path.display()),
            };
            return Err(Error::Usage { what, hint: Some("lines are those of the content, packing undone".into()) });
        };
        let mut out = output(None, None)?;
        show(&found, &mut out)?;
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        Ok(End::Done)
    }
}

/// Splits a line number off; a file whose name ends like one is meant as it is.
fn split(place: &str) -> (PathBuf, Option<u64>) {
    let whole = PathBuf::from(place);
    let parts = place.rsplit_once(':').and_then(|(path, line)| Some((PathBuf::from(path), line.parse().ok()?)));
    match parts {
        Some((path, number)) if !whole.exists() => (path, Some(number)),
        _ => (whole, None),
    }
}

fn show(found: &Explained, out: &mut dyn Write) -> Result<()> {
    let length = count(found.at.end - found.at.start, "byte", "bytes");
    line(out, &format!("line {}, bytes {} to {} ({length})", found.line, found.at.start, found.at.end))?;
    line(out, &format!("envelope {}", found.envelope))?;
    for step in &found.steps {
        line(out, step)?;
    }
    for note in &found.notes {
        line(out, &format!("note: {note}"))?;
    }
    match &found.outcome {
        Outcome::Reject { reason, sample } => {
            line(out, &format!("REJECTED: {reason}"))?;
            line(out, &format!("it begins: {sample}"))
        }
        Outcome::Row { table, columns, fields } => {
            line(out, "")?;
            line(out, &format!("a row of table {table}"))?;
            let known = TABLES.iter().chain(azure::AZURE).find(|known| known.name == table);
            let doc = |name: &str| {
                let column = known.and_then(|table| table.columns.iter().find(|column| column.name == name));
                column.map_or("", |column| column.doc)
            };
            for (name, value) in columns {
                line(out, &format!("  {name:<24} {}", short(value)))?;
                if !doc(name).is_empty() {
                    line(out, &format!("  {:<24}   {}", "", doc(name)))?;
                }
            }
            if !fields.is_empty() {
                line(out, "")?;
                line(out, "where its values are")?;
            }
            for (path, value, at) in fields {
                let at =
                    if at.is_empty() { "in no column, only in the original bytes".to_owned() } else { at.join(", ") };
                line(out, &format!("  {path} = {}", short(value)))?;
                line(out, &format!("    {at}"))?;
            }
            Ok(())
        }
    }
}

/// A value that fits on a line or two.
fn short(value: &str) -> String {
    const MOST: usize = 160;
    if value.len() <= MOST {
        return value.to_owned();
    }
    let end = value.floor_char_boundary(MOST);
    format!("{}… ({} bytes)", &value[..end], value.len())
}
