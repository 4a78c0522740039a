//! Text the user writes: one line or several, one cursor. What is pasted may come from evidence, so it is kept as it
//! is and drawn visibly like everything else.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    text::{columns, visible},
    theme::Role,
    widgets::pen::{Pen, scroll},
};

#[derive(Clone, Debug, Default)]
pub struct Input {
    text: String,
    /// Where the next character goes, in bytes.
    cursor: usize,
}

impl Input {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts other text in place of this one, the cursor behind it.
    pub fn set(&mut self, text: &str) {
        self.text = text.to_string();
        self.cursor = self.text.len();
    }

    pub fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    pub fn on_first_line(&self) -> bool {
        !self.text[..self.cursor].contains('\n')
    }

    pub fn on_last_line(&self) -> bool {
        !self.text[self.cursor..].contains('\n')
    }

    /// Where the next character goes, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Says whether a name is being written: a letter, a digit, an underscore or the point before a column is before the
    /// cursor.
    pub fn in_word(&self) -> bool {
        self.text[..self.cursor].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
    }

    /// Puts a text in place of what stands from `start` to the cursor.
    pub fn replace(&mut self, start: usize, text: &str) {
        self.delete(start..self.cursor);
        self.insert(text);
    }

    /// Changes the text as the key says. Keys that are no text and no movement do nothing.
    pub fn key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if control => self.cursor = self.line_start(),
            KeyCode::Char('e') if control => self.cursor = self.line_end(),
            KeyCode::Char('u') if control => self.delete(self.line_start()..self.cursor),
            KeyCode::Char('w') if control => self.delete(self.word_start()..self.cursor),
            KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => {}
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.delete(self.before()..self.cursor),
            KeyCode::Delete => self.delete(self.cursor..self.after()),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = self.line_start(),
            KeyCode::End => self.cursor = self.line_end(),
            KeyCode::Up if !self.on_first_line() => self.move_line(self.line_start() - 1, false),
            KeyCode::Down if !self.on_last_line() => self.move_line(self.line_end() + 1, true),
            _ => {}
        }
    }

    /// Draws the text from its top-left, scrolled so that the cursor is seen; the cursor only if `focus`.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, focus: bool) {
        let lines: Vec<&str> = self.text.split('\n').collect();
        let line = self.text[..self.cursor].matches('\n').count();
        let before = visible(&self.text[self.line_start()..self.cursor]).into_owned();
        let first = scroll(0, line as u64, u64::from(area.height)) as usize;
        let room = usize::from(area.width).saturating_sub(1);
        for (y, (at, text)) in (0..area.height).zip(lines.iter().enumerate().skip(first)) {
            let text = visible(text);
            // A long line slides left as a whole, cursor at its right edge.
            let skipped = if at == line { skip(&text, columns(&before).saturating_sub(room)) } else { 0 };
            pen.write(area, (0, y), &text[skipped..], Role::Plain);
            if at == line && focus {
                let x = columns(before.get(skipped..).unwrap_or("")) as u16;
                let under = visible(&self.text[self.cursor..self.after()]).into_owned();
                let under = if under.is_empty() || self.text[self.cursor..].starts_with('\n') { " " } else { &under };
                pen.write(area, (x, y), under, Role::Cursor);
            }
        }
    }

    fn delete(&mut self, range: std::ops::Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_start(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8())
    }

    /// Moves to the line that ends (or, going down, starts) at `edge`, keeping the place in the line.
    fn move_line(&mut self, edge: usize, down: bool) {
        let place = self.text[self.line_start()..self.cursor].graphemes(true).count();
        let start = if down { edge } else { self.text[..edge].rfind('\n').map_or(0, |at| at + 1) };
        self.cursor = start;
        let end = self.line_end();
        self.cursor = self.text[start..end].grapheme_indices(true).nth(place).map_or(end, |(at, _)| start + at);
    }
}

/// Returns where the text begins when its first `width` columns are left out.
fn skip(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if used >= width {
            return at;
        }
        used += columns(grapheme);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[KeyCode]) -> Input {
        let mut input = Input::default();
        keys.iter().for_each(|code| input.key(KeyEvent::new(*code, KeyModifiers::NONE)));
        input
    }

    #[test]
    fn deleting_takes_a_whole_grapheme() {
        let mut input = Input::default();
        input.insert("ae\u{301}");
        input.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
        assert_eq!(input.text(), "a");
    }

    #[test]
    fn moving_between_lines_keeps_the_place() {
        let mut input = typed(&[]);
        input.insert("select\n1\nfrom audit");
        input.key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        input.key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        input.insert("X");
        assert_eq!(input.text(), "sXelect\n1\nfrom audit");
    }

    #[test]
    fn a_name_being_written_is_replaced_by_another() {
        let mut input = Input::default();
        input.insert("select é,user_n");
        assert!(input.in_word());
        input.replace("select é,".len(), "user_name");
        assert_eq!(input.text(), "select é,user_name");
        input.insert(" ");
        assert!(!input.in_word());
    }

    #[test]
    fn a_word_is_deleted_back_to_the_space_before_it() {
        let mut input = Input::default();
        input.insert("from audit ");
        input.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "from ");
    }
}
