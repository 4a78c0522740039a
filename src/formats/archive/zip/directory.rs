//! The directory at the end of a zip: found, and every entry held against the bytes it claims.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::record::{self, Record, u16_at, u32_at, u64_at};
use crate::formats::archive::codec::fill;
use crate::formats::archive::remarks::Remarks;

const END: usize = 22;
/// The record that ends a zip may be followed by a comment of this length at most.
const TAIL: usize = END + 0xffff;
/// After a member that did not know its size its checksum and sizes may stand.
const DESCRIPTOR: u64 = 24;

const OVERLAPS: &str = "shares bytes with another member (a decompression bomb?)";
const MISSING: &str = "has no header of its own where the directory says";
const BEYOND: &str = "runs into the directory: cut or damaged";
const ELSEWHERE: &str = "on another disk of a split archive";

pub(super) struct Directory {
    pub places: Vec<Place>,
}

/// Where a member is. Names are read again when they are wanted, so that many members take little.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its entry in the directory.
    pub record: u64,
    pub local: u64,
    pub data: u64,
    end: u64,
    descriptor: bool,
    /// Why it is not read.
    pub fault: Option<&'static str>,
}

/// Where a directory is and what its end says of it.
struct Found {
    start: u64,
    end: u64,
    members: u64,
    /// Bytes that were put before the archive.
    before: u64,
}

impl Directory {
    /// Finds the directory, None when there is none.
    pub fn find(
        content: &mut (impl Read + Seek),
        length: u64,
        most: u64,
        remarks: &mut Remarks,
    ) -> io::Result<Option<Directory>> {
        let tail_at = length.saturating_sub(TAIL as u64);
        content.seek(SeekFrom::Start(tail_at))?;
        let mut tail = vec![0; (length - tail_at) as usize];
        let read = fill(content, &mut tail)?;
        tail.truncate(read);
        let ends = (0..(tail.len() + 1).saturating_sub(END)).rev().filter(|at| tail[*at..].starts_with(b"PK\x05\x06"));
        let after = |at: usize| tail.len() as i64 - (at + END + usize::from(u16_at(&tail, at + 20))) as i64;
        // The end whose comment ends the file, else the last that has a directory before it.
        let (exact, other) = ends.partition::<Vec<_>, _>(|at| after(*at) == 0);
        for at in exact.into_iter().chain(other) {
            let Some(found) = locate(content, &tail[at..at + END], tail_at + at as u64)? else { continue };
            match after(at) {
                0 => {}
                more @ 1.. => remarks.place(format!("{more} bytes follow the end of the archive")),
                _ => remarks.place("ends inside its comment".to_owned()),
            }
            if found.before > 0 {
                remarks.place(format!("{} bytes stand before the archive", found.before));
            }
            let mut places = read_all(content, &found, most, remarks)?;
            let whole = (places.len() as u64) < most;
            judge(&mut places, &found, whole, remarks);
            return Ok(Some(Directory { places }));
        }
        Ok(None)
    }
}

/// Reads the record that ends a zip, or the wider one it points to, and looks whether a directory is there.
fn locate(content: &mut (impl Read + Seek), record: &[u8], at: u64) -> io::Result<Option<Found>> {
    let mut members = u64::from(u16_at(record, 10));
    let (mut size, mut offset) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    let mut end = at;
    if members == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
        let mut locator = [0; 20];
        let mut wide = [0; 56];
        if let Some(locator_at) = at.checked_sub(20)
            && read_at(content, locator_at, &mut locator)?
            && locator.starts_with(b"PK\x06\x07")
        {
            // As it says, or right before it when something was put before the archive.
            for wide_at in [Some(u64_at(&locator, 8)), locator_at.checked_sub(56)].into_iter().flatten() {
                if wide_at < locator_at && read_at(content, wide_at, &mut wide)? && wide.starts_with(b"PK\x06\x06") {
                    (members, size, offset) = (u64_at(&wide, 32), u64_at(&wide, 40), u64_at(&wide, 48));
                    end = wide_at;
                    break;
                }
            }
        }
    }
    let mut mark = [0; 4];
    for start in [Some(offset), end.checked_sub(size)].into_iter().flatten() {
        let empty = members == 0 && size == 0 && start == end;
        if empty || start < end && read_at(content, start, &mut mark)? && mark == *b"PK\x01\x02" {
            return Ok(Some(Found { start, end, members, before: start.saturating_sub(offset) }));
        }
    }
    Ok(None)
}

