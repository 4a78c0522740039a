//! Outcomes for people: what needs a look, then the count of the rest.

use std::io::Write;

use super::Told;
use crate::cli::print::{count, line};
use crate::error::Result;
use crate::regress::{self, Coverage, Covered, Mutant, Nearest, Outcome, Status};

/// Writes all of it.
pub fn write(told: &Told<'_>, out: &mut dyn Write) -> Result<()> {
    let rules: std::collections::BTreeSet<&str> = told.outcomes.iter().map(|outcome| outcome.rule.as_str()).collect();
    line(
        out,
        &format!(
            " test  {}  {}  {}",
            count(rules.len() as u64, "rule", "rules"),
            count(told.outcomes.len() as u64, "case", "cases"),
            count(told.events, "event", "events")
        ),
    )?;
    let mut first = true;
    for outcome in told.outcomes.iter().filter(|outcome| told.all || needs_a_look(outcome)) {
        if std::mem::take(&mut first) {
            line(out, "")?;
        }
        one(told, outcome, out)?;
    }
    let mut parts = vec![format!("{} passed", told.count(Status::Passed) + told.count(Status::Untold))];
    for (status, word) in [
        (Status::Failed, "failed"),
        (Status::Noisy, "noisy"),
        (Status::Broken, "with data that cannot be read"),
        (Status::Skipped, "skipped"),
    ] {
        let number = told.count(status);
        if number > 0 || status == Status::Failed {
            parts.push(format!("{number} {word}"));
        }
    }
    if let Some(mutants) = &told.mutants {
        for mutant in mutants.iter().filter(|mutant| mutant.is_missed()) {
            line(out, &format!(" m {}:{}  {}  {}", mutant.file, mutant.line, mutant.rule, mutant.what))?;
        }
    }
    if let Some(coverage) = &told.coverage {
        unseen(coverage, out)?;
    }
    line(out, "")?;
    line(out, &format!(" {}    untested rules {}", parts.join("  "), told.untested.len()))?;
    if let Some(mutants) = &told.mutants {
        line(out, &format!(" {}", score(mutants)))?;
    }
    if let Some(coverage) = &told.coverage {
        seen(coverage).iter().try_for_each(|text| line(out, &format!(" {text}")))?;
    }
    if told.all {
        told.untested.iter().try_for_each(|name| line(out, &format!("   untested  {name}")))?;
    }
    Ok(())
}

/// The share of mutants that tests notice, in a sentence.
pub fn score(mutants: &[Mutant]) -> String {
    let killed = mutants.iter().filter(|mutant| mutant.killed).count();
    let score = regress::score(mutants).map_or("no score".to_owned(), |score| format!("{score:.1} %"));
    let equal = mutants.iter().filter(|mutant| mutant.equal).count();
    format!("mutants {}  equal {equal}  noticed {killed}  score {score}", mutants.len())
}

/// What tests have not seen, line by line.
fn unseen(coverage: &Coverage, out: &mut dyn Write) -> Result<()> {
    for rule in &coverage.rules {
        let lacks = [
            (rule.fires == 0, "no test in which it fires"),
            (rule.quiet == 0, "no test in which it stays quiet"),
            (rule.blind, "blind on all its data"),
        ];
        for (_, word) in lacks.iter().filter(|(is, _)| *is) {
            line(out, &format!(" c {}:{}  {}  {word}", rule.file, rule.line, rule.rule))?;
        }
        for clause in &rule.unseen {
            let word = match (clause.never_true, clause.never_false) {
                (true, true) => "never asked",
                (true, false) => "never true",
                _ => "never false",
            };
            line(out, &format!(" c {}:{}  {}  {word}  {}", clause.file, clause.line, rule.rule, clause.clause))?;
        }
    }
    Ok(())
}

/// What tests have seen, in two sentences.
pub fn seen(coverage: &Coverage) -> [String; 2] {
    let rules = |is: fn(&Covered) -> bool| coverage.rules.iter().filter(|rule| is(rule)).count();
    let clauses: usize = coverage.rules.iter().map(|rule| rule.clauses).sum();
    let unseen: usize = coverage.rules.iter().map(|rule| rule.unseen.len()).sum();
    let unasked: usize = coverage.rules.iter().map(|rule| rule.unasked).sum();
    let tested = coverage.techniques.values().filter(|technique| !technique.tested.is_empty()).count();
    [
        format!(
            "covered {} rules and exceptions  never fire {}  never quiet {}  blind {}",
            coverage.rules.len(),
            rules(|rule| rule.fires == 0),
            rules(|rule| rule.quiet == 0),
            rules(|rule| rule.blind)
        ),
        format!(
            "clauses {clauses}  seen true and false {}  not asked alone {unasked}  techniques {}  tested {tested}",
            clauses - unseen - unasked,
            coverage.techniques.len()
        ),
    ]
}

fn needs_a_look(outcome: &Outcome) -> bool {
    !matches!(outcome.status, Status::Passed | Status::Untold)
}

fn one(told: &Told<'_>, outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    let mark = match outcome.status {
        Status::Passed => "✓",
        Status::Untold => "?",
        Status::Failed => "✗",
        Status::Noisy => "~",
        Status::Skipped => "-",
        Status::Broken => "!",
    };
    line(out, &format!(" {mark} {} › {}", outcome.rule, outcome.name))?;
    if !needs_a_look(outcome) {
        return Ok(());
    }
    let all = |out: &mut dyn Write, word: &str, lines: &[String]| {
        let first = lines.iter().enumerate();
        first
            .into_iter()
            .try_for_each(|(place, text)| line(out, &format!("     {:<9} {text}", if place == 0 { word } else { "" })))
    };
    all(out, "expected", &outcome.expected)?;
    let word = if outcome.expected.is_empty() { "because" } else { "got" };
    all(out, word, &outcome.got)?;
    if let Some(nearest) = &outcome.nearest {
        all(out, "nearest", &nearest_lines(nearest))?;
    }
    all(out, "written", &[format!("{}:{}", outcome.file, outcome.line)])?;
    if outcome.status == Status::Skipped {
        return Ok(());
    }
    all(out, "rerun", &[told.rerun(outcome)])
}

/// The nearest miss, line by line.
pub fn nearest_lines(nearest: &Nearest) -> Vec<String> {
    let mut lines = Vec::new();
    for (part, hits) in &nearest.parts {
        lines.push(format!("{part} hits {}", count(*hits, "event", "events")));
    }
    let event = nearest.event.as_deref().map_or(String::new(), |event| format!(" of {event}"));
    lines.push(format!("{}: {} of {} parts{event}", nearest.rule, nearest.passed, nearest.of));
    lines.push(format!("{}  {}", if nearest.fails { "FAIL" } else { "CANNOT TELL" }, nearest.clause));
    for (field, values) in &nearest.actual {
        let shown: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let shown = if shown.is_empty() { "nothing".to_owned() } else { shown.join(" | ") };
        lines.push(format!("actual {field} {shown}"));
    }
    lines
}

fn quoted(value: &str) -> String {
    const LONGEST: usize = 100;
    let cut = value.floor_char_boundary(LONGEST);
    if value.len() > LONGEST { format!("\"{}…\"", &value[..cut]) } else { format!("\"{value}\"") }
}
