//! The messages and statistics of Nicira, behind their subtype: `nicira-ext.h` of Open vSwitch.
//!
//! | offset | size | field of a message |
//! | --- | --- | --- |
//! | 12 | 4 | subtype |
//! | 16 | any | by subtype: the tables here |
//!
//! | offset | size | field of statistics |
//! | --- | --- | --- |
//! | 16 | 4 | subtype |
//! | 20 | 4 | pad |
//! | 24 | any | by subtype: the tables here |

use super::action_tables::{LEN, SPARE, property};
use super::code::{
    AsyncProperty, FlowFormat, FlowMonitorFlags, FlowUpdateEvent, NiciraPacketInReason, NiciraRole,
    NiciraStatsType, NiciraSubtype, PacketIn2Property, PacketInFormat, TlvTableCommand,
};
use super::shape::{
    Item, Kind, Layout, Many, Shape, Size, Style, code, coded, flagged, hex, item, pad, plain,
};
use crate::of10::{BufferId, FlowModCommand, FlowModFlags, FlowRemovedReason, PortNo};

const PORT: Style = coded!(PortNo: u16);
const BUFFER: Style = coded!(BufferId: u32);
const REASON: Style = coded!(NiciraPacketInReason: u8);
const MATCH_LEN: Item = item("match_len", Shape::MatchLen);
const MATCH: Item = item("match", Shape::Match);
const ACTIONS: Item = item("actions", Shape::Actions);
const DATA: Item = item("data", Shape::Bytes);

const fn of(name: &'static str, items: &'static [Item]) -> Layout {
    Layout { name, items, tail: None }
}

static NOTHING: Layout = of("nicira", &[]);
static UNKNOWN: Layout = of("nicira", &[DATA]);
static ROLE: Layout = of("role", &[code("role", 4, coded!(NiciraRole: u32))]);
static FLOW_FORMAT: Layout = of("flow_format", &[code("format", 4, coded!(FlowFormat: u32))]);
static PACKET_IN_FORMAT: Layout =
    of("packet_in_format", &[code("format", 4, coded!(PacketInFormat: u32))]);
static TABLE_ID: Layout = of("flow_mod_table_id", &[plain("set", 1), pad("pad", 7)]);
static FLOW_MOD: Layout = of(
    "flow_mod",
    &[
        hex("cookie", 8),
        plain("table_id", 1),
        code("command", 1, coded!(Command: u8)),
        plain("idle_timeout", 2),
        plain("hard_timeout", 2),
        plain("priority", 2),
        code("buffer_id", 4, BUFFER),
        code("out_port", 2, PORT),
        code("flags", 2, flagged!(FlowModFlags: u16)),
        MATCH_LEN,
        pad("pad", 6),
        MATCH,
        ACTIONS,
    ],
);
static FLOW_REMOVED: Layout = of(
    "flow_removed",
    &[
        hex("cookie", 8),
        plain("priority", 2),
        code("reason", 1, coded!(FlowRemovedReason: u8)),
        plain("table_id", 1),
        plain("duration_sec", 4),
        plain("duration_nsec", 4),
        plain("idle_timeout", 2),
        MATCH_LEN,
        plain("packet_count", 8),
        plain("byte_count", 8),
        MATCH,
    ],
);
static PACKET_IN: Layout = of(
    "packet_in",
    &[
        code("buffer_id", 4, BUFFER),
        plain("total_len", 2),
        code("reason", 1, REASON),
        plain("table_id", 1),
        hex("cookie", 8),
        MATCH_LEN,
        pad("pad", 6),
        MATCH,
        pad("pad2", 2),
        DATA,
    ],
);
static PACKET_IN2: Layout = of("packet_in2", &[item("properties", Shape::Many(&PROPERTIES))]);
static PROPERTIES: Many = Many {
    one: "property",
    kind: Some(Kind { key: "type", at: 0, style: PROPERTY_TYPE }),
    layout: packet_in2_property,
    size: Size::Field { at: 2, padded: true },
};
const PROPERTY_TYPE: Style = coded!(PacketIn2Property: u16);
const PROPERTY: Item = code("type", 2, PROPERTY_TYPE);
static PACKET: Layout = property("packet_in2_property", &[PROPERTY, LEN, DATA]);
static FULL_LEN: Layout = property("packet_in2_property", &[PROPERTY, LEN, plain("full_len", 4)]);
static BUFFER_ID: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, code("buffer_id", 4, BUFFER)]);
static PROPERTY_TABLE: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, plain("table_id", 1), SPARE]);
static COOKIE: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, pad("pad", 4), hex("cookie", 8)]);
static PROPERTY_REASON: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, code("reason", 1, REASON), SPARE]);
static METADATA: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, item("metadata", Shape::Entries)]);
static USERDATA: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, item("userdata", Shape::Bytes)]);
static CONTINUATION: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, item("continuation", Shape::Bytes)]);
static OTHER_PROPERTY: Layout =
    property("packet_in2_property", &[PROPERTY, LEN, item("value", Shape::Bytes)]);
