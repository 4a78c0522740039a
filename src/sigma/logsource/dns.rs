//! Names that were asked for: `category: dns`, or `dns_query`.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("query", "name that was asked for, of VMConnection all of them as JSON"),
    field!("QueryName", "the same, as category dns_query calls it"),
    field!("record_type", "A, AAAA, TXT …"),
    field!("answer", "answer, as JSON"),
    field!("src_ip", "who asked"),
    field!("Image", "program that asked"),
    field!("Computer", "node"),
    field!("Namespace", "namespace of the pod that asked"),
    field!("Pod", "pod that asked"),
];

const QUERY: &str = "rtrim(regexp_match(l7, '\"query\"\\s*:\\s*\"([^\"]+)\"')[1], '.')";

/// See the module's description.
pub static DNS: LogSource = LogSource {
    name: "dns",
    doc: "names that pods and machines asked for",
    means: &[means("dns", "", ""), means("dns_query", "", "")],
    fields: FIELDS,
    readings: &[
        Reading {
            table: "hubble_flow",
            from: "",
            only: "l7_protocol = 'dns'",
            event: Words {
                id: "uuid",
                actor: "coalesce(nullif(concat_ws('/', CAST(source_namespace AS VARCHAR), source_pod), ''), source_ip)",
                host: "node",
                verb: "coalesce(CAST(l7_type AS VARCHAR), 'query')",
                kind: "'name'",
                name: QUERY,
                address: "source_ip",
                ..SILENT
            },
            fields: &[
                ("any text", "l7"),
                ("query", QUERY),
                ("QueryName", QUERY),
                ("record_type", "regexp_match(l7, '\"qtypes\"\\s*:\\s*\\[\"([A-Z]+)\"')[1]"),
                ("answer", "regexp_match(l7, '\"ips\"\\s*:\\s*(\\[[^\\]]*\\])')[1]"),
                ("src_ip", "source_ip"),
                ("Computer", "node"),
                ("Namespace", "source_namespace"),
                ("Pod", "source_pod"),
            ],
        },
        Reading {
            table: "VMConnection",
            from: "",
            only: "coalesce(\"RemoteDnsQuestions\", \"RemoteDnsCanonicalNames\") IS NOT NULL",
            event: Words {
                id: "CAST(\"ConnectionId\" AS VARCHAR)",
                actor: "CAST(\"ProcessName\" AS VARCHAR)",
                host: "\"Computer\"",
                verb: "'query'",
                kind: "'name'",
                name: "coalesce(\"RemoteDnsQuestions\", \"RemoteDnsCanonicalNames\")",
                address: "CAST(\"SourceIp\" AS VARCHAR)",
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', \"RemoteDnsQuestions\", \"RemoteDnsCanonicalNames\")"),
                ("query", "concat_ws(' ', \"RemoteDnsQuestions\", \"RemoteDnsCanonicalNames\")"),
                ("QueryName", "concat_ws(' ', \"RemoteDnsQuestions\", \"RemoteDnsCanonicalNames\")"),
                ("answer", "CAST(\"RemoteIp\" AS VARCHAR)"),
                ("src_ip", "\"SourceIp\""),
                ("Image", "\"ProcessName\""),
                ("Computer", "\"Computer\""),
            ],
        },
    ],
    remedy: "add Hubble's flows with DNS visibility, or table VMConnection",
};
