//! The packets that cover a flow table: for each entry one that it takes, and near misses, which
//! differ from it in one field of the match.
//!
//! A packet is taken by one entry, so that the smallest set has one for each entry that can be
//! hit. It is found by search: fields that the entry leaves open are given values by which the
//! entries before it do not match. Each frame is read back into the engine's key and matched
//! against the whole table, so that what is expected of it is what the engine does.

mod frame;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use agent::engine::{CoreInfo, Engine, FlowMatch, PacketKey, Settings, Time, UnixOffset};
use anyhow::anyhow;
use codec::fcf::FcfLayout;
use codec::of10::{Action, PortNo};
use codec::vse::{Core, MatchField, VseAction};

use crate::flow_set::FlowSet;
use crate::flow_simulation::{change_of, named_core};
use crate::view::FlowView;
use frame::Wanted;

/// How many frames are tried for one entry.
const ATTEMPTS: usize = 4_000;

/// Where a frame is expected to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpectedCore {
    /// To this core.
    Named(Core),
    /// To the one that VSE chooses.
    Auto,
    /// It stays on the core that received it.
    Here,
}

impl fmt::Display for ExpectedCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(core) => write!(f, "{core}"),
            Self::Auto => f.write_str("auto"),
            Self::Here => f.write_str("here"),
        }
    }
}

/// A packet and what is expected of it.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) frame: Vec<u8>,
    /// Which of the entries takes it; none, if none does.
    pub(crate) entry: Option<usize>,
    /// The entries that it just misses, each with the field that fails.
    pub(crate) near: Vec<(usize, MatchField)>,
}

/// An entry of the table, the best first.
#[derive(Debug)]
pub(crate) struct Entry {
    matched: FlowMatch,
    /// Priority and match, without a blank.
    pub(crate) rule: String,
    pub(crate) core: ExpectedCore,
}

/// An entry that no packet hits, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unhit {
    pub(crate) rule: String,
    pub(crate) why: String,
}

/// What covers a table.
#[derive(Debug)]
pub(crate) struct Coverage {
    pub(crate) entries: Vec<Entry>,
    pub(crate) packets: Vec<Packet>,
    pub(crate) unhit: Vec<Unhit>,
}

impl Coverage {
    /// The text that goes with a packet into a capture.
    pub(crate) fn comment(&self, packet: &Packet) -> String {
        let entry = packet.entry.and_then(|entry| self.entries.get(entry));
        let rule = entry.map_or("none", |entry| &entry.rule);
        let core = entry.map_or(ExpectedCore::Here, |entry| entry.core);
        let mut text = format!("expect core={core} rule={rule}");
        for (missed, field) in &packet.near {
            let rule = self.entries.get(*missed).map_or("", |entry| &entry.rule);
            text.extend([format!("; near miss of {rule} by {field}")]);
        }
        text
    }

    /// Packets for `table`, which come in on `in_port`.
    pub(crate) fn of(
        table: &FlowSet,
        layout: FcfLayout,
        in_port: PortNo,
        near_misses: bool,
    ) -> anyhow::Result<Self> {
        let entries = ranked(table)?;
        let search = Search { entries: &entries, layout, in_port };
        let mut packets = Packets::default();
        let mut hits = Vec::new();
        let mut unhit = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            match search.hit(at) {
                Ok((wanted, frame)) => {
                    if near_misses {
                        search.near_misses(at, &wanted, &mut packets);
                    }
                    hits.push((at, frame));
                }
                Err(why) => unhit.push(Unhit { rule: entry.rule.clone(), why }),
            }
        }
        // What just misses an entry may hit another one, which needs no packet of its own then.
        for (at, frame) in hits {
            if packets.list.iter().all(|packet| packet.entry != Some(at)) {
                packets.put(frame, Some(at), None);
            }
        }
        Ok(Self { packets: packets.list, entries, unhit })
    }
}

