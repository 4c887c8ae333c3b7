//! The fields of a flow's match, and what they need.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::diagnostic::Problem;
use super::word::{Word, number, number_up_to, number8, number16};
use crate::of10::{Match, PortNo, Wildcards};
use crate::types::MacAddr;
use crate::vse::{Carrier, FieldMatch, MatchField, Tlv, TunnelType};

/// EtherTypes and IP protocols that have a word of their own.
const ETH_IP: u16 = 0x0800;
const ETH_ARP: u16 = 0x0806;
const SHORTHANDS: [(&str, u16, Option<u8>); 5] = [
    ("ip", ETH_IP, None),
    ("icmp", ETH_IP, Some(1)),
    ("tcp", ETH_IP, Some(6)),
    ("udp", ETH_IP, Some(17)),
    ("arp", ETH_ARP, None),
];
/// Shorthands of Open vSwitch for what OpenFlow 1.0 cannot match.
const LATER: [&str; 9] = ["ipv6", "ip6", "tcp6", "udp6", "icmp6", "sctp", "sctp6", "mpls", "mplsm"];

/// The words for fields of `struct ofp_match`; those of VSE are the names of [`MatchField`].
pub const FIELD_WORDS: &[&str] = &[
    "ip",
    "icmp",
    "tcp",
    "udp",
    "arp",
    "in_port",
    "dl_vlan",
    "dl_vlan_pcp",
    "vlan_tci",
    "dl_src",
    "dl_dst",
    "dl_type",
    "nw_src",
    "nw_dst",
    "nw_proto",
    "nw_tos",
    "tp_src",
    "tp_dst",
    "icmp_type",
    "icmp_code",
    "arp_spa",
    "arp_tpa",
    "arp_op",
];

/// The match that is being read.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) r#match: Match,
    pub(super) tlvs: Vec<Tlv>,
    /// Each field that was set, and by which word.
    pub(super) set: Vec<(Wildcards, Range<usize>, String)>,
    /// Values are taken as they are: the text says which wildcards it means.
    pub(super) exact: bool,
    pub(super) lenient: bool,
    pub(super) warnings: Vec<Problem>,
}

impl Fields {
    /// Reads `word`, if it is about a field; false where it is not.
    pub(super) fn read(&mut self, word: &Word<'_>) -> Result<bool, Problem> {
        let (key, value) = word.key_value();
        let key = key.to_ascii_lowercase();
        let Some(value) = value else {
            return self.read_shorthand(word, &key);
        };
        if let Some(field) = MatchField::from_name(&key).filter(|f| f.value_len().is_some()) {
            self.read_tlv(word, field, &value)?;
            return Ok(true);
        }
        self.read_value(word, &key, &value)
    }

    fn read_shorthand(&mut self, word: &Word<'_>, key: &str) -> Result<bool, Problem> {
        if LATER.contains(&key) {
            return Err(word.problem(format!("OpenFlow 1.0 cannot match {key}")));
        }
        let Some((_, dl_type, nw_proto)) = SHORTHANDS.iter().find(|(name, ..)| *name == key) else {
            return Ok(false);
        };
        self.mark(Wildcards::DL_TYPE, word)?;
        self.r#match.dl_type = *dl_type;
        if let Some(nw_proto) = nw_proto {
            self.mark(Wildcards::NW_PROTO, word)?;
            self.r#match.nw_proto = *nw_proto;
        }
        Ok(true)
    }

