//! From what the ends of an OpenFlow session say to the segments that a capture shows: cut, put
//! together, in disorder, or missing, as asked for.

use std::str::FromStr;

use anyhow::bail;

use super::field::Kind;
use super::script::Said;
use super::session::{Conversation, Segment};
use super::values::Values;

/// The first sequence numbers of switch and controller.
const SWITCH_SEQUENCE: u32 = 1_000;
const CONTROLLER_SEQUENCE: u32 = 5_000;

/// Numbers of data segments, from 1, as in `3`, `1,4-6`, `2-20+2`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers(Option<Values>);

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let values = Values::read(Kind::Number(32), text)?;
        if values.lowest() == 0 {
            return Err("segments are counted from 1".to_owned());
        }
        match values {
            Values::List(_) => Ok(Self(Some(values))),
            _ => Err("want numbers, as in 3 or 1,4-6".to_owned()),
        }
    }
}

impl Numbers {
    fn contains(&self, number: usize) -> bool {
        let number = u128::try_from(number).unwrap_or(u128::MAX);
        match &self.0 {
            Some(Values::List(runs)) => runs.iter().any(|run| {
                (run.first..=run.last).contains(&number)
                    && (number - run.first).is_multiple_of(run.step)
            }),
            _ => false,
        }
    }

    fn lowest(&self) -> usize {
        let lowest = self.0.as_ref().map_or(0, Values::lowest);
        usize::try_from(lowest).unwrap_or(usize::MAX)
    }
}

/// What becomes of the stream on its way into the capture.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Shape {
    /// Cut the stream into segments of so many bytes at most.
    #[arg(long, value_name = "BYTES", default_value_t = Segment::MSS,
        value_parser = clap::value_parser!(u16).range(1..=1460))]
    split: u16,

    /// Put what one end says without an answer between into as few segments as it fits.
    #[arg(long)]
    merge: bool,

    /// Show these data segments behind the next one of the same direction: numbers from 1, as in 3
    /// or 1,4-6.
    #[arg(long, value_name = "NUMBERS")]
    reorder: Option<Numbers>,

    /// Leave these data segments out of the capture, though their receiver got them.
    #[arg(long, value_name = "NUMBERS")]
    lose: Option<Numbers>,

    /// Show these data segments twice, as when they are sent again.
    #[arg(long, value_name = "NUMBERS")]
    duplicate: Option<Numbers>,

    /// Leave out the opening and the close of the connection, HELLO and FEATURES.
    #[arg(long)]
    no_handshake: bool,
}

impl Shape {
    pub(crate) fn has_handshake(&self) -> bool {
        !self.no_handshake
    }
}

/// The segments that show a session in which this was said.
pub(crate) fn segments(said: &[Said], shape: &Shape) -> anyhow::Result<Vec<Segment>> {
    let mut conversation = Conversation::new(SWITCH_SEQUENCE, CONTROLLER_SEQUENCE);
    let mut all = Vec::new();
    if shape.has_handshake() {
        all.extend(conversation.open());
    }
    let bursts = bursts(said, shape.merge)?;
    for (index, (from_switch, data)) in bursts.iter().enumerate() {
        all.extend(conversation.send(!from_switch, data, shape.split));
        // An answer acknowledges by itself.
        if bursts.get(index + 1).is_none_or(|(next, _)| next == from_switch) {
            all.push(conversation.acknowledge(*from_switch));
        }
    }
    if shape.has_handshake() {
        all.extend(conversation.close());
    }
    disturb(all, shape)
}

/// What is sent at a time, by whom.
fn bursts(said: &[Said], merge: bool) -> anyhow::Result<Vec<(bool, Vec<u8>)>> {
    let mut bursts: Vec<(bool, Vec<u8>)> = Vec::new();
    for Said { from_switch, message } in said {
        let mut bytes = Vec::new();
        message.encode(&mut bytes)?;
        match bursts.last_mut() {
            Some((last, data)) if merge && last == from_switch => data.extend(bytes),
            _ => bursts.push((*from_switch, bytes)),
        }
    }
    Ok(bursts)
}

fn disturb(all: Vec<Segment>, shape: &Shape) -> anyhow::Result<Vec<Segment>> {
    let count = all.iter().filter(|segment| !segment.data.is_empty()).count();
    let options =
        [("--lose", &shape.lose), ("--reorder", &shape.reorder), ("--duplicate", &shape.duplicate)];
    for (option, numbers) in options {
        let lowest = numbers.as_ref().map_or(0, Numbers::lowest);
        if lowest > count {
            bail!("{option} {lowest}: the session has {count} data segments");
        }
    }
    let has = |numbers: &Option<Numbers>, number| {
        numbers.as_ref().is_some_and(|numbers| numbers.contains(number))
    };
    let mut shown = Vec::new();
    // Segments that wait for the next one of their direction.
    let mut held: Vec<Segment> = Vec::new();
    let mut number = 0;
    for segment in all {
        if segment.data.is_empty() {
            // A connection does not close before its data has come.
            if segment.flags & super::session::FIN != 0 {
                shown.append(&mut held);
            }
            shown.push(segment);
            continue;
        }
        number += 1;
        if has(&shape.lose, number) {
            continue;
        }
        if has(&shape.reorder, number) {
            held.push(segment);
            continue;
        }
        let from_server = segment.from_server;
        if has(&shape.duplicate, number) {
            shown.push(segment.clone());
        }
        shown.push(segment);
        let (mine, others) = held.into_iter().partition(|held| held.from_server == from_server);
        held = others;
        shown.extend::<Vec<Segment>>(mine);
    }
    shown.extend(held);
    Ok(shown)
}
