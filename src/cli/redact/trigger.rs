//! The first look at a text: does it hold any word a rule begins with.
//!
//! Nearly no cell of a case holds a secret, so nearly all time is spent here. All words are looked for at once, with
//! one table look-up, one shift and one "or" for every byte: eight groups of words, up to eight bytes each, letters
//! in any case. A byte of the state tells how the last bytes fit a group so far; a zero bit in the uppermost byte
//! says that some word of a group may end here, which is then compared byte by byte. Nothing is decided here.

use std::sync::LazyLock;

/// What is to be looked at where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The text holds an object or a list whose nesting has to be read.
    Tree,
    /// A name that may be that of a secret, as `password` in `db.password=`.
    Name,
    /// The word secret: both of the above.
    Secret,
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

/// The words, by group: words of a group share letters where they can, so that the group fits little else.
/// `[…]` is one of several bytes, `^` in front means that case matters.
const WORDS: [&[(Rule, &str)]; 8] = [
    &[
        (Rule::Name, "passwor"),
        (Rule::Name, "passwd"),
        (Rule::Name, "passphra"),
        (Rule::Name, "passcode"),
        (Rule::Name, "pwd[=:\"\\' %]"),
        (Rule::Secret, "secret"),
    ],
    &[
        (Rule::Name, "token[\"\\'=: %+&,\0]"),
        (Rule::Bootstrap, "bootstra"),
        (Rule::Name, "onstring"),
        (Rule::Name, "on[_-]strin"),
        (Rule::Tree, "kubeconf"),
        (Rule::EnvFlag, "--env[ =\"\\%+\0&]"),
    ],
    &[
        (Rule::Name, "api[_-]key"),
        (Rule::Name, "apikey"),
        (Rule::Name, "access[_-]ke"),
        (Rule::Name, "accesske"),
        (Rule::Name, "account[_-]"),
        (Rule::Name, "accountk"),
        (Rule::Name, "rivate[_-]k"),
        (Rule::Name, "rivateke"),
        (Rule::Name, "haredacc"),
        (Rule::Name, "haredkey"),
        (Rule::Name, "hared[_-]ke"),
        (Rule::Name, "masterke"),
        (Rule::Name, "aster[_-]ke"),
        (Rule::Name, "key-data"),
        (Rule::Name, "tkeydata"),
    ],
    &[
        (Rule::Applied, "plied-co"),
        (Rule::Tree, "ringdata"),
        (Rule::Tree, "mentvar"),
        (Rule::FromLiteral, "from-lit"),
        (Rule::Name, "dockercf"),
        (Rule::Name, "rconfigj"),
        (Rule::Authorization, "ization[\"\\':=%]"),
        (Rule::Title, "proctitl"),
        (Rule::Tree, "envvars[\"\\]"),
        (Rule::Tree, "ariables[\"\\]"),
    ],
    &[
        (Rule::Tree, "[\"/]env[\"\\/]"),
        (Rule::Tree, "[\n ]env:"),
        (Rule::Tree, "[\n \"]data[\"\\:/]"),
        (Rule::Tree, "/data[\"\\/]"),
        (Rule::Tree, "auths[\"\\]"),
        (Rule::SetEnv, "set[ +\0]env"),
        (Rule::SetEnv, "set\",\"en"),
        (Rule::SetEnv, "mand=env"),
    ],
    &[
        (Rule::Jwt, "^eyJ"),
        (Rule::Signature, "sig[=%]"),
        (Rule::Prefix, "^gh[pousr]_"),
        (Rule::Prefix, "^github_p"),
        (Rule::Prefix, "^xox[abeprs]-"),
        (Rule::Prefix, "^ya29."),
        (Rule::Prefix, "^glpat-"),
        (Rule::Prefix, "^npm_"),
        (Rule::Prefix, "^sk_live_"),
    ],
    &[
        (Rule::Prefix, "^AKIA"),
        (Rule::Prefix, "^ASIA"),
        (Rule::Prefix, "^AIza"),
        (Rule::Pem, "^-----BEG"),
        (Rule::PemBase64, "^LS0tLS1C"),
        (Rule::ClientSecret, "^[0123456789]Q~"),
        (Rule::Bearer, "bearer[ +%]"),
    ],
    &[
        (Rule::KeyTail, "[abcdefghijklmnopqrstuvwxyz0123456789+/]=="),
        (Rule::Url, "://"),
        (Rule::Url, ":\\/\\/"),
        (Rule::Url, "%2f%2f"),
        (Rule::Flag, "[ \"+=\0]-[aepu][ \"+=\\&%\0abcdefghijklmnopqrstuvwxyz0123456789!#$_]"),
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
    step: Box<[u64; 256]>,
    start: u64,
    words: [Vec<Word>; 8],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let words = WORDS.map(|group| group.iter().map(|(rule, text)| word(*rule, text)).collect::<Vec<_>>());
    // A zero bit means "fits"; the byte k places before the last one is looked up seven minus k bytes from the top.
    let mut step = Box::new([0; 256]);
    let mut none = 0u64;
    for (group, words) in words.iter().enumerate() {
        for back in 0..8 {
            let bit = 1u64 << ((7 - back) * 8 + group);
            let sets: Vec<_> = words.iter().map(|word| word.sets.iter().rev().nth(back)).collect();
            if sets.iter().any(Option::is_none) {
                continue;
            }
            none |= bit;
            for byte in 0..=255u8 {
                if !sets.iter().flatten().any(|set| set.has(byte)) {
                    step[usize::from(byte)] |= bit;
                }
            }
        }
    }
    let start = (0..8).fold(0, |state: u64, _| state << 8 | none);
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

/// Calls `found` with every word in the text: its rule, where it begins and where it ends. Stops when told so.
pub(super) fn each(text: &[u8], mut found: impl FnMut(Rule, usize, usize) -> bool) {
    let table = &*TABLE;
    let mut state = table.start;
    let mut at = 0;
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        let before = state;
        let mut fits = 0;
        for byte in chunk {
            state = state << 8 | table.step[usize::from(*byte)];
            fits |= !state;
        }
        if fits >> 56 != 0 {
            let mut state = before;
            for (inside, byte) in chunk.iter().enumerate() {
                state = state << 8 | table.step[usize::from(*byte)];
                if !state >> 56 != 0 && !confirm(table, text, at + inside + 1, (!state >> 56) as u8, &mut found) {
                    return;
                }
            }
        }
        at += 8;
    }
    for byte in chunks.remainder() {
        state = state << 8 | table.step[usize::from(*byte)];
        at += 1;
        if !state >> 56 != 0 && !confirm(table, text, at, (!state >> 56) as u8, &mut found) {
            return;
        }
    }
}

/// Compares the words of the groups that may end before `end`; false says that the caller has seen enough.
fn confirm(
    table: &Table,
    text: &[u8],
    end: usize,
    groups: u8,
    found: &mut impl FnMut(Rule, usize, usize) -> bool,
) -> bool {
    for (group, words) in table.words.iter().enumerate() {
        if groups >> group & 1 == 0 {
            continue;
        }
        for word in words {
            let Some(start) = end.checked_sub(word.sets.len()) else { continue };
            if word.sets.iter().zip(&text[start..end]).all(|(set, byte)| set.has(*byte))
                && !found(word.rule, start, end)
            {
                return false;
            }
        }
    }
    true
}

/// Tells whether any word of any rule is in the text.
pub(super) fn any(text: &[u8]) -> bool {
    let mut any = false;
    each(text, |_, _, _| {
        any = true;
        false
    });
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<(Rule, usize, usize)> {
        let mut first = None;
        each(text.as_bytes(), |rule, start, end| {
            first = Some((rule, start, end));
            false
        });
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
