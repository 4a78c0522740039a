//! The audit.k8s.io event as typed, borrowed fields: versions v1, v1beta1 and v1alpha1, sparse re-encodings included.
//!
//! Bodies stay text. Nothing here is required, since evidence is kept with what it has.

pub(super) mod quick;

use serde::Deserialize;

use super::text::{Raw, Stamp, Text};
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
    pub request_object: Option<Raw<'a>>,
    pub response_object: Option<Raw<'a>>,
    pub request_received_timestamp: Option<Stamp<'a>>,
    pub stage_timestamp: Option<Stamp<'a>>,
    pub annotations: Option<Raw<'a>>,
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
    pub extra: Option<Raw<'a>>,
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

/// The times of an event that could be read.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// stageTimestamp.
    pub stage: Option<Micros>,
    /// requestReceivedTimestamp.
    pub received: Option<Micros>,
}

impl<'a> Event<'a> {
    /// Reads an event.
    ///
    /// # Errors
    /// When the text is no JSON, or a field is not of its type.
    pub fn read(text: &'a str) -> serde_json::Result<Event<'a>> {
        quick::event(text).map_or_else(|| serde_json::from_str(text), Ok)
    }

    /// Says whether this can be an audit event at all. An object of another kind may hold such fields because somebody
    /// wants it to be taken for one.
    pub fn is_audit(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "Event")
            && self.api_version.as_deref().is_none_or(|version| version.starts_with("audit.k8s.io/"))
            && (self.audit_id.is_some() || (self.verb.is_some() && self.request_uri.is_some()))
    }

    /// Reads the times that every event of version v1 has.
    pub fn times(&self) -> Times {
        Times {
            stage: parsed(self.stage_timestamp.as_ref()),
            received: parsed(self.request_received_timestamp.as_ref()),
        }
    }

    /// Returns the event time and the field it came from.
    pub fn time(&self, times: Times, envelope: Option<Micros>) -> Option<(Micros, &'static str)> {
        let created = self.metadata.as_ref().and_then(|m| m.creation_timestamp.as_ref());
        let stage = || Some((times.stage?, "stageTimestamp"));
        let received = || Some((times.received?, "requestReceivedTimestamp"));
        let whole = || Some((parsed(self.timestamp.as_ref())?, "timestamp"));
        let created = || Some((parsed(created)?, "metadata.creationTimestamp"));
        stage().or_else(received).or_else(whole).or_else(created).or_else(|| Some((envelope?, "envelope")))
    }

    /// Says whether a time is there that could not be read; `missing` is what was found to be.
    pub fn has_unreadable_time(&self, missing: Recorded) -> bool {
        (self.stage_timestamp.is_some() && missing.misses(Recorded::STAGE_TIME))
            || (self.request_received_timestamp.is_some() && missing.misses(Recorded::RECEIVED_TIME))
    }

    /// Returns the fields every event is written with that this one lacks.
    pub fn lacks(&self, times: Times) -> Recorded {
        let always = [
            (self.level.is_none(), Recorded::LEVEL),
            (self.verb.is_none(), Recorded::VERB),
            (self.request_uri.is_none(), Recorded::REQUEST_URI),
            (self.user.is_none(), Recorded::USER),
            (times.stage.is_none(), Recorded::STAGE_TIME),
            (times.received.is_none(), Recorded::RECEIVED_TIME),
        ];
        always.iter().filter(|(absent, _)| *absent).fold(Recorded::ALL, |mask, (_, field)| mask.without(*field))
    }
}

impl<'a> Annotations<'a> {
    /// Reads what `annotations` holds.
    ///
    /// # Errors
    /// When the text is no JSON, or a value is no text.
    pub fn read(text: &'a str) -> serde_json::Result<Annotations<'a>> {
        quick::annotations(text).map_or_else(|| serde_json::from_str(text), Ok)
    }
}

/// Reads a time field; None when it is absent or no time.
pub fn parsed(text: Option<&Stamp<'_>>) -> Option<Micros> {
    text.and_then(|t| Micros::parse(t))
}
