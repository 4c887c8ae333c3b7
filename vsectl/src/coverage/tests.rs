//! Each packet is taken by its entry, in an engine that has the table.

use codec::text::Flow;
use proptest::prelude::*;

use super::*;

fn table(flows: &[impl AsRef<str>]) -> FlowSet {
    FlowSet::new(flows.iter().map(|flow| flow.as_ref().parse::<Flow>().unwrap()))
}

fn cover(flows: &[impl AsRef<str>], layout: FcfLayout) -> Coverage {
    Coverage::of(&table(flows), layout, PortNo::NONE, true).unwrap()
}

/// An engine of its own gives each frame to the entry that is expected.
fn check(flows: &[impl AsRef<str>], layout: FcfLayout, coverage: &Coverage) {
    let cores = (0..8).map(|core| CoreInfo::new(Core(core)));
    let mut settings = Settings::default();
    settings.config.fcf_layout = layout;
    let mut engine = Engine::new(settings, cores);
    for flow in table(flows).iter() {
        engine.flow_mod(&change_of(flow).unwrap(), Time::ZERO, &mut Vec::new()).unwrap();
    }
    let mut hit = HashSet::new();
    for packet in &coverage.packets {
        let key = PacketKey::extract(&packet.frame, PortNo::NONE, &layout);
        let here = Core(7);
        let decision = engine.receive(&key, packet.frame.len(), here, Time::ZERO, &mut Vec::new());
        let winner = decision.entry.and_then(|id| engine.flow(id));
        let expected = packet.entry.map(|at| &coverage.entries[at]);
        assert_eq!(
            winner.map(|entry| entry.matched.to_string()),
            expected.map(|entry| entry.matched.to_string()),
            "{}: {key:?}",
            coverage.comment(packet)
        );
        match expected.map_or(ExpectedCore::Here, |entry| entry.core) {
            ExpectedCore::Named(core) => assert_eq!(decision.core, core),
            ExpectedCore::Here => assert_eq!(decision.core, here),
            ExpectedCore::Auto => {}
        }
        for (missed, field) in &packet.near {
            let matched = &coverage.entries[*missed].matched;
            assert_eq!((matched.failing(&key), matched.first_failing(&key)), (1, Some(*field)));
        }
        hit.extend(packet.entry);
    }
    assert_eq!(hit.len() + coverage.unhit.len(), coverage.entries.len());
    // A packet that misses nothing is the only one that hits its entry.
    for packet in coverage.packets.iter().filter(|packet| packet.near.is_empty()) {
        let same = coverage.packets.iter().filter(|other| other.entry == packet.entry);
        assert_eq!(same.count(), 1);
    }
}

#[test]
fn every_kind_of_field() {
    for layout in [FcfLayout::DSCP, FcfLayout::TOS8, FcfLayout::VLAN] {
        let flows = [
            "priority=90,ip,nw_src=10.0.0.0/8,nw_dst=10.0.0.1,nw_proto=6,tp_dst=80,actions=set_irq_core:1",
            "priority=80,udp,tp_src=53,actions=set_irq_core:2",
            "priority=70,ip,vm_id=5,fcf_priority=1,actions=set_irq_core:3",
            "priority=69,ip,vm_id=5,actions=set_irq_core:auto",
            "priority=60,esp_spi=0x1234,actions=set_irq_core:4",
            "priority=50,ip_frag=1/1,actions=set_irq_core:5",
            "priority=40,tun_id=77,inner_nw_dst=10.9.0.1,inner_dl_type=0x0800,actions=set_irq_core:6",
            "priority=30,arp,arp_tpa=10.0.0.1,actions=set_irq_core:0",
            "priority=20,icmp,icmp_type=8,actions=drop",
            "priority=15,dl_type=0x86dd,actions=set_irq_core:1",
            "priority=10,ip,actions=set_irq_core:1",
            "priority=0,actions=drop",
        ];
        let coverage = cover(&flows, layout);
        assert_eq!(coverage.unhit, [], "{layout}");
        check(&flows, layout, &coverage);
    }
}

#[test]
fn what_cannot_be_hit_is_named() {
    let flows = [
        "priority=9,ip,actions=set_irq_core:1",
        "priority=5,tcp,actions=set_irq_core:2",
        "priority=4,in_port=3,actions=drop",
    ];
    let coverage = cover(&flows, FcfLayout::DSCP);
    let why: Vec<_> = coverage.unhit.iter().map(|u| (u.rule.as_str(), u.why.as_str())).collect();
    assert_eq!(
        why,
        [
            ("priority=5,tcp", "shadowed by priority=9,ip"),
            ("priority=4,in_port=3", "no packet is made that has its in_port"),
        ]
    );
    let flows = [
        "priority=9,dl_vlan=0xffff,actions=set_irq_core:1",
        "priority=8,ip_frag=0,actions=drop",
        "priority=1,udp,ip_frag=0,dl_vlan=0xffff,actions=drop",
    ];
    assert_eq!(cover(&flows, FcfLayout::DSCP).unhit.len(), 1);
}

fn rule() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        (0..3_u8).prop_map(|n| format!("ip,nw_dst=10.0.0.{n}")),
        (0..3_u8).prop_map(|n| format!("ip,nw_src=10.0.{n}.0/24")),
        (0..3_u16).prop_map(|n| format!("tcp,tp_dst={n}")),
        (0..3_u16).prop_map(|n| format!("udp,tp_src={n}")),
        (1..4_u16).prop_map(|n| format!("ip,vm_id={n}")),
        (0..3_u16).prop_map(|n| format!("dl_vlan={n}")),
        (0..3_u16).prop_map(|n| format!("tun_id={n}")),
        (0..3_u16).prop_map(|n| format!("dl_dst=02:00:00:00:00:0{n}")),
        Just("arp".to_owned()),
        Just("dl_type=0x86dd".to_owned()),
        Just(String::new()),
    ];
    (0..9_u16, field, prop_oneof![Just("auto".to_owned()), (0..8_u16).prop_map(|n| n.to_string())])
        .prop_map(|(priority, field, core)| {
            let comma = if field.is_empty() { "" } else { "," };
            format!("priority={priority}{comma}{field},actions=set_irq_core:{core}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn random_tables(rules in proptest::collection::vec(rule(), 1..9)) {
        let coverage = cover(&rules, FcfLayout::DSCP);
        check(&rules, FcfLayout::DSCP, &coverage);
        // An entry that is said to be shadowed has others in front of it.
        for unhit in &coverage.unhit {
            prop_assert!(unhit.why.starts_with("shadowed by "), "{unhit:?}");
        }
    }
}
