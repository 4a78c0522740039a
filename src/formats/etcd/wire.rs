//! Protobuf's wire format, read field by field from a slice.
//!
//! Knows no message and allocates nothing. What the format does not allow, or what runs past the slice, is an error
//! that names the fault; nothing is skipped over. Groups (wire types 3 and 4) are refused: neither etcd nor Kubernetes
//! has ever written one. Format: protobuf.dev/programming-guides/encoding.

/// What a field carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes end inside a field.
    Cut,
    /// A varint of more than 64 bits.
    Varint,
    /// A wire type that does not exist or is not used.
    Type(u8),
    /// Field number 0, or one above 2^29 - 1.
    Number,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Cut => f.write_str("a field runs past the end of its message"),
            Fault::Varint => f.write_str("a number has more than 64 bits"),
            Fault::Type(kind) => write!(f, "wire type {kind} is not used"),
            Fault::Number => f.write_str("a field number is out of range"),
        }
    }
}

/// A message, read from its first field to its last.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Fields { bytes, at: 0 }
    }

    /// Returns where the next field starts, or where the last one ended.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns the next field's number and value, None after the last.
    ///
    /// # Errors
    /// When the bytes are not a message; there is no going on after that.
    #[allow(clippy::should_implement_trait, reason = "an iterator of results would be read on after an error")]
    pub fn next(&mut self) -> Result<Option<(u32, Wire<'a>)>, Fault> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|n| (1..1 << 29).contains(n)).ok_or(Fault::Number)?;
        let value = match (tag & 7) as u8 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(usize::try_from(length).map_err(|_| Fault::Cut)?)?)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.fixed()?)),
            other => return Err(Fault::Type(other)),
        };
        Ok(Some((number, value)))
    }

    /// Reads one number without a tag: what a packed list is made of.
    pub fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(Fault::Cut)?;
            self.at += 1;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                return Err(Fault::Varint);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::Varint)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).ok_or(Fault::Cut)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Fault::Cut)?;
        self.at = end;
        Ok(bytes)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut fixed = [0; N];
        fixed.copy_from_slice(self.take(N)?);
        Ok(fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, Fault> {
        let mut fields = Fields::new(bytes);
        let mut found = Vec::new();
        while let Some(field) = fields.next()? {
            found.push(field);
        }
        Ok(found)
    }

    #[test]
    fn every_wire_type_is_read() {
        let bytes = [8, 0x96, 1, 0x12, 2, b'o', b'k', 0x1d, 1, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0, 0, 0];
        let expected =
            vec![(1, Wire::Varint(150)), (2, Wire::Bytes(b"ok")), (3, Wire::Fixed32(1)), (4, Wire::Fixed64(2))];
        assert_eq!(all(&bytes), Ok(expected));
    }

    #[test]
    fn minus_one_has_ten_bytes_and_no_eleventh() {
        let minus = [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(all(&minus), Ok(vec![(1, Wire::Varint(u64::MAX))]));
        assert_eq!(all(&[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2]), Err(Fault::Varint));
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(all(&[8]), Err(Fault::Cut));
        assert_eq!(all(&[0x12, 3, b'o', b'k']), Err(Fault::Cut));
        assert_eq!(all(&[0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]), Err(Fault::Cut));
        assert_eq!(all(&[0x0b]), Err(Fault::Type(3)));
        assert_eq!(all(&[0]), Err(Fault::Number));
    }
}
