//! `vsectl decode`, beside the golden captures.

use std::fs;

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
