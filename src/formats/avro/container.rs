//! The file around the records: a header with the schema, then blocks, each followed by the file's sync marker.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use super::schema::{Schema, Type};
use super::value::{Bytes, Reader};
use super::{Lost, Notes, Record};
use crate::formats::archive::codec::{Codec, fill};

/// Bytes of one value of the header; a capture's schema has about a thousand.
const HEADER: u64 = 4 << 20;
const ENTRIES: u64 = 1000;
/// Bytes of one block, as it is in the file and undone. Captures cut blocks at some hundred KB.
const BLOCK: u64 = 64 << 20;
/// Bytes of one file that are read again after a block with a wrong length.
const AGAIN: u64 = 4 * BLOCK;
const LOST: usize = 1000;
const NULL: &str = "null";
const SYNC: usize = 16;

pub(super) fn read(content: &mut dyn Read, each: &mut dyn FnMut(Record) -> io::Result<()>) -> io::Result<Notes> {
    let mut file = File { content: BufReader::with_capacity(64 << 10, content), at: 0, back: Vec::new(), again: AGAIN };
    let mut notes = Notes::default();
    let header = match file.header()? {
        Ok(header) => header,
        Err(reason) => {
            let rest = file.rest()?;
            lose(&mut notes, 0..rest, reason);
            return Ok(notes);
        }
    };
    notes.codec.clone_from(&header.codec);
    let body = |fields: &[(String, usize)]| fields.iter().any(|(name, _)| name == "Body");
    if !matches!(&header.schema.types[header.schema.root], Type::Record(fields) if body(fields)) {
        notes.notes.push("no Event Hubs capture: its records have no Body".to_owned());
    }
    let mut unsaid = 0;
    while let Some(block) = file.block(&header.sync)? {
        let undone = block.data.as_deref().map_err(Clone::clone).and_then(|data| undo(&header.codec, data));
        let mut lost = match undone {
            Ok(undone) => each_record(&header, &undone, &block, &mut notes, each)?,
            Err(reason) => Some(Lost { at: block.at.clone(), reason }),
        };
        match block.next {
            Next::Follows => {}
            Next::Cut => notes.notes.push("cut before the sync marker of its last block".to_owned()),
            Next::Unknown => {
                let found = file.find(&header.sync)?;
                if let Some(lost) = &mut lost {
                    lost.at.end = if found { file.at - SYNC as u64 } else { file.at };
                    lost.reason += if found { ": skipped to the next sync marker" } else { ": no sync marker follows" };
                }
            }
        }
        unsaid += lost.map_or(0, |lost| lose(&mut notes, lost.at, lost.reason));
    }
    if unsaid > 0 {
        notes.notes.push(format!("{unsaid} more places gave no record"));
    }
    Ok(notes)
}

struct Header {
    codec: String,
    schema: Schema,
    sync: [u8; SYNC],
}

struct Block {
    /// The data in the file, without what stands before and after it.
    at: Range<u64>,
    count: u64,
    data: Result<Vec<u8>, String>,
    next: Next,
}

/// Where the next block is.
enum Next {
    Follows,
    Cut,
    Unknown,
}

struct File<'a> {
    content: BufReader<&'a mut dyn Read>,
    at: u64,
    /// Bytes to read again, the last first: a length that was wrong may have gone over sync markers.
    back: Vec<u8>,
    again: u64,
}

impl Read for File<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.back.is_empty() {
            self.content.read(buffer)?
        } else {
            let read = buffer.len().min(self.back.len());
            let bytes = self.back.drain(self.back.len() - read..).rev();
            buffer.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
            read
        };
        self.at += read as u64;
        Ok(read)
    }
}

/// Says where something was lost; returns 1 when there is no more room to say so.
fn lose(notes: &mut Notes, at: Range<u64>, reason: String) -> u64 {
    if notes.lost.len() == LOST {
        return 1;
    }
    notes.lost.push(Lost { at, reason });
    0
}

