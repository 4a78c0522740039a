//! What a value looks like after Sigma's encoding modifiers: base64, base64offset, windash, and UTF-16 before base64.

use rsigma_ir::{IrEncoding, IrStrOp};

use super::predicate::{Pattern, Token};

/// Five to this power is as many spellings as a value may have.
const MOST_DASHES: usize = 5;
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Returns the texts to look for.
///
/// # Errors
/// Names the modifier that cannot be used so, and the way out.
pub fn patterns(encodings: &[IrEncoding], op: IrStrOp, value: &str, cased: bool) -> Result<Vec<Pattern>, Refusal> {
    let mut bytes = value.as_bytes().to_vec();
    let mut is_wide = false;
    for encoding in encodings {
        let units = || value.encode_utf16();
        match encoding {
            IrEncoding::Wide => bytes = units().flat_map(u16::to_le_bytes).collect(),
            IrEncoding::Utf16Be => bytes = units().flat_map(u16::to_be_bytes).collect(),
            IrEncoding::Utf16 => {
                bytes = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
            }
            IrEncoding::Base64 => return Ok(vec![place(op, base64(&bytes), cased)]),
            IrEncoding::Base64Offset => {
                let texts = (0..3).map(|shift| base64_inside(&bytes, shift)).filter(|text| !text.is_empty());
                return Ok(texts.map(|text| place(IrStrOp::Contains, text, cased)).collect());
            }
            IrEncoding::Windash if is_wide => {
                return Err(Refusal("windash", "a UTF-16 modifier goes before base64 or base64offset"));
            }
            IrEncoding::Windash => {
                let texts = windash(value).ok_or(Refusal("windash", "a value may have up to five dashes; split it"))?;
                return Ok(texts.into_iter().map(|text| place(op, text, cased)).collect());
            }
        }
        is_wide = true;
    }
    Err(Refusal("wide", "audit events are UTF-8; a UTF-16 modifier goes before base64 or base64offset"))
}

/// Which modifier was refused, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub &'static str, pub &'static str);

/// Puts a text where the operator wants it.
pub fn place(op: IrStrOp, text: String, cased: bool) -> Pattern {
    around(op, [Token::Text(text)], cased)
}

/// Puts tokens where the operator wants them.
pub fn around(op: IrStrOp, tokens: impl IntoIterator<Item = Token>, cased: bool) -> Pattern {
    let before = matches!(op, IrStrOp::Contains | IrStrOp::EndsWith).then_some(Token::Many);
    let after = matches!(op, IrStrOp::Contains | IrStrOp::StartsWith).then_some(Token::Many);
    Pattern::new(before.into_iter().chain(tokens).chain(after), cased)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let block = (0..3).fold(0u32, |block, i| (block << 8) | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let is_padding = i > chunk.len();
            let letter = LETTERS[((block >> (18 - 6 * i)) & 63) as usize];
            text.push(if is_padding { '=' } else { char::from(letter) });
        }
    }
    text
}

/// The letters of base64 that are the same wherever the bytes stand, when `shift` bytes of a block come before them.
///
/// The last letter may hold bits of what follows; rsigma and pySigma differ in it, and rsigma is followed.
fn base64_inside(bytes: &[u8], shift: usize) -> String {
    let text = base64(&[&vec![0; shift], bytes].concat());
    let letters = text.trim_end_matches('=');
    letters.get((shift * 4).div_ceil(3)..).unwrap_or_default().to_owned()
}

fn windash(value: &str) -> Option<Vec<String>> {
    if value.matches('-').count() > MOST_DASHES {
        return None;
    }
    let mut spellings = vec![String::new()];
    for c in value.chars() {
        let choices: &[char] = if c == '-' { &DASHES } else { &[c] };
        spellings =
            spellings.iter().flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}"))).collect();
    }
    Some(spellings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::predicate::Shape;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_value_is_found_in_base64_wherever_it_stands() {
        let found = patterns(&[IrEncoding::Base64Offset], IrStrOp::Contains, "/bin/sh", true).unwrap();
        for before in ["", "a", "ab", "abc"] {
            let text = base64(format!("{before}/bin/sh").as_bytes());
            let hit = |p: &Pattern| matches!(&p.shape, Shape::Contains(needle) if text.contains(needle.as_str()));
            assert!(found.iter().any(hit), "{text} {found:?}");
        }
    }

    #[test]
    fn a_dash_has_five_spellings() {
        let found = patterns(&[IrEncoding::Windash], IrStrOp::Contains, " -a -b", false).unwrap();
        assert_eq!(found.len(), 25);
        assert!(found.contains(&place(IrStrOp::Contains, " /a \u{2014}b".into(), false)));
        assert!(patterns(&[IrEncoding::Windash], IrStrOp::Exact, "------", false).is_err());
    }

    #[test]
    fn utf16_alone_is_refused() {
        assert_eq!(patterns(&[IrEncoding::Wide], IrStrOp::Exact, "x", false).unwrap_err().0, "wide");
        let wide = patterns(&[IrEncoding::Wide, IrEncoding::Base64], IrStrOp::Exact, "ab", true).unwrap();
        assert_eq!(wide, [place(IrStrOp::Exact, "YQBiAA==".into(), true)]);
    }
}
