//! A TCP session: who sends which bytes when, and the numbers that go with them.

/// The flags of TCP.
pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// A segment of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Whether it goes from the server to the client.
    pub(crate) from_server: bool,
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) flags: u8,
    pub(crate) data: Vec<u8>,
}

impl Segment {
    /// Bytes of a segment that fit an Ethernet frame of the usual size, over IPv4.
    pub(crate) const MSS: u16 = 1460;
}

/// A session in which no byte is lost.
#[derive(Debug)]
pub(crate) struct Conversation {
    /// The number of the next byte of the client, and of the server.
    next: [u32; 2],
}

impl Conversation {
    /// A session whose ends begin with these sequence numbers.
    pub(crate) fn new(client: u32, server: u32) -> Self {
        Self { next: [client, server] }
    }

    /// The handshake.
    pub(crate) fn open(&mut self) -> Vec<Segment> {
        let syn = Segment { acknowledgement: 0, ..self.segment(false, SYN, Vec::new()) };
        let syn_ack = self.segment(true, SYN | ACK, Vec::new());
        vec![syn, syn_ack, self.segment(false, ACK, Vec::new())]
    }

    /// Data in segments of at most `mss` bytes.
    pub(crate) fn send(&mut self, from_server: bool, data: &[u8], mss: u16) -> Vec<Segment> {
        let chunks = data.chunks(usize::from(mss.max(1)));
        let last = chunks.len();
        (1..)
            .zip(chunks)
            .map(|(number, chunk)| {
                let push = if number == last { PSH } else { 0 };
                self.segment(from_server, ACK | push, chunk.to_vec())
            })
            .collect()
    }

    /// One end says what it has received.
    pub(crate) fn acknowledge(&mut self, from_server: bool) -> Segment {
        self.segment(from_server, ACK, Vec::new())
    }

    /// The close, which the client begins.
    pub(crate) fn close(&mut self) -> Vec<Segment> {
        [(false, FIN | ACK), (true, FIN | ACK), (false, ACK)]
            .map(|(from_server, flags)| self.segment(from_server, flags, Vec::new()))
            .into()
    }

    fn segment(&mut self, from_server: bool, flags: u8, data: Vec<u8>) -> Segment {
        let [client, server] = &mut self.next;
        let (own, other) = if from_server { (server, client) } else { (client, server) };
        let sequence = *own;
        // Data is cut to far below 32 bits; SYN and FIN count as a byte.
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        *own = own.wrapping_add(len).wrapping_add(u32::from(flags & (SYN | FIN) != 0));
        Segment { from_server, sequence, acknowledgement: *other, flags, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on() {
        let mut conversation = Conversation::new(u32::MAX, 100);
        let numbers = |segments: &[Segment]| {
            segments.iter().map(|s| (s.sequence, s.acknowledgement)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&conversation.open()), [(u32::MAX, 0), (100, 0), (0, 101)]);
        let data = conversation.send(false, &[7; 10], 4);
        assert_eq!(numbers(&data), [(0, 101), (4, 101), (8, 101)]);
        assert_eq!(
            data.iter().map(|s| s.flags & PSH != 0).collect::<Vec<_>>(),
            [false, false, true]
        );
        assert_eq!(conversation.acknowledge(true).acknowledgement, 10);
        assert_eq!(numbers(&conversation.close()), [(10, 101), (101, 11), (11, 102)]);
    }
}
