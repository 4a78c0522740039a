//! Where decoded records gather: one builder per table, rejects, and the keys that find one event twice.

pub mod audit;
mod lists;
pub mod object;

use std::ops::Range;

use arrow::record_batch::RecordBatch;

use self::audit::{AuditRows, Sighting};
use self::object::{Object, ObjectRows};
use super::key::Start;
use crate::model::{EvidenceId, Recorded};

/// How much of a rejected record is shown.
const SAMPLE: usize = 200;
/// A reason may quote the record, and a record may be long.
const REASON: usize = 300;

/// What one audit event is recognised by, whatever route it took. One per row of the audit batch, in its order.
///
/// `request` and `response` are hashes of the bodies with whitespace and escapes evened out, so that the same object
/// hashes alike from a blob, a table row or a CSV cell; 0 when that body is absent or not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditKey {
    /// Hash of (auditID, stage).
    pub id: u64,
    /// stageTimestamp in UTC microseconds; None when it was lost to a cut.
    pub stage_time: Option<i64>,
    /// Hash of what every route records: level, verb, requestURI, user name, objectRef, response code.
    pub content: u64,
    pub request: u64,
    /// How a long or cut request begins.
    pub start: Start,
    pub response: u64,
    /// What this copy lacks.
    pub missing: Recorded,
}

/// What one snapshot object is recognised by: a hash over kind, apiVersion, namespace, name, uid and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectKey(pub u64);

/// A record that could not be read. `line` counts from 1; 0 when the content has no lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub offset: u64,
    pub length: u64,
    pub line: u64,
    pub reason: String,
    /// The first 200 bytes, bytes that are no UTF-8 replaced.
    pub sample: String,
}

/// The rows of one or more blocks of one piece of evidence.
pub struct Rows {
    evidence: EvidenceId,
    audit: AuditRows,
    object: ObjectRows,
    rejects: Vec<Reject>,
    notes: Vec<String>,
    weight: usize,
    /// Which payload read the last record; the next is mostly like it.
    pub(super) last: usize,
}

/// What `Rows::finish` gives. `read` = audit rows + object rows + rejects.
pub struct Batch {
    pub read: u64,
    pub audit: RecordBatch,
    pub audit_keys: Vec<AuditKey>,
    pub object: RecordBatch,
    pub object_keys: Vec<ObjectKey>,
    pub rejects: Vec<Reject>,
    /// What a reader must know of the content, each once.
    pub notes: Vec<String>,
}

impl Rows {
    /// Starts empty builders for one piece of evidence.
    pub fn new(evidence: EvidenceId) -> Rows {
        Rows {
            evidence,
            audit: AuditRows::default(),
            object: ObjectRows::default(),
            rejects: Vec::new(),
            notes: Vec::new(),
            weight: 0,
            last: 0,
        }
    }

    /// Bytes of record text taken in since the last `finish`, to decide when a batch is large enough.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Hands over everything gathered so far and starts again.
    pub fn finish(&mut self) -> Batch {
        self.weight = 0;
        let read = self.audit.count() + self.object.count() + self.rejects.len();
        let (audit, audit_keys) = self.audit.finish();
        let (object, object_keys) = self.object.finish();
        let (rejects, notes) = (std::mem::take(&mut self.rejects), std::mem::take(&mut self.notes));
        Batch { read: read as u64, audit, audit_keys, object, object_keys, rejects, notes }
    }

    /// Appends an audit event, or says why it cannot be kept.
    pub(super) fn audit(&mut self, at: &Range<u64>, sighting: &Sighting<'_>) -> Result<(), String> {
        let missing = self.audit.push(self.evidence, at, sighting)?;
        if sighting.event.has_unreadable_time(missing) {
            self.note("a time is written in a way that is not known here: it is null, see column time".to_owned());
        }
        self.weigh(at);
        Ok(())
    }

    /// Appends a snapshot object.
    pub(super) fn object(&mut self, at: &Range<u64>, object: &Object<'_>) {
        self.object.push(self.evidence, at, object);
        self.weigh(at);
    }

    /// Keeps something a reader must know of the content.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Keeps the place of a record that cannot be read. `bytes` may be longer than the sample that is kept.
    pub(super) fn reject(&mut self, at: Range<u64>, line: u64, reason: impl Into<String>, bytes: &[u8]) {
        let sample = String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE)]).into_owned();
        let length = at.end - at.start;
        let mut reason: String = reason.into();
        if reason.len() > REASON {
            reason.truncate(reason.floor_char_boundary(REASON));
            reason.push('…');
        }
        self.rejects.push(Reject { offset: at.start, length, line, reason, sample });
        self.weight = self.weight.saturating_add(SAMPLE);
    }

    fn weigh(&mut self, at: &Range<u64>) {
        self.weight = self.weight.saturating_add(usize::try_from(at.end - at.start).unwrap_or(usize::MAX));
    }
}
