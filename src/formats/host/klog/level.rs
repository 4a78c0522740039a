//! Levels as the table AKSControlPlane names them.

use std::fmt;

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not a level of klog; logfmt and zap have it.
    Debug,
    Info,
    Warning,
    Error,
    Fatal,
}

impl Level {
    /// Returns the level of a letter of klog.
    pub(super) fn of_letter(letter: u8) -> Option<Self> {
        match letter {
            b'I' => Some(Self::Info),
            b'W' => Some(Self::Warning),
            b'E' => Some(Self::Error),
            b'F' => Some(Self::Fatal),
            _ => None,
        }
    }

    /// Returns the level of a word of logrus, zap, go-kit or slog in any case; None for a word that is none of theirs.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "trace" | "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" | "warning" => Some(Self::Warning),
            "error" => Some(Self::Error),
            // All three end the program, or would in production.
            "fatal" | "panic" | "dpanic" => Some(Self::Fatal),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "Debug",
            Self::Info => "Info",
            Self::Warning => "Warning",
            Self::Error => "Error",
            Self::Fatal => "Fatal",
        })
    }
}
