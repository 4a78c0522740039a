//! Hubble flows as JSON, with the wrapper of the exporter and without, and the other lines of the same file.
//!
//! What has a column leaves `event`; everything else of a flow stays there. A name or a port that Hubble did not write
//! stays null: an endpoint it does not know is `{}`.

use std::borrow::Cow;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::json;
use crate::formats::members::{self, Object, written};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::hubble_flow::TABLE;

/// See the module's description.
pub struct Hubble;

/// What a line of the exporter holds beside a flow (observer.proto, ExportEvent).
const OTHERS: [&str; 4] = ["lost_events", "agent_event", "debug_event", "node_status"];

type Values<'v> = Vec<(&'v str, Value<'v>)>;
type Rest<'v> = Vec<(&'v str, Cow<'v, str>)>;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Hubble {
    fn name(&self) -> &'static str {
        "hubble"
    }

    fn doc(&self) -> &'static str {
        "Hubble flow as JSON, in its wrapper or bare; lost_events, agent_event, debug_event and node_status lines"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            let other = k.lost_events.or(k.agent_event).or(k.debug_event).or(k.node_status);
            k.flow.or(other).is_some() || k.verdict.is_some()
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let line = Object::of(item.text)?;
        if line.is_row() {
            return Err(Miss::NotMine);
        }
        if let Some(inner) = line.raw("flow").filter(|raw| raw.starts_with('{')) {
            let flow = Object::of(inner)?;
            // A wrapper names its node and time; without them it is known by what is inside.
            if flow.text("verdict").is_none() && !(line.has("node_name") && line.has("time")) {
                return Err(Miss::NotMine);
            }
            keep(&flow, Some(&line), item, rows);
            return Ok(());
        }
        let other = OTHERS.iter().find_map(|name| Some((*name, line.raw(name).filter(|raw| raw.starts_with('{'))?)));
        if let Some((kind, inner)) = other {
            if !line.has("node_name") && !line.has("time") {
                return Err(Miss::NotMine);
            }
            return other_line(kind, inner, &line, item, rows);
        }
        if !is_flow(&line) {
            return Err(Miss::NotMine);
        }
        keep(&line, None, item, rows);
        Ok(())
    }
}

fn is_flow(flow: &Object<'_>) -> bool {
    const MARKS: [&str; 6] = ["IP", "l4", "event_type", "traffic_direction", "Type", "l7"];
    flow.text("verdict").is_some() && MARKS.iter().any(|name| flow.has(name))
}

/// Keeps a line that is no flow.
fn other_line(
    kind: &'static str,
    inner: &str,
    line: &Object<'_>,
    item: &Item<'_>,
    rows: &mut Rows,
) -> Result<(), Miss> {
    let inside = Object::of(inner)?;
    let mut values: Values<'_> = vec![("type", Value::text(kind)), ("event", Value::Json(inner))];
    let time = members::time(line, "time", rows, &mut values);
    if kind == "lost_events" {
        // An uint64, which JSON of protobuf writes as a text.
        let lost = inside.json("num_events_lost").and_then(|value| value.int());
        values.extend(lost.map(|number| ("events_lost", Value::Int(number))));
        let lost = lost.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
        rows.tally("flows are missing, events that Hubble says it lost", lost);
    }
    values.extend(line.json("node_name").map(|value| ("node", value)));
    values.extend(line.columns(&["time", "node_name", kind]));
    rows.row(&TABLE, &item.at, time, values);
    Ok(())
}

/// Columns that hold a member of the flow as it is.
const WHOLE: [(&str, &str); 9] = [
    ("uuid", "uuid"),
    ("verdict", "verdict"),
    ("drop_reason", "drop_reason_desc"),
    ("direction", "traffic_direction"),
    ("is_reply", "is_reply"),
    ("l7", "l7"),
    ("node", "node_name"),
    ("type", "Type"),
    ("summary", "Summary"),
];

