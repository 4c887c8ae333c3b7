//! The other end of an agent's socket: finds an agent, asks it and has it change something, with
//! the same requests and the same answers whichever way leads to it.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use agent::client::{Client, Target};
//!
//! let target: Target = "unix:/run/vse/agent.sock".parse()?;
//! let mut client = Client::connect(&target, Duration::from_secs(5))?;
//! for core in client.cores()? {
//!     println!("core {} is busy to {} per mille", core.core, core.load);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod error;
mod netlink;
mod openflow;
mod target;

use std::time::{Duration, Instant};

use codec::netlink::{AttributeValue, Command, NetlinkCommand, NetlinkObject, Object, schema};
use codec::of10::stats::{
    StatsReplyBody, StatsReplyFlags, StatsRequest, StatsRequestBody, StatsRequestFlags,
};
use codec::of10::{Body, Match, PortNo, Vendor};
use codec::types::Pad;
use codec::vse::{
    Assignment, Config, Core, CoreStats, CoreStatsRequest, DatapathStats, DatapathStatsRequest,
    MonitorCommand, MonitorEvents, MonitorRequest, Tlv, Tlvs, TraceReply, TraceRequest, VmStats,
    VmStatsRequest, VseFlowStats, VseFlowStatsRequest, VseMessage, VseStatsReplyBody,
    VseStatsRequest,
};

pub use changes::Refused;
pub use error::{ClientError, Refusal, RefusalCode};
pub(crate) use target::host_and_port;
pub use target::{Target, TargetError};

use crate::datapath::PinnedTables;
use netlink::Conversation;
use openflow::Session;

/// A connection with an agent.
#[derive(Debug)]
pub struct Client(Transport);

#[derive(Debug)]
enum Transport {
    OpenFlow(Session),
    Netlink(Conversation),
    Bpf(Target, PinnedTables),
}

impl Transport {
    /// What pinned maps are not for.
    fn read_only(target: &Target, what: &'static str) -> ClientError {
        ClientError::ReadOnly { target: target.clone(), what }
    }
}

/// The number of our one subscription.
const MONITOR_ID: u32 = 1;

/// The filter of [`Client::flows`] that asks for the entries that `matched` and `tlvs` cover, of
/// any output.
#[must_use]
pub fn flow_filter(r#match: Match, tlvs: Vec<Tlv>) -> VseFlowStatsRequest {
    VseFlowStatsRequest {
        head_pad: Pad::default(),
        r#match,
        table_id: 0xff,
        pad: Pad::default(),
        out_port: PortNo::NONE,
        pad2: Pad::default(),
        tlvs: Tlvs::new(tlvs),
    }
}

impl Client {
    /// Connects with the agent at `target`. No wait, neither here nor later, is longer than
    /// `limit`.
    pub fn connect(target: &Target, limit: Duration) -> Result<Self, ClientError> {
        Ok(Self(match target {
            Target::Netlink(port) => Transport::Netlink(Conversation::connect(*port, limit)?),
            Target::Bpf(folder) => {
                Transport::Bpf(target.clone(), PinnedTables::open(folder).map_err(Box::new)?)
            }
            Target::Unix(_) | Target::Tcp { .. } => {
                Transport::OpenFlow(Session::connect(target, limit)?)
            }
        }))
    }

