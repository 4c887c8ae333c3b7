//! What an entry matches: a mask and a value over the words of a key.
//!
//! Made from `struct ofp_match` (OpenFlow 1.0.0 section 5.2.3) and the match TLVs of
//! vse-protocol(7). Values under wildcards, bits behind a prefix, the ECN bits of `nw_tos` and the
//! order of TLVs mean nothing here, so that two ways of writing the same match are equal. Nor does a
//! field of `struct ofp_match` whose header is not asked for (OpenFlow 1.0.0 section 3.4): the VLAN
//! priority without a VLAN id, what IP and ARP have without their `dl_type`, ports without their
//! protocol.

use std::fmt;

use codec::of10::{Match, Wildcards};
use codec::vse::{FieldMatch, MatchField, Tlv, Tlvs};

use super::key::{FIELDS, KEY_WORDS, PacketKey, Place};
use super::refusal::Refusal;

/// The word of a key that holds what fields are there, and the bits of it that do.
const PRESENCE_WORD: usize = 4;
const PRESENCE_BITS: u64 = 0xff;
/// The bits of `nw_tos` that are matched; the others are ECN.
const DSCP: u64 = 0xfc;

/// A match, compiled.
#[derive(Debug, Clone)]
pub struct FlowMatch {
    mask: [u64; KEY_WORDS],
    value: [u64; KEY_WORDS],
    is_exact: bool,
    source: Match,
    tlvs: Tlvs,
}

impl FlowMatch {
    /// A match of the fields of OpenFlow and the TLVs. An error where a TLV is unknown, stands
    /// there twice, or has a value that no frame can have.
    pub fn new(r#match: &Match, tlvs: &Tlvs) -> Result<Self, Refusal> {
        let mut words = Words { mask: [0; KEY_WORDS], value: [0; KEY_WORDS] };
        let is_exact = words.put_match(r#match);
        let mut seen = 0_u128;
        for tlv in &tlvs.tlvs {
            let Tlv::Field(field) = tlv else { return Err(Refusal::Tlv(tlv.to_string())) };
            let bit = 1_u128.checked_shl(u8::from(field.field()).into()).unwrap_or_default();
            if seen & bit != 0 {
                return Err(Refusal::Twice(field.field()));
            }
            seen |= bit;
            check(field)?;
            words.put_tlv(field)?;
        }
        let Words { mask, value } = words;
        Ok(Self { mask, value, is_exact, source: *r#match, tlvs: tlvs.clone() })
    }

    /// The bits of a key that are matched.
    #[must_use]
    pub const fn mask(&self) -> &[u64; KEY_WORDS] {
        &self.mask
    }

    /// The values of those bits; all others are 0.
    #[must_use]
    pub const fn value(&self) -> &[u64; KEY_WORDS] {
        &self.value
    }

    /// The fields of OpenFlow, as they were given.
    #[must_use]
    pub const fn openflow(&self) -> &Match {
        &self.source
    }

    /// The TLVs, as they were given.
    #[must_use]
    pub const fn tlvs(&self) -> &Tlvs {
        &self.tlvs
    }

    /// Whether no field of OpenFlow that its frames have is wildcarded: such an entry comes before
    /// all others (OpenFlow 1.0.0 section 3.4).
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Whether a frame with this key matches.
    #[must_use]
    pub fn matches(&self, key: &PacketKey) -> bool {
        let words = self.mask.iter().zip(&self.value).zip(key.words());
        words.fold(0, |differ, ((mask, value), key)| differ | (key & mask ^ value)) == 0
    }

    /// Whether `other` is at least as specific as this match in each field: every frame that
    /// matches it matches this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let values = other.value.iter().zip(&self.value);
        self.mask.iter().zip(&other.mask).zip(values).all(|((mask, narrower), (theirs, value))| {
            mask & !narrower == 0 && theirs & mask == *value
        })
    }

    /// Whether there can be a frame that matches both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let values = self.value.iter().zip(&other.value);
        let masks = self.mask.iter().zip(&other.mask);
        masks
            .zip(values)
            .all(|((mask, theirs), (value, other))| (value ^ other) & mask & theirs == 0)
    }

    /// Whether both match the same frames by the same fields.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.mask == other.mask && self.value == other.value
    }

