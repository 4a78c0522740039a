//! `coldcase rules explain`: what a rule asks, and for one event each part with its answer and the value that was there.

use std::io::Write;

use crate::cli::print::{head, line, time};
use crate::cli::secrets;
use crate::engine::{Clause, Engine, Event};
use crate::error::{Error, Result};
use crate::sigma::{Correlation, Meta, Part, Rule, RuleSet, needs};

/// The longest value that is shown.
const LONGEST: usize = 100;

/// Prints a rule, or every rule of a correlation; with an engine and an auditID also how it meets that request.
pub fn explain(set: &RuleSet, name: &str, event: Option<(&Engine, &str)>, out: &mut dyn Write) -> Result<()> {
    let is = |meta: &Meta| meta.name == name || meta.id.as_deref() == Some(name);
    if let Some(correlation) = set.correlations.iter().find(|c| is(&c.meta)) {
        line(out, &title(&correlation.meta))?;
        line(out, &chain(correlation, set))?;
        let rules = set.rules_of(correlation).into_iter().filter_map(|place| set.rules.get(place));
        return rules.into_iter().try_for_each(|rule| one(set, rule, event, out));
    }
    match set.rules.iter().find(|rule| is(&rule.meta)) {
        Some(rule) => one(set, rule, event, out),
        None => Err(Error::Usage {
            what: format!("no rule is called {name}"),
            hint: Some("coldcase rules list names them all".into()),
        }),
    }
}

fn title(meta: &Meta) -> String {
    format!("{}  {}  ({}, {}:{})", meta.name, meta.title, meta.level, meta.file, meta.line)
}

fn chain(correlation: &Correlation, set: &RuleSet) -> String {
    let name = |part: &Part| match part {
        Part::Rule(place) => set.rules[*place].meta.name.as_str(),
        Part::Correlation(place) => set.correlations[*place].meta.name.as_str(),
    };
    let names: Vec<&str> = correlation.parts.iter().map(name).collect();
    let by: Vec<&str> = correlation.group_by.iter().map(|key| key.name.as_str()).collect();
    let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(", ")) };
    format!("  within {} s{by}: {}", correlation.timespan / 1_000_000, names.join(", "))
}

fn one(set: &RuleSet, rule: &Rule, event: Option<(&Engine, &str)>, out: &mut dyn Write) -> Result<()> {
    let met = event.map(|(engine, id)| engine.why(rule, id)).transpose()?;
    if let Some((_, id)) = event.filter(|_| met.as_ref().is_some_and(Vec::is_empty)) {
        return Err(Error::Usage {
            what: format!("the case has no event with auditID or at place {id} that the rule is asked of"),
            hint: Some("coldcase query \"select id, evidence, offset from timeline\" lists them".into()),
        });
    }
    head(out, &title(&rule.meta))?;
    let needs = needs(&rule.predicate).hit.to_string();
    if !needs.is_empty() {
        line(out, &format!("  a hit needs recorded: {}", needs.replace(' ', ", ")))?;
    }
    if let Some(first) = &rule.first {
        let of: Vec<&str> = first.of.iter().map(|field| field.name.as_str()).collect();
        line(
            out,
            &format!("  only the first of each {}, after {} h", of.join(" with "), first.learning / 3_600_000_000),
        )?;
    }
    let place = set.rules.iter().position(|known| known.meta.name == rule.meta.name);
    let exceptions = || set.exceptions.iter().filter(|e| place.is_some_and(|place| e.rules.contains(&place)));
    for exception in exceptions() {
        line(out, &format!("  excepted: {} [{}]", exception.meta.title, exception.meta.name))?;
    }
    let Some(met) = met else {
        for (depth, words) in rule.words() {
            line(out, &format!("  {}{words}", "  ".repeat(depth)))?;
        }
        return Ok(());
    };
    let mut excepting = Vec::new();
    if let Some((engine, id)) = event {
        for exception in exceptions() {
            let asked = Rule { meta: exception.meta.clone(), predicate: exception.predicate.clone(), ..rule.clone() };
            excepting.push((&exception.meta, engine.why(&asked, id)?));
        }
    }
    for (number, (event, clauses)) in met.iter().enumerate() {
        meeting(event, clauses, out)?;
        for (exception, answers) in &excepting {
            if answers.get(number).and_then(|(_, clauses)| clauses.first()?.holds) == Some(true) {
                line(out, &format!("    EXCEPTED    {} [{}]", exception.title, exception.name))?;
            }
        }
    }
    Ok(())
}

fn meeting(event: &Event, clauses: &[Clause], out: &mut dyn Write) -> Result<()> {
    let what = format!("{} {}", event.verb.as_deref().unwrap_or("?"), event.object().unwrap_or_default());
    let place = format!("evidence {}:{}", event.span.evidence.0, event.span.offset);
    line(out, &format!("  {} {what} ({})  {place}", time(event.time), event.stage.as_deref().unwrap_or("?")))?;
    for clause in clauses {
        let told = match clause.holds {
            Some(true) => "PASS",
            Some(false) => "FAIL",
            None => "CANNOT TELL",
        };
        let values = clause.values.iter().map(|(field, values)| {
            let shown =
                values.iter().map(|value| short(&secrets::column(field, value))).collect::<Vec<_>>().join(" | ");
            if values.is_empty() { format!("{field}: nothing") } else { format!("{field}: {shown}") }
        });
        let values = values.collect::<Vec<_>>().join("; ");
        let values = if values.is_empty() { String::new() } else { format!("   ← {values}") };
        line(out, &format!("    {told:<12}{}{}{values}", "  ".repeat(clause.depth), clause.words))?;
    }
    Ok(())
}

fn short(value: &str) -> String {
    if value.len() <= LONGEST {
        return value.to_owned();
    }
    format!("{}…", &value[..value.floor_char_boundary(LONGEST)])
}
