//! A switch and its controller, with their way to VSE: what is read from one goes through the
//! session to the others, as long as they take it.

use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::channel::{Channel, ChannelError};
use super::session::{Outbox, Session};
use super::status::{LinkState, SwitchStatus};

/// Silence of the switch after which it is asked whether it lives.
const PROBE_AFTER: Duration = Duration::from_secs(5);
/// The header and the data of that question: an answer is told by all of it.
const PROBE: [u8; 24] = *b"\x01\x02\0\x18\0\0\0\0vse proxy alive?";
/// The type of an ECHO_REPLY, at offset 1.
const ECHO_REPLY: u8 = 3;

/// A stream that may be there.
#[derive(Debug)]
pub(super) enum Link {
    /// Not there.
    Down,
    /// Being made.
    Connecting(Channel),
    /// There.
    Up(Channel),
}

impl Link {
    pub(super) fn up(&mut self) -> Option<&mut Channel> {
        match self {
            Self::Up(channel) => Some(channel),
            _ => None,
        }
    }

    pub(super) fn channel(&mut self) -> Option<&mut Channel> {
        match self {
            Self::Up(channel) | Self::Connecting(channel) => Some(channel),
            Self::Down => None,
        }
    }

    fn state(&self) -> LinkState {
        match self {
            Self::Down => LinkState::Down,
            Self::Connecting(_) => LinkState::Connecting,
            Self::Up(_) => LinkState::Up,
        }
    }

