//! The tables as the pinned maps have them, whether an agent runs or not.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use codec::of10::Match;
use codec::types::Hex;
use codec::vse::{Config, Core, CoreStats, DatapathStats, Reason, Tlvs, VmStats, VseFlowStats};

use super::abi::{CORE_NONE, CoreCount, Count, Entry, Head, LAYOUT, RULE_AUTO, Rule, Use, Wish};
use super::error::XdpError;
use super::maps::{Maps, read, records};
use super::poll::kernel_clock;
use super::program::has_maps;
use super::publish::active_head;
use super::records::{About, Fact, all};
use crate::engine::{FlowMatch, KEY_WORDS, PacketKey};

/// The tables that are pinned in a folder, as an agent would tell them.
#[derive(Debug, Clone)]
pub struct PinnedTables {
    folder: PathBuf,
}

impl PinnedTables {
    /// Those of `folder`; an error where there are none, or those of another layout.
    pub fn open(folder: &Path) -> Result<Self, XdpError> {
        Pinned::open(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The entries that are at least as specific as match and TLVs, the one that wins first.
    pub fn flows(&self, r#match: &Match, tlvs: &Tlvs) -> Result<Vec<VseFlowStats>, XdpError> {
        let flows = Pinned::open(&self.folder)?.flows()?;
        let now = unix_now();
        let stats = flows.into_iter().map(|flow| flow.stats(now));
        // A filter that no frame can match covers nothing.
        let Ok(filter) = FlowMatch::new(r#match, tlvs) else { return Ok(Vec::new()) };
        let is_covered = |stats: &VseFlowStats| {
            FlowMatch::new(&stats.r#match, &stats.tlvs).is_ok_and(|other| filter.covers(&other))
        };
        Ok(stats.filter(is_covered).collect())
    }

    /// The cores.
    pub fn cores(&self) -> Result<Vec<CoreStats>, XdpError> {
        Pinned::open(&self.folder)?.cores()
    }

    /// The VMs.
    pub fn vms(&self) -> Result<Vec<VmStats>, XdpError> {
        Ok(Pinned::open(&self.folder)?.vms())
    }

    /// The datapath.
    pub fn datapath(&self) -> Result<DatapathStats, XdpError> {
        Pinned::open(&self.folder)?.datapath()?.ok_or_else(|| self.no_record())
    }

    /// The configuration.
    pub fn config(&self) -> Result<Config, XdpError> {
        Pinned::open(&self.folder)?.config().ok_or_else(|| self.no_record())
    }

    /// The agent was ended before it had written anything.
    fn no_record(&self) -> XdpError {
        XdpError::NoDatapath(self.folder.clone())
    }
}

/// The maps of a folder, to be read.
pub(super) struct Pinned {
    pub(super) maps: Maps,
    records: HashMap<About, Fact>,
    pub(super) head: Head,
}

/// An entry, as program and agent have left it.
#[derive(Debug, Clone)]
pub(super) struct PinnedFlow {
    pub(super) slot: u32,
    /// As it was put there; its counters are those of before it had this slot.
    pub(super) record: VseFlowStats,
    /// Whether VSE chooses its core.
    pub(super) is_auto: bool,
    /// What the program wrote.
    pub(super) state: Entry,
    /// What the agent wishes.
    pub(super) wish: Wish,
    /// Packets and bytes since it has the slot.
    pub(super) used: (u64, u64),
}

impl Pinned {
    /// Opens the maps of `folder`. An error where there are none, or those of another layout.
    pub(super) fn open(folder: &Path) -> Result<Self, XdpError> {
        if !has_maps(folder)? {
            return Err(XdpError::NoDatapath(folder.to_owned()));
        }
        let stale =
            |found| XdpError::StaleLayout { folder: folder.to_owned(), found, ours: LAYOUT };
        let maps = Maps::open(folder).map_err(|error| stale(error.to_string()))?;
        let head = match active_head(&maps)? {
            Some(head) if head.layout != LAYOUT => return Err(stale(head.layout.to_string())),
            head => head.unwrap_or_default(),
        };
        let records = all(&records(folder)?)?;
        Ok(Self { maps, records, head })
    }

    /// The entries of the table in force, the best first.
    pub(super) fn flows(&self) -> Result<Vec<PinnedFlow>, XdpError> {
        let begin = (self.head.half & 1).saturating_mul(self.maps.rules.len() / 2);
        let rules = begin..begin.saturating_add(self.head.n_rules);
        let flows = rules.map(|at| {
            let rule = Rule::from_bytes(read(&self.maps.rules, "vse_rules", at)?);
            let Some(Fact::Flow(record)) = self.records.get(&About::Flow(rule.slot)) else {
                return Ok(None);
            };
            let slot = rule.slot;
            Ok(Some(PinnedFlow {
                slot,
                record: (**record).clone(),
                is_auto: rule.flags & RULE_AUTO != 0,
                state: Entry::from_bytes(read(&self.maps.entries, "vse_entries", slot)?),
                wish: Wish::from_bytes(read(&self.maps.wishes, "vse_wishes", slot)?),
                used: used(&self.maps, slot)?,
            }))
        });
        flows.filter_map(Result::transpose).collect()
    }

    /// The VMs.
    pub(super) fn vms(&self) -> Vec<VmStats> {
        let vms = self.records.values().filter_map(|fact| match fact {
            Fact::Vm(vm) => Some((vm.vm_id, *vm)),
            _ => None,
        });
        vms.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// The cores, with what they carry now.
    pub(super) fn cores(&self) -> Result<Vec<CoreStats>, XdpError> {
        let vms = self.vms();
        let mut n_flows: BTreeMap<Core, u32> = BTreeMap::new();
        for flow in self.flows()? {
            *n_flows.entry(flow.stats(0).core).or_default() += 1;
        }
        let counts = counts(&self.maps)?;
        let records = self.records.values().filter_map(|fact| match fact {
            Fact::Core(core) => Some((core.core, core)),
            _ => None,
        });
        let cores = records.collect::<BTreeMap<_, _>>().into_values();
        let cores = cores.map(|record| {
            let packets = core_packets(&self.maps, record.core.0.into(), &counts)?;
            Ok(CoreStats {
                n_flows: n_flows.get(&record.core).copied().unwrap_or(0),
                packets: record.packets.wrapping_add(packets),
                vms: vms.iter().filter(|vm| vm.core == record.core).map(|vm| vm.vm_id).collect(),
                ..record.clone()
            })
        });
        cores.collect()
    }

    /// The configuration; none where no agent has written it.
    pub(super) fn config(&self) -> Option<Config> {
        match self.records.get(&About::Config) {
            Some(Fact::Config(config)) => Some(*config),
            _ => None,
        }
    }

    /// The datapath and what it has done; none where no agent has written a record.
    pub(super) fn datapath(&self) -> Result<Option<DatapathStats>, XdpError> {
        let Some(base) = self.base() else { return Ok(None) };
        let count = counts(&self.maps)?.iter().fold(Count::default(), |sum, cpu| sum.plus(cpu));
        let sum = u64::wrapping_add;
        Ok(Some(DatapathStats {
            n_flows: self.head.n_rules,
            matched: sum(base.matched, count.matched),
            missed: sum(base.missed, count.missed),
            passed: sum(base.passed, count.passed),
            redirected: sum(base.redirected, count.redirected),
            errors: sum(base.errors, count.errors),
            moves: sum(base.moves, count.moves),
            deferred: sum(base.deferred, count.deferred),
            ..*base
        }))
    }
    /// The datapath's counters of before the maps; none where no agent has written them.
    pub(super) fn base(&self) -> Option<&DatapathStats> {
        match self.records.get(&About::Datapath) {
            Some(Fact::Datapath(datapath)) => Some(datapath),
            _ => None,
        }
    }
}

impl PinnedFlow {
    /// The entry as statistics, at `unix_now`, nanoseconds since 1970.
    pub(super) fn stats(&self, unix_now: u64) -> VseFlowStats {
        let added = Duration::new(self.record.duration_sec.into(), self.record.duration_nsec);
        let lived = Duration::from_nanos(unix_now).saturating_sub(added);
        let mut stats = VseFlowStats {
            duration_sec: u32::try_from(lived.as_secs()).unwrap_or(u32::MAX),
            duration_nsec: lived.subsec_nanos(),
            packet_count: self.record.packet_count.wrapping_add(self.used.0),
            byte_count: self.record.byte_count.wrapping_add(self.used.1),
            ..self.record.clone()
        };
        // Where the agent has heard of the core, its record says more.
        if self.is_auto && self.state.core != CORE_NONE && stats.core != self.core() {
            stats.core = self.core();
            stats.reason = self.reason();
            stats.rxhash = Hex(self.key().rxhash());
            let ago = kernel_clock().saturating_sub(self.state.assigned_ns);
            stats.assigned = unix_now.saturating_sub(ago);
            for action in &mut stats.actions {
                if let codec::of10::Action::Vse(codec::vse::VseAction::SetIrqCore {
                    rxhash, ..
                }) = action
                {
                    *rxhash = stats.rxhash;
                }
            }
        }
        stats
    }

    /// The core that the program has given it.
    pub(super) fn core(&self) -> Core {
        Core(u16::try_from(self.state.core).unwrap_or(u16::MAX))
    }

    pub(super) fn reason(&self) -> Reason {
        Reason::from(u8::try_from(self.state.reason).unwrap_or(u8::MAX))
    }

    /// As much as is known of the frame that it was given its core for.
    pub(super) fn key(&self) -> PacketKey {
        let mut words = [0; KEY_WORDS];
        [words[2], words[3], words[4]] = self.state.flow;
        PacketKey::from_words(words)
    }
}

/// Packets and bytes that the program has counted for a slot.
pub(super) fn used(maps: &Maps, slot: u32) -> Result<(u64, u64), XdpError> {
    let uses = maps.uses.get(&slot, 0);
    let uses = uses.map_err(|source| XdpError::Map { name: "vse_uses", source })?;
    let uses = uses.iter().map(|on_cpu| Use::from_bytes(*on_cpu));
    Ok(uses.fold((0, 0), |(packets, bytes): (u64, u64), on_cpu| {
        (packets.wrapping_add(on_cpu.packets), bytes.wrapping_add(on_cpu.bytes))
    }))
}

/// The counters of the datapath, by CPU.
pub(super) fn counts(maps: &Maps) -> Result<Vec<Count>, XdpError> {
    let counts = maps.counts.get(&0, 0);
    let counts = counts.map_err(|source| XdpError::Map { name: "vse_counts", source })?;
    Ok(counts.iter().map(|on_cpu| Count::from_bytes(*on_cpu)).collect())
}

/// Frames for a core: what was sent there, and what came in there and stayed.
pub(super) fn core_packets(maps: &Maps, core: u32, counts: &[Count]) -> Result<u64, XdpError> {
    let on_cpus = maps.core_counts.get(&core, 0);
    let on_cpus = on_cpus.map_err(|source| XdpError::Map { name: "vse_core_counts", source })?;
    let redirected = on_cpus.iter().map(|on_cpu| CoreCount::from_bytes(*on_cpu).redirected);
    let here = usize::try_from(core).ok().and_then(|core| counts.get(core));
    Ok(redirected.fold(here.map_or(0, |count| count.passed), u64::wrapping_add))
}

/// Nanoseconds since 1970.
pub(super) fn unix_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
