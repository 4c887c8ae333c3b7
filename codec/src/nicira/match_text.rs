//! An extended match as text: the words of ovs-ofctl, in its order.
//!
//! Open vSwitch puts entries into one flow key and prints that. So several entries make one word (the
//! halves of a register, the parts of a VLAN tag), and a word depends on others: the same bytes are
//! `arp_spa` or `nw_src` by the EtherType.

use std::collections::HashMap;

use super::nxm::{Known, NxmEntry, number};
use super::value_text as text;
use crate::types::Bytes;

const ETH_IP: u128 = 0x0800;
const ETH_ARP: u128 = 0x0806;
const ETH_RARP: u128 = 0x8035;
const ETH_IPV6: u128 = 0x86dd;
const ETH_MPLS: u128 = 0x8847;
const ETH_MPLS_MCAST: u128 = 0x8848;
const ETH_NSH: u128 = 0x894f;

/// The bit that says that there is a tag.
const VLAN_PRESENT: u128 = 0x1000;

/// What is matched: value and mask by word. Masks are not zero.
#[derive(Default)]
struct Key {
    fields: HashMap<String, (u128, u128)>,
    /// Tunnel options, which are longer than a number.
    options: Vec<String>,
    /// Entries that are not known.
    raw: Vec<String>,
}

/// The words of a match, commas between; empty for any frame.
pub(crate) fn words(entries: &[NxmEntry]) -> String {
    let mut key = Key::default();
    for entry in entries {
        key.add(entry);
    }
    let mut words = Words(Vec::new());
    key.write(&mut words);
    words.0.join(",")
}

