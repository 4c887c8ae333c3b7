//! Port numbers: OpenFlow 1.0.0 section 5.2.1, `enum ofp_port`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code_points::NameOrNumber;
use crate::types::{Line, Piece, UpperCase};

/// The number of a port: 1 to [`MAX`](Self::MAX) for physical ones, names for the reserved ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortNo(pub u16);

impl PortNo {
    /// The highest number of a physical port.
    pub const MAX: Self = Self(0xff00);
    /// Back out of the port that the frame came in on.
    pub const IN_PORT: Self = Self(0xfff8);
    /// Through the flow table; in PACKET_OUT alone.
    pub const TABLE: Self = Self(0xfff9);
    /// As a switch without OpenFlow would.
    pub const NORMAL: Self = Self(0xfffa);
    /// Every physical port in the spanning tree but the one it came in on.
    pub const FLOOD: Self = Self(0xfffb);
    /// Every physical port but the one it came in on.
    pub const ALL: Self = Self(0xfffc);
    /// To the controller, as PACKET_IN.
    pub const CONTROLLER: Self = Self(0xfffd);
    /// The switch's own network stack.
    pub const LOCAL: Self = Self(0xfffe);
    /// No port; a wildcard in deletions and statistics.
    pub const NONE: Self = Self(0xffff);

    /// The reserved ports with their names.
    pub const NAMES: [(Self, &'static str); 8] = [
        (Self::IN_PORT, "in_port"),
        (Self::TABLE, "table"),
        (Self::NORMAL, "normal"),
        (Self::FLOOD, "flood"),
        (Self::ALL, "all"),
        (Self::CONTROLLER, "controller"),
        (Self::LOCAL, "local"),
        (Self::NONE, "none"),
    ];

    /// The name of a reserved port.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(port, _)| *port == self).map(|(_, name)| *name)
    }

    /// The reserved port of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let named = |(_, known): &&(Self, &str)| known.eq_ignore_ascii_case(name);
        Self::NAMES.iter().find(named).map(|(port, _)| *port)
    }
}

impl From<u16> for PortNo {
    fn from(number: u16) -> Self {
        Self(number)
    }
}

impl From<PortNo> for u16 {
    fn from(PortNo(number): PortNo) -> Self {
        number
    }
}

impl fmt::Display for PortNo {
    /// The number, or the name in capitals, as ovs-ofctl prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(&name.to_ascii_uppercase()),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl Piece for PortNo {
    fn put(&self, out: &mut Line) {
        match self.name() {
            Some(name) => UpperCase(name).put(out),
            None => self.0.put(out),
        }
    }
}

impl Serialize for PortNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_u16(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for PortNo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrNumber::<Self, u16>::new(Self::from_name, || {
            Self::NAMES.iter().map(|(_, name)| *name).collect()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_in_json() {
        for (port, json) in
            [(PortNo(1), "1"), (PortNo::LOCAL, r#""local""#), (PortNo::MAX, "65280")]
        {
            assert_eq!(serde_json::to_string(&port).unwrap(), json);
            assert_eq!(serde_json::from_str::<PortNo>(json).unwrap(), port);
        }
        assert_eq!(PortNo::CONTROLLER.to_string(), "CONTROLLER");
    }
}
