//! What the agent tells of its host: the cores that it begins with, HOST_FEATURES_REPLY, and the
//! datapath's interfaces as OpenFlow ports.

use std::io;
use std::time::Duration;

use codec::of10::Port;
use codec::vse::{Core, HostFeatures};

use crate::datapath::Description;
use crate::engine::{CoreInfo, Settings, Time};
use crate::host::{self, HostFacts, Kernel, TableSizes};

/// The host, as far as clients are told of it.
#[derive(Debug)]
pub(crate) struct Host {
    /// Facts do not change while the agent runs, or only by an administrator, who reloads it.
    facts: HostFacts,
    ports: Vec<Port>,
    /// When the ports were looked at.
    seen: Option<Time>,
}

/// Links are looked at no more often than this, however often somebody asks.
const FRESH: Duration = Duration::from_secs(1);

impl Host {
    /// Looks at the host, whose frames the datapath `description` has. What cannot be found out is
    /// logged, and left out.
    pub(crate) fn look(description: &Description) -> Self {
        let facts = HostFacts::gather(&description.interfaces).unwrap_or_else(|error| {
            tracing::warn!(%error, "the interfaces of this host cannot be looked at");
            let cores = host::cores().unwrap_or_default();
            HostFacts { kernel: Kernel::read(), cores, interfaces: Vec::new() }
        });
        Self { facts, ports: Vec::new(), seen: None }
    }

    /// A host of which nothing is known.
    #[cfg(fuzzing)]
    pub(crate) fn unknown() -> Self {
        let kernel = Kernel {
            release: String::new(),
            bpf_jit: None,
            btf: false,
            bpf_fs: false,
            missing_capabilities: Vec::new(),
            irqbalance: None,
            rps_sock_flow_entries: 0,
        };
        let facts = HostFacts { kernel, cores: Vec::new(), interfaces: Vec::new() };
        Self { facts, ports: Vec::new(), seen: None }
    }

    /// HOST_FEATURES_REPLY.
    pub(crate) fn features(&self, description: &Description, settings: &Settings) -> HostFeatures {
        let size = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let tables = TableSizes { flows: size(settings.max_flows), vms: size(settings.max_vms) };
        let layout = settings.config.fcf_layout;
        host::host_features(&self.facts, tables, layout, description.name)
    }

    /// The interfaces of the datapath as they are now, or were a moment ago.
    pub(crate) fn ports(&mut self, description: &Description, now: Time) -> Vec<Port> {
        if description.interfaces.is_empty() {
            return Vec::new();
        }
        if self.seen.is_none_or(|seen| now.since(seen) >= FRESH) {
            self.seen = Some(now);
            match host::ports(&description.interfaces) {
                Ok(ports) => self.ports = ports,
                Err(error) => tracing::warn!(%error, "the interfaces cannot be looked at"),
            }
        }
        self.ports.clone()
    }
}

/// The cores that are online. One that is isolated is kept from ordinary work by whoever runs the
/// host: VSE puts nothing there by itself until it is told that it may.
pub(crate) fn cores() -> io::Result<Vec<CoreInfo>> {
    let cores = host::cores()?;
    let infos = cores.iter().filter_map(|core| {
        Some(CoreInfo {
            core: Core(u16::try_from(core.id).ok()?),
            numa_node: u16::try_from(core.node).ok()?,
            is_online: true,
            is_eligible: core.isolated.is_none(),
        })
    });
    Ok(infos.collect())
}
