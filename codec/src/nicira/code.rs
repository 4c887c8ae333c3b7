//! The code points of Nicira's extensions: `nicira-ext.h` and `ofp-actions.h` of Open vSwitch.

use crate::code_points::code_points;

/// The vendor id of Nicira.
pub const VENDOR_ID: u32 = 0x0000_2320;

code_points! {
    /// A vendor message (`NXT_*`).
    pub enum NiciraSubtype: u32 {
        /// Asks for a role among the controllers.
        RoleRequest = 10 "role_request",
        /// The role that was given.
        RoleReply = 11 "role_reply",
        /// How flows are written.
        SetFlowFormat = 12 "set_flow_format",
        /// A change of the flow table.
        FlowMod = 13 "flow_mod",
        /// An entry is gone.
        FlowRemoved = 14 "flow_removed",
        /// Whether the command of a FLOW_MOD has a table in its upper byte.
        FlowModTableId = 15 "flow_mod_table_id",
        /// How frames are sent to the controller.
        SetPacketInFormat = 16 "set_packet_in_format",
        /// A frame for the controller.
        PacketIn = 17 "packet_in",
        /// Statistics shall tell idle and hard age.
        FlowAge = 18 "flow_age",
        /// Which asynchronous messages a controller gets.
        SetAsyncConfig = 19 "set_async_config",
        /// The id of this connection, which actions name.
        SetControllerId = 20 "set_controller_id",
        /// Ends a monitor.
        FlowMonitorCancel = 21 "flow_monitor_cancel",
        /// Updates are held back.
        FlowMonitorPaused = 22 "flow_monitor_paused",
        /// Updates go on.
        FlowMonitorResumed = 23 "flow_monitor_resumed",
        /// Maps tunnel options to fields.
        TlvTableMod = 24 "tlv_table_mod",
        /// Asks for that map.
        TlvTableRequest = 25 "tlv_table_request",
        /// That map.
        TlvTableReply = 26 "tlv_table_reply",
        /// Which asynchronous messages a controller gets, by properties.
        SetAsyncConfig2 = 27 "set_async_config2",
        /// Go on with a frame that paused.
        Resume = 28 "resume",
        /// Forget the connections of a zone.
        CtFlushZone = 29 "ct_flush_zone",
        /// A frame for the controller, by properties.
        PacketIn2 = 30 "packet_in2",
        /// Forget connections.
        CtFlush = 32 "ct_flush",
    }
}

code_points! {
    /// Statistics (`NXST_*`).
    pub enum NiciraStatsType: u32 {
        /// Each entry.
        Flow = 0 "flow",
        /// Sums over entries.
        Aggregate = 1 "aggregate",
        /// Changes of entries.
        FlowMonitor = 2 "flow_monitor",
    }
}

