//! The family "vse" over NETLINK_USERSOCK: commands in, answers and decisions out. Any local user can
//! send to the socket, so the kernel is asked who sent each message (SCM_CREDENTIALS, unix(7)).

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use codec::netlink::schema::MONITOR_GROUP;
use codec::netlink::{
    Ack, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject, NetlinkType,
    change_of,
};
use codec::of10::{BadRequestCode, Body, Vendor};
use codec::types::Pad;
use codec::vse::{
    Bundle, Core, CoreCommand, CoreFlags, CoreMod, CoreStats, TraceRequest, VmEvent, VmInfo,
    VseFlowStatsRequest, VseMessage,
};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType,
    bind, recvmsg, sendto, setsockopt, socket, sockopt,
};
use nix::unistd::{Gid, Uid};

use super::access::{Access, AccessRules};
use super::bundle::Bundles;
use super::listing::{Flows, cores, vms};
use super::refused::Refused;
use super::service::Service;
use super::session::trace;
use crate::engine::{Event, Time, UnixOffset};

/// Datagrams of one turn, so that others have theirs.
const BURST: usize = 256;
/// Bytes of a datagram that are taken.
const LONGEST: usize = 256 << 10;
/// Bytes of answers that are put into one datagram.
const ANSWER: usize = 16 << 10;
/// Datagrams that may wait for one client.
const QUEUE: usize = 1024;
/// Clients that are known at a time.
const PORTS: usize = 1024;
/// A client that is silent so long is forgotten, and its bundle with it.
const SILENCE: Duration = Duration::from_secs(60);
/// How soon a client whose buffer is full is tried again.
const RETRY: Duration = Duration::from_millis(2);
/// How long it is tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// The agent's end of the family.
#[derive(Debug)]
pub(crate) struct NetlinkServer {
    socket: OwnedFd,
    port: u32,
    rules: AccessRules,
    ports: BTreeMap<u32, Port>,
    /// Whether there may be datagrams that were not looked at.
    is_busy: bool,
    retry: Option<Time>,
    buffer: Vec<u8>,
}

/// A client, by the port that it is bound to.
#[derive(Debug)]
struct Port {
    heard: Time,
    bundles: Bundles,
    waiting: VecDeque<Vec<u8>>,
    dump: Option<Dump>,
    /// Since when it has taken nothing.
    stuck: Option<Time>,
}

/// Entries that are under way to a client.
#[derive(Debug)]
struct Dump {
    seq: u32,
    flows: Flows,
    generation: u32,
}

