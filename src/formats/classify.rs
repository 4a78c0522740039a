//! From items to rows: opens wrappings, asks the payloads, rejects what nobody knows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::block::lines;
use super::envelopes::Found;
use super::host::auditd;
use super::payloads::kube_audit::KubeAudit;
use super::payloads::{Miss, PAYLOADS, Payload};
use super::rows::Rows;
use super::text::Text;
use super::wrappings::{self, WRAPPINGS};
use super::{Item, flows, json, salvage};

/// Wrappings inside wrappings are opened this deep.
const DEEPEST: u32 = 4;
/// Where the id of an event stands in its text: behind kind, version and level.
const BEGINNING: usize = 256;
const UNKNOWN: &str = "not an audit event, nor anything else we know";

/// The keys by which a JSON object is known, in the words of its own format.
#[derive(Debug, Default, Deserialize)]
pub struct Keys<'a> {
    #[serde(borrow)]
    pub kind: Option<&'a RawValue>,
    #[serde(rename = "apiVersion")]
    pub api_version: Option<&'a RawValue>,
    pub metadata: Option<&'a RawValue>,
    #[serde(rename = "auditID")]
    pub audit_id: Option<&'a RawValue>,
    pub verb: Option<&'a RawValue>,
    #[serde(rename = "Verb")]
    pub row_verb: Option<&'a RawValue>,
    #[serde(rename = "RequestUri")]
    pub row_request_uri: Option<&'a RawValue>,
    #[serde(rename = "requestURI")]
    pub request_uri: Option<&'a RawValue>,
    pub category: Option<&'a RawValue>,
    pub properties: Option<&'a RawValue>,
    pub records: Option<&'a RawValue>,
    pub response_body: Option<&'a RawValue>,
    pub value: Option<&'a RawValue>,
    pub items: Option<&'a RawValue>,
    pub tables: Option<&'a RawValue>,
    pub error: Option<&'a RawValue>,
    #[serde(rename = "AuditId")]
    pub row_audit_id: Option<&'a RawValue>,
    #[serde(rename = "TimeGenerated")]
    pub time_generated: Option<&'a RawValue>,
    #[serde(rename = "Type")]
    pub row_type: Option<&'a RawValue>,
    #[serde(rename = "TableName")]
    pub table_name: Option<&'a RawValue>,
    #[serde(rename = "TenantId")]
    pub tenant: Option<&'a RawValue>,
    pub log_s: Option<&'a RawValue>,
    #[serde(rename = "Tables")]
    pub explorer: Option<&'a RawValue>,
    #[serde(rename = "FrameType")]
    pub frame: Option<&'a RawValue>,
    #[serde(rename = "protoPayload")]
    pub proto_payload: Option<&'a RawValue>,
    #[serde(rename = "logEvents")]
    pub log_events: Option<&'a RawValue>,
    #[serde(rename = "AlertType")]
    pub alert_type: Option<&'a RawValue>,
    pub rule: Option<&'a RawValue>,
    pub priority: Option<&'a RawValue>,
    pub process_exec: Option<&'a RawValue>,
    pub node_name: Option<&'a RawValue>,
    pub flow: Option<&'a RawValue>,
    pub lost_events: Option<&'a RawValue>,
    pub agent_event: Option<&'a RawValue>,
    pub debug_event: Option<&'a RawValue>,
    pub node_status: Option<&'a RawValue>,
    pub verdict: Option<&'a RawValue>,
    pub src: Option<&'a RawValue>,
    pub dst: Option<&'a RawValue>,
    pub representation: Option<&'a RawValue>,
    pub results: Option<&'a RawValue>,
    #[serde(rename = "type")]
    pub resource_type: Option<&'a RawValue>,
    #[serde(rename = "eventDataId")]
    pub activity: Option<&'a RawValue>,
    #[serde(rename = "event_data_id")]
    pub sdk_activity: Option<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    pub odata_next: Option<&'a RawValue>,
    #[serde(rename = "nextLink")]
    pub next: Option<&'a RawValue>,
    #[serde(rename = "alertType")]
    pub rest_alert_type: Option<&'a RawValue>,
    #[serde(rename = "operationName")]
    pub operation_name: Option<&'a RawValue>,
    #[serde(rename = "resourceId")]
    pub resource_id: Option<&'a RawValue>,
    #[serde(rename = "policyDefinitionId")]
    pub policy_definition: Option<&'a RawValue>,
    #[serde(rename = "policyAssignments")]
    pub policy_assignments: Option<&'a RawValue>,
    pub event_type: Option<&'a RawValue>,
    pub process: Option<&'a RawValue>,
    /// Of an ARM template.
    pub resources: Option<&'a RawValue>,
    #[serde(rename = "$schema")]
    pub schema: Option<&'a RawValue>,
    #[serde(rename = "contentVersion")]
    pub content_version: Option<&'a RawValue>,
    pub data: Option<&'a RawValue>,
    #[serde(rename = "logName")]
    pub log_name: Option<&'a RawValue>,
    #[serde(rename = "insertId")]
    pub insert_id: Option<&'a RawValue>,
    pub field: Option<&'a RawValue>,
    #[serde(rename = "userInfo")]
    pub user_info: Option<&'a RawValue>,
    pub operation: Option<&'a RawValue>,
    #[serde(rename = "ID")]
    pub laurel_id: Option<&'a RawValue>,
    pub auditd: Option<&'a RawValue>,
    #[serde(rename = "containerLog")]
    pub container_log: Option<&'a RawValue>,
    #[serde(rename = "URL")]
    pub url: Option<&'a RawValue>,
    #[serde(rename = "cpuusage")]
    pub cpu_usage: Option<&'a RawValue>,
    #[serde(rename = "disruptionsallowed")]
    pub disruptions_allowed: Option<&'a RawValue>,
    pub chart: Option<&'a RawValue>,
}

