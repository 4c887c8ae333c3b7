//! A frame that has the fields that are wanted: the layers of `craft traffic` for them. What is not
//! wanted has a usual value.

use std::collections::BTreeMap;

use codec::fcf::{Fcf, FcfLayout};
use codec::types::MacAddr;
use codec::vse::{Carrier, MatchField as F};

use crate::craft::{self, Family, Spec};

/// Values of fields, and the bits of them that count.
pub(super) type Wanted = BTreeMap<u8, (u64, u64)>;

const IPV4: u64 = 0x0800;
const IPV6: u64 = 0x86dd;
const ARP: u64 = 0x0806;
/// The type of a frame that has a length instead.
const NO_TYPE: u64 = 0x05ff;
const NO_TAG: u64 = 0xffff;
const UDP: u64 = 17;
const GRE: u64 = 47;
const ESP: u64 = 50;
const VXLAN: u64 = 1;
const NVGRE: u64 = 2;
const GENEVE: u64 = 3;

/// The fields of one level of headers, from Ethernet to ports.
struct Level {
    dl_src: F,
    dl_dst: F,
    dl_vlan: F,
    dl_vlan_pcp: F,
    dl_type: F,
    nw_tos: F,
    nw_proto: F,
    nw_src: F,
    nw_dst: F,
    tp_src: F,
    tp_dst: F,
}

const OUTER: Level = Level {
    dl_src: F::DlSrc,
    dl_dst: F::DlDst,
    dl_vlan: F::DlVlan,
    dl_vlan_pcp: F::DlVlanPcp,
    dl_type: F::DlType,
    nw_tos: F::NwTos,
    nw_proto: F::NwProto,
    nw_src: F::NwSrc,
    nw_dst: F::NwDst,
    tp_src: F::TpSrc,
    tp_dst: F::TpDst,
};

const INNER: Level = Level {
    dl_src: F::InnerDlSrc,
    dl_dst: F::InnerDlDst,
    dl_vlan: F::InnerDlVlan,
    dl_vlan_pcp: F::InnerDlVlanPcp,
    dl_type: F::InnerDlType,
    nw_tos: F::InnerNwTos,
    nw_proto: F::InnerNwProto,
    nw_src: F::InnerNwSrc,
    nw_dst: F::InnerNwDst,
    tp_src: F::InnerTpSrc,
    tp_dst: F::InnerTpDst,
};

/// The frame, or why there is none.
pub(super) fn build(wanted: &Wanted, layout: FcfLayout) -> Result<Vec<u8>, String> {
    let text = Text { wanted, layout }.stack()?;
    let layers = craft::parse(&text).map_err(|error| error.to_string())?;
    let mut family = Family::new(Spec::of(layers)).map_err(|error| error.to_string())?;
    let frame = family.next(0).map_err(|error| error.to_string())?;
    frame.map(<[u8]>::to_vec).ok_or_else(|| "no frame".to_owned())
}

struct Text<'a> {
    wanted: &'a Wanted,
    layout: FcfLayout,
}

