//! Lines joined to events, and what an event says.

use super::*;

/// Returns of each event its serial, how many records it has and why it ended.
fn shape(events: &[Event]) -> Vec<(Option<u64>, usize, Ended)> {
    events.iter().map(|event| (event.serial, event.records.len(), event.ended)).collect()
}

const EXECVE: &str = "\
type=SYSCALL msg=audit(1933135628.034:4711): arch=c000003e syscall=59 success=yes exit=0 a0=1 items=2 ppid=7 pid=8 \
auid=4294967295 uid=0 euid=33 tty=(none) ses=4294967295 comm=\"cat\" exe=\"/bin/cat\" key=65786563013634626974\u{1d}\
ARCH=x86_64 SYSCALL=execve AUID=\"unset\" UID=\"root\" EUID=\"www-data\"
type=EXECVE msg=audit(1933135628.034:4711): argc=2 a0=\"cat\" a1=2F6120
type=CWD msg=audit(1933135628.034:4711):  cwd=\"/root\"
type=PATH msg=audit(1933135628.034:4711): item=0 name=\"/bin/cat\" inode=5 mode=0100755 nametype=NORMAL
type=PATH msg=audit(1933135628.034:4711): item=1 name=(null) objtype=UNKNOWN
type=PROCTITLE msg=audit(1933135628.034:4711): proctitle=636174002F6120
";

