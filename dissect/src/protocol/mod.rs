//! One dissector per protocol, each with its fields.

pub(crate) mod ethernet;
pub(crate) mod ipv4;
pub(crate) mod openflow;
pub(crate) mod tcp;
pub(crate) mod vlan;
pub(crate) mod vse_frame;

use crate::registry::Protocol;

/// Every protocol that is dissected.
pub const PROTOCOLS: &[&Protocol] = &[
    &ethernet::PROTOCOL,
    &vlan::PROTOCOL,
    &ipv4::PROTOCOL,
    &tcp::PROTOCOL,
    &openflow::PROTOCOL,
    &vse_frame::PROTOCOL,
];