    fn read_value(
        &mut self,
        word: &Word<'_>,
        key: &str,
        value: &Word<'_>,
    ) -> Result<bool, Problem> {
        match key {
            "in_port" => {
                self.mark(Wildcards::IN_PORT, word)?;
                self.r#match.in_port = match PortNo::from_name(value.text) {
                    Some(port) => port,
                    None => PortNo(number16(value, "in_port")?),
                };
            }
            "dl_vlan" => {
                self.mark(Wildcards::DL_VLAN, word)?;
                self.r#match.dl_vlan = match number16(value, "dl_vlan")? {
                    vlan if vlan > 4095 && vlan != Match::VLAN_NONE && !self.exact => {
                        let message = format!("dl_vlan is {vlan}, must be at most 4095");
                        return Err(value
                            .problem(message)
                            .help("dl_vlan=0xffff for frames without a tag"));
                    }
                    vlan => vlan,
                };
            }
            "vlan_tci" => {
                if !matches!(value.text, "0" | "0x0" | "0x0000" | "0x0000/0x1fff") {
                    return Err(value
                        .problem("OpenFlow 1.0 matches vlan_tci=0x0000, no tag, alone")
                        .help("dl_vlan= and dl_vlan_pcp= match a tag"));
                }
                self.mark(Wildcards::DL_VLAN, word)?;
                self.r#match.dl_vlan = Match::VLAN_NONE;
            }
            "dl_vlan_pcp" => {
                self.mark(Wildcards::DL_VLAN_PCP, word)?;
                let max = if self.exact { 255 } else { 7 };
                self.r#match.dl_vlan_pcp = number8(value, key, max)?;
            }
            "dl_src" | "eth_src" => {
                self.mark(Wildcards::DL_SRC, word)?;
                self.r#match.dl_src = mac(value)?;
            }
            "dl_dst" | "eth_dst" => {
                self.mark(Wildcards::DL_DST, word)?;
                self.r#match.dl_dst = mac(value)?;
            }
            "dl_type" | "eth_type" => {
                self.mark(Wildcards::DL_TYPE, word)?;
                self.r#match.dl_type = number16(value, key)?;
            }
            "nw_src" | "ip_src" | "arp_spa" => {
                self.mark(Wildcards::from_bits_retain(0x3f << 8), word)?;
                let (addr, ignored) = self.prefix(word, value)?;
                self.r#match.nw_src = addr;
                self.r#match.wildcards = self.r#match.wildcards.with_nw_src_ignored(ignored);
            }
            "nw_dst" | "ip_dst" | "arp_tpa" => {
                self.mark(Wildcards::from_bits_retain(0x3f << 14), word)?;
                let (addr, ignored) = self.prefix(word, value)?;
                self.r#match.nw_dst = addr;
                self.r#match.wildcards = self.r#match.wildcards.with_nw_dst_ignored(ignored);
            }
            "nw_proto" | "ip_proto" | "arp_op" => {
                self.mark(Wildcards::NW_PROTO, word)?;
                self.r#match.nw_proto = number8(value, key, 255)?;
            }
            "nw_tos" => {
                self.mark(Wildcards::NW_TOS, word)?;
                self.r#match.nw_tos = self.tos(value)?;
            }
            "tp_src" | "tcp_src" | "udp_src" | "icmp_type" => {
                self.mark(Wildcards::TP_SRC, word)?;
                self.r#match.tp_src = self.port(key, value)?;
            }
            "tp_dst" | "tcp_dst" | "udp_dst" | "icmp_code" => {
                self.mark(Wildcards::TP_DST, word)?;
                self.r#match.tp_dst = self.port(key, value)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Notes that `word` sets `field`, which nothing may have set before.
    fn mark(&mut self, field: Wildcards, word: &Word<'_>) -> Result<(), Problem> {
        if let Some((_, _, before)) = self.set.iter().find(|(set, ..)| set.intersects(field)) {
            return Err(word.problem(format!("{} was set before, by {before}", word.text)));
        }
        self.set.push((field, word.span.clone(), word.text.to_owned()));
        self.r#match.wildcards.remove(field);
        Ok(())
    }

    fn port(&self, key: &str, value: &Word<'_>) -> Result<u16, Problem> {
        match key {
            "icmp_type" | "icmp_code" if !self.exact => number8(value, key, 255).map(u16::from),
            _ => number16(value, key),
        }
    }

    fn tos(&mut self, value: &Word<'_>) -> Result<u8, Problem> {
        let tos = number8(value, "nw_tos", 255)?;
        if tos & 3 == 0 || self.exact {
            return Ok(tos);
        }
        let problem = value
            .problem(format!("nw_tos={tos} sets the two low bits, which are ECN's"))
            .help(format!("nw_tos={}", tos & !3));
        self.forgive(problem).map(|()| tos & !3)
    }

    /// An address and how many of its low-order bits are ignored.
    fn prefix(&mut self, word: &Word<'_>, value: &Word<'_>) -> Result<(Ipv4Addr, u32), Problem> {
        let (addr, mask) = value.split('/');
        let bad = |what: &str| value.problem(format!("{what:?} is no IPv4 address"));
        let addr: Ipv4Addr = addr.parse().map_err(|_| bad(addr))?;
        let ignored = match mask {
            None => 0,
            Some(mask) => match (number(mask.text), mask.text.parse::<Ipv4Addr>()) {
                (Some(len), _) if len <= 32 => u32::try_from(32 - len).unwrap_or(0),
                (_, Ok(dotted)) => {
                    let bits = u32::from(dotted);
                    if bits.leading_ones() + bits.trailing_zeros() != 32 && bits != 0 {
                        let message = format!("OpenFlow 1.0 cannot match the mask {dotted}");
                        return Err(mask.problem(message).help("a prefix, as in 10.0.0.0/8"));
                    }
                    bits.trailing_zeros().min(32)
                }
                _ => {
                    let message = format!("{:?} is no prefix length", mask.text);
                    return Err(mask.problem(message).help("0 to 32, or a mask as 255.0.0.0"));
                }
            },
        };
        let host_bits = u32::MAX.checked_shr(32 - ignored.min(32)).unwrap_or(0);
        let host_bits = if ignored == 0 { 0 } else { host_bits };
        if u32::from(addr) & host_bits == 0 || self.exact {
            return Ok((addr, ignored));
        }
        let network = Ipv4Addr::from(u32::from(addr) & !host_bits);
        let key = word.key_value().0;
        let problem = value
            .problem(format!("{} has bits behind its prefix", value.text))
            .help(format!("{key}={network}/{}", 32 - ignored));
        self.forgive(problem).map(|()| (network, ignored))
    }

    /// In lenient mode a warning, else an error.
    fn forgive(&mut self, problem: Problem) -> Result<(), Problem> {
        if !self.lenient {
            return Err(problem);
        }
        self.warnings.push(problem);
        Ok(())
    }

    fn read_tlv(
        &mut self,
        word: &Word<'_>,
        field: MatchField,
        value: &Word<'_>,
    ) -> Result<(), Problem> {
        let set = |tlv: &Tlv| matches!(tlv, Tlv::Field(set) if set.field() == field);
        if self.tlvs.iter().any(set) {
            return Err(word.problem(format!("{field} was set before")));
        }
        let (text, mask) = value.split('/');
        let end = value.span.start + text.len();
        let text = Word { text, span: value.span.start..end };
        let read = tlv_value(field, &text)?;
        let mask = match mask {
            None => None,
            Some(mask) if matches!(field, MatchField::InnerNwSrc | MatchField::InnerNwDst) => {
                Some(ipv4_mask(&mask)?)
            }
            Some(mask) => Some(tlv_value(field, &mask)?),
        };
        if let Some(mask) = mask.filter(|mask| read & !mask != 0) {
            let message = format!("{} has bits that the mask {mask:#x} ignores", word.text);
            return Err(value.problem(message));
        }
        let tlv = FieldMatch::with_mask(field, read, mask)
            .map_err(|error| value.problem(error.to_string()))?;
        self.tlvs.push(Tlv::Field(tlv));
        Ok(())
    }

    /// Checks that each field has what it needs to be looked at: OpenFlow 1.0.0 section 3.4.
    pub(super) fn check(&mut self) -> Result<(), Problem> {
        if self.exact {
            return Ok(());
        }
        for (field, span, text) in std::mem::take(&mut self.set) {
            let Some(needs) = self.missing(field) else { continue };
            let problem = Problem::new(span, format!("{text} is ignored without {needs}"));
            let first = needs.split(' ').next().unwrap_or(needs);
            self.forgive(problem.help(format!("write {first},{text}")))?;
            self.drop_field(field);
        }
        Ok(())
    }

    /// What `field` needs and does not have.
    fn missing(&self, field: Wildcards) -> Option<&'static str> {
        let m = &self.r#match;
        let dl_type = m.matches(Wildcards::DL_TYPE).then_some(m.dl_type);
        let nw_proto = m.matches(Wildcards::NW_PROTO).then_some(m.nw_proto);
        let network = matches!(dl_type, Some(ETH_IP | ETH_ARP));
        let transport = dl_type == Some(ETH_IP) && matches!(nw_proto, Some(1 | 6 | 17));
        if field == Wildcards::TP_SRC || field == Wildcards::TP_DST {
            (!transport).then_some("tcp or udp or icmp")
        } else if field == Wildcards::NW_TOS {
            (dl_type != Some(ETH_IP)).then_some("ip")
        } else if field == Wildcards::DL_VLAN_PCP {
            let tagged = m.matches(Wildcards::DL_VLAN) && m.dl_vlan != Match::VLAN_NONE;
            (!tagged).then_some("dl_vlan=ID of a tag")
        } else if field == Wildcards::NW_PROTO
            || field.intersects(Wildcards::from_bits_retain(0x3f << 8 | 0x3f << 14))
        {
            (!network).then_some("ip or arp")
        } else {
            None
        }
    }