    /// The first field by which a frame with this key does not match, outermost header first;
    /// none where it matches.
    #[must_use]
    pub fn first_failing(&self, key: &PacketKey) -> Option<MatchField> {
        if self.matches(key) {
            return None;
        }
        let needed = self.mask[PRESENCE_WORD] & PRESENCE_BITS;
        let missing = needed & !key.words()[PRESENCE_WORD];
        let mut differing = [0; KEY_WORDS];
        for (differs, ((mask, value), key)) in
            differing.iter_mut().zip(self.mask.iter().zip(&self.value).zip(key.words()))
        {
            *differs = (key ^ value) & mask;
        }
        let lacks = |place: &Place| u64::from(place.presence.bits()) & missing != 0;
        let fails = |place: &&Place| {
            place.read(&differing) != 0 || lacks(place) && place.read(&self.mask) != 0
        };
        // A TLV whose mask ignores everything asks that its field is there, no more.
        let place = FIELDS.iter().find(fails).or_else(|| FIELDS.iter().find(|place| lacks(place)));
        place.map(|place| place.field)
    }

    /// Every field that is matched, outermost header first: its value and the bits of it that count.
    pub fn fields(&self) -> impl Iterator<Item = (MatchField, u64, u64)> + '_ {
        let masked = FIELDS.iter().filter(|place| place.read(&self.mask) != 0);
        masked.map(|place| (place.field, place.read(&self.value), place.read(&self.mask)))
    }

    /// How many fields a frame with this key does not match.
    #[must_use]
    pub fn failing(&self, key: &PacketKey) -> usize {
        let missing = self.mask[PRESENCE_WORD] & PRESENCE_BITS & !key.words()[PRESENCE_WORD];
        let fails = |place: &&Place| {
            let mask = place.read(&self.mask);
            let lacks = u64::from(place.presence.bits()) & missing != 0;
            (place.read(key.words()) ^ place.read(&self.value)) & mask != 0 || lacks && mask != 0
        };
        FIELDS.iter().filter(fails).count()
    }

    /// The value of a field, where all of its bits are matched.
    #[must_use]
    pub fn exactly(&self, field: MatchField) -> Option<u64> {
        let place = Place::of(field)?;
        (place.read(&self.mask) == place.ones()).then(|| place.read(&self.value))
    }
}

impl fmt::Display for FlowMatch {
    /// The words of vse-flows(7), commas between; empty for any frame.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.source.to_string();
        f.write_str(&fields)?;
        let mut comma = if fields.is_empty() { "" } else { "," };
        self.tlvs.tlvs.iter().try_for_each(|tlv| {
            write!(f, "{comma}{tlv}")?;
            comma = ",";
            Ok(())
        })
    }
}

/// Mask and value while they are put together.
struct Words {
    mask: [u64; KEY_WORDS],
    value: [u64; KEY_WORDS],
}

impl Words {
    /// Puts the fields of OpenFlow, and says whether none that the frames have is wildcarded.
    fn put_match(&mut self, of: &Match) -> bool {
        let headers = Headers::asked_for(of);
        let whole = [
            (Wildcards::IN_PORT, MatchField::InPort, of.in_port.0.into(), true),
            (Wildcards::DL_SRC, MatchField::DlSrc, mac(of.dl_src.0), true),
            (Wildcards::DL_DST, MatchField::DlDst, mac(of.dl_dst.0), true),
            (Wildcards::DL_VLAN, MatchField::DlVlan, of.dl_vlan.into(), true),
            (Wildcards::DL_VLAN_PCP, MatchField::DlVlanPcp, of.dl_vlan_pcp.into(), headers.tag),
            (Wildcards::DL_TYPE, MatchField::DlType, of.dl_type.into(), true),
            (Wildcards::NW_TOS, MatchField::NwTos, of.nw_tos.into(), headers.ip),
            (Wildcards::NW_PROTO, MatchField::NwProto, of.nw_proto.into(), headers.network),
            (Wildcards::TP_SRC, MatchField::TpSrc, of.tp_src.into(), headers.transport),
            (Wildcards::TP_DST, MatchField::TpDst, of.tp_dst.into(), headers.transport),
        ];
        let mut is_exact = true;
        for (wildcard, field, value, applies) in whole {
            if of.matches(wildcard) && applies {
                self.put(field, value, if field == MatchField::NwTos { DSCP } else { u64::MAX });
            }
            is_exact &= of.matches(wildcard) || !applies;
        }
        for (field, prefix) in
            [(MatchField::NwSrc, of.nw_src_prefix()), (MatchField::NwDst, of.nw_dst_prefix())]
        {
            if let Some(prefix) = prefix.filter(|_| headers.addresses) {
                let mask = u64::MAX.checked_shl(prefix.ignored()).unwrap_or_default();
                self.put(field, u32::from(prefix.addr).into(), mask);
            }
            is_exact &= prefix.is_some_and(|prefix| prefix.len == 32) || !headers.addresses;
        }
        is_exact
    }

