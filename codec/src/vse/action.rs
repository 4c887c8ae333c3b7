//! Actions of VSE: OFPAT_VENDOR, 16 bytes each, vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 2 | type: 0xffff |
//! | 2 | 2 | len: 16 |
//! | 4 | 4 | vendor: that of VSE |
//! | 8 | 2 | subtype |
//! | 10 | 6 | by subtype |
//!
//! | offset | size | field of SET_FCF |
//! | --- | --- | --- |
//! | 10 | 2 | vm_id |
//! | 12 | 1 | priority: 0 or 1 |
//! | 13 | 1 | carrier |
//! | 14 | 2 | pad |
//!
//! | offset | size | field of SET_IRQ_CORE |
//! | --- | --- | --- |
//! | 10 | 2 | core: 0xffff where VSE chooses |
//! | 12 | 4 | rxhash: 0 in requests, what VSE wrote in dumps |

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::{Carrier, VseActionType};
use super::ids::Core;
use crate::error::Expected;
use crate::types::{Bytes, Hex, Line, Pad, Piece};
use crate::wire::{Fault, Parsed, Put, array, rest, u8, u16, u32};
use crate::{display_as_put, put};

/// Bytes behind the vendor id.
const BODY_LEN: usize = 8;

/// An action of VSE.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "subtype", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are described at the head of the file")]
pub enum VseAction {
    /// Write the Flow Control Field into the frame.
    SetFcf {
        vm_id: u16,
        priority: u8,
        carrier: Carrier,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<2>,
    },
    /// Run the receive path on this core; [`Core::NONE`] lets VSE choose by the core table.
    SetIrqCore {
        core: Core,
        #[serde(default, skip_serializing_if = "is_zero")]
        rxhash: Hex<u32>,
    },
    /// A subtype that is not known; `body` is what follows it.
    Unknown { code: u16, body: Bytes },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(rxhash: &Hex<u32>) -> bool {
    rxhash.0 == 0
}

impl VseAction {
    /// The code point of the action.
    #[must_use]
    pub fn subtype(&self) -> VseActionType {
        match self {
            Self::SetFcf { .. } => VseActionType::SetFcf,
            Self::SetIrqCore { .. } => VseActionType::SetIrqCore,
            Self::Unknown { code, .. } => VseActionType::Unknown(*code),
        }
    }

    /// Reads what follows the vendor id.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (left, subtype) = u16("subtype").map(VseActionType::from).parse(input)?;
        if subtype.name().is_some() && input.len() != BODY_LEN {
            let (found, expected) = (input.len() + BODY_LEN, Expected::Exactly(2 * BODY_LEN));
            return Err(Fault::length(input, "len", found, expected));
        }
        match subtype {
            VseActionType::SetFcf => (
                u16("vm_id"),
                u8("priority"),
                u8("carrier").map(Carrier::from),
                array("pad").map(Pad),
            )
                .map(|(vm_id, priority, carrier, pad)| Self::SetFcf {
                    vm_id,
                    priority,
                    carrier,
                    pad,
                })
                .parse(left),
            VseActionType::SetIrqCore => (u16("core").map(Core), u32("rxhash").map(Hex))
                .map(|(core, rxhash)| Self::SetIrqCore { core, rxhash })
                .parse(left),
            VseActionType::Unknown(code) => {
                rest.map(|body: &[u8]| Self::Unknown { code, body: body.into() }).parse(left)
            }
        }
    }

    /// Bytes behind the vendor id.
    pub(crate) fn encoded_len(&self) -> usize {
        match self {
            Self::SetFcf { .. } | Self::SetIrqCore { .. } => BODY_LEN,
            Self::Unknown { body, .. } => 2 + body.len(),
        }
    }

    /// Appends what follows the vendor id.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.subtype().into());
        match self {
            Self::SetFcf { vm_id, priority, carrier, pad } => {
                out.put_u16(*vm_id);
                out.put_u8(*priority);
                out.put_u8((*carrier).into());
                out.put(&pad.0);
            }
            Self::SetIrqCore { core, rxhash } => {
                out.put_u16(core.0);
                out.put_u32(rxhash.0);
            }
            Self::Unknown { body, .. } => out.put(body),
        }
    }
}

display_as_put!(VseAction);

impl Piece for VseAction {
    fn put(&self, out: &mut Line) {
        match self {
            Self::SetFcf { vm_id, priority, carrier, .. } => {
                put!(out, "set_fcf(vm_id=", *vm_id, ",priority=", *priority);
                put!(out, ",carrier=", *carrier, ")");
            }
            Self::SetIrqCore { core, rxhash } => {
                match *core {
                    Core::NONE => out.push_str("set_irq_core:auto"),
                    Core(core) => put!(out, "set_irq_core:", core),
                }
                if rxhash.0 != 0 {
                    put!(out, ",rxhash:", *rxhash);
                }
            }
            Self::Unknown { code, body } => put!(out, format_args!("vse({code},{body})")),
        }
    }
}
