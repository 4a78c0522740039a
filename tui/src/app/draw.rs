//! What the model looks like: tabs above, the screen, the replay bar, a line of status and one of keys.

use ratatui::{Frame, layout::Rect};

use super::Model;
use crate::{
    clock,
    keys::{Action, Binding, EVERYWHERE, MANUAL, MOVE, PALETTE, PROMPT},
    manual::Manual,
    replay::Bar,
    text::{columns, cut},
    theme::Role,
    views::{View, help},
    widgets::pen::{Pen, bottom, right, top},
};

pub(super) const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

pub(super) struct Parts {
    pub(super) tabs: Rect,
    pub(super) body: Rect,
    pub(super) replay: Rect,
    status: Rect,
    keys: Rect,
}

/// Tabs above, status and keys below. What has no room goes: first the status, then the keys, then the tabs.
pub(super) fn frame(mut area: Rect, bar: &Bar) -> Parts {
    let tabs = top(u16::from(area.height >= 3), &mut area);
    let keys = bottom(u16::from(area.height >= 2), &mut area);
    let status = bottom(u16::from(area.height >= 3), &mut area);
    let replay = bottom(bar.height(area.height), &mut area);
    Parts { tabs, body: area, replay, status, keys }
}

/// Draws the model.
pub fn view(model: &Model, frame_: &mut Frame<'_>) {
    clock::set_zone(model.zone);
    let parts = frame(frame_.area(), &model.replay);
    let mut pen = Pen { buffer: frame_.buffer_mut(), theme: model.options, faint: false };
    let view = &model.views[model.current];
    tabs(model, &mut pen, parts.tabs);
    match model.help {
        _ if model.manual.is_some() => {}
        Some(first) => help::draw(&mut pen, parts.body, model.help_title(), &model.help_keys(), first),
        None => view.draw(&mut pen, parts.body),
    }
    if let Some(manual) = &model.manual {
        manual.draw(&mut pen, parts.body);
    }
    if let Some(palette) = model.palette.as_ref().filter(|_| model.help.is_none()) {
        palette.draw(&mut pen, parts.body, &model.keys());
    }
    model.replay.draw(&mut pen, parts.replay);
    status(model, &mut pen, parts.status);
    if model.help.is_some() {
        let x = pen.write(parts.keys, (1, 0), "Esc", Role::Key);
        let x = pen.write(parts.keys, (x + 1, 0), "close", Role::Plain);
        let x = pen.write(parts.keys, (x + 2, 0), "j k", Role::Key);
        pen.write(parts.keys, (x + 1, 0), "move", Role::Plain);
        return;
    }
    if let Some(manual) = &model.manual {
        let tables = if manual.prompt().is_some() { vec![PROMPT] } else { vec![MANUAL, MOVE, EVERYWHERE] };
        return footer_of(&mut pen, parts.keys, tables.concat());
    }
    if model.zone_prompt.is_some() {
        footer_of(&mut pen, parts.keys, PROMPT.to_vec());
        return;
    }
    if model.palette.is_some() {
        footer_of(&mut pen, parts.keys, PALETTE.to_vec());
        return;
    }
    if model.replay.has_keys() {
        let tables = if model.replay.prompt().is_some() { vec![PROMPT] } else { model.keys() };
        return footer_of(&mut pen, parts.keys, tables.concat());
    }
    footer(model, view.as_ref(), &mut pen, parts.keys);
}

fn tabs(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let mut x = 0;
    for (words, role) in model.tab_words(area) {
        x = pen.write(area, (x, 0), &words, role);
    }
    let room = usize::from(area.width.saturating_sub(x + 1));
    let case = format!("coldcase {} ", model.case.text());
    if room >= 16 {
        pen.right(area, x + 1, 0, &cut(&case, room), Role::Faint);
    }
}

