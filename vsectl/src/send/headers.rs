//! Where the headers of a frame are, as far as a rewriter needs to know: tags, IP, and the header
//! whose checksum covers the addresses. The dissector would wait for the other fragments of a
//! datagram; this looks at one frame.

/// Where the outermost headers of a frame begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// The tags, each at its TCI.
    pub(super) tags: Vec<usize>,
    pub(super) ipv4: Option<usize>,
    pub(super) ipv6: Option<usize>,
    pub(super) arp: Option<usize>,
    /// IP protocol and where its header begins, in frames that have it.
    pub(super) upper: Option<(u8, usize)>,
}

/// EtherTypes of tags.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMPV6: u8 = 58;
/// IPv6: hop-by-hop options, routing, destination options.
const EXTENSIONS: [u8; 3] = [0, 43, 60];
/// IPv6: fragment.
const FRAGMENT: u8 = 44;

impl Headers {
    pub(super) fn find(frame: &[u8]) -> Self {
        let mut headers = Self::default();
        let mut at = 12;
        let mut ethertype = word(frame, at);
        while let Some(tag) = ethertype.filter(|ethertype| TAGS.contains(ethertype)) {
            _ = tag;
            headers.tags.push(at + 2);
            at += 4;
            ethertype = word(frame, at);
        }
        at += 2;
        match ethertype {
            Some(0x0800) => headers.find_ipv4(frame, at),
            Some(0x86dd) => headers.find_ipv6(frame, at),
            Some(0x0806) => headers.arp = Some(at),
            _ => {}
        }
        headers
    }

    fn find_ipv4(&mut self, frame: &[u8], at: usize) {
        let Some(header) = frame.get(at..).and_then(<[u8]>::first_chunk::<20>) else { return };
        self.ipv4 = Some(at);
        let first = u16::from_be_bytes([header[6], header[7]]) & 0x1fff == 0;
        if first {
            self.upper = Some((header[9], at + 4 * usize::from(header[0] & 0xf)));
        }
    }

    fn find_ipv6(&mut self, frame: &[u8], at: usize) {
        let Some(header) = frame.get(at..).and_then(<[u8]>::first_chunk::<40>) else { return };
        self.ipv6 = Some(at);
        let (mut next, mut at) = (header[6], at + 40);
        loop {
            let extension = frame.get(at..).and_then(<[u8]>::first_chunk::<8>);
            match extension {
                Some(extension) if EXTENSIONS.contains(&next) => {
                    next = extension[0];
                    at += 8 + 8 * usize::from(extension[1]);
                }
                Some(extension) if next == FRAGMENT => {
                    if u16::from_be_bytes([extension[2], extension[3]]) >> 3 != 0 {
                        return;
                    }
                    next = extension[0];
                    at += 8;
                }
                _ => break,
            }
        }
        self.upper = Some((next, at));
    }

    /// Where the checksum of the upper header stands, if it has one.
    pub(super) fn upper_checksum(&self) -> Option<usize> {
        let (protocol, at) = self.upper?;
        Some(match protocol {
            ICMP | ICMPV6 => at + 2,
            TCP => at + 16,
            UDP => at + 6,
            _ => return None,
        })
    }
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}
