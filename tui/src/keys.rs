//! Every key, once. A table of bindings is what a view obeys, what its footer shows and what its help prints, so the
//! three cannot disagree; a test refuses a key with two meanings on one screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::keymap::Keymap;

/// What a key asks for. Views decide what it means to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Overview,
    Timeline,
    Findings,
    Sql,
    Snapshot,
    Rules,
    CaseFile,
    Help,
    Manual,
    Palette,
    Zone,
    Replay,
    Back,
    Close,
    AskToQuit,
    Quit,
    Reload,
    Down,
    Up,
    Top,
    End,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    Left,
    Right,
    Open,
    Focus,
    Raw,
    FilterIn,
    FilterOut,
    OnlyThis,
    KeepMatches,
    Follow,
    Context,
    ShowAll,
    Undo,
    Search,
    Next,
    Previous,
    NextSame,
    PreviousSame,
    NextFinding,
    PreviousFinding,
    ZoomIn,
    ZoomOut,
    Earlier,
    Later,
    BinBack,
    BinOn,
    DayBack,
    DayOn,
    GoTo,
    Copy,
    Values,
    Sort,
    Strip,
    Edit,
    Run,
    ToTimeline,
    Complete,
    Recall,
    Submit,
    Older,
    Newer,
    RunRule,
    EditRule,
    Risky,
    WhoCan,
    Explain,
    Mark,
    Tag,
    Comment,
    Story,
    Name,
    Fold,
    Compare,
    Windows,
    NameWindow,
    NextFindingDay,
    PreviousFindingDay,
    About,
    ToEvents,
    UndoNote,
    TakeBack,
    Merge,
    OnlyNoted,
    NextNoted,
    PreviousNoted,
    Fixture,
    Export,
    Behind,
    Suspend,
    Sweep,
    Hunts,
    SaveHunt,
    Chart,
    Play,
    UntilFinding,
    Faster,
    Slower,
    StepOn,
    StepBack,
}

/// One action of a screen.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys that do it, as `spell` writes them, a space between.
    pub key: &'static str,
    /// The word in the footer; empty keeps it out of the footer. `h l|column` names the keys to show before the word.
    pub label: &'static str,
    /// The sentence in the help.
    pub doc: &'static str,
    pub action: Action,
}

const fn bind(key: &'static str, action: Action, label: &'static str, doc: &'static str) -> Binding {
    Binding { key, label, doc, action }
}

/// Keys that mean the same on every screen.
pub static EVERYWHERE: &[Binding] = &[
    bind("1", Action::Overview, "", "the overview: coverage, findings by level, blind rules"),
    bind("2", Action::Timeline, "", "the timeline: every event in order"),
    bind("3", Action::Findings, "", "the findings and their chains of evidence"),
    bind("4 ;", Action::Sql, "", "the SQL workbench"),
    bind("5", Action::Snapshot, "", "the objects of snapshots, and whom RBAC allows what"),
    bind("6", Action::Rules, "", "the rules and how each fares on this case"),
    bind("7", Action::CaseFile, "", "the case: story, notes, evidence, journal"),
    bind(":", Action::Palette, "", "anything this screen can do, by name"),
    bind("L", Action::Zone, "", "the time zone of every screen: +02:00, utc"),
    bind("R", Action::Replay, "", "the replay bar: open it, take its keys, give them back"),
    bind("?", Action::Help, "keys", "the keys of this screen"),
    bind("F1", Action::Manual, "", "the manual, at the chapter of this screen"),
    bind("Esc", Action::Back, "back", "stop what is loading, else close what is open, else go back"),
    bind("q", Action::Close, "quit", "close what is open, else ask whether to quit"),
    bind("Q", Action::AskToQuit, "", "ask whether to quit"),
    bind("^z", Action::Suspend, "", "leave to the shell for a while; fg comes back"),
    bind("^c", Action::Quit, "", "quit at once; looking never changes a case"),
];

/// Asking again. F5 runs the query on the SQL screen, so that screen has a table of its own for it.
pub static RELOAD: &[Binding] = &[bind("F5 ^r", Action::Reload, "reload", "ask again")];

