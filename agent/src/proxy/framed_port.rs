//! The interface on which frames of EtherType 0x88B5 come in, with its way to VSE.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use codec::proxy::Key;
use mio::{Registry, Token};

use super::backoff::Backoff;
use super::channel::{Channel, ChannelError};
use super::frames::Frames;
use super::packet_socket::PacketSocket;
use super::pair::{HELLO, Link};
use super::replay_state::{ReplayFile, ReplayFileError};
use super::status::FramesStatus;

/// Frames that are taken before others have their turn.
const BURST: usize = 256;

/// Frames of EtherType 0x88B5: where they come in, and whom to trust.
#[derive(Debug, Clone)]
pub struct FramedSettings {
    /// The interface.
    pub interface: String,
    /// The key of the peers; without it every frame is trusted.
    pub key: Option<Key>,
    /// Where the replay windows are kept over a restart.
    pub replay_file: Option<PathBuf>,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct KeyFileError {
    path: PathBuf,
    why: String,
}

impl FramedSettings {
    /// The settings with the key of a file.
    pub fn read(
        interface: String,
        key_file: Option<&Path>,
        replay_file: &Path,
    ) -> Result<Self, KeyFileError> {
        let key = key_file.map(read_key).transpose()?;
        // Without a key, sequences say nothing.
        let replay_file = key.as_ref().map(|_| replay_file.to_owned());
        Ok(Self { interface, key, replay_file })
    }
}

/// The key that a file holds; a line end behind it does not count.
pub fn read_key(path: &Path) -> Result<Key, KeyFileError> {
    let fail = |why: String| KeyFileError { path: path.to_owned(), why };
    let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Key::new(bytes).map_err(|error| fail(error.to_string()))
}

/// The interface, and what is known of those who send there.
#[derive(Debug)]
pub(super) struct FramedPort {
    interface: String,
    socket: Option<PacketSocket>,
    to_socket: Backoff,
    frames: Frames,
    file: Option<ReplayFile>,
    vse: Link,
    to_vse: Backoff,
    /// Frames may be there that were not read.
    is_readable: bool,
}

impl FramedPort {
    /// Reads the replay windows; opens nothing yet.
    pub(super) fn new(settings: &FramedSettings, now: Instant) -> Result<Self, ReplayFileError> {
        // Above the sequence of any answer of a proxy before this one.
        let first = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let first = u64::try_from(first).unwrap_or(u64::MAX / 2);
        let mut frames = Frames::new(settings.key.clone(), first);
        let kept = settings.replay_file.as_deref().map(ReplayFile::open).transpose()?;
        let file = kept.map(|(file, state)| {
            frames.restore(&state);
            file
        });
        Ok(Self {
            interface: settings.interface.clone(),
            socket: None,
            to_socket: Backoff::new(now),
            frames,
            file,
            vse: Link::Down,
            to_vse: Backoff::new(now),
            is_readable: false,
        })
    }

    /// How it is.
    pub(super) fn status(&self) -> FramesStatus {
        FramesStatus {
            interface: self.interface.clone(),
            is_open: self.socket.is_some(),
            is_authenticated: self.frames.is_authenticated(),
            counters: self.frames.counters(),
        }
    }

    /// When something is to be opened.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.to_socket.due(), self.to_vse.due()].into_iter().flatten().min()
    }

    /// Whether frames wait though the kernel will not tell of them again.
    pub(super) fn is_busy(&mut self) -> bool {
        let takes = match &mut self.vse {
            Link::Connecting(_) => false,
            Link::Up(vse) => !vse.is_full(),
            Link::Down => true,
        };
        self.is_readable && takes && self.socket.is_some()
    }

