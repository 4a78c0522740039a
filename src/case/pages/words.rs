//! Different values of one column, numbered in the order in which they came.

use ahash::RandomState;

use crate::formats::slot;

const FREE: u32 = u32::MAX;
/// Values that are looked for before any hash is made.
const RECENT: usize = 64;

/// See the module's description.
pub struct Words {
    /// Every value with its length in front, as a dictionary page has them.
    page: Vec<u8>,
    /// Where each value is in the page.
    places: Vec<(u32, u32)>,
    /// Numbers by hash, at most half of them taken.
    table: Vec<u32>,
    hashes: Vec<u32>,
    recent: [u32; RECENT],
    // Values are text that an attacker may have chosen.
    seed: RandomState,
}

impl Words {
    pub fn new() -> Words {
        let table = vec![FREE; 256];
        let recent = [FREE; RECENT];
        Words { page: Vec::new(), places: Vec::new(), table, hashes: Vec::new(), recent, seed: RandomState::new() }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The values as a dictionary page has them.
    pub fn page(&self) -> &[u8] {
        &self.page
    }

    /// Returns the number of a value.
    pub fn number(&mut self, value: &[u8]) -> u32 {
        let recent = slot(value) % RECENT;
        if self.is(self.recent[recent], value) {
            return self.recent[recent];
        }
        let number = self.find_or_add(value);
        self.recent[recent] = number;
        number
    }

    fn find_or_add(&mut self, value: &[u8]) -> u32 {
        let hash = self.seed.hash_one(value) as u32;
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.table[slot] {
                FREE => break,
                number if self.hashes[number as usize] == hash && self.is(number, value) => return number,
                _ => slot = (slot + 1) & mask,
            }
        }
        let number = self.places.len() as u32;
        self.table[slot] = number;
        self.hashes.push(hash);
        self.page.extend_from_slice(&(value.len() as u32).to_le_bytes());
        let start = self.page.len();
        self.page.extend_from_slice(value);
        self.places.push((start as u32, self.page.len() as u32));
        if self.places.len() * 2 > self.table.len() {
            self.grow();
        }
        number
    }

    fn is(&self, number: u32, value: &[u8]) -> bool {
        let place = self.places.get(number as usize);
        place.is_some_and(|(start, end)| self.page[*start as usize..*end as usize] == *value)
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 4 - 1;
        self.table = vec![FREE; mask + 1];
        for (number, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & mask;
            while self.table[slot] != FREE {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = number as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_as_they_come_however_many() {
        let mut words = Words::new();
        let texts: Vec<String> = (0..3_000).map(|n| format!("value {n}")).collect();
        for _ in 0..2 {
            for (number, text) in (0..).zip(&texts) {
                assert_eq!(words.number(text.as_bytes()), number);
            }
        }
        assert_eq!((words.count(), &words.page()[..11]), (3_000, &b"\x07\0\0\0value 0"[..]));
        assert_eq!(words.number(b""), 3_000, "the empty text is a value");
    }
}
