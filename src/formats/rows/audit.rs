//! Builders of table `audit`.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Int32Builder, StringBuilder, StringDictionaryBuilder,
    TimestampMicrosecondBuilder, UInt32Builder, UInt64Builder,
};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use serde::Deserialize;

use super::AuditKey;
use super::lists::{self, Containers, Rules, Subjects, Texts};
use super::word::Word;
use crate::formats::event::{Annotations, Event, ObjectRef, Status, Times};
use crate::formats::key::{self, AuditColumns, Start};
use crate::formats::written::fit::{self, Shape};
use crate::formats::written::{self, Binding, Kinds, Named, Role, Spec, Workload};
use crate::model::tables::audit::TABLE;
use crate::model::{EvidenceId, Micros, Recorded};

type Time = TimestampMicrosecondBuilder;

/// A body as one copy of an event holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'a> {
    /// The event has none.
    Absent,
    /// AKS put `skipped-too-big-size-object` in its place.
    Skipped,
    /// It was cut off; this is how it begins.
    Cut(&'a str),
    /// JSON text.
    Whole(&'a str),
}

impl<'a> Body<'a> {
    /// Reads the value of requestObject or responseObject.
    pub fn of(raw: Option<&'a str>) -> Body<'a> {
        match raw {
            None => Body::Absent,
            Some(r#""skipped-too-big-size-object""#) => Body::Skipped,
            Some(text) => Body::Whole(text),
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Body::Whole(text) => Some(text),
            _ => None,
        }
    }
}

/// An event as one record shows it.
pub struct Sighting<'a> {
    pub event: &'a Event<'a>,
    pub request: Body<'a>,
    pub response: Body<'a>,
    /// What the record cannot show, apart from what follows from level, cut and skipped bodies.
    pub missing: Recorded,
    /// Whether the record was cut, so that a body may be gone without a trace.
    pub cut: bool,
    /// The export's own time.
    pub envelope: Option<Micros>,
    pub category: Option<&'a str>,
    pub cluster: Option<&'a str>,
}

/// Makes the builders, the method that finishes them in the table's order, and nothing else.
macro_rules! builders {
    ($($name:ident: $kind:ty),* $(,)?) => {
        #[derive(Default)]
        struct Builders { $($name: $kind),* }

        impl Builders {
            fn finish(&mut self) -> Vec<ArrayRef> {
                vec![$(Column::done(&mut self.$name)),*]
            }
        }
    };
}
pub(super) use builders;

/// A builder of one column.
pub(super) trait Column {
    fn done(&mut self) -> ArrayRef;
}

macro_rules! column {
    ($($kind:ty),*) => {
        $(impl Column for $kind {
            fn done(&mut self) -> ArrayRef {
                Arc::new(self.finish())
            }
        })*
    };
}
column!(StringDictionaryBuilder<Int32Type>, Word);

/// The next batch is mostly as large as this one; without its room a builder would grow, and copy, all over again.
macro_rules! roomy {
    ($($kind:ty),*) => {
        $(impl Column for $kind {
            fn done(&mut self) -> ArrayRef {
                let rows = ArrayBuilder::len(self);
                Arc::new(std::mem::replace(self, <$kind>::with_capacity(rows + rows / 8)).finish())
            }
        })*
    };
}
roomy!(BooleanBuilder, Int32Builder, arrow::array::Int64Builder, UInt32Builder, UInt64Builder);

impl Column for Texts {
    fn done(&mut self) -> ArrayRef {
        Arc::new(lists::done(self))
    }
}

impl Column for StringBuilder {
    fn done(&mut self) -> ArrayRef {
        let (rows, bytes) = (ArrayBuilder::len(self), self.values_slice().len());
        let next = StringBuilder::with_capacity(rows + rows / 8, bytes + bytes / 8);
        Arc::new(std::mem::replace(self, next).finish())
    }
}

impl Column for Time {
    fn done(&mut self) -> ArrayRef {
        let rows = ArrayBuilder::len(self);
        Arc::new(std::mem::replace(self, Time::with_capacity(rows + rows / 8)).finish().with_timezone("+00:00"))
    }
}

macro_rules! shreds {
    ($($kind:ty),*) => {
        $(impl Column for $kind {
            fn done(&mut self) -> ArrayRef {
                self.finish()
            }
        })*
    };
}
shreds!(Containers, Rules, Subjects);

builders! {
    time: Time,
    time_source: Word,
    audit_id: StringBuilder,
    stage: Word,
    level: Word,
    verb: Word,
    request_uri: StringBuilder,
    user_name: Word,
    user_uid: Word,
    user_groups: Texts,
    user_extra: Word,
    impersonated_user_name: Word,
    impersonated_groups: Texts,
    source_ips: Texts,
    user_agent: Word,
    resource: Word,
    subresource: Word,
    namespace: Word,
    name: StringBuilder,
    object_uid: StringBuilder,
    api_group: Word,
    api_version: Word,
    response_code: Int32Builder,
    response_status: Word,
    response_reason: Word,
    response_message: StringBuilder,
    decision: Word,
    decision_reason: Word,
    annotations: Word,
    request_received_time: Time,
    envelope_time: Time,
    body: Word,
    not_recorded: Word,
    request_object: StringBuilder,
    request_cut: StringBuilder,
    response_object: StringBuilder,
    containers: Containers,
    host_pid: BooleanBuilder,
    host_ipc: BooleanBuilder,
    host_network: BooleanBuilder,
    host_paths: Texts,
    service_account_name: Word,
    role_rules: Rules,
    subjects: Subjects,
    role_ref_kind: Word,
    role_ref_name: Word,
    exec_command: StringBuilder,
    category: Word,
    cluster_id: Word,
    evidence: UInt32Builder,
    offset: UInt64Builder,
    length: UInt64Builder,
}

/// Rows of table `audit` being built, with their keys.
#[derive(Default)]
pub struct AuditRows {
    columns: Builders,
    keys: Vec<AuditKey>,
    /// Rows whose keys were handed over.
    before: usize,
    lower: String,
    without_bodies: bool,
    without_shreds: bool,
    /// What the last event lacked that lacked anything, in words.
    lacking: (Recorded, String),
}

/// Says why an event cannot be kept.
type Refusal = String;

impl AuditRows {
    /// See [`Rows::leave_out`](super::Rows::leave_out).
    pub fn leave_out(&mut self, bodies: bool, shreds: bool) {
        (self.without_bodies, self.without_shreds) = (bodies, shreds);
    }

    /// Appends one event and returns what it lacks, or says why not and appends nothing.
    pub fn push(
        &mut self,
        evidence: EvidenceId,
        at: &Range<u64>,
        sighting: &Sighting<'_>,
    ) -> Result<Recorded, Refusal> {
        let event = sighting.event;
        let notes = match event.annotations {
            Some(raw) => Annotations::read(raw.get()).map_err(|e| format!("annotations: {e}"))?,
            None => Annotations::default(),
        };
        let times = event.times();
        let (body, missing) = recorded(sighting, times, notes.truncated.as_deref() == Some("true"));
        self.who(event);
        self.what(event, sighting, &notes);
        self.written(event, sighting);
        let columns = &mut self.columns;
        let time = event.time(times, sighting.envelope);
        columns.time.append_option(time.map(|(time, _)| time.0));
        columns.request_received_time.append_option(times.received.map(|t| t.0));
        columns.envelope_time.append_option(sighting.envelope.map(|t| t.0));
        columns.time_source.append_option(time.map(|(_, source)| source));
        columns.body.append_value(body);
        match missing {
            Recorded::ALL => columns.not_recorded.append_null(),
            some => {
                if self.lacking.0 != some {
                    self.lacking = (some, some.to_string());
                }
                columns.not_recorded.append_value(&self.lacking.1);
            }
        }
        columns.category.append_option(sighting.category);
        self.lower.clear();
        self.lower.push_str(sighting.cluster.unwrap_or_default());
        self.lower.make_ascii_lowercase();
        columns.cluster_id.append_option(sighting.cluster.map(|_| &self.lower));
        columns.evidence.append_value(evidence.0);
        columns.offset.append_value(at.start);
        columns.length.append_value(at.end - at.start);
        self.keys.push(audit_key(sighting, times, missing));
        Ok(missing)
    }

    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Hands over the keys of what came since the last did, and which rows that is.
    pub fn keys(&mut self) -> (Range<usize>, Vec<AuditKey>) {
        let next = Vec::with_capacity(self.keys.len() + self.keys.len() / 8);
        let keys = std::mem::replace(&mut self.keys, next);
        let rows = self.before..self.before + keys.len();
        self.before = rows.end;
        (rows, keys)
    }

    /// Hands over the rows, whose keys are handed over, and starts again.
    pub fn finish(&mut self) -> RecordBatch {
        if std::mem::take(&mut self.before) == 0 {
            return AuditRows::none();
        }
        let batch = RecordBatch::try_new(TABLE.schema.clone(), self.columns.finish());
        batch.expect("the builders follow the table's columns; a test compares them")
    }

    /// No rows.
    pub fn none() -> RecordBatch {
        static NONE: LazyLock<RecordBatch> = LazyLock::new(|| RecordBatch::new_empty(TABLE.schema.clone()));
        NONE.clone()
    }

    fn who(&mut self, event: &Event<'_>) {
        let columns = &mut self.columns;
        let user = event.user.as_ref();
        columns.user_name.append_option(user.and_then(|u| u.username.as_deref()));
        columns.user_uid.append_option(user.and_then(|u| u.uid.as_deref()));
        lists::append(&mut columns.user_groups, user.and_then(|u| u.groups.as_deref()));
        columns.user_extra.append_option(user.and_then(|u| u.extra).map(|raw| raw.get()));
        let other = event.impersonated_user.as_ref();
        columns.impersonated_user_name.append_option(other.and_then(|u| u.username.as_deref()));
        lists::append(&mut columns.impersonated_groups, other.and_then(|u| u.groups.as_deref()));
        lists::append(&mut columns.source_ips, event.source_ips.as_deref());
        columns.user_agent.append_option(event.user_agent.as_deref());
    }

    fn what<'a>(&mut self, event: &Event<'_>, sighting: &Sighting<'a>, notes: &Annotations<'_>) {
        let columns = &mut self.columns;
        columns.audit_id.append_option(event.audit_id.as_deref());
        columns.stage.append_option(event.stage.as_deref());
        columns.level.append_option(event.level.as_deref());
        columns.verb.append_option(event.verb.as_deref());
        columns.request_uri.append_option(event.request_uri.as_deref());
        let none = ObjectRef::default();
        let object = event.object_ref.as_ref().unwrap_or(&none);
        columns.resource.append_option(object.resource.as_deref());
        columns.subresource.append_option(object.subresource.as_deref());
        columns.namespace.append_option(object.namespace.as_deref());
        match &object.name {
            Some(name) => columns.name.append_value(&**name),
            None => columns.name.append_option(given_name(event, sighting.response).as_deref()),
        }
        columns.object_uid.append_option(object.uid.as_deref());
        columns.api_group.append_option(object.api_group.as_deref());
        columns.api_version.append_option(object.api_version.as_deref());
        let none = Status::default();
        let status = event.response_status.as_ref().unwrap_or(&none);
        columns.response_code.append_option(status.code.map(|code| code.0));
        columns.response_status.append_option(status.status.as_deref());
        columns.response_reason.append_option(status.reason.as_deref());
        columns.response_message.append_option(status.message.as_deref());
        columns.decision.append_option(notes.decision.as_deref());
        columns.decision_reason.append_option(notes.reason.as_deref());
        columns.annotations.append_option(event.annotations.map(|raw| raw.get()));
        let without = self.without_bodies;
        let body = |body: Body<'a>| body.text().filter(|_| !without);
        columns.request_object.append_option(body(sighting.request));
        columns.request_cut.append_option(match sighting.request {
            Body::Cut(start) if !without => Some(start),
            _ => None,
        });
        columns.response_object.append_option(body(sighting.response));
        let typed = matches!(object.subresource.as_deref(), Some("exec" | "attach"));
        let uri = event.request_uri.as_deref().filter(|_| typed);
        columns.exec_command.append_option(uri.and_then(written::command));
    }

    fn written(&mut self, event: &Event<'_>, sighting: &Sighting<'_>) {
        let resource = event.object_ref.as_ref().and_then(|object| object.resource.as_deref()).unwrap_or_default();
        let body = object_side(event).and_then(|side| match side {
            _ if self.without_shreds => None,
            Recorded::REQUEST => sighting.request.text(),
            _ => sighting.response.text(),
        });
        let kinds = body.map(|body| Kinds::of(resource, body));
        // What is read borrows from the text that was made to fit.
        let (mut pod, mut role, mut binding) = (None, None, None);
        let body = |is: fn(Kinds) -> bool| body.filter(|_| kinds.is_some_and(is));
        let pod = body(|kinds| kinds.pod).and_then(|body| read::<Workload<'_>>(body, &fit::WORKLOAD, &mut pod));
        self.pod(pod.as_ref().and_then(|workload| workload.pod_spec(resource)));
        let columns = &mut self.columns;
        let role = body(|kinds| kinds.role).and_then(|body| read::<Role<'_>>(body, &fit::ROLE, &mut role));
        columns.role_rules.append(role.as_ref().and_then(|r| r.rules.as_deref()));
        let binding =
            body(|kinds| kinds.binding).and_then(|body| read::<Binding<'_>>(body, &fit::BINDING, &mut binding));
        columns.subjects.append(binding.as_ref().and_then(|b| b.subjects.as_deref()));
        let role = binding.as_ref().and_then(|b| b.role_ref.as_ref());
        columns.role_ref_kind.append_option(role.and_then(|r| r.kind.as_deref()));
        columns.role_ref_name.append_option(role.and_then(|r| r.name.as_deref()));
    }

    fn pod(&mut self, spec: Option<&Spec<'_>>) {
        let columns = &mut self.columns;
        columns.containers.append(spec.map(|s| {
            [
                ("container", s.containers.as_deref().unwrap_or_default()),
                ("init", s.init_containers.as_deref().unwrap_or_default()),
                ("ephemeral", s.ephemeral_containers.as_deref().unwrap_or_default()),
            ]
        }));
        columns.host_pid.append_option(spec.and_then(|s| s.host_pid));
        columns.host_ipc.append_option(spec.and_then(|s| s.host_ipc));
        columns.host_network.append_option(spec.and_then(|s| s.host_network));
        let volumes = spec.and_then(|s| s.volumes.as_deref()).unwrap_or_default();
        for path in volumes.iter().filter_map(|v| v.host_path.as_ref()) {
            columns.host_paths.values().append_option(path.path.as_deref());
        }
        columns.host_paths.append(spec.is_some());
        columns.service_account_name.append_option(spec.and_then(|s| s.service_account_name.as_deref()));
    }
}

/// Reads a body; one with a value of another type is made to fit, and kept in `fitted`.
fn read<'a, T: Deserialize<'a>>(body: &'a str, shape: &Shape, fitted: &'a mut Option<String>) -> Option<T> {
    serde_json::from_str(body).ok().or_else(|| {
        *fitted = fit::fitted(body, shape);
        serde_json::from_str(fitted.as_deref()?).ok()
    })
}

/// Returns which body is the object the request wrote: what was sent, but of a patch only the answer is whole.
fn object_side(event: &Event<'_>) -> Option<Recorded> {
    match event.verb.as_deref() {
        Some("create" | "update") => Some(Recorded::REQUEST),
        Some("patch") => Some(Recorded::RESPONSE),
        _ => None,
    }
}

/// Returns the word for column `body` and everything this copy of the event does not hold.
fn recorded(sighting: &Sighting<'_>, times: Times, truncated: bool) -> (&'static str, Recorded) {
    let event = sighting.event;
    let (at_request, at_response) = match event.level.as_deref() {
        Some("RequestResponse") => (true, true),
        Some("Request") => (true, false),
        _ => (false, false),
    };
    let mut missing = sighting.missing.without(event.lacks(times));
    let sides =
        [(sighting.request, at_request, Recorded::REQUEST), (sighting.response, at_response, Recorded::RESPONSE)];
    for (body, expected, field) in sides {
        let known = match body {
            Body::Whole(_) => true,
            Body::Absent => expected && !truncated && !missing.misses(field),
            Body::Skipped | Body::Cut(_) => false,
        };
        if !known {
            missing = missing.without(field);
        }
    }
    // When the verb itself is lost, so is which body would be the object.
    let side = object_side(event);
    let lost = side.map_or(event.verb.is_none() && sighting.cut, |side| missing.misses(side));
    // Of a patch the answer is the object, if the client did not ask for less of it.
    if lost || side == Some(Recorded::RESPONSE) && sighting.response.text().is_some_and(written::is_partial) {
        missing = missing.without(Recorded::OBJECT);
    }
    let bodies = Recorded::REQUEST.without(Recorded::RESPONSE);
    let any = |is: fn(Body<'_>) -> bool| is(sighting.request) || is(sighting.response);
    let word = if any(|body| matches!(body, Body::Cut(_))) || sighting.cut || (truncated && missing.misses(bodies)) {
        "cut"
    } else if any(|body| body == Body::Skipped) {
        "skipped"
    } else if !at_request && bodies.at_least(missing) {
        "not recorded"
    } else {
        "recorded"
    };
    (word, missing)
}

/// Returns the name the server chose for a new object.
fn given_name(event: &Event<'_>, response: Body<'_>) -> Option<String> {
    if event.verb.as_deref() != Some("create") {
        return None;
    }
    Named::read(response.text()?)?.metadata?.name.map(|name| name.0.into_owned())
}

fn audit_key(sighting: &Sighting<'_>, times: Times, missing: Recorded) -> AuditKey {
    let event = sighting.event;
    let object = event.object_ref.as_ref();
    let columns = AuditColumns {
        audit_id: event.audit_id.as_deref(),
        stage: event.stage.as_deref(),
        level: event.level.as_deref(),
        verb: event.verb.as_deref(),
        request_uri: event.request_uri.as_deref(),
        user_name: event.user.as_ref().and_then(|u| u.username.as_deref()),
        resource: object.and_then(|o| o.resource.as_deref()),
        subresource: object.and_then(|o| o.subresource.as_deref()),
        namespace: object.and_then(|o| o.namespace.as_deref()),
        api_group: object.and_then(|o| o.api_group.as_deref()),
        api_version: object.and_then(|o| o.api_version.as_deref()),
        response_code: event.response_status.as_ref().and_then(|s| s.code).map(|code| code.0),
    };
    AuditKey {
        id: columns.id(),
        stage_time: times.stage.map(|t| t.0),
        content: columns.content(),
        request: sighting.request.text().map_or(0, key::body),
        start: match sighting.request {
            Body::Whole(text) => Start::of_whole(text),
            Body::Cut(text) => Start::of_cut(text),
            Body::Absent | Body::Skipped => Start::default(),
        },
        response: sighting.response.text().map_or(0, key::body),
        missing,
    }
}
