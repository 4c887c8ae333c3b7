//! A flow table as a set: one entry for each match and priority, and the least changes from one
//! table to another.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use codec::of10::{FlowMod, FlowModCommand};
use codec::text::Flow;
use codec::vse::{Tlv, Tlvs};

use crate::view::FlowDiffView;

/// What makes an entry the same: priority and match. The highest priority comes first.
type Key = (Reverse<u16>, String);

/// Entries of a flow table, as the additions that make them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FlowSet(BTreeMap<Key, Flow>);

impl FlowSet {
    /// The set of these entries. Of two with the same match and priority the later one counts, as
    /// when they are added one after the other.
    pub(crate) fn new(flows: impl IntoIterator<Item = Flow>) -> Self {
        Self(flows.into_iter().map(sorted).map(|flow| (key(&flow), flow)).collect())
    }

    /// The entries, the highest priority first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.0.values()
    }

    /// How `to` differs.
    pub(crate) fn diff(&self, to: &Self) -> FlowDiffView {
        let mut view = FlowDiffView::default();
        self.differences(to, |from, to| view.note(from, to));
        view
    }

    /// The least changes that make this table into `to`. An entry that only does something else is
    /// modified, and keeps its counters.
    pub(crate) fn changes(&self, to: &Self) -> Vec<Flow> {
        let mut changes = Vec::new();
        self.differences(to, |from, to| {
            changes.extend(match (from, to) {
                (Some(from), None) => Some(with_command(from, FlowModCommand::DeleteStrict)),
                (Some(from), Some(to)) if differs_in_actions_alone(from, to) => {
                    Some(with_command(to, FlowModCommand::ModifyStrict))
                }
                (_, to) => to.cloned(),
            });
        });
        changes
    }

    fn differences(&self, to: &Self, mut note: impl FnMut(Option<&Flow>, Option<&Flow>)) {
        for (key, from) in &self.0 {
            match to.0.get(key) {
                Some(same) if same == from => {}
                other => note(Some(from), other),
            }
        }
        for (_, added) in to.0.iter().filter(|(key, _)| !self.0.contains_key(*key)) {
            note(None, Some(added));
        }
    }
}

/// The flow with its match TLVs in one order, as their order says nothing.
fn sorted(mut flow: Flow) -> Flow {
    flow.tlvs.sort_by_cached_key(Tlv::to_string);
    flow
}

fn key(flow: &Flow) -> Key {
    let matched = Tlvs::new(flow.tlvs.clone()).with_match(&flow.flow_mod.r#match);
    (Reverse(flow.flow_mod.priority), matched)
}

fn with_command(flow: &Flow, command: FlowModCommand) -> Flow {
    let flow_mod = FlowMod { command, ..flow.flow_mod.clone() };
    let deletes = command == FlowModCommand::DeleteStrict;
    // A deletion is for the match and the priority; the rest would say nothing.
    let flow_mod = if deletes {
        let flags = codec::of10::FlowModFlags::empty();
        FlowMod {
            actions: Vec::new(),
            idle_timeout: 0,
            hard_timeout: 0,
            cookie: codec::types::Hex(0),
            flags,
            ..flow_mod
        }
    } else {
        flow_mod
    };
    Flow { flow_mod, tlvs: flow.tlvs.clone() }
}

fn differs_in_actions_alone(from: &Flow, to: &Flow) -> bool {
    let mut same = from.flow_mod.clone();
    same.actions.clone_from(&to.flow_mod.actions);
    same == to.flow_mod
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(flows: &[&str]) -> FlowSet {
        FlowSet::new(flows.iter().map(|flow| flow.parse().unwrap()))
    }

    fn texts(changes: &[Flow]) -> Vec<String> {
        changes.iter().map(Flow::to_string).collect()
    }

    #[test]
    fn least_changes() {
        let before = set(&[
            "priority=9,tcp,actions=set_irq_core:1",
            "priority=8,udp,actions=set_irq_core:1",
            "priority=7,arp,actions=drop",
            "priority=6,ip,idle_timeout=5,actions=drop",
        ]);
        let after = set(&[
            "priority=9,tcp,actions=set_irq_core:1",
            "priority=8,udp,actions=set_irq_core:2",
            "priority=6,ip,actions=drop",
            "priority=1,actions=set_irq_core:auto",
        ]);
        assert_eq!(
            texts(&before.changes(&after)),
            [
                "modify_strict priority=8,udp actions=set_irq_core:2",
                "delete_strict priority=7,arp",
                "priority=6,ip actions=drop",
                "priority=1 actions=set_irq_core:auto",
            ]
        );
        assert!(after.changes(&after).is_empty());
        let view = before.diff(&after);
        assert_eq!((view.added.len(), view.removed.len(), view.changed.len()), (1, 1, 2));
    }

    #[test]
    fn the_order_of_words_does_not_matter() {
        let one = set(&["vm_id=5,tun_id=7,actions=drop"]);
        let other = set(&["tun_id=7,vm_id=5,actions=drop"]);
        assert_eq!(one, other);
        assert!(one.changes(&other).is_empty());
    }
}
