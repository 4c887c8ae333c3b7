//! `vsectl state-at` on golden captures; tests/agent holds it against a running agent.

use crate::run::vsectl;

fn state_at(args: &[&str]) -> String {
    vsectl(&[&["state-at"], args].concat(), b"").to_string()
}

#[test]
fn openflow_bare_framed_listed_and_monitored() {
    insta::assert_snapshot!(state_at(&["pcaps/vse-session.pcap"]));
}

#[test]
fn each_moment_has_its_tables() {
    let flows = |time: &str| state_at(&["pcaps/vse-session.pcap", "-t", time, "--show", "flows"]);
    // The bare FLOW_MOD; the extended one; the one that is refused two frames later; the listing.
    for frame in [12, 13, 14, 15, 27, 28, 29] {
        let time = format!("frame {frame}");
        insta::assert_snapshot!(format!("state_at_frame_{frame}"), flows(&time));
    }
    assert_eq!(flows("frame 13"), flows("2026-11-22T09:00:00.012Z"));
    assert_eq!(flows("frame 13"), flows("0.0125").replace("00.012500000Z", "00.012000000Z"));
}

#[test]
fn netlink() {
    insta::assert_snapshot!(state_at(&["pcaps/netlink-vse.pcap"]));
    let cooked = |name| state_at(&[name, "-o", "json"]);
    assert_eq!(cooked("pcaps/netlink-vse-sll.pcap"), cooked("pcaps/netlink-vse.pcap"));
}

#[test]
fn what_the_switch_refused_never_reached_vse() {
    let refused = state_at(&["pcaps/packet-out-refused.pcap", "--show", "flows"]);
    assert!(!refused.contains("set_irq_core"), "{refused}");
    let done = state_at(&["pcaps/packet-out-bare.pcap", "--show", "flows"]);
    assert!(done.contains("ip,nw_dst=10.0.0.1   set_irq_core:2"), "{done}");
}

#[test]
fn flow_mods_of_a_switch_are_none_of_vse() {
    let flows = state_at(&["pcaps/flow-mods.pcap", "--show", "flows", "-o", "ndjson"]);
    assert!(flows.starts_with("exit 0\n--- stdout\n--- stderr\n"), "{flows}");
}

#[test]
fn json_is_what_the_other_commands_print_and_read() {
    let tables = vsectl(&["state-at", "pcaps/vse-session.pcap", "-o", "json"], b"");
    let args = ["flow", "diff", "-", "-", "-o", "json"];
    assert_eq!(vsectl(&args[..3], &tables.stdout).status, Some(2), "two tables are wanted");
    let path = crate::run::scratch("state.json");
    std::fs::write(&path, &tables.stdout).expect("the scratch folder is ours");
    let path = path.to_str().expect("UTF-8");
    assert_eq!(vsectl(&["flow", "diff", path, path], b"").status, Some(0));
    let traced = vsectl(&["trace", "--tables", path, "vm_id=5"], b"");
    assert_eq!(traced.status, Some(0), "{traced}");
}

#[test]
fn wrong_moments_and_files() {
    for time in ["frame 4711", "1999-01-01T00:00:00Z", "yesterday"] {
        let ran = vsectl(&["state-at", "pcaps/vse-session.pcap", "-t", time], b"");
        assert_eq!((ran.status, ran.stdout.len()), (Some(2), 0), "{ran}");
    }
    let ran = vsectl(&["state-at", "pcaps/no-such.pcap"], b"");
    assert_eq!(ran.status, Some(1), "{ran}");
    let cut = vsectl(&["state-at", "pcaps/form-truncated.pcap"], b"");
    assert_eq!(cut.status, Some(3), "{cut}");
    assert!(cut.stderr.contains("cut off at byte"), "{cut}");
}