code_points! {
    /// An action (`NXAST_*`).
    pub enum NiciraActionType: u16 {
        /// Look the frame up again.
        Resubmit = 1 "resubmit",
        /// Set the tunnel's id, 32 bits.
        SetTunnel = 2 "set_tunnel",
        /// Set the queue for what is sent.
        SetQueue = 4 "set_queue",
        /// Back to the queue before.
        PopQueue = 5 "pop_queue",
        /// Copy bits of a field.
        RegMove = 6 "reg_move",
        /// Write bits of a field.
        RegLoad = 7 "reg_load",
        /// Nothing: a remark.
        Note = 8 "note",
        /// Set the tunnel's id, 64 bits.
        SetTunnel64 = 9 "set_tunnel64",
        /// Choose a link by a hash.
        Multipath = 10 "multipath",
        /// Send out of a port chosen by a hash.
        Bundle = 12 "bundle",
        /// Write the port chosen by a hash.
        BundleLoad = 13 "bundle_load",
        /// Look the frame up again in a table.
        ResubmitTable = 14 "resubmit_table",
        /// Send out of the port that a field names.
        OutputReg = 15 "output_reg",
        /// Add an entry made from the frame.
        Learn = 16 "learn",
        /// Stop.
        Exit = 17 "exit",
        /// Decrement the time to live.
        DecTtl = 18 "dec_ttl",
        /// Shorter timeouts behind FIN and RST.
        FinTimeout = 19 "fin_timeout",
        /// Send to a controller.
        Controller = 20 "controller",
        /// Decrement the time to live, and tell these controllers when it is gone.
        DecTtlCntIds = 21 "dec_ttl_cnt_ids",
        /// Write the metadata.
        WriteMetadata = 22 "write_metadata",
        /// Add an MPLS label.
        PushMpls = 23 "push_mpls",
        /// Take an MPLS label away.
        PopMpls = 24 "pop_mpls",
        /// Set the time to live of MPLS.
        SetMplsTtl = 25 "set_mpls_ttl",
        /// Decrement the time to live of MPLS.
        DecMplsTtl = 26 "dec_mpls_ttl",
        /// Push a field on the stack.
        StackPush = 27 "stack_push",
        /// Pop a field from the stack.
        StackPop = 28 "stack_pop",
        /// Sample for IPFIX.
        Sample = 29 "sample",
        /// Set the MPLS label.
        SetMplsLabel = 30 "set_mpls_label",
        /// Set the MPLS traffic class.
        SetMplsTc = 31 "set_mpls_tc",
        /// Send out of the port that a field of any header names.
        OutputReg2 = 32 "output_reg2",
        /// Write a field, with a mask.
        RegLoad2 = 33 "reg_load2",
        /// A part of a conjunctive match.
        Conjunction = 34 "conjunction",
        /// Through the connection tracker.
        Ct = 35 "ct",
        /// Translate addresses, within ct.
        Nat = 36 "nat",
        /// Send to a controller, by properties.
        Controller2 = 37 "controller2",
        /// Sample for IPFIX, with a port.
        Sample2 = 38 "sample2",
        /// Send a part of the frame.
        OutputTrunc = 39 "output_trunc",
        /// Through a group.
        Group = 40 "group",
        /// Sample for IPFIX, with a direction.
        Sample3 = 41 "sample3",
        /// Actions whose changes are undone behind them.
        Clone = 42 "clone",
        /// Forget the connection tracker's state.
        CtClear = 43 "ct_clear",
        /// Look the frame up again in a table, with the original direction's tuple.
        ResubmitTableCt = 44 "resubmit_table_ct",
        /// Add an entry made from the frame, with a limit.
        Learn2 = 45 "learn2",
        /// Whether the frame is longer.
        CheckPktLarger = 49 "check_pkt_larger",
        /// Remove a field.
        DeleteField = 50 "delete_field",
        /// Sample for IPFIX, with ids from fields.
        Sample4 = 51 "sample4",
        /// Handle in the slow path.
        DebugSlow = 254 "debug_slow",
        /// Recirculate.
        DebugRecirc = 255 "debug_recirc",
    }
}

code_points! {
    /// `enum nx_role`.
    pub enum NiciraRole: u32 {
        /// Full access.
        Other = 0 "other",
        /// Full access, for one alone.
        Primary = 1 "primary",
        /// May read alone.
        Secondary = 2 "secondary",
    }
}

code_points! {
    /// `enum nx_flow_format`.
    pub enum FlowFormat: u32 {
        /// `struct ofp_match`.
        Openflow10 = 0 "openflow10",
        /// Extended matches.
        Nxm = 2 "nxm",
    }
}

code_points! {
    /// `enum ofputil_packet_in_format`.
    pub enum PacketInFormat: u32 {
        /// PACKET_IN.
        Standard = 0 "standard",
        /// NXT_PACKET_IN.
        NxtPacketIn = 1 "nxt_packet_in",
        /// NXT_PACKET_IN2.
        NxtPacketIn2 = 2 "nxt_packet_in2",
    }
}

code_points! {
    /// Why a frame is sent (`enum ofp_packet_in_reason` of all versions).
    pub enum NiciraPacketInReason: u8 {
        /// No entry matches.
        NoMatch = 0 "no_match",
        /// An action says so.
        Action = 1 "action",
        /// The time to live is gone.
        InvalidTtl = 2 "invalid_ttl",
        /// The action set says so.
        ActionSet = 3 "action_set",
        /// A group says so.
        Group = 4 "group",
        /// PACKET_OUT says so.
        PacketOut = 5 "packet_out",
    }
}

