//! A frame that a flow's text describes: the shortest that has every field of it. What the text
//! leaves open is zero.

use anyhow::bail;
use codec::fcf::{Fcf, FcfLayout};
use codec::of10::{Match, Wildcards};
use codec::text::Flow;
use codec::types::MacAddr;
use codec::vse::{Carrier, MatchField, Tlv};

const ETH_IP: u16 = 0x0800;
const ETH_ARP: u16 = 0x0806;
const ETH_VLAN: u16 = 0x8100;
const IP_ICMP: u8 = 1;
const IP_TCP: u8 = 6;
const IP_UDP: u8 = 17;
const IP_ESP: u8 = 50;
/// The two lowest bits of the type of service belong to ECN.
const ECN: u8 = 0b11;

/// What a frame is to say beyond `struct ofp_match`.
#[derive(Debug, Default)]
struct Beyond {
    fcf: Option<Fcf>,
    fragment: u64,
    esp_spi: Option<u64>,
}

/// The frame of a flow's text; `layout` says where the Flow Control Field stands.
pub(crate) fn frame(flow: &Flow, layout: FcfLayout) -> anyhow::Result<Vec<u8>> {
    let m = &flow.flow_mod.r#match;
    let beyond = beyond(&flow.tlvs, layout)?;
    let has = |field| m.matches(field);
    let network =
        m.nw_src_prefix().is_some() || m.nw_dst_prefix().is_some() || has(Wildcards::NW_PROTO);
    let tos_carried = beyond.fcf.is_some() && layout.carrier == Carrier::Tos;
    let needs_ip = network || tos_carried || beyond.esp_spi.is_some() || beyond.fragment != 0;
    let dl_type = if has(Wildcards::DL_TYPE) {
        m.dl_type
    } else if needs_ip {
        ETH_IP
    } else {
        0
    };
    let mut out = Vec::new();
    put_mac(m.dl_dst, &mut out);
    put_mac(m.dl_src, &mut out);
    if let Some(tci) = tci(m, &beyond, layout)? {
        out.extend_from_slice(&ETH_VLAN.to_be_bytes());
        out.extend_from_slice(&tci.to_be_bytes());
    }
    out.extend_from_slice(&dl_type.to_be_bytes());
    match dl_type {
        ETH_IP => ipv4(m, &beyond, layout, &mut out)?,
        ETH_ARP => arp(m, &mut out),
        _ if needs_ip => bail!("the flow needs IPv4, but its dl_type is {dl_type:#06x}"),
        _ => {}
    }
    Ok(out)
}

fn beyond(tlvs: &[Tlv], layout: FcfLayout) -> anyhow::Result<Beyond> {
    let mut beyond = Beyond::default();
    for tlv in tlvs {
        let Tlv::Field(field) = tlv else { bail!("no frame can be made of {tlv}") };
        match field.field() {
            MatchField::VmId => {
                beyond.fcf.get_or_insert_default().vm_id =
                    u16::try_from(field.value()).unwrap_or(u16::MAX);
            }
            MatchField::FcfPriority => {
                beyond.fcf.get_or_insert_default().priority = field.value() != 0;
            }
            MatchField::FcfCarrier if field.value() == u64::from(u8::from(layout.carrier)) => {
                beyond.fcf.get_or_insert_default();
            }
            MatchField::FcfCarrier => {
                bail!("{tlv}: the agent looks for the field in {}", layout.carrier)
            }
            MatchField::IpFrag => beyond.fragment = field.value(),
            MatchField::EspSpi => beyond.esp_spi = Some(field.value()),
            _ => bail!("no frame is made of {tlv}: give its bytes in hex, or a capture with -r"),
        }
    }
    Ok(beyond)
}

/// The tag, where the frame has one.
fn tci(m: &Match, beyond: &Beyond, layout: FcfLayout) -> anyhow::Result<Option<u16>> {
    let has_vlan = m.matches(Wildcards::DL_VLAN) && m.dl_vlan != Match::VLAN_NONE;
    let plain = if has_vlan { m.dl_vlan & 0x0fff } else { 0 };
    let pcp =
        if m.matches(Wildcards::DL_VLAN_PCP) { u16::from(m.dl_vlan_pcp & 7) << 13 } else { 0 };
    match beyond.fcf {
        Some(fcf) if layout.carrier == Carrier::Vlan => Ok(Some(layout.write(fcf, plain | pcp)?)),
        _ => Ok(has_vlan.then_some(plain | pcp)),
    }
}

