//! `vsectl.vm/1`: a VM and where it runs.

use codec::of10::PortNo;
use codec::types::MacAddr;
use codec::vse::{Core, VmSource, VmStats};
use serde::{Deserialize, Serialize};

use super::list::Listed;

/// A VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VmView {
    /// Its number in the Flow Control Field.
    pub(crate) vm_id: u16,
    /// The core that it runs on.
    pub(crate) core: Core,
    /// How its core is known.
    pub(crate) source: VmSource,
    /// The process whose threads are followed.
    pub(crate) pid: Option<u32>,
    /// The OpenFlow port that it is behind.
    pub(crate) port: Option<PortNo>,
    /// Its Ethernet address.
    pub(crate) mac: Option<MacAddr>,
    /// Whose it is.
    pub(crate) tenant_id: u32,
    /// Its name.
    pub(crate) name: String,
}

impl Listed for VmView {
    const SCHEMA: &'static str = "vsectl.vm/1";
    const LIST_SCHEMA: &'static str = "vsectl.vms/1";
}

impl From<VmStats> for VmView {
    fn from(stats: VmStats) -> Self {
        Self {
            vm_id: stats.vm_id,
            core: stats.core,
            source: stats.source,
            pid: Some(stats.pid).filter(|pid| *pid != 0),
            port: Some(stats.port_no).filter(|port| *port != PortNo::NONE),
            mac: Some(stats.hw_addr).filter(|mac| *mac != MacAddr::default()),
            tenant_id: stats.tenant_id,
            name: stats.name.name().into_owned(),
        }
    }
}
