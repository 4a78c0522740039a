//! Rules over other log sources against rsigma-eval, which others wrote: every rule of the pack on every record of the
//! cases, read by the real intake, must hit the same rows.
//!
//! rsigma is given the fields that docs/reference/logsources.md lists, as the plain code below takes them out of the rows;
//! whether the columns are the right ones is what the cases say. Where we say "cannot tell" rsigma says yes or no: not
//! compared. A list is given as an array, JSON below which a rule looks as a tree.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use coldcase::case::Case;
use coldcase::engine::{Engine, clauses};
use coldcase::sigma::{LOGSOURCES, LogSource, Predicate, RuleSet, Source};
use rsigma_eval::{JsonEvent, compile_rule, evaluate_rule};
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::support::{case_of, cases_of, pack, pack_files};

const NAMES: [&str; 4] = ["records.jsonl", "audit.log", "container.log", "syslog.log"];

/// A case of every record of every case of a rule.
fn records(folder: &TempDir) -> Case {
    // Each format is a file of its own.
    let mut files = NAMES.map(|_| String::new());
    for (path, _) in coldcase::pack::DETECTIONS {
        for line in cases_of(path) {
            for record in line["records"].as_array().into_iter().flatten() {
                let (file, text) = match record.as_str() {
                    None => (0, record.to_string()),
                    Some(text) if text.contains("type=") => (1, text.to_owned()),
                    Some(text) if text.contains(" stdout ") => (2, text.to_owned()),
                    Some(text) => (3, text.to_owned()),
                };
                writeln!(files[file], "{text}").unwrap();
            }
        }
    }
    let inputs = NAMES.map(|name| folder.path().join(name));
    inputs.iter().zip(&files).for_each(|(path, text)| std::fs::write(path, text).unwrap());
    case_of(folder, &inputs)
}

/// The fields of one row as rsigma reads them.
fn event(source: &LogSource, batch: &RecordBatch, row: usize) -> Value {
    let mut event = Map::new();
    for field in source.fields {
        let Some(array) = batch.column_by_name(field.column).filter(|array| !array.is_null(row)) else { continue };
        let shown = array_value_to_string(array, row).unwrap();
        let value = match array.data_type() {
            DataType::Boolean => Value::from(array.as_boolean().value(row)),
            DataType::Int32 | DataType::Int64 => Value::from(shown.parse::<i64>().unwrap()),
            DataType::List(_) => {
                let list = array.as_list::<i32>().value(row);
                (0..list.len()).map(|place| array_value_to_string(&list, place).unwrap()).collect()
            }
            _ if field.tree => serde_json::from_str(&shown).unwrap_or_else(|_| Value::from(shown)),
            _ => Value::from(shown),
        };
        event.insert(field.name.to_owned(), value);
    }
    Value::Object(event)
}

fn has_keywords(predicate: &Predicate) -> bool {
    let mut found = false;
    predicate.each_test(&mut |test| {
        found |= matches!(&test.field.source, Source::Log { column, .. } if *column == "=any text");
    });
    found
}

#[test]
fn rules_over_logs_hit_what_rsigma_hits() {
    let folder = tempfile::tempdir().unwrap();
    let case = records(&folder);
    let engine = Engine::open(&case).unwrap();
    let parsed: Vec<_> =
        pack_files().iter().flat_map(|file| rsigma_parser::parse_sigma_yaml(&file.text).unwrap().rules).collect();
    let mut set = pack();
    set.correlations.clear();
    set.exceptions.clear();
    for rule in &mut set.rules {
        (rule.first, rule.meta.reported) = (None, true);
    }
    set.rules.retain(|rule| rule.over.log().is_some() && rule.sql.is_none() && !has_keywords(&rule.predicate));
    let (mut asked, mut hits) = (0, 0);
    for source in LOGSOURCES {
        let rows = engine.log_rows(source, None).unwrap();
        for rule in set.rules.iter().filter(|rule| rule.over.log() == Some(*source)) {
            let theirs = parsed.iter().find(|theirs| theirs.name.as_ref() == Some(&rule.meta.name)).unwrap();
            let theirs = compile_rule(theirs).unwrap();
            let alone = RuleSet { rules: vec![rule.clone()], ..RuleSet::default() };
            let found = engine.replay(&alone).unwrap();
            let ours: BTreeSet<_> = found.findings.iter().flat_map(|f| &f.events).map(|event| event.span).collect();
            for batch in &rows {
                for (row, (met, clauses)) in clauses(rule, batch).into_iter().enumerate() {
                    let Some(told) = clauses.first().and_then(|whole| whole.holds) else { continue };
                    let event = event(source, batch, row);
                    let their = evaluate_rule(&theirs, &JsonEvent::borrow(&event)).is_some();
                    assert_eq!(told, their, "{} on {:?}: {event}", rule.meta.name, met.source);
                    assert_eq!(told, ours.contains(&met.span), "{} as a finding: {event}", rule.meta.name);
                    asked += 1;
                    hits += usize::from(told);
                }
            }
        }
    }
    assert!(asked > 1_000 && hits >= set.rules.len(), "{asked} asked, {hits} hits of {} rules", set.rules.len());
}
