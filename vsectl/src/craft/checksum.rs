//! The Internet checksum (RFC 1071) of parts, and after changes.
//!
//! One's complement addition is addition modulo 65535: a field's share in a checksum is its value
//! with the weight of its place, whatever else the checksum covers.

/// The one's complement sum of two sums.
pub(super) fn add(a: u16, b: u16) -> u16 {
    let (sum, carry) = a.overflowing_add(b);
    sum.wrapping_add(u16::from(carry))
}

/// The sum of the 16-bit words of a number.
#[inline]
pub(super) fn fold(number: u128) -> u16 {
    // All but addresses of IPv6.
    if let Ok(number) = u64::try_from(number) {
        return fold64(number);
    }
    let high = u64::try_from(number >> 64).unwrap_or(u64::MAX);
    let low = u64::try_from(number & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    add(fold64(high), fold64(low))
}

/// The sum of the 16-bit words of a number.
#[inline]
pub(super) fn fold64(number: u64) -> u16 {
    let sum =
        (number >> 48) + (number >> 32 & 0xffff) + (number >> 16 & 0xffff) + (number & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    // Two additions of the carry leave 16 bits.
    u16::try_from(sum).unwrap_or(u16::MAX)
}

/// A checksum after `old` has become `new` among what it covers, both of one length and behind an
/// even number of bytes: RFC 1624, equation 3. A wrong checksum stays wrong by as much.
pub(crate) fn updated(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    let sum = |bytes: &[u8]| bytes.chunks(2).map(word).fold(0, add);
    !add(add(!checksum, !sum(old)), sum(new))
}

fn word(chunk: &[u8]) -> u16 {
    match *chunk {
        [high, low] => u16::from_be_bytes([high, low]),
        [high] => u16::from_be_bytes([high, 0]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use pnet::util::checksum;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn updated_is_the_checksum_of_what_is_new(
            mut bytes in proptest::collection::vec(any::<u8>(), 20..60),
            word in 0_usize..5,
            new: [u8; 4],
        ) {
            // The two zeros of one's complement are told apart by a word that is never zero.
            bytes[14] = 0x45;
            let at = 2 * word;
            let before = checksum(&bytes, usize::MAX);
            let old = bytes[at..at + 4].to_vec();
            bytes[at..at + 4].copy_from_slice(&new);
            prop_assert_eq!(updated(before, &old, &new), checksum(&bytes, usize::MAX));
        }

        #[test]
        fn fold_is_the_sum_of_the_words(number: u128) {
            let bytes = number.to_be_bytes();
            prop_assert_eq!(!fold(number), checksum(&bytes, usize::MAX));
        }
    }
}
