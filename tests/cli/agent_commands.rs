//! The commands that manage an agent, through each transport.

use std::time::Instant;

use insta::assert_snapshot;

use crate::agent_server::TestAgent;
use crate::run::{Ran, scratch, vsectl};

fn at(target: &str, args: &[&str]) -> Ran {
    vsectl(&[&["--agent", target], args].concat(), b"")
}

fn done(target: &str, args: &[&str]) -> Ran {
    let ran = at(target, args);
    assert_eq!(ran.status, Some(0), "{args:?}: {ran}");
    ran
}

/// Three entries, a VM and a setting, each through another transport.
fn filled(name: &str) -> TestAgent {
    let agent = TestAgent::start(name);
    done(&agent.unix, &["vm", "add", "5", "--core", "1", "--name", "web-1", "--port", "3"]);
    done(&agent.tcp, &["flow", "add", "priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:1"]);
    done(&agent.netlink, &["flow", "add", "priority=8,udp,vm_id=5,actions=set_irq_core:auto"]);
    done(&agent.unix, &["flow", "add", "priority=1,cookie=0x2a,idle_timeout=60,actions=drop"]);
    done(&agent.netlink, &["config", "set", "high_load=800"]);
    agent
}

#[test]
fn every_transport_gives_the_same_bytes() {
    let agent = filled("same.sock");
    for args in [
        &["flow", "list", "-o", "json"][..],
        &["flow", "list", "-o", "ndjson", "vm_id=5"],
        &["flow", "list", "-o", "ofctl"],
        &["core", "list", "-o", "json"],
        &["vm", "list", "-o", "json"],
        &["config", "get", "-o", "json"],
        &["trace", "-o", "json", "udp,vm_id=5,nw_dst=10.0.0.9"],
        &["trace", "-o", "ndjson", "-r", "pcaps/udp.pcap"],
        &["trace", "-o", "ndjson", "-r", "pcaps/udp.pcap", "-Y", "udp.dstport == 53"],
        &["flow", "check", "-o", "json"],
        &["flow", "check", "-o", "json", "--sample", "pcaps/udp.pcap"],
    ] {
        let unix = done(&agent.unix, args);
        assert!(!unix.stdout.is_empty(), "{args:?}");
        for target in [&agent.tcp, &agent.netlink] {
            assert_eq!(done(target, args).text(), unix.text(), "{args:?} at {target}");
        }
    }
}

#[test]
fn tables() {
    let agent = filled("tables.sock");
    assert_snapshot!("flow_list", done(&agent.unix, &["flow", "list"]));
    assert_snapshot!(
        "flow_list_json",
        done(&agent.unix, &["flow", "list", "-o", "json", "vm_id=5"])
    );
    assert_snapshot!("flow_list_ofctl", done(&agent.unix, &["flow", "list", "-o", "ofctl"]));
    assert_snapshot!("core_list", done(&agent.unix, &["core", "list"]));
    assert_snapshot!("vm_list", done(&agent.unix, &["vm", "list"]));
    assert_snapshot!("config_get", done(&agent.unix, &["config", "get"]));
    assert_snapshot!("trace", done(&agent.unix, &["trace", "udp,vm_id=5,nw_dst=10.0.0.1"]));
}

#[test]
fn refusals_name_the_field() {
    let agent = TestAgent::start("refusals.sock");
    let output = &["flow", "add", "ip,actions=output:2"][..];
    assert_snapshot!("refused_unix", at(&agent.unix, output));
    assert_eq!(at(&agent.netlink, output).to_string(), at(&agent.unix, output).to_string());
    assert_snapshot!(
        "refused_core",
        at(&agent.unix, &["flow", "add", "ip,actions=set_irq_core:9"])
    );
    assert_snapshot!("no_agent", at("unix:/no/such.sock", &["flow", "list"]));
    assert_snapshot!("no_target", at("ssl:x", &["flow", "list"]));
}

#[test]
fn a_bundle_is_whole_or_not_at_all() {
    let agent = filled("bundle.sock");
    let file = scratch("bundle.flows");
    let path = file.to_str().expect("a scratch path is UTF-8");
    for target in [&agent.unix, &agent.netlink] {
        let before = done(target, &["flow", "list", "-o", "json"]);
        std::fs::write(&file, "delete udp\ntcp,actions=set_irq_core:9\n").expect("ours");
        let ran = at(target, &["flow", "add", "--bundle", "--file", path]);
        assert_eq!(ran.status, Some(1), "{ran}");
        assert!(
            ran.stderr.contains("core 9 does not exist") || ran.stderr.contains("actions"),
            "{ran}"
        );
        assert_eq!(done(target, &["flow", "list", "-o", "json"]).text(), before.text());
    }
    std::fs::remove_file(file).expect("ours");
}

