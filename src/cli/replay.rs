//! `coldcase replay`: rules over a case.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use clap::Args;

use super::print::{count, diagnostic, grouped, head, line, output, say, time};
use super::query::Out;
use super::rules::load;
use super::site::SiteArg;
use super::tui::edit::Rulebook;
use super::{ByArg, CaseArg, End, secrets};
use crate::case::{Act, Case};
use crate::engine::{Baseline, Blind, Engine, Entity, Finding, Replay as Outcome, batch_of_findings};
use crate::error::{Error, Result};
use crate::report;
use crate::sigma::{Level, RuleSet};

/// Replays every event of a case through detection rules and prints what they found, with the events that prove it,
/// what they could not tell, and which rules this evidence cannot answer at all.
#[derive(Args)]
pub struct Replay {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    by: ByArg,
    /// Rule file or folder; the bundled pack when none is given
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// The bundled rules with those in their place that were edited on the screens: in DIR, else in CASE.rules beside the case
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "rules")]
    edited: Option<Option<PathBuf>>,
    #[command(flatten)]
    site: SiteArg,
    /// Case, or file written by --save-baseline, from which rules with first: take what was usual before
    #[arg(long, value_name = "CASE|FILE")]
    baseline: Option<PathBuf>,
    /// Write what rules with first: learnt from this case to a file, and do not replay
    #[arg(long, value_name = "FILE")]
    save_baseline: Option<PathBuf>,
    /// Report what an exception says is normal as well
    #[arg(long)]
    no_exceptions: bool,
    #[command(flatten)]
    out: Out,
    /// Exit with code 1 when there is a finding of this level or above
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<Level>,
}

impl Replay {
    pub(super) fn run(self) -> Result<End> {
        let writer = self.out.writer()?;
        let (mut rules, broken) = match &self.edited {
            None => load(&self.rules)?,
            Some(folder) => {
                let read = Rulebook::new(&self.case.case, folder.clone()).read()?;
                read.problems.iter().for_each(diagnostic);
                (read.set, !read.problems.is_empty())
            }
        };
        self.site.give(&mut rules)?;
        if self.no_exceptions {
            rules.exceptions.clear();
        }
        let mut case = self.case.open()?;
        if let Some(path) = &self.save_baseline {
            let learnt = Engine::open(&case)?.learn(&rules)?;
            std::fs::write(path, learnt.to_text()).map_err(Error::io("write", path))?;
            return Ok(if broken { End::Rules } else { End::Done });
        }
        let baseline = self.baseline.as_deref().map(|path| baseline(path, &rules)).transpose()?.unwrap_or_default();
        let (mut replay, batch) = replay_after(&mut case, &rules, &baseline, &self.by.act())?;
        let failing = self.fail_on.is_some_and(|level| replay.findings.iter().any(|f| f.level >= level));
        let mut out = output(self.out.output.as_deref(), Some(writer))?;
        if writer.name() == "table" {
            drop(batch);
            summary(&replay, &mut out)?;
        } else {
            // There may be a million events in them, and the rows say all that is written.
            replay.findings = Vec::new();
            report::write(writer, &batch.schema(), &[secrets::rows(&batch)], &mut *out)?;
        }
        out.flush().map_err(Error::io("write to", "the output".as_ref()))?;
        // The process ends here: the system takes all of it back at once, which is quicker than text by text.
        std::mem::forget(replay);
        Ok(match (broken, failing) {
            (true, _) => End::Rules,
            (false, true) => End::Findings,
            (false, false) => End::Done,
        })
    }
}

/// Replays, and keeps the findings in the case; of one that may not be written to they are only told.
pub fn replay(case: &mut Case, rules: &RuleSet, act: &Act) -> Result<Outcome> {
    Ok(replay_after(case, rules, &Baseline::default(), act)?.0)
}

