//! Connections: `category: network_connection` with what process made them, `category: firewall` with what was decided.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("Image", "program; of some tables its name only"),
    field!("CommandLine", "program and arguments"),
    field!("User", "who ran it"),
    field!("Initiated", "true when the near end began it"),
    field!("Direction", "inbound or outbound, as the near end sees it"),
    field!("Protocol", "tcp, udp …"),
    field!("SourceIp", "who connected"),
    field!("SourcePort", "port of the source"),
    field!("DestinationIp", "who was connected to"),
    field!("DestinationPort", "port that was connected to"),
    field!("DestinationHostname", "names of the destination, of VMConnection as JSON"),
    field!("Action", "allow or deny; of Hubble FORWARDED, DROPPED …"),
    field!("BytesSent", "bytes from source to destination, of VMConnection by the near end"),
    field!("LinksEstablished", "connections of the row; rows of VMConnection are sums of a minute"),
    field!("LinksFailed", "connections that failed"),
    field!("ThreatType", "what the far end is known for: C2, CryptoMining … as the table itself says"),
    field!("RemoteCountry", "country of the far end"),
    field!("Rule", "rule that decided"),
    field!("Computer", "node"),
    field!("Namespace", "namespace of the pod at the source"),
    field!("Pod", "pod at the source"),
    field!("DestinationNamespace", "namespace of the pod at the destination"),
    field!("DestinationPod", "pod at the destination"),
];

const REMEDY: &str = "add flow logs of the network security groups or virtual networks, Hubble's flows, or tables \
                      VMConnection, NTANetAnalytics or DeviceNetworkEvents";

/// Connections, with the program where the table knows it.
pub static CONNECTION: LogSource = LogSource {
    name: "network_connection",
    doc: "connections of programs, pods and machines",
    means: &[means("network_connection", "", "")],
    fields: FIELDS,
    readings: &[VM, HUBBLE, TETRAGON, FLOW, NTA, NTA_OLD, MDE],
    remedy: REMEDY,
};

const VM: Reading = Reading {
    table: "VMConnection",
    from: "",
    only: "",
    event: Words {
        id: "CAST(\"ConnectionId\" AS VARCHAR)",
        actor: "CAST(\"ProcessName\" AS VARCHAR)",
        host: "\"Computer\"",
        verb: "coalesce(CAST(\"Direction\" AS VARCHAR), 'connection')",
        kind: "'connection'",
        name: "concat_ws(':', CAST(\"DestinationIp\" AS VARCHAR), CAST(\"DestinationPort\" AS VARCHAR))",
        address: "CAST(\"RemoteIp\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        (
            "any text",
            "concat_ws(' ', \"ProcessName\", \"SourceIp\", \"DestinationIp\", \"RemoteDnsCanonicalNames\", \"Description\")",
        ),
        ("Image", "\"ProcessName\""),
        ("Initiated", "CASE WHEN \"Direction\" = 'outbound' THEN true WHEN \"Direction\" = 'inbound' THEN false END"),
        ("Direction", "\"Direction\""),
        ("Protocol", "\"Protocol\""),
        ("SourceIp", "\"SourceIp\""),
        ("DestinationIp", "\"DestinationIp\""),
        ("DestinationPort", "\"DestinationPort\""),
        ("DestinationHostname", "coalesce(\"RemoteDnsCanonicalNames\", \"RemoteDnsQuestions\")"),
        ("BytesSent", "\"BytesSent\""),
        ("LinksEstablished", "\"LinksEstablished\""),
        ("LinksFailed", "\"LinksFailed\""),
        (
            "ThreatType",
            "coalesce(nullif(CAST(\"IndicatorThreatType\" AS VARCHAR), ''), \
             CASE WHEN nullif(CAST(\"MaliciousIp\" AS VARCHAR), '') IS NOT NULL THEN 'Malicious' END)",
        ),
        ("RemoteCountry", "\"RemoteCountry\""),
        ("Computer", "\"Computer\""),
    ],
};