#[test]
fn replace_is_idempotent_and_diff_tells() {
    let agent = filled("replace.sock");
    let (saved, wanted) = (scratch("saved.json"), scratch("wanted.flows"));
    let [saved_path, wanted_path] = [&saved, &wanted].map(|path| path.to_str().expect("UTF-8"));
    let before = done(&agent.unix, &["flow", "list", "-o", "json"]);
    std::fs::write(&saved, &before.stdout).expect("ours");
    assert_eq!(done(&agent.unix, &["flow", "diff", saved_path, &agent.netlink]).text(), "");
    std::fs::write(
        &wanted,
        "priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0\narp,actions=drop\n",
    )
    .expect("ours");
    let dry = done(&agent.unix, &["flow", "replace", "--dry-run", wanted_path]);
    let diff = at(&agent.unix, &["flow", "diff", &agent.tcp, wanted_path]);
    assert_eq!(diff.status, Some(1));
    assert_eq!(dry.text(), diff.text());
    assert_snapshot!("diff", diff.text());
    done(&agent.unix, &["flow", "replace", wanted_path]);
    done(&agent.unix, &["flow", "diff", &agent.tcp, wanted_path]);
    assert_eq!(done(&agent.unix, &["flow", "replace", "--dry-run", wanted_path]).text(), "");
    // What a command prints another takes in.
    done(&agent.netlink, &["flow", "replace", saved_path]);
    done(&agent.unix, &["flow", "diff", &agent.tcp, saved_path]);
    assert_eq!(at(&agent.unix, &["flow", "diff", "no/such", saved_path]).status, Some(2));
    std::fs::remove_file(saved).expect("ours");
    std::fs::remove_file(wanted).expect("ours");
}

#[test]
fn changes_are_taken_back() {
    let agent = filled("undo.sock");
    let file = scratch("undo.flows");
    let path = file.to_str().expect("a scratch path is UTF-8");
    let before = done(&agent.unix, &["flow", "list", "-o", "json", "--sort=match"]);
    done(&agent.unix, &["flow", "del", "--all", "--undo-file", path]);
    assert!(done(&agent.unix, &["flow", "list", "-o", "ofctl"]).text().is_empty());
    done(&agent.unix, &["flow", "add", "--bundle", "--file", path]);
    let list = || done(&agent.unix, &["flow", "list", "-o", "json", "--sort=match"]);
    assert_eq!(list().text(), before.text());
    done(&agent.unix, &["flow", "del", "--all", "--for", "50ms"]);
    assert_eq!(list().text(), before.text());
    std::fs::remove_file(file).expect("ours");
}

#[test]
fn a_trace_of_saved_tables_is_that_of_the_agent() {
    let agent = filled("offline.sock");
    let mut saved = Vec::new();
    for list in [&["flow", "list"][..], &["core", "list"], &["vm", "list"], &["config", "get"]] {
        saved.extend(done(&agent.unix, &[list, &["-o", "json"]].concat()).stdout);
    }
    let file = scratch("tables.json");
    std::fs::write(&file, saved).expect("ours");
    let path = file.to_str().expect("a scratch path is UTF-8");
    let frame = "udp,vm_id=5,nw_dst=10.0.0.9";
    let live = done(&agent.unix, &["trace", "-o", "json", frame]);
    let offline = done("unix:/no/such.sock", &["trace", "-o", "json", "--tables", path, frame]);
    assert_eq!(offline.text(), live.text());
    std::fs::remove_file(file).expect("ours");
}

