//! The audit.k8s.io event as typed, borrowed fields: versions v1, v1beta1 and v1alpha1, sparse re-encodings included.
//!
//! Bodies stay text. Nothing here is required, since evidence is kept with what it has.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::{Stamp, Text};
use crate::model::{Micros, Recorded};

/// One event. A field that is absent or null is None.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    /// Event; left out by sparse re-encodings.
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    pub api_version: Option<Text<'a>>,
    pub level: Option<Text<'a>>,
    #[serde(rename = "auditID")]
    pub audit_id: Option<Text<'a>>,
    pub stage: Option<Text<'a>>,
    #[serde(rename = "requestURI")]
    pub request_uri: Option<Text<'a>>,
    pub verb: Option<Text<'a>>,
    pub user: Option<User<'a>>,
    pub impersonated_user: Option<User<'a>>,
    #[serde(rename = "sourceIPs")]
    pub source_ips: Option<Vec<Text<'a>>>,
    pub user_agent: Option<Text<'a>>,
    pub object_ref: Option<ObjectRef<'a>>,
    pub response_status: Option<Status<'a>>,
    pub request_object: Option<&'a RawValue>,
    pub response_object: Option<&'a RawValue>,
    pub request_received_timestamp: Option<Stamp<'a>>,
    pub stage_timestamp: Option<Stamp<'a>>,
    pub annotations: Option<&'a RawValue>,
    /// v1beta1, whole seconds.
    pub timestamp: Option<Stamp<'a>>,
    /// v1beta1; its creationTimestamp may be null.
    pub metadata: Option<Created<'a>>,
}

#[derive(Debug, Default, Deserialize)]
pub struct User<'a> {
    #[serde(borrow)]
    pub username: Option<Text<'a>>,
    pub uid: Option<Text<'a>>,
    pub groups: Option<Vec<Text<'a>>>,
    pub extra: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef<'a> {
    #[serde(borrow)]
    pub resource: Option<Text<'a>>,
    pub namespace: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    pub uid: Option<Text<'a>>,
    pub api_group: Option<Text<'a>>,
    pub api_version: Option<Text<'a>>,
    pub subresource: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Status<'a> {
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub message: Option<Text<'a>>,
    pub reason: Option<Text<'a>>,
    pub code: Option<Code>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created<'a> {
    #[serde(borrow)]
    pub creation_timestamp: Option<Stamp<'a>>,
}

/// An HTTP status; re-encoders write it as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub i32);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a status code")]
        enum Either<'a> {
            Number(i32),
            #[serde(borrow)]
            Text(Text<'a>),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(code) => Ok(Code(code)),
            Either::Text(text) => text.parse().map(Code).map_err(serde::de::Error::custom),
        }
    }
}

/// The annotations that have columns of their own.
#[derive(Debug, Default, Deserialize)]
pub struct Annotations<'a> {
    #[serde(borrow, rename = "authorization.k8s.io/decision")]
    pub decision: Option<Text<'a>>,
    #[serde(rename = "authorization.k8s.io/reason")]
    pub reason: Option<Text<'a>>,
    #[serde(rename = "audit.k8s.io/truncated")]
    pub truncated: Option<Text<'a>>,
}

impl Event<'_> {
    /// Says whether this can be an audit event at all. An object of another kind may hold such fields because somebody
    /// wants it to be taken for one.
    pub fn is_audit(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "Event")
            && self.api_version.as_deref().is_none_or(|version| version.starts_with("audit.k8s.io/"))
            && (self.audit_id.is_some() || (self.verb.is_some() && self.request_uri.is_some()))
    }

    /// Returns the event time and the field it came from.
    pub fn time(&self, envelope: Option<Micros>) -> Option<(Micros, &'static str)> {
        let created = self.metadata.as_ref().and_then(|m| m.creation_timestamp.as_ref());
        let fields = [
            (self.stage_timestamp.as_ref(), "stageTimestamp"),
            (self.request_received_timestamp.as_ref(), "requestReceivedTimestamp"),
            (self.timestamp.as_ref(), "timestamp"),
            (created, "metadata.creationTimestamp"),
        ];
        let own = fields.iter().find_map(|(text, source)| Some((Micros::parse(text.as_ref()?)?, *source)));
        own.or_else(|| Some((envelope?, "envelope")))
    }

    /// Says whether a time is there that could not be read; `missing` is what was found to be.
    pub fn has_unreadable_time(&self, missing: Recorded) -> bool {
        (self.stage_timestamp.is_some() && missing.misses(Recorded::STAGE_TIME))
            || (self.request_received_timestamp.is_some() && missing.misses(Recorded::RECEIVED_TIME))
    }

    /// Returns the fields every event is written with that this one lacks.
    pub fn lacks(&self) -> Recorded {
        let always = [
            (self.level.is_none(), Recorded::LEVEL),
            (self.verb.is_none(), Recorded::VERB),
            (self.request_uri.is_none(), Recorded::REQUEST_URI),
            (self.user.is_none(), Recorded::USER),
            (parsed(self.stage_timestamp.as_ref()).is_none(), Recorded::STAGE_TIME),
            (parsed(self.request_received_timestamp.as_ref()).is_none(), Recorded::RECEIVED_TIME),
        ];
        always.iter().filter(|(absent, _)| *absent).fold(Recorded::ALL, |mask, (_, field)| mask.without(*field))
    }
}

/// Reads a time field; None when it is absent or no time.
pub fn parsed(text: Option<&Stamp<'_>>) -> Option<Micros> {
    text.and_then(|t| Micros::parse(t))
}