static ASYNC_CONFIG: Layout = of(
    "async_config",
    &[
        hex("packet_in_primary", 4),
        hex("packet_in_secondary", 4),
        hex("port_status_primary", 4),
        hex("port_status_secondary", 4),
        hex("flow_removed_primary", 4),
        hex("flow_removed_secondary", 4),
    ],
);
static ASYNC_CONFIG2: Layout =
    of("async_config2", &[item("properties", Shape::Many(&ASYNC_PROPERTIES))]);
static ASYNC_PROPERTIES: Many = Many {
    one: "property",
    kind: Some(Kind { key: "type", at: 0, style: ASYNC_TYPE }),
    layout: async_property,
    size: Size::Field { at: 2, padded: true },
};
const ASYNC_TYPE: Style = coded!(AsyncProperty: u16);
static ASYNC_MASK: Layout =
    property("async_property", &[code("type", 2, ASYNC_TYPE), LEN, hex("mask", 4)]);
static ASYNC_OTHER: Layout =
    property("async_property", &[code("type", 2, ASYNC_TYPE), LEN, item("value", Shape::Bytes)]);
static CONTROLLER_ID: Layout = of("controller_id", &[pad("pad", 6), plain("controller_id", 2)]);
static MONITOR_CANCEL: Layout = of("flow_monitor_cancel", &[plain("id", 4)]);
static TLV_TABLE_MOD: Layout = of(
    "tlv_table_mod",
    &[
        code("command", 2, coded!(TlvTableCommand: u16)),
        pad("pad", 6),
        item("maps", Shape::Many(&MAPS)),
    ],
);
static TLV_TABLE_REPLY: Layout = of(
    "tlv_table_reply",
    &[
        plain("max_option_space", 4),
        plain("max_fields", 2),
        pad("pad", 10),
        item("maps", Shape::Many(&MAPS)),
    ],
);
static MAPS: Many = Many { one: "map", kind: None, layout: |_| &MAP, size: Size::Fixed(8) };
static MAP: Layout = of(
    "map",
    &[
        plain("option_class", 2),
        plain("option_type", 1),
        plain("option_len", 1),
        plain("index", 2),
        pad("pad", 2),
    ],
);
static CT_FLUSH_ZONE: Layout = of("ct_flush_zone", &[pad("pad", 6), plain("zone", 2)]);
static CT_FLUSH: Layout =
    of("ct_flush", &[plain("ip_proto", 1), plain("family", 1), pad("pad", 6), DATA]);

const HEAD_PAD: Item = pad("head_pad", 4);
static FLOW_REQUEST: Layout = of(
    "flow_stats_request",
    &[HEAD_PAD, code("out_port", 2, PORT), MATCH_LEN, plain("table_id", 1), pad("pad", 3), MATCH],
);
static FLOW_REPLY: Layout =
    of("flow_stats", &[HEAD_PAD, item("entries", Shape::Many(&FLOW_ENTRIES))]);
