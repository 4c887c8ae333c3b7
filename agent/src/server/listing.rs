//! Statistics that are told in parts, so that a client costs no more memory than a part.

use codec::EncodeError;
use codec::nicira::NiciraActionType;
use codec::of10::stats::{
    AggregateStats, DescStats, FlowStats, FlowStatsRequest, StatsReply, StatsReplyBody,
    StatsReplyFlags, StatsRequestBody, TableStats,
};
use codec::of10::{Action, BadRequestCode, Body, Match, Message, PortNo, Wildcards};
use codec::types::{Bytes, FixedStr, Hex, Pad};
use codec::vse::{
    Core, CoreStats, Tlvs, VENDOR_ID, VmStats, VseAction, VseFlowStats, VseStatsReply,
    VseStatsReplyBody, VseStatsRequest,
};

use super::refused::Refused;
use super::service::Service;
use crate::engine::{EntryId, FlowEntry, FlowMatch, UnixOffset};

/// Entries that a message holds at most: with every TLV that there is, one has 600 bytes.
const ENTRIES: usize = 100;
/// The vendor of Open vSwitch's extensions, and its action that does nothing.
const NICIRA: Hex<u32> = Hex(0x0000_2320);
const NOTE: [u8; 2] = [0, 8];

/// The entries that a request is for, in the order in which they win, told in parts.
#[derive(Debug)]
pub(crate) struct Flows {
    ids: std::vec::IntoIter<EntryId>,
}

impl Flows {
    /// The entries of table `table_id` that are at least as specific as match and TLVs. None sends
    /// out of a port.
    pub(crate) fn new(
        service: &Service,
        (r#match, tlvs): (&Match, &Tlvs),
        table_id: u8,
        out_port: PortNo,
    ) -> Result<Self, Refused> {
        let matched = FlowMatch::new(r#match, tlvs)?;
        let none = !matches!(table_id, 0 | 0xff) || out_port != PortNo::NONE;
        let engine = &service.engine;
        let ids: Vec<EntryId> = if none {
            Vec::new()
        } else if tlvs.is_empty() && *r#match == Match::ANY {
            engine.flows().map(|entry| entry.id).collect()
        } else {
            let mut found: Vec<_> = engine.flows_covered_by(&matched).collect();
            found.sort_by_key(|entry| std::cmp::Reverse(entry.rank()));
            found.into_iter().map(|entry| entry.id).collect()
        };
        Ok(Self { ids: ids.into_iter() })
    }

    /// The next entries, those that have gone meanwhile left out.
    fn next<'a>(&mut self, service: &'a Service) -> Vec<&'a FlowEntry> {
        self.ids.by_ref().filter_map(|id| service.engine.flow(id)).take(ENTRIES).collect()
    }

    /// The next entries as statistics of VSE.
    pub(crate) fn next_stats(&mut self, service: &Service) -> Vec<VseFlowStats> {
        let entries = self.next(service).into_iter();
        entries.map(|entry| entry.to_stats(service.now, UnixOffset::default())).collect()
    }

    /// Whether all have been told.
    pub(crate) fn is_done(&self) -> bool {
        self.ids.len() == 0
    }
}

/// The answer to a STATS_REQUEST that is under way.
#[derive(Debug)]
pub(crate) struct Replies {
    xid: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// As statistics of VSE.
    Vse(Flows),
    /// As those of OpenFlow; `true` where the client knows VSE's action.
    OpenFlow(Flows, bool),
    /// One message.
    Whole(Option<StatsReplyBody>),
}

