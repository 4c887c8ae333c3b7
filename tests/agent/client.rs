//! A client that is built of nothing but the codec, so that it shares no mistake with the program's
//! own.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use codec::of10::stats::{
    StatsReplyBody, StatsReplyFlags, StatsRequest, StatsRequestBody, StatsRequestFlags,
};
use codec::of10::{Body, Header, Hello, Message, Vendor};
use codec::text::Flow;
use codec::vse::{
    Bundle, BundleCommand, DatapathStats, DatapathStatsRequest, VseFlowStats, VseMessage,
    VseStatsReplyBody, VseStatsRequest,
};

pub(crate) struct Client<S = UnixStream> {
    pub(crate) stream: S,
    input: Vec<u8>,
    xid: u32,
}

impl Client {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("the agent listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        Self::on(stream)
    }
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn on(stream: S) -> Self {
        let mut client = Self { stream, input: Vec::new(), xid: 100 };
        let hello = client.receive();
        assert!(matches!(hello.body, Body::Hello(_)), "{hello}");
        client.send(&Body::Hello(Hello::default()));
        client
    }

    /// Sends a message, and says its xid.
    pub(crate) fn send(&mut self, body: &Body) -> u32 {
        self.xid += 1;
        let mut bytes = Vec::new();
        Message::new(self.xid, body.clone()).encode(&mut bytes).expect("it has a wire form");
        self.stream.write_all(&bytes).expect("the agent takes it");
        self.xid
    }

    pub(crate) fn receive(&mut self) -> Message {
        loop {
            if let Ok(header) = Header::parse(&self.input)
                && self.input.len() >= header.len()
            {
                let (message, rest) = Message::decode(&self.input).expect("the agent speaks right");
                self.input = rest.to_vec();
                return message;
            }
            let mut chunk = vec![0; 65_536];
            let n = self.stream.read(&mut chunk).expect("the agent answers");
            assert!(n > 0, "the agent has closed the connection");
            self.input.extend_from_slice(&chunk[..n]);
        }
    }

    /// Sends a message and a barrier: what came before the barrier's reply.
    pub(crate) fn ask(&mut self, body: &Body) -> Vec<Message> {
        self.send(body);
        self.barrier()
    }

    pub(crate) fn barrier(&mut self) -> Vec<Message> {
        let xid = self.send(&Body::BarrierRequest);
        let mut before = Vec::new();
        loop {
            let message = self.receive();
            if message.xid == xid && message.body == Body::BarrierReply {
                return before;
            }
            before.push(message);
        }
    }

    /// Adds a flow in words; the ERRORs that this met, in words.
    pub(crate) fn add(&mut self, text: &str) -> Vec<String> {
        self.ask(&flow(text)).iter().map(ToString::to_string).collect()
    }

    pub(crate) fn bundle(&mut self, command: BundleCommand) {
        self.send(&Body::Vendor(Vendor::Vse(VseMessage::Bundle(Bundle::new(command)))));
    }

    /// Every entry.
    pub(crate) fn flows(&mut self) -> Vec<VseFlowStats> {
        let request = serde_json::json!({"version": 1, "type": "stats_request", "xid": 0,
            "body": {"flags": [], "type": "vse", "body": {"vse_type": "flow", "match": {},
                "table_id": 255, "out_port": "none", "vse_match": []}}});
        let request: Message = serde_json::from_value(request).expect("it is a message");
        let xid = self.send(&request.body);
        let mut flows = Vec::new();
        loop {
            let message = self.receive();
            let Body::StatsReply(reply) = message.body else { panic!("{message}") };
            assert_eq!(message.xid, xid);
            let StatsReplyBody::Vse(vse) = reply.body else { panic!("other statistics") };
            let VseStatsReplyBody::Flow(part) = vse.body else { panic!("other statistics") };
            flows.extend(part);
            if !reply.flags.contains(StatsReplyFlags::REPLY_MORE) {
                return flows;
            }
        }
    }

    /// The datapath and what it has done.
    pub(crate) fn datapath(&mut self) -> DatapathStats {
        let body =
            StatsRequestBody::Vse(VseStatsRequest::Datapath(DatapathStatsRequest::default()));
        let request = StatsRequest { flags: StatsRequestFlags::empty(), body };
        let answers = self.ask(&Body::StatsRequest(request));
        let [Message { body: Body::StatsReply(reply), .. }] = answers.as_slice() else {
            panic!("no statistics: {answers:?}")
        };
        let StatsReplyBody::Vse(vse) = &reply.body else { panic!("other statistics") };
        let VseStatsReplyBody::Datapath(stats) = &vse.body else { panic!("other statistics") };
        **stats
    }
}

/// The change that adds a flow in words.
pub(crate) fn flow(text: &str) -> Body {
    text.parse::<Flow>().unwrap_or_else(|error| panic!("{error}")).to_body()
}
