//! Arguments of EXECVE records, split ones joined.

use std::collections::BTreeMap;

use super::hex;
use super::record::{Field, Form, Record};

/// So many arguments may be missing before the numbers of the rest are not believed: a record is hostile until read.
const MOST_MISSING: usize = 1024;

/// The arguments of one event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Argv {
    /// By position; None where no record has the argument.
    pub arguments: Vec<Option<String>>,
    /// What does not fit together: a count, a length, a part that is missing.
    pub notes: Vec<String>,
}

/// Where a field of EXECVE belongs: `a1` is `(1, None)`, `a1[0]` is `(1, Some(0))`.
pub(super) fn argument(key: &str) -> Option<(u32, Option<u32>)> {
    let rest = key.strip_prefix('a')?;
    let digits = |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok());
    match rest.split_once('[') {
        Some((number, part)) => Some((digits(number)??, Some(digits(part.strip_suffix(']')?)??))),
        None => Some((digits(rest)??, None)),
    }
}

/// One argument while its parts arrive.
#[derive(Default)]
struct Parts {
    bytes: Vec<u8>,
    next: u32,
    broken: bool,
    /// What `a1_len` says: bytes of the argument, in old kernels the digits that were written for them.
    length: Option<usize>,
    written: usize,
}

/// Joins the arguments of all EXECVE records of an event; None when there is no such record.
///
/// The kernel splits an argument over records as `a1_len=…  a1[0]=… a1[1]=…` (kernel/auditsc.c,
/// `audit_log_execve_info`); a character may be split between two parts, so that bytes are joined, not text.
pub fn argv<'r>(records: impl Iterator<Item = &'r Record<'r>>) -> Option<Argv> {
    let mut found = false;
    let mut count = None;
    let mut all: BTreeMap<u32, Parts> = BTreeMap::new();
    let mut read = Argv::default();
    for record in records.filter(|record| record.kind == "EXECVE") {
        found = true;
        for field in &record.fields {
            if field.key == "argc" {
                count = field.value.parse::<u64>().ok().or(count);
            } else if let Some(number) = field.key.strip_suffix("_len").and_then(argument) {
                all.entry(number.0).or_default().length = field.value.parse().ok();
            } else if let Some((number, part)) = argument(&field.key) {
                take(all.entry(number).or_default(), field, part);
            }
        }
    }
    if !found {
        return None;
    }
    for (number, parts) in all {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        if at.saturating_sub(read.arguments.len()) > MOST_MISSING {
            read.notes.push(format!("argument a{number} and those after it are too far from the rest"));
            break;
        }
        read.arguments.resize(at, None);
        if parts.broken {
            read.notes.push(format!("a part of argument a{number} is missing or out of order"));
        }
        if parts.length.is_some_and(|length| length != parts.written && length != parts.bytes.len()) {
            read.notes.push(format!("argument a{number} is not as long as its a{number}_len says"));
        }
        read.arguments.push(Some(hex::shown(&parts.bytes).0));
    }
    if count.is_some_and(|count| count != read.arguments.len() as u64) || read.arguments.contains(&None) {
        read.notes.push("arguments are missing, or argc is wrong".into());
    }
    Some(read)
}

fn take(parts: &mut Parts, field: &Field<'_>, part: Option<u32>) {
    parts.broken |= part.unwrap_or(0) != parts.next;
    parts.next = parts.next.saturating_add(1);
    parts.written += match field.form {
        Form::Quoted => field.value.len(),
        _ => field.written.len(),
    };
    match field.form {
        Form::Hex | Form::HexBytes => parts.bytes.extend(hex::bytes(&field.written).unwrap_or_default()),
        Form::Plain | Form::Quoted => parts.bytes.extend(field.value.as_bytes()),
    }
}
