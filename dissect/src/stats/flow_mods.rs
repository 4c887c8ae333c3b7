//! FLOW_MODs by connection and command, and how fast they come.

use std::collections::BTreeMap;

use codec::of10::{FlowModCommand, MessageType, VERSION};
use codec::vse::{Subtype, VENDOR_ID};

use super::Connection;
use super::listener::{Context, MessageCounter};
use super::report::{Cell, Report, columns};

#[derive(Debug, Default)]
struct Counts {
    messages: u64,
    first: u64,
    last: u64,
    /// The second that is being counted, and how many came in it.
    second: (u64, u64),
    most_a_second: u64,
}

/// Counts FLOW_MODs.
#[derive(Debug, Default)]
pub(super) struct FlowMods {
    /// By connection, whether another message carries them, and command.
    counts: BTreeMap<(Connection, bool, u16), Counts>,
}

/// The command of a FLOW_MOD, plain or of VSE.
fn command(bytes: &[u8]) -> Option<u16> {
    let word = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let &[version, r#type, ..] = bytes else { return None };
    let at = match MessageType::from(r#type) {
        _ if version != VERSION => return None,
        MessageType::FlowMod => 56,
        MessageType::Vendor
            if word(8)? == VENDOR_ID && word(12)? == u32::from(Subtype::FlowMod) =>
        {
            64
        }
        _ => return None,
    };
    bytes.get(at..)?.first_chunk().map(|command| u16::from_be_bytes(*command))
}

impl MessageCounter for FlowMods {
    fn message(&mut self, bytes: &[u8], context: &Context) {
        let Some(command) = command(bytes) else { return };
        let (connection, _) = context.talk.connection();
        let time = context.time;
        let counts = self
            .counts
            .entry((connection, context.nested, command))
            .or_insert_with(|| Counts { first: time, ..Counts::default() });
        counts.messages += 1;
        counts.last = time;
        let second = time / 1_000_000_000;
        if counts.second.0 != second {
            counts.second = (second, 0);
        }
        counts.second.1 += 1;
        counts.most_a_second = counts.most_a_second.max(counts.second.1);
    }

    fn report(&self) -> Report {
        let rows = self.counts.iter().map(|((connection, nested, command), counts)| {
            let duration = counts.last.saturating_sub(counts.first);
            #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
            let rate = match duration {
                0 => Cell::Nothing,
                time => Cell::Fraction(counts.messages as f64 / (time as f64 / 1e9)),
            };
            vec![
                connection.to_string().into(),
                FlowModCommand::from(*command).to_string().into(),
                Cell::Flag(*nested),
                counts.messages.into(),
                rate,
                counts.most_a_second.into(),
            ]
        });
        Report {
            name: "flow_mods",
            title: "FLOW_MODs".to_owned(),
            columns: columns![
                "connection" "Connection", "command" "Command", "nested" "Nested",
                "messages" "Messages", "rate_per_s" "Mean a second",
                "peak_per_s" "Most in a second",
            ],
            rows: rows.collect(),
        }
    }
}
