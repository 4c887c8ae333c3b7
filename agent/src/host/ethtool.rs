//! What the driver tells: channels, offloads and the RSS table over ethtool's netlink family, and whether it can
//! do XDP over the family `netdev`. Source: the kernel's Documentation/networking/ethtool-netlink.rst and
//! Documentation/netlink/specs/netdev.yaml.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use netlink_packet_core::DefaultNla;
use serde::{Deserialize, Serialize};

use super::genl::{Attributes, Family, nest, number};

/// Receive channels of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// Channels that receive: those for receiving only, and the combined ones.
    pub rx: u32,
    /// As many as the driver can have.
    pub rx_max: u32,
}

/// The driver's table from the receive hash to queues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rss {
    /// Slots of the table.
    pub slots: usize,
    /// Queues that occur in it, and in how many slots.
    pub queues: BTreeMap<u32, usize>,
}

/// What the driver can do with XDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct XdpSupport {
    /// Runs programs itself (native mode).
    pub native: bool,
    /// Lets programs redirect, which steering through a cpumap needs.
    pub redirect: bool,
    /// Gives frames of several buffers to programs that take them (`xdp.frags`).
    pub frags: bool,
}

/// Asks drivers.
#[derive(Debug)]
pub(super) struct Driver {
    ethtool: Family,
    netdev: Option<Family>,
}

impl Driver {
    /// Finds the families; `netdev` came with Linux 6.3.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { ethtool: Family::resolve("ethtool")?, netdev: Family::resolve("netdev").ok() })
    }

    /// The channels; `None` where the driver does not tell.
    pub(super) fn channels(&self, index: u32) -> io::Result<Option<Channels>> {
        Ok(self.ask(CHANNELS_GET, index)?.as_ref().map(channels))
    }

    /// The names of the features that are on: `rx-vlan-hw-parse`, `tx-checksum-ip-generic` and so on.
    pub(super) fn features(&self, index: u32) -> io::Result<BTreeSet<String>> {
        Ok(self.ask(FEATURES_GET, index)?.as_ref().map(active_features).unwrap_or_default())
    }

    /// The RSS table; `None` where the driver has none.
    pub(super) fn rss(&self, index: u32) -> io::Result<Option<Rss>> {
        Ok(self.ask(RSS_GET, index)?.as_ref().and_then(rss))
    }

    /// What the driver can do with XDP; `None` where the kernel does not tell.
    pub(super) fn xdp(&self, index: u32) -> io::Result<Option<XdpSupport>> {
        let Some(netdev) = self.netdev else { return Ok(None) };
        let answer = netdev.get(NETDEV_DEV_GET, vec![number(NETDEV_IFINDEX, index)]);
        Ok(unless_unsupported(answer)?.and_then(|answer| answer.u64(NETDEV_XDP_FEATURES)).map(xdp))
    }

    fn ask(&self, command: u8, index: u32) -> io::Result<Option<Attributes>> {
        unless_unsupported(self.ethtool.get(command, vec![device(index)]))
    }
}

/// Every request of ethtool names the device in its first attribute, in the same way.
fn device(index: u32) -> DefaultNla {
    nest(HEADER, &[number(HEADER_DEV_INDEX, index)])
}

fn channels(answer: &Attributes) -> Channels {
    let sum = |a, b| answer.u32(a).unwrap_or(0).saturating_add(answer.u32(b).unwrap_or(0));
    Channels {
        rx: sum(CHANNELS_RX_COUNT, CHANNELS_COMBINED_COUNT),
        rx_max: sum(CHANNELS_RX_MAX, CHANNELS_COMBINED_MAX),
    }
}

/// A bit set that has no mask lists the bits that are set.
fn active_features(answer: &Attributes) -> BTreeSet<String> {
    let bits = answer.nested(FEATURES_ACTIVE).and_then(|set| set.nested(BITSET_BITS));
    let bits = bits.unwrap_or_default();
    bits.each(BITSET_BITS_BIT).filter_map(|bit| bit.text(BITSET_BIT_NAME)).collect()
}