code_points! {
    /// `enum nx_flow_update_event`.
    pub enum FlowUpdateEvent: u16 {
        /// An entry is new.
        Added = 0 "added",
        /// An entry is gone.
        Deleted = 1 "deleted",
        /// An entry is another.
        Modified = 2 "modified",
        /// The controller's own change.
        Abbrev = 3 "abbrev",
    }
}

code_points! {
    /// `enum nx_tlv_table_mod_command`.
    pub enum TlvTableCommand: u16 {
        /// Add mappings.
        Add = 0 "add",
        /// Delete mappings.
        Delete = 1 "delete",
        /// Delete all mappings.
        Clear = 2 "clear",
    }
}

code_points! {
    /// `enum nx_packet_in2_prop_type`.
    pub enum PacketIn2Property: u16 {
        /// The frame.
        Packet = 0 "packet",
        /// Bytes of the whole frame.
        FullLen = 1 "full_len",
        /// Where the frame is buffered.
        BufferId = 2 "buffer_id",
        /// The table.
        TableId = 3 "table_id",
        /// The entry's cookie.
        Cookie = 4 "cookie",
        /// Why it is sent.
        Reason = 5 "reason",
        /// The pipeline's fields.
        Metadata = 6 "metadata",
        /// From the action.
        Userdata = 7 "userdata",
        /// The switch's own state of a frame that paused.
        Continuation = 8 "continuation",
    }
}

code_points! {
    /// `enum nx_action_controller2_prop_type`.
    pub enum Controller2Property: u16 {
        /// Bytes of the frame to send.
        MaxLen = 0 "max_len",
        /// The controller's id.
        ControllerId = 1 "controller_id",
        /// Why it is sent.
        Reason = 2 "reason",
        /// What comes with the frame.
        Userdata = 3 "userdata",
        /// The frame waits for NXT_RESUME.
        Pause = 4 "pause",
        /// A meter.
        MeterId = 5 "meter_id",
    }
}

code_points! {
    /// `enum ofp14_async_config_prop_type`.
    pub enum AsyncProperty: u16 {
        /// PACKET_IN, where the controller is secondary.
        PacketInSecondary = 0 "packet_in_secondary",
        /// PACKET_IN, else.
        PacketInPrimary = 1 "packet_in_primary",
        /// PORT_STATUS, where the controller is secondary.
        PortStatusSecondary = 2 "port_status_secondary",
        /// PORT_STATUS, else.
        PortStatusPrimary = 3 "port_status_primary",
        /// FLOW_REMOVED, where the controller is secondary.
        FlowRemovedSecondary = 4 "flow_removed_secondary",
        /// FLOW_REMOVED, else.
        FlowRemovedPrimary = 5 "flow_removed_primary",
        /// Changes of the role, where the controller is secondary.
        RoleStatusSecondary = 6 "role_status_secondary",
        /// Changes of the role, else.
        RoleStatusPrimary = 7 "role_status_primary",
        /// Changes of tables, where the controller is secondary.
        TableStatusSecondary = 8 "table_status_secondary",
        /// Changes of tables, else.
        TableStatusPrimary = 9 "table_status_primary",
        /// Others' requests, where the controller is secondary.
        RequestforwardSecondary = 10 "requestforward_secondary",
        /// Others' requests, else.
        RequestforwardPrimary = 11 "requestforward_primary",
    }
}

code_points! {
    /// What a hash is over (`enum nx_hash_fields`).
    pub enum HashFields: u16 {
        /// The Ethernet source.
        EthSrc = 0 "eth_src",
        /// Layers 2 to 4, both directions alike.
        SymmetricL4 = 1 "symmetric_l4",
        /// Layers 3 and 4 of TCP.
        SymmetricL3L4 = 2 "symmetric_l3l4",
        /// Layers 3 and 4 of TCP and UDP.
        SymmetricL3L4Udp = 3 "symmetric_l3l4+udp",
        /// The IPv4 source.
        NwSrc = 4 "nw_src",
        /// The IPv4 destination.
        NwDst = 5 "nw_dst",
        /// Both addresses, both directions alike.
        SymmetricL3 = 6 "symmetric_l3",
    }
}

