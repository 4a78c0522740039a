//! Rules of one's own in the place of bundled ones: a copy is edited in a folder beside the case, the pack stays as it is,
//! and what an edited rule finds is compared with what it found before.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use coldcase_tui::ask::{ChainEvent, Changed};
use walkdir::WalkDir;

use super::Ask;
use super::answers::id_of;
use super::signals::Ended;
use crate::case::{Action, Case};
use crate::cli::rules;
use crate::engine::own::{beside, write_new};
use crate::engine::{Engine, Event, Replay};
use crate::error::{Diagnostic, Error, Result};
use crate::model::{Micros, Span};
use crate::sigma::{self, Meta, RuleSet};

/// Gained and lost events that are shown, of each.
const MOST: usize = 50;

/// The option of `coldcase replay` that takes own rules; the journal says whether it was given.
const EDITED: &str = "--edited";
/// Edited rules that are named.
const NAMED: usize = 3;

/// The events of a rule's findings, by time and place.
type Events = BTreeMap<(Option<Micros>, Span), Event>;

/// Where own rules lie, and what was found with those that were run.
pub struct Rulebook {
    /// `None` when the case is gone.
    folder: Option<PathBuf>,
    /// The folder was named, and is not the one beside the case.
    given: bool,
    before: Mutex<HashMap<String, Before>>,
}

/// A rule before it was edited.
enum Before {
    Found(Events),
    /// It was not run yet: the rule as it was.
    NotRun(Box<RuleSet>),
}

/// The rules as they are now.
pub struct Rules {
    pub set: RuleSet,
    /// The files that are somebody's own.
    own: Vec<String>,
    /// What is wrong with own files; in place of such a file the pack's is used, if it has one of that name.
    pub problems: Vec<Diagnostic>,
}

impl Rulebook {
    /// `given` is the folder of own rules; else it is `CASE.rules` beside the case.
    pub fn new(case: &Path, given: Option<PathBuf>) -> Rulebook {
        let is_given = given.is_some();
        Rulebook { folder: given.or_else(|| beside(case, "rules")), given: is_given, before: Mutex::default() }
    }

    /// Reads the pack, own files in place of those of the same name and besides.
    pub fn read(&self) -> Result<Rules> {
        let own = self.folder.iter().filter(|folder| folder.is_dir()).map(|folder| {
            match rules::read(std::slice::from_ref(folder)) {
                // A folder without a rule.
                Err(Error::Usage { .. }) => Ok(Vec::new()),
                read => read,
            }
        });
        let own: Vec<sigma::RuleFile> = own.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        let with = |left_out: &[Diagnostic]| -> Result<(RuleSet, Vec<Diagnostic>)> {
            let mut files = rules::read(&[])?;
            for file in own.iter().filter(|file| !left_out.iter().any(|problem| problem.file == file.path)) {
                match files.iter_mut().find(|known| name(&known.path) == name(&file.path)) {
                    Some(known) => *known = file.clone(),
                    None => files.push(file.clone()),
                }
            }
            Ok(sigma::load(&files))
        };
        let (mut set, mut problems) = with(&[])?;
        problems.retain(|problem| own.iter().any(|file| file.path == problem.file));
        for file in &own {
            problems.extend(Engine::problems(&set.of_file(&file.path))?);
        }
        if !problems.is_empty() {
            set = with(&problems)?.0;
        }
        Ok(Rules { set, own: own.into_iter().map(|file| file.path).collect(), problems })
    }

    /// The rules that are another now than the ones that the kept findings are of, each with its file: own ones that the last
    /// replay was not told of, or that were written after it.
    pub fn edited(&self, case: &Case) -> BTreeMap<String, PathBuf> {
        let last = case.entries().iter().rev().find(|entry| matches!(entry.action, Action::Replay { .. }));
        let told = last.filter(|entry| entry.command.iter().any(|word| word.starts_with(EDITED)));
        let told = told.and_then(|entry| Micros::parse(&entry.at));
        let files = self.folder.iter().flat_map(|folder| WalkDir::new(folder).max_depth(1)).flatten();
        let edited = files.filter_map(|file| {
            let text = std::fs::read_to_string(file.path()).ok().filter(|_| rules::is_rule(file.path()))?;
            let own = file.file_name().to_str()?;
            let bundled = crate::pack::DETECTIONS.iter().find(|(path, _)| name(path) == own);
            let same = bundled.is_some_and(|(_, bundled)| *bundled == text);
            let since = file.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            let known = told.is_some_and(|told| i128::from(told.0) > since.as_micros() as i128);
            let rule = file.path().file_stem()?.to_str()?.to_owned();
            (!same && !known).then(|| (rule, file.path().to_owned()))
        });
        edited.collect()
    }

    /// What must be known of the findings of an edited rule.
    pub fn said_of(&self, path: &Path) -> String {
        format!(
            "The rule was edited since: this is what it found before. 6 and r run it as it is in {}; {} keeps what it finds.",
            path.display(),
            self.command()
        )
    }

    /// What must be known of all findings when rules were edited; `None` when none was.
    pub fn remark(&self, case: &Case) -> Option<String> {
        let edited = self.edited(case);
        let names = edited.keys().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = if edited.len() > NAMED { format!(" and {} more", edited.len() - NAMED) } else { String::new() };
        let (rules, are) = if edited.len() == 1 { ("rule", "is") } else { ("rules", "are") };
        (!edited.is_empty()).then(|| {
            format!(
                "{} {rules} of your own {are} not in these findings: {names}{more}. {} replays with them",
                edited.len(),
                self.command()
            )
        })
    }

