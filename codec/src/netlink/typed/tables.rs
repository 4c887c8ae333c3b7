//! Cores, VMs, the configuration and the datapath.

use super::{NetlinkObject, no_pad, read_whole};
use crate::error::{DecodeError, EncodeError};
use crate::fcf::FcfLayout;
use crate::netlink::object::{AttributeValue, Object};
use crate::netlink::schema;
use crate::of10::PortNo;
use crate::types::{Bytes, MacAddr};
use crate::vse::{
    Config, ConfigFlags, Core, CoreFlags, CoreStats, DatapathStats, VmEvent, VmInfo, VmStats,
};

use AttributeValue::{Binary, Text, U8, U16, U32, U64};

impl NetlinkObject for CoreStats {
    fn to_object(&self) -> Result<Object, EncodeError> {
        let object = Object::new(&schema::CORE)
            .with("id", U16(self.core.0))?
            .with("load", U16(self.load))?
            .with("provisional", U16(self.provisional))?
            .with("flags", U16(self.flags.bits()))?
            .with("numa-node", U16(self.numa_node))?
            .with("flows", U32(self.n_flows))?
            .with("packets", U64(self.packets))?
            .with("drops", U64(self.drops))?;
        self.vms.iter().try_fold(object, |object, vm| object.with("vm", U16(*vm)))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let vms = object.values().filter_map(|(name, value)| match (name, value) {
            ("vm", U16(vm)) => Some(*vm),
            _ => None,
        });
        Ok(Self {
            core: object.u16("id").map_or(Core::NONE, Core),
            load: object.u16("load").unwrap_or(0),
            provisional: object.u16("provisional").unwrap_or(0),
            flags: CoreFlags::from_bits_retain(object.u16("flags").unwrap_or(0)),
            numa_node: object.u16("numa-node").unwrap_or(0),
            n_flows: object.u32("flows"),
            packets: object.u64("packets"),
            drops: object.u64("drops"),
            vms: vms.collect(),
            pad: Bytes::default(),
        })
    }
}

impl NetlinkObject for VmStats {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::VM)
            .with("id", U16(self.vm_id))?
            .with("core", U16(self.core.0))?
            .with("port", U16(self.port_no.0))?
            .with("tenant", U32(self.tenant_id))?
            .with("pid", U32(self.pid))?
            .with("mac", Binary(self.hw_addr.0.to_vec().into()))?
            .with("source", U8(self.source.into()))?
            .with("name", Text(self.name.name().into_owned()))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        Ok(Self {
            vm_id: object.u16("id").unwrap_or(0),
            core: object.u16("core").map_or(Core::NONE, Core),
            port_no: object.u16("port").map_or(PortNo::NONE, PortNo),
            tenant_id: object.u32("tenant"),
            pid: object.u32("pid"),
            hw_addr: MacAddr(object.array("mac")?.unwrap_or_default()),
            source: object.u8("source").into(),
            pad: no_pad(),
            name: object.fixed_str("name")?,
        })
    }
}

impl NetlinkObject for VmInfo {
    /// The object of vm-add and vm-del; the event is in the command.
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::VM)
            .with("id", U16(self.vm_id))?
            .with("core", U16(self.core.0))?
            .with("port", U16(self.port_no.0))?
            .with("tenant", U32(self.tenant_id))?
            .with("pid", U32(self.pid))?
            .with("mac", Binary(self.hw_addr.0.to_vec().into()))?
            .with("name", Text(self.name.name().into_owned()))
    }

    /// The VM of vm-add; for vm-del, the caller sets the event.
    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let VmStats { vm_id, core, port_no, tenant_id, pid, hw_addr, name, .. } =
            VmStats::from_object(object)?;
        let event = VmEvent::Up;
        let (pad, pad2) = (no_pad(), no_pad());
        Ok(Self { event, pad, port_no, vm_id, core, tenant_id, hw_addr, pad2, pid, name })
    }
}

impl NetlinkObject for Config {
    fn to_object(&self) -> Result<Object, EncodeError> {
        let mut layout = Vec::new();
        self.fcf_layout.encode(&mut layout);
        Object::new(&schema::CONFIG)
            .with("flags", U16(self.flags.bits()))?
            .with("policy", U8(self.policy.into()))?
            .with("high-load", U16(self.high_load))?
            .with("idle-timeout", U16(self.idle_timeout))?
            .with("fcf-layout", Binary(layout.into()))?
            .with("rebalance-interval", U16(self.rebalance_interval))?
            .with("rebalance-improvement", U16(self.rebalance_improvement))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        let zero = Self {
            flags: ConfigFlags::empty(),
            policy: 0.into(),
            pad: no_pad(),
            high_load: 0,
            idle_timeout: 0,
            fcf_layout: FcfLayout::DSCP,
            rebalance_interval: 0,
            rebalance_improvement: 0,
            pad2: no_pad(),
        };
        zero.updated(object)
    }
}

impl Config {
    /// The configuration with what an object of the netlink family says in place of what was; what
    /// it leaves out stays.
    pub fn updated(mut self, object: &Object) -> Result<Self, DecodeError> {
        if let Some(bits) = object.u16("flags") {
            self.flags = ConfigFlags::from_bits_retain(bits);
        }
        if object.value("policy").is_some() {
            self.policy = object.u8("policy").into();
        }
        if let Some(layout) = object.binary("fcf-layout") {
            self.fcf_layout = read_whole(layout, FcfLayout::read_wire)?;
        }
        for (name, field) in [
            ("high-load", &mut self.high_load),
            ("idle-timeout", &mut self.idle_timeout),
            ("rebalance-interval", &mut self.rebalance_interval),
            ("rebalance-improvement", &mut self.rebalance_improvement),
        ] {
            *field = object.u16(name).unwrap_or(*field);
        }
        Ok(self)
    }
}

impl NetlinkObject for DatapathStats {
    fn to_object(&self) -> Result<Object, EncodeError> {
        Object::new(&schema::DATAPATH)
            .with("name", Text(self.name.name().into_owned()))?
            .with("mode", U8(self.mode.into()))?
            .with("cores", U16(self.n_cores))?
            .with("generation", U32(self.generation))?
            .with("flows", U32(self.n_flows))?
            .with("max-flows", U32(self.max_flows))?
            .with("matched", U64(self.matched))?
            .with("missed", U64(self.missed))?
            .with("passed", U64(self.passed))?
            .with("redirected", U64(self.redirected))?
            .with("errors", U64(self.errors))?
            .with("moves", U64(self.moves))?
            .with("deferred", U64(self.deferred))
    }

    fn from_object(object: &Object) -> Result<Self, DecodeError> {
        Ok(Self {
            name: object.fixed_str("name")?,
            mode: object.u8("mode").into(),
            pad: no_pad(),
            n_cores: object.u16("cores").unwrap_or(0),
            generation: object.u32("generation"),
            n_flows: object.u32("flows"),
            max_flows: object.u32("max-flows"),
            matched: object.u64("matched"),
            missed: object.u64("missed"),
            passed: object.u64("passed"),
            redirected: object.u64("redirected"),
            errors: object.u64("errors"),
            moves: object.u64("moves"),
            deferred: object.u64("deferred"),
        })
    }
}
