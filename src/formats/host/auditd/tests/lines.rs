//! Heads of lines: prefixes, types, times, serials, parts.

use super::*;

#[test]
fn raw_line_gives_type_time_serial_and_fields_in_order() {
    let read = line("type=SYSCALL msg=audit(1933135628.034:4711): arch=c000003e syscall=59 comm=\"a b\" key=(null)\n")
        .unwrap();
    assert_eq!((&*read.kind, read.number, read.clock), ("SYSCALL", Some(1300), Clock::Epoch));
    assert_eq!((read.time, read.serial), (at("2031-04-05T06:07:08.034Z"), Some(4711)));
    let want = [("arch", "c000003e"), ("syscall", "59"), ("comm", "a b"), ("key", "(null)")];
    assert_eq!(pairs(&read.fields), want);
    assert_eq!((read.fields[2].form, &*read.fields[2].written), (Form::Quoted, "\"a b\""));
    assert_eq!(read.fields[3].present(), None);
    assert_eq!((read.node, read.prefix), (None, None));
}

#[test]
fn node_in_front_of_the_line() {
    let read = line("node=aks-pool-1 type=CWD msg=audit(1933135628.034:4711):  cwd=\"/\"").unwrap();
    assert_eq!((read.node.as_deref(), &*read.kind), (Some("aks-pool-1"), "CWD"));
}

#[test]
fn milliseconds_may_be_missing_and_a_young_clock_has_few_digits() {
    let time = |text: &str| line(text).map(|read| read.time);
    assert_eq!(time("type=CWD msg=audit(1933135628:4711): cwd=\"/\""), Ok(at("2031-04-05T06:07:08Z")));
    assert_eq!(time("type=CWD msg=audit(12.345:1): cwd=\"/\""), Ok(at("1970-01-01T00:00:12.345Z")));
}

#[test]
fn empty_stamp_and_unknown_message_give_no_time_and_no_serial() {
    for text in ["type=CWD msg=audit(): cwd=\"/\"", "type=UNKNOWN[1329] msg=?"] {
        let read = line(text).unwrap();
        assert_eq!((read.time, read.serial), (None, None), "{text}");
    }
    assert_eq!(line("type=UNKNOWN[1329] msg=?").unwrap().number, Some(1329));
    let read = line("type=CWD msg=audit(1933135628.034): cwd=\"/\"").unwrap();
    assert_eq!((read.time.is_some(), read.serial), (true, None));
}

#[test]
fn old_login_record_has_keys_with_a_blank() {
    let read =
        line("type=LOGIN msg=audit(1170021601.343:296): login pid=13015 uid=0 old auid=4294967295 new auid=0").unwrap();
    let want = [("pid", "13015"), ("uid", "0"), ("old auid", "4294967295"), ("new auid", "0")];
    assert_eq!((pairs(&read.fields), read.words.as_str()), (want.to_vec(), "login"));
}

#[test]
fn enriched_part_is_kept_apart() {
    let text =
        "type=SYSCALL msg=audit(1933135628.034:4711): syscall=59 uid=0\u{1d}ARCH=x86_64 SYSCALL=execve UID=\"root\"";
    let read = line(text).unwrap();
    assert_eq!(pairs(&read.fields), [("syscall", "59"), ("uid", "0")]);
    assert_eq!(pairs(&read.enriched), [("ARCH", "x86_64"), ("SYSCALL", "execve"), ("UID", "root")]);
    let text = "type=SOCKADDR msg=audit(1933135628.034:4711): saddr=02000050A9FEA9FE\
        \u{1d}SADDR={ saddr_fam=inet laddr=169.254.169.254 lport=80 }";
    let read = line(text).unwrap();
    assert_eq!(pairs(&read.enriched), [("SADDR", "{ saddr_fam=inet laddr=169.254.169.254 lport=80 }")]);
}

#[test]
fn message_of_a_program_is_expanded_and_marked() {
    let text = "type=USER_LOGIN msg=audit(1933135628.034:4711): pid=7 auid=4294967295 \
        msg='op=login acct=\"x\" exe=\"/usr/sbin/sshd\" addr=192.0.2.1 res=failed'\u{1d}UID=\"root\"";
    let read = line(text).unwrap();
    let nested: Vec<&str> = read.fields.iter().filter(|f| f.nested).map(|f| &*f.key).collect();
    assert_eq!(nested, ["op", "acct", "exe", "addr", "res"]);
    assert_eq!(read.field("res").map(|f| &*f.value), Some("failed"));
    assert_eq!(pairs(&read.enriched), [("UID", "root")]);
}

