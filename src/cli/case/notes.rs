//! `coldcase case mark|name|window|undo|marks|story|merge`: what investigators write into a case.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use crate::case::{Case, Deed};
use crate::cli::casework::{self, Told};
use crate::cli::print::{count, line, time};
use crate::cli::{ByArg, CaseArg};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::Micros;

#[derive(Subcommand)]
pub enum Notes {
    /// Mark an event or a finding, or tag it, comment on it, put it into the story
    Mark {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// Place of the event (EVIDENCE:OFFSET, the columns of every table), or id of the finding
        on: String,
        /// Tag instead of a mark; may be given several times
        #[arg(long, value_name = "TAG")]
        tag: Vec<String>,
        /// Comment instead of a mark
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
        /// Step of the story instead of a mark, with a sentence or without one
        #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "")]
        story: Option<String>,
    },
    /// Give an identity as evidence writes it the name that people know
    Name {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// The identity, exactly as column actor has it
        of: String,
        /// What people call it
        is: String,
    },
    /// Give a window of time a name, or list those that have one
    Window {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// What people call it; without it, every named window is listed
        #[arg(requires_all = ["from", "to"])]
        name: Option<String>,
        /// Begin of the window, UTC
        #[arg(long, value_name = "TIME", requires = "name")]
        from: Option<String>,
        /// End of the window, UTC, not part of it
        #[arg(long, value_name = "TIME", requires = "name")]
        to: Option<String>,
    },
    /// Take back the last note, or the one with this id; it stays in the journal
    Undo {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// Id of a note
        note: Option<String>,
    },
    /// List marks, tags, comments and names, with what they are on
    Marks {
        #[command(flatten)]
        case: CaseArg,
    },
    /// Tell the story: its steps in the order of what happened
    Story {
        #[command(flatten)]
        case: CaseArg,
    },
    /// Take over the notes of another person's case of the same evidence
    Merge {
        #[command(flatten)]
        case: CaseArg,
        #[command(flatten)]
        by: ByArg,
        /// Folder of the other case; it is only read
        other: PathBuf,
    },
}

impl Notes {
    pub fn run(self, out: &mut dyn Write) -> Result<()> {
        match self {
            Notes::Mark { case, by, on, tag, comment, story } => {
                let mut case = case.open()?;
                let on = casework::subject(&case, &Engine::open(&case)?, &on)?;
                let mut deeds: Vec<Deed> = tag.into_iter().map(|tag| Deed::Tag { on: on.clone(), tag }).collect();
                deeds.extend(comment.map(|text| Deed::Comment { on: on.clone(), text }));
                deeds.extend(story.map(|text| Deed::Story { on: on.clone(), text }));
                if deeds.is_empty() {
                    deeds.push(Deed::Mark { on });
                }
                let words: Vec<&str> = deeds.iter().map(Deed::word).collect();
                let words = words.join(", ");
                let ids = case.note(deeds, by.act())?;
                line(out, &format!("noted: {words}  {}", ids.join(" ")))
            }
            Notes::Name { case, by, of, is } => {
                let ids = case.open()?.note(vec![Deed::Name { of, is }], by.act())?;
                line(out, &format!("noted: name  {}", ids.join(" ")))
            }
            Notes::Window { case, by, name: Some(name), from, to } => {
                let deed = Deed::Window { name, from: instant(from.as_deref())?, to: instant(to.as_deref())? };
                let ids = case.open()?.note(vec![deed], by.act())?;
                line(out, &format!("noted: window  {}", ids.join(" ")))
            }
            Notes::Window { case, name: None, .. } => windows(&case.open()?, out),
            Notes::Undo { case, by, note: Some(of) } => {
                case.open()?.note(vec![Deed::Undo { of: of.clone() }], by.act())?;
                line(out, &format!("taken back: {of}"))
            }
            Notes::Undo { case, by, note: None } => match case.open()?.undo(by.act())? {
                Some(note) => line(out, &format!("taken back: {} {}", note.deed.word(), note.deed.text())),
                None => line(out, "there is nothing to take back"),
            },
            Notes::Marks { case } => marks(&case.open()?, out),
            Notes::Story { case } => story(&case.open()?, out),
            Notes::Merge { case, by, other } => {
                let merged = case.open()?.merge(&Case::open(&other)?, by.act())?;
                let known = count(merged.known, "note was", "notes were");
                line(out, &format!("{} added, {known} here already", count(merged.added, "note", "notes")))?;
                if merged.elsewhere > 0 {
                    let notes = count(merged.elsewhere, "is", "are");
                    line(out, &format!("  {notes} on evidence that this case does not hold"))?;
                }
                Ok(())
            }
        }
    }
}

fn marks(case: &Case, out: &mut dyn Write) -> Result<()> {
    let told = casework::told(case, &Engine::open(case)?)?;
    if told.is_empty() {
        return line(out, "no notes: coldcase case mark makes one, and so do m, t, T and P in coldcase tui");
    }
    for told in &told {
        let text = told.note.deed.text();
        let text = if text.is_empty() { String::new() } else { format!(": {text}") };
        line(out, &format!("{}  {}{text}", told.note.id, told.note.deed.word()))?;
        line(out, &format!("    on {}", on(told)))?;
        line(out, &format!("    by {}, {}", told.by(), told.note.at))?;
    }
    line(out, &count(told.len() as u64, "note", "notes"))
}

/// Prints the windows that have a name, the earliest first.
fn windows(case: &Case, out: &mut dyn Write) -> Result<()> {
    let told = casework::told(case, &Engine::open(case)?)?;
    let mut windows: Vec<&Told> = told.iter().filter(|told| matches!(told.note.deed, Deed::Window { .. })).collect();
    windows.sort_by_key(|told| told.time().map(|time| time.0));
    if windows.is_empty() {
        return line(
            out,
            "no window has a name: coldcase case window NAME --from TIME --to TIME, or W in coldcase tui",
        );
    }
    for told in &windows {
        line(out, &format!("{}  {}  {}, by {}", told.note.id, told.words(), told.note.deed.text(), told.by()))?;
    }
    line(out, &count(windows.len() as u64, "window", "windows"))
}

/// A time that the command line has.
fn instant(text: Option<&str>) -> Result<i64> {
    let text = text.unwrap_or_default();
    Micros::parse(text).map(|time| time.0).ok_or_else(|| Error::Usage {
        what: format!("{text} is no time"),
        hint: Some("for example 2026-03-12T02:10:00Z".into()),
    })
}

fn on(told: &Told) -> String {
    let time = told.time().map(|time| format!("{time}  ")).unwrap_or_default();
    let place = if told.place().is_empty() { String::new() } else { format!("  [{}]", told.place()) };
    format!("{time}{}{place}", told.words())
}

fn story(case: &Case, out: &mut dyn Write) -> Result<()> {
    let told = casework::told(case, &Engine::open(case)?)?;
    let steps = casework::story(&told);
    if steps.is_empty() {
        return line(out, "the story has no step: coldcase case mark --story adds one, and so does P in coldcase tui");
    }
    for (number, step) in (1..).zip(&steps) {
        line(out, &format!("{number:>3}  {}  {}  [{}]", time(step.time()), step.words(), step.place()))?;
        if !step.note.deed.text().is_empty() {
            line(out, &format!("     {}", step.note.deed.text()))?;
        }
        line(out, &format!("     by {}", step.by()))?;
    }
    line(out, &count(steps.len() as u64, "step", "steps"))
}
