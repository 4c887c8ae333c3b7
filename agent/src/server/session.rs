//! The OpenFlow session of one client: its messages, and what answers them.

use std::collections::BTreeMap;

use codec::EncodeError;
use codec::of10::{
    ActionSet, BadRequestCode, Body, Capabilities, ErrorCode, ErrorMsg, FeaturesReply,
    FlowRemovedReason, FragmentHandling, Header, Hello, HelloFailedCode, Message, MessageType,
    Port, QueueGetConfigReply, SwitchConfig, Vendor,
};
use codec::proxy::{Carried, bare};
use codec::types::{Bytes, Hex, Pad};
use codec::vse::{
    MonitorCommand, MonitorEvents, Subtype, TraceReply, TraceRequest, VseFlowMod, VseMessage,
};

use super::access::Access;
use super::bundle::{Bundles, NotCommitted};
use super::listing::{Replies, action_of_note};
use super::refused::Refused;
use super::service::Service;
use crate::engine::{Decided, Event, PacketKey, UnixOffset};

/// Bytes of an offending message that an ERROR repeats: OpenFlow 1.0.0 section 5.4.4.
const OFFENDING: usize = 64;
/// Subscriptions that one client may have.
const MONITORS: usize = 16;
/// The identification of the datapath: "VSE" below 16 bits of the implementer's choice.
const DATAPATH_ID: u64 = 0x0056_5345;

/// The session of one client.
#[derive(Debug)]
pub(crate) struct Session {
    access: Access,
    /// Whether the client has said HELLO.
    pub(crate) is_open: bool,
    /// Whether it has spoken VSE, and may be spoken to so.
    knows_vse: bool,
    config: SwitchConfig,
    bundles: Bundles,
    monitors: BTreeMap<u32, MonitorEvents>,
    replies: Option<Replies>,
}

/// Whether a session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It does.
    Go,
    /// What is in `out` is the last that is sent.
    Close,
}

impl Session {
    /// The session of a client with that access.
    pub(crate) fn new(access: Access) -> Self {
        let config = SwitchConfig { flags: FragmentHandling::Normal, miss_send_len: 128 };
        Self {
            access,
            is_open: false,
            knows_vse: false,
            config,
            bundles: Bundles::default(),
            monitors: BTreeMap::new(),
            replies: None,
        }
    }

    /// What the agent says first.
    pub(crate) fn greeting(out: &mut Vec<u8>) {
        put(out, 0, Body::Hello(Hello::default()));
    }

    /// Whether an answer is under way that has to be told before the next message is looked at.
    pub(crate) fn is_telling(&self) -> bool {
        self.replies.is_some()
    }

    /// Tells the next part of the answer that is under way.
    pub(crate) fn tell(&mut self, service: &Service, out: &mut Vec<u8>) {
        let Some(replies) = &mut self.replies else { return };
        match replies.next(service, out) {
            Ok(true) => {}
            Ok(false) => self.replies = None,
            Err(error) => {
                tracing::error!(%error, "an answer has no wire form");
                self.replies = None;
            }
        }
    }

    /// Takes the message whose bytes `frame` are.
    pub(crate) fn message(
        &mut self,
        frame: &[u8],
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Next {
        let Ok(header) = Header::parse(frame) else { return Next::Close };
        if !self.is_open {
            return self.hello(header, out);
        }
        match Message::decode(frame) {
            Ok((message, _)) => match self.handle(&message, service, out) {
                Ok(next) => return next,
                Err(refused) => error(out, header.xid, frame, &refused),
            },
            Err(malformed) => {
                if is_flow_mod(frame) {
                    self.bundles.spoil();
                }
                error(out, header.xid, frame, &malformed.into());
            }
        }
        Next::Go
    }

    fn hello(&mut self, header: Header, out: &mut Vec<u8>) -> Next {
        if header.r#type == MessageType::Hello && header.version >= codec::of10::VERSION {
            self.is_open = true;
            return Next::Go;
        }
        let text = "the agent speaks OpenFlow 1.0, version 0x01: begin with HELLO";
        let code = ErrorCode::HelloFailed(HelloFailedCode::Incompatible);
        let data = Bytes(text.as_bytes().to_vec());
        put(out, header.xid, Body::Error(ErrorMsg { code, data }));
        Next::Close
    }

