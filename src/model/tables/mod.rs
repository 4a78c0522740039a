//! One file per table: its columns with their meanings, and its line of the timeline.

pub mod audit;
pub mod azure;
pub mod control_plane;
pub mod duplicate;
pub mod evidence;
pub mod finding;
pub mod object;
pub mod reject;
