//! What a line about a frame says of a layer.

use codec::fcf::Fcf;
use codec::types::{Hex, Line, Piece, UpperCase};
use codec::{display_as_put, put};

/// What there is to say of a layer; cheap to make, since most is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Info {
    /// An EtherType that nobody dissects.
    EtherType(u16),
    /// An LLC frame: destination and source service access points.
    Llc(u8, u8),
    /// A VLAN tag: id, then priority.
    Vlan(u16, u8),
    /// ARP.
    Arp {
        /// What it does.
        opcode: u16,
        /// The sender's IPv4 address.
        sender: std::net::Ipv4Addr,
        /// The target's.
        target: std::net::Ipv4Addr,
    },
    /// An IP protocol that nobody dissects.
    IpProtocol(u8),
    /// A fragment.
    Fragment {
        /// The IP protocol of the datagram.
        protocol: u8,
        /// Where it begins, in bytes of the payload.
        offset: usize,
        /// Which datagram.
        id: u32,
        /// Whether others follow.
        more: bool,
    },
    /// A name with type and code: ICMP.
    Icmp {
        /// What it is, if it is known.
        name: Option<&'static str>,
        /// Type.
        r#type: u8,
        /// Code.
        code: u8,
        /// Identifier and sequence number of an echo.
        echo: Option<(u16, u16)>,
    },
    /// UDP: ports and bytes of data.
    Udp(u16, u16, usize),
    /// TCP.
    Tcp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// Flags.
        flags: u8,
        /// Sequence number.
        sequence: u32,
        /// Acknowledgement number.
        acknowledged: u32,
        /// Bytes of data.
        len: usize,
        /// What else there is to say.
        note: &'static str,
    },
    /// ESP or AH: security parameters index, sequence number.
    Security(u32, u32),
    /// GRE: the protocol that it carries, its key.
    Gre(u16, Option<u32>),
    /// A tunnel's network, and the Flow Control Field around it.
    Tunnel(u64, Option<Fcf>),
    /// A service path: its identifier, and the index on it.
    ServicePath(u32, u8),
    /// The session of a mirror.
    Session(u16),
    /// PPPoE: what it is, if that is known, and its session.
    Pppoe(Option<&'static str>, u16),
    /// An MPLS label, and its time to live.
    Label(u32, u8),
    /// What PPP carries: its number.
    Ppp(u16),
    /// A frame of OpenFlow messages: its stream.
    VseFrame(u32),
    /// A netlink message: family, type, sequence number.
    Netlink(u16, u16, u32),
    /// A VSE message through netlink: the name of its command.
    NetlinkVse(&'static str),
    /// Words.
    Text(&'static str),
}

/// The flags of TCP, from the lowest bit on.
const TCP_FLAGS: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

display_as_put!(Info);

impl Piece for Info {
    fn put(&self, out: &mut Line) {
        match *self {
            Self::EtherType(ethertype) => put!(out, format_args!("EtherType {ethertype:#06x}")),
            Self::Llc(dsap, ssap) => {
                put!(out, format_args!("DSAP {dsap:#04x}, SSAP {ssap:#04x}"));
            }
            Self::Vlan(id, priority) => put!(out, "VLAN ", id, ", priority ", priority),
            Self::Arp { opcode: 1, sender, target } => {
                put!(out, "Who has ", target, "? Tell ", sender);
            }
            Self::Arp { opcode: 2, sender, .. } => put!(out, sender, " is here"),
            Self::Arp { opcode, sender, target } => {
                put!(out, "Operation ", opcode, " from ", sender, " about ", target);
            }
            Self::IpProtocol(protocol) => put!(out, "Protocol ", protocol),
            Self::Fragment { protocol, offset, id, more } => {
                let last = if more { "" } else { ", the last" };
                put!(out, "Fragment of protocol ", protocol, " at byte ", offset, last);
                put!(out, format_args!(" (id={id:#06x})"));
            }
            Self::Icmp { name, r#type, code, echo } => {
                if let Some(name) = name {
                    out.push_str(name);
                } else {
                    put!(out, "Type ", r#type, ", code ", code);
                }
                if let Some((id, sequence)) = echo {
                    put!(out, format_args!(" id={id:#06x}"), ", seq=", sequence);
                }
            }
            Self::Udp(source, destination, len) => {
                put!(out, source, " → ", destination, " Len=", len);
            }
            Self::Tcp { source, destination, flags, sequence, acknowledged, len, note } => {
                put!(out, source, " → ", destination, " [");
                let mut comma = "";
                for (bit, name) in TCP_FLAGS.iter().enumerate() {
                    if flags >> bit & 1 == 1 {
                        put!(out, comma, *name);
                        comma = ", ";
                    }
                }
                put!(out, "] Seq=", sequence);
                if flags & 0x10 != 0 {
                    put!(out, " Ack=", acknowledged);
                }
                put!(out, " Len=", len, note);
            }
            Self::Security(spi, sequence) => {
                put!(out, format_args!("SPI {spi:#010x}"), ", seq ", sequence);
            }
            Self::Gre(protocol, key) => {
                put!(out, format_args!("Protocol {protocol:#06x}"));
                if let Some(key) = key {
                    put!(out, ", key ", Hex(key));
                }
            }
            Self::ServicePath(path, index) => put!(out, "Service path ", path, ", index ", index),
            Self::Session(id) => put!(out, "Session ", id),
            Self::Pppoe(name, session) => {
                if let Some(name) = name {
                    put!(out, UpperCase(name), ", ");
                }
                put!(out, "session ", session);
            }
            Self::Label(label, ttl) => put!(out, "Label ", label, ", TTL ", ttl),
            Self::Ppp(protocol) => put!(out, format_args!("Protocol {protocol:#06x}")),
            Self::Tunnel(id, fcf) => {
                put!(out, "Network ", id);
                if let Some(Fcf { vm_id, priority }) = fcf {
                    let priority = if priority { ", priority" } else { "" };
                    put!(out, format_args!(" {{VM {vm_id}{priority}}}"));
                }
            }
            Self::VseFrame(stream) => put!(out, "stream ", stream),
            Self::Netlink(family, r#type, sequence) => {
                put!(out, "family ", family, ", type ", r#type, ", seq ", sequence);
            }
            Self::NetlinkVse(command) => out.push_str(command),
            Self::Text(text) => out.push_str(text),
        }
    }
}
