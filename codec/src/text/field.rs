//! The fields of a flow's match, and what they need.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::diagnostic::Problem;
use super::nxm_match::NxmFields;
use super::reader::MatchReader;
use super::word::{Word, number, number_up_to, number8, number16};
use super::{hidden, nxm_match};
use crate::of10::{FlowModCommand, Match, PortNo, Wildcards};
use crate::types::MacAddr;
use crate::vse::{MatchField, Tlv};

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

/// Fields that OpenFlow 1.0 matches whole or not at all, and of which others match a part.
const WHOLE: [&str; 6] = ["tp_src", "tp_dst", "tcp_src", "tcp_dst", "udp_src", "udp_dst"];

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
    pub(super) wildcards: Option<Wildcards>,
    pub(super) hidden: Option<Match>,
}

impl MatchReader for Fields {
    fn begin(&mut self, words: &[Word<'_>], lenient: bool) {
        self.lenient = lenient;
        self.exact = words.iter().any(|word| word.text.starts_with("wildcards="));
    }

    fn read(&mut self, word: &Word<'_>) -> Result<bool, Problem> {
        if self.read_known(word)? || self.read_exact(word)? {
            return Ok(true);
        }
        match nxm_match::named(word) {
            Some(name) => Err(beyond(word, name)),
            None => Ok(false),
        }
    }

    fn set_table(&mut self, value: &Word<'_>) -> Result<(), Problem> {
        if matches!(number(value.text), Some(0 | 255)) {
            return Ok(());
        }
        let message = format!("OpenFlow 1.0 cannot say table {}", value.text);
        Err(value.problem(message).help("table=0, or leave it out").beyond())
    }

    /// Each field has what it needs to be looked at: OpenFlow 1.0.0 section 3.4.
    fn check(&mut self, _: FlowModCommand) -> Result<(), Problem> {
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

    fn names() -> Vec<&'static str> {
        let ours = MatchField::ALL.iter().filter(|field| field.value_len().is_some());
        let ours = ours.filter_map(|field| field.name());
        let theirs = NxmFields::names();
        FIELD_WORDS.iter().copied().chain(ours).chain(["wildcards"]).chain(theirs).collect()
    }
}

impl Fields {
    /// The match, what else must match, and what was changed.
    pub(super) fn finish(self) -> (Match, Vec<Tlv>, Vec<Problem>) {
        let mut r#match = self.r#match;
        if let Some(hidden) = self.hidden {
            hidden::fill(&mut r#match, &hidden);
        }
        if let Some(wildcards) = self.wildcards {
            r#match.wildcards = wildcards;
        }
        (r#match, self.tlvs, self.warnings)
    }

    /// Reads a word of the exact form.
    fn read_exact(&mut self, word: &Word<'_>) -> Result<bool, Problem> {
        match (word.call(), word.key_value()) {
            (_, ("wildcards", Some(value))) => {
                if self.wildcards.is_some() {
                    return Err(word.problem("wildcards was set before"));
                }
                let bits = number_up_to(&value, "wildcards", u32::MAX.into())?;
                let bits = u32::try_from(bits).unwrap_or(u32::MAX);
                self.wildcards = Some(Wildcards::from_bits_retain(bits));
            }
            (Some(("unmatched", inside)), _) => self.hidden = Some(hidden::read(&inside)?),
            (Some(("tlv", hex)), _) => {
                let wire = crate::types::read_hex(hex.text);
                match wire.as_deref().map(Tlv::read) {
                    Some(Ok(([], tlv))) => self.tlvs.push(tlv),
                    _ => return Err(hex.problem("not the hex digits of one whole match TLV")),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Reads `word`, if it is a field of OpenFlow 1.0 or of VSE.
    fn read_known(&mut self, word: &Word<'_>) -> Result<bool, Problem> {
        let (key, value) = word.key_value();
        let key = key.to_ascii_lowercase();
        let Some(value) = value else {
            return self.read_shorthand(word, &key);
        };
        if let Some(field) = MatchField::from_name(&key).filter(|f| f.value_len().is_some()) {
            // Two of VSE's words are Open vSwitch's too, which has names where VSE has numbers.
            let named = number(value.text.split('/').next().unwrap_or_default()).is_none()
                && nxm_match::named(word).is_some();
            let read = self.read_tlv(word, field, &value);
            return read.map(|()| true).map_err(|it| if named { it.beyond() } else { it });
        }
        self.read_value(word, &key, &value)
    }

    fn read_shorthand(&mut self, word: &Word<'_>, key: &str) -> Result<bool, Problem> {
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
        if WHOLE.contains(&key) && value.text.contains('/') {
            return Err(beyond(word, &format!("a part of {key}")));
        }
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
                        .help("dl_vlan= and dl_vlan_pcp= match a tag")
                        .beyond());
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
                        let problem = mask.problem(message).help("a prefix, as in 10.0.0.0/8");
                        return Err(problem.beyond());
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
        let text = "OpenFlow 1.0 cannot match a part of an Ethernet address";
        return Err(value.problem(text).beyond());
    }
    mac_addr(value)
}

/// Tells that an extended match alone can say what `word` says.
fn beyond(word: &Word<'_>, name: &str) -> Problem {
    let message = format!("OpenFlow 1.0 and VSE's flow table cannot match {name}");
    let help = "an NXT_FLOW_MOD can: vsectl encode, vsectl craft openflow";
    word.problem(message).help(help).beyond()
}

pub(super) fn mac_addr(value: &Word<'_>) -> Result<MacAddr, Problem> {
    value.text.parse().map_err(|error| value.problem(format!("{:?}: {error}", value.text)))
}
