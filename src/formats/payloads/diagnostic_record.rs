//! Azure resource-log records of AKS: storage blobs, Event Hub messages, forwarders.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::control_plane::{self, Program};
use super::kube_audit::{Carrier, carried};
use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::{Keys, problem};
use crate::formats::event::parsed;
use crate::formats::json;
use crate::formats::rows::Rows;
use crate::formats::text::{Stamp, Text};

/// See the module's description.
pub struct DiagnosticRecord;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    category: Option<&'a RawValue>,
    resource_id: Option<&'a RawValue>,
    time: Option<Stamp<'a>>,
    properties: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Properties<'a> {
    #[serde(borrow)]
    log: Option<&'a RawValue>,
    pod: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for DiagnosticRecord {
    fn name(&self) -> &'static str {
        "diagnostic-record"
    }

    fn doc(&self) -> &'static str {
        "AKS resource log record with the audit event in `properties.log`, as text or as an object"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| k.properties.is_some() && k.audit_id.is_none() && k.time_generated.is_none())
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let record: Record<'_> = serde_json::from_str(item.text).map_err(|e| Miss::Broken(named(&e, item.text)))?;
        // Other services write a text there (formats.md 0.5).
        let Some(text) = record.properties.map(RawValue::get).filter(|raw| raw.starts_with('{')) else {
            return Err(Miss::NotMine);
        };
        let properties: Properties<'_> = serde_json::from_str(text).map_err(|e| Miss::Broken(named(&e, item.text)))?;
        let Some(raw) = properties.log else { return Err(Miss::NotMine) };
        // Words about the event: an odd one is no reason to lose it.
        let [category, cluster] = [record.category, record.resource_id].map(|raw| json::string(raw?.get()));
        let carrier =
            Carrier { time: parsed(record.time.as_ref()), category: category.as_deref(), cluster: cluster.as_deref() };
        if raw.get().starts_with('{') {
            return carried(raw.get(), &carrier, item, rows);
        }
        let Some(log) = json::string(raw.get()) else {
            return Err(Miss::Broken("properties.log is no valid text".to_owned()));
        };
        let [pod, stream] = [properties.pod, properties.stream].map(|raw| json::string(raw?.get()));
        let program = Program { pod: pod.as_deref(), stream: stream.as_deref() };
        log_text(&log, &program, &carrier, item, rows)
    }
}

/// Says what is wrong with a record and whose record it is.
fn named(error: &serde_json::Error, text: &str) -> String {
    #[derive(Deserialize)]
    struct Category<'a> {
        #[serde(borrow)]
        category: Text<'a>,
    }
    let problem = problem(error, text);
    match serde_json::from_str::<Category<'_>>(text) {
        Ok(record) => format!("record of category {}: {problem}", &*record.category),
        Err(_) => problem,
    }
}

/// Reads the text of a log line: an event, or a line of some control-plane program.
pub fn log_text(
    log: &str,
    program: &Program<'_>,
    carrier: &Carrier<'_>,
    item: &Item<'_>,
    rows: &mut Rows,
) -> Result<(), Miss> {
    if !log.trim_ascii_start().starts_with('{') {
        control_plane::line(log, program, carrier, item, rows);
        return Ok(());
    }
    // Programs of the control plane write JSON too.
    let audit = carrier.category.is_none_or(|category| category.to_ascii_lowercase().contains("audit"));
    match carried(log, carrier, item, rows) {
        Err(_) if !audit && !log.contains("\"auditID\"") => {
            control_plane::line(log, program, carrier, item, rows);
            Ok(())
        }
        result => result,
    }
}
