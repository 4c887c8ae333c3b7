//! The running proxy: sockets, and the loop that waits for them. One thread does all of it.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use codec::fcf::FcfLayout;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Token, Waker};

use super::backoff::Backoff;
use super::channel::{Channel, ChannelError, Socket};
use super::database::Database;
use super::endpoint::{Endpoint, Place};
use super::pair::{Link, Pair, Side};
use super::session::Counters;
use super::tls::TlsSettings;
use super::{FcfActions, PortOf, Session, Vm, Vms};

/// Between two looks at who is silent and where VMs run.
const TICK: Duration = Duration::from_secs(1);
/// Tokens of what is no stream of a pair.
const WAKER: Token = Token(usize::MAX - 1);
const DATABASE: Token = Token(usize::MAX - 2);
/// Tokens of the sockets that listen: this, and those below it.
const LISTENERS: usize = usize::MAX - 16;
/// Switches at once.
const MAX_PAIRS: usize = 4096;

/// What a proxy is to do.
#[derive(Debug)]
pub struct Settings {
    /// Where switches come from, or are.
    pub switches: Vec<Endpoint>,
    /// Where the controller is.
    pub controller: Endpoint,
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
    /// The controller's name cannot be looked up.
    #[error("{endpoint}: {source}")]
    Lookup {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        source: io::Error,
    },
    /// The endpoint of a controller that is to come.
    #[error("{0}: a proxy connects to its controller; want tcp:, ssl: or unix:")]
    PassiveController(Endpoint),
    /// TLS without keys.
    #[error("{0}: TLS wants --private-key, --certificate and --ca-cert")]
    NoKeys(Endpoint),
    /// More sockets to listen on than there are tokens.
    #[error("{0} endpoints of switches; at most 16")]
    TooManyEndpoints(usize),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A socket that switches connect to.
#[derive(Debug)]
enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// A switch that is connected to.
#[derive(Debug)]
struct Dial {
    endpoint: Endpoint,
    backoff: Backoff,
    /// The pair of its connection.
    pair: Option<usize>,
}

/// A proxy.
#[derive(Debug)]
pub struct Relay {
    poll: Poll,
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
    settings: Settings,
    listeners: Vec<(Listener, bool)>,
    dials: Vec<Dial>,
    pairs: BTreeMap<usize, Pair>,
    next: usize,
    database: Link,
    to_database: Backoff,
    said: Database,
    /// What the database said last of each port, for switches that come later.
    known: BTreeMap<String, Vm>,
    total: Counters,
}

/// Stops a proxy from another thread.
#[derive(Debug, Clone)]
pub struct Stop {
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
}

impl Stop {
    /// Stops it.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        // A proxy that cannot be woken looks at the flag by itself within a second.
        drop(self.waker.wake());
    }
}

