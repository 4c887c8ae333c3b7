//! Facts about this host, from the kernel itself: HOST_FEATURES_REPLY, `vsectl doctor` and the core table share
//! them. Parsing is by pure functions over text and attributes; the rest only reads.

mod cores;
mod cpu_list;
mod ethtool;
mod features;
mod genl;
mod interface;
mod kernel;
mod link;
mod namespace;
mod netlink;
mod ntuple;
mod packet_steering;
mod port;
mod text_file;

use std::io;

use serde::{Deserialize, Serialize};

pub use cores::{Core, CoreTexts, Isolation, cores, list_of};
pub use cpu_list::{CpuListError, format_list, parse_list, parse_mask};
pub use ethtool::{Channels, Rss, XdpSupport};
pub use features::{TableSizes, host_features};
pub use interface::{Interface, Peer};
pub use kernel::{Kernel, Version};
pub use link::XdpMode;
pub(crate) use link::links;
pub use namespace::Namespace;
pub use packet_steering::SteeredQueue;
pub use port::ports;

/// What the kernel tells about this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The kernel, and what this process may do.
    pub kernel: Kernel,
    /// Cores that are online.
    pub cores: Vec<Core>,
    /// Interfaces of the current network namespace.
    pub interfaces: Vec<Interface>,
}

impl HostFacts {
    /// Reads the facts of this machine, with those interfaces; with all where none is named.
    ///
    /// Works without privilege, apart from what is then reported as unknown. An interface that does not exist is
    /// an error.
    pub fn gather(interfaces: &[String]) -> io::Result<Self> {
        Ok(Self {
            kernel: Kernel::read(),
            cores: cores()?,
            interfaces: interface::interfaces(interfaces)?,
        })
    }
}
