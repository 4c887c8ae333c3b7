//! The actions of Nicira, behind their subtype: `ofp-actions.c` of Open vSwitch.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 2 | subtype |
//! | 10 | any | by subtype: the tables here |

use super::code::{
    BundleAlgorithm, Controller2Property, CtFlags, HashFields, LearnDestination, LearnFlags,
    LearnSource, MultipathAlgorithm, NatFlags, NatRange, NiciraActionType, NiciraPacketInReason,
    SampleDirection,
};
use super::shape::{
    FIELD, Item, Kind, Layout, Many, Part, Shape, Size, Style, Tail, code, coded, flagged, hex,
    item, n_bits, ofs, pad, plain,
};
use crate::of10::PortNo;

/// Bytes of an action before what its table describes.
const HEAD: usize = 10;
/// Padding to a multiple of 8 bytes.
const PADDED: Option<Tail> = Some(Tail { base: HEAD, least: 0 });

const PORT: Style = coded!(PortNo: u16);
const REASON: Style = coded!(NiciraPacketInReason: u8);

const fn of(name: &'static str, items: &'static [Item]) -> Layout {
    Layout { name, items, tail: None }
}

const fn padded(name: &'static str, items: &'static [Item]) -> Layout {
    Layout { name, items, tail: PADDED }
}

static RESUBMIT: Layout = of("resubmit", &[code("in_port", 2, PORT), pad("pad", 4)]);
static RESUBMIT_TABLE: Layout =
    of("resubmit_table", &[code("in_port", 2, PORT), plain("table_id", 1), pad("pad", 3)]);
static SET_TUNNEL: Layout = of("set_tunnel", &[pad("pad", 2), hex("tun_id", 4)]);
static SET_TUNNEL64: Layout = of("set_tunnel64", &[pad("pad", 6), hex("tun_id", 8)]);
static SET_QUEUE: Layout = of("set_queue", &[pad("pad", 2), plain("queue_id", 4)]);
static REG_MOVE: Layout = padded(
    "reg_move",
    &[
        plain("n_bits", 2),
        plain("src_ofs", 2),
        plain("dst_ofs", 2),
        item("src", Shape::Header),
        item("dst", Shape::Header),
    ],
);
static REG_LOAD: Layout =
    of("reg_load", &[ofs("ofs"), n_bits("n_bits"), code("dst", 4, FIELD), hex("value", 8)]);
