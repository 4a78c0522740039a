//! Lines of container log files: the CRI form of containerd and CRI-O, and the JSON of Docker.
//!
//! A runtime splits a long line into parts; [`Joiner`] puts them together again. It refuses to read the message: what
//! a container writes may be anything.

mod joiner;
#[cfg(test)]
mod tests;

pub use joiner::{Ended, Joined, Joiner};

use std::borrow::Cow;

use serde::Deserialize;

use crate::model::Micros;

/// Which of the two outputs of a container a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// One line of a container log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    pub time: Micros,
    pub stream: Stream,
    /// Whether the runtime says that the line goes on: tag `P`, or in Docker's form a text without a line end.
    pub partial: bool,
    /// The message without its line end.
    pub message: Cow<'a, str>,
    /// Labels of the container as JSON, when Docker was told to log them.
    pub attrs: Option<Cow<'a, str>>,
}

impl Stream {
    fn of(name: &str) -> Option<Self> {
        match name {
            "stdout" => Some(Self::Stdout),
            "stderr" => Some(Self::Stderr),
            _ => None,
        }
    }
}

/// Reads `2031-04-05T06:07:08.123456789Z stdout F message` or `{"log":"…\n","stream":"stdout","time":"…"}`.
///
/// # Errors
/// The reason why the line is neither.
pub fn line(text: &str) -> Result<Line<'_>, String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.starts_with('{') { docker(text) } else { cri(text) }
}

/// The runtime interface has time, stream and tags, each followed by one blank; tags are separated by colons and the
/// first says whether the line is whole (kubernetes, `pkg/kubelet/kuberuntime/logs`).
fn cri(text: &str) -> Result<Line<'_>, String> {
    let wrong = "no container log line";
    let (stamp, rest) = text.split_once(' ').ok_or(wrong)?;
    let (stream, rest) = rest.split_once(' ').ok_or(wrong)?;
    let stream = Stream::of(stream).ok_or(wrong)?;
    if stamp.as_bytes().get(10) != Some(&b'T') {
        return Err(wrong.into());
    }
    let time = Micros::parse(stamp).ok_or("time of the container log line cannot be read")?;
    // An empty line of the container ends after its tag.
    let (tags, message) = rest.split_once(' ').unwrap_or((rest, ""));
    let partial = match tags.split(':').next() {
        Some("P") => true,
        Some("F") => false,
        _ => return Err("container log line has neither tag F nor P".into()),
    };
    Ok(Line { time, stream, partial, message: Cow::Borrowed(message), attrs: None })
}

/// What the json-file driver of Docker writes; `attrs` is there when labels are logged too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Docker<'a> {
    log: String,
    stream: String,
    time: String,
    #[serde(borrow, default)]
    attrs: Option<&'a serde_json::value::RawValue>,
}

fn docker(text: &str) -> Result<Line<'_>, String> {
    let read: Docker<'_> = serde_json::from_str(text).map_err(|_| "no container log line of docker")?;
    let time = Micros::parse(&read.time).ok_or("time of the container log line cannot be read")?;
    let stream = Stream::of(&read.stream).ok_or("container log line has no stream that is known")?;
    let mut message = read.log;
    let whole = message.ends_with('\n');
    if whole {
        message.pop();
    }
    let attrs = read.attrs.map(|raw| Cow::Borrowed(raw.get()));
    Ok(Line { time, stream, partial: !whole, message: Cow::Owned(message), attrs })
}
