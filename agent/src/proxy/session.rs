//! One session between a switch and a controller, with VSE beside it: messages in, messages out.
//! No I/O and no clock.
//!
//! What is not for VSE passes byte for byte, in order. A controller that never speaks VSE sees a
//! plain switch.

mod to_vse;

use std::ops::AddAssign;

use codec::of10::stats::StatsReplyBody;
use codec::of10::{
    BadRequestCode, Body, ErrorCode, ErrorMsg, FeaturesReply, FlowRemoved, HEADER_LEN, Header,
    Message, MessageType, PortReason, PortStatus, StatsReply, VERSION, Vendor,
};
use codec::proxy::bare;
use codec::types::{Bytes, Hex};
use codec::vse::{Subtype, VmInfo, VseMessage};

use serde::{Deserialize, Serialize};

use super::fcf_actions::{FcfActions, Unstockable};
use super::peek::{
    data_of_packet_out, is_answered, is_vse_stats, mentions_vse, subtype_of, vendor_at, with_xid,
};
use super::pending::Pending;
use super::vms::{Vm, Vms};

/// Requests to VSE that may be unsettled before the controller has to wait.
const MAX_PENDING: usize = 16_384;

/// How a request reached the proxy; its answer goes the same way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// From the controller, as a message of the session.
    Direct,
    /// From the controller, inside of a PACKET_OUT.
    Bare,
    /// From the proxy itself.
    Own(Own),
}

/// What the proxy itself asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    /// How VSE is configured, for the layout of the FCF.
    Config,
    /// To bind a VM, or no longer.
    Binding,
    /// Where the VMs are.
    Vms,
    /// That all before it is settled.
    Barrier,
    /// The same, on which a BARRIER_REQUEST of the controller waits.
    HeldBarrier,
}

/// What a session has to send, as bytes of whole messages.
#[derive(Debug, Default)]
pub struct Outbox {
    /// To the switch.
    pub to_switch: Vec<u8>,
    /// To the controller.
    pub to_controller: Vec<u8>,
    /// To VSE.
    pub to_vse: Vec<u8>,
}

/// What passed through a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Messages from the controller.
    pub from_controller: u64,
    /// Messages from the switch.
    pub from_switch: u64,
    /// Messages from VSE.
    pub from_vse: u64,
    /// Messages that were taken out of PACKET_OUTs.
    pub bare: u64,
    /// Changes of the switch whose SET_FCF was put into its words.
    pub rewritten: u64,
    /// Requests that were answered with an ERROR by the proxy itself.
    pub refused: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, more: Self) {
        self.from_controller += more.from_controller;
        self.from_switch += more.from_switch;
        self.from_vse += more.from_vse;
        self.bare += more.bare;
        self.rewritten += more.rewritten;
        self.refused += more.refused;
    }
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// Whether the controller has spoken VSE, or is known to understand it.
    speaks_vse: bool,
    /// Whether there is a VSE to ask.
    vse: bool,
    pending: Pending<Origin>,
    fcf: FcfActions,
    vms: Vms,
    /// The BARRIER_REQUEST of the controller that waits until VSE has settled what came before.
    held: Option<Vec<u8>>,
    /// Whether the controller was told of the VMs that are up.
    told_vms: bool,
    datapath_id: Option<Hex<u64>>,
    counters: Counters,
}

impl Session {
    /// A session in which nothing was said. `announce` tells of VMs before the controller has
    /// spoken VSE.
    #[must_use]
    pub fn new(announce: bool, fcf: FcfActions, vms: Vms) -> Self {
        Self {
            speaks_vse: announce,
            vse: false,
            pending: Pending::new(),
            fcf,
            vms,
            held: None,
            told_vms: announce,
            datapath_id: None,
            counters: Counters::default(),
        }
    }

    /// What passed so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The datapath that the switch said to be.
    #[must_use]
    pub fn datapath_id(&self) -> Option<Hex<u64>> {
        self.datapath_id
    }

    /// Whether the controller has spoken VSE, or is known to understand it.
    #[must_use]
    pub fn speaks_vse(&self) -> bool {
        self.speaks_vse
    }

    /// Requests that VSE has not settled.
    #[must_use]
    pub fn unsettled(&self) -> usize {
        self.pending.len()
    }

    /// VMs that are up.
    #[must_use]
    pub fn vms_up(&self) -> usize {
        self.vms.all_up().count()
    }