impl Key {
    fn add(&mut self, entry: &NxmEntry) {
        let Some(Known { field, value, mask, .. }) = entry.known() else {
            let mut wire = Vec::new();
            entry.encode(&mut wire);
            return self.raw.push(format!("nxm({})", Bytes(wire)));
        };
        if field.bytes == 0 {
            let mask = mask.filter(|mask| !text::is_full(mask));
            let mask = mask.map(|mask| format!("/{}", text::hex_bytes(mask))).unwrap_or_default();
            return self.options.push(format!("{}={}{mask}", field.word, text::hex_bytes(value)));
        }
        let full = u128::MAX.checked_shr(128 - 8 * u32::try_from(field.bytes).unwrap_or(16));
        let (value, mask) = (number(value), mask.map_or(full.unwrap_or(0), number));
        match field.word {
            "in_port_oxm" => self.set("in_port", value & 0xffff, 0xffff),
            "vlan_tci" => self.set("tci", value, mask),
            "vlan_vid" => self.set("tci", value & 0x1fff, mask & 0x1fff),
            "vlan_pcp" => self.set("tci", (value & 7) << 13 | VLAN_PRESENT, 0xe000 | VLAN_PRESENT),
            "nw_tos" => self.set("tos", value & 0xfc, 0xfc),
            "ip_dscp" => self.set("tos", (value & 0x3f) << 2, 0xfc),
            "nw_ecn" => self.set("tos", value & 3, 3),
            "arp_op" => self.set("nw_proto", value & 0xff, 0xff),
            "arp_spa" => self.set("ip_src", value, mask),
            "arp_tpa" => self.set("ip_dst", value, mask),
            "nd_sll" => self.set("arp_sha", value, mask),
            "nd_tll" => self.set("arp_tha", value, mask),
            "tcp_src" | "udp_src" | "sctp_src" => self.set("tp_src", value, mask),
            "tcp_dst" | "udp_dst" | "sctp_dst" => self.set("tp_dst", value, mask),
            "icmp_type" | "icmpv6_type" => self.set("tp_src", value, 0xffff),
            "icmp_code" | "icmpv6_code" => self.set("tp_dst", value, 0xffff),
            "ct_state" => self.set("ct_state", value & 0xff, mask & 0xff),
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

    fn set(&mut self, word: &str, value: u128, mask: u128) {
        if mask != 0 {
            let (v, m) = self.fields.entry(word.to_owned()).or_default();
            (*v, *m) = (*v | value & mask, *m | mask);
        }
    }

    fn get(&self, word: &str) -> Option<(u128, u128)> {
        self.fields.get(word).copied()
    }

    fn value(&self, word: &str) -> Option<u128> {
        self.get(word).map(|(value, _)| value)
    }

    fn write(&self, words: &mut Words) {
        self.write_metadata(words);
        let dl_type = self.value("eth_type");
        let nw_proto = self.value("nw_proto");
        let shorthand = shorthand(dl_type, nw_proto);
        words.0.extend(shorthand.map(|(word, _)| word.to_owned()));
        self.write_registers(words);
        self.write_tunnel(words);
        words.number(self, "metadata", 64);
        if let Some(port) = self.value("in_port") {
            words.put("in_port", &text::port(port).to_string());
        }
        self.write_vlan(words);
        words.mac(self, "dl_src", "eth_src");
        words.mac(self, "dl_dst", "eth_dst");
        if let (Some(dl_type), None) = (dl_type, shorthand) {
            words.put("dl_type", &format!("{dl_type:#06x}"));
        }
        self.write_network(words, dl_type, shorthand.is_some_and(|(_, proto)| proto));
        self.write_mpls(words);
        if let Some((value, mask)) = self.get("ip_frag") {
            words.put("nw_frag", text::frag(value, mask));
        }
        self.write_transport(words, dl_type, nw_proto);
        if let Some((value, mask)) = self.get("cookie") {
            words.put_masked("cookie", value, mask, 64);
        }
        words.0.extend(self.raw.iter().cloned());
    }

    fn write_metadata(&self, words: &mut Words) {
        words.number(self, "pkt_mark", 32);
        words.number(self, "recirc_id", 32);
        words.number(self, "dp_hash", 32);
        if let Some(id) = self.value("conj_id") {
            words.put("conj_id", &id.to_string());
        }
        match self.value("actset_output") {
            None => {}
            // No output in the action set (OpenFlow 1.5, `OFPP_UNSET`).
            Some(0xffff_fff7) => words.put("actset_output", "UNSET"),
            Some(port) => words.put("actset_output", &text::port(port).to_string()),
        }
        if let Some((value, mask)) = self.get("ct_state") {
            words.put("ct_state", &text::ct_state(value, mask, 0xff));
        }
        words.decimal(self, "ct_zone", "ct_zone", 0xffff);
        words.number(self, "ct_mark", 32);
        if let Some((value, mask)) = self.get("ct_label") {
            let slash = if mask == u128::MAX { String::new() } else { format!("/{mask:#x}") };
            words.put("ct_label", &format!("{value:#x}{slash}"));
        }
        words.ipv4(self, "ct_nw_src", "ct_nw_src");
        words.ipv6(self, "ct_ipv6_src");
        words.ipv4(self, "ct_nw_dst", "ct_nw_dst");
        words.ipv6(self, "ct_ipv6_dst");
        if let Some(proto) = self.value("ct_nw_proto") {
            words.put("ct_nw_proto", &proto.to_string());
            words.decimal(self, "ct_tp_src", "ct_tp_src", 0xffff);
            words.decimal(self, "ct_tp_dst", "ct_tp_dst", 0xffff);
        }
        if let Some(packet_type) = self.value("packet_type").filter(|r#type| *r#type != 0) {
            let (namespace, number) = (packet_type >> 16, packet_type & 0xffff);
            words.put("packet_type", &format!("({namespace},{number:#x})"));
        }
    }

    fn write_registers(&self, words: &mut Words) {
        for index in 0..32 {
            words.number(self, &format!("reg{index}"), 32);
        }
    }

    fn write_tunnel(&self, words: &mut Words) {
        words.number(self, "tun_id", 64);
        words.ipv4(self, "tun_src", "tun_src");
        words.ipv4(self, "tun_dst", "tun_dst");
        words.ipv6(self, "tun_ipv6_src");
        words.ipv6(self, "tun_ipv6_dst");
        words.decimal(self, "tun_gbp_id", "tun_gbp_id", 0xffff);
        let mut plain = |name: &str, word: &str, hex: bool| {
            if let Some(value) = self.value(word) {
                words.put(name, &if hex { text::hex(value) } else { value.to_string() });
            }
        };
        plain("tun_gbp_flags", "tun_gbp_flags", true);
        let version = self.value("tun_erspan_ver");
        plain("tun_erspan_ver", "tun_erspan_ver", false);
        if version == Some(1) {
            plain("tun_erspan_idx", "tun_erspan_idx", true);
        }
        if version == Some(2) {
            plain("tun_erspan_dir", "tun_erspan_dir", false);
            plain("tun_erspan_hwid", "tun_erspan_hwid", true);
        }
        plain("gtpu_flags", "tun_gtpu_flags", true);
        plain("gtpu_msgtype", "tun_gtpu_msgtype", false);
        if let Some((value, mask)) = self.get("tun_flags") {
            words.put("tun_flags", &text::tun_flags(value, mask, 0xf));
        }
        words.0.extend(self.options.iter().cloned());
    }

    fn write_vlan(&self, words: &mut Words) {
        let Some((tci, mask)) = self.get("tci") else { return };
        let (vid, pcp) = (mask & 0xfff, mask & 0xe000);
        let whole = matches!(vid, 0 | 0xfff) && matches!(pcp, 0 | 0xe000) && vid | pcp != 0;
        if mask & tci & VLAN_PRESENT != 0 && whole {
            if vid != 0 {
                words.put("dl_vlan", &(tci & 0xfff).to_string());
            }
            if pcp != 0 {
                words.put("dl_vlan_pcp", &(tci >> 13).to_string());
            }
        } else if mask == 0xffff {
            words.put("vlan_tci", &format!("{tci:#06x}"));
        } else {
            words.put("vlan_tci", &format!("{tci:#06x}/{mask:#06x}"));
        }
    }

    fn write_network(&self, words: &mut Words, dl_type: Option<u128>, proto_said: bool) {
        let arp = matches!(dl_type, Some(ETH_ARP | ETH_RARP));
        match dl_type {
            Some(ETH_IPV6) => {
                words.ipv6(self, "ipv6_src");
                words.ipv6(self, "ipv6_dst");
                match self.get("ipv6_label") {
                    None => {}
                    Some((label, mask)) if mask & 0xf_ffff == 0xf_ffff => {
                        words.put("ipv6_label", &format!("{label:#07x}"));
                    }
                    Some((label, mask)) => {
                        words.put("ipv6_label", &format!("{label:#07x}/{mask:#07x}"));
                    }
                }
            }
            Some(ETH_NSH) => self.write_nsh(words),
            _ if arp => {
                words.ipv4(self, "arp_spa", "ip_src");
                words.ipv4(self, "arp_tpa", "ip_dst");
            }
            _ => {
                words.ipv4(self, "nw_src", "ip_src");
                words.ipv4(self, "nw_dst", "ip_dst");
            }
        }
        if let (Some(proto), false) = (self.value("nw_proto"), proto_said) {
            words.put(if arp { "arp_op" } else { "nw_proto" }, &proto.to_string());
        }
        if arp {
            words.mac(self, "arp_sha", "arp_sha");
            words.mac(self, "arp_tha", "arp_tha");
        }
        if let Some((tos, mask)) = self.get("tos") {
            if mask & 0xfc != 0 {
                words.put("nw_tos", &(tos & 0xfc).to_string());
            }
            if mask & 3 != 0 {
                words.put("nw_ecn", &(tos & 3).to_string());
            }
        }
        if let Some(ttl) = self.value("nw_ttl") {
            words.put("nw_ttl", &ttl.to_string());
        }
    }

    fn write_nsh(&self, words: &mut Words) {
        for word in ["nsh_flags", "nsh_ttl", "nsh_mdtype", "nsh_np"] {
            words.octet(self, word);
        }
        if let Some(spi) = self.value("nsh_spi") {
            words.put("nsh_spi", &format!("{spi:#x}"));
        }
        words.octet(self, "nsh_si");
        for word in ["nsh_c1", "nsh_c2", "nsh_c3", "nsh_c4"] {
            if let Some((value, mask)) = self.get(word) {
                words.put(
                    word,
                    &match mask {
                        0xffff_ffff => format!("{value:#x}"),
                        _ => format!("{value:#x}/{mask:#x}"),
                    },
                );
            }
        }
    }

    fn write_mpls(&self, words: &mut Words) {
        for word in ["mpls_label", "mpls_tc", "mpls_ttl", "mpls_bos"] {
            if let Some(value) = self.value(word) {
                words.put(word, &value.to_string());
            }
        }
    }

    fn write_transport(&self, words: &mut Words, dl_type: Option<u128>, nw_proto: Option<u128>) {
        let icmp6 = dl_type == Some(ETH_IPV6) && nw_proto == Some(58);
        let icmp = dl_type == Some(ETH_IP) && nw_proto == Some(1) || icmp6;
        let (source, destination) =
            if icmp { ("icmp_type", "icmp_code") } else { ("tp_src", "tp_dst") };
        words.decimal(self, source, "tp_src", 0xffff);
        words.decimal(self, destination, "tp_dst", 0xffff);
        if icmp6 {
            words.ipv6(self, "nd_target");
            words.mac(self, "nd_sll", "arp_sha");
            words.mac(self, "nd_tll", "arp_tha");
            for word in ["nd_reserved", "nd_options_type"] {
                if let Some(value) = self.value(word) {
                    words.put(word, &value.to_string());
                }
            }
        }
        if let (Some((value, mask)), Some(6)) = (self.get("tcp_flags"), nw_proto) {
            words.put("tcp_flags", &text::tcp_flags(value, mask));
        }
    }
}

/// The word for an EtherType and an IP protocol, and whether it says the protocol.
fn shorthand(dl_type: Option<u128>, nw_proto: Option<u128>) -> Option<(&'static str, bool)> {
    Some(match (dl_type?, nw_proto) {
        (ETH_IP, Some(1)) => ("icmp", true),
        (ETH_IP, Some(6)) => ("tcp", true),
        (ETH_IP, Some(17)) => ("udp", true),
        (ETH_IP, Some(132)) => ("sctp", true),
        (ETH_IP, _) => ("ip", false),
        (ETH_IPV6, Some(58)) => ("icmp6", true),
        (ETH_IPV6, Some(6)) => ("tcp6", true),
        (ETH_IPV6, Some(17)) => ("udp6", true),
        (ETH_IPV6, Some(132)) => ("sctp6", true),
        (ETH_IPV6, _) => ("ipv6", false),
        (ETH_ARP, _) => ("arp", false),
        (ETH_RARP, _) => ("rarp", false),
        (ETH_MPLS, _) => ("mpls", false),
        (ETH_MPLS_MCAST, _) => ("mplsm", false),
        _ => return None,
    })
}

/// The words so far.
struct Words(Vec<String>);

impl Words {
    fn put(&mut self, name: &str, value: &str) {
        self.0.push(format!("{name}={value}"));
    }

    /// In hexadecimal, with the mask where not all of `bits` are in it.
    fn put_masked(&mut self, name: &str, value: u128, mask: u128, bits: u32) {
        let full = u128::MAX.checked_shr(128 - bits).unwrap_or(0);
        let slash = if mask == full { String::new() } else { format!("/{}", text::hex(mask)) };
        self.put(name, &format!("{}{slash}", text::hex(value)));
    }

    fn number(&mut self, key: &Key, word: &str, bits: u32) {
        if let Some((value, mask)) = key.get(word) {
            self.put_masked(word, value, mask, bits);
        }
    }

    /// In decimal; in hexadecimal with a mask that is not full.
    fn decimal(&mut self, key: &Key, name: &str, word: &str, full: u128) {
        if let Some((value, mask)) = key.get(word) {
            self.put(
                name,
                &match mask {
                    mask if mask == full => value.to_string(),
                    mask => format!("{value:#x}/{mask:#x}"),
                },
            );
        }
    }

    fn octet(&mut self, key: &Key, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(
                word,
                &match mask {
                    0xff => value.to_string(),
                    mask => format!("{value:#04x}/{mask:#04x}"),
                },
            );
        }
    }

    fn mac(&mut self, key: &Key, name: &str, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(name, &text::mac(value, mask));
        }
    }

    fn ipv4(&mut self, key: &Key, name: &str, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(name, &text::ipv4(value, mask));
        }
    }

    fn ipv6(&mut self, key: &Key, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(word, &text::ipv6(value, mask));
        }
    }
}
