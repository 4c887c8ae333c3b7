//! What is run, and what it is to reach.

use std::fmt;
use std::process::Command;

use crate::run::{command, run};

use super::FOLDER;
use super::lab::{self, INTERFACE, Lab};

/// What the programs are compared in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Making packets in which two fields vary, into a file.
    Make,
    /// Sending frames of 60 bytes, as fast as it goes.
    Send,
    /// Sending so many a second.
    Pace,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Make => "make",
            Self::Send => "send",
            Self::Pace => "pace",
        })
    }
}

/// What a program is to reach: the rate of another, times this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) factor: f64,
    /// How the line of the other begins.
    pub(super) of: &'static str,
}

/// Debian's, which has scapy.
const PYTHON: &str = "/usr/bin/python3";
/// The C programs.
const DUMP_LOOP: &str = "dump_loop";
const SEND_LOOP: &str = "send_loop";

/// A command line to time.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) part: Part,
    /// As one types it in a shell.
    pub(super) line: String,
    pub(super) packets: u64,
    /// Packets a second that were asked for.
    pub(super) pace: Option<f64>,
    pub(super) targets: Vec<Target>,
}

impl Entry {
    fn new(part: Part, packets: u64, line: String) -> Self {
        Self { part, line, packets, pace: None, targets: Vec::new() }
    }

    fn at_least(mut self, factor: f64, of: &'static str) -> Self {
        self.targets.push(Target { factor, of });
        self
    }

    pub(super) fn command(&self, lab: &Lab) -> Command {
        let mut words = words(&self.line);
        let program = match words.next().unwrap_or_default() {
            name @ (DUMP_LOOP | SEND_LOOP) => format!("{FOLDER}/{name}"),
            "vsectl" => "target/release/vsectl".to_owned(),
            other => other.to_owned(),
        };
        if self.part == Part::Make {
            let mut command = command(&program, &[]);
            command.args(words);
            return command;
        }
        let mut command = lab.command(&program);
        command.args(words);
        command
    }
}

/// The words of a line, in which quotes keep spaces together.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('\'').enumerate().flat_map(|(at, piece)| {
        let quoted = at % 2 == 1;
        let plain = (!quoted).then(|| piece.split_whitespace());
        quoted.then_some(piece).into_iter().chain(plain.into_iter().flatten())
    })
}

/// The packets that are made: the address and the port vary.
const VARYING: &str = "ip src=10.0.0.0/16 / udp sport=5000 dport=1-1000 / payload len=18";
/// One that is sent.
const FIXED: &str = "ip src=10.0.0.0 / udp sport=5000 dport=5000 / payload len=18";

/// Packets that are made, and sent.
const MADE: u64 = 1_000_000;
const SENT: u64 = 1_000_000;
/// The part of them for programs that take a thousand times as long.
const SLOW: u64 = 500;

