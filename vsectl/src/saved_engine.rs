//! An engine from tables that were saved as JSON, for what is asked without an agent.

use agent::engine::{CoreInfo, Engine, PacketKey, Settings, Time, UnixOffset};
use anyhow::{Context, bail};
use codec::of10::PortNo;
use codec::types::{FixedStr, Pad};
use codec::vse::{Core, CoreFlags, VmStats};

use crate::flow_set::FlowSet;
use crate::flow_simulation::change_of;
use crate::saved::Saved;
use crate::view::FlowView;

/// The engine whose tables these are: entries, cores with their load, VMs, configuration. An entry
/// that VSE had given a core keeps it.
pub(crate) fn engine(saved: &Saved) -> anyhow::Result<Engine> {
    let flows = saved.flows.as_deref().context("no flows in it: add vsectl flow list -o json")?;
    let mut engine = empty(saved)?;
    let mut events = Vec::new();
    for flow in flows {
        engine.flow_mod(&change_of(&flow.to_flow())?, Time::ZERO, &mut events)?;
    }
    adopt(&mut engine, flows);
    Ok(engine)
}

/// The engine without its entries.
fn empty(saved: &Saved) -> anyhow::Result<Engine> {
    let cores = saved.cores.as_deref().context("no cores in it: add vsectl core list -o json")?;
    if cores.is_empty() {
        bail!("the list of cores is empty");
    }
    let mut settings = Settings { max_flows: usize::MAX, ..Settings::default() };
    settings.config = saved.config.unwrap_or(settings.config);
    let infos = cores.iter().map(|core| CoreInfo {
        core: core.core,
        numa_node: core.numa_node.unwrap_or(0),
        is_online: core.flags.contains(CoreFlags::ONLINE),
        is_eligible: core.flags.contains(CoreFlags::ELIGIBLE),
    });
    let mut engine = Engine::new(settings, infos);
    for core in cores {
        engine.set_load(core.core, core.load, Time::ZERO);
    }
    for vm in saved.vms.iter().flatten() {
        let name = FixedStr::new(&vm.name).context("the name of a VM is longer than 31 bytes")?;
        engine.bind_vm(VmStats {
            vm_id: vm.vm_id,
            core: vm.core,
            port_no: vm.port.unwrap_or(PortNo::NONE),
            tenant_id: vm.tenant_id,
            pid: vm.pid.unwrap_or(0),
            hw_addr: vm.mac.unwrap_or_default(),
            source: vm.source,
            pad: Pad::default(),
            name,
        })?;
    }
    Ok(engine)
}

/// The engine of the cores, VMs and configuration of `saved` with another flow table, none of whose
/// entries has been given a core yet. What the agent would refuse is left out.
pub(crate) fn with_table(saved: &Saved, table: &FlowSet) -> anyhow::Result<Engine> {
    let mut engine = empty(saved)?;
    for flow in table.iter() {
        if let Ok(change) = change_of(flow) {
            drop(engine.flow_mod(&change, Time::ZERO, &mut Vec::new()));
        }
    }
    Ok(engine)
}

/// Gives entries the cores that they had.
fn adopt(engine: &mut Engine, flows: &[FlowView]) {
    let nothing = PacketKey::extract(&[], PortNo::NONE, &engine.config().fcf_layout);
    let entries: Vec<_> =
        engine.flows().map(|entry| (entry.id, entry.to_stats(Time::ZERO, UnixOffset(0)))).collect();
    for (id, stats) in entries {
        let text = FlowView::from(stats).flow;
        let saved = flows.iter().find(|flow| flow.flow == text);
        if let Some(done) = saved.and_then(|flow| flow.stats.as_ref())
            && done.core != Core::NONE
        {
            engine.adopt(id, &nothing, (done.core, done.reason), Time::ZERO, &mut Vec::new());
        }
    }
}
