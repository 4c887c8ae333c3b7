//! Code points of the VSE extension: vse-protocol(7).

use crate::code_points::code_points;

code_points! {
    /// The vendor messages of VSE.
    pub enum Subtype: u32 {
        /// Asks what the host is.
        HostFeaturesRequest = 1 "host_features_request",
        /// What the host is.
        HostFeaturesReply = 2 "host_features_reply",
        /// Asks how VSE is configured.
        GetConfigRequest = 3 "get_config_request",
        /// How VSE is configured.
        GetConfigReply = 4 "get_config_reply",
        /// Configures VSE.
        SetConfig = 5 "set_config",
        /// A VM came, went or moved.
        VmInfo = 6 "vm_info",
        /// A change of the flow table.
        FlowMod = 7 "flow_mod",
        /// An entry has gone.
        FlowRemoved = 8 "flow_removed",
        /// A change of the core table.
        CoreMod = 9 "core_mod",
        /// Subscribes to decisions.
        MonitorRequest = 10 "monitor_request",
        /// A decision.
        Assignment = 11 "assignment",
        /// Asks what would become of a frame.
        TraceRequest = 12 "trace_request",
        /// What would become of it.
        TraceReply = 13 "trace_reply",
        /// Begins or ends a bundle of changes.
        Bundle = 14 "bundle",
    }
}

code_points! {
    /// The vendor statistics of VSE.
    pub enum VseStatsType: u16 {
        /// Each entry.
        Flow = 1 "flow",
        /// Each core.
        Core = 2 "core",
        /// Each VM.
        Vm = 3 "vm",
        /// The datapath.
        Datapath = 4 "datapath",
    }
}

code_points! {
    /// The vendor actions of VSE.
    pub enum VseActionType: u16 {
        /// Writes the Flow Control Field.
        SetFcf = 1 "set_fcf",
        /// Chooses the core of the receive path.
        SetIrqCore = 2 "set_irq_core",
    }
}

code_points! {
    /// Why a core was chosen.
    pub enum Reason: u8 {
        /// No entry matched: the current core.
        NoMatch = 0 "no_match",
        /// The entry names the core.
        Predetermined = 1 "predetermined",
        /// The entry has been given a core before.
        Assigned = 2 "assigned",
        /// The least loaded of the eligible cores below the threshold that run no VM.
        LeastLoaded = 3 "least_loaded",
        /// Every core runs a VM: the least loaded but the destination VM's own.
        LeastLoadedNotOwn = 4 "least_loaded_not_own",
        /// Every core is highly loaded: the current core.
        AllHigh = 5 "all_high",
        /// A priority flow chose before the others.
        Priority = 6 "priority",
        /// Moved away from a core that was highly loaded for long.
        Rebalanced = 7 "rebalanced",
        /// A move waits until the old core has drained.
        Draining = 8 "draining",
        /// The method is off: the current core.
        Disabled = 9 "disabled",
        /// The core is no longer eligible.
        CoreGone = 10 "core_gone",
        /// The policy `hash`: by the hash of the flow.
        Hash = 11 "hash",
        /// The policy `current`: the core that received the frame.
        Current = 12 "current",
        /// No frame for the idle timeout of the configuration.
        Idle = 13 "idle",
        /// The entry has no action: the current core.
        NoAction = 14 "no_action",
    }
}

code_points! {
    /// How `set_irq_core:auto` chooses.
    pub enum Policy: u8 {
        /// By the core table, as in the paper.
        Adaptive = 0 "adaptive",
        /// By a hash of the flow over the eligible cores, as RSS does.
        Hash = 1 "hash",
        /// The current core.
        Current = 2 "current",
    }
}

code_points! {
    /// What happened to a VM.
    pub enum VmEvent: u8 {
        /// It started.
        Up = 1 "up",
        /// It stopped.
        Down = 2 "down",
        /// It runs on another core.
        Moved = 3 "moved",
    }
}

code_points! {
    /// A change of the core table.
    pub enum CoreCommand: u16 {
        /// The VM runs on the core.
        Bind = 1 "bind",
        /// The VM no longer runs on the core.
        Unbind = 2 "unbind",
        /// The core may be chosen.
        Eligible = 3 "eligible",
        /// The core may not be chosen.
        Ineligible = 4 "ineligible",
    }
}

code_points! {
    /// The begin and the ends of a bundle.
    pub enum BundleCommand: u16 {
        /// Keep the FLOW_MODs that follow.
        Open = 1 "open",
        /// Do all that were kept, or none.
        Commit = 2 "commit",
        /// Forget them.
        Discard = 3 "discard",
    }
}

code_points! {
    /// What a monitor does.
    pub enum MonitorCommand: u8 {
        /// Send what is asked for.
        Subscribe = 1 "subscribe",
        /// Send no more.
        Unsubscribe = 2 "unsubscribe",
    }
}

code_points! {
    /// What an ASSIGNMENT tells.
    pub enum AssignmentEvent: u8 {
        /// An entry was given a core.
        Assigned = 1 "assigned",
        /// An entry moved to another core.
        Moved = 2 "moved",
        /// An entry gave its core back.
        Released = 3 "released",
        /// A move was put off.
        Deferred = 4 "deferred",
    }
}

code_points! {
    /// What became of an entry in a trace.
    pub enum TraceOutcome: u8 {
        /// It decided.
        Won = 1 "won",
        /// A field failed.
        Lost = 2 "lost",
        /// It matched, but a better one won.
        Shadowed = 3 "shadowed",
    }
}

