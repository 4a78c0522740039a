//! What can happen to the screens (`Msg`) and what the screens want done (`Effect`). Nothing here does anything.

use crossterm::event::KeyEvent;

use crate::ask::{Answer, Request, Ticket};

/// One thing that happened. The worker outside sends `Loaded` and `Failed`; the rest is made by `run`.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    /// Text pasted in one piece, so that a line break in it does not press Enter.
    Paste(String),
    /// A click or a turn of the wheel at a column and a row. Sent only when the user asked for a mouse.
    Mouse(Mouse, u16, u16),
    /// The terminal is now this many columns and rows.
    Resize(u16, u16),
    /// The answer to a question.
    Loaded(Ticket, Answer),
    /// The question could not be answered; the words say why and, if possible, the way out.
    Failed(Ticket, String),
    /// So many microseconds have passed since the last of these, or since a replay was begun. Sent only while one plays.
    Passed(i64),
    /// Time for the next frame of the spinner. Sent only while a question is open.
    Tick,
    /// The worker is gone: no answer will ever come.
    WorkerGone,
    /// Somebody outside stops the program for a while (SIGTSTP).
    Suspend,
    /// The file that was to be edited was, or why not.
    Edited(Result<(), String>),
    /// The program goes on after it was stopped (SIGCONT): the terminal may be in any state.
    Resumed,
    /// Somebody outside ends the program, by the signal of this number.
    Ended(i32),
}

/// What a mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    Click,
    WheelUp,
    WheelDown,
}

/// One thing the screens want done by `run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Ask(Ticket, Request),
    /// Put this text, already visible, on the clipboard of the terminal.
    Copy(String),
    /// Give the terminal back, stop, and take it again.
    Suspend,
    /// Give the terminal to an editor of this file until it ends.
    Edit(String),
    Quit,
}
