//! Secrets known by the name in front of them, wherever that is: a member of JSON, `name=value`, `name: value`, an
//! option of a command line or the next element of an argument list.
//!
//! A value ends where its quotes end, or at a blank; it never reaches beyond the string around it, so that JSON stays
//! JSON. Every rule looks a bounded way back and passes over what it has read: the time is linear in the text.

use super::mark::{Hides, mark_len};
use super::names::{self, Named};
use super::quote::{self, Quote, blanks};
use super::trigger::Rule;
use super::value::{Sign, Style, after_key, bare_end, part_of_scalar};
use super::{command, shapes, yaml};
use command::Next;

pub(super) struct Spots<'h, 'a> {
    pub(super) text: &'a [u8],
    pub(super) hides: &'h mut Hides<'a>,
    /// A value that was read: words in it need no second look.
    read: (usize, usize),
    pub(super) programs: command::Programs,
    /// The last value without quotes that was measured.
    word: (usize, usize, Style),
    /// Assignments before this place were looked at.
    pub(super) assigned: usize,
    /// No single or double quote stands behind this place.
    no_single: bool,
    /// The text begins as JSON does: no value may reach beyond a string.
    json: Option<bool>,
    /// The text has more lines than one.
    lines: Option<bool>,
}

impl<'h, 'a> Spots<'h, 'a> {
    pub(super) fn new(hides: &'h mut Hides<'a>) -> Spots<'h, 'a> {
        let text = hides.text;
        Spots {
            text,
            hides,
            read: (0, 0),
            programs: command::Programs::default(),
            word: (0, 0, Style::Pair),
            assigned: 0,
            no_single: false,
            json: None,
            lines: None,
        }
    }

    fn json(&mut self) -> bool {
        let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.text);
        *self.json.get_or_insert_with(|| matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')))
    }

    fn lines(&mut self) -> bool {
        *self.lines.get_or_insert_with(|| memchr::memchr(b'\n', self.text).is_some())
    }

    /// Looks at a word that was found.
    pub(super) fn look(&mut self, rule: Rule, start: usize, end: usize) {
        if end > self.read.0 && end <= self.read.1 {
            return;
        }
        match rule {
            Rule::Tree => {}
            Rule::Name => {
                self.name(start, end);
                shapes::bootstrap(self, end);
            }
            Rule::Applied => self.applied(end),
            Rule::Authorization => self.authorization(end - 1),
            Rule::FromLiteral => command::from_literal(self, end),
            Rule::Flag => command::flag(self, start, end),
            Rule::EnvFlag => command::env_flag(self, end - 1),
            Rule::SetEnv => command::set_env(self, end),
            Rule::Title => command::title(self, end),
            Rule::Bootstrap => shapes::bootstrap(self, end),
            _ => shapes::look(self, rule, start, end),
        }
    }

    pub(super) fn hide(&mut self, start: usize, end: usize) {
        self.hides.hide(start, end);
        self.pass(start, end);
    }

    /// Passes over a value that was read.
    pub(super) fn pass(&mut self, start: usize, end: usize) {
        if end > self.read.1 {
            self.read = (start, end);
        }
    }

    /// A name that may be that of a secret is somewhere around `start..end`.
    fn name(&mut self, start: usize, end: usize) {
        let text = self.text;
        // Other alphabets count: a mark in front of an option makes a word of them, as what it hides did.
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 128 || matches!(byte, b'_' | b'-' | b'.');
        let mut from = start - text[..start].iter().rev().take(64).take_while(|byte| part(byte)).count();
        // The letter of an escape, as in \n, is no part of the name behind it.
        if from > 0 && from < start && text[from - 1] == b'\\' && matches!(text[from], b'n' | b'r' | b't') {
            from += 1;
        }
        // Of the word only what is a part of a name counts: some words end with the sign behind the name.
        let within = end - text[start..end].iter().rev().take_while(|byte| !part(byte)).count();
        let to = within + text[within..].iter().take(64).take_while(|byte| part(byte)).count();
        // A sentence ends in a full stop, a name does not.
        let to = to - text[within..to].iter().rev().take_while(|byte| **byte == b'.').count();
        let Some(named) = names::named(&text[from..to]) else { return };
        let option = text[from] == b'-';

        let sign = Sign::read(text, to);
        match sign {
            Some(Sign::Equals(at, _)) if option && from > 0 && matches!(text[from - 1], b'=' | b'+') => {
                self.equals(at, Style::Encoded, named);
            }
            Some(Sign::Equals(at, style)) => self.equals(at, if option { style.argument() } else { style }, named),
            Some(Sign::Colon(at, style)) => self.colon(from, to, at, style, named),
            Some(Sign::Member(at, quote)) => self.member(from, at, quote, named),
            None if option => {
                if let Some(found) = command::separator(text, to) {
                    self.argument(found, named);
                }
            }
            None => {
                // {"name":"DB_PASSWORD","value":"…"}, as application settings are written.
                if let Some((quote, after)) = quote::at(text, to, false)
                    && text.get(blanks(text, after)) == Some(&b',')
                    && let Some(value) = after_key(text, blanks(text, after) + 1, quote, b"value")
                {
                    self.member(from, value, quote, named);
                }
            }
        }
    }

