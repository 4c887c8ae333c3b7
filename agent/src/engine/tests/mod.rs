//! Tests of the engine as a whole: entries are written in the text of vse-flows(7).

mod flow_mod;
mod model;
mod policy;
mod rebalance;

use codec::fcf::{Fcf, FcfLayout};
use codec::of10::PortNo;
use codec::text::Flow;
use codec::vse::{Config, ConfigFlags, Core, MatchField};

use super::*;

/// An engine on a host with `cores` cores, and what it told.
struct Bench {
    engine: Engine,
    events: Vec<Event>,
    now: Time,
}

impl Bench {
    fn new(cores: u16) -> Self {
        Self::with(Settings::default(), cores)
    }

    fn with(settings: Settings, cores: u16) -> Self {
        let cores = (0..cores).map(|core| CoreInfo::new(Core(core)));
        Self { engine: Engine::new(settings, cores), events: Vec::new(), now: Time::ZERO }
    }

    /// Does the change that `text` is.
    fn change(&mut self, text: &str) -> Result<(), Refusal> {
        let change = change(text)?;
        self.engine.flow_mod(&change, self.now, &mut self.events)
    }

    /// The same, where it must be done.
    fn flow(&mut self, text: &str) {
        self.change(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    }

    /// A frame that core 0 receives.
    fn frame(&mut self, key: &PacketKey) -> Decision {
        self.frame_on(0, key)
    }

    fn frame_on(&mut self, core: u16, key: &PacketKey) -> Decision {
        self.engine.receive(key, 100, Core(core), self.now, &mut self.events)
    }

    fn load(&mut self, core: u16, load: u16) {
        self.engine.set_load(Core(core), load, self.now);
    }

    /// Priority and match of each entry, the one that wins first.
    fn table(&self) -> Vec<String> {
        let line = |flow: &FlowEntry| format!("{} {}", flow.priority, flow.matched);
        self.engine.flows().map(line).collect()
    }
}

fn change(text: &str) -> Result<FlowChange, Refusal> {
    let flow: Flow = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    FlowChange::try_from(&flow.to_body())
}

/// The key of a UDP frame to `port`, marked for the VM.
fn marked(vm_id: u16, priority: bool, port: u16) -> PacketKey {
    let mut frame = [0; 42];
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    frame[14] = 0x45;
    let tos = FcfLayout::DSCP.write(Fcf { vm_id, priority }, 0).unwrap();
    frame[15] = tos.try_into().unwrap();
    frame[23] = 17;
    frame[36..38].copy_from_slice(&port.to_be_bytes());
    PacketKey::extract(&frame, PortNo(1), &FcfLayout::DSCP)
}
