//! Outcomes as one JSON document.

use std::io::Write;

use serde_json::json;

use super::{Told, wrong};
use crate::cli::print::line;
use crate::error::{Error, Result};
use crate::regress::Status;

/// Writes `summary`, `outcomes` in the order of the tests, `untested` rules and what is `wrong` with files.
pub fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<()> {
    let outcomes = told.outcomes.iter().map(|outcome| {
        let mut value = serde_json::to_value(outcome)?;
        value["rerun"] = told.rerun(outcome).into();
        Ok(value)
    });
    let bug = |source: serde_json::Error| Error::Bug { what: "an outcome as JSON".into(), source: source.into() };
    let outcomes = outcomes.collect::<serde_json::Result<Vec<_>>>().map_err(bug)?;
    let document = json!({
        "summary": {
            "tests": told.outcomes.len(),
            "events": told.events,
            "passed": told.count(Status::Passed),
            "untold": told.count(Status::Untold),
            "failed": told.count(Status::Failed),
            "noisy": told.count(Status::Noisy),
            "skipped": told.count(Status::Skipped),
            "broken": told.count(Status::Broken),
        },
        "outcomes": outcomes,
        "untested": told.untested,
        "mutants": told.mutants,
        "coverage": told.coverage,
        "wrong": wrong(told).map(ToString::to_string).collect::<Vec<_>>(),
    });
    format!("{document:#}").lines().try_for_each(|text| line(out, text))
}
