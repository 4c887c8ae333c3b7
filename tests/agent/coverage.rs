//! The packets of `vsectl craft coverage` for the table of a running agent: a trace of each names
//! the entry and the core that its comment expects.

use std::fs::{self, File};

use dissect::savefile::Reader;
use serde_json::Value;

use crate::commands::{done, vsectl};
use crate::world::{Agent, Scratch};

const FLOWS: &str = "priority=9,ip,nw_dst=10.0.0.1,actions=set_irq_core:0\n\
    priority=8,udp,tp_dst=53,vm_id=5,actions=set_irq_core:1\n\
    priority=7,tun_id=77,inner_dl_type=0x0800,inner_nw_proto=6,inner_tp_dst=80,actions=set_irq_core:0\n\
    priority=6,arp,actions=drop\n\
    priority=5,ip,actions=set_irq_core:auto\n\
    priority=4,tcp,tp_dst=80,actions=set_irq_core:1\n";

#[test]
fn traces_take_the_entries_that_are_expected() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let target = dir.target();
    let (flows, packets) = (dir.0.join("flows"), dir.0.join("coverage.pcapng"));
    fs::write(&flows, FLOWS).expect("the scratch folder is ours");
    let (flows, file) = (flows.to_str().expect("a path"), packets.to_str().expect("a path"));
    done(&target, &["flow", "add", "-f", flows]);
    let ran = vsectl(&target, &["craft", "coverage", "--flows", &target, "-w", file]);
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    // One entry cannot be hit, and it is said why.
    assert_eq!(ran.status.code(), Some(3), "{errors}");
    assert_eq!(errors, "vsectl: not hit: priority=4,tcp,tp_dst=80: shadowed by priority=5,ip\n");
    let mut reader = Reader::new(File::open(&packets).expect("it was written")).expect("pcapng");
    let mut comments = Vec::new();
    while let Some(record) = reader.next().expect("sound") {
        comments.push(record.comment.expect("a comment").to_owned());
    }
    let traces = done(&target, &["trace", "-r", file, "-o", "ndjson", "--core", "1"]);
    assert_eq!(traces.lines().count(), comments.len());
    for (line, comment) in traces.lines().zip(&comments) {
        let trace: Value = serde_json::from_str(line).expect("JSON");
        let candidates = trace["candidates"].as_array().expect("an array");
        let won = candidates.iter().find(|candidate| candidate["outcome"] == "won");
        let rule = won.map_or("none".to_owned(), |won| {
            let matched = won["matched"].as_str().expect("a text");
            format!("priority={},{matched}", won["priority"])
        });
        let expected = comment.split(';').next().expect("a text");
        let (core, expected_rule) = expected.split_once(" rule=").expect("a rule");
        assert_eq!(words(&rule), words(expected_rule), "{comment}");
        match core.strip_prefix("expect core=").expect("a core") {
            "auto" => {}
            "here" => assert_eq!(trace["core"], 1, "{comment}"),
            named => assert_eq!(trace["core"].to_string(), named, "{comment}"),
        }
    }
}

/// The words of an entry, whose order says nothing.
fn words(rule: &str) -> Vec<&str> {
    let mut words: Vec<&str> = rule.split(',').collect();
    words.sort_unstable();
    words
}
