//! VSE in the OpenFlow session between a stock switch and its controller: the functions that the
//! paper puts into the virtual switch. Sections III.B and III.C of the paper; vse-protocol(7).
//!
//! A [`Session`] is pure: whole messages in, bytes to send out.

mod backoff;
mod channel;
mod database;
mod endpoint;
mod fcf_actions;
mod framed_port;
mod frames;
mod packet_socket;
mod pair;
mod peek;
mod pending;
mod relay;
mod replay_state;
mod session;
mod status;
mod tls;
mod vm_spec;
mod vms;

pub(crate) use channel::{Channel, ChannelError};
pub use database::{Database, DatabaseError, Said};
pub use endpoint::{Endpoint, EndpointError, Place};
pub use fcf_actions::{FcfActions, Unstockable};
pub use framed_port::{FramedSettings, KeyFileError, read_key};
pub use frames::{FrameCounters, Frames};
pub(crate) use relay::Listener;
pub use relay::{Relay, RelayError, Settings, Stop};
pub use replay_state::{ReplayFileError, ReplayState, StreamState};
pub use session::{Counters, Outbox, Session};
pub use status::{FramesStatus, LinkState, STATUS_SCHEMA, Status, SwitchStatus};
pub use tls::{TlsError, TlsFiles, TlsSettings};
pub use vm_spec::parse_vms;
pub use vms::{PortOf, Vm, Vms};
