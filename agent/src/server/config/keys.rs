//! Every key of the configuration, in one table: what it is called, what it may be, and what it does.

use std::time::Duration;

use codec::fcf::FcfLayout;
use codec::vse::{ConfigFlags, Policy};

use super::AgentConfig;
use super::value::{boolean, datapath, each, loopback, number, optional, path, seconds, word};
use crate::datapath::Pace;
use crate::proxy::parse_vms;

/// A key of the configuration.
pub struct Key {
    /// Its name in the file; the flag has hyphens for underscores, the environment variable is in
    /// capitals behind `VSE_`.
    pub name: &'static str,
    /// What its value is, for people.
    pub value: &'static str,
    /// Its value where it is not set.
    pub default: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    /// Whether a running agent takes a new value when it reloads; others need a restart.
    pub is_live: bool,
    pub(super) set: fn(&mut AgentConfig, &str) -> Result<(), String>,
}

impl Key {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VSE_{}", self.name.to_ascii_uppercase())
    }

    /// The key with its default, as a line of the file.
    #[must_use]
    pub fn toml_default(&self) -> String {
        let is_bare = self.default.parse::<u64>().is_ok() || self.default.parse::<bool>().is_ok();
        match self.default {
            default if is_bare => format!("{} = {default}", self.name),
            default => format!("{} = {default:?}", self.name),
        }
    }

    /// The flag, without its hyphens in front.
    #[must_use]
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// When a new value counts.
enum When {
    Reload,
    Restart,
}

macro_rules! key {
    ($when:ident, $name:literal, $value:literal, $default:literal, $doc:literal, |$config:ident, $text:ident| $set:expr) => {
        Key {
            name: $name,
            value: $value,
            default: $default,
            doc: $doc,
            is_live: matches!(When::$when, When::Reload),
            set: |$config, $text| {
                $set;
                Ok(())
            },
        }
    };
}

