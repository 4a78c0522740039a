//! Lines of the control plane's programs and of the nodes', whatever carried them.
//!
//! A line says itself when it was written and how grave it is; what carried it may only say the year. The category of a
//! record decides nothing. A line without a header, as those of a Go panic are, has the time of what carried it and no
//! level.

use super::kube_audit::Carrier;
use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::host::klog::{self, Entry, Form};
use crate::formats::host::{Gathered, object};
use crate::formats::rows::Rows;
use crate::formats::rows::lacks::Lack;
use crate::formats::rows::value::Value;
use crate::model::Micros;
use crate::model::tables::control_plane::TABLE;

/// A longer line is not taken apart: nothing but short keys would take many times its length.
const LONGEST: usize = 1 << 20;

/// A line of a log file of such a program.
pub struct LogLine;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for LogLine {
    fn name(&self) -> &'static str {
        "log-line"
    }

    fn doc(&self) -> &'static str {
        "Line of a Kubernetes program: klog, logfmt, zap, or one that goes on from the line above"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let said = Said::of(item.text, None, rows);
        let mut values = said.values();
        let mut time = said.time;
        if let Some(Gathered::Below(above)) = item.gathered
            && said.entry.is_none()
        {
            time = entry(above).ok().flatten().and_then(|above| when(&above, None, rows.year()));
            values.extend(time.map(|_| ("time_source", Value::text("line before"))));
        }
        if said.entry.as_ref().is_some_and(Entry::needs_year) {
            rows.lack(if time.is_some() { Lack::GivenYear } else { Lack::Year });
            if time.is_some() {
                // klog writes the time of day of its machine.
                rows.lack(Lack::Zone);
            }
        }
        rows.row(&TABLE, &item.at, time, values);
        Ok(())
    }
}

/// What a line says of itself.
struct Said<'a> {
    entry: Option<Entry<'a>>,
    /// Its own time.
    time: Option<Micros>,
    written: &'a str,
    fields: Option<String>,
}

impl<'a> Said<'a> {
    /// Reads a line; `near` is the time of the record around it.
    fn of(written: &'a str, near: Option<Micros>, rows: &mut Rows) -> Said<'a> {
        let entry = entry(written).unwrap_or_else(|reason| {
            rows.note(format!("a log line is kept as it is, its header is none: {reason}"));
            None
        });
        let time = entry.as_ref().and_then(|entry| when(entry, near, rows.year()));
        let fields = entry.as_ref().and_then(fields);
        Said { entry, time, written, fields }
    }

    fn values(&self) -> Vec<(&'static str, Value<'_>)> {
        let Some(entry) = &self.entry else { return vec![("message", Value::text(self.written))] };
        let message = match (entry.form, entry.message.as_str()) {
            (Form::Klog | Form::Structured | Form::Zap, _) => entry.rest,
            (_, "") => self.written,
            (_, message) => message,
        };
        let mut values = vec![("message", Value::text(message))];
        if message.len() < self.written.len() {
            values.push(("line", Value::text(self.written)));
        }
        values.extend(self.time.map(|_| ("time_source", Value::text("line"))));
        values.extend(entry.level.map(|level| ("level", Value::text(level.to_string()))));
        values.extend(entry.thread.and_then(|n| i64::try_from(n).ok()).map(|n| ("thread", Value::Int(n))));
        let late = self.time.is_none() && entry.needs_year();
        let texts = [
            ("source_file", entry.caller.as_deref()),
            ("logger", entry.logger.as_deref()),
            ("fields", self.fields.as_deref()),
            // Behind the letter, up to the thread: `0405 06:07:08.123456`.
            ("time_text", entry.written.get(1..21).filter(|_| late)),
        ];
        values.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Value::text(text?)))));
        values
    }
}

fn entry(text: &str) -> Result<Option<Entry<'_>>, String> {
    if text.len() > LONGEST {
        return Err(format!("the line is longer than {} KB", LONGEST >> 10));
    }
    Ok(match klog::line(text)? {
        klog::Line::Entry(entry) => Some(*entry),
        klog::Line::Continuation(_) => None,
    })
}

/// The line's own time; a year that it lacks is the one that puts it nearest to its record, or the one that was given.
fn when(entry: &Entry<'_>, near: Option<Micros>, year: Option<i32>) -> Option<Micros> {
    let nearest = || entry.yearless?.nearest(near?);
    entry.time.or_else(nearest).or_else(|| entry.with_year(year?))
}

fn fields(entry: &Entry<'_>) -> Option<String> {
    // A word that stands for none of our levels is kept.
    let level = entry.level_written.as_deref().filter(|_| entry.level.is_none()).map(|level| ("level", level));
    let pairs = entry.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    object(level.into_iter().chain(pairs))
}

/// What the record around a line says of its program.
#[derive(Default)]
pub struct Program<'a> {
    pub pod: Option<&'a str>,
    pub stream: Option<&'a str>,
}

/// Keeps a log line of a record.
pub fn line(log: &str, program: &Program<'_>, carrier: &Carrier<'_>, item: &Item<'_>, rows: &mut Rows) {
    let said = Said::of(log.trim_end_matches(['\n', '\r']), carrier.time, rows);
    let mut values = said.values();
    let time = said.time.or(carrier.time);
    if said.time.is_none() && time.is_some() {
        values.push(("time_source", Value::text("envelope")));
    }
    values.extend(carrier.time.map(|time| ("envelope_time", Value::Time(time))));
    let cluster = carrier.cluster.map(str::to_lowercase);
    let words = [
        ("category", carrier.category),
        ("pod", program.pod),
        ("stream", program.stream),
        ("cluster_id", cluster.as_deref()),
    ];
    values.extend(words.iter().filter_map(|(name, value)| Some((*name, Value::text((*value)?)))));
    rows.row(&TABLE, &item.at, time, values);
}

/// Keeps a row of the table AKSControlPlane.
pub fn row(row: &[(&str, Value<'_>)], item: &Item<'_>, rows: &mut Rows) {
    const NAMES: [(&str, &str); 6] = [
        ("TimeGenerated", "envelope_time"),
        ("Category", "category"),
        ("Level", "level"),
        ("PodName", "pod"),
        ("Stream", "stream"),
        ("_ResourceId", "cluster_id"),
    ];
    let of = |name: &str| row.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_nothing());
    let received = of("TimeGenerated").and_then(|(_, value)| value.time());
    let message = of("Message").map(|(_, value)| value.as_text().trim_end_matches(['\n', '\r']).to_owned());
    let said = message.as_deref().map(|message| Said::of(message, received, rows));
    let mut values = Vec::new();
    for (name, value) in row.iter().filter(|(_, value)| !value.is_nothing()) {
        let ours = NAMES.iter().find(|(azure, _)| name.eq_ignore_ascii_case(azure));
        if !name.eq_ignore_ascii_case("Message") {
            values.push((ours.map_or(*name, |(_, ours)| *ours), value.clone()));
        }
    }
    let level = of("Level").is_some();
    let own = said.as_ref().map(Said::values).unwrap_or_default();
    values.extend(own.into_iter().filter(|(name, _)| !(level && *name == "level")));
    let time = said.as_ref().and_then(|said| said.time);
    if time.is_none() && received.is_some() {
        values.push(("time_source", Value::text("envelope")));
    }
    rows.row(&TABLE, &item.at, time.or(received), values);
}
