//! FLOW_MOD, controller to switch: OpenFlow 1.0.0 section 5.3.3, `struct ofp_flow_mod`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 40 | match |
//! | 48 | 8 | cookie |
//! | 56 | 2 | command |
//! | 58 | 2 | idle_timeout |
//! | 60 | 2 | hard_timeout |
//! | 62 | 2 | priority |
//! | 64 | 4 | buffer_id |
//! | 68 | 2 | out_port |
//! | 70 | 2 | flags |
//! | 72 | any | actions |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::action::{Action, actions_len, encode_actions, read_actions};
use super::buffer_id::BufferId;
use super::flow_match::{MATCH_LEN, Match};
use super::port_no::PortNo;
use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::types::{Hex, Line, Piece, flags};
use crate::wire::{Parsed, Put, u16, u32, u64, whole};
use crate::{display_as_put, put};

/// Bytes of the body before the actions.
const FIXED_LEN: usize = MATCH_LEN + 24;

code_points! {
    /// OpenFlow 1.0.0 section 5.3.3, `enum ofp_flow_mod_command`.
    pub enum FlowModCommand: u16 {
        /// A new entry.
        Add = 0 "add",
        /// Every entry that the match covers.
        Modify = 1 "modify",
        /// The entry with this very match and priority.
        ModifyStrict = 2 "modify_strict",
        /// Every entry that the match covers.
        Delete = 3 "delete",
        /// The entry with this very match and priority.
        DeleteStrict = 4 "delete_strict",
    }
}

bitflags::bitflags! {
    /// OpenFlow 1.0.0 section 5.3.3, `enum ofp_flow_mod_flags`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FlowModFlags: u16 {
        /// Send FLOW_REMOVED when the entry expires or is deleted.
        const SEND_FLOW_REM = 1 << 0;
        /// Refuse the entry if one of the same priority overlaps it.
        const CHECK_OVERLAP = 1 << 1;
        /// An entry for the time without a controller.
        const EMERG = 1 << 2;

        const _ = !0;
    }
}

/// A change of the flow table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowMod {
    /// The frames that the entry is for.
    pub r#match: Match,
    /// The controller's own mark on the entry.
    pub cookie: Hex<u64>,
    /// What to do.
    pub command: FlowModCommand,
    /// Seconds without a frame after which the entry goes; 0 for never.
    pub idle_timeout: u16,
    /// Seconds after which the entry goes; 0 for never.
    pub hard_timeout: u16,
    /// Higher wins; without meaning where nothing is wildcarded.
    pub priority: u16,
    /// A buffered frame to apply the entry to.
    pub buffer_id: BufferId,
    /// For deletions: entries that send out of this port alone; [`PortNo::NONE`] for all.
    pub out_port: PortNo,
    /// How to add.
    #[serde(with = "flags")]
    pub flags: FlowModFlags,
    /// What is done with the frames, in order; nothing drops them.
    pub actions: Vec<Action>,
}

impl FlowMod {
    /// The priority of an entry whose text names none (`OFP_DEFAULT_PRIORITY`).
    pub const DEFAULT_PRIORITY: u16 = 0x8000;

    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("flow_mod", body, body, Limit::Input, Self::read)
    }

    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, mut read) = Self::read_fixed(input)?;
        let (rest, actions) = read_actions(rest)?;
        read.actions = actions;
        Ok((rest, read))
    }

    /// Reads all fields but the actions.
    pub(crate) fn read_fixed(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, r#match) = Match::read(input)?;
        let (rest, (cookie, command, idle_timeout, hard_timeout, priority)) = (
            u64("cookie").map(Hex),
            u16("command").map(FlowModCommand::from),
            u16("idle_timeout"),
            u16("hard_timeout"),
            u16("priority"),
        )
            .parse(rest)?;
        let (rest, (buffer_id, out_port, flags)) = (
            u32("buffer_id").map(BufferId),
            u16("out_port").map(PortNo),
            u16("flags").map(FlowModFlags::from_bits_retain),
        )
            .parse(rest)?;
        let read = Self {
            r#match,
            cookie,
            command,
            idle_timeout,
            hard_timeout,
            priority,
            buffer_id,
            out_port,
            flags,
            actions: Vec::new(),
        };
        Ok((rest, read))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + actions_len(&self.actions)
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode_fixed(out);
        encode_actions(&self.actions, out)
    }

    /// Appends all fields but the actions.
    pub(crate) fn encode_fixed(&self, out: &mut Vec<u8>) {
        self.r#match.encode(out);
        out.put_u64(self.cookie.0);
        out.put_u16(self.command.into());
        out.put_u16(self.idle_timeout);
        out.put_u16(self.hard_timeout);
        out.put_u16(self.priority);
        out.put_u32(self.buffer_id.0);
        out.put_u16(self.out_port.0);
        out.put_u16(self.flags.bits());
    }
}

display_as_put!(FlowMod);

impl Piece for FlowMod {
    /// The command, then the entry as ovs-ofctl writes it:
    /// `ADD priority=5,ip,nw_dst=10.0.0.1 cookie:0x2a idle:10 actions=output:2`.
    fn put(&self, out: &mut Line) {
        self.put_with(&self.r#match, &self.actions.as_slice(), out);
    }
}

impl FlowMod {
    /// The command and the number of the table that Nicira's extension FLOW_MOD_TABLE_ID has in
    /// the command's upper byte.
    fn command_and_table(&self) -> (FlowModCommand, u8) {
        let [table, command] = u16::from(self.command).to_be_bytes();
        match FlowModCommand::from(u16::from(command)) {
            FlowModCommand::Unknown(_) => (self.command, 0),
            known => (known, table),
        }
    }

    /// Appends the line of an entry with these words for its match and its actions.
    pub(crate) fn put_with(&self, matched: &impl Piece, actions: &impl Piece, out: &mut Line) {
        let (command, table) = self.command_and_table();
        command.put_upper(out);
        out.push_str(" ");
        if table != 0 {
            put!(out, "table:", table, " ");
        }
        let words = out.len();
        if self.priority == Self::DEFAULT_PRIORITY {
            matched.put(out);
        } else {
            put!(out, "priority=", self.priority);
            out.push_behind(",", matched);
        }
        if out.len() > words {
            out.push_str(" ");
        }
        if self.cookie.0 != 0 {
            put!(out, "cookie:", self.cookie, " ");
        }
        if self.idle_timeout != 0 {
            put!(out, "idle:", self.idle_timeout, " ");
        }
        if self.hard_timeout != 0 {
            put!(out, "hard:", self.hard_timeout, " ");
        }
        if self.buffer_id != BufferId::NONE {
            put!(out, "buf:", self.buffer_id, " ");
        }
        if self.out_port != PortNo::NONE {
            put!(out, "out_port:", self.out_port, " ");
        }
        if !self.flags.is_empty() {
            put!(out, flags::Words(&self.flags), " ");
        }
        put!(out, "actions=");
        actions.put(out);
    }
}
