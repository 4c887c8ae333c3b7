//! The values of the maps, by their exact layout: the Rust side of `agent/bpf/vse_abi.h`. Sizes are
//! checked whenever maps are opened; that the fields are the same, the test of agreement shows.
//!
//! All numbers are those of the host.

use crate::engine::KEY_WORDS;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Version of all that is pinned; `VSE_LAYOUT`.
pub(super) const LAYOUT: u32 = 2;
/// Rules of one mask in one bucket.
pub(super) const MAX_CHAIN: usize = 4;
/// Cores; a higher number is never chosen.
pub(super) const MAX_CORES: u32 = 256;
/// No core.
pub(super) const CORE_NONE: u32 = 0xffff;
/// No rule.
pub(super) const NO_RULE: u32 = u32::MAX;

/// VSE chooses cores.
pub(super) const ENABLED: u32 = 0x1;
/// Redirected frames carry their rxhash in front.
pub(super) const META: u32 = 0x2;
/// Decisions about exact flows are kept.
pub(super) const CACHE: u32 = 0x4;
/// The rule's core is chosen by VSE.
pub(super) const RULE_AUTO: u16 = 0x1;
/// Frames can be sent to the core.
pub(super) const CORE_ONLINE: u16 = 0x1;
/// The core may be chosen.
pub(super) const CORE_ELIGIBLE: u16 = 0x2;
/// The core is highly loaded.
pub(super) const CORE_HIGH: u16 = 0x4;

macro_rules! values {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            #[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
            #[repr(C)]
            pub(super) struct $name { $($(#[$field_doc])* pub(super) $field: $type,)* }

            #[allow(dead_code, reason = "not every value goes both ways")]
            impl $name {
                /// Bytes of the value.
                pub(super) const LEN: usize = size_of::<Self>();

                pub(super) fn to_bytes(self) -> [u8; Self::LEN] {
                    zerocopy::transmute!(self)
                }

                pub(super) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
                    zerocopy::transmute!(bytes)
                }
            }
        )*
    };
}

values! {
    /// All that an entry can match, of one frame: the words of a `PacketKey`.
    struct Key {
        words: [u64; KEY_WORDS],
    }

    /// The table in force.
    struct Head {
        layout: u32,
        generation: u32,
        half: u32,
        n_masks: u32,
        n_rules: u32,
        n_cores: u32,
        flags: u32,
        fcf_priority_mask: u16,
        fcf_vm_id_mask: u16,
        fcf_carrier: u8,
        fcf_shift: u8,
        policy: u8,
        pad: u8,
        share: u32,
        idle_gap_ns: u64,
        settle_ns: u64,
    }

    /// One mask of the table.
    struct Mask {
        words: [u64; KEY_WORDS],
        best: u32,
        base: u32,
        bits: u32,
        pad: u32,
        seed: u64,
    }

    /// Rules of one bucket.
    struct Bucket {
        rules: [u32; MAX_CHAIN],
    }

    /// A rule.
    struct Rule {
        words: [u64; KEY_WORDS],
        rank: u32,
        slot: u32,
        core: u16,
        flags: u16,
        pad: u32,
    }

    /// What the datapath writes into an entry.
    struct Entry {
        id: u64,
        core: u32,
        wish: u32,
        reason: u32,
        tagged: u32,
        flow: [u64; 3],
        assigned_ns: u64,
        changes: u64,
        last_ns: u64,
        tick: u64,
        deferred: u64,
        sent: u64,
        done: u64,
        done_ns: u64,
    }

    /// What the agent wants of an entry.
    struct Wish {
        number: u32,
        core: u32,
        reason: u32,
        pad: u32,
    }

    /// Counters of an entry on one CPU.
    struct Use {
        packets: u64,
        bytes: u64,
    }

    /// Counters of the datapath on one CPU.
    struct Count {
        matched: u64,
        missed: u64,
        passed: u64,
        redirected: u64,
        errors: u64,
        moves: u64,
        deferred: u64,
        cached: u64,
    }

    /// A core, as the agent knows it.
    struct Core {
        load: u32,
        provisional: u32,
        n_priority: u32,
        provisional_seen: u32,
        n_priority_seen: u32,
        flags: u16,
        n_vms: u16,
    }

    /// What the program placed on a core.
    struct Placed {
        provisional: u32,
        n_priority: u32,
    }

    /// What happened to frames for a core, on one CPU.
    struct CoreCount {
        redirected: u64,
        processed: u64,
    }

    /// Which record.
    struct RecordKey {
        kind: u32,
        id: u32,
    }

    /// What the program does not need: an OpenFlow message.
    struct Record {
        len: u32,
        pad: u32,
        /// 1,024 bytes.
        message: [[u8; 32]; 32],
    }

    /// A decision about an exact flow.
    struct Decision {
        key: Key,
        generation: u32,
        rule: u32,
    }
}