#[test]
fn a_forecast_counts_what_goes_where() {
    let agent = TestAgent::start("forecast.sock");
    done(&agent.unix, &["flow", "add", "priority=9,udp,tp_dst=53,actions=set_irq_core:1"]);
    done(&agent.unix, &["flow", "add", "priority=8,udp,tp_src=53,actions=set_irq_core:auto"]);
    done(&agent.unix, &["flow", "add", "priority=7,tcp,actions=set_irq_core:auto"]);
    let check = ["flow", "check", "--sample", "pcaps/udp.pcap"];
    assert_snapshot!("forecast", done(&agent.unix, &check));
    // A table that is not in force yet, and another core that receives.
    let file = scratch("forecast.flows");
    std::fs::write(&file, "udp,tp_dst=12345,actions=set_irq_core:0\nudp,vm_id=3,actions=drop\n")
        .expect("ours");
    let path = file.to_str().expect("a scratch path is UTF-8");
    let ran =
        at(&agent.unix, &[&check[..], &["--core", "1", "-Y", "udp.dstport > 53", path]].concat());
    assert_eq!(ran.status, Some(1), "VM 3 is not known: {ran}");
    assert_snapshot!("forecast_of_a_file", ran);
    // Without an agent, from what was saved; the same to the letter.
    let mut saved = Vec::new();
    for list in [&["flow", "list"][..], &["core", "list"], &["vm", "list"], &["config", "get"]] {
        saved.extend(done(&agent.unix, &[list, &["-o", "json"]].concat()).stdout);
    }
    std::fs::write(&file, saved).expect("ours");
    let offline = done("unix:/no/such.sock", &[&check[..], &["--tables", path]].concat());
    assert_eq!(offline.text(), done(&agent.unix, &check).text());
    assert_eq!(at(&agent.unix, &[&check[..], &["--core", "9"]].concat()).status, Some(2));
    std::fs::remove_file(file).expect("ours");
}

#[test]
fn a_trace_takes_a_display_filter() {
    let agent = filled("filter.sock");
    let trace = ["trace", "-o", "ndjson", "-r", "pcaps/udp.pcap"];
    let all = done(&agent.unix, &trace).text().lines().count();
    let some = done(&agent.unix, &[&trace[..], &["-Y", "udp.dstport == 12345"]].concat());
    assert_eq!((all, some.text().lines().count()), (7, 1));
    let wrong = at(&agent.unix, &[&trace[..], &["-Y", "udp.dstprt == 1"]].concat());
    assert_eq!(wrong.status, Some(2), "{wrong}");
    assert!(wrong.stderr.contains("udp.dstport"), "{wrong}");
    assert_eq!(at(&agent.unix, &["trace", "-Y", "udp", "ip"]).status, Some(2));
}

/// ovs-ofctl takes the lines of `-o ofctl` that have no words of VSE.
#[test]
fn ovs_ofctl_takes_our_dump() {
    let agent = TestAgent::start("ofctl.sock");
    done(&agent.unix, &["flow", "add", "priority=9,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=drop"]);
    let dump = done(&agent.unix, &["flow", "list", "-o", "ofctl"]);
    let parsed = std::process::Command::new("ovs-ofctl")
        .args(["parse-flow", dump.text().trim()])
        .output()
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
    assert!(String::from_utf8_lossy(&parsed.stdout).contains("priority=9,tcp,nw_src=10.0.0.0/8"));
    done(&agent.unix, &["flow", "del", "--all"]);
    done(&agent.unix, &["flow", "add", dump.text().trim()]);
    assert_eq!(done(&agent.unix, &["flow", "list", "-o", "ofctl"]).text(), dump.text());
}

#[test]
fn cores_and_completions() {
    let agent = TestAgent::start("cores.sock");
    done(&agent.netlink, &["core", "set", "1", "--eligible", "no"]);
    assert!(done(&agent.unix, &["core", "list"]).text().contains("not eligible"));
    assert_eq!(at(&agent.unix, &["core", "set", "9", "--eligible", "no"]).status, Some(1));
    let watched =
        done(&agent.unix, &["core", "watch", "-o", "ndjson", "--count", "2", "--interval", "1ms"]);
    assert_eq!(watched.text().lines().count(), 4);
    for shell in ["bash", "zsh", "fish"] {
        assert!(done(&agent.unix, &["completions", shell]).text().contains("VSECTL_COMPLETE"));
    }
}

/// A list asked for once ends in the time of a key press; the best of several runs, since others
/// use the machine too.
#[test]
fn a_list_is_quick() {
    let agent = filled("quick.sock");
    let times = (0..20).map(|_| {
        let begin = Instant::now();
        done(&agent.unix, &["flow", "list"]);
        begin.elapsed()
    });
    let best = times.min().expect("twenty runs");
    assert!(best.as_millis() < 30, "{best:?}, of a debug build");
}
