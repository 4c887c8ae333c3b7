//! What ports and EtherTypes carry.

/// Which ports and EtherTypes carry what.
#[derive(Debug, Clone)]
pub struct Assignments {
    /// TCP ports that carry OpenFlow.
    pub openflow: Vec<u16>,
    /// TCP ports that do not, whatever the bytes look like.
    pub not_openflow: Vec<u16>,
    /// Whether to look for OpenFlow on the other TCP ports.
    pub heuristics: bool,
    /// UDP ports of VXLAN: the assigned one, and that of Linux.
    pub vxlan: Vec<u16>,
    /// UDP ports of VXLAN-GPE.
    pub vxlan_gpe: Vec<u16>,
    /// UDP ports of Geneve.
    pub geneve: Vec<u16>,
    /// UDP ports of MPLS.
    pub mpls: Vec<u16>,
    /// UDP ports of IPsec.
    pub udpencap: Vec<u16>,
    /// TCP ports of STT.
    pub stt: Vec<u16>,
    /// EtherTypes of frames that hold OpenFlow messages.
    pub vse: Vec<u16>,
}

impl Default for Assignments {
    fn default() -> Self {
        Self {
            openflow: vec![6633, 6653],
            not_openflow: Vec::new(),
            heuristics: true,
            vxlan: vec![4789, 8472],
            vxlan_gpe: vec![4790],
            geneve: vec![6081],
            mpls: vec![6635],
            udpencap: vec![4500],
            stt: vec![7471],
            vse: vec![codec::proxy::ETHERTYPE],
        }
    }
}

/// What a port carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    Unknown,
    Openflow,
    NotOpenflow,
    Stt,
    Vxlan,
    VxlanGpe,
    Geneve,
    Mpls,
    Udpencap,
}

/// [`Assignments`] as a table, since every segment asks.
#[derive(Debug)]
pub(crate) struct Ports {
    tcp: Vec<Carries>,
    udp: Vec<Carries>,
}

impl Ports {
    pub(crate) fn new(assignments: &Assignments) -> Self {
        let table = |lists: &[(&[u16], Carries)]| {
            let mut table = vec![Carries::Unknown; 1 << 16];
            for (ports, carries) in lists {
                for port in *ports {
                    if let Some(place) = table.get_mut(usize::from(*port)) {
                        *place = *carries;
                    }
                }
            }
            table
        };
        Self {
            tcp: table(&[
                (&assignments.openflow, Carries::Openflow),
                (&assignments.stt, Carries::Stt),
                (&assignments.not_openflow, Carries::NotOpenflow),
            ]),
            udp: table(&[
                (&assignments.vxlan, Carries::Vxlan),
                (&assignments.vxlan_gpe, Carries::VxlanGpe),
                (&assignments.geneve, Carries::Geneve),
                (&assignments.mpls, Carries::Mpls),
                (&assignments.udpencap, Carries::Udpencap),
            ]),
        }
    }

    /// What the segments between two TCP ports carry: the lower one says so first.
    #[inline]
    pub(crate) fn tcp(&self, source: u16, destination: u16) -> Carries {
        Self::either(&self.tcp, source, destination)
    }

    /// What the datagrams between two UDP ports carry: the lower one says so first, since the
    /// higher one is more likely to be any.
    #[inline]
    pub(crate) fn udp(&self, source: u16, destination: u16) -> Carries {
        Self::either(&self.udp, source, destination)
    }

    #[inline]
    fn either(table: &[Carries], source: u16, destination: u16) -> Carries {
        let of = |port| table.get(usize::from(port)).copied().unwrap_or(Carries::Unknown);
        match of(source.min(destination)) {
            Carries::Unknown => of(source.max(destination)),
            known => known,
        }
    }
}
