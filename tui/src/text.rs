//! Text on its way to the terminal: made visible, measured and cut. It refuses to hide anything.
//!
//! Evidence may hold escape sequences, bidi overrides and invisible characters. A terminal would obey them and a
//! screen library would drop them; an investigator must see that they are there. A text that spells `<U+202E>` with
//! plain letters looks the same as a shown override: the raw bytes of the record tell them apart.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The most columns one grapheme takes. Some letters of India take three with their marks.
const WIDEST: usize = 4;

/// Returns the text with every control, format, direction and zero-width character replaced by a visible glyph.
///
/// ```
/// assert_eq!(coldcase_tui::visible("a\u{1b}[2Jb\r\u{202e}c"), "a␛[2Jb␍<U+202E>c");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\0'..='\u{1f}' => spelled.push(picture(c as u32)),
            '\u{7f}' => spelled.push('␡'),
            _ if is_hidden(c) => name(&mut spelled, c),
            _ => spelled.push(c),
        }
    }
    if spelled.graphemes(true).all(fits_a_cell) {
        return Cow::Owned(spelled);
    }
    // A mark with nothing to stand on takes no column, and a screen library drops what takes no column. Marks heaped
    // on one letter may take more columns than any line has, and a line drops what is wider than itself.
    let mut out = String::with_capacity(spelled.len() + 16);
    for grapheme in spelled.graphemes(true) {
        let mut chars = grapheme.chars();
        if fits_a_cell(grapheme) {
            out.push_str(grapheme);
        } else {
            let first = chars.next().filter(|c| columns(c.encode_utf8(&mut [0; 4])) > 0);
            match first {
                Some(letter) => out.push(letter),
                None => chars = grapheme.chars(),
            }
            chars.for_each(|c| name(&mut out, c));
        }
    }
    Cow::Owned(out)
}

fn fits_a_cell(grapheme: &str) -> bool {
    (1..=WIDEST).contains(&columns(grapheme))
}

/// Returns bytes as visible text; what is not UTF-8 is spelled `<0xFF>`.
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&visible(chunk.valid()));
        for byte in chunk.invalid() {
            out.push_str(&format!("<0x{byte:02X}>"));
        }
    }
    out
}

/// Returns the columns the text takes on a terminal: the sum over its graphemes, because each is drawn in a cell of
/// its own.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(one_grapheme).sum()
}

fn one_grapheme(grapheme: &str) -> usize {
    // The halfwidth voiced marks join the letter before them, yet every terminal gives them a column; the screen
    // library counts them so, and the two must agree.
    grapheme.width() + grapheme.matches(['\u{ff9e}', '\u{ff9f}']).count()
}

/// Returns the text in at most `width` columns, its end replaced by `…` when it does not fit.
pub fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += columns(grapheme);
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    Cow::Owned(out)
}

/// Returns the text in at most `width` columns, its start replaced by `…` when it does not fit. Names of service
/// accounts and paths differ at their ends.
pub fn cut_start(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut start = text.len();
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += columns(grapheme);
        if used > room {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("…{}", &text[start..]))
}

/// Returns the text in at most `width` columns, its middle replaced by `…` when it does not fit. A kind and a name
/// stand at the two ends of an object.
pub fn cut_middle(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    if width == 0 {
        return Cow::Borrowed("");
    }
    let end = cut_start(text, (width / 2 + 1).min(width));
    let start = cut(text, width - columns(&end) + 1);
    let start = start.strip_suffix('…').unwrap_or(&start);
    Cow::Owned(format!("{start}{end}"))
}

/// Returns the name of who acted in at most `width` columns. Names of the platform (`system:…:web:ci`) differ at their
/// ends and are cut where a part begins; names of people differ at their starts.
pub fn cut_name(text: &str, width: usize) -> Cow<'_, str> {
    let Some((_, last)) = text.rsplit_once(':') else { return cut(text, width) };
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let cut = cut_start(text, width);
    match cut.strip_prefix('…').and_then(|end| Some(&end[end.find(':')?..])) {
        Some(parts) if parts.len() > 1 => Cow::Owned(format!("…{parts}")),
        _ if columns(last) < width => cut,
        // Controllers end alike and nodes begin alike: of a long last part both ends are kept.
        _ => cut_middle(last, width),
    }
}

/// Returns an object (`secrets web/db-pass`) in at most `width` columns: its kind and its name whole where both fit,
/// because the namespace between them has a column of its own.
pub fn cut_object(text: &str, width: usize) -> Cow<'_, str> {
    if let Some((kind, rest)) = text.split_once(' ')
        && let Some((_, name)) = rest.rsplit_once('/')
        && columns(text) > width
        && columns(kind) + columns(name) + 3 <= width
    {
        return Cow::Owned(format!("{kind} …/{name}"));
    }
    cut_middle(text, width)
}