code_points! {
    /// `enum nx_mp_algorithm`.
    pub enum MultipathAlgorithm: u16 {
        /// The remainder.
        ModuloN = 0 "modulo_n",
        /// The range that the hash is in.
        HashThreshold = 1 "hash_threshold",
        /// The highest random weight.
        Hrw = 2 "hrw",
        /// Hash again until a link fits.
        IterHash = 3 "iter_hash",
    }
}

code_points! {
    /// `enum nx_bd_algorithm`.
    pub enum BundleAlgorithm: u16 {
        /// The first that works.
        ActiveBackup = 0 "active_backup",
        /// The highest random weight.
        Hrw = 1 "hrw",
    }
}

code_points! {
    /// Where a learned field's value comes from.
    pub enum LearnSource: u8 {
        /// From a field of the frame.
        Field = 0 "field",
        /// From the action.
        Immediate = 1 "immediate",
    }
}

code_points! {
    /// What a learned field becomes.
    pub enum LearnDestination: u8 {
        /// A field of the match.
        Match = 0 "match",
        /// A load action.
        Load = 1 "load",
        /// An output action.
        Output = 2 "output",
    }
}

code_points! {
    /// `enum nx_action_sample_direction`.
    pub enum SampleDirection: u8 {
        /// As the port says.
        Default = 0 "default",
        /// On the way in.
        Ingress = 1 "ingress",
        /// On the way out.
        Egress = 2 "egress",
    }
}

bitflags::bitflags! {
    /// `NX_LEARN_F_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct LearnFlags: u16 {
        /// Learned entries send FLOW_REMOVED.
        const SEND_FLOW_REM = 1 << 0;
        /// Learned entries go with the entry that has the action.
        const DELETE_LEARNED = 1 << 1;
        /// A bit tells whether an entry was learned.
        const WRITE_RESULT = 1 << 2;

        const _ = !0;
    }
}

bitflags::bitflags! {
    /// `NX_CT_F_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct CtFlags: u16 {
        /// Remember the connection.
        const COMMIT = 1 << 0;
        /// Anew, in this direction.
        const FORCE = 1 << 1;

        const _ = !0;
    }
}

bitflags::bitflags! {
    /// `NX_NAT_F_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct NatFlags: u16 {
        /// The source.
        const SRC = 1 << 0;
        /// The destination.
        const DST = 1 << 1;
        /// The same over restarts.
        const PERSISTENT = 1 << 2;
        /// The port by a hash.
        const HASH = 1 << 3;
        /// The port at random.
        const RANDOM = 1 << 4;

        const _ = !0;
    }
}

bitflags::bitflags! {
    /// `NX_NAT_RANGE_*`: which parts of a range there are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct NatRange: u16 {
        /// The first IPv4 address.
        const IPV4_MIN = 1 << 0;
        /// The last IPv4 address.
        const IPV4_MAX = 1 << 1;
        /// The first IPv6 address.
        const IPV6_MIN = 1 << 2;
        /// The last IPv6 address.
        const IPV6_MAX = 1 << 3;
        /// The first port.
        const PROTO_MIN = 1 << 4;
        /// The last port.
        const PROTO_MAX = 1 << 5;

        const _ = !0;
    }
}

bitflags::bitflags! {
    /// `NXFMF_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FlowMonitorFlags: u16 {
        /// The entries that there are.
        const INITIAL = 1 << 0;
        /// New ones.
        const ADD = 1 << 1;
        /// Those that go.
        const DELETE = 1 << 2;
        /// Those that change.
        const MODIFY = 1 << 3;
        /// With their actions.
        const ACTIONS = 1 << 4;
        /// The controller's own changes too.
        const OWN = 1 << 5;

        const _ = !0;
    }
}
