//! Lines of hosts and of programs: Linux audit, syslog, logs of containers and of the control plane's programs.
//!
//! These readers take one line and say what it holds; they know no envelope, no row and no table. What must be gathered
//! from several lines has a type that does it within a bound: [`auditd::Grouper`], [`cri::Joiner`].

pub mod auditd;
pub mod cri;
pub mod framing;
pub mod klog;
mod object;
pub mod syslog;

use std::ops::Range;

pub use object::object;

/// What an envelope read of an item to find it, so that the payload need not read it again.
#[derive(Clone, Copy)]
pub enum Gathered<'a> {
    /// An audit event, and where its lines are that the item does not cover.
    Audit(&'a auditd::Event, &'a [Range<u64>]),
    /// A line of a container, and where its parts are that the item does not cover.
    Container(&'a cri::Joined, &'a [Range<u64>]),
    /// Namespace, pod and container whose log a line without any time is from.
    Pod { namespace: &'a str, pod: &'a str, container: &'a str },
    /// The nearest line above that had a header, for a line that may go on from it.
    Below(&'a str),
}
