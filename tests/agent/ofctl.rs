//! The stock ovs-ofctl against the agent: OpenFlow 1.0 that it understands, whatever it asks.

use std::process::Command;

use crate::client::Client;
use crate::steered::Steered;
use crate::world::{Agent, Scratch};

/// Runs ovs-ofctl; its standard output, or all it said where it failed.
fn ofctl(dir: &Scratch, command: &str, args: &[&str]) -> Result<String, String> {
    let ran = Command::new("ovs-ofctl")
        .args(["-O", "OpenFlow10", command, &dir.target()])
        .args(args)
        .output()
        .expect("ovs-ofctl is installed: apt-get install openvswitch-switch");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if ran.status.success() {
        Ok(text(&ran.stdout))
    } else {
        Err(text(&ran.stdout) + &text(&ran.stderr))
    }
}

#[test]
fn show_probe_and_tables() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &["--max-flows", "1000"]);
    let show = ofctl(&dir, "show", &[]).expect("show works");
    assert!(show.contains("dpid:0000000000565345"), "{show}");
    assert!(show.contains("n_tables:1, n_buffers:0"), "{show}");
    assert!(show.contains("capabilities: FLOW_STATS TABLE_STATS"), "{show}");
    ofctl(&dir, "probe", &[]).expect("probe works");
    let tables = ofctl(&dir, "dump-tables", &[]).expect("dump-tables works");
    assert!(tables.contains("vse") && tables.contains("active=0"), "{tables}");
    let desc = ofctl(&dir, "dump-desc", &[]).expect("dump-desc works");
    assert!(desc.contains("VSE toolkit"), "{desc}");
    for command in ["dump-ports", "queue-stats", "dump-ports-desc"] {
        ofctl(&dir, command, &[]).unwrap_or_else(|why| panic!("{command}: {why}"));
    }
}

#[test]
fn flows_there_and_back() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let none = "priority=7,udp,tp_dst=53,idle_timeout=60,actions=drop";
    ofctl(&dir, "add-flow", &[none]).expect("add-flow works");
    // As it is dumped, SET_IRQ_CORE is a note, and is taken back.
    let mut client = Client::connect(&dir.socket());
    assert_eq!(client.add("priority=9,tcp,nw_dst=10.0.0.1,actions=set_irq_core:0"), [""; 0]);
    let dump = ofctl(&dir, "dump-flows", &["--no-stats"]).expect("dump-flows works");
    let lines: Vec<&str> = dump.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "priority=9,tcp,nw_dst=10.0.0.1 \
             actions=note:00.56.53.45.00.02.00.00.00.00.00.00.00.00",
            "idle_timeout=60, priority=7,udp,tp_dst=53 actions=drop",
        ]
    );
    let aggregate = ofctl(&dir, "dump-aggregate", &[]).expect("dump-aggregate works");
    assert!(aggregate.contains("flow_count=2"), "{aggregate}");
    let one = ofctl(&dir, "dump-flows", &["udp", "--no-stats"]).expect("a filter works");
    assert_eq!(one.lines().count(), 1, "{one}");
    ofctl(&dir, "del-flows", &["tcp"]).expect("del-flows works");
    let pasted = lines[0].replacen(" actions", ",actions", 1);
    ofctl(&dir, "add-flow", &[&pasted]).expect("what was dumped can be added");
    let flows = client.flows();
    assert_eq!(flows.len(), 2);
    assert!(flows[0].to_string().ends_with("actions=set_irq_core:0"), "{}", flows[0]);
    ofctl(&dir, "--strict", &[]).expect_err("no such command");
    ofctl(&dir, "del-flows", &[]).expect("del-flows works");
    assert_eq!(client.flows(), []);
}

#[test]
fn what_vse_cannot_do_is_refused() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let refused = ofctl(&dir, "add-flow", &["actions=output:1"]).expect_err("VSE sends nothing");
    assert!(refused.contains("OFPBAC_BAD_TYPE"), "{refused}");
    let note = "actions=note:00.56.53.45.00.02.0f.ff";
    let refused = ofctl(&dir, "add-flow", &[note]).expect_err("there is no core 4095");
    assert!(refused.contains("OFPBAC_BAD_ARGUMENT"), "{refused}");
}

#[test]
#[ignore = "needs root"]
fn interfaces_that_are_steered_are_ports() {
    let world = Steered::new("ports");
    let _agent = world.agent(&[]);
    let show = ofctl(&world.dir, "show", &[]).expect("show works");
    let port =
        show.lines().find(|line| line.contains("(eth0)")).unwrap_or_else(|| panic!("{show}"));
    assert!(port.ends_with("addr:02:00:00:00:00:02"), "{show}");
    let state = show.lines().skip_while(|line| !line.contains("(eth0)")).nth(2);
    assert_eq!(state.map(str::trim), Some("state:      0"), "{show}");
}
