//! GET_CONFIG_REPLY, switch to controller, and SET_CONFIG, controller to switch: OpenFlow 1.0.0
//! section 5.3.2, `struct ofp_switch_config`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 2 | flags |
//! | 10 | 2 | miss_send_len |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::code_points::code_points;
use crate::error::{DecodeError, EncodeError, Limit};
use crate::wire::{Parsed, Put, u16, whole};

code_points! {
    /// What happens to IP fragments: OpenFlow 1.0.0 section 5.3.2, `enum ofp_config_flags`. The
    /// flags field holds this number and nothing else.
    pub enum FragmentHandling: u16 {
        /// Nothing special.
        Normal = 0 "normal",
        /// They are dropped.
        Drop = 1 "drop",
        /// They are put together.
        Reassemble = 2 "reassemble",
        /// Both bits of the mask.
        Mask = 3 "mask",
    }
}

/// How the switch works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchConfig {
    /// What happens to IP fragments.
    pub flags: FragmentHandling,
    /// Bytes of a frame without an entry that go to the controller.
    pub miss_send_len: u16,
}

impl SwitchConfig {
    /// Reads the body: what follows the header. Offsets in the error count from there.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        whole("switch_config", body, body, Limit::Input, Self::read)
    }

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (u16("flags").map(FragmentHandling::from), u16("miss_send_len"))
            .map(|(flags, miss_send_len)| Self { flags, miss_send_len })
            .parse(input)
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        4
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.put_u16(self.flags.into());
        out.put_u16(self.miss_send_len);
        Ok(())
    }
}

impl fmt::Display for SwitchConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frags={} miss_send_len={}", self.flags, self.miss_send_len)
    }
}
