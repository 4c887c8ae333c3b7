//! Whether bytes look like OpenFlow: headers, each where the length of the one before says.

use codec::of10::{Body, HEADER_LEN, Header, Message, VERSION};

/// The highest type of each version, from OpenFlow 1.0 (version 1) to 1.5 (version 6).
const LAST_TYPES: [u8; 6] = [21, 23, 25, 29, 32, 35];
/// The type of HELLO, in every version.
const HELLO: u8 = 0;
/// The lower octet of the type of the one element that a HELLO may have.
const VERSION_BITMAP: u8 = 1;

/// Whether `bytes`, at least eight, may be the header of a message.
fn plausible(bytes: &[u8]) -> Option<Header> {
    let header = Header::parse(bytes).ok()?;
    let last = *LAST_TYPES.get(usize::from(header.version).checked_sub(1)?)?;
    (u8::from(header.r#type) <= last).then_some(header)
}

/// Bytes of `bytes` that are whole messages, as far as their headers tell; an error where the
/// header behind them cannot be one.
pub(super) fn whole(bytes: &[u8]) -> (usize, bool) {
    let mut at = 0;
    while let Some(left) = bytes.get(at..) {
        match Header::parse(left) {
            Ok(header) if header.len() <= left.len() => at += header.len(),
            Ok(_) => break,
            Err(error) => return (at, error.is_incomplete()),
        }
    }
    (at, true)
}

/// Where the next message begins in `bytes`: at their start, where a header can stand there, since
/// most segments begin with one; else at the first header that leads to another one or to the end;
/// else at the first of OpenFlow 1.0 whose message goes on beyond the end.
pub(super) fn next_message(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().saturating_sub(HEADER_LEN - 1);
    let mut found = None;
    for at in 0..last {
        match chain(bytes.get(at..).unwrap_or_default()) {
            Chain::Whole => return Some(at),
            Chain::Beyond if at == 0 => return Some(at),
            Chain::Broken if at == 0 && (leads_on(bytes) || begins_with_message(bytes)) => {
                return Some(at);
            }
            Chain::Beyond => _ = found.get_or_insert(at),
            Chain::Broken => {}
        }
    }
    found
}

/// Whether a header at the start leads to another one of its version.
fn leads_on(bytes: &[u8]) -> bool {
    let first = plausible(bytes);
    let next = first.and_then(|first| plausible(bytes.get(first.len()..)?));
    first.zip(next).is_some_and(|(first, next)| first.version == next.version)
}

/// Whether there is a whole message of OpenFlow 1.0 at the start, whatever follows it.
fn begins_with_message(bytes: &[u8]) -> bool {
    let header = plausible(bytes).filter(|header| header.version == VERSION);
    let message = header.and_then(|header| bytes.get(..header.len()));
    message.is_some_and(|message| Message::check(message).is_ok())
}

/// Where bytes at the end begin that can be the beginning of a header; the end if there are none.
pub(super) fn last_beginning(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(HEADER_LEN - 1);
    let is_version = |byte: &u8| (1..=LAST_TYPES.len()).contains(&usize::from(*byte));
    let tail = bytes.get(from..).unwrap_or_default();
    tail.iter().position(is_version).map_or(bytes.len(), |at| from + at)
}

/// How far headers lead.
enum Chain {
    /// To the end, over one whole message or more.
    Whole,
    /// One header, beyond the end.
    Beyond,
    /// To what is no header.
    Broken,
}

fn chain(bytes: &[u8]) -> Chain {
    let mut at = 0;
    let mut version = None;
    loop {
        let left = bytes.get(at..).unwrap_or_default();
        if left.len() < HEADER_LEN {
            // Fewer bytes than a header has must be the beginning of one.
            let begins = left.first().is_none_or(|first| version == Some(*first));
            return if begins { Chain::Whole } else { Chain::Broken };
        }
        let Some(header) = plausible(left) else { return Chain::Broken };
        if version.is_some_and(|version| version != header.version) {
            return Chain::Broken;
        }
        if header.len() > left.len() {
            return match version {
                Some(_) => Chain::Whole,
                None if header.version == VERSION => Chain::Beyond,
                None => Chain::Broken,
            };
        }
        version = Some(header.version);
        at += header.len();
    }
}

/// Whether a stream that begins with `bytes` is one of OpenFlow: there is one HELLO, and what follows it
/// may be another message. Diameter, and whatever is in TPKT (RFC 1006), begin with the same octets.
pub(super) fn begins_session(bytes: &[u8]) -> bool {
    let Some(hello) = plausible(bytes).filter(is_hello) else { return false };
    let body = bytes.get(HEADER_LEN..hello.len().min(bytes.len()));
    let next = bytes.get(hello.len()..).and_then(|next| next.first_chunk::<HEADER_LEN>());
    body.is_some_and(|body| is_elements(body, hello.len() > bytes.len()))
        && next.is_none_or(|next| plausible(next).is_some_and(|next| !is_hello(&next)))
}

fn is_hello(header: &Header) -> bool {
    u8::from(header.r#type) == HELLO
}

/// Whether `body`, of which the rest may be `missing`, is that of a HELLO: nothing, or bitmaps of versions
/// (OpenFlow 1.3.1 section 7.5.1), of 32 bits each, filled up to 64.
fn is_elements(body: &[u8], missing: bool) -> bool {
    let mut left = body;
    while let Some(&[0, VERSION_BITMAP, l0, l1]) = left.first_chunk::<4>() {
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        if len < 8 || !len.is_multiple_of(4) || len > left.len() && !missing {
            return false;
        }
        left = left.get(len.next_multiple_of(8)..).unwrap_or_default();
    }
    left.is_empty() || missing && left.len() < 4
}

/// Whether a segment in the middle of a stream is whole messages of OpenFlow 1.0.
pub(super) fn is_messages(bytes: &[u8]) -> bool {
    let mut left = bytes;
    while plausible(left).is_some_and(|header| header.version == VERSION) {
        match Message::decode(left) {
            Ok((message, rest)) if says_what_it_is(&message) => match rest {
                [] => return true,
                rest => left = rest,
            },
            _ => return false,
        }
    }
    false
}

/// Whether a message has more to recognise it by than its header: the others may hold anything.
fn says_what_it_is(message: &Message) -> bool {
    match &message.body {
        Body::Error(error) => error.code.r#type().name().is_some(),
        Body::Hello(hello) => is_elements(&hello.data, false),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARRIER: [u8; 8] = [1, 18, 0, 8, 0, 0, 0, 7];

    #[test]
    fn the_next_message_is_one_that_leads_on() {
        let bytes = [&[0, 1, 9, 1, 3][..], &BARRIER, &BARRIER, &BARRIER[..3]].concat();
        assert_eq!(next_message(&bytes), Some(5));
        assert_eq!(next_message(&bytes[6..]), Some(7));
        assert_eq!(next_message(&[7; 40]), None);
        assert_eq!(next_message(&BARRIER[..7]), None);
        // Barriers with a body, which has none, twice, then something else: still where messages begin.
        let wrong = [1, 18, 0, 12, 0, 0, 0, 7, 9, 9, 9, 9];
        let bytes = [&wrong[..], &wrong, &[0; 9], &[1, 0, 99, 0, 0, 0, 0, 0]].concat();
        assert_eq!(next_message(&bytes), Some(0));
        assert_eq!(next_message(&bytes[12..]), Some(21));
    }

    #[test]
    fn sessions_begin_with_hello() {
        assert!(begins_session(&[4, 0, 0, 16, 0, 0, 0, 1]));
        assert!(!begins_session(&BARRIER));
        assert!(!begins_session(b"GET / HTTP/1.1"));
        let bitmap = [4, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 0x12];
        assert!(begins_session(&bitmap));
        assert!(begins_session(&bitmap[..10]));
        assert!(begins_session(&[&bitmap[..], &BARRIER].concat()));
        assert!(!begins_session(&[&bitmap[..], &bitmap].concat()));
        assert!(is_messages(&[BARRIER, BARRIER].concat()));
        assert!(!is_messages(&[&BARRIER[..], &[1]].concat()));
        assert!(!is_messages(&[]));
    }

    /// What has the same octets where OpenFlow has version, type and length.
    #[test]
    fn other_protocols_are_none() {
        // COTP's connection request in TPKT; S7 in COTP, the first octet apart.
        assert!(!begins_session(
            b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"
        ));
        assert!(!begins_session(b"\x03\0\0\x08\x02\xf0\x80\x32\x03\0\0\x1f\x02\xf0\x80\x01"));
        // Diameter: a request for capabilities.
        let mut request = b"\x01\0\0\x34\x80\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\x01".to_vec();
        request.extend(b"\0\0\x01\x08\x40\0\0\x0chost\0\0\x01\x28\x40\0\0\x0crealm123");
        assert!(!begins_session(&request));
        assert!(!is_messages(&request));
        // TDS: a batch of SQL.
        assert!(!is_messages(b"\x01\x01\0\x12\0\0\x01\0s\0e\0l\0e\0c\0"));
        // An error of OpenFlow, for comparison.
        assert!(is_messages(b"\x01\x01\0\x0c\0\0\x01\0\0\x01\0\x03"));
    }
}