impl Relay {
    /// Listens, and connects to nothing yet.
    pub fn new(settings: Settings) -> Result<Self, RelayError> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let now = Instant::now();
        if settings.controller.passive {
            return Err(RelayError::PassiveController(settings.controller));
        }
        if settings.switches.len() > 16 {
            return Err(RelayError::TooManyEndpoints(settings.switches.len()));
        }
        let all = settings.switches.iter().chain([&settings.controller]);
        for endpoint in all {
            if endpoint.tls && settings.tls.is_none() {
                return Err(RelayError::NoKeys(endpoint.clone()));
            }
        }
        let mut listeners = Vec::new();
        let mut dials = Vec::new();
        for endpoint in &settings.switches {
            if endpoint.passive {
                let listener = listen(endpoint, &poll, Token(LISTENERS - listeners.len()));
                let fail = |source| RelayError::Listen { endpoint: endpoint.clone(), source };
                listeners.push((listener.map_err(fail)?, endpoint.tls));
            } else {
                let (endpoint, backoff) = (endpoint.clone(), Backoff::new(now));
                dials.push(Dial { endpoint, backoff, pair: None });
            }
        }
        Ok(Self {
            poll,
            waker,
            stop: Arc::default(),
            settings,
            listeners,
            dials,
            pairs: BTreeMap::new(),
            next: 0,
            database: Link::Down,
            to_database: Backoff::new(now),
            said: Database::default(),
            known: BTreeMap::new(),
            total: Counters::default(),
        })
    }

    /// What stops the proxy.
    #[must_use]
    pub fn stopper(&self) -> Stop {
        Stop { waker: self.waker.clone(), stop: self.stop.clone() }
    }

    /// The TCP addresses that the proxy listens on, which tells the port that the system chose for
    /// port 0.
    #[must_use]
    pub fn listening(&self) -> Vec<std::net::SocketAddr> {
        let tcp = self.listeners.iter().filter_map(|(listener, _)| match listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        });
        tcp.collect()
    }

    /// Runs until it is stopped; what passed.
    pub fn run(mut self) -> Result<Counters, RelayError> {
        let mut events = Events::with_capacity(1024);
        let mut ticked = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            let now = Instant::now();
            self.connect_what_is_due(now);
            match self.poll.poll(&mut events, Some(self.sleep(now, ticked))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error.into());
                }
                _ => {}
            }
            let now = Instant::now();
            let mut touched: Vec<usize> = Vec::new();
            for event in &events {
                match event.token() {
                    WAKER => {}
                    DATABASE => self.database_ready(now),
                    Token(token) if token > LISTENERS - self.listeners.len() => {
                        self.accept(LISTENERS - token, now, &mut touched);
                    }
                    Token(token) => {
                        self.ready(token, now);
                        touched.push(token / 3);
                    }
                }
            }
            if now.duration_since(ticked) >= TICK {
                ticked = now;
                let silent: Vec<usize> = self
                    .pairs
                    .iter_mut()
                    .filter_map(|(id, pair)| (!pair.tick(now)).then_some(*id))
                    .collect();
                for id in silent {
                    self.end(id, "the switch does not answer", now);
                }
                touched.extend(self.pairs.keys());
            }
            touched.sort_unstable();
            touched.dedup();
            for id in touched {
                self.pump(id, now);
            }
        }
        for pair in self.pairs.values() {
            add(&mut self.total, pair.session.counters());
        }
        Ok(self.total)
    }

    /// How long to wait at most.
    fn sleep(&self, now: Instant, ticked: Instant) -> Duration {
        let tick = (!self.pairs.is_empty()).then(|| ticked.checked_add(TICK)).flatten();
        let due = self.dials.iter().filter(|dial| dial.pair.is_none());
        let due = due.filter_map(|dial| dial.backoff.due());
        let pairs = self.pairs.values();
        let due =
            due.chain(pairs.flat_map(|pair| {
                [pair.to_controller.due(), pair.to_vse.due()].into_iter().flatten()
            }));
        let database = self.settings.database.as_ref().and_then(|_| self.to_database.due());
        let first = due.chain(database).chain(tick).min();
        // The flag of a stop that could not wake is looked at now and then.
        let longest = Duration::from_secs(60);
        first.map_or(longest, |first| first.saturating_duration_since(now)).min(longest)
    }

    /// Makes the connections whose time has come.
    fn connect_what_is_due(&mut self, now: Instant) {
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        for at in 0..self.dials.len() {
            let Some(dial) = self.dials.get_mut(at) else { continue };
            if dial.pair.is_some() || !is_due(dial.backoff.due()) {
                continue;
            }
            let endpoint = dial.endpoint.clone();
            match self.open(&endpoint, now) {
                Ok(channel) => {
                    let id = self.begin(channel, now);
                    if let (Some(dial), Some(id)) = (self.dials.get_mut(at), id) {
                        dial.backoff.connected(now);
                        dial.pair = Some(id);
                    }
                }
                Err(error) => {
                    tracing::info!("{endpoint}: {error}");
                    if let Some(dial) = self.dials.get_mut(at) {
                        dial.backoff.lost(now);
                    }
                }
            }
        }
        let ids: Vec<usize> = self.pairs.keys().copied().collect();
        for id in ids {
            let Some(pair) = self.pairs.get(&id) else { continue };
            if is_due(pair.to_controller.due()) {
                let channel = self.open(&self.settings.controller, now);
                self.connecting(id, Side::Controller, channel, now);
            }
            let Some(pair) = self.pairs.get(&id) else { continue };
            if let Some(path) = self.settings.agent.as_ref().filter(|_| is_due(pair.to_vse.due())) {
                let channel = unix(path, now);
                self.connecting(id, Side::Vse, channel, now);
                // What waited to know whether there is a VSE goes on.
                self.pump(id, now);
            }
        }
        if let Some(path) =
            self.settings.database.as_ref().filter(|_| is_due(self.to_database.due()))
        {
            match unix(path, now).and_then(|mut channel| {
                channel.register(self.poll.registry(), DATABASE)?;
                Ok(channel)
            }) {
                Ok(channel) => {
                    self.to_database.trying();
                    self.database = Link::Connecting(channel);
                }
                Err(error) => {
                    tracing::info!("database {}: {error}", path.display());
                    self.to_database.lost(now);
                }
            }
        }
    }

    /// A stream to `endpoint`, made or being made.
    fn open(&self, endpoint: &Endpoint, now: Instant) -> io::Result<Channel> {
        let tls = match (&self.settings.tls, endpoint.tls) {
            (Some(tls), true) => Some(tls.connect().map_err(io::Error::other)?),
            _ => None,
        };
        let socket = match &endpoint.place {
            Place::Unix(path) => Socket::Unix(UnixStream::connect(path)?),
            Place::Tcp { .. } => {
                let address = endpoint.addresses()?.into_iter().next();
                let address = address.ok_or_else(|| io::Error::other("the host has no address"))?;
                Socket::Tcp(TcpStream::connect(address)?)
            }
        };
        Ok(Channel::new(socket, tls, now))
    }

    /// Takes a stream of a pair that is being made, or why it is not.
    fn connecting(&mut self, id: usize, side: Side, made: io::Result<Channel>, now: Instant) {
        let registry = self.poll.registry();
        let made = made.and_then(|mut channel| {
            channel.register(registry, token(id, side))?;
            Ok(channel)
        });
        let Some(pair) = self.pairs.get_mut(&id) else { return };
        // A stream that is refused at once says that there is no VSE.
        pair.knows_vse |= side == Side::Vse && made.is_err();
        let (link, backoff) = match side {
            Side::Vse => (&mut pair.vse, &mut pair.to_vse),
            _ => (&mut pair.controller, &mut pair.to_controller),
        };
        match made {
            Ok(channel) => {
                backoff.trying();
                *link = Link::Connecting(channel);
            }
            Err(error) => {
                tracing::info!(pair = id, ?side, "{error}");
                backoff.lost(now);
            }
        }
    }

    fn accept(&mut self, at: usize, now: Instant, touched: &mut Vec<usize>) {
        loop {
            let Some((listener, is_tls)) = self.listeners.get(at) else { return };
            let accepted = match listener {
                Listener::Unix(listener) => listener.accept().map(|(s, _)| Socket::Unix(s)),
                Listener::Tcp(listener) => listener.accept().map(|(s, _)| Socket::Tcp(s)),
            };
            let socket = match accepted {
                Ok(socket) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::warn!("a switch could not be accepted: {error}");
                    return;
                }
            };
            let tls = match (&self.settings.tls, is_tls) {
                (Some(tls), true) => tls.accept().map(Some),
                _ => Ok(None),
            };
            match tls {
                Ok(tls) => touched.extend(self.begin(Channel::new(socket, tls, now), now)),
                Err(error) => tracing::warn!("a switch could not be accepted: {error}"),
            }
        }
    }

    /// Begins a pair; its number.
    fn begin(&mut self, mut switch: Channel, now: Instant) -> Option<usize> {
        if self.pairs.len() >= MAX_PAIRS {
            tracing::warn!("more than {MAX_PAIRS} switches: one was refused");
            return None;
        }
        let id = self.next;
        self.next += 1;
        if let Err(error) = switch.register(self.poll.registry(), token(id, Side::Switch)) {
            tracing::warn!("a switch could not be accepted: {error}");
            return None;
        }
        tracing::info!(pair = id, "a switch");
        let fcf = FcfActions::new(FcfLayout::DSCP);
        let mut vms = Vms::new(self.settings.vms.clone());
        for (port, vm) in &self.known {
            // No port is known yet, so that nobody comes or goes by it.
            vms.database(port, Some(vm.clone()));
        }
        let session = Session::new(self.settings.announce, fcf, vms);
        let mut pair = Pair::new(switch, session, now);
        pair.knows_vse = self.settings.agent.is_none();
        self.pairs.insert(id, pair);
        Some(id)
    }

    fn ready(&mut self, token: usize, now: Instant) {
        let id = token / 3;
        let Some(pair) = self.pairs.get_mut(&id) else { return };
        let side = side(token);
        let ready = match side {
            Side::Switch => pair.switch.ready(),
            Side::Controller => pair.controller.ready(),
            Side::Vse => pair.vse.ready(),
        };
        match (side, ready) {
            (_, Err(error)) => self.lost(id, side, &error, now),
            (Side::Controller, Ok(true)) => pair.to_controller.connected(now),
            (Side::Vse, Ok(true)) => pair.vse_up(now),
            _ => {}
        }
    }

    fn pump(&mut self, id: usize, now: Instant) {
        while let Some(pair) = self.pairs.get_mut(&id) {
            match pair.pump(now) {
                Ok(()) => return,
                Err((side, error)) => self.lost(id, side, &error, now),
            }
        }
    }

    /// Takes that a stream of a pair is of no use any more.
    fn lost(&mut self, id: usize, side: Side, error: &ChannelError, now: Instant) {
        tracing::info!(pair = id, ?side, "{error}");
        let Some(pair) = self.pairs.get_mut(&id) else { return };
        match side {
            Side::Vse => pair.vse_down(now),
            // Not there yet: the switch waits for the next try.
            Side::Controller if pair.controller.up().is_none() => {
                pair.controller = Link::Down;
                pair.to_controller.lost(now);
            }
            // The other side is to see that its peer is gone.
            Side::Controller => self.end(id, "the controller is gone", now),
            Side::Switch => self.end(id, "the switch is gone", now),
        }
    }

    fn end(&mut self, id: usize, why: &str, now: Instant) {
        tracing::info!(pair = id, "ended: {why}");
        if let Some(mut pair) = self.pairs.remove(&id) {
            // What is written already goes out, as far as it is taken at once.
            for link in [&mut pair.switch, &mut pair.controller] {
                if let Some(channel) = link.up() {
                    drop(channel.flush());
                }
            }
            add(&mut self.total, pair.session.counters());
        }
        for dial in self.dials.iter_mut().filter(|dial| dial.pair == Some(id)) {
            dial.pair = None;
            dial.backoff.lost(now);
        }
    }

    fn database_ready(&mut self, now: Instant) {
        let told = self.database_said(now);
        let said = match told {
            Ok(said) => said,
            Err(error) => {
                tracing::warn!("database: {error}");
                self.database = Link::Down;
                self.said = Database::default();
                self.to_database.lost(now);
                return;
            }
        };
        for said in said {
            match &said.vm {
                Some(vm) => self.known.insert(said.port.clone(), vm.clone()),
                None => self.known.remove(&said.port),
            };
            for pair in self.pairs.values_mut() {
                pair.database(said.clone());
            }
        }
        let ids: Vec<usize> = self.pairs.keys().copied().collect();
        for id in ids {
            self.pump(id, now);
        }
    }

    fn database_said(
        &mut self,
        now: Instant,
    ) -> Result<Vec<super::Said>, Box<dyn std::error::Error>> {
        if self.database.ready()? {
            self.to_database.connected(now);
            if let Some(channel) = self.database.up() {
                channel.output().extend(Database::request());
            }
        }
        let Some(channel) = self.database.up() else { return Ok(Vec::new()) };
        let mut said = Vec::new();
        while channel.read(now)? {
            let bytes = channel.take_bytes();
            said.extend(self.said.take(&bytes, channel.output())?);
        }
        channel.flush()?;
        Ok(said)
    }
}