    /// Whether messages of the controller must wait for VSE. Until then nothing may be read from
    /// it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.held.is_some() || self.pending.len() >= MAX_PENDING
    }

    /// Takes one whole message of the controller.
    pub fn from_controller(&mut self, message: &[u8], out: &mut Outbox) {
        self.counters.from_controller += 1;
        let Ok(header) = Header::parse(message) else {
            return out.to_switch.extend_from_slice(message);
        };
        if header.version == VERSION {
            match header.r#type {
                MessageType::Vendor if vendor_at(message, HEADER_LEN) => {
                    return self.ask_vse(message, header.xid, Origin::Direct, out);
                }
                MessageType::StatsRequest if is_vse_stats(message) => {
                    return self.ask_vse(message, header.xid, Origin::Direct, out);
                }
                MessageType::PacketOut => return self.packet_out(message, header.xid, out),
                MessageType::FlowMod => return self.flow_mod(message, out),
                MessageType::BarrierRequest
                    if self.pending.has_change(|origin| origin == Origin::Direct) =>
                {
                    self.ask(&Body::BarrierRequest, Own::HeldBarrier, true, out);
                    self.held = Some(message.to_vec());
                    return;
                }
                _ => {}
            }
        }
        out.to_switch.extend_from_slice(message);
    }

    /// To be called when all that was there of the controller has been taken: asks VSE to tell
    /// when it is settled, if nothing else will.
    pub fn settle(&mut self, out: &mut Outbox) {
        if self.vse && self.pending.is_open() {
            self.ask(&Body::BarrierRequest, Own::Barrier, true, out);
        }
    }

    fn packet_out(&mut self, message: &[u8], xid: u32, out: &mut Outbox) {
        match data_of_packet_out(message).filter(|data| bare::is_message(data)) {
            Some(inner) => {
                self.counters.bare += 1;
                let inner_xid = Header::parse(inner).map_or(xid, |header| header.xid);
                self.ask_vse(inner, inner_xid, Origin::Bare, out);
            }
            None => self.rewritten(message, out, |fcf, body| match body {
                Body::PacketOut(packet_out) => fcf.to_stock(&mut packet_out.actions),
                _ => Ok(false),
            }),
        }
    }

    fn flow_mod(&mut self, message: &[u8], out: &mut Outbox) {
        // Only a change that says SET_FCF, or one that overwrites such a change, is looked into.
        if self.fcf.is_empty() && !mentions_vse(message) {
            return out.to_switch.extend_from_slice(message);
        }
        self.rewritten(message, out, |fcf, body| match body {
            Body::FlowMod(flow_mod) => fcf.flow_mod(flow_mod),
            _ => Ok(false),
        });
    }

    /// Sends a message of the controller to the switch, in the switch's words.
    fn rewritten(
        &mut self,
        message: &[u8],
        out: &mut Outbox,
        rewrite: impl FnOnce(&mut FcfActions, &mut Body) -> Result<bool, Unstockable>,
    ) {
        let plain = self.fcf.is_empty() && !mentions_vse(message);
        let decoded = if plain { None } else { Message::decode(message).ok() };
        if let Some((mut decoded, _)) = decoded {
            match rewrite(&mut self.fcf, &mut decoded.body) {
                Ok(false) => {}
                Ok(true) => {
                    self.counters.rewritten += 1;
                    if decoded.encode(&mut out.to_switch).is_ok() {
                        return;
                    }
                }
                Err(unstockable) => {
                    self.counters.refused += 1;
                    tracing::warn!(xid = decoded.xid, "refused: {unstockable}");
                    error(decoded.xid, unstockable.code(), message, &mut out.to_controller);
                    return;
                }
            }
        }
        // What does not decode is the switch's to refuse.
        out.to_switch.extend_from_slice(message);
    }

    /// Sends a request of the controller to VSE.
    fn ask_vse(&mut self, message: &[u8], xid: u32, origin: Origin, out: &mut Outbox) {
        self.speaks_vse = true;
        if self.vse {
            let answered = is_answered(message);
            let number = self.pending.note(message, xid, origin, answered);
            with_xid(message, number, &mut out.to_vse);
            if subtype_of(message) == Some(Subtype::SetConfig) {
                // The layout may be another one from now on.
                self.ask(&config_request(), Own::Config, true, out);
            }
        } else {
            self.refuse(message, xid, origin, out);
        }
        if !self.told_vms {
            self.told_vms = true;
            for info in self.vms.all_up() {
                vm_info(info, out);
            }
        }
    }

    /// Answers a request that no VSE can do.
    fn refuse(&mut self, head: &[u8], xid: u32, origin: Origin, out: &mut Outbox) {
        self.counters.refused += 1;
        let code = ErrorCode::BadRequest(BadRequestCode::BadVendor);
        let mut answer = Vec::new();
        error(xid, code, head, &mut answer);
        deliver(&answer, origin, out);
    }

    /// Takes one whole message of the switch.
    pub fn from_switch(&mut self, message: &[u8], out: &mut Outbox) {
        self.counters.from_switch += 1;
        let header = Header::parse(message).ok().filter(|header| header.version == VERSION);
        let body = message.get(HEADER_LEN..).unwrap_or_default();
        match header.map(|header| header.r#type) {
            Some(MessageType::StatsReply) if !self.fcf.is_empty() && self.report(message, out) => {}
            Some(MessageType::FlowRemoved) => {
                if let Ok(removed) = FlowRemoved::parse(body) {
                    self.fcf.removed(&removed.r#match, removed.priority);
                }
                out.to_controller.extend_from_slice(message);
            }
            Some(MessageType::FeaturesReply) => {
                out.to_controller.extend_from_slice(message);
                if let Ok(features) = FeaturesReply::parse(body) {
                    self.datapath_id = Some(features.datapath_id);
                    let told = self.vms.all_ports(&features.ports);
                    self.tell(told, out);
                }
            }
            Some(MessageType::PortStatus) => {
                out.to_controller.extend_from_slice(message);
                if let Ok(PortStatus { reason, desc, .. }) = PortStatus::parse(body) {
                    let told = match reason {
                        PortReason::Delete => self.vms.removed(desc.port_no).into_iter().collect(),
                        _ => self.vms.port(&desc),
                    };
                    self.tell(told, out);
                }
            }
            _ => out.to_controller.extend_from_slice(message),
        }
    }

    /// Sends a report of flows with the actions that the controller wrote, if any was changed.
    fn report(&mut self, message: &[u8], out: &mut Outbox) -> bool {
        let Ok((mut decoded, _)) = Message::decode(message) else { return false };
        let Body::StatsReply(StatsReply { body: StatsReplyBody::Flow(entries), .. }) =
            &mut decoded.body
        else {
            return false;
        };
        // SET_FCF is longer than what it became; a report that has no room for it stays.
        self.fcf.as_written(entries) && decoded.encode(&mut out.to_controller).is_ok()
    }

    /// Takes what the switch's database says of the port of that name.
    pub fn from_database(&mut self, port: &str, vm: Option<Vm>, out: &mut Outbox) {
        let told = self.vms.database(port, vm);
        self.tell(told, out);
    }

    /// Binds and unbinds VMs, and tells the controller.
    fn tell(&mut self, told: Vec<VmInfo>, out: &mut Outbox) {
        for info in told {
            self.bind(info, out);
            if self.speaks_vse && self.told_vms {
                vm_info(info, out);
            }
        }
    }

    /// Tells VSE of a VM.
    fn bind(&mut self, info: VmInfo, out: &mut Outbox) {
        if self.vse {
            self.ask(
                &Body::Vendor(Vendor::Vse(VseMessage::VmInfo(info))),
                Own::Binding,
                false,
                out,
            );
        }
    }
}

