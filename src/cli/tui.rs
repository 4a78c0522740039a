//! `coldcase tui`: the screens, and the worker that answers them.
//!
//! Each question gets a thread of its own, so that none waits for another; the screens drop answers that come too late.

pub(super) mod answers;
mod compare;
pub(super) mod edit;
mod entity;
mod fold;
mod index;
mod marks;
mod moment;
mod notes;
mod outgoing;
mod overview;
pub(super) mod rows;
mod rules;
mod signals;
pub(super) mod silence;
mod snapshot;
mod sql;
mod summary;
mod sweep;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clap::Args;
use coldcase_tui::{Answer, BUILT_IN, Keymap, Msg, Options, Outside, Request, Theme, Ticket};

use super::secrets::Secrets;
use super::{ByArg, CaseArg, End};
use crate::case::Case;
use crate::engine::{Answer as Table, Engine, Parameter};
use crate::error::{Error, Result};

/// Opens a case on screens: overview, timeline, findings, SQL, snapshot, rules, case. ? shows the keys of each.
#[derive(Args)]
pub struct Tui {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    secrets: Secrets,
    /// Colours of the screens: colours, contrast (nothing dim, all bold) or grey; NO_COLOR turns colour off
    #[arg(long, value_name = "THEME", env = "COLDCASE_THEME", default_value = "colours", value_parser = theme)]
    theme: Theme,
    /// Keys of your own: a preset (lnav, k9s, vim), or a file with lines such as `preset = vim` and `zoom-in = {`
    #[arg(long, value_name = "PRESET|FILE", env = "COLDCASE_KEYS")]
    keys: Option<String>,
    /// A mouse: a click selects, the wheel scrolls. Text is then selected with Shift held down, in most terminals
    #[arg(long, env = "COLDCASE_MOUSE", value_parser = clap::builder::FalseyValueParser::new())]
    mouse: bool,
    /// Folder of your own rules: each stands in for the bundled one whose file has the same name, and edited ones are put
    /// there. Without it: CASE.rules beside the case
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

impl Tui {
    pub(super) fn run(self) -> Result<End> {
        self.secrets.open(&self.case)?;
        let keys = self.keys.as_deref().map_or(Ok(&BUILT_IN), keys)?;
        let options = Options { theme: self.theme, keys, ..Options::from_env() };
        open(&self.case.case, self.secrets.by, options, self.mouse, self.rules)?;
        Ok(End::Done)
    }
}

/// Opens the screens on a case and returns when the user leaves.
///
/// # Errors
/// When the case cannot be opened or the terminal not be used.
pub fn open(dir: &Path, by: ByArg, options: Options, mouse: bool, rules: Option<PathBuf>) -> Result<()> {
    let case = Case::open(dir)?;
    let (ask, questions) = channel();
    let (answer, inbox) = channel();
    let ended = signals::Ended::listen(&answer).map_err(Error::io("listen for signals on", "the terminal".as_ref()))?;
    std::thread::spawn(move || work(case, by, rules, &questions, &answer));
    let outside = Outside { stop: &signals::stop, edit: &|path| edit::edit(&ended, path) };
    let shown = coldcase_tui::run(ask, inbox, options, mouse, &outside);
    ended.pass_on();
    shown.map_err(Error::io("show screens on", "the terminal".as_ref()))
}

/// Answers questions. The first screen of a case that was open before needs no table.
fn work(case: Case, by: ByArg, rules: Option<PathBuf>, questions: &Receiver<(Ticket, Request)>, answers: &Sender<Msg>) {
    let Ok(mut first) = questions.recv() else { return };
    if let (ticket, Request::Overview { bins }) = first
        && let Some(mut overview) = summary::find(&case, bins)
    {
        overview.notes.extend(edit::Rulebook::new(case.dir(), rules.clone()).remark(&case));
        // The screens may be gone; then the next question does not come either.
        let _ = answers.send(Msg::Loaded(ticket, Answer::Overview(overview)));
        first = (ticket, Request::Cancel(ticket));
    }
    let all = std::iter::once(first).chain(questions);
    match Desk::open(case, by, rules) {
        Ok(desk) => serve(&Arc::new(desk), all, answers),
        Err(error) => {
            for (ticket, _) in all {
                let _ = answers.send(Msg::Failed(ticket, words(&error)));
            }
        }
    }
}

fn theme(name: &str) -> std::result::Result<Theme, String> {
    let names = Theme::ALL.map(|(_, name)| name).join(", ");
    Theme::named(name).ok_or_else(|| format!("themes are: {names}"))
}

/// The keys of a preset or a file. They are kept until the program ends.
fn keys(name: &str) -> Result<&'static Keymap> {
    let map = match Keymap::preset(name) {
        Some(map) => map,
        None => {
            let text = std::fs::read_to_string(name).map_err(Error::io("read", name.as_ref()))?;
            Keymap::read(&text).map_err(|what| Error::Usage { what: format!("{name}: {what}"), hint: None })?
        }
    };
    Ok(Box::leak(Box::new(map)))
}

