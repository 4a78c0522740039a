//! How many lines of an input lack what their time needs. It is counted here and told once for the whole input.

/// What a line may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The year, and nothing gives it.
    Year,
    /// The year, which was given from outside.
    GivenYear,
    /// The zone.
    Zone,
    /// The date: only a time of day is written.
    Date,
}

/// A count for each [`Lack`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lacks([u64; 4]);

impl Lacks {
    pub(in crate::formats) fn count(&mut self, lack: Lack) {
        self.0[lack as usize] += 1;
    }

    /// Adds what another part of the same input lacks.
    pub fn add(&mut self, other: &Lacks) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    /// Returns one note for each thing that is lacking.
    pub fn notes(&self) -> Vec<String> {
        let [year, given, zone, date] = self.0;
        let all = [
            (year, "without a year", "their time is null, its text is kept; ingest --year gives the year"),
            (given, "without a year", "read as of the year that was given"),
            (zone, "without a zone", "their time is read as UTC"),
            (date, "without a date", "their time is null, the time of day is kept as text"),
        ];
        let found = all.iter().filter(|(count, ..)| *count > 0);
        found.map(|(count, what, then)| format!("lines {what}: {count}; {then}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_input_make_one_note_for_each_thing() {
        let (mut first, mut second) = (Lacks::default(), Lacks::default());
        first.count(Lack::Year);
        second.count(Lack::Year);
        second.count(Lack::Zone);
        first.add(&second);
        let notes = first.notes();
        assert_eq!(notes.len(), 2);
        assert!(notes[0].starts_with("lines without a year: 2;") && notes[1].starts_with("lines without a zone: 1;"));
    }
}
