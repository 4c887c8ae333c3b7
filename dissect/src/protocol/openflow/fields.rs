//! The fields of OpenFlow 1.0 messages behind their header, VSE's included. The keys are those of
//! the codec's JSON, which a test holds against them; the names are Wireshark's, where it has the
//! field.

use codec::nicira;
use codec::of10::stats::{StatsReplyFlags, StatsType};
use codec::of10::{
    ActionSet, ActionType, Capabilities, ErrorType, FlowModCommand, FlowModFlags,
    FlowRemovedReason, FragmentHandling, PacketInReason, PortConfig, PortFeatures, PortNo,
    PortReason, PortState, QueuePropertyType,
};
use codec::vse::{
    Acceleration, AssignmentEvent, BundleCommand, Carrier, Carriers, ConfigFlags, CoreCommand,
    CoreFlags, DatapathMode, MatchField, MonitorCommand, MonitorEvents, Policy, Reason, Subtype,
    TraceOutcome, TunnelType, VENDOR_ID, VmEvent, VmSource, VseActionType, VseStatsType,
};

use crate::registry::{Field, Names, bits, named_values, names, protocol};

/// The reserved ports.
pub(super) static PORTS: &Names = &Names {
    name: |value| u16::try_from(value).ok().and_then(|number| PortNo(number).name()),
    all: || PortNo::NAMES.iter().map(|(port, name)| (port.0.into(), *name)).collect(),
};
static BUFFERS: &Names = named_values! { 0xffff_ffff "none" };
static CORES: &Names = named_values! { 0xffff "none" };
const VENDOR_NAMES: [(u32, &str); 2] = [(VENDOR_ID, "vse"), (nicira::VENDOR_ID, "nicira")];
static VENDORS: &Names = &Names {
    name: |value| {
        VENDOR_NAMES.iter().find(|(id, _)| u64::from(*id) == value).map(|(_, name)| *name)
    },
    all: || VENDOR_NAMES.iter().map(|(id, name)| (u64::from(*id), *name)).collect(),
};
/// The type of an action or of statistics where its vendor is VSE.
static VSE_TYPE: &Names = named_values! { 0xffff "vse" };
static FLAGS_OF_FRAMES: &Names = names!(FragmentHandling: u16);

