//! Bytes of a file, lent as they stand in the buffer, and how many were read.

use std::io::{self, ErrorKind, Read};

use super::{MAX_LEN, SavefileError};

/// Bytes that are asked of the input at a time: what a core's cache holds.
const BLOCK: usize = 256 * 1024;
/// Memory that is kept however little of it is of use.
const LEAST: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer is read and not taken.
    start: usize,
    end: usize,
    /// Bytes of the file that were taken.
    pub(super) offset: u64,
    /// Whether the input said that there is nothing more.
    ended: bool,
    /// Why it cannot be read on, which is told when more is needed.
    error: Option<io::Error>,
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            error: None,
        }
    }

    /// Gives back the last `len` bytes that were taken.
    pub(super) fn put_back(&mut self, len: usize) {
        let len = len.min(self.start);
        self.start -= len;
        self.offset -= count(len);
    }

    /// Takes `len` bytes; nothing at the end of the file, an error where it ends among them.
    #[inline]
    pub(super) fn take(
        &mut self,
        what: &'static str,
        len: usize,
    ) -> Result<Option<&[u8]>, SavefileError> {
        if self.end - self.start < len {
            let have = self.fill(what, len)?;
            if have == 0 && len > 0 {
                return Ok(None);
            }
            if have < len {
                let offset = self.offset;
                return Err(SavefileError::Cut { offset, what, need: len, have });
            }
        }
        let from = self.start;
        self.start += len;
        self.offset += count(len);
        Ok(self.buffer.get(from..from + len))
    }

    /// Takes `len` bytes that must be there.
    #[inline]
    pub(super) fn must(&mut self, what: &'static str, len: usize) -> Result<&[u8], SavefileError> {
        let offset = self.offset;
        match self.take(what, len)? {
            Some(bytes) => Ok(bytes),
            None => Err(SavefileError::Cut { offset, what, need: len, have: 0 }),
        }
    }

    /// The next bytes, which stay; fewer than `len` at the end of the file.
    #[inline]
    pub(super) fn peek(&mut self, what: &'static str, len: usize) -> Result<&[u8], SavefileError> {
        if self.end - self.start < len {
            self.fill(what, len)?;
        }
        let end = self.end.min(self.start + len);
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    /// Takes the first `len` bytes of those that are read.
    pub(super) fn skip(&mut self, len: usize) {
        let len = len.min(self.end - self.start);
        self.start += len;
        self.offset += count(len);
    }

    /// The bytes that are read and not taken.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether all is taken, and nothing more will come.
    pub(super) fn is_at_end(&self) -> bool {
        self.ended && self.start == self.end
    }

    /// Reads more, as far as the buffer has room: nothing in it moves. Returns whether there was
    /// any.
    #[cold]
    pub(super) fn read_behind(&mut self) -> bool {
        if self.end == self.buffer.len() || self.error.is_some() {
            return false;
        }
        match self.read() {
            Ok(read) => read > 0,
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }

    /// Exchanges the buffer for `block`, which gets a length of `len`, or what is not taken.
    pub(super) fn exchange(&mut self, block: &mut Vec<u8>, len: usize) {
        let rest = self.rest();
        let len = len.max(rest.len());
        if block.capacity() > len.saturating_mul(2).max(LEAST) {
            *block = Vec::new();
        }
        block.resize(len, 0);
        if let Some(room) = block.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        std::mem::swap(block, &mut self.buffer);
        self.end -= self.start;
        self.start = 0;
    }

    /// Reads once, into the room behind what is there.
    fn read(&mut self) -> io::Result<usize> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        loop {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(read) => {
                    self.ended = read == 0;
                    self.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads until `len` bytes are there, or the file ends. Returns how many there are. The buffer
    /// grows as bytes come, whatever `len` says.
    #[cold]
    fn fill(&mut self, what: &'static str, len: usize) -> Result<usize, SavefileError> {
        if len > MAX_LEN {
            let what = format!("{what} of {len} bytes, more than {MAX_LEN}");
            return Err(SavefileError::Corrupt { offset: self.offset, what });
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < len {
            if self.end == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            match self.read() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(SavefileError::Read { offset: self.offset, error }),
            }
        }
        Ok(self.end.min(len))
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
