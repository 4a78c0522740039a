//! `coldcase reconcile`: findings against the Defender alerts of a case.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::print::{count, head, line, output, time};
use super::rules::load;
use super::site::SiteArg;
use super::{CaseArg, End};
use crate::engine::{Alert, Engine};
use crate::error::Result;

/// Compares what a replay finds with the Microsoft Defender alerts in the case (SecurityAlert rows, continuous export,
/// REST, az): what both say, what only Defender says, what only the rules say, each with a guess why.
#[derive(Args)]
pub struct Reconcile {
    #[command(flatten)]
    case: CaseArg,
    /// Rule file or folder; the bundled pack when none is given
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    site: SiteArg,
}

impl Reconcile {
    pub(super) fn run(self) -> Result<End> {
        let (mut rules, broken) = load(&self.rules)?;
        self.site.give(&mut rules)?;
        let engine = Engine::open(&self.case.open()?)?;
        let replay = engine.replay(&rules)?;
        let all = engine.reconcile(&replay, &rules)?;
        let mut out = output(None, None)?;
        let alerts = all.both.len() + all.only_defender.len();
        let findings = count(replay.findings.len() as u64, "finding", "findings");
        line(&mut out, &format!("{} against {findings}", count(alerts as u64, "Defender alert", "Defender alerts")))?;
        head(&mut out, &format!("Both  {}", count(all.both.len() as u64, "alert", "alerts")))?;
        for (alert, same, agrees) in &all.both {
            show(alert, &mut out)?;
            for place in same {
                let finding = &replay.findings[*place];
                line(&mut out, &format!("      = {} [{}] id {}", finding.title, finding.rule, finding.id))?;
            }
            line(&mut out, &format!("      agree in {agrees}"))?;
        }
        head(&mut out, &format!("Only Defender  {}", count(all.only_defender.len() as u64, "alert", "alerts")))?;
        for (alert, why) in &all.only_defender {
            show(alert, &mut out)?;
            line(&mut out, &format!("      perhaps: {why}"))?;
        }
        head(&mut out, &format!("Only here  {}", count(all.only_ours.len() as u64, "finding", "findings")))?;
        for (place, why) in &all.only_ours {
            let finding = &replay.findings[*place];
            let types = finding.defender.join(" ");
            line(&mut out, &format!("  {} {} [{}]  {types}", time(finding.first), finding.title, finding.rule))?;
            line(&mut out, &format!("      perhaps: {why}"))?;
        }
        let beyond = count(all.beyond as u64, "finding is", "findings are");
        line(&mut out, &format!("{beyond} of rules that Defender has no type of alert for"))?;
        Ok(if broken { End::Rules } else { End::Done })
    }
}

fn show(alert: &Alert, out: &mut dyn Write) -> Result<()> {
    let Alert { kind, title, span, .. } = alert;
    let words = [alert.severity.as_deref(), alert.status.as_deref(), alert.entity.as_deref()];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let place = format!("evidence {}:{}", span.evidence.0, span.offset);
    line(out, &format!("  {} {title} [{kind}]  ({words})  {place}", time(alert.first)))
}
