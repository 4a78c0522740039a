//! Bytes to rows: envelopes say how records are wrapped, payloads say what a record means.
//!
//! Knows no case and no query engine. Content is recognised by its bytes, never by its name.

pub mod block;
pub mod rows;

pub use block::{Block, Content, Reader};
pub use rows::{AuditKey, Batch, ObjectKey, Reject, Rows};
