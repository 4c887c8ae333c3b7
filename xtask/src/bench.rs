//! `cargo xtask bench`: the benchmarks of all crates, or of those named; `decode`, which compares
//! programs that read captures; `craft`, which compares programs that make and send packets;
//! `engine`, the look-ups of VSE's engine; `agent` and `soak`, the running agent; `proxy`, the one in
//! the OpenFlow session; and `xdp`, the program in the kernel (root).

mod craft;
mod decode;
mod inputs;
mod measure;
mod of10;
mod openflow;
mod packet;
mod plan;
mod random;
mod report;
mod savefile;
mod vxlan;

use crate::packages::{ETHTOOL, IPROUTE2, XDP_TOOLS, need};
use crate::run::{cargo, command, step, top};

pub(crate) fn run(names: &[String]) -> anyhow::Result<()> {
    match names {
        [] => step("bench", &mut cargo(&["bench", "--workspace", "--benches"])),
        [name, options @ ..] if name == "decode" => decode::run(options),
        [name, options @ ..] if name == "craft" => craft::run(options),
        [name] if name == "engine" => {
            step("bench engine", &mut cargo(&["bench", "--package", "agent", "--bench", "engine"]))
        }
        // The running agent: its program is vsectl.
        [name] if name == "agent" => agent(&[]),
        [name] if name == "proxy" => agent(&["--", "proxy"]),
        [name, seconds @ ..] if name == "soak" => {
            let seconds: Vec<&str> = seconds.iter().map(String::as_str).collect();
            agent(&[&["--", "soak"], &seconds[..]].concat())
        }
        // In a network namespace of its own, which takes its interfaces along.
        [name] if name == "xdp" => {
            need(&[IPROUTE2, ETHTOOL, XDP_TOOLS])?;
            let arguments = ["bench", "--package", "agent", "--bench", "xdp"];
            step("build", &mut cargo(&[&arguments[..], &["--no-run"]].concat()))?;
            let mut unshare = command("unshare", &["--net", "cargo"]);
            step("bench xdp", unshare.args(arguments).current_dir(top()))
        }
        crates => crates.iter().try_for_each(|name| {
            step(&format!("bench {name}"), &mut cargo(&["bench", "--package", name, "--benches"]))
        }),
    }
}

fn agent(args: &[&str]) -> anyhow::Result<()> {
    let bench = &["bench", "--package", "vsectl", "--bench", "agent"];
    step("bench agent", &mut cargo(&[bench, args].concat()))
}
