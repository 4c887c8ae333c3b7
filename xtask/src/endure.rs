//! `cargo xtask endure DIR…`: every capture below the folders, in every form of output, by a vsectl with
//! its checks on: it has to come to an end of its own, in bounded time and memory. What it may say is
//! that something could not be read or decoded.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::bail;
use wait4::Wait4;

use crate::agree;

/// Seconds that one run may take.
const SECONDS: &str = "60";
/// KiB of address space that it may have: threads reserve more than they use.
const ADDRESS_SPACE: u64 = 512 << 10;

/// The forms of output, and what asks for them, in words without blanks.
const MODES: [(&str, &str); 12] = [
    ("summary", ""),
    ("tree", "-V -x"),
    ("json", "-o json"),
    ("ndjson", "-o ndjson --fcf vlan"),
    ("fields", "-T fields -E header=y -e ip.src -e tcp.stream -e openflow.xid"),
    ("filter", "-Y len(ip.src)>0||tcp.stream==0||frame[0:2]==01:02||vse.problem"),
    (
        "statistics",
        "-q -z phs -z openflow -z latency -z vse-hops -z flow-mods -z assignments -z problems -z io,0.1",
    ),
    (
        "conversations",
        "-q -z conv,eth -z conv,ip -z conv,ipv6 -z conv,tcp -z conv,udp -z endpoints,eth \
         -z endpoints,ip -z endpoints,ipv6 -z endpoints,tcp -z endpoints,udp",
    ),
    ("fcf", "-q -z fcf -z fcf-lint --fcf tos8 -o json"),
    ("set-by", "--set-by -o ndjson"),
    ("pcapng", "-w -"),
    ("pcap", "-w - -F pcap -Y ip||eth"),
];

/// What came of the runs.
#[derive(Debug, Default)]
struct Runs {
    /// How many ended with each status.
    ended: BTreeMap<i32, usize>,
    /// What did not end as it should.
    failures: Vec<String>,
    longest: Option<(Duration, String)>,
    largest: Option<(u64, String)>,
}

pub(crate) fn run(folders: &[String]) -> anyhow::Result<()> {
    if folders.is_empty() {
        bail!("name the folders, or the captures, to read");
    }
    let program = agree::vsectl()?;
    let captures = agree::captures(folders)?;
    let runs = Mutex::<Runs>::default();
    agree::in_parallel(&captures, |capture| {
        for (name, args) in MODES {
            let ended = decode(&program, capture, args);
            if let Ok(mut runs) = runs.lock() {
                runs.add(&format!("{} as {name}", capture.display()), ended);
            }
        }
    });
    let Ok(runs) = runs.into_inner() else { bail!("a worker panicked") };
    println!("{} captures in {} forms: {runs}", captures.len(), MODES.len());
    if !runs.failures.is_empty() {
        bail!("{} runs failed", runs.failures.len());
    }
    Ok(())
}

/// How a run ended: its status, what it said, the time and the resident memory, bytes.
struct Ended {
    status: Option<i32>,
    said: String,
    time: Duration,
    memory: u64,
}

fn decode(program: &Path, capture: &Path, args: &str) -> anyhow::Result<Ended> {
    let limited = format!("ulimit -v {ADDRESS_SPACE}; exec timeout -s KILL {SECONDS} \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, "sh"]).arg(program).arg("decode").arg(capture);
    command.args(args.split_ascii_whitespace());
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    let said = child.stderr.take().map(std::io::read_to_string).transpose()?.unwrap_or_default();
    let used = child.wait4()?;
    Ok(Ended {
        status: used.status.code(),
        said,
        time: begin.elapsed(),
        memory: used.rusage.maxrss,
    })
}

impl Runs {
    fn add(&mut self, what: &str, ended: anyhow::Result<Ended>) {
        let Ended { status, said, time, memory } = match ended {
            Ok(ended) => ended,
            Err(error) => return self.failures.push(format!("{what}: {error:#}")),
        };
        // 1: nothing could be read; 3: not everything.
        match status {
            Some(status @ (0 | 1 | 3)) => *self.ended.entry(status).or_default() += 1,
            status => {
                let last = said.lines().last().unwrap_or_default();
                self.failures.push(format!("{what}: status {status:?}: {last}"));
            }
        }
        if self.longest.as_ref().is_none_or(|(longest, _)| time > *longest) {
            self.longest = Some((time, what.to_owned()));
        }
        if self.largest.as_ref().is_none_or(|(largest, _)| memory > *largest) {
            self.largest = Some((memory, what.to_owned()));
        }
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (status, count) in &self.ended {
            write!(f, "{count} ended with {status}, ")?;
        }
        writeln!(f, "{} failed", self.failures.len())?;
        if let Some((time, what)) = &self.longest {
            writeln!(f, "longest: {:.2} s, {what}", time.as_secs_f64())?;
        }
        if let Some((memory, what)) = &self.largest {
            writeln!(f, "most memory: {} KiB, {what}", memory >> 10)?;
        }
        self.failures.iter().try_for_each(|failure| writeln!(f, "{failure}"))
    }
}
