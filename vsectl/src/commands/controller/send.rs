//! `vsectl controller send`: messages to the VSE behind a switch, from the controller's place.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use agent::client::{Refusal, RefusalCode};
use agent::proxy::{Endpoint, read_key};
use anyhow::{Context, bail};
use codec::nicira::FlowFormat;
use codec::of10::{Body, Hello, Message};

use crate::craft::Carry;
use crate::exit::{Outcome, UsageError, diagnostic};
use crate::injection::{Injection, Refused, Way, for_vse};
use crate::message_text;
use crate::openflow_stream::OpenFlowStream;
use crate::session_log::{LogArgs, SessionLog};
use crate::vse_frames::AgentPlace;
use crate::wall_clock;

/// Send flow commands or messages to the VSE behind a switch, and wait until they are done.
///
/// The session is printed as decode does. A BARRIER_REQUEST goes behind the messages the same way: they
/// are done when its answer is there. What is refused, or not answered, is an error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The switch: `ptcp:[PORT][:HOST]` or `punix:PATH` to wait for it as its controller,
    /// `tcp:HOST[:PORT]` or `unix:PATH` to connect to it.
    #[arg(value_name = "SWITCH")]
    switch: Endpoint,

    /// A flow command of ovs-ofctl, as in `add-flow vm_id=5,actions=set_irq_core:2`, or messages
    /// in JSON as print writes them; `-`, or nothing, reads either from standard input, flow
    /// commands one a line.
    #[arg(value_name = "TEXT|JSON")]
    input: Vec<String>,

    /// How the messages travel. Plainly, a flow command becomes VSE's own FLOW_MOD, since the
    /// other one is for the switch's table; what is written in JSON is sent as it is.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Carry::Bare)]
    carry: Carry,

    #[command(flatten)]
    agent: AgentPlace,

    /// The key that frames are signed with, and their answers must be.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// How long to wait for the switch, and then for the answers.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = crate::duration::parse)]
    timeout: Duration,

    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let messages = self.messages()?;
        if self.key_file.is_some() && self.carry != Carry::Framed {
            let text = "--key-file: frames alone are signed; want --carry framed";
            return Err(UsageError(text.to_owned()).into());
        }
        let names: Vec<String> = messages.iter().map(|it| it.body.r#type().to_string()).collect();
        let way = Way {
            carry: self.carry,
            agent: self.agent.agent_mac,
            port: self.agent.port(),
            stream: self.agent.stream,
            // Above that of any frame before.
            sequence: wall_clock::nanoseconds(),
            key: self.key_file.as_deref().map(read_key).transpose()?,
        };
        let mut injection = Injection::new(way, messages);
        let outgoing = injection.outgoing()?;
        let log = SessionLog::new(&self.log)?;
        let stream = OpenFlowStream::open(&self.switch, Instant::now() + self.timeout)?;
        let mut talk = Talk { stream, log, out };
        let hello = Message::new(0, Body::Hello(Hello::default()));
        let begun = Instant::now();
        for message in [&hello].into_iter().chain(&outgoing) {
            talk.say(message).with_context(|| self.switch.to_string())?;
        }
        let ended = talk.hear(&mut injection, begun + self.timeout);
        talk.log.finish()?;
        let ended = ended.with_context(|| self.switch.to_string())?;
        let refusals: Vec<String> =
            injection.refused().iter().map(|refused| words(*refused, &names)).collect();
        match (refusals.is_empty(), ended) {
            (false, _) => bail!("{}", refusals.join("\n")),
            (true, Ended::Settled) => {
                let took = begun.elapsed().as_secs_f64() * 1e3;
                diagnostic!("acknowledged after {took:.1} ms");
                Ok(Outcome::Done)
            }
            (true, Ended::Closed) => bail!("{}: it closed before an answer came", self.switch),
            (true, Ended::Silent) => bail!("{}", self.silence()),
        }
    }

    fn messages(&self) -> anyhow::Result<Vec<Message>> {
        let text = message_text::text_of(&self.input)?;
        // VSE's flow table has no extended matches.
        let messages = message_text::read(&text, 1, Some(FlowFormat::Openflow10))?;
        if self.carry == Carry::Plain && !message_text::is_json(&text) {
            return Ok(messages.into_iter().map(for_vse).collect());
        }
        Ok(messages)
    }

    /// Why nobody may have answered, and what to do.
    fn silence(&self) -> String {
        let why = match self.carry {
            Carry::Plain => "what is there does not answer",
            Carry::Bare => "is the proxy in the session? A switch drops what it cannot read",
            Carry::Framed => {
                "does the proxy listen (--interface) behind that port, with this key, and does the \
                 switch send answers to the controller (dl_type=0x88b5,actions=controller)?"
            }
        };
        let seconds = self.timeout.as_secs_f32();
        format!("{}: no acknowledgement within {seconds} s: {why}", self.switch)
    }
}

/// How waiting for answers ended.
enum Ended {
    Settled,
    Closed,
    Silent,
}

/// A session that is printed as it goes on.
struct Talk<'a, W> {
    stream: OpenFlowStream,
    log: SessionLog,
    out: &'a mut W,
}

impl<W: Write> Talk<'_, W> {
    /// Sends a message.
    fn say(&mut self, message: &Message) -> anyhow::Result<()> {
        let bytes = self.stream.send(message)?;
        Ok(self.log.message(0, false, &bytes, self.out)?)
    }

    /// Takes what comes until all is settled.
    fn hear(&mut self, injection: &mut Injection, deadline: Instant) -> anyhow::Result<Ended> {
        while !injection.is_settled() {
            let bytes = match self.stream.receive(Some(deadline)) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(Ended::Closed),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(Ended::Silent),
                Err(error) => return Err(error.into()),
            };
            self.log.message(0, true, &bytes, self.out)?;
            // What cannot be decoded is shown, and answers nothing.
            let Ok((message, _)) = Message::decode(&bytes) else { continue };
            match message.body {
                Body::EchoRequest(echo) => {
                    self.say(&Message::new(message.xid, Body::EchoReply(echo)))?;
                }
                _ => injection.take(&message),
            }
        }
        Ok(Ended::Settled)
    }
}

fn words(refused: Refused, names: &[String]) -> String {
    let code = RefusalCode::OpenFlow(refused.code);
    let refusal = Refusal { code, words: None };
    match refused.message {
        Some(number) => {
            let name = names.get(number - 1).map_or("", String::as_str);
            format!("message {number} ({name}) was refused: {refusal}")
        }
        None => format!("refused: {refusal}"),
    }
}
