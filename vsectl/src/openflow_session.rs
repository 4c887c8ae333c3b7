//! An OpenFlow session as frames: messages in TCP segments between a controller and a switch.
//!
//! Addresses are from the documentation range (RFC 5737) and locally administered, so that a
//! capture made here is never taken for one of a real host.

use std::net::Ipv4Addr;

use codec::of10::MessageType;
use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::{Ipv4Flags, MutableIpv4Packet, checksum};
use pnet::packet::tcp::{MutableTcpPacket, TcpFlags, ipv4_checksum};
use pnet::util::MacAddr;

const ETHERNET_LEN: usize = 14;
const IPV4_LEN: usize = 20;
const TCP_LEN: usize = 20;
const HEADERS_LEN: usize = ETHERNET_LEN + IPV4_LEN + TCP_LEN;
/// Bytes of a segment that fit an Ethernet frame of the usual size.
const MSS: usize = 1460;

/// One end of the session.
#[derive(Debug)]
struct End {
    mac: MacAddr,
    addr: Ipv4Addr,
    port: u16,
    /// The number of the next byte that it sends.
    sequence: u32,
}

/// A session in which no byte was lost: each message continues where the last one ended.
#[derive(Debug)]
pub(crate) struct Session {
    controller: End,
    switch: End,
    /// Counts the datagrams, as their identification.
    datagrams: u16,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            controller: End {
                mac: MacAddr::new(2, 0, 0, 0, 0, 1),
                addr: Ipv4Addr::new(192, 0, 2, 1),
                port: 6653,
                sequence: 1,
            },
            switch: End {
                mac: MacAddr::new(2, 0, 0, 0, 0, 2),
                addr: Ipv4Addr::new(192, 0, 2, 2),
                port: 49152,
                sequence: 1,
            },
            datagrams: 0,
        }
    }

    /// The frames that carry `message`, from the end that sends a message of its type.
    pub(crate) fn frames(&mut self, r#type: MessageType, message: &[u8]) -> Vec<Vec<u8>> {
        let from_switch = is_from_switch(r#type);
        let last = message.len().div_ceil(MSS);
        let segments = message.chunks(MSS).enumerate();
        segments.map(|(index, data)| self.frame(from_switch, data, index + 1 == last)).collect()
    }

    fn frame(&mut self, from_switch: bool, data: &[u8], push: bool) -> Vec<u8> {
        self.datagrams = self.datagrams.wrapping_add(1);
        let (from, to) = if from_switch {
            (&mut self.switch, &self.controller)
        } else {
            (&mut self.controller, &self.switch)
        };
        let mut frame = vec![0; HEADERS_LEN];
        frame.extend_from_slice(data);
        write_ethernet(&mut frame, from, to);
        let (_, datagram) = frame.split_at_mut(ETHERNET_LEN);
        write_ipv4(datagram, from, to, self.datagrams);
        let (_, segment) = datagram.split_at_mut(IPV4_LEN);
        write_tcp(segment, from, to, push);
        // Segments are cut to MSS, far below 32 bits.
        from.sequence = from.sequence.wrapping_add(u32::try_from(data.len()).unwrap_or(0));
        frame
    }
}

/// Whether the switch is who sends messages of this type.
fn is_from_switch(r#type: MessageType) -> bool {
    matches!(
        r#type,
        MessageType::Error
            | MessageType::EchoReply
            | MessageType::FeaturesReply
            | MessageType::GetConfigReply
            | MessageType::PacketIn
            | MessageType::FlowRemoved
            | MessageType::PortStatus
            | MessageType::StatsReply
            | MessageType::BarrierReply
            | MessageType::QueueGetConfigReply
    )
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

fn write_tcp(segment: &mut [u8], from: &End, to: &End, push: bool) {
    let Some(mut tcp) = MutableTcpPacket::new(segment) else { return };
    tcp.set_source(from.port);
    tcp.set_destination(to.port);
    tcp.set_sequence(from.sequence);
    tcp.set_acknowledgement(to.sequence);
    tcp.set_data_offset(5);
    tcp.set_flags(TcpFlags::ACK | if push { TcpFlags::PSH } else { 0 });
    tcp.set_window(0xffff);
    tcp.set_checksum(ipv4_checksum(&tcp.to_immutable(), &from.addr, &to.addr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_and_numbered() {
        let mut session = Session::new();
        let message = vec![7; MSS + 10];
        let frames = session.frames(MessageType::PacketOut, &message);
        assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [1514, HEADERS_LEN + 10]);
        assert_eq!(session.controller.sequence, 1 + 1470);
        assert_eq!(session.switch.sequence, 1);
        let next = session.frames(MessageType::PacketIn, &[1, 10, 0, 8, 0, 0, 0, 0]);
        let tcp = &next[0][ETHERNET_LEN + IPV4_LEN..];
        assert_eq!(tcp[..4], [0xc0, 0, 0x19, 0xfd]);
        assert_eq!(tcp[8..12], 1471_u32.to_be_bytes());
    }
}
