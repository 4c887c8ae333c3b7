//! The script of an OpenFlow session: who says what, a message after the other.
//!
//! A line is a flow command of ovs-ofctl, `barrier` or `echo` with its answer, or a message in JSON,
//! which may take several lines. Words in front say who sends it (`switch`, `controller`) and that a
//! PACKET_OUT or PACKET_IN carries it, as the data itself (`bare`) or in a frame (`framed`).

use anyhow::{Context, bail};
use codec::of10::{
    ActionSet, Body, Capabilities, Echo, FeaturesReply, Hello, Message, PortNo, Vendor,
};
use codec::proxy::{Framed, bare};
use codec::text::FlowMessage;
use codec::types::{Hex, MacAddr, Pad};
use codec::vse::VseMessage;
use serde_json::value::RawValue;

use crate::message_text::{read_command, read_message};

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Carry {
    /// As a message of the session.
    Plain,
    /// As the data of a PACKET_OUT or PACKET_IN.
    Bare,
    /// In a frame of EtherType 0x88B5, which is the data of a PACKET_OUT or PACKET_IN.
    Framed,
}

/// How what the script leaves open is done.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// How changes of flows travel where the script does not say it.
    pub(crate) carry: Carry,
    /// Whether a BARRIER_REQUEST goes with each change, and its answer comes back.
    pub(crate) acknowledge: bool,
    /// The transaction id of the first message that has none.
    pub(crate) xid: u32,
    /// Destination of frames: the agent.
    pub(crate) agent: MacAddr,
    /// The port to the agent.
    pub(crate) port: PortNo,
    /// Names the conversation in frames.
    pub(crate) stream: u32,
}

/// What one end sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) from_switch: bool,
    pub(crate) message: Message,
}

/// What a line has in front of its message.
#[derive(Debug, Clone, Copy, Default)]
struct Prefix {
    from_switch: Option<bool>,
    carry: Option<Carry>,
}

/// The controller's own address in frames.
const CONTROLLER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const DATAPATH: u64 = 0x0000_0200_0000_0002;

struct Script<'a> {
    manner: &'a Manner,
    xid: u32,
    said: Vec<Said>,
}

/// Reads a script; with a handshake, HELLO and FEATURES come before it.
pub(crate) fn read(text: &str, manner: &Manner, handshake: bool) -> anyhow::Result<Vec<Said>> {
    let mut script = Script { manner, xid: manner.xid, said: Vec::new() };
    if handshake {
        script.handshake();
    }
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let number = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let line = rest.lines().next().unwrap_or_default();
        let used = script.line(line, rest).with_context(|| format!("line {number}"))?;
        at += used.max(1);
    }
    Ok(script.said)
}