    fn put_tlv(&mut self, tlv: &FieldMatch) -> Result<(), Refusal> {
        let unknown = || Refusal::Tlv(tlv.to_string());
        let place = Place::of(tlv.field()).ok_or_else(unknown)?;
        let mask = match (tlv.field(), tlv.mask()) {
            (MatchField::InnerNwTos, _) => DSCP,
            (_, mask) => mask.unwrap_or(u64::MAX),
        };
        self.put(tlv.field(), tlv.value(), mask);
        let presence = u64::from(place.presence.bits());
        self.mask[PRESENCE_WORD] |= presence;
        self.value[PRESENCE_WORD] |= presence;
        Ok(())
    }

    fn put(&mut self, field: MatchField, value: u64, mask: u64) {
        if let Some(place) = Place::of(field) {
            place.write(&mut self.mask, mask);
            place.write(&mut self.value, value & mask);
        }
    }
}

/// EtherTypes and IP protocols whose headers have fields of a match.
const IPV4: u16 = 0x0800;
const ARP: u16 = 0x0806;
const IPV6: u16 = 0x86dd;
const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Which headers a match asks for; a field of another one is ignored.
#[allow(clippy::struct_excessive_bools, reason = "one for each header")]
struct Headers {
    tag: bool,
    ip: bool,
    network: bool,
    addresses: bool,
    transport: bool,
}

impl Headers {
    fn asked_for(of: &Match) -> Self {
        let dl_type = of.matches(Wildcards::DL_TYPE).then_some(of.dl_type);
        let nw_proto = of.matches(Wildcards::NW_PROTO).then_some(of.nw_proto);
        Self {
            tag: of.matches(Wildcards::DL_VLAN) && of.dl_vlan != Match::VLAN_NONE,
            ip: matches!(dl_type, Some(IPV4 | IPV6)),
            network: matches!(dl_type, Some(IPV4 | IPV6 | ARP)),
            addresses: matches!(dl_type, Some(IPV4 | ARP)),
            transport: matches!(
                (dl_type, nw_proto),
                (Some(IPV4 | IPV6), Some(TCP | UDP | SCTP))
                    | (Some(IPV4), Some(ICMP))
                    | (Some(IPV6), Some(ICMPV6))
            ),
        }
    }
}

/// The number in the six bytes of an address.
fn mac(address: [u8; 6]) -> u64 {
    address.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Whether there can be a frame with what `tlv` asks for.
fn check(tlv: &FieldMatch) -> Result<(), Refusal> {
    let (field, value) = (tlv.field(), tlv.value());
    let mask = tlv.mask().unwrap_or(u64::MAX);
    let refuse = |value, expected| Err(Refusal::Value { field, value, expected });
    if value & !mask != 0 {
        return refuse(value, "bits that the mask ignores must be 0");
    }
    match field {
        MatchField::VmId if value > 4094 => refuse(value, "a VM id is at most 4094"),
        MatchField::FcfPriority if value > 1 => refuse(value, "want 0 or 1"),
        MatchField::FcfCarrier if !matches!(value, 1 | 2) => {
            refuse(value, "want 1 for tos or 2 for vlan")
        }
        MatchField::IpFrag if value > 3 => refuse(value, "want 0 to 3"),
        MatchField::IpFrag if value & 3 == 2 && mask & 3 == 3 => {
            refuse(value, "a fragment that is not the first is a fragment: want 0, 1 or 3")
        }
        MatchField::TunType if !matches!(value, 1..=5) => refuse(value, "want 1 to 5"),
        MatchField::InnerDlVlan if value > 4095 && value != u64::from(Match::VLAN_NONE) => {
            refuse(value, "want 0 to 4095, or 0xffff for no tag")
        }
        MatchField::InnerDlVlanPcp if value > 7 => refuse(value, "want 0 to 7"),
        MatchField::InnerNwTos if value & !DSCP != 0 => {
            refuse(value, "the low two bits must be 0: they are ECN")
        }
        MatchField::InnerNwSrc | MatchField::InnerNwDst
            if tlv.mask().is_some_and(|mask| !is_prefix(mask)) =>
        {
            refuse(mask, "the mask must be a prefix")
        }
        _ => Ok(()),
    }
}

/// Whether the low 32 bits of `mask` are ones followed by zeros.
fn is_prefix(mask: u64) -> bool {
    let ignored = !mask & 0xffff_ffff;
    ignored & (ignored + 1) == 0
}