/// Reads the records of a block; returns what of it gave none.
fn each_record(
    header: &Header,
    data: &[u8],
    block: &Block,
    notes: &mut Notes,
    each: &mut dyn FnMut(Record) -> io::Result<()>,
) -> io::Result<Option<Lost>> {
    let plain = header.codec == NULL;
    let from = |rest: &[u8]| if plain { block.at.end - rest.len() as u64 } else { block.at.start };
    let mut bytes = Bytes { rest: data };
    // A record could have no bytes at all, and then any count would be believed.
    if block.count > data.len() as u64 {
        let reason = format!("a block of {} bytes says it has {} records", data.len(), block.count);
        return Ok(Some(Lost { at: block.at.clone(), reason }));
    }
    let mut reader = Reader::new(&header.schema, data.len());
    for number in 0..block.count {
        let start = from(bytes.rest);
        let fields = match reader.next(&mut bytes) {
            Ok(fields) => fields,
            Err(reason) => {
                let reason = format!("record {} of {} in its block: {reason}", number + 1, block.count);
                return Ok(Some(Lost { at: start..block.at.end, reason }));
            }
        };
        let end = if plain { from(bytes.rest) } else { block.at.end };
        each(Record::new(notes.records, start..end, fields))?;
        notes.records += 1;
    }
    let left = bytes.rest.len();
    let lost =
        || Lost { at: from(bytes.rest)..block.at.end, reason: format!("{left} bytes of a block are of no record") };
    Ok((left > 0).then(lost))
}

/// Undoes the data of a block.
fn undo<'a>(codec: &str, data: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
    let layer = match codec {
        NULL => return Ok(Cow::Borrowed(data)),
        "deflate" => Codec::Deflate,
        "zstandard" => Codec::Zstd,
        "bzip2" => Codec::Bzip2,
        "xz" => Codec::Xz,
        "snappy" => return snappy(data).map(Cow::Owned),
        _ => return Err(format!("codec {codec:?} is not supported")),
    };
    let damaged = |error: io::Error| format!("a block is damaged: {error}");
    let mut undone = Vec::new();
    let mut content = layer.undo(data).map_err(damaged)?.take(BLOCK + 1);
    content.read_to_end(&mut undone).map_err(damaged)?;
    if undone.len() as u64 > BLOCK {
        return Err(format!("a block has over {BLOCK} bytes"));
    }
    Ok(Cow::Owned(undone))
}

/// Snappy without frames, then the checksum of the content.
fn snappy(data: &[u8]) -> Result<Vec<u8>, String> {
    let (packed, sum) = data.split_last_chunk::<4>().ok_or("a block is too short for its checksum")?;
    let damaged = |error: snap::Error| format!("a block is damaged: {error}");
    if snap::raw::decompress_len(packed).map_err(damaged)? as u64 > BLOCK {
        return Err(format!("a block has over {BLOCK} bytes"));
    }
    let undone = snap::raw::Decoder::new().decompress_vec(packed).map_err(damaged)?;
    let mut crc = flate2::Crc::new();
    crc.update(&undone);
    if crc.sum() == u32::from_be_bytes(*sum) { Ok(undone) } else { Err("the checksum of a block is wrong".to_owned()) }
}

