//! The Linux audit log as such: `product: linux, service: auditd`, fields as the records name them.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("type", "types of the records of the event, such as SYSCALL, EXECVE, USER_LOGIN"),
    field!("syscall", "system call; its number where the name is not known"),
    field!("success", "yes or no"),
    field!("exit", "what the call returned"),
    field!("exe", "program"),
    field!("comm", "name of the thread"),
    field!("a0", "first argument of an execution; of a call a register"),
    field!("a1", "second argument"),
    field!("a2", "third argument"),
    field!("a3", "fourth argument"),
    field!("a4", "fifth argument"),
    field!("a5", "sixth argument"),
    field!("a6", "seventh argument"),
    field!("a7", "eighth argument"),
    field!("argv", "arguments of an execution, joined by blanks"),
    field!("proctitle", "command line of the process, cut at 128 bytes"),
    field!("cmd", "command that sudo ran"),
    field!("cwd", "working directory"),
    field!("name", "files of the call"),
    field!("nametype", "what became of the files: NORMAL, CREATE, DELETE, PARENT"),
    field!("key", "key of the audit rule that was met; several are joined by commas"),
    field!("pid", "process"),
    field!("ppid", "its parent"),
    field!("auid", "user who logged in"),
    field!("uid", "user of the process"),
    field!("euid", "effective user"),
    field!("ses", "login session"),
    field!("tty", "terminal"),
    field!("acct", "account a login or sudo is about"),
    field!("op", "what a program or the kernel did"),
    field!("res", "success or failed; of CONFIG_CHANGE 1 or 0"),
    field!("hostname", "host a login came from"),
    field!("addr", "address a login came from"),
    field!("unit", "unit that systemd started or stopped"),
    field!("audit_enabled", "of CONFIG_CHANGE: 0 = auditing was switched off"),
    field!("node", "host"),
];

/// Of a key of the records that has no column.
macro_rules! record {
    ($key:literal) => {
        concat!("regexp_match(records, '\"", $key, "\":\"((?:[^\"\\\\]|\\\\.)*)\"')[1]")
    };
}

/// An argument: of the record of the execution when there is one, else of the call.
macro_rules! argument {
    ($key:literal) => {
        concat!(
            "coalesce(regexp_match(records, '\"type\":\"EXECVE\",\"fields\":\\{[^{}]*\"",
            $key,
            "\":\"((?:[^\"\\\\]|\\\\.)*)\"')[1], regexp_match(records, '\"",
            $key,
            "\":\"((?:[^\"\\\\]|\\\\.)*)\"')[1])"
        )
    };
}

/// See the module's description.
pub static AUDITD: LogSource = LogSource {
    name: "auditd",
    doc: "events of the Linux audit log of nodes",
    means: &[means("", "linux", "auditd")],
    fields: FIELDS,
    readings: &[OWN, WORKSPACE],
    remedy: "add /var/log/audit/audit.log of the nodes, or table LinuxAuditLog",
};