impl<'a> Keys<'a> {
    /// Reads the keys of an object, or tells why there are none.
    pub fn of(text: &'a str) -> Result<Keys<'a>, String> {
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(|error| problem(&error, text));
        }
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Err(UNKNOWN.to_owned()),
            Err(error) => Err(problem(&error, text)),
        }
    }

    /// Returns `kind` as text.
    pub fn kind(&self) -> Option<std::borrow::Cow<'a, str>> {
        json::string(self.kind?.get())
    }

    /// Names what we know and do not read.
    fn known(&self, text: &str) -> Option<String> {
        let kind = self.kind();
        let version = self.api_version.and_then(|raw| json::string(raw.get()));
        if version.as_deref().is_some_and(|version| version.starts_with("audit.k8s.io/")) {
            return Some("audit event with neither auditID nor verb and requestURI".to_owned());
        }
        if let Some(kind @ ("Status" | "Table")) = kind.as_deref() {
            return Some(format!("{kind}: an answer of the API server, no object"));
        }
        if kind.as_deref() == Some("AdmissionReview") {
            return Some("AdmissionReview dump, no audit event".to_owned());
        }
        let named = |raw: Option<&'a RawValue>| json::string(raw?.get());
        if let Some(category) = named(self.category) {
            return Some(format!("resource log record of category {category}, not read yet"));
        }
        let object = |raw: Option<&RawValue>| raw.is_some_and(|raw| raw.get().starts_with('{'));
        if self.policy_assignments.is_some() && object(self.results) {
            return Some("summary of Azure Policy: it counts states and names none; export the states".to_owned());
        }
        if self.is_template() && object(self.resources) {
            return Some("ARM template whose resources have symbolic names, not read".to_owned());
        }
        if let Some(code) = self.error_code() {
            return Some(format!("error answer of a service: {code}"));
        }
        if self.metadata.is_some() && (self.kind.is_none() || self.api_version.is_none()) {
            return Some("Kubernetes object without kind or apiVersion".to_owned());
        }
        if let Some(what) = self.audit_made_json(text) {
            return Some(what.to_owned());
        }
        let seen = [
            (self.proto_payload, "GKE audit log: another cloud's format, not read"),
            (self.insert_id.and(self.log_name), "GKE log entry: another cloud's format, not read"),
            (self.log_events.or(self.results), "CloudWatch wrapper: another cloud's format, not read"),
            (self.field.and(self.value), "CloudWatch query result: another cloud's format, not read"),
            (self.user_info.and(self.operation), "AdmissionReview dump (its request), no audit event"),
            (self.alert_type, "Defender alert without SystemAlertId"),
            (self.rest_alert_type, "Defender alert without systemAlertId"),
        ];
        seen.iter().find(|(key, _)| key.is_some()).map(|(_, name)| (*name).to_owned())
    }

    /// Says whether this is an ARM template.
    pub fn is_template(&self) -> bool {
        self.schema.is_some() || self.content_version.is_some()
    }

    /// Names Linux audit events that another program made JSON of.
    fn audit_made_json(&self, text: &str) -> Option<&'static str> {
        if self.laurel_id.is_none() && self.auditd.is_none() {
            return None;
        }
        let all: BTreeMap<Text<'_>, IgnoredAny> = serde_json::from_str(text).ok()?;
        let keys = all.keys().map(|key| &**key).collect::<Vec<_>>();
        if auditd::looks_like_laurel(&keys) {
            return Some("Linux audit event as laurel's JSON, not read; give the audit.log itself");
        }
        let beat = auditd::looks_like_auditbeat(&keys);
        beat.then_some("Linux audit event as auditbeat's JSON, not read; give the audit.log itself")
    }

    fn error_code(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Code<'a> {
            #[serde(borrow)]
            code: super::text::Text<'a>,
        }
        Some(serde_json::from_str::<Code<'_>>(self.error?.get()).ok()?.code.0.into_owned())
    }
}