    /// Opens what is due: the interface under the first token, VSE under the second.
    pub(super) fn open(
        &mut self,
        agent: Option<&Path>,
        registry: &Registry,
        [at_socket, at_vse]: [Token; 2],
        now: Instant,
    ) {
        let is_due = |backoff: &Backoff| backoff.due().is_some_and(|due| due <= now);
        if is_due(&self.to_socket) {
            let opened = PacketSocket::open(&self.interface)
                .and_then(|socket| socket.register(registry, at_socket).map(|()| socket));
            match opened {
                Ok(socket) => {
                    let (address, mtu) = (socket.address, socket.mtu);
                    tracing::info!(interface = self.interface, %address, mtu, "frames come in");
                    self.frames.at(address, mtu);
                    self.to_socket.connected(now);
                    self.socket = Some(socket);
                    self.is_readable = true;
                }
                Err(error) => {
                    tracing::warn!(interface = self.interface, "no frames come in: {error}");
                    self.to_socket.lost(now);
                }
            }
        }
        let Some(agent) = agent.filter(|_| is_due(&self.to_vse)) else { return };
        let opened = Channel::to_unix(agent, now).and_then(|mut channel| {
            channel.register(registry, at_vse)?;
            Ok(channel)
        });
        match opened {
            Ok(channel) => {
                self.to_vse.trying();
                self.vse = Link::Connecting(channel);
            }
            Err(error) => {
                tracing::info!(interface = self.interface, "no VSE: {error}");
                self.to_vse.lost(now);
            }
        }
    }

    /// Takes that there are frames.
    pub(super) fn readable(&mut self) {
        self.is_readable = true;
    }

    /// Takes that the stream to VSE is ready for something.
    pub(super) fn vse_ready(&mut self, now: Instant) {
        match self.vse.ready() {
            Ok(true) => {
                self.to_vse.connected(now);
                if let Some(channel) = self.vse.up() {
                    channel.output().extend_from_slice(&HELLO);
                }
                self.frames.vse_up();
            }
            Ok(false) => {}
            Err(error) => self.vse_down(&error, now),
        }
    }

    fn vse_down(&mut self, error: &ChannelError, now: Instant) {
        tracing::info!(interface = self.interface, "VSE is gone: {error}");
        self.vse = Link::Down;
        self.to_vse.lost(now);
        self.frames.vse_down();
    }

    /// Moves frames to VSE and its answers into frames.
    pub(super) fn pump(&mut self, now: Instant) {
        if let Err(error) = self.take_frames(now) {
            tracing::warn!(interface = self.interface, "no frames come in: {error}");
            self.socket = None;
            self.to_socket.lost(now);
        }
        if let Err(error) = self.exchange(now) {
            self.vse_down(&error, now);
        }
        let Some(socket) = &mut self.socket else { return };
        self.frames.flush(|frame| {
            if let Err(error) = socket.send(frame) {
                tracing::warn!("an answer is lost: {error}");
            }
        });
    }

    /// Reads frames; what they ask goes to VSE when their sequences are on the disk.
    fn take_frames(&mut self, now: Instant) -> io::Result<()> {
        let Some(socket) = self.socket.as_mut().filter(|_| self.is_readable) else {
            return Ok(());
        };
        // Meanwhile frames wait in the kernel.
        let waits = match &mut self.vse {
            Link::Connecting(_) => true,
            Link::Up(vse) => vse.is_full(),
            Link::Down => false,
        };
        if waits {
            return Ok(());
        }
        let mut asked = Vec::new();
        let mut taken = 0;
        while taken < BURST {
            let Some(frame) = socket.receive()? else {
                self.is_readable = false;
                break;
            };
            self.frames.arrived(frame, &mut asked);
            taken += 1;
        }
        self.frames.settle(&mut asked);
        if let (Some(file), Some(state)) = (&self.file, self.frames.moved())
            && let Err(error) = file.write(&state)
        {
            // A frame that could come once more after a restart must not count now.
            self.vse_down(&ChannelError::Io(error), now);
            return Ok(());
        }
        if let Some(vse) = self.vse.up() {
            vse.output().append(&mut asked);
        }
        Ok(())
    }

    fn exchange(&mut self, now: Instant) -> Result<(), ChannelError> {
        let Some(vse) = self.vse.up() else { return Ok(()) };
        vse.flush()?;
        loop {
            let read = vse.read(now);
            while let Some(message) = vse.next_message()? {
                if let Some(answer) = super::peek::echo_reply(message) {
                    vse.output().extend_from_slice(&answer);
                } else {
                    self.frames.from_vse(message);
                }
            }
            if !read? {
                return vse.flush();
            }
        }
    }
}