/// Writing notes on an event or a finding. All of it goes into the case's journal, and nothing is ever taken out of it.
pub static NOTES: &[Binding] = &[
    bind("m", Action::Mark, "m t T P|note", "mark it; again: take the mark back"),
    bind("t", Action::Tag, "", "tag it"),
    bind("T", Action::Comment, "", "comment on it"),
    bind("P", Action::Story, "", "put it into the story"),
    bind("A", Action::Name, "", "say what people call the actor"),
    bind("D", Action::UndoNote, "", "take back the last note of the case; the journal keeps it"),
];

/// Taking something out of the case, on screens that show events or findings.
pub static OUTGOING: &[Binding] = &[
    bind("K", Action::Fixture, "", "write a test of a rule from it, names changed"),
    bind("Y", Action::Export, "", "export: these events (.jsonl .csv), or the finding (.json)"),
];

/// Moving about, the same wherever there are lines.
pub static MOVE: &[Binding] = &[
    bind("j Down", Action::Down, "", "one line down"),
    bind("k Up", Action::Up, "", "one line up"),
    bind("g Home", Action::Top, "", "the first line"),
    bind("G End", Action::End, "", "the last line"),
    bind("^d", Action::HalfDown, "", "half a page down"),
    bind("^u", Action::HalfUp, "", "half a page up"),
    bind("Space PgDn", Action::PageDown, "", "a page down"),
    bind("PgUp", Action::PageUp, "", "a page up"),
];

pub static OVERVIEW: &[Binding] = &[
    bind("Enter", Action::Open, "open", "a source's events; a level's findings; the rows of a question"),
    bind("s", Action::Sweep, "sweep", "ask the preset questions of the whole case"),
];

pub static TIMELINE: &[Binding] = &[
    bind("Enter", Action::Open, "open", "the event in full, beside the table on a wide terminal"),
    bind("p", Action::Raw, "raw", "in the detail: decoded fields, raw bytes, raw bytes indented"),
    bind("Tab", Action::Focus, "other pane", "move between table and detail when both are seen"),
    bind("h Left", Action::Left, "", "the column to the left"),
    bind("l Right", Action::Right, "h l|column", "the column to the right"),
    bind("+", Action::FilterIn, "+ -|filter", "keep rows with this cell's value; on a time: from here on"),
    bind("-", Action::FilterOut, "", "drop rows with this cell's value; on a time: up to here"),
    bind("=", Action::OnlyThis, "only", "only this value, no other condition; on a time: a minute around"),
    bind("a", Action::Undo, "undo", "undo the last filter or zoom"),
    bind("x", Action::ShowAll, "", "show all: no filter, no window (a brings them back)"),
    bind("/", Action::Search, "find", "find text in any column; other rows stay"),
    bind("n", Action::Next, "", "the next match"),
    bind("N", Action::Previous, "", "the match before"),
    bind("&", Action::KeepMatches, "", "keep only rows with the text that was searched for"),
    bind("o", Action::NextSame, "o O|same actor", "the next event of the same actor"),
    bind("O", Action::PreviousSame, "", "the event before of the same actor"),
    bind("f", Action::Follow, "follow", "follow the actor: all its events, in every source"),
    bind("v", Action::Values, "values", "the values of this column: how often, and when"),
    bind("c", Action::Context, "context", "what everybody did two minutes before and after this event"),
    bind("e", Action::NextFinding, "e E|finding", "the next event that belongs to a finding"),
    bind("E", Action::PreviousFinding, "", "the event before that belongs to a finding"),
    bind("z", Action::ZoomIn, "z Z|zoom", "half the time, around this event"),
    bind("Z", Action::ZoomOut, "", "twice the time"),
    bind("[", Action::Earlier, "", "the window half its length earlier"),
    bind("]", Action::Later, "", "the window half its length later"),
    bind("<", Action::BinBack, "", "one bin of the strip back"),
    bind(">", Action::BinOn, "", "one bin of the strip on"),
    bind("(", Action::DayBack, "", "one day back"),
    bind(")", Action::DayOn, "", "one day on"),
    bind("^p", Action::PreviousFindingDay, "", "the day before that has a finding"),
    bind("^n", Action::NextFindingDay, "", "the next day that has a finding"),
    bind("@", Action::GoTo, "go to", "go to a time: 02:14, 2026-03-12 02:14, from here +15m -2h +1d"),
    bind("r", Action::Fold, "", "fold repeats into one line each, Enter unfolds one; again: all"),
    bind("d", Action::Compare, "", "this event is A; on another: compares the two field by field"),
    bind("w", Action::Windows, "", "the named windows of time: go to one, compare two"),
    bind("W", Action::NameWindow, "", "name the window that is seen; the name belongs to the case"),
    bind("*", Action::About, "", "all about whom this cell names, else about the actor"),
    bind("u", Action::NextNoted, "u U|notes", "the next event with a note"),
    bind("U", Action::PreviousNoted, "", "the event before with a note"),
    bind("M", Action::OnlyNoted, "", "only events with a note; again: all of them"),
    bind("y", Action::Copy, "", "copy the cell, or the record in the detail (OSC 52)"),
    bind("i", Action::Strip, "", "the strip: three rows, six rows, none"),
];

