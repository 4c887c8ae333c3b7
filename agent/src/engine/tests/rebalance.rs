//! When entries move: hysteresis, gain, NUMA nodes, draining.

use codec::vse::{AssignmentEvent, Reason};

use super::*;

/// Two flows on core 0, the second with three times the frames, and core 0 highly loaded.
fn crowded() -> Bench {
    let mut bench = Bench::new(3);
    let flags = ConfigFlags::ENABLED | ConfigFlags::REBALANCE;
    let config = Config { flags, ..*bench.engine.config() };
    bench.engine.configure(config).unwrap();
    bench.load(1, 900);
    bench.load(2, 900);
    bench.flow("udp,tp_dst=1,actions=set_irq_core:auto");
    bench.flow("udp,tp_dst=2,actions=set_irq_core:auto");
    frames(&mut bench);
    let cores: Vec<_> = bench.engine.flows().map(|flow| flow.assignment.core).collect();
    assert_eq!(cores, [Core(0), Core(0)]);
    bench
}

fn frames(bench: &mut Bench) {
    for port in [1, 2, 2, 2] {
        bench.frame(&marked(0, false, port));
    }
}

/// Lets seconds pass, one sample in each.
fn run(bench: &mut Bench, seconds: u64, loads: [u16; 3]) {
    for _ in 0..seconds {
        bench.now = bench.now + std::time::Duration::from_secs(1);
        for (core, load) in (0..).zip(loads) {
            bench.load(core, load);
        }
        frames(bench);
        bench.engine.advance(bench.now, &mut bench.events);
    }
}

fn cores(bench: &Bench) -> Vec<u16> {
    bench.engine.flows().map(|flow| flow.assignment.core.0).collect()
}

fn decisions(bench: &Bench) -> Vec<(AssignmentEvent, Reason)> {
    let decided = bench.events.iter().filter_map(|event| match event {
        Event::Decided(decided) => Some((decided.event, decided.reason)),
        _ => None,
    });
    decided.collect()
}

#[test]
fn after_sustained_high_load_the_largest_flow_that_gains_moves_to_the_least_loaded_core() {
    let mut bench = crowded();
    bench.events.clear();
    run(&mut bench, 60, [1000, 200, 100]);
    assert_eq!(cores(&bench), [0, 0]);
    run(&mut bench, 2, [1000, 200, 100]);
    // The other would take three quarters of the load with it, and be no better off.
    assert_eq!(cores(&bench), [2, 0]);
    assert_eq!(bench.engine.counters().moves, 1);
    let moved = (AssignmentEvent::Moved, Reason::Rebalanced);
    assert_eq!(decisions(&bench).last(), Some(&moved));
    // And not again before another interval has passed.
    run(&mut bench, 30, [1000, 200, 100]);
    assert_eq!(bench.engine.counters().moves, 1);
}

#[test]
fn one_sample_below_the_threshold_begins_the_wait_anew() {
    let mut bench = crowded();
    run(&mut bench, 50, [1000, 200, 100]);
    run(&mut bench, 1, [500, 200, 100]);
    run(&mut bench, 55, [1000, 200, 100]);
    assert_eq!((cores(&bench), bench.engine.counters().moves), (vec![0, 0], 0));
}

#[test]
fn without_a_clear_gain_nothing_moves() {
    let mut bench = crowded();
    run(&mut bench, 200, [1000, 890, 890]);
    assert_eq!((cores(&bench), bench.engine.counters().moves), (vec![0, 0], 0));
}

#[test]
fn off_by_default() {
    let mut bench = crowded();
    let config = Config { flags: ConfigFlags::ENABLED, ..*bench.engine.config() };
    bench.engine.configure(config).unwrap();
    run(&mut bench, 200, [1000, 200, 100]);
    assert_eq!(bench.engine.counters().moves, 0);
}

#[test]
fn a_move_waits_until_the_old_core_has_drained_or_the_flow_had_a_gap() {
    for drained in [true, false] {
        let mut bench = crowded();
        bench.engine.settings.drain_time = std::time::Duration::from_millis(100);
        run(&mut bench, 61, [1000, 200, 100]);
        let before = bench.engine.counters().moves;
        bench.frame(&marked(0, false, 1));
        assert_eq!(before, bench.engine.counters().moves);
        assert_eq!(bench.engine.counters().deferred, 1);
        let decision = bench.frame(&marked(0, false, 1));
        assert_eq!((decision.core, decision.reason), (Core(0), Reason::Draining));
        if drained {
            bench.engine.drained(Core(0), bench.now);
        } else {
            bench.now = bench.now + std::time::Duration::from_millis(100);
        }
        let decision = bench.frame(&marked(0, false, 1));
        assert_eq!((decision.core, decision.reason), (Core(2), Reason::Rebalanced));
    }
}

#[test]
fn never_across_numa_nodes() {
    let near = |core, numa_node| CoreInfo { numa_node, ..CoreInfo::new(Core(core)) };
    let mut bench = crowded();
    let snapshot = bench.engine.snapshot(bench.now);
    let settings = bench.engine.settings().clone();
    bench.engine = Engine::new(settings, [near(0, 0), near(1, 0), near(2, 1)]);
    bench.engine.restore(&snapshot, bench.now).unwrap();
    run(&mut bench, 62, [1000, 200, 100]);
    assert_eq!(cores(&bench), [1, 0]);
}
