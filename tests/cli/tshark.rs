//! tshark agrees with `vsectl decode` on the golden captures.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{scratch, vsectl};

/// What tshark says of a capture, a line a frame.
fn tshark(path: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let ran = Command::new("tshark")
        .args(["-o", "tcp.reassemble_out_of_order:TRUE", "-o", "ip.try_heuristic_first:TRUE"])
        .args(["-o", "ip.check_checksum:TRUE"])
        .arg("-r")
        .arg(path)
        .args(["-Y", filter, "-T", "fields", "-E", "aggregator=,"])
        .args(fields.iter().flat_map(|field| ["-e", field]))
        .output()
        .expect("tshark is installed: apt-get install tshark");
    let text = String::from_utf8(ran.stdout).expect("tshark writes UTF-8");
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Every golden capture that tshark numbers as we do, with its frames as we decode them.
fn golden() -> impl Iterator<Item = (PathBuf, String, Vec<serde_json::Value>)> {
    let entries = fs::read_dir("../pcaps").expect("pcaps/ exists");
    let paths = entries.map(|entry| entry.expect("pcaps/ can be read").path());
    let named = paths.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (path, name)
    });
    // tshark counts blocks that hold no frame, and numbers the others by them.
    let skipped = |name: &str| name == "README.md" || name.contains(".pcapng");
    named.filter(move |(_, name)| !skipped(name)).map(|(path, name)| {
        let file = format!("pcaps/{name}");
        let ran = vsectl(&["decode", "--no-nested", "-o", "ndjson", &file], b"");
        let frames = ran.text().lines().map(|line| serde_json::from_str(line).expect("valid JSON"));
        let frames = frames.collect();
        (path, name, frames)
    })
}

/// The captures of which we read more than tshark, and why.
const MORE_THAN_TSHARK: [(&str, &str); 9] = [
    ("erspan", "tshark does not read what is mirrored without Ethernet"),
    ("openflow-mid-stream", "tshark wants the beginning of the stream"),
    ("openflow-gap-resync", "tshark does not look for the next message"),
    ("openflow-other-port", "tshark wants -d"),
    ("openflow-out-of-order", "tshark gives up on segments before the first"),
    ("openflow-sequence-wrap", "tshark does not follow the sequence numbers round"),
    ("openflow-retransmitted-overlap", "tshark leaves overlapping segments out"),
    ("snaplen-140", "tshark leaves out a message of which the capture has the beginning alone"),
    ("malformed-openflow", "tshark stops at the first message that is broken"),
];

/// tshark agrees on the types and transaction ids of every frame of every golden capture.
#[test]
fn tshark_agrees_on_messages() {
    for (path, name, frames) in golden() {
        let fields = ["frame.number", "openflow_1_0.type", "openflow.xid"];
        let theirs = tshark(&path, "openflow_v1", &fields);
        let ours = |number: u64| -> Option<(String, String)> {
            let frame = frames.iter().find(|frame| frame["number"] == number)?;
            let mut layers = frame["layers"].as_array()?.iter();
            let first = layers.find(|layer| layer["proto"] == "openflow")?;
            let fields = &first["fields"];
            // tshark knows a later version as another protocol.
            if fields["version"] != 1 {
                return None;
            }
            Some((fields["type"].as_str()?.to_owned(), fields["xid"].to_string()))
        };
        // tshark also shows the message that an ERROR is about, without being asked.
        let first = |list: &str| list.split(',').next().unwrap_or(list).to_owned();
        for line in &theirs {
            let [number, types, xids] = line.as_slice() else { panic!("{line:?}") };
            let number_of = |name: &str| {
                let known = codec::of10::MessageType::from_name(name).expect("a type");
                u8::from(known).to_string()
            };
            let found =
                ours(number.parse().expect("a number")).map(|(kind, xid)| (number_of(&kind), xid));
            assert_eq!(found, Some((first(types), first(xids))), "{name}, frame {number}");
        }
        let mut decoded =
            frames.iter().filter(|frame| frame["number"].as_u64().and_then(ours).is_some());
        if !MORE_THAN_TSHARK.iter().any(|(more, _)| name.starts_with(more)) {
            let numbers = |frame: &serde_json::Value| frame["number"].to_string();
            let more = decoded.find(|frame| !theirs.iter().any(|line| line[0] == numbers(frame)));
            assert_eq!(more.map(numbers), None, "{name}: tshark has no message there");
        }
    }
}

