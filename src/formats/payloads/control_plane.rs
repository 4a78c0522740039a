//! Lines of the control plane's programs, whatever carried them.

use super::kube_audit::Carrier;
use crate::formats::Item;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::control_plane::TABLE;

/// What the record around a line says of its program.
#[derive(Default)]
pub struct Program<'a> {
    pub pod: Option<&'a str>,
    pub stream: Option<&'a str>,
}

/// Keeps a log line.
pub fn line(log: &str, program: &Program<'_>, carrier: &Carrier<'_>, item: &Item<'_>, rows: &mut Rows) {
    let message = log.trim_end_matches(['\n', '\r']);
    let mut values = vec![("message", Value::text(message))];
    let time = carrier.time;
    if time.is_some() {
        values.push(("time_source", Value::text("envelope")));
    }
    let cluster = carrier.cluster.map(str::to_lowercase);
    let words = [
        ("category", carrier.category),
        ("pod", program.pod),
        ("stream", program.stream),
        ("cluster_id", cluster.as_deref()),
    ];
    values.extend(words.iter().filter_map(|(name, value)| Some((*name, Value::text((*value)?)))));
    rows.row(&TABLE, &item.at, time, values);
}

/// Keeps a row of the table AKSControlPlane.
pub fn row(row: &[(&str, Value<'_>)], item: &Item<'_>, rows: &mut Rows) {
    const NAMES: [(&str, &str); 6] = [
        ("Category", "category"),
        ("Level", "level"),
        ("Message", "message"),
        ("PodName", "pod"),
        ("Stream", "stream"),
        ("_ResourceId", "cluster_id"),
    ];
    let mut values = Vec::new();
    let mut time = None;
    for (name, value) in row.iter().filter(|(_, value)| !value.is_nothing()) {
        if name.eq_ignore_ascii_case("TimeGenerated") {
            time = value.time();
        }
        let ours = NAMES.iter().find(|(azure, _)| name.eq_ignore_ascii_case(azure));
        values.push((ours.map_or(*name, |(_, ours)| *ours), value.clone()));
    }
    if time.is_some() {
        values.push(("time_source", Value::text("envelope")));
    }
    rows.row(&TABLE, &item.at, time, values);
}