    /// Takes `field` out of the match, as ovs-ofctl does with one that would be ignored.
    fn drop_field(&mut self, field: Wildcards) {
        let m = &mut self.r#match;
        if field.intersects(Wildcards::from_bits_retain(0x3f << 8)) {
            m.wildcards = m.wildcards.with_nw_src_ignored(32);
            m.nw_src = Ipv4Addr::UNSPECIFIED;
        } else if field.intersects(Wildcards::from_bits_retain(0x3f << 14)) {
            m.wildcards = m.wildcards.with_nw_dst_ignored(32);
            m.nw_dst = Ipv4Addr::UNSPECIFIED;
        } else {
            m.wildcards.insert(field);
        }
        if field == Wildcards::TP_SRC {
            m.tp_src = 0;
        } else if field == Wildcards::TP_DST {
            m.tp_dst = 0;
        } else if field == Wildcards::NW_TOS {
            m.nw_tos = 0;
        } else if field == Wildcards::NW_PROTO {
            m.nw_proto = 0;
        } else if field == Wildcards::DL_VLAN_PCP {
            m.dl_vlan_pcp = 0;
        }
    }
}

fn mac(value: &Word<'_>) -> Result<MacAddr, Problem> {
    if value.text.contains('/') {
        return Err(value.problem("OpenFlow 1.0 cannot match a part of an Ethernet address"));
    }
    mac_addr(value)
}

