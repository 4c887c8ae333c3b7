//! What a developer runs: `cargo xtask demo`, `test`, and the rest. It needs no system library of
//! its own, and installs the system packages that a task lacks.

mod agree;
mod bench;
mod bpf;
mod demo;
mod endure;
mod fuzz;
mod man;
mod packages;
mod pcaps;
mod python;
mod run;
mod test;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  demo          decode a golden capture: the main job, on real input
  demo --full   the whole loop: two hypervisors with Open vSwitch, VSE and a VM each, and a
                controller made with os-ken (root)
  test          run every check: formatting, lints, documents, tests, fuzz smoke
  fuzz          run each fuzz target for a short time
  bpf [--check] build the objects of the BPF programs, or compare the committed ones
  man           write the manual pages of the commands into man/
  pcaps         record the golden captures anew (root)
  agree DIR...  compare vsectl with tshark on captures that are not in the repository
  endure DIR... read such captures in every form of output, in bounded time and memory
  bench [NAME]  run the benchmarks, or those of one crate
  bench agent   changes a second, memory, idle load and flow list of the running agent
  bench soak [SECONDS]
                a hundred clients at once, forty of which mean ill
  bench xdp     time the XDP program in the kernel against others (root)
  bench decode [--quick] [--scale N] [--json FILE]
                time reading captures against libpcap and other programs;
                --quick leaves out the slow ones, --scale divides the frames
  bench craft [--quick] [--json FILE]
                time making and sending packets against C, tcpreplay, trafgen
                and scapy (root); --quick makes a hundredth, once
";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next();
    let rest: Vec<String> = args.collect();
    let done = match (task.as_deref(), rest.as_slice()) {
        (Some("demo"), []) => demo::run(),
        (Some("demo"), [full]) if full == "--full" => demo::full(),
        (Some("test"), []) => test::run(),
        (Some("bpf"), []) => bpf::build(),
        (Some("bpf"), [check]) if check == "--check" => bpf::check(),
        (Some("man"), []) => man::run(),
        (Some("pcaps"), []) => pcaps::run(),
        (Some("fuzz"), []) => fuzz::run(),
        (Some("agree"), folders) => agree::run(folders),
        (Some("endure"), folders) => endure::run(folders),
        (Some("bench"), names) => bench::run(names),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
