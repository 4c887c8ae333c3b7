//! An agent for tests: the real engine with a clock that stands still, behind the three transports.
//! It does what vse-protocol(7) asks of an honest client's partner, and nothing more.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use agent::engine::{
    CoreInfo, Engine, FlowChange, FlowMatch, PacketKey, Settings, Time, UnixOffset,
};
use codec::netlink::{
    Ack, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject, NetlinkType,
    change_of,
};
use codec::of10::stats::{StatsReply, StatsReplyBody, StatsReplyFlags, StatsRequestBody};
use codec::of10::{Body, ErrorMsg, Message, Vendor};
use codec::types::Pad;
use codec::vse::{
    Bundle, BundleCommand, Config, CoreCommand, CoreMod, CoreStats, TraceReply, TraceRequest,
    VmEvent, VmInfo, VmSource, VmStats, VseFlowStats, VseFlowStatsRequest, VseMessage,
    VseStatsReply, VseStatsReplyBody, VseStatsRequest,
};
use netlink_sys::protocols::NETLINK_USERSOCK;
use netlink_sys::{Socket, SocketAddr};

use crate::run::scratch;

/// The clock.
const NOW: Time = Time::ZERO;

/// An agent that listens until the test ends.
pub(crate) struct TestAgent {
    pub(crate) unix: String,
    pub(crate) tcp: String,
    pub(crate) netlink: String,
    path: PathBuf,
}

type Tables = Arc<Mutex<Engine>>;

