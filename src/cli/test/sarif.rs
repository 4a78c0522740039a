//! Outcomes as SARIF 2.1.0: each failure is a result at the line of the rule, so that a pull request shows it there.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};

use super::junit::body;
use super::{Told, wrong};
use crate::cli::print::line;
use crate::error::Result;
use crate::regress::{Outcome, Status};

/// Writes all of it.
pub fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<()> {
    let shown: Vec<&Outcome> = told
        .outcomes
        .iter()
        .filter(|outcome| matches!(outcome.status, Status::Failed | Status::Noisy | Status::Broken))
        .collect();
    let ids: BTreeSet<&str> = shown.iter().map(|outcome| outcome.rule.as_str()).collect();
    let rules = ids.iter().map(|id| {
        let title = told.suite.set.reported().map(|(meta, _)| meta).find(|meta| meta.name == **id);
        let title = title.map_or_else(|| (*id).to_owned(), |meta| meta.title.clone());
        json!({"id": id, "shortDescription": {"text": title}})
    });
    let rules: Vec<Value> = rules.collect();
    let of_tests = shown.iter().map(|outcome| {
        let (file, at) = outcome.at.clone().unwrap_or_else(|| (outcome.file.clone(), outcome.line));
        json!({
            "ruleId": outcome.rule,
            "level": if outcome.status == Status::Noisy { "warning" } else { "error" },
            "message": {"text": format!("{}\n{}", outcome.name, body(told, outcome).join("\n"))},
            "locations": [place(&file, at)],
            "relatedLocations": [place(&outcome.file, outcome.line)],
            // The same failure of another run is the same alert, wherever the lines moved to.
            "partialFingerprints": {"test/v1": format!("{}/{}", outcome.rule, outcome.name)},
        })
    });
    let of_files = wrong(told).map(|problem| {
        json!({
            "ruleId": "file",
            "level": "error",
            "message": {"text": problem.message},
            "locations": [place(&problem.file, problem.line)],
        })
    });
    let missing = told.mutants.iter().flatten().filter(|mutant| mutant.is_missed()).map(|mutant| {
        json!({
            "ruleId": mutant.rule,
            "level": "note",
            "message": {"text": format!("no test notices this rule changed so: {}", mutant.what)},
            "locations": [place(&mutant.file, mutant.line)],
        })
    });
    let results: Vec<Value> = of_tests.chain(of_files).chain(missing).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "coldcase test",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    });
    format!("{document:#}").lines().try_for_each(|text| line(out, text))
}

fn place(file: &str, at: usize) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": {"startLine": at.max(1)}}})
}

/// A path as a relative reference: bytes that a URI cannot hold are written as their numbers.
fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./").replace('\\', "/");
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    path.bytes().map(byte).collect()
}