static REG_LOAD2: Layout = padded("reg_load2", &[item("set", Shape::Entry)]);
static NOTE: Layout = of("note", &[item("note", Shape::Bytes)]);
static MULTIPATH: Layout = of(
    "multipath",
    &[
        code("fields", 2, coded!(HashFields: u16)),
        plain("basis", 2),
        pad("pad", 2),
        code("algorithm", 2, coded!(MultipathAlgorithm: u16)),
        plain("max_link", 2),
        plain("arg", 4),
        pad("pad2", 2),
        ofs("ofs"),
        n_bits("n_bits"),
        code("dst", 4, FIELD),
    ],
);
static BUNDLE: Layout = padded(
    "bundle",
    &[
        code("algorithm", 2, coded!(BundleAlgorithm: u16)),
        code("fields", 2, coded!(HashFields: u16)),
        plain("basis", 2),
        code("member_type", 4, FIELD),
        item("n_members", Shape::Count),
        ofs("ofs"),
        n_bits("n_bits"),
        code("dst", 4, FIELD),
        pad("pad", 4),
        item("members", Shape::Numbers),
    ],
);
static OUTPUT_REG: Layout = of(
    "output_reg",
    &[ofs("ofs"), n_bits("n_bits"), code("src", 4, FIELD), plain("max_len", 2), pad("pad", 6)],
);
static OUTPUT_REG2: Layout = padded(
    "output_reg2",
    &[ofs("ofs"), n_bits("n_bits"), plain("max_len", 2), item("src", Shape::Header)],
);
static LEARN: Layout = padded(
    "learn",
    &[
        plain("idle_timeout", 2),
        plain("hard_timeout", 2),
        plain("priority", 2),
        hex("cookie", 8),
        code("flags", 2, flagged!(LearnFlags: u16)),
        plain("table_id", 1),
        pad("pad", 1),
        plain("fin_idle_timeout", 2),
        plain("fin_hard_timeout", 2),
        item("specs", Shape::Many(&SPECS)),
    ],
);
static LEARN2: Layout = padded(
    "learn2",
    &[
        plain("idle_timeout", 2),
        plain("hard_timeout", 2),
        plain("priority", 2),
        hex("cookie", 8),
        code("flags", 2, flagged!(LearnFlags: u16)),
        plain("table_id", 1),
        pad("pad", 1),
        plain("fin_idle_timeout", 2),
        plain("fin_hard_timeout", 2),
        plain("limit", 4),
        plain("result_dst_ofs", 2),
        pad("pad2", 2),
        item("result_dst", Shape::Header).when("flags", LearnFlags::WRITE_RESULT.bits() as u64),
        item("specs", Shape::Many(&SPECS)),
    ],
);
static SPECS: Many = Many { one: "spec", kind: None, layout: |_| &SPEC, size: Size::UntilZero };
static SPEC: Layout = of(
    "spec",
    &[
        bits("reserved", 14, 2, false, Style::Plain),
        bits("source", 13, 1, false, coded!(LearnSource: u8)),
        bits("destination", 11, 2, false, coded!(LearnDestination: u8)),
        bits("n_bits", 0, 11, true, Style::Plain),
        item("src", Shape::Header).unless("source", 1),
        plain("src_ofs", 2).unless("source", 1),
        item("value", Shape::Immediate).when("source", 1),
        item("dst", Shape::Header).unless("destination", 2),
        plain("dst_ofs", 2).unless("destination", 2),
    ],
);
static FIN_TIMEOUT: Layout =
    of("fin_timeout", &[plain("fin_idle_timeout", 2), plain("fin_hard_timeout", 2), pad("pad", 2)]);
static CONTROLLER: Layout = of(
    "controller",
    &[plain("max_len", 2), plain("controller_id", 2), code("reason", 1, REASON), pad("pad", 1)],
);
static DEC_TTL_CNT_IDS: Layout = padded(
    "dec_ttl_cnt_ids",
    &[item("n_controllers", Shape::Count), pad("pad", 4), item("controllers", Shape::Numbers)],
);
static WRITE_METADATA: Layout =
    of("write_metadata", &[pad("pad", 6), hex("metadata", 8), hex("metadata_mask", 8)]);
static MPLS_ETHERTYPE: Layout = of("mpls", &[plain("ethertype", 2), pad("pad", 4)]);
static MPLS_TTL: Layout = of("set_mpls_ttl", &[plain("ttl", 1), pad("pad", 5)]);
static MPLS_LABEL: Layout = of("set_mpls_label", &[pad("pad", 2), plain("label", 4)]);
static MPLS_TC: Layout = of("set_mpls_tc", &[plain("tc", 1), pad("pad", 5)]);
static STACK: Layout =
    padded("stack", &[plain("ofs", 2), item("field", Shape::Header), plain("n_bits", 2)]);
static SAMPLE: Layout = of(
    "sample",
    &[
        plain("probability", 2),
        plain("collector_set_id", 4),
        plain("obs_domain_id", 4),
        plain("obs_point_id", 4),
    ],
);
static SAMPLE2: Layout = of(
    "sample2",
    &[
        plain("probability", 2),
        plain("collector_set_id", 4),
        plain("obs_domain_id", 4),
        plain("obs_point_id", 4),
        code("sampling_port", 2, PORT),
        code("direction", 1, coded!(SampleDirection: u8)),
        pad("pad", 5),
    ],
);
static SAMPLE4: Layout = of(
    "sample4",
    &[
        plain("probability", 2),
        plain("collector_set_id", 4),
        code("obs_domain_src", 4, FIELD),
        plain("obs_domain_id", 4),
        code("obs_point_src", 4, FIELD),
        plain("obs_point_id", 4),
        code("sampling_port", 2, PORT),
        code("direction", 1, coded!(SampleDirection: u8)),
        pad("pad", 5),
    ],
);
static CONJUNCTION: Layout =
    of("conjunction", &[plain("clause", 1), plain("n_clauses", 1), plain("id", 4)]);
