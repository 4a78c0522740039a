//! Whether the first bytes of some content look like YAML that Kubernetes wrote or would read.
//!
//! It says nothing of the rest, and JSON without a document marker is not its business (formats.md 0.1).

/// How sure [`looks_like`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    No,
    Maybe,
    Sure,
}

/// Says whether `head`, the first bytes of some content, looks like YAML.
///
/// Sure is what begins with `apiVersion`, `kind`, a directive or `items` and a dash, or has one of the first two at the
/// left edge further on. Maybe is any other mapping or sequence.
pub fn looks_like(head: &[u8]) -> Fit {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut in two.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return Fit::No,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Fit::No;
    }
    let mut marked = false;
    let mut commented = false;
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with('#') {
            commented |= !line.starts_with("#!");
            continue;
        }
        if line.starts_with("%YAML") || line.starts_with("%TAG") {
            return Fit::Sure;
        }
        if let Some(rest) = marker(line) {
            marked = true;
            match rest.chars().next() {
                None | Some('#') => continue,
                Some('{' | '[') => return Fit::Sure,
                Some('!' | '&' | '|' | '>' | '"' | '\'') => return Fit::Maybe,
                // `--- a/file` is how a patch begins.
                Some(_) => return Fit::No,
            }
        }
        return content(line, marked, &mut lines);
    }
    if marked || commented { Fit::Maybe } else { Fit::No }
}

/// Judges by the first line that is content and those that follow.
fn content<'a>(line: &'a str, marked: bool, lines: &mut dyn Iterator<Item = &'a str>) -> Fit {
    if line.starts_with(['{', '[']) {
        return if marked { Fit::Sure } else { Fit::No };
    }
    let mut lines = lines.filter(|line| !line.trim_start().starts_with('#'));
    if let Some(item) = line.strip_prefix("- ") {
        return if key(item.trim_start()).is_some() { Fit::Maybe } else { Fit::No };
    }
    let Some((name, value)) = key(line) else { return Fit::No };
    if telling(name, value) {
        return Fit::Sure;
    }
    let Some(next) = lines.next() else { return Fit::Maybe };
    let dash = next.trim_start().starts_with('-');
    if name == "items" && value.is_empty() && dash {
        return Fit::Sure;
    }
    let here = |line: &str| key(line).is_some_and(|(name, value)| telling(name, value));
    if here(next) || lines.any(here) {
        return Fit::Sure;
    }
    let goes_on = next.starts_with(' ') || dash || key(next).is_some() || marker(next).is_some();
    if goes_on { Fit::Maybe } else { Fit::No }
}

/// Says whether a key at the left edge is one that every Kubernetes object has.
fn telling(name: &str, value: &str) -> bool {
    matches!(name, "apiVersion" | "kind") && !value.is_empty() && !value.contains(": ")
}

/// What stands behind a document marker.
fn marker(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("---")?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim_start())
}

/// Reads `key: value` or `key:` at the left edge.
fn key(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = match line.strip_prefix(['"', '\'']) {
        Some(inner) => inner.split_once(line.chars().next()?)?,
        None => line.split_once(':').map(|(name, _)| (name, &line[name.len()..]))?,
    };
    let value = rest.strip_prefix(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let fits = !name.is_empty() && name.chars().all(plain) && (value.is_empty() || value.starts_with([' ', '\t']));
    fits.then(|| (name, value.trim()))
}
