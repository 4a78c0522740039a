//! Entries of Kubeshark as JSON: a request and its response, dissected from captured traffic.
//!
//! Reads what its hub, its scripts and its list of entries write (kubeshark/api, types Entry and BaseEntry; examples in
//! kubeshark/docs, automation hooks). Reads no packets, and no `.kshrk`: that is an archive of another tool, k8shark.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::members::{self, Object};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::Micros;
use crate::model::tables::kubeshark_entry::TABLE;

/// See the module's description.
pub struct Kubeshark;

/// Columns of an end, by the names they have in it.
type Side = [(&'static str, &'static str); 6];

const SOURCE: Side = [
    ("ip", "source_ip"),
    ("port", "source_port"),
    ("name", "source_name"),
    ("namespace", "source_namespace"),
    ("pod", "source_pod"),
    ("processName", "source_process"),
];

const DESTINATION: Side = [
    ("ip", "destination_ip"),
    ("port", "destination_port"),
    ("name", "destination_name"),
    ("namespace", "destination_namespace"),
    ("pod", "destination_pod"),
    ("processName", "destination_process"),
];

type Values<'v> = Vec<(&'v str, Value<'v>)>;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Kubeshark {
    fn name(&self) -> &'static str {
        "kubeshark"
    }

    fn doc(&self) -> &'static str {
        "Kubeshark entry as JSON: a request and its response, in the hub's wrapper or bare"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| (k.src.is_some() && k.dst.is_some()) || k.representation.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let record = Object::of(item.text)?;
        let inside = if record.has("representation") { record.object("data") } else { None };
        // The representation says the same again for the screen; it stays under its own name.
        let around = inside.as_ref().map(|_| record.columns(&["data"])).unwrap_or_default();
        let entry = inside.as_ref().unwrap_or(&record);
        let ends = (entry.object("src"), entry.object("dst"));
        let (Some(source), Some(destination)) = &ends else { return Err(Miss::NotMine) };
        let protocol = entry.object("protocol").or_else(|| entry.object("proto"));
        let name = protocol.as_ref().and_then(|protocol| protocol.json("name").filter(|name| !name.is_nothing()));
        let known = source.has("ip")
            && destination.has("ip")
            && (entry.has("timestamp") || entry.has("startTime"))
            && !record.is_row();
        let (Some(protocol), Some(name), true) = (&protocol, name, known) else { return Err(Miss::NotMine) };

        let mut values: Values<'_> = Vec::with_capacity(40);
        let time = members::time(entry, "startTime", rows, &mut values).or_else(|| {
            let millis = entry.json("timestamp")?.int()?;
            Micros::from_millis(u64::try_from(millis).ok()?)
        });
        values.push(("protocol", name));
        values.extend(protocol.json("version").map(|value| ("protocol_version", value)));
        end(source, &SOURCE, &mut values);
        end(destination, &DESTINATION, &mut values);
        let node = entry.object("node");
        values.extend(node.as_ref().and_then(|node| node.json("name")).map(|value| ("node", value)));
        const SAME: [(&str, &str); 9] = [
            ("id", "id"),
            ("method", "method"),
            ("summary", "summary"),
            ("tls", "tls"),
            ("elapsedTime", "elapsed_ms"),
            ("request", "request"),
            ("response", "response"),
            ("src", "source"),
            ("dst", "destination"),
        ];
        values.extend(SAME.iter().filter_map(|(name, column)| Some((*column, entry.json(name)?))));
        // Entries of a list say a status of 0 for what has none.
        values.extend(entry.json("status").filter(|value| value.int() != Some(0)).map(|value| ("status", value)));
        let [request, response] = ["request", "response"].map(|name| entry.object(name));
        if let Some(request) = request.filter(|_| !entry.has("method")) {
            values.extend(request.json("method").map(|value| ("method", value)));
            values.extend(request.json("path").map(|value| ("summary", value)));
        }
        if let Some(response) = response.filter(|_| !entry.has("status")) {
            values.extend(response.json("status").map(|value| ("status", value)));
        }
        let taken: Vec<&str> = SAME.iter().map(|(name, _)| *name).chain(["status", "startTime"]).collect();
        values.extend(entry.columns(&taken));
        values.extend(around);
        rows.row(&TABLE, &item.at, time, values);
        Ok(())
    }
}

fn end<'v>(peer: &Object<'v>, side: &'static Side, values: &mut Values<'v>) {
    for (name, column) in side {
        let value = if *name == "pod" { pod(peer) } else { peer.json(name) };
        values.extend(value.map(|value| (*column, value)));
    }
}

/// Returns the name of a pod, which is an object of Kubernetes or a summary of one.
fn pod<'v>(peer: &Object<'v>) -> Option<Value<'v>> {
    peer.object("pod")?.object("metadata")?.json("name")
}