/// Every command line but those with a pace, with a `scale`-th of the packets.
pub(super) fn entries(scale: u64) -> Vec<Entry> {
    let (made, sent) = (MADE / scale, SENT / scale);
    let few = (MADE / SLOW / scale).max(10);
    let make = |packets, line| Entry::new(Part::Make, packets, line);
    let send = |packets, line| Entry::new(Part::Send, packets, line);
    let craft = format!("vsectl craft traffic '{VARYING}' -c {made} -w {FOLDER}/made");
    let scapy = format!("{PYTHON} {FOLDER}/make.py");
    vec![
        make(made, format!("{DUMP_LOOP} {made} {FOLDER}/made.pcap")),
        make(made, format!("{craft}.pcap -F pcap")).at_least(1.0, DUMP_LOOP),
        make(made, format!("{craft}.pcapng")).at_least(1.0, DUMP_LOOP),
        make(made, format!("trafgen -i {FOLDER}/varying.cfg -o {FOLDER}/made.pcap -n {made} -P1")),
        make(few, format!("{scapy} {few} {FOLDER}/made.pcap")),
        send(sent, format!("{SEND_LOOP} {sent} {INTERFACE}")),
        send(
            sent,
            format!("vsectl send {FOLDER}/thousand.pcap -i {INTERFACE} -t --loop {}", sent / 1000),
        )
        .at_least(0.95, SEND_LOOP)
        .at_least(1.3, "tcpreplay --topspeed"),
        send(sent, format!("vsectl craft traffic '{VARYING}' -c {sent} -i {INTERFACE} -t"))
            .at_least(0.95, SEND_LOOP)
            .at_least(1.3, "tcpreplay --topspeed"),
        send(
            sent,
            format!(
                "tcpreplay --topspeed -i {INTERFACE} --loop {} {FOLDER}/thousand.pcap",
                sent / 1000
            ),
        ),
        send(
            sent,
            format!(
                "tcpreplay -K --topspeed -i {INTERFACE} --loop {} {FOLDER}/thousand.pcap",
                sent / 1000
            ),
        ),
        send(sent, format!("trafgen -i {FOLDER}/fixed.cfg -o {INTERFACE} -n {sent} -P1")),
        send(sent, format!("trafgen -i {FOLDER}/varying.cfg -o {INTERFACE} -n {sent} -P1")),
        send(few, format!("{PYTHON} {FOLDER}/send.py {few} {INTERFACE}")),
    ]
}

/// Command lines that keep a pace for so many seconds.
pub(super) fn pace_entries(seconds: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    for rate in [1_000_u32, 10_000, 100_000] {
        let packets = u64::from(rate) * seconds;
        let send =
            format!("vsectl craft traffic '{FIXED}' -c {packets} -i {INTERFACE} --pps {rate}");
        let rounds = packets / 1000;
        let replay =
            format!("tcpreplay --pps {rate} --loop {rounds} -i {INTERFACE} {FOLDER}/thousand.pcap");
        for line in [send, replay] {
            entries
                .push(Entry { pace: Some(rate.into()), ..Entry::new(Part::Pace, packets, line) });
        }
    }
    entries
}

/// Writes what the programs read.
pub(super) fn write_inputs() -> anyhow::Result<()> {
    lab::write("fixed.cfg", &trafgen("0,0", "0x13,0x88"))?;
    lab::write("varying.cfg", &trafgen("dinc(0,255),dinc(0,255)", "dinc(0,255),dinc(0,255)"))?;
    lab::write("make.py", &scapy("wrpcap(sys.argv[2], packets)"))?;
    lab::write("send.py", &scapy("sendp(packets, iface=sys.argv[2], verbose=False)"))?;
    let line = format!("craft traffic '{VARYING}' -c 1000 -F pcap -w {FOLDER}/thousand.pcap");
    run(command("target/release/vsectl", &[]).args(words(&line)))
}

/// The packet for trafgen, with what varies.
fn trafgen(host: &str, port: &str) -> String {
    format!(
        "{{ 2,0,0,0,0,2, 2,0,0,0,0,1, c16(0x0800),\n\
         0x45,0, c16(46), c16(0),c16(0), 64,17, csumip(14,33), 10,0,{host}, 192,0,2,2,\n\
         c16(5000), {port}, c16(26), csumudp(14,34), fill(0,18) }}\n"
    )
}

/// The packets for scapy, and what becomes of them.
fn scapy(end: &str) -> String {
    format!(
        "import sys\n\
         from scapy.all import Ether, IP, UDP, Raw, sendp, wrpcap\n\
         eth = Ether(dst='02:00:00:00:00:02', src='02:00:00:00:00:01')\n\
         packets = [eth / IP(src='10.0.%d.%d' % (n // 256000 % 256, n // 1000 % 256), dst='192.0.2.2')\n\
         \x20   / UDP(sport=5000, dport=n % 1000 + 1) / Raw(bytes(18)) for n in range(int(sys.argv[1]))]\n\
         {end}\n"
    )
}
