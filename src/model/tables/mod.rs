//! One file per table: its columns with their meanings, and its line of the timeline.

pub mod audit;
pub mod auditd;
pub mod azure;
pub mod azure_resource;
pub mod container_log;
pub mod control_plane;
pub mod duplicate;
pub mod evidence;
pub mod falco;
pub mod finding;
pub mod gatekeeper_log;
pub mod hubble_flow;
pub mod kubeshark_entry;
pub mod network_flow;
pub mod note;
pub mod object;
pub mod policy_state;
pub mod policy_violation;
pub mod reject;
pub mod resource_log;
pub mod tetragon;
pub mod text_line;