fn config_request() -> Body {
    Body::Vendor(Vendor::Vse(VseMessage::GetConfigRequest))
}

fn vm_info(info: VmInfo, out: &mut Outbox) {
    let body = Body::Vendor(Vendor::Vse(VseMessage::VmInfo(info)));
    // Its size is fixed: it cannot fail to encode.
    drop(Message::new(0, body).encode(&mut out.to_controller));
}

/// Sends an answer of VSE the way that its request came.
fn deliver(answer: &[u8], origin: Origin, out: &mut Outbox) {
    if origin == Origin::Direct {
        return out.to_controller.extend_from_slice(answer);
    }
    match bare::wrap_answer_bytes(answer) {
        Ok(packet_in) => {
            drop(Message::new(0, Body::PacketIn(packet_in)).encode(&mut out.to_controller));
        }
        Err(error) => tracing::warn!("an answer of VSE has no room in a PACKET_IN: {error}"),
    }
}

/// Appends an ERROR about the message that begins with `head`.
fn error(xid: u32, code: ErrorCode, head: &[u8], out: &mut Vec<u8>) {
    let data = Bytes(head.get(..64).unwrap_or(head).to_vec());
    // An ERROR of this size cannot fail to encode.
    drop(Message::new(xid, Body::Error(ErrorMsg { code, data })).encode(out));
}

#[cfg(test)]
mod tests;
