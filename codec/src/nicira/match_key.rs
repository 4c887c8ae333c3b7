//! An extended match as Open vSwitch has it: what each slot of its flow key must be.
//!
//! Several entries make one slot (the halves of a register, the parts of a VLAN tag), and what a slot is
//! called depends on others: the same bytes are `arp_spa` or `nw_src` by the EtherType.

use std::collections::HashMap;

use super::field::{Form, NxmField};
use super::match_words::{BEFORE_ARP, Context, OPTIONS, ORDER, takes_mask};
use super::nxm::{Known, NxmEntry, number};

/// The bit that says that there is a tag.
pub(crate) const VLAN_PRESENT: u128 = 0x1000;
/// The bits of a tag's VLAN id and of that bit.
pub(crate) const VLAN_VID: u128 = 0x1fff;
/// The bits of a tag's priority.
pub(crate) const VLAN_PCP: u128 = 0xe000;
/// The bits of a type of service that are not ECN's.
const DSCP: u128 = 0xfc;
const ECN: u128 = 3;
/// The bits of a connection's state that Open vSwitch knows.
pub(crate) const CT_STATE: u128 = 0xff;

/// What is matched.
#[derive(Debug, Default, Clone)]
pub(crate) struct MatchKey {
    /// Value and mask by slot. Masks are not zero.
    slots: HashMap<String, (u128, u128)>,
    /// Tunnel options, which are longer than a number.
    pub(super) options: Vec<NxmEntry>,
    /// Entries that stand for themselves: those that are not known.
    pub(crate) raw: Vec<NxmEntry>,
}

impl MatchKey {
    /// The key of a match.
    pub(super) fn new(entries: &[NxmEntry]) -> Self {
        let mut key = Self::default();
        for entry in entries {
            key.add(entry);
        }
        key
    }

    /// Adds what an entry says.
    pub(crate) fn add(&mut self, entry: &NxmEntry) {
        let Some(Known { field, value, mask, .. }) = entry.known() else {
            return self.raw.push(entry.clone());
        };
        if field.bytes == 0 {
            return self.options.push(entry.clone());
        }
        let full = u128::MAX.checked_shr(128 - 8 * u32::try_from(field.bytes).unwrap_or(16));
        let (value, mask) = (number(value), mask.map_or(full.unwrap_or(0), number));
        match field.word {
            "in_port_oxm" => self.set("in_port", value & 0xffff, 0xffff),
            "vlan_tci" => self.set("tci", value, mask),
            "vlan_vid" => self.set("tci", value & VLAN_VID, mask & VLAN_VID),
            "vlan_pcp" => {
                self.set("tci", (value & 7) << 13 | VLAN_PRESENT, VLAN_PCP | VLAN_PRESENT);
            }
            "nw_tos" => self.set("tos", value & DSCP, DSCP),
            "ip_dscp" => self.set("tos", (value & 0x3f) << 2, DSCP),
            "nw_ecn" => self.set("tos", value & ECN, ECN),
            "arp_op" => self.set("nw_proto", value & 0xff, 0xff),
            "arp_spa" => self.set("ip_src", value, mask),
            "arp_tpa" => self.set("ip_dst", value, mask),
            "nd_sll" => self.set("arp_sha", value, mask),
            "nd_tll" => self.set("arp_tha", value, mask),
            "tcp_src" | "udp_src" | "sctp_src" => self.set("tp_src", value, mask),
            "tcp_dst" | "udp_dst" | "sctp_dst" => self.set("tp_dst", value, mask),
            "icmp_type" | "icmpv6_type" => self.set("tp_src", value, 0xffff),
            "icmp_code" | "icmpv6_code" => self.set("tp_dst", value, 0xffff),
            "ct_state" => self.set("ct_state", value & CT_STATE, mask & CT_STATE),
            word => self.set_registers(word, value, mask),
        }
    }

    /// Longer registers are several short ones; every other word is itself.
    fn set_registers(&mut self, word: &str, value: u128, mask: u128) {
        let parts = [("xxreg", 4_u32), ("xreg", 2)].into_iter().find_map(|(prefix, parts)| {
            Some((parts, word.strip_prefix(prefix)?.parse::<u32>().ok()?))
        });
        let Some((parts, index)) = parts else { return self.set(word, value, mask) };
        for part in 0..parts {
            let shift = 32 * (parts - 1 - part);
            let low = |of: u128| of >> shift & 0xffff_ffff;
            self.set(&format!("reg{}", parts * index + part), low(value), low(mask));
        }
    }

