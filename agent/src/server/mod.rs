//! The running agent: one thread owns the engine and waits for whatever comes next, a client, a
//! datagram, a signal or a moment that is due. There is no other way in.

mod access;
mod bundle;
mod clock;
mod config;
mod connection;
mod event_loop;
#[cfg(fuzzing)]
pub mod fuzzing;
mod host;
mod listen;
mod listing;
mod load;
mod metrics;
mod netlink;
mod proxy;
mod refused;
mod service;
mod session;
mod state;
mod systemd;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;

use nix::unistd::{Gid, Group, Uid};

use self::access::AccessRules;
use self::clock::Clock;
use self::event_loop::EventLoop;
use self::host::Host;
use self::proxy::OwnProxy;
use self::service::Service;
use self::state::State;
use crate::client::Target;
use crate::datapath::{Datapath, DatapathError, NoDatapath, Replay, XdpDatapath, XdpOptions};
use crate::engine::{Engine, RuleChange, Settings, Time};

pub use self::config::{AgentConfig, ConfigError, DEFAULT_FILE, DatapathChoice, KEYS, Key, Limits};
pub use self::listing::action_of_note;
pub use self::proxy::ProxyError;
pub use self::state::StateError;

/// An agent that cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The datapath cannot be used.
    #[error(transparent)]
    Datapath(#[from] DatapathError),
    /// Nobody can come in there.
    #[error("cannot listen at {target}: {source}")]
    Listen {
        /// The place.
        target: Target,
        /// Why.
        source: io::Error,
    },
    /// Metrics cannot be served there.
    #[error("cannot serve metrics at {address}: {source}")]
    Metrics {
        /// The place.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The group is not known.
    #[error("there is no group {0:?}")]
    NoGroup(String),
    /// The proxy of the agent's own cannot begin.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The operating system says no.
    #[error("{what}: {source}")]
    Io {
        /// What was to be done.
        what: &'static str,
        /// Why it could not.
        source: io::Error,
    },
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::Io { what, source }
}

/// Reads the configuration anew.
pub type Reload = Box<dyn FnMut() -> Result<AgentConfig, ConfigError>>;

/// Runs an agent until it is told to end by SIGTERM or SIGINT. At SIGHUP it asks `reload` for its
/// configuration, and does what the keys that can change say.
pub fn run(config: AgentConfig, reload: Reload) -> Result<(), ServerError> {
    let clock = Clock::start();
    let cores = host::cores().map_err(failed("the cores of this host"))?;
    let opened = open(&config)?;
    let mut settings = Settings { hash_seed: random(), ..config.engine.clone() };
    if let Opened::Xdp(xdp) = &opened {
        // What does not fit into its maps is refused, not kept where no frame sees it.
        let max_rules = usize::try_from(xdp.max_rules()).unwrap_or(usize::MAX);
        settings.max_flows = settings.max_flows.min(max_rules);
    }
    let mut engine = Engine::new(settings, cores);
    let state = config.state_dir.as_deref().map(|dir| {
        State::open(dir, &mut engine, clock.now(), config.sync, config.snapshot_interval)
    });
    let mut state = state.transpose()?;
    if let Opened::Xdp(xdp) = &opened
        && state.as_ref().is_none_or(State::is_new)
    {
        restore(xdp, &mut engine, clock.now());
        if let Some(state) = &mut state {
            state.finish(&engine, clock.now());
        }
    }
    let datapath = opened.start(&engine)?;
    let group = config.group.as_deref().map(group).transpose()?;
    let rules = AccessRules { owner: Uid::effective(), group, tcp: config.tcp_access() };
    let host = Host::look(&datapath.describe());
    let service = Service::new(engine, datapath, state, host, clock.now());
    let own_proxy = proxy::settings(&config)?;
    let metrics = config.metrics;
    let is_xdp = matches!(config.datapath, DatapathChoice::Xdp(_));
    let pins = is_xdp.then(|| config.xdp.folder.clone());
    let event_loop = EventLoop::new(config, reload, clock, service, rules)?;
    // From here on signals are the loop's: threads that begin now leave them to it.
    let _proxy = own_proxy.map(OwnProxy::start).transpose()?;
    if let Some(address) = metrics {
        metrics::serve(address, pins).map_err(|source| ServerError::Metrics { address, source })?;
    }
    event_loop.run()
}

/// A datapath that moves no frame yet.
enum Opened {
    Xdp(Box<XdpDatapath>),
    Other(Box<dyn Datapath>),
}

fn open(config: &AgentConfig) -> Result<Opened, ServerError> {
    Ok(match &config.datapath {
        DatapathChoice::None => Opened::Other(Box::new(NoDatapath)),
        DatapathChoice::Replay(path) => Opened::Other(Box::new(Replay::open(path, config.pace)?)),
        DatapathChoice::Xdp(interfaces) => {
            let options = XdpOptions { interfaces: interfaces.clone(), ..config.xdp.clone() };
            let opened = XdpDatapath::open(options);
            Opened::Xdp(Box::new(opened.map_err(|error| DatapathError::new("XDP", error))?))
        }
    })
}

impl Opened {
    /// Has it do what the engine says from here on.
    fn start(self, engine: &Engine) -> Result<Box<dyn Datapath>, ServerError> {
        let rules: Vec<RuleChange> =
            engine.flows().map(|entry| RuleChange::Added(entry.id)).collect();
        let mut datapath: Box<dyn Datapath> = match self {
            Self::Other(datapath) => datapath,
            Self::Xdp(mut xdp) => {
                // Whatever is attached has the whole table at once.
                xdp.apply(engine, &rules)?;
                xdp.attach().map_err(|error| DatapathError::new("XDP", error))?;
                return Ok(xdp);
            }
        };
        datapath.apply(engine, &rules)?;
        Ok(datapath)
    }
}

/// Where no state is kept, the pinned maps are what is left of the last agent.
fn restore(xdp: &XdpDatapath, engine: &mut Engine, now: Time) {
    match xdp.restore(engine, now) {
        Ok(left_out) => {
            for left in left_out {
                tracing::warn!(what = left.what, why = %left.why, "left out of the pinned tables");
            }
            tracing::info!(flows = engine.flow_count(), "tables of the pinned maps");
        }
        Err(error) => tracing::warn!(%error, "the pinned tables are not taken over"),
    }
}

/// A number that nobody can guess: the standard library asks the kernel for its keys.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn group(name: &str) -> Result<Gid, ServerError> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid),
        _ => Err(ServerError::NoGroup(name.to_owned())),
    }
}
