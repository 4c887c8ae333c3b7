//! Statistics of each VM: vse-protocol(7).
//!
//! | offset | size | field of the request |
//! | --- | --- | --- |
//! | 0 | 2 | vm_id: 0 for all |
//! | 2 | 6 | pad |
//!
//! | offset | size | field of an entry |
//! | --- | --- | --- |
//! | 0 | 2 | length: 64 |
//! | 2 | 2 | vm_id |
//! | 4 | 2 | core |
//! | 6 | 2 | port_no |
//! | 8 | 4 | tenant_id |
//! | 12 | 4 | pid: 0 for none |
//! | 16 | 6 | hw_addr |
//! | 22 | 1 | source |
//! | 23 | 9 | pad |
//! | 32 | 32 | name |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::error::{Expected, Limit};
use crate::of10::PortNo;
use crate::types::{FixedStr, MacAddr, Pad};
use crate::vse::code::VmSource;
use crate::vse::ids::Core;
use crate::wire::{Fault, Parsed, Put, array, u8, u16, u32, within};

/// Which VM is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmStatsRequest {
    /// Padding at the head of the statistics.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub head_pad: Pad<6>,
    /// The VM; 0 for all.
    pub vm_id: u16,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<6>,
}

impl VmStatsRequest {
    /// Bytes behind the statistics' head.
    pub(super) const LEN: usize = 8;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (array("head_pad").map(Pad), u16("vm_id"), array("pad").map(Pad))
            .map(|(head_pad, vm_id, pad)| Self { head_pad, vm_id, pad })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put(&self.head_pad.0);
        out.put_u16(self.vm_id);
        out.put(&self.pad.0);
    }
}

/// A VM and where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmStats {
    /// Its number in the Flow Control Field.
    pub vm_id: u16,
    /// The core that it runs on.
    pub core: Core,
    /// The port that it is behind.
    pub port_no: PortNo,
    /// Whose it is.
    pub tenant_id: u32,
    /// The process whose threads are followed; 0 for none.
    pub pid: u32,
    /// Its Ethernet address.
    pub hw_addr: MacAddr,
    /// How the core is known.
    pub source: VmSource,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<9>,
    /// Its name, for people.
    pub name: FixedStr<32>,
}

impl VmStats {
    /// Bytes of an entry.
    pub(super) const LEN: usize = 64;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (after, body) = super::entry(input, Self::LEN)?;
        if body.len() + 2 != Self::LEN {
            let expected = Expected::Exactly(Self::LEN);
            return Err(Fault::length(input, "length", body.len() + 2, expected));
        }
        let fields = (
            u16("vm_id"),
            u16("core").map(Core),
            u16("port_no").map(PortNo),
            u32("tenant_id"),
            u32("pid"),
            array("hw_addr").map(MacAddr),
            u8("source").map(VmSource::from),
            array("pad").map(Pad),
            array("name").map(FixedStr),
        );
        let stats =
            fields.map(|(vm_id, core, port_no, tenant_id, pid, hw_addr, source, pad, name)| Self {
                vm_id,
                core,
                port_no,
                tenant_id,
                pid,
                hw_addr,
                source,
                pad,
                name,
            });
        Ok((after, within(body, Limit::Field("entry length", Self::LEN), stats)?))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put(&[0, 64]);
        out.put_u16(self.vm_id);
        out.put_u16(self.core.0);
        out.put_u16(self.port_no.0);
        out.put_u32(self.tenant_id);
        out.put_u32(self.pid);
        out.put(&self.hw_addr.0);
        out.put_u8(self.source.into());
        out.put(&self.pad.0);
        out.put(&self.name.0);
    }
}

impl fmt::Display for VmStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vm {}: {:?} core={}", self.vm_id, self.name, self.core)?;
        write!(f, " port={} addr={} tenant={}", self.port_no, self.hw_addr, self.tenant_id)?;
        write!(f, " source={}", self.source)?;
        match self.pid {
            0 => Ok(()),
            pid => write!(f, " pid={pid}"),
        }
    }
}
