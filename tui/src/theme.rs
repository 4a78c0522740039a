//! Colours by role, so that no view names a colour. Meaning is always carried by a word or a shape; without colour
//! nothing is lost.

use ratatui::style::{Color, Modifier, Style};

use crate::{
    ask::Level,
    keymap::{BUILT_IN, Keymap},
};

/// How the screens look, chosen once at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub colour: bool,
    pub theme: Theme,
    /// The keys, as the user has them.
    pub keys: &'static Keymap,
    /// Bars and marks in plain ASCII, for terminals and fonts without block glyphs.
    pub ascii: bool,
}

/// How colours are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen.
    #[default]
    Colours,
    /// Nothing dim, all that matters bright and bold.
    Contrast,
    /// Black, white and greys.
    Grey,
}

impl Theme {
    /// Every theme with its name.
    pub const ALL: [(Theme, &str); 3] =
        [(Theme::Colours, "colours"), (Theme::Contrast, "contrast"), (Theme::Grey, "grey")];

    /// Returns the theme of this name.
    pub fn named(name: &str) -> Option<Theme> {
        Theme::ALL.iter().find(|(_, known)| *known == name).map(|(theme, _)| *theme)
    }
}

impl Options {
    /// Returns what the environment asks for: a non-empty `NO_COLOR` or `TERM=dumb` turns colour off.
    pub fn from_env() -> Options {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        Options { colour: set("NO_COLOR").is_none() && !dumb, ascii: dumb, theme: Theme::Colours, keys: &BUILT_IN }
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
        let (colour, modifier) = match self.theme {
            Theme::Colours => (colour, modifier),
            // What is old or secondary is told from the rest by slant, which needs no faint letters.
            Theme::Contrast if modifier == Modifier::DIM => (Some(Color::White), Modifier::ITALIC),
            Theme::Contrast => (Some(colour.map_or(Color::White, bright)), modifier | Modifier::BOLD),
            Theme::Grey => (Some(grey(role)), modifier),
        };
        let style = Style::default().add_modifier(modifier);
        match colour {
            Some(colour) if self.colour => style.fg(colour),
            _ => style,
        }
    }
}

fn bright(colour: Color) -> Color {
    match colour {
        Color::Red => Color::LightRed,
        Color::Green => Color::LightGreen,
        Color::Yellow => Color::LightYellow,
        Color::Blue => Color::LightBlue,
        Color::Magenta => Color::LightMagenta,
        Color::Cyan => Color::LightCyan,
        other => other,
    }
}

fn grey(role: Role) -> Color {
    match role {
        Role::Faint | Role::Bar | Role::Level(Level::Informational) => Color::DarkGray,
        Role::Title | Role::Key | Role::Bad | Role::Level(Level::Critical | Level::High) => Color::White,
        _ => Color::Gray,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 9] = [
        Role::Plain,
        Role::Faint,
        Role::Title,
        Role::Match,
        Role::Bar,
        Role::Bad,
        Role::Level(Level::Critical),
        Role::Level(Level::Low),
        Role::Level(Level::Informational),
    ];

    #[test]
    fn no_colour_is_stronger_than_any_theme() {
        for (theme, _) in Theme::ALL {
            let options = Options { colour: false, ascii: false, theme, keys: &BUILT_IN };
            assert!(ROLES.iter().all(|role| options.style(*role).fg.is_none()));
        }
    }

    #[test]
    fn high_contrast_has_nothing_dim_and_grey_has_only_greys() {
        let of = |theme| ROLES.map(|role| Options { colour: true, ascii: false, theme, keys: &BUILT_IN }.style(role));
        assert!(of(Theme::Contrast).iter().all(|style| !style.add_modifier.contains(Modifier::DIM)));
        let greys = [Color::DarkGray, Color::Gray, Color::White].map(Some);
        assert!(of(Theme::Grey).iter().all(|style| greys.contains(&style.fg)));
    }

    #[test]
    fn themes_are_known_by_name() {
        assert_eq!(Theme::named("grey"), Some(Theme::Grey));
        assert_eq!(Theme::named("pink"), None);
    }
}
