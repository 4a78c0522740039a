//! Real audit logs of several distributions, read where they lie.
//!
//! The counts were made by other tools on the same files: events by
//! `grep -oE 'audit\([0-9.]+:[0-9]+\)' FILE | sort -u | wc -l`, lines without time and serial by
//! `grep -cvE 'audit\([0-9.]+:[0-9]+\)' FILE`, decoded values by Python's `bytes.fromhex`.

use super::*;
use crate::formats::tests::shared;

fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(shared("auditd-go-libaudit").join(name)).ok()
}

#[test]
fn events_are_as_many_as_distinct_times_and_serials() {
    for (name, lines, named, nameless) in [
        ("audit-rhel6.log", 2, 2, 0),
        ("audit-rhel7.log", 50, 46, 1),
        ("audit-ubuntu14.log", 1, 1, 0),
        ("audit-ubuntu16.log", 3, 3, 0),
        ("audit-ubuntu17.log", 1, 1, 0),
        ("test2.log", 10, 7, 0),
        ("test3.log", 17, 10, 0),
    ] {
        let Some(text) = read(name) else { return };
        let events = grouped(&text, Limits { seconds: i64::MAX, ..Limits::default() });
        let (with, without): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|event| event.serial.is_some());
        assert_eq!((with.len(), without.len()), (named, nameless), "{name}");
        assert!(events.iter().all(|event| !event.continues), "{name}");
        let records = events.iter().map(|event| event.records.len()).sum::<usize>();
        assert_eq!((records, text.lines().count()), (lines, lines), "{name}");
    }
}

#[test]
fn hexadecimal_values_are_what_python_decodes() {
    for (name, number, key, value) in [
        ("audit-rhel6.log", 1, "exe", "/usr/libexec/strongswan/charon (deleted)"),
        ("audit-rhel6.log", 2, "cmd", "/usr/lib64/nagios/plugins/check_asterisk_sip_peers -p 107"),
        ("audit-rhel7.log", 11, "cwd", "/tmp/a b c"),
        ("audit-rhel7.log", 28, "exe", "/usr/bin/python2.7;58d1ccfb (deleted)"),
        ("audit-rhel7.log", 34, "cmd", "./metricbeat -c mb.dev.yml"),
        ("audit-rhel7.log", 45, "data", "su - andrew_kroh"),
        ("audit-ubuntu14.log", 1, "name", "/share/general/path_redacted"),
        ("audit-ubuntu16.log", 1, "acct", "(invalid user)"),
        ("test3.log", 4, "proctitle", "sshd: burn [priv]"),
    ] {
        let Some(text) = read(name) else { return };
        let text = text.lines().nth(number - 1).unwrap();
        let read = line(text).unwrap();
        let field = read.field(key).unwrap();
        assert_eq!((&*field.value, field.form), (value, Form::Hex), "{name} {number}");
    }
}

#[test]
fn interleaved_events_of_a_real_log_keep_their_own_titles() {
    let Some(text) = read("test3.log") else { return };
    let events = grouped(&text, Limits::default());
    for (serial, comm, title) in [(194_433, "bash", "bash"), (194_435, "sshd", "sshd: burn [priv]")] {
        let event = events.iter().find(|event| event.serial == Some(serial)).unwrap();
        let values = event.values();
        assert_eq!((values.comm.as_deref(), values.proctitle.as_deref()), (Some(comm), Some(title)));
        assert_eq!(event.ended, Ended::Proctitle);
    }
}

#[test]
fn address_of_a_real_connection_to_the_metadata_service() {
    let Some(text) = read("audit-rhel7.log") else { return };
    let events = grouped(&text, Limits { seconds: i64::MAX, ..Limits::default() });
    let event = events.iter().find(|event| event.serial == Some(688)).unwrap();
    let address = event.values().sockaddr.unwrap();
    assert_eq!((address.address(), address.port()), ("169.254.169.254".parse().ok(), Some(80)));
}
