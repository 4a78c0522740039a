//! Logs of hosts and programs through reader and decoder: blocks, years, real captures.

use std::io::Cursor;

use super::{EVENT, cell, cells, read, shared};
use crate::formats::block::{ENOUGH, decode};
use crate::formats::{Batch, Reader, Rows, SheetBatch};
use crate::model::EvidenceId;

fn sheet<'b>(batch: &'b Batch, table: &str) -> &'b SheetBatch {
    batch.sheets.iter().find(|sheet| sheet.table == table).unwrap()
}

fn column(sheet: &SheetBatch, name: &str) -> Vec<String> {
    (0..sheet.rows.num_rows()).map(|row| cell(&sheet.rows, name, row).unwrap_or_else(|| "-".to_owned())).collect()
}

/// Reads as a case does: every block, of 1 MB, on its own, nothing kept between them.
fn in_blocks(text: &str, year: Option<i32>) -> (Vec<Batch>, String) {
    let before = ENOUGH.replace(1 << 20);
    let mut reader = Reader::open(Box::new(Cursor::new(text.as_bytes().to_vec()))).unwrap();
    let mut batches = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        let mut rows = Rows::new(EvidenceId(0), "input");
        rows.assume_year(year);
        decode(&block, &mut rows);
        batches.push(rows.finish());
    }
    ENOUGH.set(before);
    (batches, reader.finish().format)
}

#[test]
fn events_are_whole_wherever_blocks_end() {
    let line =
        |kind: &str, event: usize, rest: &str| format!("type={kind} msg=audit(1933135628.034:{event}): {rest}\n");
    // Twenty events at a time, their lines among one another.
    let lines = (0..1_500).flat_map(|group: usize| {
        let all =
            |kind: &'static str, rest: &'static str| (0..20).map(move |event| line(kind, group * 20 + event, rest));
        let begin = all("SYSCALL", "arch=c000003e syscall=59 items=1 comm=\"a\"");
        begin.chain(all("PATH", "item=0 name=\"/a\"")).chain(all("PROCTITLE", "proctitle=\"a\""))
    });
    let (batches, format) = in_blocks(&lines.collect::<String>(), None);
    assert_eq!(format, "auditd");
    assert!(batches.len() > 2, "{}", batches.len());
    let lines = batches.iter().flat_map(|batch| column(sheet(batch, "auditd"), "lines")).collect::<Vec<_>>();
    assert_eq!(lines, vec!["3"; 30_000]);
    assert!(batches.iter().all(|batch| batch.rejects.is_empty()));
}

#[test]
fn parts_of_a_long_line_are_one_row_wherever_blocks_end() {
    let part = format!("2031-04-05T06:07:08.123456789Z stdout P {}\n", "x".repeat(16_000));
    let last = "2031-04-05T06:07:08.123456789Z stdout F end\n";
    let other = "2031-04-05T06:07:08.123456789Z stderr F other\n";
    let text = format!("{}{other}{}{last}{other}", part.repeat(40), part.repeat(50)).repeat(4);
    let (batches, _) = in_blocks(&text, None);
    assert!(batches.len() > 2);
    let rows = batches.iter().flat_map(|batch| column(sheet(batch, "container_log"), "lines"));
    let (long, short): (Vec<String>, Vec<String>) = rows.partition(|lines| lines == "91");
    assert_eq!((long.len(), short), (4, vec!["1".to_owned(); 8]));
}

#[test]
fn a_panic_has_the_time_of_the_line_before_it_wherever_blocks_end() {
    let text = format!("time=2031-04-05T06:07:08Z level=info msg={}\ngoroutine 1 [running]:\n", "x".repeat(3000));
    let (batches, format) = in_blocks(&text.repeat(2_400), None);
    assert_eq!((format.as_str(), batches.len() > 2), ("log-lines", true));
    let all = batches.iter().flat_map(|batch| column(sheet(batch, "control_plane"), "time_source"));
    let (own, before): (Vec<String>, Vec<String>) = all.partition(|source| source == "line");
    assert_eq!((own.len(), before.len()), (2_400, 2_400));
    assert!(before.iter().all(|source| source == "line before"));
}

