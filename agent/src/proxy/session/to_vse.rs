//! The session's side to VSE: what is asked of it, and where its answers go.

use codec::of10::stats::{StatsReplyBody, StatsRequestBody, StatsRequestFlags};
use codec::of10::{Body, Header, Message, MessageType, StatsReply, StatsRequest, Vendor};
use codec::types::Pad;
use codec::vse::{
    Subtype, VmInfo, VmStatsRequest, VseMessage, VseStatsReply, VseStatsReplyBody, VseStatsRequest,
};

use super::{Origin, Outbox, Own, Session, config_request, deliver, vm_info};
use crate::proxy::peek::{echo_reply, has_more, subtype_of, with_xid};
use crate::proxy::pending::Asked;

impl Session {
    /// Takes that VSE can be asked: the first thing that is done with a new connection to it.
    pub fn vse_up(&mut self, out: &mut Outbox) {
        self.vse = true;
        self.ask(&config_request(), Own::Config, true, out);
        for info in self.vms.all_up().collect::<Vec<_>>() {
            self.bind(info, out);
        }
    }

    /// Takes that VSE is gone: what it has not settled is answered with an ERROR, and nothing waits
    /// for it.
    pub fn vse_down(&mut self, out: &mut Outbox) {
        self.vse = false;
        for Asked { xid, origin, head, .. } in self.pending.take() {
            if !matches!(origin, Origin::Own(_)) {
                self.refuse(&head, xid, origin, out);
            }
        }
        self.release(out);
    }

    /// Takes that time has passed: asks where the VMs run, if somebody is to be told.
    pub fn tick(&mut self, out: &mut Outbox) {
        if self.vse && self.speaks_vse && !self.vms.is_empty() && self.pending.len() == 0 {
            let request =
                VmStatsRequest { head_pad: Pad::default(), vm_id: 0, pad: Pad::default() };
            let body = StatsRequestBody::Vse(VseStatsRequest::Vm(request));
            let request = StatsRequest { flags: StatsRequestFlags::empty(), body };
            self.ask(&Body::StatsRequest(request), Own::Vms, true, out);
        }
    }

    /// Takes one whole message of VSE.
    pub fn from_vse(&mut self, message: &[u8], out: &mut Outbox) {
        self.counters.from_vse += 1;
        let Ok(header) = Header::parse(message) else { return };
        match header.r#type {
            // The session between proxy and VSE is nobody else's business.
            MessageType::Hello | MessageType::EchoReply => return,
            MessageType::EchoRequest => {
                out.to_vse.extend(echo_reply(message).unwrap_or_default());
                return;
            }
            _ => {}
        }
        let more = header.r#type == MessageType::StatsReply && has_more(message);
        match self.pending.answer(header.xid, more) {
            Some(Asked { origin: Origin::Own(own), .. }) => self.own_answer(own, message, out),
            Some(Asked { xid, origin, .. }) => {
                let mut answer = Vec::with_capacity(message.len());
                with_xid(message, xid, &mut answer);
                deliver(&answer, origin, out);
            }
            // Nobody asked for it: an entry has gone, a decision was made.
            None if self.speaks_vse => {
                let plain = header.r#type != MessageType::Vendor;
                let removed = subtype_of(message) == Some(Subtype::FlowRemoved);
                let origin = if plain || removed { Origin::Bare } else { Origin::Direct };
                deliver(message, origin, out);
            }
            None => {}
        }
    }

    fn own_answer(&mut self, own: Own, message: &[u8], out: &mut Outbox) {
        match (own, Message::decode(message).map(|(message, _)| message.body)) {
            (Own::HeldBarrier, _) => self.release(out),
            (_, Ok(Body::Error(refused))) => {
                tracing::warn!(?own, "VSE refused: {}", refused.code);
            }
            (Own::Config, Ok(Body::Vendor(Vendor::Vse(VseMessage::GetConfigReply(config))))) => {
                self.fcf.set_layout(config.fcf_layout);
            }
            (Own::Vms, Ok(Body::StatsReply(StatsReply { body, .. }))) => {
                let StatsReplyBody::Vse(VseStatsReply { body: VseStatsReplyBody::Vm(vms), .. }) =
                    body
                else {
                    return;
                };
                let moved: Vec<VmInfo> =
                    vms.iter().filter_map(|vm| self.vms.runs_on(vm.vm_id, vm.core)).collect();
                for info in moved {
                    vm_info(info, out);
                }
            }
            _ => {}
        }
    }

    /// Lets the controller's BARRIER_REQUEST go on to the switch.
    fn release(&mut self, out: &mut Outbox) {
        if let Some(barrier) = self.held.take() {
            out.to_switch.extend_from_slice(&barrier);
        }
    }

    pub(super) fn ask(&mut self, body: &Body, own: Own, answered: bool, out: &mut Outbox) {
        let mut message = Vec::new();
        if Message::new(0, body.clone()).encode(&mut message).is_ok() {
            let number = self.pending.note(&message, 0, Origin::Own(own), answered);
            with_xid(&message, number, &mut out.to_vse);
        }
    }
}
