//! What is done with a frame: OpenFlow 1.0.0 section 5.2.4, `struct ofp_action_header` and those
//! built on it.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 2 | type |
//! | 2 | 2 | len: of the action, these four bytes included; a multiple of 8 |
//! | 4 | len - 4 | by type |

use std::borrow::Borrow;
use std::fmt;
use std::net::Ipv4Addr;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::port_no::PortNo;
use crate::code_points::code_points;
use crate::error::{EncodeError, Expected, Limit};
use crate::nicira::{self, NiciraAction};
use crate::types::{Bytes, Hex, Line, MacAddr, Pad, Piece};
use crate::vse::{VENDOR_ID, VseAction};
use crate::wire::{Fault, Parsed, Put, array, bytes, length16, list, rest, u8, u16, u32, within};
use crate::{display_as_put, put};

/// Every action is a multiple of this many bytes (`OFP_ACTION_ALIGN`, by the text of 5.2.4).
const ALIGN: usize = 8;
/// Bytes of type and len.
const HEADER_LEN: usize = 4;

code_points! {
    /// OpenFlow 1.0.0 section 5.2.4, `enum ofp_action_type`.
    pub enum ActionType: u16 {
        /// Send out of a port.
        Output = 0 "output",
        /// Set the VLAN id.
        SetVlanVid = 1 "set_vlan_vid",
        /// Set the VLAN priority.
        SetVlanPcp = 2 "set_vlan_pcp",
        /// Take the VLAN tag away.
        StripVlan = 3 "strip_vlan",
        /// Set the Ethernet source.
        SetDlSrc = 4 "set_dl_src",
        /// Set the Ethernet destination.
        SetDlDst = 5 "set_dl_dst",
        /// Set the IPv4 source.
        SetNwSrc = 6 "set_nw_src",
        /// Set the IPv4 destination.
        SetNwDst = 7 "set_nw_dst",
        /// Set the IPv4 type of service.
        SetNwTos = 8 "set_nw_tos",
        /// Set the TCP or UDP source port.
        SetTpSrc = 9 "set_tp_src",
        /// Set the TCP or UDP destination port.
        SetTpDst = 10 "set_tp_dst",
        /// Send out of a port through a queue.
        Enqueue = 11 "enqueue",
        /// An extension.
        Vendor = 0xffff "vendor",
    }
}

/// One action. Padding is kept; see [`Pad`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the specification's, one meaning each")]
pub enum Action {
    /// Send the frame out of `port`; `max_len` bytes of it where the port is the controller.
    Output { port: PortNo, max_len: u16 },
    /// Set the VLAN id, adding a tag where there is none.
    SetVlanVid {
        vlan_vid: u16,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<2>,
    },
    /// Set the VLAN priority, 0 to 7, adding a tag where there is none.
    SetVlanPcp {
        vlan_pcp: u8,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<3>,
    },
    /// Take the VLAN tag away.
    StripVlan {
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<4>,
    },
    /// Set the Ethernet source.
    SetDlSrc {
        dl_addr: MacAddr,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<6>,
    },
    /// Set the Ethernet destination.
    SetDlDst {
        dl_addr: MacAddr,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<6>,
    },
    /// Set the IPv4 source.
    SetNwSrc { nw_addr: Ipv4Addr },
    /// Set the IPv4 destination.
    SetNwDst { nw_addr: Ipv4Addr },
    /// Set the IPv4 type of service; the low two bits must be zero.
    SetNwTos {
        nw_tos: u8,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<3>,
    },
    /// Set the TCP or UDP source port.
    SetTpSrc {
        tp_port: u16,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<2>,
    },
    /// Set the TCP or UDP destination port.
    SetTpDst {
        tp_port: u16,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<2>,
    },
    /// Send the frame out of `port` through its queue `queue_id`.
    Enqueue {
        port: PortNo,
        #[serde(default, skip_serializing_if = "Pad::is_zero")]
        pad: Pad<6>,
        queue_id: u32,
    },
    /// An action of VSE.
    Vse(VseAction),
    /// An action of Nicira.
    Nicira(NiciraAction),
    /// An extension that is not known here; `body` is what follows the vendor id.
    Vendor { vendor: Hex<u32>, body: Bytes },
    /// A type that is not known here; `body` is what follows type and len.
    Unknown { code: u16, body: Bytes },
}

