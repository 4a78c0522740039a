//! Tetragon events as JSON: what processes did, as the kernel saw it.
//!
//! Every kind that is called `process_…` is kept, known or not. Reads no compact output of `tetra getevents`.

use std::borrow::Cow;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::members::{self, Object};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::tetragon::TABLE;

/// See the module's description.
pub struct Tetragon;

/// Says that the export left out events: no process, but the reader must know.
const LIMITED: &str = "rate_limit_info";

/// Value of auid in a process that no login started: -1 without a sign.
const NO_LOGIN: i64 = 4_294_967_295;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Tetragon {
    fn name(&self) -> &'static str {
        "tetragon"
    }

    fn doc(&self) -> &'static str {
        "Tetragon event as JSON: process_exec, process_exit, process_kprobe and every other process_ kind"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        // A key may be written with escapes; whether it is one of ours is for `decode` to say.
        let kind = || ["\"process_", LIMITED, "\\u"].iter().any(|word| item.text.contains(word));
        keys.is_some_and(|k| k.flow.is_none()) && kind()
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let record = Object::of(item.text)?;
        let is_kind = |key: &str| key.starts_with("process_") || key == LIMITED;
        let mut kinds = record.members().filter(|(key, raw)| is_kind(key) && raw.starts_with('{'));
        // Exactly one: events.proto calls them `oneof`.
        let (Some((kind, inner)), None) = (kinds.next(), kinds.next()) else { return Err(Miss::NotMine) };
        // A wrapper with a flow is Hubble's.
        let flow = record.raw("flow").is_some();
        if (!record.has("node_name") && !record.has("time")) || flow || record.is_row() {
            return Err(Miss::NotMine);
        }
        let event = Object::of(inner)?;
        let mut values: Vec<(&str, Value<'_>)> = Vec::with_capacity(40);
        let time = members::time(&record, "time", rows, &mut values);
        values.push(("kind", Value::text(kind)));
        values.extend(record.json("node_name").map(|value| ("node", value)));
        values.extend(record.json("cluster_name").map(|value| ("cluster", value)));
        if kind == LIMITED {
            let dropped = event.json("number_of_dropped_process_events").and_then(|value| value.int());
            let dropped = dropped.and_then(|number| u64::try_from(number).ok());
            rows.tally("events are missing, Tetragon's rate limit dropped", dropped.unwrap_or_default());
        }
        let process = event.object("process");
        let parent = event.object("parent");
        if let Some(process) = &process {
            of_process(process, &mut values);
        }
        if let Some(parent) = &parent {
            let exec = parent.json("exec_id").filter(|_| process.as_ref().is_none_or(|p| !p.has("parent_exec_id")));
            values.extend(exec.map(|value| ("parent_exec_id", value)));
            values.extend(parent.json("binary").map(|value| ("parent_binary", value)));
            values.extend(parent.json("arguments").map(|value| ("parent_arguments", value)));
        }
        of_event(kind, &event, &mut values);
        values.push(("event", Value::Json(inner)));
        values.extend(record.columns(&["time", kind, "node_name", "cluster_name"]));
        rows.row(&TABLE, &item.at, time, values);
        Ok(())
    }
}

fn of_process<'a>(process: &Object<'a>, values: &mut Vec<(&str, Value<'a>)>) {
    const SAME: [&str; 9] =
        ["binary", "arguments", "cwd", "pid", "uid", "exec_id", "parent_exec_id", "flags", "start_time"];
    for name in SAME {
        values.extend(process.json(name).map(|value| (name, value)));
    }
    let auid = process.json("auid").filter(|value| value.int() != Some(NO_LOGIN));
    values.extend(auid.map(|value| ("auid", value)));
    let pod = process.object("pod");
    let container = pod.as_ref().and_then(|pod| pod.object("container"));
    if let Some(pod) = &pod {
        let words = [("namespace", "namespace"), ("pod", "name"), ("workload", "workload")];
        values.extend(words.iter().filter_map(|(column, name)| Some((*column, pod.json(name)?))));
    }
    // `docker` is the beginning of the same id, and there even when nothing is known of the pod.
    let id = container.as_ref().and_then(|container| container.json("id")).or_else(|| process.json("docker"));
    values.extend(id.map(|value| ("container_id", value)));
    if let Some(container) = &container {
        values.extend(container.json("name").map(|value| ("container_name", value)));
        let image = container.object("image").and_then(|image| image.json("name"));
        values.extend(image.map(|value| ("image", value)));
    }
}

fn of_event<'a>(kind: &str, event: &Object<'a>, values: &mut Vec<(&str, Value<'a>)>) {
    for name in ["action", "policy_name", "args"] {
        values.extend(event.json(name).map(|value| (name, value)));
    }
    let tracepoint = || {
        let (subsystem, name) = (event.text("subsys")?, event.text("event")?);
        Some(Value::Text(Cow::Owned(format!("{subsystem}/{name}"))))
    };
    let function = event.json("function_name").or_else(|| event.json("symbol")).or_else(tracepoint);
    values.extend(function.map(|value| ("function_name", value)));
    if kind == "process_exit" {
        // A status of 0 is not written at all, and then not guessed.
        values.extend(event.json("status").map(|value| ("return_code", value)));
    } else if let Some(code) = event.object("return").as_ref().and_then(number) {
        values.push(("return_code", code));
    }
}

/// Returns the number in a tagged value such as `{"int_arg":-2}`.
fn number<'a>(tagged: &Object<'a>) -> Option<Value<'a>> {
    ["int_arg", "long_arg", "size_arg", "uint_arg"].iter().find_map(|name| tagged.json(name))
}
