//! A file that is read by a thread of its own, so that copying it from the system's cache costs
//! the thread that follows the streams no time.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Bytes that are read at a time.
const BLOCK: usize = 256 * 1024;
/// Blocks that are read before they are asked for.
const AHEAD: usize = 2;

/// Reads what another thread has read.
pub(crate) struct ReadAhead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    /// Takes blocks back.
    used: Sender<Vec<u8>>,
    block: Vec<u8>,
    /// What of the block is taken.
    at: usize,
}

impl ReadAhead {
    /// Begins to read.
    pub(crate) fn new(input: impl Read + Send + 'static) -> Self {
        let (blocks_in, blocks) = sync_channel(AHEAD);
        let (used, used_out) = channel();
        // It ends with the file, or when nobody takes its blocks any more.
        thread::spawn(move || read(input, &blocks_in, &used_out));
        Self { blocks, used, block: Vec::new(), at: 0 }
    }
}

fn read(mut input: impl Read, blocks: &SyncSender<io::Result<Vec<u8>>>, used: &Receiver<Vec<u8>>) {
    loop {
        let mut block = used.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let read = match input.read(&mut block) {
            Ok(0) => return,
            Ok(read) => Ok(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        let sent = blocks.send(read.map(|read| {
            block.truncate(read);
            block
        }));
        if failed || sent.is_err() {
            return;
        }
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            // The other end is gone at the end of the file.
            let Ok(block) = self.blocks.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.block, block?);
            drop(self.used.send(used));
            self.at = 0;
        }
        let left = self.block.get(self.at..).unwrap_or_default();
        let len = left.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), left.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a few bytes at a time, and fails at the end.
    struct Failing(Vec<u8>);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("a broken disk"));
            }
            let len = self.0.len().min(buffer.len()).min(1000);
            buffer[..len].copy_from_slice(&self.0[..len]);
            self.0.drain(..len);
            Ok(len)
        }
    }

    #[test]
    fn all_comes_and_then_the_error() {
        let bytes: Vec<u8> = (0..10_007_u32).flat_map(u32::to_le_bytes).collect();
        let mut ahead = ReadAhead::new(Failing(bytes.clone()));
        let mut all = Vec::new();
        let error = ahead.read_to_end(&mut all).unwrap_err();
        assert_eq!(error.to_string(), "a broken disk");
        assert!(all == bytes);
    }

    #[test]
    fn the_end_stays_the_end() {
        let mut ahead = ReadAhead::new(io::Cursor::new(vec![7; 3 * BLOCK + 1]));
        let mut all = Vec::new();
        ahead.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), 3 * BLOCK + 1);
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0);
    }
}