#[test]
fn brackets_and_commas_of_old_programs_are_no_part_of_values() {
    let text = "type=USER_START msg=audit(1170021601.344:297): user pid=13015 msg='PAM: session open acct=root : \
        exe=\"/usr/sbin/crond\" (hostname=?, addr=?, terminal=cron res=success)'";
    let read = line(text).unwrap();
    let want = [
        ("pid", "13015"),
        ("acct", "root"),
        ("exe", "/usr/sbin/crond"),
        ("hostname", "?"),
        ("addr", "?"),
        ("terminal", "cron"),
        ("res", "success"),
    ];
    assert_eq!(pairs(&read.fields), want);
    assert_eq!(read.words, "user PAM: session open :");
}

#[test]
fn words_of_a_denial_are_kept() {
    let text = "type=AVC msg=audit(1170021493.977:293): avc:  denied  { read } for  pid=13010 dev=hda7 tclass=dir";
    let read = line(text).unwrap();
    assert_eq!(read.words, "avc: denied { read } for");
    assert_eq!(pairs(&read.fields), [("pid", "13010"), ("dev", "hda7"), ("tclass", "dir")]);
}

#[test]
fn syslog_prefix_and_numeric_type_of_the_kernel() {
    for text in [
        "Nov 24 10:11:12 n1 kernel: audit: type=1300 audit(1933135628.034:4711): syscall=59",
        "Nov 24 10:11:12 n1 kernel: [   12.345678] audit: type=1300 audit(1933135628.034:4711): syscall=59",
        "2026-11-24T10:11:12.123456+00:00 n1 kernel: [12.3] type=1300 audit(1933135628.034:4711): syscall=59",
        "[   12.345678] audit: type=1300 audit(1933135628.034:4711): syscall=59",
    ] {
        let read = line(text).unwrap();
        assert_eq!((&*read.kind, read.number, read.serial), ("SYSCALL", Some(1300), Some(4711)), "{text}");
        assert_eq!(pairs(&read.fields), [("syscall", "59")]);
        assert!(text.starts_with(&*read.prefix.unwrap()));
    }
    let read = line("x audit: type=1599 audit(1933135628.034:4711): a=b").unwrap();
    assert_eq!((&*read.kind, read.number), ("1599", Some(1599)));
}

#[test]
fn audisp_prefix_with_a_node_and_an_escaped_separator() {
    let text = "Nov 24 10:11:12 n1 audispd: node=n2 type=CWD msg=audit(1933135628.034:4711): cwd=\"/\"#035UID=\"root\"";
    let read = line(text).unwrap();
    assert_eq!((read.node.as_deref(), read.prefix.as_deref()), (Some("n2"), Some("Nov 24 10:11:12 n1 audispd:")));
    assert_eq!((pairs(&read.fields), pairs(&read.enriched)), (vec![("cwd", "/")], vec![("UID", "root")]));
}

#[test]
fn journal_lines_have_a_type_and_no_serial() {
    let read =
        line("Nov 24 10:11:12 n1 audit[4711]: USER_ACCT pid=4711 uid=0 msg='op=PAM:accounting res=success'").unwrap();
    assert_eq!((&*read.kind, read.time, read.serial), ("USER_ACCT", None, None));
    assert_eq!(read.field("res").map(|f| &*f.value), Some("success"));
    let read = line("Nov 24 10:11:12 n1 audit: <audit-1334> prog-id=7 op=LOAD").unwrap();
    assert_eq!((&*read.kind, read.number), ("BPF", Some(1334)));
}

#[test]
fn lines_of_auditd_itself_may_lack_the_colon() {
    let read =
        line("type=DAEMON_CONFIG msg=audit(1490239800.477:34) config changed, auid=0 pid=1512 res=success").unwrap();
    assert_eq!(pairs(&read.fields), [("auid", "0"), ("pid", "1512"), ("res", "success")]);
    assert_eq!(read.words, "config changed,");
}

