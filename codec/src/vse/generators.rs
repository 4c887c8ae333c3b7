//! Strategies for property tests: any value that the wire can have.
//!
//! A structure of one size takes any bytes, so it is made from random ones; the others are put
//! together.

use proptest::prelude::*;

use super::tlv::UnknownTlv;
use super::*;
use crate::error::Limit;
use crate::of10::stats::{
    StatsReply, StatsReplyBody, StatsReplyFlags, StatsRequest, StatsRequestBody, StatsRequestFlags,
};
use crate::of10::{Action, Body, FlowMod, FlowRemoved, MATCH_LEN, Match, Message, PortNo, Vendor};
use crate::types::{Bytes, Hex, Pad};
use crate::wire::{Parsed, whole};

/// What `read` makes of any `len` bytes.
fn of_bytes<T: std::fmt::Debug>(
    len: usize,
    read: impl Fn(&[u8]) -> Parsed<'_, T>,
) -> impl Strategy<Value = T> {
    prop::collection::vec(any::<u8>(), len)
        .prop_map(move |bytes| whole("sample", &bytes, &bytes, Limit::Input, &read).unwrap())
}

fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..=most).prop_map(Bytes)
}

fn matched() -> impl Strategy<Value = Match> {
    of_bytes(MATCH_LEN, Match::read)
}

fn pad<const N: usize>() -> impl Strategy<Value = Pad<N>> {
    prop_oneof![Just(Pad::default()), any::<[u8; N]>().prop_map(Pad)]
}

fn core() -> impl Strategy<Value = Core> {
    prop_oneof![Just(Core::NONE), any::<u16>().prop_map(Core)]
}

/// Any match TLV, known or not.
pub(crate) fn tlv() -> impl Strategy<Value = Tlv> {
    let fields: Vec<_> =
        MatchField::ALL.iter().copied().filter(|field| field.value_len().is_some()).collect();
    let known = (prop::sample::select(fields), any::<u64>(), any::<Option<u64>>());
    let known = known.prop_map(|(field, value, mask)| {
        let len = u32::try_from(field.value_len().unwrap()).unwrap();
        let fit = |value: u64| value >> (64 - 8 * len);
        let mask = mask.filter(|_| field.is_maskable()).map(fit);
        Tlv::Field(FieldMatch::with_mask(field, fit(value), mask).unwrap())
    });
    // Of another class, so that no value is one of ours.
    let unknown = (0..0x7fff_u16, any::<u8>(), bytes(12)).prop_map(|(class, field, body)| {
        let length = u8::try_from(body.len()).unwrap();
        let wire = [&class.to_be_bytes()[..], &[field, length], &body].concat();
        Tlv::Unknown(UnknownTlv(Bytes(wire)))
    });
    prop_oneof![3 => known, 1 => unknown]
}

/// Any list of match TLVs, its padding zero or not.
pub(crate) fn tlvs() -> impl Strategy<Value = Tlvs> {
    (prop::collection::vec(tlv(), 0..5), any::<[u8; 8]>(), any::<bool>()).prop_map(
        |(tlvs, pad, zero)| {
            let list = Tlvs::new(tlvs);
            let len = list.padded_len() - list.match_len();
            let pad = if zero { [0; 8] } else { pad };
            Tlvs::padded(list.tlvs, &pad[..len]).unwrap()
        },
    )
}

/// Any action of VSE, and some others.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    let set_fcf = (any::<u16>(), any::<u8>(), any::<u8>(), pad()).prop_map(
        |(vm_id, priority, carrier, pad)| {
            let carrier = carrier.into();
            VseAction::SetFcf { vm_id, priority, carrier, pad }
        },
    );
    let set_irq_core = (core(), any::<u32>())
        .prop_map(|(core, rxhash)| VseAction::SetIrqCore { core, rxhash: Hex(rxhash) });
    // Type, length, vendor and subtype are ten bytes; the whole is a multiple of eight.
    let unknown = (3..=u16::MAX, 0..3_usize, any::<u8>()).prop_map(|(code, units, byte)| {
        VseAction::Unknown { code, body: Bytes(vec![byte; 8 * units + 6]) }
    });
    let vse = prop_oneof![set_fcf, set_irq_core, unknown].prop_map(Action::Vse);
    let output = any::<(u16, u16)>()
        .prop_map(|(port, max_len)| Action::Output { port: PortNo(port), max_len });
    prop_oneof![3 => vse, 1 => output]
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 0..4)
}

