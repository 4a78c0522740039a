//! The sweep on the overview: a line for each preset question that has hits, then those without, told apart by whether
//! the evidence could have shown any.

use ratatui::layout::Rect;

use super::{BARS, NAME, bar_width, lines::Line};
use crate::{
    ask::{self, Bin, Data},
    clock,
    shown::Shown,
    text::{grouped, wrap},
    theme::Role,
    views::count,
    widgets::{histogram, pen::Pen},
};

pub struct Sweep {
    hits: Vec<Swept>,
    /// Names of the questions without a hit: where nothing was to be seen, where some may be unseen, where nothing could be.
    none: [(&'static str, Vec<Shown>); 3],
}

pub struct Swept {
    pub hunt: Shown,
    pub title: Shown,
    pub hits: u64,
    first: Option<i64>,
    bins: Vec<Bin>,
    data: Data,
    missing: Shown,
    new: bool,
}

impl Sweep {
    pub fn new(sweep: ask::Sweep) -> Sweep {
        let (hits, none): (Vec<_>, Vec<_>) = sweep.lines.into_iter().partition(|line| line.hits > 0);
        let without = |data: Data| {
            let names = none.iter().filter(|line| line.data == data).map(|line| Shown::new(line.hunt.as_str()));
            names.collect::<Vec<_>>()
        };
        let none = [
            ("No hit, and the data is there:", without(Data::Present)),
            ("No hit, and a part of the data is missing:", without(Data::Part)),
            ("Cannot tell, the case has no such data:", without(Data::Absent)),
        ];
        let hits = hits.into_iter().map(|line| Swept {
            hunt: Shown::new(line.hunt),
            title: Shown::new(line.title),
            hits: line.hits,
            first: line.first,
            bins: line.bins,
            data: line.data,
            missing: Shown::new(line.missing.join("; no ")),
            new: line.new,
        });
        Sweep { hits: hits.collect(), none }
    }

    /// Adds its lines, without the heading.
    pub fn lines<'a>(&'a self, lines: &mut Vec<Line<'a>>, width: usize) {
        lines.extend(self.hits.iter().map(Line::Swept));
        for (words, names) in self.none.iter().filter(|(_, names)| !names.is_empty()) {
            let names: Vec<&str> = names.iter().map(Shown::text).collect();
            let words = wrap(&format!("{words} {}", names.join("  ")), width);
            lines.extend(words.into_iter().map(|line| Line::Blind(Role::Faint, line)));
        }
    }

    /// How many questions were asked, and how many have hits.
    pub fn words(&self) -> String {
        let all = self.hits.len() + self.none.iter().map(|(_, names)| names.len()).sum::<usize>();
        format!("Sweep: {} of {} with hits", self.hits.len(), count(all as u64, "question"))
    }
}

impl Swept {
    /// What Enter would show.
    pub fn words(&self) -> String {
        let missing = match self.missing.text() {
            "" => String::new(),
            missing => format!("; there may be more, the case has no {missing}"),
        };
        format!("Enter shows {}: {}{missing}", count(self.hits, "row"), self.title.text())
    }

    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect, y: u16) {
        // Light and word: without colour and without glyphs it says the same.
        let (light, role) = match (self.data, pen.theme.ascii) {
            (Data::Present, false) => ("●", Role::Good),
            (Data::Present, true) => ("+", Role::Good),
            (Data::Part, false) => ("◐", Role::Warn),
            (Data::Part, true) => ("~", Role::Warn),
            (Data::Absent, false) => ("○", Role::Faint),
            (Data::Absent, true) => ("-", Role::Faint),
        };
        pen.put(area, (1, y), NAME - 1, self.hunt.text(), Role::Plain);
        let hits = grouped(self.hits);
        if area.width < BARS {
            pen.right(area, NAME, y, &format!("{hits} "), Role::Plain);
            return;
        }
        let bar = Rect { x: area.x + NAME + 1, y: area.y + y, width: bar_width(area.width), height: 1 };
        histogram::bars(pen, bar, &self.bins, Role::Bar);
        let x = pen.write(area, (NAME + bar.width + 2, y), &format!("{hits:>6}"), Role::Plain);
        let x = pen.write(area, (x + 1, y), light, role);
        pen.write(area, (x + 1, y), if self.new { "NEW" } else { "" }, Role::Title);
        pen.write(area, (x + 5, y), &self.first.map_or(String::new(), clock::minute), Role::Plain);
    }
}