pub static FINDINGS: &[Binding] = &[
    bind("Enter", Action::Open, "open", "the chain; in the chain: that very event in the timeline"),
    bind("Tab", Action::Focus, "list/chain", "move between the list and the chain"),
    bind("f", Action::Follow, "follow", "follow the actor: all its events in the timeline"),
    bind("*", Action::About, "", "all about who acted, else about what the finding is on"),
    bind("e", Action::Explain, "explain", "why the rule hits this event, part by part; again: put it away"),
    bind("s", Action::Sort, "sort", "sort by level, by time, by actor, by number of events"),
    bind("B", Action::Behind, "", "the query that finds its events, run on the SQL screen"),
    bind("/", Action::Search, "find", "find text in the list"),
    bind("n", Action::Next, "", "the next match"),
    bind("N", Action::Previous, "", "the match before"),
    bind("y", Action::Copy, "", "copy the finding, or the event in the chain (OSC 52)"),
];

/// The page about somebody or something, opened from a cell or a finding.
pub static ABOUT: &[Binding] = &[
    bind("Enter", Action::Open, "open", "its events with this value; the finding; the other's page"),
    bind(">", Action::ToEvents, "events", "all its events in the timeline, whatever the source"),
    bind("Tab", Action::Focus, "next part", "the next part of the page, or the other column"),
    bind("y", Action::Copy, "", "copy the page (OSC 52)"),
];

/// Two events or two windows side by side, opened with d on the second.
pub static COMPARE: &[Binding] = &[
    bind("Enter", Action::Open, "open", "of windows: the events with this value; of events: B"),
    bind("d", Action::Compare, "differences", "only what differs; again: what is the same as well"),
    bind("Tab", Action::Focus, "list/in full", "move between the list and its line in full"),
    bind("y", Action::Copy, "", "copy the line in full (OSC 52)"),
];

pub static SNAPSHOT: &[Binding] = &[
    bind("Enter", Action::Open, "open", "open or close a branch; on an object: into what is said of it"),
    bind("h Left", Action::Left, "", "close the branch, else go to the one above"),
    bind("l Right", Action::Right, "", "open the branch"),
    bind("Tab", Action::Focus, "tree/object", "move between the tree and what is said of the object"),
    bind("r", Action::Risky, "risky", "only objects that rules fire on; again: the tree"),
    bind("w", Action::WhoCan, "who can", "ask whom RBAC allows something: create pods/exec -n web"),
    bind("*", Action::About, "", "all about this object: its events, findings and history"),
    bind("p", Action::Raw, "raw", "the object as JSON; again: its facts and history"),
    bind("/", Action::Search, "find", "find an object by namespace, kind or name"),
    bind("n", Action::Next, "", "the next match"),
    bind("N", Action::Previous, "", "the match before"),
    bind("m", Action::Mark, "", "mark the object; again: take the mark back"),
    bind("t", Action::Tag, "", "tag it"),
    bind("T", Action::Comment, "", "comment on it"),
    bind("P", Action::Story, "", "put it into the story"),
    bind("D", Action::UndoNote, "", "take back the last note of the case"),
    bind("y", Action::Copy, "", "copy what is said of it (OSC 52)"),
];

