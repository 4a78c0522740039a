//! Three-valued columns: for every row of a batch yes, no or cannot tell, after Kleene.
//!
//! "Cannot tell" is neither bit set. A constant costs nothing, since most tests of most rules are "no" for a whole batch.

use arrow::buffer::BooleanBuffer;

/// The answer of one test or rule for every row of a batch.
#[derive(Debug, Clone)]
pub enum Three {
    /// No for every row.
    No,
    /// Yes for every row.
    Yes,
    /// Row by row; a row with neither bit cannot be told.
    Mixed { yes: BooleanBuffer, no: BooleanBuffer },
}

impl Three {
    /// An answer known for every row.
    pub fn known(yes: BooleanBuffer) -> Three {
        match yes.count_set_bits() {
            0 => Three::No,
            n if n == yes.len() => Three::Yes,
            _ => {
                let no = !&yes;
                Three::Mixed { yes, no }
            }
        }
    }

    /// Nothing can be told about any of `rows` rows.
    pub fn unknown(rows: usize) -> Three {
        Three::Mixed { yes: BooleanBuffer::new_unset(rows), no: BooleanBuffer::new_unset(rows) }
    }

    /// The same answer, but cannot tell wherever `missing` is set.
    #[must_use]
    pub fn unless(self, missing: &BooleanBuffer) -> Three {
        if missing.count_set_bits() == 0 {
            return self;
        }
        let told = !missing;
        let none = || BooleanBuffer::new_unset(missing.len());
        match self {
            Three::No => Three::Mixed { yes: none(), no: told },
            Three::Yes => Three::Mixed { yes: told, no: none() },
            Three::Mixed { yes, no } => Three::Mixed { yes: &yes & &told, no: &no & &told },
        }
    }

    /// Yes where both are, no where one is.
    #[must_use]
    pub fn and(self, other: &Three) -> Three {
        match (self, other) {
            (Three::No, _) | (_, Three::No) => Three::No,
            (a, Three::Yes) => a,
            (Three::Yes, b) => b.clone(),
            (Three::Mixed { yes, no }, Three::Mixed { yes: y, no: n }) => {
                Three::Mixed { yes: &yes & y, no: &no | n }.fold()
            }
        }
    }

    /// Yes where one is, no where both are.
    #[must_use]
    pub fn or(self, other: &Three) -> Three {
        self.not().and(&other.clone().not()).not()
    }

    /// Yes and no change places; what cannot be told stays so.
    #[must_use]
    pub fn not(self) -> Three {
        match self {
            Three::No => Three::Yes,
            Three::Yes => Three::No,
            Three::Mixed { yes, no } => Three::Mixed { yes: no, no: yes },
        }
    }

    /// Says whether the answer is no for every row, so that nothing further need be asked.
    pub fn is_no(&self) -> bool {
        matches!(self, Three::No)
    }

    /// The answer for one row; None is "cannot tell".
    pub fn row(&self, row: usize) -> Option<bool> {
        match self {
            Three::No => Some(false),
            Three::Yes => Some(true),
            Three::Mixed { yes, no } => match (yes.value(row), no.value(row)) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
        }
    }

    /// The rows that are not surely "no": the only ones a costlier test need look at.
    pub fn open_rows(&self, rows: usize) -> BooleanBuffer {
        match self {
            Three::No => BooleanBuffer::new_unset(rows),
            Three::Yes => BooleanBuffer::new_set(rows),
            Three::Mixed { no, .. } => !no,
        }
    }

    /// The rows that are surely "yes".
    pub fn yes_rows(&self, rows: usize) -> BooleanBuffer {
        match self {
            Three::No => BooleanBuffer::new_unset(rows),
            Three::Yes => BooleanBuffer::new_set(rows),
            Three::Mixed { yes, .. } => yes.clone(),
        }
    }

    /// The rows that cannot be told.
    pub fn untold_rows(&self, rows: usize) -> BooleanBuffer {
        match self {
            Three::No | Three::Yes => BooleanBuffer::new_unset(rows),
            Three::Mixed { yes, no } => !&(yes | no),
        }
    }

    /// Turns a mixed answer that is no everywhere into the constant.
    fn fold(self) -> Three {
        match &self {
            Three::Mixed { no, .. } if no.count_set_bits() == no.len() => Three::No,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// yes, no, cannot tell
    fn column(bits: &[Option<bool>]) -> Three {
        Three::Mixed {
            yes: bits.iter().map(|b| *b == Some(true)).collect(),
            no: bits.iter().map(|b| *b == Some(false)).collect(),
        }
    }

    #[test]
    fn and_or_not_follow_kleene() {
        let all = [Some(true), Some(false), None];
        for a in all {
            for b in all {
                let and = match (a, b) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                let or = match (a, b) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                // A second row keeps the constants from folding.
                let (x, y) = (column(&[a, Some(true)]), column(&[b, Some(true)]));
                assert_eq!(x.clone().and(&y).row(0), and, "{a:?} and {b:?}");
                assert_eq!(x.clone().or(&y).row(0), or, "{a:?} or {b:?}");
                assert_eq!(x.not().row(0), a.map(|v| !v), "not {a:?}");
            }
        }
    }

    #[test]
    fn a_missing_body_is_neither_yes_nor_no() {
        let missing: BooleanBuffer = [true, false].into_iter().collect();
        for (answer, told) in [(Three::Yes, Some(true)), (Three::No, Some(false))] {
            let answer = answer.unless(&missing);
            assert_eq!((answer.row(0), answer.row(1)), (None, told));
        }
    }
}
