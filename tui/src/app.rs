//! The model of the whole program and the only way it changes. `update` is pure but for the model: it reads no clock,
//! no file and no terminal, so a list of messages is a complete test.

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::{Frame, layout::Rect};

use crate::{
    ask::Answer,
    clock,
    keys::{Action, Binding, EVERYWHERE, MOVE, PALETTE, PROMPT, find},
    msg::{Effect, Msg},
    palette::{Outcome, Palette},
    shown::Shown,
    text::{columns, cut},
    theme::{Options, Role},
    views::{
        ABOUT, CASE, COMPARE, Context, FINDINGS, Jump, RULES, SCREENS, SNAPSHOT, SQL, Slot, TIMELINE, Typed, VIEWS,
        View, help, moved,
    },
    widgets::{
        input::Input,
        pen::{Pen, bottom, right, top},
    },
};

const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// Everything the screens know.
pub struct Model {
    views: Vec<Box<dyn View>>,
    current: usize,
    /// Screens a jump left, to go back to.
    back: Vec<usize>,
    context: Context,
    options: Options,
    case: Shown,
    help: Option<u64>,
    palette: Option<Palette>,
    /// Minutes that the times on the screen are ahead of UTC.
    zone: i16,
    zone_prompt: Option<Input>,
    asks_to_quit: bool,
    worker_gone: bool,
    spinner: usize,
}

impl Model {
    pub fn new(options: Options) -> Model {
        Model {
            views: VIEWS.iter().map(|view| view()).collect(),
            current: 0,
            back: Vec::new(),
            context: Context::default(),
            options,
            case: Shown::default(),
            help: None,
            palette: None,
            zone: 0,
            zone_prompt: None,
            asks_to_quit: false,
            worker_gone: false,
            spinner: 0,
        }
    }

    /// Returns whether an answer is awaited by any screen, so that the spinner must turn.
    pub fn busy(&self) -> bool {
        !self.worker_gone && self.views.iter().any(|view| view.waits())
    }

    fn view(&mut self) -> (&mut dyn View, &mut Context) {
        (self.views[self.current].as_mut(), &mut self.context)
    }

    fn go(&mut self, to: usize) {
        self.current = to;
        let (view, context) = self.view();
        view.visit(context);
    }

    fn key(&mut self, key: KeyEvent) {
        let tables = self.views[self.current].keys();
        // Wherever it is pressed, as with any program of the shell.
        if find(self.options.keys, &[EVERYWHERE], key) == Some(Action::Suspend) {
            return self.context.effects.push(Effect::Suspend);
        }
        if self.asks_to_quit {
            self.asks_to_quit = false;
            if matches!(crate::keys::spell(key).as_deref(), Some("y" | "q" | "Q" | "^c")) {
                self.context.effects.push(Effect::Quit);
            }
            return;
        }
        if self.help.is_some() {
            return self.key_in_help(key);
        }
        if let Some(mut input) = self.zone_prompt.take() {
            match find(self.options.keys, &[PROMPT], key) {
                Some(Action::Submit) => match clock::zone_of(input.text()) {
                    Some(zone) => {
                        self.zone = zone;
                        clock::set_zone(zone);
                    }
                    // What was written stays, so that it can be corrected.
                    None => self.zone_prompt = Some(input),
                },
                Some(Action::Back) => {}
                Some(Action::Quit) => self.context.effects.push(Effect::Quit),
                _ => {
                    input.key(key);
                    self.zone_prompt = Some(input);
                }
            }
            return;
        }
        if let Some(palette) = &mut self.palette {
            match palette.key(key, &tables, self.options.keys) {
                Outcome::Stays => {}
                Outcome::Leaves => self.palette = None,
                Outcome::Quits => self.context.effects.push(Effect::Quit),
                Outcome::Does(action) => {
                    self.palette = None;
                    self.act(action);
                }
            }
            return;
        }
        match find(self.options.keys, &tables, key) {
            Some(action) => self.act(action),
            None if self.views[self.current].typing() => {
                let (view, context) = self.view();
                view.typed(&Typed::Key(key), context);
            }
            None => {}
        }
    }

