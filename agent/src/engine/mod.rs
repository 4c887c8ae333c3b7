//! The engine: flow table, core table and the policy that chooses cores.
//!
//! It is pure: no I/O and no clock. Time ([`Time`]), load and frames are arguments, decisions and
//! [`Event`]s are results, so that the same calls give the same tables everywhere: in the agent, in
//! tests, in traces and in replays.
//!
//! ```
//! use agent::engine::{CoreInfo, Engine, FlowChange, PacketKey, Settings, Time};
//! use codec::of10::{Action, FlowMod, PortNo};
//! use codec::text::Flow;
//! use codec::vse::{Core, Reason};
//!
//! let mut engine = Engine::new(Settings::default(), (0..2).map(|n| CoreInfo::new(Core(n))));
//! let flow: Flow = "udp,tp_dst=53,actions=set_irq_core:auto".parse()?;
//! let mut events = Vec::new();
//! engine.flow_mod(&FlowChange::try_from(&flow.to_body())?, Time::ZERO, &mut events)?;
//!
//! let mut frame = [0; 42];
//! frame[12..14].copy_from_slice(&[0x08, 0x00]);
//! frame[14] = 0x45;
//! frame[23] = 17;
//! frame[36..38].copy_from_slice(&[0, 53]);
//! let key = PacketKey::extract(&frame, PortNo(1), &engine.config().fcf_layout);
//! let decision = engine.receive(&key, frame.len(), Core(1), Time::ZERO, &mut events);
//! assert_eq!((decision.core, decision.reason), (Core(0), Reason::LeastLoaded));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ageing;
mod changes;
mod classifier;
mod component;
mod core_table;
mod event;
mod flow_cache;
mod flow_change;
mod flow_entry;
mod flow_match;
mod flow_table;
mod followed;
mod key;
mod policy;
mod rebalance;
mod refusal;
mod settings;
mod snapshot;
mod steering;
mod tables;
mod time;
mod timers;
mod trace;
mod tuple;
mod wire;

pub use core_table::{CoreInfo, CoreState, CoreTable};
pub use event::{Decided, Event, RemovedFlow, RuleChange};
pub use flow_change::FlowChange;
pub(crate) use flow_change::core_action;
pub use flow_entry::{Assignment, CoreAction, EntryId, FlowEntry};
pub use flow_match::FlowMatch;
pub use followed::TakeBack;
pub use key::{KEY_WORDS, MAX_EXTENSION_HEADERS, MAX_VLAN_TAGS, PacketKey, Presence};
pub use refusal::Refusal;
pub use settings::Settings;
pub use snapshot::{FlowSnapshot, LeftOut, RestoreError, Snapshot};
pub use steering::Decision;
pub use tables::{Counters, Engine};
pub use time::Time;
pub use trace::{Candidate, Trace};
pub use wire::UnixOffset;

#[cfg(test)]
mod tests;
