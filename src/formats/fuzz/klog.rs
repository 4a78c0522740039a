//! Lines of the programs of a control plane, and of Falco's text.

use super::{Target, records};
use crate::formats::host::framing::falco_text;
use crate::formats::host::klog::{Line, line};

pub const TARGET: Target = Target {
    name: "klog",
    doc: "klog, its JSON, logfmt, zap and text of Falco, one line: read, or a reason of one line",
    run,
    seeds: records,
};

fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match line(text) {
        Ok(Line::Entry(entry)) => {
            assert!(text.contains(entry.rest));
            for year in [0, 2031, 2032, 9999] {
                let _ = entry.with_year(year);
            }
            assert!(!entry.needs_year() || entry.time.is_none());
        }
        Ok(Line::Continuation(rest)) => assert_eq!(rest, text.trim_end_matches(['\r', '\n'])),
        Err(reason) => assert!(!reason.is_empty() && !reason.contains('\n'), "{reason:?}"),
    }
    if let Err(reason) = falco_text(text) {
        assert!(!reason.is_empty() && !reason.contains('\n'), "{reason:?}");
    }
}