const HUBBLE: Reading = Reading {
    table: "hubble_flow",
    from: "",
    only: "source_ip IS NOT NULL AND coalesce(is_reply, false) = false",
    event: Words {
        id: "uuid",
        actor: "coalesce(concat_ws('/', CAST(source_namespace AS VARCHAR), source_pod), source_ip)",
        host: "node",
        verb: "coalesce(CAST(verdict AS VARCHAR), 'flow')",
        kind: "'connection'",
        namespace: "destination_namespace",
        name: "concat_ws(':', coalesce(destination_pod, destination_ip), CAST(destination_port AS VARCHAR))",
        address: "source_ip",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', source_pod, source_ip, destination_pod, destination_ip, summary)"),
        ("Direction", "CASE direction WHEN 'EGRESS' THEN 'outbound' WHEN 'INGRESS' THEN 'inbound' END"),
        ("Initiated", "CASE direction WHEN 'EGRESS' THEN true WHEN 'INGRESS' THEN false END"),
        ("Protocol", "lower(CAST(protocol AS VARCHAR))"),
        ("SourceIp", "source_ip"),
        ("SourcePort", "source_port"),
        ("DestinationIp", "destination_ip"),
        ("DestinationPort", "destination_port"),
        ("Action", "verdict"),
        ("Computer", "node"),
        ("Namespace", "source_namespace"),
        ("Pod", "source_pod"),
        ("DestinationNamespace", "destination_namespace"),
        ("DestinationPod", "destination_pod"),
    ],
};

const TETRAGON: Reading = Reading {
    table: "tetragon",
    from: "",
    only: "kind = 'process_connect' OR (kind = 'process_kprobe' AND function_name IN ('tcp_connect', 'security_socket_connect'))",
    event: Words {
        id: "exec_id",
        actor: "CAST(uid AS VARCHAR)",
        host: "node",
        verb: "'connect'",
        kind: "'connection'",
        namespace: "namespace",
        name: "concat_ws(' ', concat_ws(': ', pod, \"binary\"), coalesce(regexp_match(event, '\"(?:daddr|destination_ip)\":\\s*\"([^\"]+)\"')[1], '?'))",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', \"binary\", arguments, args)"),
        ("Image", "\"binary\""),
        ("CommandLine", "concat_ws(' ', \"binary\", nullif(arguments, ''))"),
        ("User", "CAST(uid AS VARCHAR)"),
        ("Initiated", "true"),
        ("Direction", "'outbound'"),
        ("SourceIp", "regexp_match(event, '\"(?:saddr|source_ip)\":\\s*\"([^\"]+)\"')[1]"),
        ("DestinationIp", "regexp_match(event, '\"(?:daddr|destination_ip)\":\\s*\"([^\"]+)\"')[1]"),
        (
            "DestinationPort",
            "TRY_CAST(regexp_match(event, '\"(?:dport|destination_port)\":\\s*\"?([0-9]+)')[1] AS BIGINT)",
        ),
        ("Computer", "node"),
        ("Namespace", "namespace"),
        ("Pod", "pod"),
    ],
};

const FLOW: Reading = Reading {
    table: "network_flow",
    from: "",
    only: "",
    event: Words {
        actor: "source_ip",
        verb: "coalesce(CAST(decision AS VARCHAR), CAST(state AS VARCHAR), 'flow')",
        kind: "'connection'",
        name: "concat_ws(':', destination_ip, CAST(destination_port AS VARCHAR))",
        address: "source_ip",
        agent: "CAST(rule AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', source_ip, destination_ip, rule)"),
        ("Direction", "direction"),
        ("Protocol", "lower(CAST(protocol AS VARCHAR))"),
        ("SourceIp", "source_ip"),
        ("SourcePort", "source_port"),
        ("DestinationIp", "destination_ip"),
        ("DestinationPort", "destination_port"),
        ("Action", "coalesce(CAST(decision AS VARCHAR), 'allow')"),
        ("BytesSent", "bytes_sent"),
        ("Rule", "rule"),
    ],
};

/// The first of the public ends: the others are behind it in the same text.
macro_rules! end {
    ($ip:literal, $public:literal) => {
        concat!(
            "coalesce(nullif(CAST(",
            $ip,
            " AS VARCHAR), ''), nullif(split_part(CAST(",
            $public,
            " AS VARCHAR), '|', 1), ''))"
        )
    };
}

