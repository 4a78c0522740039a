//! The books balance over any bytes: spans and rejects are disjoint, and what they leave uncovered is no evidence.
//!
//! Uncovered may be, and nothing else: (1) white space, NULs and byte order marks; (2) `[`, `]` and `,` around and
//! between the elements of an array at the top; (3) whatever else stands in a value that wraps records, which is then
//! valid JSON as a whole: an array, a frame of Data Explorer, or an object with `records`, `tables`, `Tables`, `value` or
//! (of a kind that ends in List) `items`;
//! (4) of a CSV, the header; (5) of a wrapping that was cut, what stands before its first element: an opening bracket
//! up to `"records":[` or `"items":[`, and what closes it properly behind its last; (6) of a flow log record, whatever
//! stands around its tuples, as far as it was read; (7) of an audit log, the lines that
//! ausearch puts between events. Of an event whose lines lie among those of others each run of lines is a span.

use std::io::{Cursor, Read};

use proptest::prelude::*;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;

use super::{EVENT, create, read, spans};
use crate::formats::host::auditd::{self, Dress};
use crate::formats::readable;

const RECORD: &str = r#"{"category":"kube-audit","properties":{"log":"{\"auditID\":\"a\",\"verb\":\"get\",\"requestURI\":\"/x\"}\n"},"time":"2031-04-05T06:07:08Z"}"#;
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"cart-0"}}"#;
const FLOWS: &str = r#"{"time":"2031-04-05T06:08:00Z","category":"NetworkSecurityGroupFlowEvent","properties":{"Version":2,"flows":[{"rule":"r","flows":[{"mac":"00","flowTuples":["1933135628,198.51.100.7,10.0.0.4,40000,22,T,I,A,B,,,,","1933135629,198.51.100.7,10.0.0.4,40000,22,T,I,A,E,1,2,3,4"]}]},{"rule":"s","flows":[{"mac":"00","flowTuples":["1933135630,198.51.100.7,10.0.0.4,1,2,U,O,D,B,,,,"]}]}]}}"#;
const REST: &str = r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"AuditId","type":"string"},{"name":"Verb","type":"string"}],"rows":[["a1","get"],["a2",null]]}]}"#;
const CSV: &str =
    "TimeGenerated,AuditId,Verb,User\n2031-04-05T06:07:08Z,a1,get,\"{\n\"\"username\"\":\"\"l\"\"}\"\nx,a2,list,\n";

/// Events of audit, one between the lines of another, a copy of a line, text of ausearch, a line of syslog.
const AUDIT: &str = "\
type=SYSCALL msg=audit(1933135628.034:1): arch=c000003e syscall=59 items=1 comm=\"a\"
type=SYSCALL msg=audit(1933135628.034:2): arch=c000003e syscall=59 items=0 comm=\"b\"
type=PATH msg=audit(1933135628.034:1): item=0 name=2F61
----
time->Sat Apr  5 06:07:08 2031
type=PROCTITLE msg=audit(1933135628.034:2): proctitle=\"b\"\r
node=n1 type=PROCTITLE msg=audit(1933135628.034:1): proctitle=\"a\"
type=PROCTITLE msg=audit(1933135628.034:1): proctitle=\"a\"
type=EOE msg=audit(1933135628.034:1): 
Apr  5 06:07:09 n1 audit[71]: USER_CMD pid=71
type=EOE msg=audit(1933135628.034:1): ";
const SYSLOG: &str = "<34>1 2031-04-05T06:07:08Z n1 su 71 ID47 [a b=\"c\"] failed
Apr  5 06:07:08 n1 sshd[4711]: hello\r
2031-04-05T06:07:09+00:00 n1 kernel: audit: type=1400 audit(1933135628.034:4711): x=y
";
const COUNTED: &str = "38 <34>1 2031-04-05T06:07:08Z n1 a - - - \n37 <34>1 2031-04-05T06:07:09Z n1 a - - -";
const KLOG: &str = "I0405 06:07:08.123456       1 a.go:12] \"Pod\" pod=\"shop/cart-0\" err=<
\tline one
 >