/// The entries of a table as the engine ranks them.
fn ranked(table: &FlowSet) -> anyhow::Result<Vec<Entry>> {
    let named = table.iter().flat_map(|flow| &flow.flow_mod.actions).filter_map(named_core);
    let cores: BTreeSet<u16> = named.map(|core| core.0).collect();
    let cores = cores.into_iter().map(|core| CoreInfo::new(Core(core)));
    let settings = Settings { max_flows: usize::MAX, ..Settings::default() };
    let mut engine = Engine::new(settings, cores);
    for flow in table.iter() {
        let change = change_of(flow).map_err(|refusal| anyhow!("{flow}: {refusal}"))?;
        engine
            .flow_mod(&change, Time::ZERO, &mut Vec::new())
            .map_err(|refusal| anyhow!("{flow}: {refusal}"))?;
    }
    let nothing = PacketKey::from_words([0; agent::engine::KEY_WORDS]);
    let trace = engine.trace(&nothing, Core(0), Time::ZERO);
    Ok(trace
        .candidates
        .iter()
        .map(|candidate| {
            let view = FlowView::from(candidate.entry.to_stats(Time::ZERO, UnixOffset(0)));
            let matched = candidate.entry.matched.clone();
            let comma = if matched.to_string().is_empty() { "" } else { "," };
            let rule = format!("priority={}{comma}{matched}", view.priority);
            Entry { matched, rule, core: expected_core(&view.actions) }
        })
        .collect())
}

fn expected_core(actions: &[Action]) -> ExpectedCore {
    let chosen = actions.iter().find(|a| matches!(a, Action::Vse(VseAction::SetIrqCore { .. })));
    match (chosen, chosen.and_then(named_core)) {
        (_, Some(core)) => ExpectedCore::Named(core),
        (Some(_), None) => ExpectedCore::Auto,
        (None, None) => ExpectedCore::Here,
    }
}

/// Packets, each once.
#[derive(Debug, Default)]
struct Packets {
    list: Vec<Packet>,
    places: HashMap<Vec<u8>, usize>,
}

impl Packets {
    fn put(&mut self, frame: Vec<u8>, entry: Option<usize>, near: Option<(usize, MatchField)>) {
        let place = *self.places.entry(frame.clone()).or_insert_with(|| {
            self.list.push(Packet { frame, entry, near: Vec::new() });
            self.list.len() - 1
        });
        if let Some(packet) = self.list.get_mut(place) {
            packet.near.extend(near);
        }
    }
}

struct Search<'a> {
    entries: &'a [Entry],
    layout: FcfLayout,
    in_port: PortNo,
}

