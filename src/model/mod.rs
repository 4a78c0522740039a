//! The words of the domain: time, spans, tables. It does no I/O and knows no format.

pub mod recorded;
pub mod span;
pub mod table;
pub mod tables;
pub mod time;

pub use recorded::Recorded;
pub use span::{EvidenceId, Span};
pub use table::{Column, TABLES, Table};
pub use time::Micros;
