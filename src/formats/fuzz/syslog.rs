//! Lines of syslog.

use serde_json::value::RawValue;

use super::{Target, records};
use crate::formats::host::syslog::line;
use crate::model::Micros;

pub const TARGET: Target = Target {
    name: "syslog",
    doc: "RFC 3164, RFC 5424 and rsyslog, one line: its parts are parts of it, its structured data is JSON",
    run,
    seeds: records,
};

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match line(text) {
        Ok(entry) => {
            let parts = [entry.host, entry.process, entry.pid, entry.msgid, entry.time_written, Some(entry.message)];
            assert!(parts.iter().flatten().all(|part| text.contains(part)));
            if let Some(json) = &entry.structured {
                serde_json::from_str::<&RawValue>(json).expect("structured data is written as JSON");
            }
            assert!(!entry.needs_year() || entry.time.is_none());
            if let Some(time) = entry.with_year(2031) {
                assert_eq!(Micros::parse(&time.to_string()), Some(time));
            }
        }
        Err(reason) => assert!(!reason.is_empty() && !reason.contains('\n'), "{reason:?}"),
    }
}
