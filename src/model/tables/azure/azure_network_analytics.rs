//! Table `AzureNetworkAnalytics_CL`: the older form of `NTANetAnalytics`, over NSG flow logs (formats.md c.7).
//!
//! A custom log: a column's suffix is its type. Rows whose SubType_s is not FlowLog describe the network's make-up in
//! further columns, which are not listed here. In the timeline one public source is an address, without its counts.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Float64};

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "AzureNetworkAnalytics_CL",
    doc: "Network flows summed up per interval (Traffic Analytics on NSG flow logs)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'AzureNetworkAnalytics_CL' AS source,
        coalesce(nullif(CAST("SrcIP_s" AS VARCHAR), ''), nullif("SrcPublicIPs_s", ''),
            nullif(CAST("VMIP_s" AS VARCHAR), ''), CAST("VM1_s" AS VARCHAR)) AS actor,
        nullif(concat_ws(' ', CASE CAST("FlowStatus_s" AS VARCHAR) WHEN 'A' THEN 'allowed' WHEN 'D' THEN 'denied'
            ELSE CAST("FlowStatus_s" AS VARCHAR) END, CASE CAST("FlowDirection_s" AS VARCHAR) WHEN 'I' THEN 'in'
            WHEN 'O' THEN 'out' ELSE CAST("FlowDirection_s" AS VARCHAR) END), '') AS verb,
        nullif(concat_ws(' ', coalesce(nullif(CAST("DestIP_s" AS VARCHAR), ''), nullif("DestPublicIPs_s", ''),
            nullif("PublicIPs_s", '')), 'port ' || CAST(TRY_CAST("DestPort_d" AS BIGINT) AS VARCHAR),
            nullif(CAST("L7Protocol_s" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        coalesce(nullif(CAST("SrcIP_s" AS VARCHAR), ''), regexp_match("SrcPublicIPs_s", '^([^| ]+)\|[^ ]*$')[1],
            nullif("SrcPublicIPs_s", ''), CAST("VMIP_s" AS VARCHAR)) AS address,
        CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "AzureNetworkAnalytics_CL""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row reached the workspace, up to an interval after the flows"),
        new("TimeProcessed_t", timestamp(), "when the raw flow log was read"),
        new("FlowStartTime_t", timestamp(), "first of the flows"),
        new("FlowEndTime_t", timestamp(), "last of the flows"),
        new("FlowIntervalStartTime_t", timestamp(), "start of the interval that was summed up"),
        new("FlowIntervalEndTime_t", timestamp(), "end of that interval"),
        new("SubType_s", word(), "FlowLog is flows; other values are Azure's own book-keeping"),
        new("FASchemaVersion_s", word(), "version of these columns: 1 names ends by VM, 2 by source and destination"),
        new("FlowType_s", word(), "where the ends are: IntraVNet, AzurePublic, ExternalPublic, MaliciousFlow …"),
        new("FlowDirection_s", word(), "I into, O out of the security group"),
        new("FlowStatus_s", word(), "A allowed, D denied"),
        new("SrcIP_s", word(), "source; empty when an end is public"),
        new("DestIP_s", word(), "destination; empty when an end is public"),
        new("VMIP_s", word(), "address of the machine when the other end is public; version 1"),
        new("SrcPublicIPs_s", text(), "public sources, each with counts behind bars"),
        new("DestPublicIPs_s", text(), "public destinations, each with counts behind bars"),
        new("PublicIPs_s", text(), "public ends, each with counts behind bars; version 1"),
        new("DestPort_d", Float64, "destination port"),
        new("L4Protocol_s", word(), "T for TCP, U for UDP"),
        new("L7Protocol_s", word(), "application guessed from the port, not from content"),
        new("AllowedInFlows_d", Float64, "flows let in"),
        new("AllowedOutFlows_d", Float64, "flows let out"),
        new("DeniedInFlows_d", Float64, "flows kept out"),
        new("DeniedOutFlows_d", Float64, "flows kept in"),
        new("FlowCount_d", Float64, "flows in all; version 1"),
        new("CompletedFlows_d", Float64, "flows that ended in the interval"),
        new("OutboundBytes_d", Float64, "bytes from source to destination; large ones may be data leaving"),
        new("InboundBytes_d", Float64, "bytes from destination to source"),
        new("OutboundPackets_d", Float64, "packets from source to destination"),
        new("InboundPackets_d", Float64, "packets from destination to source"),
        new("NSGList_s", word(), "network security group of the flows"),
        new("NSGRule_s", word(), "rule that decided"),
        new("NSGRules_s", word(), "rule that decided, with direction, status and count behind bars; version 1"),
        new("NSGRuleType_s", word(), "whether someone wrote that rule or it is a default"),
        new("MACAddress_s", word(), "interface the flows were seen at"),
        new("VM_s", word(), "machine of the Azure end; version 1"),
        new("VM1_s", word(), "machine of the source; a node, never a pod"),
        new("VM2_s", word(), "machine of the destination; a node, never a pod"),
        new("NIC_s", word(), "interface of the Azure end; version 1"),
        new("NIC1_s", word(), "interface of the source"),
        new("NIC2_s", word(), "interface of the destination"),
        new("Subnet_s", word(), "subnet of the Azure end; version 1"),
        new("Subnet1_s", word(), "subnet of the source"),
        new("Subnet2_s", word(), "subnet of the destination"),
        new("Subscription_g", text(), "subscription of the Azure end; version 1"),
        new("Subscription1_g", text(), "subscription of the source"),
        new("Subscription2_g", text(), "subscription of the destination"),
        new("Region_s", word(), "Azure region of the Azure end; version 1"),
        new("Region1_s", word(), "Azure region of the source"),
        new("Region2_s", word(), "Azure region of the destination"),
        new("LoadBalancer1_s", word(), "load balancer of the source"),
        new("LoadBalancer2_s", word(), "load balancer of the destination: what is published"),
        new("ApplicationGateway1_s", word(), "application gateway of the source"),
        new("ApplicationGateway2_s", word(), "application gateway of the destination"),
        new("LocalNetworkGateway1_s", word(), "gateway of the source's own site"),
        new("LocalNetworkGateway2_s", word(), "gateway of the destination's own site"),
        new("ExpressRouteCircuit1_s", word(), "private line the source came over"),
        new("ExpressRouteCircuit2_s", word(), "private line to the destination"),
        new("ExpressRouteCircuitPeeringType_s", word(), "peering of that line"),
        new("ConnectionType_s", word(), "VNetPeering, VpnGateway or ExpressRoute"),
        new("ConnectionName_s", word(), "name of that connection"),
        new("ConnectingVNets_s", word(), "networks in between, blank-separated"),
        new("Country_s", word(), "country of the public ends, two letters"),
        new("AzureRegion_s", word(), "region of the public ends when they are Azure's"),
        new("IsFlowCapturedAtUDRHop_b", Boolean, "seen on the way, at a routed hop, so maybe counted twice"),
    ]
}