/// Every key.
pub const KEYS: &[Key] = &[
    key!(
        Restart,
        "listen",
        "TARGET,…",
        "unix:/run/vse/agent.sock",
        "Where to listen: unix:PATH, netlink[:PORT], tcp:HOST[:PORT]",
        |config, text| config.listen = each(text)?
    ),
    key!(
        Restart,
        "datapath",
        "DATAPATH",
        "none",
        "What moves the frames: none, replay:FILE or xdp:INTERFACE[@MODE],…; MODE is native, generic \
         or either",
        |config, text| config.datapath = datapath(text)?
    ),
    key!(
        Restart,
        "bpf_dir",
        "DIR",
        "/sys/fs/bpf/vse",
        "Where an XDP datapath is pinned, so that it outlives the agent",
        |config, text| config.xdp.folder = text.into()
    ),
    key!(
        Restart,
        "xdp_rules",
        "NUMBER",
        "4096",
        "Rules that the maps of an XDP datapath hold; those that are pinned keep their size",
        |config, text| config.xdp.max_rules = number(text, 1, 65_536)?
    ),
    key!(
        Restart,
        "xdp_queue",
        "NUMBER",
        "2048",
        "Frames that wait for a core at most",
        |config, text| {
            config.xdp.queue_size = number(text, 1, 16_384)?;
        }
    ),
    key!(
        Restart,
        "xdp_metadata",
        "BOOL",
        "false",
        "Whether redirected frames carry their rxhash in front, for programs behind the cpumap",
        |config, text| config.xdp.metadata = boolean(text)?
    ),
    key!(
        Restart,
        "xdp_rebuild",
        "BOOL",
        "false",
        "Whether pinned maps of another layout are made anew, which ends steering for a moment",
        |config, text| config.xdp.rebuild = boolean(text)?
    ),
    key!(
        Restart,
        "metrics",
        "ADDRESS:PORT",
        "",
        "Where Prometheus may fetch /metrics, on a loopback address; empty for nowhere",
        |config, text| config.metrics = loopback(text)?
    ),
    key!(
        Restart,
        "replay_pace",
        "recorded|fastest",
        "recorded",
        "How fast a capture is replayed",
        |config, text| config.pace =
            word(text, &[("recorded", Pace::AsRecorded), ("fastest", Pace::Fastest)])?
    ),
    key!(
        Restart,
        "state_dir",
        "DIR",
        "/var/lib/vse",
        "Where the tables are kept; empty for nowhere",
        |config, text| config.state_dir = (!text.is_empty()).then(|| text.into())
    ),
    key!(
        Reload,
        "sync",
        "BOOL",
        "false",
        "Whether a change is on the disk itself before it is acknowledged",
        |config, text| config.sync = boolean(text)?
    ),
    key!(
        Reload,
        "snapshot_interval",
        "SECONDS",
        "60",
        "Longest time from a change to the next snapshot",
        |config, text| config.snapshot_interval = seconds(text, 1, 86_400)?
    ),
    key!(
        Restart,
        "group",
        "GROUP",
        "",
        "The group whose members may read; empty for none",
        |config, text| config.group = (!text.is_empty()).then(|| text.to_owned())
    ),
    key!(
        Reload,
        "tcp_change",
        "BOOL",
        "false",
        "Whether clients over TCP may change something",
        |config, text| config.tcp_change = boolean(text)?
    ),
    key!(
        Reload,
        "sample_interval",
        "MILLISECONDS",
        "1000",
        "Time between two samples of the cores' load",
        |config, text| config.sample_interval = Duration::from_millis(number(text, 10, 60_000)?)
    ),
    key!(Reload, "max_connections", "NUMBER", "256", "Clients at a time", |config, text| config
        .limits
        .connections =
        number(text, 1, 65_536)?),
    key!(
        Reload,
        "max_message_rate",
        "NUMBER",
        "1000000",
        "Messages a second of one client",
        |config, text| config.limits.message_rate = number(text, 1, 100_000_000)?
    ),
    key!(
        Reload,
        "max_output",
        "BYTES",
        "1048576",
        "Bytes that may wait for one client",
        |config, text| {
            config.limits.output = number(text, 65_536, 1 << 30)?;
        }
    ),
    key!(
        Reload,
        "handshake_timeout",
        "SECONDS",
        "5",
        "Time until a client must have said HELLO",
        |config, text| config.limits.handshake_timeout = seconds(text, 1, 3600)?
    ),
    key!(
        Reload,
        "echo_interval",
        "SECONDS",
        "15",
        "Silence after which a client is asked whether it lives",
        |config, text| config.limits.echo_interval = seconds(text, 1, 3600)?
    ),
    key!(Restart, "max_flows", "NUMBER", "131072", "Entries of the flow table", |config, text| {
        config.engine.max_flows = number(text, 1, 16_777_216)?;
    }),
    key!(Restart, "max_vms", "NUMBER", "4094", "VMs of the core table", |config, text| config
        .engine
        .max_vms =
        number(text, 1, 4094)?),
    key!(Reload, "enabled", "BOOL", "true", "Whether VSE chooses cores", |config, text| config
        .engine
        .config
        .flags
        .set(ConfigFlags::ENABLED, boolean(text)?)),
    key!(
        Reload,
        "policy",
        "adaptive|hash|current",
        "adaptive",
        "How a core is chosen",
        |config, text| {
            config.engine.config.policy =
                Policy::from_name(text).ok_or("want adaptive, hash or current")?;
        }
    ),
    key!(
        Reload,
        "high_load",
        "PER-MILLE",
        "900",
        "Load from which on a core is highly loaded",
        |config, text| config.engine.config.high_load = number(text, 0, 1000)?
    ),
    key!(
        Reload,
        "flow_idle_timeout",
        "SECONDS",
        "60",
        "Time without a frame after which an entry gives its core back; 0 for never",
        |config, text| config.engine.config.idle_timeout = number(text, 0, 65_535)?
    ),
    key!(
        Reload,
        "fcf_layout",
        "LAYOUT",
        "dscp",
        "Where the Flow Control Field stands: dscp, tos8, vlan or custom(…)",
        |config, text| config.engine.config.fcf_layout =
            text.parse::<FcfLayout>().map_err(|error| error.to_string())?
    ),
    key!(
        Reload,
        "rebalance",
        "BOOL",
        "false",
        "Whether entries move away from cores that stay highly loaded",
        |config, text| config.engine.config.flags.set(ConfigFlags::REBALANCE, boolean(text)?)
    ),
    key!(
        Reload,
        "rebalance_interval",
        "SECONDS",
        "60",
        "Least time between two moves of an entry",
        |config, text| config.engine.config.rebalance_interval = number(text, 0, 65_535)?
    ),
    key!(
        Reload,
        "rebalance_improvement",
        "PER-MILLE",
        "250",
        "Least gain of load that is worth a move",
        |config, text| config.engine.config.rebalance_improvement = number(text, 0, 1000)?
    ),
    key!(
        Restart,
        "proxy_switch",
        "SPEC,…",
        "",
        "Be the proxy of these switches: ptcp:[PORT][:HOST], punix:PATH, unix:PATH …; empty for none",
        |config, text| config.proxy.switches = each(text)?
    ),
    key!(
        Restart,
        "proxy_controller",
        "SPEC",
        "",
        "Their controller: tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH",
        |config, text| config.proxy.controller = optional(text)?
    ),
    key!(
        Restart,
        "proxy_announce",
        "BOOL",
        "false",
        "Whether the controller is told of VMs before it has spoken VSE",
        |config, text| config.proxy.announce = boolean(text)?
    ),
    key!(
        Restart,
        "proxy_vm",
        "VM,…",
        "",
        "Ports that are VMs: port=NAME or mac=ADDRESS, then id=N, and tenant=N, name=NAME, core=N, pid=N",
        |config, text| config.proxy.vms = parse_vms(text)?
    ),
    key!(
        Restart,
        "proxy_database",
        "FILE",
        "",
        "The socket of Open vSwitch's database, whose external_ids tell of VMs too",
        |config, text| config.proxy.database = path(text)
    ),
    key!(
        Restart,
        "proxy_interface",
        "INTERFACE",
        "",
        "The interface whose frames of EtherType 0x88B5 are served; empty for none",
        |config, text| config.proxy.interface = (!text.is_empty()).then(|| text.to_owned())
    ),
    key!(
        Restart,
        "proxy_key_file",
        "FILE",
        "",
        "The key that those frames must be signed with, 16 bytes or more",
        |config, text| config.proxy.key_file = path(text)
    ),
    key!(
        Restart,
        "proxy_control",
        "FILE",
        "",
        "The socket that tells how the proxy is: vsectl proxy show",
        |config, text| config.proxy.control = path(text)
    ),
    key!(
        Restart,
        "proxy_snoop",
        "FILE",
        "",
        "The socket that copies all messages of the proxy's sessions: vsectl snoop",
        |config, text| config.proxy.snoop = path(text)
    ),
    key!(
        Restart,
        "proxy_private_key",
        "FILE",
        "",
        "The private key of the proxy, for ssl and pssl",
        |config, text| config.proxy.private_key = path(text)
    ),
    key!(
        Restart,
        "proxy_certificate",
        "FILE",
        "",
        "The certificate of that key",
        |config, text| config.proxy.certificate = path(text)
    ),
    key!(
        Restart,
        "proxy_ca_cert",
        "FILE",
        "",
        "The certificate of who signs those of the proxy's peers",
        |config, text| config.proxy.ca_cert = path(text)
    ),
    key!(
        Reload,
        "log",
        "LEVEL",
        "info",
        "What is logged: error, warn, info, debug or trace",
        |config, text| config.log = word(
            text,
            &["error", "warn", "info", "debug", "trace"].map(|level| (level, level.to_owned()))
        )?
    ),
    key!(Restart, "log_format", "text|json", "text", "How it is logged", |config, text| config
        .log_json =
        word(text, &[("text", false), ("json", true)])?),
];