/// Reads what an envelope found.
pub fn read(found: Found<'_>, rows: &mut Rows) {
    match found {
        Found::Item(item) => record(&item, rows, 0),
        Found::Note(note) => rows.note(note),
        Found::Reject { at, line, reason, bytes } => rows.reject(at, line, reason, bytes),
    }
}

fn record(item: &Item<'_>, rows: &mut Rows, depth: u32) {
    if let Some(payload) = item.payload {
        rows.tell(&item.at, || format!("payload {}: {}", payload.name(), payload.doc()));
        if let Err(miss) = payload.decode(item, rows) {
            let reason = match miss {
                Miss::Broken(reason) => reason,
                Miss::NotMine => UNKNOWN.to_owned(),
            };
            rows.reject(item.at.clone(), item.line, reason, item.text.as_bytes());
        }
        return;
    }
    // Most evidence is events as the API server writes them; what they are need not be found out first.
    if is_written(item.text) && event(item, rows).is_some() {
        return;
    }
    if let Err(reason) = classify(item, rows, depth) {
        rows.reject(item.at.clone(), item.line, reason, item.text.as_bytes());
    }
}

/// Says whether text begins as the API server writes an event.
fn is_written(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(BEGINNING)];
    static KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"auditID\":"));
    head.first() == Some(&b'{') && KEY.find(head).is_some()
}

/// Reads an event, None when the record is none. An event is one whatever else it holds.
fn event(item: &Item<'_>, rows: &mut Rows) -> Option<()> {
    KubeAudit.decode(item, rows).ok()?;
    rows.tell(&item.at, || format!("payload {}: {}", KubeAudit.name(), KubeAudit.doc()));
    Some(())
}

