//! The tables and everything that a change of them has to reach: the state on disk, the datapath,
//! controllers and monitors. What listens and who speaks is the business of others.

use codec::of10::{BadRequestCode, Body, FlowModCommand, Port, Vendor};
use codec::types::Pad;
use codec::vse::{Config, Core, DatapathStats, HostFeatures, VmStats, VseMessage};

use super::config::AgentConfig;
use super::host::Host;
use super::refused::Refused;
use super::state::State;
use crate::datapath::{Datapath, Description};
use crate::engine::{Engine, Event, FlowChange, RuleChange, Time};

/// The tables, and what follows from a change of them.
pub(crate) struct Service {
    /// The tables.
    pub(crate) engine: Engine,
    /// The moment of the turn that the event loop is in.
    pub(crate) now: Time,
    /// What moves the frames.
    pub(crate) description: Description,
    datapath: Box<dyn Datapath>,
    /// Whether the datapath is as the engine wants it.
    datapath_failed: bool,
    /// When the datapath wants to be called.
    datapath_due: Option<Time>,
    /// The turn in which the datapath was last asked what it has counted.
    refreshed: Option<Time>,
    /// When entries may time out.
    deadline: Option<Time>,
    state: Option<State>,
    /// What happened and nobody was told yet.
    events: Vec<Event>,
    rules: Vec<RuleChange>,
    host: Host,
}

/// Times out entries no more often than this, since it means looking at all of them.
const DEADLINE_STEP: std::time::Duration = std::time::Duration::from_millis(250);

impl Service {
    /// `datapath` has the rules of `engine` already.
    pub(crate) fn new(
        engine: Engine,
        datapath: Box<dyn Datapath>,
        state: Option<State>,
        host: Host,
        now: Time,
    ) -> Self {
        let description = datapath.describe();
        Self {
            deadline: engine.next_deadline(),
            host,
            description,
            engine,
            now,
            datapath,
            datapath_failed: false,
            datapath_due: Some(now),
            refreshed: None,
            state,
            events: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Does what a message asks for that changes something, and writes it down. Messages of other
    /// kinds are not for here, and refused.
    pub(crate) fn change(&mut self, body: &Body) -> Result<(), Refused> {
        self.writable()?;
        if is_deletion(body) {
            // What is told of an entry that goes is what it has counted up to now.
            self.refresh();
        }
        apply(&mut self.engine, body, self.now, &mut self.events)?;
        self.record(std::slice::from_ref(body));
        Ok(())
    }

    /// Does all of `bodies`, FLOW_MODs, or none: which was refused, and why.
    pub(crate) fn bundle(
        &mut self,
        bodies: &[Body],
        changes: &[FlowChange],
    ) -> Result<(), (usize, Refused)> {
        self.writable().map_err(|refused| (0, refused))?;
        if bodies.iter().any(is_deletion) {
            self.refresh();
        }
        self.engine
            .bundle(changes, self.now, &mut self.events)
            .map_err(|(number, refusal)| (number, refusal.into()))?;
        self.record(bodies);
        Ok(())
    }

    /// Sets where a VM runs by what its process's threads say; found out again after a restart, so
    /// not written down.
    pub(crate) fn vm_runs_on(&mut self, vm_id: u16, core: Core) {
        let Some(vm) = self.engine.cores().vm(vm_id).copied().filter(|vm| vm.core != core) else {
            return;
        };
        if let Err(refusal) = self.engine.bind_vm(VmStats { core, ..vm }) {
            tracing::warn!(vm_id, %core, %refusal, "a VM's process runs on a core that is not known");
        }
    }

    /// Notes a sample of a core's load, per mille.
    pub(crate) fn set_load(&mut self, core: Core, load: u16) {
        self.engine.set_load(core, load, self.now);
    }

    fn writable(&self) -> Result<(), Refused> {
        match &self.state {
            Some(state) if state.failed() => Err(Refused::new(
                BadRequestCode::Eperm,
                "the state directory cannot be written: see the agent's log",
            )),
            _ => Ok(()),
        }
    }

    fn record(&mut self, bodies: &[Body]) {
        let earliest = self.now + std::time::Duration::from_secs(1);
        self.deadline = Some(self.deadline.map_or(earliest, |deadline| deadline.min(earliest)));
        if let Some(state) = &mut self.state {
            state.record(bodies, self.now);
        }
    }

    /// Lets time pass: entries that are due go, the datapath does what it has to do.
    pub(crate) fn advance(&mut self) {
        let times_out = self.deadline.is_some_and(|deadline| deadline <= self.now);
        // Nobody is idle whose latest frame the engine has not heard of.
        if times_out || self.datapath_due.is_some_and(|due| due <= self.now) {
            match self.datapath.poll(&mut self.engine, self.now, &mut self.events) {
                Ok(due) => self.datapath_due = due,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the datapath failed"
                    );
                    self.datapath_due = Some(self.now + std::time::Duration::from_secs(1));
                }
            }
        }
        if times_out {
            self.record_expiries();
            self.engine.advance(self.now, &mut self.events);
            let next = self.engine.next_deadline();
            self.deadline = next.map(|next| next.max(self.now + DEADLINE_STEP));
        }
    }

    /// Has the tables tell what the datapath has counted up to now.
    pub(crate) fn refresh(&mut self) {
        if self.refreshed != Some(self.now) {
            self.refreshed = Some(self.now);
            self.datapath_due = Some(self.now);
            self.advance();
        }
    }

