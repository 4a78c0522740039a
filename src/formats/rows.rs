//! Where decoded records gather: one builder per table, rejects, and the keys that find one event twice.

use arrow::record_batch::RecordBatch;

use crate::model::{EvidenceId, Recorded};

/// What one audit event is recognised by, whatever route it took. One per row of the audit batch, in its order.
///
/// `request` and `response` are hashes of the bodies with whitespace and escapes evened out, so that the same object
/// hashes alike from a blob, a table row or a CSV cell; 0 when that body is absent or not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditKey {
    /// Hash of (auditID, stage).
    pub id: u64,
    /// stageTimestamp in UTC microseconds; None when it was lost to a cut.
    pub stage_time: Option<i64>,
    /// Hash of what every route records: level, verb, requestURI, user name, objectRef, response code.
    pub content: u64,
    pub request: u64,
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
    _evidence: EvidenceId,
}

/// What `Rows::finish` gives. `read` = audit rows + object rows + rejects.
pub struct Batch {
    pub read: u64,
    pub audit: RecordBatch,
    pub audit_keys: Vec<AuditKey>,
    pub object: RecordBatch,
    pub object_keys: Vec<ObjectKey>,
    pub rejects: Vec<Reject>,
}

impl Rows {
    /// Starts empty builders for one piece of evidence.
    pub fn new(evidence: EvidenceId) -> Rows {
        Rows { _evidence: evidence }
    }

    /// Bytes of record text taken in since the last `finish`, to decide when a batch is large enough.
    pub fn weight(&self) -> usize {
        unimplemented!()
    }

    /// Hands over everything gathered so far and starts again.
    pub fn finish(&mut self) -> Batch {
        unimplemented!()
    }
}