/// Any vendor message of VSE.
pub(crate) fn message() -> impl Strategy<Value = VseMessage> {
    let config = || of_bytes(Config::LEN, Config::read);
    let flow_mod = (of_bytes(MATCH_LEN + 24, FlowMod::read), actions(), pad(), tlvs()).prop_map(
        |(flow, actions, pad, tlvs)| VseFlowMod { flow: FlowMod { actions, ..flow }, pad, tlvs },
    );
    let flow_removed = (of_bytes(FlowRemoved::LEN, FlowRemoved::read), core(), pad(), tlvs())
        .prop_map(|(removed, core, pad, tlvs)| VseFlowRemoved { removed, core, pad, tlvs });
    // A length of zero, since the fields before the TLVs say it.
    let assignment =
        (prop::collection::vec(any::<u8>(), 80), tlvs()).prop_map(|(mut head, tlvs)| {
            head[76..78].fill(0);
            let fixed = whole("sample", &head, &head, Limit::Input, Assignment::read).unwrap();
            Assignment { tlvs, ..fixed }
        });
    let candidate = (any::<(u8, u8, u16, u64)>(), core(), matched(), pad(), tlvs()).prop_map(
        |((outcome, field, priority, cookie), core, r#match, pad, tlvs)| TraceCandidate {
            outcome: outcome.into(),
            field: field.into(),
            core,
            priority,
            cookie: Hex(cookie),
            r#match,
            pad,
            tlvs,
        },
    );
    let candidates = prop::collection::vec(candidate, 0..3);
    let trace_reply = (any::<u8>(), pad(), core(), pad(), candidates).prop_map(
        |(reason, pad, core, pad2, candidates)| TraceReply {
            reason: reason.into(),
            pad,
            core,
            pad2,
            candidates,
        },
    );
    let trace_request =
        (any::<u16>(), core(), pad(), bytes(80)).prop_map(|(in_port, core, pad, frame)| {
            TraceRequest { in_port: PortNo(in_port), core, pad, frame }
        });
    let unknown = (14..=u32::MAX, bytes(40)).prop_map(|(code, data)| UnknownVse { code, data });
    prop_oneof![
        Just(VseMessage::HostFeaturesRequest),
        of_bytes(HostFeatures::LEN, HostFeatures::read).prop_map(VseMessage::HostFeaturesReply),
        Just(VseMessage::GetConfigRequest),
        config().prop_map(VseMessage::GetConfigReply),
        config().prop_map(VseMessage::SetConfig),
        of_bytes(VmInfo::LEN, VmInfo::read).prop_map(VseMessage::VmInfo),
        flow_mod.prop_map(VseMessage::FlowMod),
        flow_removed.prop_map(VseMessage::FlowRemoved),
        of_bytes(CoreMod::LEN, CoreMod::read).prop_map(VseMessage::CoreMod),
        of_bytes(MonitorRequest::LEN, MonitorRequest::read).prop_map(VseMessage::MonitorRequest),
        of_bytes(Bundle::LEN, Bundle::read).prop_map(VseMessage::Bundle),
        assignment.prop_map(VseMessage::Assignment),
        trace_request.prop_map(VseMessage::TraceRequest),
        trace_reply.prop_map(VseMessage::TraceReply),
        unknown.prop_map(VseMessage::Unknown),
    ]
}

