//! Rows of the Log Analytics tables AKSAudit and AKSAuditAdmin.
//!
//! They have no column for the impersonated user, so that is never known here.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::cells::{Cells, Column};
use crate::formats::classify::{Keys, problem};
use crate::formats::event::Event;
use crate::formats::rows::Rows;
use crate::formats::rows::audit::{Body, Sighting};
use crate::formats::text::{Raw, Stamp};
use crate::model::{Micros, Recorded};

/// See the module's description.
pub struct AksAudit;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for AksAudit {
    fn name(&self) -> &'static str {
        "aks-audit"
    }

    fn doc(&self) -> &'static str {
        "Row of AKSAudit or AKSAuditAdmin; impersonation is not recorded there"
    }

    fn fits(&self, item: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        match (keys, item.cells) {
            (Some(k), _) => k.row_audit_id.is_some() || (k.row_verb.is_some() && k.row_request_uri.is_some()),
            (None, Some(cells)) => is_row(cells),
            (None, None) => false,
        }
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        match item.cells {
            Some(cells) => row(cells, item, rows),
            None => row(&cells(item)?, item, rows),
        }
    }
}

/// Reads a row that is a JSON object.
pub fn cells<'a>(item: &Item<'a>) -> Result<Cells<'a>, Miss> {
    serde_json::from_str(item.text).map_err(|e| Miss::Broken(problem(&e, item.text)))
}

/// Columns that may be left out of a query or an export, and what is not known without them.
const OPTIONAL: &[(Column, Recorded)] = &[
    (Column::RequestObject, Recorded::REQUEST),
    (Column::ResponseObject, Recorded::RESPONSE),
    (Column::Annotations, Recorded::ANNOTATIONS),
    (Column::ResponseStatus, Recorded::STATUS),
    (Column::ObjectRef, Recorded::OBJECT_REF),
    (Column::UserAgent, Recorded::USER_AGENT),
    (Column::SourceIps, Recorded::SOURCE_IPS),
];

/// Says whether a row can be one of these tables: enough of its columns, and no other table's name. A union with
/// AzureDiagnostics has the columns of both.
fn is_row(cells: &Cells<'_>) -> bool {
    let other = cells.text(Column::Type).is_some_and(|table| !table.to_ascii_lowercase().starts_with("aksaudit"));
    let request = [Column::Verb, Column::RequestUri];
    // LinuxAuditLog has an AuditID too.
    let some = [Column::Verb, Column::Stage, Column::Level, Column::RequestUri];
    let known = (cells.has(Column::AuditId) && some.iter().any(|column| cells.has(*column)))
        || request.iter().all(|column| cells.has(*column));
    known && !other && cells.text(Column::Log).is_none()
}

fn row(cells: &Cells<'_>, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
    if !is_row(cells) {
        return Err(Miss::NotMine);
    }
    let mut loss = Loss::default();
    // A row that is a JSON object leaves out what is null; a table that lacks a column says nothing about it.
    let absent = OPTIONAL.iter().filter(|(column, _)| item.cells.is_some() && !cells.has(*column));
    loss.missing = absent.fold(Recorded::IMPERSONATED, |mask, (_, field)| mask.without(*field));
    let addresses = cells.text(Column::SourceIps).map(python_list);
    let dynamic = [Column::User, Column::ObjectRef, Column::ResponseStatus, Column::Annotations].map(|c| cells.text(c));
    let [user, object, status, annotations] = &dynamic;
    let (request, response) = (cells.text(Column::RequestObject), cells.text(Column::ResponseObject));
    let event = Event {
        level: cells.word(Column::Level),
        audit_id: cells.word(Column::AuditId),
        stage: cells.word(Column::Stage),
        request_uri: cells.word(Column::RequestUri),
        verb: cells.word(Column::Verb),
        user: loss.read(user, "User", Recorded::USER)?,
        source_ips: loss.read(&addresses, "SourceIps", Recorded::SOURCE_IPS)?,
        user_agent: cells.word(Column::UserAgent),
        object_ref: loss.read(object, "ObjectRef", Recorded::OBJECT_REF)?,
        response_status: loss.read(status, "ResponseStatus", Recorded::STATUS)?,
        annotations: loss.read::<Raw<'_>>(annotations, "Annotations", Recorded::ANNOTATIONS)?,
        stage_timestamp: cells.word(Column::StageReceivedTime).map(Stamp::from),
        request_received_timestamp: cells.word(Column::RequestReceivedTime).map(Stamp::from),
        ..Event::default()
    };
    if !event.is_audit() {
        return Err(Miss::Broken("row with neither AuditId nor Verb and RequestUri".to_owned()));
    }
    let category = cells.word(Column::Type).filter(|table| table.starts_with("AKSAudit"));
    let cluster = cells.text(Column::ResourceId);
    let sighting = Sighting {
        event: &event,
        request: body(request.as_deref(), "RequestObject")?,
        response: body(response.as_deref(), "ResponseObject")?,
        missing: loss.missing,
        cut: loss.cut,
        envelope: cells.text(Column::TimeGenerated).and_then(|t| Micros::parse(&t)),
        category: category.as_deref(),
        cluster: cluster.as_deref(),
    };
    rows.audit(&item.at, &sighting).map_err(Miss::Broken)
}

/// What cells were found cut.
#[derive(Default)]
struct Loss {
    missing: Recorded,
    cut: bool,
}

impl Loss {
    /// Reads a dynamic column; Log Analytics cuts long values, and what is cut is missing.
    fn read<'a, T: Deserialize<'a>>(
        &mut self,
        cell: &'a Option<Cow<'_, str>>,
        name: &str,
        field: Recorded,
    ) -> Result<Option<T>, Miss> {
        let Some(text) = cell else { return Ok(None) };
        match serde_json::from_str(text) {
            Ok(value) => Ok(value),
            Err(error) if error.is_eof() => {
                self.missing = self.missing.without(field);
                self.cut = true;
                Ok(None)
            }
            Err(error) => Err(Miss::Broken(format!("column {name}: {}", problem(&error, text)))),
        }
    }
}

/// Reads a body column: JSON, the words that stand for a body too big, or JSON that was cut.
fn body<'a>(text: Option<&'a str>, name: &str) -> Result<Body<'a>, Miss> {
    let Some(text) = text else { return Ok(Body::Absent) };
    if text == "skipped-too-big-size-object" {
        return Ok(Body::Skipped);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) if raw.get() == "null" => Ok(Body::Absent),
        Ok(raw) => Ok(Body::of(Some(raw.get()))),
        Err(error) if error.is_eof() => Ok(Body::Cut(text)),
        Err(error) => Err(Miss::Broken(format!("column {name}: {}", problem(&error, text)))),
    }
}

/// Data frames write lists as Python does; addresses have no character that makes the two differ but the quotes.
fn python_list(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with("['") && !text.contains(['"', '\\']) { text.replace('\'', "\"").into() } else { text }
}