/// What the answering threads share.
struct Desk {
    case: Case,
    engine: Engine,
    /// The case as it is written to.
    notebook: Mutex<Case>,
    known: Mutex<Option<Arc<notes::Known>>>,
    /// The repeats of the filter that was folded last.
    folds: Mutex<Option<Arc<fold::Folds>>>,
    /// The events of findings.
    marks: Mutex<Option<Arc<marks::Marks>>>,
    /// When the first and the last event were, once that was asked.
    extent: OnceLock<(Option<i64>, Option<i64>)>,
    /// Where the rows of the filters are that were asked for last.
    indexes: Mutex<Vec<index::Kept>>,
    /// Where events are that concern the entities that were asked for last.
    places: Mutex<Vec<entity::Kept>>,
    /// The case as it is replayed.
    stage: Mutex<Option<Arc<moment::Stage>>>,
    /// What became of the preset questions.
    swept: Mutex<Option<Arc<sweep::Kept>>>,
    /// The rules, own ones among them.
    rulebook: edit::Rulebook,
    /// Who writes.
    by: ByArg,
    /// Questions under way, and whether they were taken back.
    stopped: Mutex<HashMap<Ticket, Arc<AtomicBool>>>,
}

fn serve(desk: &Arc<Desk>, questions: impl Iterator<Item = (Ticket, Request)>, answers: &Sender<Msg>) {
    for (ticket, request) in questions {
        if let Request::Cancel(other) = request {
            if let Some(stop) = desk.under_way().get(&other) {
                stop.store(true, Ordering::Relaxed);
            }
            continue;
        }
        let stop = Arc::new(AtomicBool::new(false));
        desk.under_way().insert(ticket, Arc::clone(&stop));
        let (desk, answers) = (Arc::clone(desk), answers.clone());
        std::thread::spawn(move || {
            let result = desk.answer(&request, &stop);
            desk.under_way().remove(&ticket);
            if stop.load(Ordering::Relaxed) {
                return;
            }
            // The screens may be gone; then nobody waits for this.
            let _ = answers.send(match result {
                Ok(answer) => Msg::Loaded(ticket, answer),
                Err(error) => Msg::Failed(ticket, words(&error)),
            });
        });
    }
}

