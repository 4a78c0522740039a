//! Who did something to a case, when, with which command and which version.
//!
//! All of it is what the environment and the caller say: the chain proves that it was not changed later, not that it
//! was true. It holds no secrets as long as the caller passes none: an option that takes a key names its file.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::Read;

use serde::{Deserialize, Serialize};

/// Who sat at the keyboard, as far as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The name given with `--investigator`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigator: Option<String>,
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What every line of the journal says besides what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// UTC.
    pub at: String,
    pub who: Option<Who>,
    /// The arguments, program first; empty when the library was used without a command line.
    pub command: Vec<String>,
}

/// The program and its version.
pub const TOOL: &str = concat!("coldcase ", env!("CARGO_PKG_VERSION"));

/// A host name is 64 bytes at most on Linux (hostname(7)) and 255 anywhere else.
const LONGEST_HOST: u64 = 255;

impl Act {
    /// Says when, who and how.
    pub fn new(at: &str, who: Who, arguments: impl IntoIterator<Item = OsString>) -> Act {
        let command = arguments.into_iter().map(|argument| plain(&argument)).collect();
        Act { at: at.to_owned(), who: Some(who), command }
    }
}

/// For whoever knows only the time.
impl From<&str> for Act {
    fn from(at: &str) -> Act {
        Act { at: at.to_owned(), who: None, command: Vec::new() }
    }
}

/// The same for what is not given away.
impl From<&Act> for Act {
    fn from(act: &Act) -> Act {
        act.clone()
    }
}

/// `R. Example (rex@lab-7)`, or what of it is known.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = match (&self.user, &self.host) {
            (Some(user), Some(host)) => Some(format!("{user}@{host}")),
            (Some(user), None) => Some(user.clone()),
            (None, Some(host)) => Some(format!("somebody at {host}")),
            (None, None) => None,
        };
        match (&self.investigator, account) {
            (Some(name), Some(account)) => write!(f, "{name} ({account})"),
            (Some(name), None) => write!(f, "{name}"),
            (None, Some(account)) => write!(f, "{account}"),
            (None, None) => write!(f, "somebody unknown"),
        }
    }
}

impl Who {
    /// Reads user and host from the environment.
    pub fn from_environment(investigator: Option<&str>) -> Who {
        let kernel = || {
            let mut name = String::new();
            let file = File::open("/proc/sys/kernel/hostname").ok()?;
            file.take(LONGEST_HOST).read_to_string(&mut name).ok()?;
            Some(name)
        };
        Who::told(investigator, &|name| std::env::var_os(name), &kernel)
    }

    /// The same with the sources given. Shells set `HOSTNAME` but rarely export it, so the kernel is asked after it.
    pub(super) fn told(
        investigator: Option<&str>,
        variable: &dyn Fn(&str) -> Option<OsString>,
        kernel: &dyn Fn() -> Option<String>,
    ) -> Who {
        let first = |names: &[&str]| names.iter().find_map(|name| said(&plain(&variable(name)?)));
        Who {
            investigator: investigator.and_then(said),
            user: first(&["USER", "LOGNAME", "USERNAME"]),
            host: first(&["HOSTNAME", "COMPUTERNAME"]).or_else(|| said(&kernel()?)),
        }
    }
}

/// What was said, without blanks around; nothing is nothing.
fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An argument as text. One that is no UTF-8 is quoted with escapes, so that it stays another than any that is.
fn plain(argument: &OsStr) -> String {
    argument.to_str().map_or_else(|| format!("{argument:?}"), str::to_owned)
}
