//! Regions of the file that could not be read, and why.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the file that say nothing, or not what they should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub at: Range<u64>,
    pub why: Cow<'static, str>,
}

/// The damage found so far. The list is bounded, so that a forged file cannot fill the memory with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damages {
    list: Vec<Damage>,
    more: u64,
}

const MOST: usize = 10_000;

impl Damages {
    /// Adds a region; one that goes on where the last one ended, for the same reason, becomes one with it.
    pub fn add(&mut self, at: Range<u64>, why: impl Into<Cow<'static, str>>) {
        let why = why.into();
        if let Some(last) = self.list.last_mut()
            && last.at.end == at.start
            && last.why == why
        {
            last.at.end = at.end;
            return;
        }
        if self.list.len() < MOST {
            self.list.push(Damage { at, why });
        } else {
            self.more += 1;
        }
    }

    /// Adds what another list holds.
    pub fn append(&mut self, other: Damages) {
        other.list.into_iter().for_each(|damage| self.add(damage.at, damage.why));
        self.more += other.more;
    }

    /// Returns the regions as far as they are in a file of `size` bytes: what a page should hold may be past its end.
    pub fn within(&self, size: u64) -> Vec<Damage> {
        let clipped = |damage: &Damage| damage.at.start.min(size)..damage.at.end.min(size);
        self.list.iter().map(|damage| Damage { at: clipped(damage), why: damage.why.clone() }).collect()
    }

    /// Returns how many regions are not in the list.
    pub fn more(&self) -> u64 {
        self.more
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_and_the_list_ends() {
        let mut damages = Damages::default();
        damages.add(0..4, "a");
        damages.add(4..8, "a");
        damages.add(8..9, "b");
        assert_eq!(
            damages.list.iter().map(|d| (d.at.clone(), &*d.why)).collect::<Vec<_>>(),
            [(0..8, "a"), (8..9, "b")]
        );
        (0..2 * MOST as u64).for_each(|n| damages.add(100 * n..100 * n + 1, "c"));
        assert_eq!((damages.list.len(), damages.more()), (MOST, MOST as u64 + 2));
    }
}
