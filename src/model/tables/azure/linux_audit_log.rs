//! Table `LinuxAuditLog`: records of the Linux audit daemon of nodes (formats.md c.4, h.3).
//!
//! One audit event is several records, so AuditID has several rows; nothing here joins them.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "LinuxAuditLog",
    doc: "Records of the Linux audit daemon, several per audit event",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'LinuxAuditLog' AS source,
        coalesce(nullif(CAST("user" AS VARCHAR), ''), nullif(CAST("acct" AS VARCHAR), ''),
            CAST("audit_user" AS VARCHAR), CAST("uid" AS VARCHAR)) AS actor,
        nullif(concat_ws(' ', CAST("RecordType" AS VARCHAR), CAST("syscall" AS VARCHAR)), '') AS verb,
        coalesce(nullif("cmd", ''), nullif(concat_ws(' ', nullif(CAST("exe" AS VARCHAR), ''), nullif("name", '')), ''),
            nullif("path", ''), "RawRecord") AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST("addr" AS VARCHAR) AS address, "AuditID" AS id, evidence, "offset", length FROM "LinuxAuditLog""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the record"),
        new("TimeUploaded", timestamp(), "when the agent sent it"),
        new("Computer", word(), "node that wrote it"),
        new("AuditID", text(), "the audit event this record belongs to, on that node"),
        new("SerialNumber", text(), "serial of the event; it starts anew when the node or its daemon does"),
        new("RecordType", word(), "SYSCALL, EXECVE, PATH, USER_LOGIN …"),
        new("syscall", word(), "system call, by name or number"),
        new("success", word(), "whether the call went through"),
        new("exit", word(), "what the call returned"),
        new("arch", word(), "instruction set of the caller; gives a syscall number its meaning"),
        new("exe", word(), "program that acted, with path"),
        new("comm", word(), "name the task gave itself; it can be forged"),
        new("cmd", text(), "command of a user record, such as sudo's"),
        new("argc", Int64, "number of arguments of an execve"),
        new("a0", text(), "argument 0: of execve the program's name, of a system call a register"),
        new("a1", text(), "argument 1, as a0"),
        new("a2", text(), "argument 2, as a0"),
        new("a3", text(), "argument 3, as a0"),
        new("a4", text(), "argument 4 of an execve"),
        new("a5", text(), "argument 5 of an execve"),
        new("a6", text(), "argument 6 of an execve"),
        new("a7", text(), "argument 7 of an execve"),
        new("a8", text(), "argument 8 of an execve"),
        new("a9", text(), "argument 9 of an execve; later ones are only in RawRecord"),
        new("cwd", text(), "working directory of the call"),
        new("name", text(), "path of a PATH record"),
        new("path", text(), "path named by other records"),
        new("filetype", word(), "kind of file the path is"),
        new("pid", Int64, "process id"),
        new("ppid", Int64, "process id of the parent"),
        new("ses", Int64, "login session; 4294967295 is none"),
        new("auid", Int64, "user who logged in, kept through su and sudo; 4294967295 is unset"),
        new("audit_user", word(), "name of auid"),
        new("uid", Int64, "user id of the process"),
        new("user", word(), "name of uid"),
        new("euid", Int64, "user id its rights come from"),
        new("effective_user", word(), "name of euid"),
        new("gid", Int64, "group id of the process"),
        new("group", word(), "name of gid"),
        new("egid", Int64, "group id its rights come from"),
        new("effective_group", word(), "name of egid"),
        new("acct", word(), "account of a login or sudo, as typed"),
        new("op", word(), "operation of a user record, such as PAM:session_open"),
        new("res", word(), "outcome of a user record"),
        new("result", word(), "outcome, in records that call it so"),
        new("addr", word(), "address a login came from"),
        new("hostname", word(), "host name a login came from"),
        new("terminal", word(), "terminal of a user record"),
        new("tty", word(), "terminal of the process; (none) is typical of services"),
        new("key", word(), "key of the audit rule that matched"),
        new("family", word(), "address family of a socket or firewall record"),
        new("icmptype", word(), "ICMP type of a firewall record"),
        new("vm", word(), "guest of a virtualisation record"),
        new("data", text(), "free data of the record, such as typed keys"),
        new("node", word(), "node= prefix the daemon wrote"),
        new("RawRecord", text(), "the record as the daemon wrote it"),
        new("ExternalAgentIp", word(), "public address of the agent"),
        new("ComputerEnvironment", word(), "whether the node is in Azure or elsewhere"),
        new("ResourceId", word(), "Azure resource of the node, as the agent gave it"),
        new("SourceComputerId", word(), "agent's id of the node"),
        new("ManagementGroup", word(), "management group the agent reports to"),
        new("ManagementGroupName", word(), "name of that management group"),
    ]
}
