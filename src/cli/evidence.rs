//! `coldcase evidence`: what each input holds and what became of it, what is not there, and the original bytes.

use std::io::Write;
use std::path::Path;

use clap::{Args, Subcommand};

use super::print::{count, grouped, head, line, output, time};
use super::secrets::{self, Secrets};
use super::{CaseArg, End};
use crate::case::{Case, InputRecord};
use crate::engine::{Clocks, Doubt, Engine, Holding, Skew};
use crate::error::{Error, Result};
use crate::model::{EvidenceId, Micros, Span};

/// Clocks of one pair that are listed.
const SHOWN: usize = 10;

/// Shows every input of a case with its books; or what the evidence does not hold; or the bytes behind a row.
#[derive(Args)]
pub struct Evidence {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    case: CaseArg,
    /// Show members of archives too that hold nothing and have nothing to tell
    #[arg(long)]
    all: bool,
}

#[derive(Subcommand)]
enum What {
    /// Show silences, missing logs, audit levels, lost bodies and clocks that differ
    Gaps {
        #[command(flatten)]
        case: CaseArg,
    },
    /// Print the original bytes of a row or reject, after checking the hash of their file
    Raw {
        /// Number of the evidence, column `evidence`
        evidence: u32,
        /// First byte, column `offset`
        offset: u64,
        /// How many bytes, column `length`; without it, that of the row or reject that begins there
        length: Option<u64>,
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        secrets: Secrets,
    },
}

impl Evidence {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        let end = match self.what {
            None => list(&self.case.open()?, self.all, &mut out),
            Some(What::Gaps { case }) => gaps(&case.open()?, &mut out),
            Some(What::Raw { evidence, offset, length, case, secrets }) => {
                raw(&secrets.open(&case)?, EvidenceId(evidence), offset, length, &mut out)
            }
        };
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        end
    }
}

/// Prints one block of lines an input.
fn list(case: &Case, all: bool, out: &mut dyn Write) -> Result<End> {
    let engine = Engine::open(case)?;
    let holdings = engine.holdings()?;
    let inputs = case.evidence();
    let mut hidden = 0_u64;
    for (number, input) in (0_u32..).zip(&inputs) {
        let none = Holding::default();
        let holding = holdings.get(&number).unwrap_or(&none);
        let silent = input.member.is_some() && input.read == 0 && input.notes.is_empty();
        if silent && !all {
            hidden += 1;
            continue;
        }
        one(number, input, holding, out)?;
    }
    if hidden > 0 {
        let members = count(hidden, "member of an archive holds", "members of archives hold");
        line(out, &format!("{members} no record: --all shows them"))?;
    }
    if inputs.is_empty() {
        line(out, "no evidence yet: coldcase ingest reads some")?;
    }
    Ok(End::Done)
}

fn one(number: u32, input: &InputRecord, holding: &Holding, out: &mut dyn Write) -> Result<()> {
    line(out, &format!("{number}  {}", input.path))?;
    line(out, &format!("   format    {}", input.format))?;
    let content = match input.content_size == input.size {
        true => String::new(),
        false => format!(", {} of content", count(input.content_size, "byte", "bytes")),
    };
    line(out, &format!("   sha256    {}  {}{content}", input.sha256, count(input.size, "byte", "bytes")))?;
    if let Some(digest) = &input.blake3 {
        line(out, &format!("   blake3    {digest}"))?;
    }
    if let Some(copy) = &input.embedded {
        line(out, &format!("   copy      {}  {}", copy.path, count(copy.size, "byte", "bytes")))?;
    }
    let books = format!(
        "{} read = {} stored + {} duplicate + {} rejected",
        grouped(input.read),
        grouped(input.stored),
        grouped(input.duplicate),
        grouped(input.rejected)
    );
    line(out, &format!("   records   {books}"))?;
    let listed = |words: &[(String, u64)]| -> String {
        words.iter().map(|(word, count)| format!("{word} {}", grouped(*count))).collect::<Vec<_>>().join(", ")
    };
    if !holding.logs.is_empty() {
        line(out, &format!("   holds     {}", listed(&holding.logs)))?;
    }
    if input.first.is_some() {
        let [first, last] = [input.first, input.last].map(|t| time(t.map(Micros)));
        line(out, &format!("   time      {first} to {last}"))?;
    }
    if !holding.bodies.is_empty() {
        line(out, &format!("   bodies    {}", listed(&holding.bodies)))?;
    }
    for (reason, times) in &holding.rejects {
        line(out, &format!("   rejected  {} × {reason}", grouped(*times)))?;
    }
    for note in &input.notes {
        line(out, &format!("   note      {note}"))?;
    }
    Ok(())
}

