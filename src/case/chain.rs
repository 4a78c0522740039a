//! The links of the journal: which line is the first that does not fit, and why.
//!
//! Each line holds the SHA-256 of the line before it, so a changed line is told by the one after it. What no chain can
//! show alone is a change of the last line, or that lines were cut off its end: that takes a seal or a kept head.
//! Only number, previous hash and the name of the action are read, so a chain with actions of a newer version can
//! still be checked. Lines after the first that is no entry are not looked at.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::encoding::hex;
use crate::error::{Error, Result};

/// What the first line has in place of a hash.
pub const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// No line of a real journal comes near: one of a hundred thousand inputs has about 60 MB.
const LONGEST_LINE: usize = 512 << 20;

/// The hashes of a journal's lines and what the lines say of each other.
#[derive(Debug, Default)]
pub struct Chain {
    links: Vec<Link>,
    tail: Vec<u8>,
}

#[derive(Debug)]
struct Link {
    hash: String,
    /// Hash of the line without the CR at its end, if there is one.
    without_cr: Option<String>,
    says: Result<Says, String>,
}

#[derive(Debug, Deserialize)]
struct Says {
    seq: u64,
    previous: String,
    #[serde(rename = "at")]
    _at: String,
    #[serde(rename = "action")]
    _action: String,
}

/// The first place where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// From 1.
    pub line: u64,
    pub why: Why,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It cannot be read.
    NoEntry(String),
    /// The next line has another hash of it, and the line after that vouches for the next.
    Changed { recorded: String, found: String },
    /// Its previous hash is wrong, and the line after it has another hash of it.
    Previous { recorded: String, found: String },
    /// It does not follow the line before it; no line after it could tell which of the two was changed.
    Either { recorded: String, found: String },
    /// Its end of line was turned into CR LF.
    LineEnd,
    /// Its number is wrong though it follows the line before it.
    Number { found: u64, due: u64 },
    /// Lines before it were taken out.
    Missing { lines: u64 },
    /// It follows a line that now stands elsewhere; None for the start of the journal.
    Moved { follows: Option<u64> },
    /// Lines from here on were put between two that follow each other.
    PutIn { lines: u64 },
    /// It says again what an earlier line says.
    Copy { of: u64 },
    /// Its number was had before and it follows no line that is here.
    Foreign { found: u64, due: u64 },
    /// The end of the file is no line and no beginning of the line that is due.
    Trailing { bytes: u64 },
    /// The end of the file is the beginning of the line that is due: a command was killed while it wrote.
    Torn { bytes: u64 },
}

impl Chain {
    /// Reads the lines of a journal; a missing file is an empty journal.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> Result<Chain> {
        match File::open(path) {
            Ok(file) => Chain::of(&mut BufReader::new(file)).map_err(Error::io("read", path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Chain::default()),
            Err(source) => Err(Error::io("read", path)(source)),
        }
    }

    /// The same from anywhere.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(source: &mut dyn BufRead) -> io::Result<Chain> {
        let mut chain = Chain::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            io::Read::take(&mut *source, LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
            if line.pop_if(|last| *last == b'\n').is_none() && line.len() < LONGEST_LINE {
                chain.tail = line;
                return Ok(chain);
            }
            let says = if line.len() == LONGEST_LINE { Err("it does not end".into()) } else { says(&line) };
            let last = says.is_err();
            let without_cr = line.strip_suffix(b"\r").map(|line| hex(&Sha256::digest(line)));
            chain.links.push(Link { hash: hex(&Sha256::digest(&line)), without_cr, says });
            if last {
                return Ok(chain);
            }
        }
    }

    /// Hash of every whole line.
    pub fn hashes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.links.iter().map(|link| link.hash.as_str())
    }

    /// Hash of the last whole line.
    pub fn head(&self) -> &str {
        self.links.last().map_or(ZEROS, |link| &link.hash)
    }

    /// How many whole lines there are.
    pub fn length(&self) -> u64 {
        self.links.len() as u64
    }

    /// Names the first line that does not fit.
    pub fn first_broken(&self) -> Option<Broken> {
        let mut head = ZEROS;
        for (place, link) in self.links.iter().enumerate() {
            match &link.says {
                Err(why) => return Some(Broken { line: place as u64 + 1, why: Why::NoEntry(why.clone()) }),
                Ok(says) if says.previous != head => return Some(self.unlinked(place, says, head)),
                Ok(says) if says.seq != place as u64 => {
                    let why = Why::Number { found: says.seq, due: place as u64 };
                    return Some(Broken { line: place as u64 + 1, why });
                }
                Ok(_) => head = &link.hash,
            }
        }
        let bytes = self.tail.len() as u64;
        let why = if is_torn(&self.tail, self.length(), head) { Why::Torn { bytes } } else { Why::Trailing { bytes } };
        (bytes > 0).then_some(Broken { line: self.length() + 1, why })
    }

    /// Says why the line at `place` does not follow the one before it.
    fn unlinked(&self, place: usize, says: &Says, head: &str) -> Broken {
        let line = place as u64 + 1;
        let places: HashMap<&str, usize> = self.links.iter().enumerate().rev().map(|(n, l)| (&*l.hash, n)).collect();
        let own = places.get(&*self.links[place].hash).copied().filter(|first| *first < place);
        if let Some(first) = own {
            return Broken { line, why: Why::Copy { of: first as u64 + 1 } };
        }
        match places.get(&*says.previous) {
            Some(before) if *before < place => {
                let lines = (place - before - 1) as u64;
                return Broken { line: *before as u64 + 2, why: Why::PutIn { lines } };
            }
            Some(before) => return Broken { line, why: Why::Moved { follows: Some(*before as u64 + 1) } },
            None if says.previous == ZEROS => return Broken { line, why: Why::Moved { follows: None } },
            None => {}
        }
        let due = place as u64;
        if says.seq != due {
            let why = match says.seq.checked_sub(due) {
                Some(lines) => Why::Missing { lines },
                None => Why::Foreign { found: says.seq, due },
            };
            return Broken { line, why };
        }
        let before = place.checked_sub(1).map(|before| &self.links[before]);
        if before.and_then(|before| before.without_cr.as_ref()) == Some(&says.previous) {
            return Broken { line: line - 1, why: Why::LineEnd };
        }
        let (recorded, found) = (says.previous.clone(), head.to_owned());
        let next = self.links.get(place + 1).and_then(|next| next.says.as_ref().ok());
        match (before, next) {
            (Some(_), Some(next)) if next.previous == self.links[place].hash => {
                Broken { line: line - 1, why: Why::Changed { recorded, found } }
            }
            // Nothing stands before the first line, so it can only be itself.
            (Some(_), None) => Broken { line, why: Why::Either { recorded, found } },
            _ => Broken { line, why: Why::Previous { recorded, found } },
        }
    }
}

