//! Bytes of a file, and how many were read.

use std::io::{BufReader, Read};

use super::{MAX_LEN, SavefileError};

/// Bytes that are asked of the input at a time.
const BLOCK: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Source<R> {
    input: BufReader<R>,
    /// Bytes that were taken.
    pub(super) offset: u64,
    /// Bytes that were looked at and not taken.
    peeked: Option<[u8; 4]>,
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BLOCK, input), offset: 0, peeked: None }
    }

    /// The first four bytes, which stay.
    pub(super) fn peek4(&mut self) -> Result<[u8; 4], SavefileError> {
        let mut magic = [0; 4];
        if !self.fill("the head of the file", &mut magic)? {
            return Err(SavefileError::Cut {
                offset: 0,
                what: "the head of the file",
                need: 4,
                have: 0,
            });
        }
        self.offset = 0;
        self.peeked = Some(magic);
        Ok(magic)
    }

    /// Fills `bytes`; false at the end of the file.
    pub(super) fn fill(
        &mut self,
        what: &'static str,
        bytes: &mut [u8],
    ) -> Result<bool, SavefileError> {
        let mut have = 0;
        if let Some(peeked) = self.peeked.take() {
            for (to, from) in bytes.iter_mut().zip(peeked) {
                *to = from;
                have += 1;
            }
        }
        while let Some(rest) = bytes.get_mut(have..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) if have == 0 => return Ok(false),
                Ok(0) => {
                    let (offset, need) = (self.offset, bytes.len());
                    return Err(SavefileError::Cut { offset, what, need, have });
                }
                Ok(read) => have += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SavefileError::Read { offset: self.offset, error }),
            }
        }
        self.offset += u64::try_from(have).unwrap_or(0);
        Ok(true)
    }

    /// An array that must be there.
    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], SavefileError> {
        let mut bytes = [0; N];
        if self.fill(what, &mut bytes)? {
            return Ok(bytes);
        }
        Err(SavefileError::Cut { offset: self.offset, what, need: N, have: 0 })
    }

    /// `len` bytes that must be there; as much memory as there are bytes, whatever `len` says.
    pub(super) fn bytes(
        &mut self,
        what: &'static str,
        len: usize,
    ) -> Result<Vec<u8>, SavefileError> {
        if len > MAX_LEN {
            let what = format!("{what} of {len} bytes, more than {MAX_LEN}");
            return Err(SavefileError::Corrupt { offset: self.offset, what });
        }
        let mut bytes = Vec::with_capacity(len.min(BLOCK));
        let wanted = u64::try_from(len).unwrap_or(u64::MAX);
        let read = self.input.by_ref().take(wanted).read_to_end(&mut bytes);
        let have = read.map_err(|error| SavefileError::Read { offset: self.offset, error })?;
        if have < len {
            return Err(SavefileError::Cut { offset: self.offset, what, need: len, have });
        }
        self.offset += wanted;
        Ok(bytes)
    }
}