static CT: Layout = of(
    "ct",
    &[
        code("flags", 2, flagged!(CtFlags: u16)),
        code("zone_src", 4, FIELD),
        plain("zone", 2),
        plain("recirc_table", 1),
        pad("pad", 3),
        plain("alg", 2),
        item("actions", Shape::Actions),
    ],
);
static NAT: Layout = padded(
    "nat",
    &[
        pad("pad", 2),
        code("flags", 2, flagged!(NatFlags: u16)),
        code("range_present", 2, flagged!(NatRange: u16)),
        item("ipv4_min", Shape::Ipv4).when("range_present", NatRange::IPV4_MIN.bits() as u64),
        item("ipv4_max", Shape::Ipv4).when("range_present", NatRange::IPV4_MAX.bits() as u64),
        item("ipv6_min", Shape::Ipv6).when("range_present", NatRange::IPV6_MIN.bits() as u64),
        item("ipv6_max", Shape::Ipv6).when("range_present", NatRange::IPV6_MAX.bits() as u64),
        plain("proto_min", 2).when("range_present", NatRange::PROTO_MIN.bits() as u64),
        plain("proto_max", 2).when("range_present", NatRange::PROTO_MAX.bits() as u64),
    ],
);
static CONTROLLER2: Layout =
    of("controller2", &[pad("pad", 6), item("properties", Shape::Many(&CONTROLLER2_PROPERTIES))]);
static CONTROLLER2_PROPERTIES: Many = Many {
    one: "property",
    kind: Some(Kind { key: "type", at: 0, style: CONTROLLER2_TYPE }),
    layout: controller2_property,
    size: Size::Field { at: 2, padded: true },
};
const CONTROLLER2_TYPE: Style = coded!(Controller2Property: u16);
const CONTROLLER2_HEAD: Item = code("type", 2, CONTROLLER2_TYPE);
static MAX_LEN: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, plain("max_len", 2), SPARE2]);
static CONTROLLER_ID: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, plain("controller_id", 2), SPARE2]);
static CONTROLLER_REASON: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, code("reason", 1, REASON), SPARE]);
static USERDATA: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, item("userdata", Shape::Bytes)]);
static PAUSE: Layout = property("controller2_property", &[CONTROLLER2_HEAD, LEN]);
static METER_ID: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, plain("meter_id", 4)]);
static OTHER: Layout =
    property("controller2_property", &[CONTROLLER2_HEAD, LEN, item("data", Shape::Bytes)]);
static OUTPUT_TRUNC: Layout = of("output_trunc", &[code("port", 2, PORT), plain("max_len", 4)]);
static GROUP: Layout = of("group", &[pad("pad", 2), plain("group_id", 4)]);
static CLONE: Layout = of("clone", &[pad("pad", 6), item("actions", Shape::Actions)]);
static CHECK_PKT_LARGER: Layout = Layout {
    name: "check_pkt_larger",
    items: &[plain("pkt_len", 2), plain("ofs", 2), item("dst", Shape::Header)],
    tail: Some(Tail { base: HEAD, least: 24 }),
};
static DELETE_FIELD: Layout = Layout {
    name: "delete_field",
    items: &[item("field", Shape::Header)],
    tail: Some(Tail { base: HEAD, least: 24 }),
};
static NOTHING: Layout = of("action", &[pad("pad", 6)]);
static UNKNOWN: Layout = of("action", &[item("body", Shape::Bytes)]);

/// Behind a property's number of 8 bits, and of 16 bits: Open vSwitch takes any bytes there.
pub(super) const SPARE: Item = item("pad", Shape::Spare(0));
const SPARE2: Item = item("pad", Shape::Spare(2));
/// The length of a property, without its padding.
pub(super) const LEN: Item = item("length", Shape::Len);