impl Desk {
    fn open(case: Case, by: ByArg, rules: Option<PathBuf>) -> Result<Desk> {
        let rulebook = edit::Rulebook::new(case.dir(), rules);
        let engine = Engine::open(&case)?;
        let notebook = Mutex::new(Case::open(case.dir())?);
        Ok(Desk {
            case,
            engine,
            notebook,
            known: Mutex::default(),
            folds: Mutex::default(),
            marks: Mutex::default(),
            extent: OnceLock::new(),
            indexes: Mutex::default(),
            places: Mutex::default(),
            stage: Mutex::default(),
            swept: Mutex::default(),
            rulebook,
            by,
            stopped: Mutex::default(),
        })
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<Ticket, Arc<AtomicBool>>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request, stop: &AtomicBool) -> Result<Answer> {
        let ask = Ask { desk: self, stop };
        Ok(match request {
            Request::Overview { bins } => {
                let mut overview = ask.overview(*bins)?;
                summary::keep(&self.case, *bins, &overview);
                // Rules are no part of the case, so nothing that is kept of it knows them.
                overview.notes.extend(self.rulebook.remark(&self.case));
                Answer::Overview(overview)
            }
            Request::Timeline { filter, offset, limit } => Answer::Timeline(ask.timeline(filter, *offset, *limit)?),
            Request::Histogram { filter, bins } => Answer::Histogram(ask.histogram(filter, *bins)?),
            Request::Values { filter, column, bins, limit } => {
                Answer::Values(ask.values(filter, *column, *bins, *limit)?)
            }
            Request::Findings { limit } => Answer::Findings(ask.findings(*limit)?),
            Request::Chain { finding, limit } => Answer::Chain(ask.chain(finding, *limit)?),
            Request::Record(record) => Answer::Record(ask.record(*record)?),
            Request::Locate { filter, record, time } => Answer::Place(ask.locate(filter, *record, *time)?),
            Request::Seek { filter, want, from, direction } => {
                Answer::Found(ask.seek(filter, want, *from, *direction)?)
            }
            Request::Sql { text, given, limit } => Answer::Grid(ask.grid(text, given, *limit)?),
            Request::Tables => Answer::Tables(ask.tables()?, ask.desk.engine.functions()),
            Request::Note(note) => Answer::Noted(ask.note(note)?),
            Request::Write(outgoing) => Answer::Noted(ask.write_out(outgoing)?),
            Request::Behind(finding) => Answer::Text(ask.behind(finding)?),
            Request::Rules => Answer::Rules(ask.rules()?),
            Request::Rule(rule) => Answer::Rule(ask.rule(rule)?),
            Request::EditRule(rule) => Answer::Editable { rule: rule.clone(), path: ask.edit_rule(rule)? },
            Request::RunRule(rule) => Answer::Ran(ask.run_rule(rule)?),
            Request::Why { rule, record } => Answer::Why(ask.why(rule, *record)?),
            Request::Objects { limit } => Answer::Objects(ask.objects(*limit)?),
            Request::Object(id) => Answer::Object(ask.object(*id)?),
            Request::WhoCan(question) => Answer::WhoCan(ask.who_can(question)?),
            Request::Coming(path) => Answer::Coming(ask.coming(path)?),
            Request::CaseFile => Answer::CaseFile(ask.case_file()?),
            Request::Entity { whom, bins, piece } => Answer::Entity(*piece, Box::new(ask.entity(whom, *bins, *piece)?)),
            Request::Compare { a, b } => Answer::Compare(ask.compare(*a, *b)?),
            Request::Between { a, b } => Answer::Between(ask.between(*a, *b)?),
            Request::Windows => Answer::Windows(ask.windows()?),
            Request::Sweep { bins } => Answer::Sweep(ask.sweep(*bins)?),
            Request::Moment { go, bins, limit } => Answer::Moment(Box::new(ask.moment(*go, *bins, *limit)?)),
            Request::Cancel(_) => Answer::Found(None),
        })
    }
}

/// One question under way.
struct Ask<'a> {
    desk: &'a Desk,
    stop: &'a AtomicBool,
}

impl Ask<'_> {
    /// Runs a query, and gives up soon after the question was taken back.
    fn sql(&self, sql: &str, parameters: &[(String, Parameter)]) -> Result<Table> {
        self.desk.engine.gathered(sql, parameters, self.stop)
    }
}

/// An error in words, with the way out.
fn words(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\n{hint}"),
        None => error.to_string(),
    }
}