fn token(id: usize, side: Side) -> Token {
    Token(id * 3 + side as usize)
}

fn side(token: usize) -> Side {
    match token % 3 {
        0 => Side::Switch,
        1 => Side::Controller,
        _ => Side::Vse,
    }
}

fn unix(path: &Path, now: Instant) -> io::Result<Channel> {
    Ok(Channel::new(Socket::Unix(UnixStream::connect(path)?), None, now))
}

fn listen(endpoint: &Endpoint, poll: &Poll, token: Token) -> io::Result<Listener> {
    match &endpoint.place {
        Place::Unix(path) => {
            // A socket that a proxy before this one left.
            let is_socket = path.symlink_metadata().is_ok_and(|it| it.file_type().is_socket());
            if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
                std::fs::remove_file(path)?;
            }
            let mut listener = UnixListener::bind(path)?;
            poll.registry().register(&mut listener, token, Interest::READABLE)?;
            Ok(Listener::Unix(listener))
        }
        Place::Tcp { .. } => {
            let address = endpoint.addresses()?.into_iter().next();
            let address = address.ok_or_else(|| io::Error::other("the host has no address"))?;
            let mut listener = TcpListener::bind(address)?;
            poll.registry().register(&mut listener, token, Interest::READABLE)?;
            Ok(Listener::Tcp(listener))
        }
    }
}

fn add(total: &mut Counters, more: Counters) {
    total.from_controller += more.from_controller;
    total.from_switch += more.from_switch;
    total.from_vse += more.from_vse;
    total.bare += more.bare;
    total.rewritten += more.rewritten;
    total.refused += more.refused;
}

#[cfg(test)]
mod tests;