static FLOW_ENTRIES: Many = Many {
    one: "entry",
    kind: None,
    layout: |_| &FLOW_ENTRY,
    size: Size::Field { at: 0, padded: false },
};
static FLOW_ENTRY: Layout = of(
    "flow_stats_entry",
    &[
        LEN,
        plain("table_id", 1),
        pad("pad", 1),
        plain("duration_sec", 4),
        plain("duration_nsec", 4),
        plain("priority", 2),
        plain("idle_timeout", 2),
        plain("hard_timeout", 2),
        MATCH_LEN,
        plain("idle_age", 2),
        plain("hard_age", 2),
        hex("cookie", 8),
        plain("packet_count", 8),
        plain("byte_count", 8),
        MATCH,
        ACTIONS,
    ],
);
static AGGREGATE_REPLY: Layout = of(
    "aggregate_stats",
    &[
        HEAD_PAD,
        plain("packet_count", 8),
        plain("byte_count", 8),
        plain("flow_count", 4),
        pad("pad", 4),
    ],
);
static MONITOR_REQUEST: Layout =
    of("flow_monitor_request", &[HEAD_PAD, item("entries", Shape::Many(&MONITORS))]);
static MONITORS: Many =
    Many { one: "entry", kind: None, layout: |_| &MONITOR, size: Size::Match { fixed: 16, at: 8 } };
static MONITOR: Layout = of(
    "flow_monitor",
    &[
        plain("id", 4),
        code("flags", 2, flagged!(FlowMonitorFlags: u16)),
        code("out_port", 2, PORT),
        MATCH_LEN,
        plain("table_id", 1),
        pad("pad", 5),
        MATCH,
    ],
);
static MONITOR_REPLY: Layout =
    of("flow_monitor_reply", &[HEAD_PAD, item("entries", Shape::Many(&UPDATES))]);
static UPDATES: Many = Many {
    one: "entry",
    kind: Some(Kind { key: "event", at: 2, style: EVENT }),
    layout: update,
    size: Size::Field { at: 0, padded: false },
};
const EVENT: Style = coded!(FlowUpdateEvent: u16);
static UPDATE: Layout = of(
    "flow_update",
    &[
        LEN,
        code("event", 2, EVENT),
        code("reason", 2, coded!(UpdateReason: u16)),
        plain("priority", 2),
        plain("idle_timeout", 2),
        plain("hard_timeout", 2),
        MATCH_LEN,
        plain("table_id", 1),
        pad("pad", 1),
        hex("cookie", 8),
        MATCH,
        ACTIONS,
    ],
);
static UPDATE_ABBREV: Layout =
    of("flow_update_abbrev", &[LEN, code("event", 2, EVENT), hex("xid", 4)]);
static UPDATE_OTHER: Layout = of("flow_update", &[LEN, code("event", 2, EVENT), DATA]);

/// The command of a FLOW_MOD in the byte that the table's number leaves.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(into = "FlowModCommand", try_from = "FlowModCommand")]
struct Command(u8);

impl From<u8> for Command {
    fn from(code: u8) -> Self {
        Self(code)
    }
}

impl From<Command> for u8 {
    fn from(Command(code): Command) -> Self {
        code
    }
}

impl From<Command> for FlowModCommand {
    fn from(Command(code): Command) -> Self {
        u16::from(code).into()
    }
}

impl TryFrom<FlowModCommand> for Command {
    type Error = std::num::TryFromIntError;

    fn try_from(command: FlowModCommand) -> Result<Self, Self::Error> {
        u8::try_from(u16::from(command)).map(Self)
    }
}

/// The reason of a FLOW_REMOVED in two bytes.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum UpdateReason {
    Named(FlowRemovedReason),
    Other(u16),
}

impl From<u16> for UpdateReason {
    fn from(code: u16) -> Self {
        match u8::try_from(code).map(FlowRemovedReason::from) {
            Ok(named) if named.name().is_some() => Self::Named(named),
            _ => Self::Other(code),
        }
    }
}

impl From<UpdateReason> for u16 {
    fn from(reason: UpdateReason) -> Self {
        match reason {
            UpdateReason::Named(named) => u8::from(named).into(),
            UpdateReason::Other(code) => code,
        }
    }
}

