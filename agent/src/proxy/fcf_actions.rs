//! SET_FCF as a stock switch can do it, and back: SET_NW_TOS for a field in the type of service,
//! SET_VLAN_VID and SET_VLAN_PCP for one in the VLAN tag.
//!
//! A switch that reports its flows reports what it was given. So that the controller reads what it
//! wrote, the lists of actions that were changed are remembered by the match and the priority of
//! their entry.

use std::collections::{HashMap, VecDeque};

use codec::fcf::{Fcf, FcfError, FcfLayout};
use codec::of10::stats::FlowStats;
use codec::of10::{Action, BadActionCode, ErrorCode, FlowMod, FlowModCommand, Match};
use codec::types::Pad;
use codec::vse::{Carrier, VseAction};

/// Entries whose actions are remembered at most; those of the entries beyond are reported as the
/// switch has them.
const MAX_REMEMBERED: usize = 65_536;
/// Changes of many entries at once that are remembered at most, the latest.
const MAX_MODIFIES: usize = 256;

/// Why SET_FCF cannot be put into the words of a stock switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unstockable {
    /// The layout cannot hold the field.
    #[error(transparent)]
    Fcf(#[from] FcfError),
    /// The layout takes the two low bits of the type of service, which a stock switch refuses to
    /// set.
    #[error("the layout {0} takes the bits of ECN, which a switch does not set; use dscp or vlan")]
    Ecn(FcfLayout),
    /// The carrier is not known.
    #[error("carrier {0} is not known; use tos or vlan")]
    Carrier(Carrier),
}

impl Unstockable {
    /// The error that a controller is told.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        ErrorCode::BadAction(BadActionCode::BadArgument)
    }
}

/// The lists of actions that were changed, and what they were.
#[derive(Debug)]
pub struct FcfActions {
    /// The layout that the receiving VSE reads by.
    layout: FcfLayout,
    /// What the controller wrote, by match and priority.
    written: HashMap<(Match, u16), Written>,
    /// What it wrote by MODIFY, which may have changed any entry; the latest at the end.
    modifies: VecDeque<Written>,
}

/// A list of actions in both forms.
#[derive(Debug, Clone)]
struct Written {
    stock: Vec<Action>,
    original: Vec<Action>,
}

impl FcfActions {
    /// Nothing remembered; fields are written by `layout` where its carrier is the action's.
    #[must_use]
    pub fn new(layout: FcfLayout) -> Self {
        Self { layout, written: HashMap::new(), modifies: VecDeque::new() }
    }

    /// Writes fields by another layout from now on.
    pub fn set_layout(&mut self, layout: FcfLayout) {
        self.layout = layout;
    }

    /// Puts every SET_FCF of `actions` into the words of a stock switch; tells whether there was
    /// one. On an error, `actions` are as they were.
    pub fn to_stock(&self, actions: &mut Vec<Action>) -> Result<bool, Unstockable> {
        let is_set_fcf = |action: &Action| matches!(action, Action::Vse(VseAction::SetFcf { .. }));
        if !actions.iter().any(is_set_fcf) {
            return Ok(false);
        }
        let mut stock = Vec::with_capacity(actions.len() + 1);
        for action in actions.iter() {
            match *action {
                Action::Vse(VseAction::SetFcf { vm_id, priority, carrier, .. }) => {
                    let field = Fcf { vm_id, priority: priority != 0 };
                    stock.extend(self.stock(field, carrier)?);
                }
                ref other => stock.push(other.clone()),
            }
        }
        *actions = stock;
        Ok(true)
    }

    fn stock(&self, field: Fcf, carrier: Carrier) -> Result<Vec<Action>, Unstockable> {
        let own = self.layout.carrier == carrier;
        match carrier {
            Carrier::Tos => {
                let layout = if own { self.layout } else { FcfLayout::DSCP };
                if (layout.priority_mask | layout.vm_id_mask) & 3 != 0 {
                    return Err(Unstockable::Ecn(layout));
                }
                let [_, nw_tos] = layout.write(field, 0)?.to_be_bytes();
                Ok(vec![Action::SetNwTos { nw_tos, pad: Pad::default() }])
            }
            Carrier::Vlan => {
                let layout = if own { self.layout } else { FcfLayout::VLAN };
                let tci = layout.write(field, 0)?;
                let [high, _] = tci.to_be_bytes();
                Ok(vec![
                    Action::SetVlanVid { vlan_vid: tci & 0x0fff, pad: Pad::default() },
                    Action::SetVlanPcp { vlan_pcp: high >> 5, pad: Pad::default() },
                ])
            }
            _ => Err(Unstockable::Carrier(carrier)),
        }
    }

