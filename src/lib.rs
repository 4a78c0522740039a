//! coldcase: an offline forensic and replay workbench for Azure Kubernetes Service.
//!
//! Evidence becomes rows (`formats`), rows become a case (`case`), Sigma rules become predicates (`sigma`), predicates
//! and SQL run over the case (`engine`), and answers become text (`report`, `cli`) or screens (the crate `coldcase-tui`).
//! Modules are listed ground floor first; a module imports only from floors below its own.

#![forbid(unsafe_code)]

pub mod error;
pub mod model;

pub mod formats;
pub mod pack;
pub mod sigma;

pub mod case;

pub mod engine;
#[cfg(feature = "stats")]
pub mod stats;

pub mod regress;
pub mod report;

pub mod cli;