fn classify(item: &Item<'_>, rows: &mut Rows, depth: u32) -> Result<(), String> {
    if item.cells.is_some() {
        return payload(item, rows, None).unwrap_or_else(|| Err(UNKNOWN.to_owned()));
    }
    if item.text.starts_with('[') && depth < DEEPEST && open(item, None, rows, depth).is_ok() {
        return Ok(());
    }
    let keys = match Keys::of(item.text) {
        Ok(keys) => keys,
        // An event with a key twice that is none of its own, several values on one line, or something broken.
        Err(reason) => return event(item, rows).or_else(|| values(item, rows, depth)).ok_or(reason),
    };
    if KubeAudit.fits(item, Some(&keys)) && event(item, rows).is_some() {
        return Ok(());
    }
    if keys.tables.is_some()
        && let Some(code) = keys.error_code()
    {
        rows.note(format!("partial query result: the service reported error {code}, rows are missing"));
    }
    let linked =
        |raw: Option<&serde_json::value::RawValue>| raw.is_some_and(|raw| !matches!(raw.get(), "null" | "\"\""));
    if keys.value.is_some() && (linked(keys.next) || linked(keys.odata_next)) {
        rows.note("a page of a longer list: what follows it (nextLink) is in another file, or missing".to_owned());
    }
    if keys.is_template() && keys.resources.is_some() {
        rows.note("ARM template: its resources are rows; its parameters, variables and outputs are not".to_owned());
    }
    if depth < DEEPEST && WRAPPINGS.iter().any(|wrapping| wrapping.fits(&keys)) {
        return open(item, Some(&keys), rows, depth);
    }
    let unknown = || Err(keys.known(item.text).unwrap_or_else(|| UNKNOWN.to_owned()));
    payload(item, rows, Some(&keys)).unwrap_or_else(unknown)
}

/// Lets the payload that fits read the item; None when there is none.
fn payload(item: &Item<'_>, rows: &mut Rows, keys: Option<&Keys<'_>>) -> Option<Result<(), String>> {
    for payload in PAYLOADS.iter().filter(|payload| payload.fits(item, keys)) {
        match payload.decode(item, rows) {
            Ok(()) => {
                rows.tell(&item.at, || format!("payload {}: {}", payload.name(), payload.doc()));
                return Some(Ok(()));
            }
            Err(Miss::NotMine) => {}
            Err(Miss::Broken(reason)) => return Some(Err(reason)),
        }
    }
    None
}

fn open(item: &Item<'_>, keys: Option<&Keys<'_>>, rows: &mut Rows, depth: u32) -> Result<(), String> {
    let wrapping = keys.and_then(|keys| WRAPPINGS.iter().find(|wrapping| wrapping.fits(keys)));
    rows.tell(&item.at, || match wrapping {
        Some(wrapping) => format!("wrapping {}: {}", wrapping.name(), wrapping.doc()),
        None => "wrapping array: a JSON array".to_owned(),
    });
    wrappings::open(item, keys, &mut |found| match found {
        Found::Item(inner) => record(&inner, rows, depth + 1),
        Found::Note(note) => rows.note(note),
        Found::Reject { at, line, reason, bytes } => rows.reject(at, line, reason, bytes),
    })
}

/// Reads text that is not one value: several values without a line end between them, text after a value, or a wrapping
/// that was cut or holds something broken, of which the other elements count. None when it is anything else.
fn values(item: &Item<'_>, rows: &mut Rows, depth: u32) -> Option<()> {
    let bytes = item.text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while matches!(bytes.get(at), Some(b'{' | b'[')) {
        let json::Scan::Whole(end) = json::value_end(bytes, at) else { break };
        found.push(at..end);
        at = end + salvage::blanks(&bytes[end..]);
    }
    if found.is_empty() || (found.len() == 1 && at == bytes.len()) {
        let cut = if depth < DEEPEST { wrappings::cut(item) } else { None };
        let (elements, rest) = cut.unwrap_or_default();
        elements.iter().for_each(|element| record(element, rows, depth + 1));
        // What closes a wrapping properly belongs to it.
        if !elements.is_empty() && wrappings::closes(item.text, rest) {
            return Some(());
        }
        let line = item.line + lines(&item.text.as_bytes()[..rest]);
        let rest_alone = wrappings::inner(item, rest..item.text.len(), line);
        let end = match flows::salvage(&rest_alone, rows) {
            Some(length) => rest + length,
            None if elements.is_empty() => return None,
            None => rest + usize::from(item.text[rest..].starts_with(']')),
        };
        refuse_rest(item, end, "not JSON: the record is cut short", rows);
        return Some(());
    }
    for range in found {
        let line = item.line + lines(&bytes[..range.start]);
        record(&wrappings::inner(item, range, line), rows, depth);
    }
    refuse_rest(item, at, "not JSON: text after a value", rows);
    Some(())
}

