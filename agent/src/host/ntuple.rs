//! How many receive filters (Flow Director and the like) the NIC holds. Only the ioctl tells; ethtool's netlink
//! family has no message for it. Source: linux/ethtool.h, `ETHTOOL_GRXCLSRLCNT`.

#![allow(unsafe_code, reason = "the request holds a pointer, which the kernel follows")]

use std::ffi::c_void;
use std::io;
use std::ptr;

use rustix::ioctl::{Opcode, Updater, ioctl};
use rustix::net::{AddressFamily, SocketType, socket};

const SIOCETHTOOL: Opcode = 0x8946;
const ETHTOOL_GRXCLSRLCNT: u32 = 0x2e;
const IFNAMSIZ: usize = 16;

/// `struct ethtool_rxnfc` without the rules behind it; zero everywhere but for the command.
#[repr(C)]
struct Rxnfc {
    cmd: u32,
    flow_type: u32,
    data: u64,
    /// `struct ethtool_rx_flow_spec`, which this command does not read.
    fs: [u64; 21],
    rule_cnt: u32,
}

/// `struct ifreq` with the pointer that SIOCETHTOOL takes.
#[repr(C)]
struct Ifreq {
    name: [u8; IFNAMSIZ],
    data: *mut c_void,
    rest: [u64; 2],
}

/// Filters of the interface; `None` where the driver has none to offer.
pub(super) fn filters(interface: &str) -> io::Result<Option<u32>> {
    let bytes = interface.as_bytes();
    let mut name = [0; IFNAMSIZ];
    let Some(place) = name.get_mut(..bytes.len()).filter(|place| place.len() < IFNAMSIZ) else {
        return Err(io::Error::other(format!("{interface}: longer than an interface's name")));
    };
    place.copy_from_slice(bytes);
    let mut count =
        Rxnfc { cmd: ETHTOOL_GRXCLSRLCNT, flow_type: 0, data: 0, fs: [0; 21], rule_cnt: 0 };
    let mut request = Ifreq { name, data: ptr::from_mut(&mut count).cast(), rest: [0; 2] };
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: SIOCETHTOOL reads and writes a struct ifreq, whose pointer leads to a struct ethtool_rxnfc; both
    // are of the kernel's layout (or longer) and outlive the call.
    let done = unsafe { ioctl(&socket, Updater::<SIOCETHTOOL, Ifreq>::new(&mut request)) };
    match done {
        Ok(()) => Ok(Some(count.rule_cnt)),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_no_filters_and_a_missing_interface_is_an_error() {
        assert_eq!(filters("lo").expect("lo is there"), None);
        assert!(filters("no-such-if").is_err());
        assert!(filters("a-name-that-is-too-long").is_err());
    }
}
