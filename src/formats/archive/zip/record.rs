//! One entry of a zip, as its directory has it and as it stands before its bytes (APPNOTE.TXT 4.3.7, 4.3.12, 4.5.3).

use std::io::{self, Read};

use crate::formats::archive::codec::fill;

const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIPTOR: u16 = 1 << 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub path: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
    /// Where its own header is, before anything that was put in front of the archive.
    pub local: u64,
    pub disk: u32,
    /// Type and rights on Unix, 0 when the writer had none.
    pub mode: u16,
}

impl Record {
    pub fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    /// Whether checksum and sizes stand after the bytes.
    pub fn has_descriptor(&self) -> bool {
        self.flags & DESCRIPTOR != 0
    }

    pub fn is_folder(&self) -> bool {
        self.path.ends_with(b"/") || self.mode & 0o170_000 == 0o040_000
    }

    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    pub fn special(&self) -> Option<&'static str> {
        match self.mode & 0o170_000 {
            0o010_000 => Some("named pipe"),
            0o020_000 => Some("character device"),
            0o060_000 => Some("block device"),
            0o140_000 => Some("socket"),
            _ => None,
        }
    }

    /// In what the entry before the bytes says otherwise.
    pub fn disagreements(&self, local: &Record) -> Vec<&'static str> {
        let mut all = Vec::new();
        let mut check = |same: bool, what| all.extend((!same).then_some(what));
        check(self.path == local.path, "directory has another path than the member's own header");
        check(self.method == local.method, "directory has another method than the member's own header");
        let open = local.has_descriptor();
        let same = |a: u64, b: u64| a == b || open && b == 0;
        check(
            same(self.size, local.size) && same(self.packed, local.packed) && same(self.crc.into(), local.crc.into()),
            "directory has another size or checksum than the member's own header",
        );
        check(self.is_encrypted() == local.is_encrypted(), "only one of directory and own header says encrypted");
        all
    }
}

/// Reads an entry of the directory and says how long it is; None when there is none.
pub(super) fn central(from: &mut impl Read) -> io::Result<Option<(Record, u64)>> {
    let mut fixed = [0; 46];
    if fill(from, &mut fixed)? < fixed.len() || !fixed.starts_with(b"PK\x01\x02") {
        return Ok(None);
    }
    let (path, extra, comment) = (u16_at(&fixed, 28), u16_at(&fixed, 30), u16_at(&fixed, 32));
    let Some((path, extra)) = names(from, path, extra)? else { return Ok(None) };
    if io::copy(&mut from.take(comment.into()), &mut io::sink())? < comment.into() {
        return Ok(None);
    }
    // Made on Unix or macOS: the others keep no such mode there.
    let mode = if matches!(fixed[5], 3 | 19) { u16_at(&fixed, 40) } else { 0 };
    let length = fixed.len() as u64 + path.len() as u64 + extra.len() as u64 + u64::from(comment);
    let mut record = Record {
        path,
        flags: u16_at(&fixed, 8),
        method: u16_at(&fixed, 10),
        crc: u32_at(&fixed, 16),
        packed: u32_at(&fixed, 20).into(),
        size: u32_at(&fixed, 24).into(),
        local: u32_at(&fixed, 42).into(),
        disk: u16_at(&fixed, 34).into(),
        mode,
    };
    let mut wide = Wide::of(&extra);
    wide.widen(&mut record.size);
    wide.widen(&mut record.packed);
    wide.widen(&mut record.local);
    Ok(Some((record, length)))
}

/// Reads a member's own header and says how long it is; None when there is none.
pub(super) fn local(from: &mut impl Read) -> io::Result<Option<(Record, u64)>> {
    let mut fixed = [0; 30];
    if fill(from, &mut fixed)? < fixed.len() || !fixed.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let Some((path, extra)) = names(from, u16_at(&fixed, 26), u16_at(&fixed, 28))? else { return Ok(None) };
    let length = fixed.len() as u64 + path.len() as u64 + extra.len() as u64;
    let mut record = Record {
        path,
        flags: u16_at(&fixed, 6),
        method: u16_at(&fixed, 8),
        crc: u32_at(&fixed, 14),
        packed: u32_at(&fixed, 18).into(),
        size: u32_at(&fixed, 22).into(),
        local: 0,
        disk: 0,
        mode: 0,
    };
    let mut wide = Wide::of(&extra);
    wide.widen(&mut record.size);
    wide.widen(&mut record.packed);
    Ok(Some((record, length)))
}

fn names(from: &mut impl Read, path: u16, extra: u16) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let (mut names, mut extras) = (vec![0; path.into()], vec![0; extra.into()]);
    let whole = fill(from, &mut names)? == names.len() && fill(from, &mut extras)? == extras.len();
    Ok(whole.then_some((names, extras)))
}

/// Numbers of 64 bits in the extra field, in order, one for each that did not fit.
struct Wide<'a>(&'a [u8]);

impl Wide<'_> {
    fn of(mut extra: &[u8]) -> Wide<'_> {
        while let Some((head, rest)) = extra.split_first_chunk::<4>() {
            let length = usize::from(u16_at(head, 2)).min(rest.len());
            if u16_at(head, 0) == 1 {
                return Wide(&rest[..length]);
            }
            extra = &rest[length..];
        }
        Wide(&[])
    }

    fn widen(&mut self, number: &mut u64) {
        if *number == u64::from(u32::MAX)
            && let Some((wide, rest)) = self.0.split_first_chunk::<8>()
        {
            *number = u64::from_le_bytes(*wide);
            self.0 = rest;
        }
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
