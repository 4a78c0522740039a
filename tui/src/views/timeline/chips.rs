//! What the filter keys do to a filter. Pure: a filter in, a filter out.

use crate::{
    ask::{Chip, Column, Filter, Op, Window},
    clock,
    text::{columns, cut, cut_name, visible},
};

const HALF_MINUTE: i64 = 30_000_000;
const TWO_MINUTES: i64 = 120_000_000;
/// The narrowest window zooming makes: a millisecond.
const NARROWEST: i64 = 1000;

/// The cell the cursor is on.
pub struct Spot<'a> {
    pub column: Column,
    pub value: Option<&'a str>,
    pub time: i64,
}

/// Keeps the rows with this value; on a time, those from here on.
pub fn keep(filter: &Filter, spot: &Spot<'_>) -> Filter {
    if spot.column == Column::Time {
        return Filter { window: Window { from: Some(spot.time), ..filter.window }, ..filter.clone() };
    }
    with(filter, spot, Op::Is)
}

/// Drops the rows with this value; on a time, those after here.
pub fn drop(filter: &Filter, spot: &Spot<'_>) -> Filter {
    if spot.column == Column::Time {
        return Filter { window: Window { to: Some(spot.time.saturating_add(1)), ..filter.window }, ..filter.clone() };
    }
    with(filter, spot, Op::IsNot)
}

/// Keeps this value and forgets every other condition but the window; on a time, a minute around it.
pub fn only(filter: &Filter, spot: &Spot<'_>) -> Filter {
    if spot.column == Column::Time {
        let (from, to) = (spot.time.saturating_sub(HALF_MINUTE), spot.time.saturating_add(HALF_MINUTE));
        return Filter { window: Window { from: Some(from), to: Some(to) }, ..filter.clone() };
    }
    with(&Filter { window: filter.window, fold: filter.fold.clone(), ..Filter::default() }, spot, Op::Is)
}

/// What everybody did around a time.
pub fn context(time: i64) -> Filter {
    let (from, to) = (time.saturating_sub(TWO_MINUTES), time.saturating_add(TWO_MINUTES));
    Filter { window: Window { from: Some(from), to: Some(to) }, ..Filter::default() }
}

/// Returns the window `factor` halves as long, around this time.
pub fn zoom(from: i64, to: i64, around: i64, halves: i64) -> Window {
    let span = to.saturating_sub(from).max(1);
    let half = (span.saturating_mul(halves) / 4).max(NARROWEST / 2);
    Window { from: Some(around.saturating_sub(half)), to: Some(around.saturating_add(half)) }
}

/// Returns the window moved by half its length.
pub fn shift(from: i64, to: i64, later: bool) -> Window {
    let half = (to.saturating_sub(from) / 2).max(1);
    let by = if later { half } else { -half };
    Window { from: Some(from.saturating_add(by)), to: Some(to.saturating_add(by)) }
}

/// Returns the words of every condition, in the order they were set.
pub fn words(filter: &Filter) -> Vec<String> {
    let mut out: Vec<String> = filter.chips.iter().map(chip).collect();
    if !filter.search.is_empty() {
        out.push(format!("text~{}", visible(&filter.search)));
    }
    if filter.noted {
        out.push("with a note".to_string());
    }
    if let Some(thing) = &filter.about {
        out.push(format!("about={} {}", visible(&thing.kind), visible(&thing.name)));
    }
    match filter.fold.as_ref().map(Vec::len) {
        None => {}
        Some(0) => out.push("repeats folded".to_string()),
        Some(open) => out.push(format!("repeats folded but {open}")),
    }
    match (filter.window.from, filter.window.to) {
        (None, None) => {}
        (Some(from), None) => out.push(format!("from {}", clock::second(from))),
        (None, Some(to)) => out.push(format!("before {}", clock::second(to))),
        (Some(from), Some(to)) => {
            let whole = clock::second(to);
            // A window within one day names the day once.
            let end = if clock::date(from) == clock::date(to) { clock::time(to, 8) } else { whole };
            out.push(format!("{} – {end}", clock::second(from)));
        }
    }
    out
}