    fn keeps(&self, value: &[u8], named: Named) -> bool {
        if ["true", "false", "null", "none"].iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes())) {
            return true;
        }
        if named == Named::Token {
            return value.len() <= 5 && value.iter().all(u8::is_ascii_digit);
        }
        let path = value.starts_with(b"/") || value.starts_with(b"~") || value.starts_with(b"./");
        named != Named::Secret && (path || value.get(1..3) == Some(b":\\"))
    }

    /// The value of a member of JSON, which begins at `at`, of which the name begins at `from` and had such quotes.
    fn member(&mut self, from: usize, at: usize, quote: Quote, named: Named) {
        let text = self.text;
        // A name that ends in a quote of its own looks like a doubled quote in a cell of CSV.
        let sure = quote.level == 0 || !quote.doubled || quote.stands_before(text, from);
        if let Some(begin) = quote::same(text, at, quote) {
            let (end, _) = quote::close(text, begin, quote);
            if !self.keeps(&text[begin..end], named) {
                self.hide(begin, end);
            }
            return;
        }
        match text.get(at) {
            // {"value": "…"}, as parameters of Azure deployments are written.
            Some(b'{') => {
                if let Some(value) = after_key(text, at + 1, quote, b"value")
                    && let Some(begin) = quote::same(text, value, quote)
                {
                    let (end, _) = quote::close(text, begin, quote);
                    self.hide(begin, end);
                }
            }
            Some(byte) if sure && (byte.is_ascii_alphanumeric() || *byte == b'-') => {
                let len = text[at..].iter().take_while(|byte| part_of_scalar(**byte)).count();
                if !self.keeps(&text[at..at + len], named) {
                    self.hides.hide_bare(at, at + len, quote);
                    self.pass(at, at + len);
                }
            }
            _ => {}
        }
    }

    fn equals(&mut self, at: usize, style: Style, named: Named) {
        if let Some((start, end)) = self.value(at, style)
            && !self.keeps(&self.text[start..end], named)
        {
            self.hide(start, end);
        }
    }

    fn argument(&mut self, next: Next, named: Named) {
        if let Some((start, end)) = self.argument_at(next)
            && self.text[start] != b'-'
            && !self.keeps(&self.text[start..end], named)
        {
            self.hide(start, end);
        }
    }

    /// `name: value` of YAML, a header or a sentence. In a sentence the next word need not be the value.
    fn colon(&mut self, from: usize, to: usize, at: usize, style: Style, named: Named) {
        let text = self.text;
        let line = text[..from].iter().rev().take(64).take_while(|byte| matches!(byte, b' ' | b'-'));
        let before = from - line.count();
        let value = at + text[at..].iter().take_while(|byte| **byte == b' ').count();
        let lines = style != Style::Encoded && self.lines();
        if lines && (before == 0 || text[before - 1] == b'\n') && value < text.len() {
            // A line of its own: YAML.
            let end = yaml::line_end(text, value);
            if value < end && !matches!(text[value], b'{' | b'[' | b'&' | b'*') && !self.keeps(&text[value..end], named)
            {
                self.scalar(value, before);
            }
            return;
        }
        let Some((start, end)) = self.value(value, style) else { return };
        let word = &text[start..end];
        let last = matches!(text.get(end), None | Some(b'\n' | b'"' | b'\'' | b'\\' | b','));
        // Prose is recognised by its beginning; a longer word is none.
        let head = &word[..word.len().min(128)];
        let plain = head.len() == word.len()
            && word.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b',' | b'.' | b':'));
        let token = text[from..to].to_ascii_lowercase().ends_with(b"token");
        let opaque = word.len() >= 16 && head.iter().any(u8::is_ascii_digit);
        if !self.keeps(word, named) && (opaque || !token && (last || !plain)) {
            self.hide(start, end);
        }
    }

    /// Returns the value that begins at `at`, in quotes or without.
    pub(super) fn value(&mut self, at: usize, style: Style) -> Option<(usize, usize)> {
        let text = self.text;
        if let Some((quote, begin)) = quote::at(text, at, false) {
            // A quote with nothing or a sign of JSON behind it ends the string around, and the value is empty.
            let sign = text.get(begin)?;
            if matches!(sign, b',' | b'}' | b']' | b':' | b'"' | b'\\') || sign.is_ascii_whitespace() {
                return None;
            }
            let (end, _) = quote::close(text, begin, quote);
            return (end > begin).then_some((begin, end));
        }
        if text.get(at) == Some(&b'\'') && !self.no_single {
            let end = memchr::memchr2(b'\'', b'"', &text[at + 1..]).map(|found| at + 1 + found);
            match end {
                Some(end) if text[end] == b'\'' => return (end > at + 1).then_some((at + 1, end)),
                Some(_) => {}
                None => self.no_single = true,
            }
        }
        let end = self.bare(at, style);
        (end > at).then_some((at, end))
    }

    /// Returns where a value without quotes ends. In a long word of nothing but names every name asks for the same.
    pub(super) fn bare(&mut self, at: usize, style: Style) -> usize {
        let (start, end, known) = self.word;
        if known != style || at <= start || at >= end || self.text[at - 1] == b'\\' {
            self.word = (at, bare_end(self.text, at, style), style);
        }
        self.word.1
    }

    pub(super) fn argument_at(&mut self, Next { at, quote, style }: Next) -> Option<(usize, usize)> {
        let Some(quote) = quote else { return self.value(at, style) };
        let (end, after) = quote::close(self.text, at, quote);
        // Behind a name comes a colon: that was the next member, not the next argument.
        let key = self.text.get(blanks(self.text, after)) == Some(&b':');
        (end > at && !key).then_some((at, end))
    }

    /// The annotation that holds all of an object, and in it whatever the object holds.
    fn applied(&mut self, end: usize) {
        let text = self.text;
        let to = end + text[end..].iter().take(64).take_while(|byte| byte.is_ascii_alphabetic()).count();
        match Sign::read(text, to) {
            Some(Sign::Member(at, quote)) => {
                if let Some(begin) = quote::same(text, at, quote) {
                    let (end, _) = quote::close(text, begin, quote);
                    self.hide(begin, end);
                }
            }
            Some(Sign::Colon(at, _)) => {
                let from = end - text[..end].iter().rev().take(256).take_while(|byte| **byte != b'\n').count();
                let value = at + text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\r')).count();
                let key = !text[from..end].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'{' | b'='));
                if self.json() || !key {
                    self.rest(value);
                } else if value < text.len() && text[value] != b'{' {
                    self.scalar(value, from);
                } else if !text[value..].starts_with(b"{}") {
                    self.rest(value);
                }
            }
            Some(Sign::Equals(at, _)) => self.rest(at),
            None => {}
        }
    }

    /// Hides a scalar of YAML that begins at `at` and whose member stands on a line that begins at `line`. Its mark
    /// needs quotes where the value had none; behind an empty first line the value is what is further in.
    fn scalar(&mut self, at: usize, line: usize) {
        let text = self.text;
        if mark_len(&text[at..]).is_some() {
            return;
        }
        let (scalar, _) = yaml::scalar(text, at, yaml::line_end(text, at), yaml::column(text, line));
        if mark_len(&text[scalar.start..]).is_some() {
            return;
        }
        match scalar.quote {
            Some(quote) => self.hides.hide_bare(scalar.start, scalar.end, quote),
            None => self.hides.hide(scalar.start, scalar.end),
        }
        self.pass(scalar.start, scalar.end);
    }

    /// Hides the rest of a line, or of the string it is in.
    fn rest(&mut self, at: usize) {
        if mark_len(&self.text[at..]).is_none() {
            let end = if self.json() { quote::close_line(self.text, at) } else { yaml::line_end(self.text, at) };
            self.hide(at, end);
        }
    }

    /// A header with credentials; the scheme stays, for it is no secret. `at` is behind the name.
    fn authorization(&mut self, at: usize) {
        let text = self.text;
        if !at.checked_sub(13).is_some_and(|from| text[from..at].eq_ignore_ascii_case(b"authorization")) {
            return;
        }
        let (value, style, quote) = match Sign::read(text, at) {
            Some(Sign::Equals(at, style) | Sign::Colon(at, style)) => (at, style, None),
            Some(Sign::Member(at, quote)) => {
                let inner = if text.get(at) == Some(&b'[') { blanks(text, at + 1) } else { at };
                match quote::same(text, inner, quote) {
                    Some(begin) => (begin, Style::Argument, Some(quote)),
                    None => return,
                }
            }
            None => return,
        };
        let start = value + shapes::gaps(&text[value..], style);
        let len =
            text[start..].iter().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let scheme = text[start..start + len].to_ascii_lowercase();
        let known = matches!(
            scheme.as_slice(),
            b"bearer" | b"basic" | b"token" | b"negotiate" | b"digest" | b"sharedkey" | b"aws4-hmac-sha256"
        );
        let gap = shapes::gaps(&text[start + len..], style);
        let credential = if known && gap > 0 { start + len + gap } else { start };
        let end = match quote {
            Some(quote) => quote::close(text, credential, quote).0,
            None => self.bare(credential, if style == Style::Encoded { style } else { Style::Argument }),
        };
        let word = &text[credential..end];
        let head = &word[..word.len().min(128)];
        let strange = matches!(word.first(), Some(b'{' | b'\\')) || memchr::memmem::find(head, b"://").is_some();
        let opaque = word.len() >= 16 && !head.contains(&b' ') && !strange;
        if known && gap > 0 || opaque && head.iter().any(u8::is_ascii_digit) {
            self.hide(credential, end);
        }
    }
}
