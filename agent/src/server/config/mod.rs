//! How an agent is configured: one table of keys, which are keys of a TOML file, flags and
//! environment variables alike. A flag counts most, then the environment, then the file.

mod file;
mod keys;
mod value;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::access::Access;
use crate::client::Target;
use crate::datapath::{Attachment, Pace, XdpOptions};
use crate::engine::Settings;
use crate::proxy::{Endpoint, PortOf, Vm};

pub use file::ConfigError;
pub use keys::{KEYS, Key};

/// The file that is read where none is named, if it is there.
pub const DEFAULT_FILE: &str = "/etc/vse/agent.toml";

/// How an agent works.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentConfig {
    /// Where it listens.
    pub listen: Vec<Target>,
    /// What moves the frames.
    pub datapath: DatapathChoice,
    /// How an XDP datapath is set up; its interfaces are those of `datapath`.
    pub xdp: XdpOptions,
    /// Where metrics are served; nowhere where there is none.
    pub metrics: Option<SocketAddr>,
    /// How fast a capture is replayed.
    pub pace: Pace,
    /// Where the state is kept; nowhere where there is none.
    pub state_dir: Option<PathBuf>,
    /// Whether an acknowledged change must outlive the host's power.
    pub sync: bool,
    /// The longest time between a change and the next snapshot.
    pub snapshot_interval: Duration,
    /// The group whose members may read.
    pub group: Option<String>,
    /// Whether clients over TCP may change something.
    pub tcp_change: bool,
    /// Time between two samples of the load of the cores.
    pub sample_interval: Duration,
    /// What clients may take.
    pub limits: Limits,
    /// What the engine begins with.
    pub engine: Settings,
    /// The proxy in the session of a switch, as a part of the agent.
    pub proxy: ProxyConfig,
    /// What is logged: a level.
    pub log: String,
    /// Whether the log is JSON.
    pub log_json: bool,
    /// The keys that were set, with their values as they were written.
    pub(crate) texts: BTreeMap<&'static str, String>,
}

/// What moves the frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatapathChoice {
    /// Nothing.
    None,
    /// A capture.
    Replay(PathBuf),
    /// An XDP program on these interfaces.
    Xdp(Vec<Attachment>),
}

/// What a proxy of the agent's own does; see [`crate::proxy::Settings`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProxyConfig {
    /// Where switches come from, or are; with none, and no interface, there is no proxy.
    pub switches: Vec<Endpoint>,
    /// Where the controller is.
    pub controller: Option<Endpoint>,
    /// Whether the controller is known to understand VSE.
    pub announce: bool,
    /// Which ports are VMs.
    pub vms: Vec<(PortOf, Vm)>,
    /// The unix socket of Open vSwitch's database.
    pub database: Option<PathBuf>,
    /// The interface whose frames are served.
    pub interface: Option<String>,
    /// The file with the key of those frames.
    pub key_file: Option<PathBuf>,
    /// The unix socket that tells how the proxy is.
    pub control: Option<PathBuf>,
    /// The unix socket that copies the messages of all sessions.
    pub snoop: Option<PathBuf>,
    /// The private key for TLS.
    pub private_key: Option<PathBuf>,
    /// The certificate of that key.
    pub certificate: Option<PathBuf>,
    /// The certificate of who signs those of the peers.
    pub ca_cert: Option<PathBuf>,
}

/// What clients may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Messages a second of one client; the rest has to wait.
    pub message_rate: u32,
    /// Bytes that may wait for one client.
    pub output: usize,
    /// Time until a client must have said HELLO.
    pub handshake_timeout: Duration,
    /// Silence after which a client is asked whether it lives; after as much again it is cut off.
    pub echo_interval: Duration,
}

impl Default for AgentConfig {
    fn default() -> Self {
        let engine = Settings { max_flows: 131_072, ..Settings::default() };
        Self {
            listen: vec![Target::default()],
            datapath: DatapathChoice::None,
            xdp: XdpOptions::default(),
            metrics: None,
            pace: Pace::AsRecorded,
            state_dir: Some("/var/lib/vse".into()),
            sync: false,
            snapshot_interval: Duration::from_secs(60),
            group: None,
            tcp_change: false,
            sample_interval: Duration::from_secs(1),
            limits: Limits {
                connections: 256,
                message_rate: 1_000_000,
                output: 1 << 20,
                handshake_timeout: Duration::from_secs(5),
                echo_interval: Duration::from_secs(15),
            },
            engine,
            proxy: ProxyConfig::default(),
            log: "info".to_owned(),
            log_json: false,
            texts: BTreeMap::new(),
        }
    }
}

impl AgentConfig {
    /// What a client over TCP may do.
    pub(crate) fn tcp_access(&self) -> Access {
        if self.tcp_change { Access::Change } else { Access::Read }
    }

    /// The keys whose values differ in `other`.
    pub(crate) fn changed<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'static Key> {
        KEYS.iter().filter(|key| self.text(key) != other.text(key))
    }

    fn text(&self, key: &Key) -> &str {
        self.texts.get(key.name).map_or(key.default, String::as_str)
    }
}
