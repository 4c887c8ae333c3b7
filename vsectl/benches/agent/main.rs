//! The running agent: how fast it takes changes, what it needs, and whether it serves honest clients
//! beside others. `cargo xtask bench agent`; `cargo xtask bench soak [SECONDS]`; `cargo xtask bench proxy`, the
//! proxy before it.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot run has to stop")]
#![allow(clippy::print_stdout, reason = "its output is a table")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod changes;
mod proxy;
mod running;
mod soak;

use std::process::Command;
use std::time::{Duration, Instant};

use running::Running;

/// Entries of the large table.
const ENTRIES: u32 = 100_000;
/// How long an idle agent is watched.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    // Cargo puts `--bench` behind what the caller says.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => figures(),
        ["proxy"] => proxy::run(),
        ["soak"] => soak::run(Duration::from_secs(60)),
        ["soak", seconds] => {
            soak::run(Duration::from_secs(seconds.parse().expect("a number of seconds")));
        }
        _ => panic!("want nothing, proxy, or soak [SECONDS]"),
    }
}

fn figures() {
    println!("acknowledged changes over the unix socket, adding {ENTRIES} entries");
    for (words, window, per_barrier) in [
        ("a barrier each, one at a time", 1, 1),
        ("a barrier each, 64 under way", 64, 1),
        ("a barrier for 64, two windows under way", 2, 64),
    ] {
        let agent = Running::start(&[]);
        let count = if window == 1 { ENTRIES / 10 } else { ENTRIES };
        let seconds = changes::add(&agent, count, window, per_barrier);
        println!("  {words:<40} {:>9.0} a second", f64::from(count) / seconds);
        if per_barrier == 64 {
            let memory = agent.memory() as f64 / 1e6;
            println!("resident memory with {ENTRIES} entries: {memory:.1} MB");
            println!("flow list of {ENTRIES} entries: {}", list(&agent, 3));
        }
    }
    let agent = Running::start(&[]);
    changes::add(&agent, 50, 50, 1);
    println!("flow list of 50 entries, start to exit: {}", list(&agent, 40));
    let before = agent.busy();
    std::thread::sleep(IDLE);
    let busy = agent.busy().saturating_sub(before);
    println!("processor time of the idle agent in {IDLE:?}: {busy:.1?}");
}

/// Times of `flow list`: the best, and the one in the middle.
fn list(agent: &Running, runs: usize) -> String {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let begun = Instant::now();
            let ran = Command::new(env!("CARGO_BIN_EXE_vsectl"))
                .args(["--agent", &agent.target(), "flow", "list"])
                .output()
                .expect("vsectl runs");
            assert!(ran.status.success() && !ran.stdout.is_empty());
            begun.elapsed()
        })
        .collect();
    times.sort();
    let [best, middle] = [0, runs / 2].map(|at| times.get(at).copied().unwrap_or_default());
    format!("{best:.1?} at best, {middle:.1?} in the middle of {runs}")
}
