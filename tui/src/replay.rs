//! The replay bar: the events and rules of a case played in event time, below any screen. It holds a time and asks what
//! the rules had seen by then; it keeps no count of its own, so back is as exact as on.

mod draw;

use std::collections::VecDeque;

use ratatui::layout::{Position, Rect};

use crate::{
    ask::{Answer, Direction, Fired, Go, Moment, Open, RecordId, Request, Ticket},
    clock,
    keys::Action,
    shown::Shown,
    views::{Context, Jump, Slot},
    widgets::input::Input,
};

/// Windows that are asked for: more than fit the largest bar.
const WINDOWS: u32 = 60;
/// Keys pressed ahead of answers that are kept.
const AHEAD: usize = 64;

/// How fast event time runs beside the clock; the last goes from event to event as fast as they can be shown.
const SPEEDS: [(Option<i64>, &str); 6] =
    [(Some(1), "1x"), (Some(10), "10x"), (Some(60), "60x"), (Some(600), "600x"), (Some(3600), "3600x"), (None, "max")];

/// A move that was asked for, from wherever the bar then is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    To(i64),
    Event(Direction),
    Finding(Direction),
}

#[derive(Debug)]
pub struct Bar {
    open: bool,
    /// Keys are the bar's, and not the screen's.
    keys: bool,
    known: Option<Known>,
    slot: Slot,
    ahead: VecDeque<Step>,
    /// The time it shows or runs to.
    now: i64,
    speed: usize,
    playing: bool,
    /// Playing ends where the next finding comes to be.
    until: bool,
    /// The first window shown.
    first: u64,
    prompt: Option<Input>,
    note: Option<&'static str>,
    /// Columns of the track, which has a bin each.
    bins: u16,
}

impl Default for Bar {
    fn default() -> Bar {
        Bar {
            open: false,
            keys: false,
            known: None,
            slot: Slot::default(),
            ahead: VecDeque::new(),
            now: 0,
            speed: 2,
            playing: false,
            until: false,
            first: 0,
            prompt: None,
            note: None,
            bins: 1,
        }
    }
}

/// A moment, and its texts made visible.
#[derive(Debug)]
struct Known {
    moment: Moment,
    event: Shown,
    last: Option<(Fired, Shown)>,
    windows: Vec<(Open, Shown)>,
}

impl Known {
    fn new(mut moment: Moment) -> Known {
        let event = moment.event.as_ref().map_or(String::new(), |seen| {
            // Of an object nobody knows who made it.
            seen.actor.iter().chain([&seen.what]).map(String::as_str).collect::<Vec<_>>().join(" ")
        });
        let last = moment.last.take().map(|fired| {
            let title = Shown::new(fired.title.as_str());
            (fired, title)
        });
        let windows = std::mem::take(&mut moment.windows).into_iter().map(|open| {
            let group = if open.group.is_empty() { String::new() } else { format!("  {}", open.group) };
            let steps: Vec<String> =
                open.steps.iter().map(|(name, hit)| format!("{}{name}", if *hit { "+" } else { "-" })).collect();
            let steps = if steps.is_empty() { String::new() } else { format!("  {}", steps.join(" ")) };
            let words = Shown::new(format!("{}{group}{steps}", open.title));
            (open, words)
        });
        let windows = windows.collect();
        Known { event: Shown::new(event), last, windows, moment }
    }
}

impl Bar {
    /// Keys mean what the bar's table says.
    pub fn has_keys(&self) -> bool {
        self.open && self.keys
    }

    pub fn plays(&self) -> bool {
        self.open && self.playing
    }

    /// An answer is awaited that is worth telling of: while it plays one always is.
    pub fn waits(&self) -> bool {
        self.slot.open() && !(self.playing && self.known.is_some())
    }

    pub fn slot(&mut self) -> &mut Slot {
        &mut self.slot
    }

    pub fn prompt(&self) -> Option<&Input> {
        self.prompt.as_ref().filter(|_| self.has_keys())
    }

    pub fn prompt_mut(&mut self) -> Option<&mut Input> {
        let has_keys = self.has_keys();
        self.prompt.as_mut().filter(|_| has_keys)
    }

    /// The time that a time of the day is near to.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// How many lines it takes of a body of this height.
    pub fn height(&self, body: u16) -> u16 {
        match body {
            _ if !self.open => 0,
            44.. => 12,
            32.. => 9,
            18.. => 6,
            9.. => 3,
            _ => 1.min(body),
        }
    }

