//! OpenFlow 1.0.0 section 4.6, and sections 3.3 and 3.4 for what wins.

use std::net::Ipv4Addr;

use codec::of10::{ErrorCode, FlowModFailedCode, FlowRemovedReason, Match, Wildcards};
use codec::vse::Tlvs;

use super::*;

#[test]
fn priority_decides_and_the_older_of_equals() {
    let mut bench = Bench::new(2);
    bench.flow("priority=5,udp,actions=set_irq_core:0");
    bench.flow("priority=6,ip,actions=set_irq_core:1");
    bench.flow("priority=6,udp,actions=set_irq_core:0");
    assert_eq!(bench.frame(&marked(0, false, 1)).core, Core(1));
    assert_eq!(bench.table(), ["6 ip", "6 udp", "5 udp"]);
}

#[test]
fn an_entry_without_wildcards_comes_before_all_others() {
    let mut bench = Bench::new(2);
    bench.flow("priority=65535,actions=set_irq_core:0");
    bench.flow(
        "priority=1,udp,in_port=1,dl_vlan=0xffff,dl_src=00:00:00:00:00:00,\
         dl_dst=00:00:00:00:00:00,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_tos=0,tp_src=0,tp_dst=53,\
         actions=set_irq_core:1",
    );
    assert_eq!(bench.frame(&marked(0, false, 53)).core, Core(1));
    assert_eq!(bench.frame(&marked(0, false, 54)).core, Core(0));
}

#[test]
fn a_field_whose_header_is_not_asked_for_is_ignored() {
    let mut wide = Match::ANY;
    wide.nw_dst = Ipv4Addr::new(10, 0, 0, 1);
    wide.wildcards = wide.wildcards.with_nw_dst_ignored(0) - Wildcards::TP_DST;
    let any = FlowMatch::new(&Match::ANY, &Tlvs::default()).unwrap();
    assert!(FlowMatch::new(&wide, &Tlvs::default()).unwrap().is_same(&any));
}

#[test]
fn an_identical_entry_is_replaced_with_its_counters() {
    let mut bench = Bench::new(2);
    bench.flow("priority=5,udp,send_flow_rem,actions=set_irq_core:1");
    bench.frame(&marked(0, false, 1));
    bench.events.clear();
    bench.flow("priority=5,udp,cookie=7,actions=set_irq_core:0");
    let entry = bench.engine.flows().next().unwrap();
    assert_eq!((entry.packet_count, entry.cookie, bench.engine.flow_count()), (0, 7, 1));
    assert!(!bench.events.iter().any(|event| matches!(event, Event::FlowRemoved(_))));
}

#[test]
fn modify_changes_what_is_covered_and_keeps_counters() {
    let mut bench = Bench::new(3);
    bench.flow("priority=5,udp,tp_dst=53,actions=set_irq_core:0");
    bench.flow("priority=6,tcp,actions=set_irq_core:0");
    bench.frame(&marked(0, false, 53));
    bench.flow("modify priority=1,udp,actions=set_irq_core:2");
    let all: Vec<_> = bench.engine.flows().map(|f| (f.assignment.core, f.packet_count)).collect();
    assert_eq!(all, [(Core(0), 0), (Core(2), 1)]);
    bench.flow("modify_strict priority=6,tcp,actions=set_irq_core:1");
    assert_eq!(bench.engine.flows().next().unwrap().assignment.core, Core(1));
}

#[test]
fn modify_of_nothing_adds() {
    let mut bench = Bench::new(1);
    bench.flow("modify priority=1,udp,actions=set_irq_core:0");
    bench.flow("modify_strict priority=2,udp,actions=set_irq_core:0");
    assert_eq!(bench.table(), ["2 udp", "1 udp"]);
}

