//! Who looks at a running proxy: the control socket tells how it is, the snoop socket copies the
//! messages of all sessions, as that of a bridge of Open vSwitch does.
//!
//! An observer never holds up a session: one that does not read is cut off.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use mio::{Registry, Token};

use super::super::channel::{Channel, ChannelError};
use super::super::pair::HELLO;
use super::listener::Listener;
use super::{RelayError, Settings};

const CONTROL: Token = Token(usize::MAX - 5);
const SNOOP: Token = Token(usize::MAX - 6);
/// Tokens of observers are from here on, above those of all pairs.
const FIRST: usize = usize::MAX / 2;
/// Observers at a time.
const MAX_OBSERVERS: usize = 16;

/// Everyone who looks.
#[derive(Debug)]
pub(super) struct Observers {
    control: Option<(Listener, PathBuf)>,
    snoop: Option<(Listener, PathBuf)>,
    watching: BTreeMap<usize, Observer>,
    next: usize,
}

#[derive(Debug)]
struct Observer {
    channel: Channel,
    /// Whether it wants copies of messages; the others go when they have what they came for.
    snoops: bool,
}

impl Observers {
    /// Listens where `settings` say.
    pub(super) fn new(settings: &Settings, registry: &Registry) -> Result<Self, RelayError> {
        let open = |path: &Option<PathBuf>, token| -> Result<_, RelayError> {
            let Some(path) = path else { return Ok(None) };
            let listener = Listener::at_path(path, registry, token)
                .map_err(|source| RelayError::Observe { path: path.clone(), source })?;
            Ok(Some((listener, path.clone())))
        };
        Ok(Self {
            control: open(&settings.control, CONTROL)?,
            snoop: open(&settings.snoop, SNOOP)?,
            watching: BTreeMap::new(),
            next: 0,
        })
    }

    /// Whether somebody wants copies of messages.
    pub(super) fn are_snooping(&self) -> bool {
        self.watching.values().any(|observer| observer.snoops)
    }

    /// Takes that a socket is ready; false where it is none of an observer.
    pub(super) fn ready(
        &mut self,
        token: Token,
        registry: &Registry,
        now: Instant,
        status: impl FnOnce() -> Vec<u8>,
    ) -> bool {
        match token {
            CONTROL => self.accept(&status(), false, registry, now),
            SNOOP => self.accept(&HELLO, true, registry, now),
            Token(token) if self.watching.contains_key(&token) => {
                let turn = |observer: &mut Observer| -> Result<(), ChannelError> {
                    observer.channel.is_readable();
                    // What an observer says does not matter; that it goes, does.
                    while observer.channel.read(now)? {
                        observer.channel.take_bytes();
                    }
                    observer.flush()
                };
                if self.watching.get_mut(&token).is_some_and(|observer| turn(observer).is_err()) {
                    self.watching.remove(&token);
                }
            }
            Token(_) => return false,
        }
        true
    }

    fn accept(&mut self, first: &[u8], snoops: bool, registry: &Registry, now: Instant) {
        loop {
            let listener = if snoops { &self.snoop } else { &self.control };
            let Some((listener, _)) = listener else { return };
            let socket = match listener.accept() {
                Ok(Some((socket, _))) => socket,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!("an observer could not be accepted: {error}");
                    return;
                }
            };
            if self.watching.len() >= MAX_OBSERVERS {
                tracing::warn!("more than {MAX_OBSERVERS} observers: one was refused");
                continue;
            }
            let token = FIRST + self.next % (usize::MAX / 4);
            self.next += 1;
            let mut observer = Observer { channel: Channel::new(socket, None, now), snoops };
            observer.channel.output().extend_from_slice(first);
            let begun = observer.channel.register(registry, Token(token)).map_err(Into::into);
            if begun.and_then(|()| observer.flush()).is_ok() {
                self.watching.insert(token, observer);
            }
        }
    }

    /// Copies messages to those who want them.
    pub(super) fn copy(&mut self, messages: &[u8]) {
        self.watching.retain(|_, observer| {
            if !observer.snoops {
                return true;
            }
            observer.channel.output().extend_from_slice(messages);
            let holds = !observer.channel.is_full() && observer.flush().is_ok();
            if !holds {
                tracing::info!("an observer that does not read, or has gone, was cut off");
            }
            holds
        });
    }
}

impl Observer {
    fn flush(&mut self) -> Result<(), ChannelError> {
        self.channel.flush()?;
        // Who came for the status has all of it.
        let done = !self.snoops && self.channel.waiting() == 0;
        if done { Err(ChannelError::Closed) } else { Ok(()) }
    }
}

impl Drop for Observers {
    fn drop(&mut self) {
        let paths = [&self.control, &self.snoop].into_iter().flatten();
        paths.for_each(|(_, path)| remove(path));
    }
}

fn remove(path: &Path) {
    drop(std::fs::remove_file(path));
}