#[test]
fn counted_messages_are_whole_wherever_blocks_end() {
    let message = |end: &str| {
        let text = format!("<13>1 2031-04-05T06:07:08Z n1 a - - - {}{end}{}", "x".repeat(700), "y".repeat(900));
        format!("{} {text}", text.len())
    };
    let text = format!("{}{}\n{}\n", message("\n"), message(" "), message(" ")).repeat(1000);
    let (batches, _) = in_blocks(&text, None);
    assert!(batches.len() > 3, "{}", batches.len());
    assert_eq!(batches.iter().map(|batch| sheet(batch, "Syslog").keys.len()).sum::<usize>(), 3000);
    assert!(batches.iter().all(|batch| batch.rejects.is_empty()));
}

#[test]
fn a_year_that_is_given_makes_times() {
    let syslog = "Apr  5 06:07:08 n1 sshd[7]: a\nFeb 29 00:00:00 n1 sshd[7]: b\nApr  5 06:07:09 n1 sshd[7]: c\n";
    let (batches, _) = in_blocks(syslog, Some(2031));
    let rows = sheet(&batches[0], "Syslog");
    assert_eq!(column(rows, "time"), ["2031-04-05T06:07:08.000000Z", "-", "2031-04-05T06:07:09.000000Z"]);
    assert_eq!(column(rows, "TimeText"), ["Apr  5 06:07:08", "Feb 29 00:00:00", "Apr  5 06:07:09"]);
    let notes = batches[0].lacks.notes();
    let starts = ["lines without a year: 1;", "lines without a year: 2; read as", "lines without a zone: 2;"];
    assert!(notes.iter().zip(starts).all(|(note, start)| note.starts_with(start)), "{notes:?}");

    let klog = "I0405 06:07:08.123456       1 a.go:1] a\ngoroutine 1 [running]:\nI0405 06:07:09.0 x\n";
    let (batches, _) = in_blocks(klog, Some(2031));
    let rows = sheet(&batches[0], "control_plane");
    assert_eq!(column(rows, "time"), vec!["2031-04-05T06:07:08.123456Z"; 3]);
    assert_eq!(column(rows, "time_source"), ["line", "line before", "line before"]);
    assert_eq!(column(rows, "time_text"), ["-", "-", "-"]);
}

#[test]
fn an_audit_event_among_lines_of_its_server_is_one() {
    let line = "I0405 06:07:08.123456       1 a.go:1] a\n";
    let (batch, content) = read(format!("{line}{line}{EVENT}\n{line}").as_bytes());
    assert_eq!(content.format, "log-lines");
    assert_eq!((batch.audit.num_rows(), sheet(&batch, "control_plane").keys.len()), (1, 3));
}

#[test]
fn one_message_at_two_times_is_two_events() {
    let line = |second: u32| format!("2031-04-05T06:07:{second:02}Z stdout F same\n");
    let keys = |second| read(line(second).as_bytes()).0.sheets[0].keys[0];
    assert_eq!(keys(8), keys(8));
    assert_ne!(keys(8).hash, keys(9).hash);
}

#[test]
fn records_hold_all_that_the_lines_say() {
    let text = "type=AVC msg=audit(1933135628.034:1): avc:  denied  { read } for  pid=1 comm=612062 pid=2\n\
        type=USER_CMD msg=audit(1933135628.034:1): pid=3 msg='cwd=\"/\" cmd=6964 res=success'\u{1d}UID=\"root\"\n";
    let (batch, _) = read(text.as_bytes());
    let records = cell(&sheet(&batch, "auditd").rows, "records", 0).unwrap();
    let expected = concat!(
        r#"[{"type":"AVC","words":"avc: denied { read } for","fields":{"pid":["1","2"],"comm":"a b"},"#,
        r#""written":{"comm":"612062"}},{"type":"USER_CMD","fields":{"pid":"3"},"#,
        r#""msg":{"cwd":"/","cmd":"id","res":"success"},"enriched":{"UID":"root"},"written":{"cmd":"6964"}}]"#
    );
    assert_eq!(records, expected);
}

