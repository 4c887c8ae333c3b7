//! What was acknowledged outlives the agent, however it ends.

use codec::vse::BundleCommand;
use nix::sys::signal::Signal;

use crate::client::{Client, flow};
use crate::world::{Agent, Scratch};

/// The texts of all entries.
fn cookies(client: &mut Client) -> Vec<u64> {
    let mut cookies: Vec<u64> = client.flows().iter().map(|flow| flow.cookie.0).collect();
    cookies.sort_unstable();
    cookies
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let dir = Scratch::new();
    let agent = Agent::start(&dir, &[]);
    let mut client = Client::connect(&dir.socket());
    for number in 0..50 {
        let text = format!("cookie={number},udp,tp_dst={number},actions=set_irq_core:auto");
        assert_eq!(client.add(&text), [""; 0]);
    }
    let delete = "udp,tp_dst=7,actions=drop".parse::<codec::text::Flow>().expect("a flow");
    let mut delete = delete.to_body();
    if let codec::of10::Body::FlowMod(flow) = &mut delete {
        flow.command = codec::of10::FlowModCommand::Delete;
        flow.actions.clear();
    }
    assert!(client.ask(&delete).is_empty());
    agent.signal(Signal::SIGKILL);
    agent.wait();
    let agent = Agent::start(&dir, &[]);
    let mut client = Client::connect(&dir.socket());
    let expected: Vec<u64> = (0..50).filter(|number| *number != 7).collect();
    assert_eq!(cookies(&mut client), expected);
    // And once more, after an end in good order.
    agent.signal(Signal::SIGTERM);
    let (status, log) = agent.wait();
    assert_eq!(status, Some(0), "{log}");
    assert!(log.trim_end().ends_with("ended"), "{log}");
    assert!(!dir.socket().exists(), "the socket stays behind");
    let _agent = Agent::start(&dir, &[]);
    assert_eq!(cookies(&mut Client::connect(&dir.socket())), expected);
}

#[test]
fn a_bundle_is_there_whole_or_not_at_all() {
    const BUNDLE: u64 = 40;
    let dir = Scratch::new();
    let mut acknowledged = 0;
    let mut number = 0_u64;
    for round in 0..8_u32 {
        let agent = Agent::start(&dir, &[]);
        let mut client = Client::connect(&dir.socket());
        let kept = cookies(&mut client);
        let bundles = u64::try_from(kept.len()).expect("few") / BUNDLE;
        assert!(bundles >= acknowledged, "{bundles} of {acknowledged} bundles are left");
        for bundle in kept.chunk_by(|a, b| a / BUNDLE == b / BUNDLE) {
            assert_eq!(bundle.len(), 40, "a part of a bundle: {bundle:?}");
        }
        acknowledged = bundles;
        number = number.max(kept.last().map_or(0, |last| last / BUNDLE + 1));
        // Some bundles are acknowledged; the agent is killed while another is under way, at another
        // place in each round.
        for last in [false, false, true] {
            client.bundle(BundleCommand::Open);
            for part in 0..BUNDLE {
                if last && part == BUNDLE - u64::from(round % 5) * 9 {
                    break;
                }
                let cookie = number * BUNDLE + part;
                client.send(&flow(&format!(
                    "cookie={cookie},tcp,tp_src={},tp_dst={part},actions=set_irq_core:auto",
                    number % 65_536
                )));
            }
            if last && round % 5 != 0 {
                break;
            }
            client.bundle(BundleCommand::Commit);
            if !last {
                assert!(client.barrier().is_empty());
                acknowledged += 1;
                number += 1;
            }
        }
        agent.signal(Signal::SIGKILL);
        agent.wait();
        number += 1;
    }
    assert!(acknowledged >= 16);
}

#[test]
fn a_bundle_with_a_wrong_change_does_nothing() {
    let dir = Scratch::new();
    let _agent = Agent::start(&dir, &[]);
    let mut client = Client::connect(&dir.socket());
    client.bundle(BundleCommand::Open);
    client.send(&flow("udp,actions=set_irq_core:auto"));
    let wrong = client.send(&flow("tcp,actions=set_irq_core:4000"));
    client.bundle(BundleCommand::Commit);
    let errors = client.barrier();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2, "{lines:?}");
    assert_eq!(errors[0].xid, wrong);
    assert!(lines[0].contains("bad_action") || lines[0].contains("BAD_ARGUMENT"), "{lines:?}");
    assert_eq!(errors[1].xid, wrong + 1);
    assert_eq!(client.flows(), []);
    // What is not committed is forgotten.
    client.bundle(BundleCommand::Open);
    client.send(&flow("udp,actions=set_irq_core:auto"));
    client.bundle(BundleCommand::Discard);
    assert!(client.barrier().is_empty());
    assert_eq!(client.flows(), []);
}
