//! The shell of `coldcase query`: statements one after the other, typed by a person or piped in.
//!
//! A person gets lines with history and completion, a pager, and Ctrl-C that ends the query and not the shell. From a
//! pipe the first error ends it, so that a script does not go on upon what it has not.

mod command;
mod history;
mod lines;
mod pager;

use std::cell::RefCell;
use std::io::{self, BufRead, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustyline::error::ReadlineError;
use signal_hook::consts::SIGINT;
use signal_hook::flag::register;

use self::lines::{Lines, last_line};
use self::pager::Paged;
use super::print::{error, grouped, output, say};
use super::query::Out;
use super::secrets::{self, Secrets};
use super::{End, is_broken_pipe};
use crate::case::Case;
use crate::engine::{Engine, Far, Limits, Parameter, Script};
use crate::error::{Error, Result};
use crate::report::Writer;

/// A query that takes longer says how far it is.
const LONG: Duration = Duration::from_secs(1);
/// How often it says so.
const AGAIN: Duration = Duration::from_millis(200);

/// A case and how it is asked.
pub struct Shell {
    case: Case,
    engine: Engine,
    secrets: Secrets,
    params: Vec<(String, Parameter)>,
    limits: Option<Limits>,
    out: Out,
    /// Where answers go instead of to the screen, and how many are there.
    file: Option<(Box<dyn Write + Send>, usize)>,
    /// Say how long each statement took.
    timing: bool,
    /// A person sits there: how high and wide the screen is.
    screen: Option<Screen>,
    /// Set by Ctrl-C while a statement runs.
    stop: Arc<AtomicBool>,
    /// Files that are being read, so that none reads itself.
    reading: Vec<PathBuf>,
}

/// The terminal a person sits at.
#[derive(Clone, Copy)]
struct Screen {
    rows: usize,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    Leave,
}

impl Shell {
    /// Prepares a shell over a case that `secrets` opened.
    ///
    /// # Errors
    /// When the file for answers cannot be written.
    pub fn new(
        case: Case,
        engine: Engine,
        secrets: Secrets,
        params: Vec<(String, Parameter)>,
        out: Out,
    ) -> Result<Shell> {
        let mut shell = Shell {
            case,
            engine,
            secrets,
            params,
            limits: None,
            out: Out { output: None, ..out.clone() },
            file: None,
            timing: false,
            screen: None,
            stop: Arc::default(),
            reading: Vec::new(),
        };
        shell.write_to(out.output)?;
        Ok(shell)
    }

    /// Keeps each statement within limits.
    pub fn within(self, limits: Option<Limits>) -> Shell {
        Shell { limits, ..self }
    }

    /// Reads statements from standard input: from a person when it is a terminal, else to its end.
    ///
    /// # Errors
    /// From a pipe the first error of a statement; from a person only what makes the terminal useless.
    pub fn run(mut self) -> Result<End> {
        let result = if io::stdin().is_terminal() && io::stdout().is_terminal() {
            self.talk()
        } else {
            let text = io::stdin().lock();
            self.read(text, Path::new("standard input")).map(|_| ())
        };
        self.close()?;
        result.map(|()| End::Done)
    }

    /// Talks with a person until they leave.
    fn talk(&mut self) -> Result<()> {
        let terminal = |error: ReadlineError| Error::Io {
            action: "read from",
            path: "the terminal".into(),
            source: match error {
                ReadlineError::Io(error) => error,
                other => io::Error::other(other),
            },
        };
        register(SIGINT, Arc::clone(&self.stop)).map_err(Error::io("listen for", Path::new("Ctrl-C")))?;
        let mut lines = Lines::new(&self.engine, history::path(self.case.dir())).map_err(terminal)?;
        say(&format!(
            "{}: {} tables. A statement ends with ; and \\h is help, \\q leaves",
            self.case.name(),
            self.case.tables().len()
        ));
        loop {
            match lines.next() {
                Ok(text) => {
                    lines.keep(&text);
                    self.screen = Some(Screen { rows: lines.rows() });
                    if self.take(&text) == Next::Leave {
                        return Ok(());
                    }
                }
                // Ctrl-C gives up what is being written, Ctrl-D leaves.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(()),
                Err(error) => return Err(terminal(error)),
            }
        }
    }

    /// Reads statements and commands line by line to the end.
    fn read(&mut self, text: impl BufRead, from: &Path) -> Result<Next> {
        let mut waiting = String::new();
        for line in text.lines() {
            let line = line.map_err(Error::io("read", from))?;
            if line.trim_start().starts_with('\\') && Script::read(&waiting).rest.is_empty() {
                waiting.clear();
                if self.command(line.trim())? == Next::Leave {
                    return Ok(Next::Leave);
                }
                continue;
            }
            waiting.push_str(&line);
            waiting.push('\n');
            // Cutting is only worth it where something may end.
            if line.contains(';') {
                let script = Script::read(&waiting);
                script.statements.iter().try_for_each(|statement| self.ask(statement))?;
                waiting = if script.rest.is_empty() { String::new() } else { script.rest + "\n" };
            }
        }
        let script = Script::read(&waiting);
        if !script.rest.is_empty() {
            self.ask(&script.rest)?;
        }
        Ok(Next::Go)
    }

    /// Takes what a person wrote: statements, a command, or both. What goes wrong is printed, and the person goes on.
    fn take(&mut self, text: &str) -> Next {
        let text = text.trim();
        let command = Some(last_line(text)).filter(|line| line.starts_with('\\'));
        let script = Script::read(&text[..text.len() - command.map_or(0, str::len)]);
        let mut done = script.statements.iter().try_for_each(|statement| self.ask(statement)).map(|()| Next::Go);
        if let (Some(command), Ok(_)) = (command, &done) {
            if !script.rest.is_empty() {
                say("the statement before was not run: it has no end");
            }
            done = self.command(command);
        }
        match done {
            Err(Error::Stopped) => say("stopped"),
            Err(problem) => error(&problem),
            Ok(next) => return next,
        }
        Next::Go
    }

    /// Runs one statement and writes its answer.
    fn ask(&mut self, sql: &str) -> Result<()> {
        self.stop.store(false, Ordering::Relaxed);
        self.secrets.asks(&mut self.case, sql)?;
        let start = Instant::now();
        let answered = self.answer(sql);
        if self.timing && !matches!(answered, Err(Error::Stopped)) {
            say(&format!("{:.1} ms", start.elapsed().as_secs_f64() * 1e3));
        }
        answered
    }

    fn answer(&mut self, sql: &str) -> Result<()> {
        let writer = self.out.writer()?;
        let asked = self.engine.ask(sql, &self.params)?.within(self.limits);
        let screen = self.screen.filter(|_| self.file.is_none());
        let mut sink: Box<dyn Write + Send + '_> = match (&mut self.file, screen) {
            (Some((_, answers)), _) if *answers > 0 && !writer.follows() => return Err(one_answer(writer)),
            (Some((file, answers)), _) => {
                *answers += 1;
                Box::new(file)
            }
            (None, Some(screen)) => {
                output(None, Some(writer))?;
                Box::new(Paged::new(screen.rows, std::env::var("PAGER").ok()))
            }
            (None, None) => output(None, Some(writer))?,
        };
        let progress = RefCell::new(Progress::new(self.screen.is_some()));
        let mut sheet = writer.start(&asked.schema, &mut *sink)?;
        let answered = asked.run(&self.stop, &mut |far| progress.borrow_mut().tell(far), &mut |batch| {
            progress.borrow_mut().clear();
            sheet.rows(&secrets::rows(&batch))
        });
        progress.borrow_mut().clear();
        let written = answered.and_then(|()| sheet.end());
        let written = written.and_then(|()| sink.flush().map_err(Error::io("write to", "the output".as_ref())));
        match written {
            // Whoever left the pager has read enough.
            Err(error) if screen.is_some() && is_broken_pipe(&error) => Ok(()),
            written => written,
        }
    }

    /// Sends answers to a file from now on, or back to the screen.
    fn write_to(&mut self, file: Option<PathBuf>) -> Result<()> {
        self.close()?;
        if let Some(path) = &file {
            let made = std::fs::File::create(path).map_err(Error::io("write", path))?;
            self.file = Some((Box::new(BufWriter::new(made)), 0));
        }
        self.out.output = file;
        Ok(())
    }

    /// Ends the file answers go to.
    fn close(&mut self) -> Result<()> {
        let path = self.out.output.take().unwrap_or_default();
        match self.file.take() {
            Some((mut file, _)) => file.flush().map_err(Error::io("write", &path)),
            None => Ok(()),
        }
    }
}

fn one_answer(writer: &dyn Writer) -> Error {
    Error::Usage {
        what: format!("a file of format {} holds one answer", writer.name()),
        hint: Some("\\o FILE begins another".into()),
    }
}

/// The line that says how far a long query is.
struct Progress {
    start: Instant,
    told: Option<Instant>,
    shown: bool,
}

impl Progress {
    fn new(shown: bool) -> Progress {
        Progress { start: Instant::now(), told: None, shown: shown && io::stderr().is_terminal() }
    }

    fn tell(&mut self, far: Far) {
        let due = self.told.map_or(self.start + LONG, |told| told + AGAIN);
        if self.shown && Instant::now() >= due {
            self.told = Some(Instant::now());
            let seconds = self.start.elapsed().as_secs();
            // A terminal that is gone is found out by what is printed next.
            let _ =
                write!(io::stderr(), "\r\x1b[K{seconds} s, {} rows read; Ctrl-C stops it", grouped(far.read as u64));
        }
    }

    /// Takes the line away, before an answer is written where it is.
    fn clear(&mut self) {
        if self.told.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
            self.start = Instant::now();
        }
    }
}
