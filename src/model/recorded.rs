//! Which parts of an audit event its evidence does *not* hold.
//!
//! A body that was cut, replaced or never logged is unknown, which is neither empty nor absent. Rules ask here before
//! they say "no".

use std::fmt;

/// A set of top-level audit.k8s.io fields that were not recorded for an event.
///
/// Stored in column `not_recorded` as the names joined by one blank, null when everything was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Recorded(pub u16);

/// The names, in the order of their bits. `object` is the derived field of that name; `before`, the state of the object
/// before the request, is never stored: it is worked out while rules ask for it.
const NAMES: [&str; 16] = [
    "requestObject",
    "responseObject",
    "object",
    "impersonatedUser",
    "annotations",
    "responseStatus",
    "objectRef",
    "user",
    "userAgent",
    "sourceIPs",
    "requestURI",
    "verb",
    "stageTimestamp",
    "requestReceivedTimestamp",
    "level",
    "before",
];

impl Recorded {
    /// Everything was recorded.
    pub const ALL: Recorded = Recorded(0);
    pub const REQUEST: Recorded = Recorded(1);
    pub const RESPONSE: Recorded = Recorded(1 << 1);
    pub const OBJECT: Recorded = Recorded(1 << 2);
    pub const IMPERSONATED: Recorded = Recorded(1 << 3);
    pub const ANNOTATIONS: Recorded = Recorded(1 << 4);
    pub const STATUS: Recorded = Recorded(1 << 5);
    pub const OBJECT_REF: Recorded = Recorded(1 << 6);
    pub const USER: Recorded = Recorded(1 << 7);
    pub const USER_AGENT: Recorded = Recorded(1 << 8);
    pub const SOURCE_IPS: Recorded = Recorded(1 << 9);
    pub const REQUEST_URI: Recorded = Recorded(1 << 10);
    pub const VERB: Recorded = Recorded(1 << 11);
    pub const STAGE_TIME: Recorded = Recorded(1 << 12);
    pub const RECEIVED_TIME: Recorded = Recorded(1 << 13);
    pub const LEVEL: Recorded = Recorded(1 << 14);
    pub const BEFORE: Recorded = Recorded(1 << 15);

    /// Adds the missing fields of `other`.
    #[must_use]
    pub fn without(self, other: Recorded) -> Recorded {
        Recorded(self.0 | other.0)
    }

    /// What is missing in both.
    #[must_use]
    pub fn both(self, other: Recorded) -> Recorded {
        Recorded(self.0 & other.0)
    }

    /// Says whether any field of `other` is missing here.
    pub fn misses(self, other: Recorded) -> bool {
        self.0 & other.0 != 0
    }

    /// Says whether everything missing here is missing in `other` too.
    pub fn at_least(self, other: Recorded) -> bool {
        self.0 & !other.0 == 0
    }

    /// Reads the text of column `not_recorded`; words it does not know are left out.
    pub fn parse(text: &str) -> Recorded {
        let bits = text.split(' ').filter_map(|word| NAMES.iter().position(|name| *name == word));
        Recorded(bits.fold(0, |mask, bit| mask | 1 << bit))
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (bit, name) in NAMES.iter().enumerate() {
            if self.0 & (1 << bit) != 0 {
                if !first {
                    f.write_str(" ")?;
                }
                f.write_str(name)?;
                first = false;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_mask_are_the_same_thing() {
        for bits in 0..=u16::MAX {
            let mask = Recorded(bits);
            assert_eq!(Recorded::parse(&mask.to_string()), mask);
        }
    }
}
