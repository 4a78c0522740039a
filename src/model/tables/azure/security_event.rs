//! Table `SecurityEvent`: the Windows security log of nodes (formats.md c.4).
//!
//! Azure's table has more than 200 columns, most of them for domain controllers and network policy servers. These are
//! the ones a Windows node writes and an investigator asks for; a header with all of Azure's columns is known by its
//! name, not by its columns.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int32;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "SecurityEvent",
    doc: "Security events of Windows nodes",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'SecurityEvent' AS source,
        coalesce(nullif(CAST("Account" AS VARCHAR), ''), CAST("SubjectUserName" AS VARCHAR)) AS actor,
        coalesce(nullif(CAST("Activity" AS VARCHAR), ''), CAST("EventID" AS VARCHAR)) AS verb,
        nullif(concat_ws(': ', CAST("Computer" AS VARCHAR), coalesce(nullif("CommandLine", ''),
            nullif(CAST("NewProcessName" AS VARCHAR), ''), nullif("ServiceFileName", ''), nullif("ObjectName", ''),
            nullif(CAST("TargetUserName" AS VARCHAR), ''))), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace,
        coalesce(nullif(CAST("ProcessName" AS VARCHAR), ''), CAST("ParentProcessName" AS VARCHAR)) AS agent,
        CAST("IpAddress" AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length
        FROM "SecurityEvent""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "time of the event"),
        new("Computer", word(), "node that logged it"),
        new("SourceComputerId", word(), "agent's id of that node"),
        new("EventID", Int32, "Windows event id: 4624 logon, 4625 failed logon, 4688 new process …"),
        new("Activity", word(), "event id and its title"),
        new("Channel", word(), "log it was written to"),
        new("EventSourceName", word(), "provider that wrote it"),
        new("Task", Int32, "number of the audit category"),
        new("Level", word(), "level of the event, a number as text"),
        new("Account", word(), "account the event is about, DOMAIN\\name"),
        new("AccountType", word(), "User or Machine"),
        new("SubjectUserName", word(), "who acted"),
        new("SubjectDomainName", word(), "domain or computer of who acted"),
        new("SubjectUserSid", word(), "SID of who acted"),
        new("SubjectLogonId", word(), "logon session of who acted; ties a process to its logon on the same boot"),
        new("TargetUserName", word(), "account acted upon, or logged on"),
        new("TargetDomainName", word(), "domain or computer of that account"),
        new("TargetUserSid", word(), "SID of that account"),
        new("TargetLogonId", word(), "logon session that was made"),
        new("TargetServerName", word(), "server a logon with other credentials was for"),
        new("LogonType", Int32, "2 at the console, 3 over the network, 5 service, 10 remote desktop …"),
        new("LogonTypeName", word(), "the same in words"),
        new("LogonProcessName", word(), "what took the logon in"),
        new("AuthenticationPackageName", word(), "Kerberos, NTLM …"),
        new("ElevatedToken", word(), "whether the logon had full administrator rights"),
        new("IpAddress", word(), "where a logon came from"),
        new("IpPort", word(), "port it came from"),
        new("WorkstationName", word(), "name the client gave itself; it can be forged"),
        new("NewProcessName", word(), "program that was started, with path"),
        new("NewProcessId", text(), "its process id, hexadecimal text"),
        new("CommandLine", text(), "its command line; empty unless the node's audit policy records it"),
        new("ParentProcessName", word(), "program that started it"),
        new("Process", word(), "file name of the program, without path"),
        new("ProcessId", text(), "process id of who acted, hexadecimal text"),
        new("ProcessName", word(), "program that acted, with path"),
        new("TokenElevationType", word(), "how far the new process was elevated"),
        new("MandatoryLabel", word(), "integrity level of the new process, a SID"),
        new("PrivilegeList", word(), "privileges used or given"),
        new("ServiceName", word(), "service that was installed or asked for"),
        new("ServiceFileName", text(), "command line of an installed service: where persistence shows"),
        new("ServiceAccount", word(), "account that service runs as"),
        new("ObjectName", text(), "object that was opened"),
        new("ObjectType", word(), "kind of that object: File, Key …"),
        new("AccessMask", word(), "rights asked for, hexadecimal text"),
        new("ShareName", word(), "network share that was used"),
        new("RelativeTargetName", text(), "path within that share"),
        new("MemberName", word(), "account put into a group or taken out of it"),
        new("MemberSid", word(), "SID of that account"),
        new("FailureReason", word(), "why a logon failed"),
        new("Status", word(), "code of the failure, hexadecimal text"),
        new("SubStatus", word(), "finer code of the failure, hexadecimal text"),
        new("EventData", text(), "the event's data as XML, when it was not taken apart"),
    ]
}
