//! The frames of a capture, and what they begin with.

/// What a frame begins with: the link types of the capture formats (`LINKTYPE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// A loopback header: the address family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// An Ethernet header.
    pub const ETHERNET: Self = Self(1);
    /// A PPP frame, address and control perhaps left out.
    pub const PPP: Self = Self(9);
    /// An IP header, by the older number.
    pub const DLT_RAW: Self = Self(12);
    /// A PPP frame.
    pub const PPP_HDLC: Self = Self(50);
    /// A PPPoE header of a session.
    pub const PPP_ETHER: Self = Self(51);
    /// An LLC header, as ATM carries it.
    pub const ATM_RFC1483: Self = Self(100);
    /// An IP header.
    pub const RAW: Self = Self(101);
    /// A loopback header: the address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// A Linux cooked header.
    pub const LINUX_SLL: Self = Self(113);
    /// An IPv4 header.
    pub const IPV4: Self = Self(228);
    /// An IPv6 header.
    pub const IPV6: Self = Self(229);
    /// A Linux netlink header, behind the cooked one.
    pub const NETLINK: Self = Self(253);
    /// A Linux cooked header, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The name that capture tools have for it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL => "NULL",
            Self::ETHERNET => "EN10MB",
            Self::PPP => "PPP",
            Self::PPP_HDLC => "PPP_SERIAL",
            Self::PPP_ETHER => "PPP_ETHER",
            Self::ATM_RFC1483 => "ATM_RFC1483",
            Self::RAW | Self::DLT_RAW => "RAW",
            Self::LOOP => "LOOP",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::NETLINK => "NETLINK",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

/// A frame of a capture.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What it begins with.
    pub link_type: LinkType,
    /// As much of it as was captured.
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub len: usize,
    /// Its number, from 1.
    pub number: u64,
    /// When it was captured, in nanoseconds since the Unix epoch.
    pub time: u64,
    /// The interface that it was captured on, from 0.
    pub interface: u32,
    /// The name of that interface, where the capture has it.
    pub interface_name: Option<&'a str>,
}

impl<'a> Frame<'a> {
    /// A whole Ethernet frame that no capture knows anything more of.
    #[must_use]
    pub fn ethernet(bytes: &'a [u8]) -> Self {
        let link_type = LinkType::ETHERNET;
        let len = bytes.len();
        Self { link_type, bytes, len, number: 1, time: 0, interface: 0, interface_name: None }
    }
}
