//! The agent goes while changes are under way through the proxy.

use std::os::unix::net::UnixStream;

use codec::of10::{Body, Message};
use codec::proxy::bare;
use codec::text::Flow;
use nix::sys::signal::Signal;

use crate::commands::done;
use crate::hypervisor::until;
use crate::proxied::{Session, answer, send};
use crate::world::{Agent, Scratch};

/// The agent is killed when so many changes are acknowledged,
const ACKNOWLEDGED: u32 = 200;
/// so many were sent,
const OPEN: u32 = 300;
/// and so many are in the end.
const ALL: u32 = 400;

/// A change and the question whether it is done; the question's xid is odd.
fn change(stream: &mut UnixStream, number: u32) {
    let flow: Flow =
        format!("priority={number},ip,actions=set_irq_core:0").parse().expect("a flow");
    for inner in [
        Message::new(2 * number, flow.to_body()),
        Message::new(2 * number + 1, Body::BarrierRequest),
    ] {
        let outer = Body::PacketOut(bare::wrap(&inner).expect("it fits"));
        send(stream, &Message::new(1, outer));
    }
}

#[test]
fn what_was_acknowledged_outlives_an_agent_that_is_killed() {
    let dir = Scratch::new();
    let agent = Agent::start(&dir, &[]);
    let Session { mut controller, proxy, switch: _switch, .. } = Session::new(&dir, &[]);

    // Each question is answered, whether VSE has settled it or is gone.
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    let mut hear = |controller: &mut UnixStream| {
        let answer = answer(controller);
        match answer.body {
            Body::BarrierReply => acknowledged.push(answer.xid / 2),
            Body::Error(_) => refused += answer.xid % 2,
            _ => panic!("{answer}"),
        }
        answer.xid / 2
    };
    (1..=OPEN).for_each(|number| change(&mut controller, number));
    while hear(&mut controller) < ACKNOWLEDGED {}
    agent.signal(Signal::SIGKILL);
    agent.wait();
    (OPEN + 1..=ALL).for_each(|number| change(&mut controller, number));
    while hear(&mut controller) < ALL {}
    while hear(&mut controller) < ALL {}
    assert!(refused >= ALL - OPEN, "{refused} refused");
    let settled = u32::try_from(acknowledged.len()).expect("it is small");
    assert_eq!(settled + refused, ALL, "each has one answer");

    let _agent = Agent::start(&dir, &[]);
    let flows = done(&dir.target(), &["flow", "list", "--no-stats", "-o", "ofctl"]);
    let kept: Vec<u32> = flows
        .lines()
        .filter_map(|line| line.split("priority=").nth(1)?.split([',', ' ']).next()?.parse().ok())
        .collect();
    let lost: Vec<&u32> = acknowledged.iter().filter(|number| !kept.contains(number)).collect();
    assert!(lost.is_empty(), "acknowledged, and lost: {lost:?}");
    // The session has gone on, and VSE is in it again.
    until("the proxy has the agent again", || {
        change(&mut controller, ALL + 1);
        loop {
            let answer = answer(&mut controller);
            if answer.xid == 2 * (ALL + 1) + 1 {
                break matches!(answer.body, Body::BarrierReply);
            }
        }
    });
    proxy.end();
}