pub static RULES: &[Binding] = &[
    bind("Enter", Action::Open, "findings", "the findings of this rule"),
    bind("r", Action::RunRule, "run", "run this rule alone, now; nothing is written"),
    bind("e", Action::EditRule, "edit", "edit a copy of it in $EDITOR; it is run when that ends"),
    bind("Tab", Action::Focus, "list/rule", "move between the list and what is said of the rule"),
    bind("h Left", Action::Left, "", "fewer rules: only those in the state before"),
    bind("l Right", Action::Right, "h l|state", "only rules in the next state: noisy, hits, blind …"),
    bind("s", Action::Sort, "sort", "sort by state, by level, by name"),
    bind("/", Action::Search, "find", "find text in the list"),
    bind("n", Action::Next, "", "the next match"),
    bind("N", Action::Previous, "", "the match before"),
    bind("y", Action::Copy, "", "copy what is said of the rule (OSC 52)"),
];

pub static CASE: &[Binding] = &[
    bind("Enter", Action::Open, "open", "the event or the window in the timeline, or the finding"),
    bind("d", Action::Compare, "", "on a window: it is A; on another: compares the two"),
    bind("h Left", Action::Left, "", "the section to the left"),
    bind("l Right", Action::Right, "h l|section", "the section to the right"),
    bind("Tab", Action::Focus, "list/pane", "move between the list and what is said of its line"),
    bind("X", Action::TakeBack, "take back", "take back this note; the journal keeps it"),
    bind("M", Action::Merge, "merge", "see what the notes of another case would bring: its folder"),
    bind("D", Action::UndoNote, "", "take back the last note of the case"),
    bind("y", Action::Copy, "", "copy what is said of this line (OSC 52)"),
];

/// What a merge would bring, before anything is written.
pub static MERGE: &[Binding] =
    &[bind("Enter", Action::Submit, "take them over", "take them over; each keeps who wrote it and when")];

/// The replay bar, while it has the keys.
pub static REPLAY: &[Binding] = &[
    bind("Space", Action::Play, "play", "play on, or pause"),
    bind(". Right", Action::StepOn, ". ,|event", "the next event"),
    bind(", Left", Action::StepBack, "", "the event before"),
    bind("> e", Action::NextFinding, "> <|finding", "to where the next finding comes to be"),
    bind("< E", Action::PreviousFinding, "", "to where the finding before came to be"),
    bind("]", Action::Faster, "[ ]|speed", "faster; max is every event, as fast as it can be shown"),
    bind("[", Action::Slower, "", "slower"),
    bind("u", Action::UntilFinding, "until finding", "play until the next finding comes to be"),
    bind("@", Action::GoTo, "go to", "go to a time: 02:14:03, 2026-03-12 02:14, +10m from here"),
    bind("g Home", Action::Top, "", "to the first event"),
    bind("G End", Action::End, "", "to the last event"),
    bind("j Down", Action::Down, "", "the window below"),
    bind("k Up", Action::Up, "", "the window above"),
    bind("Enter", Action::Open, "", "this event in the timeline, which gets the keys"),
    bind("Tab", Action::Focus, "keys to screen", "the keys go to the screen; R takes them back"),
    bind("F5 ^r", Action::Reload, "", "ask again"),
];

pub static SQL: &[Binding] = &[
    bind("i", Action::Edit, "edit", "write in the editor"),
    bind("Enter", Action::Open, "open", "the row in full; in the tables: the name into the editor"),
    bind("Tab", Action::Focus, "next pane", "move between editor, result and tables"),
    bind("^j F5", Action::Run, "run", "run the editor; on a stored question: ask its values, run it"),
    bind("^t", Action::ToTimeline, "timeline", "the row's event in the timeline; needs time, evidence, offset"),
    bind("h Left", Action::Left, "", "the column to the left"),
    bind("l Right", Action::Right, "h l|column", "the column to the right"),
    bind("y", Action::Copy, "", "copy the cell, or the row in full (OSC 52)"),
    bind("b", Action::Chart, "bars", "the result as bars of this column's numbers; again: the table"),
    bind("H", Action::Hunts, "H|hunts", "the stored questions; Enter writes one, ^j asks and runs"),
    bind("S ^o", Action::SaveHunt, "save", "save the query as a stored question: NAME, or NAME TITLE"),
    bind("^r", Action::Reload, "", "read the tables again"),
];

