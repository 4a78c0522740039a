//! Table `network_flow`: flow logs of Azure's network, one row per tuple.

use std::sync::LazyLock;

use arrow::datatypes::DataType::Int64;

use crate::model::table::{Column, Table, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "network_flow",
    doc: "Flow logs of network security groups and virtual networks: who spoke with whom, one row per flow tuple",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'network_flow' AS source, source_ip AS actor, \
         coalesce(CAST(decision AS VARCHAR), CAST(state AS VARCHAR)) AS verb, \
         concat_ws(' ', CAST(protocol AS VARCHAR), destination_ip, CAST(destination_port AS VARCHAR), \
         CAST(rule AS VARCHAR)) AS object, CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, \
         CAST(NULL AS VARCHAR) AS agent, source_ip AS address, CAST(NULL AS VARCHAR) AS id, evidence, \"offset\", \
         length FROM network_flow",
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "time of the tuple, UTC: whole seconds, of virtual networks milliseconds"),
        new("source_ip", text(), "who sent first; behind a load balancer or NAT it is not the client"),
        new("destination_ip", text(), "who was spoken to"),
        new("source_port", Int64, "port of the source"),
        new("destination_port", Int64, "port of the destination"),
        new("protocol", word(), "TCP, UDP, ICMP …, else the IANA number"),
        new("direction", word(), "inbound or outbound, as the network interface sees it"),
        new("decision", word(), "allow or deny; virtual networks log only deny (state deny), null otherwise"),
        new("state", word(), "begin, continuing, end, of virtual networks also deny; null in version 1"),
        new("packets_sent", Int64, "from source to destination since the tuple before; null where it is empty (begin)"),
        new("bytes_sent", Int64, "from source to destination"),
        new("packets_received", Int64, "from destination to source"),
        new("bytes_received", Int64, "from destination to source"),
        new("encryption", word(), "of virtual networks: X = encrypted, NX… = not, and why"),
        new("rule", word(), "rule that decided: UserRule_…, DefaultRule_…"),
        new("mac", word(), "MAC address of the network interface, without separators"),
        new("resource_id", word(), "ARM id of the security group, or of what the flow log watches, in lower case"),
        new("category", word(), "NetworkSecurityGroupFlowEvent or FlowLogFlowEvent"),
        new("version", Int64, "version of the flow log: 1 or 2 of security groups, 4 of virtual networks"),
        new("acl_id", word(), "of virtual networks: security group or network manager that decided"),
        new("flow_log_id", word(), "of virtual networks: ARM id of the flow log itself"),
        new("flow_log_guid", word(), "of virtual networks: its GUID"),
        new("system_id", word(), "of security groups: id of the system that wrote the log"),
        new("operation", word(), "operationName of the record"),
        new("record_time", timestamp(), "when the record was written, UTC: up to minutes after its tuples"),
        new("record_mac", word(), "macAddress of the record where it is not the tuple's"),
    ];
    columns.extend(ours());
    columns
}
