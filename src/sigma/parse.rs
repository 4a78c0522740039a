//! One YAML document made a parsed Sigma rule, with every problem at its place.

use rsigma_parser::{CorrelationRule, FilterRule, SigmaRule, parse_condition, parse_sigma_yaml};
use yaml_serde::Value;

use super::diagnostic::Document;
use super::logsource;
use super::rule::{Meta, Over};
use super::sql::Sql;
use crate::error::Diagnostic;

/// Where to find what a rule may be for.
const KNOWN: &str =
    "rules are for product: kubernetes, service: audit or snapshot, and what docs/reference/logsources.md lists";

/// What a document is.
pub enum Parsed {
    Rule(Box<SigmaRule>, Meta),
    Sql(Sql, Meta),
    Correlation(Box<CorrelationRule>, Meta),
    Filter(Box<FilterRule>, Meta),
}

/// Reads the YAML of a document.
///
/// # Errors
/// Where it stops being YAML, or that it is no mapping.
pub fn yaml(document: &Document<'_>) -> Result<Value, Diagnostic> {
    let value: Value = yaml_serde::from_str(document.text).map_err(|error| {
        let text = error.to_string();
        // Places in the message count from the top of the document, which is not where the file begins.
        let message = text.split(" at line ").next().unwrap_or_default();
        let mut problem = document.problem(&[], format!("this is no YAML: {message}"), "check indentation and quotes");
        if let Some(at) = error.location() {
            (problem.line, problem.column) = (document.line + at.line() - 1, at.column());
        }
        problem
    })?;
    if value.is_mapping() {
        Ok(value)
    } else {
        Err(document.problem(&[], "this is no Sigma rule", "a rule has title: and detection:"))
    }
}

/// Writes the YAML that came of several documents, for the parser.
///
/// # Errors
/// When it cannot be written.
pub fn text(document: &Document<'_>, yaml: &Value) -> Result<String, Diagnostic> {
    yaml_serde::to_string(yaml).map_err(|error| document.problem(&[], format!("it cannot be joined: {error}"), ""))
}

/// Reads the rule or correlation of a document, whose YAML is `text`.
///
/// # Errors
/// Everything about it that cannot be read.
pub fn parse(document: &Document<'_>, yaml: &Value, text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let refuse = |path: &[&str], message: String, hint: &str| Err(vec![document.problem(path, message, hint)]);
    let meta = Meta::read(document, yaml)?;
    if yaml.get("correlation").is_none() {
        logsource(document, yaml)?;
        if let Some(sql) = Sql::read(document, yaml, Over::read(yaml))? {
            return Ok(Parsed::Sql(sql, meta));
        }
        conditions(document, yaml, if yaml.get("filter").is_some() { "filter" } else { "detection" })?;
    }
    let mut parsed = match parse_sigma_yaml(text) {
        Ok(parsed) if parsed.errors.is_empty() => parsed,
        Ok(parsed) => return Err(parsed.errors.iter().map(|error| placed(document, error)).collect()),
        Err(error) => return Err(vec![placed(document, &error.to_string())]),
    };
    match (parsed.rules.pop(), parsed.correlations.pop(), parsed.filters.pop()) {
        (Some(rule), _, _) => Ok(Parsed::Rule(Box::new(rule), meta)),
        (None, Some(correlation), _) => Ok(Parsed::Correlation(Box::new(correlation), meta)),
        (None, None, Some(filter)) => Ok(Parsed::Filter(Box::new(filter), meta)),
        (None, None, None) => refuse(&[], "this is no Sigma rule".into(), "a rule has title: and detection:"),
    }
}

fn logsource(document: &Document<'_>, yaml: &Value) -> Result<(), Vec<Diagnostic>> {
    let word = |key: &str| yaml.get("logsource").and_then(|source| source.get(key)).and_then(Value::as_str);
    if logsource::find(word("category"), word("product"), word("service")).is_some() {
        return Ok(());
    }
    if let Some(category) = word("category") {
        let message = format!("a case has no log source with category {category}");
        return Err(vec![document.problem(&["logsource", "category"], message, KNOWN)]);
    }
    for (key, wanted) in [("product", ["kubernetes"].as_slice()), ("service", &["audit", "snapshot"])] {
        if let Some(other) = word(key).filter(|word| !wanted.contains(word)) {
            let message = format!("a case has no log source with {key} {other}");
            return Err(vec![document.problem(&["logsource", key], message, KNOWN)]);
        }
    }
    Ok(())
}

/// Reads the conditions once more, because only here their errors have a place.
fn conditions(document: &Document<'_>, yaml: &Value, section: &str) -> Result<(), Vec<Diagnostic>> {
    let texts: Vec<&str> = match yaml.get(section).and_then(|detection| detection.get("condition")) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Sequence(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let mut problems = Vec::new();
    for text in texts {
        let Err(error) = parse_condition(text) else { continue };
        let full = error.to_string();
        let mut reason = full.lines().last().unwrap_or_default().trim().trim_start_matches("= ");
        let mut hint = "write it like: selection and not 1 of filter_*";
        // The grammar's own word for it would help nobody.
        if reason.contains("of_kw") {
            (reason, hint) = ("all and any want an of behind them", "give a selection of that name another one");
        }
        let mut problem =
            document.problem(&[section, "condition"], format!("the condition cannot be read: {reason}"), hint);
        let start = document.offset(&[section, "condition"]);
        if let (Some(place), Some(at)) = (error.location(), document.text[start..].find(text)) {
            let (line, column) = document.position(start + at);
            (problem.line, problem.column) = (line, column + place.col as usize - 1);
        }
        problems.push(problem);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Gives an error of the parser, which is only text, the place it is most likely about.
fn placed(document: &Document<'_>, error: &str) -> Diagnostic {
    let quoted = error.split('\'').nth(1).unwrap_or_default();
    let is = |start: &str| error.starts_with(start);
    if is("Unknown modifier") || error.contains("`not` is not a value modifier") {
        let modifier = if is("Unknown") { quoted } else { "not" };
        let message = format!("there is no modifier {modifier}");
        let hint = if modifier == "not" {
            "negate in the condition: selection and not filter"
        } else {
            "modifiers are contains, startswith, endswith, all, re, cidr, exists, gt, gte, lt, lte, fieldref, cased …"
        };
        let mut problem = document.problem(&["detection"], message, hint);
        if let Some(at) = document.text.find(&format!("|{modifier}")) {
            (problem.line, problem.column) = document.position(at + 1);
        }
        return problem;
    }
    if is("Condition parse error") {
        // Those of a detection are read before; this is the condition of a correlation.
        let hint = "write it like: one-rule and not other-rule; a name with a dot in it cannot stand here, its id: can";
        return document.problem(&["correlation", "condition"], "the condition cannot be read", hint);
    }
    let path: &[&str] = if is("Missing required field 'condition'") || is("Invalid detection") {
        &["detection"]
    } else if error.contains("correlation type") {
        &["correlation", "type"]
    } else if is("Invalid timespan") || error.contains("timeframe") {
        &["correlation", "timespan"]
    } else if error.contains("condition") {
        &["correlation", "condition"]
    } else if is("Invalid correlation") {
        &["correlation"]
    } else if is("invalid status") {
        &["status"]
    } else {
        &[]
    };
    let mut letters = error.chars();
    let message: String = letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default();
    document.problem(path, message, "")
}
