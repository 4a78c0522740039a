//! The first look at a text: does it hold any word a rule begins with.
//!
//! Nearly no cell of a case holds a secret, so nearly all time is spent here. All words are looked for at once, with
//! a table look-up, a shift and an "or" for every byte: sixteen groups of words, up to eight bytes each, letters in
//! any case. A byte of the state tells how the last bytes fit a group so far; a zero bit in the uppermost byte
//! says that some word of a group may end here, which is then compared byte by byte. Nothing is decided here.

use std::sync::LazyLock;

/// What is to be looked at where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The text holds an object or a list whose nesting has to be read.
    Tree,
    /// A name that may be that of a secret, as `password` in `db.password=`.
    Name,
    /// The annotation that holds all of an object.
    Applied,
    FromLiteral,
    Authorization,
    Bearer,
    Url,
    Jwt,
    Signature,
    KeyTail,
    Prefix,
    Pem,
    PemBase64,
    ClientSecret,
    Bootstrap,
    Flag,
    EnvFlag,
    SetEnv,
    Title,
}

/// The words, by group: words of a group share letters where they can, so that the group fits little else, and short
/// words stand apart, for a group is compared no further back than its shortest word. `[…]` is one of several bytes,
/// `^` in front means that case matters.
const WORDS: [&[(Rule, &str)]; 16] = [
    &[(Rule::Flag, "[ \"+=,&\0]-[aepu][ \"+=\\&%\0abcdefghijklmnopqrstuvwxyz0123456789!#$_]")],
    &[
        (Rule::KeyTail, "[abcdefghijklmnopqrstuvwxyz0123456789+/]=="),
        (Rule::Url, "://"),
        (Rule::Url, ":\\/\\/"),
        (Rule::ClientSecret, "^[0123456789]Q~"),
    ],
    &[(Rule::Jwt, "^eyJ"), (Rule::Prefix, "^AKIA"), (Rule::Prefix, "^ASIA"), (Rule::Prefix, "^AIza")],
    &[(Rule::Name, "pwd[=:\"\\' %]"), (Rule::Signature, "sig[=%]"), (Rule::Prefix, "^ya29.")],
    &[(Rule::Prefix, "^gh[pousr]_"), (Rule::Prefix, "^npm_"), (Rule::Prefix, "^xox[abeprs]-")],
    &[(Rule::Prefix, "^github_p"), (Rule::Prefix, "^glpat-"), (Rule::Prefix, "^sk_live_"), (Rule::Url, "^%2F%2F")],
    &[
        (Rule::Name, "passwor"),
        (Rule::Name, "passwd"),
        (Rule::Name, "passphra"),
        (Rule::Name, "passcode"),
        (Rule::PemBase64, "^LS0tLS1C"),
    ],
    &[(Rule::Name, "secret")],
    &[
        (Rule::Name, "access[_-]ke"),
        (Rule::Name, "accesske"),
        (Rule::Name, "account[_-]"),
        (Rule::Name, "accountk"),
        (Rule::Applied, "plied-co"),
        (Rule::Pem, "^-----BEG"),
    ],
    &[(Rule::Name, "token[\"\\'=: %+&,\0]"), (Rule::EnvFlag, "--env[ =\"\\%+\0&]")],
    &[
        (Rule::Authorization, "ization[\"\\':=%]"),
        (Rule::Bearer, "bearer[ +%]"),
        (Rule::Tree, "envvars[\"\\]"),
        (Rule::Tree, "ariables[\"\\]"),
    ],
    &[
        (Rule::Name, "api[_-]key"),
        (Rule::Name, "apikey"),
        (Rule::Name, "rivate[_-]k"),
        (Rule::Name, "rivateke"),
        (Rule::Name, "masterke"),
        (Rule::Name, "aster[_-]ke"),
    ],
    &[
        (Rule::Name, "haredacc"),
        (Rule::Name, "haredkey"),
        (Rule::Name, "hared[_-]ke"),
        (Rule::Name, "key-data"),
        (Rule::Name, "tkeydata"),
        (Rule::Tree, "ringdata"),
    ],
    &[
        (Rule::Name, "onstring"),
        (Rule::Name, "on[_-]strin"),
        (Rule::Name, "dockercf"),
        (Rule::Name, "rconfigj"),
        (Rule::Tree, "kubeconf"),
        (Rule::Bootstrap, "bootstra"),
    ],
    &[
        (Rule::Tree, "[\"/]env[\"\\/]"),
        (Rule::Tree, "[\n ]env:"),
        (Rule::Tree, "[\n \"/]data[\"\\:/]"),
        (Rule::Tree, "auths[\"\\]"),
    ],
    &[
        (Rule::SetEnv, "set[ +\0]env"),
        (Rule::SetEnv, "set\",\"en"),
        (Rule::SetEnv, "mand=env"),
        (Rule::FromLiteral, "from-lit"),
        (Rule::Title, "proctitl"),
        (Rule::Tree, "mentvar"),
        (Rule::Tree, "alprofil"),
    ],
];