/// A property: its padding stands behind what its length counts.
pub(super) const fn property(name: &'static str, items: &'static [Item]) -> Layout {
    Layout { name, items, tail: Some(Tail { base: 0, least: 0 }) }
}

const fn bits(key: &'static str, shift: u32, width: u32, last: bool, style: Style) -> Item {
    item(key, Shape::Part(Part { shift, width, plus: 0, last, style }))
}

fn controller2_property(kind: u64) -> &'static Layout {
    match Controller2Property::from(u16::try_from(kind).unwrap_or(u16::MAX)) {
        Controller2Property::MaxLen => &MAX_LEN,
        Controller2Property::ControllerId => &CONTROLLER_ID,
        Controller2Property::Reason => &CONTROLLER_REASON,
        Controller2Property::Userdata => &USERDATA,
        Controller2Property::Pause => &PAUSE,
        Controller2Property::MeterId => &METER_ID,
        Controller2Property::Unknown(_) => &OTHER,
    }
}

/// The table of an action.
pub(super) fn action(subtype: NiciraActionType) -> &'static Layout {
    match subtype {
        NiciraActionType::Resubmit => &RESUBMIT,
        NiciraActionType::SetTunnel => &SET_TUNNEL,
        NiciraActionType::SetQueue => &SET_QUEUE,
        NiciraActionType::RegMove => &REG_MOVE,
        NiciraActionType::RegLoad => &REG_LOAD,
        NiciraActionType::Note => &NOTE,
        NiciraActionType::SetTunnel64 => &SET_TUNNEL64,
        NiciraActionType::Multipath => &MULTIPATH,
        NiciraActionType::Bundle | NiciraActionType::BundleLoad => &BUNDLE,
        NiciraActionType::ResubmitTable | NiciraActionType::ResubmitTableCt => &RESUBMIT_TABLE,
        NiciraActionType::OutputReg => &OUTPUT_REG,
        NiciraActionType::Learn => &LEARN,
        NiciraActionType::FinTimeout => &FIN_TIMEOUT,
        NiciraActionType::Controller => &CONTROLLER,
        NiciraActionType::DecTtlCntIds => &DEC_TTL_CNT_IDS,
        NiciraActionType::WriteMetadata => &WRITE_METADATA,
        NiciraActionType::PushMpls | NiciraActionType::PopMpls => &MPLS_ETHERTYPE,
        NiciraActionType::SetMplsTtl => &MPLS_TTL,
        NiciraActionType::StackPush | NiciraActionType::StackPop => &STACK,
        NiciraActionType::Sample => &SAMPLE,
        NiciraActionType::SetMplsLabel => &MPLS_LABEL,
        NiciraActionType::SetMplsTc => &MPLS_TC,
        NiciraActionType::OutputReg2 => &OUTPUT_REG2,
        NiciraActionType::RegLoad2 => &REG_LOAD2,
        NiciraActionType::Conjunction => &CONJUNCTION,
        NiciraActionType::Ct => &CT,
        NiciraActionType::Nat => &NAT,
        NiciraActionType::Controller2 => &CONTROLLER2,
        NiciraActionType::Sample2 | NiciraActionType::Sample3 => &SAMPLE2,
        NiciraActionType::OutputTrunc => &OUTPUT_TRUNC,
        NiciraActionType::Group => &GROUP,
        NiciraActionType::Clone => &CLONE,
        NiciraActionType::Learn2 => &LEARN2,
        NiciraActionType::CheckPktLarger => &CHECK_PKT_LARGER,
        NiciraActionType::DeleteField => &DELETE_FIELD,
        NiciraActionType::Sample4 => &SAMPLE4,
        NiciraActionType::PopQueue
        | NiciraActionType::Exit
        | NiciraActionType::DecTtl
        | NiciraActionType::DecMplsTtl
        | NiciraActionType::CtClear
        | NiciraActionType::DebugSlow
        | NiciraActionType::DebugRecirc => &NOTHING,
        NiciraActionType::Unknown(_) => &UNKNOWN,
    }
}