/// The counts are those of the grouper's own test, made with grep.
#[test]
fn real_audit_logs_have_as_many_rows_as_distinct_times_and_serials() {
    for (name, lines, events) in [
        ("audit-rhel6.log", 2, 2),
        ("audit-rhel7.log", 50, 47),
        ("audit-ubuntu14.log", 1, 1),
        ("audit-ubuntu16.log", 3, 3),
        ("audit-ubuntu17.log", 1, 1),
        ("test2.log", 10, 7),
        ("test3.log", 17, 10),
    ] {
        let Ok(content) = std::fs::read(shared("auditd-go-libaudit").join(name)) else { return };
        let (batch, known) = read(&content);
        let found = sheet(&batch, "auditd");
        let sum = column(found, "lines").iter().map(|lines| lines.parse::<u64>().unwrap()).sum::<u64>();
        assert_eq!((known.format.as_str(), found.keys.len(), sum), ("auditd", events, lines), "{name}");
        assert!(batch.rejects.is_empty() && column(found, "unread").iter().all(|text| text == "-"), "{name}");
    }
}

/// Headers counted with grep, see the reader's own test.
#[test]
fn a_real_log_of_a_program_is_told_by_its_headers() {
    let folder = "insights-archive/conditional/namespaces/openshift-cluster-samples-operator/\
        pods/cluster-samples-operator-8ffb9b45f-49mjr/containers/cluster-samples-operator-watch/logs";
    let Ok(content) = std::fs::read(shared(folder).join("last-100-lines.log")) else { return };
    let (batch, known) = read(&content);
    let rows = sheet(&batch, "control_plane");
    let levels = column(rows, "level").into_iter().filter(|level| level != "-").count();
    assert_eq!((known.format.as_str(), rows.keys.len(), levels), ("log-lines", 6, 3));
}

#[test]
fn tables_of_ours_have_their_columns_and_no_other() {
    for (text, table) in [
        ("type=CWD msg=audit(1933135628.034:1): cwd=\"/\"\n", "auditd"),
        ("2031-04-05T06:07:08Z stdout F a\n", "container_log"),
        ("I0405 06:07:08.123456       1 a.go:1] \"a\" b=\"c\"\n", "control_plane"),
    ] {
        let (batch, _) = read(text.as_bytes());
        let known = crate::model::TABLES.iter().find(|known| known.name == table).unwrap();
        assert_eq!(batch.sheets[0].rows.schema().fields().len(), known.schema.fields().len(), "{table}");
        assert_eq!(cells(&batch.sheets[0].rows, 0, &["evidence", "offset"]), ["7", "0"]);
    }
}

#[test]
fn a_line_that_is_too_long_for_an_audit_record_or_a_header_is_not_taken_apart() {
    let long = "a=b ".repeat(300_000);
    let audit = format!("{}{long}\n", "type=CWD msg=audit(1933135628.034:1): cwd=\"/\"\n".repeat(3));
    let audit = format!("{audit}type=CWD msg=audit(1933135628.034:2): {long}\n");
    let (batch, _) = read(audit.as_bytes());
    assert_eq!((sheet(&batch, "auditd").keys.len(), batch.rejects.len()), (1, 2));
    assert!(batch.rejects[1].reason.contains("longer than"), "{}", batch.rejects[1].reason);
    let line = "level=info ts=2031-04-05T06:07:08Z msg=a";
    let (batch, content) = read(format!("{line}\n{line} {long}\n{line}\n").as_bytes());
    assert_eq!(column(sheet(&batch, "control_plane"), "level"), ["Info", "-", "Info"]);
    assert!(content.notes.iter().any(|note| note.contains("longer than")), "{:?}", content.notes);
}
