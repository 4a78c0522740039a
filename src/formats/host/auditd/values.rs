//! What an investigator asks of an event, taken from its records.
//!
//! A value that no record has, or that a record says it lacks (`?`, `(null)`, `(none)`, an unset id), is None.

use super::argv::{Argv, argv};
use super::event::Event;
use super::hex;
use super::record::{Field, Record};
use super::sockaddr::{Sockaddr, sockaddr, sockaddr_interpreted};
use super::syscalls::syscall_name;

/// A user by number and name; either may be missing. `4294967295`, which means unset, is neither.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Id {
    pub number: Option<u32>,
    pub name: Option<String>,
}

/// One PATH record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathItem {
    pub item: Option<u32>,
    pub name: Option<String>,
    /// `NORMAL`, `CREATE`, `DELETE`, `PARENT`, `UNKNOWN`; old kernels call the field `objtype`.
    pub nametype: Option<String>,
    pub inode: Option<String>,
    pub mode: Option<String>,
}

/// The convenience values of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// The types of the records in order, each once.
    pub types: Vec<String>,
    pub arch: Option<String>,
    /// The system call as written: a number, or a name where `ausearch -i` put one.
    pub syscall: Option<String>,
    /// Its name, from the enriched part, from `ausearch -i`, or by the table of [`syscall_name`].
    pub syscall_name: Option<String>,
    pub success: Option<String>,
    pub exit: Option<String>,
    pub exe: Option<String>,
    pub comm: Option<String>,
    pub argv: Option<Argv>,
    /// At most 128 bytes of the command line, so the kernel may have cut it.
    pub proctitle: Option<String>,
    pub proctitle_written: Option<String>,
    pub cwd: Option<String>,
    pub paths: Vec<PathItem>,
    /// The keys of the audit rules that the event met; a record joins them by byte 1.
    pub keys: Vec<String>,
    pub pid: Option<i64>,
    pub ppid: Option<i64>,
    pub uid: Option<Id>,
    pub auid: Option<Id>,
    pub euid: Option<Id>,
    pub gid: Option<Id>,
    pub ses: Option<i64>,
    pub tty: Option<String>,
    pub acct: Option<String>,
    /// The command of USER_CMD, as sudo writes it.
    pub cmd: Option<String>,
    pub addr: Option<String>,
    pub hostname: Option<String>,
    pub terminal: Option<String>,
    pub res: Option<String>,
    pub op: Option<String>,
    /// The unit of SERVICE_START and SERVICE_STOP.
    pub unit: Option<String>,
    pub sockaddr: Option<Sockaddr>,
    /// What could not be read of it, one line each.
    pub notes: Vec<String>,
}

impl Event {
    /// Gathers the convenience values of the event.
    ///
    /// A value is taken from SYSCALL first and then from the first record that has it. Exceptions: names of files are
    /// those of PATH, the working directory is that of CWD before that of a program's message.
    pub fn values(&self) -> Values {
        let records: Vec<&Record<'static>> = self.records.iter().map(|kept| &kept.record).collect();
        let first = |key: &str| found(&records, "SYSCALL", key).map(|(_, field)| field);
        let text = |key: &str| first(key).and_then(Field::present).map(str::to_owned);
        let argv = argv(records.iter().copied());
        let mut notes = argv.as_ref().map_or_else(Vec::new, |argv| argv.notes.clone());
        let arch = text("arch");
        let syscall = text("syscall");
        let title = first("proctitle");
        Values {
            types: types(&records),
            syscall_name: call_name(&records, arch.as_deref(), syscall.as_deref()),
            arch,
            syscall,
            success: text("success"),
            exit: text("exit"),
            exe: text("exe"),
            comm: text("comm"),
            argv,
            proctitle: title.and_then(Field::present).map(str::to_owned),
            proctitle_written: title.and_then(|field| field.present().map(|_| field.written.clone().into_owned())),
            cwd: found(&records, "CWD", "cwd").and_then(|(_, field)| field.present()).map(str::to_owned),
            paths: records.iter().filter(|record| record.kind == "PATH").map(|record| path(record)).collect(),
            keys: keys(&records),
            pid: number(&text("pid")),
            ppid: number(&text("ppid")),
            uid: id(&records, "uid"),
            auid: id(&records, "auid").or_else(|| id(&records, "new auid")),
            euid: id(&records, "euid"),
            gid: id(&records, "gid"),
            ses: number(&text("ses").filter(|ses| !is_unset(ses))),
            tty: text("tty"),
            acct: text("acct"),
            cmd: text("cmd"),
            addr: text("addr"),
            hostname: text("hostname"),
            terminal: text("terminal"),
            res: text("res"),
            op: text("op"),
            unit: text("unit"),
            sockaddr: address(&records, &mut notes),
            notes,
        }
    }
}

