//! The interface that frames are sent to, and whether it is one that they should be sent to.

use std::fs;

use anyhow::{Context, bail};
use codec::text::nearest;
use pnet::datalink::{self, NetworkInterface};

/// The interface of that name. One that carries the default route is refused unless `really`: test
/// traffic there leaves the host.
pub(crate) fn find(name: &str, really: bool) -> anyhow::Result<NetworkInterface> {
    let interfaces = datalink::interfaces();
    let Some(interface) = interfaces.iter().find(|interface| interface.name == name) else {
        let names = interfaces.iter().map(|interface| interface.name.as_str());
        if let Some(like) = nearest(name, names.clone()) {
            bail!("there is no interface {name}; did you mean {like}?");
        }
        bail!("there is no interface {name}; there are {}", names.collect::<Vec<_>>().join(", "))
    };
    if !really {
        let table = fs::read_to_string("/proc/net/route").context("/proc/net/route")?;
        // A host without IPv6 has no such table.
        let table_v6 = fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default();
        if is_default(name, &table) || is_default_v6(name, &table_v6) {
            bail!(
                "{name} carries the default route: what is sent there may leave this host; \
                 --yes-really sends it all the same"
            );
        }
    }
    if !interface.is_up() {
        bail!("{name} is down; ip link set {name} up");
    }
    Ok(interface.clone())
}

/// Whether the table of /proc/net/route has a default route through the interface.
fn is_default(interface: &str, table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let mut words = line.split_whitespace();
        let (name, destination, mask) = (words.next(), words.next(), words.nth(5));
        (name, destination, mask) == (Some(interface), Some("00000000"), Some("00000000"))
    })
}

/// The same of /proc/net/ipv6_route, whose lines for what is unreachable name the loopback.
fn is_default_v6(interface: &str, table: &str) -> bool {
    let any = "0".repeat(32);
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_any = matches!(words.as_slice(), [to, "00", ..] if *to == any);
        is_any && interface != "lo" && words.last() == Some(&interface)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n\
                     eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert!(is_default("eth0", table) && !is_default("eth1", table));
        let zero = "0".repeat(32);
        let line =
            |name| format!("{zero} 00 {zero} 00 {zero} 00000400 00000001 0 00000003 {name}\n");
        assert!(is_default_v6("eth0", &line("    eth0")) && !is_default_v6("lo", &line("lo")));
    }
}
