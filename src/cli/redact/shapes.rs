//! Secrets known by their shape: tokens that say themselves what they are.

use memchr::memmem;

use super::spots::Spots;
use super::trigger::Rule;
use super::value::Style;

/// Looks at a word that tokens of one shape begin with.
pub(super) fn look(spots: &mut Spots<'_, '_>, rule: Rule, start: usize, end: usize) {
    let text = spots.text;
    let range = match rule {
        Rule::Jwt => jwt(text, start),
        Rule::Signature => signature(text, start, end),
        Rule::KeyTail => account_key(text, end),
        Rule::Prefix => prefixed(text, start),
        Rule::Pem => pem(text, start),
        Rule::PemBase64 => pem_base64(text, start),
        Rule::ClientSecret => client_secret(text, start),
        Rule::Bearer => bearer(text, end - 1),
        Rule::Url => url(text, end),
        _ => None,
    };
    if let Some((start, end)) = range {
        spots.hide(start, end);
    }
}

fn run(text: &[u8], at: usize, part: impl Fn(u8) -> bool) -> usize {
    at + text[at.min(text.len())..].iter().take_while(|byte| part(**byte)).count()
}

/// Returns the length of the blanks a text begins with, as its style writes them.
pub(super) fn gaps(text: &[u8], style: Style) -> usize {
    let mut at = 0;
    loop {
        match text.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'+') if style == Style::Encoded => at += 1,
            Some(b'%') if style == Style::Encoded && text[at..].starts_with(b"%20") => at += 3,
            _ => return at,
        }
    }
}

/// Tells whether a token can begin at `at`: what stands before is no part of a word, or is an escape.
fn begins(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    match before.last() {
        Some(b'n' | b'r' | b't') => before[..at - 1].ends_with(b"\\"),
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => {
            let code = at >= 6 && before[at - 6] == b'\\' && before[at - 5] == b'u';
            // Percent-encoded signs end in two digits.
            code || at >= 3 && before[at - 3] == b'%'
        }
        _ => true,
    }
}

fn ends(text: &[u8], at: usize) -> bool {
    !text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

fn base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// A JSON web token (RFC 7519): a header that begins with `{"`, a payload and a signature, five parts when encrypted.
/// One that the end of the text cuts is known by the members a header begins with.
fn jwt(text: &[u8], start: usize) -> Option<(usize, usize)> {
    const HEADERS: [&[u8]; 4] = [b"eyJhbGci", b"eyJ0eXAi", b"eyJraWQi", b"eyJ4NXQi"];
    if !begins(text, start) {
        return None;
    }
    let mut end = run(text, start, base64url);
    let known = HEADERS.iter().any(|header| text[start..].starts_with(header));
    if end - start < 10 && !(known && end == text.len()) {
        return None;
    }
    let mut parts = 1;
    while parts < 5 && text.get(end) == Some(&b'.') {
        let next = run(text, end + 1, base64url);
        if next == end + 1 && parts > 1 {
            break;
        }
        end = next;
        parts += 1;
    }
    (parts >= 3 || known && end == text.len()).then_some((start, end))
}

/// Returns where base64 ends that begins at `at`, in which `+` and `/` may be escaped as JSON or URLs escape them.
fn base64_end(text: &[u8], mut at: usize, percent: bool) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'+' | b'/' | b'=' => at += 1,
            b'-' | b'_' | b'%' if percent => at += 1,
            b'\\' if text[at + 1..].starts_with(b"/") => at += 2,
            b'\\' if text[at + 1..].starts_with(b"u002") || text[at + 1..].starts_with(b"u003d") => {
                at += 6.min(text.len() - at);
            }
            _ if byte.is_ascii_alphanumeric() => at += 1,
            _ => break,
        }
    }
    at
}

/// The signature of a shared access signature of Azure Storage: a HMAC-SHA256, 44 characters of base64. auditd and
/// processes write `sig=11`, which is shorter.
fn signature(text: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let start = Some(start).filter(|start| begins(text, *start))?;
    let encoded = text[start..].get(3..6).is_some_and(|sign| sign.eq_ignore_ascii_case(b"%3d"));
    let from = if encoded { end + 2 } else { end };
    if !encoded && text[end - 1] == b'%' {
        return None;
    }
    let to = base64_end(text, from, true);
    let parameter = start > 0 && matches!(text[start - 1], b'?' | b'&');
    (to - from >= 20 || parameter && to == text.len()).then_some((from, to))
}

/// A key of a storage account, of Cosmos DB or of the like: 64 bytes, which are 88 characters of base64 ending in `==`.
/// SHA-512 digests of packages have the same form and say what they are.
fn account_key(text: &[u8], end: usize) -> Option<(usize, usize)> {
    if text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')) {
        return None;
    }
    let mut start = end - 2;
    let mut signs = 0;
    while start > 0 && signs <= 92 {
        match text[start - 1] {
            b'\\' if text[start] == b'/' => {}
            b'\\' if text[start..].starts_with(b"u002") && signs >= 5 => signs -= 4,
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => signs += 1,
            _ => break,
        }
        start -= 1;
    }
    let digest =
        |name: &[u8]| start.checked_sub(name.len()).is_some_and(|at| text[at..start].eq_ignore_ascii_case(name));
    (signs == 86 && !digest(b"sha512-") && !digest(b"sha512:")).then_some((start, end))
}

