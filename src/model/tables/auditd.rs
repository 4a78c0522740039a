//! Table `auditd`: events of Linux audit, one row per event.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int64};

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description. Rows of LinuxAuditLog, which Log Analytics collects, have a table of that name.
pub static TABLE: Table = Table {
    name: "auditd",
    doc: "Events of the Linux audit log of a node: system calls, logins, services; they name no pod",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'auditd' AS source, \
         coalesce(CAST(acct AS VARCHAR), CAST(auid_name AS VARCHAR), CAST(auid AS VARCHAR), \
         CAST(uid_name AS VARCHAR), CAST(uid AS VARCHAR)) AS actor, \
         coalesce(CAST(syscall AS VARCHAR), CAST(kind AS VARCHAR)) AS verb, \
         coalesce(argv, proctitle, cmd, CAST(\"unit\" AS VARCHAR), CAST(exe AS VARCHAR), array_to_string(paths, ' ')) \
         AS object, CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, \
         CAST(exe AS VARCHAR) AS agent, CAST(address AS VARCHAR) AS address, CAST(serial AS VARCHAR) AS id, evidence, \
         \"offset\", length FROM auditd",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "when the event began, UTC; see clock"),
        new("clock", word(), "utc; local = a date of ausearch -i in a zone that is not written, read as UTC"),
        new("serial", Int64, "number of the event; it starts again with every boot"),
        new("node", word(), "host that the line names"),
        new("kind", word(), "type of the first record"),
        new("types", list(text()), "types of the records, each once: SYSCALL, EXECVE, PATH, USER_LOGIN …"),
        new("syscall", word(), "name of the system call, its number where the name is not known"),
        new("success", word(), "yes or no"),
        new("exit", word(), "what the call returned, a negative errno when it failed"),
        new("exe", word(), "program"),
        new("comm", word(), "name of the thread, at most 15 bytes; a program chooses it"),
        new("argv", text(), "arguments of an execution, joined by blanks; see records for each"),
        new("proctitle", text(), "command line of the process, cut at 128 bytes; a program may change it"),
        new("cmd", text(), "command that sudo ran"),
        new("cwd", text(), "working directory"),
        new("paths", list(text()), "names of the files of the call, in order"),
        new("key", word(), "key of the audit rule that was met; several are joined by commas"),
        new("pid", Int64, "process"),
        new("ppid", Int64, "its parent"),
        new("auid", word(), "user who logged in, whoever they became since; null when nobody had"),
        new("auid_name", word(), "name of auid on that host, where the log has it"),
        new("uid", word(), "user of the process"),
        new("uid_name", word(), "name of uid on that host, where the log has it"),
        new("euid", word(), "effective user"),
        new("gid", word(), "group"),
        new("ses", Int64, "login session"),
        new("tty", word(), "terminal of the process"),
        new("acct", text(), "account that a login or sudo is about; the client may have typed anything"),
        new("op", word(), "what a program or the kernel did: login, PAM:session_open, add-user …"),
        new("res", word(), "success or failed, as a program says it"),
        new("hostname", word(), "host a login came from, as the program says it"),
        new("address", word(), "address a login came from, or the one a socket call was given"),
        new("port", Int64, "port of the socket call"),
        new("socket", text(), "path of the socket, @ in front of one in the abstract name space"),
        new("terminal", word(), "terminal of a login or session, as the program says it"),
        new("unit", word(), "unit that systemd started or stopped"),
        new("notes", text(), "what of the event could not be read or does not fit together"),
        new(
            "records",
            text(),
            "all records as JSON: type, fields decoded, msg = of a program, enriched, written = before decoding",
        ),
        new("lines", Int64, "how many lines, one per record"),
        new("more_lines", text(), "where lines lie that offset and length do not cover: JSON, [[offset, length], …]"),
        new(
            "ended",
            word(),
            "eoe, proctitle = by its last record; alone = one record is all; nameless = no time or serial; \
             window, full = by a limit; end = what was looked at together ended",
        ),
        new(
            "continues",
            Boolean,
            "whether an event of the same node, time and serial came before: more of it, or a copy",
        ),
    ];
    columns.extend(ours());
    columns
}
