//! Flow logs of networks: their tuples, and what is left of a record that was cut.

mod salvage;
pub mod tuple;

pub use salvage::salvage;
