//! A zip without a directory, as a copy that was cut leaves it: members are found by their own headers.
//!
//! What a member is beyond its path and bytes stood in the directory; links come as files here.

use std::io::{self, Read, Seek, SeekFrom};

use super::record::{self, Record, u32_at, u64_at};
use super::{End, State, Unpacked, Zip, method};
use crate::formats::archive::codec::{Codec, fill};
use crate::formats::archive::{Member, What};

impl<R: Read + Seek> Zip<'_, R> {
    pub(super) fn lost(&mut self, from: u64) -> io::Result<Option<Member>> {
        let Some(at) = self.header_after(from)? else {
            self.state = State::Lost(self.length);
            return Ok(None);
        };
        if self.members >= self.limits.members {
            self.remarks.place(format!("stopped after {} members: the limit", self.members));
            self.state = State::Lost(self.length);
            return Ok(None);
        }
        self.content.seek(SeekFrom::Start(at))?;
        let Some((record, length)) = record::local(&mut self.content)? else {
            self.remarks.place(format!("ends inside the header at byte {at}"));
            self.state = State::Lost(self.length);
            return Ok(None);
        };
        self.members += 1;
        let mut notes = Vec::new();
        let path = self.remarks.path(&record.path, &mut notes);
        let mut record = record;
        let (what, next) = self.salvage(&mut record, at + length, &path, &mut notes)?;
        self.state = State::Lost(next.min(self.length));
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(Some(Member { path, size: record.size, what, note }))
    }

    /// Reads a member and says where the next may begin.
    fn salvage(
        &mut self,
        record: &mut Record,
        data: u64,
        path: &str,
        notes: &mut Vec<String>,
    ) -> io::Result<(What, u64)> {
        let unknown = record.has_descriptor() && record.packed == 0;
        let codec = method(record.method);
        if unknown && (record.is_encrypted() || codec != Ok(Some(Codec::Deflate))) {
            let reason = "its size stands after it and cannot be found without a directory";
            return Ok((What::Refused(reason.to_owned()), data));
        }
        let known = (!unknown).then_some(record.packed);
        let after = known.map(|packed| data.saturating_add(packed));
        let refused = if record.is_encrypted() { Err("encrypted".to_owned()) } else { codec };
        let codec = match (refused, after) {
            (Err(reason), after) => return Ok((What::Refused(reason), after.unwrap_or(data))),
            (Ok(_), Some(after)) if record.path.ends_with(b"/") && record.size == 0 => {
                return Ok((What::Folder, after));
            }
            (Ok(codec), _) => codec,
        };
        let mut unpacked = self.unpack(data, known, codec)?;
        let next = match after {
            Some(after) => {
                let cut = after > self.length && matches!(unpacked.end, End::Whole);
                if cut {
                    unpacked.end = End::Damaged("ends early".to_owned());
                }
                after
            }
            None => self.describe(record, &mut unpacked, data)?,
        };
        match self.judge(unpacked, record, path, notes) {
            Ok((spool, _)) => Ok((spool.ready().map(What::File)?, next)),
            Err(reason) => Ok((What::Refused(reason), next)),
        }
    }

    /// Takes checksum and size from what stands after the bytes (APPNOTE.TXT 4.3.9); returns where that ends.
    fn describe(&mut self, record: &mut Record, unpacked: &mut Unpacked, data: u64) -> io::Result<u64> {
        let after = data + unpacked.used;
        unpacked.left = 0;
        if !matches!(unpacked.end, End::Whole) {
            // Where a damaged member ends is not known. No byte is undone twice, or a chain of headers would take hours.
            return Ok(after);
        }
        self.content.seek(SeekFrom::Start(after))?;
        let mut bytes = [0; 24];
        let read = fill(&mut self.content, &mut bytes)?;
        let mark = if bytes.starts_with(b"PK\x07\x08") { 4 } else { 0 };
        let size = unpacked.spool.len();
        let sizes = bytes.split_at(mark).1;
        let narrow = read >= mark + 12 && u64::from(u32_at(sizes, 8)) == size;
        let wide = read >= mark + 20 && u64_at(sizes, 12) == size;
        record.size = size;
        if !narrow && !wide {
            unpacked.end = End::Damaged("no size stands after it".to_owned());
            return Ok(after);
        }
        record.crc = u32_at(sizes, 0);
        Ok(after + mark as u64 + if narrow { 12 } else { 20 })
    }

    /// Where the next member's header is, None when the members end.
    fn header_after(&mut self, from: u64) -> io::Result<Option<u64>> {
        self.content.seek(SeekFrom::Start(from))?;
        let (mut held, mut at) = (Vec::new(), from);
        loop {
            let before = held.len();
            let more = self.content.by_ref().take(64 << 10).read_to_end(&mut held)?;
            if at == from && before == 0 && (held.starts_with(b"PK\x01\x02") || held.starts_with(b"PK\x05\x06")) {
                return Ok(None);
            }
            if let Some(found) = held.windows(4).position(|mark| mark == b"PK\x03\x04") {
                let found = at + found as u64;
                self.skipped(from, found);
                return Ok(Some(found));
            }
            if more == 0 {
                self.skipped(from, self.length);
                return Ok(None);
            }
            let done = held.len().saturating_sub(3);
            held.drain(..done);
            at += done as u64;
        }
    }

    fn skipped(&mut self, from: u64, to: u64) {
        if to > from {
            self.remarks.place(format!("{} bytes from byte {from} are no member: skipped", to - from));
        }
    }
}