impl TestAgent {
    /// Begins to listen, with two cores; the socket's name must be the test's own.
    pub(crate) fn start(name: &str) -> Self {
        let cores = (0..2).map(|core| CoreInfo::new(codec::vse::Core(core)));
        let engine = Arc::new(Mutex::new(Engine::new(Settings::default(), cores)));
        // A socket's path must be short.
        let path = std::env::temp_dir().join(scratch(name).file_name().expect("a name"));
        let unix = UnixListener::bind(&path).expect("the socket's path is ours");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let port = tcp.local_addr().expect("it is bound").port();
        let mut netlink = Socket::new(NETLINK_USERSOCK).expect("netlink is there");
        let netlink_port = netlink.bind_auto().expect("a port is free").port_number();
        let tables = Arc::clone(&engine);
        std::thread::spawn(move || {
            for stream in unix.incoming().flatten() {
                let (read, tables) = (stream.try_clone().expect("a copy"), Arc::clone(&tables));
                std::thread::spawn(move || session(read, stream, &tables));
            }
        });
        let tables = Arc::clone(&engine);
        std::thread::spawn(move || {
            for stream in tcp.incoming().flatten() {
                let (read, tables) = (stream.try_clone().expect("a copy"), Arc::clone(&tables));
                std::thread::spawn(move || session(read, stream, &tables));
            }
        });
        std::thread::spawn(move || conversation(&netlink, &engine));
        Self {
            unix: format!("unix:{}", path.display()),
            tcp: format!("tcp:127.0.0.1:{port}"),
            netlink: format!("netlink:{netlink_port}"),
            path,
        }
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

fn flows(engine: &Engine, filter: &VseFlowStatsRequest) -> Vec<VseFlowStats> {
    let wanted = FlowMatch::new(&filter.r#match, &filter.tlvs).expect("a filter of vsectl");
    let covered = engine.flows().filter(|entry| wanted.covers(&entry.matched));
    covered.map(|entry| entry.to_stats(NOW, UnixOffset(0))).collect()
}

fn cores(engine: &Engine) -> Vec<CoreStats> {
    engine.cores().iter().map(|core| engine.cores().to_stats(core, 900)).collect()
}

fn trace(engine: &Engine, request: &TraceRequest) -> TraceReply {
    let layout = engine.config().fcf_layout;
    let key = PacketKey::extract(&request.frame, request.in_port, &layout);
    engine.trace(&key, request.core, NOW).to_message()
}

fn tell_vm(engine: &mut Engine, vm: &VmInfo) {
    if vm.event == VmEvent::Down {
        engine.unbind_vm(vm.vm_id);
        return;
    }
    let source = if vm.pid == 0 { VmSource::Manual } else { VmSource::Pid };
    let VmInfo { vm_id, core, port_no, tenant_id, pid, hw_addr, name, .. } = *vm;
    let pad = Pad::default();
    let stats = VmStats { vm_id, core, port_no, tenant_id, pid, hw_addr, source, pad, name };
    engine.bind_vm(stats).expect("a VM of the test");
}

fn session(mut read: impl Read, mut write: impl Write, tables: &Tables) {
    let (mut input, mut block) = (Vec::new(), [0; 4096]);
    let mut bundle: Option<Vec<(u32, FlowChange)>> = None;
    loop {
        let Ok(len @ 1..) = read.read(&mut block) else { return };
        input.extend_from_slice(block.get(..len).expect("as many as were read"));
        let mut out = Vec::new();
        while let Ok((message, after)) = Message::decode(&input) {
            let used = input.len() - after.len();
            input.drain(..used);
            let mut engine = tables.lock().expect("no test panics with it");
            for (xid, body) in answer(&mut engine, &mut bundle, message) {
                Message::new(xid, body).encode(&mut out).expect("an answer");
            }
        }
        if write.write_all(&out).is_err() {
            return;
        }
    }
}

fn answer(
    engine: &mut Engine,
    bundle: &mut Option<Vec<(u32, FlowChange)>>,
    message: Message,
) -> Vec<(u32, Body)> {
    let xid = message.xid;
    let error = |xid, refusal: &agent::engine::Refusal| {
        (xid, Body::Error(ErrorMsg { code: refusal.code(), data: vec![0; 64].into() }))
    };
    let vse = |message| vec![(xid, Body::Vendor(Vendor::Vse(message)))];
    match message.body {
        Body::Hello(hello) => vec![(xid, Body::Hello(hello))],
        Body::BarrierRequest => vec![(xid, Body::BarrierReply)],
        body @ (Body::FlowMod(_) | Body::Vendor(Vendor::Vse(VseMessage::FlowMod(_)))) => {
            match (FlowChange::try_from(&body), bundle) {
                (Err(refusal), _) => vec![error(xid, &refusal)],
                (Ok(change), Some(kept)) => {
                    kept.push((xid, change));
                    Vec::new()
                }
                (Ok(change), None) => match engine.flow_mod(&change, NOW, &mut Vec::new()) {
                    Ok(()) => Vec::new(),
                    Err(refusal) => vec![error(xid, &refusal)],
                },
            }
        }
        Body::StatsRequest(request) => {
            let StatsRequestBody::Vse(request) = request.body else { return Vec::new() };
            let body = match request {
                VseStatsRequest::Flow(filter) => VseStatsReplyBody::Flow(flows(engine, &filter)),
                VseStatsRequest::Core(_) => VseStatsReplyBody::Core(cores(engine)),
                VseStatsRequest::Vm(_) => {
                    VseStatsReplyBody::Vm(engine.cores().vms().copied().collect())
                }
                _ => return Vec::new(),
            };
            let body = StatsReplyBody::Vse(VseStatsReply { head_pad: Pad::default(), body });
            vec![(xid, Body::StatsReply(StatsReply { flags: StatsReplyFlags::empty(), body }))]
        }
        Body::Vendor(Vendor::Vse(message)) => match message {
            VseMessage::GetConfigRequest => vse(VseMessage::GetConfigReply(*engine.config())),
            VseMessage::SetConfig(config) => match engine.configure(config) {
                Ok(()) => Vec::new(),
                Err(refusal) => vec![error(xid, &refusal)],
            },
            VseMessage::CoreMod(change) => match engine.core_mod(&change, NOW, &mut Vec::new()) {
                Ok(()) => Vec::new(),
                Err(refusal) => vec![error(xid, &refusal)],
            },
            VseMessage::VmInfo(vm) => {
                tell_vm(engine, &vm);
                Vec::new()
            }
            VseMessage::TraceRequest(request) => {
                vse(VseMessage::TraceReply(trace(engine, &request)))
            }
            VseMessage::Bundle(Bundle { command: BundleCommand::Open, .. }) => {
                *bundle = Some(Vec::new());
                Vec::new()
            }
            VseMessage::Bundle(Bundle { command: BundleCommand::Commit, .. }) => {
                let (xids, changes): (Vec<_>, Vec<_>) =
                    bundle.take().unwrap_or_default().into_iter().unzip();
                match engine.bundle(&changes, NOW, &mut Vec::new()) {
                    Ok(()) => Vec::new(),
                    Err((at, refusal)) => vec![
                        error(*xids.get(at).expect("a change of the bundle"), &refusal),
                        error(xid, &refusal),
                    ],
                }
            }
            _ => {
                *bundle = None;
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

fn conversation(socket: &Socket, tables: &Tables) {
    let mut bundle: Option<Vec<FlowChange>> = None;
    while let Ok((datagram, from)) = socket.recv_from_full() {
        let (request, _) = NetlinkMessage::decode(&datagram).expect("a request of vsectl");
        let command = Command::parse(&request.payload).expect("a command of the family");
        let mut engine = tables.lock().expect("no test panics with it");
        let mut answers = Vec::new();
        let done = serve(&mut engine, &mut bundle, &request, &command, &mut answers);
        let to = SocketAddr::new(from.port_number(), 0);
        let dump = request.flags.contains(NetlinkFlags::DUMP);
        if dump {
            let end = (NetlinkType::Done, NetlinkFlags::MULTI, request.seq, request.pid);
            let (r#type, flags, seq, pid) = end;
            answers.push(NetlinkMessage { r#type, flags, seq, pid, payload: vec![0; 4].into() });
        } else if request.flags.contains(NetlinkFlags::ACK) {
            let (errno, message) = match done {
                Ok(()) => (0, None),
                Err(words) => (22, Some(words)),
            };
            let ack = Ack { errno, seq: request.seq, message, offset: None };
            answers.push(ack.message(&request).expect("an acknowledgement"));
        }
        for answer in answers {
            let mut bytes = Vec::new();
            answer.encode(&mut bytes).expect("an answer");
            socket.send_to(&bytes, &to, 0).expect("vsectl listens");
        }
    }
}

fn serve(
    engine: &mut Engine,
    bundle: &mut Option<Vec<FlowChange>>,
    request: &NetlinkMessage,
    command: &Command,
    answers: &mut Vec<NetlinkMessage>,
) -> Result<(), String> {
    let mut put = |object: codec::netlink::Object| {
        let answer = Command::new(command.command, object);
        let flags = NetlinkFlags::MULTI;
        answers.push(answer.message(flags, request.seq, request.pid).expect("an answer"));
    };
    let object = |value: &dyn Fn() -> Result<codec::netlink::Object, codec::EncodeError>| {
        value().expect("it has an object")
    };
    let words = |refusal: agent::engine::Refusal| refusal.to_string();
    match command.command {
        NetlinkCommand::FlowGet => {
            let filter = VseFlowStatsRequest::from_object(&command.object).expect("a filter");
            for flow in flows(engine, &filter) {
                put(object(&|| flow.to_object()));
            }
        }
        NetlinkCommand::CoreGet => {
            for core in cores(engine) {
                put(object(&|| core.to_object()));
            }
        }
        NetlinkCommand::VmGet => {
            for vm in engine.cores().vms() {
                put(object(&|| vm.to_object()));
            }
        }
        NetlinkCommand::ConfigGet => put(object(&|| engine.config().to_object())),
        NetlinkCommand::TraceGet => {
            let asked = TraceRequest::from_object(&command.object).expect("a frame");
            let reply = trace(engine, &asked);
            put(object(&|| reply.to_object()));
        }
        NetlinkCommand::ConfigSet => {
            let config = Config::from_object(&command.object).expect("a configuration");
            engine.configure(config).map_err(words)?;
        }
        NetlinkCommand::CoreSet => {
            let core = CoreStats::from_object(&command.object).expect("a core");
            let eligible = core.flags.contains(codec::vse::CoreFlags::ELIGIBLE);
            let word = if eligible { CoreCommand::Eligible } else { CoreCommand::Ineligible };
            let change = CoreMod { command: word, core: core.core, vm_id: 0, pad: Pad::default() };
            engine.core_mod(&change, NOW, &mut Vec::new()).map_err(words)?;
        }
        NetlinkCommand::VmAdd | NetlinkCommand::VmDel => {
            let vm = VmInfo::from_object(&command.object).expect("a VM");
            let gone = command.command == NetlinkCommand::VmDel;
            let event = if gone { VmEvent::Down } else { VmEvent::Up };
            tell_vm(engine, &VmInfo { event, ..vm });
        }
        NetlinkCommand::Bundle => {
            match Bundle::from_object(&command.object).expect("a bundle").command {
                BundleCommand::Open => *bundle = Some(Vec::new()),
                BundleCommand::Commit => {
                    let changes = bundle.take().unwrap_or_default();
                    let done = engine.bundle(&changes, NOW, &mut Vec::new());
                    done.map_err(|(at, refusal)| format!("change {at}: {refusal}"))?;
                }
                _ => *bundle = None,
            }
        }
        _ => {
            let change = change_of(command).expect("a change");
            let change = FlowChange::try_from(&change).map_err(words)?;
            match bundle {
                Some(kept) => kept.push(change),
                None => engine.flow_mod(&change, NOW, &mut Vec::new()).map_err(words)?,
            }
        }
    }
    Ok(())
}