impl Text<'_> {
    fn has(&self, field: F) -> bool {
        self.wanted.contains_key(&u8::from(field))
    }

    /// The value of a field, whose other bits are those of `usual`.
    fn value(&self, field: F, usual: u64) -> u64 {
        match self.wanted.get(&u8::from(field)) {
            Some((value, mask)) => value | usual & !mask,
            None => usual,
        }
    }

    fn stack(&self) -> Result<String, String> {
        let outer = self.level(&OUTER, 1)?;
        if !self.has_tunnel() {
            return Ok(outer);
        }
        let id = self.value(F::TunId, 1);
        let tunnel = match self.value(F::TunType, VXLAN) {
            VXLAN => format!("vxlan vni={id}"),
            NVGRE => format!("nvgre vsid={id}"),
            GENEVE => format!("geneve vni={id}"),
            _ => return Err("no packet is crafted in this kind of tunnel".to_owned()),
        };
        let inner = self.level(&INNER, 3)?;
        Ok(format!("{outer} / {tunnel} / {inner}"))
    }

    fn has_tunnel(&self) -> bool {
        let inner = u8::from(F::InnerDlSrc)..=u8::from(F::InnerTpDst);
        self.has(F::TunType) || self.has(F::TunId) || self.wanted.range(inner).next().is_some()
    }

    /// What the Flow Control Field makes of the field that carries it.
    fn carried(&self, carrier: Carrier, value: u64) -> Result<u64, String> {
        let wanted = self.has(F::VmId) || self.has(F::FcfPriority);
        if !wanted || self.layout.carrier != carrier {
            return Ok(value);
        }
        let vm_id = u16::try_from(self.value(F::VmId, 0)).unwrap_or(u16::MAX);
        let priority = self.value(F::FcfPriority, 0) != 0;
        let before = u16::try_from(value).unwrap_or(u16::MAX);
        let after = self.layout.write(Fcf { vm_id, priority }, before);
        after.map(u64::from).map_err(|error| error.to_string())
    }

    fn level(&self, level: &Level, host: u64) -> Result<String, String> {
        let outer = level.dl_type == F::DlType;
        let mac = |field, last: u64| {
            let number = self.value(field, 0x0200_0000_0000 | last).to_be_bytes();
            let [_, _, address @ ..] = number;
            MacAddr(address)
        };
        let (source, destination) = (mac(level.dl_src, host), mac(level.dl_dst, host + 1));
        let dl_type = self.value(level.dl_type, IPV4);
        // What needs a type of its own has it in the innermost header in front of it.
        let own_type = match dl_type {
            IPV4 | IPV6 | ARP => String::new(),
            NO_TYPE => " type=46".to_owned(),
            other => format!(" type={other}"),
        };
        let types = match self.tag(level, outer)? {
            Some(tci) => {
                let (id, pcp, dei) = (tci & 0xfff, tci >> 13 & 7, tci >> 12 & 1);
                format!(" / vlan id={id} pcp={pcp} dei={dei}{own_type}")
            }
            None => own_type,
        };
        let network = match dl_type {
            IPV4 => self.ipv4(level, outer, host)?,
            IPV6 => {
                let tos = self.value(level.nw_tos, 0);
                let (layer, proto) =
                    self.transport(level, outer, self.value(level.nw_proto, UDP), 58);
                format!(" / ip6 tclass={tos} next={proto}{layer}")
            }
            ARP => {
                let (from, to) = self.addresses(level, host);
                format!(" / arp op={} spa={from} tpa={to}", self.value(level.nw_proto, 1))
            }
            _ => " / payload len=46".to_owned(),
        };
        Ok(format!("eth src={source} dst={destination}{types}{network}"))
    }

    /// The tag, where the frame has one.
    fn tag(&self, level: &Level, outer: bool) -> Result<Option<u64>, String> {
        let vlan = self.value(level.dl_vlan, NO_TAG);
        let carries = outer
            && self.layout.carrier == Carrier::Vlan
            && (self.has(F::VmId) || self.has(F::FcfPriority) || self.has(F::FcfCarrier));
        if vlan == NO_TAG && !carries {
            return Ok(None);
        }
        let id = if vlan == NO_TAG { 0 } else { vlan & 0xfff };
        let tci = self.value(level.dl_vlan_pcp, 0) << 13 | id;
        if outer { self.carried(Carrier::Vlan, tci).map(Some) } else { Ok(Some(tci)) }
    }

    fn addresses(&self, level: &Level, host: u64) -> (std::net::Ipv4Addr, std::net::Ipv4Addr) {
        let address = |field, last: u64| {
            let number = self.value(field, 0xc000_0200 | last);
            std::net::Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))
        };
        (address(level.nw_src, host), address(level.nw_dst, host + 1))
    }

    fn ipv4(&self, level: &Level, outer: bool, host: u64) -> Result<String, String> {
        let (from, to) = self.addresses(level, host);
        let tos = self.value(level.nw_tos, 0);
        let tos = if outer { self.carried(Carrier::Tos, tos)? } else { tos };
        let fragment = if outer { self.value(F::IpFrag, 0) } else { 0 };
        let (layer, proto) = self.transport(level, outer, self.value(level.nw_proto, UDP), 1);
        let ip = format!(" / ip src={from} dst={to} tos={tos} proto={proto}");
        Ok(match fragment {
            0 => format!("{ip}{layer}"),
            1 => format!("{ip} mf / payload len=16"),
            _ => format!("{ip} offset=1 / payload len=16"),
        })
    }

    /// The layer behind IP, and its protocol: that of the tunnel or of ESP, where one is wanted.
    fn transport(&self, level: &Level, outer: bool, proto: u64, icmp: u64) -> (String, u64) {
        let free = !self.has(level.nw_proto);
        let (source, destination) = (self.value(level.tp_src, 1024), self.value(level.tp_dst, 9));
        if outer && self.has_tunnel() {
            let nvgre = self.value(F::TunType, VXLAN) == NVGRE;
            let proto = if free && nvgre { GRE } else { proto };
            let layer = match (nvgre, self.has(level.tp_dst)) {
                (true, _) => String::new(),
                (false, true) => format!(" / udp sport={source} dport={destination}"),
                (false, false) => format!(" / udp sport={source}"),
            };
            return (layer, proto);
        }
        if outer && self.has(F::EspSpi) {
            let spi = self.value(F::EspSpi, 0);
            return (format!(" / esp spi={spi} / payload len=16"), if free { ESP } else { proto });
        }
        let layer = match proto {
            UDP => format!(" / udp sport={source} dport={destination}"),
            6 => format!(" / tcp sport={source} dport={destination}"),
            132 => format!(" / payload hex={source:04x}{destination:04x}0000000000000000"),
            _ if proto == icmp => {
                // The usual ports are no type and no code.
                let kind = if self.has(level.tp_src) { source } else { 8 };
                let code = if self.has(level.tp_dst) { destination } else { 0 };
                let name = if icmp == 1 { "icmp" } else { "icmp6" };
                format!(" / {name} type={kind} code={code}")
            }
            ESP => " / esp / payload len=16".to_owned(),
            _ => " / payload len=16".to_owned(),
        };
        (layer, proto)
    }
}
