//! The manual inside the program: docs/screens.md and docs/guide.md as they were when it was built, so that it needs no
//! network and cannot be of another version. The chapter of the screen it is opened on comes first, its keys with it.

use ratatui::layout::Rect;

use crate::{
    keys::{Action, Binding},
    text::{columns, cut, wrap},
    theme::{Options, Role},
    views::{help, moved},
    widgets::{
        input::Input,
        pen::{Pen, scroll, top},
    },
};

/// The texts, in their order.
const TEXTS: [&str; 2] = [include_str!("../../docs/screens.md"), include_str!("../../docs/guide.md")];
/// Lines are not longer than this, however wide the terminal: a longer one is hard to read.
const WIDEST: u16 = 100;

/// A stretch of the manual under one heading of the second rank, or a whole text's beginning.
pub struct Chapter {
    pub title: String,
    blocks: Vec<Block>,
}

#[derive(Debug, PartialEq, Eq)]
enum Block {
    Paragraph(String),
    /// A point of a list.
    Point(String),
    Code(String),
    Blank,
}

/// A line as it is drawn.
pub type Line = (Role, String);

/// The manual while it is open.
#[derive(Debug)]
pub struct Manual {
    screen: &'static str,
    tables: Vec<&'static [Binding]>,
    first: u64,
    pattern: String,
    prompt: Option<Input>,
    note: Option<String>,
}

/// Returns every chapter, in the order of the texts.
pub fn chapters() -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for text in TEXTS {
        let mut code = false;
        for line in text.lines() {
            if line.starts_with("```") {
                code = !code;
                continue;
            }
            let heading = line.strip_prefix("## ").or(line.strip_prefix("# ")).filter(|_| !code);
            if let Some(title) = heading {
                chapters.push(Chapter { title: plain(title), blocks: Vec::new() });
                continue;
            }
            let Some(chapter) = chapters.last_mut() else { continue };
            let goes_on = chapter.blocks.last_mut().filter(|_| !code && !line.is_empty());
            match (goes_on, line.strip_prefix("- ")) {
                _ if code => chapter.blocks.push(Block::Code(line.to_string())),
                _ if line.is_empty() => chapter.blocks.push(Block::Blank),
                (_, Some(point)) => chapter.blocks.push(Block::Point(plain(point))),
                // Lines of a paragraph are one; the screen breaks them anew.
                (Some(Block::Paragraph(text) | Block::Point(text)), None) => {
                    *text += &format!(" {}", plain(line.trim()))
                }
                (_, None) => chapter.blocks.push(Block::Paragraph(plain(line))),
            }
        }
    }
    chapters
}

/// Takes marks of Markdown away: the address of a link, and stars. Ticks stay: they tell a key from a word.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, more)| Some((words, more.split_once(')')?.1)));
        plain += before;
        match link.filter(|(words, _)| !words.contains('[')) {
            Some((words, more)) => (plain, rest) = (plain + words, more),
            None => (plain, rest) = (plain + "[", after),
        }
    }
    (plain + rest).replace("**", "")
}

