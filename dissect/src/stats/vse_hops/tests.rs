use std::net::Ipv4Addr;

use codec::vse::VENDOR_ID;
use proptest::prelude::*;

use super::super::Talk;
use super::*;
use crate::sink::Ends;

const HELLO: u8 = 0;
const ERROR: u8 = 1;
const VENDOR: u8 = 4;
const FEATURES_REQUEST: u8 = 5;
const FLOW_MOD: u8 = 14;
const STATS_REQUEST: u8 = 16;
const BARRIER_REQUEST: u8 = 18;
const BARRIER_REPLY: u8 = 19;

fn message(r#type: u8, xid: u32, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + body.len()).unwrap();
    [&[1, r#type][..], &len.to_be_bytes(), &xid.to_be_bytes(), body].concat()
}

fn vendor(subtype: Subtype, xid: u32, body: &[u8]) -> Vec<u8> {
    let head = [VENDOR_ID.to_be_bytes(), u32::from(subtype).to_be_bytes()].concat();
    message(VENDOR, xid, &[&head, body].concat())
}

/// In a PACKET_OUT without actions.
fn in_packet_out(inner: &[u8]) -> Vec<u8> {
    message(13, 9, &[&[0xff; 6][..], &[0, 0], inner].concat())
}

/// In a PACKET_IN.
fn in_packet_in(inner: &[u8]) -> Vec<u8> {
    message(10, 0, &[&[0xff; 4][..], &[0; 6], inner].concat())
}

/// A message on a connection, by the end that listens or by the other one.
#[derive(Debug, Clone)]
struct Said {
    time: u64,
    connection: u8,
    by_listener: bool,
    bytes: Vec<u8>,
}

fn said(time: u64, connection: u8, by_listener: bool, bytes: Vec<u8>) -> Said {
    Said { time, connection, by_listener, bytes }
}

fn seen(all: &[Said]) -> VseHops {
    let mut hops = VseHops::default();
    for Said { time, connection, by_listener, bytes } in all {
        let (listener, other) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        let port = 40_000 + u16::from(*connection);
        let (addresses, ports) = if *by_listener {
            (Ends::Ipv4(listener, other), Ends::Tcp(6653, port))
        } else {
            (Ends::Ipv4(other, listener), Ends::Tcp(port, 6653))
        };
        let mut talk = Talk::default();
        talk.note(addresses);
        talk.note(ports);
        hops.message(bytes, &Context { talk, time: *time, ..Context::default() });
    }
    hops
}

/// Count, refused, unanswered and the longest time of each row.
type Figures = BTreeMap<(Kind, Came, Hop), (u64, u64, u64, u64)>;

fn figures(hops: &VseHops) -> Figures {
    let rows = hops.rows().into_iter();
    rows.map(|(key, row)| (key, (row.seen, row.refused, row.unanswered, row.times.most))).collect()
}

/// The beginning of the controller's leg and of the agent's.
fn handshake(controller: u8, agent: u8) -> Vec<Said> {
    vec![
        said(1, controller, true, message(HELLO, 1, &[])),
        said(1, controller, false, message(HELLO, 1, &[])),
        said(2, controller, true, message(FEATURES_REQUEST, 2, &[])),
        said(1, agent, false, message(HELLO, 1, &[])),
        said(2, agent, false, vendor(Subtype::GetConfigRequest, 1, &[])),
        said(3, agent, true, vendor(Subtype::GetConfigReply, 1, &[0; 8])),
    ]
}

fn plain(kind: u8) -> Kind {
    Kind::Plain(kind)
}

fn vse(subtype: Subtype) -> Kind {
    Kind::Vse(subtype.into())
}

#[test]
fn a_change_and_its_barrier() {
    let change = |xid| message(FLOW_MOD, xid, &[7; 64]);
    let barrier = |xid| message(BARRIER_REQUEST, xid, &[]);
    let mut all = handshake(0, 1);
    all.extend([
        said(100, 0, true, in_packet_out(&change(70))),
        said(110, 1, false, change(2)),
        said(120, 0, true, in_packet_out(&barrier(71))),
        said(125, 1, false, barrier(3)),
        said(140, 1, true, message(BARRIER_REPLY, 3, &[])),
        said(144, 0, false, in_packet_in(&message(BARRIER_REPLY, 71, &[]))),
        // Refused, and never answered.
        said(200, 0, true, in_packet_out(&change(72))),
        said(203, 1, false, change(4)),
        said(205, 1, true, message(ERROR, 4, &[&[0, 3, 0, 0][..], &change(4)].concat())),
        said(
            206,
            0,
            false,
            in_packet_in(&message(ERROR, 72, &[&[0, 3, 0, 0][..], &change(72)].concat())),
        ),
        said(300, 0, true, in_packet_out(&change(73))),
    ]);
    let mut expected = Figures::new();
    let mut row = |kind, came, hop, figures| expected.insert((kind, came, hop), figures);
    let (flow, barrier, out) = (plain(FLOW_MOD), plain(BARRIER_REQUEST), Came::PacketOut);
    row(flow, out, Hop::Controller, (3, 1, 1, 44));
    row(flow, out, Hop::ProxyIn, (2, 0, 0, 10));
    row(flow, out, Hop::Agent, (2, 1, 0, 30));
    // Of a change that is settled by a barrier, the way back is not known.
    row(flow, out, Hop::ProxyOut, (1, 0, 0, 1));
    row(barrier, out, Hop::Controller, (1, 0, 0, 24));
    row(barrier, out, Hop::ProxyIn, (1, 0, 0, 5));
    row(barrier, out, Hop::Agent, (1, 0, 0, 15));
    row(barrier, out, Hop::ProxyOut, (1, 0, 0, 4));
    let other = (vse(Subtype::GetConfigRequest), Came::Other, Hop::Agent);
    row(other.0, other.1, other.2, (1, 0, 0, 1));
    assert_eq!(figures(&seen(&all)), expected);
    // Of one leg alone, nothing is said of the others.
    let of = |connection| {
        let part: Vec<_> =
            all.iter().filter(|said| said.connection == connection).cloned().collect();
        figures(&seen(&part))
    };
    let controller: Figures = expected
        .iter()
        .filter(|(key, _)| key.2 == Hop::Controller)
        .map(|(k, v)| (*k, *v))
        .collect();
    assert_eq!(of(0), controller);
    assert!(of(1).keys().all(|key| (key.1, key.2) == (Came::Other, Hop::Agent)));
    assert_eq!(of(1).len(), 3);
}

#[test]
fn a_barrier_of_the_session_settles_what_was_said_plainly() {
    let mut all = handshake(0, 1);
    all.extend([
        said(10, 0, true, message(BARRIER_REQUEST, 69, &[])),
        said(11, 0, true, in_packet_out(&message(FLOW_MOD, 70, &[7; 64]))),
        said(12, 0, true, vendor(Subtype::SetConfig, 71, &[5; 8])),
        said(20, 0, true, message(BARRIER_REQUEST, 72, &[])),
        said(31, 0, false, message(BARRIER_REPLY, 72, &[])),
    ]);
    let figures = figures(&seen(&all));
    let of = |kind, came| figures.get(&(kind, came, Hop::Controller));
    assert_eq!(of(vse(Subtype::SetConfig), Came::Direct), Some(&(1, 0, 0, 19)));
    assert_eq!(of(plain(FLOW_MOD), Came::PacketOut), Some(&(1, 0, 1, 0)));
    assert_eq!(of(plain(BARRIER_REQUEST), Came::Direct), None);
}

#[test]
fn a_session_that_has_nothing_of_vse_is_not_told_of() {
    let all = [
        said(1, 0, true, message(HELLO, 1, &[])),
        said(2, 0, true, message(FEATURES_REQUEST, 2, &[])),
        said(3, 0, true, message(FLOW_MOD, 3, &[7; 64])),
        said(4, 0, true, message(BARRIER_REQUEST, 4, &[])),
        said(5, 0, false, message(BARRIER_REPLY, 4, &[])),
        // ovs-ofctl at a switch asks no features.
        said(5, 1, false, message(HELLO, 1, &[])),
        said(6, 1, false, message(FLOW_MOD, 1, &[8; 64])),
    ];
    assert_eq!(figures(&seen(&all)), Figures::new());
}

#[test]
fn ports_that_are_used_again_are_another_leg() {
    let ask = |time, xid| said(time, 0, true, vendor(Subtype::HostFeaturesRequest, xid, &[]));
    let first: Vec<_> = handshake(0, 1).into_iter().chain([ask(10, 5)]).collect();
    let answer = said(20, 0, false, vendor(Subtype::HostFeaturesReply, 5, &[0; 32]));
    let again: Vec<_> = [first.clone(), first, vec![answer]].concat();
    let key = (vse(Subtype::HostFeaturesRequest), Came::Direct, Hop::Controller);
    assert_eq!(figures(&seen(&again)).get(&key), Some(&(2, 0, 1, 10)));
}

/// A request of the model: which it is, and how long after the one before, and in each hop.
#[derive(Debug, Clone, Copy)]
struct Step {
    what: u8,
    gap: u64,
    hops: [u64; 3],
}

/// Adds one that took `time`.
fn add(all: &mut Figures, kind: Kind, came: Came, hop: Hop, time: u64) {
    let figures = all.entry((kind, came, hop)).or_default();
    *figures = (figures.0 + 1, 0, figures.2, figures.3.max(time));
}

/// A switch with its proxy and agent: what is on both legs, and the figures of each hop.
fn model(switch: u8, steps: &[Step]) -> (Vec<Said>, Figures) {
    let (controller, agent) = (2 * switch, 2 * switch + 1);
    let (mut all, mut expected) = (handshake(controller, agent), Figures::new());
    add(&mut expected, vse(Subtype::GetConfigRequest), Came::Other, Hop::Agent, 1);
    // A time of each place that is past, and never comes again.
    let mut past = [10; 4];
    let mut number = 1;
    for (step, xid) in steps.iter().zip(100_u8..) {
        let (body, xid) = ([switch, xid], u32::from(xid));
        let mut times = [past[0] + step.gap, 0, 0, 0];
        for (hop, took) in step.hops.iter().enumerate() {
            times[hop + 1] = (times[hop] + took).max(past[hop + 1] + 1);
        }
        past = times;
        let [sent, handed, answered, delivered] = times;
        let request = |xid| match step.what {
            0 => vendor(Subtype::HostFeaturesRequest, xid, &[]),
            1 => vendor(Subtype::GetConfigRequest, xid, &[]),
            2 => message(BARRIER_REQUEST, xid, &[]),
            // Unlike any other, so that the model need not say which it is.
            _ => vendor(Subtype::TraceRequest, xid, &body),
        };
        let answer = |xid| match step.what {
            0 => vendor(Subtype::HostFeaturesReply, xid, &[0; 32]),
            1 => vendor(Subtype::GetConfigReply, xid, &[0; 8]),
            2 => message(BARRIER_REPLY, xid, &[]),
            _ => vendor(Subtype::TraceReply, xid, &[0; 8]),
        };
        number += 1;
        let carried = step.what == 2;
        let wrap = |bytes: Vec<u8>, wrap: fn(&[u8]) -> Vec<u8>| {
            if carried { wrap(&bytes) } else { bytes }
        };
        all.extend([
            said(sent, controller, true, wrap(request(xid), in_packet_out)),
            said(handed, agent, false, request(number)),
            said(answered, agent, true, answer(number)),
            said(delivered, controller, false, wrap(answer(xid), in_packet_in)),
        ]);
        let kind = Kind::of_request(&request(0)).unwrap();
        let came = if carried { Came::PacketOut } else { Came::Direct };
        add(&mut expected, kind, came, Hop::Controller, delivered - sent);
        add(&mut expected, kind, came, Hop::ProxyIn, handed - sent);
        add(&mut expected, kind, came, Hop::Agent, answered - handed);
        add(&mut expected, kind, came, Hop::ProxyOut, delivered - answered);
        // Now and then the proxy asks something itself.
        if step.gap % 3 == 0 {
            number += 1;
            let body = [&[0xff, 0xff, 0, 0][..], &VENDOR_ID.to_be_bytes(), &[0; 8]].concat();
            all.push(said(handed, agent, false, message(STATS_REQUEST, number, &body)));
            let figures =
                expected.entry((plain(STATS_REQUEST), Came::Other, Hop::Agent)).or_default();
            figures.0 += 1;
            figures.2 += 1;
        }
    }
    (all, expected)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..4_u8, 1..20_u64, [0..40_u64, 0..40, 0..40]);
    let step = step.prop_map(|(what, gap, hops)| Step { what, gap, hops });
    // The first tells which agent has which controller.
    proptest::collection::vec(step, 0..40).prop_map(|mut steps| {
        steps.insert(0, Step { what: 3, gap: 1, hops: [1, 1, 1] });
        steps
    })
}

proptest! {
    /// Two switches at once, each with requests under way one behind the other: every time is that
    /// of the model, in whatever order the captures of the legs are read.
    #[test]
    fn as_the_model(first in steps(), second in steps()) {
        let ((mut all, mut expected), (more, other)) = (model(0, &first), model(1, &second));
        all.extend(more);
        for (key, figures) in other {
            let sum = expected.entry(key).or_default();
            *sum = (sum.0 + figures.0, 0, sum.2 + figures.2, sum.3.max(figures.3));
        }
        all.sort_by_key(|said| said.time);
        prop_assert_eq!(&figures(&seen(&all)), &expected);
        // Each leg in a capture of its own.
        all.sort_by_key(|said| said.connection);
        prop_assert_eq!(&figures(&seen(&all)), &expected);
        all.sort_by_key(|said| (said.connection % 2 == 0, said.connection));
        prop_assert_eq!(&figures(&seen(&all)), &expected);
    }
}
