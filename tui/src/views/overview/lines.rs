//! What the overview says, line by line for a width: coverage and its gaps, findings by level, and the rules whose
//! silence proves nothing.

use super::sweep::{Sweep, Swept};
use crate::{
    ask::{self, Bin, Level, Window},
    clock,
    shown::Shown,
    text::wrap,
    theme::Role,
    views::count,
};

/// From this width on the heading of the sweep explains its words.
const WIDE: u16 = 100;

/// What was answered, ready to be drawn.
pub struct Known {
    pub evidence: Shown,
    pub window: Window,
    pub events: u64,
    pub sources: Vec<Source>,
    findings: Vec<(Level, u64)>,
    replayed: bool,
    notes: Vec<Shown>,
    blind: Vec<Blind>,
}

pub struct Source {
    name: Shown,
    source: String,
    bins: Vec<Bin>,
    rows: u64,
    note: Shown,
}

/// Rules that are blind for one and the same reason.
struct Blind {
    reason: Shown,
    rules: Vec<Shown>,
}

pub enum Line<'a> {
    Blank,
    Heading(String),
    /// The heading of the coverage, with the times its bars begin and end at.
    Axis(Window),
    Words(Role, String),
    Source {
        name: &'a Shown,
        source: &'a str,
        bins: &'a [Bin],
        rows: u64,
        note: &'a Shown,
    },
    Level(Level, u64),
    Swept(&'a Swept),
    Blind(Role, String),
}

/// How far the preset questions are.
pub enum Sweeping<'a> {
    /// They wait to be asked for.
    Waits,
    Asked,
    Failed(&'a [String]),
    Done(&'a Sweep),
}

impl Line<'_> {
    /// The cursor may be on it: it leads somewhere, or it is part of what must be scrolled over.
    pub fn is_stop(&self) -> bool {
        matches!(self, Line::Source { .. } | Line::Level(..) | Line::Swept(..) | Line::Blind(..))
    }
}

impl Known {
    pub fn new(overview: ask::Overview) -> Known {
        let window = overview.window;
        let sources = overview.sources.into_iter().map(|source| Source {
            name: Shown::new(source.name),
            source: source.source,
            bins: source.bins,
            rows: source.rows,
            note: Shown::new(source.note),
        });
        let mut blind: Vec<Blind> = Vec::new();
        for one in overview.blind {
            let reason = Shown::new(one.reason);
            match blind.iter_mut().find(|group| group.reason == reason) {
                Some(group) => group.rules.push(Shown::new(one.rule)),
                None => blind.push(Blind { reason, rules: vec![Shown::new(one.rule)] }),
            }
        }
        let of = |level: Level| overview.findings.iter().filter(|(l, _)| *l == level).map(|(_, count)| *count).sum();
        Known {
            evidence: Shown::new(overview.evidence),
            window,
            events: overview.events,
            sources: sources.collect(),
            findings: Level::ALL.iter().map(|level| (*level, of(*level))).collect(),
            replayed: overview.replayed,
            notes: overview.notes.into_iter().map(Shown::new).collect(),
            blind,
        }
    }

    pub fn lines<'a>(&'a self, width: u16, sweep: Sweeping<'a>) -> Vec<Line<'a>> {
        let wide = width >= WIDE;
        let width = usize::from(width.saturating_sub(2));
        let mut lines = vec![Line::Axis(self.window)];
        if self.sources.is_empty() {
            say(&mut lines, Role::Plain, "No evidence yet. Add some: coldcase ingest --case DIR PATH", width);
        }
        for source in &self.sources {
            let Source { name, source, bins, rows, note, .. } = source;
            lines.push(Line::Source { name, source, bins, rows: *rows, note });
        }
        for source in &self.sources {
            if let Some(gaps) = gaps(&source.bins, self.window) {
                say(&mut lines, Role::Warn, &format!("! {}: {gaps}", source.name.text()), width);
            }
        }
        for note in &self.notes {
            say(&mut lines, Role::Warn, &format!("! {}", note.text()), width);
        }
        self.findings(&mut lines, width);
        if self.events > 0 {
            swept(&mut lines, sweep, width, wide);
        }
        self.blind(&mut lines, width);
        lines
    }

