//! Audit events (audit.k8s.io), bare or as what other records carry.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::{Keys, problem};
use crate::formats::event::Event;
use crate::formats::rows::Rows;
use crate::formats::rows::audit::{Body, Sighting};
use crate::formats::salvage::salvage;
use crate::model::{Micros, Recorded};

/// See the module's description.
pub struct KubeAudit;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for KubeAudit {
    fn name(&self) -> &'static str {
        "kube-audit"
    }

    fn doc(&self) -> &'static str {
        "Audit event of a Kubernetes API server: audit.k8s.io v1, v1beta1, v1alpha1, also without apiVersion"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        keys.is_some_and(|k| k.audit_id.is_some() || (k.verb.is_some() && k.request_uri.is_some()))
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let event = Event::read(item.text).map_err(|e| Miss::Broken(problem(&e, item.text)))?;
        push(&event, &Carrier::default(), item, None, rows)
    }
}

/// What the record around an event says about it.
#[derive(Default)]
pub struct Carrier<'a> {
    pub time: Option<Micros>,
    pub category: Option<&'a str>,
    pub cluster: Option<&'a str>,
}

/// Reads the event another record carries as text. Azure cuts that text at 16 KiB, 32 KiB or 32,766 bytes, so one that
/// ends early is salvaged, whatever its length.
pub fn carried(text: &str, carrier: &Carrier<'_>, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
    // A line end cannot be inside a JSON string, so it is the log line's own, also where the text was cut.
    let text = text.trim_end_matches(['\n', '\r']);
    let error = match Event::read(text) {
        Ok(event) => return push(&event, carrier, item, None, rows).map_err(broken),
        Err(error) => error,
    };
    let broken_event = || Miss::Broken(format!("event in the record: {}", problem(&error, text)));
    if !error.is_eof() {
        return Err(broken_event());
    }
    let Some(left) = salvage(text) else { return Err(broken_event()) };
    let event = Event::read(&left.whole).map_err(|_| broken_event())?;
    if !event.is_audit() {
        return Err(Miss::Broken("the event in the record is cut short before its auditID".to_owned()));
    }
    let request = left.request.map(Body::Cut);
    push(&event, carrier, item, Some(Cut { lost: left.lost, request }), rows).map_err(broken)
}

/// A record that carries an event has no other meaning.
fn broken(miss: Miss) -> Miss {
    match miss {
        Miss::NotMine => Miss::Broken("the event in the record has neither auditID nor verb and requestURI".to_owned()),
        broken @ Miss::Broken(_) => broken,
    }
}

/// What a cut took away, and the request body as far as it was left.
struct Cut<'a> {
    lost: Recorded,
    request: Option<Body<'a>>,
}

fn push(
    event: &Event<'_>,
    carrier: &Carrier<'_>,
    item: &Item<'_>,
    cut: Option<Cut<'_>>,
    rows: &mut Rows,
) -> Result<(), Miss> {
    if !event.is_audit() {
        return Err(Miss::NotMine);
    }
    let half = cut.as_ref().and_then(|cut| cut.request);
    let sighting = Sighting {
        event,
        request: half.unwrap_or_else(|| Body::of(event.request_object.map(|raw| raw.get()))),
        response: Body::of(event.response_object.map(|raw| raw.get())),
        missing: cut.as_ref().map_or(Recorded::ALL, |cut| cut.lost),
        cut: cut.is_some(),
        envelope: carrier.time,
        category: carrier.category,
        cluster: carrier.cluster,
    };
    rows.audit(&item.at, &sighting).map_err(Miss::Broken)
}
