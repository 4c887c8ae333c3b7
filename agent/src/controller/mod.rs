//! A controller for debugging sessions, which decides as the paper's does: section III.D. It follows
//! VMs by VM_INFO, has their traffic marked where it is sent, and tells the VSE where it arrives.
//!
//! A [`Controller`] is pure: whole messages in, messages out. [`Server`] has the sockets.

mod policy;
mod server;

use std::collections::BTreeMap;

use codec::of10::{Body, FeaturesReply, Hello, Message, Vendor};
use codec::proxy::{Carried, bare};
use codec::text::{Flow, Options};
use codec::vse::{ConfigFlags, VmEvent, VmInfo, VseMessage};

pub use policy::{CoreChoice, Grade, Host, Policy, PolicyError};
pub use server::{Observer, Server, ServerError, Stop};

/// What a controller knows of a switch.
#[derive(Debug, Default)]
struct Switch {
    datapath_id: Option<u64>,
    /// The VMs behind it, by number.
    vms: BTreeMap<u16, VmInfo>,
}

/// A message for a switch.
pub type ToSwitch = (usize, Message);

/// A controller.
#[derive(Debug, Default)]
pub struct Controller {
    policy: Option<Policy>,
    switches: BTreeMap<usize, Switch>,
    last_xid: u32,
}

impl Controller {
    /// A controller that decides by a policy; without one it only asks what there is.
    #[must_use]
    pub fn new(policy: Option<Policy>) -> Self {
        Self { policy, ..Self::default() }
    }

    /// Takes a switch that has connected, under a number of the caller's.
    pub fn connected(&mut self, switch: usize, out: &mut Vec<ToSwitch>) {
        self.switches.insert(switch, Switch::default());
        for body in [Body::Hello(Hello::default()), Body::FeaturesRequest] {
            self.say(switch, body, out);
        }
    }

    /// Takes that a switch is gone.
    pub fn gone(&mut self, switch: usize) {
        self.switches.remove(&switch);
    }

    /// Takes a message of a switch.
    pub fn message(&mut self, switch: usize, message: Message, out: &mut Vec<ToSwitch>) {
        match message.body {
            Body::EchoRequest(echo) => {
                out.push((switch, Message::new(message.xid, Body::EchoReply(echo))));
            }
            Body::FeaturesReply(features) => self.features(switch, &features, out),
            Body::Vendor(Vendor::Vse(VseMessage::VmInfo(vm))) => self.vm_info(switch, vm, out),
            Body::Vendor(Vendor::Vse(VseMessage::GetConfigReply(mut config))) => {
                let id = self.switches.get(&switch).and_then(|it| it.datapath_id).unwrap_or(0);
                let Some(policy) = &self.policy else { return };
                let wanted = policy.host(id).method;
                if config.flags.contains(ConfigFlags::ENABLED) != wanted {
                    config.flags.set(ConfigFlags::ENABLED, wanted);
                    self.say(switch, vse(VseMessage::SetConfig(config)), out);
                }
            }
            _ => {}
        }
    }

    fn features(&mut self, switch: usize, features: &FeaturesReply, out: &mut Vec<ToSwitch>) {
        let Some(known) = self.switches.get_mut(&switch) else { return };
        known.datapath_id = Some(features.datapath_id.0);
        if self.policy.as_ref().is_some_and(|policy| policy.normal) {
            self.flow(switch, "priority=0,actions=NORMAL", out);
        }
        self.say(switch, vse(VseMessage::HostFeaturesRequest), out);
        self.say(switch, vse(VseMessage::GetConfigRequest), out);
        let elsewhere = self.switches.iter().filter(|(other, _)| **other != switch);
        let vms: Vec<VmInfo> = elsewhere.flat_map(|(_, it)| it.vms.values().copied()).collect();
        for vm in vms {
            self.mark(switch, &vm, out);
        }
    }