impl Action {
    /// The code point of the action.
    #[must_use]
    pub fn r#type(&self) -> ActionType {
        match self {
            Self::Output { .. } => ActionType::Output,
            Self::SetVlanVid { .. } => ActionType::SetVlanVid,
            Self::SetVlanPcp { .. } => ActionType::SetVlanPcp,
            Self::StripVlan { .. } => ActionType::StripVlan,
            Self::SetDlSrc { .. } => ActionType::SetDlSrc,
            Self::SetDlDst { .. } => ActionType::SetDlDst,
            Self::SetNwSrc { .. } => ActionType::SetNwSrc,
            Self::SetNwDst { .. } => ActionType::SetNwDst,
            Self::SetNwTos { .. } => ActionType::SetNwTos,
            Self::SetTpSrc { .. } => ActionType::SetTpSrc,
            Self::SetTpDst { .. } => ActionType::SetTpDst,
            Self::Enqueue { .. } => ActionType::Enqueue,
            Self::Vse(_) | Self::Nicira(_) | Self::Vendor { .. } => ActionType::Vendor,
            Self::Unknown { code, .. } => ActionType::Unknown(*code),
        }
    }

    /// Reads one action of any type.
    pub(crate) fn read(input: &[u8]) -> Parsed<'_, Self> {
        Self::read_at(input, 0)
    }

    /// Reads one action that stands in `depth` others.
    fn read_at(input: &[u8], depth: usize) -> Parsed<'_, Self> {
        let (after, (code, len)) = (u16("type"), u16("len")).parse(input)?;
        let at_len = input.get(2..).unwrap_or_default();
        let len = usize::from(len);
        if len < ALIGN {
            return Err(Fault::length(at_len, "len", len, Expected::AtLeast(ALIGN)));
        }
        if !len.is_multiple_of(ALIGN) {
            return Err(Fault::length(at_len, "len", len, Expected::MultipleOf(ALIGN)));
        }
        let (after, body) = bytes("body", len - HEADER_LEN).parse(after)?;
        let r#type = ActionType::from(code);
        if let Some(exact) = fixed_len(r#type).filter(|exact| *exact != len) {
            return Err(Fault::length(at_len, "len", len, Expected::Exactly(exact)));
        }
        let action =
            within(body, Limit::Field("action len", len), |body| read_body(r#type, body, depth))?;
        Ok((after, action))
    }

    /// Bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        match self {
            Self::Vse(action) => HEADER_LEN + 4 + action.encoded_len(),
            Self::Nicira(action) => HEADER_LEN + 4 + action.encoded_len(),
            Self::Vendor { body, .. } => HEADER_LEN + 4 + body.len(),
            Self::Unknown { body, .. } => HEADER_LEN + body.len(),
            known => fixed_len(known.r#type()).unwrap_or(ALIGN),
        }
    }

    /// Appends the action. An error where an unknown body has no valid length.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let len = self.encoded_len();
        if !len.is_multiple_of(ALIGN) {
            return Err(EncodeError::Unaligned { what: "action", len, unit: ALIGN });
        }
        out.put_u16(self.r#type().into());
        out.put_u16(length16("action", len)?);
        match self {
            Self::Output { port, max_len } => {
                out.put_u16(port.0);
                out.put_u16(*max_len);
            }
            Self::SetVlanVid { vlan_vid, pad } => {
                out.put_u16(*vlan_vid);
                out.put(&pad.0);
            }
            Self::SetVlanPcp { vlan_pcp, pad } => {
                out.put_u8(*vlan_pcp);
                out.put(&pad.0);
            }
            Self::StripVlan { pad } => out.put(&pad.0),
            Self::SetDlSrc { dl_addr, pad } | Self::SetDlDst { dl_addr, pad } => {
                out.put(&dl_addr.0);
                out.put(&pad.0);
            }
            Self::SetNwSrc { nw_addr } | Self::SetNwDst { nw_addr } => out.put(&nw_addr.octets()),
            Self::SetNwTos { nw_tos, pad } => {
                out.put_u8(*nw_tos);
                out.put(&pad.0);
            }
            Self::SetTpSrc { tp_port, pad } | Self::SetTpDst { tp_port, pad } => {
                out.put_u16(*tp_port);
                out.put(&pad.0);
            }
            Self::Enqueue { port, pad, queue_id } => {
                out.put_u16(port.0);
                out.put(&pad.0);
                out.put_u32(*queue_id);
            }
            Self::Vse(action) => {
                out.put_u32(VENDOR_ID);
                action.encode(out);
            }
            Self::Nicira(action) => {
                out.put_u32(nicira::VENDOR_ID);
                action.encode(out)?;
            }
            Self::Vendor { vendor, body } => {
                out.put_u32(vendor.0);
                out.put(body);
            }
            Self::Unknown { body, .. } => out.put(body),
        }
        Ok(())
    }
}

/// Bytes of a whole action whose type has one size.
fn fixed_len(r#type: ActionType) -> Option<usize> {
    match r#type {
        ActionType::SetDlSrc | ActionType::SetDlDst | ActionType::Enqueue => Some(16),
        ActionType::Vendor | ActionType::Unknown(_) => None,
        _ => Some(8),
    }
}

