//! A netlink conversation with an agent: the family "vse" over `NETLINK_USERSOCK`. Blocking, with a
//! limit on each wait. What comes from another port than the agent's is not read.

use std::io;
use std::time::{Duration, Instant};

use codec::netlink::schema::MONITOR_GROUP;
use codec::netlink::{
    Ack, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject, NetlinkType, Object,
};
use codec::vse::Assignment;
use netlink_sys::protocols::NETLINK_USERSOCK;
use netlink_sys::{Socket, SocketAddr};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::error::{ClientError, Refusal, RefusalCode, hint};
use super::target::Target;

/// Bytes that may wait in our receive queue: the most that Linux gives without privilege by
/// itself. A dump comes faster than it is read.
const QUEUE: u32 = 1 << 20;
/// How often a dump is asked for again that was not of one moment.
const DUMPS: u8 = 8;

/// A conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    target: Target,
    socket: Socket,
    agent: u32,
    limit: Duration,
    next_seq: u32,
    /// Whether the socket is in the group of the monitor.
    monitors: bool,
}

impl Conversation {
    /// Opens a socket that speaks with the agent at `port`; no wait is longer than `limit`.
    pub(super) fn connect(port: u32, limit: Duration) -> Result<Self, ClientError> {
        let target = Target::Netlink(port);
        let open = || {
            let mut socket = Socket::new(NETLINK_USERSOCK)?;
            socket.bind_auto()?;
            socket.set_rx_buf_sz(QUEUE)?;
            socket.connect(&SocketAddr::new(port, 0))?;
            io::Result::Ok(socket)
        };
        let socket = open().map_err(|source| {
            let hint = hint(&target, &source);
            ClientError::Connect { target: target.clone(), hint, source }
        })?;
        Ok(Self { target, socket, agent: port, limit, next_seq: 1, monitors: false })
    }

