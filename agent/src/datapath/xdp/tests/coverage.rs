//! The packets of `vsectl craft coverage` are taken by the rules that their comments name.

use std::path::Path;

use codec::text::{Flow, Options};
use dissect::savefile::Reader;

use super::super::XdpOptions;
use super::super::abi::NO_RULE;
use super::rig::{IN_PORT, Rig};
use crate::engine::{CoreInfo, Engine, FlowChange, PacketKey, Settings, Time};

/// Where table and packets are; the command that made them stands in the table.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/datapath/xdp/tests/coverage");

#[test]
#[ignore = "needs root"]
fn covering_packets_hit_their_rules() {
    let cores = (0..8).map(|n| CoreInfo::new(codec::vse::Core(n)));
    let mut engine = Engine::new(Settings::default(), cores);
    let text = std::fs::read_to_string(Path::new(FOLDER).join("table.flows")).unwrap();
    for (flow, _) in Flow::parse_lines(&text, Options::default()).unwrap() {
        let change = FlowChange::try_from(&flow.to_body()).unwrap();
        engine.flow_mod(&change, Time::ZERO, &mut Vec::new()).unwrap();
    }
    // One place for decisions, so that the last one can be read back.
    let options = XdpOptions { cache_bits: Some(0), ..XdpOptions::default() };
    let mut rig = Rig::new(engine, options);
    rig.datapath.cores.pretend_open(0..8);
    let file = std::fs::File::open(Path::new(FOLDER).join("packets.pcapng")).unwrap();
    let mut reader = Reader::new(file).unwrap();
    let mut packets = 0;
    while let Some(record) = reader.next().unwrap() {
        let comment = record.comment.expect("what is expected").to_owned();
        let expected = comment.split("rule=").nth(1).unwrap();
        let expected = expected.split(';').next().unwrap();
        let frame = record.frame.bytes.to_vec();
        rig.run(&frame);
        let (key, rule) = rig.cached();
        let layout = rig.engine.config().fcf_layout;
        assert_eq!(PacketKey::from_words(key), PacketKey::extract(&frame, IN_PORT, &layout));
        let winner = rig.engine.flows().nth(rule as usize).filter(|_| rule != NO_RULE);
        let winner = winner.map_or("none".to_owned(), |entry| {
            let matched = entry.matched.to_string();
            let comma = if matched.is_empty() { "" } else { "," };
            format!("priority={}{comma}{matched}", entry.priority)
        });
        assert_eq!(words(&winner), words(expected), "packet {}", packets + 1);
        packets += 1;
    }
    assert!(packets > 25);
}

/// The words of a rule, whose order says nothing.
fn words(rule: &str) -> Vec<&str> {
    let mut words: Vec<&str> = rule.split(',').collect();
    words.sort_unstable();
    words
}