    /// Its place has changed: the track is asked for with as many bins as it has columns.
    pub fn resize(&mut self, area: Rect, context: &mut Context) {
        let bins = draw::track(area).width.max(1);
        if self.open && bins != self.bins {
            self.bins = bins;
            self.again(context);
        }
        self.bins = bins;
    }

    /// Opens it, or takes the keys, or gives them back to the screen. It begins at the time that the screen shows, if any.
    pub fn turn(&mut self, here: Option<i64>, context: &mut Context) {
        match (self.open, self.keys) {
            (true, keys) => self.keys = !keys,
            (false, _) => {
                (self.open, self.keys) = (true, true);
                match (here, &self.known) {
                    (Some(time), _) => self.ask(Step::To(time), context),
                    (None, Some(_)) => self.again(context),
                    (None, None) => self.ask(Step::Event(Direction::Forward), context),
                }
            }
        }
    }

    /// The keys are the screen's again.
    pub fn leave(&mut self) {
        self.keys = false;
    }

    /// Takes a click: the bar gets the keys, and on its track it goes to the time that was hit.
    pub fn point(&mut self, area: Rect, at: Position, context: &mut Context) {
        self.keys = true;
        let track = draw::track(area);
        let case = self.known.as_ref().map(|known| known.moment.case);
        if let (true, Some((Some(from), Some(to)))) = (track.contains(at), case.map(|case| (case.from, case.to))) {
            let (part, all) = (i128::from(at.x - track.x), i128::from(track.width.max(1)));
            let time = i128::from(from) + (i128::from(to) - i128::from(from)) * part / all;
            self.step(Step::To(i64::try_from(time).unwrap_or(from)), context);
        }
    }

    /// Does what a key asks; the bar has the keys. Returns false when it means nothing to it.
    pub fn act(&mut self, action: Action, context: &mut Context) -> bool {
        self.note = None;
        if let Some(input) = self.prompt.take() {
            match (action, clock::instant(input.text(), self.now)) {
                (Action::Submit, Some(at)) => self.step(Step::To(at), context),
                // What was written stays, so that it can be corrected.
                (Action::Submit, None) => self.prompt = Some(input),
                _ => {}
            }
            return true;
        }
        match action {
            Action::Play => self.play(!self.playing, false, context),
            Action::UntilFinding => self.play(true, true, context),
            Action::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Action::Slower => self.speed = self.speed.saturating_sub(1),
            Action::StepOn => self.step(Step::Event(Direction::Forward), context),
            Action::StepBack => self.step(Step::Event(Direction::Back), context),
            Action::NextFinding => self.step(Step::Finding(Direction::Forward), context),
            Action::PreviousFinding => self.step(Step::Finding(Direction::Back), context),
            Action::Top | Action::End => {
                let Some(known) = &self.known else { return true };
                let case = known.moment.case;
                let to = if action == Action::Top { case.from } else { case.to.map(|to| to.saturating_sub(1)) };
                if let Some(to) = to {
                    self.step(Step::To(to), context);
                }
            }
            Action::GoTo => self.prompt = Some(Input::default()),
            Action::Down => self.first = (self.first + 1).min(self.windows().saturating_sub(1)),
            Action::Up => self.first = self.first.saturating_sub(1),
            Action::Open => {
                let event = self.known.as_ref().and_then(|known| known.moment.event.as_ref());
                if let Some(event) = event {
                    self.keys = false;
                    context.jump = Some(Jump::Event { record: event.id, time: event.time });
                }
            }
            Action::Focus => self.keys = false,
            Action::Reload => self.again(context),
            Action::Back | Action::Close => {
                (self.open, self.keys, self.playing) = (false, false, false);
                self.ahead.clear();
                self.slot.stop(context);
            }
            _ => return false,
        }
        true
    }

    /// So many microseconds of the clock have passed.
    pub fn pass(&mut self, micros: i64, context: &mut Context) {
        if !self.plays() {
            return;
        }
        let Some(known) = &self.known else { return };
        let Some(speed) = SPEEDS[self.speed].0 else {
            // From event to event the answers lead; none is on its way when the speed was changed meanwhile.
            if !self.slot.open() {
                self.ask(Step::Event(Direction::Forward), context);
            }
            return;
        };
        let last = known.moment.case.to.unwrap_or(self.now).saturating_sub(1);
        let mut to = self.now.saturating_add(micros.saturating_mul(speed));
        let finding = known.moment.next_finding.filter(|_| self.until);
        // What is known of the next finding was said of the moment shown, which may lie behind.
        let (stop, ends) = match finding {
            Some(at) if at <= to => (at, true),
            _ => (last, to >= last),
        };
        if ends {
            (to, self.playing) = (stop, false);
            self.step(Step::To(to), context);
        } else if self.slot.open() {
            // The clock waits for nobody, but no time is shown that was not asked about.
            self.now = to;
        } else {
            self.ask(Step::To(to), context);
        }
    }

