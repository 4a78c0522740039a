//! Which bytes a row came from.

use serde::{Deserialize, Serialize};

/// The number of a piece of evidence within its case, in order of intake, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EvidenceId(pub u32);

/// A range of bytes in one piece of evidence.
///
/// Offsets count in the content after decompression, since that is where a reader can find the bytes again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which evidence.
    pub evidence: EvidenceId,
    /// First byte.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}
