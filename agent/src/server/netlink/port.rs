//! A client of the netlink socket: what it asks for, and the answers that wait for it.

use std::collections::VecDeque;

use codec::netlink::{
    Ack, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject, NetlinkType,
    change_of,
};
use codec::of10::{BadRequestCode, Body, Vendor};
use codec::types::Pad;
use codec::vse::{
    Bundle, Core, CoreCommand, CoreFlags, CoreMod, CoreStats, TraceRequest, VmEvent, VmInfo,
    VseFlowStatsRequest, VseMessage,
};

use super::super::access::Access;
use super::super::bundle::Bundles;
use super::super::listing::{Flows, cores, vms};
use super::super::refused::Refused;
use super::super::service::Service;
use super::super::session::trace;
use crate::engine::Time;

/// Bytes of answers that are put into one datagram.
const ANSWER: usize = 16 << 10;
/// Datagrams that may wait for one client.
const QUEUE: usize = 1024;

/// A client, by the port that it is bound to.
#[derive(Debug)]
pub(super) struct Port {
    /// When it was last heard of.
    pub(super) heard: Time,
    bundles: Bundles,
    pub(super) waiting: VecDeque<Vec<u8>>,
    dump: Option<Dump>,
    /// Since when it has taken nothing.
    pub(super) stuck: Option<Time>,
}

/// Entries that are under way to a client.
#[derive(Debug)]
struct Dump {
    seq: u32,
    flows: Flows,
    generation: u32,
}

impl Port {
    pub(super) fn new(now: Time) -> Self {
        Self {
            heard: now,
            bundles: Bundles::default(),
            waiting: VecDeque::new(),
            dump: None,
            stuck: None,
        }
    }

    pub(super) fn request(
        &mut self,
        request: &NetlinkMessage,
        own: u32,
        access: Access,
        service: &mut Service,
    ) {
        let mut answers = Vec::new();
        let done = self.handle(request, own, access, service, &mut answers);
        let ack = match done {
            Ok(true) => None,
            Ok(false) => request.flags.contains(NetlinkFlags::ACK).then_some(Ack {
                errno: 0,
                seq: request.seq,
                message: None,
                offset: None,
            }),
            Err((refused, offset)) => {
                tracing::debug!(seq = request.seq, why = refused.text, "refused");
                let (errno, message) = (refused.errno(), Some(refused.text));
                Some(Ack { errno, seq: request.seq, message, offset })
            }
        };
        if let Some(Ok(message)) = ack.map(|ack| ack.message(request)) {
            drop(message.encode(&mut answers));
        }
        if !answers.is_empty() && self.waiting.len() < QUEUE {
            self.waiting.push_back(answers);
        }
    }

