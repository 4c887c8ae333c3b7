//! VM_INFO, switch to controller beside the PORT_STATUS of a VM's port, and controller to VSE:
//! vse-protocol(7); section III.C of the paper.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 16 | 1 | event |
//! | 17 | 1 | pad |
//! | 18 | 2 | port_no |
//! | 20 | 2 | vm_id |
//! | 22 | 2 | core |
//! | 24 | 4 | tenant_id |
//! | 28 | 6 | hw_addr |
//! | 34 | 2 | pad2 |
//! | 36 | 4 | pid: 0 for none |
//! | 40 | 32 | name |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use super::code::VmEvent;
use super::ids::Core;
use crate::of10::PortNo;
use crate::types::{FixedStr, MacAddr, Pad};
use crate::wire::{Parsed, Put, array, u8, u16, u32};

/// A VM came, went or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmInfo {
    /// What happened.
    pub event: VmEvent,
    /// Padding at offset 17.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// The port that it is behind.
    pub port_no: PortNo,
    /// Its number in the Flow Control Field; 0 for none.
    pub vm_id: u16,
    /// The core that it runs on.
    pub core: Core,
    /// Whose it is.
    pub tenant_id: u32,
    /// Its Ethernet address.
    pub hw_addr: MacAddr,
    /// Padding at offset 34.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad2: Pad<2>,
    /// The process whose threads are to be followed; 0 for none.
    #[serde(default)]
    pub pid: u32,
    /// Its name, for people.
    pub name: FixedStr<32>,
}

impl VmInfo {
    /// Bytes behind the subtype.
    pub(super) const LEN: usize = 56;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            u8("event").map(VmEvent::from),
            array("pad").map(Pad),
            u16("port_no").map(PortNo),
            u16("vm_id"),
            u16("core").map(Core),
            u32("tenant_id"),
            array("hw_addr").map(MacAddr),
            array("pad2").map(Pad),
            u32("pid"),
            array("name").map(FixedStr),
        )
            .map(|(event, pad, port_no, vm_id, core, tenant_id, hw_addr, pad2, pid, name)| Self {
                event,
                pad,
                port_no,
                vm_id,
                core,
                tenant_id,
                hw_addr,
                pad2,
                pid,
                name,
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(self.event.into());
        out.put(&self.pad.0);
        out.put_u16(self.port_no.0);
        out.put_u16(self.vm_id);
        out.put_u16(self.core.0);
        out.put_u32(self.tenant_id);
        out.put(&self.hw_addr.0);
        out.put(&self.pad2.0);
        out.put_u32(self.pid);
        out.put(&self.name.0);
    }
}

impl fmt::Display for VmInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} vm_id={} core={}", self.event, self.name, self.vm_id, self.core)?;
        write!(f, " port={} addr={} tenant={}", self.port_no, self.hw_addr, self.tenant_id)?;
        match self.pid {
            0 => Ok(()),
            pid => write!(f, " pid={pid}"),
        }
    }
}