level=info ts=2031-04-05T06:07:08Z msg=hi
2031-04-05T06:07:08.123Z\tINFO\tctrl\tstarting\t{\"a\": 1}
";
const CRI: &str = "2031-04-05T06:07:08Z stdout P ab
2031-04-05T06:07:09Z stderr P xy
2031-04-05T06:07:10Z stdout F cd
{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2031-04-05T06:07:08Z\"}
2031-04-05T06:07:11Z stdout P end
";
const FALCO: &str = "06:07:08.123456789: Warning shell\n2031-04-05T06:07:08.1Z: Notice b\n";

fn specimens() -> Vec<String> {
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","metadata":{{}},"items":[{POD},{POD}]}}"#);
    vec![
        format!("{EVENT}\n{}\r\n{EVENT}", create("a", r#"{"spec":{"hostPID":true}}"#)),
        format!("{RECORD}\n{{\"records\":[{RECORD}, {EVENT}]}}\n{RECORD}\n"),
        format!("[{EVENT},\n{RECORD}]"),
        format!("{}\n{}\n", pretty(EVENT), pretty(RECORD)),
        list.clone(),
        pretty(&list),
        REST.to_owned(),
        CSV.to_owned(),
        format!("{FLOWS}\n{FLOWS}\n"),
        format!(r#"{{"records":[{FLOWS},{FLOWS}]}}"#),
        pretty(FLOWS),
        AUDIT.to_owned(),
        SYSLOG.to_owned(),
        COUNTED.to_owned(),
        KLOG.to_owned(),
        CRI.to_owned(),
        FALCO.to_owned(),
    ]
}

/// Marks the bytes of every whole value that wraps records.
fn wrapping(content: &[u8]) -> Vec<bool> {
    let wraps = |value: &serde_json::Value| {
        let list =
            value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) && value["metadata"]["name"].is_null();
        let flows = value["category"] == "NetworkSecurityGroupFlowEvent" && value["properties"]["flows"].is_array();
        value.is_array()
            || ["records", "tables", "Tables", "value", "resources"].iter().any(|key| value[*key].is_array())
            || value["FrameType"].is_string()
            || list
            || flows
    };
    let mut marks = vec![false; content.len()];
    let mut at = 0;
    while at < content.len() {
        let mut values = serde_json::Deserializer::from_slice(&content[at..]).into_iter::<serde_json::Value>();
        let value = if matches!(content[at], b'{' | b'[') { values.next() } else { None };
        match value {
            Some(Ok(value)) if wraps(&value) => {
                let end = at + values.byte_offset();
                marks[at..end].fill(true);
                at = end;
            }
            _ => at += 1,
        }
    }
    marks
}

/// Marks the lines that ausearch puts between events.
fn dress(content: &[u8]) -> Vec<bool> {
    let mut marks = vec![false; content.len()];
    let mut at = 0;
    for line in content.split_inclusive(|b| *b == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_matches(['\0', '\n', '\r', '\u{feff}']);
        let told = auditd::dress(text).is_some_and(|dress| dress != Dress::Time(None));
        marks[at..at + line.len()].fill(told);
        at += line.len();
    }
    marks
}

/// How many bytes at the start of a gap close a wrapping whose elements ended there.
fn closing(gap: &[u8]) -> usize {
    let blanks = gap.iter().take_while(|b| b.is_ascii_whitespace() || **b == 0).count();
    let rest = String::from_utf8_lossy(&gap[blanks..]).into_owned();
    let opened = format!("{{\"\":[{rest}");
    let mut values = serde_json::Deserializer::from_str(&opened).into_iter::<serde::de::IgnoredAny>();
    if rest.starts_with(']') && matches!(values.next(), Some(Ok(_))) { blanks + values.byte_offset() - 5 } else { 0 }
}

fn check(raw: &[u8]) -> Result<(), TestCaseError> {
    let (batch, known) = read(raw);
    // Any bytes may begin as UTF-16 or something packed does: places count in what is made of it.
    let mut content = Vec::new();
    readable(Cursor::new(raw.to_vec())).and_then(|mut source| source.read_to_end(&mut content)).unwrap();
    let content = &content[..];
    prop_assert_eq!(known.size, content.len() as u64);
    let sheets = batch.sheets.iter().filter(|sheet| !sheet.derived);
    let rows = batch.audit.num_rows() + batch.object.num_rows() + sheets.map(|s| s.rows.num_rows()).sum::<usize>();
    prop_assert_eq!(batch.read, (rows + batch.rejects.len()) as u64);
    prop_assert_eq!(batch.audit_keys.len(), batch.audit.num_rows());
    prop_assert_eq!(batch.object_keys.len(), batch.object.num_rows());
    let mut end = 0;
    let mut gaps = Vec::new();
    for (offset, length) in spans(&batch) {
        let (start, stop) = (offset as usize, (offset + length) as usize);
        prop_assert!(start >= end && stop > start && stop <= content.len(), "{start}..{stop} after {end}");
        gaps.push(end..start);
        end = stop;
    }
    gaps.push(end..content.len());
    // What stands between the documents of YAML and around the items of its lists, its own reader answers for.
    if known.format == "yaml" {
        return Ok(());
    }
    let wrapping = wrapping(content);
    let in_flow = |reason: &str| reason.starts_with("flow tuple") || reason.starts_with("part of a flow log");
    let parts = batch.rejects.iter().filter(|reject| in_flow(&reject.reason)).map(|reject| reject.offset as usize);
    let flows = batch.sheets.iter().filter(|sheet| sheet.table == "network_flow");
    let flows = flows.flat_map(|s| s.rows.column_by_name("offset").unwrap().as_primitive::<UInt64Type>().values());
    let tuples: Vec<usize> = flows.map(|offset| *offset as usize).chain(parts).collect();
    let dress = if known.format == "auditd" { dress(content) } else { vec![false; content.len()] };
    for mut gap in gaps {
        gap.start += closing(&content[gap.clone()]);
        let header = known.format == "csv" && gap.start == 0;
        let nothing = |at: usize| {
            let mark = (at.saturating_sub(2)..=at).any(|start| content[start..].starts_with(b"\xef\xbb\xbf"));
            mark || matches!(content[at], b' ' | b'\t' | b'\n' | b'\r' | 0 | b'[' | b']' | b',')
        };
        let counts = |at: &usize| !header && !wrapping[*at] && !dress[*at] && !nothing(*at);
        let lost = gap.clone().find(counts);
        let last = gap.clone().rev().find(|at| counts(at) || content[*at] == b'[');
        let beginning = lost.zip(last).is_some_and(|(first, last)| {
            let text = String::from_utf8_lossy(&content[first..=last]);
            text.starts_with('{') && text.ends_with('[') && (text.contains("\"records\"") || text.contains("\"items\""))
        });
        let around = lost.is_some_and(|at| tuples.contains(&gap.end) && matches!(content[at], b'{' | b'}' | b'"'));
        // Behind the last tuple of a record in a wrapping that is not valid as a whole.
        let close = |b: &u8| matches!(b, b'}' | b']' | b',') || b.is_ascii_whitespace();
        let closers = content.get(gap.clone()).is_some_and(|gap| gap.iter().all(close));
        let around = around || (closers && !tuples.is_empty());
        prop_assert!(lost.is_none() || beginning || around, "{lost:?} of {:?}", String::from_utf8_lossy(&content[gap]));
    }
    Ok(())
}

#[test]
fn the_specimens_themselves_balance_and_have_no_rejects() {
    for text in specimens() {
        check(text.as_bytes()).unwrap();
        let (batch, _) = read(text.as_bytes());
        assert!(batch.read >= 2 && batch.rejects.is_empty(), "{text} {:?}", batch.rejects);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_balance(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(&content)?;
    }

    #[test]
    fn any_text_of_json_marks_balances(content in "[\\[\\]{}\",:\\\\ \n\r\u{0}\u{feff}a1é]{0,60}") {
        check(content.as_bytes())?;
    }

    #[test]
    fn changed_specimens_balance(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), 0_u8..4, any::<u8>()), 1..6),
        other in any::<proptest::sample::Index>(),
    ) {
        let all = specimens();
        let mut content = which.get(&all).clone().into_bytes();
        for (place, change, byte) in changes {
            if content.is_empty() {
                break;
            }
            let at = place.index(content.len());
            match change {
                0 => content[at] = byte,
                1 => content.insert(at, byte),
                2 => content.truncate(at),
                _ => { content.splice(at..at, other.get(&all).bytes()); }
            }
        }
        check(&content)?;
    }

    #[test]
    fn specimens_cut_anywhere_and_packed_balance(which in any::<proptest::sample::Index>(), cut in any::<proptest::sample::Index>()) {
        let all = specimens();
        let text = which.get(&all);
        check(&text.as_bytes()[..cut.index(text.len())])?;
        check(&text.as_bytes()[cut.index(text.len())..])?;
    }
}

#[test]
fn an_item_of_yaml_without_a_value_is_its_dash() {
    let (batch, _) = read(b"kind: PodList\napiVersion: v1\nitems:\n-\n- metadata: {name: a}\n- \n\n");
    assert_eq!(spans(&batch), [(36, 1), (40, 19), (60, 1)]);
    assert_eq!(batch.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [4, 6]);
}