fn read_body(r#type: ActionType, input: &[u8], depth: usize) -> Parsed<'_, Action> {
    match r#type {
        ActionType::Output => (u16("port").map(PortNo), u16("max_len"))
            .map(|(port, max_len)| Action::Output { port, max_len })
            .parse(input),
        ActionType::SetVlanVid => (u16("vlan_vid"), pad())
            .map(|(vlan_vid, pad)| Action::SetVlanVid { vlan_vid, pad })
            .parse(input),
        ActionType::SetVlanPcp => (u8("vlan_pcp"), pad())
            .map(|(vlan_pcp, pad)| Action::SetVlanPcp { vlan_pcp, pad })
            .parse(input),
        ActionType::StripVlan => pad().map(|pad| Action::StripVlan { pad }).parse(input),
        ActionType::SetDlSrc => (array("dl_addr").map(MacAddr), pad())
            .map(|(dl_addr, pad)| Action::SetDlSrc { dl_addr, pad })
            .parse(input),
        ActionType::SetDlDst => (array("dl_addr").map(MacAddr), pad())
            .map(|(dl_addr, pad)| Action::SetDlDst { dl_addr, pad })
            .parse(input),
        ActionType::SetNwSrc => nw_addr().map(|nw_addr| Action::SetNwSrc { nw_addr }).parse(input),
        ActionType::SetNwDst => nw_addr().map(|nw_addr| Action::SetNwDst { nw_addr }).parse(input),
        ActionType::SetNwTos => {
            (u8("nw_tos"), pad()).map(|(nw_tos, pad)| Action::SetNwTos { nw_tos, pad }).parse(input)
        }
        ActionType::SetTpSrc => (u16("tp_port"), pad())
            .map(|(tp_port, pad)| Action::SetTpSrc { tp_port, pad })
            .parse(input),
        ActionType::SetTpDst => (u16("tp_port"), pad())
            .map(|(tp_port, pad)| Action::SetTpDst { tp_port, pad })
            .parse(input),
        ActionType::Enqueue => (u16("port").map(PortNo), pad(), u32("queue_id"))
            .map(|(port, pad, queue_id)| Action::Enqueue { port, pad, queue_id })
            .parse(input),
        ActionType::Vendor => {
            let (left, vendor) = u32("vendor").parse(input)?;
            if vendor == VENDOR_ID {
                return VseAction::read.map(Action::Vse).parse(left);
            }
            if vendor == nicira::VENDOR_ID && depth < NiciraAction::MAX_DEPTH {
                let (left, action) = NiciraAction::read(left, depth)?;
                return Ok((left, Action::Nicira(action)));
            }
            rest.map(|body: &[u8]| Action::Vendor { vendor: Hex(vendor), body: body.into() })
                .parse(left)
        }
        ActionType::Unknown(code) => {
            rest.map(|body: &[u8]| Action::Unknown { code, body: body.into() }).parse(input)
        }
    }
}

fn pad<'a, const N: usize>() -> impl Parser<&'a [u8], Output = Pad<N>, Error = Fault<'a>> {
    array("pad").map(Pad)
}

fn nw_addr<'a>() -> impl Parser<&'a [u8], Output = Ipv4Addr, Error = Fault<'a>> {
    array::<4>("nw_addr").map(Ipv4Addr::from)
}

/// Reads actions up to the end of `input`.
pub(crate) fn read_actions(input: &[u8]) -> Parsed<'_, Vec<Action>> {
    read_actions_at(input, 0)
}

/// Reads actions that stand in `depth` others, up to the end of `input`.
pub(crate) fn read_actions_at(input: &[u8], depth: usize) -> Parsed<'_, Vec<Action>> {
    list("actions", |input| Action::read_at(input, depth)).parse(input)
}

/// Bytes of a list of actions.
pub(crate) fn actions_len(actions: &[Action]) -> usize {
    actions.iter().map(Action::encoded_len).sum()
}

/// Appends a list of actions.
pub(crate) fn encode_actions(actions: &[Action], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    actions.iter().try_for_each(|action| action.encode(out))
}

/// Writes a list of actions as ovs-ofctl does.
pub(crate) fn write_actions(f: &mut fmt::Formatter<'_>, actions: &[Action]) -> fmt::Result {
    Line::show(f, |out| put!(out, actions))
}

impl Piece for &[Action] {
    fn put(&self, out: &mut Line) {
        put_actions(self.iter(), out);
    }
}

/// The actions that some bytes hold, up to the first that is not sound.
pub(super) struct ActionsIn<'a>(pub(super) &'a [u8]);

