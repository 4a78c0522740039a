//! `2031-04-05T06:07:08.123456+00:00 host proc[1]: msg`, the file format of rsyslog.

use super::{Entry, Form, bare, is_host, tagged};
use crate::model::Micros;

/// Words that stand after the time in other logs and are no hosts.
static LEVELS: &[&str] = &["trace", "debug", "info", "notice", "warn", "warning", "error", "fatal", "stdout", "stderr"];

/// Reads a line whose time has a zone, whose second word is a host and whose third is a tag.
pub(super) fn read(text: &str) -> Result<Entry<'_>, String> {
    let (stamp, rest) = text.split_once(' ').ok_or("no host after the time")?;
    let zoned = stamp.ends_with('Z') || stamp.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if stamp.as_bytes().get(10) != Some(&b'T') || !zoned {
        return Err("time of the line is not as rsyslog writes it".into());
    }
    let time = Micros::parse(stamp).ok_or("time of the syslog line cannot be read")?;
    let (host, rest) = rest.split_once(' ').ok_or("no program name after host of the syslog line")?;
    if !is_host(host) || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(host)) {
        return Err("no host after the time".into());
    }
    let (process, pid, message) =
        tagged(rest.trim_start_matches(' ')).ok_or("no program name after host of the syslog line")?;
    let entry = bare(Form::Iso, message);
    Ok(Entry {
        time: Some(time),
        time_written: Some(stamp),
        zone_known: true,
        host: Some(host),
        process: Some(process),
        pid,
        ..entry
    })
}
