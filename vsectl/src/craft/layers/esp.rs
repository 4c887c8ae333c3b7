//! What looks like ESP (RFC 4303): the header, bytes that nobody can read, a code of 16 bytes. What
//! is within is built like any stack, and covered by a stream of bytes that a generator makes, so
//! that lengths are those of real traffic; it is no encryption.

use super::{Part, Stack, View};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};

pub(crate) static LAYER: LayerType = LayerType {
    name: "esp",
    aliases: &[],
    title: "what looks like ESP",
    protocol: Protocol::Esp,
    fields: &[
        FieldType::new("spi", Kind::Hex(32), "security parameters index").filter("esp.spi"),
        FieldType::new("seq", Kind::Number(32), "sequence number").filter("esp.sequence"),
        FieldType::new("clear", Kind::Switch, "what is within can be read: RFC 2410"),
    ],
};

/// Bytes of the integrity check value.
const CODE_LEN: usize = 16;

pub(super) fn build(stack: &Stack<'_>, at: usize, view: View<'_>, part: &mut Part) {
    let (spi, sequence) = (view.u32("spi", 0x1000), view.u32("seq", 1));
    // Padding, its length and the next header end at a multiple of 4 bytes.
    let padding = (part.bytes.len() + 2).next_multiple_of(4) - part.bytes.len() - 2;
    part.bytes.extend((1..=padding).map(|number| u8::try_from(number).unwrap_or(0)));
    part.bytes.push(u8::try_from(padding).unwrap_or(0));
    part.bytes.push(stack.ip_protocol_above(at));
    let mut random = fastrand::Rng::with_seed(u64::from(spi) << 32 | u64::from(sequence));
    if view.is("clear") {
        part.bytes.extend(std::iter::repeat_with(|| random.u8(..)).take(CODE_LEN));
    } else {
        part.bytes.iter_mut().for_each(|byte| *byte ^= random.u8(..));
        part.bytes.extend(std::iter::repeat_with(|| random.u8(..)).take(CODE_LEN));
        // Nobody can see the checksums within.
        part.sums.clear();
    }
    part.prepend([spi.to_be_bytes(), sequence.to_be_bytes()].concat());
}
