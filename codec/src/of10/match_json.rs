//! A match in JSON: the fields that are matched, by the names of the specification.
//!
//! What a match ignores shows only where it would be lost otherwise: `wildcards` where the bits
//! are not the ones that the shown fields stand for, `unmatched` for values under wildcards.

use std::net::Ipv4Addr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::flow_match::{Ipv4Prefix, Match, Wildcards};
use super::port_no::PortNo;
use crate::types::{ByText, Hex, MacAddr, Pad};

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct MatchJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    in_port: Option<PortNo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_src: Option<MacAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_dst: Option<MacAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_vlan: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_vlan_pcp: Option<u8>,
    #[serde(skip_serializing_if = "Pad::is_zero")]
    pad1: Pad<1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_type: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nw_tos: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nw_proto: Option<u8>,
    #[serde(skip_serializing_if = "Pad::is_zero")]
    pad2: Pad<2>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nw_src: Option<ByText<Ipv4Prefix>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nw_dst: Option<ByText<Ipv4Prefix>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tp_src: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tp_dst: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wildcards: Option<Hex<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched: Option<Box<MatchJson>>,
}

impl MatchJson {
    /// The fields of `from` for which `shown` says so.
    fn select(from: &Match, shown: impl Fn(Wildcards) -> bool) -> Self {
        let when = |field| shown(field).then_some(());
        Self {
            in_port: when(Wildcards::IN_PORT).map(|()| from.in_port),
            dl_src: when(Wildcards::DL_SRC).map(|()| from.dl_src),
            dl_dst: when(Wildcards::DL_DST).map(|()| from.dl_dst),
            dl_vlan: when(Wildcards::DL_VLAN).map(|()| from.dl_vlan),
            dl_vlan_pcp: when(Wildcards::DL_VLAN_PCP).map(|()| from.dl_vlan_pcp),
            dl_type: when(Wildcards::DL_TYPE).map(|()| from.dl_type),
            nw_tos: when(Wildcards::NW_TOS).map(|()| from.nw_tos),
            nw_proto: when(Wildcards::NW_PROTO).map(|()| from.nw_proto),
            tp_src: when(Wildcards::TP_SRC).map(|()| from.tp_src),
            tp_dst: when(Wildcards::TP_DST).map(|()| from.tp_dst),
            ..Self::default()
        }
    }

    /// The wildcards that these fields stand for.
    fn wildcards(&self) -> Wildcards {
        let mut wildcards = Wildcards::ALL;
        for (field, shown) in [
            (Wildcards::IN_PORT, self.in_port.is_some()),
            (Wildcards::DL_SRC, self.dl_src.is_some()),
            (Wildcards::DL_DST, self.dl_dst.is_some()),
            (Wildcards::DL_VLAN, self.dl_vlan.is_some()),
            (Wildcards::DL_VLAN_PCP, self.dl_vlan_pcp.is_some()),
            (Wildcards::DL_TYPE, self.dl_type.is_some()),
            (Wildcards::NW_TOS, self.nw_tos.is_some()),
            (Wildcards::NW_PROTO, self.nw_proto.is_some()),
            (Wildcards::TP_SRC, self.tp_src.is_some()),
            (Wildcards::TP_DST, self.tp_dst.is_some()),
        ] {
            wildcards.set(field, !shown);
        }
        let ignored = |prefix: &Option<ByText<Ipv4Prefix>>| {
            prefix.as_ref().map_or(32, |ByText(prefix)| prefix.ignored())
        };
        wildcards
            .with_nw_src_ignored(ignored(&self.nw_src))
            .with_nw_dst_ignored(ignored(&self.nw_dst))
    }

    /// Puts the fields that are here into `to`.
    fn fill(&self, to: &mut Match) {
        fn set<T: Copy>(to: &mut T, from: Option<T>) {
            *to = from.unwrap_or(*to);
        }
        let addr = |prefix: &Option<ByText<Ipv4Prefix>>| prefix.as_ref().map(|ByText(p)| p.addr);
        set(&mut to.in_port, self.in_port);
        set(&mut to.dl_src, self.dl_src);
        set(&mut to.dl_dst, self.dl_dst);
        set(&mut to.dl_vlan, self.dl_vlan);
        set(&mut to.dl_vlan_pcp, self.dl_vlan_pcp);
        set(&mut to.dl_type, self.dl_type);
        set(&mut to.nw_tos, self.nw_tos);
        set(&mut to.nw_proto, self.nw_proto);
        set(&mut to.nw_src, addr(&self.nw_src));
        set(&mut to.nw_dst, addr(&self.nw_dst));
        set(&mut to.tp_src, self.tp_src);
        set(&mut to.tp_dst, self.tp_dst);
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = MatchJson::select(self, |field| self.matches(field));
        json.nw_src = self.nw_src_prefix().map(ByText);
        json.nw_dst = self.nw_dst_prefix().map(ByText);
        let wildcards = json.wildcards();
        json.wildcards = (wildcards != self.wildcards).then(|| Hex(self.wildcards.bits()));
        (json.pad1, json.pad2) = (self.pad1, self.pad2);

        let mut again = Self { wildcards: self.wildcards, ..Self::ANY };
        json.fill(&mut again);
        (again.pad1, again.pad2) = (self.pad1, self.pad2);
        if again != *self {
            let hidden = |addr: Ipv4Addr, shown: bool| {
                let hides = !shown && !addr.is_unspecified();
                hides.then_some(ByText(Ipv4Prefix { addr, len: 32 }))
            };
            // A value of zero is what an absent one reads as, so only the others are listed.
            let mut unmatched = MatchJson::select(self, |field| !self.matches(field));
            unmatched.drop_zeros();
            unmatched.nw_src = hidden(self.nw_src, json.nw_src.is_some());
            unmatched.nw_dst = hidden(self.nw_dst, json.nw_dst.is_some());
            json.unmatched = Some(Box::new(unmatched));
        }
        json.serialize(serializer)
    }
}

impl MatchJson {
    fn drop_zeros(&mut self) {
        fn keep<T: PartialEq + Copy>(field: &mut Option<T>, zero: T) {
            *field = field.filter(|value| *value != zero);
        }
        keep(&mut self.in_port, PortNo(0));
        keep(&mut self.dl_src, MacAddr::default());
        keep(&mut self.dl_dst, MacAddr::default());
        keep(&mut self.dl_vlan, 0);
        keep(&mut self.dl_vlan_pcp, 0);
        keep(&mut self.dl_type, 0);
        keep(&mut self.nw_tos, 0);
        keep(&mut self.nw_proto, 0);
        keep(&mut self.tp_src, 0);
        keep(&mut self.tp_dst, 0);
    }
}

impl<'de> Deserialize<'de> for Match {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = MatchJson::deserialize(deserializer)?;
        let implied = json.wildcards();
        let wildcards =
            json.wildcards.as_ref().map_or(implied, |Hex(b)| Wildcards::from_bits_retain(*b));
        let mut read = Self { wildcards, pad1: json.pad1, pad2: json.pad2, ..Self::ANY };
        if let Some(unmatched) = &json.unmatched {
            unmatched.fill(&mut read);
        }
        json.fill(&mut read);
        Ok(read)
    }
}
