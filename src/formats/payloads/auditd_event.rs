//! Events of Linux audit.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::host::auditd::{Clock, Ended, Event, Field, Form, Id, Kept, Sockaddr, Values};
use crate::formats::host::{Gathered, object};
use crate::formats::rows::Rows;
use crate::formats::rows::lacks::Lack;
use crate::formats::rows::value::Value;
use crate::model::tables::auditd::TABLE;

/// See the module's description.
pub struct AuditdEvent;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for AuditdEvent {
    fn name(&self) -> &'static str {
        "auditd-event"
    }

    fn doc(&self) -> &'static str {
        "Event of Linux audit: all records of one node, time and serial"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let Some(Gathered::Audit(event, more)) = item.gathered else { return Err(Miss::NotMine) };
        if event.clock == Clock::Local && event.time.is_some() {
            rows.lack(Lack::Zone);
        }
        rows.row(&TABLE, &item.at, event.time, values(event, more));
        Ok(())
    }
}

fn values<'a>(event: &'a Event, more: &[Range<u64>]) -> Vec<(&'static str, Value<'a>)> {
    let said = event.values();
    let own = |text: Option<String>| text.map(Value::text);
    let number = |number: Option<i64>| number.map(Value::Int);
    let Values { pid, ppid, ses, .. } = said;
    let socket = said.sockaddr.as_ref();
    let address = said.addr.clone().or_else(|| Some(socket?.address()?.to_string()));
    let [auid, uid, euid, gid] = [said.auid, said.uid, said.euid, said.gid].map(Option::unwrap_or_default);
    let all: [(&str, Option<Value<'_>>); 41] = [
        (
            "clock",
            Some(Value::text(if event.clock == Clock::Epoch { "utc" } else { "local" }))
                .filter(|_| event.time.is_some()),
        ),
        ("serial", event.serial.map(count)),
        ("node", event.node.as_deref().map(Value::text)),
        ("kind", event.records.first().map(|kept| Value::text(&*kept.record.kind))),
        ("types", Some(Value::List(said.types.into_iter().map(Cow::Owned).collect()))),
        ("syscall", own(said.syscall_name.or(said.syscall))),
        ("success", own(said.success)),
        ("exit", own(said.exit)),
        ("exe", own(said.exe)),
        ("comm", own(said.comm)),
        ("argv", said.argv.map(|argv| Value::text(joined(&argv.arguments)))),
        ("proctitle", own(said.proctitle)),
        ("cmd", own(said.cmd)),
        ("cwd", own(said.cwd)),
        ("paths", names(said.paths.into_iter().filter_map(|path| path.name).map(Cow::Owned).collect())),
        ("key", own(Some(said.keys.join(",")))),
        ("pid", number(pid)),
        ("ppid", number(ppid)),
        ("auid", own(written(&auid))),
        ("auid_name", own(auid.name)),
        ("uid", own(written(&uid))),
        ("uid_name", own(uid.name)),
        ("euid", own(written(&euid))),
        ("gid", own(written(&gid))),
        ("ses", number(ses)),
        ("tty", own(said.tty)),
        ("acct", own(said.acct)),
        ("op", own(said.op)),
        ("res", own(said.res)),
        ("hostname", own(said.hostname)),
        ("port", socket.and_then(Sockaddr::port).map(|port| Value::Int(port.into()))),
        ("socket", socket.and_then(path).map(Value::text)),
        ("address", own(address)),
        ("terminal", own(said.terminal)),
        ("unit", own(said.unit)),
        ("notes", own(Some(said.notes.join("; ")))),
        ("records", own(Some(records(&event.records)))),
        ("lines", Some(count(event.records.len() as u64))),
        ("more_lines", own(places(more))),
        ("ended", Some(Value::text(ended(event.ended)))),
        ("continues", Some(Value::Bool(event.continues))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A number as it is, and as text where it is too large for a column of numbers.
fn count(number: u64) -> Value<'static> {
    i64::try_from(number).map_or_else(|_| Value::text(number.to_string()), Value::Int)
}

fn names(names: Vec<Cow<'_, str>>) -> Option<Value<'_>> {
    (!names.is_empty()).then_some(Value::List(names))
}

/// The number where there is one, else the name.
fn written(id: &Id) -> Option<String> {
    id.number.map(|number| number.to_string()).or_else(|| id.name.clone())
}

fn joined(arguments: &[Option<String>]) -> String {
    arguments.iter().map(|argument| argument.as_deref().unwrap_or("(missing)")).collect::<Vec<_>>().join(" ")
}

fn path(socket: &Sockaddr) -> Option<String> {
    match socket {
        Sockaddr::Unix { path, hidden } => Some(if *hidden { format!("@{path}") } else { path.clone() }),
        _ => None,
    }
}

/// Returns ranges as JSON, `[[offset, length], …]`; None when there are none.
pub fn places(ranges: &[Range<u64>]) -> Option<String> {
    let places = ranges.iter().map(|range| format!("[{},{}]", range.start, range.end - range.start));
    (!ranges.is_empty()).then(|| format!("[{}]", places.collect::<Vec<_>>().join(",")))
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Eoe => "eoe",
        Ended::Proctitle => "proctitle",
        Ended::Alone => "alone",
        Ended::Nameless => "nameless",
        Ended::Window => "window",
        Ended::Full => "full",
        Ended::Finish => "end",
    }
}

/// One record with everything its line says.
#[derive(Serialize)]
struct Shown<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    words: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enriched: Option<Box<RawValue>>,
    /// Of fields that were hexadecimal digits, the digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<Box<RawValue>>,
}

fn records(records: &[Kept]) -> String {
    let shown = records.iter().map(|kept| {
        let record = &kept.record;
        let pairs = |fields: &[Field<'_>], of: &dyn Fn(&Field<'_>) -> bool, raw: bool| {
            let chosen = fields.iter().filter(|field| of(field));
            let text = object(chosen.map(|field| (&*field.key, if raw { &*field.written } else { &*field.value })));
            text.and_then(|text| RawValue::from_string(text).ok())
        };
        Shown {
            r#type: &record.kind,
            prefix: record.prefix.as_deref(),
            words: &record.words,
            fields: pairs(&record.fields, &|field| !field.nested, false),
            msg: pairs(&record.fields, &|field| field.nested, false),
            enriched: pairs(&record.enriched, &|_| true, false),
            written: pairs(&record.fields, &|field| matches!(field.form, Form::Hex | Form::HexBytes), true),
        }
    });
    serde_json::to_string(&shown.collect::<Vec<_>>()).unwrap_or_default()
}
