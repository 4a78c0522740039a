//! Raw Linux audit lines, as auditd, ausearch, syslog and the journal write them, and their events.
//!
//! [`line`] reads one line, [`Grouper`] joins the lines of an event, [`Event::values`] gives what an investigator asks
//! of it. It refuses to name a pod or container: audit records carry none (formats.md h.3). It does not read laurel's
//! or auditbeat's JSON, which it only recognises.

mod argv;
mod ausearch;
mod event;
mod fields;
mod grouper;
mod hex;
mod interpreted;
mod kinds;
mod line;
mod others;
mod record;
mod sockaddr;
mod syscalls;
#[cfg(test)]
mod tests;
mod values;

pub use argv::{Argv, argv};
pub use ausearch::{Dress, dress};
pub use event::{Ended, Event, Kept};
pub use grouper::{Grouper, Limits};
pub use hex::is_encoded;
pub use kinds::{kind_name, kind_number};
pub use line::line;
pub use others::{looks_like_auditbeat, looks_like_laurel};
pub use record::{Clock, Field, Form, Record};
pub use sockaddr::{Sockaddr, sockaddr, sockaddr_interpreted};
pub use syscalls::syscall_name;
pub use values::{Id, PathItem, Values};
