//! Compressed savefiles, known by how they begin: gzip (RFC 1952) and Zstandard (RFC 8878).

use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// How gzip data begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How a Zstandard frame begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The largest window that is taken: 8 MiB, what the format asks every reader to take (RFC 8878
/// section 3.1.1.1.2).
const WINDOW_LOG: u32 = 23;

/// What `input` holds, decompressed if it is compressed.
pub fn decompressed<'a>(mut input: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    while head.len() < ZSTD.len() {
        let mut rest = input.by_ref().take(u64::try_from(ZSTD.len() - head.len()).unwrap_or(0));
        // A pipe gives what there is.
        if rest.read_to_end(&mut head)? == 0 {
            break;
        }
    }
    let is = |magic: &[u8]| head.starts_with(magic);
    let (gzip, zstd) = (is(&GZIP), is(&ZSTD));
    let whole: Chain<Cursor<Vec<u8>>, _> = Cursor::new(head).chain(input);
    if gzip {
        return Ok(Box::new(MultiGzDecoder::new(io::BufReader::new(whole))));
    }
    if zstd {
        let mut decoder = zstd::Decoder::new(whole)?;
        decoder.window_log_max(WINDOW_LOG)?;
        return Ok(Box::new(decoder));
    }
    Ok(Box::new(whole))
}
