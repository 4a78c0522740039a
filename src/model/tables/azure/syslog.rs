//! Table `Syslog`: system messages of Linux nodes (formats.md c.4).

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int32;

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "Syslog",
    doc: "Syslog messages of Linux nodes",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'Syslog' AS source, CAST("ProcessName" AS VARCHAR) AS actor,
        CAST("SeverityLevel" AS VARCHAR) AS verb, "SyslogMessage" AS object, CAST(NULL AS BIGINT) AS status,
        CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, CAST("HostIP" AS VARCHAR) AS address,
        CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "Syslog""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row was made"),
        new("EventTime", timestamp(), "time the sender wrote into the message, by its own clock"),
        new("Computer", word(), "node it was collected from"),
        new("HostName", word(), "name the sender gave itself"),
        new("HostIP", word(), "address of the sender"),
        new("CollectorHostName", word(), "machine that passed the message on, when it was not the sender"),
        new("Facility", word(), "auth, authpriv, cron, daemon, kern …"),
        new("SeverityLevel", word(), "emerg to debug, as the sender rated it"),
        new("ProcessName", word(), "program that spoke; any local process can claim a name"),
        new("ProcessID", Int32, "its process id"),
        new("SyslogMessage", text(), "the message"),
    ]
}
