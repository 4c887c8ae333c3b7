//! CORE_MOD, controller to VSE: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 2 | command |
//! | 18 | 2 | core |
//! | 20 | 2 | vm_id: 0 where the command is about no VM |
//! | 22 | 2 | pad |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::CoreCommand;
use super::ids::Core;
use crate::types::Pad;
use crate::wire::{Parsed, Put, array, u16};

/// A change of the core table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreMod {
    /// What to do.
    pub command: CoreCommand,
    /// The core.
    pub core: Core,
    /// The VM, for bind and unbind.
    pub vm_id: u16,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<2>,
}

impl CoreMod {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 8;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u16("command").map(CoreCommand::from),
            u16("core").map(Core),
            u16("vm_id"),
            array("pad").map(Pad),
        )
            .map(|(command, core, vm_id, pad)| Self { command, core, vm_id, pad })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.command.into());
        out.put_u16(self.core.0);
        out.put_u16(self.vm_id);
        out.put(&self.pad.0);
    }
}

impl fmt::Display for CoreMod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} core={}", self.command, self.core)?;
        match self.vm_id {
            0 => Ok(()),
            vm_id => write!(f, " vm_id={vm_id}"),
        }
    }
}
