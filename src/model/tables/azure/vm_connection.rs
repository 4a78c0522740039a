//! Table `VMConnection`: connections of processes on machines, nodes among them (formats.md c.7).
//!
//! A row sums up one process, direction and far end over a reporting window.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Float64, Int32, Int64};

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "VMConnection",
    doc: "Connections by process and far end, summed up per window (VM insights)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'VMConnection' AS source,
        nullif(concat_ws(' ', nullif(CAST("Computer" AS VARCHAR), ''), nullif(CAST("ProcessName" AS VARCHAR), '')), '')
            AS actor,
        CAST("Direction" AS VARCHAR) AS verb,
        nullif(concat_ws(' ', nullif(CAST("DestinationIp" AS VARCHAR), ''),
            'port ' || CAST("DestinationPort" AS VARCHAR), nullif(CAST("Protocol" AS VARCHAR), ''),
            nullif(CAST("IndicatorThreatType" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        CAST("RemoteIp" AS VARCHAR) AS address, CAST("ConnectionId" AS VARCHAR) AS id, evidence, "offset", length
        FROM "VMConnection""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row was made, at the end of the window"),
        new("Computer", word(), "machine the process ran on"),
        new("Machine", word(), "that machine in the service map"),
        new("AgentId", word(), "agent that reported"),
        new("ProcessName", word(), "process that connected or was connected to"),
        new("Process", word(), "that process or group in the service map"),
        new("ConnectionId", word(), "id of the connection record"),
        new("Direction", word(), "inbound or outbound"),
        new("SourceIp", word(), "who connected"),
        new("DestinationIp", word(), "who was connected to"),
        new("DestinationPort", Int32, "port that was connected to"),
        new("Protocol", word(), "tcp"),
        new("RemoteIp", word(), "the far end, whichever direction"),
        new("RemoteCountry", word(), "country of the far end"),
        new("RemoteLatitude", Float64, "latitude of the far end, degrees"),
        new("RemoteLongitude", Float64, "longitude of the far end, degrees"),
        new("RemoteClassification", word(), "kind of the far end, by its address and names"),
        new("RemoteDnsQuestions", text(), "JSON: names the machine asked for that led to the far end"),
        new("RemoteDnsCanonicalNames", text(), "JSON: names those names stood for"),
        new("BytesSent", Int64, "bytes sent in the window; large ones may be data leaving"),
        new("BytesReceived", Int64, "bytes received in the window"),
        new("LinksEstablished", Int64, "connections made in the window"),
        new("LinksLive", Int64, "connections open at its end"),
        new("LinksTerminated", Int64, "connections ended in the window"),
        new("LinksFailed", Int64, "connections that failed; many to one host may be a scan"),
        new("Responses", Int64, "answers in the window"),
        new("ResponseTimeMin", Int64, "fastest answer, milliseconds"),
        new("ResponseTimeMax", Int64, "slowest answer, milliseconds"),
        new("ResponseTimeSum", Int64, "time of all answers, milliseconds"),
        new("MaliciousIp", word(), "the far end, when threat intelligence knows it"),
        new("IndicatorThreatType", word(), "what it is known for: C2, CryptoMining, Botnet …"),
        new("Description", text(), "what is known of it, in words"),
        new("Severity", Int32, "how bad, 0 to 5"),
        new("Confidence", word(), "how sure, 0 to 100, text"),
        new("TLPLevel", word(), "how far the knowledge may be passed on"),
        new("IsActive", word(), "whether the indicator still held"),
        new("FirstReportedDateTime", text(), "when the indicator was first reported, text"),
        new("LastReportedDateTime", text(), "when the indicator was last seen, text"),
    ]
}