protocol! {
    pub(crate) static PROTOCOL = "openflow_v1", "OpenFlow 1.0";
    DATA: Bytes, "vse.openflow.data", "data", "Data";
    PAD: Bytes, "vse.openflow.pad", "pad", "Padding, where it is not zero";
    PAD1: Bytes, "vse.openflow.pad1", "pad1", "Padding, where it is not zero";
    PAD2: Bytes, "vse.openflow.pad2", "pad2", "Padding, where it is not zero";
    PAD3: Bytes, "vse.openflow.pad3", "pad3", "Padding, where it is not zero";
    HEAD_PAD: Bytes, "vse.openflow.head_pad", "head_pad", "Padding, where it is not zero";
    VENDOR: NamedId(VENDORS), "vse.openflow.vendor", "vendor", "Vendor id";
    // ERROR
    ERROR_TYPE: Names(names!(ErrorType: u16)), "vse.openflow.error.type", "type", "Error type";
    ERROR_CODE: Unsigned, "vse.openflow.error.code", "code", "Error code, by type";
    ERROR_CODE_NAME: Text, "vse.openflow.error.code_name", "code", "Error code by its name";
    // Ports and features
    DATAPATH_ID: Id, "openflow.datapath_id", "datapath_id", "Datapath id";
    N_BUFFERS: Unsigned, "openflow.n_buffers", "n_buffers", "Frames that fit the buffer";
    N_TABLES: Unsigned, "openflow.n_tables", "n_tables", "Number of tables";
    CAPABILITIES: Bits(bits!(Capabilities)), "openflow.capabilities", "capabilities", "Capabilities";
    ACTION_SET: Bits(bits!(ActionSet)), "openflow.actions", "actions", "Supported actions";
    PORTS_LIST: List, "vse.openflow.ports", "ports", "Ports";
    PORT: Structure, "vse.openflow.port", "port", "A port";
    DESC: Structure, "vse.openflow.desc", "desc", "The port";
    PORT_NO: Names(PORTS), "openflow.port_no", "port_no", "Port number";
    HW_ADDR: Mac, "openflow.hw_add", "hw_addr", "Ethernet address";
    PORT_NAME: Text, "openflow.port_name", "name", "Port name";
    PORT_CONFIG: Bits(bits!(PortConfig)), "openflow.port_config", "config", "Configuration";
    PORT_STATE: Bits(bits!(PortState)), "openflow.port_state", "state", "State";
    CURR: Bits(bits!(PortFeatures)), "openflow.port_curr", "curr", "Current features";
    ADVERTISED: Bits(bits!(PortFeatures)), "openflow.port_advertised", "advertised",
        "Features advertised";
    SUPPORTED: Bits(bits!(PortFeatures)), "openflow.port_supported", "supported",
        "Features supported";
    PEER: Bits(bits!(PortFeatures)), "openflow.port_peer", "peer", "Features the peer advertises";
    PORT_MOD_MASK: Bits(bits!(PortConfig)), "vse.openflow.port_mod.mask", "mask",
        "Which of the configuration changes";
    ADVERTISE: Bits(bits!(PortFeatures)), "vse.openflow.port_mod.advertise", "advertise",
        "Features to advertise";
    PORT_REASON: Names(names!(PortReason: u8)), "vse.openflow.port_status.reason", "reason",
        "What happened to the port";
    // Configuration
    CONFIG_FLAGS: HexNames(FLAGS_OF_FRAMES), "openflow.config_flags", "flags", "What happens to fragments";
    MISS_SEND_LEN: Hex, "openflow.miss_send_len", "miss_send_len",
        "Bytes of a frame that go to the controller";
    // Frames
    BUFFER_ID: HexNames(BUFFERS), "openflow.buffer_id", "buffer_id", "Where the frame is buffered";
    TOTAL_LEN: Unsigned, "openflow.total_len", "total_len", "Bytes of the whole frame";
    PACKET_IN_REASON: Names(names!(PacketInReason: u8)), "openflow.reason", "reason",
        "Why the frame is sent";
    // Rules
    MATCH: Structure, "vse.openflow.match", "match", "What is matched";
    UNMATCHED: Structure, "vse.openflow.unmatched", "unmatched", "Values under wildcards";
    WILDCARDS: Id, "openflow.wildcards", "wildcards", "Wildcards";
    IN_PORT: Names(PORTS), "openflow.in_port", "in_port", "Input port";
    DL_SRC: Mac, "openflow.eth_src", "dl_src", "Ethernet source";
    DL_DST: Mac, "openflow.eth_dst", "dl_dst", "Ethernet destination";
    DL_VLAN: Unsigned, "openflow.dl_vlan", "dl_vlan", "VLAN id, 65535 for no tag";
    DL_VLAN_PCP: Unsigned, "openflow.dl_vlan_pcp", "dl_vlan_pcp", "VLAN priority";
    DL_TYPE: Hex, "openflow.ofp_match.dl_type", "dl_type", "EtherType";
    NW_TOS: Hex, "openflow.ofp_match.tos", "nw_tos", "IP type of service";
    NW_PROTO: Unsigned, "openflow.ofp_match.nw_proto", "nw_proto", "IP protocol";
    NW_SRC: Ipv4, "openflow.ofp_match.source_addr", "nw_src", "IPv4 source";
    NW_DST: Ipv4, "openflow.ofp_match.dest_addr", "nw_dst", "IPv4 destination";
    TP_SRC: Unsigned, "openflow.ofp_match.source_port", "tp_src", "Source port, or ICMP type";
    TP_DST: Unsigned, "openflow.ofp_match.dest_port", "tp_dst", "Destination port, or ICMP code";
    COOKIE: Id, "openflow.cookie", "cookie", "Cookie";
    COMMAND: Names(names!(FlowModCommand: u16)), "openflow.command", "command", "Command";
    IDLE_TIMEOUT: Unsigned, "openflow.idle_timeout", "idle_timeout", "Idle timeout, seconds";
    HARD_TIMEOUT: Unsigned, "openflow.hard_timeout", "hard_timeout", "Hard timeout, seconds";
    PRIORITY: Unsigned, "openflow.priority", "priority", "Priority of the rule";
    OUT_PORT: Names(PORTS), "openflow.out_port", "out_port", "Only rules that send to this port";
    FLOW_FLAGS: Bits(bits!(FlowModFlags)), "openflow.flags", "flags", "Flags";
    REMOVED_REASON: Names(names!(FlowRemovedReason: u8)), "vse.openflow.flow_removed.reason",
        "reason", "Why the rule has gone";
    DURATION_SEC: Unsigned, "vse.openflow.duration_sec", "duration_sec", "Age, seconds";
    DURATION_NSEC: Unsigned, "vse.openflow.duration_nsec", "duration_nsec",
        "Age beyond the seconds, nanoseconds";
    PACKET_COUNT: Unsigned, "vse.openflow.packet_count", "packet_count", "Frames matched";
    BYTE_COUNT: Unsigned, "vse.openflow.byte_count", "byte_count", "Bytes matched";
    // Actions
    ACTIONS: List, "vse.openflow.actions", "actions", "Actions";
    ACTION: Structure, "vse.openflow.action", "action", "An action";
    ACTION_TYP: Names(names!(ActionType: u16)), "openflow.action_typ", "type", "Action type";
    ACTION_TYP_VSE: Names(VSE_TYPE), "openflow.action_typ", "type", "Action type";
    ACTION_BODY: Bytes, "vse.openflow.action.body", "body", "An action that is not known";
    OUTPUT_PORT: Names(PORTS), "openflow.output_port", "port", "Port to send to";
    MAX_LEN: Unsigned, "openflow.max_len", "max_len", "Bytes that go to the controller";
    VLAN_VID: Unsigned, "vse.openflow.action.vlan_vid", "vlan_vid", "VLAN id to set";
    VLAN_PCP: Unsigned, "vse.openflow.action.vlan_pcp", "vlan_pcp", "VLAN priority to set";
    DL_ADDR: Mac, "vse.openflow.action.dl_addr", "dl_addr", "Ethernet address to set";
    NW_ADDR: Ipv4, "vse.openflow.action.nw_addr", "nw_addr", "IPv4 address to set";
    SET_NW_TOS: Hex, "vse.openflow.action.nw_tos", "nw_tos", "IP type of service to set";
    TP_PORT: Unsigned, "vse.openflow.action.tp_port", "tp_port", "Port to set";
    QUEUE_ID: Unsigned, "vse.openflow.queue_id", "queue_id", "Queue";
    // Queues
    QUEUE_PORT: Names(PORTS), "vse.openflow.queue.port", "port", "Port of the queues";
    QUEUES: List, "vse.openflow.queues", "queues", "Queues";
    QUEUE: Structure, "vse.openflow.queue", "queue", "A queue";
    PROPERTIES: List, "vse.openflow.queue.properties", "properties", "Properties of a queue";
    PROPERTY: Structure, "vse.openflow.queue.property_of", "property", "A property of a queue";
    PROPERTY_TYPE: Names(names!(QueuePropertyType: u16)), "vse.openflow.queue.property", "property",
        "Kind of property";
    RATE: Unsigned, "vse.openflow.queue.rate", "rate", "Rate, tenths of a percent";
    PROPERTY_BODY: Bytes, "vse.openflow.queue.body", "body", "A property that is not known";
    // Statistics
    STATS_TYPE: Names(names!(StatsType: u16)), "openflow.stats.type", "type", "Kind of statistics";
    STATS_TYPE_VSE: Names(VSE_TYPE), "openflow.stats.type", "type", "Kind of statistics";
    REQUEST_FLAGS: Bits(named_values! {}), "vse.openflow.stats.request_flags", "flags", "Flags";
    REPLY_FLAGS: Bits(bits!(StatsReplyFlags)), "vse.openflow.stats.flags", "flags", "Flags";
    STATS_BODY: Structure, "vse.openflow.stats.body", "body", "What was asked for";
    STATS_LIST: List, "vse.openflow.stats.entries", "body", "Entries";
    STATS_ENTRY: Structure, "vse.openflow.stats.entry", "entry", "An entry";
    TABLE_ID: Unsigned, "openflow.table_id", "table_id", "Table, 255 for all";
    MFR_DESC: Text, "vse.openflow.mfr_desc", "mfr_desc", "Manufacturer";
    HW_DESC: Text, "vse.openflow.hw_desc", "hw_desc", "Hardware";
    SW_DESC: Text, "vse.openflow.sw_desc", "sw_desc", "Software";
    SERIAL_NUM: Text, "vse.openflow.serial_num", "serial_num", "Serial number";
    DP_DESC: Text, "vse.openflow.dp_desc", "dp_desc", "Datapath";
    FLOW_COUNT: Unsigned, "vse.openflow.flow_count", "flow_count", "Number of rules";
    TABLE_NAME: Text, "vse.openflow.table_name", "name", "Table name";
    MAX_ENTRIES: Unsigned, "vse.openflow.max_entries", "max_entries", "Rules that fit";
    ACTIVE_COUNT: Unsigned, "vse.openflow.active_count", "active_count", "Rules there are";
    LOOKUP_COUNT: Unsigned, "vse.openflow.lookup_count", "lookup_count", "Frames looked up";
    MATCHED_COUNT: Unsigned, "vse.openflow.matched_count", "matched_count", "Frames that matched";
    RX_PACKETS: Unsigned, "vse.openflow.rx_packets", "rx_packets", "Frames received";
    TX_PACKETS: Unsigned, "vse.openflow.tx_packets", "tx_packets", "Frames sent";
    RX_BYTES: Unsigned, "vse.openflow.rx_bytes", "rx_bytes", "Bytes received";
    TX_BYTES: Unsigned, "vse.openflow.tx_bytes", "tx_bytes", "Bytes sent";
    RX_DROPPED: Unsigned, "vse.openflow.rx_dropped", "rx_dropped", "Received frames dropped";
    TX_DROPPED: Unsigned, "vse.openflow.tx_dropped", "tx_dropped", "Frames to send dropped";
    RX_ERRORS: Unsigned, "vse.openflow.rx_errors", "rx_errors", "Receive errors";
    TX_ERRORS: Unsigned, "vse.openflow.tx_errors", "tx_errors", "Send errors";
    RX_FRAME_ERR: Unsigned, "vse.openflow.rx_frame_err", "rx_frame_err", "Alignment errors";
    RX_OVER_ERR: Unsigned, "vse.openflow.rx_over_err", "rx_over_err", "Overruns";
    RX_CRC_ERR: Unsigned, "vse.openflow.rx_crc_err", "rx_crc_err", "Checksum errors";
    COLLISIONS: Unsigned, "vse.openflow.collisions", "collisions", "Collisions";
    // VSE: match TLVs
    VSE_MATCH: List, "vse.match", "vse_match", "What is matched beyond OpenFlow 1.0";
    VSE_MATCH_PADDED: Structure, "vse.match.padded", "vse_match",
        "What is matched, where the padding is not zero";
    TLVS: List, "vse.match", "tlvs", "What is matched beyond OpenFlow 1.0";
    TLV: Structure, "vse.match.tlv", "tlv", "A field that is matched";
    TLV_FIELD: Names(names!(MatchField: u8)), "vse.match.field", "field", "Which field";
    TLV_RAW: Bytes, "vse.match.raw", "tlv", "A field that is not known";
    TLV_VM_ID: Unsigned, "vse.match.vm_id", "value", "VM id matched";
    TLV_VM_ID_MASK: Hex, "vse.match.vm_id.mask", "mask", "Its mask";
    TLV_FCF_PRIORITY: Unsigned, "vse.match.fcf_priority", "value", "Priority matched";
    TLV_FCF_CARRIER: Names(names!(Carrier: u8)), "vse.match.fcf_carrier", "value", "Carrier matched";
    TLV_IP_FRAG: Unsigned, "vse.match.ip_frag", "value", "Fragments matched";
    TLV_IP_FRAG_MASK: Unsigned, "vse.match.ip_frag.mask", "mask", "Its mask";
    TLV_ESP_SPI: Id, "vse.match.esp_spi", "value", "Security parameters index matched";
    TLV_ESP_SPI_MASK: Id, "vse.match.esp_spi.mask", "mask", "Its mask";
    TLV_TUN_TYPE: Names(names!(TunnelType: u8)), "vse.match.tun_type", "value", "Tunnel matched";
    TLV_TUN_ID: Id, "vse.match.tun_id", "value", "Network of the tunnel matched";
    TLV_TUN_ID_MASK: Id, "vse.match.tun_id.mask", "mask", "Its mask";
    TLV_DL_SRC: Mac, "vse.match.inner_dl_src", "value", "Inner Ethernet source matched";
    TLV_DL_SRC_MASK: Mac, "vse.match.inner_dl_src.mask", "mask", "Its mask";
    TLV_DL_DST: Mac, "vse.match.inner_dl_dst", "value", "Inner Ethernet destination matched";
    TLV_DL_DST_MASK: Mac, "vse.match.inner_dl_dst.mask", "mask", "Its mask";
    TLV_DL_VLAN: Unsigned, "vse.match.inner_dl_vlan", "value", "Inner VLAN id matched";
    TLV_DL_VLAN_PCP: Unsigned, "vse.match.inner_dl_vlan_pcp", "value", "Inner VLAN priority matched";
    TLV_DL_TYPE: Hex, "vse.match.inner_dl_type", "value", "Inner EtherType matched";
    TLV_NW_TOS: Hex, "vse.match.inner_nw_tos", "value", "Inner type of service matched";
    TLV_NW_PROTO: Unsigned, "vse.match.inner_nw_proto", "value", "Inner IP protocol matched";
    TLV_NW_SRC: Ipv4, "vse.match.inner_nw_src", "value", "Inner IPv4 source matched";
    TLV_NW_SRC_MASK: Ipv4, "vse.match.inner_nw_src.mask", "mask", "Its mask";
    TLV_NW_DST: Ipv4, "vse.match.inner_nw_dst", "value", "Inner IPv4 destination matched";
    TLV_NW_DST_MASK: Ipv4, "vse.match.inner_nw_dst.mask", "mask", "Its mask";
    TLV_TP_SRC: Unsigned, "vse.match.inner_tp_src", "value", "Inner source port matched";
    TLV_TP_SRC_MASK: Hex, "vse.match.inner_tp_src.mask", "mask", "Its mask";
    TLV_TP_DST: Unsigned, "vse.match.inner_tp_dst", "value", "Inner destination port matched";
    TLV_TP_DST_MASK: Hex, "vse.match.inner_tp_dst.mask", "mask", "Its mask";
    // VSE: actions
    VSE_ACTION: Names(names!(VseActionType: u16)), "vse.action", "subtype", "VSE action";
    SET_FCF_VM_ID: Unsigned, "vse.set_fcf.vm_id", "vm_id", "VM id to write";
    SET_FCF_PRIORITY: Unsigned, "vse.set_fcf.priority", "priority", "Priority to write";
    SET_FCF_CARRIER: Names(names!(Carrier: u8)), "vse.set_fcf.carrier", "carrier",
        "Where to write it";
    SET_IRQ_CORE: Names(CORES), "vse.set_irq_core.core", "core",
        "Core that runs the receive path; none where VSE chooses";
    RXHASH: Id, "vse.rxhash", "rxhash", "Receive hash that VSE wrote";
    // VSE: messages
    SUBTYPE: Names(names!(Subtype: u32)), "vse.subtype", "subtype", "VSE message";
    N_CORES: Unsigned, "vse.n_cores", "n_cores", "Number of cores";
    N_RX_QUEUES: Unsigned, "vse.n_rx_queues", "n_rx_queues", "Number of receive queues";
    ACCELERATION: Bits(bits!(Acceleration)), "vse.acceleration", "acceleration",
        "What spreads the receive path already";
    MAX_FLOWS: Unsigned, "vse.max_flows", "max_flows", "Entries that fit the flow table";
    MAX_VMS: Unsigned, "vse.max_vms", "max_vms", "VMs that fit the core table";
    CARRIERS: Bits(bits!(Carriers)), "vse.carriers", "carriers", "Carriers that are understood";
    FCF_LAYOUT: Text, "vse.fcf_layout", "fcf_layout", "Layout of the Flow Control Field";
    FCF_CUSTOM: Structure, "vse.fcf_layout.custom", "fcf_layout",
        "Layout of the Flow Control Field";
    FCF_CARRIER: Names(names!(Carrier: u8)), "vse.fcf_layout.carrier", "carrier", "Carrier";
    PRIORITY_MASK: Id, "vse.fcf_layout.priority_mask", "priority_mask", "Bit of the priority";
    VM_ID_MASK: Id, "vse.fcf_layout.vm_id_mask", "vm_id_mask", "Bits of the VM id";
    DATAPATH_NAME: Text, "vse.datapath_name", "name", "Name of the datapath";
    VSE_CONFIG_FLAGS: Bits(bits!(ConfigFlags)), "vse.config.flags", "flags", "Flags";
    POLICY: Names(names!(Policy: u8)), "vse.policy", "policy", "How cores are chosen";
    HIGH_LOAD: Unsigned, "vse.high_load", "high_load", "Load from which a core is high, per mille";
    VSE_IDLE_TIMEOUT: Unsigned, "vse.idle_timeout", "idle_timeout", "Default ageing, seconds";
    REBALANCE_INTERVAL: Unsigned, "vse.rebalance_interval", "rebalance_interval",
        "Least time between moves, seconds";
    REBALANCE_IMPROVEMENT: Unsigned, "vse.rebalance_improvement", "rebalance_improvement",
        "Least improvement of a move, per mille";
    VM_EVENT: Names(names!(VmEvent: u8)), "vse.vm_event", "event", "What happened to the VM";
    VM_PORT_NO: Names(PORTS), "vse.port_no", "port_no", "Port of the VM";
    VM_ID: Unsigned, "vse.vm_id", "vm_id", "VM id";
    CORE: Names(CORES), "vse.core", "core", "Core";
    TENANT_ID: Unsigned, "vse.tenant_id", "tenant_id", "Tenant";
    VM_HW_ADDR: Mac, "vse.hw_addr", "hw_addr", "Ethernet address of the VM";
    VM_NAME: Text, "vse.vm_name", "name", "Name of the VM";
    CORE_COMMAND: Names(names!(CoreCommand: u16)), "vse.core_command", "command", "Command";
    BUNDLE_COMMAND: Names(names!(BundleCommand: u16)), "vse.bundle_command", "command", "Command";
    MONITOR_COMMAND: Names(names!(MonitorCommand: u8)), "vse.monitor_command", "command", "Command";
    EVENTS: Bits(bits!(MonitorEvents)), "vse.events", "events", "Events to be told";
    MONITOR_ID: Unsigned, "vse.monitor_id", "monitor_id", "Monitor";
    EVENT: Names(names!(AssignmentEvent: u8)), "vse.event", "event", "What happened to the entry";
    REASON: Names(names!(Reason: u8)), "vse.reason", "reason", "Why the core was chosen";
    OLD_CORE: Names(CORES), "vse.old_core", "old_core", "Core before";
    NEW_CORE: Names(CORES), "vse.new_core", "new_core", "Core from now on";
    TIME: Unsigned, "vse.time", "time", "When, nanoseconds since the Unix epoch";
    LOAD: Unsigned, "vse.load", "load", "Load of the core, per mille";
    FRAME: Bytes, "vse.frame", "frame", "Frame to trace";
    CANDIDATES: List, "vse.candidates", "candidates", "Entries that were looked at";
    CANDIDATE: Structure, "vse.candidate", "candidate", "An entry that was looked at";
    OUTCOME: Names(names!(TraceOutcome: u8)), "vse.outcome", "outcome", "What became of the entry";
    FAILED_FIELD: Names(names!(MatchField: u8)), "vse.failed_field", "field",
        "The first field that failed";
    // VSE: statistics
    VSE_STATS_TYPE: Names(names!(VseStatsType: u16)), "vse.stats.type", "vse_type",
        "Kind of statistics";
    ENTRIES: List, "vse.stats.entries", "entries", "Entries";
    ENTRY: Structure, "vse.stats.entry", "entry", "An entry";
    DATAPATH: Structure, "vse.stats.datapath", "entries", "The datapath";
    ASSIGNED: Unsigned, "vse.assigned", "assigned",
        "When the core was chosen, nanoseconds since the Unix epoch, 0 for not yet";
    PROVISIONAL: Unsigned, "vse.provisional", "provisional",
        "Load of flows just placed, per mille";
    CORE_FLAGS: Bits(bits!(CoreFlags)), "vse.core_flags", "flags", "Flags of the core";
    NUMA_NODE: Unsigned, "vse.numa_node", "numa_node", "NUMA node";
    N_FLOWS: Unsigned, "vse.n_flows", "n_flows", "Number of entries";
    PACKETS: Unsigned, "vse.packets", "packets", "Frames";
    DROPS: Unsigned, "vse.drops", "drops", "Frames dropped";
    VMS: List, "vse.vms", "vms", "VMs on the core";
    PID: Unsigned, "vse.pid", "pid", "Process of the VM, 0 for none";
    SOURCE: Names(names!(VmSource: u8)), "vse.source", "source", "How the binding is known";
    MODE: Names(names!(DatapathMode: u8)), "vse.mode", "mode", "What moves the frames";
    GENERATION: Unsigned, "vse.generation", "generation", "Generation of the tables";
    MATCHED: Unsigned, "vse.matched", "matched", "Frames that an entry matched";
    MISSED: Unsigned, "vse.missed", "missed", "Frames that no entry matched";
    PASSED: Unsigned, "vse.passed", "passed", "Frames left on their core";
    REDIRECTED: Unsigned, "vse.redirected", "redirected", "Frames sent to another core";
    ERRORS: Unsigned, "vse.errors", "errors", "Frames lost to errors";
    MOVES: Unsigned, "vse.moves", "moves", "Entries moved to another core";
    DEFERRED: Unsigned, "vse.deferred", "deferred", "Moves put off";
}

