//! The fields of Nicira's extensions. The keys are those of the codec's tables, which a test holds
//! against them; Wireshark knows none of these but those that OpenFlow 1.0 has too.

use codec::nicira::{
    AsyncProperty, BundleAlgorithm, Controller2Property, CtFlags, FlowFormat, FlowMonitorFlags,
    FlowUpdateEvent, HashFields, LearnDestination, LearnFlags, LearnSource, MultipathAlgorithm,
    NatFlags, NatRange, NiciraActionType, NiciraPacketInReason, NiciraRole, NiciraStatsType,
    NiciraSubtype, NxmField, PacketIn2Property, PacketInFormat, SampleDirection, TlvTableCommand,
};
use codec::of10::FlowRemovedReason;

use super::fields::{self as f, PORTS};
use crate::registry::{Field, Names, bits, named_values, names, protocol};

/// The headers of extended matches.
static HEADERS: &Names = &Names {
    name: |header| NxmField::of_header(header).map(|field| field.name),
    all: || NxmField::ALL.iter().map(|field| (field.header(), field.name)).collect(),
};
/// The type of an action or of statistics where its vendor is Nicira.
static NICIRA_TYPE: &Names = named_values! { 0xffff "nicira" };

protocol! {
    pub(crate) static PROTOCOL = "nicira", "Nicira's extensions";
    SUBTYPE: Names(names!(NiciraSubtype: u32)), "vse.nicira.subtype", "subtype", "Nicira message";
    STATS_TYPE: Names(NICIRA_TYPE), "openflow.stats.type", "type", "Kind of statistics";
    NICIRA_STATS_TYPE: Names(names!(NiciraStatsType: u32)), "vse.nicira.stats.type", "nicira_type",
        "Kind of statistics";
    ACTION_TYPE: Names(NICIRA_TYPE), "openflow.action_typ", "type", "Action type";
    ACTION: Names(names!(NiciraActionType: u16)), "vse.nicira.action", "subtype", "Nicira action";
    END_PAD: Bytes, "vse.nicira.end_pad", "end_pad", "Padding, where it is not as it should be";
    OTHER: Bytes, "vse.nicira.other", "other", "What has no field of its own";
    // Matches
    MATCH: List, "vse.nxm.match", "match", "What is matched";
    MATCH_PADDED: Structure, "vse.nxm.match.padded", "match",
        "What is matched, where the padding is not zero";
    ENTRIES: List, "vse.nxm.match", "entries", "What is matched";
    METADATA_ENTRIES: List, "vse.nicira.packet_in.metadata", "metadata", "Fields of the pipeline";
    ENTRY: Structure, "vse.nxm.entry", "entry", "A field";
    SET: Structure, "vse.nicira.set", "set", "A field to set";
    ENTRY_FIELD: NamedId(HEADERS), "vse.nxm.field", "field", "Which field";
    ENTRY_RAW: Bytes, "vse.nxm.raw", "nxm", "A field that is not known";
    // Messages
    ROLE: Names(names!(NiciraRole: u32)), "vse.nicira.role", "role", "Role of the controller";
    FLOW_FORMAT: Names(names!(FlowFormat: u32)), "vse.nicira.flow_format", "format",
        "How flows are written";
    PACKET_IN_FORMAT: Names(names!(PacketInFormat: u32)), "vse.nicira.packet_in_format", "format",
        "How frames are sent to the controller";
    TABLE_IDS: Unsigned, "vse.nicira.flow_mod_table_id", "set",
        "Whether commands of FLOW_MOD have a table";
    REASON: Names(names!(NiciraPacketInReason: u8)), "vse.nicira.packet_in.reason", "reason",
        "Why the frame is sent";
    LIST: List, "vse.nicira.properties", "properties", "Properties";
    PROPERTY: Structure, "vse.nicira.property", "property", "A property";
    PACKET_IN2_TYPE: Names(names!(PacketIn2Property: u16)), "vse.nicira.packet_in.property", "type",
        "Property of a frame";
    CONTROLLER2_TYPE: Names(names!(Controller2Property: u16)), "vse.nicira.controller.property",
        "type", "Property of the action";
    ASYNC_TYPE: Names(names!(AsyncProperty: u16)), "vse.nicira.async.property", "type",
        "Which messages, for which role";
    PROPERTY_VALUE: Bytes, "vse.nicira.property.value", "value", "A property that is not known";
    FULL_LEN: Unsigned, "vse.nicira.full_len", "full_len", "Bytes of the whole frame";
    USERDATA: Bytes, "vse.nicira.userdata", "userdata", "Bytes of the controller's own";
    CONTINUATION: Bytes, "vse.nicira.continuation", "continuation",
        "The switch's own state of a frame that paused";
    ASYNC_MASK: Id, "vse.nicira.async.mask", "mask", "Reasons for which messages are sent";
    PACKET_IN_PRIMARY: Id, "vse.nicira.async.packet_in_primary", "packet_in_primary",
        "Reasons of PACKET_IN";
    PACKET_IN_SECONDARY: Id, "vse.nicira.async.packet_in_secondary", "packet_in_secondary",
        "Reasons of PACKET_IN for a secondary controller";
    PORT_STATUS_PRIMARY: Id, "vse.nicira.async.port_status_primary", "port_status_primary",
        "Reasons of PORT_STATUS";
    PORT_STATUS_SECONDARY: Id, "vse.nicira.async.port_status_secondary", "port_status_secondary",
        "Reasons of PORT_STATUS for a secondary controller";
    FLOW_REMOVED_PRIMARY: Id, "vse.nicira.async.flow_removed_primary", "flow_removed_primary",
        "Reasons of FLOW_REMOVED";
    FLOW_REMOVED_SECONDARY: Id, "vse.nicira.async.flow_removed_secondary",
        "flow_removed_secondary", "Reasons of FLOW_REMOVED for a secondary controller";
    CONTROLLER_ID: Unsigned, "vse.nicira.controller_id", "controller_id", "Id of the controller";
    ID: Unsigned, "vse.nicira.id", "id", "Number of the monitor or conjunction";
    TLV_COMMAND: Names(names!(TlvTableCommand: u16)), "vse.nicira.tlv_table.command", "command",
        "Command";
    MAPS: List, "vse.nicira.tlv_table.maps", "maps", "Options and their fields";
    MAP: Structure, "vse.nicira.tlv_table.map", "map", "An option and its field";
    OPTION_CLASS: Unsigned, "vse.nicira.tlv_table.class", "option_class", "Class of the option";
    OPTION_TYPE: Unsigned, "vse.nicira.tlv_table.type", "option_type", "Type of the option";
    OPTION_LEN: Unsigned, "vse.nicira.tlv_table.len", "option_len", "Bytes of the option";
    OPTION_INDEX: Unsigned, "vse.nicira.tlv_table.index", "index", "Number of the field";
    MAX_OPTION_SPACE: Unsigned, "vse.nicira.tlv_table.max_option_space", "max_option_space",
        "Bytes for options";
    MAX_FIELDS: Unsigned, "vse.nicira.tlv_table.max_fields", "max_fields", "Fields for options";
    ZONE: Unsigned, "vse.nicira.zone", "zone", "Zone of the connection tracker, or its bits";
    IP_PROTO: Unsigned, "vse.nicira.ct_flush.ip_proto", "ip_proto", "IP protocol";
    FAMILY: Unsigned, "vse.nicira.ct_flush.family", "family", "Address family";
    // Statistics and monitors
    STATS_ENTRIES: List, "vse.nicira.entries", "entries", "Entries";
    STATS_ENTRY: Structure, "vse.nicira.entry", "entry", "An entry";
    IDLE_AGE: Unsigned, "vse.nicira.idle_age", "idle_age",
        "Seconds since the last frame, plus one";
    HARD_AGE: Unsigned, "vse.nicira.hard_age", "hard_age",
        "Seconds since the last change, plus one";
    MONITOR_FLAGS: Bits(bits!(FlowMonitorFlags)), "vse.nicira.monitor.flags", "flags",
        "What is told";
    EVENT: Names(names!(FlowUpdateEvent: u16)), "vse.nicira.monitor.event", "event",
        "What happened to the entry";
    UPDATE_REASON: Names(names!(FlowRemovedReason: u8)), "vse.nicira.monitor.reason", "reason",
        "Why the entry has gone";
    XID: Id, "vse.nicira.monitor.xid", "xid", "Transaction id of the change";
    // Actions
    IN_PORT: Names(PORTS), "vse.nicira.resubmit.in_port", "in_port", "Input port of the look-up";
    TUN_ID: Id, "vse.nicira.set_tunnel.tun_id", "tun_id", "Tunnel id to set";
    N_BITS: Unsigned, "vse.nicira.n_bits", "n_bits", "Number of bits";
    OFS: Unsigned, "vse.nicira.ofs", "ofs", "First bit";
    SRC: NamedId(HEADERS), "vse.nicira.src", "src", "Field to read";
    SRC_OFS: Unsigned, "vse.nicira.src_ofs", "src_ofs", "First bit to read";
    DST: NamedId(HEADERS), "vse.nicira.dst", "dst", "Field to write or match";
    DST_OFS: Unsigned, "vse.nicira.dst_ofs", "dst_ofs", "First bit to write or match";
    FIELD: NamedId(HEADERS), "vse.nicira.field", "field", "Field";
    LOAD_VALUE: Id, "vse.nicira.load.value", "value", "Value to write";
    NOTE: Bytes, "vse.nicira.note", "note", "Remark";
    HASH_FIELDS: Names(names!(HashFields: u16)), "vse.nicira.hash_fields", "fields",
        "What the hash is over";
    BASIS: Unsigned, "vse.nicira.basis", "basis", "Start of the hash";
    MULTIPATH_ALGORITHM: Names(names!(MultipathAlgorithm: u16)), "vse.nicira.multipath.algorithm",
        "algorithm", "How a link is chosen";
    BUNDLE_ALGORITHM: Names(names!(BundleAlgorithm: u16)), "vse.nicira.bundle.algorithm",
        "algorithm", "How a port is chosen";
    MAX_LINK: Unsigned, "vse.nicira.multipath.max_link", "max_link", "Number of the last link";
    ARG: Unsigned, "vse.nicira.multipath.arg", "arg", "Argument of the algorithm";
    MEMBER_TYPE: NamedId(HEADERS), "vse.nicira.bundle.member_type", "member_type",
        "What the members are";
    MEMBERS: List, "vse.nicira.bundle.members", "members", "Ports";
    MEMBER: Unsigned, "vse.nicira.bundle.member", "member", "A port";
    LEARN_FLAGS: Bits(bits!(LearnFlags)), "vse.nicira.learn.flags", "flags", "Flags";
    FIN_IDLE_TIMEOUT: Unsigned, "vse.nicira.fin_idle_timeout", "fin_idle_timeout",
        "Idle timeout behind FIN or RST, seconds";
    FIN_HARD_TIMEOUT: Unsigned, "vse.nicira.fin_hard_timeout", "fin_hard_timeout",
        "Hard timeout behind FIN or RST, seconds";
    LIMIT: Unsigned, "vse.nicira.learn.limit", "limit", "Most entries to learn";
    RESULT_DST_OFS: Unsigned, "vse.nicira.learn.result_dst_ofs", "result_dst_ofs",
        "Bit that tells whether one was learned";
    RESULT_DST: NamedId(HEADERS), "vse.nicira.learn.result_dst", "result_dst",
        "Field of that bit";
    SPECS: List, "vse.nicira.learn.specs", "specs", "What the learned entry is made of";
    SPEC: Structure, "vse.nicira.learn.spec", "spec", "A part of the learned entry";
    SPEC_RESERVED: Unsigned, "vse.nicira.learn.reserved", "reserved", "Bits without a meaning";
    SPEC_SOURCE: Names(names!(LearnSource: u8)), "vse.nicira.learn.source", "source",
        "Where the value is from";
    SPEC_DESTINATION: Names(names!(LearnDestination: u8)), "vse.nicira.learn.destination",
        "destination", "What the value is for";
    SPEC_VALUE: Bytes, "vse.nicira.learn.value", "value", "The value";
    CONTROLLERS: List, "vse.nicira.dec_ttl.controllers", "controllers", "Controllers to tell";
    CONTROLLER: Unsigned, "vse.nicira.dec_ttl.controller", "controller", "A controller to tell";
    METADATA: Id, "vse.nicira.write_metadata.value", "metadata", "Metadata to write";
    METADATA_MASK: Id, "vse.nicira.write_metadata.mask", "metadata_mask", "Bits to write";
    ETHERTYPE: Hex, "vse.nicira.mpls.ethertype", "ethertype", "EtherType";
    TTL: Unsigned, "vse.nicira.mpls.ttl", "ttl", "Time to live";
    LABEL: Unsigned, "vse.nicira.mpls.label", "label", "Label";
    TC: Unsigned, "vse.nicira.mpls.tc", "tc", "Traffic class";
    PROBABILITY: Unsigned, "vse.nicira.sample.probability", "probability",
        "Share of the frames, of 65535";
    COLLECTOR_SET_ID: Unsigned, "vse.nicira.sample.collector_set_id", "collector_set_id",
        "Collectors";
    OBS_DOMAIN_ID: Unsigned, "vse.nicira.sample.obs_domain_id", "obs_domain_id",
        "Observation domain";
    OBS_POINT_ID: Unsigned, "vse.nicira.sample.obs_point_id", "obs_point_id", "Observation point";
    OBS_DOMAIN_SRC: NamedId(HEADERS), "vse.nicira.sample.obs_domain_src", "obs_domain_src",
        "Field that has the observation domain";
    OBS_POINT_SRC: NamedId(HEADERS), "vse.nicira.sample.obs_point_src", "obs_point_src",
        "Field that has the observation point";
    SAMPLING_PORT: Names(PORTS), "vse.nicira.sample.port", "sampling_port", "Port to sample on";
    DIRECTION: Names(names!(SampleDirection: u8)), "vse.nicira.sample.direction", "direction",
        "Direction to sample";
    CLAUSE: Unsigned, "vse.nicira.conjunction.clause", "clause", "Which part, from 0";
    N_CLAUSES: Unsigned, "vse.nicira.conjunction.n_clauses", "n_clauses", "How many parts";
    CT_FLAGS: Bits(bits!(CtFlags)), "vse.nicira.ct.flags", "flags", "Flags";
    ZONE_SRC: NamedId(HEADERS), "vse.nicira.ct.zone_src", "zone_src", "Field that has the zone";
    RECIRC_TABLE: Unsigned, "vse.nicira.ct.recirc_table", "recirc_table",
        "Table to go on in, 255 for none";
    ALG: Unsigned, "vse.nicira.ct.alg", "alg", "Port of the protocol to help, 0 for none";
    NAT_FLAGS: Bits(bits!(NatFlags)), "vse.nicira.nat.flags", "flags", "Flags";
    RANGE_PRESENT: Bits(bits!(NatRange)), "vse.nicira.nat.range_present", "range_present",
        "Parts of the range";
    IPV4_MIN: Ipv4, "vse.nicira.nat.ipv4_min", "ipv4_min", "First address";
    IPV4_MAX: Ipv4, "vse.nicira.nat.ipv4_max", "ipv4_max", "Last address";
    IPV6_MIN: Ipv6, "vse.nicira.nat.ipv6_min", "ipv6_min", "First address";
    IPV6_MAX: Ipv6, "vse.nicira.nat.ipv6_max", "ipv6_max", "Last address";
    PROTO_MIN: Unsigned, "vse.nicira.nat.proto_min", "proto_min", "First port";
    PROTO_MAX: Unsigned, "vse.nicira.nat.proto_max", "proto_max", "Last port";
    METER_ID: Unsigned, "vse.nicira.controller.meter_id", "meter_id", "Meter";
    GROUP_ID: Unsigned, "vse.nicira.group_id", "group_id", "Group";
    PKT_LEN: Unsigned, "vse.nicira.check_pkt_larger.pkt_len", "pkt_len", "Length to compare with";
}

