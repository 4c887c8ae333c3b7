//! The family "vse": its commands and attributes. `vse.yaml` says the same for other programs; a
//! test holds the two against each other.

use crate::code_points::code_points;

/// The name of the family.
pub const FAMILY: &str = "vse";
/// The version of the family.
pub const FAMILY_VERSION: u8 = 1;
/// The number of the multicast group of the monitor.
pub const MONITOR_GROUP: u32 = 1;

code_points! {
    /// The commands of the family.
    pub enum NetlinkCommand: u8 {
        /// Read entries.
        FlowGet = 1 "flow-get",
        /// Add an entry.
        FlowAdd = 2 "flow-add",
        /// Change entries.
        FlowMod = 3 "flow-mod",
        /// Delete entries.
        FlowDel = 4 "flow-del",
        /// Read cores.
        CoreGet = 5 "core-get",
        /// Change a core.
        CoreSet = 6 "core-set",
        /// Read VMs.
        VmGet = 7 "vm-get",
        /// Bind a VM to a core.
        VmAdd = 8 "vm-add",
        /// Unbind a VM.
        VmDel = 9 "vm-del",
        /// Read the configuration.
        ConfigGet = 10 "config-get",
        /// Change the configuration.
        ConfigSet = 11 "config-set",
        /// Read the state of the datapath.
        DatapathGet = 12 "datapath-get",
        /// Ask what would become of a frame.
        TraceGet = 13 "trace-get",
        /// Tells monitors of a decision.
        AssignmentNtf = 14 "assignment-ntf",
        /// Begin or end a bundle of changes.
        Bundle = 15 "bundle",
    }
}

impl NetlinkCommand {
    /// The attributes that its messages have; nothing for a command that is not known.
    #[must_use]
    pub const fn attribute_set(self) -> Option<&'static AttributeSet> {
        Some(match self {
            Self::FlowGet | Self::FlowAdd | Self::FlowMod | Self::FlowDel => &FLOW,
            Self::CoreGet | Self::CoreSet => &CORE,
            Self::VmGet | Self::VmAdd | Self::VmDel => &VM,
            Self::ConfigGet | Self::ConfigSet => &CONFIG,
            Self::DatapathGet => &DATAPATH,
            Self::TraceGet => &TRACE,
            Self::AssignmentNtf => &ASSIGNMENT,
            Self::Bundle => &BUNDLE,
            Self::Unknown(_) => return None,
        })
    }
}

/// The attributes of a kind of object; the first has number 1.
#[derive(Debug, PartialEq, Eq)]
pub struct AttributeSet {
    /// Its name.
    pub name: &'static str,
    /// Its attributes.
    pub attributes: &'static [AttributeDef],
}

/// An attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeDef {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttributeKind,
    /// What it is, in a line.
    pub doc: &'static str,
}

/// What an attribute holds. Numbers are in the host's byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// 8 bits.
    U8,
    /// 16 bits.
    U16,
    /// 32 bits.
    U32,
    /// 64 bits.
    U64,
    /// Text, with a NUL at its end.
    Text,
    /// Bytes, as vse-protocol(7) and OpenFlow 1.0.0 lay them out.
    Binary,
    /// Attributes.
    Nest(&'static AttributeSet),
}

use AttributeKind::{Binary, Nest, Text, U8, U16, U32, U64};

const fn def(name: &'static str, kind: AttributeKind, doc: &'static str) -> AttributeDef {
    AttributeDef { name, kind, doc }
}

/// Every set.
pub const ATTRIBUTE_SETS: [&AttributeSet; 9] =
    [&FLOW, &CORE, &VM, &CONFIG, &DATAPATH, &TRACE, &CANDIDATE, &ASSIGNMENT, &BUNDLE];

/// An entry of the flow table, or a change of it.
pub static FLOW: AttributeSet = AttributeSet {
    name: "flow",
    attributes: &[
        def("table-id", U8, "The table"),
        def("priority", U16, "Higher wins"),
        def("cookie", U64, "The controller's own mark"),
        def("match", Binary, "struct ofp_match"),
        def("vse-match", Binary, "Match TLVs"),
        def("actions", Binary, "OpenFlow actions"),
        def("idle-timeout", U16, "Seconds"),
        def("hard-timeout", U16, "Seconds"),
        def("flags", U16, "enum ofp_flow_mod_flags"),
        def("out-port", U16, "Entries that send out of this port"),
        def("strict", U8, "1: this very match and priority"),
        def("core", U16, "The core that it has"),
        def("rxhash", U32, "The hash of the flow that it was given the core for"),
        def("reason", U8, "Why it has the core"),
        def("packets", U64, "Frames that it matched"),
        def("bytes", U64, "Bytes of those"),
        def("duration-sec", U32, "Whole seconds since it was added"),
        def("duration-nsec", U32, "Nanoseconds beyond those"),
        def("assigned", U64, "When it was given the core: nanoseconds since 1970"),
    ],
};