    fn key_in_help(&mut self, key: KeyEvent) {
        let tables = self.views[self.current].all_keys();
        let lines = help::lines(&tables, self.context.area.width, self.options).len() as u64;
        match find(self.options.keys, &[MOVE, EVERYWHERE], key) {
            Some(Action::Quit) => self.context.effects.push(Effect::Quit),
            Some(Action::AskToQuit) => self.asks_to_quit = true,
            Some(action) => {
                let height = self.context.area.height.saturating_sub(1);
                let most = lines.saturating_sub(u64::from(height));
                // Closing keys are no movement, so they leave the help.
                self.help = moved(action, self.help.unwrap_or(0), lines, height).map(|to| to.min(most));
            }
            None => {}
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Quit => self.context.effects.push(Effect::Quit),
            Action::AskToQuit => self.asks_to_quit = true,
            Action::Help => self.help = Some(0),
            Action::Zone => self.zone_prompt = Some(Input::default()),
            Action::Palette => self.palette = Some(Palette::default()),
            Action::Overview => self.switch(0),
            Action::Timeline => self.switch(TIMELINE),
            Action::Findings => self.switch(FINDINGS),
            Action::Sql => self.switch(SQL),
            Action::Snapshot => self.switch(SNAPSHOT),
            Action::Rules => self.switch(RULES),
            Action::CaseFile => self.switch(CASE),
            Action::Back if !self.views[self.current].typing() && self.stop() => {}
            action => {
                let (view, context) = self.view();
                let done = view.act(action, context);
                match action {
                    Action::Back if !done => {
                        if let Some(to) = self.back.pop() {
                            self.go(to);
                        }
                    }
                    Action::Close if !done => self.asks_to_quit = true,
                    _ => {}
                }
                self.jump();
            }
        }
    }

    fn switch(&mut self, to: usize) {
        self.back.clear();
        self.go(to);
    }

    /// Stops what the screen waits for. Returns false when it waits for nothing.
    fn stop(&mut self) -> bool {
        let (view, context) = self.view();
        let mut stopped = false;
        for slot in view.slots() {
            stopped |= slot.stop(context);
        }
        stopped
    }

    fn jump(&mut self) {
        let Some(jump) = self.context.jump.take() else { return };
        let to = match jump {
            Jump::Event { .. } | Jump::Filtered(_) | Jump::Window(_) => TIMELINE,
            Jump::Level(_) | Jump::Finding(_) | Jump::Rule(_) => FINDINGS,
            Jump::About(_) => ABOUT,
            Jump::Compare(_) => COMPARE,
            Jump::Windows => CASE,
            Jump::Behind(_) => SQL,
        };
        self.back.push(self.current);
        self.current = to;
        let (view, context) = self.view();
        view.arrive(jump, context);
        view.visit(context);
    }
}

/// Changes the model as the message says. Returns what must be done outside.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    clock::set_zone(model.zone);
    match msg {
        Msg::Key(key) if key.kind == KeyEventKind::Release => {}
        Msg::Key(key) => model.key(key),
        Msg::Paste(text) if model.zone_prompt.is_some() => {
            if let Some(input) = &mut model.zone_prompt {
                input.insert(text.lines().next().unwrap_or(""));
            }
        }
        Msg::Paste(text) if model.palette.is_some() => {
            if let Some(palette) = &mut model.palette {
                palette.paste(&text);
            }
        }
        Msg::Paste(text) => {
            let (view, context) = model.view();
            if view.typing() {
                view.typed(&Typed::Paste(text), context);
            }
        }
        Msg::Resize(width, height) => {
            model.context.area = frame(Rect::new(0, 0, width, height)).body;
            let (view, context) = model.view();
            view.visit(context);
        }
        Msg::Loaded(ticket, answer) => {
            if let Answer::Overview(overview) = &answer {
                model.case = Shown::new(overview.case.as_str());
            }
            if let Answer::Noted(words) = &answer {
                model.views.iter_mut().for_each(|view| view.noted(ticket, words, &mut model.context));
                let (view, context) = model.view();
                view.visit(context);
                return std::mem::take(&mut model.context.effects);
            }
            // A ticket no screen waits for is stale, and its answer is dropped here.
            let waits = |view: &mut Box<dyn View>| view.slots().iter().any(|slot| slot.waits_for(ticket));
            if let Some(at) = model.views.iter_mut().position(waits) {
                model.views[at].loaded(ticket, answer, &mut model.context);
            }
        }
        Msg::Failed(ticket, words) => model.views.iter_mut().for_each(|view| view.failed(ticket, &words)),
        Msg::Suspend => model.context.effects.push(Effect::Suspend),
        Msg::Ended(_) => model.context.effects.push(Effect::Quit),
        // The next frame is drawn on an empty screen, which is done by whoever draws.
        Msg::Resumed => {}
        Msg::Tick => model.spinner = (model.spinner + 1) % SPINNER.len(),
        Msg::WorkerGone => {
            model.worker_gone = true;
            model.views.iter_mut().flat_map(|view| view.slots()).for_each(Slot::abandon);
        }
    }
    std::mem::take(&mut model.context.effects)
}

