//! The numbers of TCP connections, in the order of their first segments.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{Direction, middle};

/// Connections that are kept: of older ones, the next segment begins another.
const CONNECTIONS: usize = 32_768;

#[derive(Debug, Clone, Copy)]
struct Connection {
    number: u64,
    /// When a segment came last.
    used: u64,
    /// Where each direction begins, once it has: that of the key, and the other one.
    begins: [Option<u32>; 2],
}

/// Counts connections, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    known: HashMap<Direction, Connection, RandomState>,
    begun: u64,
    /// Counts segments.
    clock: u64,
}

impl Numbers {
    /// The number of the connection to which a segment belongs, from 0. `opens` says whether the
    /// segment asks for a connection: where it begins at another sequence number than the one that
    /// is known between these ports, it is another one, as Wireshark counts them.
    pub(super) fn of(&mut self, direction: Direction, sequence: u32, opens: bool) -> u64 {
        self.clock += 1;
        let (key, side) = direction.both();
        if self.known.len() >= CONNECTIONS && !self.known.contains_key(&key) {
            self.forget();
        }
        let new = Connection { number: self.begun, used: 0, begins: [None; 2] };
        let connection = self.known.entry(key).or_insert(new);
        let [ours, other] = &mut connection.begins;
        let begins = if side { other } else { ours };
        if opens && begins.is_some_and(|begins| begins != sequence) {
            *connection = new;
            let [ours, other] = &mut connection.begins;
            *if side { other } else { ours } = Some(sequence);
        } else {
            begins.get_or_insert(if opens { sequence } else { sequence.wrapping_sub(1) });
        }
        connection.used = self.clock;
        if connection.number == self.begun {
            self.begun += 1;
        }
        connection.number
    }

    /// Forgets the half that was used least of late.
    #[cold]
    fn forget(&mut self) {
        let limit = middle(self.known.values().map(|known| known.used));
        self.known.retain(|_, known| known.used > limit);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn direction(from: u8, port: u16, to: u8, to_port: u16) -> Direction {
        let host = |host| IpAddr::V4(Ipv4Addr::new(10, 0, 0, host));
        Direction::new((host(from), port), (host(to), to_port), 0)
    }

    #[test]
    fn both_directions_are_one_connection() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 5, true), 0);
        assert_eq!(numbers.of(direction(2, 80, 1, 1000), 70, false), 0);
        assert_eq!(numbers.of(direction(1, 1001, 2, 80), 5, true), 1);
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 6, false), 0);
        // The same port at both ends.
        assert_eq!(numbers.of(direction(2, 7, 1, 7), 1, false), 2);
        assert_eq!(numbers.of(direction(1, 7, 2, 7), 1, false), 2);
    }

    #[test]
    fn ports_that_are_used_again_are_another_connection() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 5, true), 0);
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 5, true), 0);
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 900, true), 1);
        assert_eq!(numbers.of(direction(2, 80, 1, 1000), 70, false), 1);
        assert_eq!(numbers.of(direction(1, 1000, 2, 80), 901, false), 1);
    }

    #[test]
    fn many_connections_take_bounded_room() {
        let mut numbers = Numbers::default();
        let mut expected = 0;
        for host in 0..2 {
            for port in 0..u16::MAX {
                assert_eq!(numbers.of(direction(host, port, 9, 80), 1, true), expected);
                expected += 1;
            }
        }
        assert!(numbers.known.len() <= CONNECTIONS);
        assert_eq!(numbers.of(direction(9, 80, 1, u16::MAX - 1), 1, false), expected - 1);
    }
}