/// Returns the findings as rows besides.
fn replay_after(case: &mut Case, rules: &RuleSet, baseline: &Baseline, act: &Act) -> Result<(Outcome, RecordBatch)> {
    let replay = Engine::open(case)?.replay_after(rules, baseline)?;
    let batch = batch_of_findings(&replay.findings)?;
    match case.record_replay(replay.rules as u64, &batch, act) {
        Err(error @ Error::ReadOnly { .. }) => say(&format!("{error}: the findings are printed and not kept in it")),
        result => result?,
    }
    Ok((replay, batch))
}

/// What was learnt before: of another case, or saved.
fn baseline(path: &Path, rules: &RuleSet) -> Result<Baseline> {
    if path.is_dir() {
        return Engine::open(&Case::open(path)?)?.learn(rules);
    }
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    let hint = Some("coldcase replay --save-baseline FILE writes one".to_owned());
    Baseline::of_text(&text).map_err(|why| Error::Usage { what: format!("{}: {why}", path.display()), hint })
}

/// Prints coverage, findings, and what cannot be told.
pub fn summary(replay: &Outcome, out: &mut dyn Write) -> Result<()> {
    coverage(replay, out)?;
    let levels = Level::ALL.iter().rev().filter_map(|level| {
        let n = replay.findings.iter().filter(|f| f.level == *level).count();
        (n > 0).then(|| format!("{n} {level}"))
    });
    let levels = levels.collect::<Vec<_>>().join(", ");
    let total = count(replay.findings.len() as u64, "finding", "findings");
    let levels = if levels.is_empty() { String::new() } else { format!(": {levels}") };
    head(out, &format!("Findings  {total} of {}{levels}", count(replay.rules as u64, "rule", "rules")))?;
    for finding in &replay.findings {
        show(finding, out)?;
    }
    if !replay.excepted.is_empty() {
        head(out, "Excepted  hits that are normal by an exception; --no-exceptions shows them")?;
        let mut all: BTreeMap<(&str, &str), (u64, usize)> = BTreeMap::new();
        for excepted in &replay.excepted {
            let (events, rules) = all.entry((&excepted.exception, &excepted.title)).or_default();
            *events += excepted.events;
            *rules += 1;
        }
        for ((name, title), (events, rules)) in all {
            let hits = count(events, "event", "events");
            line(out, &format!("  {name:<26} {hits} of {}: {title}", count(rules as u64, "rule", "rules")))?;
        }
    }
    if !replay.untold.is_empty() {
        head(out, "Cannot tell  the evidence lacks what these rules ask for")?;
        for untold in &replay.untold {
            let n = count(untold.count, "request", "requests");
            line(out, &format!("  {:<13} {:<26} {n}: {}", untold.level.as_str(), untold.rule, untold.reason))?;
        }
    }
    if !replay.blind.is_empty() {
        head(out, "Blind  silence of these rules proves nothing here")?;
        // A log that the case does not have at all blinds every rule over it: said once.
        let mut groups: Vec<(&Blind, Vec<&str>)> = Vec::new();
        for blind in &replay.blind {
            let is_same =
                |of: &Blind| (of.whole, &of.reason, &of.remedy) == (blind.whole, &blind.reason, &blind.remedy);
            match groups.iter_mut().find(|(first, _)| is_same(first)) {
                Some((_, rules)) => rules.push(&blind.rule),
                None => groups.push((blind, vec![&blind.rule])),
            }
        }
        for (blind, rules) in groups {
            let part = if blind.whole { "blind" } else { "in part" };
            let which = match rules[..] {
                [only] => only.to_owned(),
                _ => count(rules.len() as u64, "rule", "rules"),
            };
            line(out, &format!("  {part:<13} {which:<26} {}", blind.reason))?;
            line(out, &format!("  {:<40} way out: {}", "", blind.remedy))?;
        }
        line(out, "  coldcase rules blind names them all")?;
    }
    Ok(())
}

