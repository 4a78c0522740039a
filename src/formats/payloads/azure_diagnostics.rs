//! Rows of the Log Analytics table AzureDiagnostics that carry AKS control-plane logs.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::aks_audit::cells;
use super::control_plane::Program;
use super::diagnostic_record::log_text;
use super::kube_audit::{Carrier, carried};
use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::cells::{Cells, Column};
use crate::formats::classify::Keys;
use crate::formats::json;
use crate::formats::rows::Rows;
use crate::model::Micros;

/// See the module's description.
pub struct AzureDiagnostics;

/// Where a field goes when the table has no room for another column.
#[derive(Deserialize)]
struct Additional<'a> {
    #[serde(borrow, alias = "log_s")]
    log: Option<&'a RawValue>,
}

/// Returns the log text of AdditionalFields that were cut inside it: what is there, but for half an escape at its end.
fn half_log(fields: &str) -> Option<Cow<'_, str>> {
    let start = ["\"log\":\"", "\"log_s\":\""].into_iter().find_map(|key| Some(fields.find(key)? + key.len()))?;
    let half = &fields[start..];
    // The longest escape is a pair of surrogates.
    let ends = (half.len().saturating_sub(11)..=half.len()).rev().filter(|end| half.is_char_boundary(*end));
    let texts = ends.filter_map(|end| json::string(&format!("\"{}\"", &half[..end])).map(Cow::into_owned));
    texts.map(Cow::Owned).next()
}

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for AzureDiagnostics {
    fn name(&self) -> &'static str {
        "azure-diagnostics"
    }

    fn doc(&self) -> &'static str {
        "Row of AzureDiagnostics with the audit event in `log_s`, or in `AdditionalFields`"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        let named = |raw: Option<&RawValue>| raw.is_some_and(|raw| raw.get() == "\"AzureDiagnostics\"");
        match (keys, item.cells) {
            (Some(k), _) => k.log_s.is_some() || named(k.row_type) || named(k.table_name),
            (None, Some(cells)) => {
                cells.has(Column::Log) || cells.text(Column::Type).as_deref() == Some("AzureDiagnostics")
            }
            (None, None) => false,
        }
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let own;
        let cells: &Cells<'_> = match item.cells {
            Some(cells) => cells,
            None => {
                own = cells(item)?;
                &own
            }
        };
        if !cells.has(Column::Log) && !cells.has(Column::AdditionalFields) && !cells.has(Column::Category) {
            return Err(Miss::NotMine);
        }
        let category = cells.text(Column::Category);
        let cluster = cells.text(Column::ResourceId).or_else(|| cells.text(Column::UpperResourceId));
        let carrier = Carrier {
            time: cells.text(Column::TimeGenerated).and_then(|t| Micros::parse(&t)),
            category: category.as_deref(),
            cluster: cluster.as_deref(),
        };
        let (pod, stream) = (cells.text(Column::Pod), cells.text(Column::Stream));
        let program = Program { pod: pod.as_deref(), stream: stream.as_deref() };
        if let Some(log) = cells.text(Column::Log) {
            return log_text(&log, &program, &carrier, item, rows);
        }
        let additional = cells.text(Column::AdditionalFields);
        let fields = additional.as_deref().and_then(|text| serde_json::from_str::<Additional<'_>>(text).ok());
        let Some(raw) = fields.and_then(|fields| fields.log) else {
            if let Some(log) = additional.as_deref().and_then(half_log) {
                return log_text(&log, &program, &carrier, item, rows);
            }
            // Other services share the table; what they say is kept as it is.
            return Err(Miss::NotMine);
        };
        match json::string(raw.get()) {
            Some(log) => log_text(&log, &program, &carrier, item, rows),
            None => carried(raw.get(), &carrier, item, rows),
        }
    }
}
