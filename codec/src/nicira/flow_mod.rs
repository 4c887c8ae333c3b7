//! NXT_FLOW_MOD as a FLOW_MOD and an extended match (`struct nx_flow_mod`).

use super::code::NiciraSubtype;
use super::message::{NiciraMessage, message_layout};
use super::nxm::NxmMatch;
use super::record::{Record, Value};
use super::shape::Shape;
use crate::of10::{BufferId, FlowMod, FlowModFlags, Match, PortNo};
use crate::types::{Bytes, Hex};

impl NiciraMessage {
    /// The FLOW_MOD that an NXT_FLOW_MOD is but for its match, which is any here.
    #[must_use]
    pub fn flow_mod(&self) -> Option<FlowMod> {
        let body = &self.body;
        (self.subtype == NiciraSubtype::FlowMod).then(|| FlowMod {
            r#match: Match::ANY,
            cookie: Hex(body.number("cookie")),
            command: (body.number16("table_id") << 8 | body.number16("command")).into(),
            idle_timeout: body.number16("idle_timeout"),
            hard_timeout: body.number16("hard_timeout"),
            priority: body.number16("priority"),
            buffer_id: BufferId(body.number32("buffer_id")),
            out_port: PortNo(body.number16("out_port")),
            flags: FlowModFlags::from_bits_retain(body.number16("flags")),
            actions: body.actions().to_vec(),
        })
    }

    /// The NXT_FLOW_MOD of a FLOW_MOD, whose own match does not count; the upper byte of its command
    /// is the number of the table.
    #[must_use]
    pub fn of_flow_mod(flow_mod: &FlowMod, r#match: &NxmMatch, pad: &[u8; 6]) -> Self {
        let [table_id, command] = u16::from(flow_mod.command).to_be_bytes();
        let layout = message_layout(NiciraSubtype::FlowMod);
        let mut body = Record::empty(layout);
        for item in layout.items {
            body.push(match (item.key, item.shape) {
                (_, Shape::Match) => Some(Value::Match(r#match.clone())),
                (_, Shape::Actions) => Some(Value::Actions(flow_mod.actions.clone())),
                (_, Shape::Pad(_)) => Some(Value::Bytes(Bytes::from(&pad[..]))),
                ("cookie", _) => Some(Value::Number(flow_mod.cookie.0)),
                ("table_id", _) => Some(Value::Number(table_id.into())),
                ("command", _) => Some(Value::Number(command.into())),
                ("idle_timeout", _) => Some(Value::Number(flow_mod.idle_timeout.into())),
                ("hard_timeout", _) => Some(Value::Number(flow_mod.hard_timeout.into())),
                ("priority", _) => Some(Value::Number(flow_mod.priority.into())),
                ("buffer_id", _) => Some(Value::Number(flow_mod.buffer_id.0.into())),
                ("out_port", _) => Some(Value::Number(flow_mod.out_port.0.into())),
                ("flags", _) => Some(Value::Number(flow_mod.flags.bits().into())),
                // The length of the match, which says nothing of its own.
                _ => None,
            });
        }
        Self { subtype: NiciraSubtype::FlowMod, body }
    }

    /// The extended match of an NXT_FLOW_MOD and the padding in front of it.
    #[must_use]
    pub fn extended_match(&self) -> Option<(&NxmMatch, &[u8])> {
        let r#match = (self.subtype == NiciraSubtype::FlowMod).then(|| self.body.matched())??;
        Some((r#match, self.body.bytes("pad")))
    }
}