/// Rejects what is left of an item from byte `at` on.
fn refuse_rest(item: &Item<'_>, at: usize, reason: &str, rows: &mut Rows) {
    let (blanks, rest) = json::trim(&item.text.as_bytes()[at..]);
    if !rest.is_empty() {
        let start = item.at.start + (at + blanks) as u64;
        let line = item.line + lines(&item.text.as_bytes()[..at + blanks]);
        let at = if item.made { item.at.clone() } else { start..start + rest.len() as u64 };
        rows.reject(at, line, reason, rest);
    }
}

/// Says what is wrong with a record: in our words, with the place and, if there is one, the field.
pub fn problem(error: &serde_json::Error, text: &str) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    if what.contains("surrogate") || what.contains("hex escape") {
        return format!("half a surrogate pair in a string, at character {} of the record", error.column());
    }
    if error.is_eof() {
        return "not JSON: the record is cut short".to_owned();
    }
    if error.is_syntax() && is_ruby(text, error) {
        return "Ruby inspect text, not JSON".to_owned();
    }
    let place = format!("at character {} of line {} of the record", error.column(), error.line());
    if error.is_syntax()
        && let Some((word, column)) = no_number(text, error)
    {
        let place = format!("at character {column} of line {} of the record", error.line());
        return format!("not JSON: {word}, for which JSON has no number, {place}");
    }
    if error.is_syntax() {
        return format!("not JSON: {what}, {place}");
    }
    let above = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    match field_at(text.as_bytes(), above + error.column()) {
        Some(field) => format!("not readable: {what}, in {field}, {place}"),
        None => format!("not readable: {what}, {place}"),
    }
}

/// Says whether text is no JSON for the sake of Ruby's arrow behind a key, `"a"=>`, `:a=>` or, since Ruby 3.4, `"a" =>`.
fn is_ruby(text: &str, error: &serde_json::Error) -> bool {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let symbol = line.as_bytes().get(error.column().saturating_sub(1)) == Some(&b':') && line.contains("=>");
    let arrow = line.as_bytes().get(error.column().saturating_sub(1)..).is_some_and(|rest| rest.starts_with(b"=>"));
    arrow || symbol || text.contains("\"=>")
}

/// Returns the word for what is no number, as Python writes it, that text is no JSON for, and its character in the line.
fn no_number(text: &str, error: &serde_json::Error) -> Option<(&'static str, usize)> {
    let line = text.split('\n').nth(error.line().saturating_sub(1))?.as_bytes();
    // Behind its sign, or at the word.
    [2, 1].into_iter().find_map(|back| {
        let start = error.column().checked_sub(back)?;
        let rest = line.get(start..)?;
        let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?;
        Some((word, start + 1))
    })
}

/// Returns the top-level field of an object whose value covers byte `place`.
fn field_at(bytes: &[u8], place: usize) -> Option<String> {
    let mut at = 1;
    while let Some((key, end)) = salvage::field(bytes, at) {
        if place <= end {
            return Some(String::from_utf8_lossy(key).into_owned());
        }
        at = end + salvage::blanks(&bytes[end..]) + 1;
    }
    None
}

/// Returns what a reader must know of a container: that it is an empty list.
pub fn note(bytes: &[u8]) -> Option<String> {
    let keys = Keys::of(std::str::from_utf8(bytes).ok()?).ok()?;
    let kind = keys.kind()?;
    let empty = keys.items.is_none_or(|raw| wrappings::elements(raw.get()).is_some_and(|all| all.is_empty()));
    (kind.ends_with("List") && empty && !keys.metadata.is_some_and(wrappings::is_named))
        .then(|| format!("{kind} without items"))
}
