//! The running proxy: sockets, and the loop that waits for them. One thread does all of it.

mod connect;
mod follow_database;
mod listener;
mod observers;
mod settings;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

pub(crate) use self::listener::Listener;
use self::observers::Observers;
pub use self::settings::{RelayError, Settings};
use super::backoff::Backoff;
use super::channel::ChannelError;
use super::database::Database;
use super::endpoint::Endpoint;
use super::framed_port::FramedPort;
use super::pair::{Link, Pair, Side};
use super::session::Counters;
use super::status::{STATUS_SCHEMA, Status};
use super::vms::Vm;

/// Between two looks at who is silent and where VMs run.
const TICK: Duration = Duration::from_secs(1);
/// Tokens of what is no stream of a pair.
const WAKER: Token = Token(usize::MAX - 1);
const DATABASE: Token = Token(usize::MAX - 2);
const FRAMES: Token = Token(usize::MAX - 3);
const FRAMES_VSE: Token = Token(usize::MAX - 4);
/// Tokens of the sockets that listen: this, and those below it.
const LISTENERS: usize = usize::MAX - 16;
/// Switches at once.
const MAX_PAIRS: usize = 4096;

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
    frames: Option<FramedPort>,
    observers: Observers,
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
        // A proxy that cannot be woken looks at the flag by itself within a minute.
        drop(self.waker.wake());
    }
}

impl Relay {
    /// Listens, and connects to no switch or controller yet.
    pub fn new(settings: Settings) -> Result<Self, RelayError> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let now = Instant::now();
        match (&settings.controller, settings.switches.first()) {
            (Some(controller), _) if controller.passive => {
                return Err(RelayError::PassiveController(controller.clone()));
            }
            (None, Some(switch)) => return Err(RelayError::NoController(switch.clone())),
            _ => {}
        }
        if settings.switches.len() > 16 {
            return Err(RelayError::TooManyEndpoints(settings.switches.len()));
        }
        let all = settings.switches.iter().chain(&settings.controller);
        for endpoint in all {
            if endpoint.tls && settings.tls.is_none() {
                return Err(RelayError::NoKeys(endpoint.clone()));
            }
        }
        let mut listeners = Vec::new();
        let mut dials = Vec::new();
        for endpoint in &settings.switches {
            if endpoint.passive {
                let token = Token(LISTENERS - listeners.len());
                let listener = Listener::open(endpoint, poll.registry(), token);
                let fail = |source| RelayError::Listen { endpoint: endpoint.clone(), source };
                listeners.push((listener.map_err(fail)?, endpoint.tls));
            } else {
                let (endpoint, backoff) = (endpoint.clone(), Backoff::new(now));
                dials.push(Dial { endpoint, backoff, pair: None });
            }
        }
        let frames = settings.frames.as_ref().map(|frames| FramedPort::new(frames, now));
        let mut frames = frames.transpose()?;
        if let Some(frames) = &mut frames {
            // Frames that come from now on wait in the kernel.
            frames.open(settings.agent.as_deref(), poll.registry(), [FRAMES, FRAMES_VSE], now);
        }
        Ok(Self {
            frames,
            observers: Observers::new(&settings, poll.registry())?,
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
        let tcp = self.listeners.iter().filter_map(|(listener, _)| listener.address());
        tcp.collect()
    }

    /// Runs until it is stopped; what passed.
    pub fn run(mut self) -> Result<Counters, RelayError> {
        let mut events = Events::with_capacity(1024);
        let mut ticked = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            let now = Instant::now();
            self.connect_what_is_due(now);
            let sleep = self.sleep(now, ticked);
            match self.poll.poll(&mut events, Some(sleep)) {
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
                    FRAMES | FRAMES_VSE => self.frames_ready(event.token(), now),
                    token if self.observer_ready(token, now) => {}
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
            self.total += pair.session.counters();
        }
        Ok(self.total)
    }

    /// How long to wait at most.
    fn sleep(&mut self, now: Instant, ticked: Instant) -> Duration {
        if self.frames.as_mut().is_some_and(FramedPort::is_busy) {
            return Duration::ZERO;
        }
        let tick = (!self.pairs.is_empty()).then(|| ticked.checked_add(TICK)).flatten();
        let due = self.dials.iter().filter(|dial| dial.pair.is_none());
        let due = due.filter_map(|dial| dial.backoff.due());
        let pairs = self.pairs.values();
        let due =
            due.chain(pairs.flat_map(|pair| {
                [pair.to_controller.due(), pair.to_vse.due()].into_iter().flatten()
            }));
        let database = self.settings.database.as_ref().and_then(|_| self.to_database.due());
        let frames = self.frames.as_ref().and_then(FramedPort::due);
        let first = due.chain(database).chain(frames).chain(tick).min();
        // The flag of a stop that could not wake is looked at now and then.
        let longest = Duration::from_secs(60);
        first.map_or(longest, |first| first.saturating_duration_since(now)).min(longest)
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
        let snooped = self.observers.are_snooping();
        while let Some(pair) = self.pairs.get_mut(&id) {
            pair.snooped = snooped.then(|| pair.snooped.take().unwrap_or_default());
            let pumped = pair.pump(now);
            if let Some(messages) = &mut pair.snooped {
                self.observers.copy(messages);
                messages.clear();
            }
            match pumped {
                Ok(()) => return,
                Err((side, error)) => self.lost(id, side, &error, now),
            }
        }
    }

    fn frames_ready(&mut self, token: Token, now: Instant) {
        let Some(frames) = &mut self.frames else { return };
        match token {
            FRAMES => frames.readable(),
            _ => frames.vse_ready(now),
        }
        frames.pump(now);
    }

    fn observer_ready(&mut self, token: Token, now: Instant) -> bool {
        let Self { observers, poll, settings, pairs, frames, total, .. } = self;
        observers.ready(token, poll.registry(), now, || {
            let status = Status {
                schema: STATUS_SCHEMA.to_owned(),
                controller: settings.controller.as_ref().map(ToString::to_string),
                switches: pairs.iter().map(|(number, pair)| pair.status(*number)).collect(),
                frames: frames.as_ref().map(FramedPort::status),
                ended: *total,
            };
            let text = serde_json::to_vec(&status).unwrap_or_default();
            [text.as_slice(), b"\n"].concat()
        })
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
            self.total += pair.session.counters();
        }
        for dial in self.dials.iter_mut().filter(|dial| dial.pair == Some(id)) {
            dial.pair = None;
            dial.backoff.lost(now);
        }
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

#[cfg(test)]
mod tests;
