//! Numbers and addresses as short texts on the stack.

use std::net::Ipv4Addr;

use super::MacAddr;
use super::digits::{Digits, SECOND, ipv4_text, mac_text, put_decimal, put_hex, put_nanoseconds};

/// Room for the longest text, 20 digits, in whole words.
const ROOM: usize = 24;

/// A text of a few characters, all of them ASCII.
#[derive(Debug, Clone, Copy)]
pub struct Short {
    bytes: [u8; ROOM],
    len: usize,
}

impl Short {
    /// No text.
    pub const EMPTY: Self = Self { bytes: [0; ROOM], len: 0 };

    /// The first `len` characters of sixteen and one, first one lowest. They are put together in
    /// registers: many writes and one read would wait for each other.
    #[inline]
    fn of(first: u128, last: u8, len: usize) -> Self {
        let mut bytes = [0; ROOM];
        let (sixteen, rest) = bytes.split_at_mut(16);
        sixteen.copy_from_slice(&first.to_le_bytes());
        rest.copy_from_slice(&u64::from(last).to_le_bytes());
        Self { bytes, len }
    }

    /// Appends `len` characters.
    #[inline]
    fn push<const N: usize>(&mut self, characters: [u8; N], len: usize) {
        let place = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = characters;
            self.len += len;
        }
    }

    /// `1234`.
    #[inline]
    #[must_use]
    pub fn decimal(number: u64) -> Self {
        let mut text = Self::EMPTY;
        put_decimal(number, &mut text);
        text
    }

    /// `1.000001234`: nanoseconds as seconds.
    #[inline]
    #[must_use]
    pub fn seconds(nanoseconds: u64) -> Self {
        let mut text = Self::decimal(nanoseconds / SECOND);
        let fraction = u32::try_from(nanoseconds % SECOND).unwrap_or_default();
        put_nanoseconds(fraction, &mut text);
        text
    }

    /// `10.0.0.1`.
    #[inline]
    #[must_use]
    pub fn ipv4(address: Ipv4Addr) -> Self {
        let (text, len) = ipv4_text(address.octets());
        Self::of(text, 0, len)
    }

    /// `02:00:00:00:00:01`.
    #[inline]
    #[must_use]
    pub fn mac(MacAddr(octets): MacAddr) -> Self {
        let (text, last) = mac_text(octets);
        Self::of(text, last, 17)
    }

    /// `0x2a`: as few digits as there can be.
    #[inline]
    #[must_use]
    pub fn hex(number: u64) -> Self {
        let mut text = Self::EMPTY;
        put_hex(number, &mut text);
        text
    }

    /// The text as bytes.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text, and what follows it up to a length that is the same for all.
    #[inline]
    pub(super) fn room(&self) -> &[u8; ROOM] {
        &self.bytes
    }
}

impl Digits for Short {
    #[inline]
    fn push_word(&mut self, word: u64, len: usize) {
        self.push(word.to_le_bytes(), len);
    }
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
            let seconds = format!("{}.{:09}", number / SECOND, number % SECOND);
            prop_assert_eq!(Short::seconds(number).as_str().to_owned(), seconds);
            let address = Ipv4Addr::from(address);
            prop_assert_eq!(Short::ipv4(address).as_str().to_owned(), address.to_string());
            let number = number >> shift;
            prop_assert_eq!(Short::hex(number).as_str().to_owned(), format!("{number:#x}"));
            prop_assert_eq!(Short::decimal(number).as_str().to_owned(), number.to_string());
        }
    }

    #[test]
    fn every_digit_of_a_half() {
        for number in 0..10_000 {
            assert_eq!(Short::decimal(number).as_str(), number.to_string());
            let high = number * 10_000 + 9_999;
            assert_eq!(Short::decimal(high).as_str(), high.to_string());
        }
    }

    #[test]
    fn powers_of_the_bases() {
        for power in (0..20).map(|exponent| 10_u64.pow(exponent)) {
            for number in [power - 1, power] {
                assert_eq!(Short::decimal(number).as_str(), number.to_string());
            }
        }
        for power in (0..64).map(|exponent| 1_u64 << exponent) {
            for number in [power - 1, power] {
                assert_eq!(Short::hex(number).as_str(), format!("{number:#x}"));
            }
        }
        assert_eq!(Short::decimal(u64::MAX).as_str(), u64::MAX.to_string());
        assert_eq!(Short::hex(u64::MAX).as_str(), "0xffffffffffffffff");
        assert_eq!(Short::ipv4(Ipv4Addr::BROADCAST).as_str(), "255.255.255.255");
    }
}
