//! The capture of VXLAN: frames between hosts that carry frames between virtual machines, cut by
//! the snap length, half of them tagged with the Flow Control Field.

use std::path::Path;

use super::packet::{
    EPHEMERAL, ETHERNET_LEN, IPV4_LEN, Ipv4, TCP, Tcp, UDP, UDP_LEN, mac, put_ethernet, put_udp,
};
use super::random::Random;
use super::savefile::Savefile;

const SNAP_LEN: u32 = 128;
/// Bytes built of a frame; the rest would be cut anyway.
const BUILT: usize = 128;
const VXLAN_PORT: u16 = 4789;
const VXLAN_LEN: u16 = 8;
/// What the network between the hosts carries of an IPv4 packet behind its header.
const MTU_PAYLOAD: u16 = 1480;
const FLOWS: u16 = 4_096;
const HOSTS: u8 = 16;
const VNIS: u32 = 64;

/// A flow between two virtual machines; of each pair, the first is of the one that sends next.
#[derive(Debug)]
struct Flow {
    hosts: [u8; 2],
    vni: u32,
    machines: [u32; 2],
    protocol: u8,
    ports: [u16; 2],
    /// Of TCP. What one sends the other acknowledges with its next segment, since some programs
    /// get slow by what is never acknowledged.
    seqs: [u32; 2],
    /// The outer source port, which stands for the flow.
    entropy: u16,
    /// The ToS with the FCF of the dscp layout; 0 where the flow is not tagged.
    tos: u8,
}

impl Flow {
    /// The flow of this number; every other one is tagged.
    fn new(number: u16, random: &mut Random) -> Self {
        let machine = random.below(1_000);
        let host = random.below_u8(HOSTS);
        let fcf = (random.below_u8(2) << 7) | ((1 + random.below_u8(31)) << 2);
        Self {
            hosts: [host, (host + 1 + random.below_u8(HOSTS - 1)) % HOSTS],
            vni: 1 + random.below(VNIS),
            machines: [machine, 1_000 + random.below(1_000)],
            protocol: if random.one_in(4) { UDP } else { TCP },
            seqs: [random.u32(), random.u32()],
            ports: [EPHEMERAL + random.below_u16(28_000), 20_000 + random.below_u16(16)],
            entropy: 49_152 + random.below_u16(16_384),
            tos: if number.is_multiple_of(2) { fcf } else { 0 },
        }
    }

    /// Has the other machine send next.
    fn turn(&mut self) {
        self.hosts.reverse();
        self.machines.reverse();
        self.ports.reverse();
        self.seqs.reverse();
    }

    /// Writes the outer headers up to IPv4.
    fn put_outer(&self, id: u16, fragment: u16, payload_len: u16, out: &mut Vec<u8>) {
        let [from, to] = self.hosts;
        put_ethernet(mac(0xff00 + u32::from(to)), mac(0xff00 + u32::from(from)), out);
        let [src, dst] = [from, to].map(|host| [192, 168, 0, 1 + host]);
        Ipv4 { tos: self.tos, id, fragment, protocol: UDP, src, dst, payload_len }.put(out);
    }

    /// Writes UDP, VXLAN and the inner frame, whose IPv4 packet carries `len` bytes, as far as it is
    /// captured.
    fn put_inner(&mut self, len: u16, random: &mut Random, out: &mut Vec<u8>) {
        let udp_len = inner_overhead() + len;
        put_udp(self.entropy, VXLAN_PORT, udp_len, out);
        out.extend([8, 0, 0, 0]);
        out.extend((self.vni << 8).to_be_bytes());
        let [from, to] = self.machines;
        put_ethernet(mac(to), mac(from), out);
        let [src, dst] = [from, to].map(|machine| {
            let [_, _, c, d] = machine.to_be_bytes();
            [10, 2, c, d]
        });
        let (protocol, id) = (self.protocol, random.u16());
        let fragment = Ipv4::DONT_FRAGMENT;
        let ip = Ipv4 { tos: 0, id, fragment, protocol, src, dst, payload_len: len };
        ip.put(out);
        let [src, dst] = self.ports;
        if protocol == UDP {
            put_udp(src, dst, len, out);
        } else {
            let [seq, ack] = self.seqs;
            let tcp = Tcp { src, dst, seq, ack, flags: Tcp::ACK, times: [0; 2] };
            tcp.put(&ip, &[], out);
            self.seqs = [seq.wrapping_add(u32::from(len - Tcp::LEN)), ack];
        }
        fill(random, out);
    }
}

/// UDP, VXLAN, Ethernet and IPv4 headers.
fn inner_overhead() -> u16 {
    UDP_LEN + VXLAN_LEN + ETHERNET_LEN + IPV4_LEN
}

/// Makes up the payload, as far as it is captured.
fn fill(random: &mut Random, out: &mut Vec<u8>) {
    while out.len() < BUILT {
        out.extend(random.letters());
    }
}

/// Writes a capture of `frames` frames.
pub(super) fn write(path: &Path, frames: u32) -> anyhow::Result<()> {
    let mut random = Random::new(11);
    let mut file = Savefile::create(path, SNAP_LEN)?;
    let mut flows: Vec<Flow> = (0..FLOWS).map(|number| Flow::new(number, &mut random)).collect();
    let mut frame = Vec::with_capacity(2 * BUILT);
    let (mut written, mut id) = (0, 0_u16);
    while written < frames {
        let Some(flow) = flows.get_mut(usize::from(random.below_u16(FLOWS))) else { continue };
        if random.one_in(2) {
            flow.turn();
        }
        id = id.wrapping_add(1);
        frame.clear();
        // Two fragments once in 19 times make a tenth of all frames.
        if random.one_in(19) && frames - written >= 2 {
            // Enough for a second fragment that is cut as well.
            let inner = 1_600 + random.below_u16(300);
            let second = inner_overhead() + inner - MTU_PAYLOAD;
            flow.put_outer(id, Ipv4::MORE_FRAGMENTS, MTU_PAYLOAD, &mut frame);
            flow.put_inner(inner, &mut random, &mut frame);
            file.frame(random.below(8), &frame, on_wire(MTU_PAYLOAD))?;
            frame.clear();
            flow.put_outer(id, MTU_PAYLOAD / 8, second, &mut frame);
            fill(&mut random, &mut frame);
            file.frame(1, &frame, on_wire(second))?;
            written += 2;
        } else {
            let inner = 100 + random.below_u16(1_330);
            let len = inner_overhead() + inner;
            flow.put_outer(id, Ipv4::DONT_FRAGMENT, len, &mut frame);
            flow.put_inner(inner, &mut random, &mut frame);
            file.frame(random.below(8), &frame, on_wire(len))?;
            written += 1;
        }
    }
    file.finish()
}

/// The bytes on the wire of a frame whose outer IPv4 packet carries so many.
fn on_wire(payload: u16) -> u32 {
    u32::from(ETHERNET_LEN + IPV4_LEN + payload)
}
