//! An OpenFlow session as frames: messages in TCP segments between a controller and a switch.
//!
//! Addresses are from the documentation range (RFC 5737) and locally administered, so that a
//! capture made here is never taken for one of a real host.

use std::net::{Ipv4Addr, SocketAddrV4};

use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::{Ipv4Flags, MutableIpv4Packet, checksum};
use pnet::packet::tcp::{MutableTcpPacket, ipv4_checksum};
use pnet::util::MacAddr;

use crate::craft::{Conversation, Segment};

const ETHERNET_LEN: usize = 14;
const IPV4_LEN: usize = 20;
const TCP_LEN: usize = 20;
const HEADERS_LEN: usize = ETHERNET_LEN + IPV4_LEN + TCP_LEN;

/// One end of the session.
#[derive(Debug)]
struct End {
    mac: MacAddr,
    addr: Ipv4Addr,
    port: u16,
}

/// Frames between a controller, who is the server of the connection, and a switch.
#[derive(Debug)]
pub(crate) struct Link {
    controller: End,
    switch: End,
    /// Counts the datagrams, as their identification.
    datagrams: u16,
}

impl Link {
    /// The link to a controller at that address.
    pub(crate) fn new(controller: SocketAddrV4, switch: SocketAddrV4) -> Self {
        let end = |last, addr: SocketAddrV4| End {
            mac: MacAddr::new(2, 0, 0, 0, 0, last),
            addr: *addr.ip(),
            port: addr.port(),
        };
        Self { controller: end(1, controller), switch: end(2, switch), datagrams: 0 }
    }

    /// The frame that carries `segment`.
    pub(crate) fn frame(&mut self, segment: &Segment) -> Vec<u8> {
        self.datagrams = self.datagrams.wrapping_add(1);
        let (from, to) = if segment.from_server {
            (&self.controller, &self.switch)
        } else {
            (&self.switch, &self.controller)
        };
        let mut frame = vec![0; HEADERS_LEN];
        frame.extend_from_slice(&segment.data);
        write_ethernet(&mut frame, from, to);
        let (_, datagram) = frame.split_at_mut(ETHERNET_LEN);
        write_ipv4(datagram, from, to, self.datagrams);
        let (_, rest) = datagram.split_at_mut(IPV4_LEN);
        write_tcp(rest, from, to, segment);
        frame
    }
}

/// Where the controller listens, and the switch connects from.
pub(crate) const CONTROLLER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 6653);
pub(crate) const SWITCH: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 2), 49152);

/// A session in which no byte was lost: each message continues where the last one ended. It is
/// seen from its middle on.
#[derive(Debug)]
pub(crate) struct Session {
    conversation: Conversation,
    link: Link,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self { conversation: Conversation::new(1, 1), link: Link::new(CONTROLLER, SWITCH) }
    }

    /// The frames that carry `message`, from the end that sends it.
    pub(crate) fn frames(&mut self, from_switch: bool, message: &[u8]) -> Vec<Vec<u8>> {
        let segments = self.conversation.send(!from_switch, message, Segment::MSS);
        segments.iter().map(|segment| self.link.frame(segment)).collect()
    }
}

fn write_ethernet(frame: &mut [u8], from: &End, to: &End) {
    let Some(mut ethernet) = MutableEthernetPacket::new(frame) else { return };
    ethernet.set_destination(to.mac);
    ethernet.set_source(from.mac);
    ethernet.set_ethertype(EtherTypes::Ipv4);
}

fn write_ipv4(datagram: &mut [u8], from: &End, to: &End, identification: u16) {
    // Frames are cut to the size of Ethernet's.
    let total = u16::try_from(datagram.len()).unwrap_or(u16::MAX);
    let Some(mut ipv4) = MutableIpv4Packet::new(datagram) else { return };
    ipv4.set_version(4);
    ipv4.set_header_length(5);
    ipv4.set_total_length(total);
    ipv4.set_identification(identification);
    ipv4.set_flags(Ipv4Flags::DontFragment);
    ipv4.set_ttl(64);
    ipv4.set_next_level_protocol(IpNextHeaderProtocols::Tcp);
    ipv4.set_source(from.addr);
    ipv4.set_destination(to.addr);
    ipv4.set_checksum(checksum(&ipv4.to_immutable()));
}

fn write_tcp(bytes: &mut [u8], from: &End, to: &End, segment: &Segment) {
    let Some(mut tcp) = MutableTcpPacket::new(bytes) else { return };
    tcp.set_source(from.port);
    tcp.set_destination(to.port);
    tcp.set_sequence(segment.sequence);
    tcp.set_acknowledgement(segment.acknowledgement);
    tcp.set_data_offset(5);
    tcp.set_flags(segment.flags);
    tcp.set_window(0xffff);
    tcp.set_checksum(ipv4_checksum(&tcp.to_immutable(), &from.addr, &to.addr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_and_numbered() {
        let mut session = Session::new();
        let message = vec![7; 1470];
        let frames = session.frames(false, &message);
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [1514, HEADERS_LEN + 10]);
        let next = session.frames(true, &[1, 10, 0, 8, 0, 0, 0, 0]);
        let tcp = &next[0][ETHERNET_LEN + IPV4_LEN..];
        assert_eq!(tcp[..4], [0xc0, 0, 0x19, 0xfd]);
        assert_eq!(tcp[4..8], 1_u32.to_be_bytes());
        assert_eq!(tcp[8..12], 1471_u32.to_be_bytes());
    }
}
