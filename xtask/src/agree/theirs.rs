//! What tshark says of a capture.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Frames, Said, Segment};

/// Of each version, the columns of types, of xids and of lengths.
const MESSAGES: [[&str; 3]; 4] = [
    ["openflow_1_0.type", "openflow.xid", "openflow.length"],
    ["openflow_v4.type", "openflow_v4.xid", "openflow_v4.length"],
    ["openflow_v5.type", "openflow_v5.xid", "openflow_v5.length"],
    ["openflow_v6.type", "openflow_v6.xid", "openflow_v6.length"],
];
/// Of these types it shows the message within as if it followed: an ERROR has the beginning of one
/// behind so many bytes, a message of a bundle and a request that is passed on a whole one.
const NESTING: [(u64, u64); 3] = [(1, 12), (34, 16), (32, 8)];
/// Bytes of the header of a message.
const HEADER_LEN: u64 = 8;
/// Seconds that it may take.
const SECONDS: &str = "120";
/// What else a frame is asked for.
const COLUMNS: [&str; 7] = [
    "frame.encap_type",
    "frame.protocols",
    "tcp.stream",
    "tcp.srcport",
    "tcp.analysis.lost_segment",
    "tcp.analysis.retransmission",
    "vxlan.next_proto",
];
/// What tshark lists as protocols, and is a part of the layer in front.
const PARTS: [&str; 3] = ["ethertype", "openflow_v1", "pkt_comment"];
/// The same, behind that layer alone: ICMP's extensions, and the addresses of another link in ARP.
const PARTS_OF: [[&str; 2]; 2] = [["icmpv6", "icmp"], ["arp", "arp"]];
/// What it lists where it knows no protocol: nothing, bytes, and what is wrong with them.
const NO_PROTOCOLS: [&str; 5] = ["", "data", "_ws.malformed", "_ws.short", "_ws.unreassembled"];
/// It puts segments into order only where it is told to, and knows one of the two ports of OpenFlow.
const OPTIONS: [&str; 4] =
    ["-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==6633,openflow"];

/// The frames of a capture; of the layers, those that are `known` here.
pub(super) fn read(capture: &Path, known: &BTreeSet<String>) -> anyhow::Result<Frames> {
    let mut command = Command::new("timeout");
    command.args([SECONDS, "tshark", "-n", "-r"]).arg(capture);
    command.args(OPTIONS).args(["-T", "fields"]);
    let columns = COLUMNS.into_iter().chain(MESSAGES.into_iter().flatten());
    command.args(columns.flat_map(|column| ["-e", column]));
    let ran = command.output()?;
    // `timeout` has ended it: what it has not come to is no disagreement.
    if ran.status.code() == Some(124) {
        bail!("no end within {SECONDS} s");
    }
    // A file that is cut short ends with an error, behind what could be read.
    if !ran.status.success() && ran.stdout.is_empty() {
        bail!("{}", String::from_utf8_lossy(&ran.stderr).lines().last().unwrap_or_default());
    }
    let mut frames = Frames::new();
    let mut gaps = BTreeSet::new();
    let mut number = 0;
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [link, protocols, stream, port, lost, repeated, gpe, messages @ ..] =
            columns.as_slice()
        else {
            continue;
        };
        // It numbers pcapng's blocks without a frame too.
        if link.is_empty() {
            continue;
        }
        number += 1;
        let mut said = Said::default();
        let (versions, _) = messages.as_chunks::<3>();
        for version in versions {
            add_messages(*version, &mut said);
        }
        layers(protocols, known, &mut said);
        // Of VXLAN-GPE it has the fields, and no layer.
        let udp = said.layers.iter().position(|name| name == "udp");
        if let Some(udp) = udp.filter(|_| !gpe.is_empty() && !protocols.contains(":vxlan")) {
            said.layers.insert(udp + 1, "vxlan".to_owned());
            said.carriers.insert(udp + 1, None);
        }
        if !lost.is_empty() {
            gaps.insert((stream.to_string(), port.to_string()));
        }
        said.segment = if !repeated.is_empty() {
            Segment::Repeated
        } else if gaps.contains(&(stream.to_string(), port.to_string())) {
            Segment::BehindGap
        } else {
            Segment::InOrder
        };
        frames.insert(number, said);
    }
    Ok(frames)
}

/// Adds the messages of one version that stand in no other.
fn add_messages([types, xids, lengths]: [&str; 3], said: &mut Said) {
    let mut within = false;
    for ((kind, xid), length) in numbers(types).zip(numbers(xids)).zip(numbers(lengths)) {
        if std::mem::take(&mut within) {
            continue;
        }
        let nesting = NESTING.iter().find(|(nesting, _)| *nesting == kind);
        within = nesting.is_some_and(|(_, before)| length >= before + HEADER_LEN);
        said.types.push(kind);
        said.xids.push(xid);
    }
}

/// The layers that are known here, and which others are in front of them.
fn layers(protocols: &str, known: &BTreeSet<String>, said: &mut Said) {
    let mut carrier = None;
    let mut before = "";
    // The header of such a capture is the one that other captures have in front of every frame.
    if protocols.starts_with("netlink") {
        said.layer("sll", None);
    }
    for name in protocols.split(':').map(ours) {
        if name == "eth" && before == "eth" {
            // ISL, which it calls Ethernet.
            carrier = Some("isl".to_owned());
        }
        if PARTS_OF.contains(&[before, name]) || PARTS.contains(&name) {
            continue;
        }
        if known.contains(name) {
            said.layer(name, carrier.take());
        } else {
            carrier = Some(name.to_owned());
        }
        before = name;
    }
    said.end = carrier.filter(|name| !NO_PROTOCOLS.contains(&name.as_str()));
}

/// Our name for a protocol of which tshark has several.
fn ours(name: &str) -> &str {
    match name {
        "ieee8021ad" => "vlan",
        name => name,
    }
}

/// The numbers of a column, decimal or hexadecimal.
pub(super) fn numbers(column: &str) -> impl Iterator<Item = u64> + '_ {
    column.split(',').filter(|word| !word.is_empty()).map(|word| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap_or(u64::MAX),
        None => word.parse().unwrap_or(u64::MAX),
    })
}
