//! A session without a network: what goes where.

use codec::fcf::FcfLayout;
use codec::of10::stats::{FlowStats, StatsReplyFlags};
use codec::of10::{
    Action, BufferId, FlowMod, FlowModCommand, FlowModFlags, Hello, Match, PacketOut, PortNo,
};
use codec::proxy::Carried;
use codec::types::{FixedStr, MacAddr, Pad};
use codec::vse::{Carrier, Core, CoreCommand, CoreMod, VmEvent, VseAction, VseMessage};
use proptest::prelude::*;

use super::super::vms::PortOf;
use super::*;

fn session() -> Session {
    let name = "web".to_owned();
    let vm = Vm { vm_id: 5, tenant_id: 7, name, core: Some(Core(1)), pid: 0, hw_addr: None };
    let vms = Vms::new(vec![(PortOf::Name("vm5".to_owned()), vm)]);
    Session::new(false, FcfActions::new(FcfLayout::DSCP), vms)
}

fn bytes(xid: u32, body: Body) -> Vec<u8> {
    let mut out = Vec::new();
    Message::new(xid, body).encode(&mut out).unwrap();
    out
}

fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (message, rest) = Message::decode(bytes).unwrap();
        all.push(message);
        bytes = rest;
    }
    all
}

fn vse(message: VseMessage) -> Body {
    Body::Vendor(Vendor::Vse(message))
}

fn flow_mod(actions: Vec<Action>) -> Body {
    Body::FlowMod(FlowMod {
        r#match: Match::ANY,
        cookie: Hex(0),
        command: FlowModCommand::Add,
        idle_timeout: 0,
        hard_timeout: 0,
        priority: 5,
        buffer_id: BufferId::NONE,
        out_port: PortNo::NONE,
        flags: FlowModFlags::empty(),
        actions,
    })
}

fn set_fcf(vm_id: u16) -> Action {
    let carrier = Carrier::Tos;
    Action::Vse(VseAction::SetFcf { vm_id, priority: 0, carrier, pad: Pad::default() })
}

fn in_packet_out(inner: &Message) -> Vec<u8> {
    bytes(900, Body::PacketOut(bare::wrap(inner).unwrap()))
}

/// The message inside of the one PACKET_IN that was sent to the controller.
fn inside(to_controller: &[u8]) -> Message {
    let all = messages(to_controller);
    let [Message { body: Body::PacketIn(packet_in), .. }] = all.as_slice() else {
        panic!("{all:?}");
    };
    let (_, inner) = Carried::by_packet_in(packet_in).messages().next().unwrap();
    inner.unwrap()
}

#[test]
fn what_is_not_for_vse_passes() {
    let mut session = session();
    let mut out = Outbox::default();
    let plain = [
        bytes(1, Body::Hello(Hello { data: Bytes(Vec::new()) })),
        bytes(2, Body::BarrierRequest),
        bytes(3, flow_mod(vec![Action::Output { port: PortNo(2), max_len: 0 }])),
    ];
    for message in &plain {
        session.from_controller(message, &mut out);
        session.from_switch(message, &mut out);
    }
    session.settle(&mut out);
    assert_eq!(out.to_switch, plain.concat());
    assert_eq!(out.to_controller, plain.concat());
    assert!(out.to_vse.is_empty());
}

#[test]
fn a_bare_change_is_done_and_told() {
    let mut session = session();
    let mut out = Outbox::default();
    session.vse_up(&mut out);
    out = Outbox::default();
    let change = Message::new(77, flow_mod(Vec::new()));
    let barrier = Message::new(78, Body::BarrierRequest);
    session.from_controller(&in_packet_out(&change), &mut out);
    session.from_controller(&in_packet_out(&barrier), &mut out);
    session.settle(&mut out);
    assert!(out.to_switch.is_empty(), "the switch sees nothing of it");
    let asked = messages(&out.to_vse);
    assert_eq!(
        asked.iter().map(|message| &message.body).collect::<Vec<_>>(),
        [&change.body, &barrier.body]
    );
    out = Outbox::default();
    session.from_vse(&bytes(asked[1].xid, Body::BarrierReply), &mut out);
    assert_eq!(inside(&out.to_controller), Message::new(78, Body::BarrierReply));
}

#[test]
fn a_refusal_has_the_xid_of_the_change() {
    let mut session = session();
    let mut out = Outbox::default();
    session.vse_up(&mut out);
    out = Outbox::default();
    session.from_controller(&in_packet_out(&Message::new(77, flow_mod(Vec::new()))), &mut out);
    session.settle(&mut out);
    let asked = messages(&out.to_vse);
    assert_eq!(asked[1].body, Body::BarrierRequest, "the proxy asks when it is settled");
    let code = ErrorCode::new(3, 0);
    let refusal = Body::Error(ErrorMsg { code, data: Bytes(vec![1]) });
    out = Outbox::default();
    session.from_vse(&bytes(asked[0].xid, refusal.clone()), &mut out);
    session.from_vse(&bytes(asked[1].xid, Body::BarrierReply), &mut out);
    assert_eq!(inside(&out.to_controller), Message::new(77, refusal));
}

