//! Waits, and lets whoever is ready have its turn.
//!
//! A turn reads and answers, but nothing is sent before what changed is written down and in the
//! datapath: then answers go out.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use codec::vse::Core;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::access::AccessRules;
use super::clock::Clock;
use super::config::{AgentConfig, Limits};
use super::connection::{Connection, End};
use super::listen::Listener;
use super::load::{LoadSampler, ThreadFollower};
use super::netlink::NetlinkServer;
use super::service::Service;
use super::systemd;
use super::{Reload, ServerError, failed};
use crate::client::Target;
use crate::engine::Time;

const SIGNALS: Token = Token(0);
const NETLINK: Token = Token(1);
/// Listeners have the tokens from here on, clients those behind [`FIRST_CLIENT`].
const FIRST_LISTENER: usize = 2;
const FIRST_CLIENT: usize = 1024;
/// How often clients are looked at that do nothing.
const TICK: Duration = Duration::from_millis(500);

/// Everything that the agent's thread owns.
pub(crate) struct EventLoop {
    poll: Poll,
    clock: Clock,
    service: Service,
    rules: AccessRules,
    config: AgentConfig,
    reload: Reload,
    limits: Limits,
    listeners: Vec<Listener>,
    netlink: Option<NetlinkServer>,
    clients: BTreeMap<usize, Connection>,
    next_client: usize,
    signals: SignalFd,
    sampler: LoadSampler,
    follower: ThreadFollower,
    sample_interval: Duration,
    sample_due: Time,
    tick_due: Time,
    watchdog: Option<Duration>,
    watchdog_due: Time,
}

impl EventLoop {
    pub(crate) fn new(
        config: AgentConfig,
        reload: Reload,
        clock: Clock,
        service: Service,
        rules: AccessRules,
    ) -> Result<Self, ServerError> {
        let poll = Poll::new().map_err(failed("epoll"))?;
        let signals = signals().map_err(failed("signals"))?;
        let registry = poll.registry();
        registry
            .register(&mut SourceFd(&signals.as_raw_fd()), SIGNALS, Interest::READABLE)
            .map_err(failed("signals"))?;
        let mut listeners = Vec::new();
        let mut netlink = None;
        for fd in systemd::sockets().map_err(failed("the sockets of systemd"))? {
            listeners.push(Listener::from_systemd(fd).map_err(failed("a socket of systemd"))?);
            tracing::info!("listening at a socket that systemd opened");
        }
        for target in &config.listen {
            let refuse = |source| ServerError::Listen { target: target.clone(), source };
            if let Target::Netlink(port) = target {
                let server = NetlinkServer::open(*port, rules).map_err(refuse)?;
                registry
                    .register(&mut SourceFd(&server.as_raw_fd()), NETLINK, Interest::READABLE)
                    .map_err(refuse)?;
                netlink = Some(server);
            } else if listeners.iter().any(|listener| listener.is_at(target)) {
                // systemd has opened it.
                continue;
            } else {
                listeners.push(Listener::open(target, rules.group).map_err(refuse)?);
            }
            tracing::info!(%target, "listening");
        }
        for (number, listener) in listeners.iter_mut().enumerate() {
            let token = Token(FIRST_LISTENER + number);
            listener.register(registry, token).map_err(failed("a listener"))?;
        }
        let now = clock.now();
        let mut sampler = LoadSampler::default();
        sampler.sample().map_err(failed("/proc/stat"))?;
        let watchdog = systemd::watchdog();
        Ok(Self {
            poll,
            clock,
            service,
            rules,
            limits: config.limits,
            sample_interval: config.sample_interval,
            sample_due: now + config.sample_interval,
            config,
            reload,
            listeners,
            netlink,
            clients: BTreeMap::new(),
            next_client: FIRST_CLIENT,
            signals,
            sampler,
            follower: ThreadFollower::default(),
            tick_due: now,
            watchdog,
            watchdog_due: now,
        })
    }

