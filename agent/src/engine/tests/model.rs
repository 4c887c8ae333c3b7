//! The engine against a model of plain semantics: a list of entries and a linear scan.

use codec::of10::{FlowModCommand, FlowModFlags};
use codec::text::Flow;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Words of a match that meet often, so that entries cover, overlap and equal one another.
const WORDS: [&str; 24] = [
    "ip",
    "ip,nw_dst=10.0.0.0/8",
    "ip,nw_dst=10.1.0.0/16",
    "ip,nw_dst=10.1.0.1",
    "udp",
    "tcp",
    "udp,tp_dst=1",
    "udp,tp_dst=2",
    "udp,tp_src=1,tp_dst=1",
    "arp",
    "in_port=1",
    "in_port=2",
    "udp,in_port=1,nw_dst=10.1.0.1,tp_dst=2",
    "vm_id=1",
    "vm_id=2",
    "fcf_priority=1",
    "udp,vm_id=1",
    "ip_frag=0",
    "ip_frag=1/1",
    "tun_type=vxlan",
    "tun_id=7",
    "tun_id=0x1/0x1",
    "inner_dl_type=0x800,inner_nw_dst=10.0.0.0/8",
    "dl_vlan=0xffff",
];

fn flow() -> impl Strategy<Value = FlowChange> {
    let command =
        select(vec!["add", "add", "add", "modify", "modify_strict", "delete", "delete_strict"]);
    let rest = (select(&WORDS[..]), 1..4_u16, 0..3_u16, 0..3_u16, 0..4_u16, any::<bool>());
    (command, rest).prop_map(|(command, (words, priority, idle, hard, core, check))| {
        let action = match core {
            0 => "drop".to_owned(),
            1 => "set_irq_core:auto".to_owned(),
            core => format!("set_irq_core:{core}"),
        };
        let check = if check { ",check_overlap" } else { "" };
        let text = format!(
            "{command} priority={priority},{words},idle_timeout={idle},hard_timeout={hard}{check},\
             send_flow_rem,actions={action}"
        );
        change(&text).unwrap()
    })
}

fn frame() -> impl Strategy<Value = PacketKey> {
    let fields = (1..3_u16, 0..3_u16, 0..3_u8, select(vec![6_u8, 17]), any::<bool>(), 1..3_u8);
    let tunnel = proptest::option::of(0..8_u8);
    (fields, tunnel).prop_map(|((in_port, port, vm, proto, fragment, net), tunnel)| {
        let mut frame = vec![0; 42];
        frame[12..14].copy_from_slice(&[0x08, 0x00]);
        frame[14] = 0x45;
        frame[15] = vm << 2 | u8::from(port == 1) << 7;
        frame[20] = if fragment { 0x20 } else { 0 };
        frame[23] = proto;
        frame[30..34].copy_from_slice(&[10, net, 0, 1]);
        frame[34..38].copy_from_slice(&[0, 1, 0, port.try_into().unwrap()]);
        if let Some(vni) = tunnel {
            frame[23] = 17;
            frame[36..38].copy_from_slice(&4789_u16.to_be_bytes());
            frame.extend([8, 0, 0, 0, 0, 0, vni, 0]);
            let inner = frame[..34].to_vec();
            frame.extend(inner);
        }
        PacketKey::extract(&frame, PortNo(in_port), &FcfLayout::DSCP)
    })
}

#[derive(Debug, Clone)]
enum Step {
    Change(FlowChange),
    Bundle(Vec<FlowChange>),
    Frame(PacketKey),
    /// Milliseconds pass.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => flow().prop_map(Step::Change),
        1 => proptest::collection::vec(flow(), 1..6).prop_map(Step::Bundle),
        4 => frame().prop_map(Step::Frame),
        1 => (0..1500_u64).prop_map(Step::Wait),
    ]
}

#[derive(Debug, Clone)]
struct Entry {
    change: FlowChange,
    added: u64,
    used: u64,
    packets: u64,
}