impl Replies {
    /// What answers `request`. `knows_vse` says whether the client has spoken VSE.
    pub(crate) fn new(
        service: &Service,
        xid: u32,
        request: &StatsRequestBody,
        knows_vse: bool,
    ) -> Result<Self, Refused> {
        let whole = |body| Kind::Whole(Some(body));
        let kind = match request {
            StatsRequestBody::Desc {} => whole(StatsReplyBody::Desc(Box::new(desc(service)))),
            StatsRequestBody::Flow(request) => {
                Kind::OpenFlow(of_openflow(service, request)?, knows_vse)
            }
            StatsRequestBody::Aggregate(request) => {
                let flows = of_openflow(service, request)?;
                whole(StatsReplyBody::Aggregate(aggregate(service, flows)))
            }
            StatsRequestBody::Table {} => whole(StatsReplyBody::Table(vec![table(service)])),
            StatsRequestBody::Port(_) => whole(StatsReplyBody::Port(Vec::new())),
            StatsRequestBody::Queue(_) => whole(StatsReplyBody::Queue(Vec::new())),
            StatsRequestBody::Vse(request) => of_vse(service, request)?,
            StatsRequestBody::Nicira(_) | StatsRequestBody::Vendor(_) => {
                return Err(Refused::new(BadRequestCode::BadVendor, "the vendor is unknown"));
            }
            StatsRequestBody::Unknown(_) => {
                let text = "the kind of statistics is unknown";
                return Err(Refused::new(BadRequestCode::BadStat, text));
            }
        };
        Ok(Self { xid, kind })
    }

    /// Appends the next message to `out`; whether more follow.
    pub(crate) fn next(
        &mut self,
        service: &Service,
        out: &mut Vec<u8>,
    ) -> Result<bool, EncodeError> {
        let (body, more) = match &mut self.kind {
            Kind::Vse(flows) => {
                let body = vse(VseStatsReplyBody::Flow(flows.next_stats(service)));
                (body, !flows.is_done())
            }
            Kind::OpenFlow(flows, knows_vse) => {
                let entries = flows.next(service).into_iter();
                // OpenFlow cannot say what an entry with TLVs matches.
                let entries = entries.filter(|entry| entry.matched.tlvs().is_empty());
                let stats = entries.map(|entry| plain(entry, service, *knows_vse)).collect();
                (StatsReplyBody::Flow(stats), !flows.is_done())
            }
            Kind::Whole(body) => match body.take() {
                Some(body) => (body, false),
                None => return Ok(false),
            },
        };
        let flags = if more { StatsReplyFlags::REPLY_MORE } else { StatsReplyFlags::empty() };
        let reply = StatsReply { flags, body };
        Message::new(self.xid, Body::StatsReply(reply)).encode(out)?;
        Ok(more)
    }
}

