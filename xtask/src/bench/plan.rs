//! What is run on which capture, and what it is to reach.

use std::process::Command;

use crate::run::command;

use super::inputs::{FOLDER, Input};

/// The most memory that this program is to take.
pub(super) const MEMORY_MIB: f64 = 32.0;
/// How much JSON a second it is to print.
pub(super) const OUTPUT_MEGABYTES: f64 = 1_000.0;
/// What the others are compared with.
pub(super) const LOOP: &str = "pcap_loop";

/// A limit of the time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// As a multiple of the loop over libpcap on the same capture.
    Ratio(f64),
    /// In seconds.
    Seconds(f64),
}

/// A command line to time.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) input: Input,
    /// As one types it in a shell, but for the capture's name at the end.
    pub(super) line: &'static str,
    /// Set for this program, not for the others.
    pub(super) target: Option<Target>,
    /// Whether what it prints a second counts too.
    pub(super) output_counts: bool,
    /// Left out of a quick run.
    pub(super) slow: bool,
}

impl Entry {
    fn new(input: Input, line: &'static str) -> Self {
        Self { input, line, target: None, output_counts: false, slow: false }
    }

    fn at_most(self, ratio: f64) -> Self {
        Self { target: Some(Target::Ratio(ratio)), ..self }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Whether it is the loop over libpcap.
    pub(super) fn is_loop(&self) -> bool {
        self.line == LOOP
    }

    /// Whether an exit code means that the program read the capture to its end.
    pub(super) fn is_done(&self, code: Option<i32>) -> bool {
        // This program's 3 says that something in the capture could not be decoded.
        code == Some(0) || (code == Some(3) && self.target.is_some())
    }

    pub(super) fn command(&self) -> Command {
        let mut words = words(self.line);
        let program = match words.next().unwrap_or_default() {
            LOOP => format!("{FOLDER}/{LOOP}"),
            "vsectl" => "target/release/vsectl".to_owned(),
            other => other.to_owned(),
        };
        let mut command = command(&program, &[]);
        command.args(words).arg(self.input.path());
        command
    }
}

/// The words of a line, in which quotes keep spaces together.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('\'').enumerate().flat_map(|(at, piece)| {
        let quoted = at % 2 == 1;
        let plain = (!quoted).then(|| piece.split_whitespace());
        quoted.then_some(piece).into_iter().chain(plain.into_iter().flatten())
    })
}

/// Every command line, the slow ones at the end of those for the same capture.
pub(super) fn entries() -> Vec<Entry> {
    let of10 = |line| Entry::new(Input::Of10, line);
    let vxlan = |line| Entry::new(Input::Vxlan, line);
    let small = |line| Entry::new(Input::Small, line);
    let with_output = |entry| Entry { output_counts: true, ..entry };
    vec![
        of10(LOOP),
        of10("cat"),
        of10("vsectl decode -q -z openflow").at_most(1.5),
        of10("vsectl decode -Y 'openflow_1_0.type == 99'").at_most(2.0),
        of10("vsectl decode").at_most(3.0),
        of10("vsectl decode -T fields -e openflow_1_0.type").at_most(2.5),
        with_output(of10("vsectl decode -o ndjson").at_most(12.0)),
        of10("tcpdump -nn -r"),
        of10("ovs-ofctl ofp-parse-pcap").slow(),
        of10("tshark -q -z io,phs -r").slow(),
        of10("tshark -Y 'openflow_1_0.type == 99' -r").slow(),
        of10("tshark -r").slow(),
        of10("tshark -T fields -e openflow_1_0.type -r").slow(),
        vxlan(LOOP),
        vxlan("cat"),
        vxlan("vsectl decode -q -z phs").at_most(1.5),
        // The greatest network number there is, and one that the capture has not.
        vxlan("vsectl decode -Y 'vxlan.vni == 16777215'").at_most(2.0),
        vxlan("vsectl decode").at_most(3.0),
        vxlan("vsectl decode -T fields -e vxlan.vni").at_most(2.5),
        with_output(vxlan("vsectl decode -o ndjson").at_most(12.0)),
        vxlan("tcpdump -nn -r").slow(),
        vxlan("tshark -q -z io,phs -r").slow(),
        vxlan("tshark -Y 'vxlan.vni == 16777215' -r").slow(),
        vxlan("tshark -r").slow(),
        vxlan("tshark -T fields -e vxlan.vni -r").slow(),
        small(LOOP),
        Entry { target: Some(Target::Seconds(0.010)), ..small("vsectl decode") },
        small("tcpdump -nn -r"),
        small("tshark -r").slow(),
    ]
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_keep_spaces_together() {
        let found: Vec<&str> = words("tshark -Y 'a == 1' -r").collect();
        assert_eq!(found, ["tshark", "-Y", "a == 1", "-r"]);
    }
}