impl File<'_> {
    fn exact(&mut self, into: &mut [u8]) -> io::Result<bool> {
        Ok(fill(self, into)? == into.len())
    }

    /// Gives bytes back that were read last, if there have not been too many: a hostile file would be read for hours.
    fn unread(&mut self, bytes: &[u8]) {
        let length = bytes.len() as u64;
        if length <= self.again {
            self.again -= length;
            self.at -= length;
            self.back.extend(bytes.iter().rev());
        }
    }

    /// A number of variable length, None when there is none. What was read of it is added to what was seen.
    fn long(&mut self, seen: &mut Vec<u8>) -> io::Result<Option<i64>> {
        let mut bytes = Vec::new();
        while bytes.len() < 10 {
            let mut byte = [0];
            if !self.exact(&mut byte)? {
                break;
            }
            bytes.extend(byte);
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        seen.extend(&bytes);
        Ok(Bytes { rest: &bytes }.long().ok())
    }

    /// So many bytes, or what there is when there are less. Takes no more memory than there are bytes.
    fn bytes(&mut self, length: u64) -> io::Result<Result<Vec<u8>, Vec<u8>>> {
        let mut bytes = Vec::new();
        let read = self.take(length).read_to_end(&mut bytes)?;
        Ok(if read as u64 == length { Ok(bytes) } else { Err(bytes) })
    }

    fn rest(&mut self) -> io::Result<u64> {
        io::copy(self, &mut io::sink())?;
        Ok(self.at)
    }

    fn header(&mut self) -> io::Result<Result<Header, String>> {
        let mut magic = [0; 4];
        if !self.exact(&mut magic)? || magic != *b"Obj\x01" {
            return Ok(Err("no Avro object container".to_owned()));
        }
        let (mut codec, mut schema, mut entries) = (NULL.to_owned(), None, 0);
        loop {
            let Some(count) = self.long(&mut Vec::new())? else { return Ok(Err("its header is damaged".to_owned())) };
            if count == 0 {
                break;
            }
            // With a negative count the length of the run comes first.
            if count < 0 && self.long(&mut Vec::new())?.is_none() {
                return Ok(Err("its header is damaged".to_owned()));
            }
            for _ in 0..count.unsigned_abs() {
                entries += 1;
                let (Some(key), Some(value)) = (self.field()?, self.field()?) else {
                    return Ok(Err("its header is damaged or too long".to_owned()));
                };
                if entries > ENTRIES {
                    return Ok(Err("its header has too many entries".to_owned()));
                }
                match key.as_slice() {
                    b"avro.codec" => codec = String::from_utf8_lossy(&value).chars().take(100).collect(),
                    b"avro.schema" => schema = Some(value),
                    _ => {}
                }
            }
        }
        let mut sync = [0; SYNC];
        let whole = self.exact(&mut sync)?;
        Ok(match schema {
            _ if !whole => Err("it ends inside its header".to_owned()),
            None => Err("its header has no schema".to_owned()),
            Some(schema) => Schema::parse(&schema).map(|schema| Header { codec, schema, sync }),
        })
    }

    fn field(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.long(&mut Vec::new())?.map(u64::try_from) {
            Some(Ok(length)) if length <= HEADER => Ok(self.bytes(length)?.ok()),
            _ => Ok(None),
        }
    }

    /// The next block, None at the end.
    fn block(&mut self, sync: &[u8; SYNC]) -> io::Result<Option<Block>> {
        let start = self.at;
        if self.back.is_empty() && self.content.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut seen = Vec::new();
        let numbers = [self.long(&mut seen)?, self.long(&mut seen)?].map(|number| number.map(u64::try_from));
        let broken = |reason| Block { at: start..start, count: 0, data: Err(reason), next: Next::Unknown };
        let [Some(Ok(count)), Some(Ok(length))] = numbers else {
            self.unread(&seen);
            return Ok(Some(broken("the beginning of a block is damaged".to_owned())));
        };
        if length > BLOCK {
            self.unread(&seen);
            return Ok(Some(broken(format!("a block says it has {length} bytes, {BLOCK} are held"))));
        }
        let from = self.at;
        let data = match self.bytes(length)? {
            Ok(data) => data,
            Err(short) => {
                self.unread(&short);
                return Ok(Some(broken(format!("a block says it has {length} bytes, {} follow", short.len()))));
            }
        };
        let at = from..self.at;
        let mut marker = [0; SYNC];
        let read = fill(self, &mut marker)?;
        // Cut right there the data is whole, and what is not right will not decode.
        let next = match marker == *sync {
            true => Next::Follows,
            false if read < SYNC => Next::Cut,
            false => {
                self.unread(&[&data[..], &marker].concat());
                return Ok(Some(broken("no sync marker where a block should end".to_owned())));
            }
        };
        Ok(Some(Block { at, count, data: Ok(data), next }))
    }

    /// Goes on to after the next sync marker; false when there is none.
    fn find(&mut self, sync: &[u8; SYNC]) -> io::Result<bool> {
        let mut last = [0; SYNC];
        let mut read = 0_usize;
        loop {
            let mut byte = [0];
            if !self.exact(&mut byte)? {
                return Ok(false);
            }
            last.rotate_left(1);
            last[SYNC - 1] = byte[0];
            read += 1;
            if read >= SYNC && last == *sync {
                return Ok(true);
            }
        }
    }
}
