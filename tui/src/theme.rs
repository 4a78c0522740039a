//! Colours by role, so that no view names a colour. Meaning is always carried by a word or a shape; without colour
//! nothing is lost.

use ratatui::style::{Color, Modifier, Style};

use crate::ask::Level;

/// How the screens look, chosen once at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub colour: bool,
    /// Bars and marks in plain ASCII, for terminals and fonts without block glyphs.
    pub ascii: bool,
}

impl Options {
    /// Returns what the environment asks for: a non-empty `NO_COLOR` or `TERM=dumb` turns colour off.
    pub fn from_env() -> Options {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        Options { colour: set("NO_COLOR").is_none() && !dumb, ascii: dumb }
    }
}

/// What a piece of text is, which decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    /// Old, secondary or missing.
    Faint,
    Title,
    Heading,
    Key,
    /// The line the cursor is on.
    Line,
    /// The cell or word the cursor is on.
    Cursor,
    Match,
    Chip,
    Bar,
    Good,
    Warn,
    Bad,
    Level(Level),
}

impl Options {
    /// Returns the style of a role.
    pub fn style(self, role: Role) -> Style {
        let (colour, modifier) = match role {
            Role::Plain => (None, Modifier::empty()),
            Role::Faint => (None, Modifier::DIM),
            Role::Title => (Some(Color::Cyan), Modifier::BOLD),
            Role::Heading => (None, Modifier::BOLD),
            Role::Key => (Some(Color::Cyan), Modifier::BOLD),
            Role::Line => (None, Modifier::BOLD),
            Role::Cursor => (None, Modifier::REVERSED),
            Role::Match => (Some(Color::Yellow), Modifier::UNDERLINED),
            Role::Chip => (Some(Color::Yellow), Modifier::empty()),
            Role::Bar => (Some(Color::Blue), Modifier::empty()),
            Role::Good => (Some(Color::Green), Modifier::empty()),
            Role::Warn => (Some(Color::Yellow), Modifier::empty()),
            Role::Bad => (Some(Color::Red), Modifier::BOLD),
            Role::Level(Level::Critical) => (Some(Color::Magenta), Modifier::BOLD),
            Role::Level(Level::High) => (Some(Color::Red), Modifier::BOLD),
            Role::Level(Level::Medium) => (Some(Color::Yellow), Modifier::empty()),
            Role::Level(Level::Low) => (Some(Color::Green), Modifier::empty()),
            Role::Level(Level::Informational) => (None, Modifier::DIM),
        };
        let style = Style::default().add_modifier(modifier);
        match colour {
            Some(colour) if self.colour => style.fg(colour),
            _ => style,
        }
    }
}
