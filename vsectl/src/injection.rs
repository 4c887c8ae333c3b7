//! Messages for the VSE behind a switch: how they travel there, and which answers are theirs.

use anyhow::Context;
use codec::of10::stats::StatsReplyFlags;
use codec::of10::{Body, ErrorCode, Message, PortNo, Vendor};
use codec::proxy::{Carried, Framed, Key, bare};
use codec::types::{MacAddr, Pad};
use codec::vse::{Tlvs, VseFlowMod, VseMessage};

use crate::craft::Carry;

/// The controller's own address in frames.
const CONTROLLER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

/// How messages travel to VSE.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) carry: Carry,
    /// Destination of frames: the agent.
    pub(crate) agent: MacAddr,
    /// The port to the agent.
    pub(crate) port: PortNo,
    /// Names the conversation in frames.
    pub(crate) stream: u32,
    /// The number of the frame, where it is signed: above that of any before.
    pub(crate) sequence: u64,
    /// What frames are signed with, and answers must be.
    pub(crate) key: Option<Key>,
}

/// Why a message was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The message, from 1; nothing where the session itself was refused.
    pub(crate) message: Option<usize>,
    pub(crate) code: ErrorCode,
}

/// Messages that are sent together, and what became of them.
#[derive(Debug)]
pub(crate) struct Injection {
    way: Way,
    messages: Vec<Message>,
    /// Of each message, whether an answer is still to come.
    awaited: Vec<bool>,
    /// The transaction id of the BARRIER_REQUEST behind them.
    barrier: u32,
    is_acknowledged: bool,
    refused: Vec<Refused>,
}

impl Injection {
    pub(crate) fn new(way: Way, messages: Vec<Message>) -> Self {
        let is_taken = |xid: u32| messages.iter().any(|message| message.xid == xid);
        // There are fewer messages than numbers.
        let barrier = (1..=u32::MAX).find(|xid| !is_taken(*xid)).unwrap_or(0);
        let awaited = messages.iter().map(|message| is_question(&message.body)).collect();
        Self { way, messages, awaited, barrier, is_acknowledged: false, refused: Vec::new() }
    }

    /// What the controller says: all the messages, then the question whether they are done.
    pub(crate) fn outgoing(&self) -> anyhow::Result<Vec<Message>> {
        let mut messages = self.messages.clone();
        messages.push(Message::new(self.barrier, Body::BarrierRequest));
        let bare = |message: &Message| -> anyhow::Result<Message> {
            let packet_out = bare::wrap(message).context("it has no room in a PACKET_OUT")?;
            Ok(Message::new(message.xid, Body::PacketOut(packet_out)))
        };
        match self.way.carry {
            Carry::Plain => Ok(messages),
            Carry::Bare => messages.iter().map(bare).collect(),
            Carry::Framed => {
                let Way { agent, port, stream, sequence, key, .. } = &self.way;
                let xid = messages.first().map_or(self.barrier, |message| message.xid);
                let mut frame = Framed::new(*agent, CONTROLLER, *stream, messages);
                if let Some(key) = key {
                    frame.sign(key, *sequence).context("they have no room in a frame")?;
                }
                let packet_out = frame.packet_out(*port).context("they have no room in a frame")?;
                Ok(vec![Message::new(xid, Body::PacketOut(packet_out))])
            }
        }
    }

    /// Takes what the switch says.
    pub(crate) fn take(&mut self, message: &Message) {
        match (&message.body, self.way.carry) {
            (Body::PacketIn(packet_in), Carry::Bare | Carry::Framed) => {
                let carried = Carried::by_packet_in(packet_in);
                if !self.is_trusted(&carried) {
                    return;
                }
                for (_, answer) in carried.messages() {
                    let Ok(answer) = answer else { return };
                    self.answer(&answer);
                }
            }
            // Whether the switch refused the PACKET_OUT, or VSE what was sent to it directly.
            (Body::Error(_), _) | (_, Carry::Plain) => self.answer(message),
            _ => {}
        }
    }

    /// Whether an answer came the way that the question went, from a holder of the key.
    fn is_trusted(&self, carried: &Carried<'_>) -> bool {
        match (carried, self.way.carry, &self.way.key) {
            (Carried::Bare(_), Carry::Bare, _) => true,
            (Carried::Framed(Ok(frame)), Carry::Framed, key) => {
                let is_ours = frame.destination == CONTROLLER && frame.stream_id == self.way.stream;
                is_ours && key.as_ref().is_none_or(|key| frame.verify(key).is_ok())
            }
            _ => false,
        }
    }

    fn answer(&mut self, answer: &Message) {
        let at = self.messages.iter().position(|message| message.xid == answer.xid);
        match &answer.body {
            Body::Error(error) => {
                let is_ours = at.is_some() || answer.xid == self.barrier;
                if is_ours || matches!(error.code, ErrorCode::HelloFailed(_)) {
                    let message = at.map(|at| at + 1);
                    self.refused.push(Refused { message, code: error.code });
                }
                // What is refused has no other answer; that of the BARRIER_REQUEST is all there is.
                self.is_acknowledged |= is_ours && at.is_none();
            }
            Body::BarrierReply if answer.xid == self.barrier => self.is_acknowledged = true,
            Body::StatsReply(reply) if reply.flags.contains(StatsReplyFlags::REPLY_MORE) => return,
            _ => {}
        }
        if let Some(awaited) = at.and_then(|at| self.awaited.get_mut(at)) {
            *awaited = false;
        }
    }