/// A set of bytes.
#[derive(Debug, Clone, Copy)]
struct Set([u64; 4]);

impl Set {
    fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
}

struct Word {
    rule: Rule,
    sets: Vec<Set>,
}

struct Table {
    step: Box<[[u64; 2]; 256]>,
    start: [u64; 2],
    words: [Vec<Word>; 16],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let words = WORDS.map(|group| group.iter().map(|(rule, text)| word(*rule, text)).collect::<Vec<_>>());
    // A zero bit means "fits"; the byte k places before the last one is looked up seven minus k bytes from the top.
    let mut step = Box::new([[0; 2]; 256]);
    let mut none = [0u64; 2];
    for (group, words) in words.iter().enumerate() {
        for back in 0..8 {
            let bit = 1u64 << ((7 - back) * 8 + group % 8);
            let sets: Vec<_> = words.iter().map(|word| word.sets.iter().rev().nth(back)).collect();
            if sets.iter().any(Option::is_none) {
                continue;
            }
            none[group / 8] |= bit;
            for byte in 0..=255u8 {
                if !sets.iter().flatten().any(|set| set.has(byte)) {
                    step[usize::from(byte)][group / 8] |= bit;
                }
            }
        }
    }
    let start = none.map(|none| (0..8).fold(0, |state: u64, _| state << 8 | none));
    Table { step, start, words }
});

fn word(rule: Rule, text: &str) -> Word {
    let (text, cased) = text.strip_prefix('^').map_or((text, false), |text| (text, true));
    let mut sets = Vec::new();
    let mut inside = false;
    for byte in text.bytes() {
        match byte {
            b'[' => {
                inside = true;
                sets.push(Set([0; 4]));
            }
            b']' => inside = false,
            _ => {
                if !inside {
                    sets.push(Set([0; 4]));
                }
                if let Some(set) = sets.last_mut() {
                    set.add(byte);
                    if !cased {
                        set.add(byte.to_ascii_lowercase());
                        set.add(byte.to_ascii_uppercase());
                    }
                }
            }
        }
    }
    Word { rule, sets }
}

/// Calls `found` with every word in the text: its rule, where it begins and where it ends.
pub(super) fn each(text: &[u8], mut found: impl FnMut(Rule, usize, usize)) {
    let table = &*TABLE;
    let [mut low, mut high] = table.start;
    let mut at = 0;
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        let before = [low, high];
        let mut misses = u64::MAX;
        for byte in chunk {
            let [one, two] = table.step[usize::from(*byte)];
            low = low << 8 | one;
            high = high << 8 | two;
            misses &= low & high;
        }
        if misses >> 56 != 255 {
            again(table, text, at..at + 8, before, &mut found);
        }
        at += 8;
    }
    again(table, text, at..text.len(), [low, high], &mut found);
}

/// Goes over some bytes once more, one by one, and compares the words that may end at each of them.
fn again(
    table: &Table,
    text: &[u8],
    range: std::ops::Range<usize>,
    [mut low, mut high]: [u64; 2],
    found: &mut impl FnMut(Rule, usize, usize),
) {
    for at in range {
        let [one, two] = table.step[usize::from(text[at])];
        low = low << 8 | one;
        high = high << 8 | two;
        let mut groups = (!low >> 56) | (!high >> 56 << 8);
        while groups != 0 {
            for word in &table.words[groups.trailing_zeros() as usize & 15] {
                let Some(start) = (at + 1).checked_sub(word.sets.len()) else { continue };
                if word.sets.iter().zip(&text[start..=at]).all(|(set, byte)| set.has(*byte)) {
                    found(word.rule, start, at + 1);
                }
            }
            groups &= groups - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<(Rule, usize, usize)> {
        let mut first = None;
        each(text.as_bytes(), |rule, start, end| first = first.or(Some((rule, start, end))));
        first
    }

    #[test]
    fn words_are_found_in_any_case_at_any_place() {
        for pad in 0..20 {
            let text = format!("{}PassWord", "x".repeat(pad));
            assert_eq!(first(&text), Some((Rule::Name, pad, pad + 7)));
        }
    }

    #[test]
    fn a_word_that_is_cut_off_by_the_start_of_the_text_is_not_found() {
        assert_eq!(first("asswor"), None);
        assert_eq!(first("ecret"), None);
        assert_eq!(first("yJ"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn case_matters_where_a_token_is_written_in_one_case_only() {
        assert_eq!(first("southeastasia"), None);
        assert_eq!(first("ASIA"), Some((Rule::Prefix, 0, 4)));
    }
}