impl Broken {
    /// Says whether this is the trace of a killed command and no sign of a change.
    pub fn is_torn(&self) -> bool {
        matches!(self.why, Why::Torn { .. })
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        let (before, after) = (line.saturating_sub(1), line.saturating_add(1));
        match &self.why {
            Why::NoEntry(why) => write!(f, "line {line} is no journal entry: {why}"),
            Why::Changed { recorded, found } => {
                write!(f, "line {line} was changed: line {after} has SHA-256 {recorded} of it, it now has {found}")
            }
            Why::Previous { recorded, .. } if line == 1 => {
                write!(f, "line 1 was changed: the first line has zeros as its previous hash, this has {recorded}")
            }
            Why::Previous { recorded, found } => write!(
                f,
                "line {line} was changed: its previous hash is {recorded}, line {before} has {found}, and line \
                 {after} does not know it either"
            ),
            Why::Either { recorded, found } => write!(
                f,
                "line {line} does not follow line {before}, one of the two was changed: its previous hash is \
                 {recorded}, line {before} has {found}"
            ),
            Why::LineEnd => write!(f, "line {line} was changed: its end of line is now CR LF"),
            Why::Number { found, due } => write!(f, "line {line} was changed: it has number {found}, {due} is due"),
            Why::Missing { lines } => write!(f, "before line {line}, {} missing", lines_are(*lines)),
            Why::Moved { follows: Some(other) } => {
                write!(f, "line {line} was moved: it follows what is now line {other}")
            }
            Why::Moved { follows: None } => write!(f, "line {line} was moved or put in: it says it is the first"),
            Why::PutIn { lines } => write!(
                f,
                "from line {line} on, {} put in: line {} follows line {before}",
                if *lines == 1 { "1 line was".into() } else { format!("{lines} lines were") },
                line.saturating_add(*lines),
            ),
            Why::Copy { of } => write!(f, "line {line} was put in: it is a copy of line {of}"),
            Why::Foreign { found, due } => {
                write!(f, "line {line} was put in: it has number {found}, {due} is due, and it follows no line here")
            }
            Why::Trailing { bytes } => {
                write!(f, "after line {before} come {bytes} bytes that are no journal entry and no beginning of one")
            }
            Why::Torn { bytes } => {
                write!(f, "line {line} is unfinished ({bytes} bytes): a command was killed while it wrote")
            }
        }
    }
}

fn lines_are(lines: u64) -> String {
    if lines == 1 { "1 line is".into() } else { format!("{lines} lines are") }
}

fn says(line: &[u8]) -> Result<Says, String> {
    if line.trim_ascii().is_empty() {
        return Err("it is empty".into());
    }
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

/// Says whether `tail` is the beginning of line number `seq`. After a loss of power a file system may have made the
/// file longer without writing the bytes, which then read as zeros.
fn is_torn(tail: &[u8], seq: u64, head: &str) -> bool {
    let end = tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let written = &tail[..end];
    let start = format!("{{\"seq\":{seq},\"at\":\"");
    let common = written.len().min(start.len());
    if written[..common] != start.as_bytes()[..common] {
        return false;
    }
    // Whole but for its end of line: then it must also follow the line before.
    says(written).map_or(true, |says| says.seq == seq && says.previous == head)
}
