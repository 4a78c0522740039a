//! Bytes that were read, in room that is used again.

use std::ops::Deref;

/// Bytes in front of room that is there already: fresh memory, and memory that is cleared first, cost as much as reading
/// into it.
#[derive(Default)]
pub struct Buffer {
    room: Vec<u8>,
    end: usize,
}

impl Buffer {
    /// Starts with no bytes in the room of others, whatever they were.
    pub fn within(room: Vec<u8>) -> Buffer {
        Buffer { room, end: 0 }
    }

    /// Starts with bytes that are there.
    pub fn of(room: Vec<u8>) -> Buffer {
        Buffer { end: room.len(), room }
    }

    /// The room, whatever is in it.
    pub fn room(self) -> Vec<u8> {
        self.room
    }

    /// Appends bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.spare(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Returns at least so much room behind the bytes.
    pub fn spare(&mut self, least: usize) -> &mut [u8] {
        if self.room.len() < self.end + least {
            self.room.resize(self.end + least, 0);
        }
        &mut self.room[self.end..]
    }

    /// Takes the next bytes of the room for read.
    pub fn advance(&mut self, read: usize) {
        self.end += read;
        debug_assert!(self.end <= self.room.len(), "only what is there was written to");
    }

    /// Leaves the first bytes out.
    pub fn forget(&mut self, length: usize) {
        self.room.copy_within(length..self.end, 0);
        self.end -= length;
    }

    /// Returns the first bytes alone, with their room.
    pub fn first(mut self, length: usize) -> Vec<u8> {
        self.room.truncate(length.min(self.end));
        self.room
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.end]
    }
}
