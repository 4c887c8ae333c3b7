//! `-d SELECTOR==VALUE,PROTO`: what a port or an EtherType carries.

use dissect::Assignments;

/// What a port or an EtherType carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecodeAs {
    selector: Selector,
    value: u16,
    protocol: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selector {
    TcpPort,
    UdpPort,
    EtherType,
}

/// Reads `SELECTOR==VALUE,PROTO`. An error says what would be right.
pub(crate) fn parse(text: &str) -> Result<DecodeAs, String> {
    const WANT: &str = "want SELECTOR==VALUE,PROTO, as in tcp.port==16653,openflow";
    let (selector, rest) = text.split_once("==").ok_or(WANT)?;
    let (value, protocol) = rest.split_once(',').ok_or(WANT)?;
    let (selector, protocols): (_, &[&'static str]) = match selector {
        "tcp.port" => (Selector::TcpPort, &["openflow", "stt", "none"]),
        "udp.port" => {
            (Selector::UdpPort, &["vxlan", "vxlan_gpe", "geneve", "mpls", "udpencap", "none"])
        }
        "ethertype" => (Selector::EtherType, &["vse", "none"]),
        _ => return Err(format!("{selector:?}: want tcp.port, udp.port or ethertype")),
    };
    let number = match value.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => value.parse(),
    };
    let value = number.map_err(|_| {
        format!(
            "{value:?} is no {}",
            match selector {
                Selector::TcpPort => "TCP port",
                Selector::UdpPort => "UDP port",
                Selector::EtherType => "EtherType",
            }
        )
    })?;
    let known = protocols.iter().copied().find(|known| *known == protocol);
    let protocol = known.ok_or_else(|| format!("{protocol:?}: want {}", protocols.join(", ")))?;
    Ok(DecodeAs { selector, value, protocol })
}

impl DecodeAs {
    /// Puts it into what is assigned.
    pub(crate) fn apply(self, to: &mut Assignments) {
        let Self { selector, value, protocol } = self;
        let lists: &mut [&mut Vec<u16>] = match selector {
            Selector::TcpPort => &mut [&mut to.openflow, &mut to.stt, &mut to.not_openflow],
            Selector::UdpPort => {
                let Assignments { vxlan, vxlan_gpe, geneve, mpls, udpencap, .. } = to;
                &mut [vxlan, vxlan_gpe, geneve, mpls, udpencap]
            }
            Selector::EtherType => &mut [&mut to.vse],
        };
        // A later assignment takes the place of an earlier one, and of what is assigned anyway.
        for list in lists.iter_mut() {
            list.retain(|known| *known != value);
        }
        let list = match (selector, protocol) {
            (Selector::TcpPort, "openflow") => &mut to.openflow,
            (Selector::TcpPort, "stt") => &mut to.stt,
            (Selector::TcpPort, _) => &mut to.not_openflow,
            (_, "vxlan") => &mut to.vxlan,
            (_, "vxlan_gpe") => &mut to.vxlan_gpe,
            (_, "geneve") => &mut to.geneve,
            (_, "mpls") => &mut to.mpls,
            (_, "udpencap") => &mut to.udpencap,
            (_, "vse") => &mut to.vse,
            _ => return,
        };
        list.push(value);
    }
}