impl Search<'_> {
    fn key(&self, frame: &[u8]) -> PacketKey {
        PacketKey::extract(frame, self.in_port, &self.layout)
    }

    /// The entry that takes a frame.
    fn winner(&self, key: &PacketKey) -> Option<usize> {
        self.entries.iter().position(|entry| entry.matched.matches(key))
    }

    /// A frame that the entry takes, and the fields that make it so; or why there is none.
    fn hit(&self, at: usize) -> Result<(Wanted, Vec<u8>), String> {
        let Some(entry) = self.entries.get(at) else { return Err(String::new()) };
        let before = self.entries.get(..at).unwrap_or_default();
        if let Some(other) = before.iter().find(|other| other.matched.covers(&entry.matched)) {
            return Err(format!("shadowed by {}", other.rule));
        }
        let own =
            entry.matched.fields().map(|(field, value, mask)| (u8::from(field), (value, mask)));
        let mut left = vec![own.collect::<Wanted>()];
        let mut seen = HashSet::new();
        let mut takers = BTreeSet::new();
        let mut obstacle = None;
        for _ in 0..ATTEMPTS {
            let Some(wanted) = left.pop() else { break };
            let frame = match frame::build(&wanted, self.layout) {
                Ok(frame) => frame,
                Err(error) => {
                    obstacle.get_or_insert(error);
                    continue;
                }
            };
            let key = self.key(&frame);
            match self.winner(&key) {
                Some(winner) if winner == at => return Ok((wanted, frame)),
                Some(winner) if winner < at && entry.matched.matches(&key) => {
                    takers.insert(winner);
                    // The last one is tried first: that of the innermost header.
                    let ways = self.ways_around(winner, &wanted);
                    left.extend(ways.into_iter().filter(|way| seen.insert(way.clone())));
                }
                _ => {
                    let field = entry.matched.first_failing(&key);
                    let field = field.map_or_else(String::new, |field| field.to_string());
                    obstacle.get_or_insert(format!("no packet is made that has its {field}"));
                }
            }
        }
        let names = takers.iter().filter_map(|taker| self.entries.get(*taker));
        let names: Vec<&str> = names.map(|entry| entry.rule.as_str()).collect();
        Err(match (names.as_slice(), obstacle) {
            ([], Some(obstacle)) => obstacle,
            ([], None) => "no packet is made for it".to_owned(),
            (names, _) if left.is_empty() => {
                format!("shadowed by {} together", names.join(" and "))
            }
            (names, _) => {
                format!("not found in {ATTEMPTS} tries, which {} took", names.join(" and "))
            }
        })
    }

    /// What else to want so that the entry `winner` does not match.
    fn ways_around(&self, winner: usize, wanted: &Wanted) -> Vec<Wanted> {
        let Some(entry) = self.entries.get(winner) else { return Vec::new() };
        let mut ways = Vec::new();
        for (field, value, mask) in entry.matched.fields() {
            let (own, fixed) = wanted.get(&u8::from(field)).copied().unwrap_or((0, 0));
            for (value, mask) in others(field, (value, mask), (own, fixed)) {
                let mut way = wanted.clone();
                way.insert(u8::from(field), (value, mask));
                ways.push(way);
            }
        }
        ways
    }

    /// Puts packets that the entry would take but for one field.
    fn near_misses(&self, at: usize, hit: &Wanted, packets: &mut Packets) {
        let Some(entry) = self.entries.get(at) else { return };
        for (field, value, mask) in entry.matched.fields() {
            let (now, fixed) = hit.get(&u8::from(field)).copied().unwrap_or((value, mask));
            // The lowest bit first: it comes last.
            for (value, mask) in
                others(field, (value, mask), (now & !mask, fixed & !mask)).into_iter().rev()
            {
                let mut wanted = hit.clone();
                // All other bits stay as they are.
                wanted.insert(u8::from(field), (value | now & !mask, mask | fixed));
                let Ok(frame) = frame::build(&wanted, self.layout) else { continue };
                let key = self.key(&frame);
                if entry.matched.failing(&key) == 1
                    && entry.matched.first_failing(&key) == Some(field)
                {
                    packets.put(frame, self.winner(&key), Some((at, field)));
                    break;
                }
            }
        }
    }
}

/// Values of a field that differ from `theirs` where they have bits, and keep those that `own` has
/// fixed; what is to be tried first comes last.
fn others(field: MatchField, theirs: (u64, u64), own: (u64, u64)) -> Vec<(u64, u64)> {
    let (value, mask) = theirs;
    let (now, fixed) = own;
    let whole: &[u64] = match field {
        MatchField::InPort => return Vec::new(),
        MatchField::DlType | MatchField::InnerDlType => &[0x88b5, 0x86dd, 0x0806, 0x0800],
        MatchField::NwProto | MatchField::InnerNwProto => &[2, 1, 0, 255, 132, 58, 1, 50, 6, 17],
        MatchField::DlVlan | MatchField::InnerDlVlan => &[3, 2, 1, 0xffff],
        MatchField::IpFrag => &[3, 1, 0],
        MatchField::TunType => &[3, 2, 1],
        _ => &[],
    };
    let all = u64::MAX;
    let fits = |other: &&u64| **other & fixed == now & fixed && (**other ^ value) & mask != 0;
    let mut found: Vec<(u64, u64)> = whole.iter().filter(fits).map(|other| (*other, all)).collect();
    if whole.is_empty() {
        let free = mask & !fixed;
        let bits = (0..64).rev().map(|bit| 1_u64 << bit).filter(|bit| free & bit != 0);
        found = bits.map(|bit| (now & fixed | !value & bit, fixed | bit)).collect();
    }
    found
}

/// An entry as an agent tells it.
#[cfg(test)]
pub(crate) fn view_of(flow: &codec::text::Flow) -> FlowView {
    let cores = (0..8).map(|core| CoreInfo::new(Core(core)));
    let mut engine = Engine::new(Settings::default(), cores);
    let change = change_of(flow).expect("an entry");
    engine.flow_mod(&change, Time::ZERO, &mut Vec::new()).expect("an entry");
    let entry = engine.flows().next().expect("an entry");
    FlowView::from(entry.to_stats(Time::ZERO, UnixOffset(0)))
}

#[cfg(test)]
mod tests;
