//! What is said of members and of the archive, in bounded room however many members there are.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Notes of one archive about single places; more are only counted.
const MOST: usize = 100;
/// Letters of a path or a reason that are shown in a note.
const SHOWN: usize = 200;

#[derive(Default)]
pub(super) struct Remarks {
    places: Vec<String>,
    unsaid: u64,
    /// Peculiarities of members: which, how many members, the path of the first.
    kinds: Vec<(&'static str, u64, String)>,
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Remarks {
    /// Notes a thing about one place in the archive.
    pub fn place(&mut self, note: String) {
        if self.places.len() < MOST { self.places.push(note) } else { self.unsaid += 1 }
    }

    /// Counts a peculiarity of a member and returns it for the member's own note.
    pub fn member(&mut self, what: &'static str, path: &str) -> String {
        match self.kinds.iter_mut().find(|(kind, ..)| *kind == what) {
            Some((_, count, _)) => *count += 1,
            None => self.kinds.push((what, 1, shown(path))),
        }
        what.to_owned()
    }

    /// Turns a path as it is written into the label, noting what is odd about it.
    pub fn path(&mut self, written: &[u8], notes: &mut Vec<String>) -> String {
        let path = String::from_utf8_lossy(written).into_owned();
        if std::str::from_utf8(written).is_err() {
            notes.push(self.member("path is not UTF-8", &path));
        }
        for odd in oddities(&path) {
            notes.push(self.member(odd, &path));
        }
        if !self.seen.insert(self.hasher.hash_one(written)) {
            notes.push(self.member("path was used by an earlier member", &path));
        }
        path
    }

    pub fn into_notes(mut self) -> Vec<String> {
        if self.unsaid > 0 {
            self.places.push(format!("{} more notes of this kind", self.unsaid));
        }
        let members = |count| if count == 1 { "member" } else { "members" };
        let kinds = self.kinds.into_iter();
        self.places
            .extend(kinds.map(|(what, count, first)| format!("{count} {}: {what} (first: {first})", members(count))));
        self.places
    }
}

/// Text of the archive in a note: control characters are written out, and no more than fits on a line.
pub(super) fn shown(text: &str) -> String {
    let short = text.chars().take(SHOWN).collect::<String>();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", short.escape_debug())
}

/// What would make a path dangerous for somebody who unpacks it by name.
fn oddities(path: &str) -> Vec<&'static str> {
    let parts = || path.split(['/', '\\']);
    let bytes = path.as_bytes();
    let mut odd = Vec::new();
    let mut check = |is: bool, what| odd.extend(is.then_some(what));
    check(path.is_empty(), "path is empty");
    check(parts().any(|part| part == ".."), "path climbs out of its folder with ..");
    check(path.starts_with(['/', '\\']), "path is absolute");
    check(bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':', "path has a drive letter");
    check(path.contains('\0'), "path holds a NUL");
    check(path.contains('\\'), "path holds a backslash");
    check(path.chars().any(|letter| letter.is_control() && letter != '\0'), "path holds control characters");
    odd
}