#[test]
fn ausearch_interprets_times_and_values() {
    let text = "type=SYSCALL msg=audit(11/24/2026 10:11:12.123:4711) : arch=x86_64 syscall=openat success=no \
        exit=EACCES(Permission denied) uid=root comm=my prog exe=/opt/my prog/x key=(null) ";
    let read = line(text).unwrap();
    assert_eq!((read.time, read.clock, read.serial), (at("2026-11-24T10:11:12.123Z"), Clock::Local, Some(4711)));
    let want = [
        ("arch", "x86_64"),
        ("syscall", "openat"),
        ("success", "no"),
        ("exit", "EACCES(Permission denied)"),
        ("uid", "root"),
        ("comm", "my prog"),
        ("exe", "/opt/my prog/x"),
        ("key", "(null)"),
    ];
    assert_eq!(pairs(&read.fields), want);
}

#[test]
fn ausearch_arguments_titles_addresses_and_messages() {
    let head = "msg=audit(11/24/2026 10:11:12.123:4711) :";
    let fields = |text: &str| -> Vec<(String, String)> {
        let own = |f: &Field<'_>| (f.key.to_string(), f.value.to_string());
        line(text).unwrap().fields.iter().map(own).collect()
    };
    let own = |want: &[(&str, &str)]| -> Vec<(String, String)> {
        want.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let read = fields(&format!("type=EXECVE {head} argc=3 a0=sh a1=-c a2=A=b env x=y z "));
    assert_eq!(read, own(&[("argc", "3"), ("a0", "sh"), ("a1", "-c"), ("a2", "A=b env x=y z")]));
    let read = fields(&format!("type=PROCTITLE {head} proctitle=dd if=/dev/sda of=/x "));
    assert_eq!(read, own(&[("proctitle", "dd if=/dev/sda of=/x")]));
    let read = fields(&format!("type=SOCKADDR {head} saddr={{ saddr_fam=inet laddr=192.0.2.1 lport=53 }} "));
    assert_eq!(read, own(&[("saddr", "{ saddr_fam=inet laddr=192.0.2.1 lport=53 }")]));
    let read = fields(&format!("type=USER_END {head} pid=1 msg='op=PAM:session_close acct=root res=success' "));
    assert_eq!(read, own(&[("pid", "1"), ("op", "PAM:session_close"), ("acct", "root"), ("res", "success")]));
}

#[test]
fn lines_between_events_of_ausearch() {
    assert_eq!(dress("----\n"), Some(Dress::Separator));
    assert_eq!(dress("time->Tue Nov 24 10:11:12 2026"), Some(Dress::Time(at("2026-11-24T10:11:12Z"))));
    assert_eq!(dress("time->Tue Nov  4 10:11:12 2026"), Some(Dress::Time(at("2026-11-04T10:11:12Z"))));
    assert_eq!(dress("time->yesterday"), Some(Dress::Time(None)));
    assert_eq!(dress("<no matches>"), Some(Dress::NoMatches));
    assert_eq!(dress("type=EOE msg=audit(1.2:3):"), None);
}

#[test]
fn what_is_no_record_is_an_error_with_a_reason() {
    for (text, why) in [
        ("", "no audit record in the line"),
        ("The type=SYSCALL record: see audit(8)", "no audit record in the line"),
        ("Nov 24 10:11:12 n1 sshd[1]: type=x in prose", "no audit record in the line"),
        ("Nov 24 10:11:12 n1 audit[1]: nothing known here", "no audit record in the line"),
        ("type=SYSCALL", "audit line ends after its type"),
        ("type=SYSCALL arch=c000003e", "audit line without audit(time:serial)"),
        ("type=SYSCALL msg=audit(1933135628.034:4711", "audit( of the line is not closed"),
        ("type=SYSCALL msg=audit(1933135628.034:x): a=b", "serial of the audit line is no number"),
        ("type=SYSCALL msg=audit(yesterday:1): a=b", "time of the audit line cannot be read"),
        ("type=SYSCALL msg=audit(24/11/2026 10:11:12.123:1): a=b", "time of the audit line cannot be read"),
        ("type=SYSCALL msg=audit(11/24/26 10:11:12.123:1): a=b", "time of the audit line cannot be read"),
        ("type=SYSCALL msg=audit(1933135628.034:4711): comm=\"cut he", "value of comm in the audit line is not closed"),
        ("type=USER_END msg=audit(1933135628.034:4711): msg='op=x", "msg='…' of the audit line is not closed"),
        ("type=a/b msg=audit(1933135628.034:4711): x=y", "type of the audit line is no name and no number"),
    ] {
        assert_eq!(line(text), Err(why.to_owned()), "{text}");
    }
}