impl AsRawFd for NetlinkServer {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl NetlinkServer {
    /// Binds `port`.
    pub(crate) fn open(port: u32, rules: AccessRules) -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let protocol = SockProtocol::NetlinkUserSock;
        let socket = socket(AddressFamily::Netlink, SockType::Datagram, flags, protocol)?;
        setsockopt(&socket, sockopt::PassCred, &true)?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(port, 0))?;
        let ports = BTreeMap::new();
        let buffer = vec![0; LONGEST];
        Ok(Self { socket, port, rules, ports, is_busy: false, retry: None, buffer })
    }

    /// Whether there is something to do without a further event.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// When a client is to be tried again.
    pub(crate) fn due(&self) -> Option<Time> {
        self.retry
    }

    /// Answers that must not go out are thrown away.
    pub(crate) fn forget(&mut self) {
        self.ports.clear();
    }

    /// Takes datagrams, as far as is its share of a turn.
    pub(crate) fn turn(&mut self, service: &mut Service, has_datagrams: bool) {
        if !has_datagrams && !self.is_busy {
            return;
        }
        self.is_busy = true;
        for _ in 0..BURST {
            match self.receive() {
                Ok(Some((from, access, len))) => {
                    let datagram = self.buffer.get(..len).unwrap_or_default().to_vec();
                    self.datagram(&datagram, from, access, service);
                }
                Ok(None) => {
                    self.is_busy = false;
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "netlink");
                    self.is_busy = false;
                    break;
                }
            }
        }
        let now = service.now;
        self.ports.retain(|_, port| now.since(port.heard) < SILENCE);
    }

    /// The next datagram: who sent it, what that one may do, and how long it is.
    fn receive(&mut self) -> io::Result<Option<(u32, Access, usize)>> {
        let fd = self.socket.as_raw_fd();
        let mut space = nix::cmsg_space!(nix::libc::ucred);
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<NetlinkAddr>(fd, &mut slices, Some(&mut space), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            // Datagrams were lost; who sent them waits for an answer and will ask again.
            Err(Errno::ENOBUFS) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let from = message.address.map_or(0, |address| address.pid());
        let sender = message.cmsgs()?.find_map(|cmsg| match cmsg {
            ControlMessageOwned::ScmCredentials(sender) => Some(sender),
            _ => None,
        });
        let access = sender.map_or(Access::None, |sender| {
            self.rules.sender(Uid::from_raw(sender.uid()), Gid::from_raw(sender.gid()))
        });
        Ok(Some((from, access, message.bytes)))
    }

    fn datagram(&mut self, datagram: &[u8], from: u32, access: Access, service: &mut Service) {
        // What it does not name, no answer can reach.
        if from == 0 || (self.ports.len() >= PORTS && !self.ports.contains_key(&from)) {
            return;
        }
        let port = self.ports.entry(from).or_insert_with(|| Port {
            heard: service.now,
            bundles: Bundles::default(),
            waiting: VecDeque::new(),
            dump: None,
            stuck: None,
        });
        port.heard = service.now;
        let mut rest = datagram;
        while !rest.is_empty() {
            let (request, after) = match NetlinkMessage::decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => {
                    tracing::debug!(from, %error, "a datagram is malformed");
                    return;
                }
            };
            rest = after;
            if !request.flags.contains(NetlinkFlags::REQUEST) {
                continue;
            }
            port.request(&request, self.port, access, service);
        }
    }

    /// Tells the group of monitors.
    pub(crate) fn event(&self, event: &Event) {
        let Event::Decided(decided) = event else { return };
        let message = decided.to_message(0, UnixOffset::default());
        let Some(bytes) = message.to_object().ok().and_then(|object| {
            let command = Command::new(NetlinkCommand::AssignmentNtf, object);
            encode(&command, NetlinkFlags::empty(), 0, self.port)
        }) else {
            return;
        };
        let group = NetlinkAddr::new(0, 1 << (MONITOR_GROUP - 1));
        // Without a socket at port 0 the kernel says that nobody is there, whoever is in the group.
        let told = sendto(self.socket.as_raw_fd(), &bytes, &group, MsgFlags::MSG_DONTWAIT);
        if let Err(error) = told {
            tracing::trace!(%error, "monitors");
        }
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self, service: &Service) {
        self.retry = None;
        let fd = self.socket.as_raw_fd();
        let (now, own) = (service.now, self.port);
        self.ports.retain(|number, port| {
            let address = NetlinkAddr::new(*number, 0);
            loop {
                if port.waiting.is_empty() {
                    port.next_part(own, service);
                }
                let Some(datagram) = port.waiting.front() else { return true };
                match sendto(fd, datagram, &address, MsgFlags::MSG_DONTWAIT) {
                    Ok(_) => {
                        port.waiting.pop_front();
                        port.stuck = None;
                    }
                    Err(Errno::EAGAIN) => {
                        let since = *port.stuck.get_or_insert(now);
                        let next = now + RETRY;
                        self.retry = Some(self.retry.map_or(next, |retry| retry.min(next)));
                        return now.since(since) < PATIENCE;
                    }
                    Err(_) => return false,
                }
            }
        });
    }
}

impl Port {
    fn request(
        &mut self,
        request: &NetlinkMessage,
        own: u32,
        access: Access,
        service: &mut Service,
    ) {
        let mut answers = Vec::new();
        let done = self.handle(request, own, access, service, &mut answers);
        let ack = match done {
            Ok(true) => None,
            Ok(false) => request.flags.contains(NetlinkFlags::ACK).then_some(Ack {
                errno: 0,
                seq: request.seq,
                message: None,
                offset: None,
            }),
            Err((refused, offset)) => {
                tracing::debug!(seq = request.seq, why = refused.text, "refused");
                let (errno, message) = (refused.errno(), Some(refused.text));
                Some(Ack { errno, seq: request.seq, message, offset })
            }
        };
        if let Some(Ok(message)) = ack.map(|ack| ack.message(request)) {
            drop(message.encode(&mut answers));
        }
        if !answers.is_empty() && self.waiting.len() < QUEUE {
            self.waiting.push_back(answers);
        }
    }