    /// Does what a request asks for; whether it has been answered in full, acknowledgement included.
    #[allow(clippy::too_many_lines, reason = "one arm for each command, so that grep finds it")]
    fn handle(
        &mut self,
        request: &NetlinkMessage,
        own: u32,
        access: Access,
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Result<bool, (Refused, Option<u32>)> {
        let at = |error: codec::DecodeError| {
            // Offsets count from the header of the request.
            let offset = u32::try_from(error.offset + codec::netlink::HEADER_LEN).ok();
            (Refused::from(error), offset)
        };
        let plain = |refused: Refused| (refused, None);
        if access < Access::Read {
            let text = "only root, the owner of the agent's socket and its group may read";
            return Err(plain(Refused::new(BadRequestCode::Eperm, text)));
        }
        let command = Command::parse(&request.payload).map_err(at)?;
        let object = &command.object;
        let is_change = !matches!(
            command.command,
            NetlinkCommand::FlowGet
                | NetlinkCommand::CoreGet
                | NetlinkCommand::VmGet
                | NetlinkCommand::ConfigGet
                | NetlinkCommand::DatapathGet
                | NetlinkCommand::TraceGet
        );
        if is_change && access < Access::Change {
            return Err(plain(Refused::not_permitted()));
        }
        if !is_change {
            service.refresh();
        }
        let is_dump = request.flags.contains(NetlinkFlags::DUMP);
        let vse = |message| Body::Vendor(Vendor::Vse(message));
        let mut tell = Teller { request, own, is_dump, command: command.command, out };
        match command.command {
            NetlinkCommand::FlowGet => {
                let wanted = VseFlowStatsRequest::from_object(object).map_err(at)?;
                let matched = (&wanted.r#match, &wanted.tlvs);
                let flows = Flows::new(service, matched, wanted.table_id, wanted.out_port);
                let flows = flows.map_err(plain)?;
                let generation = service.engine.generation();
                self.dump = Some(Dump { seq: request.seq, flows, generation });
                return Ok(true);
            }
            NetlinkCommand::FlowAdd | NetlinkCommand::FlowMod | NetlinkCommand::FlowDel => {
                let body = vse(VseMessage::FlowMod(change_of(&command).map_err(at)?));
                if self.bundles.is_open() {
                    self.bundles.keep(request.seq, &body, service).map_err(plain)?;
                } else {
                    service.change(&body).map_err(plain)?;
                }
            }
            NetlinkCommand::CoreGet => {
                let id = if is_dump {
                    Core::NONE
                } else {
                    CoreStats::from_object(object).map_err(at)?.core
                };
                let found = cores(service, id);
                return tell.all(&found).map_err(plain);
            }
            NetlinkCommand::CoreSet => {
                let core = CoreStats::from_object(object).map_err(at)?;
                let is_eligible = core.flags.contains(CoreFlags::ELIGIBLE);
                let command =
                    if is_eligible { CoreCommand::Eligible } else { CoreCommand::Ineligible };
                let change = CoreMod { command, core: core.core, vm_id: 0, pad: Pad::default() };
                service.change(&vse(VseMessage::CoreMod(change))).map_err(plain)?;
            }
            NetlinkCommand::VmGet => {
                let id = if is_dump { 0 } else { VmInfo::from_object(object).map_err(at)?.vm_id };
                let found = vms(service, id);
                return tell.all(&found).map_err(plain);
            }
            NetlinkCommand::VmAdd | NetlinkCommand::VmDel => {
                let mut vm = VmInfo::from_object(object).map_err(at)?;
                if command.command == NetlinkCommand::VmDel {
                    vm.event = VmEvent::Down;
                }
                service.change(&vse(VseMessage::VmInfo(vm))).map_err(plain)?;
            }
            NetlinkCommand::ConfigGet => {
                return tell.all(std::slice::from_ref(service.engine.config())).map_err(plain);
            }
            NetlinkCommand::ConfigSet => {
                let config = service.engine.config().updated(object).map_err(at)?;
                service.change(&vse(VseMessage::SetConfig(config))).map_err(plain)?;
            }
            NetlinkCommand::DatapathGet => {
                return tell.all(&[service.datapath_stats()]).map_err(plain);
            }
            NetlinkCommand::TraceGet => {
                let wanted = TraceRequest::from_object(object).map_err(at)?;
                return tell.all(&[trace(&wanted, service)]).map_err(plain);
            }
            NetlinkCommand::Bundle => {
                let wanted = Bundle::from_object(object).map_err(at)?;
                let done = self.bundles.command(wanted.command, service);
                done.map_err(|failed| {
                    let mut refused = failed.refused;
                    if let Some((seq, _)) = failed.change.as_deref() {
                        refused.text = format!("the change of seq {seq}: {}", refused.text);
                    }
                    (refused, None)
                })?;
            }
            _ => {
                let text = "VSE does not take this command";
                return Err(plain(Refused::new(BadRequestCode::BadType, text)));
            }
        }
        Ok(false)
    }

    /// Puts the next part of a dump into the queue.
    pub(super) fn next_part(&mut self, own: u32, service: &Service) {
        let Some(dump) = &mut self.dump else { return };
        let mut flags = NetlinkFlags::MULTI;
        // Entries have come or gone since the first part.
        flags.set(NetlinkFlags::DUMP_INTR, dump.generation != service.engine.generation());
        let mut datagram = Vec::new();
        for stats in dump.flows.next_stats(service) {
            let Ok(object) = stats.to_object() else { continue };
            let command = Command::new(NetlinkCommand::FlowGet, object);
            if let Some(bytes) = encode(&command, flags, dump.seq, own) {
                if datagram.len() + bytes.len() > ANSWER {
                    self.waiting.push_back(std::mem::take(&mut datagram));
                }
                datagram.extend_from_slice(&bytes);
            }
        }
        if dump.flows.is_done() {
            done(flags, dump.seq, own, &mut datagram);
            self.dump = None;
        }
        if !datagram.is_empty() {
            self.waiting.push_back(datagram);
        }
    }
}

/// Writes the objects that answer a request.
struct Teller<'a> {
    request: &'a NetlinkMessage,
    own: u32,
    is_dump: bool,
    command: NetlinkCommand,
    out: &'a mut Vec<u8>,
}

impl Teller<'_> {
    /// All of a dump with its end, or the one object that was asked for.
    fn all<T: NetlinkObject>(&mut self, values: &[T]) -> Result<bool, Refused> {
        if values.is_empty() && !self.is_dump {
            return Err(Refused::new(BadRequestCode::Eperm, "there is none of that number"));
        }
        let flags = if self.is_dump { NetlinkFlags::MULTI } else { NetlinkFlags::empty() };
        for object in values.iter().filter_map(|value| value.to_object().ok()) {
            let command = Command::new(self.command, object);
            let bytes = encode(&command, flags, self.request.seq, self.own);
            self.out.extend(bytes.into_iter().flatten());
        }
        if self.is_dump {
            done(flags, self.request.seq, self.own, self.out);
        }
        Ok(self.is_dump)
    }
}

pub(super) fn encode(
    command: &Command,
    flags: NetlinkFlags,
    seq: u32,
    pid: u32,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    command.message(flags, seq, pid).and_then(|message| message.encode(&mut bytes)).ok()?;
    Some(bytes)
}

fn done(flags: NetlinkFlags, seq: u32, pid: u32, out: &mut Vec<u8>) {
    let payload = 0_i32.to_le_bytes().to_vec().into();
    drop(NetlinkMessage { r#type: NetlinkType::Done, flags, seq, pid, payload }.encode(out));
}
