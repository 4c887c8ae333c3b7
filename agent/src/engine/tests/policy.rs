//! Every rule of the policy.

use codec::types::Pad;
use codec::vse::{AssignmentEvent, CoreCommand, CoreMod, Policy, Reason};

use super::*;

fn bind(bench: &mut Bench, core: u16, vm_id: u16) {
    let command = CoreCommand::Bind;
    let change = CoreMod { command, core: Core(core), vm_id, pad: Pad::default() };
    bench.engine.core_mod(&change, bench.now, &mut bench.events).unwrap();
}

/// The cores of Table II of the paper; loads are percent there.
fn table_two() -> Bench {
    let mut bench = Bench::new(4);
    for (core, load) in [(0, 100), (1, 500), (2, 200), (3, 500)] {
        bench.load(core, load);
    }
    bind(&mut bench, 0, 1);
    bind(&mut bench, 1, 2);
    bench.flow("vm_id=1,actions=set_irq_core:3");
    bench.flow("vm_id=2,actions=set_irq_core:auto");
    bench
}

#[test]
fn table_two_of_the_paper_sends_the_flow_of_vm_2_to_core_2() {
    let mut bench = table_two();
    let decision = bench.frame(&marked(2, false, 5001));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::LeastLoaded));
    let entry = bench.engine.flow(decision.entry.unwrap()).unwrap();
    assert_eq!(entry.assignment.core, Core(2));
    assert_eq!(entry.assignment.rxhash, marked(2, false, 5001).rxhash());
}

#[test]
fn rule_1_no_entry_stays_on_the_current_core() {
    let mut bench = table_two();
    let decision = bench.frame_on(3, &marked(9, false, 1));
    assert_eq!(decision, Decision { entry: None, core: Core(3), reason: Reason::NoMatch });
}

#[test]
fn rule_2_an_entry_that_names_its_core_keeps_it_whatever_the_load() {
    let mut bench = table_two();
    bench.load(3, 1000);
    let decision = bench.frame(&marked(1, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(3), Reason::Predetermined));
}

#[test]
fn rule_2_an_entry_keeps_the_core_that_it_was_given() {
    let mut bench = table_two();
    bench.frame(&marked(2, false, 1));
    bench.load(2, 1000);
    let decision = bench.frame(&marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::Assigned));
}

#[test]
fn rule_3_where_every_core_runs_a_vm_the_least_loaded_but_the_own_one() {
    let mut bench = table_two();
    bind(&mut bench, 2, 3);
    bind(&mut bench, 3, 4);
    bench.flow("vm_id=3,actions=set_irq_core:auto");
    bench.load(0, 300);
    // Core 2 is the least loaded, and runs VM 3 itself.
    let decision = bench.frame(&marked(3, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(0), Reason::LeastLoadedNotOwn));
    let decision = bench.frame(&marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::LeastLoadedNotOwn));
}

#[test]
fn rule_3_ties_go_to_the_lower_number() {
    let mut bench = Bench::new(4);
    bench.flow("actions=set_irq_core:auto");
    bench.engine.set_eligible(Core(0), false, bench.now, &mut bench.events).unwrap();
    assert_eq!(bench.frame(&marked(1, false, 1)).core, Core(1));
}

#[test]
fn rule_3_a_core_that_may_not_be_chosen_is_not() {
    let mut bench = table_two();
    bench.engine.set_eligible(Core(2), false, bench.now, &mut bench.events).unwrap();
    assert_eq!(bench.frame(&marked(2, false, 1)).core, Core(3));
}

#[test]
fn rule_3_ten_flows_in_one_interval_spread() {
    let mut bench = Bench::new(4);
    for port in 0..10 {
        bench.flow(&format!("udp,tp_dst={port},actions=set_irq_core:auto"));
        bench.frame(&marked(0, false, port));
    }
    let flows: Vec<_> = bench.engine.cores().iter().map(|state| state.n_flows).collect();
    assert_eq!(flows, [3, 3, 2, 2]);
}

#[test]
fn what_is_expected_gives_way_to_what_is_measured() {
    let mut bench = Bench::new(1);
    bench.load(0, 100);
    bench.flow("actions=set_irq_core:auto");
    bench.frame(&marked(0, false, 1));
    let core = |bench: &Bench| {
        let state = bench.engine.cores().get(Core(0)).unwrap().clone();
        (state.load(), state.provisional())
    };
    assert_eq!(core(&bench), (100, 50));
    // The flow turns out as heavy as expected: the sum stays.
    bench.load(0, 150);
    assert_eq!(core(&bench), (125, 25));
    bench.load(0, 150);
    assert_eq!(core(&bench), (138, 13));
}

#[test]
fn rule_4_where_every_core_is_highly_loaded_the_frame_stays() {
    let mut bench = table_two();
    // Four samples, since each counts half.
    for core in [0, 1, 2, 3].repeat(4) {
        bench.load(core, 1000);
    }
    let decision = bench.frame_on(1, &marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(1), Reason::AllHigh));
    // And is placed as soon as there is a core.
    bench.load(3, 0);
    let decision = bench.frame_on(1, &marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(3), Reason::LeastLoaded));
}