fn coverage(replay: &Outcome, out: &mut dyn Write) -> Result<()> {
    line(out, &format!("Coverage  {}", count(replay.coverage.events(), "audit event", "audit events")))?;
    for source in &replay.coverage.sources {
        let mut notes = Vec::new();
        if source.reads == 0 {
            notes.push("no get or list".to_owned());
        }
        for (n, what) in [
            (source.cut, "cut"),
            (source.skipped, "with bodies left out for size"),
            (source.not_recorded, "without bodies"),
        ] {
            if n > 0 {
                notes.push(format!("{} {what}", grouped(n)));
            }
        }
        let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
        line(
            out,
            &format!(
                "  {:<18} {:>9}  {} to {}{notes}",
                source.label(),
                grouped(source.events),
                time(source.first),
                time(source.last)
            ),
        )?;
    }
    for covered in &replay.coverage.logs {
        let rows = grouped(covered.rows);
        line(out, &format!("  {:<18} {rows:>9}  {} to {}", covered.table, time(covered.first), time(covered.last)))?;
    }
    Ok(())
}

/// How many entities of a finding are printed.
const ENTITIES: usize = 8;

fn show(finding: &Finding, out: &mut dyn Write) -> Result<()> {
    head(out, &format!("  {:<8} {}  [{}]", finding.level.as_str().to_uppercase(), finding.title, finding.rule))?;
    let defender =
        if finding.defender.is_empty() { String::new() } else { format!("  {}", finding.defender.join(" ")) };
    let stands = finding.stands;
    let actor = finding.actor.as_deref().unwrap_or("unknown");
    let who = if stands { "cannot tell who, in a snapshot:".to_owned() } else { format!("{actor} on") };
    let target = finding.target.as_deref().unwrap_or("unknown");
    line(out, &format!("           {who} {target}  {}{defender}", finding.techniques.join(" ")))?;
    let span = if finding.first == finding.last {
        time(finding.first)
    } else {
        format!("{} to {}", time(finding.first), time(finding.last))
    };
    let (number, span) = match stands {
        true => (count(finding.count, "object", "objects"), format!("created {span}")),
        false if finding.of_logs => (count(finding.count, "event", "events"), span),
        false => (count(finding.count, "request", "requests"), span),
    };
    let incident = finding.incident.as_deref().map_or(String::new(), |incident| format!("  incident {incident}"));
    line(out, &format!("           {span}  {number}  id {}{incident}", finding.id))?;
    let left = finding.entities.len().saturating_sub(ENTITIES);
    let more = if left > 0 { format!(" and {} more", grouped(left as u64)) } else { String::new() };
    let about: Vec<String> = finding.entities.iter().take(ENTITIES).map(Entity::to_string).collect();
    line(out, &format!("           about: {}{more}", about.join(", ")))?;
    if let Some(remediation) = &finding.remediation {
        line(out, &format!("           to do: {}", remediation.lines().collect::<Vec<_>>().join(" ")))?;
    }
    let events = &finding.events;
    for event in events.iter().take(2) {
        let object = event.object().unwrap_or_default();
        if event.stands() {
            line(out, &format!("           · {object}  evidence {}:{}", event.span.evidence.0, event.span.offset))?;
            continue;
        }
        let what = format!("{} {object}", event.verb.as_deref().unwrap_or("?"));
        let code = event.code.map_or(String::new(), |code| format!(" → {code}"));
        let from = event.address.as_deref().map_or(String::new(), |address| format!("  from {address}"));
        let id = event.source.as_deref().or(event.audit_id.as_deref()).unwrap_or("no audit id");
        line(
            out,
            &format!("           · {what}{code}{from}  {id}  evidence {}:{}", event.span.evidence.0, event.span.offset),
        )?;
    }
    if events.len() > 2 {
        line(out, &format!("           · and {} more", grouped(events.len() as u64 - 2)))?;
    }
    Ok(())
}