impl Piece for ActionsIn<'_> {
    fn put(&self, out: &mut Line) {
        let mut left = self.0;
        let next = || {
            let (rest, action) = Action::read(left).ok()?;
            left = rest;
            Some(action)
        };
        put_actions(std::iter::from_fn(next), out);
    }
}

/// Appends actions as ovs-ofctl writes them: `drop` for none.
fn put_actions(mut actions: impl Iterator<Item: Borrow<Action>>, out: &mut Line) {
    let Some(first) = actions.next() else { return out.push_str("drop") };
    first.borrow().put(out);
    for action in actions {
        out.push_str(",");
        action.borrow().put(out);
    }
}

display_as_put!(Action);

impl Piece for Action {
    /// As ovs-ofctl writes it.
    fn put(&self, out: &mut Line) {
        match self {
            Self::Output { port: port @ PortNo::CONTROLLER, max_len } => {
                put!(out, *port, ":", *max_len);
            }
            Self::Output { port, .. } if port.name().is_some() => put!(out, *port),
            Self::Output { port, .. } => put!(out, "output:", *port),
            Self::SetVlanVid { vlan_vid, .. } => put!(out, "mod_vlan_vid:", *vlan_vid),
            Self::SetVlanPcp { vlan_pcp, .. } => put!(out, "mod_vlan_pcp:", *vlan_pcp),
            Self::StripVlan { .. } => out.push_str("strip_vlan"),
            Self::SetDlSrc { dl_addr, .. } => put!(out, "mod_dl_src:", *dl_addr),
            Self::SetDlDst { dl_addr, .. } => put!(out, "mod_dl_dst:", *dl_addr),
            Self::SetNwSrc { nw_addr } => put!(out, "mod_nw_src:", *nw_addr),
            Self::SetNwDst { nw_addr } => put!(out, "mod_nw_dst:", *nw_addr),
            Self::SetNwTos { nw_tos, .. } => put!(out, "mod_nw_tos:", *nw_tos),
            Self::SetTpSrc { tp_port, .. } => put!(out, "mod_tp_src:", *tp_port),
            Self::SetTpDst { tp_port, .. } => put!(out, "mod_tp_dst:", *tp_port),
            Self::Enqueue { port, queue_id, .. } => put!(out, "enqueue:", *port, ":", *queue_id),
            Self::Vse(action) => action.put(out),
            Self::Nicira(action) => put!(out, format_args!("{action}")),
            Self::Vendor { vendor, body } => put!(out, format_args!("vendor({vendor},{body})")),
            Self::Unknown { code, body } => put!(out, format_args!("unknown({code},{body})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden() {
        let cases: &[(&[u8], Action)] = &[
            (b"\0\0\0\x08\0\x02\0\0", Action::Output { port: PortNo(2), max_len: 0 }),
            (
                b"\0\x04\0\x10\x02\0\0\0\0\x01\0\0\0\0\0\0",
                Action::SetDlSrc { dl_addr: MacAddr([2, 0, 0, 0, 0, 1]), pad: Pad::default() },
            ),
            (
                b"\0\x0b\0\x10\0\x01\0\0\0\0\0\x09\0\0\0\x02",
                Action::Enqueue { port: PortNo(1), pad: Pad([0, 0, 0, 0, 0, 9]), queue_id: 2 },
            ),
            (
                b"\xff\xff\0\x08\0\0\x23\x21",
                Action::Vendor { vendor: Hex(0x2321), body: Bytes::default() },
            ),
            (b"\0\x63\0\x08abcd", Action::Unknown { code: 99, body: Bytes::from(&b"abcd"[..]) }),
        ];
        for (wire, action) in cases {
            assert_eq!(Action::read(wire), Ok((&[][..], action.clone())));
            let mut out = vec![0xa5];
            action.encode(&mut out).unwrap();
            assert_eq!(&out[1..], *wire);
            assert_eq!(action.encoded_len(), wire.len());
            let json = serde_json::to_string(action).unwrap();
            assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), *action, "{json}");
        }
    }

    #[test]
    fn lengths_that_no_action_has() {
        for (wire, text) in [
            (&b"\0\0\0\0\0\0\0\0"[..], "must be at least 8"),
            (b"\0\0\0\x0c\0\0\0\0\0\0\0\0", "must be a multiple of 8"),
            (b"\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0", "must be 8"),
            (b"\0\0\0\x10\0\0\0\0", "need 12 bytes, 4 left (end of input)"),
        ] {
            let error =
                crate::wire::whole("test", wire, wire, Limit::Input, read_actions).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.field.starts_with("actions[0]."), "{error}");
        }
    }
}
