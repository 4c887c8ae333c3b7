//! Two captures, or two tables, compared by what they mean.

mod align;
mod fields;
mod ignored;
mod recording;
mod tables;

use std::collections::HashMap;

use dissect::Options;

use self::align::align;
pub(crate) use self::ignored::Ignored;
use self::recording::{Conversation, Item, Parties, Recording};
pub(crate) use self::tables::{Tables, flow_sets};
use crate::view::{CaptureDiffView, CaptureSide, ConversationDiff};

/// How the conversations of capture `to` differ from those of `from`.
pub(crate) fn captures(
    (from, to): (&str, &str),
    options: &Options,
    ignored: &Ignored,
) -> anyhow::Result<CaptureDiffView> {
    let read = |path| Recording::read(path, options, ignored);
    let (a, b) = (read(from)?, read(to)?);
    let side = |path: &str, recording: &Recording| CaptureSide {
        file: path.to_owned(),
        frames: recording.read.frames,
        messages: recording.conversations.iter().map(|c| c.items.len()).sum(),
        frames_without: recording.others,
        messages_cut: recording.cut,
        broken: recording.read.broken > 0,
    };
    let (side_a, side_b) = (side(from, &a), side(to, &b));
    let pairs = pairs(a.conversations, b.conversations);
    let conversations = pairs.into_iter().map(|(a, b)| conversation(a, b)).collect();
    Ok(CaptureDiffView::new(side_a, side_b, conversations))
}

fn conversation(a: Option<Conversation>, b: Option<Conversation>) -> ConversationDiff {
    let name = |side: &Option<Conversation>| side.as_ref().map(|side| side.parties.to_string());
    let mut diff = ConversationDiff::new(name(&a), name(&b));
    let items = |side: Option<Conversation>| side.map(|side| side.items).unwrap_or_default();
    // Each side speaks in an order of its own; which of both is captured first may be chance.
    let (from, to) = (by_side(items(a)), by_side(items(b)));
    align(&from.0, &to.0, &mut diff);
    align(&from.1, &to.1, &mut diff);
    diff
}

/// The messages of the client, and those of the other side.
fn by_side(items: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    items.into_iter().partition(|item| item.by_client)
}

/// Which conversation of the one capture is which of the other: the same parties first, then those
/// of the same addresses and port of the server, then those of the same port, in their order.
fn pairs(
    from: Vec<Conversation>,
    to: Vec<Conversation>,
) -> Vec<(Option<Conversation>, Option<Conversation>)> {
    let mut left: Vec<Option<Conversation>> = to.into_iter().map(Some).collect();
    let exact: HashMap<Parties, usize> = left
        .iter()
        .flatten()
        .enumerate()
        .map(|(place, conversation)| (conversation.parties, place))
        .collect();
    let mut pairs: Vec<(Option<Conversation>, Option<Conversation>)> = from
        .into_iter()
        .map(|conversation| {
            let place = exact.get(&conversation.parties);
            let other = place.and_then(|place| left.get_mut(*place)).and_then(Option::take);
            (Some(conversation), other)
        })
        .collect();
    let service = |conversation: &Conversation| conversation.parties.service();
    let alike =
        |a: &Conversation, b: &Conversation| service(a).is_some() && service(a) == service(b);
    pair_up(&mut pairs, &mut left, alike);
    let port = |conversation: &Conversation| service(conversation).map(|(_, server)| server.port());
    pair_up(&mut pairs, &mut left, |a, b| port(a).is_some() && port(a) == port(b));
    pairs.extend(left.into_iter().flatten().map(|b| (None, Some(b))));
    pairs
}

/// Gives those that are alone the first one that is left and alike.
fn pair_up(
    pairs: &mut [(Option<Conversation>, Option<Conversation>)],
    left: &mut [Option<Conversation>],
    alike: impl Fn(&Conversation, &Conversation) -> bool,
) {
    for (a, b) in pairs.iter_mut().filter(|(_, b)| b.is_none()) {
        let Some(a) = a else { continue };
        let mut left = left.iter_mut();
        *b = left.find(|b| b.as_ref().is_some_and(|b| alike(a, b))).and_then(Option::take);
    }
}
