//! The model of the whole program and the only way it changes. `update` is pure but for the model: it reads no clock,
//! no file and no terminal, so a list of messages is a complete test.

mod books;
mod draw;
mod mouse;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::layout::Rect;

pub use self::draw::view;
use self::draw::{SPINNER, frame};
use crate::{
    ask::Answer,
    clock,
    keys::{Action, EVERYWHERE, PROMPT, find},
    manual::Manual,
    msg::{Effect, Msg},
    palette::{Outcome, Palette},
    replay::Bar,
    shown::Shown,
    theme::Options,
    views::{ABOUT, CASE, COMPARE, Context, FINDINGS, Jump, RULES, SNAPSHOT, SQL, Slot, TIMELINE, Typed, VIEWS, View},
    widgets::input::Input,
};

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
    manual: Option<Manual>,
    palette: Option<Palette>,
    replay: Bar,
    /// The whole terminal.
    size: Rect,
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
            manual: None,
            palette: None,
            replay: Bar::default(),
            size: Rect::default(),
            zone: 0,
            zone_prompt: None,
            asks_to_quit: false,
            worker_gone: false,
            spinner: 0,
        }
    }

    /// Returns whether an answer is awaited by any screen, so that the spinner must turn.
    pub fn busy(&self) -> bool {
        !self.worker_gone && (self.replay.waits() || self.views.iter().any(|view| view.waits()))
    }

    /// Returns whether a replay plays, so that it must be told how time passes.
    pub fn plays(&self) -> bool {
        !self.worker_gone && self.replay.plays()
    }

    /// The view and the bar have the places that the bar's height leaves them.
    fn lay_out(&mut self) {
        let parts = frame(self.size, &self.replay);
        self.replay.resize(parts.replay, &mut self.context);
        self.context.area = parts.body;
        let (view, context) = self.view();
        view.visit(context);
    }

    fn view(&mut self) -> (&mut dyn View, &mut Context) {
        (self.views[self.current].as_mut(), &mut self.context)
    }

    fn go(&mut self, to: usize) {
        self.current = to;
        let (view, context) = self.view();
        view.visit(context);
        if self.replay.has_keys() {
            self.go_along();
        }
    }

    /// The screen goes along with the replay.
    fn go_along(&mut self) {
        if let Some((record, time)) = self.replay.event() {
            let (view, context) = self.view();
            view.go_along(record, time, context);
        }
    }

    fn key(&mut self, key: KeyEvent) {
        let tables = self.keys();
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
        if self.manual.is_some() {
            return self.key_in_manual(key);
        }
        if let Some(mut input) = self.zone_prompt.take() {
            match find(self.options.keys, &[PROMPT], key) {
                Some(Action::Submit) => self.take_zone(input),
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
                Outcome::Does(action, words) => {
                    self.palette = None;
                    self.act(action);
                    if let Some(words) = words {
                        self.answer(&words);
                    }
                }
            }
            return;
        }
        if let Some(input) = self.replay.prompt_mut() {
            match find(self.options.keys, &[PROMPT], key) {
                Some(action) => self.act(action),
                None => input.key(key),
            }
            return;
        }
        match find(self.options.keys, &tables, key) {
            Some(action) => self.act(action),
            None if self.replay.has_keys() => {}
            None if self.views[self.current].typing() => {
                let (view, context) = self.view();
                view.typed(&Typed::Key(key), context);
            }
            None => {}
        }
    }

    fn take_zone(&mut self, input: Input) {
        match clock::zone_of(input.text()) {
            Some(zone) => {
                self.zone = zone;
                clock::set_zone(zone);
            }
            // What was written stays, so that it can be corrected.
            None => self.zone_prompt = Some(input),
        }
    }

    /// Answers the question that was just opened, as if it had been written there.
    fn answer(&mut self, words: &str) {
        if let Some(mut input) = self.zone_prompt.take() {
            input.set(words);
            return self.take_zone(input);
        }
        if let Some(input) = self.replay.prompt_mut() {
            input.set(words);
        } else if self.views[self.current].prompt().is_some() {
            let (view, context) = self.view();
            view.typed(&Typed::Paste(words.to_string()), context);
        } else {
            // There was nothing to ask about, and the screen says so.
            return;
        }
        self.act(Action::Submit);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Quit => self.context.effects.push(Effect::Quit),
            Action::AskToQuit => self.asks_to_quit = true,
            Action::Help => self.help = Some(0),
            Action::Manual => self.manual = Some(Manual::new(self.help_title(), self.help_keys())),
            Action::Zone => self.zone_prompt = Some(Input::default()),
            Action::Palette => self.palette = Some(Palette::default()),
            Action::Overview => self.switch(0),
            Action::Timeline => self.switch(TIMELINE),
            Action::Findings => self.switch(FINDINGS),
            Action::Sql => self.switch(SQL),
            Action::Snapshot => self.switch(SNAPSHOT),
            Action::Rules => self.switch(RULES),
            Action::CaseFile => self.switch(CASE),
            Action::Replay => {
                let here = self.views[self.current].here();
                self.replay.turn(here, &mut self.context);
                self.lay_out();
            }
            action if self.replay.has_keys() => {
                if self.replay.act(action, &mut self.context) {
                    self.lay_out();
                    self.jump();
                }
            }
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
            Jump::Query(_) => SQL,
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
        Msg::Paste(text) if model.manual.is_some() => {
            if let Some(input) = model.manual.as_mut().and_then(Manual::prompt_mut) {
                input.insert(text.lines().next().unwrap_or(""));
            }
        }
        Msg::Paste(text) if model.palette.is_some() => {
            if let Some(palette) = &mut model.palette {
                palette.paste(&text);
            }
        }
        Msg::Paste(text) if model.replay.has_keys() => {
            if let Some(input) = model.replay.prompt_mut() {
                input.insert(text.lines().next().unwrap_or(""));
            }
        }
        Msg::Paste(text) => {
            let (view, context) = model.view();
            if view.typing() {
                view.typed(&Typed::Paste(text), context);
            }
        }
        Msg::Mouse(did, x, y) => model.mouse(did, x, y),
        Msg::Resize(width, height) => {
            model.size = Rect::new(0, 0, width, height);
            model.lay_out();
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
            if model.replay.slot().waits_for(ticket) {
                if model.replay.loaded(ticket, answer, &mut model.context) {
                    model.go_along();
                }
                return std::mem::take(&mut model.context.effects);
            }
            // A ticket no screen waits for is stale, and its answer is dropped here.
            let waits = |view: &mut Box<dyn View>| view.slots().iter().any(|slot| slot.waits_for(ticket));
            if let Some(at) = model.views.iter_mut().position(waits) {
                model.views[at].loaded(ticket, answer, &mut model.context);
            }
        }
        Msg::Edited(done) => model.views.iter_mut().for_each(|view| view.edited(&done, &mut model.context)),
        Msg::Suspend => model.context.effects.push(Effect::Suspend),
        Msg::Ended(_) => model.context.effects.push(Effect::Quit),
        // The next frame is drawn on an empty screen, which is done by whoever draws.
        Msg::Resumed => {}
        Msg::Failed(ticket, words) => {
            model.replay.failed(ticket, &words);
            model.views.iter_mut().for_each(|view| view.failed(ticket, &words));
        }
        Msg::Passed(micros) => model.replay.pass(micros, &mut model.context),
        Msg::Tick => model.spinner = (model.spinner + 1) % SPINNER.len(),
        Msg::WorkerGone => {
            model.worker_gone = true;
            model.replay.slot().abandon();
            model.views.iter_mut().flat_map(|view| view.slots()).for_each(Slot::abandon);
        }
    }
    std::mem::take(&mut model.context.effects)
}

#[cfg(test)]
impl Model {
    /// The cursor of the screen shown and how many lines it may be on.
    pub fn place(&self) -> (u64, u64) {
        self.views[self.current].place()
    }

    /// The moment of the replay.
    pub fn replayed(&self) -> Option<(i64, String)> {
        self.replay.replayed()
    }
}
