//! As much of Thrift's compact protocol as tells whether a Parquet file may be unpacked: how deep its schema is nested,
//! and what its pages come to (parquet-format, `parquet.thrift`). Reads numbers and skips the rest.

/// Structures within structures that are looked into.
const DEEPEST: u32 = 32;
/// Encoding DELTA_BYTE_ARRAY, in which a value repeats the beginning of the one before.
const PREFIXED: i64 = 7;

/// What the pages of a column say they hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Bytes of its dictionary, unpacked.
    pub dictionary: u64,
    /// Bytes of its largest page of data, unpacked.
    pub largest: u64,
    /// The same of those whose values may each be as long as the page.
    pub prefixed: u64,
    pub values: u64,
}

/// Returns how deep the schema of a footer is nested; None when it is damaged.
pub fn nesting(footer: &[u8]) -> Option<usize> {
    let mut reader = Reader { bytes: footer };
    let (mut open, mut deepest): (Vec<i64>, usize) = (Vec::new(), 0);
    let mut field = 0;
    while let Some(kind) = reader.field(&mut field)? {
        // FileMetaData.schema: elements in depth-first order, each with the number of its children.
        if field != 2 || kind != LIST {
            reader.skip(kind, 0)?;
            continue;
        }
        let (elements, of) = reader.list()?;
        for _ in 0..elements {
            if of != STRUCT {
                return None;
            }
            let mut children = 0;
            reader.fields(&mut |reader, field, kind| {
                if field == 5 && kind == I32 {
                    children = reader.int()?;
                    return Some(());
                }
                reader.skip(kind, 1)
            })?;
            while open.last() == Some(&0) {
                open.pop();
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children > 0 {
                open.push(children);
            }
            deepest = deepest.max(open.len());
        }
    }
    Some(deepest)
}

/// Returns what the pages of a column chunk say they hold; None when they do not follow one another to its end.
pub fn pages(mut chunk: &[u8]) -> Option<Pages> {
    let mut all = Pages::default();
    while !chunk.is_empty() {
        let mut reader = Reader { bytes: chunk };
        let (mut kind_of, mut unpacked, mut packed, mut values, mut encoding) = (0, 0, 0, 0, 0);
        reader.fields(&mut |reader, field, kind| {
            match (field, kind) {
                (1, I32) => kind_of = reader.int()?,
                (2, I32) => unpacked = reader.int()?,
                (3, I32) => packed = reader.int()?,
                // DataPageHeader and DataPageHeaderV2.
                (5 | 8, STRUCT) => reader.fields(&mut |reader, inner, kind| {
                    match (inner, kind) {
                        (1, I32) => values = reader.int()?,
                        (2, I32) if field == 5 => encoding = reader.int()?,
                        (4, I32) if field == 8 => encoding = reader.int()?,
                        _ => reader.skip(kind, 2)?,
                    }
                    Some(())
                })?,
                _ => reader.skip(kind, 1)?,
            }
            Some(())
        })?;
        let unpacked = u64::try_from(unpacked).ok()?;
        // PageType.DICTIONARY_PAGE.
        if kind_of == 2 {
            all.dictionary = all.dictionary.max(unpacked);
        } else {
            all.largest = all.largest.max(unpacked);
            if encoding == PREFIXED {
                all.prefixed = all.prefixed.max(unpacked);
            }
        }
        all.values = all.values.saturating_add(u64::try_from(values).ok()?);
        chunk = reader.bytes.get(usize::try_from(packed).ok()?..)?;
    }
    Some(all)
}

const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Reads an i32; one that is none is damage, which others cut down to another number.
    fn int(&mut self) -> Option<i64> {
        self.zigzag().filter(|number| i32::try_from(*number).is_ok())
    }

    fn jump(&mut self, length: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    /// Reads the head of a field: sets its number and returns its type; Some(None) at the end of the structure.
    fn field(&mut self, field: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *field = if head >> 4 == 0 { self.zigzag()? } else { *field + i64::from(head >> 4) };
        Some(Some(head & 0xf))
    }

    /// Gives every field of a structure.
    fn fields(&mut self, each: &mut dyn FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut field = 0;
        while let Some(kind) = self.field(&mut field)? {
            each(self, field, kind)?;
        }
        Some(())
    }

    /// Reads the head of a list: how many elements, and their type.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let size = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // An element has a byte at least, so that a number alone makes no work.
        (size <= self.bytes.len() as u64).then_some((size, head & 0xf))
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            // As fields true and false have no bytes of their own.
            1 | 2 => Some(()),
            3 => self.jump(1),
            4..=6 => self.varint().map(drop),
            7 => self.jump(8),
            8 => {
                let length = self.varint()?;
                self.jump(length)
            }
            9 | 10 => {
                let (size, of) = self.list()?;
                (0..size).try_for_each(|_| self.element(of, depth))
            }
            11 => {
                let size = self.varint()?;
                if size == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                (0..size).try_for_each(|_| {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 0xf, depth)
                })
            }
            STRUCT => self.fields(&mut |reader, _, kind| reader.skip(kind, depth + 1)),
            13 => self.jump(16),
            _ => None,
        }
    }

    /// Skips an element of a list or map, where truth has a byte.
    fn element(&mut self, kind: u8, depth: u32) -> Option<()> {
        if matches!(kind, 1 | 2) { self.jump(1) } else { self.skip(kind, depth + 1) }
    }
}
