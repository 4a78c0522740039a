//! Table `hubble_flow`: what Cilium saw of the network, one row per line.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int64};

use crate::model::table::{Column, Table, list, ours, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "hubble_flow",
    doc: "Flows of Hubble: packets and requests between pods and the world, forwarded or dropped, and what was lost",
    columns: LazyLock::new(columns),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        "SELECT time, 'hubble_flow' AS source, coalesce(source_pod, source_ip) AS actor, \
         coalesce(CAST(verdict AS VARCHAR), CAST(\"type\" AS VARCHAR)) AS verb, \
         concat_ws(' ', CAST(protocol AS VARCHAR), coalesce(destination_pod, destination_ip), \
         CAST(destination_port AS VARCHAR), CAST(drop_reason AS VARCHAR)) AS object, CAST(NULL AS BIGINT) AS status, \
         coalesce(CAST(source_namespace AS VARCHAR), CAST(destination_namespace AS VARCHAR)) AS namespace, \
         CAST(NULL AS VARCHAR) AS agent, source_ip AS address, uuid AS id, evidence, \"offset\", length \
         FROM hubble_flow",
    ),
    id: Some("uuid"),
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    let mut columns = vec![
        new("time", timestamp(), "when the node saw it, UTC"),
        new("uuid", text(), "id of the flow, of newer versions"),
        new("verdict", word(), "FORWARDED, DROPPED, AUDIT (would be dropped), REDIRECTED (to the proxy), ERROR …"),
        new("drop_reason", word(), "drop_reason_desc: POLICY_DENIED …; an older number stays in event"),
        new("direction", word(), "INGRESS or EGRESS, as the endpoint that was watched sees it"),
        new("is_reply", Boolean, "goes back to who began; null when not known"),
    ];
    columns.extend([
        new("source_ip", text(), "IP.source"),
        new("source_port", Int64, "of TCP, UDP, SCTP"),
        new("source_namespace", word(), "namespace; null for what is no pod"),
        new("source_pod", text(), "pod_name"),
        new("source_workload", word(), "name of what the pod belongs to, several with a comma; kinds are in event"),
        new("source_labels", list(text()), "labels, k8s: for those of the pod, reserved: for what is none"),
        new("source_identity", Int64, "Cilium's number for the set of labels; 2 = world"),
        new(
            "source_is_world",
            Boolean,
            "labels say reserved:world: outside, even with a node's address; null = no labels",
        ),
        new("destination_ip", text(), "IP.destination"),
        new("destination_port", Int64, "of TCP, UDP, SCTP"),
        new("destination_namespace", word(), "namespace; null for what is no pod"),
        new("destination_pod", text(), "pod_name"),
        new("destination_workload", word(), "as source_workload"),
        new("destination_labels", list(text()), "as source_labels"),
        new("destination_identity", Int64, "as source_identity"),
        new("destination_is_world", Boolean, "as source_is_world"),
    ]);
    columns.extend([
        new("protocol", word(), "TCP, UDP, ICMPv4, ICMPv6, SCTP …"),
        new("tcp_flags", list(text()), "flags that were set"),
        new("l7_type", word(), "REQUEST, RESPONSE or SAMPLE; null when the proxy did not look inside"),
        new("l7_protocol", word(), "dns, http, kafka …"),
        new("l7", text(), "request or response as JSON"),
        new("node", word(), "node that saw it"),
        new("type", word(), "L3_L4, L7 or SOCK; of other lines lost_events, agent_event, debug_event, node_status"),
        new("events_lost", Int64, "of lost_events: how many, which are flows that are not here"),
        new("summary", text(), "Summary: flags, query or request in a few words"),
        new("event", text(), "what is left of the flow as JSON; of other lines all of it"),
    ]);
    columns.extend(ours());
    columns
}
