//! OpenFlow 1.0 messages, written byte for byte (OpenFlow 1.0.0 section 5).

use super::packet::{EPHEMERAL, Ipv4, TCP, Tcp, UDP, UDP_LEN, len_u16, mac, put_ethernet, put_udp};
use super::random::Random;

pub(super) const ECHO_REQUEST: u8 = 2;
pub(super) const ECHO_REPLY: u8 = 3;
pub(super) const STATS_REQUEST: u8 = 16;
pub(super) const STATS_REPLY: u8 = 17;
pub(super) const BARRIER_REQUEST: u8 = 18;
pub(super) const BARRIER_REPLY: u8 = 19;
const ERROR: u8 = 1;
const PACKET_IN: u8 = 10;
const FLOW_REMOVED: u8 = 11;
const PORT_STATUS: u8 = 12;
const PACKET_OUT: u8 = 13;
const FLOW_MOD: u8 = 14;

const NO_BUFFER: u32 = 0xffff_ffff;
const NO_PORT: u16 = 0xffff;
const STATS_FLOW: u16 = 1;
const STATS_PORT: u16 = 4;
const VSE: u32 = 0x0056_5345;
/// Hosts that the flows and frames are about.
const HOSTS: u32 = 1_000;

/// Writes a message: the header, then `body`.
pub(super) fn put(kind: u8, xid: u32, body: &[u8], out: &mut Vec<u8>) {
    out.extend([1, kind]);
    out.extend((8 + len_u16(body)).to_be_bytes());
    out.extend(xid.to_be_bytes());
    out.extend(body);
}

/// What a controller sends unasked; returns the type, and which kind of statistics it asks for.
pub(super) fn put_from_controller(random: &mut Random, xid: u32, out: &mut Vec<u8>) -> (u8, u16) {
    let mut body = Vec::with_capacity(160);
    let mut asked = 0;
    let kind = match random.below(100) {
        0..=54 => {
            flow_mod(random, &mut body);
            FLOW_MOD
        }
        55..=76 => {
            packet_out(random, &mut body);
            PACKET_OUT
        }
        // A few bare FLOW_MODs for VSE.
        77..=78 => {
            packet_out_for_vse(random, xid, &mut body);
            PACKET_OUT
        }
        79..=88 => BARRIER_REQUEST,
        89..=93 => {
            body.extend(random.bytes());
            ECHO_REQUEST
        }
        _ => {
            asked = stats_request(random, &mut body);
            STATS_REQUEST
        }
    };
    put(kind, xid, &body, out);
    (kind, asked)
}

/// What a switch sends unasked; returns the type.
pub(super) fn put_from_switch(random: &mut Random, xid: u32, out: &mut Vec<u8>) -> u8 {
    let mut body = Vec::with_capacity(160);
    let kind = match random.below(100) {
        0..=64 => {
            packet_in(random, &mut body);
            PACKET_IN
        }
        65..=87 => {
            flow_removed(random, &mut body);
            FLOW_REMOVED
        }
        88..=91 => {
            port_status(random, &mut body);
            PORT_STATUS
        }
        92..=94 => {
            error(random, xid, &mut body);
            ERROR
        }
        _ => ECHO_REQUEST,
    };
    put(kind, xid, &body, out);
    kind
}

/// The answer to statistics of the kind `asked` for.
pub(super) fn put_stats_reply(random: &mut Random, asked: u16, xid: u32, out: &mut Vec<u8>) {
    let mut body = Vec::with_capacity(400);
    body.extend(asked.to_be_bytes());
    body.extend([0; 2]);
    for _ in 0..=random.below(3) {
        if asked == STATS_FLOW {
            flow_stats(random, &mut body);
        } else {
            port_stats(random, &mut body);
        }
    }
    put(STATS_REPLY, xid, &body, out);
}

fn stats_request(random: &mut Random, out: &mut Vec<u8>) -> u16 {
    let asked = if random.one_in(2) { STATS_FLOW } else { STATS_PORT };
    out.extend(asked.to_be_bytes());
    out.extend([0; 2]);
    if asked == STATS_FLOW {
        flow_match(random, out);
        out.extend([0xff, 0]);
        out.extend(NO_PORT.to_be_bytes());
    } else {
        out.extend(port(random).to_be_bytes());
        out.extend([0; 6]);
    }
    asked
}

