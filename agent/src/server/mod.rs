//! The running agent: one thread owns the engine and waits for whatever comes next, a client, a
//! datagram, a signal or a moment that is due. There is no other way in.

mod access;
mod bundle;
mod clock;
mod config;
mod connection;
mod event_loop;
mod host;
mod listen;
mod listing;
mod load;
mod netlink;
mod refused;
mod service;
mod session;
mod state;
mod systemd;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

use nix::unistd::{Gid, Group, Uid};

use self::access::AccessRules;
use self::clock::Clock;
use self::event_loop::EventLoop;
use self::service::Service;
use self::state::State;
use crate::client::Target;
use crate::datapath::{Datapath, DatapathError, NoDatapath, Replay};
use crate::engine::{Engine, Settings};

pub use self::config::{AgentConfig, ConfigError, DEFAULT_FILE, KEYS, Key, Limits};
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
    /// The group is not known.
    #[error("there is no group {0:?}")]
    NoGroup(String),
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
    let settings = Settings { hash_seed: random(), ..config.engine.clone() };
    let cores = host::cores().map_err(failed("the cores of this host"))?;
    let mut engine = Engine::new(settings, cores);
    let state = config.state_dir.as_deref().map(|dir| {
        State::open(dir, &mut engine, clock.now(), config.sync, config.snapshot_interval)
    });
    let state = state.transpose()?;
    let datapath = datapath(&config)?;
    let group = config.group.as_deref().map(group).transpose()?;
    let rules = AccessRules { owner: Uid::effective(), group, tcp: config.tcp_access() };
    let service = Service::new(engine, datapath, state, clock.now());
    EventLoop::new(config, reload, clock, service, rules)?.run()
}

fn datapath(config: &AgentConfig) -> Result<Box<dyn Datapath>, ServerError> {
    Ok(match config.datapath.split_once(':') {
        Some(("replay", path)) => Box::new(Replay::open(Path::new(path), config.pace)?),
        Some((kind, _)) => {
            let what = format!("datapath {kind}");
            return Err(DatapathError::new(what, "this version does not have it").into());
        }
        None => Box::new(NoDatapath),
    })
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
