//! `coldcase rules diff`: what another rule set would find on the same data.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::print::{count, head, line};
use crate::cli::{End, now};
use crate::error::{Error, Result};
use crate::regress::{Cache, Difference, Found, Ground, diff};
use crate::sigma::RuleSet;

/// As many events as are shown of what was gained or lost.
const SAMPLES: usize = 3;

/// Takes in the data if it is no case, replays both sets, and prints where they differ.
pub fn compare(old: &RuleSet, new: &RuleSet, data: Vec<PathBuf>, as_json: bool, out: &mut dyn Write) -> Result<End> {
    let ground = Ground::of_files(data, &Cache { dir: None }, &now().to_string())?;
    let corpus = ground.corpora.first().ok_or_else(|| Error::Usage { what: "there is no data".into(), hint: None })?;
    let coverage = corpus.engine.coverage()?;
    let days = coverage.first().zip(coverage.last()).map(|(first, last)| (last.0 - first.0) as f64 / 86_400_000_000.0);
    let differences = diff(old, new, corpus)?;
    if as_json {
        let document = json!({"events": corpus.events, "days": days, "rules": differences});
        format!("{document:#}").lines().try_for_each(|text| line(out, text))?;
        return Ok(End::Done);
    }
    let days_said = days.map_or(String::new(), |days| format!(" of {days:.1} days"));
    let rules = count(differences.len() as u64, "rule differs", "rules differ");
    line(out, &format!(" rules diff  {rules} on {}{days_said}", count(corpus.events, "event", "events")))?;
    for difference in &differences {
        show(difference, days, out)?;
    }
    let (before, now) = differences.iter().map(Difference::counts).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    head(out, &format!(" of these rules: {before} events before, {now} now{}", budget(before, now, days)))?;
    Ok(End::Done)
}

fn show(difference: &Difference, days: Option<f64>, out: &mut dyn Write) -> Result<()> {
    let Difference { rule, file, line: at, is_new, is_gone, clauses, gained, lost, same } = difference;
    let mark = match (is_new, is_gone) {
        (true, _) => "+",
        (_, true) => "-",
        _ => "~",
    };
    let (before, now) = difference.counts();
    let counts = format!("gained {}  lost {}  same {same}{}", gained.len(), lost.len(), budget(before, now, days));
    head(out, &format!(" {mark} {rule}  {counts}  {file}:{at}"))?;
    clauses.iter().try_for_each(|clause| line(out, &format!("     {clause}")))?;
    for (word, events) in [("gained", gained), ("lost", lost)] {
        for Found { time, actor, verb, object, id, evidence, offset } in events.iter().take(SAMPLES) {
            let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
            let what = format!("{} {} {}", or(actor, "unknown"), or(verb, "has"), or(object, "?"));
            line(
                out,
                &format!("     {word:<7} {}  {what}  {}  {evidence}:{offset}", or(time, "no time"), or(id, "no id")),
            )?;
        }
        if events.len() > SAMPLES {
            line(out, &format!("     {word:<7} and {} more", events.len() - SAMPLES))?;
        }
    }
    Ok(())
}

/// Events a day before and now, when the data covers at least an hour: less says nothing of a day.
fn budget(before: u64, now: u64, days: Option<f64>) -> String {
    match days.filter(|days| *days >= 1.0 / 24.0) {
        Some(days) => format!("  a day {:.1} → {:.1}", before as f64 / days, now as f64 / days),
        None => String::new(),
    }
}
