//! Which ports of a switch are VMs, and what is known of each.
//!
//! A port is a VM where its name or its Ethernet address is that of a configured VM, or where the
//! switch's own database says so. It is up while the switch has the port and its link is up.

use std::collections::BTreeMap;

use codec::of10::{Port, PortConfig, PortNo, PortState};
use codec::types::Pad;
use codec::types::{FixedStr, MacAddr};
use codec::vse::{Core, VmEvent, VmInfo};

/// A VM, as configured or as the switch's database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vm {
    /// Its number in the Flow Control Field, 1 to 4094.
    pub vm_id: u16,
    /// Whose it is.
    pub tenant_id: u32,
    /// Its name, for people; cut to what VM_INFO holds.
    pub name: String,
    /// The core that it runs on, where that is known beforehand.
    pub core: Option<Core>,
    /// The process whose threads are to be followed; 0 for none.
    pub pid: u32,
    /// Its Ethernet address, where that is not the port's: a tap has one of its own.
    pub hw_addr: Option<MacAddr>,
}

/// How a port is told to be that of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortOf {
    /// The port's name.
    Name(String),
    /// The port's Ethernet address.
    HwAddr(MacAddr),
}

/// The ports of a switch and the VMs behind them.
#[derive(Debug)]
pub struct Vms {
    configured: Vec<(PortOf, Vm)>,
    /// What the switch's database says, by the port's name.
    by_database: BTreeMap<String, Vm>,
    /// The VMs that are up, by port.
    up: BTreeMap<PortNo, Up>,
    /// Every port of the switch, as it was told last.
    ports: BTreeMap<PortNo, Port>,
}

/// A VM that is up.
#[derive(Debug)]
struct Up {
    vm: Vm,
    hw_addr: MacAddr,
    core: Core,
}

impl Vms {
    /// No ports yet.
    #[must_use]
    pub fn new(configured: Vec<(PortOf, Vm)>) -> Self {
        Self {
            configured,
            by_database: BTreeMap::new(),
            up: BTreeMap::new(),
            ports: BTreeMap::new(),
        }
    }

    /// Takes the switch's list of ports: VMs that came or went since.
    pub fn all_ports(&mut self, ports: &[Port]) -> Vec<VmInfo> {
        let gone = self.ports.keys().filter(|no| !ports.iter().any(|port| port.port_no == **no));
        let gone: Vec<PortNo> = gone.copied().collect();
        let mut told: Vec<VmInfo> = gone.into_iter().filter_map(|no| self.removed(no)).collect();
        told.extend(ports.iter().flat_map(|port| self.port(port)));
        told
    }

    /// Takes what a port is now: the VM that came, or went, or both where another one is there.
    pub fn port(&mut self, port: &Port) -> Vec<VmInfo> {
        self.ports.insert(port.port_no, *port);
        let down = port.state.contains(PortState::LINK_DOWN)
            || port.config.contains(PortConfig::PORT_DOWN);
        let vm = self.identify(port).filter(|_| !down);
        let known = self.up.get(&port.port_no).map(|up| &up.vm);
        if known == vm.as_ref() {
            return Vec::new();
        }
        let mut told: Vec<VmInfo> = self.down(port.port_no).into_iter().collect();
        if let Some(vm) = vm {
            let core = vm.core.unwrap_or(Core::NONE);
            let hw_addr = vm.hw_addr.unwrap_or(port.hw_addr);
            let up = Up { vm, hw_addr, core };
            told.push(up.info(VmEvent::Up, port.port_no));
            self.up.insert(port.port_no, up);
        }
        told
    }

    /// Takes that a port is gone: the VM that went with it.
    pub fn removed(&mut self, port_no: PortNo) -> Option<VmInfo> {
        self.ports.remove(&port_no);
        self.down(port_no)
    }

    fn down(&mut self, port_no: PortNo) -> Option<VmInfo> {
        self.up.remove(&port_no).map(|up| up.info(VmEvent::Down, port_no))
    }

    /// Takes what the switch's database says of the port of that name: VMs that came or went by
    /// it.
    pub fn database(&mut self, name: &str, vm: Option<Vm>) -> Vec<VmInfo> {
        match vm {
            Some(vm) => self.by_database.insert(name.to_owned(), vm),
            None => self.by_database.remove(name),
        };
        let ports = self.ports.values().filter(|port| port.name.name() == name);
        let ports: Vec<Port> = ports.copied().collect();
        ports.iter().flat_map(|port| self.port(port)).collect()
    }

    /// Takes where a VM runs: the news, if it is any.
    pub fn runs_on(&mut self, vm_id: u16, core: Core) -> Option<VmInfo> {
        let mut all = self.up.iter_mut();
        let (port_no, up) = all.find(|(_, up)| up.vm.vm_id == vm_id && up.core != core)?;
        up.core = core;
        Some(up.info(VmEvent::Moved, *port_no))
    }

