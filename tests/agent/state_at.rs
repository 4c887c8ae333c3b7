//! The tables that are rebuilt from a recording are those of the agent that was recorded.

use std::process::{Command, Output};

use serde_json::Value;

use crate::commands::{done, vsectl};
use crate::recorded::Recorder;
use crate::world::{Agent, Scratch};

fn state_at(capture: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vsectl"));
    command.args(["state-at", capture]).args(args).output().expect("vsectl starts")
}

/// The entries of the first document of a list, without what goes on while one looks.
fn entries(json: &str) -> Vec<Value> {
    let mut documents = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    let mut document = documents.next().expect("a document").expect("JSON");
    let Value::Array(mut entries) = document["entries"].take() else { panic!("{json}") };
    for entry in entries.iter_mut().map(|entry| entry.as_object_mut().expect("an object")) {
        for moving in ["duration", "load", "packets", "provisional", "flags"] {
            entry.remove(moving);
        }
    }
    entries
}

#[test]
fn the_recorded_agent_and_the_live_one_have_the_same_tables() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let recorder = Recorder::start(&dir);
    let to = recorder.target().to_owned();
    // Before the recording: it is there because the changes below ask for a listing first.
    done(&dir.target(), &["flow", "add", "priority=77,arp,actions=set_irq_core:0"]);
    done(&to, &["flow", "add", "priority=9,ip,nw_dst=10.0.0.1,cookie=7,actions=set_irq_core:0"]);
    done(&to, &["flow", "add", "priority=8,vm_id=5,tun_id=7,actions=set_irq_core:auto"]);
    assert!(
        !vsectl(&to, &["flow", "add", "priority=5,udp,actions=set_irq_core:999"]).status.success()
    );
    done(&to, &["flow", "add", "priority=6,tcp,hard_timeout=1,actions=drop"]);
    done(&to, &["vm", "add", "5", "--core", "0", "--name", "web"]);
    done(&to, &["config", "set", "high_load=700"]);
    done(&to, &["flow", "mod", "ip,nw_dst=10.0.0.1,actions=set_irq_core:auto"]);
    done(&to, &["flow", "add", "priority=4,icmp,actions=drop"]);
    done(&to, &["flow", "del", "--strict", "priority=4,icmp"]);
    let capture = dir.0.join("tables.pcap");
    let capture = capture.to_str().expect("UTF-8");
    done(&to, &["core", "list"]);
    let live = done(&dir.target(), &["flow", "list", "-o", "json"]);
    recorder.save(capture.as_ref());
    let ran = state_at(capture, &["-o", "json"]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    let rebuilt = entries(std::str::from_utf8(&ran.stdout).expect("UTF-8"));
    let wanted = entries(&live);
    assert_eq!(rebuilt, wanted, "{said}");
    assert!(!said.contains("ERRORs"), "{said}");
    for (show, list) in
        [("cores", &["core", "list", "-o", "json"][..]), ("vms", &["vm", "list", "-o", "json"])]
    {
        let ran = state_at(capture, &["--show", show, "-o", "json"]);
        let rebuilt = entries(std::str::from_utf8(&ran.stdout).expect("UTF-8"));
        assert_eq!(rebuilt, entries(&done(&dir.target(), list)), "{show}");
    }
    let ran = state_at(capture, &["--show", "config"]);
    let config = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(config.contains("high_load=700\n"), "{config}");
    // A second later the hard timeout has passed; before the first change there is nothing.
    let ran = state_at(capture, &["-t", "3s", "--show", "flows", "-o", "json"]);
    assert_eq!(entries(std::str::from_utf8(&ran.stdout).expect("UTF-8")).len(), wanted.len() - 1);
    let ran = state_at(capture, &["-t", "frame 1", "--show", "flows", "-o", "json"]);
    assert_eq!(entries(std::str::from_utf8(&ran.stdout).expect("UTF-8")), Vec::<Value>::new());
}

#[test]
fn a_listing_in_the_recording_tells_of_what_was_there_before() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let recorder = Recorder::start(&dir);
    for priority in 1..250 {
        let flow = format!("priority={priority},tcp,tp_dst={priority},actions=set_irq_core:0");
        if priority % 50 == 1 {
            done(&dir.target(), &["flow", "add", &flow]);
        }
    }
    done(recorder.target(), &["flow", "add", "priority=300,udp,actions=drop"]);
    done(&dir.target(), &["flow", "del", "--strict", "priority=300,udp"]);
    done(recorder.target(), &["flow", "list"]);
    let capture = dir.0.join("listing.pcap");
    recorder.save(&capture);
    let ran = state_at(capture.to_str().expect("UTF-8"), &["--show", "flows", "-o", "json"]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    let live = done(&dir.target(), &["flow", "list", "-o", "json"]);
    assert_eq!(entries(std::str::from_utf8(&ran.stdout).expect("UTF-8")), entries(&live), "{said}");
    assert!(!said.contains("before the capture began and that nothing"), "{said}");
}