/// Traffic Analytics writes I and O, or whole words; A and D alike.
macro_rules! letter {
    ($column:literal, $first:literal, $word:literal, $second:literal, $other:literal) => {
        concat!(
            "CASE upper(left(CAST(",
            $column,
            " AS VARCHAR), 1)) WHEN '",
            $first,
            "' THEN '",
            $word,
            "' WHEN '",
            $second,
            "' THEN '",
            $other,
            "' END"
        )
    };
}

const NTA: Reading = Reading {
    table: "NTANetAnalytics",
    from: "",
    only: "coalesce(CAST(\"SubType\" AS VARCHAR), 'FlowLog') = 'FlowLog'",
    event: Words {
        actor: end!("\"SrcIp\"", "\"SrcPublicIps\""),
        host: "CAST(\"SrcVm\" AS VARCHAR)",
        verb: "coalesce(CAST(\"FlowStatus\" AS VARCHAR), 'flow')",
        kind: "'connection'",
        name: concat!("concat_ws(':', ", end!("\"DestIp\"", "\"DestPublicIps\""), ", CAST(\"DestPort\" AS VARCHAR))"),
        address: end!("\"SrcIp\"", "\"SrcPublicIps\""),
        agent: "CAST(\"AclRule\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', \"SrcIp\", \"SrcPublicIps\", \"DestIp\", \"DestPublicIps\", \"FlowType\")"),
        ("Direction", letter!("\"FlowDirection\"", "I", "inbound", "O", "outbound")),
        ("Protocol", letter!("\"L4Protocol\"", "T", "tcp", "U", "udp")),
        ("SourceIp", end!("\"SrcIp\"", "\"SrcPublicIps\"")),
        ("SourcePort", "\"SrcPort\""),
        ("DestinationIp", end!("\"DestIp\"", "\"DestPublicIps\"")),
        ("DestinationPort", "\"DestPort\""),
        ("Action", letter!("\"FlowStatus\"", "A", "allow", "D", "deny")),
        ("BytesSent", "\"BytesSrcToDest\""),
        ("ThreatType", "CASE WHEN \"FlowType\" = 'MaliciousFlow' THEN 'MaliciousFlow' END"),
        ("RemoteCountry", "\"Country\""),
        ("Rule", "coalesce(CAST(\"AclRule\" AS VARCHAR), CAST(\"NsgRule\" AS VARCHAR))"),
        ("Computer", "CAST(\"SrcVm\" AS VARCHAR)"),
    ],
};

const NTA_OLD: Reading = Reading {
    table: "AzureNetworkAnalytics_CL",
    from: "",
    only: "coalesce(CAST(\"SubType_s\" AS VARCHAR), 'FlowLog') = 'FlowLog'",
    event: Words {
        actor: "CAST(\"SrcIP_s\" AS VARCHAR)",
        verb: "coalesce(CAST(\"FlowStatus_s\" AS VARCHAR), 'flow')",
        kind: "'connection'",
        name: "concat_ws(':', CAST(\"DestIP_s\" AS VARCHAR), CAST(CAST(\"DestPort_d\" AS BIGINT) AS VARCHAR))",
        address: "CAST(\"SrcIP_s\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', CAST(\"SrcIP_s\" AS VARCHAR), CAST(\"DestIP_s\" AS VARCHAR))"),
        ("Direction", letter!("\"FlowDirection_s\"", "I", "inbound", "O", "outbound")),
        ("SourceIp", "\"SrcIP_s\""),
        ("DestinationIp", "\"DestIP_s\""),
        ("DestinationPort", "CAST(\"DestPort_d\" AS BIGINT)"),
        ("Action", letter!("\"FlowStatus_s\"", "A", "allow", "D", "deny")),
    ],
};