/// tshark agrees on the layers of every frame of every golden capture, as far as we dissect.
#[test]
fn tshark_agrees_on_layers() {
    /// Captures that are about what tshark takes for something else, or has no dissector for.
    /// VXLAN-GPE is no layer to it.
    const OTHERS: [&str; 6] =
        ["netlink-", "malformed-", "nested", "nsh", "vxlan-gpe", "form-corrupt.pcapng"];
    /// What tshark counts as a layer, and we do not.
    const NO_LAYERS: [&str; 7] =
        ["ethertype", "raw", "data", "openflow_v1", "openflow_v4", "pwethheuristic", "pwethcw"];
    /// Of messages and of labels tshark says that there are any, not how many.
    fn is_one(layer: &str) -> bool {
        matches!(layer, "openflow" | "mpls")
    }
    for (path, name, frames) in golden() {
        let more = MORE_THAN_TSHARK.iter().map(|(more, _)| *more);
        if OTHERS.into_iter().chain(more).any(|other| name.starts_with(other)) {
            continue;
        }
        for line in tshark(&path, "frame", &["frame.number", "frame.protocols"]) {
            let [number, protocols] = line.as_slice() else { panic!("{line:?}") };
            let mut theirs: Vec<&str> = protocols
                .split(':')
                .filter(|layer| !NO_LAYERS.contains(layer))
                .map(|layer| if layer == "ieee8021ad" { "vlan" } else { layer })
                .collect();
            theirs.dedup_by(|a, b| a == b && is_one(a));
            let frame = frames
                .iter()
                .find(|frame| frame["number"] == number.parse::<u64>().expect("a number"));
            let layers = frame.expect("every frame is there")["layers"].as_array().expect("layers");
            let ours = layers.iter().filter_map(|layer| layer["proto"].as_str());
            let mut ours: Vec<&str> = ours.filter(|layer| *layer != "vse").collect();
            ours.dedup_by(|a, b| a == b && is_one(a));
            assert!(theirs.starts_with(&ours), "{name}, frame {number}: {ours:?}, not {theirs:?}");
            // What follows is carried by a message, or a protocol that is not ours.
            let carries = ["openflow", "icmp", "icmpv6"];
            if !ours.last().is_some_and(|last| carries.contains(last)) {
                let next = theirs.get(ours.len()).copied().unwrap_or("data");
                let known = dissect::registry::protocol_named(next).is_some();
                let unsupported =
                    !frame.expect("it is there")["problems"].as_array().is_none_or(Vec::is_empty);
                assert!(!known || unsupported, "{name}, frame {number}: {ours:?}, not {theirs:?}");
            }
        }
    }
}

/// tshark agrees on the headers of VSE's netlink messages; behind an error's own it also shows that
/// of the request.
#[test]
fn tshark_agrees_on_netlink() {
    const FIELDS: [&str; 7] = [
        "frame.number",
        "netlink.family",
        "netlink.hdr_len",
        "netlink.hdr_type",
        "netlink.hdr_flags",
        "netlink.hdr_seq",
        "netlink.hdr_pid",
    ];
    let number = |text: &str| {
        let first = text.split(',').next().unwrap_or(text);
        match first.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).expect("hex"),
            None => first.parse().expect("a number"),
        }
    };
    // It knows no netlink in cooked captures of version 2.
    for name in ["netlink-vse.pcap", "netlink-vse-sll.pcap"] {
        let path = format!("pcaps/{name}");
        let mut args = vec!["decode", "-T", "fields"];
        args.extend(FIELDS.iter().flat_map(|field| ["-e", field]));
        args.push(&path);
        let ran = vsectl(&args, b"");
        let ours = String::from_utf8(ran.stdout).expect("text");
        let ours: Vec<Vec<u64>> =
            ours.lines().map(|line| line.split('\t').map(number).collect()).collect();
        let theirs = tshark(&Path::new("..").join(&path), "netlink", &FIELDS);
        let theirs: Vec<Vec<u64>> =
            theirs.iter().map(|line| line.iter().map(|value| number(value)).collect()).collect();
        assert_eq!(ours, theirs, "{name}");
        assert!(ours.len() > 10, "{name}");
    }
}