    /// Does what a request asks for; whether it has been answered in full, acknowledgement included.
    #[allow(clippy::too_many_lines, reason = "one arm for each command, so that grep finds it")]
    fn handle(
        &mut self,
        request: &NetlinkMessage,
        own: u32,
        access: Access,
        service: &mut Service,
        out: &mut Vec<u8>,
    ) -> Result<bool, (Refused, Option<u32>)> {
        let at = |error: codec::DecodeError| {
            // Offsets count from the header of the request.
            let offset = u32::try_from(error.offset + codec::netlink::HEADER_LEN).ok();
            (Refused::from(error), offset)
        };
        let plain = |refused: Refused| (refused, None);
        if access < Access::Read {
            let text = "only root, the owner of the agent's socket and its group may read";
            return Err(plain(Refused::new(BadRequestCode::Eperm, text)));
        }
        let command = Command::parse(&request.payload).map_err(at)?;
        let object = &command.object;
        let is_change = !matches!(
            command.command,
            NetlinkCommand::FlowGet
                | NetlinkCommand::CoreGet
                | NetlinkCommand::VmGet
                | NetlinkCommand::ConfigGet
                | NetlinkCommand::DatapathGet
                | NetlinkCommand::TraceGet
        );
        if is_change && access < Access::Change {
            return Err(plain(Refused::not_permitted()));
        }
        if !is_change {
            service.refresh();
        }
        let is_dump = request.flags.contains(NetlinkFlags::DUMP);
        let vse = |message| Body::Vendor(Vendor::Vse(message));
        let mut tell = Teller { request, own, is_dump, command: command.command, out };
        match command.command {
            NetlinkCommand::FlowGet => {
                let wanted = VseFlowStatsRequest::from_object(object).map_err(at)?;
                let matched = (&wanted.r#match, &wanted.tlvs);
                let flows = Flows::new(service, matched, wanted.table_id, wanted.out_port);
                let flows = flows.map_err(plain)?;
                let generation = service.engine.generation();
                self.dump = Some(Dump { seq: request.seq, flows, generation });
                return Ok(true);
            }
            NetlinkCommand::FlowAdd | NetlinkCommand::FlowMod | NetlinkCommand::FlowDel => {
                let body = vse(VseMessage::FlowMod(change_of(&command).map_err(at)?));
                if self.bundles.is_open() {
                    self.bundles.keep(request.seq, &body, service).map_err(plain)?;
                } else {
                    service.change(&body).map_err(plain)?;
                }
            }
            NetlinkCommand::CoreGet => {
                let id = if is_dump {
                    Core::NONE
                } else {
                    CoreStats::from_object(object).map_err(at)?.core
                };
                let found = cores(service, id);
                return tell.all(&found).map_err(plain);
            }
            NetlinkCommand::CoreSet => {
                let core = CoreStats::from_object(object).map_err(at)?;
                let is_eligible = core.flags.contains(CoreFlags::ELIGIBLE);
                let command =
                    if is_eligible { CoreCommand::Eligible } else { CoreCommand::Ineligible };
                let change = CoreMod { command, core: core.core, vm_id: 0, pad: Pad::default() };
                service.change(&vse(VseMessage::CoreMod(change))).map_err(plain)?;
            }
            NetlinkCommand::VmGet => {
                let id = if is_dump { 0 } else { VmInfo::from_object(object).map_err(at)?.vm_id };
                let found = vms(service, id);
                return tell.all(&found).map_err(plain);
            }
            NetlinkCommand::VmAdd | NetlinkCommand::VmDel => {
                let mut vm = VmInfo::from_object(object).map_err(at)?;
                if command.command == NetlinkCommand::VmDel {
                    vm.event = VmEvent::Down;
                }
                service.change(&vse(VseMessage::VmInfo(vm))).map_err(plain)?;
            }
            NetlinkCommand::ConfigGet => {
                return tell.all(std::slice::from_ref(service.engine.config())).map_err(plain);
            }
            NetlinkCommand::ConfigSet => {
                let config = service.engine.config().updated(object).map_err(at)?;
                service.change(&vse(VseMessage::SetConfig(config))).map_err(plain)?;
            }
            NetlinkCommand::DatapathGet => {
                return tell.all(&[service.datapath_stats()]).map_err(plain);
            }
            NetlinkCommand::TraceGet => {
                let wanted = TraceRequest::from_object(object).map_err(at)?;
                return tell.all(&[trace(&wanted, service)]).map_err(plain);
            }
            NetlinkCommand::Bundle => {
                let wanted = Bundle::from_object(object).map_err(at)?;
                let done = self.bundles.command(wanted.command, service);
                done.map_err(|failed| {
                    let mut refused = failed.refused;
                    if let Some((seq, _)) = failed.change.as_deref() {
                        refused.text = format!("the change of seq {seq}: {}", refused.text);
                    }
                    (refused, None)
                })?;
            }
            _ => {
                let text = "VSE does not take this command";
                return Err(plain(Refused::new(BadRequestCode::BadType, text)));
            }
        }
        Ok(false)
    }

    /// Puts the next part of a dump into the queue.
    fn next_part(&mut self, own: u32, service: &Service) {
        let Some(dump) = &mut self.dump else { return };
        let mut flags = NetlinkFlags::MULTI;
        // Entries have come or gone since the first part.
        flags.set(NetlinkFlags::DUMP_INTR, dump.generation != service.engine.generation());
        let mut datagram = Vec::new();
        for stats in dump.flows.next_stats(service) {
            let Ok(object) = stats.to_object() else { continue };
            let command = Command::new(NetlinkCommand::FlowGet, object);
            if let Some(bytes) = encode(&command, flags, dump.seq, own) {
                if datagram.len() + bytes.len() > ANSWER {
                    self.waiting.push_back(std::mem::take(&mut datagram));
                }
                datagram.extend_from_slice(&bytes);
            }
        }
        if dump.flows.is_done() {
            done(flags, dump.seq, own, &mut datagram);
            self.dump = None;
        }
        if !datagram.is_empty() {
            self.waiting.push_back(datagram);
        }
    }
}

/// Writes the objects that answer a request.
struct Teller<'a> {
    request: &'a NetlinkMessage,
    own: u32,
    is_dump: bool,
    command: NetlinkCommand,
    out: &'a mut Vec<u8>,
}