/// Prints what is not there.
fn gaps(case: &Case, out: &mut dyn Write) -> Result<End> {
    let engine = Engine::open(case)?;
    line(out, "Silences, against each log's own rhythm")?;
    let rhythms = engine.rhythms()?;
    for rhythm in &rhythms {
        let cluster = rhythm.cluster.as_deref().map_or(String::new(), |id| format!(" of {}", cluster_name(id)));
        line(
            out,
            &format!(
                "  {}{cluster}: {} from {} to {}, 99 of 100 gaps within {}",
                rhythm.log,
                count(rhythm.events, "event", "events"),
                rhythm.first,
                rhythm.last,
                span(rhythm.usual)
            ),
        )?;
        for (before, after) in &rhythm.silences {
            line(out, &format!("    silent for {} from {before} to {after}", span(after.0 - before.0)))?;
        }
        let more = rhythm.count - rhythm.silences.len() as u64;
        if more > 0 {
            line(out, &format!("    and {more} shorter silences"))?;
        }
    }
    if rhythms.is_empty() {
        line(out, "  no log in the case has a time")?;
    }
    head(out, "Logs that are not in the case, and what they would answer")?;
    let missing = engine.missing()?;
    for log in &missing {
        line(out, &format!("  {}: cannot tell {}", log.log, log.questions))?;
        line(out, &format!("    get it from: {}", log.export))?;
    }
    if missing.is_empty() {
        line(out, "  none of those we know")?;
    }
    head(out, "Audit levels and lost bodies")?;
    for level in &engine.levels()? {
        line(
            out,
            &format!(
                "  {}, {}: {}, {} with a cut body, {} too big to be logged",
                level.log,
                level.level,
                count(level.events, "event", "events"),
                grouped(level.cut),
                grouped(level.skipped)
            ),
        )?;
    }
    head(
        out,
        "Clocks: how much later a second stamp is than the first; its way takes time, so only less than nothing is proof",
    )?;
    for clocks in &engine.clocks()? {
        clock(clocks, out)?;
    }
    Ok(End::Done)
}

/// Prints what two clocks say of one another.
fn clock(clocks: &Clocks, out: &mut dyn Write) -> Result<()> {
    let pair = format!("  {}, then {}", clocks.first, clocks.second);
    let skews = match &clocks.found {
        Ok(skews) => skews,
        Err(reason) => return line(out, &format!("{pair}: cannot tell, {reason}")),
    };
    line(out, &pair)?;
    // What is doubted comes however many there are; the rest is much alike.
    let is_shown = |(place, skew): &(usize, &Skew)| *place < SHOWN || skew.doubt.is_some();
    let shown: Vec<&Skew> = skews.iter().enumerate().filter(is_shown).map(|(_, skew)| skew).collect();
    for skew in &shown {
        let doubt = match skew.doubt {
            None => String::new(),
            Some(Doubt::Before) => ": THE CLOCKS DIFFER, the first is ahead or the second behind".to_owned(),
            Some(Doubt::Apart(others)) => format!(": APART from the others, whose median is {others:+.3} s"),
        };
        let pairs = count(skew.pairs, "pair", "pairs");
        let who = skew.who.as_deref().unwrap_or("whose clock is not said");
        let Skew { median, low, high, .. } = skew;
        line(out, &format!("    {who}: median {median:+.3} s, mostly {low:+.3} to {high:+.3} s ({pairs}){doubt}"))?;
    }
    if skews.len() > shown.len() {
        line(out, &format!("    and {} more, nearer to the usual", skews.len() - shown.len()))?;
    }
    Ok(())
}

/// The last part of an ARM id.
fn cluster_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// A length of time in words.
fn span(micros: i64) -> String {
    let seconds = micros as f64 / 1e6;
    match seconds {
        s if s < 120.0 => format!("{s:.3} s"),
        s if s < 7_200.0 => format!("{:.1} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3_600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// Prints original bytes as they are.
fn raw(case: &Case, evidence: EvidenceId, offset: u64, length: Option<u64>, out: &mut dyn Write) -> Result<End> {
    let length = match length {
        Some(length) => length,
        None => Engine::open(case)?.length_at(evidence, offset)?.ok_or_else(|| Error::Usage {
            what: format!("no row or reject of evidence {} begins at byte {offset}", evidence.0),
            hint: Some("columns evidence, offset and length of any table name one; or give the length".into()),
        })?,
    };
    let bytes = case.bytes(Span { evidence, offset, length })?;
    if !bytes.same {
        super::print::say("the evidence is NOT what it was when it was taken in: its SHA-256 differs");
    }
    out.write_all(&secrets::bytes(&bytes.bytes)).map_err(Error::io("write to", Path::new("the output")))?;
    Ok(if bytes.same { End::Done } else { End::Evidence })
}
