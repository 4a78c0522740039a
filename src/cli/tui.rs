//! `coldcase tui`: the screens, and the worker that answers them.
//!
//! Each question gets a thread of its own, so that none waits for another; the screens drop answers that come too late.

mod answers;
mod overview;
pub(super) mod rows;
mod values;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use coldcase_tui::{Answer, Msg, Options, Request, Ticket};

use super::secrets::Secrets;
use super::{CaseArg, End};
use crate::case::Case;
use crate::engine::{Answer as Table, Engine, Parameter};
use crate::error::{Error, Result};

/// Opens a case on screens: overview, timeline, findings, SQL. ? shows the keys of each.
#[derive(Args)]
pub struct Tui {
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    secrets: Secrets,
}

impl Tui {
    pub(super) fn run(self) -> Result<End> {
        self.secrets.open(&self.case)?;
        open(&self.case.case)?;
        Ok(End::Done)
    }
}

/// Opens the screens on a case and returns when the user leaves.
///
/// # Errors
/// When the case cannot be opened or the terminal not be used.
pub fn open(dir: &Path) -> Result<()> {
    let case = Case::open(dir)?;
    let engine = Engine::open(&case)?;
    let (ask, questions) = channel();
    let (answer, inbox) = channel();
    let desk = Arc::new(Desk { case, engine, stopped: Mutex::new(HashMap::new()) });
    std::thread::spawn(move || serve(&desk, &questions, &answer));
    coldcase_tui::run(ask, inbox, Options::from_env()).map_err(Error::io("show screens on", "the terminal".as_ref()))
}

/// What the answering threads share.
struct Desk {
    case: Case,
    engine: Engine,
    /// Questions under way, and whether they were taken back.
    stopped: Mutex<HashMap<Ticket, Arc<AtomicBool>>>,
}

fn serve(desk: &Arc<Desk>, questions: &Receiver<(Ticket, Request)>, answers: &Sender<Msg>) {
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
    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<Ticket, Arc<AtomicBool>>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request, stop: &AtomicBool) -> Result<Answer> {
        let ask = Ask { desk: self, stop };
        Ok(match request {
            Request::Overview { bins } => Answer::Overview(ask.overview(*bins)?),
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
            Request::Sql { text, limit } => Answer::Grid(ask.grid(text, *limit)?),
            Request::Tables => Answer::Tables(ask.tables()?),
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
        let mut batches = Vec::new();
        let schema = self.desk.engine.sql_until(sql, parameters, self.stop, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok(Table { schema, batches })
    }
}

/// An error in words, with the way out.
fn words(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\n{hint}"),
        None => error.to_string(),
    }
}