/// Where Wireshark has a protocol of ours, the names of its fields are Wireshark's.
#[test]
fn names_are_those_of_wireshark() {
    let ran = Command::new("tshark").args(["-G", "fields"]).output();
    let known = ran.expect("tshark is installed: apt-get install tshark").stdout;
    let known = String::from_utf8_lossy(&known);
    let names: HashSet<&str> = known.lines().filter_map(|line| line.split('\t').nth(2)).collect();
    let ours = dissect::registry::all_fields().map(|(_, field)| field.name);
    let unknown: Vec<_> =
        ours.filter(|name| !name.starts_with("vse.") && !names.contains(name)).collect();
    assert_eq!(unknown, [""; 0]);
}

/// The captures whose fields are compared: each protocol that has fields, and each form of them.
const COMPARED: [&str; 30] = [
    "arp",
    "esp",
    "ethernet-llc",
    "flow-mods",
    "geneve",
    "gre",
    "icmp",
    "icmpv6",
    "ipv4-fragments",
    "ipv4-options",
    "ipv6-extensions",
    "ipv6-fragments",
    "ipv6-options",
    "mpls",
    "netlink-route",
    "nicira-flows",
    "nsh",
    "nvgre",
    "packets",
    "ports",
    "ppp",
    "pppoe",
    "qinq",
    "rarp",
    "sll",
    "statistics",
    "stt",
    "tcp-options",
    "vxlan-fcf",
    "vxlan-gpe",
];
/// What tshark says otherwise, and why.
const OTHERWISE: [(&str, &str); 7] = [
    ("frame.time", "it has other words for it, and forgets the frame before one without a time"),
    ("frame.interface_name", "it has a name for those without one"),
    ("openflow.ofp_match.", "it shows what is not matched, and no mask"),
    ("openflow.flags", "of statistics, it shows the first alone"),
    ("openflow.wildcards", "we show those that say nothing of the fields"),
    ("vlan.", "it has other names for the tags of providers"),
    ("erspan.version", "it shows that of the third type twice"),
];
/// What it writes in decimal, though an OUI is known by its octets.
const IN_DECIMAL: [&str; 1] = ["llc.oui"];

/// Where both have a field of that name, it has the same values, written alike.
#[test]
fn tshark_agrees_on_values() {
    let merged = scratch("merged.pcapng");
    let merged = merged.to_str().expect("a scratch path is UTF-8");
    let files: Vec<String> = COMPARED.iter().map(|name| format!("pcaps/{name}.pcap")).collect();
    let mut args = vec!["decode", "-w", merged];
    args.extend(files.iter().map(String::as_str));
    vsectl(&args, b"");
    let mut fields: Vec<&str> = dissect::registry::all_fields()
        .map(|(_, field)| field.name)
        .filter(|name| !name.starts_with("vse."))
        .filter(|name| !OTHERWISE.iter().any(|(other, _)| name.starts_with(other)))
        .collect();
    fields.sort_unstable();
    fields.dedup();
    let mut args = vec!["decode", "--no-nested", "-T", "fields"];
    args.extend(fields.iter().flat_map(|field| ["-e", field]));
    args.push(merged);
    let ran = vsectl(&args, b"");
    let theirs = tshark(Path::new(merged), "frame", &fields);
    let ours = String::from_utf8(ran.stdout).expect("text");
    assert_eq!(ours.lines().count(), theirs.len());
    let (mut compared, mut wrong) = (HashSet::new(), HashMap::new());
    for ((ours, theirs), frame) in ours.lines().zip(&theirs).zip(1..) {
        for ((ours, theirs), field) in ours.split('\t').zip(theirs).zip(&fields) {
            // What a message carries, and what an ICMP error quotes, it counts in too.
            for (ours, theirs) in ours.split(',').zip(theirs.split(',')) {
                if ours.is_empty() || theirs.is_empty() {
                    continue;
                }
                compared.insert(*field);
                if ours != theirs && !IN_DECIMAL.contains(field) {
                    wrong.entry(*field).or_insert(format!("frame {frame}: {ours} {theirs}"));
                }
            }
        }
    }
    assert_eq!(wrong, HashMap::new());
    assert!(compared.len() > 180, "{}: {compared:?}", compared.len());
}
