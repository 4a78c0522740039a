//! Lines of syslog, as rows of Azure's table Syslog.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::host::syslog;
use crate::formats::rows::Rows;
use crate::formats::rows::lacks::Lack;
use crate::formats::rows::value::Value;

/// See the module's description.
pub struct SyslogLine;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for SyslogLine {
    fn name(&self) -> &'static str {
        "syslog-line"
    }

    fn doc(&self) -> &'static str {
        "Line of syslog (RFC 3164, RFC 5424, rsyslog), kept in the columns of Azure's table Syslog"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let entry = syslog::line(item.text).map_err(Miss::Broken)?;
        let time = entry.time.or_else(|| entry.with_year(rows.year()?));
        if entry.needs_year() {
            rows.lack(if time.is_some() { Lack::GivenYear } else { Lack::Year });
        }
        if time.is_some() && !entry.zone_known {
            rows.lack(Lack::Zone);
        }
        // TimeGenerated is when a collector made the row, and there was none.
        let mut values: Vec<(&str, Value<'_>)> = Vec::new();
        values.extend(time.map(|time| ("EventTime", Value::Time(time))));
        let texts = [
            ("Facility", entry.facility),
            ("SeverityLevel", entry.severity),
            ("HostName", entry.host),
            ("ProcessName", entry.process),
            ("ProcessID", entry.pid),
            ("SyslogMessage", Some(entry.message)),
            ("MsgId", entry.msgid),
            ("TimeText", entry.time_written.filter(|_| entry.needs_year())),
        ];
        values.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Value::text(text?)))));
        values.extend(entry.structured.as_deref().map(|json| ("StructuredData", Value::Json(json))));
        rows.named_row(Some("Syslog"), &item.at, time, values);
        Ok(())
    }
}
