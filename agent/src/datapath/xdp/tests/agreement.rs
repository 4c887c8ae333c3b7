//! Engine and program agree: on the key of every frame, on the entry that wins, on the core and the
//! reason, and in the end on every counter. Tables, frames, loads, VMs and settings are random.

use std::time::Duration;

use codec::fcf::FcfLayout;
use codec::text::Flow;
use codec::types::{FixedStr, MacAddr, Pad};
use codec::vse::{Carrier, Core, Policy, Reason, VmSource, VmStats};

use super::super::XdpOptions;
use super::super::abi::NO_RULE;
use super::random::Random;
use super::rig::{IN_PORT, Rig, XDP_PASS, XDP_REDIRECT};
use crate::engine::{CoreInfo, Counters, Engine, FlowChange, FlowEntry, PacketKey, Settings, Time};

/// More cores than the machine has: choosing one of them is compared, sending there is not.
const CORES: u16 = 6;
/// The thread runs on it.
const HERE: Core = Core(0);
/// Random tables, each with 60 frames.
const TABLES: u32 = 300;
const NOW: Time = Time::from_secs(1_000_000);

#[test]
#[ignore = "needs root"]
fn on_random_frames_and_tables() {
    let cores = (0..CORES).map(|n| CoreInfo::new(Core(n)));
    // Nothing drains by itself, however slow the machine is.
    let long = Duration::from_secs(3600);
    let settings = Settings { max_flows: 512, drain_time: long, ..Settings::default() };
    let options =
        XdpOptions { cache_bits: Some(0), max_rules: 512, settle: long, ..XdpOptions::default() };
    let engine = Engine::new(settings, cores);
    let mut rig = Rig::new(engine, options);
    rig.datapath.cores.pretend_open(0..CORES.into());
    let mut seen = Seen::default();
    for _ in 0..TABLES {
        let seed = rand_seed();
        // Shown where the test fails.
        println!("seed {seed:#x}");
        one_table(&mut rig, &mut Random(seed), &mut seen);
    }
    // Else the frames and rules would have proved little.
    assert!(seen.frames > 10_000 && seen.matched > seen.frames / 4, "{seen:?}");
    assert!(seen.assigned > 150 && seen.tunnels > 500 && seen.fragments > 500, "{seen:?}");
}

/// Where each core runs a VM, a frame goes to the least loaded one that does not run its own.
#[test]
#[ignore = "needs root"]
fn never_the_core_of_the_vm_itself() {
    let cores = (0..2).map(|n| CoreInfo::new(Core(n)));
    let engine = Engine::new(Settings::default(), cores);
    let mut rig = Rig::new(engine, XdpOptions::default());
    let (own, other) = (Core(1), Core(0));
    for (vm_id, core, load) in [(5, own, 0), (6, other, 500)] {
        rig.engine.bind_vm(vm(vm_id, core)).unwrap();
        rig.engine.set_load(core, load, NOW);
    }
    let flow: Flow = "ip,actions=set_irq_core:auto".parse().unwrap();
    let change = FlowChange::try_from(&flow.to_body()).unwrap();
    rig.engine.flow_mod(&change, NOW, &mut rig.events).unwrap();
    rig.sync();
    // DSCP 5 is VM 5.
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 5 << 2, 0, 20];
    frame.extend([0, 0, 0, 0, 64, 253, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    let key = PacketKey::extract(&frame, IN_PORT, &rig.engine.config().fcf_layout);
    let mut model = rig.engine.clone();
    let decision = model.receive(&key, frame.len(), HERE, NOW, &mut Vec::new());
    assert_eq!((decision.core, decision.reason), (other, Reason::LeastLoadedNotOwn));
    rig.run(&frame);
    rig.poll(NOW);
    assert_same(&rig.engine, &model);
}

/// Another one each time.
fn rand_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) | 1
}

#[derive(Debug, Default)]
struct Seen {
    frames: u64,
    matched: u64,
    assigned: u64,
    tunnels: u64,
    fragments: u64,
}