fn rss(answer: &Attributes) -> Option<Rss> {
    let table = answer.value(RSS_INDIR)?;
    let mut queues = BTreeMap::new();
    for slot in table.chunks_exact(4) {
        let queue = u32::from_ne_bytes(slot.try_into().ok()?);
        *queues.entry(queue).or_default() += 1;
    }
    Some(Rss { slots: table.len() / 4, queues })
}

fn xdp(features: u64) -> XdpSupport {
    XdpSupport {
        native: features & 1 != 0,
        redirect: features & 1 << 1 != 0,
        frags: features & 1 << 5 != 0,
    }
}

/// A driver that cannot tell is no failure.
fn unless_unsupported(answer: io::Result<Attributes>) -> io::Result<Option<Attributes>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.raw_os_error() == Some(EOPNOTSUPP) => Ok(None),
        Err(error) => Err(error),
    }
}

const EOPNOTSUPP: i32 = 95;

const FEATURES_GET: u8 = 11;
const CHANNELS_GET: u8 = 17;
const RSS_GET: u8 = 38;
const HEADER: u16 = 1;
const HEADER_DEV_INDEX: u16 = 1;
const FEATURES_ACTIVE: u16 = 4;
const BITSET_BITS: u16 = 3;
const BITSET_BITS_BIT: u16 = 1;
const BITSET_BIT_NAME: u16 = 2;
const CHANNELS_RX_MAX: u16 = 2;
const CHANNELS_COMBINED_MAX: u16 = 5;
const CHANNELS_RX_COUNT: u16 = 6;
const CHANNELS_COMBINED_COUNT: u16 = 9;
const RSS_INDIR: u16 = 4;

const NETDEV_DEV_GET: u8 = 1;
const NETDEV_IFINDEX: u16 = 1;
const NETDEV_XDP_FEATURES: u16 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: u16, text: &str) -> DefaultNla {
        DefaultNla::new(kind, [text.as_bytes(), &[0]].concat())
    }

    #[test]
    fn features_that_are_on() {
        let bit =
            |index, name| nest(BITSET_BITS_BIT, &[number(1, index), text(BITSET_BIT_NAME, name)]);
        let bits = nest(BITSET_BITS, &[bit(3, "tx-checksum-ip-generic"), bit(9, "rx-hashing")]);
        let answer = Attributes(vec![nest(FEATURES_ACTIVE, &[DefaultNla::new(1, vec![]), bits])]);
        let names: Vec<String> = active_features(&answer).into_iter().collect();
        assert_eq!(names, ["rx-hashing", "tx-checksum-ip-generic"]);
    }

    #[test]
    fn combined_channels_receive_too() {
        let answer = Attributes(vec![
            number(CHANNELS_RX_MAX, 2),
            number(CHANNELS_COMBINED_MAX, 8),
            number(CHANNELS_COMBINED_COUNT, 4),
        ]);
        assert_eq!(channels(&answer), Channels { rx: 4, rx_max: 10 });
    }

    #[test]
    fn the_rss_table_by_queue() {
        let table: Vec<u8> = [0u32, 1, 0, 1, 0, 3].iter().flat_map(|q| q.to_ne_bytes()).collect();
        let answer = Attributes(vec![DefaultNla::new(RSS_INDIR, table)]);
        let expected = Rss { slots: 6, queues: BTreeMap::from([(0, 3), (1, 2), (3, 1)]) };
        assert_eq!(rss(&answer), Some(expected));
        assert_eq!(rss(&Attributes::default()), None);
    }

    #[test]
    fn xdp_features_by_bit() {
        let veth = XdpSupport { native: true, redirect: true, frags: true };
        assert_eq!(xdp(0x23), veth);
        assert_eq!(xdp(0), XdpSupport { native: false, redirect: false, frags: false });
    }
}