    /// Entries that go by their timeouts must not come back after a restart.
    fn record_expiries(&mut self) {
        let Some(state) = &mut self.state else { return };
        let due =
            self.engine.flows().filter(|entry| entry.expires().is_some_and(|at| at <= self.now));
        let deletions: Vec<Body> = due.map(super::state::deletion).collect();
        if !deletions.is_empty() {
            state.record(&deletions, self.now);
        }
    }

    /// Ends a turn: what changed is on disk and in the datapath when this returns, so that answers
    /// may go out. Returns what controllers and monitors are to be told; an error where the state
    /// could not be written, and no answer of this turn may go out.
    pub(crate) fn settle(&mut self) -> std::io::Result<Vec<Event>> {
        if let Some(state) = &mut self.state {
            state.write(&self.engine, self.now)?;
        }
        let mut told = Vec::new();
        for event in self.events.drain(..) {
            match event {
                Event::Rule(change) => self.rules.push(change),
                event => told.push(event),
            }
        }
        match self.datapath.apply(&self.engine, &self.rules) {
            Ok(()) => {
                self.rules.clear();
                self.datapath_failed = false;
            }
            Err(error) if !self.datapath_failed => {
                // The rules stay to be tried again with the next turn.
                tracing::error!(error = &error as &dyn std::error::Error, "the datapath differs");
                self.datapath_failed = true;
            }
            Err(_) => {}
        }
        Ok(told)
    }

    /// When [`advance`](Self::advance) or [`settle`](Self::settle) has something to do next.
    pub(crate) fn due(&self) -> Option<Time> {
        let state = self.state.as_ref().and_then(State::due);
        [self.deadline, self.datapath_due, state].into_iter().flatten().min()
    }

    /// Writes the state for the last time.
    pub(crate) fn finish(&mut self) {
        if let Some(state) = &mut self.state {
            state.finish(&self.engine, self.now);
        }
    }

    /// What the host is.
    pub(crate) fn host_features(&self) -> HostFeatures {
        self.host.features(&self.description, self.engine.settings())
    }

    /// Takes over what a new configuration says of the engine and the state. What SET_CONFIG has
    /// set stays, unless the file says something new.
    pub(crate) fn reconfigure(&mut self, before: &AgentConfig, after: &AgentConfig) {
        let (old, new) = (before.engine.config, after.engine.config);
        if old != new
            && let Err(refused) =
                self.change(&Body::Vendor(Vendor::Vse(VseMessage::SetConfig(new))))
        {
            tracing::error!(why = refused.text, "the engine is configured as it was");
        }
        if let Some(state) = &mut self.state {
            state.configure(after.sync, after.snapshot_interval, new);
        }
    }

    /// Looks at the host once more, as an administrator may have changed it.
    pub(crate) fn look_at_host(&mut self) {
        self.host = Host::look(&self.description);
    }

    /// The interfaces whose frames are steered.
    pub(crate) fn ports(&mut self) -> Vec<Port> {
        self.host.ports(&self.description, self.now)
    }

    /// The datapath and what it has done.
    pub(crate) fn datapath_stats(&self) -> DatapathStats {
        let (engine, counters) = (&self.engine, self.engine.counters());
        let cores = engine.cores().iter().filter(|state| state.is_available()).count();
        DatapathStats {
            name: self.description.name,
            mode: self.description.mode,
            pad: Pad::default(),
            n_cores: u16::try_from(cores).unwrap_or(u16::MAX),
            generation: engine.generation(),
            n_flows: u32::try_from(engine.flow_count()).unwrap_or(u32::MAX),
            max_flows: u32::try_from(engine.settings().max_flows).unwrap_or(u32::MAX),
            matched: counters.matched,
            missed: counters.missed,
            passed: counters.passed,
            redirected: counters.redirected,
            errors: counters.errors,
            moves: counters.moves,
            deferred: counters.deferred,
        }
    }
}

fn is_deletion(body: &Body) -> bool {
    let flow = match body {
        Body::FlowMod(flow) => flow,
        Body::Vendor(Vendor::Vse(VseMessage::FlowMod(vse))) => &vse.flow,
        _ => return false,
    };
    matches!(flow.command, FlowModCommand::Delete | FlowModCommand::DeleteStrict)
}

/// Does what `body` asks for, at the moment `now`: in the agent's life, and again when its state is
/// read back.
pub(crate) fn apply(
    engine: &mut Engine,
    body: &Body,
    now: Time,
    events: &mut Vec<Event>,
) -> Result<(), Refused> {
    match body {
        Body::FlowMod(_) | Body::Vendor(Vendor::Vse(VseMessage::FlowMod(_))) => {
            let change = FlowChange::try_from(body)?;
            engine.flow_mod(&change, now, events)?;
        }
        Body::Vendor(Vendor::Vse(VseMessage::CoreMod(change))) => {
            engine.core_mod(change, now, events)?;
        }
        Body::Vendor(Vendor::Vse(VseMessage::VmInfo(vm))) => engine.vm_info(vm, now, events)?,
        Body::Vendor(Vendor::Vse(VseMessage::SetConfig(config))) => {
            engine.configure(Config { pad: Pad::default(), pad2: Pad::default(), ..*config })?;
        }
        _ => return Err(Refused::new(BadRequestCode::BadType, "this message changes nothing")),
    }
    Ok(())
}
