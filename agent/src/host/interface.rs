//! An interface with all that decides whether VSE can steer what it receives.

use std::collections::BTreeSet;
use std::io;

use serde::{Deserialize, Serialize};

use super::ethtool::{Channels, Driver, Rss, XdpSupport};
use super::link::{Link, PeerPlace, XdpMode, links};
use super::namespace::by_number;
use super::ntuple;
use super::packet_steering::{SteeredQueue, steered_queues};

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `veth`, `vxlan` and so on; `None` for hardware and loopback.
    pub kind: Option<String>,
    /// Bytes behind the Ethernet header.
    pub mtu: u32,
    /// The XDP program that is attached.
    pub xdp: XdpMode,
    /// What the driver can do with XDP; `None` where the kernel does not tell (before 6.3).
    pub xdp_support: Option<XdpSupport>,
    /// Receive queues that the kernel has made.
    pub rx_queues: u32,
    /// Receive channels; `None` where the driver does not tell.
    pub channels: Option<Channels>,
    /// Offloads that are on, by ethtool's names.
    pub features: BTreeSet<String>,
    /// The RSS table; `None` where the driver has none.
    pub rss: Option<Rss>,
    /// Receive filters (Flow Director); `None` where the driver has none to offer.
    pub filters: Option<u32>,
    /// Queues with receive packet or flow steering; `None` where sysfs shows another namespace.
    pub steered_queues: Option<Vec<SteeredQueue>>,
    /// The other end of a veth.
    pub peer: Option<Peer>,
}

/// The other end of a veth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// It is in a namespace that cannot be found or entered from here.
    OutOfReach,
    /// Found.
    Found {
        /// The name of its namespace, if it has one; `None` also for the current one.
        namespace: Option<String>,
        /// Its name there.
        name: String,
        /// Bytes behind the Ethernet header.
        mtu: u32,
        /// Offloads that are on, by ethtool's names.
        features: BTreeSet<String>,
    },
}

/// Reads the interfaces of the current namespace: those of `names`, or all.
pub(super) fn interfaces(names: &[String]) -> io::Result<Vec<Interface>> {
    let links = links()?;
    if let Some(missing) = names.iter().find(|name| links.iter().all(|link| link.name != **name)) {
        let kind = io::ErrorKind::NotFound;
        return Err(io::Error::new(kind, format!("no interface is named {missing}")));
    }
    let driver = Driver::new()?;
    let wanted = links.into_iter().filter(|link| names.is_empty() || names.contains(&link.name));
    wanted.map(|link| read(link, &driver)).collect()
}

fn read(link: Link, driver: &Driver) -> io::Result<Interface> {
    let index = link.index;
    Ok(Interface {
        xdp_support: driver.xdp(index)?,
        channels: driver.channels(index)?,
        features: driver.features(index)?,
        rss: driver.rss(index)?,
        filters: ntuple::filters(&link.name)?,
        steered_queues: steered_queues(&link.name, index)?,
        peer: link.peer.map(|place| peer(place, index)).transpose()?,
        index,
        name: link.name,
        kind: link.kind,
        mtu: link.mtu,
        xdp: link.xdp,
        rx_queues: link.rx_queues,
    })
}

fn peer(place: PeerPlace, own_index: u32) -> io::Result<Peer> {
    let Some(number) = place.namespace else {
        return Ok(peer_here(place.index, own_index, None)?.unwrap_or(Peer::OutOfReach));
    };
    let Some(namespace) = by_number(number)? else { return Ok(Peer::OutOfReach) };
    let name = namespace.name();
    match namespace.run(|| peer_here(place.index, own_index, name)) {
        Ok(found) => Ok(found?.unwrap_or(Peer::OutOfReach)),
        // Without CAP_SYS_ADMIN nobody enters another namespace.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Peer::OutOfReach),
        Err(error) => Err(error),
    }
}

fn peer_here(index: u32, own_index: u32, namespace: Option<String>) -> io::Result<Option<Peer>> {
    let links = links()?;
    let is_other_end =
        |link: &&Link| link.index == index && link.peer.is_some_and(|p| p.index == own_index);
    let Some(link) = links.iter().find(is_other_end) else { return Ok(None) };
    let features = Driver::new()?.features(index)?;
    Ok(Some(Peer::Found { namespace, name: link.name.clone(), mtu: link.mtu, features }))
}
