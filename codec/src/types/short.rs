//! Numbers and addresses as short texts on the stack, and the pieces of a line written one after
//! the other. A line about a message has dozens of them, and a capture millions of lines; the
//! standard formatter takes most of the time then.

use std::fmt;
use std::net::Ipv4Addr;

use super::{Hex, MacAddr};

/// The longest text: a prefix and the digits of 64 bits.
const MOST: usize = 18;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The decimal digits of every octet, and how many there are.
const OCTETS: [([u8; 3], usize); 256] = {
    let mut octets = [([0; 3], 0); 256];
    let mut octet = 0_u8;
    #[allow(clippy::indexing_slicing, reason = "it is done when this is compiled")]
    loop {
        let [hundreds, tens, ones] =
            [b'0' + octet / 100, b'0' + octet / 10 % 10, b'0' + octet % 10];
        octets[octet as usize] = match octet {
            0..10 => ([ones, 0, 0], 1),
            10..100 => ([tens, ones, 0], 2),
            100.. => ([hundreds, tens, ones], 3),
        };
        if octet == u8::MAX {
            break octets;
        }
        octet += 1;
    }
};

/// A text of a few characters, all of them ASCII.
#[derive(Debug, Clone, Copy)]
pub struct Short {
    bytes: [u8; MOST],
    len: usize,
}

impl Short {
    const EMPTY: Self = Self { bytes: [0; MOST], len: 0 };

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Appends a decimal number: three bytes are copied, of which as many count as it has digits.
    fn push_octet(&mut self, octet: u8) {
        let (digits, len) = OCTETS.get(usize::from(octet)).copied().unwrap_or_default();
        if let Some(place) = self.bytes.get_mut(self.len..self.len + 3) {
            place.copy_from_slice(&digits);
            self.len += len;
        }
    }

    /// `10.0.0.1`.
    #[must_use]
    pub fn ipv4(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        let mut text = Self::EMPTY;
        text.push_octet(a);
        for octet in [b, c, d] {
            text.push(b'.');
            text.push_octet(octet);
        }
        text
    }

    /// `02:00:00:00:00:01`.
    #[must_use]
    pub fn mac(MacAddr(octets): MacAddr) -> Self {
        let mut bytes = [b':'; MOST];
        for (place, octet) in bytes.chunks_mut(3).zip(octets) {
            if let [high, low, ..] = place {
                (*high, *low) = (digit(octet >> 4), digit(octet));
            }
        }
        Self { bytes, len: 17 }
    }

    /// `0x2a`: as few digits as there can be.
    #[must_use]
    pub fn hex(number: u64) -> Self {
        let mut text = Self::EMPTY;
        text.push(b'0');
        text.push(b'x');
        let digits = (u64::BITS - (number | 1).leading_zeros()).div_ceil(4);
        for place in (0..digits).rev() {
            let [.., low] = (number >> (4 * place)).to_be_bytes();
            text.push(digit(low));
        }
        text
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// The hexadecimal digit of the lower four bits.
fn digit(nibble: u8) -> u8 {
    DIGITS.get(usize::from(nibble & 0xf)).copied().unwrap_or(b'?')
}

/// Something that [`put!`](crate::put) writes: as its `Display` does without any options.
pub trait Piece {
    /// Writes it.
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Piece for &str {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

macro_rules! decimals {
    ($($type:ty)*) => { $(
        impl Piece for $type {
            fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(itoa::Buffer::new().format(*self))
            }
        }
    )* };
}

decimals!(u8 u16 u32 u64 usize);

impl Piece for Short {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Piece for MacAddr {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Short::mac(*self).put(f)
    }
}

impl Piece for Ipv4Addr {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Short::ipv4(*self).put(f)
    }
}

impl<T: Copy + Into<u64>> Piece for Hex<T> {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Short::hex(self.0.into()).put(f)
    }
}

/// A name of the specification in capitals.
#[derive(Debug, Clone, Copy)]
pub struct UpperCase<'a>(pub &'a str);

impl Piece for UpperCase<'_> {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut capitals = [0; 32];
        match capitals.get_mut(..self.0.len()) {
            Some(capitals) => {
                capitals.copy_from_slice(self.0.as_bytes());
                capitals.make_ascii_uppercase();
                f.write_str(str::from_utf8(capitals).unwrap_or_default())
            }
            None => f.write_str(&self.0.to_ascii_uppercase()),
        }
    }
}

impl Piece for fmt::Arguments<'_> {
    fn put(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(*self)
    }
}

/// Writes pieces one after the other.
#[macro_export]
macro_rules! put {
    ($f:expr, $($piece:expr),+ $(,)?) => {{
        let f: &mut std::fmt::Formatter<'_> = $f;
        Ok::<(), std::fmt::Error>(())
            $(.and_then(|()| $crate::types::Piece::put(&$piece, f)))+
    }};
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The texts are those of the standard formatter.
        #[test]
        fn as_the_formatter(octets: [u8; 6], address: u32, number: u64, shift in 0_u32..64) {
            let [a, b, c, d, e, f] = octets;
            let mac = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
            prop_assert_eq!(Short::mac(MacAddr(octets)).as_str().to_owned(), mac);
            let address = Ipv4Addr::from(address);
            prop_assert_eq!(Short::ipv4(address).as_str().to_owned(), address.to_string());
            let number = number >> shift;
            prop_assert_eq!(Short::hex(number).as_str().to_owned(), format!("{number:#x}"));
        }
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(Short::hex(0).as_str(), "0x0");
        assert_eq!(Short::hex(u64::MAX).as_str(), "0xffffffffffffffff");
        assert_eq!(Short::ipv4(Ipv4Addr::BROADCAST).as_str(), "255.255.255.255");
    }
}
