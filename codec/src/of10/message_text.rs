//! A message as a line of text, from its value or right from its bytes.

use super::action::ActionsIn;
use super::check::is_plainly_sound;
use super::echo::Echo;
use super::flow_mod::FlowMod;
use super::flow_removed::FlowRemoved;
use super::header::{HEADER_LEN, Header, MessageType, VERSION};
use super::message::{Body, Message};
use super::packet_in::PacketIn;
use super::packet_out::PacketOut;
use super::stats::{StatsReply, StatsReplyBody, StatsRequest, StatsRequestBody};
use super::vendor::Vendor;
use crate::error::DecodeError;
use crate::types::{Hex, Line, Piece};
use crate::{display_as_put, put};

impl Body {
    /// The name that ovs-ofctl gives a message of Nicira's.
    fn nicira_name(&self) -> Option<String> {
        match self {
            Self::Vendor(Vendor::Nicira(message)) => Some(message.name()),
            Self::StatsRequest(StatsRequest { body: StatsRequestBody::Nicira(stats), .. }) => {
                Some(stats.name())
            }
            Self::StatsReply(StatsReply { body: StatsReplyBody::Nicira(stats), .. }) => {
                Some(stats.name())
            }
            _ => None,
        }
    }
}

display_as_put!(Message);

impl Piece for Message {
    /// One line, as ovs-ofctl writes it: `OFPT_FLOW_MOD (xid=0x7): ADD priority=5 …`.
    fn put(&self, out: &mut Line) {
        match self.body.nicira_name() {
            Some(name) => out.push_str(&name),
            None => put_type(self.body.r#type(), out),
        }
        if self.version != VERSION {
            put!(out, " (version=", self.version, ")");
        }
        put_xid(self.xid, out);
        match &self.body {
            Body::Hello(body) if body.data.is_empty() => {}
            Body::Vendor(Vendor::Nicira(body)) if body.body.layout().items.is_empty() => {}
            Body::StatsRequest(StatsRequest { body: StatsRequestBody::Nicira(body), .. })
                if body.to_string().is_empty() => {}
            Body::Hello(body) => put!(out, ": ", format_args!("{body}")),
            Body::Error(body) => put!(out, ": ", *body),
            Body::EchoRequest(body) | Body::EchoReply(body) => put!(out, ": ", *body),
            Body::Vendor(body) => put!(out, ": ", format_args!("{body}")),
            Body::FeaturesReply(body) => put!(out, ": ", format_args!("{body}")),
            Body::GetConfigReply(body) | Body::SetConfig(body) => {
                put!(out, ": ", format_args!("{body}"));
            }
            Body::PacketIn(body) => put!(out, ": ", *body),
            Body::FlowRemoved(body) => put!(out, ": ", *body),
            Body::PortStatus(body) => put!(out, ": ", *body),
            Body::PacketOut(body) => put!(out, ": ", *body),
            Body::FlowMod(body) => put!(out, ": ", *body),
            Body::PortMod(body) => put!(out, ": ", format_args!("{body}")),
            Body::StatsRequest(body) => put!(out, ": ", *body),
            Body::StatsReply(body) => put!(out, ": ", *body),
            Body::QueueGetConfigRequest(body) => put!(out, ": ", format_args!("{body}")),
            Body::QueueGetConfigReply(body) => put!(out, ": ", format_args!("{body}")),
            Body::FeaturesRequest
            | Body::GetConfigRequest
            | Body::BarrierRequest
            | Body::BarrierReply => {}
            Body::Unknown { data, .. } => put!(out, ": ", format_args!("{data}")),
        }
    }
}

/// Appends the name of a type as ovs-ofctl writes it.
fn put_type(r#type: MessageType, out: &mut Line) {
    out.push_str("OFPT_");
    r#type.put_upper(out);
}

fn put_xid(xid: u32, out: &mut Line) {
    put!(out, " (xid=", Hex(xid), ")");
}

impl Message {
    /// Appends the line about the message that `bytes` hold, the same as that of the
    /// [decoded](Self::decode) one. Of the messages that sessions are full of, no value is made for
    /// it.
    pub fn put_line(bytes: &[u8], out: &mut Line) -> Result<(), DecodeError> {
        let start = out.len();
        if is_plainly_sound(bytes) && put_sound(bytes, out).is_some() {
            return Ok(());
        }
        out.truncate(start);
        let (message, _) = Self::decode(bytes)?;
        message.put(out);
        Ok(())
    }
}

/// Appends the line about a message that is [plainly sound](is_plainly_sound), of some types.
fn put_sound(bytes: &[u8], out: &mut Line) -> Option<()> {
    let Header { r#type, xid, .. } = Header::parse(bytes).ok()?;
    let body = bytes.get(HEADER_LEN..)?;
    put_type(r#type, out);
    put_xid(xid, out);
    match r#type {
        MessageType::EchoRequest | MessageType::EchoReply => {
            out.push_str(": ");
            Echo::put_with(body.len(), out);
        }
        MessageType::FeaturesRequest
        | MessageType::GetConfigRequest
        | MessageType::BarrierRequest
        | MessageType::BarrierReply => {}
        MessageType::PacketIn => {
            let (data, packet) = PacketIn::read_fixed(body).ok()?;
            out.push_str(": ");
            packet.put_with(data.len(), out);
        }
        MessageType::FlowRemoved => {
            let (_, removed) = FlowRemoved::read(body).ok()?;
            put!(out, ": ", removed);
        }
        MessageType::PacketOut => {
            let (data, (packet, actions)) = PacketOut::read_fixed(body).ok()?;
            out.push_str(": ");
            packet.put_with(&ActionsIn(actions), data.len(), out);
        }
        MessageType::FlowMod => {
            let (actions, flow) = FlowMod::read_fixed(body).ok()?;
            out.push_str(": ");
            flow.put_with(&flow.r#match, &ActionsIn(actions), out);
        }
        _ => return None,
    }
    Some(())
}