/// Keys that their issuers mark by a prefix.
fn prefixed(text: &[u8], start: usize) -> Option<(usize, usize)> {
    // Asked first: in a long word of nothing but prefixes, only the first may be measured.
    if !begins(text, start) {
        return None;
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let rest = &text[start..];
    let (end, least) = match rest {
        [b'A', b'K' | b'S', b'I', b'A', ..] => {
            let end = run(text, start, capital);
            return (end - start == 20 && ends(text, end)).then_some((start, end));
        }
        [b'A', b'I', ..] => (run(text, start, base64url), 39),
        [b'g', b'h', ..] => (run(text, start, word), 24),
        [b'g', b'i', ..] => (run(text, start, word), 30),
        [b'x', ..] => (run(text, start, base64url), 15),
        [b'y', ..] => (run(text, start, |byte| base64url(byte) || byte == b'.'), 24),
        [b'g', b'l', ..] => (run(text, start, base64url), 26),
        [b'n', ..] => (run(text, start, word), 40),
        _ => (run(text, start, word), 24),
    };
    (end - start >= least).then_some((start, end))
}

/// A private key in PEM (RFC 7468), its lines divided by line ends or by escapes of them. The first and last line stay.
fn pem(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let label = start + 11;
    let head = text.get(label..)?;
    let head = &head[..head.len().min(64)];
    let stop = memmem::find(head, b"-----")?;
    memmem::find(&head[..stop], b"PRIVATE KEY")?;
    let from = label + stop + 5;
    let part = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b' ' | b'\r' | b'\n' | b'\\' | b':' | b',')
    };
    let mut to = from;
    loop {
        to = run(text, to, part);
        if text.get(to) != Some(&b'-') || text[to..].starts_with(b"-----") {
            break;
        }
        to += 1;
    }
    if text.get(to) == Some(&b'"') {
        to -= text[from..to].iter().rev().take_while(|byte| **byte == b'\\').count();
    }
    (to > from).then_some((from, to))
}

/// The same in base64, as a Secret or a kubeconfig holds it. A certificate begins in the same way and is public.
fn pem_base64(text: &[u8], start: usize) -> Option<(usize, usize)> {
    if !begins(text, start) {
        return None;
    }
    let head = decode(&text[start..text.len().min(start + 64)]);
    memmem::find(&head, b"PRIVATE KEY").map(|_| (start, base64_end(text, start, false)))
}

/// Decodes the beginning of a base64 text, up to the first sign that is none.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut have) = (0u32, 0);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have & 255) as u8);
        }
    }
    out
}

/// A client secret of Entra ID: three characters, a digit, `Q~`, and 31 to 34 more. What follows without a gap is
/// hidden too: where one of two secrets in a row ends cannot be told.
fn client_secret(text: &[u8], digit: usize) -> Option<(usize, usize)> {
    let part = |byte: u8| base64url(byte) || matches!(byte, b'~' | b'.');
    let start = digit.checked_sub(3).filter(|start| text[*start..digit].iter().all(|byte| part(*byte)))?;
    let end = run(text, digit + 3, part);
    (end - digit >= 34).then_some((start, end))
}

/// `Bearer …` without the name of the header: a token is long and has digits, prose is neither.
fn bearer(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let style = if text[at] == b' ' { Style::Argument } else { Style::Encoded };
    let start = at + gaps(&text[at..], style);
    let plus = style == Style::Argument;
    let part = |byte: u8| base64url(byte) || matches!(byte, b'.' | b'~' | b'/' | b'=') || plus && byte == b'+';
    let end = run(text, start, part);
    (start > at && end - start >= 16 && text[start..end].iter().any(u8::is_ascii_digit)).then_some((start, end))
}

/// `user:password@host` of a URL (RFC 3986 section 3.2.1). The name of the user stays.
fn url(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let encoded = text[at - 1] != b'/';
    let part = |byte: u8| {
        byte > b' '
            && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`')
            && !(encoded && matches!(byte, b'&' | b'+'))
    };
    let mut end = run(text, at, |byte| part(byte) && !(encoded && byte == b'%'));
    // Of encoded signs only the slash ends the part that names the host.
    while text.get(end) == Some(&b'%') && !text[end + 1..].starts_with(b"2F") && !text[end + 1..].starts_with(b"2f") {
        end = run(text, end + 1, |byte| part(byte) && !(encoded && byte == b'%'));
    }
    let user = &text[at..end];
    let (colon, host) = if encoded {
        (memmem::find(user, b"%3A").map(|colon| colon + 3), memmem::rfind(user, b"%40"))
    } else {
        (memchr::memchr(b':', user).map(|colon| colon + 1), memchr::memrchr(b'@', user))
    };
    let host = host?;
    match colon.filter(|colon| *colon <= host) {
        Some(colon) => Some((at + colon, at + host)),
        // A long random user without a password is a token, as Git services take it.
        None => {
            let token = host >= 20 && user[..host].iter().all(u8::is_ascii_alphanumeric);
            (token && user[..host].iter().any(u8::is_ascii_digit)).then_some((at, at + host))
        }
    }
}

/// A bootstrap token (Kubernetes, "Authenticating with Bootstrap Tokens") right behind a word that announces it. Its
/// first part is a public id, its second the secret.
pub(super) fn bootstrap(spots: &mut Spots<'_, '_>, end: usize) {
    let text = spots.text;
    let small = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let window = end..text.len().min(end + 64);
    for dot in memchr::memchr_iter(b'.', &text[window]).map(|dot| end + dot) {
        let (Some(id), Some(secret)) = (dot.checked_sub(6), text.get(dot + 1..dot + 17)) else { continue };
        if text[id..dot].iter().all(small)
            && begins(text, id)
            && secret.iter().all(small)
            && !text.get(dot + 17).is_some_and(|byte| base64url(*byte) || *byte == b'.')
        {
            spots.hide(dot + 1, dot + 17);
            return;
        }
    }
}