/// The field of an item of one of the codec's tables.
pub(super) fn field(layout: &str, key: &str) -> &'static Field {
    match (layout, key) {
        ("flow_mod", "flags") => &f::FLOW_FLAGS,
        ("flow_mod", "command") => &f::COMMAND,
        ("flow_removed", "reason") => &f::REMOVED_REASON,
        ("flow_update", "reason") => &UPDATE_REASON,
        ("flow_monitor", "flags") => &MONITOR_FLAGS,
        ("learn" | "learn2", "flags") => &LEARN_FLAGS,
        ("ct", "flags") => &CT_FLAGS,
        ("nat", "flags") => &NAT_FLAGS,
        ("packet_in2_property", "type") => &PACKET_IN2_TYPE,
        ("packet_in2_property", "metadata") => &METADATA_ENTRIES,
        ("controller2_property", "type") => &CONTROLLER2_TYPE,
        ("async_property", "type") => &ASYNC_TYPE,
        ("packet_in_format", "format") => &PACKET_IN_FORMAT,
        ("flow_mod_table_id", "set") => &TABLE_IDS,
        ("bundle", "algorithm") => &BUNDLE_ALGORITHM,
        ("write_metadata", "metadata") => &METADATA,
        ("stack" | "delete_field", "field") => &FIELD,
        ("reg_load", "value") => &LOAD_VALUE,
        ("spec", "value") => &SPEC_VALUE,
        _ => by_key(key),
    }
}