/// Returns the field in the records of `kind`, or else in the first record that has it.
fn found<'r>(records: &[&'r Record<'static>], kind: &str, key: &str) -> Option<(&'r Record<'static>, &'r Field<'r>)> {
    let of = |record: &&'r Record<'static>| record.field(key).map(|field| (*record, field));
    let preferred = records.iter().filter(|record| record.kind == kind).find_map(of);
    preferred.or_else(|| records.iter().find_map(of))
}

fn types(records: &[&Record<'static>]) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for record in records {
        if !types.iter().any(|kind| *kind == record.kind) {
            types.push(record.kind.clone().into_owned());
        }
    }
    types
}

fn call_name(records: &[&Record<'static>], arch: Option<&str>, syscall: Option<&str>) -> Option<String> {
    if let Some(field) = records.iter().find_map(|record| record.enriched("SYSCALL")) {
        return field.present().map(str::to_owned);
    }
    let written = syscall?;
    match written.parse() {
        Ok(number) => syscall_name(arch?, number).map(str::to_owned),
        Err(_) => Some(written.to_owned()),
    }
}

fn keys(records: &[&Record<'static>]) -> Vec<String> {
    let Some((_, field)) = found(records, "SYSCALL", "key") else { return Vec::new() };
    let text = field.present().unwrap_or_default();
    text.split('\u{1}').filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

fn path(record: &Record<'static>) -> PathItem {
    let text = |key: &str| record.field(key).and_then(Field::present).map(str::to_owned);
    PathItem {
        item: text("item").and_then(|item| item.parse().ok()),
        name: text("name"),
        nametype: text("nametype").or_else(|| text("objtype")),
        inode: text("inode"),
        mode: text("mode"),
    }
}

fn number(text: &Option<String>) -> Option<i64> {
    text.as_ref()?.parse().ok()
}

/// `(uid_t) -1` as kernels print it, and as `ausearch` does.
fn is_unset(text: &str) -> bool {
    matches!(text, "4294967295" | "-1" | "unset")
}

fn id(records: &[&Record<'static>], key: &str) -> Option<Id> {
    let (record, field) = found(records, "SYSCALL", key)?;
    let written = field.present().filter(|written| !is_unset(written))?;
    let number = written.parse().ok();
    let enriched = record.enriched(&key.to_ascii_uppercase()).and_then(Field::present);
    let name = if number.is_none() { Some(written) } else { enriched.filter(|name| !is_unset(name)) };
    Some(Id { number, name: name.map(str::to_owned) })
}

fn address(records: &[&Record<'static>], notes: &mut Vec<String>) -> Option<Sockaddr> {
    let field = records.iter().filter(|record| record.kind == "SOCKADDR").find_map(|record| record.field("saddr"))?;
    let read = match hex::bytes(&field.written) {
        Some(_) => sockaddr(&field.written),
        None => sockaddr_interpreted(&field.value).ok_or_else(|| "saddr cannot be read".to_owned()),
    };
    read.map_err(|why| notes.push(why)).ok()
}