/// The fields of a match TLV's value and mask.
#[derive(Debug, Clone, Copy)]
pub(super) struct TlvFields {
    pub(super) value: &'static Field,
    pub(super) mask: &'static Field,
}

/// The fields of a match TLV; nothing where it has none.
pub(super) fn tlv_fields(field: MatchField) -> Option<TlvFields> {
    let (value, mask) = match field {
        MatchField::VmId => (&TLV_VM_ID, &TLV_VM_ID_MASK),
        MatchField::FcfPriority => (&TLV_FCF_PRIORITY, &TLV_VM_ID_MASK),
        MatchField::FcfCarrier => (&TLV_FCF_CARRIER, &TLV_VM_ID_MASK),
        MatchField::IpFrag => (&TLV_IP_FRAG, &TLV_IP_FRAG_MASK),
        MatchField::EspSpi => (&TLV_ESP_SPI, &TLV_ESP_SPI_MASK),
        MatchField::TunType => (&TLV_TUN_TYPE, &TLV_VM_ID_MASK),
        MatchField::TunId => (&TLV_TUN_ID, &TLV_TUN_ID_MASK),
        MatchField::InnerDlSrc => (&TLV_DL_SRC, &TLV_DL_SRC_MASK),
        MatchField::InnerDlDst => (&TLV_DL_DST, &TLV_DL_DST_MASK),
        MatchField::InnerDlVlan => (&TLV_DL_VLAN, &TLV_VM_ID_MASK),
        MatchField::InnerDlVlanPcp => (&TLV_DL_VLAN_PCP, &TLV_VM_ID_MASK),
        MatchField::InnerDlType => (&TLV_DL_TYPE, &TLV_VM_ID_MASK),
        MatchField::InnerNwTos => (&TLV_NW_TOS, &TLV_VM_ID_MASK),
        MatchField::InnerNwProto => (&TLV_NW_PROTO, &TLV_VM_ID_MASK),
        MatchField::InnerNwSrc => (&TLV_NW_SRC, &TLV_NW_SRC_MASK),
        MatchField::InnerNwDst => (&TLV_NW_DST, &TLV_NW_DST_MASK),
        MatchField::InnerTpSrc => (&TLV_TP_SRC, &TLV_TP_SRC_MASK),
        MatchField::InnerTpDst => (&TLV_TP_DST, &TLV_TP_DST_MASK),
        _ => return None,
    };
    Some(TlvFields { value, mask })
}
