//! OpenFlow messages back to back, read from a stream in bounded memory.

use std::io::{self, Read};

use codec::DecodeError;
use codec::of10::{Header, Message};

/// Bytes asked of the input at a time.
const BLOCK: usize = 64 * 1024;

/// An iterator over the messages of `input`. A message that cannot be decoded is an error, and
/// the next one follows where its header tells the way.
#[derive(Debug)]
pub(crate) struct Messages<R> {
    input: R,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that were decoded.
    done: usize,
    /// Bytes of the input before `buffer`.
    before: usize,
    ended: bool,
}

/// Why there is no message.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input could not be read.
    Read(io::Error),
    /// The bytes are no message; the offset counts from the start of the input.
    Decode(DecodeError),
}

impl<R: Read> Messages<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), done: 0, before: 0, ended: false }
    }

    /// Reads another block; false at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.done);
        self.before += self.done;
        self.done = 0;
        let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        let read = self.input.by_ref().take(block).read_to_end(&mut self.buffer)?;
        self.ended = read == 0;
        Ok(read > 0)
    }
}

impl<R: Read> Iterator for Messages<R> {
    type Item = Result<Message, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let left = self.buffer.get(self.done..).unwrap_or_default();
            let error = match Message::decode(left) {
                Ok((message, after)) => {
                    self.done = self.buffer.len() - after.len();
                    return Some(Ok(message));
                }
                Err(error) => error,
            };
            if error.is_incomplete() && !self.ended {
                match self.fill() {
                    Ok(_) => continue,
                    Err(error) => {
                        self.ended = true;
                        self.buffer.clear();
                        self.done = 0;
                        return Some(Err(Failure::Read(error)));
                    }
                }
            }
            if left.is_empty() {
                return None;
            }
            let error = error.shifted(self.before + self.done);
            // Without a sound header nobody can tell where the next message begins.
            let skip = Header::parse(left).map_or(left.len(), |header| header.len());
            self.done += skip.min(left.len());
            return Some(Err(Failure::Decode(error)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: [u8; 8] = [1, 0, 0, 8, 0, 0, 0, 1];
    const LONG_BARRIER: [u8; 10] = [1, 18, 0, 10, 0, 0, 0, 2, 9, 9];

    #[test]
    fn goes_on_behind_a_bad_message() {
        let input = [&HELLO[..], &LONG_BARRIER, &HELLO, &HELLO[..5]].concat();
        let read: Vec<_> = Messages::new(&input[..]).collect();
        assert_eq!(read.len(), 4);
        assert!(read[0].is_ok() && read[2].is_ok());
        let Err(Failure::Decode(excess)) = &read[1] else { panic!("{read:?}") };
        assert_eq!(excess.offset, 16);
        let Err(Failure::Decode(cut)) = &read[3] else { panic!("{read:?}") };
        assert!(cut.is_incomplete());
    }

    #[test]
    fn a_bad_length_ends_the_input() {
        let input = [&[1, 0, 0, 7, 0, 0, 0, 1][..], &HELLO].concat();
        assert_eq!(Messages::new(&input[..]).count(), 1);
    }
}
