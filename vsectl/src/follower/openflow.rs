//! The OpenFlow messages of a VSE: in its own sessions, in those of a switch with the proxy between,
//! and in frames of their own.

use agent::engine::{CoreInfo, FlowChange, FlowMatch};
use agent::server::action_of_note;
use codec::of10::stats::{StatsReplyBody, StatsReplyFlags, StatsRequestBody};
use codec::of10::{
    Action, Body, FlowMod, FlowRemoved, FlowRemovedReason, Match, Message, PortNo, Vendor,
};
use codec::proxy::Carried;
use codec::vse::{
    BundleCommand, Core, Tlvs, VseAction, VseFlowRemoved, VseFlowStatsRequest, VseMessage,
    VseStatsReplyBody, VseStatsRequest,
};

use super::listing::{Table, Told};
use super::{Follower, Line, Question};

/// The identification of the datapath that VSE itself has.
const VSE_DATAPATH: u64 = 0x0056_5345;

/// Who is at the far end of a controller's connection, as far as it has shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FarEnd {
    /// Known to be VSE, or known to be a switch.
    is_vse: Option<bool>,
    /// The connection was seen from its first message on.
    greeted: bool,
    /// Somebody asked what is at the far end; what answered is not known.
    asked: bool,
    /// A change for VSE alone went over it.
    likely: bool,
}

impl Follower {
    /// Takes a message by its bytes.
    pub(super) fn openflow(&mut self, line: Line, bytes: &[u8]) {
        match Message::decode(bytes) {
            Ok((message, _)) => self.message(line, None, message),
            Err(_) => self.gaps.undecoded(),
        }
    }

    /// Takes a message if it is an ERROR, in a PACKET_IN or not.
    pub(super) fn refusal(&mut self, line: Line, bytes: &[u8]) {
        let Ok((message, _)) = Message::decode(bytes) else { return };
        let question = Question::new(line.other(), false, message.xid);
        match message.body {
            Body::Error(_) => self.refused(question),
            Body::PacketIn(packet) => {
                let carried = Carried::by_packet_in(&packet);
                let line = line_of(&carried).unwrap_or(question.line);
                for (_, message) in carried.messages() {
                    if let Ok(Message { xid, body: Body::Error(_), .. }) = message {
                        self.refused(Question::new(line, true, xid));
                    }
                }
            }
            _ => {}
        }
    }

