//! What is odd about a flow table: entries that no frame can reach, cores that do not exist, VMs
//! that nobody has told of.

use std::fmt;

use agent::client::{Client, ClientError};
use agent::engine::FlowMatch;
use codec::of10::Wildcards;
use codec::text::Flow;
use codec::vse::{Core, CoreFlags, MatchField, Tlvs};
use serde::Serialize;

use crate::flow_set::FlowSet;
use crate::flow_simulation::named_core;
use crate::view::{CoreView, VmView};

/// What the table is held against.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) cores: Vec<CoreView>,
    pub(crate) vms: Vec<VmView>,
}

impl Host {
    /// Asks an agent.
    pub(crate) fn of_agent(client: &mut Client) -> Result<Self, ClientError> {
        Ok(Self {
            cores: client.cores()?.into_iter().map(CoreView::from).collect(),
            vms: client.vms()?.into_iter().map(VmView::from).collect(),
        })
    }
}

/// Something odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The entry, as a flow's text.
    pub(crate) flow: String,
    /// What is odd about it.
    pub(crate) kind: Kind,
    /// The same in words.
    pub(crate) text: String,
}

/// What can be odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Another entry takes all its frames.
    Unreachable,
    /// Another entry of the same priority matches frames of it, and does something else.
    Ambiguous,
    /// The core does not exist.
    NoCore,
    /// The core is offline.
    CoreOffline,
    /// Nobody has told of the VM.
    UnknownVm,
    /// The agent would refuse it.
    Refused,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.flow, self.text)
    }
}

/// An entry with its compiled match.
struct Entry<'a> {
    flow: &'a Flow,
    matched: FlowMatch,
}

impl Entry<'_> {
    /// Whether it matches every field of OpenFlow: such an entry goes before all others.
    fn is_exact(&self) -> bool {
        self.flow.flow_mod.r#match.wildcards == Wildcards::empty()
    }

    fn rank(&self) -> (bool, u16) {
        (self.is_exact(), self.flow.flow_mod.priority)
    }
}

/// What is odd about a table.
pub(crate) fn findings(table: &FlowSet, host: &Host) -> Vec<Finding> {
    let mut found = Vec::new();
    let entries = compile(table.iter(), &mut found);
    for entry in &entries {
        look(entry, &entries, host, &mut found);
    }
    found
}

/// What would be odd about the entries that `changes` add to a table.
pub(crate) fn findings_of(changes: &[Flow], table: &FlowSet, host: &Host) -> Vec<Finding> {
    use codec::of10::FlowModCommand;
    let added = changes.iter().filter(|flow| flow.flow_mod.command == FlowModCommand::Add);
    let added = FlowSet::new(added.cloned());
    let all = FlowSet::new(table.iter().chain(added.iter()).cloned());
    // What the agent refuses it tells itself.
    let entries = compile(all.iter(), &mut Vec::new());
    let mut found = Vec::new();
    for entry in compile(added.iter(), &mut Vec::new()) {
        look(&entry, &entries, host, &mut found);
    }
    found
}

fn compile<'a>(flows: impl Iterator<Item = &'a Flow>, found: &mut Vec<Finding>) -> Vec<Entry<'a>> {
    flows
        .filter_map(|flow| {
            let tlvs = Tlvs::new(flow.tlvs.clone());
            match FlowMatch::new(&flow.flow_mod.r#match, &tlvs) {
                Ok(matched) => Some(Entry { flow, matched }),
                Err(refusal) => {
                    found.push(finding(flow, Kind::Refused, refusal.to_string()));
                    None
                }
            }
        })
        .collect()
}

