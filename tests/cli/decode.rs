//! `vsectl decode`, beside the golden captures.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;

use crate::run::vsectl;

const CAPTURE: &str = "pcaps/handshake.pcap";
/// With FLOW_MODs inside of PACKET_OUTs.
const RULES: &str = "pcaps/packet-out-bare.pcap";

fn capture() -> Vec<u8> {
    fs::read("../pcaps/handshake.pcap").expect("the golden capture is there")
}

#[test]
fn standard_input() {
    let piped = vsectl(&["decode", "-"], &capture());
    let file = vsectl(&["decode", CAPTURE], b"");
    assert_eq!((piped.status, piped.text()), (Some(0), file.text()));
}

#[test]
fn a_file_that_is_cut_off() {
    let whole = capture();
    assert_snapshot!(vsectl(&["decode", "-", "-c", "3"], &whole[..200]));
}

#[test]
fn every_cut_gives_what_is_before_it() {
    let whole = capture();
    let lines = vsectl(&["decode", "-"], &whole).text().lines().count();
    for end in (0..whole.len()).step_by(97) {
        let ran = vsectl(&["decode", "-"], &whole[..end]);
        assert!(matches!(ran.status, Some(0 | 1 | 3)), "{end}: {ran}");
        assert!(ran.text().lines().count() <= lines, "{end}");
        assert!(ran.status == Some(0) || ran.stderr.contains("byte"), "{end}: {ran}");
    }
}

#[test]
fn what_is_no_capture() {
    assert_snapshot!(vsectl(&["decode", "-"], b"hello world"));
}

#[test]
fn a_missing_file() {
    assert_snapshot!(vsectl(&["decode", "no/such/file"], b""));
}

#[test]
fn a_wrong_port() {
    assert_snapshot!(vsectl(&["decode", "-d", "udp.port==1,openflow", CAPTURE], b""));
}

#[test]
fn one_json_document() {
    let ran = vsectl(&["decode", "-o", "json", CAPTURE], b"");
    let frames: Vec<serde_json::Value> = serde_json::from_slice(&ran.stdout).expect("valid JSON");
    assert!(frames.iter().all(|frame| frame["schema"] == "vsectl.frame/1"));
}