    /// Takes that the socket is ready for something; whether the stream stands only now.
    pub(super) fn ready(&mut self) -> Result<bool, ChannelError> {
        let Some(channel) = self.channel() else { return Ok(false) };
        channel.is_readable();
        if matches!(self, Self::Connecting(channel) if channel.connected()?) {
            let connecting = std::mem::replace(self, Self::Down);
            if let Self::Connecting(channel) = connecting {
                *self = Self::Up(channel);
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Which stream of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Switch,
    Controller,
    Vse,
}

/// A switch and its controller.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) switch: Link,
    pub(super) controller: Link,
    pub(super) vse: Link,
    pub(super) to_controller: Backoff,
    pub(super) to_vse: Backoff,
    pub(super) session: Session,
    /// Whether it is known if there is a VSE: until then nothing is read from the controller, so
    /// that nothing is refused that could be done a moment later.
    pub(super) knows_vse: bool,
    /// Messages as they went out to switch and controller, where somebody wants to see them.
    pub(super) snooped: Option<Vec<u8>>,
    /// Where the switch came from, or is.
    peer: String,
    out: Outbox,
    /// When the switch was asked whether it lives, if it has not answered.
    probed: Option<Instant>,
}

impl Pair {
    pub(super) fn new(switch: Channel, peer: String, session: Session, now: Instant) -> Self {
        Self {
            switch: Link::Up(switch),
            controller: Link::Down,
            vse: Link::Down,
            to_controller: Backoff::new(now),
            to_vse: Backoff::new(now),
            session,
            knows_vse: false,
            snooped: None,
            peer,
            out: Outbox::default(),
            probed: None,
        }
    }

    /// How it is; `number` is the pair's own.
    pub(super) fn status(&self, number: usize) -> SwitchStatus {
        SwitchStatus {
            number,
            peer: self.peer.clone(),
            datapath_id: self.session.datapath_id(),
            controller: self.controller.state(),
            vse: self.vse.state(),
            speaks_vse: self.session.speaks_vse(),
            vms: self.session.vms_up(),
            unsettled: self.session.unsettled(),
            counters: self.session.counters(),
        }
    }

    /// Takes that the stream to VSE stands.
    pub(super) fn vse_up(&mut self, now: Instant) {
        self.to_vse.connected(now);
        self.knows_vse = true;
        if let Some(channel) = self.vse.up() {
            channel.output().extend_from_slice(&HELLO);
        }
        self.session.vse_up(&mut self.out);
    }

    /// Takes that the stream to VSE is gone.
    pub(super) fn vse_down(&mut self, now: Instant) {
        self.vse = Link::Down;
        self.to_vse.lost(now);
        self.knows_vse = true;
        self.out.to_vse.clear();
        self.session.vse_down(&mut self.out);
    }

    /// Takes what the switch's database said.
    pub(super) fn database(&mut self, said: super::Said) {
        self.session.from_database(&said.port, said.vm, &mut self.out);
    }

    /// Moves as much as everybody takes. An error names the stream that is of no use any more.
    pub(super) fn pump(&mut self, now: Instant) -> Result<(), (Side, ChannelError)> {
        loop {
            self.flush()?;
            let mut moved = self.read_controller(now).map_err(|e| (Side::Controller, e))?;
            moved |= self.read_switch(now).map_err(|e| (Side::Switch, e))?;
            moved |= self.read_vse(now).map_err(|e| (Side::Vse, e))?;
            self.session.settle(&mut self.out);
            if !moved {
                return self.flush();
            }
        }
    }

    /// Whether one of those that a message may go to has more than enough.
    fn is_full(&mut self) -> bool {
        let links = [&mut self.switch, &mut self.controller, &mut self.vse];
        links.into_iter().any(|link| link.channel().is_some_and(|channel| channel.is_full()))
    }

    fn read_controller(&mut self, now: Instant) -> Result<bool, ChannelError> {
        if !self.knows_vse || self.session.is_waiting() || self.is_full() {
            return Ok(false);
        }
        let Self { controller, session, out, .. } = self;
        let Some(controller) = controller.up() else { return Ok(false) };
        let read = controller.read(now);
        let mut taken = false;
        while !session.is_waiting() {
            let Some(message) = controller.next_message()? else { break };
            session.from_controller(message, out);
            taken = true;
        }
        // What came before the end is passed on first.
        if taken { Ok(true) } else { read }
    }

    fn read_switch(&mut self, now: Instant) -> Result<bool, ChannelError> {
        // Who would take what the switch says is not there yet.
        if self.is_full() || self.controller.up().is_none() {
            return Ok(false);
        }
        let Self { switch, session, out, probed, .. } = self;
        let Some(switch) = switch.up() else { return Ok(false) };
        let read = switch.read(now);
        let mut taken = false;
        while let Some(message) = switch.next_message()? {
            taken = true;
            if probed.is_some() && is_probed(message) {
                continue;
            }
            session.from_switch(message, out);
        }
        if taken {
            *probed = None;
            return Ok(true);
        }
        read
    }

    fn read_vse(&mut self, now: Instant) -> Result<bool, ChannelError> {
        if self.is_full() {
            return Ok(false);
        }
        let Self { vse, session, out, .. } = self;
        let Some(vse) = vse.up() else { return Ok(false) };
        let read = vse.read(now);
        let mut taken = false;
        while let Some(message) = vse.next_message()? {
            session.from_vse(message, out);
            taken = true;
        }
        if taken { Ok(true) } else { read }
    }

    fn flush(&mut self) -> Result<(), (Side, ChannelError)> {
        let Self { switch, controller, vse, out, snooped, .. } = self;
        if let Some(snooped) = snooped {
            snooped.extend_from_slice(&out.to_switch);
            snooped.extend_from_slice(&out.to_controller);
        }
        for (side, link, bytes) in [
            (Side::Switch, switch, &mut out.to_switch),
            (Side::Controller, controller, &mut out.to_controller),
            (Side::Vse, vse, &mut out.to_vse),
        ] {
            // What waits for a stream that is being made stays.
            let Some(channel) = link.up() else { continue };
            channel.output().append(bytes);
            channel.flush().map_err(|error| (side, error))?;
        }
        Ok(())
    }

    /// Takes that time has passed: asks a silent switch whether it lives. False where it does not
    /// answer.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        self.session.tick(&mut self.out);
        let talks = self.controller.up().is_some();
        let Some(switch) = self.switch.up().filter(|_| talks) else { return true };
        if let Some(probed) = self.probed {
            return now.duration_since(probed) < PROBE_AFTER;
        }
        if now.duration_since(switch.heard) >= PROBE_AFTER {
            switch.output().extend_from_slice(&PROBE);
            self.probed = Some(now);
        }
        true
    }
}

/// A HELLO of OpenFlow 1.0.
pub(super) const HELLO: [u8; 8] = [1, 0, 0, 8, 0, 0, 0, 0];

/// Whether a message is the answer to the question whether the switch lives.
fn is_probed(message: &[u8]) -> bool {
    let mut answer = PROBE;
    if let Some(r#type) = answer.get_mut(1) {
        *r#type = ECHO_REPLY;
    }
    message == answer
}