/// Inside the SQL editor, where other keys are text.
pub static EDITOR: &[Binding] = &[
    bind("^j F5", Action::Run, "run", "run what is written; asks for the values of $names"),
    bind("Esc", Action::Back, "leave", "stop the query, else leave the editor (then 1-4 and q work)"),
    bind("Tab", Action::Complete, "complete", "complete the name before the cursor, else: the next pane"),
    bind("Up", Action::Older, "history", "on the first line: the query run before"),
    bind("Down", Action::Newer, "", "on the last line: the query run after"),
    bind("^r", Action::Recall, "", "the last query with what is written; again: the one before"),
    bind("F1", Action::Manual, "manual", "the manual, with the keys of this screen"),
    bind("^o", Action::SaveHunt, "save", "save it as a stored question: NAME, or NAME TITLE"),
    bind("^c", Action::Quit, "", "quit at once"),
];

/// Inside the palette, where other keys are text.
pub static PALETTE: &[Binding] = &[
    bind("Enter ^j", Action::Submit, "do it", "do what is chosen"),
    bind("Tab", Action::Complete, "complete", "write the name that is chosen"),
    bind("Up", Action::Older, "↑ ↓|choose", "the one above"),
    bind("Down", Action::Newer, "", "the one below"),
    bind("Esc", Action::Back, "leave", "leave things as they are"),
    bind("^c", Action::Quit, "", "quit at once"),
];

/// Inside the manual.
pub static MANUAL: &[Binding] = &[
    bind("/", Action::Search, "find", "find text"),
    bind("n", Action::Next, "n N|next", "the next match"),
    bind("N", Action::Previous, "", "the match before"),
    bind("l Right", Action::Right, "h l|chapter", "the next chapter"),
    bind("h Left", Action::Left, "", "the chapter before"),
];

/// Inside a one-line question, where other keys are text.
pub static PROMPT: &[Binding] = &[
    bind("Enter ^j", Action::Submit, "go", "find it, or go there"),
    bind("Esc", Action::Back, "leave", "leave things as they are"),
    bind("^c", Action::Quit, "", "quit at once"),
];

/// Every set of tables that hold together, by the name of the screen.
pub static SCREENS: &[(&str, &[&[Binding]])] = &[
    ("overview", &[EVERYWHERE, RELOAD, MOVE, OVERVIEW]),
    ("timeline", &[EVERYWHERE, RELOAD, MOVE, TIMELINE, NOTES, OUTGOING]),
    ("findings", &[EVERYWHERE, RELOAD, MOVE, FINDINGS, NOTES, OUTGOING]),
    ("snapshot", &[EVERYWHERE, RELOAD, MOVE, SNAPSHOT]),
    ("rules", &[EVERYWHERE, RELOAD, MOVE, RULES]),
    ("case", &[EVERYWHERE, RELOAD, MOVE, CASE]),
    ("merge", &[EVERYWHERE, RELOAD, MOVE, MERGE]),
    ("about", &[EVERYWHERE, RELOAD, MOVE, ABOUT]),
    ("compare", &[EVERYWHERE, RELOAD, MOVE, COMPARE]),
    ("sql", &[EVERYWHERE, MOVE, SQL]),
    ("editor", &[EDITOR]),
    ("replay", &[EVERYWHERE, REPLAY]),
    ("prompt", &[PROMPT]),
    ("palette", &[PALETTE]),
    ("manual", &[MANUAL, MOVE, EVERYWHERE]),
];

/// Returns what the key asks for in the first of these tables that knows it.
pub fn find(map: &Keymap, tables: &[&[Binding]], key: KeyEvent) -> Option<Action> {
    let spelled = spell(key)?;
    let binding = tables.iter().copied().flatten().find(|b| map.of(b).split(' ').any(|k| k == spelled))?;
    Some(binding.action)
}

/// Returns the name of a key as the tables write it, `None` for a key no table can name.
pub fn spell(key: KeyEvent) -> Option<String> {
    if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char(c) if control => format!("^{}", c.to_ascii_lowercase()),
        KeyCode::Char(' ') => "Space".to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        code => match code {
            KeyCode::Enter => "Enter",
            KeyCode::Esc => "Esc",
            KeyCode::Tab => "Tab",
            KeyCode::Up => "Up",
            KeyCode::Down => "Down",
            KeyCode::Left => "Left",
            KeyCode::Right => "Right",
            KeyCode::Home => "Home",
            KeyCode::End => "End",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            _ => return None,
        }
        .to_string(),
    })
}

#[cfg(test)]
mod tests;
