//! A match as text: the words of ovs-ofctl, in its order.

use super::flow_match::{Match, Wildcards};
use crate::display_as_put;
use crate::types::{Line, Piece};

/// EtherTypes and IP protocols that have a word of their own.
const ETH_IP: u16 = 0x0800;
const ETH_ARP: u16 = 0x0806;
const IP_ICMP: u8 = 1;
const IP_TCP: u8 = 6;
const IP_UDP: u8 = 17;

display_as_put!(Match);

impl Piece for Match {
    /// The fields that are matched: `tcp,in_port=1,nw_dst=10.0.0.0/8,tp_dst=80`; empty for any
    /// frame.
    fn put(&self, out: &mut Line) {
        let mut words = Words { out, first: true };
        let dl_type = self.matches(Wildcards::DL_TYPE).then_some(self.dl_type);
        let nw_proto = self.matches(Wildcards::NW_PROTO).then_some(self.nw_proto);
        let shorthand = match (dl_type, nw_proto) {
            (Some(ETH_IP), Some(IP_ICMP)) => Some("icmp"),
            (Some(ETH_IP), Some(IP_TCP)) => Some("tcp"),
            (Some(ETH_IP), Some(IP_UDP)) => Some("udp"),
            (Some(ETH_IP), _) => Some("ip"),
            (Some(ETH_ARP), _) => Some("arp"),
            _ => None,
        };
        if let Some(word) = shorthand {
            words.put(word, &"");
        }
        if self.matches(Wildcards::IN_PORT) {
            words.put("in_port=", &self.in_port);
        }
        if self.matches(Wildcards::DL_VLAN) {
            match self.dl_vlan {
                Self::VLAN_NONE => words.put("vlan_tci=", &"0x0000"),
                vlan => words.put("dl_vlan=", &vlan),
            }
        }
        if self.matches(Wildcards::DL_VLAN_PCP) {
            words.put("dl_vlan_pcp=", &self.dl_vlan_pcp);
        }
        if self.matches(Wildcards::DL_SRC) {
            words.put("dl_src=", &self.dl_src);
        }
        if self.matches(Wildcards::DL_DST) {
            words.put("dl_dst=", &self.dl_dst);
        }
        if let (Some(dl_type), None) = (dl_type, shorthand) {
            words.put("dl_type=", &format_args!("{dl_type:#06x}"));
        }
        self.put_network(&mut words, dl_type == Some(ETH_ARP));
        let named = matches!(shorthand, Some("icmp" | "tcp" | "udp"));
        if let (Some(nw_proto), false) = (nw_proto, named) {
            let name = if dl_type == Some(ETH_ARP) { "arp_op=" } else { "nw_proto=" };
            words.put(name, &nw_proto);
        }
        let (source, destination) = match shorthand {
            Some("icmp") => ("icmp_type=", "icmp_code="),
            _ => ("tp_src=", "tp_dst="),
        };
        if self.matches(Wildcards::TP_SRC) {
            words.put(source, &self.tp_src);
        }
        if self.matches(Wildcards::TP_DST) {
            words.put(destination, &self.tp_dst);
        }
    }
}

impl Match {
    fn put_network(&self, words: &mut Words<'_>, arp: bool) {
        let (source, destination) =
            if arp { ("arp_spa=", "arp_tpa=") } else { ("nw_src=", "nw_dst=") };
        if let Some(prefix) = self.nw_src_prefix() {
            words.put(source, &prefix);
        }
        if let Some(prefix) = self.nw_dst_prefix() {
            words.put(destination, &prefix);
        }
        if self.matches(Wildcards::NW_TOS) {
            words.put("nw_tos=", &self.nw_tos);
        }
    }
}

/// Words with commas between.
struct Words<'a> {
    out: &'a mut Line,
    first: bool,
}

impl Words<'_> {
    #[inline]
    fn put(&mut self, name: &str, value: &impl Piece) {
        if !std::mem::take(&mut self.first) {
            self.out.push_str(",");
        }
        self.out.push_str(name);
        value.put(self.out);
    }
}