    /// The command that makes findings with the own rules.
    fn command(&self) -> String {
        match (self.given, &self.folder) {
            (true, Some(folder)) => format!("coldcase replay {EDITED}={}", folder.display()),
            _ => format!("coldcase replay {EDITED}"),
        }
    }

    /// The file to be edited for a rule: somebody's own, or a copy of the pack's, made now.
    fn file(&self, meta: &Meta) -> Result<PathBuf> {
        let missing = || Error::Usage { what: "the case is gone".into(), hint: None };
        let path = self.folder.as_ref().ok_or_else(missing)?.join(name(&meta.file));
        let bundled = crate::pack::DETECTIONS.iter().find(|(path, _)| *path == meta.file);
        let Some((_, text)) = bundled.filter(|_| !path.exists()) else {
            return Ok(if bundled.is_some() { path } else { PathBuf::from(&meta.file) });
        };
        write_new(&path, text)?;
        Ok(path)
    }
}

impl Rules {
    pub fn is_own(&self, meta: &Meta) -> bool {
        self.own.contains(&meta.file)
    }

    /// Refuses a rule whose own file cannot be used, with the place of what is wrong.
    pub fn check(&self, rule: &str) -> Result<()> {
        let known = self.set.reported().find(|(meta, _)| meta.name == rule).map(|(meta, _)| name(&meta.file));
        // A rule that is not known any more is in one of the files that cannot be read.
        let problem = self.problems.iter().find(|problem| known.is_none_or(|file| name(&problem.file) == file));
        problem.map_or(Ok(()), |problem| Err(Error::Usage { what: problem.to_string(), hint: problem.hint.clone() }))
    }
}

impl Ask<'_> {
    /// Returns the file in which a rule can be changed.
    pub fn edit_rule(&self, rule: &str) -> Result<String> {
        let read = self.desk.rulebook.read()?;
        let (meta, _) = super::rules::named(&read.set, rule)?;
        let path = self.desk.rulebook.file(meta)?;
        let mut before = self.desk.rulebook.before.lock().unwrap_or_else(PoisonError::into_inner);
        before
            .entry(rule.to_owned())
            .or_insert_with(|| Before::NotRun(Box::new(read.set.only(&std::iter::once(rule).collect()))));
        Ok(path.to_string_lossy().into_owned())
    }

    /// What a replay of a rule found that the one before did not, and the other way round; `None` when it was neither run
    /// nor edited before.
    pub fn changed(&self, rule: &str, replay: &Replay) -> Result<Option<Changed>> {
        let lock = || self.desk.rulebook.before.lock().unwrap_or_else(PoisonError::into_inner);
        let now = events(rule, replay);
        let before = lock().insert(rule.to_owned(), Before::Found(now.clone()));
        let before = match before {
            None => return Ok(None),
            Some(Before::Found(events)) => events,
            Some(Before::NotRun(set)) => events(rule, &self.desk.engine.replay(&set)?),
        };
        let only = |these: &Events, others: &Events| -> Vec<Event> {
            these.iter().filter(|(key, _)| !others.contains_key(*key)).map(|(_, event)| event.clone()).collect()
        };
        let (gained, lost) = (only(&now, &before), only(&before, &now));
        let shown = |events: &[Event], is_gained: bool| {
            events.iter().take(MOST).map(|event| (is_gained, self.told(event))).collect::<Vec<_>>()
        };
        Ok(Some(Changed {
            gained: gained.len() as u64,
            lost: lost.len() as u64,
            same: (now.len() - gained.len()) as u64,
            events: shown(&gained, true).into_iter().chain(shown(&lost, false)).collect(),
        }))
    }

    fn told(&self, event: &Event) -> ChainEvent {
        let object = [&event.namespace, &event.name].into_iter().flatten().cloned().collect::<Vec<_>>().join("/");
        let words = [event.verb.clone(), event.kind.clone(), Some(object).filter(|object| !object.is_empty())];
        let id = id_of(event.span);
        ChainEvent {
            id,
            time: event.time.map_or(0, |time| time.0),
            actor: event.actor.clone(),
            what: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            place: self.place(&id),
            note: String::new(),
        }
    }
}

fn events(rule: &str, replay: &Replay) -> Events {
    let own = replay.findings.iter().filter(|finding| finding.rule == rule);
    own.flat_map(|finding| &finding.events).map(|event| ((event.time, event.span), event)).collect()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Lets the user edit a file in `$VISUAL` or `$EDITOR`, which have the terminal meanwhile. An error is in words.
pub fn edit(ended: &Ended, path: &str) -> std::result::Result<(), String> {
    let set = |name: &&str| std::env::var(name).ok().filter(|command| !command.trim().is_empty());
    let Some(editor) = ["VISUAL", "EDITOR"].iter().find_map(set) else {
        return Err(format!("no editor is known: name one in VISUAL or EDITOR. r runs the rule as it is in {path}"));
    };
    // A command line of the shell, as git and others take it.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{editor} \"$1\""), "sh", path]);
    match ended.aside(|| command.status()) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{editor} ended with {status}; the rule was not run. It is in {path}")),
        Err(error) => Err(format!("{editor} could not be run: {error}")),
    }
}