    fn vm_info(&mut self, home: usize, vm: VmInfo, out: &mut Vec<ToSwitch>) {
        let Some(known) = self.switches.get_mut(&home) else { return };
        if vm.event == VmEvent::Down {
            known.vms.remove(&vm.vm_id);
        } else if known.vms.insert(vm.vm_id, vm).is_some() {
            // It moved to another core: VSE knows.
            return;
        }
        let others: Vec<usize> =
            self.switches.keys().copied().filter(|other| *other != home).collect();
        for other in others {
            self.mark(other, &vm, out);
        }
        let Some(policy) = &self.policy else { return };
        let grade = policy.grade_of(vm.tenant_id);
        let text = match (vm.event, grade.core) {
            (VmEvent::Down, _) => format!("vm_id={}", vm.vm_id),
            (_, core) => {
                let core = match core {
                    CoreChoice::Auto => "auto".to_owned(),
                    CoreChoice::Core(core) => core.to_string(),
                };
                format!(
                    "priority={},vm_id={},idle_timeout={},send_flow_rem,actions=set_irq_core:{core}",
                    grade.flow_priority, vm.vm_id, grade.idle_timeout
                )
            }
        };
        let Some(body) = flow(&text, vm.event == VmEvent::Down) else { return };
        self.through(home, body, out);
        self.through(home, Body::BarrierRequest, out);
    }

    /// Has what is sent to a VM marked by a switch, or no longer.
    fn mark(&mut self, switch: usize, vm: &VmInfo, out: &mut Vec<ToSwitch>) {
        let Some(policy) = &self.policy else { return };
        let grade = policy.grade_of(vm.tenant_id);
        let mut text = format!("ip,dl_dst={}", vm.hw_addr);
        let is_gone = vm.event == VmEvent::Down;
        if !is_gone {
            text = format!(
                "priority={},{text},actions=set_fcf(vm_id={},priority={},carrier=tos),NORMAL",
                grade.flow_priority, vm.vm_id, grade.fcf_priority
            );
        }
        if let Some(body) = flow(&text, is_gone) {
            self.say(switch, body, out);
        }
    }

    fn flow(&mut self, switch: usize, text: &str, out: &mut Vec<ToSwitch>) {
        if let Some(body) = flow(text, false) {
            self.say(switch, body, out);
        }
    }

    fn say(&mut self, switch: usize, body: Body, out: &mut Vec<ToSwitch>) {
        self.last_xid = self.last_xid.wrapping_add(1).max(1);
        out.push((switch, Message::new(self.last_xid, body)));
    }

    /// Says something to the VSE behind a switch, inside of a PACKET_OUT.
    fn through(&mut self, switch: usize, body: Body, out: &mut Vec<ToSwitch>) {
        self.last_xid = self.last_xid.wrapping_add(1).max(1);
        match bare::wrap(&Message::new(self.last_xid, body)) {
            Ok(packet_out) => {
                out.push((switch, Message::new(self.last_xid, Body::PacketOut(packet_out))));
            }
            Err(error) => tracing::warn!("no room in a PACKET_OUT: {error}"),
        }
    }
}

/// What VSE answers inside of a PACKET_IN; nothing for other messages.
#[must_use]
pub fn answer_of(message: &Message) -> Option<Message> {
    let Body::PacketIn(packet_in) = &message.body else { return None };
    Carried::by_packet_in(packet_in).messages().next()?.1.ok()
}

fn vse(message: VseMessage) -> Body {
    Body::Vendor(Vendor::Vse(message))
}

fn flow(text: &str, deletes: bool) -> Option<Body> {
    let command = deletes.then_some(codec::of10::FlowModCommand::Delete);
    let command = command.or(Some(codec::of10::FlowModCommand::Add));
    match Flow::parse(text, Options { command, ..Options::default() }) {
        Ok((flow, _)) => Some(flow.to_body()),
        Err(error) => {
            tracing::error!("{text}: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests;