code_points! {
    /// How the binding of a VM and a core is known.
    pub enum VmSource: u8 {
        /// Set by hand.
        Manual = 1 "manual",
        /// Followed through a process's threads.
        Pid = 2 "pid",
        /// Told by a controller.
        Controller = 3 "controller",
        /// Read from Open vSwitch's database.
        Ovsdb = 4 "ovsdb",
    }
}

code_points! {
    /// What moves the frames.
    pub enum DatapathMode: u8 {
        /// Nothing: the tables alone.
        None = 0 "none",
        /// A capture.
        Replay = 1 "replay",
        /// An XDP program in the driver.
        XdpNative = 2 "xdp_native",
        /// An XDP program behind the driver.
        XdpGeneric = 3 "xdp_generic",
    }
}

code_points! {
    /// Where the Flow Control Field is carried.
    pub enum Carrier: u8 {
        /// The IPv4 type of service.
        Tos = 1 "tos",
        /// The VLAN tag.
        Vlan = 2 "vlan",
    }
}

code_points! {
    /// The encapsulation of a frame.
    pub enum TunnelType: u8 {
        /// RFC 7348.
        Vxlan = 1 "vxlan",
        /// RFC 7637.
        Nvgre = 2 "nvgre",
        /// RFC 8926.
        Geneve = 3 "geneve",
        /// draft-davie-stt.
        Stt = 4 "stt",
        /// draft-ietf-nvo3-vxlan-gpe.
        VxlanGpe = 5 "vxlan_gpe",
    }
}

code_points! {
    /// A field that an entry can match. 1 to 63 stand in match TLVs; 65 and above are those of
    /// `struct ofp_match`, named where a trace tells which field failed.
    pub enum MatchField: u8 {
        /// The VM id of the Flow Control Field.
        VmId = 1 "vm_id",
        /// Its priority bit.
        FcfPriority = 2 "fcf_priority",
        /// Where it was found.
        FcfCarrier = 3 "fcf_carrier",
        /// Whether the datagram is a fragment, and which.
        IpFrag = 4 "ip_frag",
        /// The security parameters index of ESP.
        EspSpi = 5 "esp_spi",
        /// The encapsulation.
        TunType = 6 "tun_type",
        /// The network's number in the encapsulation.
        TunId = 7 "tun_id",
        /// Ethernet source of the inner frame.
        InnerDlSrc = 33 "inner_dl_src",
        /// Ethernet destination of the inner frame.
        InnerDlDst = 34 "inner_dl_dst",
        /// VLAN id of the inner frame.
        InnerDlVlan = 35 "inner_dl_vlan",
        /// VLAN priority of the inner frame.
        InnerDlVlanPcp = 36 "inner_dl_vlan_pcp",
        /// EtherType of the inner frame.
        InnerDlType = 37 "inner_dl_type",
        /// Type of service of the inner datagram.
        InnerNwTos = 38 "inner_nw_tos",
        /// IP protocol of the inner datagram.
        InnerNwProto = 39 "inner_nw_proto",
        /// IPv4 source of the inner datagram.
        InnerNwSrc = 40 "inner_nw_src",
        /// IPv4 destination of the inner datagram.
        InnerNwDst = 41 "inner_nw_dst",
        /// Source port, or ICMP type, of the inner datagram.
        InnerTpSrc = 42 "inner_tp_src",
        /// Destination port, or ICMP code, of the inner datagram.
        InnerTpDst = 43 "inner_tp_dst",
        /// Input port.
        InPort = 65 "in_port",
        /// Ethernet source.
        DlSrc = 66 "dl_src",
        /// Ethernet destination.
        DlDst = 67 "dl_dst",
        /// VLAN id.
        DlVlan = 68 "dl_vlan",
        /// VLAN priority.
        DlVlanPcp = 69 "dl_vlan_pcp",
        /// EtherType.
        DlType = 70 "dl_type",
        /// Type of service.
        NwTos = 71 "nw_tos",
        /// IP protocol.
        NwProto = 72 "nw_proto",
        /// IPv4 source.
        NwSrc = 73 "nw_src",
        /// IPv4 destination.
        NwDst = 74 "nw_dst",
        /// Source port, or ICMP type.
        TpSrc = 75 "tp_src",
        /// Destination port, or ICMP code.
        TpDst = 76 "tp_dst",
    }
}

impl MatchField {
    /// Bytes of the value in a match TLV; nothing for a field that has none.
    #[must_use]
    pub const fn value_len(self) -> Option<usize> {
        Some(match self {
            Self::FcfPriority
            | Self::FcfCarrier
            | Self::IpFrag
            | Self::TunType
            | Self::InnerDlVlanPcp
            | Self::InnerNwTos
            | Self::InnerNwProto => 1,
            Self::VmId
            | Self::InnerDlVlan
            | Self::InnerDlType
            | Self::InnerTpSrc
            | Self::InnerTpDst => 2,
            Self::EspSpi | Self::InnerNwSrc | Self::InnerNwDst => 4,
            Self::InnerDlSrc | Self::InnerDlDst => 6,
            Self::TunId => 8,
            _ => return None,
        })
    }

    /// Whether a match TLV of the field may have a mask.
    #[must_use]
    pub const fn is_maskable(self) -> bool {
        matches!(
            self,
            Self::VmId
                | Self::IpFrag
                | Self::EspSpi
                | Self::TunId
                | Self::InnerDlSrc
                | Self::InnerDlDst
                | Self::InnerNwSrc
                | Self::InnerNwDst
                | Self::InnerTpSrc
                | Self::InnerTpDst
        )
    }
}
