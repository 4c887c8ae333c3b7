//! A packet, layer by layer from the innermost out. It is one frame, or several where a datagram is
//! cut or a session wanted.

use super::field::Protocol;
use super::fragment;
use super::layers::{self, Part, Stack, View};
use super::session::{Conversation, Segment};
use super::spec::Spec;

pub(super) use super::layers::BuildError;

/// The first sequence numbers of a session where the layer says none.
const CLIENT_SEQUENCE: u32 = 1_000;
const SERVER_SEQUENCE: u32 = 5_000;

/// The frames of the packet `number` of `spec`, whose settings have `values`, one after the other.
pub(super) fn frames(spec: &Spec, values: &[u128], number: u64) -> Result<Vec<Part>, BuildError> {
    let mut left = values;
    let views = spec.layers.iter().map(|layer| {
        let (own, rest) = left.split_at_checked(layer.settings.len()).unwrap_or_default();
        left = rest;
        View { layer, values: own }
    });
    let views = views.collect();
    let datagram = u16::try_from(number & 0xffff).unwrap_or(0).wrapping_add(1);
    let stack = Stack { views, seed: spec.seed.wrapping_add(number), datagram };
    let mut parts = vec![Part::default()];
    for at in (0..spec.layers.len()).rev() {
        let Some(view) = stack.view(at) else { continue };
        match view.layer.r#type.protocol {
            Protocol::Tcp if view.is("session") => parts = session(&stack, at, view, &parts)?,
            Protocol::Ipv4 | Protocol::Ipv6 if view.is("frag") => {
                let cut = parts.iter().map(|part| fragment::split(&stack, at, view, part));
                parts = cut.collect::<Result<Vec<_>, _>>()?.concat();
            }
            _ => parts.iter_mut().try_for_each(|part| layers::build(&stack, at, part, None))?,
        }
    }
    Ok(parts)
}

/// The segments of a session that carries `parts`.
fn session(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    parts: &[Part],
) -> Result<Vec<Part>, BuildError> {
    let mut conversation = Conversation::new(view.u32("seq", CLIENT_SEQUENCE), SERVER_SEQUENCE);
    let mut segments = conversation.open();
    for part in parts.iter().filter(|part| !part.bytes.is_empty()) {
        segments.extend(conversation.send(false, &part.bytes, view.u16("mss", Segment::MSS)));
        segments.push(conversation.acknowledge(true));
    }
    segments.extend(conversation.close());
    segments
        .iter()
        .map(|segment| {
            let mut part = Part {
                bytes: segment.data.clone(),
                sums: Vec::new(),
                reversed: segment.from_server,
            };
            layers::build(stack, at, &mut part, Some(segment))?;
            Ok(part)
        })
        .collect()
}