const MDE: Reading = Reading {
    table: "DeviceNetworkEvents",
    from: "",
    only: "",
    event: Words {
        actor: "CAST(\"InitiatingProcessAccountName\" AS VARCHAR)",
        host: "CAST(\"DeviceName\" AS VARCHAR)",
        verb: "coalesce(CAST(\"ActionType\" AS VARCHAR), 'connection')",
        kind: "'connection'",
        name: "concat_ws(':', CAST(\"RemoteIP\" AS VARCHAR), CAST(\"RemotePort\" AS VARCHAR))",
        address: "CAST(\"RemoteIP\" AS VARCHAR)",
        agent: "CAST(\"InitiatingProcessFileName\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        (
            "any text",
            "concat_ws(' ', CAST(\"RemoteIP\" AS VARCHAR), CAST(\"RemoteUrl\" AS VARCHAR), CAST(\"InitiatingProcessCommandLine\" AS VARCHAR))",
        ),
        (
            "Image",
            "coalesce(CAST(\"InitiatingProcessFolderPath\" AS VARCHAR), CAST(\"InitiatingProcessFileName\" AS VARCHAR))",
        ),
        ("CommandLine", "CAST(\"InitiatingProcessCommandLine\" AS VARCHAR)"),
        ("User", "CAST(\"InitiatingProcessAccountName\" AS VARCHAR)"),
        (
            "Initiated",
            "CASE WHEN \"ActionType\" LIKE 'Inbound%' THEN false WHEN \"ActionType\" LIKE 'Connection%' THEN true END",
        ),
        (
            "Direction",
            "CASE WHEN \"ActionType\" LIKE 'Inbound%' THEN 'inbound' WHEN \"ActionType\" LIKE 'Connection%' THEN 'outbound' END",
        ),
        ("Protocol", "lower(CAST(\"Protocol\" AS VARCHAR))"),
        ("SourceIp", "CAST(\"LocalIP\" AS VARCHAR)"),
        ("SourcePort", "TRY_CAST(\"LocalPort\" AS BIGINT)"),
        ("DestinationIp", "CAST(\"RemoteIP\" AS VARCHAR)"),
        ("DestinationPort", "TRY_CAST(\"RemotePort\" AS BIGINT)"),
        ("DestinationHostname", "CAST(\"RemoteUrl\" AS VARCHAR)"),
        ("Computer", "CAST(\"DeviceName\" AS VARCHAR)"),
    ],
};

/// Decisions of Azure's network, by the names of Sigma's category.
pub static FIREWALL: LogSource = LogSource {
    name: "firewall",
    doc: "what Azure's network let through and kept out",
    means: &[means("firewall", "", "")],
    fields: &[
        field!("action", "allow or deny"),
        field!("direction", "inbound or outbound, as the network interface sees it"),
        field!("protocol", "tcp, udp …"),
        field!("src_ip", "source"),
        field!("src_port", "port of the source"),
        field!("dst_ip", "destination"),
        field!("dst_port", "port of the destination"),
        field!("bytes_sent", "bytes from source to destination"),
        field!("rule", "rule that decided"),
    ],
    readings: &[
        Reading {
            fields: &[
                ("any text", "concat_ws(' ', source_ip, destination_ip, rule)"),
                ("action", "coalesce(CAST(decision AS VARCHAR), 'allow')"),
                ("direction", "direction"),
                ("protocol", "lower(CAST(protocol AS VARCHAR))"),
                ("src_ip", "source_ip"),
                ("src_port", "source_port"),
                ("dst_ip", "destination_ip"),
                ("dst_port", "destination_port"),
                ("bytes_sent", "bytes_sent"),
                ("rule", "rule"),
            ],
            ..FLOW
        },
        Reading {
            fields: &[
                (
                    "any text",
                    "concat_ws(' ', \"SrcIp\", \"SrcPublicIps\", \"DestIp\", \"DestPublicIps\", \"FlowType\")",
                ),
                ("action", letter!("\"FlowStatus\"", "A", "allow", "D", "deny")),
                ("direction", letter!("\"FlowDirection\"", "I", "inbound", "O", "outbound")),
                ("protocol", letter!("\"L4Protocol\"", "T", "tcp", "U", "udp")),
                ("src_ip", end!("\"SrcIp\"", "\"SrcPublicIps\"")),
                ("src_port", "\"SrcPort\""),
                ("dst_ip", end!("\"DestIp\"", "\"DestPublicIps\"")),
                ("dst_port", "\"DestPort\""),
                ("bytes_sent", "\"BytesSrcToDest\""),
                ("rule", "coalesce(CAST(\"AclRule\" AS VARCHAR), CAST(\"NsgRule\" AS VARCHAR))"),
            ],
            ..NTA
        },
    ],
    remedy: "add flow logs of the network security groups or virtual networks, or table NTANetAnalytics",
};