/// Any request for statistics of VSE.
pub(crate) fn stats_request() -> impl Strategy<Value = VseStatsRequest> {
    let flow = (pad(), matched(), any::<u8>(), pad(), any::<u16>(), pad(), tlvs()).prop_map(
        |(head_pad, r#match, table_id, pad, out_port, pad2, tlvs)| VseFlowStatsRequest {
            head_pad,
            r#match,
            table_id,
            pad,
            out_port: PortNo(out_port),
            pad2,
            tlvs,
        },
    );
    prop_oneof![
        flow.prop_map(VseStatsRequest::Flow),
        (pad(), core(), pad()).prop_map(|(head_pad, core, pad)| {
            VseStatsRequest::Core(CoreStatsRequest { head_pad, core, pad })
        }),
        (pad(), any::<u16>(), pad()).prop_map(|(head_pad, vm_id, pad)| {
            VseStatsRequest::Vm(VmStatsRequest { head_pad, vm_id, pad })
        }),
        pad().prop_map(|head_pad| VseStatsRequest::Datapath(DatapathStatsRequest { head_pad })),
        unknown_stats().prop_map(VseStatsRequest::Unknown),
    ]
}

fn unknown_stats() -> impl Strategy<Value = UnknownVseStats> {
    (5..=u16::MAX, bytes(40)).prop_map(|(code, data)| UnknownVseStats { code, data })
}

/// Any statistics of VSE.
pub(crate) fn stats_reply() -> impl Strategy<Value = VseStatsReply> {
    /// Any entry of `len` bytes, of which the first two say so, without lists behind it.
    fn entry<T: std::fmt::Debug>(
        len: u16,
        zero: std::ops::Range<usize>,
        read: impl Fn(&[u8]) -> Parsed<'_, T>,
    ) -> impl Strategy<Value = T> {
        prop::collection::vec(any::<u8>(), usize::from(len)).prop_map(move |mut bytes| {
            bytes[..2].copy_from_slice(&len.to_be_bytes());
            bytes[zero.clone()].fill(0);
            whole("sample", &bytes, &bytes, Limit::Input, &read).unwrap()
        })
    }
    let flow = (entry(104, 66..68, VseFlowStats::read), tlvs(), actions())
        .prop_map(|(fixed, tlvs, actions)| VseFlowStats { tlvs, actions, ..fixed });
    let vms = prop::collection::vec(any::<u16>(), 0..9);
    let core = (entry(40, 32..34, CoreStats::read), vms).prop_map(|(fixed, vms)| CoreStats {
        vms,
        pad: Bytes::default(),
        ..fixed
    });
    let vm = entry(64, 0..0, VmStats::read);
    let datapath = of_bytes(DatapathStats::LEN, DatapathStats::read).prop_map(Box::new);
    let list = 0..3_usize;
    let body = prop_oneof![
        prop::collection::vec(flow, list.clone()).prop_map(VseStatsReplyBody::Flow),
        prop::collection::vec(core, list.clone()).prop_map(VseStatsReplyBody::Core),
        prop::collection::vec(vm, list).prop_map(VseStatsReplyBody::Vm),
        datapath.prop_map(VseStatsReplyBody::Datapath),
    ];
    let known = (pad(), body).prop_map(|(head_pad, body)| VseStatsReply { head_pad, body });
    let unknown = unknown_stats().prop_map(|unknown| VseStatsReply {
        head_pad: Pad::default(),
        body: VseStatsReplyBody::Unknown(unknown),
    });
    prop_oneof![5 => known, 1 => unknown]
}

/// Any OpenFlow message that is an extension of VSE.
pub(crate) fn openflow_message() -> impl Strategy<Value = Message> {
    let vendor = message().prop_map(|message| Body::Vendor(Vendor::Vse(message)));
    let request = (any::<u16>(), stats_request()).prop_map(|(flags, body)| {
        let flags = StatsRequestFlags::from_bits_retain(flags);
        Body::StatsRequest(StatsRequest { flags, body: StatsRequestBody::Vse(body) })
    });
    let reply = (any::<u16>(), stats_reply()).prop_map(|(flags, body)| {
        let flags = StatsReplyFlags::from_bits_retain(flags);
        Body::StatsReply(StatsReply { flags, body: StatsReplyBody::Vse(body) })
    });
    let body = prop_oneof![3 => vendor, 1 => request, 1 => reply];
    (any::<u32>(), body).prop_map(|(xid, body)| Message::new(xid, body))
}
