//! Where in the YAML text a problem is.
//!
//! The parsed rule has no positions, so keys are found again in the text: by their path, from the outside in. When a
//! key is written in a way this does not see, the position is that of the nearest key around it, never a wrong file.

use std::ops::Range;

use crate::error::Diagnostic;

/// One YAML document of a file.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    pub file: &'a str,
    pub text: &'a str,
    /// Line of the file its text begins on, from 1.
    pub line: usize,
}

/// Cuts a file at its `---` lines. Blank documents are left out.
pub fn documents<'a>(file: &'a str, text: &'a str) -> Vec<Document<'a>> {
    let mut found = Vec::new();
    let (mut start, mut first, mut offset) = (0, 1, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        // At the start of a line three dashes always end a document, inside a block of text too.
        let is_marker =
            line.strip_prefix("---").is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' '));
        if is_marker {
            found.push(Document { file, text: &text[start..offset], line: first });
            // A document may begin on the line of its marker.
            let is_alone = line[3..].trim().is_empty() || line[3..].trim_start().starts_with('#');
            (start, first) = if is_alone { (offset + line.len(), number + 2) } else { (offset + 3, number + 1) };
        }
        offset += line.len();
    }
    found.push(Document { file, text: &text[start..], line: first });
    let has_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '%']);
    found.retain(|document| document.text.lines().any(has_content));
    found
}

impl Document<'_> {
    /// Says that something is wrong with the key or value at the end of `path`.
    pub fn problem(&self, path: &[&str], message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
        // Names come from the rule and may hold line breaks; a message is one line.
        let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let hint = Some(one_line(hint.into())).filter(|hint| !hint.is_empty());
        let (line, column) = self.place(path);
        Diagnostic { file: self.file.to_owned(), line, column, message: one_line(message.into()), hint }
    }

    /// Returns line and column, from 1, of the last key of `path` that the text has.
    ///
    /// Each step is a key, with its modifiers, or a value when no key has that text.
    pub fn place(&self, path: &[&str]) -> (usize, usize) {
        self.position(self.offset(path))
    }

    /// Returns the byte that [`Document::place`] is about.
    pub fn offset(&self, path: &[&str]) -> usize {
        let mut region = 0..self.text.len();
        let mut at = self.first_content();
        for (depth, key) in path.iter().enumerate() {
            let found = self.find_key(key, &region, depth == 0).or_else(|| self.find_value(key, &region));
            let Some(found) = found else { break };
            at = found;
            region = self.below(found, region.end);
        }
        at
    }

    /// Returns line and column of a byte of the document.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (self.line + before.matches('\n').count(), self.text[line_start..at].chars().count() + 1)
    }

    fn first_content(&self) -> usize {
        let mut offset = 0;
        for line in self.text.split_inclusive('\n') {
            let content = line.trim_start();
            if !content.trim_end().is_empty() && !content.starts_with('#') {
                return offset + line.len() - content.len();
            }
            offset += line.len();
        }
        0
    }

    /// Finds `key:` in the region, quoted or not; at the top level only at the start of a line.
    fn find_key(&self, key: &str, region: &Range<usize>, top: bool) -> Option<usize> {
        self.occurrences(key, region).find(|&at| {
            let after = self.text[at + key.len()..].trim_start_matches(['"', '\'']).trim_start_matches(' ');
            let is_key = after
                .strip_prefix(':')
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r', '\t']));
            is_key && self.starts_word(at) && (!top || self.column_before(at) == 0)
        })
    }

    fn find_value(&self, value: &str, region: &Range<usize>) -> Option<usize> {
        self.occurrences(value, region).find(|&at| self.starts_word(at))
    }

    fn occurrences<'b>(&'b self, text: &'b str, region: &Range<usize>) -> impl Iterator<Item = usize> + 'b {
        let start = region.start;
        let inside = &self.text[region.clone()];
        let lines = inside.split_inclusive('\n').scan(start, |offset, line| {
            let at = *offset;
            *offset += line.len();
            Some((at, line))
        });
        lines
            .filter(|(_, line)| !line.trim_start().starts_with('#'))
            .flat_map(move |(at, line)| line.match_indices(text).map(move |(i, _)| at + i))
    }

    fn starts_word(&self, at: usize) -> bool {
        let before = self.text[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '{' | '[' | ',' | '('))
    }

    /// How far the line of `at` is indented before it; a quote does not count.
    fn column_before(&self, at: usize) -> usize {
        let line_start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        self.text[line_start..at].trim_end_matches(['"', '\'']).len()
    }

    /// The text that belongs to the key at `at`: its line, and the lines that are further in.
    fn below(&self, at: usize, end: usize) -> Range<usize> {
        let indent = self.column_before(at);
        let mut offset = at;
        for (number, line) in self.text[at..end].split_inclusive('\n').enumerate() {
            let content = line.trim_start();
            let depth = line.len() - content.len();
            let is_blank = content.is_empty() || content.starts_with('#');
            let is_inside = depth > indent || (depth == indent && content.starts_with("- "));
            if number > 0 && !is_blank && !is_inside {
                break;
            }
            offset += line.len();
        }
        at..offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\ntitle: verb: not this one\ndetection:\n  write: {verb: [create, replace], user.username|re: 'x'}\n  # verb: nor this\n  other:\n    - verb: get\n      'userAgent|contains':\n        - curl\n  condition: write and other\n---\n\ntitle: b\nverb: x\n";

    fn place(document: usize, path: &[&str]) -> (usize, usize) {
        documents("f", TEXT)[document].place(path)
    }

    #[test]
    fn keys_are_found_by_their_path() {
        assert_eq!(place(0, &[]), (2, 1));
        assert_eq!(place(0, &["detection", "write", "verb"]), (4, 11));
        assert_eq!(place(0, &["detection", "write", "user.username|re"]), (4, 36));
        assert_eq!(place(0, &["detection", "other", "verb"]), (7, 7));
        assert_eq!(place(0, &["detection", "other", "userAgent|contains", "curl"]), (9, 11));
        assert_eq!(place(0, &["detection", "condition", "other"]), (10, 24));
    }

    #[test]
    fn a_value_is_found_below_its_key() {
        assert_eq!(place(0, &["detection", "write", "verb", "replace"]), (4, 26));
    }

    #[test]
    fn an_unseen_key_has_the_place_of_what_is_around_it() {
        assert_eq!(place(0, &["detection", "other", "stage"]), (6, 3));
    }

    #[test]
    fn lines_count_from_the_top_of_the_file() {
        assert_eq!(documents("f", TEXT).len(), 2);
        assert_eq!(place(1, &["verb"]), (14, 1));
        assert_eq!(place(1, &[]), (13, 1));
        assert!(documents("f", "# nothing\n%YAML 1.2\n--- # still nothing\n").is_empty());
        assert_eq!(documents("f", "a: b\n--- {c: d}\n")[1].text, " {c: d}\n");
    }
}