#[test]
fn delete_takes_what_is_covered_and_strict_the_very_entry() {
    let mut bench = Bench::new(1);
    for text in ["priority=1,udp", "priority=2,udp,tp_dst=53", "priority=3,ip", "priority=4,arp"] {
        bench.flow(&format!("{text},send_flow_rem,actions=drop"));
    }
    bench.flow("delete_strict priority=9,ip");
    assert_eq!(bench.engine.flow_count(), 4);
    bench.flow("delete_strict priority=3,ip");
    assert_eq!(bench.table(), ["4 arp", "2 udp,tp_dst=53", "1 udp"]);
    bench.flow("delete udp,out_port=1");
    assert_eq!(bench.engine.flow_count(), 3, "no entry sends out of a port");
    bench.flow("delete udp");
    assert_eq!(bench.table(), ["4 arp"]);
    let removed = bench.events.iter().filter_map(|event| match event {
        Event::FlowRemoved(removed) => Some((removed.entry.priority, removed.reason)),
        _ => None,
    });
    let delete = FlowRemovedReason::Delete;
    assert_eq!(removed.collect::<Vec<_>>(), [(3, delete), (1, delete), (2, delete)]);
}

#[test]
fn check_overlap_refuses_what_could_match_the_same_frame_at_the_same_priority() {
    let mut bench = Bench::new(1);
    bench.flow("priority=5,ip,nw_dst=10.0.0.0/8,actions=drop");
    let refused = bench.change("priority=5,udp,check_overlap,actions=drop").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::FlowModFailed(FlowModFailedCode::Overlap));
    bench.flow("priority=6,udp,check_overlap,actions=drop");
    bench.flow("priority=5,arp,check_overlap,actions=drop");
    bench.flow("priority=5,ip,nw_dst=11.0.0.0/8,check_overlap,actions=drop");
    assert_eq!(bench.engine.flow_count(), 4);
}

#[test]
fn a_full_table_refuses_what_is_new() {
    let mut bench = Bench::with(Settings { max_flows: 1, ..Settings::default() }, 1);
    bench.flow("udp,actions=drop");
    let refused = bench.change("tcp,actions=drop").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::FlowModFailed(FlowModFailedCode::AllTablesFull));
    bench.flow("udp,cookie=1,actions=drop");
}

#[test]
fn what_vse_cannot_do_is_refused_with_the_error_of_the_protocol() {
    let mut bench = Bench::new(2);
    for (text, error) in [
        ("udp,actions=set_irq_core:2", "bad_action/bad_argument"),
        ("udp,actions=output:1", "bad_action/bad_type"),
        ("udp,actions=set_fcf(vm_id=1,priority=0,carrier=tos)", "bad_action/bad_type"),
        ("udp,actions=set_irq_core:1,set_irq_core:1", "bad_action/too_many"),
        ("udp,emerg,actions=drop", "flow_mod_failed/all_tables_full"),
        ("udp,buffer_id=1,actions=drop", "bad_request/buffer_unknown"),
        ("udp,ip_frag=2,actions=drop", "flow_mod_failed/unsupported"),
        ("udp,vm_id=4095,actions=drop", "flow_mod_failed/unsupported"),
    ] {
        let refused = bench.change(text).unwrap_err();
        assert_eq!(refused.code().to_string(), error, "{text}: {refused}");
    }
    assert_eq!((bench.engine.flow_count(), bench.engine.generation()), (0, 0));
    assert!(bench.events.is_empty());
}

#[test]
fn timeouts() {
    let mut bench = Bench::new(1);
    bench.flow("udp,idle_timeout=10,hard_timeout=15,send_flow_rem,actions=set_irq_core:0");
    bench.flow("tcp,idle_timeout=10,send_flow_rem,actions=set_irq_core:0");
    let gone = |bench: &mut Bench, seconds| {
        bench.now = Time::from_secs(seconds);
        bench.engine.advance(bench.now, &mut bench.events);
        let removed = bench.events.drain(..).filter_map(|event| match event {
            Event::FlowRemoved(removed) => Some(removed.reason),
            _ => None,
        });
        removed.collect::<Vec<_>>()
    };
    assert_eq!(gone(&mut bench, 9), []);
    bench.frame(&marked(0, false, 1));
    assert_eq!(gone(&mut bench, 10), [FlowRemovedReason::IdleTimeout]);
    assert_eq!(gone(&mut bench, 14), []);
    assert_eq!(gone(&mut bench, 15), [FlowRemovedReason::HardTimeout]);
}

