//! Names with their values, for one event or one row in full.

use crate::{
    shown::Shown,
    text::{columns, cut, wrap},
    theme::Role,
};

/// A value of more lines than this is long.
const LONG: usize = 4;
/// The most columns the names take.
const NAMES: usize = 22;

/// Returns names to the left, values wrapped to the right of them. What is short comes first, so that one long body
/// does not push the rest out of sight; what is null comes last and only by name.
pub fn lines<'a>(fields: impl Iterator<Item = (&'a Shown, Option<&'a Shown>)>, width: usize) -> Vec<(Role, String)> {
    let fields: Vec<_> = fields.collect();
    let longest = fields.iter().map(|(name, _)| columns(name.text())).max().unwrap_or(0);
    let name_width = longest.min(NAMES).min(width / 3).max(4);
    let room = width.saturating_sub(name_width + 2);
    let (mut short, mut long) = (Vec::new(), Vec::new());
    let mut nulls: Vec<&str> = Vec::new();
    for (name, value) in fields {
        let Some(value) = value else {
            nulls.push(name.text());
            continue;
        };
        let lines = wrap(value.text(), room);
        let out = if lines.len() > LONG { &mut long } else { &mut short };
        out.extend(beside(name.text(), name_width, lines, Role::Plain));
    }
    short.append(&mut long);
    if !nulls.is_empty() {
        short.extend(beside("null", name_width, wrap(&nulls.join(", "), room), Role::Faint));
    }
    short
}

/// Returns what has a value as `name: value`, for the clipboard.
pub fn text<'a>(fields: impl Iterator<Item = (&'a Shown, Option<&'a Shown>)>) -> String {
    fields.filter_map(|(name, value)| Some(format!("{}: {}\n", name.text(), value?.text()))).collect()
}

fn beside(name: &str, width: usize, lines: Vec<String>, role: Role) -> Vec<(Role, String)> {
    let name = cut(name, width);
    let pad = " ".repeat(width - columns(&name).min(width));
    let before = |at| if at == 0 { format!("{name}{pad}") } else { " ".repeat(width) };
    lines.into_iter().enumerate().map(|(at, line)| (role, format!(" {} {line}", before(at)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_come_after_short_ones_and_nulls_last() {
        let cell = |text: &str| Shown::new(text);
        let fields = [
            (cell("body"), Some(cell(&"x".repeat(60)))),
            (cell("uid"), None),
            (cell("verb"), Some(cell("get"))),
            (cell("empty"), Some(cell(""))),
        ];
        let shown = lines(fields.iter().map(|(name, value)| (name, value.as_ref())), 19);
        let words: Vec<&str> = shown.iter().map(|(_, line)| line.trim_end()).collect();
        assert_eq!(words[..3], [" verb  get", " empty", " body  xxxxxxxxxxxx"]);
        assert_eq!(words.last(), Some(&" null  uid"));
    }
}