struct Parts {
    tabs: Rect,
    body: Rect,
    status: Rect,
    keys: Rect,
}

/// Tabs above, status and keys below. What has no room goes: first the status, then the keys, then the tabs.
fn frame(mut area: Rect) -> Parts {
    let tabs = top(u16::from(area.height >= 3), &mut area);
    let keys = bottom(u16::from(area.height >= 2), &mut area);
    let status = bottom(u16::from(area.height >= 3), &mut area);
    Parts { tabs, body: area, status, keys }
}

/// Draws the model.
pub fn view(model: &Model, frame_: &mut Frame<'_>) {
    clock::set_zone(model.zone);
    let parts = frame(frame_.area());
    let mut pen = Pen { buffer: frame_.buffer_mut(), theme: model.options, faint: false };
    let view = &model.views[model.current];
    tabs(model, &mut pen, parts.tabs);
    match model.help {
        Some(first) => help::draw(&mut pen, parts.body, view.title(), &view.all_keys(), first),
        None => view.draw(&mut pen, parts.body),
    }
    if let Some(palette) = model.palette.as_ref().filter(|_| model.help.is_none()) {
        palette.draw(&mut pen, parts.body, &view.keys());
    }
    status(model, &mut pen, parts.status);
    if model.help.is_some() {
        let x = pen.write(parts.keys, (1, 0), "Esc", Role::Key);
        let x = pen.write(parts.keys, (x + 1, 0), "close", Role::Plain);
        let x = pen.write(parts.keys, (x + 2, 0), "j k", Role::Key);
        pen.write(parts.keys, (x + 1, 0), "move", Role::Plain);
        return;
    }
    if model.zone_prompt.is_some() {
        footer_of(&mut pen, parts.keys, PROMPT.to_vec());
        return;
    }
    if model.palette.is_some() {
        footer_of(&mut pen, parts.keys, PALETTE.to_vec());
        return;
    }
    footer(model, view.as_ref(), &mut pen, parts.keys);
}

/// The names of the screens; where they do not fit, the digits of the others and the name of this one.
fn tabs(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    // A page that another screen opened has a name and no digit, and is shown while one is on it.
    let page = model.views[model.current].title();
    let page = if model.current < SCREENS { String::new() } else { format!("[{page}]") };
    let screens = &model.views[..SCREENS];
    let wide: usize = screens.iter().map(|view| columns(view.title()) + 4).sum();
    let names = wide + columns(&page) <= usize::from(area.width);
    let mut x = 0;
    for (at, view) in screens.iter().enumerate() {
        let digit = at + 1;
        let (words, role) = match (at == model.current, names) {
            (true, _) => (format!("[{digit} {}]", view.title()), Role::Title),
            (false, true) => (format!(" {digit} {} ", view.title()), Role::Plain),
            (false, false) => (format!(" {digit}"), Role::Plain),
        };
        x = pen.write(area, (x, 0), &words, role);
    }
    x = pen.write(area, (x, 0), &page, Role::Title);
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
    let own = zone.or(palette);
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
    let waits = view.waits();
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

#[cfg(test)]
impl Model {
    /// The cursor of the screen shown and how many lines it may be on.
    pub fn place(&self) -> (u64, u64) {
        self.views[self.current].place()
    }
}
