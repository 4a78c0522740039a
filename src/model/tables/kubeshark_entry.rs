//! Table `kubeshark_entry`: requests and responses that Kubeshark read off the network.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int64};

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "kubeshark_entry",
    doc: "Entries of Kubeshark: a request and its response as dissected from captured traffic",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'kubeshark_entry' AS source, coalesce(source_name, source_ip) AS actor, \
         coalesce(CAST(method AS VARCHAR), CAST(protocol AS VARCHAR)) AS verb, \
         concat_ws(' ', coalesce(destination_name, destination_ip), summary) AS object, status, \
         CAST(source_namespace AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent, source_ip AS address, id, \
         evidence, \"offset\", length FROM kubeshark_entry",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "startTime, else timestamp (milliseconds), UTC"),
        new("id", text(), "worker, stream and number of the entry"),
        new("protocol", word(), "name of the protocol: http, dns, redis, kafka …"),
        new("protocol_version", word(), "its version"),
        new("method", word(), "method of an HTTP request; of entries of a list what they say"),
        new("summary", text(), "path of an HTTP request; of entries of a list what they say"),
        new("status", Int64, "status of an HTTP response; of entries of a list what they say"),
        new("source_ip", text(), "src.ip"),
        new("source_port", Int64, "src.port"),
        new("source_name", text(), "src.name: what Kubeshark resolved the address to"),
        new("source_namespace", word(), "src.namespace"),
        new("source_pod", text(), "name of src.pod"),
        new("source_process", text(), "src.processName, of newer versions"),
        new("destination_ip", text(), "dst.ip"),
        new("destination_port", Int64, "dst.port"),
        new("destination_name", text(), "dst.name"),
        new("destination_namespace", word(), "dst.namespace"),
        new("destination_pod", text(), "name of dst.pod"),
        new("destination_process", text(), "dst.processName, of newer versions"),
        new("tls", Boolean, "was read from inside TLS"),
        new("node", word(), "node on which it was captured"),
        new("elapsed_ms", Int64, "milliseconds from request to response"),
        new("request", text(), "the request as JSON; may hold passwords and tokens"),
        new("response", text(), "the response as JSON; may hold secrets"),
        new("source", text(), "src as the JSON it arrived in"),
        new("destination", text(), "dst as the JSON it arrived in"),
    ];
    columns.extend(ours());
    columns
}
