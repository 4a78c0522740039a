//! What the reader must hold: against other readers of the same bytes, and against damaged ones.
//!
//! Tests that read shared captures pass where there are none.

mod auger;
mod built;
mod compare;
mod constraints;
mod debugged;
mod dumps;
mod filled;
mod k8s_pb;
mod lab;
mod mutated;
mod walk;