#[test]
fn rule_5_others_avoid_the_core_of_a_priority_flow_while_there_is_another() {
    let mut bench = Bench::new(2);
    bench.load(1, 400);
    bench.flow("vm_id=1,actions=set_irq_core:auto");
    bench.flow("vm_id=2,actions=set_irq_core:auto");
    let decision = bench.frame(&marked(1, true, 1));
    assert_eq!((decision.core, decision.reason), (Core(0), Reason::Priority));
    let decision = bench.frame(&marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(1), Reason::LeastLoaded));
    bench.engine.set_eligible(Core(1), false, bench.now, &mut bench.events).unwrap();
    bench.now = Time::from_secs(1);
    assert_eq!(bench.frame(&marked(2, false, 1)).core, Core(0), "there is no other");
}

#[test]
fn rule_5_the_case_of_table_seven_of_the_paper() {
    // Three VMs on cores 0 to 2; the priority flow of VM 1 has core 3 for itself.
    let mut bench = Bench::new(4);
    for vm_id in 1..=3 {
        bind(&mut bench, vm_id - 1, vm_id);
        bench.flow(&format!("vm_id={vm_id},actions=set_irq_core:auto"));
    }
    let core = |bench: &mut Bench, vm_id, priority| bench.frame(&marked(vm_id, priority, 1)).core;
    assert_eq!(core(&mut bench, 1, true), Core(3));
    assert_eq!(core(&mut bench, 2, false), Core(0));
    assert_eq!(core(&mut bench, 3, false), Core(1));
}

#[test]
fn the_policy_hash_spreads_by_the_flow_and_the_policy_current_stays() {
    let mut bench = Bench::new(4);
    let config = |policy| Config { policy, ..*Bench::new(1).engine.config() };
    bench.engine.configure(config(Policy::Hash)).unwrap();
    let mut seen = [0; 4];
    for port in 1..=64 {
        bench.flow(&format!("udp,tp_dst={port},actions=set_irq_core:auto"));
        let decision = bench.frame(&marked(0, false, port));
        assert_eq!(decision.reason, Reason::Hash);
        seen[usize::from(decision.core.0)] += 1;
    }
    assert!(seen.iter().all(|flows| *flows > 4), "{seen:?}");
    bench.engine.configure(config(Policy::Current)).unwrap();
    bench.flow("udp,tp_dst=99,actions=set_irq_core:auto");
    let decision = bench.frame_on(2, &marked(0, false, 99));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::Current));
    let decision = bench.frame_on(3, &marked(0, false, 99));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::Assigned));
}

#[test]
fn switched_off_every_frame_stays() {
    let mut bench = table_two();
    let off = Config { flags: ConfigFlags::empty(), ..*bench.engine.config() };
    bench.engine.configure(off).unwrap();
    let decision = bench.frame_on(1, &marked(1, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(1), Reason::Disabled));
}

#[test]
fn an_entry_without_an_action_leaves_its_frames_where_they_are() {
    let mut bench = table_two();
    bench.flow("priority=60000,vm_id=2,actions=drop");
    let decision = bench.frame_on(1, &marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(1), Reason::NoAction));
}

#[test]
fn a_core_that_is_no_longer_eligible_is_given_back_and_drained_first() {
    let mut bench = table_two();
    bench.frame(&marked(2, false, 1));
    bench.events.clear();
    bench.engine.set_eligible(Core(2), false, bench.now, &mut bench.events).unwrap();
    let told = bench.events.iter().find_map(|event| match event {
        Event::Decided(decided) => Some((decided.event, decided.reason, decided.old_core)),
        _ => None,
    });
    assert_eq!(told, Some((AssignmentEvent::Released, Reason::CoreGone, Core(2))));
    // Frames that are under way must not be overtaken.
    let decision = bench.frame(&marked(2, false, 1));
    assert_eq!((decision.core, decision.reason), (Core(2), Reason::Draining));
    bench.engine.drained(Core(2), bench.now);
    assert_eq!(bench.frame(&marked(2, false, 1)).core, Core(3));
    // An entry that names its core keeps it.
    bench.engine.set_eligible(Core(3), false, bench.now, &mut bench.events).unwrap();
    assert_eq!(bench.frame(&marked(1, false, 1)).core, Core(3));
}

#[test]
fn what_vse_put_into_an_entry_goes_when_the_entry_is_idle() {
    let mut bench = table_two();
    bench.frame(&marked(2, false, 1));
    assert_eq!(bench.engine.next_deadline(), Some(Time::from_secs(60)));
    bench.now = Time::from_secs(60);
    bench.engine.advance(bench.now, &mut bench.events);
    let cores: Vec<_> = bench.engine.flows().map(|flow| flow.assignment.core).collect();
    assert_eq!(cores, [Core(3), Core::NONE]);
    let last = bench.events.iter().rev().find_map(|event| match event {
        Event::Decided(decided) => Some(decided.reason),
        _ => None,
    });
    assert_eq!(last, Some(Reason::Idle));
}