fn packet_in2_property(kind: u64) -> &'static Layout {
    match PacketIn2Property::from(u16::try_from(kind).unwrap_or(u16::MAX)) {
        PacketIn2Property::Packet => &PACKET,
        PacketIn2Property::FullLen => &FULL_LEN,
        PacketIn2Property::BufferId => &BUFFER_ID,
        PacketIn2Property::TableId => &PROPERTY_TABLE,
        PacketIn2Property::Cookie => &COOKIE,
        PacketIn2Property::Reason => &PROPERTY_REASON,
        PacketIn2Property::Metadata => &METADATA,
        PacketIn2Property::Userdata => &USERDATA,
        PacketIn2Property::Continuation => &CONTINUATION,
        PacketIn2Property::Unknown(_) => &OTHER_PROPERTY,
    }
}

fn async_property(kind: u64) -> &'static Layout {
    match AsyncProperty::from(u16::try_from(kind).unwrap_or(u16::MAX)) {
        AsyncProperty::Unknown(_) => &ASYNC_OTHER,
        _ => &ASYNC_MASK,
    }
}

fn update(event: u64) -> &'static Layout {
    match FlowUpdateEvent::from(u16::try_from(event).unwrap_or(u16::MAX)) {
        FlowUpdateEvent::Added | FlowUpdateEvent::Deleted | FlowUpdateEvent::Modified => &UPDATE,
        FlowUpdateEvent::Abbrev => &UPDATE_ABBREV,
        FlowUpdateEvent::Unknown(_) => &UPDATE_OTHER,
    }
}

/// The table of a message.
pub(super) fn message(subtype: NiciraSubtype) -> &'static Layout {
    match subtype {
        NiciraSubtype::RoleRequest | NiciraSubtype::RoleReply => &ROLE,
        NiciraSubtype::SetFlowFormat => &FLOW_FORMAT,
        NiciraSubtype::FlowMod => &FLOW_MOD,
        NiciraSubtype::FlowRemoved => &FLOW_REMOVED,
        NiciraSubtype::FlowModTableId => &TABLE_ID,
        NiciraSubtype::SetPacketInFormat => &PACKET_IN_FORMAT,
        NiciraSubtype::PacketIn => &PACKET_IN,
        NiciraSubtype::SetAsyncConfig => &ASYNC_CONFIG,
        NiciraSubtype::SetControllerId => &CONTROLLER_ID,
        NiciraSubtype::FlowMonitorCancel => &MONITOR_CANCEL,
        NiciraSubtype::FlowAge
        | NiciraSubtype::FlowMonitorPaused
        | NiciraSubtype::FlowMonitorResumed
        | NiciraSubtype::TlvTableRequest => &NOTHING,
        NiciraSubtype::TlvTableMod => &TLV_TABLE_MOD,
        NiciraSubtype::TlvTableReply => &TLV_TABLE_REPLY,
        NiciraSubtype::SetAsyncConfig2 => &ASYNC_CONFIG2,
        NiciraSubtype::Resume | NiciraSubtype::PacketIn2 => &PACKET_IN2,
        NiciraSubtype::CtFlushZone => &CT_FLUSH_ZONE,
        NiciraSubtype::CtFlush => &CT_FLUSH,
        NiciraSubtype::Unknown(_) => &UNKNOWN,
    }
}

/// The table of a request for statistics.
pub(super) fn stats_request(r#type: NiciraStatsType) -> &'static Layout {
    match r#type {
        NiciraStatsType::Flow | NiciraStatsType::Aggregate => &FLOW_REQUEST,
        NiciraStatsType::FlowMonitor => &MONITOR_REQUEST,
        NiciraStatsType::Unknown(_) => &UNKNOWN,
    }
}

/// The table of statistics.
pub(super) fn stats_reply(r#type: NiciraStatsType) -> &'static Layout {
    match r#type {
        NiciraStatsType::Flow => &FLOW_REPLY,
        NiciraStatsType::Aggregate => &AGGREGATE_REPLY,
        NiciraStatsType::FlowMonitor => &MONITOR_REPLY,
        NiciraStatsType::Unknown(_) => &UNKNOWN,
    }
}
