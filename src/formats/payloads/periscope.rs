//! What AKS Periscope writes as JSON: the last lines of each container, connections it tried, Helm releases, figures.
//!
//! Most of what it collects is text (`kubectl describe`, tables of the firewall, logs) and is read as that.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::fields::{Gathered, column, member, members};
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::container_log;

/// Names of collectors, which are those of the tables too, and what each of their records has.
const COLLECTED: [(&str, &[&str]); 4] = [
    ("networkoutbound", &["TimeStamp", "Type", "URL", "Status"]),
    ("systemperf", &["name", "cpuusage", "memoryusage"]),
    ("poddisruptionbudget", &["name", "minavailable", "maxunavailable", "disruptionsallowed"]),
    ("helm_list", &["name", "namespace", "revision", "status", "chart", "app_version"]),
];

/// What the record of a container's log has, and the columns for some of it.
const LOG: [(&str, &str); 3] = [("name", "pod"), ("containerName", "container"), ("containerLog", "message")];

/// See the module's description.
pub struct Periscope;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for Periscope {
    fn name(&self) -> &'static str {
        "periscope"
    }

    fn doc(&self) -> &'static str {
        "Record of AKS Periscope: last lines of a container, connections tried, figures, Helm releases (`helm list -o json`)"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            k.container_log.or(k.url).or(k.cpu_usage).or(k.disruptions_allowed).or(k.chart).is_some()
                && k.kind.is_none()
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let all = members(item)?;
        let has = |names: &[&str]| names.iter().all(|name| member(&all, name).is_some());
        if has(&LOG.map(|(name, _)| name)) {
            let mut row = Gathered::default();
            for (name, raw) in &all {
                row.keep(column(&LOG, name), Value::Json(raw.get()));
            }
            rows.row(&container_log::TABLE, &item.at, None, row.row());
            return Ok(());
        }
        let (table, _) = COLLECTED.iter().find(|(_, names)| has(names)).ok_or(Miss::NotMine)?;
        let mut row = Gathered::default();
        all.iter().for_each(|(name, raw)| row.keep(&**name, Value::Json(raw.get())));
        let time = member(&all, "TimeStamp").and_then(|raw| Value::Json(raw).time());
        rows.named_row(Some(table), &item.at, time, row.row());
        Ok(())
    }
}
