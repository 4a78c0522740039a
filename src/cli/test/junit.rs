//! Outcomes as JUnit XML: one suite for each rule, one case for each test, the comparison in the body of a failure.
//!
//! Without times: the same tests give the same bytes.

use std::collections::BTreeMap;
use std::io::Write;

use super::text::nearest_lines;
use super::{Told, wrong};
use crate::cli::print::line;
use crate::error::Result;
use crate::regress::{Outcome, Status};

/// Writes all of it.
pub fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    told.outcomes.iter().for_each(|outcome| suites.entry(&outcome.rule).or_default().push(outcome));
    line(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let files = wrong(told).count();
    let [failed, errors, skipped] = counts(told.outcomes.iter());
    line(
        out,
        &format!(
            r#"<testsuites name="coldcase test" tests="{}" failures="{failed}" errors="{}" skipped="{skipped}">"#,
            told.outcomes.len() + files,
            errors + files
        ),
    )?;
    for (rule, outcomes) in suites {
        let [failed, errors, skipped] = counts(outcomes.iter().copied());
        line(
            out,
            &format!(
                r#"  <testsuite name="{}" tests="{}" failures="{failed}" errors="{errors}" skipped="{skipped}">"#,
                escaped(rule),
                outcomes.len()
            ),
        )?;
        outcomes.into_iter().try_for_each(|outcome| case(told, outcome, out))?;
        line(out, "  </testsuite>")?;
    }
    if files > 0 {
        line(out, &format!(r#"  <testsuite name="files" tests="{files}" failures="0" errors="{files}" skipped="0">"#))?;
        for problem in wrong(told) {
            let text = escaped(&problem.to_string());
            line(
                out,
                &format!(r#"    <testcase classname="files" name="{text}"><error message="{text}"/></testcase>"#),
            )?;
        }
        line(out, "  </testsuite>")?;
    }
    line(out, "</testsuites>")
}

/// Failures, errors, and what was skipped.
fn counts<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> [usize; 3] {
    outcomes.fold([0; 3], |[failed, errors, skipped], outcome| match outcome.status {
        Status::Failed | Status::Noisy => [failed + 1, errors, skipped],
        Status::Broken => [failed, errors + 1, skipped],
        Status::Skipped => [failed, errors, skipped + 1],
        Status::Passed | Status::Untold => [failed, errors, skipped],
    })
}

fn case(told: &Told<'_>, outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    let head = format!(
        r#"    <testcase classname="{}" name="{}" file="{}" line="{}""#,
        escaped(&outcome.rule),
        escaped(&outcome.name),
        escaped(&outcome.file),
        outcome.line
    );
    let because = escaped(&outcome.got.join("; "));
    match outcome.status {
        Status::Passed | Status::Untold => line(out, &format!("{head}/>")),
        Status::Skipped => line(out, &format!(r#"{head}><skipped message="{because}"/></testcase>"#)),
        Status::Broken => line(out, &format!(r#"{head}><error message="{because}"/></testcase>"#)),
        Status::Failed | Status::Noisy => {
            let expected = escaped(&outcome.expected.join("; "));
            line(out, &format!(r#"{head}><failure message="expected {expected}; got {because}">"#))?;
            for text in body(told, outcome) {
                line(out, &escaped(&text))?;
            }
            line(out, "    </failure></testcase>")
        }
    }
}

/// The comparison, line by line.
pub fn body(told: &Told<'_>, outcome: &Outcome) -> Vec<String> {
    let mut lines: Vec<String> = outcome.expected.iter().map(|text| format!("expected {text}")).collect();
    lines.extend(outcome.got.iter().map(|text| format!("got {text}")));
    lines.extend(outcome.nearest.iter().flat_map(nearest_lines).map(|text| format!("nearest {text}")));
    lines.push(format!("rerun {}", told.rerun(outcome)));
    lines
}

/// Text in XML 1.0: what it cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            other => out.push(other),
        }
    }
    out
}
