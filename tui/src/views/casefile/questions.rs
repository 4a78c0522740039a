//! The preset questions: which of them this case answers, with what, and which it cannot and why. They are asked when this
//! section is opened, and no longer when it is left.

use crate::{
    ask::{self, Data, Request, Sweep},
    clock,
    shown::Shown,
    text::{cut, grouped},
    theme::Role,
    views::{Context, Jump, Slot, count},
    widgets::panes::{Line, field, wrapped},
};

/// The widths of a question's name, and of what became of it.
const NAME: usize = 21;
const ANSWER: usize = 20;

/// As few bins as there may be: no bar is drawn here.
const BINS: u16 = 1;

#[derive(Default)]
pub struct Questions {
    pub slot: Slot,
    all: Option<Vec<Question>>,
}

/// What this case says to a question, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answered {
    Rows,
    Nothing,
    /// Some of what it asks of is missing, and nothing was found in the rest.
    NothingInPart,
    /// All that it asks of is missing.
    Not,
    /// It asks for a value.
    Unasked,
}

struct Question {
    hunt: Shown,
    title: Shown,
    question: Shown,
    needs: Shown,
    answered: Answered,
    hits: u64,
    first: Option<i64>,
    missing: Vec<Shown>,
    asks: Vec<Shown>,
}

impl Questions {
    /// Asks, unless that was done.
    pub fn open(&mut self, context: &mut Context) {
        if self.all.is_none() && !self.slot.open() && self.slot.error.is_none() {
            self.slot.ask(context, Request::Sweep { bins: BINS });
        }
    }

    /// The section is left: what is not answered by now is not waited for.
    pub fn leave(&mut self, context: &mut Context) {
        self.slot.stop(context);
    }

    pub fn again(&mut self, context: &mut Context) {
        (self.all, self.slot.error) = (None, None);
        self.open(context);
    }

    pub fn loaded(&mut self, sweep: Sweep) {
        let shown = |texts: Vec<String>| texts.into_iter().map(Shown::new).collect();
        let asked = sweep.lines.into_iter().map(|line| Question {
            answered: match (line.hits, line.data) {
                (1.., _) => Answered::Rows,
                (0, Data::Present) => Answered::Nothing,
                (0, Data::Part) => Answered::NothingInPart,
                (0, Data::Absent) => Answered::Not,
            },
            hunt: Shown::new(line.hunt),
            title: Shown::new(line.title),
            question: Shown::new(line.question),
            needs: Shown::new(line.needs),
            hits: line.hits,
            first: line.first,
            missing: shown(line.missing),
            asks: Vec::new(),
        });
        let unasked = sweep.unasked.into_iter().map(|other: ask::Unasked| Question {
            answered: Answered::Unasked,
            hunt: Shown::new(other.hunt),
            title: Shown::new(other.title),
            question: Shown::new(other.question),
            needs: Shown::default(),
            hits: 0,
            first: None,
            missing: Vec::new(),
            asks: shown(other.asks),
        });
        let mut all: Vec<Question> = asked.chain(unasked).collect();
        all.sort_by_key(|question| question.answered);
        self.all = Some(all);
    }

    fn all(&self) -> &[Question] {
        self.all.as_deref().unwrap_or_default()
    }

    pub fn rows(&self) -> u64 {
        self.all().len() as u64
    }

    /// How many have an answer of how many, once that is known.
    pub fn heading(&self) -> String {
        let answered = self.all().iter().filter(|question| question.is_answered()).count() as u64;
        match &self.all {
            Some(all) => format!("{} of {}", grouped(answered), grouped(all.len() as u64)),
            None if self.slot.open() => "…".to_string(),
            None => "?".to_string(),
        }
    }

    /// What stands there while there is no line.
    pub fn empty(&self) -> &'static str {
        match (self.slot.open(), &self.all) {
            (true, _) => "asking the preset questions of the whole case… Esc stops",
            (false, Some(_)) => "There is nothing to be asked: the case has no events.",
            (false, None) => "The questions were not asked. ^r asks them.",
        }
    }

    pub fn line(&self, at: usize, width: usize) -> Line {
        let Some(question) = self.all().get(at) else { return (Role::Plain, String::new()) };
        let name = cut(question.hunt.text(), NAME - 1);
        let words = format!("{name:<NAME$}{:<ANSWER$}{}", question.answer(), question.title.text());
        (question.role(), cut(&words, width).into_owned())
    }

    /// All about the question under the cursor.
    pub fn about(&self, at: usize, lines: &mut Vec<Line>, width: usize) {
        let Some(question) = self.all().get(at) else { return };
        wrapped(lines, Role::Heading, question.question.text(), width);
        wrapped(lines, question.role(), &question.answer_in_full(), width);
        if let Some(first) = question.first {
            field(lines, "first", &clock::second(first), width);
        }
        for missing in &question.missing {
            field(lines, "the case has no", missing.text(), width);
        }
        for asked in &question.asks {
            field(lines, "asks for", asked.text(), width);
        }
        if !question.needs.text().is_empty() {
            field(lines, "needs", question.needs.text(), width);
        }
        field(lines, "hunt", question.hunt.text(), width);
    }

    /// Where Enter leads, else why nowhere.
    pub fn jump(&self, at: usize) -> Result<Jump, &'static str> {
        match self.all().get(at) {
            Some(question) if question.answered == Answered::Unasked => {
                Err("it asks for a value: 4, Tab to the hunts there, and Enter on it")
            }
            Some(question) => {
                Ok(Jump::Query(format!("SELECT * FROM hunt('{}')", question.hunt.raw().replace('\'', "''"))))
            }
            None => Err("there is no question here"),
        }
    }
}

impl Question {
    fn is_answered(&self) -> bool {
        matches!(self.answered, Answered::Rows | Answered::Nothing)
    }

    /// What became of it, in a few words.
    fn answer(&self) -> String {
        match self.answered {
            Answered::Rows if self.missing.is_empty() => count(self.hits, "row"),
            Answered::Rows => format!("{}, in part", count(self.hits, "row")),
            Answered::Nothing => "nothing".to_string(),
            Answered::NothingInPart => "nothing, in part".to_string(),
            Answered::Not => "cannot answer".to_string(),
            Answered::Unasked => "asks for a value".to_string(),
        }
    }

    fn answer_in_full(&self) -> String {
        match self.answered {
            Answered::Rows if self.missing.is_empty() => format!("Answered: {}.", count(self.hits, "row")),
            Answered::Rows => {
                format!("{}; there may be more, since a part of the data is missing.", count(self.hits, "row"))
            }
            Answered::Nothing => "Answered: nothing. The data is there, so there was nothing to see.".to_string(),
            Answered::NothingInPart => "Nothing in what is there; a part of the data is missing.".to_string(),
            Answered::Not => "This case cannot answer it: it has no such data, so no row says nothing.".to_string(),
            Answered::Unasked => "It was not asked: it needs a value that only you know.".to_string(),
        }
    }

    fn role(&self) -> Role {
        match self.answered {
            Answered::Rows => Role::Plain,
            Answered::Nothing => Role::Faint,
            Answered::NothingInPart | Answered::Not => Role::Warn,
            Answered::Unasked => Role::Faint,
        }
    }
}