fn ipv4(m: &Match, beyond: &Beyond, layout: FcfLayout, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut tos = if m.matches(Wildcards::NW_TOS) { m.nw_tos & !ECN } else { 0 };
    if let (Some(fcf), Carrier::Tos) = (beyond.fcf, layout.carrier) {
        tos = u8::try_from(layout.write(fcf, tos.into())?).unwrap_or(tos);
    }
    let proto = match beyond.esp_spi {
        Some(_) => IP_ESP,
        None if m.matches(Wildcards::NW_PROTO) => m.nw_proto,
        // None that has a meaning here.
        None => 255,
    };
    // A fragment that is not the first begins behind it.
    let fragment: u16 = match beyond.fragment {
        0 => 0,
        1 => 0x2000,
        _ => 0x0001,
    };
    let payload = if fragment == 0 { transport(m, proto, beyond.esp_spi) } else { vec![0; 8] };
    let total = u16::try_from(20 + payload.len()).unwrap_or(u16::MAX);
    let mut header = vec![0x45, tos];
    header.extend_from_slice(&total.to_be_bytes());
    header.extend_from_slice(&[0, 0]);
    header.extend_from_slice(&fragment.to_be_bytes());
    header.extend_from_slice(&[64, proto, 0, 0]);
    header.extend_from_slice(&m.nw_src.octets());
    header.extend_from_slice(&m.nw_dst.octets());
    let sum = pnet::util::checksum(&header, 5);
    if let Some(field) = header.get_mut(10..12) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    out.extend_from_slice(&header);
    out.extend_from_slice(&payload);
    Ok(())
}

fn transport(m: &Match, proto: u8, spi: Option<u64>) -> Vec<u8> {
    let (source, destination) = (m.tp_src.to_be_bytes(), m.tp_dst.to_be_bytes());
    let ports = [source, destination].concat();
    match proto {
        IP_TCP => [&ports[..], &[0; 8], &[0x50, 0, 0, 0, 0, 0, 0, 0]].concat(),
        IP_UDP => [&ports[..], &[0, 8, 0, 0]].concat(),
        IP_ICMP => {
            let ([_, kind], [_, code]) = (source, destination);
            vec![kind, code, 0, 0, 0, 0, 0, 0]
        }
        IP_ESP => {
            let [_, _, _, _, spi @ ..] = spi.unwrap_or(0).to_be_bytes();
            [&spi[..], &[0; 8]].concat()
        }
        _ => Vec::new(),
    }
}

fn arp(m: &Match, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, m.nw_proto]);
    put_mac(m.dl_src, out);
    out.extend_from_slice(&m.nw_src.octets());
    out.extend_from_slice(&[0; 6]);
    out.extend_from_slice(&m.nw_dst.octets());
}

fn put_mac(mac: MacAddr, out: &mut Vec<u8>) {
    out.extend_from_slice(&mac.0);
}

#[cfg(test)]
mod tests {
    use agent::engine::{FlowMatch, PacketKey};
    use codec::of10::PortNo;
    use codec::text::{Options, Requirement};
    use codec::vse::Tlvs;

    use super::*;

    /// The engine finds in each frame what its flow says.
    #[test]
    fn frames_match_their_flows() {
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        for layout in [FcfLayout::DSCP, FcfLayout::TOS8, FcfLayout::VLAN] {
            for text in [
                "",
                "dl_type=0x88b5,dl_dst=02:00:00:00:00:01",
                "ip,nw_dst=10.0.0.1",
                "tcp,nw_src=10.0.0.0/8,tp_dst=80,nw_tos=0",
                "udp,tp_src=53,dl_vlan=7,dl_vlan_pcp=0",
                "icmp,icmp_type=8,icmp_code=0",
                "arp,arp_tpa=10.0.0.1,arp_op=1",
                "ip,vm_id=5,fcf_priority=1",
                "udp,vm_id=5,nw_dst=10.0.0.1,tp_dst=4789",
                "ip_frag=1",
                "ip_frag=3",
                "esp_spi=0x1234",
            ] {
                if layout == FcfLayout::VLAN && text.contains("dl_vlan") {
                    continue;
                }
                let (flow, _) = Flow::parse(text, options).unwrap();
                let bytes = frame(&flow, layout).unwrap();
                let key = PacketKey::extract(&bytes, PortNo::NONE, &layout);
                let matched =
                    FlowMatch::new(&flow.flow_mod.r#match, &Tlvs::new(flow.tlvs.clone())).unwrap();
                assert_eq!(matched.first_failing(&key), None, "{text} in {layout}");
            }
        }
    }

    #[test]
    fn what_cannot_be_made_is_told() {
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        let (flow, _) = Flow::parse("tun_id=7", options).unwrap();
        let error = frame(&flow, FcfLayout::DSCP).unwrap_err().to_string();
        assert!(error.contains("give its bytes in hex"), "{error}");
        let (flow, _) = Flow::parse("vm_id=900", options).unwrap();
        assert!(frame(&flow, FcfLayout::DSCP).is_err());
    }
}
