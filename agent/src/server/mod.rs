//! The running agent: one thread owns the engine and waits for whatever comes next, a client, a
//! datagram, a signal or a moment that is due. There is no other way in.

mod access;
mod bundle;
mod clock;
mod config;
mod connection;
mod event_loop;
mod listen;
mod listing;
mod load;
mod netlink;
mod refused;
mod service;
mod session;
mod state;
mod systemd;

use std::io;
use std::path::Path;

use codec::fcf::FcfLayout;
use codec::types::Pad;
use codec::vse::{Acceleration, Carriers, Core, HostFeatures};
use nix::unistd::{Gid, Group, Uid};

use self::access::AccessRules;
use self::clock::Clock;
use self::event_loop::EventLoop;
use self::load::LoadSampler;
use self::service::Service;
use self::state::State;
use crate::client::Target;
use crate::datapath::{Datapath, DatapathError, NoDatapath, Replay};
use crate::engine::{CoreInfo, Engine};

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

/// Runs an agent until it is told to end by SIGTERM or SIGINT.
pub fn run(config: &AgentConfig) -> Result<(), ServerError> {
    let clock = Clock::start();
    let cores = cores().map_err(failed("the cores of this host"))?;
    let mut engine = Engine::new(config.engine.clone(), cores.iter().copied());
    let state = config.state_dir.as_deref().map(|dir| {
        State::open(dir, &mut engine, clock.now(), config.sync, config.snapshot_interval)
    });
    let state = state.transpose()?;
    let datapath = datapath(config)?;
    let group = config.group.as_deref().map(group).transpose()?;
    let rules = AccessRules { owner: Uid::effective(), group, tcp: config.tcp_access() };
    let service = Service::new(engine, datapath, state, host(cores.len()), clock.now());
    EventLoop::new(config, clock, service, rules)?.run()
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

fn group(name: &str) -> Result<Gid, ServerError> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid),
        _ => Err(ServerError::NoGroup(name.to_owned())),
    }
}

/// The cores that /proc/stat tells of.
fn cores() -> io::Result<Vec<CoreInfo>> {
    let mut sampler = LoadSampler::default();
    sampler.sample()?;
    Ok(sampler.cores().map(|core: Core| CoreInfo::new(core)).collect())
}

fn host(cores: usize) -> HostFeatures {
    HostFeatures {
        n_cores: u16::try_from(cores).unwrap_or(u16::MAX),
        n_rx_queues: 0,
        acceleration: Acceleration::empty(),
        max_flows: 0,
        max_vms: 0,
        carriers: Carriers::TOS | Carriers::VLAN,
        pad: Pad::default(),
        fcf_layout: FcfLayout::DSCP,
        name: crate::datapath::short_name(""),
    }
}