fn flow_stats(random: &mut Random, out: &mut Vec<u8>) {
    let mut actions = Vec::with_capacity(48);
    put_actions(random, &mut actions);
    out.extend((88 + len_u16(&actions)).to_be_bytes());
    out.extend([0; 2]);
    flow_match(random, out);
    out.extend(random.below(86_400).to_be_bytes());
    out.extend(random.below(1_000_000_000).to_be_bytes());
    for word in [priority(random), 60, 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend([0; 6]);
    out.extend(random.bytes());
    put_counters(random, 2, out);
    out.extend(actions);
}

fn port_stats(random: &mut Random, out: &mut Vec<u8>) {
    out.extend(port(random).to_be_bytes());
    out.extend([0; 6]);
    put_counters(random, 4, out);
    out.extend([0; 64]);
}

fn put_counters(random: &mut Random, count: u32, out: &mut Vec<u8>) {
    for _ in 0..count {
        out.extend(u64::from(random.u32()).to_be_bytes());
    }
}

fn port(random: &mut Random) -> u16 {
    1 + random.below_u16(48)
}

fn priority(random: &mut Random) -> u16 {
    100 * random.below_u16(300)
}

fn host(random: &mut Random) -> (u32, [u8; 4]) {
    let number = random.below(HOSTS);
    let [_, _, c, d] = number.to_be_bytes();
    (number, [10, 1, c, d])
}

/// A match on layer 2, on a subnet, or on a TCP connection; what is wildcarded is zero.
fn flow_match(random: &mut Random, out: &mut Vec<u8>) {
    const ALL: u32 = 0x003f_ffff;
    const IN_PORT: u32 = 1;
    const DL_DST: u32 = 1 << 3;
    const IP_AND_ADDRESSES: u32 = 1 << 4 | 0x3f << 8 | 0x3f << 14;
    const TCP_PORTS: u32 = 1 << 5 | 1 << 6 | 1 << 7;
    let ((_, src), (number, dst)) = (host(random), host(random));
    let in_port = port(random);
    let (wildcards, dl_dst, addresses, ports) = match random.below(10) {
        0..=2 => (ALL & !(IN_PORT | DL_DST), mac(number), None, None),
        // A prefix of 24 bits leaves 8 wildcarded.
        3..=5 => {
            let [a, b, c, _] = dst;
            let wildcards = ALL & !(IN_PORT | IP_AND_ADDRESSES) | 8 << 14;
            (wildcards, [0; 6], Some((src, [a, b, c, 0])), None)
        }
        _ => {
            let wildcards = ALL & !(IN_PORT | IP_AND_ADDRESSES | TCP_PORTS);
            (
                wildcards,
                [0; 6],
                Some((src, dst)),
                Some((EPHEMERAL + random.below_u16(28_000), 443_u16)),
            )
        }
    };
    out.extend(wildcards.to_be_bytes());
    out.extend(in_port.to_be_bytes());
    out.extend([0; 6]);
    out.extend(dl_dst);
    out.extend([0; 4]);
    out.extend(if addresses.is_some() { [8, 0] } else { [0, 0] });
    out.extend([0, if ports.is_some() { TCP } else { 0 }, 0, 0]);
    let (src, dst) = addresses.unwrap_or_default();
    out.extend(src);
    out.extend(dst);
    let (src, dst) = ports.unwrap_or_default();
    out.extend(src.to_be_bytes());
    out.extend(dst.to_be_bytes());
}

/// None to two changes, then the output.
fn put_actions(random: &mut Random, out: &mut Vec<u8>) {
    if random.one_in(3) {
        out.extend([0, 5, 0, 16]);
        out.extend(mac(random.below(HOSTS)));
        out.extend([0; 6]);
    }
    if random.one_in(4) {
        out.extend([0, 8, 0, 8, random.below_u8(64) << 2, 0, 0, 0]);
    }
    if random.one_in(8) {
        out.extend([0, 11, 0, 16]);
        out.extend(port(random).to_be_bytes());
        out.extend([0; 6]);
        out.extend(random.below(8).to_be_bytes());
    } else {
        out.extend([0, 0, 0, 8]);
        out.extend(port(random).to_be_bytes());
        out.extend([0; 2]);
    }
}

fn flow_mod(random: &mut Random, out: &mut Vec<u8>) {
    begin_flow_mod(random, out);
    put_actions(random, out);
}

/// A FLOW_MOD's body up to its actions.
fn begin_flow_mod(random: &mut Random, out: &mut Vec<u8>) {
    flow_match(random, out);
    out.extend(random.bytes());
    // Most add; a few modify or delete.
    let command = if random.one_in(5) { random.below_u16(5) } else { 0 };
    for word in [command, 60, 0, priority(random)] {
        out.extend(word.to_be_bytes());
    }
    out.extend(NO_BUFFER.to_be_bytes());
    out.extend(NO_PORT.to_be_bytes());
    out.extend([0, 1]);
}

/// A small TCP or UDP frame.
fn small_frame(random: &mut Random, out: &mut Vec<u8>) {
    const SERVICE: u16 = 20_000;
    let ((from, src), (to, dst)) = (host(random), host(random));
    put_ethernet(mac(to), mac(from), out);
    let (tos, id, fragment) = (0, random.u16(), Ipv4::DONT_FRAGMENT);
    let client = EPHEMERAL + random.below_u16(28_000);
    if random.one_in(2) {
        let ip = Ipv4 { tos, id, fragment, protocol: TCP, src, dst, payload_len: Tcp::LEN };
        ip.put(out);
        let (seq, times) = (random.u32(), [random.u32(), 0]);
        let tcp = Tcp { src: client, dst: SERVICE, seq, ack: 0, flags: Tcp::SYN, times };
        tcp.put(&ip, &[], out);
    } else {
        let payload = [random.letters(), random.letters(), random.letters()].concat();
        let payload_len = UDP_LEN + len_u16(&payload);
        Ipv4 { tos, id, fragment, protocol: UDP, src, dst, payload_len }.put(out);
        put_udp(client, SERVICE, payload_len, out);
        out.extend(payload);
    }
}

fn packet_in(random: &mut Random, out: &mut Vec<u8>) {
    let mut frame = Vec::with_capacity(100);
    small_frame(random, &mut frame);
    out.extend(NO_BUFFER.to_be_bytes());
    out.extend(len_u16(&frame).to_be_bytes());
    out.extend(port(random).to_be_bytes());
    out.extend([random.below_u8(2), 0]);
    out.extend(frame);
}

/// Writes a PACKET_OUT's body up to its data.
fn begin_packet_out(random: &mut Random, out: &mut Vec<u8>) {
    let mut actions = Vec::with_capacity(48);
    put_actions(random, &mut actions);
    out.extend(NO_BUFFER.to_be_bytes());
    out.extend(NO_PORT.to_be_bytes());
    out.extend(len_u16(&actions).to_be_bytes());
    out.extend(actions);
}

fn packet_out(random: &mut Random, out: &mut Vec<u8>) {
    begin_packet_out(random, out);
    small_frame(random, out);
}

/// A PACKET_OUT whose data is a FLOW_MOD that steers a VM's flow to a core.
fn packet_out_for_vse(random: &mut Random, xid: u32, out: &mut Vec<u8>) {
    const SET_FCF: u16 = 1;
    const SET_IRQ_CORE: u16 = 2;
    const CARRIER_TOS: u8 = 1;
    begin_packet_out(random, out);
    let mut flow_mod = Vec::with_capacity(96);
    begin_flow_mod(random, &mut flow_mod);
    let vendor = |subtype: u16, out: &mut Vec<u8>| {
        out.extend([0xff, 0xff, 0, 16]);
        out.extend(VSE.to_be_bytes());
        out.extend(subtype.to_be_bytes());
    };
    if random.one_in(3) {
        vendor(SET_FCF, &mut flow_mod);
        flow_mod.extend([0, 1 + random.below_u8(31), random.below_u8(2), CARRIER_TOS, 0, 0]);
    }
    vendor(SET_IRQ_CORE, &mut flow_mod);
    let core = if random.one_in(2) { 0xffff } else { random.below_u16(16) };
    flow_mod.extend(core.to_be_bytes());
    flow_mod.extend([0; 4]);
    put(FLOW_MOD, xid, &flow_mod, out);
}

fn flow_removed(random: &mut Random, out: &mut Vec<u8>) {
    flow_match(random, out);
    out.extend(random.bytes());
    out.extend(priority(random).to_be_bytes());
    out.extend([random.below_u8(3), 0]);
    out.extend(random.below(86_400).to_be_bytes());
    out.extend(random.below(1_000_000_000).to_be_bytes());
    out.extend([0, 60, 0, 0]);
    put_counters(random, 2, out);
}

fn port_status(random: &mut Random, out: &mut Vec<u8>) {
    let number = port(random);
    out.extend([random.below_u8(3), 0, 0, 0, 0, 0, 0, 0]);
    out.extend(number.to_be_bytes());
    out.extend(mac(u32::from(number)));
    let name = format!("vport{number}");
    out.extend(name.bytes().chain(std::iter::repeat(0)).take(16));
    out.extend([0; 4]);
    out.extend(random.below(2).to_be_bytes());
    // 10 Gbit/s full duplex, over copper; nothing is advertised.
    out.extend(0xc0_u32.to_be_bytes());
    out.extend([0; 12]);
}

/// An ERROR with the first 64 bytes of the FLOW_MOD that it is about.
fn error(random: &mut Random, xid: u32, out: &mut Vec<u8>) {
    const FLOW_MOD_FAILED: u16 = 3;
    let mut body = Vec::with_capacity(120);
    flow_mod(random, &mut body);
    let mut refused = Vec::with_capacity(128);
    put(FLOW_MOD, xid, &body, &mut refused);
    refused.truncate(64);
    out.extend(FLOW_MOD_FAILED.to_be_bytes());
    out.extend(random.below_u16(6).to_be_bytes());
    out.extend(refused);
}
