//! Interfaces as OpenFlow tells of ports: OpenFlow 1.0.0 section 5.2.1, `struct ofp_phy_port`.

use std::io;

use codec::of10::{Port, PortConfig, PortFeatures, PortNo, PortState};
use codec::types::FixedStr;

use super::link::{Link, links};

/// The interfaces of those names as OpenFlow ports: the first is port 1, and so on. One that is not
/// there keeps its number, and is down.
pub fn ports(names: &[String]) -> io::Result<Vec<Port>> {
    let links = links()?;
    let ports = (1..).zip(names).map(|(number, name)| {
        let link = links.iter().find(|link| link.name == *name);
        port(PortNo(number), name, link)
    });
    Ok(ports.collect())
}

/// Speeds are left out: what a virtual interface says of them is made up.
fn port(port_no: PortNo, name: &str, link: Option<&Link>) -> Port {
    let (mut config, mut state) = (PortConfig::empty(), PortState::empty());
    config.set(PortConfig::PORT_DOWN, !link.is_some_and(|link| link.is_up));
    state.set(PortState::LINK_DOWN, !link.is_some_and(|link| link.has_carrier));
    Port {
        port_no,
        hw_addr: link.map(|link| link.address).unwrap_or_default(),
        name: FixedStr::new(name).unwrap_or_default(),
        config,
        state,
        curr: PortFeatures::empty(),
        advertised: PortFeatures::empty(),
        supported: PortFeatures::empty(),
        peer: PortFeatures::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_and_one_that_is_not_there() {
        let mut link = links().expect("rtnetlink answers").into_iter().next().expect("a link");
        (link.is_up, link.has_carrier) = (true, true);
        let here = port(PortNo(1), &link.name, Some(&link));
        assert_eq!((here.config, here.state), (PortConfig::empty(), PortState::empty()));
        assert_eq!(here.hw_addr, link.address);
        link.has_carrier = false;
        assert_eq!(port(PortNo(1), &link.name, Some(&link)).state, PortState::LINK_DOWN);
        let names = [link.name, "no-such-link".to_owned()];
        let found = ports(&names).expect("rtnetlink answers");
        assert_eq!(found[0].name, FixedStr::new(&names[0]).expect("a link's name is short"));
        assert_eq!(found[1].port_no, PortNo(2));
        assert_eq!(found[1].config, PortConfig::PORT_DOWN);
        assert_eq!(found[1].state, PortState::LINK_DOWN);
    }
}
