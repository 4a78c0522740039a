//! Hexadecimal values, arguments and addresses. What the digits stand for was worked out by Python's `bytes.fromhex`
//! and `socket.inet_pton`.

use super::*;

fn value(kind: &str, pair: &str) -> (String, Form) {
    let text = format!("type={kind} msg=audit(1933135628.034:4711): {pair}");
    let read = line(&text).unwrap();
    (read.fields[0].value.to_string(), read.fields[0].form)
}

#[test]
fn title_has_blanks_for_its_nul_bytes_and_keeps_what_was_written() {
    let text = "type=PROCTITLE msg=audit(1933135628.034:4711): proctitle=2F7573722F62696E2F636174002F6574632F61206200";
    let read = line(text).unwrap();
    let field = &read.fields[0];
    assert_eq!((&*field.value, field.form), ("/usr/bin/cat /etc/a b", Form::Hex));
    assert_eq!(field.written, "2F7573722F62696E2F636174002F6574632F61206200");
}

#[test]
fn only_fields_of_the_list_are_decoded() {
    assert_eq!(value("SYSCALL", "a0=2F62"), ("2F62".into(), Form::Plain));
    assert_eq!(value("EXECVE", "a0=2F62"), ("/b".into(), Form::Hex));
    assert_eq!(value("PATH", "inode=1742"), ("1742".into(), Form::Plain));
    assert_eq!(value("PATH", "name=746F756368202F746D702FC3A9"), ("touch /tmp/é".into(), Form::Hex));
    assert!(!is_encoded("EXECVE", "a1_len"));
    assert!(is_encoded("EXECVE", "a1[0]"));
}

#[test]
fn digits_that_the_kernel_would_not_write_stay_as_they_are() {
    for text in ["acct=dead", "key=ABC", "key=65786563013634626974\"", "exe=(null)"] {
        assert_eq!(value("SYSCALL", text), (text.split_once('=').unwrap().1.to_owned(), Form::Plain), "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_as_escapes() {
    assert_eq!(value("SYSCALL", "comm=61FF62"), ("a\\xffb".into(), Form::HexBytes));
}

#[test]
fn quoted_digits_are_text() {
    assert_eq!(value("SYSCALL", "comm=\"2F62\""), ("2F62".into(), Form::Quoted));
}

fn arguments(texts: &[&str]) -> Argv {
    let records: Vec<Record<'static>> = texts
        .iter()
        .map(|text| line(&format!("type=EXECVE msg=audit(1933135628.034:4711): {text}")).unwrap().into_owned())
        .collect();
    argv(records.iter()).unwrap()
}

fn texts(argv: &Argv) -> Vec<&str> {
    argv.arguments.iter().map(|argument| argument.as_deref().unwrap_or("MISSING")).collect()
}

#[test]
fn split_argument_is_joined_over_records_and_inside_a_character() {
    let read = arguments(&["argc=3 a0=\"sh\" a1_len=5 a1[0]=61C3", "a1[1]=A9 a1[2]=\"bc\" a2=\"d\""]);
    assert_eq!((texts(&read), read.notes.len()), (vec!["sh", "aébc", "d"], 0));
}

#[test]
fn length_of_old_kernels_counts_digits() {
    assert!(arguments(&["argc=1 a0_len=6 a0[0]=61C3 a0[1]=A9"]).notes.is_empty());
}

#[test]
fn missing_parts_and_arguments_are_noted_and_not_closed_up() {
    let read = arguments(&["argc=4 a0=\"sh\" a2=\"x\""]);
    assert_eq!((texts(&read), read.notes.len()), (vec!["sh", "MISSING", "x"], 1));
    assert_eq!(arguments(&["argc=1 a0_len=9 a0[0]=\"abc\""]).notes, ["argument a0 is not as long as its a0_len says"]);
    assert_eq!(
        arguments(&["argc=1 a0[0]=\"abc\" a0[2]=\"d\""]).notes,
        ["a part of argument a0 is missing or out of order"]
    );
}

#[test]
fn argument_with_a_wild_number_takes_no_memory() {
    let read = arguments(&["argc=2 a0=\"sh\" a4000000000=\"x\""]);
    assert_eq!((texts(&read), read.notes.len()), (vec!["sh"], 2));
}

#[test]
fn addresses_of_each_family() {
    let inet = Sockaddr::Inet { address: [169, 254, 169, 254].into(), port: 80 };
    assert_eq!(sockaddr("02000050A9FEA9FE0000000000000000"), Ok(inet));
    let inet6 = sockaddr("0A0001BB0000000020010DB800000000000000000000000700000000").unwrap();
    assert_eq!((inet6.address(), inet6.port()), ("2001:db8::7".parse().ok(), Some(443)));
    let unix = Sockaddr::Unix { path: "/var/run/nscd/socket".into(), hidden: false };
    assert_eq!(sockaddr("01002F7661722F72756E2F6E7363642F736F636B65740000603B7B47FC7F"), Ok(unix));
    let hidden = Sockaddr::Unix { path: "hidden".into(), hidden: true };
    assert_eq!(sockaddr("01000068696464656E"), Ok(hidden));
    assert_eq!(sockaddr("100000006712000001000000"), Ok(Sockaddr::Netlink { pid: 4711 }));
    assert_eq!(sockaddr("00000000"), Ok(Sockaddr::Other { family: 0 }));
    assert_eq!(sockaddr("0200"), Ok(Sockaddr::Other { family: 2 }));
    assert_eq!(sockaddr("0100"), Ok(Sockaddr::Unix { path: String::new(), hidden: false }));
    assert!(sockaddr("02").is_err() && sockaddr("zz").is_err() && sockaddr("").is_err());
}

#[test]
fn interpreted_addresses_new_and_old() {
    let inet = Sockaddr::Inet { address: [192, 0, 2, 1].into(), port: 53 };
    assert_eq!(sockaddr_interpreted("{ saddr_fam=inet laddr=192.0.2.1 lport=53 }"), Some(inet.clone()));
    assert_eq!(sockaddr_interpreted("inet host:192.0.2.1 serv:53"), Some(inet));
    let unix = Sockaddr::Unix { path: "/run/a b".into(), hidden: false };
    assert_eq!(sockaddr_interpreted("local /run/a b"), Some(unix));
    let unix = Sockaddr::Unix { path: "/run/x".into(), hidden: false };
    assert_eq!(sockaddr_interpreted("{ saddr_fam=local path=/run/x }"), Some(unix));
    assert_eq!(sockaddr_interpreted("{ saddr_fam=inet laddr=nowhere lport=53 }"), None);
    assert_eq!(sockaddr_interpreted(""), None);
}