/// Returns the lines at a width, the chapter of a screen first and its keys behind it. Headings are those with the role of one.
pub fn lines(screen: &str, tables: &[&'static [Binding]], width: u16, theme: Options) -> Vec<Line> {
    let room = usize::from(width.min(WIDEST).saturating_sub(2)).max(8);
    let (own, others): (Vec<Chapter>, Vec<Chapter>) =
        chapters().into_iter().partition(|chapter| chapter.title == screen);
    let mut lines = Vec::new();
    for (at, chapter) in own.iter().chain(&others).enumerate() {
        lines.push((Role::Title, chapter.title.clone()));
        for block in &chapter.blocks {
            match block {
                Block::Blank => lines.push((Role::Plain, String::new())),
                Block::Code(line) => lines.push((Role::Key, cut(&format!("    {line}"), room).into_owned())),
                Block::Paragraph(words) => lines.extend(wrap(words, room).into_iter().map(|line| (Role::Plain, line))),
                Block::Point(words) => {
                    let indented = wrap(words, room.saturating_sub(2)).into_iter().enumerate();
                    let mark = |at| if at == 0 { "- " } else { "  " };
                    lines.extend(indented.map(|(at, line)| (Role::Plain, format!("{}{line}", mark(at)))));
                }
            }
        }
        if at == 0 && !own.is_empty() {
            lines.push((Role::Heading, format!("Keys of {screen}")));
            let keys = help::lines(tables, width.min(WIDEST), theme).into_iter();
            lines.extend(keys.map(|(key, words)| (Role::Plain, format!("{key:<15}{words}").trim_end().to_string())));
            lines.push((Role::Plain, String::new()));
        }
    }
    lines
}

impl Manual {
    pub fn new(screen: &'static str, tables: Vec<&'static [Binding]>) -> Manual {
        Manual { screen, tables, first: 0, pattern: String::new(), prompt: None, note: None }
    }

    pub fn prompt(&self) -> Option<&Input> {
        self.prompt.as_ref()
    }

    pub fn prompt_mut(&mut self) -> Option<&mut Input> {
        self.prompt.as_mut()
    }

    /// Does what a key asks. Returns false when the manual is closed by it.
    pub fn act(&mut self, action: Action, area: Rect, theme: Options) -> bool {
        self.note = None;
        let lines = lines(self.screen, &self.tables, area.width, theme);
        let height = area.height.saturating_sub(1);
        let last = (lines.len() as u64).saturating_sub(u64::from(height));
        if let Some(input) = self.prompt.take() {
            if action == Action::Submit {
                self.pattern = input.text().to_lowercase();
                // What is in sight already counts.
                self.find(&lines, true, self.first);
            }
            return true;
        }
        let chapter = |from: u64, on: bool| {
            let is_title = |at: &u64| lines.get(*at as usize).is_some_and(|(role, _)| *role == Role::Title);
            if on { (from + 1..lines.len() as u64).find(is_title) } else { (0..from).rev().find(is_title) }
        };
        match action {
            Action::Search => self.prompt = Some(Input::default()),
            Action::Next => self.find(&lines, true, self.first + 1),
            Action::Previous => self.find(&lines, false, self.first),
            Action::Right => self.first = chapter(self.first, true).unwrap_or(self.first).min(last),
            Action::Left => self.first = chapter(self.first, false).unwrap_or(0),
            // A line that was found may stand nearer to the end than movement leads.
            action => match moved(action, self.first.min(last), lines.len() as u64, height) {
                Some(to) => self.first = to.min(last),
                None => return false,
            },
        }
        true
    }

    /// Goes to the first line that has what is looked for, from a line on, or the last one before it.
    fn find(&mut self, lines: &[Line], on: bool, from: u64) {
        let fits =
            |at: &u64| lines.get(*at as usize).is_some_and(|(_, line)| line.to_lowercase().contains(&self.pattern));
        let found = match (self.pattern.is_empty(), on) {
            (true, _) => None,
            (_, true) => (from..lines.len() as u64).find(fits),
            (_, false) => (0..from.min(lines.len() as u64)).rev().find(fits),
        };
        match found {
            Some(at) => self.first = at,
            None if self.pattern.is_empty() => {
                self.note = Some("nothing was searched for yet: / finds text".to_string())
            }
            None => self.note = Some("none further on in this direction; g goes to the top".to_string()),
        }
    }

    pub fn draw(&self, pen: &mut Pen<'_>, mut area: Rect) {
        let lines = lines(self.screen, &self.tables, area.width, pen.theme);
        let head = top(1, &mut area);
        // A line that was found stays at the top, even near the end.
        let first = scroll(self.first, self.first.min((lines.len() as u64).saturating_sub(1)), 1);
        let chapter = lines.iter().take(first as usize + 1).rev().find(|(role, _)| *role == Role::Title);
        let title = chapter.map_or("", |(_, title)| title.as_str());
        let x = pen.write(head, (1, 0), &format!("Manual: {title}"), Role::Title);
        let last = (first + u64::from(area.height)).min(lines.len() as u64);
        let words = match &self.note {
            Some(note) => format!("{note} "),
            None => format!("lines {}–{last} of {} ", first + 1, lines.len()),
        };
        pen.right(head, x + 1, 0, &words, Role::Faint);
        for (y, (role, line)) in (0..area.height).zip(lines.iter().skip(first as usize)) {
            pen.write(area, (1, y), line, *role);
            self.mark(pen, area, y, line);
        }
    }

    /// Shows where in a line the text is that was looked for.
    fn mark(&self, pen: &mut Pen<'_>, area: Rect, y: u16, line: &str) {
        let lower = line.to_lowercase();
        // Letters whose small form is longer would put the mark elsewhere; the manual has none, and then nothing is marked.
        if self.pattern.is_empty() || lower.len() != line.len() {
            return;
        }
        for (at, found) in lower.match_indices(&self.pattern) {
            if let (Some(before), Some(words)) = (line.get(..at), line.get(at..at + found.len())) {
                let x = u16::try_from(columns(before)).unwrap_or(u16::MAX).saturating_add(1);
                pen.write(area, (x, y), words, Role::Match);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_a_chapter() {
        let titles: Vec<String> = chapters().into_iter().map(|chapter| chapter.title).collect();
        for (screen, _) in crate::screens() {
            assert!(titles.iter().any(|title| title == screen), "{screen} is not in docs/screens.md");
        }
    }

    #[test]
    fn marks_of_markdown_are_taken_away() {
        assert_eq!(plain("see [the list](a/b.md), `x` and **y** [z]"), "see the list, `x` and y [z]");
        assert_eq!(plain("a [b [c](d)"), "a [b c");
    }

    #[test]
    fn paragraphs_are_broken_anew_and_code_keeps_its_lines() {
        for (_, line) in lines("Overview", &[], 40, Options::from_env()) {
            assert!(columns(&line) <= 38, "{line}");
        }
        let code =
            chapters().into_iter().flat_map(|chapter| chapter.blocks).filter(|block| matches!(block, Block::Code(_)));
        assert!(code.count() > 10, "the guide has commands");
    }
}