/// Returns the text broken into lines of at most `width` columns: at spaces where there are some, else anywhere.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(WIDEST);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let word_width = columns(word.trim_end());
        if used > 0 && used + word_width > width {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
            used = 0;
        }
        for grapheme in word.graphemes(true) {
            let taken = columns(grapheme);
            if used + taken > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
                if grapheme == " " {
                    continue;
                }
            }
            line.push_str(grapheme);
            used += taken;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_string());
    }
    lines
}

/// Returns the number with its thousands set apart: `2,310,442`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn picture(control: u32) -> char {
    char::from_u32(0x2400 + control).unwrap_or('␀')
}

fn name(out: &mut String, c: char) {
    out.push_str(&format!("<U+{:04X}>", c as u32));
}

/// Unicode's format characters (Cf), separators of lines, C1 controls, everything with the property
/// Default_Ignorable_Code_Point, and spaces that pass for an ordinary one.
fn is_hidden(c: char) -> bool {
    matches!(c as u32,
        0x80..=0xa0 | 0xad | 0x34f
        | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2
        | 0x115f..=0x1160 | 0x1680 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x2800 | 0x3000 | 0x3164
        | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0x110bd | 0x110cd | 0x13430..=0x1345f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn controls_become_their_pictures() {
        assert_eq!(visible("\0\t\n\r\u{1b}\u{7f}"), "␀␉␊␍␛␡");
        assert_eq!(visible("\u{9b}31m"), "<U+009B>31m");
    }

    #[test]
    fn invisible_characters_become_their_numbers() {
        assert_eq!(visible("ad\u{200b}min\u{2066}x\u{feff}"), "ad<U+200B>min<U+2066>x<U+FEFF>");
        assert_eq!(visible("\u{e0041}"), "<U+E0041>");
    }

    #[test]
    fn a_mark_without_a_letter_is_named_and_one_with_a_letter_is_kept() {
        assert_eq!(visible("\u{301}x"), "<U+0301>x");
        assert_eq!(visible("e\u{301}"), "e\u{301}");
    }

    #[test]
    fn bytes_that_are_not_text_are_spelled() {
        assert_eq!(visible_bytes(b"a\xff\x1bb"), "a<0xFF>␛b");
    }

    #[test]
    fn a_cut_counts_columns_not_characters() {
        assert_eq!(cut("漢字かな", 5), "漢字…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut_start("system:serviceaccount:web:ci", 8), "…:web:ci");
        assert_eq!(cut_middle("configmaps/kube-system/leader-37", 21), "configmaps…/leader-37");
        assert_eq!([cut_middle("abc", 1), cut_middle("a", 0)], ["…", ""]);
    }

    #[test]
    fn names_and_objects_keep_what_tells_them_apart() {
        assert_eq!(cut_name("system:serviceaccount:web:ci", 15), "…:web:ci");
        assert_eq!(cut_name("system:node:aks-pool-vmss000003", 15), "aks-poo…s000003");
        assert_eq!(cut_name("system:node:aks-pool", 9), "…aks-pool");
        assert_eq!(cut_name("alice@example.org", 10), "alice@exa…");
        assert_eq!(cut_object("configmaps kube-system/leader-37", 22), "configmaps …/leader-37");
        assert_eq!(cut_object("serviceaccounts/token kube-system/deployer", 22), "serviceacc…em/deployer");
        assert_eq!(cut_object("nodes", 4), "n…es");
    }

    #[test]
    fn marks_heaped_on_one_letter_are_named() {
        let heap = format!("a{}", "\u{d46}".repeat(5));
        assert_eq!(visible(&heap), format!("a{}", "<U+0D46>".repeat(5)));
        assert_eq!(wrap(&visible("!\u{d02}\u{d46}"), 1).len(), 1);
    }

    #[test]
    fn wrapping_prefers_spaces() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 3), [""]);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([grouped(7), grouped(1000), grouped(2310442)], ["7", "1,000", "2,310,442"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_hidden_survives(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)));
            prop_assert!(shown.graphemes(true).all(fits_a_cell));
            let again = visible(&shown);
            prop_assert_eq!(&again, &shown);
        }

        #[test]
        fn cuts_and_wraps_fit(text in any::<String>(), width in 0usize..40) {
            let shown = visible(&text);
            prop_assert!(columns(&cut(&shown, width)) <= width);
            prop_assert!(columns(&cut_start(&shown, width)) <= width);
            prop_assert!(columns(&cut_middle(&shown, width)) <= width);
            for line in wrap(&shown, width) {
                prop_assert!(columns(&line) <= width.max(WIDEST), "{:?}", line);
            }
        }
    }
}