fn mac_addr(value: &Word<'_>) -> Result<MacAddr, Problem> {
    value.text.parse().map_err(|error| value.problem(format!("{:?}: {error}", value.text)))
}

fn tlv_value(field: MatchField, value: &Word<'_>) -> Result<u64, Problem> {
    let name = field.name().unwrap_or("field");
    let unknown = |like: &str| {
        value.problem(format!("{name}={:?} is not known", value.text)).help(like.to_owned())
    };
    match field {
        MatchField::InnerDlSrc | MatchField::InnerDlDst => {
            let MacAddr(bytes) = mac_addr(value)?;
            Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        }
        MatchField::InnerNwSrc | MatchField::InnerNwDst => {
            let addr: Ipv4Addr = value
                .text
                .parse()
                .map_err(|_| value.problem(format!("{:?} is no IPv4 address", value.text)))?;
            Ok(u32::from(addr).into())
        }
        MatchField::FcfCarrier if number(value.text).is_none() => Carrier::from_name(value.text)
            .map(|carrier| u8::from(carrier).into())
            .ok_or_else(|| unknown("tos or vlan")),
        MatchField::TunType if number(value.text).is_none() => TunnelType::from_name(value.text)
            .map(|tunnel| u8::from(tunnel).into())
            .ok_or_else(|| unknown("vxlan, nvgre, geneve, stt or vxlan_gpe")),
        _ => {
            let bits = field.value_len().map_or(64, |len| 8 * len);
            let max = u64::MAX.checked_shr(u32::try_from(64 - bits).unwrap_or(0)).unwrap_or(0);
            let max = match field {
                MatchField::VmId | MatchField::InnerDlVlan => 0xffff,
                MatchField::FcfPriority => 1,
                _ => max,
            };
            number_up_to(value, name, max)
        }
    }
}

fn ipv4_mask(mask: &Word<'_>) -> Result<u64, Problem> {
    let bits = match (number(mask.text), mask.text.parse::<Ipv4Addr>()) {
        (Some(len @ 0..=32), _) => {
            let ignored = u32::try_from(32 - len).unwrap_or(0);
            u32::MAX.checked_shl(ignored).unwrap_or(0)
        }
        (_, Ok(dotted)) => u32::from(dotted),
        _ => return Err(mask.problem(format!("{:?} is no prefix length or mask", mask.text))),
    };
    Ok(bits.into())
}
