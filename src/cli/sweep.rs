//! `coldcase sweep`: every hunt at once.

use std::sync::atomic::AtomicBool;

use clap::Args;
use serde_json::json;

use super::print::{diagnostic, line, output};
use super::{CaseArg, End};
use crate::engine::Engine;
use crate::engine::sweep::Swept;
use crate::error::{Error, Result};
use crate::model::Micros;

/// Bars of a sparkline.
const BARS: usize = 24;

/// Runs every hunt at once. What its help says is at the command.
#[derive(Args)]
pub struct Sweep {
    #[command(flatten)]
    case: CaseArg,
    /// Begin of the window, UTC
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End of the window, UTC, not part of it
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// text or json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: String,
}

impl Sweep {
    pub(super) fn run(self) -> Result<End> {
        let json = match self.format.as_str() {
            "text" => false,
            "json" => true,
            other => {
                return Err(Error::Usage {
                    what: format!("`{other}` is no format of a sweep"),
                    hint: Some("text or json".into()),
                });
            }
        };
        let engine = Engine::open(&self.case.open()?)?;
        let (hunts, problems) = engine.hunts();
        problems.iter().for_each(diagnostic);
        let given = [("from", &self.from), ("to", &self.to)];
        let given = given.iter().filter_map(|(name, value)| (*value).clone().map(|value| ((*name).to_owned(), value)));
        let swept = engine.sweep(&hunts, &given.collect::<Vec<_>>(), &AtomicBool::new(false))?;
        let axis = engine.audit_span()?.or_else(|| hits(&swept));
        let mut out = output(None, None)?;
        if json {
            let rows: Vec<_> = swept.iter().map(|one| object(one, axis)).collect();
            line(&mut out, &serde_json::to_string(&rows).unwrap_or_default())?;
            return Ok(End::Done);
        }
        line(&mut out, &format!("data  {:>6}  {:<27}  {:<BARS$}  hunt", "hits", "first seen", "when"))?;
        for one in &swept {
            let first = one.times.first().map_or_else(|| "-".to_owned(), ToString::to_string);
            let bars = axis.map_or_else(String::new, |axis| spark(&counts(&one.times, axis)));
            let row = format!(
                "{:<4}  {:>6}  {first:<27}  {bars:<BARS$}  {:<20} {}",
                one.data().as_str(),
                one.hits,
                one.hunt.name,
                one.hunt.title
            );
            line(&mut out, row.trim_end())?;
        }
        if let Some((from, to)) = axis {
            line(&mut out, &format!("when: {from} to {to}"))?;
        }
        for one in swept.iter().filter(|one| !one.missing.is_empty()) {
            line(&mut out, &format!("{}: the case has no {}", one.hunt.name, one.missing.join("; no ")))?;
        }
        let left: Vec<&str> = hunts.iter().filter(|h| h.present.is_empty()).map(|h| h.name.as_str()).collect();
        if !left.is_empty() {
            line(&mut out, &format!("not run, they need a value: {}", left.join(", ")))?;
        }
        line(&mut out, "coldcase hunt NAME shows the rows")?;
        Ok(End::Done)
    }
}

/// From the first row of all to the last.
fn hits(swept: &[Swept<'_>]) -> Option<(Micros, Micros)> {
    let times = || swept.iter().flat_map(|one| one.times.iter().copied());
    times().min().zip(times().max())
}

/// How many times lie in each of [`BARS`] equal parts of a span; what lies outside is in none.
fn counts(times: &[Micros], (from, to): (Micros, Micros)) -> [u64; BARS] {
    let mut counts = [0; BARS];
    let width = (i128::from(to.0) - i128::from(from.0) + 1).max(1);
    for time in times.iter().filter(|time| (from.0..=to.0).contains(&time.0)) {
        let part = (i128::from(time.0) - i128::from(from.0)) * BARS as i128 / width;
        counts[usize::try_from(part).unwrap_or(0).min(BARS - 1)] += 1;
    }
    counts
}

/// Counts as bars, the tallest for the most; none is a blank.
fn spark(counts: &[u64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: u64| match count {
        0 => ' ',
        count => HEIGHTS[(count * 8).div_ceil(most) as usize - 1],
    };
    counts.iter().map(|count| bar(*count)).collect()
}

fn object(one: &Swept<'_>, axis: Option<(Micros, Micros)>) -> serde_json::Value {
    let counts = axis.map(|axis| counts(&one.times, axis).to_vec());
    json!({
        "hunt": one.hunt.name,
        "title": one.hunt.title,
        "question": one.hunt.question,
        "needs": one.hunt.needs,
        "data": one.data().as_str(),
        "missing": one.missing,
        "hits": one.hits,
        "first": one.times.first().map(ToString::to_string),
        "last": one.times.last().map(ToString::to_string),
        "bars": counts,
        "bars_from": axis.map(|(from, _)| from.to_string()),
        "bars_to": axis.map(|(_, to)| to.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_equal_parts_of_the_span_and_the_tallest_is_full() {
        let second = |s: i64| Micros(s * 1_000_000);
        // 24 parts of one hour each; both edges belong to the span.
        let axis = (second(0), Micros(24 * 3_600_000_000 - 1));
        let times: Vec<Micros> = [0, 3599, 3600, 86_399, -1, 86_400].map(second).into_iter().chain([axis.1]).collect();
        let counts = counts(&times, axis);
        assert_eq!((counts[0], counts[1], counts[23]), (2, 1, 2));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(spark(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(spark(&[0, 0]), "  ");
        assert_eq!(super::counts(&[second(5)], (second(5), second(5)))[0], 1);
    }
}