fn look(entry: &Entry<'_>, all: &[Entry<'_>], host: &Host, found: &mut Vec<Finding>) {
    let flow = entry.flow;
    for core in flow.flow_mod.actions.iter().filter_map(named_core) {
        match host.cores.iter().find(|known| known.core == core) {
            None => {
                let text = format!("core {core} does not exist; {}", cores_in_words(&host.cores));
                found.push(finding(flow, Kind::NoCore, text));
            }
            Some(known) if !known.flags.contains(CoreFlags::ONLINE) => {
                let text = format!("core {core} is offline");
                found.push(finding(flow, Kind::CoreOffline, text));
            }
            Some(_) => {}
        }
    }
    if let Some(vm) = entry.matched.exactly(MatchField::VmId)
        && vm != 0
        && !host.vms.iter().any(|known| u64::from(known.vm_id) == vm)
    {
        let text = format!("nobody has told of VM {vm}: vsectl vm add {vm} --core CORE");
        found.push(finding(flow, Kind::UnknownVm, text));
    }
    let above = |other: &&Entry<'_>| other.rank() > entry.rank();
    if let Some(other) = all.iter().filter(above).find(|o| o.matched.covers(&entry.matched)) {
        let text = format!("no frame reaches it: {} takes them all", other.flow);
        found.push(finding(flow, Kind::Unreachable, text));
        return;
    }
    let beside = |other: &&Entry<'_>| {
        other.rank() == entry.rank()
            && !other.matched.is_same(&entry.matched)
            && other.flow.flow_mod.actions != flow.flow_mod.actions
    };
    if let Some(other) = all.iter().filter(beside).find(|o| o.matched.overlaps(&entry.matched)) {
        let text = format!("{} has the same priority and matches frames of it too", other.flow);
        found.push(finding(flow, Kind::Ambiguous, text));
    }
}

fn finding(flow: &Flow, kind: Kind, text: String) -> Finding {
    Finding { flow: flow.to_string(), kind, text }
}

fn cores_in_words(cores: &[CoreView]) -> String {
    let numbers: Vec<Core> = cores.iter().map(|core| core.core).collect();
    format!("there are {}", crate::render::agent_tables::words(&numbers))
}

#[cfg(test)]
mod tests {
    use agent::engine::{CoreInfo, Engine, Settings};

    use super::*;

    fn host() -> Host {
        let engine = Engine::new(Settings::default(), (0..2).map(|n| CoreInfo::new(Core(n))));
        let cores = engine.cores().iter().map(|state| engine.cores().to_stats(state, 900));
        Host { cores: cores.map(CoreView::from).collect(), vms: Vec::new() }
    }

    fn kinds(flows: &[&str]) -> Vec<Kind> {
        let table = FlowSet::new(flows.iter().map(|flow| flow.parse().unwrap()));
        findings(&table, &host()).iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn what_is_odd_is_found() {
        assert_eq!(kinds(&["priority=5,tcp,actions=set_irq_core:1"]), []);
        assert_eq!(kinds(&["tcp,actions=set_irq_core:7"]), [Kind::NoCore]);
        assert_eq!(kinds(&["vm_id=9,actions=set_irq_core:auto"]), [Kind::UnknownVm]);
        assert_eq!(
            kinds(&["priority=9,ip,actions=drop", "priority=5,tcp,actions=set_irq_core:1"]),
            [Kind::Unreachable]
        );
        assert_eq!(
            kinds(&["ip,nw_src=10.0.0.1,actions=drop", "tcp,actions=set_irq_core:1"]),
            [Kind::Ambiguous, Kind::Ambiguous]
        );
        assert_eq!(kinds(&["ip,nw_src=10.0.0.1,actions=drop", "tcp,actions=drop"]), []);
    }

    #[test]
    fn only_what_is_added_is_judged() {
        let table = FlowSet::new(["tcp,actions=set_irq_core:7".parse().unwrap()]);
        let added = ["priority=1,tcp,tp_dst=80,actions=drop".parse().unwrap()];
        let found = findings_of(&added, &table, &host());
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "priority=1,tcp,tp_dst=80 actions=drop: no frame reaches it: \
             tcp actions=set_irq_core:7 takes them all"
        );
    }
}
