//! TCP: RFC 9293.

use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::tcp::MutableTcpPacket;
use pnet::util::{ipv4_checksum, ipv6_checksum};

use super::{Addresses, BuildError, Part, Pseudo, Stack, View, directed};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};
use crate::craft::session::{ACK, PSH, SYN, Segment};

pub(crate) static LAYER: LayerType = LayerType {
    name: "tcp",
    aliases: &[],
    title: "TCP",
    protocol: Protocol::Tcp,
    fields: &[
        FieldType::new("sport", Kind::Number(16), "source port").filter("tcp.srcport"),
        FieldType::new("dport", Kind::Number(16), "destination port").filter("tcp.dstport"),
        FieldType::new("seq", Kind::Number(32), "sequence number").filter("tcp.seq_raw"),
        FieldType::new("ack", Kind::Number(32), "acknowledgement number").filter("tcp.ack_raw"),
        FieldType::new("flags", Kind::TcpFlags, "letters of FSRPAUEC, or their number")
            .filter("tcp.flags"),
        FieldType::new("win", Kind::Number(16), "window").filter("tcp.window_size_value"),
        FieldType::new("urg", Kind::Number(16), "urgent pointer").filter("tcp.urgent_pointer"),
        FieldType::new("options", Kind::Bytes, "options, filled up to 4 bytes"),
        FieldType::new("offset", Kind::Number(4), "header length, in 4 bytes"),
        FieldType::new("checksum", Kind::Hex(16), "right where not given").filter("tcp.checksum"),
        FieldType::new("bad-checksum", Kind::Switch, "a wrong checksum"),
        FieldType::new("session", Kind::Switch, "a handshake, the payload, a close"),
        FieldType::new("mss", Kind::Number(16), "bytes of a segment at most").needs("session"),
    ],
};

const DESTINATION_PORT: u16 = 80;
const LEN: usize = 20;
const CHECKSUM: usize = 16;

pub(super) fn build(
    stack: &Stack<'_>,
    at: usize,
    view: View<'_>,
    part: &mut Part,
    segment: Option<&Segment>,
) -> Result<(), BuildError> {
    let mut header = vec![0; LEN];
    header.extend_from_slice(&view.bytes("options"));
    if let Some(Segment { flags, .. }) = segment
        && flags & SYN != 0
        && view.bytes("options").is_empty()
    {
        let [high, low] = view.u16("mss", Segment::MSS).to_be_bytes();
        header.extend([2, 4, high, low]);
    }
    header.resize(header.len().next_multiple_of(4), 0);
    let words = u8::try_from(header.len() / 4).ok().filter(|words| *words <= 15);
    let words = words.ok_or(BuildError::Options { layer: "tcp", len: header.len() - LEN })?;
    let ports = (view.u16("sport", super::udp::SOURCE_PORT), view.u16("dport", DESTINATION_PORT));
    let (source, destination) = directed(ports, part.reversed);
    let sequence = segment.map_or(view.u32("seq", 1), |segment| segment.sequence);
    // A segment that acknowledges nothing has no such flag.
    let acks = view.number("ack").is_some_and(|ack| ack != 0);
    let flags = if part.bytes.is_empty() && !acks { SYN } else { ACK | PSH };
    if let Some(mut tcp) = MutableTcpPacket::new(&mut header) {
        tcp.set_source(source);
        tcp.set_destination(destination);
        tcp.set_sequence(sequence);
        tcp.set_acknowledgement(
            segment.map_or(view.u32("ack", 0), |segment| segment.acknowledgement),
        );
        tcp.set_data_offset(view.u8("offset", words));
        tcp.set_flags(segment.map_or(view.u8("flags", flags), |segment| segment.flags));
        tcp.set_window(view.u16("win", 0xffff));
        tcp.set_urgent_ptr(view.u16("urg", 0));
    }
    part.prepend(header);
    let tcp = IpNextHeaderProtocols::Tcp;
    let right = match stack.addresses(at, part.reversed) {
        Some(Addresses::V4((from, to))) => {
            ipv4_checksum(&part.bytes, CHECKSUM / 2, &[], &from, &to, tcp)
        }
        Some(Addresses::V6((from, to))) => {
            ipv6_checksum(&part.bytes, CHECKSUM / 2, &[], &from, &to, tcp)
        }
        None => return Ok(()),
    };
    part.finish_sum(view, CHECKSUM, Pseudo::Next, right);
    Ok(())
}