    /// Takes an answer. Returns whether it stands on another event now.
    pub fn loaded(&mut self, ticket: Ticket, answer: Answer, context: &mut Context) -> bool {
        let Answer::Moment(moment) = answer else { return false };
        if !self.slot.takes(ticket) {
            return false;
        }
        if moment.end {
            self.note = Some("none further on in this direction");
        }
        let before = self.event();
        if !self.plays() || SPEEDS[self.speed].0.is_none() {
            self.now = moment.time;
        }
        let ended = moment.end;
        self.known = Some(Known::new(*moment));
        self.first = self.first.min(self.windows().saturating_sub(1));
        let found = self.until && self.known.as_ref().is_some_and(|known| known.fires_now());
        if let Some(step) = self.ahead.pop_front() {
            self.ask(step, context);
        } else if self.playing && SPEEDS[self.speed].0.is_none() {
            self.playing = !ended && !found;
            if self.playing {
                self.ask(Step::Event(Direction::Forward), context);
            }
        }
        self.event() != before
    }

    pub fn failed(&mut self, ticket: Ticket, words: &str) {
        if self.slot.fails(ticket, words) {
            self.playing = false;
            self.ahead.clear();
        }
    }

    /// The event it stands on.
    pub fn event(&self) -> Option<(RecordId, i64)> {
        self.known.as_ref()?.moment.event.as_ref().map(|event| (event.id, event.time))
    }

    /// The time of the moment that is shown. While it plays, what is asked about is later.
    fn shown(&self) -> i64 {
        self.known.as_ref().map_or(self.now, |known| known.moment.time)
    }

    fn windows(&self) -> u64 {
        self.known.as_ref().map_or(0, |known| known.windows.len() as u64)
    }

    fn play(&mut self, playing: bool, until: bool, context: &mut Context) {
        (self.playing, self.until) = (playing, until);
        if playing && !self.slot.open() {
            match SPEEDS[self.speed].0 {
                None => self.ask(Step::Event(Direction::Forward), context),
                Some(_) => self.again(context),
            }
        }
    }

    /// A move by hand ends playing. One that was asked for before the last was answered follows it.
    fn step(&mut self, step: Step, context: &mut Context) {
        self.playing = false;
        match (self.slot.open(), step) {
            (false, _) => self.ask(step, context),
            // Where to go does not hang on where it is.
            (true, Step::To(_)) => {
                self.ahead.clear();
                self.ask(step, context);
            }
            (true, _) if self.ahead.len() < AHEAD => self.ahead.push_back(step),
            (true, _) => {}
        }
    }

    fn again(&mut self, context: &mut Context) {
        self.ask(Step::To(if self.playing { self.now } else { self.shown() }), context);
    }

    fn ask(&mut self, step: Step, context: &mut Context) {
        let moment = self.known.as_ref().map(|known| &known.moment);
        let event = moment.and_then(|moment| moment.event.as_ref());
        let go = match step {
            Step::To(at) => Go::To(at),
            // Between two events the way back leads to the first of them.
            Step::Event(Direction::Back) if event.is_some_and(|event| event.time < self.shown()) => {
                Go::To(event.map_or(self.now, |event| event.time))
            }
            Step::Event(direction) => Go::Event { from: event.map(|event| (event.time, event.id)), direction },
            Step::Finding(direction) => Go::Finding { from: self.shown(), direction },
        };
        if let Go::To(at) = go {
            self.now = at;
        }
        self.slot.ask(context, Request::Moment { go, bins: self.bins, limit: WINDOWS });
    }
}

impl Known {
    /// A finding comes to be at this very instant.
    fn fires_now(&self) -> bool {
        self.last.as_ref().is_some_and(|(fired, _)| fired.time == self.moment.time)
    }
}

#[cfg(test)]
impl Bar {
    /// The time it shows, and all that is shown of the moment.
    pub fn replayed(&self) -> Option<(i64, String)> {
        let known = self.known.as_ref()?;
        let moment = Moment { end: false, ..known.moment.clone() };
        Some((moment.time, format!("{moment:?} {:?} {:?} {:?}", known.event, known.last, known.windows)))
    }
}
