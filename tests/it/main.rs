//! The one integration-test binary: each further one would be another link of hundreds of megabytes.

mod asking;
mod baseline;
mod case;
mod cases;
mod cli;
mod clocks;
mod corpus;
mod correlations;
mod docs;
mod evidence;
mod hunts;
mod incident;
mod lists;
mod logs;
mod oracle;
mod pack;
mod read_only;
mod regress;
mod robust;
mod specimens;
mod sql;
mod state;
mod stats;
mod story;
mod support;
mod tidy;