fn of_openflow(service: &Service, request: &FlowStatsRequest) -> Result<Flows, Refused> {
    let no_tlvs = Tlvs::default();
    let matched = (&request.r#match, &no_tlvs);
    Flows::new(service, matched, request.table_id, request.out_port)
}

fn of_vse(service: &Service, request: &VseStatsRequest) -> Result<Kind, Refused> {
    let body = match request {
        VseStatsRequest::Flow(request) => {
            let matched = (&request.r#match, &request.tlvs);
            return Flows::new(service, matched, request.table_id, request.out_port).map(Kind::Vse);
        }
        VseStatsRequest::Core(request) => VseStatsReplyBody::Core(cores(service, request.core)),
        VseStatsRequest::Vm(request) => VseStatsReplyBody::Vm(vms(service, request.vm_id)),
        VseStatsRequest::Datapath(_) => {
            VseStatsReplyBody::Datapath(Box::new(service.datapath_stats()))
        }
        VseStatsRequest::Unknown(_) => {
            let text = "the kind of statistics of VSE is unknown";
            return Err(Refused::new(BadRequestCode::BadStat, text));
        }
    };
    Ok(Kind::Whole(Some(vse(body))))
}

fn vse(body: VseStatsReplyBody) -> StatsReplyBody {
    StatsReplyBody::Vse(VseStatsReply { head_pad: Pad::default(), body })
}

/// The core of that number, or all.
pub(crate) fn cores(service: &Service, core: Core) -> Vec<CoreStats> {
    let table = service.engine.cores();
    let high_load = service.engine.config().high_load;
    let wanted = table.iter().filter(|state| core == Core::NONE || state.info.core == core);
    wanted.map(|state| table.to_stats(state, high_load)).collect()
}

/// The VM of that number, or all for 0.
pub(crate) fn vms(service: &Service, vm_id: u16) -> Vec<VmStats> {
    let all = service.engine.cores().vms();
    all.filter(|vm| vm_id == 0 || vm.vm_id == vm_id).copied().collect()
}

/// An entry as OpenFlow tells it. A client that does not know VSE could not read the action, so it
/// gets it as a note, which Open vSwitch prints and takes back.
fn plain(entry: &FlowEntry, service: &Service, knows_vse: bool) -> FlowStats {
    let stats = entry.to_stats(service.now, UnixOffset::default());
    let actions = stats.actions.into_iter().map(|action| match action {
        Action::Vse(VseAction::SetIrqCore { core, rxhash }) if !knows_vse => note(core, rxhash.0),
        action => action,
    });
    FlowStats {
        table_id: 0,
        pad: Pad::default(),
        r#match: stats.r#match,
        duration_sec: stats.duration_sec,
        duration_nsec: stats.duration_nsec,
        priority: stats.priority,
        idle_timeout: stats.idle_timeout,
        hard_timeout: stats.hard_timeout,
        pad2: Pad::default(),
        cookie: stats.cookie,
        packet_count: stats.packet_count,
        byte_count: stats.byte_count,
        actions: actions.collect(),
    }
}

/// SET_IRQ_CORE from the vendor on, in a note of Open vSwitch, zero-padded.
fn note(core: Core, rxhash: u32) -> Action {
    let mut body = NOTE.to_vec();
    body.extend_from_slice(&VENDOR_ID.to_be_bytes());
    body.extend_from_slice(&2_u16.to_be_bytes());
    body.extend_from_slice(&core.0.to_be_bytes());
    body.extend_from_slice(&rxhash.to_be_bytes());
    body.extend_from_slice(&[0; 2]);
    Action::Vendor { vendor: NICIRA, body: Bytes(body) }
}

/// The action of VSE that a note of Open vSwitch holds, if it does: so the agent tells it to a client
/// that does not know VSE, and takes it back.
#[must_use]
pub fn action_of_note(action: &Action) -> Option<Action> {
    let Action::Nicira(action) = action else { return None };
    if action.subtype != NiciraActionType::Note {
        return None;
    }
    let inner = action.body.bytes("note").strip_prefix(&VENDOR_ID.to_be_bytes())?;
    let inner = inner.strip_prefix(&2_u16.to_be_bytes())?;
    let (core, _) = inner.split_first_chunk()?;
    let core = Core(u16::from_be_bytes(*core));
    Some(Action::Vse(VseAction::SetIrqCore { core, rxhash: Hex(0) }))
}

fn aggregate(service: &Service, flows: Flows) -> AggregateStats {
    let mut sum =
        AggregateStats { packet_count: 0, byte_count: 0, flow_count: 0, pad: Pad::default() };
    for entry in flows.ids.filter_map(|id| service.engine.flow(id)) {
        sum.packet_count = sum.packet_count.saturating_add(entry.packet_count);
        sum.byte_count = sum.byte_count.saturating_add(entry.byte_count);
        sum.flow_count = sum.flow_count.saturating_add(1);
    }
    sum
}

fn table(service: &Service) -> TableStats {
    let datapath = service.datapath_stats();
    TableStats {
        table_id: 0,
        pad: Pad::default(),
        name: FixedStr::new("vse").unwrap_or_default(),
        wildcards: Hex(Wildcards::ALL.bits()),
        max_entries: datapath.max_flows,
        active_count: datapath.n_flows,
        lookup_count: datapath.matched.saturating_add(datapath.missed),
        matched_count: datapath.matched,
    }
}

fn desc(service: &Service) -> DescStats {
    let host = nix::unistd::gethostname().unwrap_or_default();
    DescStats {
        mfr_desc: FixedStr::new("VSE toolkit").unwrap_or_default(),
        hw_desc: FixedStr::new(&service.description.mode.to_string()).unwrap_or_default(),
        sw_desc: FixedStr::new(env!("CARGO_PKG_VERSION")).unwrap_or_default(),
        serial_num: FixedStr::new("None").unwrap_or_default(),
        dp_desc: FixedStr::new(&host.to_string_lossy()).unwrap_or_default(),
    }
}
