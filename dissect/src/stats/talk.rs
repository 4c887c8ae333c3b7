//! Who talks to whom in a frame.

use crate::sink::Ends;

/// Who talks to whom, put together from the layers of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Talk {
    pub(super) addresses: Option<Ends>,
    ports: Option<Ends>,
}

impl Talk {
    /// Notes what a sink is told.
    pub fn note(&mut self, ends: Ends) {
        match ends {
            Ends::Tcp(..) | Ends::Udp(..) => self.ports = Some(ends),
            Ends::Ipv4(..) | Ends::Ipv6(..) => self.addresses = Some(ends),
            Ends::Mac(..) => {}
        }
    }

    /// A place for it among so many, a power of two, by its ports.
    #[inline]
    pub(super) fn place(&self, places: usize) -> usize {
        match self.ports {
            // Not the same for both directions.
            Some(Ends::Tcp(a, b) | Ends::Udp(a, b)) => {
                usize::from(a.wrapping_mul(3) ^ b) & places.wrapping_sub(1)
            }
            _ => 0,
        }
    }

    /// The two ends with their ports, in an order that both directions have, and whether they were
    /// turned round.
    #[must_use]
    pub fn connection(&self) -> (Connection, bool) {
        let (source, destination) = match self.addresses {
            Some(Ends::Ipv4(a, b)) => (a.to_ipv6_mapped().to_bits(), b.to_ipv6_mapped().to_bits()),
            Some(Ends::Ipv6(a, b)) => (a.to_bits(), b.to_bits()),
            _ => (0, 0),
        };
        let (from, to) = match self.ports {
            Some(Ends::Tcp(a, b) | Ends::Udp(a, b)) => (a, b),
            _ => (0, 0),
        };
        let (a, b) = ((source, from), (destination, to));
        let turned = b < a;
        (if turned { Connection(b, a) } else { Connection(a, b) }, turned)
    }
}

/// The two ends of a connection: address and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection((u128, u16), (u128, u16));

impl Connection {
    /// The two ends, the lower first.
    #[must_use]
    pub fn ends(&self) -> [std::net::SocketAddr; 2] {
        [self.0, self.1].map(|(address, port)| {
            let address = std::net::Ipv6Addr::from_bits(address).to_canonical();
            std::net::SocketAddr::new(address, port)
        })
    }
}

impl std::hash::Hash for Connection {
    /// Hashes all of it in few steps.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(self.0.0);
        state.write_u128(self.1.0);
        state.write_u32(u32::from(self.0.1) << 16 | u32::from(self.1.1));
    }
}

impl std::fmt::Display for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = |(address, port): (u128, u16)| {
            let address = std::net::Ipv6Addr::from_bits(address);
            match address.to_ipv4_mapped() {
                Some(address) => format!("{address}:{port}"),
                None => format!("[{address}]:{port}"),
            }
        };
        write!(f, "{} ↔ {}", end(self.0), end(self.1))
    }
}
