//! A record of a member of an archive, named as the ledger names members: `!` and its path.

use std::io;

use super::whole::Whole;
use super::{Explained, Outcome, within};
use crate::formats::archive::{Kind, Limits, Member, What, walk_tar, walk_zip};
use crate::formats::readable;

/// Walks to the member that `place` names, the first of that name, and explains what is at the rest of the place.
pub fn member(input: Whole<'_>, kind: Kind, place: &str, depth: u32) -> io::Result<Option<Explained>> {
    let Some(place) = place.strip_prefix('!') else { return Ok(None) };
    let (dir, shown) = (input.dir, input.shown);
    let (mut number, mut found) = (0, None);
    let mut each = |member: Member| -> io::Result<()> {
        number += 1;
        let rest =
            place.strip_prefix(member.path.as_str()).filter(|rest| rest.is_empty() || rest.starts_with([':', '!']));
        let (Some(rest), false) = (rest, matches!(member.what, What::Folder)) else { return Ok(()) };
        let refused = |what: String| {
            let reason = format!("member {}: {what}", member.path);
            let outcome = Outcome::Reject { reason, sample: String::new() };
            let (envelope, notes, steps) = ("member".to_owned(), Vec::new(), Vec::new());
            Ok(Some(Explained { envelope, notes, at: 0..0, line: 0, steps, outcome }))
        };
        let name = member.path.rsplit(['/', '!', '\\']).next().unwrap_or_default();
        let mut explained = match member.what {
            What::File(spool) => within(Box::new(spool), rest, name, dir, shown, depth + 1),
            What::Link { to } => refused(format!("a link to {to}, not followed")),
            What::Special(what) => refused(format!("{what}, no file")),
            What::Refused(why) => refused(why),
            What::Folder => Ok(None),
        };
        if let Ok(Some(explained)) = &mut explained {
            let kind = if kind == Kind::Tar { "tar" } else { "zip" };
            explained.steps.insert(0, format!("member {number} of a {kind} archive: {}", shown(&member.path)));
            explained.notes.extend(member.note);
        }
        found = Some(explained);
        Err(io::Error::other("found"))
    };
    let limits = Limits::default();
    let walked = match kind {
        Kind::Tar => readable(input.raw).and_then(|content| walk_tar(content, dir, &limits, &mut each)),
        Kind::Zip => input.seekable().and_then(|file| walk_zip(file, dir, &limits, &mut each)),
    };
    // A member that was found ends the walk, whatever the archive is like behind it.
    found.unwrap_or_else(|| walked.map(|_| None))
}
