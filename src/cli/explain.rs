//! `coldcase explain`: how one record of a file is understood, before or after it is in a case.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

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
    /// File or FILE:LINE; in an archive FILE!MEMBER:LINE; of etcd FILE:REVISION or FILE!KEY
    #[arg(value_name = "PLACE")]
    place: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<End> {
        let (path, place) = split(&self.place);
        let file = open(path).map_err(Error::io("open", path))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let shown = |text: &str| secrets::text(text).into_owned();
        let found = explain(Box::new(file), place, &name, &std::env::temp_dir(), &shown);
        let Some(found) = found.map_err(Error::io("read", path))? else {
            let what = match place {
                "" => format!("there is no record in {}", path.display()),
                place => format!("there is no record at {place} of {}", path.display()),
            };
            let hint = "lines are those of the content, packing undone; of an archive, FILE!MEMBER as `coldcase evidence` \
                        names it";
            return Err(Error::Usage { what, hint: Some(hint.into()) });
        };
        let mut out = output(None, None)?;
        show(&found, &mut out)?;
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        Ok(End::Done)
    }
}

/// Splits the name of a file off; one whose name looks like a place is meant as it is.
fn split(place: &str) -> (&Path, &str) {
    let cuts = place.rmatch_indices(['!', ':']).map(|(at, _)| at);
    let mut parts = std::iter::once(place.len()).chain(cuts).map(|at| place.split_at(at));
    let found = parts.find(|(path, _)| Path::new(path).exists()).or_else(|| place.rsplit_once(':'));
    let (path, rest) = found.unwrap_or((place, ""));
    (Path::new(path), rest)
}

/// Opens a file; what can be read only once is copied into one without a name.
fn open(path: &Path) -> io::Result<File> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut file, &mut copy)?;
    Ok(copy)
}

fn show(found: &Explained, out: &mut dyn Write) -> Result<()> {
    let length = count(found.at.end - found.at.start, "byte", "bytes");
    // A database has no lines.
    let number = if found.line > 0 { format!("line {}, ", found.line) } else { String::new() };
    line(out, &format!("{number}bytes {} to {} ({length})", found.at.start, found.at.end))?;
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
