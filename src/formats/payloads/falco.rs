//! Falco alerts as JSON, from Falco itself or through Falcosidekick, of system calls or of audit events.
//!
//! Reads no text mode: its lines have no date. What Falco writes for no value (null, `<NA>`, user -1) is null here and
//! stays as it was in `output_fields`.

use std::borrow::Cow;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::members::{self, Object};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::Micros;
use crate::model::tables::falco::TABLE;

/// See the module's description.
pub struct Falco;

/// The priorities of Falco's rules; Falcosidekick writes them the same, rules also say `INFO`.
const PRIORITIES: [&str; 9] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "info", "debug"];

/// What an alert has beside rule and priority. Each can be switched off, all of them together cannot.
const OTHERS: [&str; 5] = ["output_fields", "output", "message", "source", "hostname"];

/// Members that are columns of the table.
const TAKEN: [&str; 10] =
    ["time", "rule", "priority", "source", "hostname", "output", "message", "tags", "output_fields", "uuid"];

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Falco {
    fn name(&self) -> &'static str {
        "falco"
    }

    fn doc(&self) -> &'static str {
        "Falco alert as JSON, also through Falcosidekick: system calls, Kubernetes audit events, other sources"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| k.rule.is_some() && k.priority.is_some())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let alert = Object::of(item.text)?;
        let priority = alert.text("priority").ok_or(Miss::NotMine)?.to_ascii_lowercase();
        let known = PRIORITIES.contains(&&*priority) && OTHERS.iter().any(|name| alert.has(name));
        if !known || alert.text("rule").is_none() || alert.is_row() {
            return Err(Miss::NotMine);
        }
        let fields = alert.object("output_fields");
        let mut values: Vec<(&str, Value<'_>)> = Vec::with_capacity(24);
        let time = members::time(&alert, "time", rows, &mut values);
        for name in ["rule", "priority", "source", "hostname", "output", "message", "tags", "uuid", "output_fields"] {
            values.extend(alert.json(name).map(|value| (name, value)));
        }
        if let Some(fields) = &fields {
            from_fields(fields, &mut values);
        }
        values.extend(alert.columns(&TAKEN));
        let time = time.or_else(|| event_time(fields.as_ref()?));
        rows.row(&TABLE, &item.at, time, values);
        Ok(())
    }
}

/// Returns the time of the event itself: nanoseconds, read as the integer they are.
fn event_time(fields: &Object<'_>) -> Option<Micros> {
    ["evt.time", "evt.time.iso8601"].iter().find_map(|name| fields.json(name)?.time())
}

fn from_fields<'a>(fields: &Object<'a>, values: &mut Vec<(&str, Value<'a>)>) {
    // Alerts of audit events name their fields `ka.…`.
    const COLUMNS: [(&str, &[&str]); 11] = [
        ("container_id", &["container.id"]),
        ("container_name", &["container.name"]),
        ("image", &["container.image"]),
        ("namespace", &["k8s.ns.name", "ka.target.namespace"]),
        ("pod", &["k8s.pod.name", "ka.target.pod.name"]),
        ("process", &["proc.name"]),
        ("command", &["proc.cmdline"]),
        ("parent", &["proc.pname"]),
        ("user_name", &["user.name", "ka.user.name"]),
        ("fd_name", &["fd.name"]),
        ("evt_time", &["evt.time"]),
    ];
    let said = |name: &str| fields.json(name).filter(|value| !matches!(&*value.as_text(), "" | "<NA>"));
    for (column, names) in COLUMNS {
        values.extend(names.iter().find_map(|name| said(name)).map(|value| (column, value)));
    }
    if let (None, Some(repository)) = (said("container.image"), fields.text("container.image.repository")) {
        let tag = fields.text("container.image.tag").filter(|tag| tag != "<NA>");
        let image = tag.map_or_else(|| repository.clone(), |tag| Cow::Owned(format!("{repository}:{tag}")));
        values.extend(Some(("image", Value::Text(image))).filter(|_| repository != "<NA>"));
    }
    // The kernel's user id "none" is -1, or 2^32 - 1 when it is printed without a sign.
    let user = said("user.uid").filter(|value| !matches!(value.int(), Some(-1 | 4_294_967_295)));
    values.extend(user.map(|value| ("user_uid", value)));
    let on_pods = fields.text("ka.target.resource").is_some_and(|resource| resource == "pods");
    if on_pods && said("k8s.pod.name").is_none() && said("ka.target.pod.name").is_none() {
        values.extend(said("ka.target.name").map(|value| ("pod", value)));
    }
}
