//! What a case knows of its cluster's addresses, as lists that rules can name: `field|expand: '%cluster_networks%'`.
//!
//! A list is there only when the evidence says something for it: a cluster of which nothing is known has no addresses that
//! are known, and a rule that asks for them is blind.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::Value;

use super::Engine;
use super::state::Within;
use super::values::text;
use crate::error::Result;
use crate::sigma::lists::{AUTHORISED, CLUSTER, EGRESS, Entry};
use crate::sigma::{Lists, RuleSet};

/// Addresses as they are found.
#[derive(Default)]
struct Found {
    cluster: BTreeSet<String>,
    egress: BTreeSet<String>,
    authorised: BTreeSet<String>,
}

impl Engine {
    /// Returns the lists the snapshots of the case fill.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn lists(&self) -> Result<Lists> {
        self.lists_within(None)
    }

    /// Fills the lists that rules name, those of snapshots from some evidence or from all. Snapshots are read only when
    /// a rule asks for them.
    pub(super) fn fill(&self, rules: &RuleSet, within: Within<'_>) -> Result<RuleSet> {
        let known = if rules.asks_derived() { self.lists_within(within)? } else { Lists::default() };
        Ok(rules.filled(&known))
    }

    /// As [`Engine::lists`], from some evidence.
    fn lists_within(&self, within: Within<'_>) -> Result<Lists> {
        let mut found = Found::default();
        let inside = within
            .map_or_else(String::new, |range| format!(" AND evidence >= {} AND evidence < {}", range.start, range.end));
        let objects = self.sql(
            &format!(
                "SELECT CAST(kind AS VARCHAR) AS kind, body FROM object \
                 WHERE kind IN ('Node', 'Pod', 'Service', 'ServiceCIDR') \
                 AND coalesce(deleted, false) = false AND body IS NOT NULL{inside}"
            ),
            &[],
        )?;
        for batch in &objects.batches {
            for row in 0..batch.num_rows() {
                let kind = text(batch.column(0), row).unwrap_or_default();
                // An object that is no JSON has no addresses.
                let body = text(batch.column(1), row).and_then(|body| serde_json::from_str(body).ok());
                found.object(kind, &body.unwrap_or_default());
            }
        }
        let resources = self.sql(
            &format!(
                "SELECT lower(CAST(type AS VARCHAR)) AS type, lower(CAST(resource_group AS VARCHAR)) AS resource_group, \
                 lower(CAST(node_resource_group AS VARCHAR)) AS node_resource_group, body FROM azure_resource \
                 WHERE lower(CAST(type AS VARCHAR)) IN ('microsoft.containerservice/managedclusters', \
                 'microsoft.network/publicipaddresses') AND body IS NOT NULL{inside}"
            ),
            &[],
        )?;
        let mut groups: BTreeSet<String> = BTreeSet::new();
        let mut addresses: Vec<(Option<String>, String)> = Vec::new();
        for batch in &resources.batches {
            for row in 0..batch.num_rows() {
                let cell = |column: usize| text(batch.column(column), row);
                let body: Value = cell(3).and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
                // az prints the properties flat, ARM below `properties`.
                let properties = body.get("properties").unwrap_or(&body);
                match cell(0) {
                    Some("microsoft.containerservice/managedclusters") => {
                        groups.extend(cell(2).map(str::to_owned));
                        found.cluster(properties);
                    }
                    _ => {
                        let group = cell(1).map(str::to_owned);
                        addresses.extend(properties["ipAddress"].as_str().map(|ip| (group, ip.to_owned())));
                    }
                }
            }
        }
        let own = addresses.into_iter().filter(|(group, _)| group.as_ref().is_some_and(|group| groups.contains(group)));
        own.for_each(|(_, ip)| add(&mut found.egress, &ip));
        let mut lists = Lists::default();
        for (name, values) in [(CLUSTER, found.cluster), (EGRESS, found.egress), (AUTHORISED, found.authorised)] {
            if !values.is_empty() {
                lists.add(name, values.into_iter().map(|value| Entry { value, from: None, until: None }));
            }
        }
        Ok(lists)
    }
}

impl Found {
    fn object(&mut self, kind: &str, body: &Value) {
        let (spec, status) = (&body["spec"], &body["status"]);
        match kind {
            "Node" => {
                each(&[&spec["podCIDR"], &spec["podCIDRs"]], |net| add(&mut self.cluster, net));
                for address in status["addresses"].as_array().into_iter().flatten() {
                    let Some(ip) = address["address"].as_str() else { continue };
                    match address["type"].as_str() {
                        Some("ExternalIP") => {
                            add(&mut self.egress, ip);
                            add(&mut self.cluster, ip);
                        }
                        Some("InternalIP") => add(&mut self.cluster, ip),
                        _ => {}
                    }
                }
            }
            "Pod" => each(&[&status["podIP"]], |ip| add(&mut self.cluster, ip)),
            "Service" => each(&[&spec["clusterIP"], &spec["clusterIPs"]], |ip| add(&mut self.cluster, ip)),
            "ServiceCIDR" => each(&[&spec["cidrs"]], |net| add(&mut self.cluster, net)),
            _ => {}
        }
    }

    fn cluster(&mut self, properties: &Value) {
        let network = &properties["networkProfile"];
        let parts = ["podCidr", "podCidrs", "serviceCidr", "serviceCidrs"].map(|key| &network[key]);
        each(&parts, |net| add(&mut self.cluster, net));
        let ranges = &properties["apiServerAccessProfile"]["authorizedIPRanges"];
        let old = &properties["apiServerAccessProfile"]["authorizedIpRanges"];
        each(&[ranges, old], |net| add(&mut self.authorised, net));
    }
}

/// Shows every text of some values, each a text or a list of them.
fn each(values: &[&Value], mut found: impl FnMut(&str)) {
    for value in values {
        match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).for_each(&mut found),
            other => other.as_str().into_iter().for_each(&mut found),
        }
    }
}

/// Keeps what is an address or a network; `None` of a headless service is neither.
fn add(set: &mut BTreeSet<String>, text: &str) {
    if text.parse::<IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok() {
        set.insert(text.to_owned());
    }
}
