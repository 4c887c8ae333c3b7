//! The digits of numbers. Eight are made at once in the bytes of a 64-bit word, the first one in the
//! lowest byte, and the zeros in front are shifted out.

/// Numbers below it have at most eight digits.
const BLOCK: u64 = 100_000_000;
/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;
/// As many digits of zero as fit a word.
const ZEROS: u64 = every_byte(b'0');

/// A text that digits are appended to.
pub(super) trait Digits {
    /// Appends the lowest `len` bytes of a word, lowest first.
    fn push_word(&mut self, word: u64, len: usize);
}

/// The decimal digits of every octet, and a dot behind them.
const OCTETS: [[u8; 4]; 256] = {
    let mut octets = [[0; 4]; 256];
    let mut octet = 0_u8;
    #[allow(clippy::indexing_slicing, reason = "it is done when this is compiled")]
    loop {
        let [hundreds, tens, ones] =
            [b'0' + octet / 100, b'0' + octet / 10 % 10, b'0' + octet % 10];
        octets[octet as usize] = match octet {
            0..10 => [ones, b'.', 0, 0],
            10..100 => [tens, ones, b'.', 0],
            100.. => [hundreds, tens, ones, b'.'],
        };
        if octet == u8::MAX {
            break octets;
        }
        octet += 1;
    }
};

/// The digits of an octet, a dot behind them, and how many digits there are.
#[inline]
pub(super) fn octet_digits(octet: u8) -> (u32, usize) {
    let digits = OCTETS.get(usize::from(octet)).copied().unwrap_or_default();
    (u32::from_le_bytes(digits), 1 + usize::from(octet > 9) + usize::from(octet > 99))
}

/// Appends `1234`.
#[inline]
pub(super) fn put_decimal(number: u64, out: &mut impl Digits) {
    // Half of the numbers of a frame are octets.
    if let Ok(octet) = u8::try_from(number) {
        let (digits, len) = octet_digits(octet);
        out.push_word(digits.into(), len);
    } else if number < BLOCK {
        put_first(number, out);
    } else {
        put_long(number, out);
    }
}

/// Appends a number of more than eight digits.
#[inline(never)]
fn put_long(number: u64, out: &mut impl Digits) {
    let (high, low) = (number / BLOCK, number % BLOCK);
    if high < BLOCK {
        put_first(high, out);
    } else {
        put_first(high / BLOCK, out);
        out.push_word(decimal8(high % BLOCK) | ZEROS, 8);
    }
    out.push_word(decimal8(low) | ZEROS, 8);
}

/// Appends a number below 10^8.
#[inline]
fn put_first(number: u64, out: &mut impl Digits) {
    let digits = decimal8(number);
    // The last digit is shown even if it is a zero.
    let zeros = (digits.trailing_zeros() / 8).min(7);
    put_last(digits | ZEROS, 8 - zeros, out);
}

/// Appends a number with blanks in front of it up to `width` characters, eight at most.
#[inline]
pub(super) fn put_right(number: u64, width: usize, out: &mut impl Digits) {
    if number >= BLOCK {
        return put_long(number, out);
    }
    let digits = decimal8(number);
    let zeros = (digits.trailing_zeros() / 8).min(7);
    let blanks = every_byte(b'0' ^ b' ') & !(u64::MAX << (8 * zeros));
    let width = u32::try_from(width).unwrap_or(8).min(8);
    put_last((digits | ZEROS) ^ blanks, width.max(8 - zeros), out);
}

/// The text of an IPv4 address, first character lowest, and how many there are.
#[inline]
pub(super) fn ipv4_text(octets: [u8; 4]) -> (u128, usize) {
    let (mut text, mut len) = (0, 0);
    for octet in octets {
        let (digits, digits_len) = octet_digits(octet);
        text |= u128::from(digits) << (8 * len);
        len += digits_len + 1;
    }
    // No dot behind the last one.
    (text, len - 1)
}

/// The text of an Ethernet address, first character lowest: all but the last one, and that.
#[inline]
pub(super) fn mac_text(octets: [u8; 6]) -> (u128, u8) {
    let [first @ .., last] = octets;
    let [high, low] = hex_pair(last);
    let mut text = u128::from(high) << 120;
    for (place, octet) in (0..).step_by(24).zip(first) {
        let [high, low] = hex_pair(octet);
        text |= u128::from(u32::from_le_bytes([high, low, b':', 0])) << place;
    }
    (text, low)
}

/// The two hexadecimal digits of an octet.
#[inline]
#[must_use]
pub fn hex_pair(octet: u8) -> [u8; 2] {
    const PAIRS: [[u8; 2]; 256] = {
        let digits = b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut octet = 0;
        #[allow(clippy::indexing_slicing, reason = "it is done when this is compiled")]
        while octet < 256 {
            pairs[octet] = [digits[octet >> 4], digits[octet & 0xf]];
            octet += 1;
        }
        pairs
    };
    PAIRS.get(usize::from(octet)).copied().unwrap_or_default()
}

/// Appends `.000001234`: a part of a second; ten digits where it is no part.
#[inline]
pub(super) fn put_nanoseconds(number: u32, out: &mut impl Digits) {
    let number = u64::from(number);
    let (high, low) = (number / BLOCK, number % BLOCK);
    if high < 10 {
        out.push_word(u64::from(b'.') | (u64::from(b'0') + high) << 8, 2);
    } else {
        out.push_word(u64::from(b'.'), 1);
        put_first(high, out);
    }
    out.push_word(decimal8(low) | ZEROS, 8);
}

/// Appends `0x2a`: as few digits as there can be.
#[inline]
pub(super) fn put_hex(number: u64, out: &mut impl Digits) {
    let digits = (u64::BITS - (number | 1).leading_zeros()).div_ceil(4);
    out.push_word(u64::from(u16::from_le_bytes(*b"0x")), 2);
    if digits <= 8 {
        put_last(hex8(number), digits, out);
    } else {
        put_last(hex8(number >> 32), digits - 8, out);
        out.push_word(hex8(number), 8);
    }
}

/// Appends the last `len` of eight digits.
#[inline]
fn put_last(digits: u64, len: u32, out: &mut impl Digits) {
    let word = digits >> (u64::BITS - 8 * len);
    out.push_word(word, usize::try_from(len).unwrap_or_default());
}

/// A word of eight bytes alike.
const fn every_byte(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The eight decimal digits of a number below 10^8, not as characters yet: it is cut into two
/// numbers of four digits, these into four of two, and these into the digits, each time all at once.
/// What stands for a division is exact for numbers of so few digits.
#[inline]
fn decimal8(number: u64) -> u64 {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - 10 * tens) << 8)
}

/// The eight hexadecimal digits of the lower half of a number.
#[inline]
pub(super) fn hex8(number: u64) -> u64 {
    // The bytes from high to low, each with a byte of room behind it.
    let bytes = number.swap_bytes() >> 32;
    let bytes = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (bytes | bytes << 8) & 0x00ff_00ff_00ff_00ff;
    let digits = (bytes >> 4 | bytes << 8) & every_byte(0x0f);
    let letters = ((digits + every_byte(6)) >> 4) & every_byte(1);
    digits + ZEROS + letters * u64::from(b'a' - b'9' - 1)
}