/// Returns as many of the conditions as fit the width, each cut to a fair share, and how many are left out. The last
/// condition set is the one just thought of, so it stays and older ones go.
pub fn fitted(words: &[String], width: usize) -> (Vec<String>, usize) {
    const BETWEEN: usize = 3;
    const LEAST: usize = 16;
    let most = ((width + BETWEEN) / (LEAST + BETWEEN)).max(1);
    let shown = &words[words.len().saturating_sub(most)..];
    let room = (width + BETWEEN).saturating_sub(shown.len() * BETWEEN);
    // What short conditions leave is given to the long ones.
    let mut share = room / shown.len().max(1);
    for _ in 0..shown.len() {
        let spare: usize = shown.iter().map(|word| share.saturating_sub(columns(word))).sum();
        let long = shown.iter().filter(|word| columns(word) > share).count();
        match spare.checked_div(long) {
            Some(more)
                if more > 0 && shown.iter().map(|word| columns(word).min(share + more)).sum::<usize>() <= room =>
            {
                share += more;
            }
            _ => break,
        }
    }
    (shown.iter().map(|word| cut_chip(word, share)).collect(), words.len() - shown.len())
}

/// The column and the end of a value tell a condition from others: `actor=…:web:ci`.
fn cut_chip(word: &str, width: usize) -> String {
    let split = word.find(['=', '≠', '~']).map(|at| at + word[at..].chars().next().map_or(0, char::len_utf8));
    match split {
        Some(at) => {
            let (column, value) = word.split_at(at);
            format!("{column}{}", cut_name(value, width.saturating_sub(columns(column))))
        }
        None => cut(word, width).into_owned(),
    }
}

fn chip(chip: &Chip) -> String {
    let op = match chip.op {
        Op::Is => "=",
        Op::IsNot => "≠",
        Op::Contains => "~",
    };
    let value = chip
        .value
        .as_deref()
        .map_or("null".into(), |value| if value.is_empty() { "\"\"".into() } else { visible(value) });
    format!("{}{op}{value}", chip.column.name())
}

fn with(filter: &Filter, spot: &Spot<'_>, op: Op) -> Filter {
    let chip = Chip { column: spot.column, op, value: spot.value.map(str::to_string) };
    let mut filter = filter.clone();
    // Keeping what was dropped, or dropping what was kept, takes the other condition back.
    filter.chips.retain(|c| (c.column, &c.value) != (chip.column, &chip.value));
    filter.chips.push(chip);
    filter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(value: &str) -> Spot<'_> {
        Spot { column: Column::Verb, value: Some(value), time: 60_000_000 }
    }

    #[test]
    fn dropping_what_was_kept_replaces_the_condition() {
        let filter = keep(&Filter::default(), &spot("list"));
        assert_eq!(words(&filter), ["verb=list"]);
        assert_eq!(words(&drop(&filter, &spot("list"))), ["verb≠list"]);
    }

    #[test]
    fn only_forgets_the_rest() {
        let filter = keep(&keep(&Filter::default(), &spot("list")), &spot("get"));
        assert_eq!(words(&only(&filter, &spot("watch"))), ["verb=watch"]);
    }

    #[test]
    fn a_missing_value_is_not_an_empty_one() {
        let null = Spot { value: None, ..spot("") };
        assert_eq!(words(&keep(&keep(&Filter::default(), &null), &spot(""))), ["verb=null", "verb=\"\""]);
    }

    #[test]
    fn on_a_time_the_window_changes() {
        let at = Spot { column: Column::Time, ..spot("") };
        assert_eq!(words(&keep(&Filter::default(), &at)), ["from Jan 01 00:01:00"]);
        assert_eq!(words(&only(&Filter::default(), &at)), ["Jan 01 00:00:30 – 00:01:30"]);
    }

    #[test]
    fn conditions_share_the_line_and_none_is_left_out_unsaid() {
        let words = ["actor=system:serviceaccount:web:ci", "verb≠watch"].map(str::to_string);
        assert_eq!(fitted(&words, 80).0, words);
        assert_eq!(fitted(&words, 36), (vec!["actor=…:web:ci".into(), "verb≠watch".into()], 0));
        assert_eq!(fitted(&words, 20), (vec!["verb≠watch".into()], 1));
        let many: Vec<String> = (0..9).map(|at| format!("verb=v{at}")).collect();
        assert_eq!(fitted(&many, 76).0.len(), 4);
        assert_eq!(fitted(&[], 76), (vec![], 0));
    }

    #[test]
    fn zooming_in_and_out_are_each_others_reverse() {
        let closer = zoom(0, 8_000_000, 4_000_000, 1);
        assert_eq!(closer, Window { from: Some(2_000_000), to: Some(6_000_000) });
        assert_eq!(zoom(2_000_000, 6_000_000, 4_000_000, 4), Window { from: Some(0), to: Some(8_000_000) });
        assert_eq!(shift(0, 8, true), Window { from: Some(4), to: Some(12) });
    }
}
