//! How fast the engine finds the entry for a packet, beside a linear scan and the published figures
//! of others; how fast it loads a table, and what the table needs. Compare within one run.
#![allow(missing_docs, reason = "a benchmark")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run has to stop")]
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::indexing_slicing, reason = "the packets are made here")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use agent::engine::{CoreInfo, Engine, FlowChange, FlowMatch, PacketKey, Settings, Time};
use codec::fcf::FcfLayout;
use codec::of10::{FlowModCommand, FlowModFlags, Match, PortNo, Wildcards};
use codec::types::MacAddr;
use codec::vse::{Core, Tlvs};

/// Packets of a look-up; more than any cache of flows holds.
const PACKETS: usize = 200_000;
/// Flows that are seen again and again.
const FLOWS: usize = 4096;
/// Rounds, of which the median counts.
const ROUNDS: usize = 7;

fn main() {
    println!("look-ups a second in millions, packet bytes to entry, one core");
    println!("masks   entries   first seen   seen before   linear scan   load, entries/s   Mbyte");
    for masks in [15, 32] {
        for entries in [10, 50, 1_000, 10_000, 100_000] {
            row(masks, entries);
        }
    }
    let packets = packets(&rules(15, 1_000), PACKETS);
    let extract = rate(packets.len(), || {
        for packet in &packets {
            black_box(key(packet));
        }
    });
    println!("\nkey from packet bytes alone: {extract:.1} M/s, {:.0} ns", 1e3 / extract);
    println!("\npublished, look-up only, without the key (15 masks; same kind of machine):");
    println!("  entries   Open vSwitch   tuple space in Rust   DPDK ACL (5 fields)");
    println!("      100            4.7                  9-15                    56");
    println!("    1,000            4.5                  7-12                    58");
    println!("   10,000            2.7                   6-9                    19");
    println!("  100,000            1.4                   3-6                     6");
}

fn row(masks: usize, entries: usize) {
    let rules = rules(masks, entries);
    let fresh = packets(&rules, PACKETS);
    let again: Vec<_> = packets(&rules, FLOWS.min(4 * entries));

    let before = resident();
    let mut engine = engine(0);
    let mut events = Vec::with_capacity(2 * entries);
    let begin = Instant::now();
    for rule in &rules {
        engine.flow_mod(rule, Time::ZERO, &mut events).unwrap();
    }
    let load = entries as f64 / begin.elapsed().as_secs_f64();
    drop(events);
    let memory = resident().saturating_sub(before) as f64 / 1e6;
    let first = look_up(&mut engine, &fresh);

    let mut cached = self::engine(16_384);
    for rule in &rules {
        cached.flow_mod(rule, Time::ZERO, &mut Vec::new()).unwrap();
    }
    let repeated: Vec<_> = again.iter().cycle().take(PACKETS).cloned().collect();
    let seen = look_up(&mut cached, &repeated);

    let mut ranked: Vec<_> = engine.flows().map(|flow| flow.matched.clone()).collect();
    ranked.shrink_to_fit();
    let some = &fresh[..(20_000_000 / entries).clamp(100, PACKETS)];
    let scan = rate(some.len(), || {
        for packet in some {
            let key = key(packet);
            black_box(ranked.iter().position(|entry: &FlowMatch| entry.matches(&key)));
        }
    });
    println!(
        "{masks:5}   {entries:7}   {first:10.1}   {seen:11.1}   {scan:11.3}   {load:15.0}   {memory:5.1}"
    );
}

fn engine(seen_flows: usize) -> Engine {
    let settings = Settings { max_flows: 100_000, seen_flows, ..Settings::default() };
    Engine::new(settings, (0..4).map(|core| CoreInfo::new(Core(core))))
}

fn key(packet: &[u8]) -> PacketKey {
    PacketKey::extract(packet, PortNo(1), &FcfLayout::DSCP)
}

fn look_up(engine: &mut Engine, packets: &[Vec<u8>]) -> f64 {
    rate(packets.len(), || {
        for packet in packets {
            black_box(engine.classify(&key(packet)));
        }
    })
}

/// Millions a second, the median of some rounds; the first warms up.
fn rate(count: usize, mut round: impl FnMut()) -> f64 {
    round();
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            round();
            begin.elapsed()
        })
        .collect();
    times.sort();
    count as f64 / times[ROUNDS / 2].as_secs_f64() / 1e6
}

/// Bytes that are resident.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// The same numbers in every run: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap() % limit
    }
}