    /// The entries that a filter asks for.
    pub fn flows(
        &mut self,
        filter: &VseFlowStatsRequest,
    ) -> Result<Vec<VseFlowStats>, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                session.statistics(VseStatsRequest::Flow(filter.clone()), |body| match body {
                    VseStatsReplyBody::Flow(flows) => Some(flows),
                    _ => None,
                })
            }
            Transport::Netlink(conversation) => {
                conversation.dump(NetlinkCommand::FlowGet, filter.to_object()?)
            }
            Transport::Bpf(_, tables) => {
                // An entry sends out of no port, and there is one table.
                if filter.out_port != PortNo::NONE || !matches!(filter.table_id, 0 | 0xff) {
                    return Ok(Vec::new());
                }
                Ok(tables.flows(&filter.r#match, &filter.tlvs).map_err(Box::new)?)
            }
        }
    }

    /// All cores.
    pub fn cores(&mut self) -> Result<Vec<CoreStats>, ClientError> {
        let (head_pad, pad) = (Pad::default(), Pad::default());
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let request = CoreStatsRequest { head_pad, core: Core::NONE, pad };
                session.statistics(VseStatsRequest::Core(request), |body| match body {
                    VseStatsReplyBody::Core(cores) => Some(cores),
                    _ => None,
                })
            }
            Transport::Netlink(conversation) => {
                conversation.dump(NetlinkCommand::CoreGet, Object::new(&schema::CORE))
            }
            Transport::Bpf(_, tables) => Ok(tables.cores().map_err(Box::new)?),
        }
    }

    /// All VMs.
    pub fn vms(&mut self) -> Result<Vec<VmStats>, ClientError> {
        let (head_pad, pad) = (Pad::default(), Pad::default());
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let request = VmStatsRequest { head_pad, vm_id: 0, pad };
                session.statistics(VseStatsRequest::Vm(request), |body| match body {
                    VseStatsReplyBody::Vm(vms) => Some(vms),
                    _ => None,
                })
            }
            Transport::Netlink(conversation) => {
                conversation.dump(NetlinkCommand::VmGet, Object::new(&schema::VM))
            }
            Transport::Bpf(_, tables) => Ok(tables.vms().map_err(Box::new)?),
        }
    }

    /// The datapath.
    pub fn datapath(&mut self) -> Result<DatapathStats, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let request = VseStatsRequest::Datapath(DatapathStatsRequest::default());
                let found = session.statistics(request, |body| match body {
                    VseStatsReplyBody::Datapath(stats) => Some(vec![*stats]),
                    _ => None,
                })?;
                let nothing = || session.unexpected(&Body::BarrierReply);
                found.into_iter().next().ok_or_else(nothing)
            }
            Transport::Netlink(conversation) => conversation
                .get(&Command::new(NetlinkCommand::DatapathGet, Object::new(&schema::DATAPATH))),
            Transport::Bpf(_, tables) => Ok(tables.datapath().map_err(Box::new)?),
        }
    }

    /// The configuration.
    pub fn config(&mut self) -> Result<Config, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                match session.ask(Body::Vendor(Vendor::Vse(VseMessage::GetConfigRequest)))? {
                    (_, Body::Vendor(Vendor::Vse(VseMessage::GetConfigReply(config)))) => {
                        Ok(config)
                    }
                    (_, body) => Err(session.unexpected(&body)),
                }
            }
            Transport::Netlink(conversation) => conversation
                .get(&Command::new(NetlinkCommand::ConfigGet, Object::new(&schema::CONFIG))),
            Transport::Bpf(_, tables) => Ok(tables.config().map_err(Box::new)?),
        }
    }

    /// What would become of a frame.
    pub fn trace(&mut self, request: &TraceRequest) -> Result<TraceReply, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let request = VseMessage::TraceRequest(request.clone());
                match session.ask(Body::Vendor(Vendor::Vse(request)))? {
                    (_, Body::Vendor(Vendor::Vse(VseMessage::TraceReply(reply)))) => Ok(reply),
                    (_, body) => Err(session.unexpected(&body)),
                }
            }
            Transport::Netlink(conversation) => {
                conversation.get(&Command::new(NetlinkCommand::TraceGet, request.to_object()?))
            }
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "trace a frame")),
        }
    }

    /// Asks to be told of decisions; [`told`](Self::told) has them. The netlink family tells all
    /// of them, whatever is asked for.
    pub fn monitor(&mut self, events: MonitorEvents) -> Result<(), ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let request = MonitorRequest {
                    command: MonitorCommand::Subscribe,
                    pad: Pad::default(),
                    events,
                    monitor_id: MONITOR_ID,
                };
                session.change(Body::Vendor(Vendor::Vse(VseMessage::MonitorRequest(request))))
            }
            Transport::Netlink(conversation) => conversation.told(Instant::now()).map(|_| ()),
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "tell of decisions")),
        }
    }

    /// Answers what the agent asks of a client that says nothing for long; to be called every few
    /// seconds while there is nothing to ask for.
    pub fn keep_alive(&mut self) -> Result<(), ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => session.keep_alive(),
            // The family knows no connections, and maps are no partner.
            Transport::Netlink(_) | Transport::Bpf(..) => Ok(()),
        }
    }

    /// The next decision; nothing where there is none until `deadline`. Its monitor_id is 0.
    pub fn told(&mut self, deadline: Instant) -> Result<Option<Assignment>, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => loop {
                match session.told(deadline)? {
                    Some(Body::Vendor(Vendor::Vse(VseMessage::Assignment(told)))) => {
                        return Ok(Some(Assignment { monitor_id: 0, ..told }));
                    }
                    Some(_) => {}
                    None => return Ok(None),
                }
            },
            Transport::Netlink(conversation) => conversation.told(deadline),
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "tell of decisions")),
        }
    }
}

impl Session {
    /// Statistics, put together of as many replies as they come in.
    fn statistics<T>(
        &mut self,
        request: VseStatsRequest,
        entries: impl Fn(VseStatsReplyBody) -> Option<Vec<T>>,
    ) -> Result<Vec<T>, ClientError> {
        let (xid, mut body) = self.ask(Body::StatsRequest(StatsRequest {
            flags: StatsRequestFlags::empty(),
            body: StatsRequestBody::Vse(request),
        }))?;
        let mut all = Vec::new();
        loop {
            let Body::StatsReply(reply) = body else { return Err(self.unexpected(&body)) };
            let more = reply.flags.contains(StatsReplyFlags::REPLY_MORE);
            let part = match reply.body {
                StatsReplyBody::Vse(vse) => entries(vse.body),
                _ => None,
            };
            let Some(part) = part else { return Err(self.unexpected(&Body::BarrierReply)) };
            all.extend(part);
            if !more {
                return Ok(all);
            }
            body = self.answer(xid)?;
        }
    }
}

/// The object of a core whose eligibility is to be set.
fn eligibility(core: Core, eligible: bool) -> Result<Object, codec::EncodeError> {
    let flags = if eligible { codec::vse::CoreFlags::ELIGIBLE.bits() } else { 0 };
    Object::new(&schema::CORE)
        .with("id", AttributeValue::U16(core.0))?
        .with("flags", AttributeValue::U16(flags))
}