    /// Whether all is settled that was sent.
    pub(crate) fn is_settled(&self) -> bool {
        let session = self.refused.iter().any(|refused| refused.message.is_none());
        session || (self.is_acknowledged && !self.awaited.contains(&true))
    }

    /// What was refused.
    pub(crate) fn refused(&self) -> &[Refused] {
        &self.refused
    }
}

/// VSE's own form of a change, which no switch takes for one of its own table.
pub(crate) fn for_vse(message: Message) -> Message {
    match message.body {
        Body::FlowMod(flow) => {
            let flow = VseFlowMod { flow, pad: Pad::default(), tlvs: Tlvs::new(Vec::new()) };
            Message::new(message.xid, Body::Vendor(Vendor::Vse(VseMessage::FlowMod(flow))))
        }
        _ => message,
    }
}

/// Whether a message is answered where all is well.
fn is_question(body: &Body) -> bool {
    matches!(
        body,
        Body::EchoRequest(_)
            | Body::FeaturesRequest
            | Body::GetConfigRequest
            | Body::StatsRequest(_)
            | Body::BarrierRequest
            | Body::QueueGetConfigRequest(_)
            | Body::Vendor(Vendor::Vse(
                VseMessage::HostFeaturesRequest
                    | VseMessage::GetConfigRequest
                    | VseMessage::TraceRequest(_)
            ))
    )
}

#[cfg(test)]
mod tests {
    use codec::of10::{BadRequestCode, Echo, ErrorMsg};
    use codec::types::Bytes;

    use super::*;

    const AGENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 10]);

    fn way(carry: Carry, key: Option<&[u8]>) -> Way {
        let key = key.map(|bytes| Key::new(bytes).unwrap());
        Way { carry, agent: AGENT, port: PortNo::LOCAL, stream: 1, sequence: 1, key }
    }

    fn error(xid: u32) -> Message {
        let code = ErrorCode::BadRequest(BadRequestCode::BadVendor);
        Message::new(xid, Body::Error(ErrorMsg { code, data: Bytes(Vec::new()) }))
    }

    fn reply(xid: u32) -> Message {
        Message::new(xid, Body::BarrierReply)
    }

    #[test]
    fn a_question_is_settled_by_its_own_answer() {
        let echo = Message::new(1, Body::EchoRequest(Echo::default()));
        let mut injection = Injection::new(way(Carry::Plain, None), vec![echo.clone()]);
        assert_eq!(injection.outgoing().unwrap(), [echo, Message::new(2, Body::BarrierRequest)]);
        injection.take(&reply(1));
        injection.take(&reply(2));
        assert!(injection.is_settled() && injection.refused().is_empty());

        let question = Message::new(1, Body::Vendor(Vendor::Vse(VseMessage::HostFeaturesRequest)));
        let mut injection = Injection::new(way(Carry::Plain, None), vec![question]);
        injection.take(&reply(2));
        assert!(!injection.is_settled(), "the answer may come behind that of the switch");
        injection.take(&error(1));
        assert!(injection.is_settled());
        let code = ErrorCode::BadRequest(BadRequestCode::BadVendor);
        assert_eq!(injection.refused(), [Refused { message: Some(1), code }]);
    }

    #[test]
    fn an_error_about_something_else_is_not_ours() {
        let mut injection = Injection::new(way(Carry::Bare, None), vec![reply(1)]);
        injection.take(&error(77));
        // Not the way that the question went.
        injection.take(&reply(2));
        assert!(!injection.is_settled() && injection.refused().is_empty());
        let inside = bare::wrap_answer(&reply(2)).unwrap();
        injection.take(&Message::new(0, Body::PacketIn(inside)));
        assert!(injection.is_settled());
    }

    #[test]
    fn an_answer_in_a_frame_is_to_be_signed() {
        let key: &[u8] = b"sixteen bytes or more";
        let mut injection = Injection::new(way(Carry::Framed, Some(key)), vec![reply(1)]);
        let sent = injection.outgoing().unwrap();
        let Body::PacketOut(packet_out) = &sent[0].body else { panic!("{sent:?}") };
        let Carried::Framed(Ok(frame)) = Carried::by_packet_out(packet_out) else { panic!() };
        assert!(frame.verify(&Key::new(key).unwrap()).is_ok());
        assert_eq!((sent.len(), frame.messages().count()), (1, 2));

        let mut answer = Framed::new(CONTROLLER, AGENT, 1, vec![reply(2)]);
        injection.take(&Message::new(0, Body::PacketIn(answer.packet_in(PortNo(1)).unwrap())));
        assert!(!injection.is_settled(), "it has no code");
        answer.sign(&Key::new(key).unwrap(), 5).unwrap();
        injection.take(&Message::new(0, Body::PacketIn(answer.packet_in(PortNo(1)).unwrap())));
        assert!(injection.is_settled());
    }

    #[test]
    fn a_change_is_for_vse() {
        let flow: codec::text::Flow = "priority=5,ip,actions=set_irq_core:0".parse().unwrap();
        let message = for_vse(Message::new(3, flow.to_body()));
        let Body::Vendor(Vendor::Vse(VseMessage::FlowMod(extended))) = &message.body else {
            panic!("{message}")
        };
        assert_eq!(extended.flow.priority, 5);
        assert_eq!(for_vse(message.clone()), message);
    }
}
