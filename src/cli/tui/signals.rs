//! Signals from outside, as messages to the screens: they give the terminal back before the program stops or ends.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::Sender;

use coldcase_tui::Msg;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP};
use signal_hook::low_level::{emulate_default_handler, pipe, raise};

/// The signal that ended the screens, if one did.
#[derive(Default)]
pub struct Ended {
    last: Arc<AtomicI32>,
    /// Another program has the terminal: keys that make signals are meant for it.
    aside: Arc<AtomicBool>,
}

impl Ended {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system has no more pipes.
    pub fn listen(screens: &Sender<Msg>) -> std::io::Result<Ended> {
        let ended = Ended::default();
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT] {
            let (mut read, write) = UnixStream::pair()?;
            pipe::register(signal, write)?;
            let (screens, last, aside) = (screens.clone(), Arc::clone(&ended.last), Arc::clone(&ended.aside));
            std::thread::spawn(move || {
                while matches!(read.read(&mut [0]), Ok(1)) {
                    if aside.load(Ordering::Relaxed) && [SIGINT, SIGQUIT, SIGTSTP, SIGCONT].contains(&signal) {
                        // The shell gets the terminal back when all who share it have stopped.
                        if signal == SIGTSTP {
                            stop();
                        }
                        continue;
                    }
                    let message = match signal {
                        SIGTSTP => Msg::Suspend,
                        SIGCONT => Msg::Resumed,
                        signal => {
                            last.store(signal, Ordering::Relaxed);
                            Msg::Ended(signal)
                        }
                    };
                    // The screens may have ended by themselves.
                    if screens.send(message).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(ended)
    }

    /// Runs what has the terminal for itself meanwhile.
    pub fn aside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.aside.store(true, Ordering::Relaxed);
        let done = run();
        self.aside.store(false, Ordering::Relaxed);
        done
    }

    /// Ends the program as the signal would have, so that whoever waits for it sees by what it ended.
    pub fn pass_on(&self) {
        let signal = self.last.load(Ordering::Relaxed);
        if signal != 0 {
            // Where it does not end by it, it ends as after a normal quit.
            let _ = emulate_default_handler(signal);
        }
    }
}

/// Stops the process until somebody tells it to go on.
pub fn stop() {
    // SIGTSTP is ours to handle by now; SIGSTOP nobody can handle. Where it fails, the screens come back at once.
    let _ = raise(SIGSTOP);
}