impl Teller<'_> {
    /// All of a dump with its end, or the one object that was asked for.
    fn all<T: NetlinkObject>(&mut self, values: &[T]) -> Result<bool, Refused> {
        if values.is_empty() && !self.is_dump {
            return Err(Refused::new(BadRequestCode::Eperm, "there is none of that number"));
        }
        let flags = if self.is_dump { NetlinkFlags::MULTI } else { NetlinkFlags::empty() };
        for object in values.iter().filter_map(|value| value.to_object().ok()) {
            let command = Command::new(self.command, object);
            let bytes = encode(&command, flags, self.request.seq, self.own);
            self.out.extend(bytes.into_iter().flatten());
        }
        if self.is_dump {
            done(flags, self.request.seq, self.own, self.out);
        }
        Ok(self.is_dump)
    }
}

fn encode(command: &Command, flags: NetlinkFlags, seq: u32, pid: u32) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    command.message(flags, seq, pid).and_then(|message| message.encode(&mut bytes)).ok()?;
    Some(bytes)
}

fn done(flags: NetlinkFlags, seq: u32, pid: u32, out: &mut Vec<u8>) {
    let payload = 0_i32.to_le_bytes().to_vec().into();
    drop(NetlinkMessage { r#type: NetlinkType::Done, flags, seq, pid, payload }.encode(out));
}