fn read_at(content: &mut (impl Read + Seek), at: u64, into: &mut [u8]) -> io::Result<bool> {
    // Beyond this no file can be; some systems fail there instead of finding nothing.
    if i64::try_from(at).is_err() {
        return Ok(false);
    }
    content.seek(SeekFrom::Start(at))?;
    Ok(fill(content, into)? == into.len())
}

fn read_all(
    content: &mut (impl Read + Seek),
    found: &Found,
    most: u64,
    remarks: &mut Remarks,
) -> io::Result<Vec<Place>> {
    content.seek(SeekFrom::Start(found.start))?;
    let mut entries = BufReader::with_capacity(64 << 10, content.by_ref().take(found.end - found.start));
    let mut places = Vec::new();
    let mut at = found.start;
    while at < found.end {
        if places.len() as u64 >= most {
            remarks.place(format!("stopped after {most} members: the limit"));
            break;
        }
        let Some((record, length)) = record::central(&mut entries)? else {
            // Some writers add the wide end also where it is not needed, others a signature.
            let mut mark = [0; 4];
            let wide = read_at(content, at, &mut mark)? && matches!(&mark, b"PK\x06\x06" | b"PK\x05\x05");
            if !wide {
                remarks.place(format!("its directory is damaged at byte {at}, after {} members", places.len()));
            }
            break;
        };
        places.push(place(&record, at, found));
        at += length;
    }
    let read = places.len() as u64;
    // Old writers had only 16 bits and went round.
    if read < most && read != found.members && read & 0xffff != found.members {
        remarks.place(format!("its end says {} members, its directory has {read}", found.members));
    }
    for place in places.iter_mut().filter(|place| place.fault.is_none()) {
        let header = if i64::try_from(place.local).is_ok() {
            content.seek(SeekFrom::Start(place.local))?;
            record::local(content)?
        } else {
            None
        };
        match header {
            Some((_, length)) => {
                place.data = place.local + length;
                place.end = place.data.saturating_add(place.end);
            }
            None => place.fault = Some(MISSING),
        }
    }
    Ok(places)
}

fn place(record: &Record, at: u64, found: &Found) -> Place {
    let split = record.disk != 0 && record.disk != 0xffff;
    Place {
        record: at,
        local: record.local.saturating_add(found.before),
        data: 0,
        // Its length, until it is known where it begins.
        end: record.packed,
        descriptor: record.has_descriptor(),
        fault: split.then_some(ELSEWHERE),
    }
}

/// Finds members that share bytes and bytes that are of no member.
fn judge(places: &mut [Place], found: &Found, whole: bool, remarks: &mut Remarks) {
    let mut order = (0..places.len()).filter(|at| places[*at].fault.is_none()).collect::<Vec<_>>();
    order.sort_by_key(|at| places[*at].local);
    let mut last: Option<usize> = None;
    let (mut end, mut slack, mut unclaimed) = (found.before, 0, 0);
    for at in order {
        let Place { local, end: own, descriptor, .. } = places[at];
        if own > found.start {
            places[at].fault = Some(BEYOND);
        }
        if let Some(last) = last.filter(|_| local < end) {
            places[at].fault = Some(OVERLAPS);
            places[last].fault = Some(OVERLAPS);
        }
        let gap = local.saturating_sub(end);
        unclaimed += if gap > slack { gap } else { 0 };
        if own > end {
            (last, end) = (Some(at), own);
            slack = if descriptor { DESCRIPTOR } else { 0 };
        }
    }
    // Behind a limit members were not looked at.
    if !whole {
        return;
    }
    let gap = found.start.saturating_sub(end);
    unclaimed += if gap > slack { gap } else { 0 };
    if unclaimed > 0 {
        remarks.place(format!("{unclaimed} bytes before the directory are of no member (one that was removed?)"));
    }
}