#[test]
fn without_vse_the_answer_is_an_error() {
    let mut session = session();
    let mut out = Outbox::default();
    let request = bytes(4, vse(VseMessage::HostFeaturesRequest));
    session.from_controller(&request, &mut out);
    let code = ErrorCode::BadRequest(BadRequestCode::BadVendor);
    let data = Bytes(request);
    let error = Message::new(4, Body::Error(ErrorMsg { code, data }));
    assert_eq!(messages(&out.to_controller), [error]);
}

#[test]
fn what_is_lost_with_vse_is_told() {
    let mut session = session();
    let mut out = Outbox::default();
    session.vse_up(&mut out);
    session.from_controller(&in_packet_out(&Message::new(77, flow_mod(Vec::new()))), &mut out);
    out = Outbox::default();
    session.vse_down(&mut out);
    let told = inside(&out.to_controller);
    assert_eq!(told.xid, 77);
    assert!(matches!(told.body, Body::Error(_)));
}

#[test]
fn a_barrier_waits_for_changes_of_vse() {
    let mut session = session();
    let mut out = Outbox::default();
    session.vse_up(&mut out);
    out = Outbox::default();
    let change =
        CoreMod { command: CoreCommand::Eligible, core: Core(1), vm_id: 0, pad: Pad::default() };
    session.from_controller(&bytes(1, vse(VseMessage::CoreMod(change))), &mut out);
    let barrier = bytes(2, Body::BarrierRequest);
    session.from_controller(&barrier, &mut out);
    assert!(session.is_waiting());
    assert!(out.to_switch.is_empty());
    let asked = messages(&out.to_vse);
    session.from_vse(&bytes(asked[1].xid, Body::BarrierReply), &mut out);
    assert!(!session.is_waiting());
    assert_eq!(out.to_switch, barrier);
    assert!(out.to_controller.is_empty(), "the proxy's own barrier is its own");
}

#[test]
fn set_fcf_goes_in_the_words_of_the_switch_and_comes_back() {
    let mut session = session();
    let mut out = Outbox::default();
    let output = Action::Output { port: PortNo(2), max_len: 0 };
    let written = vec![set_fcf(5), output];
    session.from_controller(&bytes(1, flow_mod(written.clone())), &mut out);
    let [Message { body: Body::FlowMod(sent), .. }] = &messages(&out.to_switch)[..] else {
        panic!("one FLOW_MOD");
    };
    assert_eq!(sent.actions[0], Action::SetNwTos { nw_tos: 5 << 2, pad: Pad::default() });
    let entry = FlowStats {
        table_id: 0,
        pad: Pad::default(),
        r#match: Match::ANY,
        duration_sec: 1,
        duration_nsec: 0,
        priority: 5,
        idle_timeout: 0,
        hard_timeout: 0,
        pad2: Pad::default(),
        cookie: Hex(0),
        packet_count: 0,
        byte_count: 0,
        actions: sent.actions.clone(),
    };
    let report = |entry: FlowStats| {
        let flags = StatsReplyFlags::empty();
        let body = StatsReplyBody::Flow(vec![entry]);
        bytes(2, Body::StatsReply(StatsReply { flags, body }))
    };
    session.from_switch(&report(entry.clone()), &mut out);
    let as_written = FlowStats { actions: written, ..entry.clone() };
    assert_eq!(out.to_controller, report(as_written));
    // The same actions, written by themselves, stay what they are.
    out = Outbox::default();
    session.from_controller(&bytes(3, flow_mod(entry.actions.clone())), &mut out);
    session.from_switch(&report(entry.clone()), &mut out);
    assert_eq!(out.to_controller, report(entry));
}

#[test]
fn a_field_that_does_not_fit_is_refused() {
    let mut session = session();
    let mut out = Outbox::default();
    session.from_controller(&bytes(9, flow_mod(vec![set_fcf(32)])), &mut out);
    assert!(out.to_switch.is_empty());
    let told = messages(&out.to_controller);
    assert_eq!(told[0].xid, 9);
    let Body::Error(error) = &told[0].body else { panic!("{told:?}") };
    assert_eq!(error.code.to_string(), "bad_action/bad_argument");
}