    fn findings<'a>(&'a self, lines: &mut Vec<Line<'a>>, width: usize) {
        let total = self.findings.iter().map(|(_, count)| *count).sum();
        lines.push(Line::Blank);
        match (self.replayed, total) {
            (false, _) => {
                lines.push(Line::Heading("Findings".to_string()));
                say(lines, Role::Warn, "The rules have not been replayed: coldcase replay --case DIR", width);
            }
            (true, 0) => {
                lines.push(Line::Heading("Findings".to_string()));
                let words = match self.blind.is_empty() {
                    true => "No rule fired on this evidence.",
                    false => "No rule fired on this evidence; below are those whose silence proves nothing.",
                };
                say(lines, Role::Plain, words, width);
            }
            (true, total) => lines.push(Line::Heading(count(total, "finding"))),
        }
        if total > 0 {
            lines.extend(self.findings.iter().map(|(level, count)| Line::Level(*level, *count)));
        }
    }

    fn blind<'a>(&'a self, lines: &mut Vec<Line<'a>>, width: usize) {
        let rules: usize = self.blind.iter().map(|blind| blind.rules.len()).sum();
        if rules == 0 && !self.replayed {
            return;
        }
        lines.push(Line::Blank);
        if rules == 0 {
            lines.push(Line::Heading("No blind rule".to_string()));
            say(lines, Role::Plain, "Evidence of the kind that each rule asks for was recorded.", width);
            return;
        }
        lines.push(Line::Heading(format!("{}: silence proves nothing here", count(rules as u64, "blind rule"))));
        for blind in &self.blind {
            let reason = wrap(blind.reason.text(), width);
            lines.extend(reason.into_iter().map(|line| Line::Blind(Role::Warn, line)));
            let rules: Vec<&str> = blind.rules.iter().map(Shown::text).collect();
            for line in wrap(&rules.join("  "), width.saturating_sub(2)) {
                lines.push(Line::Blind(Role::Plain, format!("  {line}")));
            }
        }
    }
}

fn swept<'a>(lines: &mut Vec<Line<'a>>, sweep: Sweeping<'a>, width: usize, wide: bool) {
    if matches!(sweep, Sweeping::Waits) {
        return;
    }
    lines.push(Line::Blank);
    let heading = match &sweep {
        Sweeping::Done(sweep) if wide => {
            format!("{}   NEW: none before, in the first quarter of the case", sweep.words())
        }
        Sweeping::Done(sweep) => sweep.words(),
        _ => "Sweep".to_string(),
    };
    lines.push(Line::Heading(heading));
    match sweep {
        Sweeping::Waits => {}
        Sweeping::Asked => say(lines, Role::Faint, "asking the preset questions…", width),
        Sweeping::Failed(error) => {
            error.iter().for_each(|words| say(lines, Role::Bad, words, width));
            say(lines, Role::Faint, "s asks again.", width);
        }
        Sweeping::Done(sweep) => sweep.lines(lines, width),
    }
}

fn say(lines: &mut Vec<Line<'_>>, role: Role, words: &str, width: usize) {
    lines.extend(wrap(words, width).into_iter().map(|line| Line::Words(role, line)));
}

/// Puts the gaps of a bar into words: how many there are, and the longest. A gap is longer than its empty bins by up to
/// a bin at either end, so the words say at least.
fn gaps(bins: &[Bin], window: Window) -> Option<String> {
    let (from, to) = (window.from?, window.to?);
    let (mut number, mut longest, mut start) = (0u64, 0..0, None);
    for at in 0..=bins.len() {
        match (bins.get(at).is_some_and(|bin| bin.gap && bin.count == 0), start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                number += 1;
                start = None;
                if at - begun > longest.len() {
                    longest = begun..at;
                }
            }
            _ => {}
        }
    }
    if longest.is_empty() {
        return None;
    }
    let bin = to.saturating_sub(from) / bins.len() as i64;
    let length = clock::length(bin.saturating_mul(longest.len() as i64));
    let begin = clock::second(from.saturating_add(bin.saturating_mul(longest.start as i64)));
    Some(match number {
        1 => format!("nothing recorded for at least {length}, from about {begin}"),
        _ => format!("{number} times nothing recorded, once for at least {length}, from about {begin}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_and_the_longest_is_named() {
        let bin = |gap: bool| Bin { count: u64::from(!gap), findings: 0, gap };
        let window = Window { from: Some(0), to: Some(8_000_000) };
        let of = |bins: &str| gaps(&bins.chars().map(|c| bin(c == '-')).collect::<Vec<_>>(), window);
        assert_eq!(of("xxxxxxxx"), None);
        assert_eq!(of("xx--xxxx").as_deref(), Some("nothing recorded for at least 2.0s, from about Jan 01 00:00:02"));
        let two = "2 times nothing recorded, once for at least 3.0s, from about Jan 01 00:00:05";
        assert_eq!(of("x-xxx---").as_deref(), Some(two));
        assert_eq!(gaps(&[], window), None);
    }
}
