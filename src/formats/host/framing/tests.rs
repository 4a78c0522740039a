//! Which kind of log the first lines are.

use proptest::prelude::*;

use super::*;
use crate::formats::tests::shared;
use crate::model::Micros;

#[test]
fn each_kind_is_told_from_a_few_lines() {
    let of = |text: &str| fit(text.as_bytes());
    let audit = "type=SYSCALL msg=audit(1933135628.034:4711): arch=c000003e syscall=59\n";
    assert_eq!(of(&audit.repeat(3)), Some(Kind::Auditd));
    assert_eq!(of(&format!("----\ntime->Tue Nov 24 10:11:12 2026\n{audit}")), Some(Kind::Ausearch));
    assert_eq!(
        of("----\ntype=SYSCALL msg=audit(11/24/2026 10:11:12.123:4711) : arch=x86_64 syscall=execve\n"),
        Some(Kind::Ausearch)
    );
    assert_eq!(of("Nov 24 10:11:12 n1 sshd[1]: a\nNov 24 10:11:12 n1 cron[1]: b\n"), Some(Kind::Syslog));
    assert_eq!(of("I0405 06:07:08.123456       1 file.go:12] msg\n\t(string) x\n}\n"), Some(Kind::Klog));
    assert_eq!(of("time=\"2031-04-05T06:07:08Z\" level=info msg=x\n"), Some(Kind::Klog));
    assert_eq!(of("2031-04-05T06:07:08.123456789Z stdout F I0405 06:07:08.123456 1 a.go:1] x\n"), Some(Kind::Cri));
    assert_eq!(of("{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2031-04-05T06:07:08Z\"}\n"), Some(Kind::Cri));
    assert_eq!(of("06:07:08.123456789: Warning shell in pod\n"), Some(Kind::FalcoText));
}

#[test]
fn audit_lines_behind_syslog_are_audit_and_a_few_of_them_among_others_are_syslog() {
    let audit = "Nov 24 10:11:12 n1 kernel: audit: type=1300 audit(1933135628.034:4711): arch=c000003e syscall=59\n";
    let other = "Nov 24 10:11:12 n1 sshd[1]: a\n";
    assert_eq!(fit(audit.repeat(2).as_bytes()), Some(Kind::Auditd));
    assert_eq!(fit(format!("{audit}{other}{other}").as_bytes()), Some(Kind::Syslog));
    assert_eq!(fit(format!("{audit}{audit}{other}").as_bytes()), Some(Kind::Syslog));
}

#[test]
fn audit_lines_inside_json_and_tables_are_values_of_these() {
    let audit = "Nov 24 10:11:12 n1 kernel: audit: type=1300 audit(1933135628.034:4711): arch=c000003e";
    let line = format!("{{\"MESSAGE\":\"{audit}\"}}\n");
    assert_eq!(fit(line.repeat(3).as_bytes()), None);
    assert_eq!(fit(format!("{{\n  \"a\": \"{audit}\",\n  \"b\": \"{audit}\"\n}}\n").as_bytes()), None);
    let rows = format!("2031-04-05T06:07:08Z,n1,{audit}\n").repeat(3);
    assert_eq!(fit(format!("TimeGenerated,Computer,SyslogMessage\n{rows}").as_bytes()), None);
}

#[test]
fn a_subresource_of_that_name_makes_no_line_of_a_container() {
    assert!(!may_be_containers(br#"{"auditID":"a","objectRef":{"resource":"pods","subresource":"log"},"verb":"get"}"#));
    assert!(may_be_containers(br#"{"log":"a line\n","stream":"stdout","time":"2031-04-05T06:07:08.1Z"}"#));
    assert!(may_be_containers(b"{\"stream\":\"stderr\", \"log\" : \"a line\"}"));
}

#[test]
fn hole_of_nul_bytes_and_a_byte_order_mark_are_skipped() {
    let line = b"type=EOE msg=audit(1933135628.034:4711): \n";
    assert_eq!(fit(&[&[0; 4096][..], line].concat()), Some(Kind::Auditd));
    assert_eq!(fit(&[b"\xef\xbb\xbf", &line[..]].concat()), Some(Kind::Auditd));
}

#[test]
fn last_line_that_may_be_cut_does_not_vote() {
    let head = "06:07:08.123456789: Warning shell in pod\n06:07:08.1";
    assert_eq!(fit(head.as_bytes()), Some(Kind::FalcoText));
}

#[test]
fn what_has_no_majority_is_nothing() {
    for head in [
        "",
        "\n\n",
        "\0\0",
        "----\n----\n",
        "a\nb\n06:07:08.123456789: Warning x\n",
        "06:07:08.123456789: Warning x\nprose\n",
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\"}\n",
        "{\"msg\":\"x\",\"ts\":1632889070.3075402}\n",
        "TimeGenerated,Computer\n2031-04-05T06:07:08Z,n1\n",
        "apiVersion: v1\nkind: Pod\n",
        "\u{feff}",
    ] {
        assert_eq!(fit(head.as_bytes()), None, "{head}");
    }
    assert_eq!(fit(b"\xff\xfe\x00\x01\n\xff\n"), None);
}

#[test]
fn falco_line_has_a_time_of_day_and_no_date() {
    let read = falco_text("06:07:08.123456789: Warning shell in pod (user=root)\n").unwrap();
    let clock = ((6 * 60 + 7) * 60 + 8) * 1_000_000 + 123_456;
    assert_eq!((read.time_of_day, read.time, read.priority), (clock, None, Priority::Warning));
    assert_eq!(read.message, "shell in pod (user=root)");
}

#[test]
fn falco_line_with_an_iso_time_has_a_date() {
    let read = falco_text("2031-04-05T06:07:08.123456789+0000: Informational x y").unwrap();
    assert_eq!(read.time, Micros::parse("2031-04-05T06:07:08.123456Z"));
    assert_eq!(read.priority, Priority::Informational);
}

#[test]
fn other_lines_are_no_falco_text() {
    for text in [
        "06:07:08: Warning x",
        "26:07:08.123456789: Warning x",
        "06:07:08.123456789: Severe x",
        "06:07:08.123456789 Warning x",
        "Thu Nov 24 10:11:12 2026: Falco version 0.39",
        "2031-04-05T06:07:08: Warning no zone",
        "",
    ] {
        assert!(falco_text(text).is_err(), "{text}");
    }
}

/// Every real audit file is audit, and no other real file of the collection is taken for one.
#[test]
fn real_files_are_recognised() {
    let Ok(folder) = std::fs::read_dir(shared("auditd-go-libaudit")) else { return };
    for entry in folder.flatten() {
        let head = std::fs::read(entry.path()).unwrap();
        assert_eq!(fit(&head), Some(Kind::Auditd), "{}", entry.path().display());
    }
    for name in
        ["README.md", "msticpy/linux_events.csv", "sysdig-aks-audit-log/event.json", "sysdig-aks-audit-log/curl.txt"]
    {
        let head = std::fs::read(shared(name)).unwrap();
        assert_eq!(fit(&head), None, "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_fit_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = fit(&bytes);
    }

    #[test]
    fn falco_never_panics(text in "[0-9:.TZ+-]{0,30}(: )?[A-Za-z é]{0,20}") {
        let _ = falco_text(&text);
    }
}