/// Rules of OpenFlow 1.0 with so many distinct masks: UDP and TCP by prefixes and ports, some with
/// the input port or Ethernet addresses as well; priorities are random, every entry is another.
fn rules(masks: usize, entries: usize) -> Vec<FlowChange> {
    let mut random = Random(7);
    let shapes: Vec<_> = (0..masks).map(shape).collect();
    let mut seen = std::collections::HashSet::new();
    let mut rules = Vec::with_capacity(entries);
    while rules.len() < entries {
        let wildcards = shapes[rules.len() % masks];
        let tcp = random.below(2) == 0;
        let r#match = Match {
            wildcards,
            in_port: PortNo(1),
            dl_type: 0x0800,
            dl_src: MacAddr([2, 0, 0, 0, 0, 1]),
            dl_dst: MacAddr([2, 0, 0, 0, 0, 2]),
            nw_proto: if tcp { 6 } else { 17 },
            nw_src: std::net::Ipv4Addr::from(0x0a00_0000 | random.below(1 << 24)),
            nw_dst: std::net::Ipv4Addr::from(0x0a00_0000 | random.below(1 << 24)),
            tp_src: u16::try_from(random.below(1 << 16)).unwrap(),
            tp_dst: u16::try_from(random.below(1 << 16)).unwrap(),
            ..Match::ANY
        };
        let matched = FlowMatch::new(&r#match, &Tlvs::default()).unwrap();
        if !seen.insert((*matched.mask(), *matched.value())) {
            continue;
        }
        rules.push(FlowChange {
            command: FlowModCommand::Add,
            matched,
            priority: u16::try_from(random.below(1 << 16)).unwrap(),
            cookie: 0,
            idle_timeout: 60,
            hard_timeout: 0,
            flags: FlowModFlags::empty(),
            out_port: PortNo::NONE,
            action: agent::engine::CoreAction::Auto,
        });
    }
    rules
}

/// The wildcards of a shape: prefix lengths and ports differ, and every fourth has more fields.
fn shape(number: usize) -> Wildcards {
    let number = u32::try_from(number).unwrap();
    // Source and destination together leave enough values for many entries.
    let (src, dst) = [(32, 0), (0, 32), (8, 8), (4, 0), (0, 4), (8, 0), (12, 4), (0, 0)]
        [usize::try_from(number % 8).unwrap()];
    let mut wildcards = Wildcards::ALL.with_nw_src_ignored(src).with_nw_dst_ignored(dst);
    wildcards.remove(Wildcards::DL_TYPE | Wildcards::NW_PROTO);
    match number / 8 {
        0 => wildcards.remove(Wildcards::TP_DST),
        1 => wildcards.remove(Wildcards::TP_SRC | Wildcards::IN_PORT),
        2 => wildcards.remove(Wildcards::TP_SRC | Wildcards::TP_DST),
        _ => wildcards.remove(Wildcards::DL_DST),
    }
    wildcards
}

/// Frames of which nine in ten match one of the rules.
fn packets(rules: &[FlowChange], count: usize) -> Vec<Vec<u8>> {
    let mut random = Random(11);
    let count_rules = u32::try_from(rules.len()).unwrap();
    let frame = |_| {
        let rule = &rules[usize::try_from(random.below(count_rules)).unwrap()];
        let of = rule.matched.openflow();
        let hit = random.below(10) != 0;
        let mut any = |mask: u32, value: u32| value & mask | random.below(u32::MAX) & !mask;
        let prefix = |ignored: u32| u32::MAX.checked_shl(ignored).unwrap_or(0);
        let mask = |ignored| if hit { prefix(ignored) } else { 0xff00_0000 };
        let src = any(mask(of.wildcards.nw_src_ignored()), of.nw_src.into());
        let dst = any(mask(of.wildcards.nw_dst_ignored()), of.nw_dst.into());
        let whole = |field| if of.matches(field) { 0xffff } else { 0 };
        let tp_src = any(whole(Wildcards::TP_SRC), of.tp_src.into()).to_be_bytes();
        let tp_dst = any(whole(Wildcards::TP_DST), of.tp_dst.into()).to_be_bytes();
        let mut frame = vec![0; 64];
        frame[..12].copy_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
        frame[12..16].copy_from_slice(&[0x08, 0x00, 0x45, 0]);
        frame[23] = of.nw_proto;
        frame[26..30].copy_from_slice(&src.to_be_bytes());
        frame[30..34].copy_from_slice(&dst.to_be_bytes());
        frame[34..36].copy_from_slice(&tp_src[2..]);
        frame[36..38].copy_from_slice(&tp_dst[2..]);
        frame
    };
    (0..count).map(frame).collect()
}
