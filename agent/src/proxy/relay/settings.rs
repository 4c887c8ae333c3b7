//! What a proxy is to do, and why it cannot.

use std::io;
use std::path::PathBuf;

use super::super::framed_port::FramedSettings;
use super::super::replay_state::ReplayFileError;
use super::super::tls::TlsSettings;
use super::super::{Endpoint, PortOf, Vm};

/// What a proxy is to do.
#[derive(Debug)]
pub struct Settings {
    /// Where switches come from, or are.
    pub switches: Vec<Endpoint>,
    /// Where the controller is; there may be none where frames alone are served.
    pub controller: Option<Endpoint>,
    /// The unix socket of the agent; without it, every request to VSE is refused.
    pub agent: Option<PathBuf>,
    /// Whether the controller is known to understand VSE before it has spoken it.
    pub announce: bool,
    /// Which ports are VMs, beside what the database says.
    pub vms: Vec<(PortOf, Vm)>,
    /// The unix socket of Open vSwitch's database.
    pub database: Option<PathBuf>,
    /// Keys and certificates, where an endpoint is under TLS.
    pub tls: Option<TlsSettings>,
    /// Frames of EtherType 0x88B5 that are to be served.
    pub frames: Option<FramedSettings>,
    /// The unix socket that tells everyone who connects how the proxy is.
    pub control: Option<PathBuf>,
    /// The unix socket that copies the messages of all sessions to everyone who connects.
    pub snoop: Option<PathBuf>,
}

/// Why a proxy cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A socket cannot listen.
    #[error("{endpoint}: {source}")]
    Listen {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        source: io::Error,
    },
    /// The endpoint of a controller that is to come.
    #[error("{0}: a proxy connects to its controller; want tcp:, ssl: or unix:")]
    PassiveController(Endpoint),
    /// Switches that have nobody to talk to.
    #[error("{0}: there is no controller for this switch")]
    NoController(Endpoint),
    /// TLS without keys.
    #[error("{0}: TLS wants --private-key, --certificate and --ca-cert")]
    NoKeys(Endpoint),
    /// More sockets to listen on than there are tokens.
    #[error("{0} endpoints of switches; at most 16")]
    TooManyEndpoints(usize),
    /// The replay windows cannot be kept.
    #[error(transparent)]
    Replay(#[from] ReplayFileError),
    /// A socket for observers cannot listen.
    #[error("{}: {source}", path.display())]
    Observe {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}
