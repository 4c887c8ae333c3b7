//! An extended match as text: the words of ovs-ofctl, in its order.
//!
//! Open vSwitch puts entries into one flow key and prints that. So several entries make one word (the
//! halves of a register, the parts of a VLAN tag), and a word depends on others: the same bytes are
//! `arp_spa` or `nw_src` by the EtherType.

use super::match_key::{MatchKey, VLAN_PCP, VLAN_PRESENT};
use super::match_words::{Context, ETH_IPV6, ETH_NSH, ORDER, printed};
use super::nxm::{Known, NxmEntry};
use super::value_text as text;

/// The words of a match, commas between; empty for any frame.
pub(crate) fn words(entries: &[NxmEntry]) -> String {
    let key = MatchKey::new(entries);
    let mut words = Words(Vec::new());
    key.write(&mut words);
    words.0.join(",")
}

/// A tunnel option.
fn option(entry: &NxmEntry) -> Option<String> {
    let Known { field, value, mask, .. } = entry.known()?;
    let mask = mask.filter(|mask| !text::is_full(mask));
    let mask = mask.map(|mask| format!("/{}", text::hex_bytes(mask))).unwrap_or_default();
    Some(format!("{}={}{mask}", field.word, text::hex_bytes(value)))
}

impl MatchKey {
    fn write(&self, words: &mut Words) {
        self.write_metadata(words);
        let context = self.context();
        let dl_type = self.value("eth_type");
        let shorthand = dl_type.and_then(|_| context.shorthand());
        words.0.extend(shorthand.map(|(word, _)| word.to_owned()));
        self.write_registers(words);
        self.write_tunnel(words, context);
        words.number(self, "metadata", 64);
        if let Some(port) = self.value("in_port") {
            words.put("in_port", &text::port(port).to_string());
        }
        self.write_vlan(words);
        words.mac(self, "eth_src", "eth_src");
        words.mac(self, "eth_dst", "eth_dst");
        if let (Some(dl_type), None) = (dl_type, shorthand) {
            words.put("eth_type", &format!("{dl_type:#06x}"));
        }
        self.write_network(words, context, shorthand.is_some_and(|(_, proto)| proto));
        self.write_mpls(words);
        if let Some((value, mask)) = self.get("ip_frag") {
            words.put("ip_frag", text::frag(value, mask));
        }
        self.write_transport(words, context);
        if let Some((value, mask)) = self.get("cookie") {
            // Without a mask it would be the cookie of the entry itself.
            words.put("cookie", &format!("{}/{}", text::hex(value), text::hex(mask)));
        }
        words.0.extend(self.raw.iter().map(ToString::to_string));
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
        for register in ORDER.iter().filter(|slot| slot.starts_with("reg")) {
            words.number(self, register, 32);
        }
    }

    fn write_tunnel(&self, words: &mut Words, context: Context) {
        words.number(self, "tun_id", 64);
        words.ipv4(self, "tun_src", "tun_src");
        words.ipv4(self, "tun_dst", "tun_dst");
        words.ipv6(self, "tun_ipv6_src");
        words.ipv6(self, "tun_ipv6_dst");
        words.decimal(self, "tun_gbp_id", "tun_gbp_id", 0xffff);
        for (word, in_hex) in [
            ("tun_gbp_flags", true),
            ("tun_erspan_ver", false),
            ("tun_erspan_idx", true),
            ("tun_erspan_dir", false),
            ("tun_erspan_hwid", true),
            ("tun_gtpu_flags", true),
            ("tun_gtpu_msgtype", false),
        ] {
            if let Some(value) = self.value(word).filter(|_| context.field(word).is_some()) {
                words.put(word, &if in_hex { text::hex(value) } else { value.to_string() });
            }
        }
        if let Some((value, mask)) = self.get("tun_flags") {
            words.put("tun_flags", &text::tun_flags(value, mask, 0xf));
        }
        words.0.extend(self.options.iter().filter_map(option));
    }

    fn write_vlan(&self, words: &mut Words) {
        let Some((tci, mask)) = self.get("tci") else { return };
        let (vid, pcp) = (mask & 0xfff, mask & VLAN_PCP);
        let whole = matches!(vid, 0 | 0xfff) && matches!(pcp, 0 | VLAN_PCP) && vid | pcp != 0;
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

    fn write_network(&self, words: &mut Words, context: Context, proto_said: bool) {
        let arp = context.is_arp();
        let address = |words: &mut Words, slot| {
            words.ipv4(self, context.field(slot).unwrap_or(slot), slot);
        };
        match context.eth_type {
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
            _ => {
                address(words, "ip_src");
                address(words, "ip_dst");
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

    fn write_transport(&self, words: &mut Words, context: Context) {
        for slot in ["tp_src", "tp_dst"] {
            words.decimal(self, context.field(slot).unwrap_or(slot), slot, 0xffff);
        }
        if context.is_icmp6() {
            words.ipv6(self, "nd_target");
            words.mac(self, "nd_sll", "arp_sha");
            words.mac(self, "nd_tll", "arp_tha");
            for word in ["nd_reserved", "nd_options_type"] {
                if let Some(value) = self.value(word) {
                    words.put(word, &value.to_string());
                }
            }
        }
        if let (Some((value, mask)), Some(_)) = (self.get("tcp_flags"), context.field("tcp_flags"))
        {
            words.put("tcp_flags", &text::tcp_flags(value, mask));
        }
    }
}

/// The words so far.
struct Words(Vec<String>);

impl Words {
    /// The word of a field and its value.
    fn put(&mut self, field: &'static str, value: &str) {
        self.0.push(format!("{}={value}", printed(field)));
    }

    /// In hexadecimal, with the mask where not all of `bits` are in it.
    fn put_masked(&mut self, name: &'static str, value: u128, mask: u128, bits: u32) {
        let full = u128::MAX.checked_shr(128 - bits).unwrap_or(0);
        let slash = if mask == full { String::new() } else { format!("/{}", text::hex(mask)) };
        self.put(name, &format!("{}{slash}", text::hex(value)));
    }

    fn number(&mut self, key: &MatchKey, word: &'static str, bits: u32) {
        if let Some((value, mask)) = key.get(word) {
            self.put_masked(word, value, mask, bits);
        }
    }

    /// In decimal; in hexadecimal with a mask that is not full.
    fn decimal(&mut self, key: &MatchKey, name: &'static str, word: &str, full: u128) {
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

    fn octet(&mut self, key: &MatchKey, word: &'static str) {
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

    fn mac(&mut self, key: &MatchKey, name: &'static str, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(name, &text::mac(value, mask));
        }
    }

    fn ipv4(&mut self, key: &MatchKey, name: &'static str, word: &str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(name, &text::ipv4(value, mask));
        }
    }

    fn ipv6(&mut self, key: &MatchKey, word: &'static str) {
        if let Some((value, mask)) = key.get(word) {
            self.put(word, &text::ipv6(value, mask));
        }
    }
}
