//! The controller's sockets: one thread for all switches.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use codec::of10::Message;
use mio::{Events, Poll, Token, Waker};

use super::{Controller, Policy, ToSwitch};
use crate::proxy::{Channel, ChannelError, Endpoint, Listener};

const WAKER: Token = Token(usize::MAX - 1);
const LISTENER: Token = Token(usize::MAX - 2);
/// Switches at a time.
const MAX_SWITCHES: usize = 4096;

/// A controller that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Switches must come by themselves.
    #[error("{0}: a controller waits for its switches; want ptcp: or punix:")]
    NotPassive(Endpoint),
    /// The socket cannot listen.
    #[error("{endpoint}: {source}")]
    Listen {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        source: io::Error,
    },
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Who watches cannot go on.
    #[error(transparent)]
    Observer(Box<dyn std::error::Error + Send + Sync>),
}

/// Who watches the sessions.
pub trait Observer {
    /// A switch has come, under a number that no other has.
    fn came(&mut self, switch: usize, from: &str) -> io::Result<()>;
    /// A switch has gone, for a reason.
    fn gone(&mut self, switch: usize, why: &str) -> io::Result<()>;
    /// A message has come from a switch, or goes to it.
    fn message(&mut self, switch: usize, from_switch: bool, bytes: &[u8]) -> io::Result<()>;
}

/// A controller that listens.
#[derive(Debug)]
pub struct Server {
    poll: Poll,
    stop: Stop,
    listener: Listener,
    controller: Controller,
    switches: BTreeMap<usize, Channel>,
    next: usize,
}

/// Stops a controller from another thread.
#[derive(Debug, Clone)]
pub struct Stop {
    waker: Arc<Waker>,
    asked: Arc<AtomicBool>,
}

impl Stop {
    /// Stops it.
    pub fn stop(&self) {
        self.asked.store(true, Ordering::SeqCst);
        // One that cannot be woken looks at the flag by itself.
        drop(self.waker.wake());
    }
}

impl Server {
    /// Listens.
    pub fn new(endpoint: &Endpoint, policy: Option<Policy>) -> Result<Self, ServerError> {
        if !endpoint.passive || endpoint.tls {
            return Err(ServerError::NotPassive(endpoint.clone()));
        }
        let poll = Poll::new()?;
        let stop =
            Stop { waker: Arc::new(Waker::new(poll.registry(), WAKER)?), asked: Arc::default() };
        let listener = Listener::open(endpoint, poll.registry(), LISTENER)
            .map_err(|source| ServerError::Listen { endpoint: endpoint.clone(), source })?;
        let controller = Controller::new(policy);
        Ok(Self { poll, stop, listener, controller, switches: BTreeMap::new(), next: 0 })
    }

    /// What stops the controller.
    #[must_use]
    pub fn stopper(&self) -> Stop {
        self.stop.clone()
    }

    /// The address that it listens on, for TCP.
    #[must_use]
    pub fn listening(&self) -> Option<std::net::SocketAddr> {
        self.listener.address()
    }

    /// Runs until it is stopped.
    pub fn run(mut self, observer: &mut impl Observer) -> Result<(), ServerError> {
        let mut events = Events::with_capacity(256);
        while !self.stop.asked.load(Ordering::SeqCst) {
            match self.poll.poll(&mut events, Some(Duration::from_secs(60))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error.into());
                }
                _ => {}
            }
            let now = Instant::now();
            for event in &events {
                match event.token() {
                    WAKER => {}
                    LISTENER => self.accept(now, observer)?,
                    Token(switch) => self.ready(switch, now, observer)?,
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self, now: Instant, observer: &mut impl Observer) -> Result<(), ServerError> {
        while let Some((socket, from)) = self.listener.accept()? {
            if self.switches.len() >= MAX_SWITCHES {
                tracing::warn!("more than {MAX_SWITCHES} switches: one was refused");
                continue;
            }
            let switch = self.next;
            self.next += 1;
            let mut channel = Channel::new(socket, None, now);
            channel.register(self.poll.registry(), Token(switch))?;
            self.switches.insert(switch, channel);
            observer.came(switch, &from)?;
            let mut out = Vec::new();
            self.controller.connected(switch, &mut out);
            self.send(out, observer)?;
        }
        Ok(())
    }

    fn ready(
        &mut self,
        switch: usize,
        now: Instant,
        observer: &mut impl Observer,
    ) -> Result<(), ServerError> {
        let Some(channel) = self.switches.get_mut(&switch) else { return Ok(()) };
        channel.is_readable();
        let mut ended = channel.flush().err();
        while ended.is_none() {
            let Some(channel) = self.switches.get_mut(&switch) else { return Ok(()) };
            // A switch that does not read is not listened to either.
            let read = if channel.is_full() { Ok(false) } else { channel.read(now) };
            let mut messages = Vec::new();
            loop {
                match channel.next_message() {
                    Ok(Some(message)) => messages.push(message.to_vec()),
                    Ok(None) => break,
                    Err(error) => {
                        ended = Some(error);
                        break;
                    }
                }
            }
            for bytes in messages {
                observer.message(switch, true, &bytes)?;
                let mut out = Vec::new();
                if let Ok((message, _)) = Message::decode(&bytes) {
                    self.controller.message(switch, message, &mut out);
                }
                self.send(out, observer)?;
            }
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => ended = ended.or(Some(error)),
            }
        }
        if let Some(error) = ended {
            self.end(switch, &error, observer)?;
        }
        Ok(())
    }

    fn send(
        &mut self,
        messages: Vec<ToSwitch>,
        observer: &mut impl Observer,
    ) -> Result<(), ServerError> {
        for (switch, message) in messages {
            let Some(channel) = self.switches.get_mut(&switch) else { continue };
            let mut bytes = Vec::new();
            if let Err(error) = message.encode(&mut bytes) {
                tracing::error!("a message has no wire form: {error}");
                continue;
            }
            observer.message(switch, false, &bytes)?;
            channel.output().extend_from_slice(&bytes);
            if let Err(error) = channel.flush() {
                self.end(switch, &error, observer)?;
            }
        }
        Ok(())
    }

    fn end(
        &mut self,
        switch: usize,
        error: &ChannelError,
        observer: &mut impl Observer,
    ) -> Result<(), ServerError> {
        if self.switches.remove(&switch).is_some() {
            self.controller.gone(switch);
            observer.gone(switch, &error.to_string())?;
        }
        Ok(())
    }
}
