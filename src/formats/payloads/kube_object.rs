//! Objects of a cluster snapshot: what `kubectl get -o json` prints.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Miss, Payload, azure_resource, gatekeeper};
use crate::formats::Item;
use crate::formats::classify::{Keys, problem};
use crate::formats::event::parsed;
use crate::formats::rows::Rows;
use crate::formats::rows::object::Object;
use crate::formats::text::{Stamp, Text};
use crate::model::Micros;

/// See the module's description.
pub struct KubeObject;

/// What every object says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head<'a> {
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    pub api_version: Option<Text<'a>>,
    pub metadata: Option<Metadata<'a>>,
    items: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata<'a> {
    #[serde(borrow)]
    pub namespace: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    pub uid: Option<Text<'a>>,
    pub resource_version: Option<Text<'a>>,
    creation_timestamp: Option<Stamp<'a>>,
    deletion_timestamp: Option<Stamp<'a>>,
}

impl Metadata<'_> {
    pub fn created(&self) -> Option<Micros> {
        parsed(self.creation_timestamp.as_ref())
    }

    pub fn deletion(&self) -> Option<Micros> {
        parsed(self.deletion_timestamp.as_ref())
    }
}

/// Reads what an object says of itself.
pub fn head_of(json: &str) -> Result<Head<'_>, serde_json::Error> {
    serde_json::from_str(json)
}

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for KubeObject {
    fn name(&self) -> &'static str {
        "kube-object"
    }

    fn doc(&self) -> &'static str {
        "Kubernetes object of a snapshot, core events included"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| {
            k.metadata.is_some() && ((k.kind.is_some() && k.api_version.is_some()) || item.list.is_some())
        })
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let head = head_of(item.text).map_err(|e| Miss::Broken(problem(&e, item.text)))?;
        let (list_kind, list_version) = item.list.unzip();
        let kind = head.kind.as_deref().or(list_kind);
        let api_version = head.api_version.as_deref().or(list_version);
        let (Some(metadata), Some(kind), Some(api_version)) = (&head.metadata, kind, api_version) else {
            return Err(Miss::NotMine);
        };
        // What the API server answers about objects is none: an error, a printed table.
        let answer = matches!(kind, "Status" | "Table") && metadata.name.is_none();
        let list = kind.ends_with("List") && (head.items.is_some() || metadata.name.is_none());
        let azure = kind == "ClusterDescribe" && azure_resource::described(item.text).is_some();
        if list || answer || azure || api_version.starts_with("audit.k8s.io/") {
            return Err(Miss::NotMine);
        }
        let object = Object {
            kind: Some(kind),
            api_version: Some(api_version),
            namespace: metadata.namespace.as_deref(),
            name: metadata.name.as_deref(),
            uid: metadata.uid.as_deref(),
            resource_version: metadata.resource_version.as_deref().filter(|version| !version.is_empty()),
            created: metadata.created(),
            deletion: metadata.deletion(),
            body: Some(item.text),
            revised: None,
        };
        rows.object(&item.at, &object);
        gatekeeper::violations(item, api_version, kind, metadata.name.as_deref(), rows);
        Ok(())
    }
}
