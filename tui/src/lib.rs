//! The screens of coldcase: overview, timeline, findings and SQL on a terminal. Text cells come in, questions go out.
//!
//! It is Elm: a `Model`, a `Msg`, one pure `update`, and a `view` that draws from the model alone. Everything slow is a
//! question (`Request`) with a number (`Ticket`), answered later by a message; nothing here ever waits for a case.
//! This crate refuses to know evidence formats, SQL and files; whoever calls `run` answers the questions.

#![forbid(unsafe_code)]

mod app;
pub mod ask;
mod clock;
mod keymap;
mod keys;
mod manual;
mod msg;
mod palette;
mod placeholders;
mod replay;
mod run;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod views;
mod vocabulary;
mod widgets;

pub use ask::{Answer, Request, Ticket};
pub use keymap::{BUILT_IN, Keymap, PRESETS};
pub use keys::{Action, Binding};
pub use msg::{Mouse, Msg};
pub use run::{Outside, run};
pub use text::{visible, visible_bytes};
pub use theme::{Options, Theme};
pub use vocabulary::Vocabulary;

/// Returns every screen's name and tables of keys, for the help and for a reference page.
pub fn screens() -> Vec<(&'static str, Vec<&'static [Binding]>)> {
    let views = views::VIEWS.iter().map(|view| view()).map(|view| (view.title(), view.all_keys()));
    views.chain([("Replay bar", vec![keys::REPLAY])]).collect()
}