/// A table in the place of the last, and frames for it.
fn one_table(rig: &mut Rig, random: &mut Random, seen: &mut Seen) {
    settle(rig, random);
    let layout = rig.engine.config().fcf_layout;
    let frames: Vec<Vec<u8>> = (0..60).map(|_| random.frame()).collect();
    let keys: Vec<PacketKey> =
        frames.iter().map(|frame| PacketKey::extract(frame, IN_PORT, &layout)).collect();
    let old: Vec<_> = rig.engine.flows().map(|entry| entry.id).collect();
    for _ in 0..random.of(&[1, 5, 40, 200]) {
        let key = random.of(&keys);
        if let Some(change) = random.rule(&key) {
            rig.engine.flow_mod(&change, NOW, &mut rig.events).unwrap();
        }
    }
    // The entries of the last table go in the same step as those of this one come.
    rig.remove(&old);
    rig.sync();
    let mut model = rig.engine.clone();
    let before = *model.counters();
    let mut errors = 0;
    for (frame, key) in frames.iter().zip(&keys) {
        let decision = model.receive(key, frame.len(), HERE, NOW, &mut Vec::new());
        let returned = rig.run(frame);
        let (cached, rule) = rig.cached();
        assert_eq!(PacketKey::from_words(cached), *key, "the key of {frame:02x?}");
        let winner = rig.engine.flows().nth(rule as usize).map(|entry| entry.id);
        assert_eq!(
            (rule == NO_RULE, winner),
            (decision.entry.is_none(), decision.entry),
            "{key:?}"
        );
        let sent = match decision.core {
            HERE => XDP_PASS,
            Core(1) => XDP_REDIRECT,
            // There is no such core to send to.
            _ => {
                errors += 1;
                XDP_PASS
            }
        };
        assert_eq!(returned, sent, "{decision:?} of {key:?}");
        seen.frames += 1;
        seen.matched += u64::from(decision.entry.is_some());
        seen.tunnels += u64::from(key.field(codec::vse::MatchField::TunType) != 0);
        seen.fragments += u64::from(key.field(codec::vse::MatchField::IpFrag) != 0);
    }
    rig.poll(NOW);
    assert_same(&rig.engine, &model);
    let counted = |now: &Counters| Counters {
        passed: now.passed - before.passed + errors,
        redirected: now.redirected - before.redirected - errors,
        errors: now.errors - before.errors + errors,
        ..*now
    };
    let ours = Counters {
        passed: rig.engine.counters().passed - before.passed,
        redirected: rig.engine.counters().redirected - before.redirected,
        errors: rig.engine.counters().errors - before.errors,
        ..*rig.engine.counters()
    };
    assert_eq!(ours, counted(model.counters()));
    seen.assigned += model.flows().filter(|entry| entry.assignment.at.is_some()).count() as u64;
}

/// Other loads, VMs and settings.
fn settle(rig: &mut Rig, random: &mut Random) {
    let mut config = *rig.engine.config();
    config.policy = random.of(&[Policy::Adaptive, Policy::Adaptive, Policy::Hash, Policy::Current]);
    config.high_load = random.of(&[900, 900, 300]);
    let nibble = FcfLayout::custom(Carrier::Tos, 1, 0xf0).unwrap();
    config.fcf_layout = random.of(&[FcfLayout::DSCP, FcfLayout::TOS8, FcfLayout::VLAN, nibble]);
    rig.engine.configure(config).unwrap();
    for core in (0..CORES).map(Core) {
        rig.engine.set_load(core, random.of(&[0, 100, 200, 200, 500, 1000]), NOW);
        let eligible = !random.one_in(6);
        rig.engine.set_eligible(core, eligible, NOW, &mut rig.events).unwrap();
    }
    // Now and then each core runs a VM, so that only the frame's own one is kept away from.
    let everywhere = random.one_in(3);
    for (vm_id, core) in [5, 6, 7, 31, 4094, 9].into_iter().zip((0..CORES).cycle()) {
        rig.engine.unbind_vm(vm_id);
        if everywhere {
            rig.engine.bind_vm(vm(vm_id, Core(core))).unwrap();
        } else if random.one_in(2) {
            let core = Core(random.below(CORES.into()) as u16);
            rig.engine.bind_vm(vm(vm_id, core)).unwrap();
        }
    }
}

fn vm(vm_id: u16, core: Core) -> VmStats {
    VmStats {
        vm_id,
        core,
        port_no: codec::of10::PortNo::NONE,
        tenant_id: 0,
        pid: 0,
        hw_addr: MacAddr::default(),
        source: VmSource::Manual,
        pad: Pad::default(),
        name: FixedStr::default(),
    }
}

/// Both have counted and decided the same for every entry.
fn assert_same(ours: &Engine, model: &Engine) {
    let what = |entry: &FlowEntry| {
        let assignment = crate::engine::Assignment { at: None, ..entry.assignment };
        (entry.id, entry.packet_count, entry.byte_count, assignment)
    };
    let ours: Vec<_> = ours.flows().map(what).collect();
    let model: Vec<_> = model.flows().map(what).collect();
    for (ours, model) in ours.iter().zip(&model) {
        assert_eq!(ours, model);
    }
}
