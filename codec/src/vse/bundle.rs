//! BUNDLE, controller to VSE: changes that are done together or not at all. vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 2 | command |
//! | 18 | 6 | pad |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::BundleCommand;
use crate::types::Pad;
use crate::wire::{Parsed, Put, array, u16};

/// The begin or the end of a bundle of FLOW_MODs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// What to do.
    pub command: BundleCommand,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
}

impl Bundle {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 8;

    /// The message that does `command`.
    #[must_use]
    pub fn new(command: BundleCommand) -> Self {
        Self { command, pad: Pad::default() }
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("command").map(BundleCommand::from), array("pad").map(Pad))
            .map(|(command, pad)| Self { command, pad })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.command.into());
        out.put(&self.pad.0);
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.command.fmt(f)
    }
}