/// A core.
pub static CORE: AttributeSet = AttributeSet {
    name: "core",
    attributes: &[
        def("id", U16, "The core"),
        def("load", U16, "Per mille"),
        def("provisional", U16, "Load that flows just placed are expected to add"),
        def("flags", U16, "Online, eligible, high, priority: one bit each"),
        def("numa-node", U16, "The NUMA node"),
        def("flows", U32, "Entries that have it"),
        def("packets", U64, "Frames that were sent to it"),
        def("drops", U64, "Frames that it could not take"),
        def("vm", U16, "A VM that runs on it; once for each"),
    ],
};

/// A VM.
pub static VM: AttributeSet = AttributeSet {
    name: "vm",
    attributes: &[
        def("id", U16, "Its number in the Flow Control Field"),
        def("core", U16, "The core that it runs on"),
        def("port", U16, "The port that it is behind"),
        def("tenant", U32, "Whose it is"),
        def("pid", U32, "The process whose threads are followed"),
        def("mac", Binary, "Its Ethernet address"),
        def("source", U8, "How the core is known"),
        def("name", Text, "Its name"),
    ],
};

/// The configuration.
pub static CONFIG: AttributeSet = AttributeSet {
    name: "config",
    attributes: &[
        def("flags", U16, "Enabled, rebalance: one bit each"),
        def("policy", U8, "How a core is chosen"),
        def("high-load", U16, "Per mille"),
        def("idle-timeout", U16, "Seconds"),
        def("fcf-layout", Binary, "struct vse_fcf_layout"),
        def("rebalance-interval", U16, "Seconds"),
        def("rebalance-improvement", U16, "Per mille"),
    ],
};

/// The datapath.
pub static DATAPATH: AttributeSet = AttributeSet {
    name: "datapath",
    attributes: &[
        def("name", Text, "Its name"),
        def("mode", U8, "What moves the frames"),
        def("cores", U16, "Cores that frames can be sent to"),
        def("generation", U32, "Counts the changes of the flow table"),
        def("flows", U32, "Entries in the flow table"),
        def("max-flows", U32, "Entries that it can hold"),
        def("matched", U64, "Frames that an entry matched"),
        def("missed", U64, "Frames that no entry matched"),
        def("passed", U64, "Frames that stayed on their core"),
        def("redirected", U64, "Frames that were sent to another core"),
        def("errors", U64, "Frames that could not be parsed or redirected"),
        def("moves", U64, "Entries that were moved to another core"),
        def("deferred", U64, "Moves that were put off"),
    ],
};

/// A trace, asked for and answered.
pub static TRACE: AttributeSet = AttributeSet {
    name: "trace",
    attributes: &[
        def("in-port", U16, "The port that the frame would come in on"),
        def("core", U16, "The core that would receive it; in the answer, that would run it"),
        def("frame", Binary, "The frame"),
        def("reason", U8, "Why the core"),
        def("candidate", Nest(&CANDIDATE), "An entry that was looked at; best first"),
    ],
};

/// An entry that a trace looked at.
pub static CANDIDATE: AttributeSet = AttributeSet {
    name: "candidate",
    attributes: &[
        def("outcome", U8, "Won, lost or shadowed"),
        def("field", U8, "The first field that failed"),
        def("flow", Nest(&FLOW), "The entry"),
    ],
};

/// A decision about an entry.
pub static ASSIGNMENT: AttributeSet = AttributeSet {
    name: "assignment",
    attributes: &[
        def("event", U8, "Assigned, moved, released or deferred"),
        def("reason", U8, "Why"),
        def("old-core", U16, "The core that it had"),
        def("new-core", U16, "The core that it has now"),
        def("time", U64, "Nanoseconds since 1970"),
        def("vm", U16, "The VM that the frame was for"),
        def("load", U16, "The load of the new core, per mille"),
        def("flow", Nest(&FLOW), "The entry"),
    ],
};

/// The begin or the end of a bundle of changes.
pub static BUNDLE: AttributeSet =
    AttributeSet { name: "bundle", attributes: &[def("command", U16, "Open, commit or discard")] };
