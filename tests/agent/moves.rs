//! An entry moves to another core while its flow goes on, and no datagram overtakes another.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::commands::{done, json};
use crate::steered::{HERE, Steered, THERE};

/// Datagrams that are sent without a pause.
const BURST: usize = 64;
/// How often the entry goes to the other core.
const MOVES: usize = 20;
/// Longer than a core that has taken all frames of an entry must be silent before it moves.
const SILENCE: Duration = Duration::from_millis(2);

#[test]
#[ignore = "needs root"]
fn no_datagram_overtakes_another_when_their_entry_moves() {
    let world = Steered::new("moves");
    let _agent = world.agent(&[]);
    let target = world.dir.target();
    // By the hash: the load of this machine is not to decide.
    done(&target, &["config", "set", "policy=hash"]);
    done(&target, &["flow", "add", "udp,tp_dst=1000,actions=set_irq_core:auto"]);
    let bind = |address: &str, port| UdpSocket::bind((address, port)).expect("the address is ours");
    let receiver = world.receiver.run(|| bind("192.0.2.2", 1000)).expect("a namespace");
    receiver.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
    let sender = world.sender.run(|| bind("192.0.2.1", 5000)).expect("a namespace");
    let mut core = CpuSet::new();
    core.set(HERE as usize).expect("a core");
    sched_setaffinity(Pid::from_raw(0), &core).expect("the core is online");

    let ends = AtomicBool::new(false);
    let received = std::thread::scope(|scope| {
        // Datagrams are always under way when the agent changes its mind.
        scope.spawn(|| {
            let mut numbers = 0_u64..;
            while !ends.load(Ordering::Relaxed) {
                for number in numbers.by_ref().take(BURST) {
                    sender.send_to(&number.to_be_bytes(), "192.0.2.2:1000").expect("it is taken");
                }
                let pause = Instant::now();
                while pause.elapsed() < SILENCE {
                    std::thread::yield_now();
                }
            }
            sender.send_to(&u64::MAX.to_be_bytes(), "192.0.2.2:1000").expect("it is taken");
        });
        let receives = scope.spawn(|| {
            let (mut last, mut count) = (None, 0);
            while last != Some(u64::MAX) {
                let mut told = [0; 8];
                receiver.recv(&mut told).expect("somebody sends");
                let number = u64::from_be_bytes(told);
                assert!(last < Some(number), "{number} comes behind {last:?}");
                (last, count) = (Some(number), count + 1);
            }
            count
        });
        let sends = Sends(&ends);
        for core in [THERE, HERE].into_iter().cycle().take(MOVES) {
            move_to(&target, core);
        }
        drop(sends);
        receives.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    assert!(received > 0);
    assert!(world.drained(THERE).processed > 0);
    let flows = json(&target, &["flow", "list", "-o", "json"]);
    assert_eq!(flows["entries"][0]["reason"], "hash", "{flows}");
}

/// Ends the sender when dropped, so that a test that fails ends too.
struct Sends<'a>(&'a AtomicBool);

impl Drop for Sends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Leaves the flow no core but this one, and waits until its entry is there.
fn move_to(target: &str, core: u32) {
    for (core, eligible) in [(core, "yes"), (HERE + THERE - core, "no")] {
        done(target, &["core", "set", &core.to_string(), "--eligible", eligible]);
    }
    let begin = Instant::now();
    loop {
        let flows = json(target, &["flow", "list", "-o", "json"]);
        if flows["entries"][0]["core"] == core {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "it stays: {flows}");
    }
}