/// Entries in the order in which they were added; times are milliseconds.
#[derive(Debug, Clone, Default)]
struct Model {
    entries: Vec<Entry>,
    now: u64,
}

/// As many entries as the tables hold.
const MOST: usize = 12;
const CORES: u16 = 3;

impl Model {
    fn change(&mut self, change: &FlowChange) -> bool {
        let strict = |entry: &Entry| {
            entry.change.priority == change.priority
                && entry.change.matched.is_same(&change.matched)
        };
        let loose = |entry: &Entry| change.matched.covers(&entry.change.matched);
        let there = matches!(change.action, CoreAction::Core(core) if core.0 >= CORES);
        match change.command {
            FlowModCommand::Add => {
                let overlaps = |entry: &Entry| {
                    entry.change.priority == change.priority
                        && entry.change.matched.overlaps(&change.matched)
                };
                let check = change.flags.contains(FlowModFlags::CHECK_OVERLAP);
                if there || check && self.entries.iter().any(overlaps) {
                    return false;
                }
                let replaces = self.entries.iter().any(strict);
                if !replaces && self.entries.len() >= MOST {
                    return false;
                }
                self.entries.retain(|entry| !strict(entry));
                let (added, used) = (self.now, self.now);
                self.entries.push(Entry { change: change.clone(), added, used, packets: 0 });
                true
            }
            FlowModCommand::Modify | FlowModCommand::ModifyStrict => {
                let is_strict = change.command == FlowModCommand::ModifyStrict;
                let is_meant = |entry: &Entry| if is_strict { strict(entry) } else { loose(entry) };
                if !self.entries.iter().any(is_meant) {
                    return self
                        .change(&FlowChange { command: FlowModCommand::Add, ..change.clone() });
                }
                if there {
                    return false;
                }
                for entry in self.entries.iter_mut().filter(|entry| is_meant(entry)) {
                    entry.change.action = change.action;
                }
                true
            }
            FlowModCommand::DeleteStrict => {
                self.entries.retain(|entry| !strict(entry));
                true
            }
            _ => {
                self.entries.retain(|entry| !loose(entry));
                true
            }
        }
    }

    fn frame(&mut self, key: &PacketKey) {
        let mut best: Option<&mut Entry> = None;
        for entry in &mut self.entries {
            let better = best.as_ref().is_none_or(|b| entry.change.priority > b.change.priority);
            if better && entry.change.matched.matches(key) {
                best = Some(entry);
            }
        }
        if let Some(entry) = best {
            entry.packets += 1;
            entry.used = self.now;
        }
    }

    fn wait(&mut self, millis: u64) {
        self.now += millis;
        let now = self.now;
        let passed =
            |from: u64, seconds: u16| seconds != 0 && now >= from + u64::from(seconds) * 1000;
        self.entries.retain(|entry| {
            !passed(entry.used, entry.change.idle_timeout)
                && !passed(entry.added, entry.change.hard_timeout)
        });
    }

    fn table(&self) -> Vec<String> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.change.priority));
        let line = |entry: &Entry| {
            let Entry { change, packets, .. } = entry;
            format!("{} {} {:?} {packets}", change.priority, change.matched, change.action)
        };
        entries.into_iter().map(line).collect()
    }
}