    /// Takes a message; `carrier` is the PACKET_OUT or PACKET_IN that it came in.
    fn message(&mut self, line: Line, carrier: Option<Question>, message: Message) {
        let question = Question::new(line, carrier.is_some(), message.xid);
        let answered = Question { line: line.other(), ..question };
        let carried = question.carried;
        match message.body {
            Body::Hello(_) => self.note_end(line, |end| end.greeted = true),
            Body::FeaturesRequest => self.note_end(line, |end| end.asked = true),
            Body::FeaturesReply(features) => {
                let is_vse = features.datapath_id.0 == VSE_DATAPATH;
                self.note_end(line, |end| end.is_vse = Some(is_vse));
            }
            Body::PortStatus(_) => self.note_end(line, |end| end.is_vse = Some(false)),
            Body::FlowMod(flow) => {
                let flow = with_meaning(flow);
                if carried || self.is_for_vse(line, &flow) {
                    self.change(question, carrier, FlowChange::try_from(&flow));
                }
            }
            Body::FlowRemoved(removed) if carried || self.is_vse(line) => {
                self.removed(&removed, &Tlvs::default());
            }
            Body::Vendor(Vendor::Vse(message)) => self.vse(question, carrier, message),
            Body::PacketOut(packet) if !carried => {
                self.inner(line, question, &Carried::by_packet_out(&packet));
            }
            Body::PacketIn(packet) if !carried => {
                let carried = Carried::by_packet_in(&packet);
                if carried.messages().next().is_none() {
                    self.note_end(line, |end| end.is_vse = Some(false));
                }
                self.inner(line, question, &carried);
            }
            Body::Error(_) => self.refused(answered),
            Body::StatsRequest(request) => {
                if let StatsRequestBody::Vse(request) = request.body {
                    self.asked_stats(question, request);
                }
            }
            Body::StatsReply(reply) => {
                let more = reply.flags.contains(StatsReplyFlags::REPLY_MORE);
                match reply.body {
                    StatsReplyBody::Vse(reply) => self.stats(answered, reply.body, more),
                    StatsReplyBody::Desc(desc) if desc.mfr_desc.name() == "VSE toolkit" => {
                        self.note_end(line, |end| end.is_vse = Some(true));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Takes the messages that a PACKET_OUT or PACKET_IN carries.
    fn inner(&mut self, line: Line, outer: Question, carried: &Carried<'_>) {
        let line = line_of(carried).unwrap_or(line);
        for (_, message) in carried.messages() {
            match message {
                Ok(message) => self.message(line, Some(outer), message),
                Err(_) => self.gaps.undecoded(),
            }
        }
    }

    fn vse(&mut self, question: Question, carrier: Option<Question>, message: VseMessage) {
        match message {
            VseMessage::FlowMod(flow) => {
                self.change(question, carrier, FlowChange::try_from(&flow));
            }
            VseMessage::SetConfig(config) => self.configure(question, carrier, config),
            VseMessage::GetConfigReply(config) => self.told_config(config),
            VseMessage::HostFeaturesReply(features) => {
                (0..features.n_cores).for_each(|n| self.engine.add_core(CoreInfo::new(Core(n))));
                self.gaps.cores_counted();
            }
            VseMessage::VmInfo(vm) => self.vm_info(question, carrier, &vm),
            VseMessage::CoreMod(change) => self.core_mod(question, carrier, &change),
            VseMessage::FlowRemoved(VseFlowRemoved { removed, tlvs, .. }) => {
                self.removed(&removed, &tlvs);
            }
            VseMessage::Assignment(told) => self.assignment(&told),
            VseMessage::Bundle(bundle) => self.bundle(question, carrier, bundle.command),
            _ => {}
        }
    }

    /// Opens, commits or discards the bundle of a line.
    pub(super) fn bundle(
        &mut self,
        question: Question,
        carrier: Option<Question>,
        command: BundleCommand,
    ) {
        match command {
            BundleCommand::Open => drop(self.bundles.insert(question.line, Vec::new())),
            BundleCommand::Commit => {
                if let Some(kept) = self.bundles.remove(&question.line) {
                    self.changes(question, carrier, kept);
                }
            }
            _ => drop(self.bundles.remove(&question.line)),
        }
    }

    /// Takes a decision of VSE.
    pub(super) fn assignment(&mut self, told: &codec::vse::Assignment) {
        self.gaps.monitored();
        match self.engine.told_assignment(told, self.now) {
            Ok(Some(id)) => self.saw(id),
            _ => self.gaps.unknown_entry(self.frame),
        }
    }

    /// An entry has gone, VSE says.
    fn removed(&mut self, removed: &FlowRemoved, tlvs: &Tlvs) {
        let Ok(matched) = FlowMatch::new(&removed.r#match, tlvs) else { return };
        match self.engine.flow_of(&matched, removed.priority) {
            Some(id) => self.engine.forget(id),
            // By other reasons it may have gone here before.
            None if removed.reason == FlowRemovedReason::IdleTimeout
                && !self.options.count_frames =>
            {
                self.gaps.unknown_entry(self.frame);
            }
            None => {}
        }
    }

    fn asked_stats(&mut self, question: Question, request: VseStatsRequest) {
        let (table, all) = match request {
            VseStatsRequest::Flow(request) => (Table::Flows, is_all(&request)),
            VseStatsRequest::Core(request) => (Table::Cores, request.core == Core::NONE),
            VseStatsRequest::Vm(request) => (Table::Vms, request.vm_id == 0),
            _ => return,
        };
        self.asked(question, table, all);
    }

    fn stats(&mut self, question: Question, body: VseStatsReplyBody, more: bool) {
        let told = match body {
            VseStatsReplyBody::Flow(entries) => Told::Flows(entries),
            VseStatsReplyBody::Core(cores) => Told::Cores(cores),
            VseStatsReplyBody::Vm(vms) => Told::Vms(vms),
            _ => return,
        };
        self.told(question, told);
        if !more {
            self.told_all(question);
        }
    }

    fn note_end(&mut self, line: Line, note: impl FnOnce(&mut FarEnd)) {
        if let Line::Tcp { connection, .. } = line {
            note(self.ends.entry(connection).or_default());
        }
    }

    fn is_vse(&self, line: Line) -> bool {
        match line {
            Line::Tcp { connection, .. } => {
                connection.ends().iter().any(|end| self.options.vse.contains(end))
                    || self.ends.get(&connection).is_some_and(|end| end.is_vse == Some(true))
            }
            Line::Frames(_) | Line::Netlink(_) => true,
        }
    }

    /// Whether a FLOW_MOD that no other message carries is for VSE, and not for a switch: by what
    /// is at the far end, and where that has not shown, by what the change asks for.
    fn is_for_vse(&mut self, line: Line, flow: &FlowMod) -> bool {
        let Line::Tcp { connection, .. } = line else { return true };
        if self.is_vse(line) {
            return true;
        }
        let names_core =
            |action: &Action| matches!(action, Action::Vse(VseAction::SetIrqCore { .. }));
        let end = self.ends.entry(connection).or_default();
        if end.is_vse.is_some() {
            return false;
        }
        if flow.actions.iter().any(names_core) {
            end.likely = true;
            return true;
        }
        if !flow.actions.is_empty() {
            return false;
        }
        // A controller asks a switch first what it is; a tool does not.
        let is_tool = end.greeted && !end.asked;
        if !end.likely && !is_tool {
            self.gaps.ambiguous(self.frame);
        }
        end.likely || is_tool
    }
}

/// The line of a frame of messages.
fn line_of(carried: &Carried<'_>) -> Option<Line> {
    match carried {
        Carried::Framed(Ok(frame)) => Some(Line::Frames(frame.stream_id)),
        _ => None,
    }
}

/// Whether a request is for every entry.
pub(super) fn is_all(request: &VseFlowStatsRequest) -> bool {
    let VseFlowStatsRequest { r#match, tlvs, table_id, out_port, .. } = request;
    *r#match == Match::ANY
        && tlvs.is_empty()
        && matches!(table_id, 0 | 0xff)
        && *out_port == PortNo::NONE
}

/// The change with the actions of VSE in place of the notes that stand for them.
fn with_meaning(mut flow: FlowMod) -> FlowMod {
    for action in &mut flow.actions {
        if let Some(meant) = action_of_note(action) {
            *action = meant;
        }
    }
    flow
}
