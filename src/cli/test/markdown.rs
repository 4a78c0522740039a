//! Outcomes as a comment for a pull request.

use std::io::Write;

use super::junit::body;
use super::text::{score, seen};
use super::{Told, wrong};
use crate::cli::print::line;
use crate::error::Result;
use crate::regress::Status;

/// Writes all of it.
pub fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<()> {
    let failed = told.count(Status::Failed) + told.count(Status::Broken);
    let head = if failed == 0 { "Rule tests passed" } else { "Rule tests failed" };
    line(out, &format!("### {head}"))?;
    line(out, "")?;
    line(
        out,
        "| passed | cannot tell, as expected | failed | noisy | data cannot be read | skipped | untested rules |",
    )?;
    line(out, "|---:|---:|---:|---:|---:|---:|---:|")?;
    let counts = [Status::Passed, Status::Untold, Status::Failed, Status::Noisy, Status::Broken, Status::Skipped];
    let counts: Vec<String> = counts.iter().map(|status| told.count(*status).to_string()).collect();
    line(out, &format!("| {} | {} |", counts.join(" | "), told.untested.len()))?;
    if let Some(mutants) = &told.mutants {
        line(out, "")?;
        line(out, &inert(&score(mutants)))?;
    }
    if let Some(coverage) = &told.coverage {
        line(out, "")?;
        line(out, &inert(&seen(coverage).join("  ")))?;
    }
    for problem in wrong(told) {
        line(out, "")?;
        line(out, &format!("- {}", inert(&problem.to_string())))?;
    }
    let shown = |status| matches!(status, Status::Failed | Status::Noisy | Status::Broken);
    for outcome in told.outcomes.iter().filter(|outcome| shown(outcome.status)) {
        line(out, "")?;
        let at = outcome.at.as_ref().map_or(String::new(), |(file, at)| format!(" ({file}:{at})"));
        line(
            out,
            &format!(
                "<details><summary><b>{}</b> › {}{}</summary>",
                inert(&outcome.rule),
                inert(&outcome.name),
                inert(&at)
            ),
        )?;
        line(out, "")?;
        for text in body(told, outcome) {
            // Indented, so that nothing in it is markup.
            line(out, &format!("    {text}"))?;
        }
        line(out, "")?;
        line(out, "</details>")?;
    }
    Ok(())
}

/// Text that Markdown and HTML take as it is.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '*' | '_' | '`' | '[' | ']' | '|' | '\\' | '#' | '@' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}
