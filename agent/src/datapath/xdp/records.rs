//! What the program does not need, beside the tables: cookies, timeouts, names of VMs, loads. Who
//! reads the tables without an agent finds it here, and so does the next agent.
//!
//! A record is an OpenFlow message in its wire form, so that it needs no format of its own. Counters in
//! it are those of before the program began to count, so what the maps hold is added to them; the
//! duration of an entry is the time from 1970 until it was added. So a record changes only when
//! somebody changes what it is about.

use std::collections::HashMap as ByKey;

use aya::maps::{HashMap, MapData};
use codec::of10::stats::{StatsReply, StatsReplyBody, StatsReplyFlags};
use codec::of10::{Body, Message, Vendor};
use codec::types::Pad;
use codec::vse::{
    Config, CoreStats, DatapathStats, VmStats, VseFlowStats, VseMessage, VseStatsReply,
    VseStatsReplyBody,
};

use super::abi::{Record, RecordKey};
use super::error::XdpError;

/// The map.
pub(super) type RecordMap = HashMap<MapData, [u8; RecordKey::LEN], [u8; Record::LEN]>;

const NAME: &str = "vse_records";

/// Which record: its kind, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum About {
    /// The datapath.
    Datapath,
    /// The entry in a slot.
    Flow(u32),
    /// A core.
    Core(u16),
    /// A VM.
    Vm(u16),
    /// What SET_CONFIG set.
    Config,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact {
    /// Counters of before the maps.
    Datapath(Box<DatapathStats>),
    /// An entry; counters of before it had its slot.
    Flow(Box<VseFlowStats>),
    /// A core; its VMs are left out, since those have records of their own.
    Core(CoreStats),
    /// A VM.
    Vm(VmStats),
    /// The configuration.
    Config(Config),
}

impl About {
    fn key(self) -> [u8; RecordKey::LEN] {
        let (kind, id) = match self {
            Self::Datapath => (0, 0),
            Self::Flow(slot) => (1, slot),
            Self::Core(core) => (2, core.into()),
            Self::Vm(vm_id) => (3, vm_id.into()),
            Self::Config => (4, 0),
        };
        RecordKey { kind, id }.to_bytes()
    }

    fn from_key(key: [u8; RecordKey::LEN]) -> Option<Self> {
        let RecordKey { kind, id } = RecordKey::from_bytes(key);
        Some(match kind {
            0 => Self::Datapath,
            1 => Self::Flow(id),
            2 => Self::Core(u16::try_from(id).ok()?),
            3 => Self::Vm(u16::try_from(id).ok()?),
            4 => Self::Config,
            _ => return None,
        })
    }
}

impl Fact {
    fn into_message(self) -> Message {
        let stats = |body| {
            let body = StatsReplyBody::Vse(VseStatsReply { head_pad: Pad::default(), body });
            Body::StatsReply(StatsReply { flags: StatsReplyFlags::empty(), body })
        };
        let body = match self {
            Self::Datapath(datapath) => stats(VseStatsReplyBody::Datapath(datapath)),
            Self::Flow(flow) => stats(VseStatsReplyBody::Flow(vec![*flow])),
            Self::Core(core) => stats(VseStatsReplyBody::Core(vec![core])),
            Self::Vm(vm) => stats(VseStatsReplyBody::Vm(vec![vm])),
            Self::Config(config) => Body::Vendor(Vendor::Vse(VseMessage::SetConfig(config))),
        };
        Message::new(0, body)
    }

    fn from_message(message: Message) -> Option<Self> {
        let reply = match message.body {
            Body::Vendor(Vendor::Vse(VseMessage::SetConfig(config))) => {
                return Some(Self::Config(config));
            }
            Body::StatsReply(StatsReply { body: StatsReplyBody::Vse(reply), .. }) => reply,
            _ => return None,
        };
        Some(match reply.body {
            VseStatsReplyBody::Datapath(datapath) => Self::Datapath(datapath),
            VseStatsReplyBody::Flow(mut flows) => Self::Flow(Box::new(flows.pop()?)),
            VseStatsReplyBody::Core(mut cores) => Self::Core(cores.pop()?),
            VseStatsReplyBody::Vm(mut vms) => Self::Vm(vms.pop()?),
            VseStatsReplyBody::Unknown(_) => return None,
        })
    }
}

/// The records as the agent writes them.
pub(super) struct Records {
    map: RecordMap,
    /// The messages that stand in the map, but for the time.
    written: ByKey<About, Vec<u8>>,
}

impl Records {
    /// Those of another agent are written anew, or removed, as soon as it is known what they should
    /// say.
    pub(super) fn new(map: RecordMap) -> Self {
        let found = map.keys().filter_map(|key| About::from_key(key.ok()?));
        let written = found.map(|about| (about, Vec::new())).collect();
        Self { map, written }
    }

    /// Writes a record, unless it says so already.
    pub(super) fn write(&mut self, about: About, fact: Fact) -> Result<(), XdpError> {
        let mut message = Vec::new();
        if let Err(error) = fact.into_message().encode(&mut message) {
            tracing::warn!(%error, ?about, "no record for who reads the tables without an agent");
            return Ok(());
        }
        if self.written.get(&about) == Some(&message) {
            return Ok(());
        }
        let mut record = Record::default();
        let Some(place) = record.message.as_flattened_mut().get_mut(..message.len()) else {
            tracing::warn!(?about, "the record of it is too long to be kept with the tables");
            return Ok(());
        };
        place.copy_from_slice(&message);
        record.len = u32::try_from(message.len()).unwrap_or(0);
        let written = self.map.insert(about.key(), record.to_bytes(), 0);
        written.map_err(|source| XdpError::Map { name: NAME, source })?;
        self.written.insert(about, message);
        Ok(())
    }

    /// Removes records: those whose subject has gone.
    pub(super) fn keep(&mut self, is_kept: impl Fn(About) -> bool) -> Result<(), XdpError> {
        let gone: Vec<About> = self.written.keys().copied().filter(|a| !is_kept(*a)).collect();
        gone.into_iter().try_for_each(|about| self.remove(about))
    }

    /// Removes a record, if there is one.
    pub(super) fn remove(&mut self, about: About) -> Result<(), XdpError> {
        self.written.remove(&about);
        match self.map.remove(&about.key()) {
            Ok(()) | Err(aya::maps::MapError::KeyNotFound) => Ok(()),
            Err(aya::maps::MapError::SyscallError(error)) if is_absent(&error.io_error) => Ok(()),
            Err(source) => Err(XdpError::Map { name: NAME, source }),
        }
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

/// All records of a map. What is none of this version is left out.
pub(super) fn all(map: &RecordMap) -> Result<ByKey<About, Fact>, XdpError> {
    let mut records = ByKey::new();
    for entry in map {
        let (key, value) = entry.map_err(|source| XdpError::Map { name: NAME, source })?;
        let Some(about) = About::from_key(key) else { continue };
        let record = Record::from_bytes(value);
        let len = usize::try_from(record.len).unwrap_or(usize::MAX);
        let message = record.message.as_flattened().get(..len).unwrap_or_default();
        let Ok((message, _)) = Message::decode(message) else { continue };
        if let Some(fact) = Fact::from_message(message) {
            records.insert(about, fact);
        }
    }
    Ok(records)
}
