//! What changes would make of a flow table: the engine itself does them, on a copy.

use agent::engine::{CoreInfo, Engine, FlowChange, Settings, Time, UnixOffset};
use anyhow::anyhow;
use codec::of10::Action;
use codec::text::Flow;
use codec::vse::{Core, VseAction};

use crate::flow_set::FlowSet;
use crate::view::FlowView;

/// The table `before` once `changes` were made, one after the other. An error where one would be
/// refused; whether a core exists is not looked at.
pub(crate) fn after(before: &FlowSet, changes: &[Flow]) -> anyhow::Result<FlowSet> {
    let all = || before.iter().chain(changes);
    let named = all().flat_map(|flow| &flow.flow_mod.actions).filter_map(named_core);
    let cores: std::collections::BTreeSet<u16> = named.map(|core| core.0).collect();
    let cores = cores.into_iter().map(|core| CoreInfo::new(Core(core)));
    let settings = Settings { max_flows: usize::MAX, ..Settings::default() };
    let mut engine = Engine::new(settings, cores);
    for flow in all() {
        let change = change_of(flow).map_err(|refusal| anyhow!("{flow}: {refusal}"))?;
        engine
            .flow_mod(&change, Time::ZERO, &mut Vec::new())
            .map_err(|refusal| anyhow!("{flow}: {refusal}"))?;
    }
    let entries = engine.flows().map(|entry| entry.to_stats(Time::ZERO, UnixOffset(0)));
    Ok(FlowSet::new(entries.map(|stats| FlowView::from(stats).to_flow())))
}

/// The change that the engine would do for a flow; why not, where it would refuse it whatever is
/// in the table.
pub(crate) fn change_of(flow: &Flow) -> Result<FlowChange, agent::engine::Refusal> {
    FlowChange::try_from(&flow.to_body())
}

/// The core that an action names.
pub(crate) fn named_core(action: &Action) -> Option<Core> {
    match action {
        Action::Vse(VseAction::SetIrqCore { core, .. }) => Some(*core).filter(|c| *c != Core::NONE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(flows: &[&str]) -> FlowSet {
        FlowSet::new(flows.iter().map(|flow| flow.parse().unwrap()))
    }

    fn changes(flows: &[&str]) -> Vec<Flow> {
        flows.iter().map(|flow| flow.parse().unwrap()).collect()
    }

    #[test]
    fn changes_can_be_taken_back() {
        let before = set(&[
            "priority=9,tcp,actions=set_irq_core:1",
            "priority=8,tcp,tp_dst=80,actions=set_irq_core:7",
            "priority=7,udp,vm_id=5,actions=set_irq_core:auto",
        ]);
        let done = changes(&[
            "modify tcp,actions=set_irq_core:3",
            "delete udp",
            "priority=1,arp,actions=drop",
        ]);
        let then = after(&before, &done).unwrap();
        let wanted = set(&[
            "priority=9,tcp,actions=set_irq_core:3",
            "priority=8,tcp,tp_dst=80,actions=set_irq_core:3",
            "priority=1,arp,actions=drop",
        ]);
        assert_eq!(then, wanted);
        assert_eq!(after(&then, &then.changes(&before)).unwrap(), before);
    }

    #[test]
    fn what_would_be_refused_is_told() {
        let error = after(&FlowSet::default(), &changes(&["ip,actions=output:2"])).unwrap_err();
        assert!(error.to_string().contains("is not one of VSE's"), "{error}");
    }
}
