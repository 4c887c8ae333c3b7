//! Entries, filters and changes of the flow table.

use super::{NetlinkObject, no_pad};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::netlink::message::Command;
use crate::netlink::object::{AttributeValue, Object};
use crate::netlink::schema::{self, NetlinkCommand};
use crate::of10::{BufferId, FlowMod, FlowModCommand, FlowModFlags, PortNo};
use crate::types::Hex;
use crate::vse::{Core, VseFlowMod, VseFlowStats, VseFlowStatsRequest};

use AttributeValue::{U8, U16, U32, U64};

impl NetlinkObject for VseFlowStats {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::FLOW)
            .with("table-id", U8(self.table_id))?
            .with("priority", U16(self.priority))?
            .with("cookie", U64(self.cookie.0))?
            .with_match(&self.r#match, &self.tlvs)?
            .with_actions(&self.actions)?
            .with("idle-timeout", U16(self.idle_timeout))?
            .with("hard-timeout", U16(self.hard_timeout))?
            .with("flags", U16(self.flags.bits()))?
            .with("core", U16(self.core.0))?
            .with("rxhash", U32(self.rxhash.0))?
            .with("reason", U8(self.reason.into()))?
            .with("packets", U64(self.packet_count))?
            .with("bytes", U64(self.byte_count))?
            .with("duration-sec", U32(self.duration_sec))?
            .with("duration-nsec", U32(self.duration_nsec))?
            .with("assigned", U64(self.assigned))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let (r#match, tlvs) = object.matched()?;
        Ok(Self {
            table_id: object.u8("table-id"),
            reason: object.u8("reason").into(),
            r#match,
            duration_sec: object.u32("duration-sec"),
            duration_nsec: object.u32("duration-nsec"),
            priority: object.u16("priority").unwrap_or(FlowMod::DEFAULT_PRIORITY),
            idle_timeout: object.u16("idle-timeout").unwrap_or(0),
            hard_timeout: object.u16("hard-timeout").unwrap_or(0),
            core: object.u16("core").map_or(Core::NONE, Core),
            rxhash: Hex(object.u32("rxhash")),
            flags: FlowModFlags::from_bits_retain(object.u16("flags").unwrap_or(0)),
            pad: no_pad(),
            cookie: Hex(object.u64("cookie")),
            packet_count: object.u64("packets"),
            byte_count: object.u64("bytes"),
            assigned: object.u64("assigned"),
            tlvs,
            actions: object.actions()?,
        })
    }
}

impl NetlinkObject for VseFlowStatsRequest {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::FLOW)
            .with("table-id", U8(self.table_id))?
            .with_match(&self.r#match, &self.tlvs)?
            .with("out-port", U16(self.out_port.0))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let (r#match, tlvs) = object.matched()?;
        let table_id = object.value("table-id").map_or(0xff, |_| object.u8("table-id"));
        Ok(Self {
            head_pad: no_pad(),
            r#match,
            table_id,
            pad: no_pad(),
            out_port: object.u16("out-port").map_or(PortNo::NONE, PortNo),
            pad2: no_pad(),
            tlvs,
        })
    }
}

/// The command of a change of the flow table. An error where its own command is not known.
pub fn command_of_change(change: &VseFlowMod) -> Result<Command, EncodeError> {
    let FlowMod { command, .. } = change.flow;
    let (name, strict) = match command {
        FlowModCommand::Add => (NetlinkCommand::FlowAdd, 0),
        FlowModCommand::Modify => (NetlinkCommand::FlowMod, 0),
        FlowModCommand::ModifyStrict => (NetlinkCommand::FlowMod, 1),
        FlowModCommand::Delete => (NetlinkCommand::FlowDel, 0),
        FlowModCommand::DeleteStrict => (NetlinkCommand::FlowDel, 1),
        FlowModCommand::Unknown(code) => {
            let expected = "a command that the netlink family has";
            return Err(EncodeError::Value { field: "command", found: code.into(), expected });
        }
    };
    let object = Object::new(&schema::FLOW)
        .with("priority", U16(change.flow.priority))?
        .with("cookie", U64(change.flow.cookie.0))?
        .with_match(&change.flow.r#match, &change.tlvs)?
        .with_actions(&change.flow.actions)?
        .with("idle-timeout", U16(change.flow.idle_timeout))?
        .with("hard-timeout", U16(change.flow.hard_timeout))?
        .with("flags", U16(change.flow.flags.bits()))?
        .with("out-port", U16(change.flow.out_port.0))?
        .with("strict", U8(strict))?;
    Ok(Command::new(name, object))
}

/// The change that a command asks for. An error where it is not one of flow-add, flow-mod and
/// flow-del.
pub fn change_of(command: &Command) -> Result<VseFlowMod, DecodeError> {
    let object = &command.object;
    let change = match (command.command, object.u8("strict")) {
        (NetlinkCommand::FlowAdd, _) => FlowModCommand::Add,
        (NetlinkCommand::FlowMod, 0) => FlowModCommand::Modify,
        (NetlinkCommand::FlowMod, _) => FlowModCommand::ModifyStrict,
        (NetlinkCommand::FlowDel, 0) => FlowModCommand::Delete,
        (NetlinkCommand::FlowDel, _) => FlowModCommand::DeleteStrict,
        (other, _) => {
            return Err(DecodeError {
                message: "netlink",
                field: "cmd".into(),
                offset: 0,
                kind: DecodeErrorKind::Value {
                    found: u8::from(other).into(),
                    expected: "flow-add, flow-mod or flow-del",
                },
            });
        }
    };
    let (r#match, tlvs) = object.matched()?;
    let flow = FlowMod {
        r#match,
        cookie: Hex(object.u64("cookie")),
        command: change,
        idle_timeout: object.u16("idle-timeout").unwrap_or(0),
        hard_timeout: object.u16("hard-timeout").unwrap_or(0),
        priority: object.u16("priority").unwrap_or(FlowMod::DEFAULT_PRIORITY),
        buffer_id: BufferId::NONE,
        out_port: object.u16("out-port").map_or(PortNo::NONE, PortNo),
        flags: FlowModFlags::from_bits_retain(object.u16("flags").unwrap_or(0)),
        actions: object.actions()?,
    };
    Ok(VseFlowMod { flow, pad: no_pad(), tlvs })
}