#[test]
fn a_bundle_is_done_whole_or_not_at_all() {
    let mut bench = Bench::new(1);
    bench.flow("priority=1,udp,actions=set_irq_core:0");
    let (before, told) = (bench.engine.snapshot(bench.now), bench.events.len());
    let changes: Vec<_> = ["delete udp", "tcp,actions=drop", "arp,actions=set_irq_core:9"]
        .into_iter()
        .map(|text| change(text).unwrap())
        .collect();
    let refused = bench.engine.bundle(&changes, bench.now, &mut bench.events).unwrap_err();
    assert_eq!((refused.0, bench.engine.snapshot(bench.now)), (2, before));
    assert_eq!(bench.events.len(), told);
    bench.engine.bundle(&changes[..2], bench.now, &mut bench.events).unwrap();
    assert_eq!(bench.table(), ["32768 tcp"]);
}

#[test]
fn a_trace_tells_the_first_field_that_failed_and_changes_nothing() {
    let mut bench = Bench::new(2);
    bench.flow("priority=9,udp,tp_dst=53,actions=drop");
    bench.flow("priority=8,udp,tun_id=7,actions=drop");
    bench.flow("priority=7,vm_id=5,actions=set_irq_core:auto");
    bench.flow("priority=6,udp,actions=drop");
    let before = bench.engine.snapshot(bench.now);
    let trace = bench.engine.trace(&marked(5, false, 54), Core(1), bench.now);
    let fields: Vec<_> = trace.candidates.iter().map(|candidate| candidate.field).collect();
    assert_eq!(fields, [Some(MatchField::TpDst), Some(MatchField::TunId), None, None]);
    assert_eq!(trace.core, Core(0));
    assert_eq!(trace.winner().map(|id| bench.engine.flow(id).unwrap().priority), Some(7));
    assert_eq!(bench.engine.snapshot(bench.now), before);
}

#[test]
fn a_snapshot_gives_back_the_tables() {
    let mut bench = Bench::new(4);
    bench.now = Time::from_secs(100);
    bench.flow("priority=9,udp,vm_id=5,idle_timeout=7,cookie=3,actions=set_irq_core:auto");
    bench.flow("priority=9,tcp,actions=set_irq_core:3");
    bench.engine.set_eligible(Core(0), false, bench.now, &mut bench.events).unwrap();
    bench.frame(&marked(5, true, 53));
    bench.now = Time::from_secs(103);
    let snapshot = bench.engine.snapshot(bench.now);
    let json = serde_json::to_string(&snapshot).unwrap();
    let read: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(read, snapshot);
    // Under a clock that has just begun.
    let mut other = Bench::new(4);
    assert_eq!(other.engine.restore(&read, Time::ZERO), Ok(Vec::new()));
    assert_eq!(other.engine.snapshot(Time::ZERO), snapshot);
    assert_eq!(other.frame(&marked(5, true, 53)).core, Core(1));
    // On a host without core 3 the entry that names it is left out.
    let mut smaller = Bench::new(3);
    let left_out = smaller.engine.restore(&read, Time::ZERO).unwrap();
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0].why, Refusal::NoCore(Core(3)));
}

#[test]
fn a_snapshot_keeps_what_was_said_of_cores() {
    let isolated = |core| CoreInfo { is_eligible: core != 1, ..CoreInfo::new(Core(core)) };
    let engine = || Engine::new(Settings::default(), (0..3).map(isolated));
    let mut before = engine();
    for (core, eligible) in [(1, true), (2, false)] {
        before.set_eligible(Core(core), eligible, Time::ZERO, &mut Vec::new()).unwrap();
    }
    let snapshot = before.snapshot(Time::ZERO);
    let mut after = engine();
    after.restore(&snapshot, Time::ZERO).unwrap();
    let eligible = |engine: &Engine| -> Vec<bool> {
        engine.cores().iter().map(|state| state.info.is_eligible).collect()
    };
    assert_eq!(eligible(&after), [true, true, false]);
    // Where nobody has said anything, the host decides: here, one where no core is isolated.
    let plain = engine().snapshot(Time::ZERO);
    let mut other = Engine::new(Settings::default(), (0..3).map(|n| CoreInfo::new(Core(n))));
    other.restore(&plain, Time::ZERO).unwrap();
    assert_eq!(eligible(&other), [true; 3]);
}
