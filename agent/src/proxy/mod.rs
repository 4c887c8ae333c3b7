//! VSE in the OpenFlow session between a stock switch and its controller: the functions that the
//! paper puts into the virtual switch. Sections III.B and III.C of the paper; vse-protocol(7).
//!
//! A [`Session`] is pure: whole messages in, bytes to send out.

mod backoff;
mod channel;
mod database;
mod endpoint;
mod fcf_actions;
mod frames;
mod pair;
mod peek;
mod pending;
mod relay;
mod session;
mod tls;
mod vms;

pub use database::{Database, DatabaseError, Said};
pub use endpoint::{Endpoint, EndpointError, Place};
pub use fcf_actions::{FcfActions, Unstockable};
pub use frames::{FrameCounters, Frames};
pub use relay::{Relay, RelayError, Settings, Stop};
pub use session::{Counters, Outbox, Session};
pub use tls::{TlsError, TlsFiles, TlsSettings};
pub use vms::{PortOf, Vm, Vms};
