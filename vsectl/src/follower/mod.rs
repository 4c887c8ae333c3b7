//! An engine that follows the VSE of a capture: it takes the changes that went to it, and what it
//! told of its tables, at the times of their frames.
//!
//! What no message says is not made up. An entry that chooses its core has one when a monitor or a
//! listing tells which; entries go by their idle timeouts where the capture's own frames count, or
//! where VSE tells that they went.

mod gaps;
mod join;
mod line;
mod listing;
mod netlink;
mod openflow;
mod tap;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use agent::engine::{
    CoreAction, Engine, EntryId, Event, FlowChange, FlowEntry, PacketKey, Refusal, Settings, Time,
    UnixOffset,
};
use codec::fcf::FcfLayout;
use codec::of10::{FlowModCommand, PortNo};
use codec::vse::{Config, CoreCommand, CoreMod, VmInfo};
use dissect::stats::Connection;
use dissect::{Frame, LinkType};

use self::gaps::Gaps;
use self::line::{Question, Undo, Unsettled};
use self::listing::Listing;
use self::openflow::FarEnd;
use crate::view::{CoreView, FlowView, VmView};

pub(crate) use self::join::Join;
pub(crate) use self::line::Line;
pub(crate) use self::tap::{Tap, Tapped};

/// How to follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct FollowOptions {
    /// Ends of connections that are known to be VSE's.
    pub(crate) vse: Vec<SocketAddr>,
    /// Whether frames that carry no messages count as received by VSE.
    pub(crate) count_frames: bool,
    /// Where frames have the Flow Control Field, until the capture tells.
    pub(crate) fcf: Option<FcfLayout>,
}

/// The message that made an entry what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The frame that it came in.
    pub(crate) frame: u64,
    /// Its xid; the sequence number of a netlink message.
    pub(crate) xid: u32,
}

/// What is known of an entry beside what the engine knows.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Nothing where the entry was there before the capture began.
    origin: Option<Origin>,
    /// The frame that showed it last.
    frame: u64,
    /// When it last was there for certain.
    seen: Time,
}

/// A change that waits in a bundle.
#[derive(Debug)]
struct Kept {
    origin: Origin,
    change: FlowChange,
}

/// The engine, and what it has learned of the conversations.
#[derive(Debug)]
pub(crate) struct Follower {
    engine: Engine,
    options: FollowOptions,
    now: Time,
    frame: u64,
    events: Vec<Event>,
    known: HashMap<EntryId, Known>,
    ends: HashMap<Connection, FarEnd>,
    unsettled: Unsettled,
    bundles: HashMap<Line, Vec<Kept>>,
    listings: HashMap<Question, Listing>,
    gaps: Gaps,
    /// When timeouts are looked at again.
    due: Time,
}

/// An ERROR comes so soon, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);
/// Timeouts are looked at no more often than this, since it means looking at all entries.
const STEP: Duration = Duration::from_millis(250);

impl Follower {
    /// Nothing has been seen.
    pub(crate) fn new(options: FollowOptions) -> Self {
        let mut settings = Settings { max_flows: usize::MAX, ..Settings::default() };
        if let Some(layout) = options.fcf {
            settings.config.fcf_layout = layout;
        }
        Self {
            engine: Engine::new(settings, []),
            options,
            now: Time::ZERO,
            frame: 0,
            events: Vec::new(),
            known: HashMap::new(),
            ends: HashMap::new(),
            unsettled: Unsettled::default(),
            bundles: HashMap::new(),
            listings: HashMap::new(),
            gaps: Gaps::default(),
            due: Time::ZERO,
        }
    }