fn status(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let view = &model.views[model.current];
    if model.asks_to_quit {
        pen.write(area, (1, 0), "Quit? y quits, any other key stays.", Role::Title);
        return;
    }
    let zone = model.zone_prompt.as_ref().map(|input| ("time zone:", input, "+02:00, -5 or utc".to_string()));
    let palette = model.palette.as_ref().map(|palette| ("do:", palette.input(), String::new()));
    let seek = model.replay.prompt().map(|input| ("go to:", input, clock::hint(input.text(), model.replay.now())));
    let find =
        model.manual.as_ref().and_then(Manual::prompt).map(|input| ("find in the manual:", input, String::new()));
    let own = find.or(zone).or(palette).or(seek);
    if let Some((question, input, hint)) =
        own.or_else(|| view.prompt().map(|(words, input)| (words, input, view.status())))
    {
        let x = pen.write(area, (1, 0), &format!("{question} "), Role::Key);
        let mut rest = Rect { x: area.x + x.min(area.width), width: area.width.saturating_sub(x), ..area };
        let hint_area = right(u16::try_from(columns(&hint) + 1).unwrap_or(0).min(rest.width / 2), &mut rest);
        input.draw(pen, rest, true);
        pen.write(hint_area, (0, 0), &hint, Role::Faint);
        return;
    }
    if model.worker_gone {
        pen.write(area, (1, 0), "The worker is gone: no more answers. What is shown stays. ^c quits.", Role::Bad);
        return;
    }
    // On a small screen the words of the view go before ours do, but that something is loading is always seen.
    let spinner = format!("{} ", SPINNER[model.spinner]);
    let waits = view.waits() || model.replay.waits();
    let room = area.width.saturating_sub(if waits { 4 } else { 1 });
    let x = pen.put(area, (1, 0), room, &view.status(), Role::Plain);
    let words = match (waits, view.typing(), view.refreshes()) {
        (false, ..) => return pen.right(area, x + 1, 0, "idle ", Role::Faint),
        (true, true, _) => "loading ",
        (true, false, true) => "refreshing, Esc stops ",
        (true, false, false) => "loading, Esc stops ",
    };
    let words = format!("{words}{spinner}");
    let fits = usize::from(area.width.saturating_sub(x + 1)) >= columns(&words);
    pen.right(area, x, 0, if fits { &words } else { &spinner }, Role::Title);
}

/// As many keys as fit, the way back and the way to all of them always last.
fn footer(model: &Model, view: &dyn View, pen: &mut Pen<'_>, area: Rect) {
    let offers = |action| match action {
        Action::Back => view.offers(action) || !model.back.is_empty(),
        Action::Close => !view.offers(Action::Back),
        action => view.offers(action),
    };
    let mut offered: Vec<Binding> = view.keys().into_iter().flatten().copied().collect();
    offered.retain(|b| !b.label.is_empty() && offers(b.action));
    footer_of(pen, area, offered);
}

/// As many of these keys as fit, with the ways back and to all of them.
fn footer_of(pen: &mut Pen<'_>, area: Rect, mut offered: Vec<Binding>) {
    offered.retain(|b| !b.label.is_empty());
    let mut last: Vec<Binding> =
        offered.extract_if(.., |b| b.action == Action::Back || b.action == Action::Help).collect();
    last.sort_by_key(|binding| binding.action == Action::Help);
    let map = pen.theme.keys;
    let words = |binding: &Binding| {
        let (keys, label) = binding.label.split_once('|').unzip();
        let first = map.own(binding.action).unwrap_or(binding.key).split(' ').next().unwrap_or_default().to_string();
        // The keys that a label names are the built-in ones.
        let keys = keys.filter(|_| map.own(binding.action).is_none()).map_or(first, str::to_string);
        (keys, label.unwrap_or(binding.label))
    };
    let width = |binding: &Binding| columns(&words(binding).0) + columns(words(binding).1) + 3;
    let mut room = usize::from(area.width).saturating_sub(last.iter().map(width).sum());
    let fits = |binding: &&Binding| {
        let fits = width(binding) <= room;
        room = if fits { room - width(binding) } else { 0 };
        fits
    };
    let mut x = 1;
    for binding in offered.iter().take_while(fits).chain(&last) {
        let (keys, label) = words(binding);
        x = pen.write(area, (x, 0), &keys, Role::Key);
        x = pen.write(area, (x + 1, 0), label, Role::Plain) + 2;
    }
}
