//! Headers of Ethernet, IPv4, TCP and UDP, with right checksums.

pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// Bytes of an IPv4 header without options.
pub(super) const IPV4_LEN: u16 = 20;
/// Bytes of an Ethernet header.
pub(super) const ETHERNET_LEN: u16 = 14;
/// Bytes of a UDP header.
pub(super) const UDP_LEN: u16 = 8;
/// The first port that Linux gives to a client.
pub(super) const EPHEMERAL: u16 = 32_768;

/// The length of something that fits into an IPv4 packet.
pub(super) fn len_u16(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

/// A locally administered address that stands for a number.
pub(super) fn mac(number: u32) -> [u8; 6] {
    let [a, b, c, d] = number.to_be_bytes();
    [2, 0, a, b, c, d]
}

/// The Internet checksum (RFC 1071) of parts, of which all but the last have an even length.
pub(super) fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2)).map(|pair| match pair {
        [high, low] => u64::from(u16::from_be_bytes([*high, *low])),
        [high] => u64::from(*high) << 8,
        _ => 0,
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// Writes an Ethernet header in front of IPv4.
pub(super) fn put_ethernet(dst: [u8; 6], src: [u8; 6], out: &mut Vec<u8>) {
    out.extend(dst);
    out.extend(src);
    out.extend(0x0800_u16.to_be_bytes());
}

/// An IPv4 header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ipv4 {
    pub(super) tos: u8,
    pub(super) id: u16,
    /// Flags and fragment offset.
    pub(super) fragment: u16,
    pub(super) protocol: u8,
    pub(super) src: [u8; 4],
    pub(super) dst: [u8; 4],
    pub(super) payload_len: u16,
}

impl Ipv4 {
    pub(super) const DONT_FRAGMENT: u16 = 0x4000;
    pub(super) const MORE_FRAGMENTS: u16 = 0x2000;

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let [len_high, len_low] = (IPV4_LEN + self.payload_len).to_be_bytes();
        let [id_high, id_low] = self.id.to_be_bytes();
        let [fragment_high, fragment_low] = self.fragment.to_be_bytes();
        let begin = [0x45, self.tos, len_high, len_low, id_high, id_low];
        let middle = [fragment_high, fragment_low, 64, self.protocol];
        let sum = checksum(&[&begin, &middle, &self.src, &self.dst]);
        out.extend(begin);
        out.extend(middle);
        out.extend(sum.to_be_bytes());
        out.extend(self.src);
        out.extend(self.dst);
    }

    /// The checksum of a TCP segment within this packet.
    fn tcp_checksum(&self, parts: [&[u8]; 2]) -> u16 {
        let [high, low] = self.payload_len.to_be_bytes();
        let [header, payload] = parts;
        checksum(&[&self.src, &self.dst, &[0, self.protocol, high, low], header, payload])
    }
}

/// A TCP header with the time stamp option, as Linux sends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tcp {
    pub(super) src: u16,
    pub(super) dst: u16,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u8,
    /// Both time stamps.
    pub(super) times: [u32; 2],
}

impl Tcp {
    pub(super) const LEN: u16 = 32;
    pub(super) const SYN: u8 = 0x02;
    pub(super) const ACK: u8 = 0x10;
    pub(super) const PSH: u8 = 0x08;

    /// Writes the header and `payload`, which `ip` carries.
    pub(super) fn put(&self, ip: &Ipv4, payload: &[u8], out: &mut Vec<u8>) {
        let header = |sum: u16| {
            let mut header = Vec::with_capacity(usize::from(Self::LEN));
            header.extend(self.src.to_be_bytes());
            header.extend(self.dst.to_be_bytes());
            header.extend(self.seq.to_be_bytes());
            header.extend(self.ack.to_be_bytes());
            header.extend([0x80, self.flags]);
            header.extend(501_u16.to_be_bytes());
            header.extend(sum.to_be_bytes());
            header.extend([0, 0, 1, 1, 8, 10]);
            header.extend(self.times.iter().flat_map(|time| time.to_be_bytes()));
            header
        };
        let sum = ip.tcp_checksum([&header(0), payload]);
        out.extend(header(sum));
        out.extend(payload);
    }
}

/// Writes a UDP header without a checksum; `len` counts the header too.
pub(super) fn put_udp(src: u16, dst: u16, len: u16, out: &mut Vec<u8>) {
    for word in [src, dst, len, 0] {
        out.extend(word.to_be_bytes());
    }
}
