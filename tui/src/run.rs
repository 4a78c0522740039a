//! The terminal side: raw mode and its undoing, the threads that wait for keys and answers, and the loop between them.
//! The terminal is given back on every way out: a normal end, an error, a panic, a signal, and while the program is stopped.

use std::{
    io::{self, Write, stdout},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    cursor::Show,
    event::{
        self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, MouseButton,
        MouseEventKind,
    },
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{
    Terminal,
    backend::{Backend, CrosstermBackend},
};

use crate::{
    Options,
    app::{Model, update, view},
    ask::{Request, Ticket},
    msg::{Effect, Mouse, Msg},
    text::visible,
};

const FRAME: Duration = Duration::from_millis(120);
/// How often a replay is told how time passes.
const PACE: Duration = Duration::from_millis(50);
/// Redraw at least after this many messages, however fast they come.
const BURST: usize = 64;

/// What only whoever called can do to the process and the terminal.
pub struct Outside<'a> {
    /// Stops the process until it is told to go on.
    pub stop: &'a dyn Fn(),
    /// Lets the user edit a file in a program that has the terminal meanwhile; an error is in words.
    pub edit: &'a dyn Fn(&str) -> Result<(), String>,
}

/// Why the terminal must be taken again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pause {
    /// Others wrote on it.
    Redraw,
    /// After a sleep.
    Sleep,
    /// After an editor of this file.
    Edit(String),
}

/// The thread that reads keys, and what it is told.
#[derive(Default)]
struct Keys {
    /// The screens are gone.
    over: Arc<AtomicBool>,
    /// Another program reads keys now.
    held: AtomicBool,
    /// Held while keys are read.
    reading: Mutex<()>,
}

/// Shows the screens until the user quits. Questions go out through `ask`; the worker's answers come in as
/// `Msg::Loaded` and `Msg::Failed` through `inbox`. When the worker drops its sender, the screens say so and stay.
/// With `mouse`, clicks and the wheel are the screens' and no longer select text in the terminal.
/// A panic of another thread does not end the screens either; it is returned as an error when they end. Signals come in as
/// messages from whoever called.
pub fn run(
    ask: Sender<(Ticket, Request)>,
    inbox: Receiver<Msg>,
    options: Options,
    mouse: bool,
    outside: &Outside<'_>,
) -> io::Result<()> {
    let (sender, messages) = channel();
    let screen = Screen::take(mouse)?;
    let keys = Arc::new(Keys { over: screen.over.clone(), ..Keys::default() });
    let (reader, found) = (keys.clone(), sender.clone());
    thread::Builder::new().name("keys".to_string()).spawn(move || read_keys(&found, &reader))?;
    thread::Builder::new().name("answers".to_string()).spawn(move || {
        while let Ok(msg) = inbox.recv() {
            if sender.send(msg).is_err() {
                return;
            }
        }
        // Nobody listens any more if this fails, and that is the end as well.
        let _ = sender.send(Msg::WorkerGone);
    })?;
    let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let end = event_loop(terminal, &ask, &messages, options, &mut |why| {
        let done = match why {
            Pause::Redraw => None,
            Pause::Sleep => {
                leave();
                (outside.stop)();
                None
            }
            Pause::Edit(path) => Some(Msg::Edited(keys.aside(|| {
                leave();
                (outside.edit)(path)
            }))),
        };
        enter(mouse)?;
        Ok(done)
    });
    let panics = screen.panics.clone();
    drop(screen);
    end?;
    match panics.lock() {
        Ok(panics) if panics.is_empty() => Ok(()),
        Ok(panics) => Err(io::Error::other(panics.join("; "))),
        Err(_) => Err(io::Error::other("a thread panicked")),
    }
}

/// The terminal while it is ours. It is given back when this is dropped, whichever way `run` ends, and by the panic
/// hook before a panic is printed.
struct Screen {
    over: Arc<AtomicBool>,
    /// What other threads said when they panicked; printing it then would ruin the screen.
    panics: Arc<Mutex<Vec<String>>>,
}

impl Screen {
    fn take(mouse: bool) -> io::Result<Screen> {
        let screen = Screen { over: Arc::default(), panics: Arc::default() };
        let (ours, over, panics) = (thread::current().id(), screen.over.clone(), screen.panics.clone());
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !over.load(Ordering::Relaxed) {
                if thread::current().id() != ours {
                    if let Ok(mut panics) = panics.lock() {
                        panics.push(format!("a thread panicked: {}", visible(&info.to_string().replace('\n', " "))));
                    }
                    return;
                }
                give_back(&over);
            }
            before(info);
        }));
        enter(mouse)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.over);
    }
}