    pub(crate) fn run(mut self) -> Result<(), ServerError> {
        let mut events = Events::with_capacity(256);
        systemd::ready(&self.status());
        tracing::info!("ready");
        loop {
            let timeout = self.timeout();
            match self.poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(failed("epoll")(error));
                }
                _ => {}
            }
            self.service.now = self.clock.now();
            let mut ends = false;
            let mut has_datagrams = false;
            for event in &events {
                match event.token() {
                    SIGNALS => ends |= self.signal(),
                    NETLINK => has_datagrams = true,
                    Token(number) if number < FIRST_CLIENT => self.accept(number - FIRST_LISTENER),
                    Token(number) => {
                        if let Some(client) = self.clients.get_mut(&number) {
                            let readable = event.is_readable() || event.is_read_closed();
                            let writable = event.is_writable() || event.is_write_closed();
                            client.ready(readable || event.is_error(), writable);
                        }
                    }
                }
            }
            self.turn(has_datagrams);
            if ends {
                self.finish();
                return Ok(());
            }
        }
    }

    /// How long nothing has to be done, if nobody comes.
    fn timeout(&self) -> Duration {
        let now = self.clock.now();
        let busy = self.clients.values().any(|client| client.is_busy(&self.limits, now));
        if busy || self.netlink.as_ref().is_some_and(NetlinkServer::is_busy) {
            return Duration::ZERO;
        }
        let held = self.clients.values().filter_map(|client| client.credit_due(&self.limits, now));
        let tick = (!self.clients.is_empty()).then_some(self.tick_due);
        let watchdog = self.watchdog.map(|_| self.watchdog_due);
        let netlink = self.netlink.as_ref().and_then(NetlinkServer::due);
        let due = [tick, watchdog, netlink, self.service.due(), Some(self.sample_due)];
        let next = due.into_iter().flatten().chain(held).min().unwrap_or(self.sample_due);
        // A moment too late rather than too early, and around once more.
        next.since(now) + Duration::from_micros(50)
    }

    fn turn(&mut self, has_datagrams: bool) {
        let now = self.service.now;
        if self.sample_due <= now {
            self.sample();
        }
        self.service.advance();
        let mut ended = Vec::new();
        for (number, client) in &mut self.clients {
            if let Err(end) = client.turn(&mut self.service, &self.limits) {
                ended.push((*number, end));
            }
        }
        if let Some(netlink) = &mut self.netlink {
            netlink.turn(&mut self.service, has_datagrams);
        }
        let settled = self.service.settle();
        let Ok(told) = settled else {
            // Nobody may take what was not kept for done.
            let all: Vec<usize> = self.clients.keys().copied().collect();
            for number in all {
                self.end(number, &End::Wrong("the state is lost"));
            }
            if let Some(netlink) = &mut self.netlink {
                netlink.forget();
            }
            return;
        };
        let ticks = self.tick_due <= now;
        if ticks {
            self.tick_due = now + TICK;
        }
        for (number, client) in &mut self.clients {
            let told = told.iter().try_for_each(|event| client.event(event, &self.limits));
            let ticked = if ticks { client.tick(&self.limits, now) } else { Ok(()) };
            if let Err(end) = told.and(ticked).and_then(|()| client.flush(now)) {
                ended.push((*number, end));
            }
        }
        if let Some(netlink) = &mut self.netlink {
            for event in &told {
                netlink.event(event);
            }
            netlink.flush(&self.service);
        }
        for (number, end) in ended {
            self.end(number, &end);
        }
        if let Some(interval) = self.watchdog.filter(|_| self.watchdog_due <= now) {
            systemd::alive();
            self.watchdog_due = now + interval;
        }
    }

    fn end(&mut self, number: usize, end: &End) {
        let Some(mut client) = self.clients.remove(&number) else { return };
        client.deregister(self.poll.registry());
        match end {
            End::Gone => tracing::debug!(client = client.name, "a client has gone"),
            End::Wrong(why) => tracing::warn!(client = client.name, why, "a client was cut off"),
        }
    }

    fn accept(&mut self, number: usize) {
        loop {
            let Some(listener) = self.listeners.get(number) else { return };
            let (stream, name, access) = match listener.accept(&self.rules) {
                Ok(Some(client)) => client,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "a client could not be accepted");
                    return;
                }
            };
            if self.clients.len() >= self.limits.connections {
                tracing::warn!(client = name, "refused: there are as many clients as may be");
                continue;
            }
            let token = self.next_client;
            self.next_client += 1;
            let mut client = Connection::new(stream, name, access, self.service.now);
            match client.register(self.poll.registry(), Token(token)) {
                Ok(()) => {
                    tracing::debug!(client = client.name, "a client has come");
                    self.clients.insert(token, client);
                }
                Err(error) => tracing::warn!(%error, "a client could not be accepted"),
            }
        }
    }

    /// Whether the signal that came says to end.
    fn signal(&mut self) -> bool {
        let mut ends = false;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            let number = i32::try_from(signal.ssi_signo).unwrap_or(0);
            let signal = Signal::try_from(number).ok();
            tracing::info!(signal = signal.map_or("unknown", Signal::as_str), "a signal");
            ends |= matches!(signal, Some(Signal::SIGTERM | Signal::SIGINT));
            if signal == Some(Signal::SIGHUP) {
                systemd::reloading();
                self.reload();
                systemd::ready(&self.status());
            }
        }
        ends
    }

    fn status(&self) -> String {
        format!("{} flows", self.service.engine.flow_count())
    }

    /// Reads the configuration anew, and looks at the host: what can change while the agent runs
    /// does, the rest is named. Where the configuration is wrong, nothing changes.
    fn reload(&mut self) {
        let config = match (self.reload)() {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "the configuration is as it was");
                return;
            }
        };
        let mut changed = false;
        for key in self.config.changed(&config) {
            changed = true;
            if key.is_live {
                tracing::info!(key = key.name, "reloaded");
            } else {
                tracing::warn!(key = key.name, "this key counts after a restart");
            }
        }
        if !changed {
            tracing::info!("the configuration has not changed");
        }
        self.service.reconfigure(&self.config, &config);
        self.rules.tcp = config.tcp_access();
        self.limits = config.limits;
        self.sample_interval = config.sample_interval;
        self.sample_due = self.service.now + config.sample_interval;
        self.config = config;
        self.service.look_at_host();
    }

    fn sample(&mut self) {
        let now = self.service.now;
        self.sample_due = now + self.sample_interval;
        match self.sampler.sample() {
            Ok(loads) => {
                for (core, load) in loads {
                    self.service.set_load(core, load);
                }
            }
            Err(error) => tracing::warn!(%error, "/proc/stat cannot be read"),
        }
        let followed: Vec<(u16, u32)> = self
            .service
            .engine
            .cores()
            .vms()
            .filter(|vm| vm.pid != 0)
            .map(|vm| (vm.vm_id, vm.pid))
            .collect();
        for (vm_id, pid) in &followed {
            let core = self.follower.core_of(*pid).unwrap_or(Core::NONE);
            self.service.vm_runs_on(*vm_id, core);
        }
        self.follower.keep(|pid| followed.iter().any(|(_, known)| *known == pid));
    }

    fn finish(mut self) {
        systemd::stopping();
        self.service.finish();
        tracing::info!("ended");
    }
}

/// SIGTERM, SIGINT and SIGHUP as something that can be read.
fn signals() -> io::Result<SignalFd> {
    let set: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP].into_iter().collect();
    set.thread_block()?;
    Ok(SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?)
}