fn keep(flow: &Object<'_>, wrapper: Option<&Object<'_>>, item: &Item<'_>, rows: &mut Rows) {
    let mut values: Values<'_> = Vec::with_capacity(48);
    let mut left: Rest<'_> = Vec::new();
    let mut taken = vec!["time"];
    let mut time = members::time(flow, "time", rows, &mut values);
    for (column, name) in WHOLE {
        values.extend(flow.json(name).map(|value| (column, value)));
        taken.push(name);
    }
    let layer7 = flow.object("l7");
    if let Some(layer7) = &layer7 {
        values.extend(layer7.json("type").map(|value| ("l7_type", value)));
        let protocol = layer7.members().find(|(_, raw)| raw.starts_with('{'));
        values.extend(protocol.map(|(name, _)| ("l7_protocol", Value::text(name))));
    }

    let [ip, layer4, source, destination] = ["IP", "l4", "source", "destination"].map(|name| flow.object(name));
    if let Some(ip) = &ip {
        values.extend(ip.json("source").map(|value| ("source_ip", value)));
        values.extend(ip.json("destination").map(|value| ("destination_ip", value)));
        left.extend(rest(ip, &["source", "destination"]).map(|text| ("IP", Cow::Owned(text))));
        taken.push("IP");
    }
    if let Some(layer4) = &layer4 {
        let more = ports(layer4, &mut values);
        left.extend(more.map(|text| ("l4", Cow::Owned(text))));
        taken.push("l4");
    }
    for (side, name, peer) in [(&SOURCE, "source", &source), (&DESTINATION, "destination", &destination)] {
        let Some(peer) = peer else { continue };
        endpoint(peer, side, &mut values);
        left.extend(rest(peer, &side.taken()).map(|text| (name, Cow::Owned(text))));
        taken.push(name);
    }
    left.extend(flow.rest(&taken).into_iter().map(|(key, raw)| (key, Cow::Borrowed(raw))));

    if let Some(wrapper) = wrapper {
        // The wrapper repeats time and node; what it says counts where the flow says nothing.
        if flow.raw("time").is_none() {
            time = members::time(wrapper, "time", rows, &mut values);
        }
        for (name, own, other) in [("time", None, "record_time"), ("node_name", Some("node"), "record_node")] {
            let column = if flow.raw(name).is_none() { own } else { Some(other) };
            let said = wrapper.json(name).filter(|_| flow.raw(name) != wrapper.raw(name));
            values.extend(column.zip(said));
        }
        values.extend(wrapper.columns(&["flow", "time", "node_name"]));
    }
    let event = written(left);
    values.extend(event.as_deref().map(|text| ("event", Value::Json(text))));
    rows.row(&TABLE, &item.at, time, values.iter().map(|(name, value)| (*name, value.clone())));
}

fn rest(object: &Object<'_>, taken: &[&str]) -> Option<String> {
    written(object.rest(taken).into_iter().map(|(key, raw)| (key, Cow::Borrowed(raw))))
}

/// Reads `{"TCP":{"source_port":…,"flags":{"SYN":true}}}`; returns what of it has no column.
fn ports<'v>(layer4: &'v Object<'v>, values: &mut Values<'v>) -> Option<String> {
    let mut left: Rest<'_> = Vec::new();
    for (place, (protocol, raw)) in layer4.members().enumerate() {
        // A flow is of one protocol.
        let Some(fields) = Object::maybe(raw).filter(|_| place == 0) else {
            left.push((protocol, Cow::Borrowed(raw)));
            continue;
        };
        let mut taken = vec!["source_port", "destination_port"];
        values.push(("protocol", Value::text(protocol)));
        for name in ["source_port", "destination_port"] {
            values.extend(fields.json(name).map(|value| (name, value)));
        }
        let flags = fields.object("flags");
        if let Some(flags) = flags.filter(|flags| flags.members().all(|(_, raw)| matches!(raw, "true" | "false"))) {
            let set = flags.members().filter(|(_, raw)| *raw == "true").map(|(flag, _)| Cow::Owned(flag.to_owned()));
            values.push(("tcp_flags", Value::List(set.collect())));
            taken.push("flags");
        }
        left.extend(rest(&fields, &taken).map(|text| (protocol, Cow::Owned(text))));
    }
    written(left)
}

/// The columns of one of the two ends.
struct Side {
    /// Columns by the endpoint's own names.
    columns: [(&'static str, &'static str); 4],
    workload: &'static str,
    is_world: &'static str,
}

impl Side {
    fn taken(&self) -> [&'static str; 4] {
        self.columns.map(|(name, _)| name)
    }
}

const SOURCE: Side = Side {
    columns: [
        ("namespace", "source_namespace"),
        ("pod_name", "source_pod"),
        ("labels", "source_labels"),
        ("identity", "source_identity"),
    ],
    workload: "source_workload",
    is_world: "source_is_world",
};

const DESTINATION: Side = Side {
    columns: [
        ("namespace", "destination_namespace"),
        ("pod_name", "destination_pod"),
        ("labels", "destination_labels"),
        ("identity", "destination_identity"),
    ],
    workload: "destination_workload",
    is_world: "destination_is_world",
};

fn endpoint<'v>(peer: &Object<'v>, side: &'static Side, values: &mut Values<'v>) {
    values.extend(side.columns.iter().filter_map(|(name, column)| Some((*column, peer.json(name)?))));
    if let Some(labels) = peer.json("labels").filter(|_| peer.raw("labels").is_some_and(|raw| raw.starts_with('['))) {
        // Clusters of two address families say world-ipv4 and world-ipv6.
        let world = |label: &Cow<'_, str>| {
            label.strip_prefix("reserved:world").is_some_and(|rest| matches!(rest, "" | "-ipv4" | "-ipv6"))
        };
        values.push((side.is_world, Value::Bool(labels.list().iter().any(world))));
    }
    let workloads = peer.raw("workloads").and_then(crate::formats::wrappings::elements).unwrap_or_default();
    let names = workloads.iter().filter_map(|raw| json::string(Object::maybe(raw.get())?.raw("name")?));
    let names: Vec<Cow<'_, str>> = names.collect();
    if !names.is_empty() {
        values.push((side.workload, Value::Text(Cow::Owned(names.join(", ")))));
    }
}