const OWN: Reading = Reading {
    table: "auditd",
    from: "",
    only: "",
    event: Words {
        id: "CAST(serial AS VARCHAR)",
        actor: "coalesce(CAST(acct AS VARCHAR), CAST(auid_name AS VARCHAR), CAST(auid AS VARCHAR), \
                CAST(uid_name AS VARCHAR), CAST(uid AS VARCHAR))",
        host: "node",
        verb: "coalesce(CAST(syscall AS VARCHAR), CAST(kind AS VARCHAR))",
        kind: "'audit'",
        name: "coalesce(argv, proctitle, cmd, CAST(\"unit\" AS VARCHAR), array_to_string(paths, ' '), CAST(exe AS VARCHAR))",
        address: "CAST(address AS VARCHAR)",
        agent: "CAST(exe AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "records"),
        ("type", "types"),
        ("syscall", "syscall"),
        ("success", "success"),
        ("exit", "exit"),
        ("exe", "exe"),
        ("comm", "comm"),
        ("a0", argument!("a0")),
        ("a1", argument!("a1")),
        ("a2", argument!("a2")),
        ("a3", argument!("a3")),
        ("a4", argument!("a4")),
        ("a5", argument!("a5")),
        ("a6", argument!("a6")),
        ("a7", argument!("a7")),
        ("argv", "argv"),
        ("proctitle", "proctitle"),
        ("cmd", "cmd"),
        ("cwd", "cwd"),
        ("name", "paths"),
        ("nametype", "regexp_match(records, '\"nametype\":\"(CREATE|DELETE|NORMAL)\"')[1]"),
        ("key", "key"),
        ("pid", "pid"),
        ("ppid", "ppid"),
        ("auid", "auid"),
        ("uid", "uid"),
        ("euid", "euid"),
        ("ses", "ses"),
        ("tty", "tty"),
        ("acct", "acct"),
        ("op", "op"),
        ("res", "coalesce(CAST(res AS VARCHAR), regexp_match(records, '\"res\":\"([^\"]*)\"')[1])"),
        ("hostname", "hostname"),
        ("addr", "address"),
        ("unit", "\"unit\""),
        ("audit_enabled", record!("audit_enabled")),
        ("node", "node"),
    ],
};

const WORKSPACE: Reading = Reading {
    table: "LinuxAuditLog",
    from: "",
    only: "",
    event: Words {
        id: "\"AuditID\"",
        actor: "coalesce(nullif(CAST(\"user\" AS VARCHAR), ''), nullif(CAST(\"acct\" AS VARCHAR), ''), \
                CAST(\"audit_user\" AS VARCHAR), CAST(\"uid\" AS VARCHAR))",
        host: "\"Computer\"",
        verb: "coalesce(nullif(CAST(\"syscall\" AS VARCHAR), ''), CAST(\"RecordType\" AS VARCHAR))",
        kind: "'audit'",
        name: "coalesce(nullif(\"cmd\", ''), nullif(\"name\", ''), nullif(CAST(\"exe\" AS VARCHAR), ''), \"RawRecord\")",
        address: "CAST(\"addr\" AS VARCHAR)",
        agent: "CAST(\"exe\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', \"RawRecord\", \"cmd\", \"exe\", \"name\", \"key\")"),
        ("type", "\"RecordType\""),
        ("syscall", "\"syscall\""),
        ("success", "\"success\""),
        ("exit", "\"exit\""),
        ("exe", "\"exe\""),
        ("comm", "\"comm\""),
        ("a0", "\"a0\""),
        ("a1", "\"a1\""),
        ("a2", "\"a2\""),
        ("a3", "\"a3\""),
        ("a4", "\"a4\""),
        ("a5", "\"a5\""),
        ("a6", "\"a6\""),
        ("a7", "\"a7\""),
        (
            "argv",
            "CASE WHEN upper(CAST(\"RecordType\" AS VARCHAR)) = 'EXECVE' THEN \
             nullif(concat_ws(' ', \"a0\", \"a1\", \"a2\", \"a3\", \"a4\", \"a5\", \"a6\", \"a7\", \"a8\", \"a9\"), '') END",
        ),
        ("cmd", "\"cmd\""),
        ("cwd", "\"cwd\""),
        ("name", "coalesce(nullif(\"name\", ''), \"path\")"),
        ("key", "\"key\""),
        ("pid", "\"pid\""),
        ("ppid", "\"ppid\""),
        ("auid", "\"auid\""),
        ("uid", "\"uid\""),
        ("euid", "\"euid\""),
        ("ses", "\"ses\""),
        ("tty", "\"tty\""),
        ("acct", "\"acct\""),
        ("op", "\"op\""),
        ("res", "coalesce(nullif(CAST(\"res\" AS VARCHAR), ''), CAST(\"result\" AS VARCHAR))"),
        ("hostname", "\"hostname\""),
        ("addr", "\"addr\""),
        ("node", "\"Computer\""),
    ],
};