    /// Takes a frame, and the messages that were found in it.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>, tap: &mut Tap) {
        let is_control = tap.is_control();
        self.messages(frame.number, frame.time, tap);
        if !is_control {
            self.count(frame);
        }
    }

    /// Takes the messages that were found in the frame of that number and time.
    pub(crate) fn messages(&mut self, number: u64, time: u64, tap: &mut Tap) {
        self.advance(time);
        self.frame = number;
        self.gaps.note(number, tap);
        for message in tap.messages.drain(..) {
            match message {
                Tapped::OpenFlow(line, bytes) => self.openflow(line, &bytes),
                Tapped::Netlink(bytes) => self.netlink(&bytes),
            }
            self.events.clear();
        }
    }

    /// Whether frames of that time, behind the moment that is wanted, may still tell that what was
    /// done before it was refused.
    pub(crate) fn awaits_answers(&self, time: u64) -> bool {
        !self.unsettled.is_empty() && Time::from_nanos(time).since(self.now) < PATIENCE
    }

    /// Takes of a frame behind the moment that is wanted nothing but what it says of changes before.
    pub(crate) fn only_refusals(&mut self, tap: &mut Tap) {
        for message in tap.messages.drain(..) {
            match message {
                Tapped::OpenFlow(line, bytes) => self.refusal(line, &bytes),
                Tapped::Netlink(bytes) => self.netlink_refusal(&bytes),
            }
        }
    }

    /// Counts a frame of the data plane, if that is wanted.
    fn count(&mut self, frame: &Frame<'_>) {
        if self.options.count_frames
            && let Some(id) = self.entry_of(frame)
        {
            let len = u64::try_from(frame.len).unwrap_or(0);
            self.engine.credit(id, 1, len, self.now);
            if let Some(known) = self.known.get_mut(&id) {
                known.seen = self.now;
            }
        }
    }

    /// Lets the clock go on to the moment that is wanted.
    pub(crate) fn settle(&mut self, time: u64) {
        self.due = Time::ZERO;
        self.advance(time);
    }

    /// Lets the clock of the capture go on: entries that are due go.
    fn advance(&mut self, time: u64) {
        self.now = self.now.max(Time::from_nanos(time));
        if self.now < self.due || self.engine.next_deadline().is_none_or(|due| due > self.now) {
            return;
        }
        if !self.options.count_frames {
            // Nobody here saw the frames that may have kept entries.
            let all: Vec<_> = self.engine.flows().map(|entry| entry.id).collect();
            for id in all {
                self.engine.credit(id, 0, 0, self.now);
            }
        }
        self.engine.advance(self.now, &mut self.events);
        self.events.clear();
        self.due = self.now + STEP;
    }

    /// The entry that governs a frame.
    fn entry_of(&mut self, frame: &Frame<'_>) -> Option<EntryId> {
        if frame.link_type != LinkType::ETHERNET || self.engine.flow_count() == 0 {
            return None;
        }
        let layout = self.engine.config().fcf_layout;
        let key = PacketKey::extract(frame.bytes, PortNo::NONE, &layout);
        self.engine.classify(&key)
    }

    /// The entry that governs a frame, and the message that made it so.
    pub(crate) fn governing(&mut self, frame: &Frame<'_>) -> Option<(&FlowEntry, Option<Origin>)> {
        self.advance(frame.time);
        let id = self.entry_of(frame)?;
        let origin = self.known.get(&id).and_then(|known| known.origin);
        Some((self.engine.flow(id)?, origin))
    }

    /// Does a change of the flow table, or keeps it where a bundle is open.
    fn change(
        &mut self,
        question: Question,
        carrier: Option<Question>,
        change: Result<FlowChange, Refusal>,
    ) {
        let Ok(change) = change else {
            self.unsettled.note(question, carrier, Undo::Nothing);
            return self.gaps.refused();
        };
        let origin = Origin { frame: self.frame, xid: question.xid };
        if let Some(kept) = self.bundles.get_mut(&question.line) {
            kept.push(Kept { origin, change });
            return;
        }
        self.changes(question, carrier, vec![Kept { origin, change }]);
    }

    /// Does changes, all or none.
    fn changes(&mut self, question: Question, carrier: Option<Question>, kept: Vec<Kept>) {
        let origins: Vec<Origin> = kept.iter().map(|kept| kept.origin).collect();
        let changes: Vec<FlowChange> = kept.into_iter().map(|kept| kept.change).collect();
        for change in &changes {
            if let CoreAction::Core(core) = change.action {
                self.add_core(core);
            }
        }
        let done = self.engine.follow(&changes, self.now, &mut self.events);
        let Ok(undo) = done else {
            self.unsettled.note(question, carrier, Undo::Nothing);
            return self.gaps.refused();
        };
        let deletes = |change: &FlowChange| change.command == FlowModCommand::DeleteStrict;
        if undo.is_empty() && changes.iter().any(deletes) {
            self.gaps.unknown_entry(self.frame);
        }
        for (change, id) in undo.entries() {
            let origin = origins.get(change).copied();
            self.known.insert(id, Known { origin, frame: self.frame, seen: self.now });
        }
        self.unsettled.note(question, carrier, Undo::Flows(undo));
    }

    /// Sets the configuration.
    fn configure(&mut self, question: Question, carrier: Option<Question>, config: Config) {
        let before = Box::new(*self.engine.config());
        if self.engine.configure(config).is_ok() {
            self.gaps.config_told();
            self.unsettled.note(question, carrier, Undo::Config(before));
        }
    }

    /// Takes that a VM came, moved or has gone.
    fn vm_info(&mut self, question: Question, carrier: Option<Question>, vm: &VmInfo) {
        self.add_core(vm.core);
        let before = self.engine.cores().vm(vm.vm_id).copied();
        if self.engine.vm_info(vm, self.now, &mut self.events).is_ok() {
            let undo = Undo::Vm { vm_id: vm.vm_id, before: before.map(Box::new) };
            self.unsettled.note(question, carrier, undo);
        }
    }

    /// Changes the core table.
    fn core_mod(&mut self, question: Question, carrier: Option<Question>, change: &CoreMod) {
        self.add_core(change.core);
        let cores = self.engine.cores();
        let undo = match change.command {
            CoreCommand::Bind | CoreCommand::Unbind => {
                let before = cores.vm(change.vm_id).copied().map(Box::new);
                Undo::Vm { vm_id: change.vm_id, before }
            }
            _ => {
                let state = cores.get(change.core);
                let eligible = state.is_none_or(|state| state.info.is_eligible);
                Undo::Eligible { core: change.core, eligible }
            }
        };
        if self.engine.core_mod(change, self.now, &mut self.events).is_ok() {
            self.unsettled.note(question, carrier, undo);
        }
    }

    /// Takes back what turned out to have been refused.
    fn refused(&mut self, question: Question) {
        self.bundles.remove(&question.line);
        for undo in self.unsettled.refused(question) {
            match undo {
                Undo::Nothing => self.gaps.refused_indeed(),
                Undo::Flows(changes) => self.engine.take_back(changes),
                Undo::Config(config) => drop(self.engine.configure(*config)),
                Undo::Vm { before: Some(vm), .. } => drop(self.engine.bind_vm(*vm)),
                Undo::Vm { vm_id, before: None } => drop(self.engine.unbind_vm(vm_id)),
                Undo::Eligible { core, eligible } => {
                    let (now, events) = (self.now, &mut self.events);
                    drop(self.engine.set_eligible(core, eligible, now, events));
                }
            }
        }
    }

    /// The flow table, the entry that wins first.
    pub(crate) fn flows(&self) -> Vec<FlowView> {
        let entries = self.engine.flows();
        entries.map(|entry| entry.to_stats(self.now, UnixOffset(0)).into()).collect()
    }

    /// The core table.
    pub(crate) fn cores(&self) -> Vec<CoreView> {
        let (table, high) = (self.engine.cores(), self.engine.config().high_load);
        table.iter().map(|state| table.to_stats(state, high).into()).collect()
    }

    /// The VMs.
    pub(crate) fn vms(&self) -> Vec<VmView> {
        self.engine.cores().vms().map(|vm| VmView::from(*vm)).collect()
    }

    /// The configuration.
    pub(crate) fn config(&self) -> Config {
        *self.engine.config()
    }

    /// What the capture does not tell of these tables, in words.
    pub(crate) fn missing(&self) -> Vec<String> {
        self.gaps.words(self)
    }
}