/// The field of an item whose key has one meaning.
fn by_key(key: &str) -> &'static Field {
    let own = PROTOCOL.fields.iter().find(|field| field.key == key);
    match key {
        "cookie" => &f::COOKIE,
        "table_id" => &f::TABLE_ID,
        "idle_timeout" => &f::IDLE_TIMEOUT,
        "hard_timeout" => &f::HARD_TIMEOUT,
        "priority" => &f::PRIORITY,
        "buffer_id" => &f::BUFFER_ID,
        "out_port" => &f::OUT_PORT,
        "duration_sec" => &f::DURATION_SEC,
        "duration_nsec" => &f::DURATION_NSEC,
        "packet_count" => &f::PACKET_COUNT,
        "byte_count" => &f::BYTE_COUNT,
        "flow_count" => &f::FLOW_COUNT,
        "total_len" => &f::TOTAL_LEN,
        "data" => &f::DATA,
        "body" => &f::ACTION_BODY,
        "port" => &f::OUTPUT_PORT,
        "max_len" => &f::MAX_LEN,
        "queue_id" => &f::QUEUE_ID,
        "actions" => &f::ACTIONS,
        "pad" => &f::PAD,
        "pad2" => &f::PAD2,
        "head_pad" => &f::HEAD_PAD,
        "entries" => &STATS_ENTRIES,
        _ => own.copied().unwrap_or(&OTHER),
    }
}

/// The field of one of several structures.
pub(super) fn one(name: &str) -> &'static Field {
    match name {
        "property" => &PROPERTY,
        "map" => &MAP,
        "spec" => &SPEC,
        _ => &STATS_ENTRY,
    }
}

/// The field of one of several numbers.
pub(super) fn one_number(key: &str) -> &'static Field {
    if key == "members" { &MEMBER } else { &CONTROLLER }
}
