//! What is kept of a window while it slides, so that a step costs the same however many the window holds.

use crate::sigma::{Condition, Correlation, Words};

/// One measure of a window. Steps enter in their order and leave in the same order.
pub trait Tally {
    fn enter(&mut self, step: usize);
    fn leave(&mut self, step: usize);
    /// Says whether the window meets the condition.
    fn holds(&self) -> bool;
}

/// How many steps there are.
pub struct Events<'a> {
    condition: &'a Condition,
    count: usize,
}

impl<'a> Events<'a> {
    pub fn new(correlation: &'a Correlation) -> Events<'a> {
        Events { condition: &correlation.condition, count: 0 }
    }
}

impl Tally for Events<'_> {
    fn enter(&mut self, _: usize) {
        self.count += 1;
    }

    fn leave(&mut self, _: usize) {
        self.count -= 1;
    }

    fn holds(&self) -> bool {
        self.condition.holds(self.count as f64)
    }
}

/// How many different ids the steps have, each counted as often as it is there: values, or parts.
pub struct Distinct<'a> {
    condition: &'a Condition,
    ids: Vec<u32>,
    times: Vec<u32>,
    distinct: usize,
}

impl<'a> Distinct<'a> {
    pub fn new(correlation: &'a Correlation, ids: Vec<u32>) -> Distinct<'a> {
        let most = ids.iter().max().map_or(0, |most| *most as usize + 1);
        Distinct { condition: &correlation.condition, ids, times: vec![0; most], distinct: 0 }
    }

    fn fired(&self, words: &Words) -> bool {
        words.hold(&|part| self.times.get(part).is_some_and(|times| *times > 0))
    }
}

impl Tally for Distinct<'_> {
    fn enter(&mut self, step: usize) {
        let times = &mut self.times[self.ids[step] as usize];
        self.distinct += usize::from(*times == 0);
        *times += 1;
    }

    fn leave(&mut self, step: usize) {
        let times = &mut self.times[self.ids[step] as usize];
        *times -= 1;
        self.distinct -= usize::from(*times == 0);
    }

    fn holds(&self) -> bool {
        match self.condition {
            Condition::Bounds(_) => self.condition.holds(self.distinct as f64),
            Condition::Words(words) => self.fired(words),
        }
    }
}

/// The sum of the steps' numbers, or their average.
///
/// Nothing is ever taken away from a sum, which would leave what rounding lost: the front of the window keeps the sums of
/// its tails, the back one sum.
pub struct Sum<'a> {
    condition: &'a Condition,
    average: bool,
    numbers: &'a [f64],
    /// The sums from each step of the front to its end, that of the oldest step last.
    front: Vec<f64>,
    /// The steps of the back.
    back: std::ops::Range<usize>,
    back_sum: f64,
}

impl<'a> Sum<'a> {
    pub fn new(correlation: &'a Correlation, average: bool, numbers: &'a [f64]) -> Sum<'a> {
        Sum { condition: &correlation.condition, average, numbers, front: Vec::new(), back: 0..0, back_sum: 0.0 }
    }
}

impl Tally for Sum<'_> {
    fn enter(&mut self, step: usize) {
        if self.back.is_empty() {
            self.back.start = step;
        }
        self.back.end = step + 1;
        self.back_sum += self.numbers[step];
    }

    fn leave(&mut self, _: usize) {
        if self.front.is_empty() {
            let mut sum = 0.0;
            for step in self.back.clone().rev() {
                sum += self.numbers[step];
                self.front.push(sum);
            }
            (self.back, self.back_sum) = (0..0, 0.0);
        }
        self.front.pop();
    }

    fn holds(&self) -> bool {
        let sum = self.front.last().copied().unwrap_or_default() + self.back_sum;
        let count = self.front.len() + self.back.len();
        self.condition.holds(if self.average { sum / count as f64 } else { sum })
    }
}

/// A percentile of the steps' numbers: how many there are of each, in a tree of partial sums (Fenwick's).
pub struct Ranks<'a> {
    condition: &'a Condition,
    /// 0 to 1.
    share: f64,
    /// The place of each step's number in `sorted`.
    ranks: Vec<u32>,
    /// Every number once.
    sorted: Vec<f64>,
    tree: Vec<u32>,
    count: usize,
}

impl<'a> Ranks<'a> {
    pub fn new(correlation: &'a Correlation, percentile: u8, numbers: &[f64]) -> Ranks<'a> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let rank = |number: &f64| sorted.partition_point(|other| other.total_cmp(number).is_lt()) as u32;
        Ranks {
            condition: &correlation.condition,
            share: f64::from(percentile.min(100)) / 100.0,
            ranks: numbers.iter().map(rank).collect(),
            tree: vec![0; sorted.len() + 1],
            sorted,
            count: 0,
        }
    }

    fn add(&mut self, step: usize, change: impl Fn(u32) -> u32) {
        let mut node = self.ranks[step] as usize + 1;
        while node < self.tree.len() {
            self.tree[node] = change(self.tree[node]);
            node += node & node.wrapping_neg();
        }
    }

    /// The number at a place of the window's numbers in their order.
    fn at(&self, place: usize) -> f64 {
        let (mut node, mut left) = (0, place as u32);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(below) = self.tree.get(node + step).filter(|below| **below <= left) {
                (node, left) = (node + step, left - below);
            }
            step /= 2;
        }
        self.sorted[node]
    }
}

impl Tally for Ranks<'_> {
    fn enter(&mut self, step: usize) {
        self.add(step, |count| count + 1);
        self.count += 1;
    }

    fn leave(&mut self, step: usize) {
        self.add(step, |count| count - 1);
        self.count -= 1;
    }

    fn holds(&self) -> bool {
        let rank = self.share * (self.count - 1) as f64;
        let (below, above) = (self.at(rank.floor() as usize), self.at(rank.ceil() as usize));
        self.condition.holds(below + (rank - rank.floor()) * (above - below))
    }
}
