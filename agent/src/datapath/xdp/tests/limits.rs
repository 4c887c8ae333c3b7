//! The verifier and the search at the largest table that can be configured, and the default one full, with more
//! masks than any table of use has.

use codec::text::Flow;
use codec::vse::Core;

use super::super::XdpOptions;
use super::random::Random;
use super::rig::{IN_PORT, Rig};
use crate::engine::{CoreInfo, Engine, FlowChange, PacketKey, Settings, Time};

/// Rules that the key `xdp_rules` allows at most.
const LARGEST: u32 = 65_536;
/// Rules of the table that is searched, and their masks.
const RULES: u32 = 4096;
const MASKS: usize = 256;
const FRAMES: u32 = 2000;

#[test]
#[ignore = "needs root"]
fn the_largest_maps_load_and_a_full_table_of_many_masks_is_searched() {
    let cores = (0..2).map(|n| CoreInfo::new(Core(n)));
    let settings = Settings { max_flows: RULES as usize, ..Settings::default() };
    let options = XdpOptions { max_rules: LARGEST, cache_bits: Some(0), ..XdpOptions::default() };
    let mut rig = Rig::new(Engine::new(settings, cores), options);
    let mut random = Random(0x5eed);
    let mut address = || {
        // Few values, so that frames meet rules.
        let byte = random.of(&[0, 1, 2, 3, 0x80, 0xff]);
        let low = random.of(&[0, 1, 0x7f, 0xff]);
        [10, byte, low, random.of(&[1, 2, 3, 4])]
    };
    for rule in 0..RULES {
        let (source, destination) = (1 + rule % 32, 4 * (1 + rule / 32 % 8));
        let masked = |address: [u8; 4], len: u32| {
            std::net::Ipv4Addr::from(u32::from_be_bytes(address) & u32::MAX << (32 - len))
        };
        let (from, to) = (masked(address(), source), masked(address(), destination));
        let text = format!(
            "priority={},ip,nw_src={from}/{source},nw_dst={to}/{destination},actions=set_irq_core:0",
            rule / 4 + 1
        );
        let flow: Flow = text.parse().unwrap();
        let change = FlowChange::try_from(&flow.to_body()).unwrap();
        rig.engine.flow_mod(&change, Time::ZERO, &mut rig.events).unwrap();
    }
    rig.sync();
    let masks: std::collections::HashSet<_> =
        rig.engine.flows().map(|entry| *entry.matched.mask()).collect();
    assert_eq!(masks.len(), MASKS);
    let layout = rig.engine.config().fcf_layout;
    let ids: Vec<_> = rig.engine.flows().map(|entry| entry.id).collect();
    let mut matched = 0;
    for _ in 0..FRAMES {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28];
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        frame.extend(address());
        frame.extend(address());
        frame.extend([0; 8]);
        let key = PacketKey::extract(&frame, IN_PORT, &layout);
        let decision = rig.engine.receive(&key, frame.len(), Core(0), Time::ZERO, &mut Vec::new());
        rig.run(&frame);
        let (_, rule) = rig.cached();
        assert_eq!(ids.get(rule as usize).copied(), decision.entry, "{frame:02x?}");
        matched += u32::from(decision.entry.is_some());
    }
    assert!(matched > FRAMES / 2, "{matched} of {FRAMES} frames found an entry");
}