    fn handle(
        &mut self,
        message: &Message,
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Result<Next, Refused> {
        let xid = message.xid;
        match &message.body {
            Body::Hello(_) | Body::EchoReply(_) => {}
            Body::Error(error) => tracing::debug!(%error, "a client sent an ERROR"),
            Body::EchoRequest(echo) => put(out, xid, Body::EchoReply(echo.clone())),
            Body::BarrierRequest => put(out, xid, Body::BarrierReply),
            Body::FeaturesRequest => put(out, xid, Body::FeaturesReply(features(service.ports()))),
            Body::GetConfigRequest => put(out, xid, Body::GetConfigReply(self.config)),
            // It is about this connection alone.
            Body::SetConfig(config) => self.config = *config,
            Body::StatsRequest(request) => {
                self.knows_vse |= is_vse(&message.body);
                service.refresh();
                self.replies = Some(Replies::new(service, xid, &request.body, self.knows_vse)?);
                self.tell(service, out);
            }
            Body::QueueGetConfigRequest(request) => {
                let reply = QueueGetConfigReply {
                    port: request.port,
                    pad: Pad::default(),
                    queues: Vec::new(),
                };
                put(out, xid, Body::QueueGetConfigReply(reply));
            }
            Body::FlowMod(flow) => {
                let mut flow = flow.clone();
                for action in &mut flow.actions {
                    if let Some(meant) = action_of_note(action) {
                        *action = meant;
                    }
                }
                self.change(xid, &Body::FlowMod(flow), service)?;
            }
            Body::PacketOut(packet) => {
                let Carried::Bare(inner) = Carried::by_packet_out(packet) else {
                    let text = "VSE sends no frames: a PACKET_OUT must carry a message";
                    return Err(Refused::new(BadRequestCode::BadType, text));
                };
                return self.bare(inner, service, out);
            }
            Body::Vendor(Vendor::Vse(vse)) => {
                self.knows_vse = true;
                self.vse(xid, vse, &message.body, service, out)?;
            }
            Body::Vendor(Vendor::Nicira(_) | Vendor::Unknown(_)) => {
                return Err(Refused::new(BadRequestCode::BadVendor, "the vendor is unknown"));
            }
            _ => {
                let text = "VSE does not take messages of this type";
                return Err(Refused::new(BadRequestCode::BadType, text));
            }
        }
        Ok(Next::Go)
    }

    fn vse(
        &mut self,
        xid: u32,
        message: &VseMessage,
        body: &Body,
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let mut answer = |message| put(out, xid, Body::Vendor(Vendor::Vse(message)));
        match message {
            VseMessage::HostFeaturesRequest => {
                answer(VseMessage::HostFeaturesReply(service.host_features()));
            }
            VseMessage::GetConfigRequest => {
                answer(VseMessage::GetConfigReply(*service.engine.config()));
            }
            VseMessage::TraceRequest(request) => {
                answer(VseMessage::TraceReply(trace(request, service)));
            }
            VseMessage::FlowMod(VseFlowMod { .. })
            | VseMessage::SetConfig(_)
            | VseMessage::CoreMod(_)
            | VseMessage::VmInfo(_) => self.change(xid, body, service)?,
            VseMessage::Bundle(bundle) => {
                self.may_change()?;
                if let Err(NotCommitted { change, refused }) =
                    self.bundles.command(bundle.command, service)
                {
                    let Some((xid, change)) = change.map(|change| *change) else {
                        return Err(refused);
                    };
                    let mut bytes = Vec::new();
                    drop(Message::new(xid, change).encode(&mut bytes));
                    error(out, xid, &bytes, &refused);
                    let text = "a change of the bundle was refused: nothing was done";
                    return Err(Refused::new(BadRequestCode::Eperm, text));
                }
            }
            VseMessage::MonitorRequest(request) => match request.command {
                MonitorCommand::Subscribe if self.monitors.len() >= MONITORS => {
                    let text = format!("a client has at most {MONITORS} subscriptions");
                    return Err(Refused::new(BadRequestCode::Eperm, text));
                }
                MonitorCommand::Subscribe => {
                    self.monitors.insert(request.monitor_id, request.events);
                }
                MonitorCommand::Unsubscribe => {
                    self.monitors.remove(&request.monitor_id);
                }
                _ => {
                    let text = "the command of MONITOR_REQUEST is unknown: want 1 or 2";
                    return Err(Refused::new(BadRequestCode::Eperm, text));
                }
            },
            _ => {
                let text = "the subtype is unknown, or one that only VSE sends";
                return Err(Refused::new(BadRequestCode::BadSubtype, text));
            }
        }
        Ok(())
    }

    fn may_change(&self) -> Result<(), Refused> {
        if self.access < Access::Change { Err(Refused::not_permitted()) } else { Ok(()) }
    }

    fn change(&mut self, xid: u32, body: &Body, service: &mut Service) -> Result<(), Refused> {
        let is_flow_mod =
            matches!(body, Body::FlowMod(_) | Body::Vendor(Vendor::Vse(VseMessage::FlowMod(_))));
        self.may_change()?;
        if self.bundles.is_open() && is_flow_mod {
            return self.bundles.keep(xid, body, service);
        }
        service.change(body)
    }

    /// A message in a PACKET_OUT, whose answers go back in PACKET_INs.
    fn bare(
        &mut self,
        inner: &[u8],
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Result<Next, Refused> {
        let mut answers = Vec::new();
        let is_nested = inner.get(1) == Some(&MessageType::PacketOut.into());
        if is_nested {
            let text = "a PACKET_OUT in a PACKET_OUT is none for VSE";
            return Err(Refused::new(BadRequestCode::BadType, text));
        }
        let next = self.message(inner, service, &mut answers);
        while self.is_telling() {
            self.tell(service, &mut answers);
        }
        let mut rest = answers.as_slice();
        while let Some((answer, after)) =
            Header::parse(rest).ok().and_then(|header| rest.split_at_checked(header.len()))
        {
            rest = after;
            match bare::wrap_answer_bytes(answer) {
                Ok(packet) => put(out, 0, Body::PacketIn(packet)),
                Err(error) => tracing::warn!(%error, "an answer is too long for a PACKET_IN"),
            }
        }
        Ok(next)
    }

    /// Tells the client what happened, as far as it is its business.
    pub(crate) fn event(&self, event: &Event, out: &mut Vec<u8>) {
        if !self.is_open {
            return;
        }
        match event {
            Event::FlowRemoved(removed) if removed.is_plain() => {
                put(out, 0, Body::FlowRemoved(removed.to_message().removed));
            }
            Event::FlowRemoved(removed) if self.knows_vse => {
                let message = VseMessage::FlowRemoved(removed.to_message());
                put(out, 0, Body::Vendor(Vendor::Vse(message)));
            }
            // In words that every client knows, where they are true.
            Event::FlowRemoved(removed) if removed.entry.matched.tlvs().is_empty() => {
                let mut message = removed.to_message().removed;
                if u8::from(message.reason) >= 0x80 {
                    message.reason = FlowRemovedReason::Delete;
                }
                put(out, 0, Body::FlowRemoved(message));
            }
            Event::Decided(decided) => {
                for (monitor_id, events) in &self.monitors {
                    if is_wanted(*events, decided) {
                        let message = decided.to_message(*monitor_id, UnixOffset::default());
                        put(out, 0, Body::Vendor(Vendor::Vse(VseMessage::Assignment(message))));
                    }
                }
            }
            Event::FlowRemoved(_) | Event::Rule(_) => {}
        }
    }
}

fn is_wanted(events: MonitorEvents, decided: &Decided) -> bool {
    let bit = u8::from(decided.event).checked_sub(1);
    bit.is_some_and(|bit| events.bits().checked_shr(bit.into()).is_some_and(|bits| bits & 1 == 1))
}

fn is_vse(body: &Body) -> bool {
    use codec::of10::stats::StatsRequestBody;
    matches!(body, Body::StatsRequest(request) if matches!(request.body, StatsRequestBody::Vse(_)))
}

/// Whether the bytes claim to be a FLOW_MOD, of OpenFlow or of VSE.
fn is_flow_mod(frame: &[u8]) -> bool {
    let subtype = frame.get(12..16).and_then(|bytes| bytes.first_chunk()).copied();
    match frame.get(1).copied().map(MessageType::from) {
        Some(MessageType::FlowMod) => true,
        Some(MessageType::Vendor) => {
            subtype.map(u32::from_be_bytes).map(Subtype::from) == Some(Subtype::FlowMod)
        }
        _ => false,
    }
}

/// What would become of the frame; as many candidates as a message holds.
pub(crate) fn trace(request: &TraceRequest, service: &Service) -> TraceReply {
    /// Candidates that fit into a message whatever TLVs they have.
    const CANDIDATES: usize = 100;
    let layout = &service.engine.config().fcf_layout;
    let key = PacketKey::extract(&request.frame, request.in_port, layout);
    let mut reply = service.engine.trace(&key, request.core, service.now).to_message();
    reply.candidates.truncate(CANDIDATES);
    reply
}

fn features(ports: Vec<Port>) -> FeaturesReply {
    FeaturesReply {
        datapath_id: Hex(DATAPATH_ID),
        n_buffers: 0,
        n_tables: 1,
        pad: Pad::default(),
        capabilities: Capabilities::FLOW_STATS | Capabilities::TABLE_STATS,
        actions: ActionSet::empty(),
        ports,
    }
}

/// Answers the message whose bytes `frame` are with an ERROR.
fn error(out: &mut Vec<u8>, xid: u32, frame: &[u8], refused: &Refused) {
    tracing::debug!(xid, code = %refused.code, why = refused.text, "refused");
    let data = frame.get(..frame.len().min(OFFENDING)).unwrap_or_default();
    put(out, xid, Body::Error(ErrorMsg { code: refused.code, data: data.into() }));
}

fn put(out: &mut Vec<u8>, xid: u32, body: Body) {
    if let Err(error) = Message::new(xid, body).encode(out) {
        tell_unsayable(&error);
    }
}

fn tell_unsayable(error: &EncodeError) {
    tracing::error!(%error, "a message has no wire form");
}