#[test]
fn frames_in_packet_out_pass_but_for_set_fcf() {
    let mut session = session();
    let mut out = Outbox::default();
    let frame = Bytes(vec![0xff; 60]);
    let actions = vec![set_fcf(3)];
    let packet_out =
        PacketOut { buffer_id: BufferId::NONE, in_port: PortNo::NONE, actions, data: frame };
    session.from_controller(&bytes(1, Body::PacketOut(packet_out.clone())), &mut out);
    let nw_tos = Action::SetNwTos { nw_tos: 3 << 2, pad: Pad::default() };
    let sent = PacketOut { actions: vec![nw_tos], ..packet_out };
    assert_eq!(out.to_switch, bytes(1, Body::PacketOut(sent)));
}

fn port_status(reason: PortReason) -> Vec<u8> {
    let none = codec::of10::PortFeatures::empty();
    let desc = codec::of10::Port {
        port_no: PortNo(3),
        hw_addr: MacAddr([2, 0, 0, 0, 0, 9]),
        name: FixedStr::new("vm5").unwrap(),
        config: codec::of10::PortConfig::empty(),
        state: codec::of10::PortState::empty(),
        curr: none,
        advertised: none,
        supported: none,
        peer: none,
    };
    bytes(0, Body::PortStatus(PortStatus { reason, pad: Pad::default(), desc }))
}

#[test]
fn vms_are_told_to_who_speaks_vse() {
    let mut session = session();
    let mut out = Outbox::default();
    let up = port_status(PortReason::Add);
    session.from_switch(&up, &mut out);
    assert_eq!(out.to_controller, up, "a plain controller sees the port alone");
    // It speaks VSE: now it hears what it missed.
    out = Outbox::default();
    session.vse_up(&mut out);
    session.from_controller(&bytes(1, vse(VseMessage::HostFeaturesRequest)), &mut out);
    let events = |out: &Outbox| -> Vec<(VmEvent, u16)> {
        let told = messages(&out.to_controller);
        let infos = told.into_iter().filter_map(|message| match message.body {
            Body::Vendor(Vendor::Vse(VseMessage::VmInfo(info))) => Some((info.event, info.vm_id)),
            _ => None,
        });
        infos.collect()
    };
    assert_eq!(events(&out), [(VmEvent::Up, 5)]);
    out = Outbox::default();
    session.from_switch(&port_status(PortReason::Delete), &mut out);
    assert_eq!(events(&out), [(VmEvent::Down, 5)]);
    let asked = messages(&out.to_vse);
    let unbound = asked.iter().any(|message| {
        matches!(&message.body, Body::Vendor(Vendor::Vse(VseMessage::VmInfo(info)))
            if info.event == VmEvent::Down && info.vm_id == 5)
    });
    assert!(unbound, "{asked:?}");
}

proptest! {
    /// Whatever a controller and a switch say that never speak VSE, each hears the other exactly.
    #[test]
    fn plain_sessions_are_untouched(
        said in prop::collection::vec(
            (any::<bool>(), 0_u8..22, any::<u32>(), prop::collection::vec(any::<u8>(), 0..120)),
            1..20,
        ),
    ) {
        let mut session = session();
        let mut out = Outbox::default();
        let (mut to_switch, mut to_controller) = (Vec::new(), Vec::new());
        for (by_controller, r#type, xid, mut body) in said {
            if r#type == 4 || r#type == 16 || r#type == 13 {
                // No message of VSE by chance.
                body.truncate(3);
            }
            let length = u16::try_from(HEADER_LEN + body.len()).unwrap();
            let mut message = Vec::new();
            Header { version: VERSION, r#type: r#type.into(), length, xid }.encode(&mut message);
            message.extend(body);
            if by_controller {
                session.from_controller(&message, &mut out);
                to_switch.extend(message);
            } else {
                session.from_switch(&message, &mut out);
                to_controller.extend(message);
            }
            session.settle(&mut out);
        }
        prop_assert_eq!(out.to_switch, to_switch);
        prop_assert_eq!(out.to_controller, to_controller);
        prop_assert_eq!(out.to_vse, Vec::<u8>::new());
    }

    /// Nothing that VSE or anybody else says ends in a panic.
    #[test]
    fn any_bytes(said in prop::collection::vec((0_u8..3, prop::collection::vec(any::<u8>(), 0..90)), 1..20)) {
        let mut session = session();
        let mut out = Outbox::default();
        session.vse_up(&mut out);
        for (who, mut message) in said {
            if let Some(version) = message.first_mut() {
                *version = 1;
            }
            match who {
                0 => session.from_controller(&message, &mut out),
                1 => session.from_switch(&message, &mut out),
                _ => session.from_vse(&message, &mut out),
            }
            session.settle(&mut out);
        }
        session.vse_down(&mut out);
        prop_assert!(!session.is_waiting());
    }
}
