//! Datagrams cut into fragments: RFC 791 section 3.2, and RFC 8200 section 4.5.

use super::layers::{
    BuildError, Fragment, Part, Stack, View, build, build_fragment, fragment_header_len,
};

/// What Ethernet carries.
const MTU: u16 = 1500;
/// What fragments but the last are a multiple of.
const UNIT: usize = 8;

/// Bytes of a datagram that a fragment of `mtu` bytes carries; an error where there are none.
pub(super) fn room(mtu: usize, header: usize) -> Result<usize, BuildError> {
    let room = mtu.saturating_sub(header) / UNIT * UNIT;
    (room > 0).then_some(room).ok_or(BuildError::Mtu { mtu, header })
}

/// The fragments of the datagram of the layer `at`, which carries `part`, in the order that was
/// asked for.
pub(super) fn split(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &Part,
) -> Result<Vec<Part>, BuildError> {
    let mut whole = part.clone();
    build(stack, at, &mut whole, None)?;
    let header = fragment_header_len(view);
    let mtu = usize::from(view.u16("mtu", MTU));
    let room = room(mtu, header)?;
    // What stands below IP is no part of it.
    if whole.bytes.len() <= mtu {
        return Ok(vec![whole]);
    }
    let mut fragments = Vec::new();
    let mut left = part.bytes.as_slice();
    let mut offset = 0;
    while !left.is_empty() {
        // The last one may end anywhere.
        let fits = header + left.len() <= mtu;
        let (data, rest) = left.split_at(if fits { left.len() } else { room.min(left.len()) });
        let mut fragment = Part { bytes: data.to_vec(), sums: Vec::new(), reversed: part.reversed };
        let place = Fragment { offset, more: !rest.is_empty() };
        build_fragment(stack, at, view, &mut fragment, place)?;
        fragments.push(fragment);
        // A datagram has at most 65535 bytes.
        offset += u16::try_from(data.len() / UNIT).unwrap_or(0);
        left = rest;
    }
    match view.word("order") {
        Some("reversed") => fragments.reverse(),
        Some("shuffled") => fastrand::Rng::with_seed(stack.seed).shuffle(&mut fragments),
        _ => {}
    }
    Ok(fragments)
}
