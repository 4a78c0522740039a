//! The one integration-test binary: each further one would be another link of hundreds of megabytes.

mod cases;
mod cli;
mod docs;
mod incident;
mod specimens;
mod support;
mod tidy;