fn give_back(over: &AtomicBool) {
    if over.swap(true, Ordering::Relaxed) {
        return;
    }
    leave();
}

/// Makes the terminal ours, also when somebody else changed it meanwhile.
fn enter(mouse: bool) -> io::Result<()> {
    // What was there before is put back first, or the terminal would be thought to be in raw mode still.
    disable_raw_mode()?;
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

fn leave() {
    // Each is tried whatever became of the one before; there is nothing to be done if the terminal is gone.
    let _ = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

impl Keys {
    /// Runs what reads the keys itself.
    fn aside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.held.store(true, Ordering::SeqCst);
        // The reader looks after each turn whether it is to leave the keys to others.
        let reading = self.reading.lock();
        let done = run();
        self.held.store(false, Ordering::SeqCst);
        drop(reading);
        done
    }
}

/// Waits for keys in short turns, so that the thread ends soon after the screens do.
fn read_keys(sender: &Sender<Msg>, keys: &Keys) {
    while !keys.over.load(Ordering::Relaxed) {
        if keys.held.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(10));
            continue;
        }
        let _reading = keys.reading.lock();
        if keys.held.load(Ordering::SeqCst) {
            continue;
        }
        match event::poll(FRAME) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) => return,
        }
        let msg = match event::read() {
            Ok(Event::Key(key)) => Msg::Key(key),
            Ok(Event::Paste(text)) => Msg::Paste(text),
            Ok(Event::Mouse(event)) => match event.kind {
                MouseEventKind::Down(MouseButton::Left) => Msg::Mouse(Mouse::Click, event.column, event.row),
                MouseEventKind::ScrollUp => Msg::Mouse(Mouse::WheelUp, event.column, event.row),
                MouseEventKind::ScrollDown => Msg::Mouse(Mouse::WheelDown, event.column, event.row),
                _ => continue,
            },
            Ok(Event::Resize(width, height)) => Msg::Resize(width, height),
            Ok(_) => continue,
            Err(_) => return,
        };
        if sender.send(msg).is_err() {
            return;
        }
    }
}