#[test]
fn values_of_an_execution() {
    let events = grouped(EXECVE, Limits::default());
    assert_eq!(shape(&events), [(Some(4711), 6, Ended::Proctitle)]);
    let values = events[0].values();
    assert_eq!(values.types, ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE"]);
    assert_eq!((values.syscall.as_deref(), values.syscall_name.as_deref()), (Some("59"), Some("execve")));
    assert_eq!((values.success.as_deref(), values.exit.as_deref()), (Some("yes"), Some("0")));
    assert_eq!(
        (values.exe.as_deref(), values.comm.as_deref(), values.cwd.as_deref()),
        (Some("/bin/cat"), Some("cat"), Some("/root"))
    );
    assert_eq!(values.argv.unwrap().arguments, [Some("cat".into()), Some("/a ".into())]);
    assert_eq!(values.proctitle.as_deref(), Some("cat /a "));
    assert_eq!(values.proctitle_written.as_deref(), Some("636174002F6120"));
    assert_eq!(values.keys, ["exec", "64bit"]);
    assert_eq!((values.pid, values.ppid, values.ses), (Some(8), Some(7), None));
    assert_eq!(values.uid, Some(Id { number: Some(0), name: Some("root".into()) }));
    assert_eq!(values.euid, Some(Id { number: Some(33), name: Some("www-data".into()) }));
    assert_eq!((values.auid, values.tty), (None, None));
    let paths: Vec<_> = values.paths.iter().map(|p| (p.item, p.name.as_deref(), p.nametype.as_deref())).collect();
    assert_eq!(paths, [(Some(0), Some("/bin/cat"), Some("NORMAL")), (Some(1), None, Some("UNKNOWN"))]);
    assert_eq!(values.notes, Vec::<String>::new());
}

#[test]
fn ranges_and_line_numbers_are_kept_with_each_record() {
    let events = grouped(EXECVE, Limits::default());
    for (number, kept) in (1..).zip(&events[0].records) {
        let text = &EXECVE[kept.range.start as usize..kept.range.end as usize];
        assert_eq!((kept.line, &*kept.record.kind), (number, &*line(text).unwrap().kind));
    }
}

#[test]
fn call_is_named_by_the_table_when_nothing_else_names_it() {
    let name = |text: &str| grouped(text, Limits::default())[0].values().syscall_name;
    let head = "type=SYSCALL msg=audit(1933135628.034:4711):";
    assert_eq!(name(&format!("{head} arch=c00000b7 syscall=221\n")).as_deref(), Some("execve"));
    assert_eq!(name(&format!("{head} arch=40000003 syscall=11\n")), None);
    let local =
        "type=SYSCALL msg=audit(11/24/2026 10:11:12.123:4711) : arch=x86_64 syscall=openat uid=root auid=unset\n";
    assert_eq!(name(local).as_deref(), Some("openat"));
    let values = grouped(local, Limits::default())[0].values();
    assert_eq!((values.uid, values.auid), (Some(Id { number: None, name: Some("root".into()) }), None));
}

#[test]
fn values_of_a_login_and_of_an_old_one() {
    let text = "type=USER_LOGIN msg=audit(1933135628.034:4711): pid=12635 uid=0 auid=1000 ses=3 msg='op=login \
        acct=28696E76616C6964207573657229 exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 terminal=sshd res=failed'\n";
    let values = grouped(text, Limits::default())[0].values();
    assert_eq!((values.acct.as_deref(), values.hostname, values.ses), (Some("(invalid user)"), None, Some(3)));
    assert_eq!((values.addr.as_deref(), values.terminal.as_deref()), (Some("192.0.2.1"), Some("sshd")));
    assert_eq!((values.op.as_deref(), values.res.as_deref()), (Some("login"), Some("failed")));
    let text = "type=LOGIN msg=audit(1170021601.343:296): login pid=1 uid=0 old auid=4294967295 new auid=5\n";
    let values = grouped(text, Limits::default())[0].values();
    assert_eq!(values.auid, Some(Id { number: Some(5), name: None }));
}

#[test]
fn address_of_a_connection_raw_and_interpreted() {
    for text in [
        "type=SOCKADDR msg=audit(1933135628.034:4711): saddr=02000050A9FEA9FE0000000000000000\n",
        "type=SOCKADDR msg=audit(11/24/2026 10:11:12.123:4711) : saddr={ saddr_fam=inet laddr=169.254.169.254 lport=80 }\n",
    ] {
        let address = grouped(text, Limits::default())[0].values().sockaddr.unwrap();
        assert_eq!((address.address(), address.port()), ("169.254.169.254".parse().ok(), Some(80)), "{text}");
    }
    let values = grouped("type=SOCKADDR msg=audit(1.2:3): saddr=0x2\n", Limits::default())[0].values();
    assert_eq!((values.sockaddr, values.notes), (None, vec!["saddr cannot be read".to_owned()]));
}

fn syscall(node: &str, time: u64, serial: u64) -> String {
    format!("{node}type=SYSCALL msg=audit({time}.000:{serial}): arch=c000003e syscall=42 items=0\n")
}

fn title(node: &str, time: u64, serial: u64) -> String {
    format!("{node}type=PROCTITLE msg=audit({time}.000:{serial}): proctitle=\"x\"\n")
}

const T: u64 = 1_933_135_628;

#[test]
fn lines_of_two_events_interleave_and_late_eoe_finds_its_event() {
    let eoe = format!("type=EOE msg=audit({T}.000:1): \n");
    let text = [syscall("", T, 1), syscall("", T, 2), title("", T, 1), title("", T, 2), eoe].concat();
    let events = grouped(&text, Limits::default());
    assert_eq!(shape(&events), [(Some(1), 3, Ended::Eoe), (Some(2), 2, Ended::Proctitle)]);
    assert!(events.iter().all(|event| !event.continues));
}

#[test]
fn same_serial_on_another_node_or_at_another_time_is_another_event() {
    let text = [syscall("node=a ", T, 1), syscall("node=b ", T, 1), syscall("node=a ", T + 9, 1)].concat();
    let events = grouped(&text, Limits::default());
    let names: Vec<_> = events.iter().map(|event| (event.node.as_deref(), event.records.len())).collect();
    assert_eq!(names, [(Some("a"), 1), (Some("b"), 1), (Some("a"), 1)]);
}

#[test]
fn ten_restarts_of_the_serial_in_one_file_stay_apart() {
    let boots = 0..11_u64;
    let text: String = boots
        .flat_map(|boot| {
            (1..=5).flat_map(move |serial| {
                let time = T + boot * 100 + serial;
                [syscall("", time, serial), title("", time, serial)]
            })
        })
        .collect();
    let events = grouped(&text, Limits::default());
    assert_eq!(events.len(), 55);
    assert!(events.iter().all(|event| event.records.len() == 2 && !event.continues));
    let resets = events.windows(2).filter(|pair| pair[1].serial < pair[0].serial).count();
    assert_eq!(resets, 10);
}

#[test]
fn title_before_the_call_or_its_paths_ends_nothing() {
    let path = |item: u64| format!("type=PATH msg=audit({T}.000:1): item={item} name=\"/x\"\n");
    let call = format!("type=SYSCALL msg=audit({T}.000:1): syscall=59 items=2\n");
    let other = (2..200).map(|serial| syscall("", T, serial)).collect::<String>();
    let text = [title("", T, 1), other.clone(), call.clone(), path(0), other.clone(), path(1)].concat();
    let events = grouped(&text, Limits::default());
    let first = events.iter().find(|event| event.serial == Some(1)).unwrap();
    assert_eq!((first.records.len(), first.ended, first.continues), (4, Ended::Proctitle, false));
}

#[test]
fn complete_event_is_given_out_while_the_input_goes_on() {
    let limits = Limits { eoe: 2, ..Limits::default() };
    let mut grouper = Grouper::new(limits);
    let texts = [syscall("", T, 1), title("", T, 1), syscall("", T, 2), syscall("", T, 3), syscall("", T, 4)];
    let given: Vec<usize> = texts.iter().map(|text| grouper.feed(line(text).unwrap(), 1, 0..1).len()).collect();
    assert_eq!(given, [0, 0, 0, 0, 1]);
}

#[test]
fn windows_of_records_and_of_seconds_end_an_event_and_what_comes_later_says_so() {
    let limits = Limits { records: 2, ..Limits::default() };
    let text = [syscall("", T, 1), syscall("", T, 2), syscall("", T, 3), syscall("", T, 4), title("", T, 1)].concat();
    let events = grouped(&text, limits);
    assert_eq!(shape(&events)[0], (Some(1), 1, Ended::Window));
    let later: Vec<_> = events.iter().filter(|event| event.continues).map(|event| event.serial).collect();
    assert_eq!(later, [Some(1)]);

    let text = [syscall("", T, 1), syscall("node=b ", T, 1), syscall("", T + 61, 2)].concat();
    let mut grouper = Grouper::default();
    let given: Vec<Event> = text.lines().flat_map(|text| grouper.feed(line(text).unwrap(), 1, 0..1)).collect();
    assert_eq!((shape(&given), given[0].node.as_deref()), (vec![(Some(1), 1, Ended::Window)], None));
    assert_eq!(grouper.finish().len(), 2);
}

#[test]
fn limits_of_memory_end_events_and_lose_nothing() {
    let text: String = (0..50).map(|serial| syscall("", T, serial)).collect();
    for limits in [
        Limits { open: 3, ..Limits::default() },
        Limits { bytes: 2000, ..Limits::default() },
        Limits { of_event: 1, ..Limits::default() },
    ] {
        let events = grouped(&text, limits);
        assert_eq!(events.len(), 50);
        assert_eq!(events[0].ended, Ended::Full);
    }
}

#[test]
fn messages_of_programs_end_at_once_and_lines_without_a_serial_stand_alone() {
    let mut grouper = Grouper::default();
    let mut feed = |text: &str| grouper.feed(line(text).unwrap(), 1, 0..1);
    assert_eq!(shape(&feed("type=USER_END msg=audit(1933135628.034:1): pid=1")), [(Some(1), 1, Ended::Alone)]);
    assert_eq!(shape(&feed("type=UNKNOWN[1329] msg=?")), [(None, 1, Ended::Nameless)]);
    assert_eq!(shape(&feed("type=CWD msg=audit(): cwd=\"/\"")), [(None, 1, Ended::Nameless)]);
    // Since Linux 5 the call that changed a rule follows its CONFIG_CHANGE under the same serial.
    assert!(feed("type=CONFIG_CHANGE msg=audit(1933135628.034:2): op=add_rule res=1").is_empty());
}
