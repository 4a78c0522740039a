//! The rule pack and the hunts, as text inside the binary.

include!(concat!(env!("OUT_DIR"), "/pack.rs"));