fn event_loop<B: Backend<Error = io::Error>>(
    mut terminal: Terminal<B>,
    ask: &Sender<(Ticket, Request)>,
    messages: &Receiver<Msg>,
    options: Options,
    take: &mut dyn FnMut(&Pause) -> io::Result<Option<Msg>>,
) -> io::Result<()> {
    let mut model = Model::new(options);
    let mut pause = None;
    let size = terminal.size()?;
    if step(&mut model, Msg::Resize(size.width, size.height), ask, &mut pause) {
        return Ok(());
    }
    // Since when time passes for a replay.
    let mut played: Option<Instant> = None;
    loop {
        if let Some(why) = pause.take() {
            let done = take(&why)?;
            // While the program slept no time passed for a replay.
            played = None;
            // The screen has what the shell left there, and its size may be another.
            terminal.clear()?;
            let size = terminal.size()?;
            step(&mut model, Msg::Resize(size.width, size.height), ask, &mut pause);
            if let Some(done) = done {
                step(&mut model, done, ask, &mut pause);
            }
        }
        played = model.plays().then(|| played.unwrap_or_else(Instant::now));
        if let Some(since) = played.as_mut().filter(|since| since.elapsed() >= PACE) {
            let passed = since.elapsed();
            *since += passed;
            let passed = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
            step(&mut model, Msg::Passed(passed), ask, &mut pause);
        }
        terminal.draw(|frame| view(&model, frame))?;
        let first = if model.plays() {
            match messages.recv_timeout(PACE) {
                Ok(msg) => msg,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        } else if model.busy() {
            match messages.recv_timeout(FRAME) {
                Ok(msg) => msg,
                Err(RecvTimeoutError::Timeout) => Msg::Tick,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        } else {
            match messages.recv() {
                Ok(msg) => msg,
                Err(_) => return Ok(()),
            }
        };
        // What has piled up is taken in one go: a held key must not cost a frame each time it repeats.
        for msg in std::iter::once(first).chain(messages.try_iter().take(BURST)) {
            if step(&mut model, msg, ask, &mut pause) {
                return Ok(());
            }
        }
    }
}

/// Takes one message. Returns whether it was the last. `pause` says that the terminal must be taken again, and after what.
fn step(model: &mut Model, msg: Msg, ask: &Sender<(Ticket, Request)>, pause: &mut Option<Pause>) -> bool {
    let mut gone = false;
    // Only in programs built for tests: a panic of this thread cannot be had from outside in another way.
    #[cfg(debug_assertions)]
    if matches!(msg, Msg::Key(_)) && std::env::var_os("COLDCASE_PANIC").is_some() {
        panic!("asked to by COLDCASE_PANIC");
    }
    if matches!(msg, Msg::Resumed) {
        pause.get_or_insert(Pause::Redraw);
    }
    for effect in update(model, msg) {
        match effect {
            Effect::Ask(ticket, request) => gone |= ask.send((ticket, request)).is_err(),
            Effect::Copy(text) => copy(&mut stdout(), &text),
            Effect::Suspend => *pause = Some(Pause::Sleep),
            Effect::Edit(path) => *pause = Some(Pause::Edit(path)),
            Effect::Quit => return true,
        }
    }
    if gone {
        update(model, Msg::WorkerGone);
    }
    false
}

/// Asks the terminal to put the text on its clipboard (OSC 52), which works over SSH as well. The text goes as base64,
/// so nothing in it can be obeyed.
fn copy(out: &mut impl Write, text: &str) {
    // A terminal that is gone is noticed by the next frame; one that cannot copy ignores this.
    let _ = write!(out, "\x1b]52;c;{}\x07", base64(text.as_bytes())).and_then(|()| out.flush());
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let held = three.iter().fold(0u32, |held, byte| held << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(held >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::Theme;

    #[test]
    fn what_is_copied_reaches_the_terminal_as_base64_only() {
        let coded = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(coded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
        let mut out = Vec::new();
        copy(&mut out, "a\u{1b}]52;c;x\u{7}");
        assert_eq!(out, b"\x1b]52;c;YRtdNTI7Yzt4Bw==\x07");
    }

    #[test]
    fn the_worker_may_vanish_and_the_user_can_still_leave() {
        let (ask, questions) = channel();
        drop(questions);
        let (sender, messages) = channel();
        let key = |c| Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        for msg in [Msg::WorkerGone, key('2'), key('Q'), key('y')] {
            sender.send(msg).unwrap();
        }
        let mut model =
            Model::new(Options { colour: false, ascii: false, theme: Theme::Colours, keys: &crate::BUILT_IN });
        let mut pause = None;
        assert!(!step(&mut model, Msg::Resize(80, 24), &ask, &mut pause));
        assert!(!model.busy());
        let ends: Vec<bool> = messages.try_iter().map(|msg| step(&mut model, msg, &ask, &mut pause)).collect();
        assert_eq!(ends, [false, false, false, true]);
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| view(&model, frame)).unwrap();
        assert!(terminal.backend().to_string().contains("The worker is gone"));
    }

    #[test]
    fn signals_stop_it_for_a_while_or_for_good_whatever_is_open() {
        let (ask, questions) = channel();
        let mut model =
            Model::new(Options { colour: false, ascii: false, theme: Theme::Colours, keys: &crate::BUILT_IN });
        let mut pause = None;
        let mut tell = |msg| step(&mut model, msg, &ask, &mut pause);
        tell(Msg::Resize(80, 24));
        // The palette is open: letters are text there, and ^z is not.
        tell(Msg::Key(KeyEvent::new(KeyCode::Char(':'), KeyModifiers::NONE)));
        assert!(!tell(Msg::Key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL))));
        assert_eq!(pause.take(), Some(Pause::Sleep));
        let mut tell = |msg| step(&mut model, msg, &ask, &mut pause);
        assert!(!tell(Msg::Suspend) && !tell(Msg::Resumed));
        assert_eq!(pause.take(), Some(Pause::Sleep), "it is stopped, not only drawn anew");
        assert!(!step(&mut model, Msg::Resumed, &ask, &mut pause));
        assert_eq!(pause.take(), Some(Pause::Redraw));
        assert!(step(&mut model, Msg::Ended(15), &ask, &mut pause));
        drop(questions);
    }
}
