//! Values in their binary encoding, read from a block that is in memory.

use super::schema::{Schema, Type};

/// Values inside values; a schema that refers to itself could ask for any depth.
const DEEPEST: usize = 64;
/// Values of one record.
const MOST: usize = 1 << 20;
/// Values of a block for each of its bytes: some take none, so the bytes alone are no limit.
const DENSEST: usize = 64;

/// A value of an Avro file. Numbers of both lengths are long; an enum gives its symbol, a fixed its bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    Long(i64),
    Float(f32),
    Double(f64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(String, Value)>),
    Record(Vec<(String, Value)>),
}

/// Bytes that are left to read.
pub(super) struct Bytes<'a> {
    pub rest: &'a [u8],
}

const SHORT: &str = "a value goes beyond its block";

impl<'a> Bytes<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number of variable length, zigzag.
    pub fn long(&mut self) -> Result<i64, &'static str> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
            }
        }
        Err("a number is too long")
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], &'static str> {
        let length = usize::try_from(self.long()?).map_err(|_| "a length is negative")?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, &'static str> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| "a text is not UTF-8")
    }
}

/// Reads the records of one block.
pub(super) struct Reader<'a> {
    schema: &'a Schema,
    /// Values that may still be read, of the record and of the block.
    record: usize,
    block: usize,
}

impl<'a> Reader<'a> {
    pub fn new(schema: &'a Schema, block: usize) -> Reader<'a> {
        Reader { schema, record: 0, block: block.saturating_mul(DENSEST) }
    }

    /// The fields of the next record; a value that is no record is one field without a name.
    pub fn next(&mut self, bytes: &mut Bytes) -> Result<Vec<(String, Value)>, &'static str> {
        self.record = MOST;
        match self.read(self.schema.root, bytes, 0)? {
            Value::Record(fields) => Ok(fields),
            value => Ok(vec![(String::new(), value)]),
        }
    }

    fn read(&mut self, what: usize, bytes: &mut Bytes, depth: usize) -> Result<Value, &'static str> {
        if depth > DEEPEST {
            return Err("a value is too deep");
        }
        self.record = self.record.checked_sub(1).ok_or("a record has too many values")?;
        self.block = self.block.checked_sub(1).ok_or("a block has too many values for its bytes")?;
        let schema = self.schema;
        Ok(match &schema.types[what] {
            Type::Null => Value::Null,
            Type::Boolean => match bytes.array()? {
                [0] => Value::Boolean(false),
                [1] => Value::Boolean(true),
                _ => return Err("a boolean is neither"),
            },
            Type::Long => Value::Long(bytes.long()?),
            Type::Float => Value::Float(f32::from_le_bytes(bytes.array()?)),
            Type::Double => Value::Double(f64::from_le_bytes(bytes.array()?)),
            Type::Bytes => Value::Bytes(bytes.bytes()?.to_vec()),
            Type::Text => Value::Text(bytes.text()?),
            Type::Fixed(size) => Value::Bytes(bytes.take(*size)?.to_vec()),
            Type::Enum(symbols) => {
                let symbol = usize::try_from(bytes.long()?).ok().and_then(|at| symbols.get(at));
                Value::Text(symbol.ok_or("a symbol is not in its enum")?.clone())
            }
            Type::Union(branches) => {
                let branch = usize::try_from(bytes.long()?).ok().and_then(|at| branches.get(at));
                self.read(*branch.ok_or("a branch is not in its union")?, bytes, depth + 1)?
            }
            Type::Array(item) => {
                let mut all = Vec::new();
                self.runs(bytes, |reader, bytes| {
                    all.push(reader.read(*item, bytes, depth + 1)?);
                    Ok(())
                })?;
                Value::Array(all)
            }
            Type::Map(value) => {
                let mut all = Vec::new();
                self.runs(bytes, |reader, bytes| {
                    all.push((bytes.text()?, reader.read(*value, bytes, depth + 1)?));
                    Ok(())
                })?;
                Value::Map(all)
            }
            Type::Record(fields) => {
                let fields = fields.iter().map(|(name, what)| Ok((name.clone(), self.read(*what, bytes, depth + 1)?)));
                Value::Record(fields.collect::<Result<_, &'static str>>()?)
            }
        })
    }

    /// Arrays and maps come in runs, each with a count, until a count of nothing; a negative count has a length with it.
    fn runs(
        &mut self,
        bytes: &mut Bytes,
        mut each: impl FnMut(&mut Self, &mut Bytes) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        loop {
            let count = bytes.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                bytes.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                each(self, bytes)?;
            }
        }
    }
}