/// What tshark says of a capture, a line a frame.
fn tshark(path: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let ran = Command::new("tshark")
        .args(["-o", "tcp.reassemble_out_of_order:TRUE", "-o", "ip.try_heuristic_first:TRUE"])
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
const MORE_THAN_TSHARK: [(&str, &str); 8] = [
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
    const NO_LAYERS: [&str; 5] = ["ethertype", "raw", "data", "openflow_v1", "openflow_v4"];
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
            theirs.dedup_by(|a, b| a == b && *a == "openflow");
            let frame = frames
                .iter()
                .find(|frame| frame["number"] == number.parse::<u64>().expect("a number"));
            let layers = frame.expect("every frame is there")["layers"].as_array().expect("layers");
            let ours = layers.iter().filter_map(|layer| layer["proto"].as_str());
            let mut ours: Vec<&str> = ours.filter(|layer| *layer != "vse").collect();
            ours.dedup_by(|a, b| a == b && *a == "openflow");
            // IPX needs no LLC.
            if theirs == ["eth", "ipx"] {
                continue;
            }
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

#[test]
fn a_filter_and_columns() {
    let ran = vsectl(
        &[
            "decode",
            "-Y",
            "vse.action == set_irq_core",
            "-T",
            "fields",
            "-E",
            "header=y",
            "-E",
            "separator=,",
            "-e",
            "frame.number",
            "-e",
            "openflow_1_0.type",
            "-e",
            "vse.set_irq_core.core",
            "-e",
            "ip.addr",
            RULES,
        ],
        b"",
    );
    assert_snapshot!(ran);
}

#[test]
fn a_wrong_filter() {
    assert_snapshot!(vsectl(&["decode", "-Y", "openflow_1_0.typ == flow_mod", RULES], b""));
}

#[test]
fn a_wrong_field() {
    assert_snapshot!(vsectl(&["decode", "-T", "fields", "-e", "ip.scr", RULES], b""));
}

#[test]
fn bytes_with_marks() {
    let arguments =
        ["decode", "-x", "-e", "vse.set_irq_core.core", "-Y", "vse.action", "-c", "1", RULES];
    assert_snapshot!(vsectl(&arguments, b""));
}

#[test]
fn one_protocol_of_a_tree() {
    assert_snapshot!(vsectl(&["decode", "-O", "ip", "-c", "1", RULES], b""));
}

/// What passes a filter is written, and read again; unknown blocks and comments survive a copy.
#[test]
fn a_copy_is_the_capture() {
    let sections = fs::read("../pcaps/form-sections.pcapng").expect("a golden capture");
    let ran = vsectl(&["decode", "-w", "-", "pcaps/form-sections.pcapng"], b"");
    assert_eq!(ran.stdout, sections);
    let ran = vsectl(&["decode", "-Y", "vse.action", "-w", "-", "-F", "pcap", RULES], b"");
    let again = vsectl(&["decode", "-q", "-z", "assignments", "-o", "json", "-"], &ran.stdout);
    let first = ["decode", "-q", "-z", "assignments", "-o", "json", RULES];
    assert_eq!(again.stdout, vsectl(&first, b"").stdout);
    assert!(!again.stdout.is_empty());
}

#[test]
fn statistics_as_tables_and_json() {
    for name in [
        "phs",
        "openflow",
        "latency",
        "flow-mods",
        "conv,tcp",
        "endpoints,ip",
        "assignments",
        "problems",
    ] {
        let ran = vsectl(&["decode", "-q", "-z", name, RULES], b"");
        assert_snapshot!(format!("statistics {name}"), ran);
    }
    let ran = vsectl(&["decode", "-q", "-z", "openflow", "-o", "json", RULES], b"");
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("valid JSON");
    assert_eq!(report["schema"], "vsectl.stats/1");
}

/// Of one leg what is known of it, of both also the time in the proxy, whichever file comes first.
#[test]
fn hops_of_requests() {
    const CONTROLLER: &str = "pcaps/whole-loop.pcap";
    const AGENT: &str = "pcaps/whole-loop-agent.pcap";
    let hops = |files: &[&str]| {
        vsectl(&[&["decode", "-q", "-z", "vse-hops"], files].concat(), b"").text().to_owned()
    };
    assert_snapshot!("statistics vse-hops", hops(&[CONTROLLER, AGENT]));
    assert_eq!(hops(&[AGENT, CONTROLLER]), hops(&[CONTROLLER, AGENT]));
    for (file, hop) in [(CONTROLLER, "controller"), (AGENT, "agent")] {
        let alone = hops(&[file]);
        let rows: Vec<_> = alone.lines().skip(3).filter(|line| !line.is_empty()).collect();
        assert!(!rows.is_empty() && rows.iter().all(|row| row.contains(hop)), "{alone}");
        assert!(!alone.contains("proxy"), "{alone}");
    }
}

#[test]
fn fields_are_listed() {
    let ran = vsectl(&["decode", "--list-fields"], b"");
    let text = ran.text();
    assert!(text.lines().all(|line| line.split('\t').count() >= 4));
    assert!(text.contains("vse.action\tenum\topenflow_v1\tVSE action\tset_fcf set_irq_core"));
    let json = vsectl(&["decode", "--list-fields", "-o", "json"], b"");
    let fields: serde_json::Value = serde_json::from_slice(&json.stdout).expect("valid JSON");
    assert_eq!(fields["fields"].as_array().map(Vec::len), Some(text.lines().count()));
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

#[test]
fn connections_have_numbers() {
    let fields = ["-T", "fields", "-e", "tcp.stream", "-e", "tcp.port"];
    let ran = vsectl(&[["decode", "pcaps/nicira-flows.pcap"].as_slice(), &fields].concat(), b"");
    let mut ports = Vec::new();
    for line in ran.text().lines() {
        let (number, of) = line.split_once('\t').expect("two columns");
        let mut of: Vec<&str> = of.split(',').collect();
        of.sort_unstable();
        let number: usize = number.parse().expect("a number");
        if number == ports.len() {
            ports.push(of.join(","));
        }
        assert_eq!(ports[number], of.join(","), "{line}");
    }
    assert_eq!(ports.len(), 9, "{ports:?}");
    // Whoever does not ask for them, has none.
    assert!(
        !vsectl(&["decode", "pcaps/nicira-flows.pcap", "-V"], b"").text().contains("tcp.stream")
    );
    let one = ["decode", "pcaps/nicira-flows.pcap", "-Y", "tcp.stream == 3"];
    assert!(vsectl(&one, b"").text().lines().count() > 3);
}

#[test]
fn interfaces_have_names() {
    let fields = ["-T", "fields", "-e", "frame.interface_name"];
    let ran = vsectl(&[["decode", "pcaps/form-sections.pcapng"].as_slice(), &fields].concat(), b"");
    let of = |name: &str| ran.text().lines().filter(|line| *line == name).count();
    // The interface of the second section has none.
    assert_eq!([of("lo"), of("tun0"), of("")], [10, 4, 12]);
    let filter = ["decode", "pcaps/form-sections.pcapng", "-Y", "frame.interface_name == \"tun0\""];
    assert_eq!(vsectl(&filter, b"").text().lines().count(), 4);
}

#[test]
fn settings_of_columns_in_one_word() {
    let fields = ["decode", CAPTURE, "-T", "fields", "-e", "frame.number", "-e", "ip.proto"];
    let run = |settings: &[&str]| {
        let settings = settings.iter().flat_map(|setting| ["-E", setting]);
        vsectl(&fields.into_iter().chain(settings).collect::<Vec<_>>(), b"").text().to_owned()
    };
    let apart = run(&["header=y", "separator=,", "quote=d"]);
    assert!(apart.starts_with("frame.number,ip.proto\n\"1\",\"6\"\n"), "{apart}");
    assert_eq!(run(&["header=y,separator=,,quote=d"]), apart);
    assert_eq!(run(&["quote=d,header=y,separator=,"]), apart);
    assert!(run(&["header=y,separator=/s"]).starts_with("frame.number ip.proto\n1 6\n"));
}

/// Who counts the field without saying where it is, means where VSE puts it.
#[test]
fn the_field_is_counted_where_it_is() {
    let run = |file: &str, more: &[&str]| {
        let file = format!("pcaps/{file}.pcap");
        vsectl(&[&["decode", "-q", "-z", "fcf", &file], more].concat(), b"").text().to_owned()
    };
    let counted = run("fcf-dscp", &[]);
    assert_eq!(counted, run("fcf-dscp", &["--fcf", "dscp"]));
    let rows: Vec<Vec<&str>> =
        counted.lines().skip(3).map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(
        rows[..3],
        [["0", "yes", "2", "124"], ["5", "yes", "2", "124"], ["31", "no", "2", "124"]]
    );
    assert_ne!(run("fcf-vlan", &[]), run("fcf-vlan", &["--fcf", "vlan"]));
}