    /// The VMs that are up, as news for a controller that heard none yet.
    pub fn all_up(&self) -> impl Iterator<Item = VmInfo> + '_ {
        self.up.iter().map(|(port_no, up)| up.info(VmEvent::Up, *port_no))
    }

    /// Whether a VM is up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    /// The configuration wins over the database.
    fn identify(&self, port: &Port) -> Option<Vm> {
        let name = port.name.name();
        let is_port = |of: &PortOf| match of {
            PortOf::Name(known) => *known == name,
            PortOf::HwAddr(known) => *known == port.hw_addr,
        };
        let configured = self.configured.iter().find(|(of, _)| is_port(of)).map(|(_, vm)| vm);
        configured.or_else(|| self.by_database.get(name.as_ref())).cloned()
    }
}

impl Up {
    fn info(&self, event: VmEvent, port_no: PortNo) -> VmInfo {
        VmInfo {
            event,
            pad: Pad::default(),
            port_no,
            vm_id: self.vm.vm_id,
            core: self.core,
            tenant_id: self.vm.tenant_id,
            hw_addr: self.hw_addr,
            pad2: Pad::default(),
            pid: self.vm.pid,
            name: cut(&self.vm.name),
        }
    }
}

/// As much of a name as fits in front of its NUL, whole characters.
fn cut<const N: usize>(name: &str) -> FixedStr<N> {
    let ends = name.char_indices().map(|(at, char)| at + char.len_utf8());
    let end = ends.take_while(|end| *end < N).last().unwrap_or(0);
    name.get(..end).and_then(FixedStr::new).unwrap_or(FixedStr([0; N]))
}

#[cfg(test)]
mod tests {
    use codec::of10::PortFeatures;

    use super::*;

    fn port(no: u16, name: &str, state: PortState) -> Port {
        let none = PortFeatures::empty();
        Port {
            port_no: PortNo(no),
            hw_addr: MacAddr([2, 0, 0, 0, 0, 5]),
            name: FixedStr::new(name).unwrap(),
            config: PortConfig::empty(),
            state,
            curr: none,
            advertised: none,
            supported: none,
            peer: none,
        }
    }

    fn vm(vm_id: u16) -> Vm {
        Vm { vm_id, tenant_id: 7, name: "web".to_owned(), core: None, pid: 0, hw_addr: None }
    }

    fn events(told: &[VmInfo]) -> Vec<(VmEvent, u16, u16)> {
        told.iter().map(|info| (info.event, info.vm_id, info.port_no.0)).collect()
    }

    #[test]
    fn up_moved_and_down() {
        let mut vms = Vms::new(vec![(PortOf::Name("vm5".to_owned()), vm(5))]);
        let up = PortState::empty();
        assert_eq!(vms.port(&port(2, "eth0", up)), []);
        assert_eq!(events(&vms.port(&port(1, "vm5", up))), [(VmEvent::Up, 5, 1)]);
        assert_eq!(vms.port(&port(1, "vm5", up)), [], "no news");
        assert_eq!(
            vms.runs_on(5, Core(3)).map(|info| (info.event, info.core)),
            Some((VmEvent::Moved, Core(3)))
        );
        assert_eq!(vms.runs_on(5, Core(3)), None);
        assert_eq!(vms.all_up().map(|info| info.core).collect::<Vec<_>>(), [Core(3)]);
        let down = vms.port(&port(1, "vm5", PortState::LINK_DOWN));
        assert_eq!(events(&down), [(VmEvent::Down, 5, 1)]);
        assert!(vms.is_empty());
    }

    #[test]
    fn by_address_and_by_the_database() {
        let by_address = (PortOf::HwAddr(MacAddr([2, 0, 0, 0, 0, 5])), vm(9));
        let mut vms = Vms::new(vec![by_address]);
        assert_eq!(events(&vms.port(&port(1, "tap1", PortState::empty()))), [(VmEvent::Up, 9, 1)]);
        let mut vms = Vms::new(Vec::new());
        assert_eq!(vms.port(&port(1, "tap1", PortState::empty())), []);
        assert_eq!(events(&vms.database("tap1", Some(vm(4)))), [(VmEvent::Up, 4, 1)]);
        let other = vms.database("tap1", Some(vm(6)));
        assert_eq!(events(&other), [(VmEvent::Down, 4, 1), (VmEvent::Up, 6, 1)]);
        assert_eq!(events(&vms.database("tap1", None)), [(VmEvent::Down, 6, 1)]);
        // The address of the VM, not that of its tap.
        let attached = MacAddr([2, 0, 0, 0, 0, 77]);
        let told = vms.database("tap1", Some(Vm { hw_addr: Some(attached), ..vm(6) }));
        assert_eq!(told.iter().map(|info| info.hw_addr).collect::<Vec<_>>(), [attached]);
    }

    #[test]
    fn a_new_list_of_ports_tells_who_went() {
        let mut vms = Vms::new(vec![
            (PortOf::Name("a".to_owned()), vm(1)),
            (PortOf::Name("b".to_owned()), vm(2)),
        ]);
        let up = PortState::empty();
        let told = vms.all_ports(&[port(1, "a", up), port(2, "b", up)]);
        assert_eq!(events(&told), [(VmEvent::Up, 1, 1), (VmEvent::Up, 2, 2)]);
        assert_eq!(events(&vms.all_ports(&[port(2, "b", up)])), [(VmEvent::Down, 1, 1)]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(cut::<4>("äöü").name(), "ä");
        assert_eq!(cut::<4>("abc").name(), "abc");
    }
}