    /// Sends a command; returns its number.
    pub(super) fn send(
        &mut self,
        command: &Command,
        flags: NetlinkFlags,
    ) -> Result<u32, ClientError> {
        let seq = self.next_seq;
        self.next_seq = self.next_seq.checked_add(1).unwrap_or(1);
        let mut bytes = Vec::new();
        command.message(flags | NetlinkFlags::REQUEST, seq, 0)?.encode(&mut bytes)?;
        let deadline = Instant::now() + self.limit;
        loop {
            match self.socket.send(&bytes, 0) {
                Ok(_) => return Ok(seq),
                // The agent's queue is full.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.wait(deadline, PollFlags::OUT)? {
                        return Err(self.late());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) if source.kind() == io::ErrorKind::ConnectionRefused => {
                    let target = self.target.clone();
                    let hint = hint(&target, &source);
                    return Err(ClientError::Connect { target, hint, source });
                }
                Err(source) => return Err(ClientError::Io { target: self.target.clone(), source }),
            }
        }
    }

    /// Has something done.
    pub(super) fn change(&mut self, command: &Command) -> Result<(), ClientError> {
        let seq = self.send(command, NetlinkFlags::ACK)?;
        self.acknowledged(seq)
    }

    /// Waits for the acknowledgement of the request `seq`.
    pub(super) fn acknowledged(&mut self, seq: u32) -> Result<(), ClientError> {
        loop {
            for message in self.receive()? {
                if message.seq == seq && message.r#type == NetlinkType::Error {
                    return self.ack(&message);
                }
            }
        }
    }

    fn ack(&self, message: &NetlinkMessage) -> Result<(), ClientError> {
        let ack = Ack::parse(message).map_err(|source| ClientError::Decode {
            target: self.target.clone(),
            source: Box::new(source),
        })?;
        if ack.errno == 0 {
            return Ok(());
        }
        Err(Refusal { code: RefusalCode::Errno(ack.errno), words: ack.message }.into())
    }

    /// Reads the one object that a request asks for.
    pub(super) fn get<T: NetlinkObject>(&mut self, command: &Command) -> Result<T, ClientError> {
        let seq = self.send(command, NetlinkFlags::empty())?;
        loop {
            for message in self.receive()? {
                if message.seq != seq {
                    continue;
                }
                if message.r#type == NetlinkType::Error {
                    self.ack(&message)?;
                    continue;
                }
                return self.value(&message);
            }
        }
    }

    /// Reads every object that a request asks for, of one moment.
    pub(super) fn dump<T: NetlinkObject>(
        &mut self,
        command: NetlinkCommand,
        filter: Object,
    ) -> Result<Vec<T>, ClientError> {
        let command = Command::new(command, filter);
        for _ in 0..DUMPS {
            if let Some(values) = self.dump_once(&command)? {
                return Ok(values);
            }
        }
        let what = "tables that change too fast to be read".to_owned();
        Err(ClientError::Unexpected { target: self.target.clone(), what })
    }

    /// Nothing where the dump was not of one moment.
    fn dump_once<T: NetlinkObject>(
        &mut self,
        command: &Command,
    ) -> Result<Option<Vec<T>>, ClientError> {
        let seq = self.send(command, NetlinkFlags::DUMP)?;
        let (mut values, mut interrupted) = (Vec::new(), false);
        loop {
            for message in self.receive()? {
                if message.seq != seq {
                    continue;
                }
                interrupted |= message.flags.contains(NetlinkFlags::DUMP_INTR);
                match message.r#type {
                    NetlinkType::Done => return Ok((!interrupted).then_some(values)),
                    NetlinkType::Error => self.ack(&message)?,
                    _ => values.push(self.value(&message)?),
                }
            }
        }
    }

    /// The next decision that the agent tells its group; nothing where it is silent until
    /// `deadline`.
    pub(super) fn told(&mut self, deadline: Instant) -> Result<Option<Assignment>, ClientError> {
        if !self.monitors {
            self.socket.add_membership(MONITOR_GROUP).map_err(|source| {
                let hint = "the monitor's group needs CAP_NET_ADMIN".to_owned();
                ClientError::Connect { target: self.target.clone(), hint, source }
            })?;
            self.monitors = true;
        }
        while self.wait(deadline, PollFlags::IN)? {
            for message in self.read()? {
                let command = Command::parse(&message.payload).ok();
                if command.is_some_and(|command| command.command == NetlinkCommand::AssignmentNtf) {
                    return self.value(&message).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn value<T: NetlinkObject>(&self, message: &NetlinkMessage) -> Result<T, ClientError> {
        message.value().map_err(|source| ClientError::Decode {
            target: self.target.clone(),
            source: Box::new(source),
        })
    }

    fn late(&self) -> ClientError {
        ClientError::Timeout { target: self.target.clone(), limit: self.limit }
    }

    /// The messages of the next datagram.
    fn receive(&mut self) -> Result<Vec<NetlinkMessage>, ClientError> {
        let deadline = Instant::now() + self.limit;
        if !self.wait(deadline, PollFlags::IN)? {
            return Err(self.late());
        }
        self.read()
    }

    fn read(&mut self) -> Result<Vec<NetlinkMessage>, ClientError> {
        let (datagram, from) = self
            .socket
            .recv_from_full()
            .map_err(|source| ClientError::Io { target: self.target.clone(), source })?;
        let mut messages = Vec::new();
        if from.port_number() != self.agent {
            return Ok(messages);
        }
        let mut left = datagram.as_slice();
        while !left.is_empty() {
            let (message, after) = NetlinkMessage::decode(left).map_err(|error| {
                let source = Box::new(error.shifted(datagram.len() - left.len()));
                ClientError::Decode { target: self.target.clone(), source }
            })?;
            messages.push(message);
            left = after;
        }
        Ok(messages)
    }

    /// Waits until the socket is ready; false where it is not by `deadline`.
    fn wait(&self, deadline: Instant, ready: PollFlags) -> Result<bool, ClientError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).ok();
            match poll(&mut [PollFd::new(&self.socket, ready)], left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(true),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    return Err(ClientError::Io {
                        target: self.target.clone(),
                        source: error.into(),
                    });
                }
            }
        }
    }
}
