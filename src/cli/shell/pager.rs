//! An answer that is longer than the screen goes through the pager, if there is one.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

/// Lines that stay free for the prompt.
const FREE: usize = 2;

/// Holds back what is written until it is clear whether it fits on the screen.
pub struct Paged {
    held: Vec<u8>,
    lines: usize,
    rows: usize,
    pager: Option<String>,
    state: State,
}

enum State {
    Holding,
    /// Straight to the screen: there is no pager.
    Plain,
    Paging(Child),
}

impl Paged {
    /// `pager` is a command line of the shell, as in `$PAGER`; an empty one is none.
    pub fn new(rows: usize, pager: Option<String>) -> Paged {
        let pager = pager.filter(|pager| !pager.trim().is_empty());
        Paged { held: Vec::new(), lines: 0, rows, pager, state: State::Holding }
    }

    /// Gives up holding back.
    fn begin(&mut self) -> io::Result<()> {
        self.state = match &self.pager {
            None => State::Plain,
            Some(pager) => {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", pager]).stdin(Stdio::piped());
                // Long lines are cut at the edge and can be scrolled; what fits stays on the screen. As git does, only
                // where nobody said otherwise.
                if std::env::var_os("LESS").is_none() {
                    command.env("LESS", "FSX");
                }
                State::Paging(command.spawn()?)
            }
        };
        let held = std::mem::take(&mut self.held);
        self.pass(&held)
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.state {
            State::Holding => self.held.extend_from_slice(bytes),
            State::Plain => io::stdout().write_all(bytes)?,
            State::Paging(child) => match &mut child.stdin {
                Some(pager) => pager.write_all(bytes)?,
                None => return Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
        Ok(())
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(bytes)?;
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        if matches!(self.state, State::Holding) && self.lines + FREE > self.rows {
            self.begin()?;
        }
        Ok(bytes.len())
    }

    /// Ends the answer: what fits is shown, and a pager is waited for.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Holding => {
                io::stdout().write_all(&self.held)?;
                self.held.clear();
            }
            State::Plain => {}
            State::Paging(child) => {
                drop(child.stdin.take());
                child.wait()?;
            }
        }
        io::stdout().flush()
    }
}

impl Drop for Paged {
    /// A pager whose answer was cut short still shows what came, and gives the screen back by itself.
    fn drop(&mut self) {
        if let State::Paging(child) = &mut self.state {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_than_the_screen_goes_to_the_pager() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("paged");
        let pager = || Some(format!("cat > '{}'", file.display()));
        let mut short = Paged::new(24, pager());
        short.write_all(b"one line\n").unwrap();
        assert!(matches!(short.state, State::Holding));
        let mut long = Paged::new(24, pager());
        let text = "a line\n".repeat(100_000);
        long.write_all(text.as_bytes()).unwrap();
        long.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }

    #[test]
    fn a_pager_that_ends_early_is_a_closed_pipe() {
        let mut paged = Paged::new(3, Some("true".into()));
        let line = [b'x'; 4096];
        let error = (0..100_000).find_map(|_| paged.write_all(&line).and_then(|()| paged.write_all(b"\n")).err());
        assert_eq!(error.unwrap().kind(), io::ErrorKind::BrokenPipe);
    }
}