    /// Sets the bits of `mask` in a slot.
    pub(crate) fn set(&mut self, slot: &str, value: u128, mask: u128) {
        if mask != 0 {
            let (v, m) = self.slots.entry(slot.to_owned()).or_default();
            (*v, *m) = (*v | value & mask, *m | mask);
        }
    }

    /// Value and mask of a slot.
    pub(super) fn get(&self, slot: &str) -> Option<(u128, u128)> {
        self.slots.get(slot).copied()
    }

    pub(super) fn value(&self, slot: &str) -> Option<u128> {
        self.get(slot).map(|(value, _)| value)
    }

    /// Whether both say something of the same bits; that there is a tag, two words may say.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let both = |(slot, (_, mask)): (&String, &(u128, u128))| {
            let free = if slot == "tci" { VLAN_PRESENT } else { 0 };
            other.get(slot).is_some_and(|(_, others)| mask & others & !free != 0)
        };
        let field = |entry: &NxmEntry| entry.known().map(|known| known.field.name);
        let option =
            |entry: &NxmEntry| other.options.iter().any(|others| field(others) == field(entry));
        self.slots.iter().any(both) || self.options.iter().any(option)
    }

    /// Adds all that `other` says.
    pub(crate) fn merge(&mut self, other: Self) {
        for (slot, (value, mask)) in other.slots {
            self.set(&slot, value, mask);
        }
        self.options.extend(other.options);
        self.raw.extend(other.raw);
    }

    /// The slots that are set, by the names of the tables.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &'static str> {
        ORDER.iter().copied().filter(|slot| self.slots.contains_key(*slot))
    }

    /// On what the meaning of slots depends.
    pub(crate) fn context(&self) -> Context {
        let packet_type = self.value("packet_type");
        // Where no Ethernet header is, the type of the packet says what follows.
        let by_packet = packet_type.filter(|kind| kind >> 16 == 1).map(|kind| kind & 0xffff);
        Context {
            eth_type: self.value("eth_type").or(by_packet),
            nw_proto: self.value("nw_proto"),
            icmp_type: self.value("tp_src"),
            has_ct_nw_proto: self.slots.contains_key("ct_nw_proto"),
            erspan_version: self.value("tun_erspan_ver"),
        }
    }

    /// The entries of the match, in the order and with the headers that Open vSwitch chooses. What
    /// has no meaning by the rest of the match is left out.
    pub(crate) fn entries(&self) -> Vec<NxmEntry> {
        let context = self.context();
        let mut entries = Vec::new();
        for slot in ORDER.iter().copied() {
            if slot == BEFORE_ARP && context.is_arp() {
                entries.extend(self.slot_entries("nw_proto", context));
            }
            match slot {
                OPTIONS => entries.extend(self.options.iter().cloned()),
                "nw_proto" if context.is_arp() => {}
                slot => entries.extend(self.slot_entries(slot, context)),
            }
        }
        entries.extend(self.raw.iter().cloned());
        entries
    }

    /// The entries of a slot: two where both parts of a type of service are set.
    fn slot_entries(&self, slot: &'static str, context: Context) -> Vec<NxmEntry> {
        let Some(((value, mask), word)) = self.get(slot).zip(context.field(slot)) else {
            return Vec::new();
        };
        let parts = match slot {
            "tos" => {
                vec![("nw_tos", value & DSCP, mask & DSCP), ("nw_ecn", value & ECN, mask & ECN)]
            }
            _ => vec![(word, value, mask)],
        };
        let entry = |(word, value, mask): (&str, u128, u128)| {
            let field = match word {
                // The headers that have a number in every version.
                "actset_output" => NxmField::of_name("ONFOXM_ET_ACTSET_OUTPUT"),
                word => NxmField::of_word(word),
            }?;
            let bits = match field.form {
                // Open vSwitch writes the mask of flags that are fewer than their bytes have bits.
                Form::TunFlags => 8 * u32::try_from(field.bytes).ok()?,
                _ => u32::from(field.bits),
            };
            let bytes = |number: u128| {
                let all = number.to_be_bytes();
                all.get(all.len().saturating_sub(field.bytes)..).map(<[u8]>::to_vec)
            };
            let is_whole = !takes_mask(field.word) || mask.count_ones() >= bits;
            let mask = if is_whole { None } else { Some(bytes(mask)?) };
            NxmEntry::new(field, &bytes(value)?, mask.as_deref())
        };
        parts.into_iter().filter(|(_, _, mask)| *mask != 0).filter_map(entry).collect()
    }
}
