//! `coldcase incidents`: findings of the last replay that belong together, and why.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;

use super::print::{count, head, line, output};
use super::query::{Out, answer};
use super::{CaseArg, End};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::report;

/// Groups the findings of the last replay into incidents: findings that share an actor, a pod, a node, an object or an
/// address and lie no more than an hour apart. Says of each finding what it shares with the others. What everybody
/// shares is no link: namespaces, images, anonymous requests, the identities of the control plane.
#[derive(Args)]
pub struct Incidents {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    out: Out,
}

/// Rows of view `incident`, the worst first.
const ROWS: &str =
    "SELECT * FROM incident ORDER BY CASE level WHEN 'critical' THEN 1 WHEN 'high' THEN 2 ELSE 3 END, first, id";

/// The same as texts.
const TEXTS: &str = "SELECT level, id, first, last, CAST(findings AS VARCHAR), array_to_string(tactics, ' → '), \
    array_to_string(actors, ', '), array_to_string(addresses, ', '), array_to_string(objects, ', ') FROM incident \
    ORDER BY CASE level WHEN 'critical' THEN 1 WHEN 'high' THEN 2 ELSE 3 END, first, id";

/// The findings of incidents in order of time, with what they share as text.
const MEMBERS: &str = "SELECT f.incident, f.first, CAST(f.level AS VARCHAR) AS word, CAST(f.rule AS VARCHAR) AS slug, f.title, f.id, \
    coalesce(s.shared, '') FROM finding f LEFT JOIN (SELECT id, incident, string_agg(link, ', ' ORDER BY link) AS shared \
    FROM (SELECT id, incident, e['kind'] || ' ' || e['name'] AS link FROM (SELECT id, incident, unnest(shared) AS e \
    FROM finding)) GROUP BY id, incident) s ON s.id = f.id AND s.incident = f.incident WHERE f.incident IS NOT NULL \
    ORDER BY f.first, f.rule, f.id";

impl Incidents {
    pub(super) fn run(self) -> Result<End> {
        let case = self.case.open()?;
        if !case.is_replayed() {
            return Err(Error::Usage {
                what: "no rules were run over this case yet".into(),
                hint: Some("coldcase replay runs them".into()),
            });
        }
        let engine = Engine::open(&case)?;
        if self.out.writer()?.name() != "table" {
            answer(&engine, ROWS, &[], &self.out)?;
            return Ok(End::Done);
        }
        let incidents = texts(&engine, TEXTS)?;
        let mut members: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for member in texts(&engine, MEMBERS)? {
            members.entry(member[0].clone()).or_default().push(member);
        }
        let mut out = output(self.out.output.as_deref(), None)?;
        let findings = members.values().map(Vec::len).sum::<usize>() as u64;
        let findings = count(findings, "finding", "findings");
        line(&mut out, &format!("Incidents  {} of {findings}", incidents.len()))?;
        for incident in &incidents {
            show(incident, members.get(&incident[1]).map_or(&[], Vec::as_slice), &mut out)?;
        }
        out.flush().map_err(Error::io("write to", "the output".as_ref()))?;
        Ok(End::Done)
    }
}

fn texts(engine: &Engine, sql: &str) -> Result<Vec<Vec<String>>> {
    let mut all = Vec::new();
    for batch in &engine.sql(sql, &[])?.batches {
        all.extend(report::cells(batch)?);
    }
    Ok(all)
}

/// How many characters of a list of names are shown.
const NAMES: usize = 400;

fn show(incident: &[String], members: &[Vec<String>], out: &mut dyn Write) -> Result<()> {
    let [level, id, first, last, findings, tactics, actors, addresses, objects] = incident else { return Ok(()) };
    let findings = count(findings.parse().unwrap_or_default(), "finding", "findings");
    head(out, &format!("  {:<8} {id}  {first} to {last}  {findings}", level.to_uppercase()))?;
    for (what, names) in [("tactics", tactics), ("actors", actors), ("from", addresses), ("on", objects)] {
        if !names.is_empty() {
            line(out, &format!("           {what:<8} {}", short(names)))?;
        }
    }
    for member in members {
        let [_, first, level, rule, title, id, shared] = member.as_slice() else { continue };
        line(out, &format!("           · {first}  {level:<13} {title} [{rule}] id {id}"))?;
        if !shared.is_empty() {
            line(out, &format!("             shares {}", short(shared)))?;
        }
    }
    Ok(())
}

fn short(names: &str) -> String {
    let cut: String = names.chars().take(NAMES).collect();
    if cut.len() < names.len() { format!("{cut} …") } else { cut }
}