fn table(engine: &Engine) -> Vec<String> {
    let line = |flow: &FlowEntry| {
        format!("{} {} {:?} {}", flow.priority, flow.matched, flow.action, flow.packet_count)
    };
    engine.flows().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_engine_does_what_the_model_does(steps in proptest::collection::vec(step(), 1..120)) {
        let settings = Settings { max_flows: MOST, seen_flows: 4, ..Settings::default() };
        let mut bench = Bench::with(settings, CORES);
        let mut model = Model::default();
        for step in &steps {
            match step {
                Step::Change(change) => {
                    let done = bench.engine.flow_mod(change, bench.now, &mut bench.events);
                    prop_assert_eq!(done.is_ok(), model.change(change), "{:?}", done);
                }
                Step::Bundle(changes) => {
                    let before = (model.clone(), bench.engine.snapshot(bench.now));
                    let done = bench.engine.bundle(changes, bench.now, &mut bench.events);
                    let refused = changes.iter().position(|change| !model.change(change));
                    prop_assert_eq!(done.as_ref().err().map(|(number, _)| *number), refused);
                    if refused.is_some() {
                        prop_assert_eq!(&bench.engine.snapshot(bench.now), &before.1);
                        model = before.0;
                    }
                }
                Step::Frame(key) => {
                    bench.frame(key);
                    model.frame(key);
                }
                Step::Wait(millis) => {
                    model.wait(*millis);
                    bench.now = Time::from_nanos(model.now * 1_000_000);
                    bench.engine.advance(bench.now, &mut bench.events);
                    let next = bench.engine.next_deadline();
                    prop_assert!(next.is_none_or(|next| next > bench.now));
                }
            }
            prop_assert_eq!(table(&bench.engine), model.table());
            let has = |flow: &FlowEntry| flow.assignment.core != Core::NONE;
            let counted: u32 = bench.engine.cores().iter().map(|state| state.n_flows).sum();
            prop_assert_eq!(bench.engine.flows().filter(|flow| has(flow)).count(), counted as usize);
        }
        // What survives a restart is all.
        let snapshot = bench.engine.snapshot(bench.now);
        let mut other = Bench::with(bench.engine.settings().clone(), CORES);
        prop_assert_eq!(other.engine.restore(&snapshot, Time::ZERO), Ok(Vec::new()));
        prop_assert_eq!(other.engine.snapshot(Time::ZERO), snapshot);
    }

    #[test]
    fn the_first_failing_field_is_none_where_the_entry_matches(flow in flow(), key in frame()) {
        let failing = flow.matched.first_failing(&key);
        prop_assert_eq!(failing.is_none(), flow.matched.matches(&key));
    }
}

#[test]
fn many_entries_of_many_masks_are_found_as_by_a_linear_scan() {
    let settings = Settings { max_flows: 5000, ..Settings::default() };
    let mut bench = Bench::with(settings, 2);
    let mut number = 1_u32;
    let mut next = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        number >> 8
    };
    let text = |next: &mut dyn FnMut() -> u32| {
        let (port, len, net) = (next() % 50, 8 + next() % 25, next() % 4);
        let prefix = format!(
            "{}/{len}",
            std::net::Ipv4Addr::from((10 << 24 | net) << (32 - len) & 0xff00_0000 | 10 << 24)
        );
        let fields =
            [format!("nw_dst={prefix}"), format!("tp_dst={port}"), format!("tp_src={}", port / 5)];
        let chosen = next() % 8;
        let mut words = vec!["udp".to_owned()];
        words.extend(
            fields.into_iter().zip(0..).filter(|(_, n)| chosen >> n & 1 == 1).map(|(f, _)| f),
        );
        let prio = next() % 5;
        Flow::parse(
            &format!("priority={prio},{},actions=set_irq_core:auto", words.join(",")),
            codec::text::Options { lenient: true, ..Default::default() },
        )
        .unwrap()
        .0
    };
    for round in 0..4000 {
        let body = text(&mut next).to_body();
        let mut change = FlowChange::try_from(&body).unwrap();
        if round % 3 == 2 {
            change.command = FlowModCommand::DeleteStrict;
        }
        bench.engine.flow_mod(&change, bench.now, &mut bench.events).unwrap();
        let key = marked(0, false, u16::try_from(next() % 60).unwrap());
        let mut ranked = bench.engine.flows.ranked().into_iter();
        let expected = ranked.find(|entry| entry.matched.matches(&key)).map(|entry| entry.id);
        assert_eq!(bench.engine.classify(&key), expected);
        assert_eq!(bench.engine.classify(&key), expected, "seen before");
    }
    assert!(bench.engine.flow_count() > 100);
}
