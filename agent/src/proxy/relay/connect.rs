//! Connections that a proxy makes, and switches that come.

use std::io;
use std::time::Instant;

use codec::fcf::FcfLayout;
use mio::net::{TcpStream, UnixStream};

use super::super::channel::{Channel, Socket};
use super::super::pair::{Link, Pair, Side};
use super::super::{Endpoint, FcfActions, Place, Session, Vms};
use super::{DATABASE, FRAMES, FRAMES_VSE, MAX_PAIRS, Relay, token};

impl Relay {
    /// Makes the connections whose time has come.
    pub(super) fn connect_what_is_due(&mut self, now: Instant) {
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        for at in 0..self.dials.len() {
            let Some(dial) = self.dials.get_mut(at) else { continue };
            if dial.pair.is_some() || !is_due(dial.backoff.due()) {
                continue;
            }
            let endpoint = dial.endpoint.clone();
            match self.open(&endpoint, now) {
                Ok(channel) => {
                    let id = self.begin(channel, endpoint.to_string(), now);
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
            let controller = self.settings.controller.as_ref();
            if let Some(controller) = controller.filter(|_| is_due(pair.to_controller.due())) {
                let channel = self.open(controller, now);
                self.connecting(id, Side::Controller, channel, now);
            }
            let Some(pair) = self.pairs.get(&id) else { continue };
            if let Some(path) = self.settings.agent.as_ref().filter(|_| is_due(pair.to_vse.due())) {
                let channel = Channel::to_unix(path, now);
                self.connecting(id, Side::Vse, channel, now);
                // What waited to know whether there is a VSE goes on.
                self.pump(id, now);
            }
        }
        let agent = self.settings.agent.as_deref();
        if let Some(frames) = &mut self.frames {
            frames.open(agent, self.poll.registry(), [FRAMES, FRAMES_VSE], now);
            frames.pump(now);
        }
        if let Some(path) =
            self.settings.database.as_ref().filter(|_| is_due(self.to_database.due()))
        {
            match Channel::to_unix(path, now).and_then(|mut channel| {
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
                let stream = TcpStream::connect(address)?;
                // Messages are whole; waiting for more to send would only delay them.
                drop(stream.set_nodelay(true));
                Socket::Tcp(stream)
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

    /// Takes the switches that have come to a listener.
    pub(super) fn accept(&mut self, at: usize, now: Instant, touched: &mut Vec<usize>) {
        loop {
            let Some((listener, is_tls)) = self.listeners.get(at) else { return };
            let (socket, peer) = match listener.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return,
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
                Ok(tls) => touched.extend(self.begin(Channel::new(socket, tls, now), peer, now)),
                Err(error) => tracing::warn!("a switch could not be accepted: {error}"),
            }
        }
    }

    /// Begins a pair; its number.
    fn begin(&mut self, mut switch: Channel, peer: String, now: Instant) -> Option<usize> {
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
        tracing::info!(pair = id, peer, "a switch");
        let fcf = FcfActions::new(FcfLayout::DSCP);
        let mut vms = Vms::new(self.settings.vms.clone());
        for (port, vm) in &self.known {
            // No port is known yet, so that nobody comes or goes by it.
            vms.database(port, Some(vm.clone()));
        }
        let session = Session::new(self.settings.announce, fcf, vms);
        let mut pair = Pair::new(switch, peer, session, now);
        pair.knows_vse = self.settings.agent.is_none();
        self.pairs.insert(id, pair);
        Some(id)
    }
}
