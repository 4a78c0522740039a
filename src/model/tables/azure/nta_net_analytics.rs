//! Table `NTANetAnalytics`: flows of virtual networks, summed up by Traffic Analytics (formats.md c.7).
//!
//! A row is the flows of one source, destination and port within an interval of ten or sixty minutes, not one flow,
//! and it is written after the interval: FlowStartTime and FlowEndTime say when, TimeGenerated does not. In the timeline
//! one public source is an address, without its counts; several are shown as they stand.

use std::sync::LazyLock;

use arrow::datatypes::DataType::{Boolean, Int32, Int64};

use crate::model::table::{Column, Table, azure, schema, text, timestamp, word};

/// See the module's description.
pub static TABLE: Table = Table {
    name: "NTANetAnalytics",
    doc: "Network flows summed up per interval (Traffic Analytics on virtual network flow logs)",
    columns: LazyLock::new(|| azure(columns())),
    schema: LazyLock::new(|| schema(&TABLE.columns)),
    timeline: Some(
        r#"SELECT time, 'NTANetAnalytics' AS source,
        coalesce(nullif(CAST("SrcVm" AS VARCHAR), ''), nullif(CAST("SrcIp" AS VARCHAR), ''), "SrcPublicIps") AS actor,
        nullif(concat_ws(' ', nullif(CAST("FlowStatus" AS VARCHAR), ''),
            nullif(CAST("FlowDirection" AS VARCHAR), '')), '') AS verb,
        nullif(concat_ws(' ', coalesce(nullif(CAST("DestIp" AS VARCHAR), ''), nullif("DestPublicIps", '')),
            'port ' || CAST("DestPort" AS VARCHAR), nullif(CAST("L7Protocol" AS VARCHAR), '')), '') AS object,
        CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS agent,
        coalesce(nullif(CAST("SrcIp" AS VARCHAR), ''), regexp_match("SrcPublicIps", '^([^| ]+)\|[^ ]*$')[1],
            "SrcPublicIps") AS address, CAST(NULL AS VARCHAR) AS id, evidence, "offset", length FROM "NTANetAnalytics""#,
    ),
    id: None,
};

fn columns() -> Vec<Column> {
    let new = Column::new;
    vec![
        new("TimeGenerated", timestamp(), "when the row reached the workspace, up to an interval after the flows"),
        new("TimeProcessed", timestamp(), "when the raw flow log was read"),
        new("FlowStartTime", timestamp(), "first of the flows"),
        new("FlowEndTime", timestamp(), "last of the flows"),
        new("FlowIntervalStartTime", timestamp(), "start of the interval that was summed up"),
        new("FlowIntervalEndTime", timestamp(), "end of that interval"),
        new("SubType", word(), "FlowLog is flows; other values are Azure's own book-keeping"),
        new("FaSchemaVersion", word(), "version of these columns"),
        new("Status", word(), "whether the interval was read whole: Completed, Partial or Failed"),
        new("FlowType", word(), "where the ends are: IntraVNet, AzurePublic, ExternalPublic, MaliciousFlow …"),
        new("FlowDirection", word(), "into or out of the interface"),
        new("FlowStatus", word(), "allowed or denied"),
        new("FlowEncryption", word(), "whether the flows were encrypted between machines"),
        new("SrcIp", word(), "source; empty when public, see SrcPublicIps"),
        new("DestIp", word(), "destination; empty when public, see DestPublicIps"),
        new("SrcPublicIps", text(), "public sources, each with counts behind bars"),
        new("DestPublicIps", text(), "public destinations, each with counts behind bars"),
        new("SrcPort", Int32, "source port, when it is kept"),
        new("DestPort", Int32, "destination port"),
        new("L4Protocol", word(), "T for TCP, U for UDP"),
        new("L7Protocol", word(), "application guessed from the port, not from content"),
        new("AllowedInFlows", Int64, "flows let in"),
        new("AllowedOutFlows", Int64, "flows let out"),
        new("DeniedInFlows", Int64, "flows kept out"),
        new("DeniedOutFlows", Int64, "flows kept in"),
        new("CompletedFlows", Int64, "flows that ended in the interval"),
        new("BytesSrcToDest", Int64, "bytes sent by the source; large ones may be data leaving"),
        new("BytesDestToSrc", Int64, "bytes sent back"),
        new("PacketsSrcToDest", Int64, "packets sent by the source"),
        new("PacketsDestToSrc", Int64, "packets sent back"),
        new("AclGroup", word(), "security group or network group of the rule that decided"),
        new("AclRule", word(), "rule that decided"),
        new("NsgList", word(), "network security group of the flows"),
        new("NsgRule", word(), "its rule that decided"),
        new("NsgRuleType", word(), "whether someone wrote that rule or it is a default"),
        new("MacAddress", word(), "interface the flows were seen at"),
        new("TargetResourceId", word(), "what flow logging is switched on for"),
        new("TargetResourceType", word(), "virtual network, subnet or interface"),
        new("FlowLogResourceId", word(), "flow log the row was made from"),
        new("SrcVm", word(), "machine of the source; a node, never a pod"),
        new("DestVm", word(), "machine of the destination; a node, never a pod"),
        new("SrcNic", word(), "interface of the source"),
        new("DestNic", word(), "interface of the destination"),
        new("SrcSubnet", word(), "subnet of the source"),
        new("DestSubnet", word(), "subnet of the destination"),
        new("SrcSubscription", word(), "subscription of the source"),
        new("DestSubscription", word(), "subscription of the destination"),
        new("SrcRegion", word(), "Azure region of the source"),
        new("DestRegion", word(), "Azure region of the destination"),
        new("SrcLoadBalancer", word(), "load balancer of the source"),
        new("DestLoadBalancer", word(), "load balancer of the destination: what is published"),
        new("SrcApplicationGateway", word(), "application gateway of the source"),
        new("DestApplicationGateway", word(), "application gateway of the destination"),
        new("SrcLocalNetworkGateway", word(), "gateway of the source's own site"),
        new("DestLocalNetworkGateway", word(), "gateway of the destination's own site"),
        new("SrcExpressRouteCircuit", word(), "private line the source came over"),
        new("DestExpressRouteCircuit", word(), "private line to the destination"),
        new("ExpressRouteCircuitPeeringType", word(), "peering of that line"),
        new("ConnectionType", word(), "VNetPeering, VpnGateway or ExpressRoute"),
        new("ConnectionName", word(), "name of that connection"),
        new("ConnectingVnets", word(), "networks in between, blank-separated"),
        new("Country", word(), "country of the public ends, two letters"),
        new("AzureRegion", word(), "region of the public ends when they are Azure's"),
        new("PrivateEndpointResourceId", word(), "private endpoint the flows went through"),
        new("PrivateLinkResourceId", word(), "service behind that endpoint"),
        new("PrivateLinkResourceName", word(), "name of that service"),
        new("IsFlowCapturedAtUdrHop", Boolean, "seen on the way, at a routed hop, so maybe counted twice"),
    ]
}