impl Script<'_> {
    fn next_xid(&mut self) -> u32 {
        let xid = self.xid;
        self.xid = self.xid.wrapping_add(1);
        xid
    }

    fn say(&mut self, from_switch: bool, message: Message) {
        self.said.push(Said { from_switch, message });
    }

    /// What a switch and a controller say first.
    fn handshake(&mut self) {
        for from_switch in [true, false] {
            let xid = self.next_xid();
            self.say(from_switch, Message::new(xid, Body::Hello(Hello::default())));
        }
        let features = FeaturesReply {
            datapath_id: Hex(DATAPATH),
            n_buffers: 0,
            n_tables: 1,
            pad: Pad::default(),
            capabilities: Capabilities::FLOW_STATS | Capabilities::ARP_MATCH_IP,
            actions: ActionSet::OUTPUT,
            ports: Vec::new(),
        };
        let xid = self.next_xid();
        self.say(false, Message::new(xid, Body::FeaturesRequest));
        self.say(true, Message::new(xid, Body::FeaturesReply(features)));
    }

    /// Reads a line, or the document that begins with it in `rest`; how many bytes that was.
    fn line(&mut self, line: &str, rest: &str) -> anyhow::Result<usize> {
        let mut prefix = Prefix::default();
        let mut left = line.trim_start();
        loop {
            let (word, behind) = left.split_once(char::is_whitespace).unwrap_or((left, ""));
            match word {
                "switch" => prefix.from_switch = Some(true),
                "controller" => prefix.from_switch = Some(false),
                "plain" => prefix.carry = Some(Carry::Plain),
                "bare" => prefix.carry = Some(Carry::Bare),
                "framed" => prefix.carry = Some(Carry::Framed),
                _ => break,
            }
            left = behind.trim_start();
        }
        let before = line.len() - left.len();
        if left.starts_with(['{', '[']) {
            let rest = rest.get(before..).unwrap_or_default();
            return Ok(before + self.json(rest, prefix)?);
        }
        match left.trim_end() {
            "" if before == line.len() - line.trim_start().len() => {}
            comment if comment.starts_with('#') => {}
            "" => bail!("{:?} stands in front of no message", line.trim()),
            "barrier" => {
                let xid = self.next_xid();
                self.pair(prefix, xid, Body::BarrierRequest, Body::BarrierReply)?;
            }
            "echo" => {
                let xid = self.next_xid();
                let (request, reply) =
                    (Body::EchoRequest(Echo::default()), Body::EchoReply(Echo::default()));
                self.pair(prefix, xid, request, reply)?;
            }
            command => {
                let flow = read_command(command, None)?;
                let xid = self.next_xid();
                self.put(prefix, Message::new(xid, flow.to_body()))?;
            }
        }
        Ok(line.len() + 1)
    }

    /// Reads a document at the start of `text`: a message, or an array of them.
    fn json(&mut self, text: &str, prefix: Prefix) -> anyhow::Result<usize> {
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let document = documents.next().transpose().context("not JSON")?;
        let used = documents.byte_offset();
        let document = document.map_or("", |document| document.get());
        if document.starts_with('[') {
            for (message, number) in
                serde_json::from_str::<Vec<&RawValue>>(document)?.iter().zip(1..)
            {
                self.put(prefix, read_message(number, message.get())?)?;
            }
        } else {
            self.put(prefix, read_message(1, document)?)?;
        }
        Ok(used)
    }

    /// A request of the controller, unless the switch asks, and its answer.
    fn pair(&mut self, prefix: Prefix, xid: u32, request: Body, reply: Body) -> anyhow::Result<()> {
        let from_switch = prefix.from_switch.unwrap_or(false);
        let carry = prefix.carry.unwrap_or(Carry::Plain);
        self.carried(from_switch, carry, vec![Message::new(xid, request)])?;
        self.carried(!from_switch, carry, vec![Message::new(xid, reply)])
    }

    /// A message, with what acknowledges it.
    fn put(&mut self, prefix: Prefix, message: Message) -> anyhow::Result<()> {
        let is_change = is_change(&message.body);
        let from_switch = prefix.from_switch.unwrap_or_else(|| is_from_switch(&message.body));
        let carry = match prefix.carry {
            Some(carry) => carry,
            None if is_change => self.manner.carry,
            None => Carry::Plain,
        };
        if !(self.manner.acknowledge && is_change) {
            return self.carried(from_switch, carry, vec![message]);
        }
        let xid = self.next_xid();
        let barrier = Message::new(xid, Body::BarrierRequest);
        let reply = Message::new(xid, Body::BarrierReply);
        if carry == Carry::Framed {
            self.carried(from_switch, carry, vec![message, barrier])?;
        } else {
            self.carried(from_switch, carry, vec![message])?;
            self.carried(from_switch, carry, vec![barrier])?;
        }
        self.carried(!from_switch, carry, vec![reply])
    }

    /// Messages as they travel; a frame has the transaction id of the first of them.
    fn carried(
        &mut self,
        from_switch: bool,
        carry: Carry,
        messages: Vec<Message>,
    ) -> anyhow::Result<()> {
        let Some(first) = messages.first() else { return Ok(()) };
        let xid = first.xid;
        let body = match carry {
            Carry::Plain => {
                for message in messages {
                    self.say(from_switch, message);
                }
                return Ok(());
            }
            Carry::Bare if from_switch => Body::PacketIn(bare::wrap_answer(first)?),
            Carry::Bare => Body::PacketOut(bare::wrap(first)?),
            Carry::Framed => {
                let Manner { agent, port, stream, .. } = *self.manner;
                let (to, from) =
                    if from_switch { (CONTROLLER, agent) } else { (agent, CONTROLLER) };
                let frame = Framed::new(to, from, stream, messages);
                if from_switch {
                    Body::PacketIn(frame.packet_in(port)?)
                } else {
                    Body::PacketOut(frame.packet_out(port)?)
                }
            }
        };
        self.say(from_switch, Message::new(xid, body));
        Ok(())
    }
}

/// Whether a message changes the flow table.
fn is_change(body: &Body) -> bool {
    FlowMessage::from_body(body).is_some()
}

/// Whether the switch is who sends such a message.
pub(crate) fn is_from_switch(body: &Body) -> bool {
    match body {
        Body::Error(_)
        | Body::EchoReply(_)
        | Body::FeaturesReply(_)
        | Body::GetConfigReply(_)
        | Body::PacketIn(_)
        | Body::FlowRemoved(_)
        | Body::PortStatus(_)
        | Body::StatsReply(_)
        | Body::BarrierReply
        | Body::QueueGetConfigReply(_) => true,
        Body::Vendor(Vendor::Vse(message)) => matches!(
            message,
            VseMessage::HostFeaturesReply(_)
                | VseMessage::GetConfigReply(_)
                | VseMessage::VmInfo(_)
                | VseMessage::FlowRemoved(_)
                | VseMessage::Assignment(_)
                | VseMessage::TraceReply(_)
        ),
        _ => false,
    }
}
