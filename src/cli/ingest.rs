//! `coldcase ingest`: evidence into a case, with the books of every input.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

use super::print::{count, error, grouped, line, output, say};
use super::{ByArg, CaseArg, End};
use crate::case::{Case, InputReceipt, Intaking, Progress, Receipt};
use crate::error::{Error, Result};

/// What a shell says of a program that Ctrl-C ended.
pub const STOPPED: u8 = 130;

/// Reads files, folders (with all below them), gzip and standard input; recognises content by its bytes.
///
/// For every input it prints: records read = stored + duplicate + rejected. What could not be read is in table
/// `reject` with its place and the reason. Ctrl-C ends it and leaves the case as it was.
#[derive(Args)]
pub struct Ingest {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    by: ByArg,
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Keep a compressed copy of every input in the case, so that the case alone shows the original bytes
    #[arg(long)]
    embed: bool,
    /// Year of log lines whose times have none (syslog, klog); without it such a line has no time
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i32).range(1970..=2200))]
    year: Option<i32>,
    /// Print nothing but problems
    #[arg(short, long)]
    quiet: bool,
}

impl Ingest {
    pub(super) fn run(self) -> Result<End> {
        let how = Intaking { embed: self.embed, year: self.year, ..Intaking::from(self.by.act()) };
        let mut case = Case::open_or_create(&self.case.case, &how.act)?;
        let Some(receipt) = take_in(&mut case, &self.paths, how)? else { return Ok(End::Stopped) };
        let mut out = output(None, None)?;
        if !self.quiet {
            books(&receipt, &mut out)?;
        }
        out.flush().map_err(Error::io("write to", Path::new("the output")))?;
        problems(&receipt);
        Ok(if receipt.problems.is_empty() { End::Done } else { End::Evidence })
    }
}

/// Takes in inputs, with a line of progress on a terminal; None when somebody wanted it to stop, which it says.
pub fn take_in(case: &mut Case, paths: &[PathBuf], how: Intaking) -> Result<Option<Receipt>> {
    let terminal = std::io::stderr().is_terminal();
    let stop = Arc::clone(&how.stop);
    listen(&stop).map_err(Error::io("listen for", Path::new("Ctrl-C")))?;
    let mut bar = Bar::new();
    let receipt = case.ingest(paths, how, &mut |far| if terminal { bar.draw(&far) } else { bar.tell(&far) });
    if terminal {
        bar.clear();
    }
    // What comes after an intake ends at once.
    stop.store(true, Ordering::Relaxed);
    match receipt {
        Err(Error::Stopped) => {
            say("stopped: nothing was stored; the same command starts again");
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// The first signal sets `stop`, one that comes when it is set ends the program: the order of the two matters.
fn listen(stop: &Arc<AtomicBool>) -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, i32::from(STOPPED), Arc::clone(stop))?;
        register(signal, Arc::clone(stop))?;
    }
    Ok(())
}

/// A line that shows how far an intake is.
pub struct Bar {
    start: Instant,
    drawn: Option<Instant>,
}

impl Bar {
    /// Cells of the bar, and of the line: one that wraps cannot be drawn over.
    const CELLS: u64 = 10;
    const LINE: usize = 79;
    const OFTEN: Duration = Duration::from_millis(100);
    /// A log that is read later wants a line now and then, and none of a short intake.
    const SELDOM: Duration = Duration::from_secs(10);

    pub fn new() -> Bar {
        Bar { start: Instant::now(), drawn: None }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }

    /// Prints a plain line, where there is no terminal to draw on.
    fn tell(&mut self, far: &Progress) {
        if self.drawn.unwrap_or(self.start).elapsed() >= Bar::SELDOM {
            self.drawn = Some(Instant::now());
            say(&bar(far, self.start.elapsed()));
        }
    }

    pub fn draw(&mut self, far: &Progress) {
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < Bar::OFTEN) {
            return;
        }
        self.drawn = Some(Instant::now());
        let text: String = bar(far, self.start.elapsed()).chars().take(Bar::LINE).collect();
        eprint!("\r\x1b[K{text}");
    }
}

fn bar(far: &Progress, passed: Duration) -> String {
    let share = |of: u64| u64::try_from(u128::from(far.done) * u128::from(of) / u128::from(far.total.max(1)));
    let full = share(Bar::CELLS).unwrap_or(Bar::CELLS).min(Bar::CELLS) as usize;
    let rate = far.done as f64 / passed.as_secs_f64().max(0.001);
    let left = far.total.saturating_sub(far.done) as f64 / rate.max(1.0);
    format!(
        "{}/{} [{:<cells$}] {}%  {}/{} MiB  {}  {:.0} MiB/s  {} left",
        grouped(far.file as u64),
        grouped(far.files as u64),
        "=".repeat(full),
        share(100).unwrap_or(100),
        grouped(far.done >> 20),
        grouped(far.total >> 20),
        count(far.records, "record", "records"),
        rate / f64::from(1 << 20),
        clock(left as u64),
        cells = Bar::CELLS as usize,
    )
}

/// Seconds as a clock shows them.
fn clock(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let hours = if hours > 0 { format!("{hours}:{minutes:02}") } else { minutes.to_string() };
    format!("{hours}:{:02}", seconds % 60)
}

/// The books of one input.
pub fn entry(input: &InputReceipt) -> String {
    format!(
        "{} ({}): {} read = {} stored + {} duplicate + {} rejected",
        input.path,
        input.format,
        grouped(input.read),
        grouped(input.stored),
        grouped(input.duplicate),
        grouped(input.rejected)
    )
}

/// Prints the books: one line an input, and the sum.
pub fn books(receipt: &Receipt, out: &mut dyn Write) -> Result<()> {
    for input in &receipt.inputs {
        if input.known {
            line(out, &format!("{} ({}): already in the case, nothing to do", input.path, input.format))?;
            continue;
        }
        line(out, &entry(input))?;
        for note in &input.notes {
            line(out, &format!("  note: {note}"))?;
        }
    }
    // What was in the case before was read then.
    let new = || receipt.inputs.iter().filter(|input| !input.known);
    let sum = |of: fn(&InputReceipt) -> u64| new().map(of).sum::<u64>();
    line(
        out,
        &format!(
            "{}: {} read = {} stored + {} duplicate + {} rejected",
            count(receipt.inputs.len() as u64, "input", "inputs"),
            grouped(sum(|i| i.read)),
            grouped(sum(|i| i.stored)),
            grouped(sum(|i| i.duplicate)),
            grouped(sum(|i| i.rejected))
        ),
    )
}

/// Prints what could not be taken in at all.
pub fn problems(receipt: &Receipt) {
    receipt.problems.iter().for_each(error);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_shows_how_far_it_is_and_what_is_left() {
        let far = Progress { file: 2, files: 9, bytes: 1, done: 300 << 20, total: 1_200 << 20, records: 150_000 };
        let text = bar(&far, Duration::from_secs(3));
        assert_eq!(text, "2/9 [==        ] 25%  300/1,200 MiB  150,000 records  100 MiB/s  0:09 left");
        assert_eq!(clock(3_725), "1:02:05");
        // Nothing to read is not a division by nothing.
        assert!(bar(&Progress::default(), Duration::ZERO).starts_with("0/0 ["));
    }
}
