//! What a VSE tells of its tables when it is asked: the truth of that moment.

use std::collections::HashSet;

use agent::engine::{CoreInfo, EntryId, FlowMatch, UnixOffset};
use codec::vse::{Config, Core, CoreStats, VmStats, VseFlowStats};

use super::{Follower, Known, Question};

/// A table that was asked for, and what of it was told so far.
#[derive(Debug)]
pub(super) struct Listing {
    table: Table,
    /// Whether everything was asked for.
    all: bool,
    /// The frame of the request: what came later may be missing in the answer.
    since: u64,
    entries: HashSet<EntryId>,
    vms: HashSet<u16>,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Flows,
    Cores,
    Vms,
}

/// A part of an answer.
#[derive(Debug)]
pub(super) enum Told {
    Flows(Vec<VseFlowStats>),
    Cores(Vec<CoreStats>),
    Vms(Vec<VmStats>),
}

/// Requests without an answer that are remembered.
const MOST: usize = 4096;

impl Follower {
    /// Notes that a table was asked for, all of it or a part.
    pub(super) fn asked(&mut self, question: Question, table: Table, all: bool) {
        if self.listings.len() >= MOST {
            self.listings.clear();
        }
        let (entries, vms) = (HashSet::new(), HashSet::new());
        let listing = Listing { table, all, since: self.frame, entries, vms };
        self.listings.insert(question, listing);
    }

    /// Takes a part of the answer to `question`.
    pub(super) fn told(&mut self, question: Question, told: Told) {
        match told {
            Told::Flows(entries) => {
                let ids: Vec<EntryId> =
                    entries.iter().filter_map(|stats| self.told_flow(stats)).collect();
                if let Some(listing) = self.listings.get_mut(&question) {
                    listing.entries.extend(ids);
                }
            }
            Told::Cores(cores) => {
                for core in &cores {
                    self.engine.told_core(core);
                }
                self.gaps.loads_told(self.frame, self.now);
            }
            Told::Vms(vms) => {
                if let Some(listing) = self.listings.get_mut(&question) {
                    listing.vms.extend(vms.iter().map(|vm| vm.vm_id));
                }
                for vm in vms {
                    self.add_core(vm.core);
                    drop(self.engine.bind_vm(vm));
                }
            }
        }
    }

    /// The answer to `question` is complete: what it does not have is no more. Who has not seen the
    /// question does not know whether it was all.
    pub(super) fn told_all(&mut self, question: Question) {
        let Some(listing) = self.listings.remove(&question).filter(|listing| listing.all) else {
            return;
        };
        match listing.table {
            Table::Flows => {
                self.forget_others(&listing);
                self.gaps.flows_told();
            }
            Table::Cores => self.gaps.cores_told(),
            Table::Vms => {
                let known: Vec<u16> = self.engine.cores().vms().map(|vm| vm.vm_id).collect();
                for vm in known.into_iter().filter(|vm| !listing.vms.contains(vm)) {
                    self.engine.unbind_vm(vm);
                }
                self.gaps.vms_told();
            }
        }
    }

    /// Takes the configuration as VSE told it.
    pub(super) fn told_config(&mut self, config: Config) {
        if self.engine.configure(config).is_ok() {
            self.gaps.config_told();
        }
    }

    fn told_flow(&mut self, stats: &VseFlowStats) -> Option<EntryId> {
        self.add_core(stats.core);
        let matched = FlowMatch::new(&stats.r#match, &stats.tlvs).ok()?;
        let before = self.engine.flow_of(&matched, stats.priority);
        let origin = before.and_then(|id| self.known.remove(&id)).and_then(|known| known.origin);
        let id = self.engine.told_flow(stats, self.now, UnixOffset(0)).ok()?;
        self.known.insert(id, Known { origin, frame: self.frame, seen: self.now });
        Some(id)
    }

    /// Entries that were there when everything was asked for, and that were not told.
    fn forget_others(&mut self, listing: &Listing) {
        let gone: Vec<EntryId> = self
            .engine
            .flows()
            .map(|entry| entry.id)
            .filter(|id| !listing.entries.contains(id))
            .filter(|id| self.known.get(id).is_none_or(|known| known.frame <= listing.since))
            .collect();
        for id in gone {
            self.engine.forget(id);
            self.known.remove(&id);
        }
    }

    /// Puts a core into the table that a message names, unless VSE told which there are.
    pub(super) fn add_core(&mut self, core: Core) {
        if core != Core::NONE && !self.gaps.knows_cores() {
            self.engine.add_core(CoreInfo::new(core));
        }
    }

    /// An entry was there for certain just now.
    pub(super) fn saw(&mut self, id: EntryId) {
        if let Some(known) = self.known.get_mut(&id) {
            (known.frame, known.seen) = (self.frame, self.now);
        }
    }
}
