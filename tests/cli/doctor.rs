//! `vsectl doctor`: the judgement over facts, and each thing that can be provoked in namespaces.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::Value;

use crate::namespaces::Namespaces;
use crate::run::vsectl;

const READY: &str = "tests/cli/doctor/ready.json";
const HINDERED: &str = "tests/cli/doctor/hindered.json";

#[test]
fn a_host_that_is_ready() {
    assert_snapshot!(vsectl(&["doctor", "--facts", READY], b""));
}

#[test]
fn everything_at_once() {
    assert_snapshot!(vsectl(&["doctor", "--facts", HINDERED], b""));
}

#[test]
fn as_json() {
    assert_snapshot!(vsectl(&["doctor", "--json", "--fcf-carrier", "vlan", "--facts", READY], b""));
}

#[test]
fn what_it_writes_it_reads() {
    let first = vsectl(&["doctor", "--json", "--facts", HINDERED], b"");
    let path = crate::run::scratch("doctor.json");
    std::fs::write(&path, &first.stdout).expect("the scratch folder is there");
    let path = path.to_str().expect("the path is text");
    let second = vsectl(&["doctor", "--json", "--facts", path], b"");
    assert_eq!(first.text(), second.text());
}

#[test]
fn facts_that_are_wrong() {
    assert_snapshot!(vsectl(&["doctor", "--facts", "tests/cli/doctor/absent.json"], b""));
    assert_snapshot!("no_interface", vsectl(&["doctor", "vse-absent"], b""));
}

/// The codes that `doctor` reports about `v0` in the namespace `name`, as a process that `nsenter` puts there.
fn codes(name: &str, options: &[&str]) -> Vec<String> {
    let ran = Command::new("nsenter")
        .arg(format!("--net=/run/netns/{name}"))
        .arg(env!("CARGO_BIN_EXE_vsectl"))
        .args(["doctor", "--json", "v0"])
        .args(options)
        .output()
        .expect("nsenter is installed: apt-get install util-linux");
    let json: Value = serde_json::from_slice(&ran.stdout).expect("doctor writes JSON");
    let findings = json.get("findings").and_then(Value::as_array).expect("a list");
    let text = |finding: &Value, key| finding.get(key).and_then(Value::as_str).map(str::to_owned);
    let breaks =
        findings.iter().any(|finding| text(finding, "severity").as_deref() == Some("breaks"));
    assert_eq!(ran.status.code(), Some(i32::from(breaks)));
    let about_v0 =
        findings.iter().filter(|finding| text(finding, "subject").as_deref() == Some("v0"));
    about_v0.filter_map(|finding| text(finding, "code")).collect()
}

#[test]
#[ignore = "needs root: makes network namespaces"]
fn a_veth_and_its_peer() {
    let ns = Namespaces::new("doctor", ["host", "vm"]);
    let (host, vm) = (&ns.names[0], &ns.names[1]);
    ns.ip(&format!("-n {host} link add v0 type veth peer name v1 netns {vm}"));
    assert_eq!(codes(host, &[]), ["peer-tx-checksum"]);
    assert_eq!(codes(host, &["--fcf-carrier", "vlan"]), ["peer-tx-checksum", "rxvlan"]);

    // What it says mends it.
    ns.run(&format!("ip netns exec {vm} ethtool -K v1 tx off"));
    assert_eq!(codes(host, &[]), [""; 0]);
    ns.run(&format!("ip netns exec {host} ethtool -K v0 rxvlan off"));
    assert_eq!(codes(host, &["--fcf-carrier", "vlan"]), [""; 0]);

    // Both ends in one namespace.
    ns.ip(&format!("-n {vm} link set v1 netns {host}"));
    ns.run(&format!("ip netns exec {host} ethtool -K v1 tx on"));
    assert_eq!(codes(host, &[]), ["peer-tx-checksum"]);
}

#[test]
#[ignore = "needs root: makes network namespaces"]
fn packet_and_flow_steering() {
    let ns = Namespaces::new("rps", ["host"]);
    let host = &ns.names[0];
    ns.ip(&format!("-n {host} link add v0 type veth peer name v1"));
    let doctor = env!("CARGO_BIN_EXE_vsectl");
    // `ip netns exec` mounts the namespace's own sysfs, which nsenter does not.
    let script = format!(
        "ethtool -K v1 tx off; echo 1 > /sys/class/net/v0/queues/rx-0/rps_cpus; {doctor} doctor v0"
    );
    let (_, ran) = ns.output(&["ip", "netns", "exec", host, "sh", "-c", &script]);
    assert!(ran.contains("v0: receive packet steering is on (queue 0: cores 0) [rps]"), "{ran}");
}