    /// Puts a change of the switch's flow table into its words and remembers what it was; tells
    /// whether anything was changed.
    pub fn flow_mod(&mut self, change: &mut FlowMod) -> Result<bool, Unstockable> {
        let original = change.actions.clone();
        let changed = self.to_stock(&mut change.actions)?;
        let key = (identity(&change.r#match), change.priority);
        let written = Written { stock: change.actions.clone(), original };
        if changed && change.command == FlowModCommand::Modify {
            if self.modifies.len() == MAX_MODIFIES {
                self.modifies.pop_front();
            }
            self.modifies.push_back(written.clone());
        }
        match change.command {
            FlowModCommand::Add | FlowModCommand::Modify | FlowModCommand::ModifyStrict => {
                // Actions that read like those of a MODIFY are remembered as what they are.
                let ambiguous = || self.modifies.iter().any(|of| of.stock == change.actions);
                if !changed && !ambiguous() {
                    self.written.remove(&key);
                } else if self.written.len() < MAX_REMEMBERED || self.written.contains_key(&key) {
                    self.written.insert(key, written);
                }
            }
            FlowModCommand::DeleteStrict => {
                self.written.remove(&key);
            }
            // What a DELETE takes away, the switch tells by FLOW_REMOVED or not at all: what is
            // remembered of it does no harm.
            _ => {}
        }
        Ok(changed)
    }

    /// Forgets an entry that the switch removed.
    pub fn removed(&mut self, matched: &Match, priority: u16) {
        self.written.remove(&(identity(matched), priority));
    }

    /// Forgets everything: the switch is another one.
    pub fn clear(&mut self) {
        self.written.clear();
        self.modifies.clear();
    }

    /// Whether anything is remembered, so that statistics must be looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Gives the entries of a report the actions that the controller wrote; tells whether any was
    /// changed. An entry whose actions the switch has otherwise is left alone: somebody else
    /// changed it.
    pub fn as_written(&self, entries: &mut [FlowStats]) -> bool {
        let mut changed = false;
        for entry in entries {
            let key = (identity(&entry.r#match), entry.priority);
            // A MODIFY without STRICT changed more entries than the one of its own match.
            let exact = self.written.get(&key).filter(|known| known.stock == entry.actions);
            let by_modify = || self.modifies.iter().rev().find(|of| of.stock == entry.actions);
            let found = exact.or_else(by_modify);
            if let Some(written) = found {
                entry.actions.clone_from(&written.original);
                changed = true;
            }
        }
        changed
    }
}

/// A match as a switch reports it: without values under wildcards and bits beyond a prefix.
fn identity(matched: &Match) -> Match {
    matched.normalized()
}

#[cfg(test)]
mod tests {
    use codec::of10::PortNo;

    use super::*;

    fn set_fcf(vm_id: u16, priority: u8, carrier: Carrier) -> Action {
        Action::Vse(VseAction::SetFcf { vm_id, priority, carrier, pad: Pad::default() })
    }

    const OUTPUT: Action = Action::Output { port: PortNo(2), max_len: 0 };

    #[test]
    fn in_the_type_of_service() {
        let fcf = FcfActions::new(FcfLayout::DSCP);
        let mut actions = vec![set_fcf(5, 1, Carrier::Tos), OUTPUT];
        assert_eq!(fcf.to_stock(&mut actions), Ok(true));
        let nw_tos = 0x80 | 5 << 2;
        assert_eq!(actions, [Action::SetNwTos { nw_tos, pad: Pad::default() }, OUTPUT]);
        assert_eq!(fcf.to_stock(&mut actions), Ok(false));
    }

    #[test]
    fn in_the_tag() {
        let fcf = FcfActions::new(FcfLayout::DSCP);
        let mut actions = vec![set_fcf(4094, 1, Carrier::Vlan)];
        assert_eq!(fcf.to_stock(&mut actions), Ok(true));
        let (vlan_vid, vlan_pcp) = (4094, 4);
        let vid = Action::SetVlanVid { vlan_vid, pad: Pad::default() };
        assert_eq!(actions, [vid, Action::SetVlanPcp { vlan_pcp, pad: Pad::default() }]);
    }

    #[test]
    fn what_a_switch_cannot_do_is_refused() {
        let fcf = FcfActions::new(FcfLayout::TOS8);
        let mut actions = vec![set_fcf(5, 0, Carrier::Tos)];
        let error = fcf.to_stock(&mut actions).unwrap_err();
        assert_eq!(error, Unstockable::Ecn(FcfLayout::TOS8));
        assert_eq!(actions, [set_fcf(5, 0, Carrier::Tos)]);
        let fcf = FcfActions::new(FcfLayout::DSCP);
        let error = fcf.to_stock(&mut vec![set_fcf(32, 0, Carrier::Tos)]).unwrap_err();
        assert_eq!(error.to_string(), "VM id 32 does not fit the layout dscp: it holds 1 to 31");
        let unknown = fcf.to_stock(&mut vec![set_fcf(1, 0, Carrier::Unknown(9))]);
        assert_eq!(unknown, Err(Unstockable::Carrier(Carrier::Unknown(9))));
    }
}
