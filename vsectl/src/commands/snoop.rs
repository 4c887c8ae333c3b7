//! `vsectl snoop`: a live OpenFlow session, by the socket on which a switch or a proxy copies it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use agent::proxy::{Endpoint, Place};
use anyhow::Context;
use codec::of10::{Body, Hello, Message};

use crate::craft;
use crate::exit::{Outcome, UsageError};
use crate::openflow_stream::OpenFlowStream;
use crate::session_log::{LogArgs, SessionLog};
use crate::signals;

/// Where Open vSwitch has its sockets, unless OVS_RUNDIR is set.
const RUNDIR: &str = "/var/run/openvswitch";
/// How long a switch may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);

/// Print a live OpenFlow session as decode does, until interrupted.
///
/// The session is read from where Open vSwitch copies that of a bridge, or the proxy (--snoop) those of all its
/// switches. Copies do not tell who said a message: it is taken for the switch's or the controller's by
/// its type, and a HELLO, an ECHO_REQUEST and what is no OpenFlow 1.0 for the controller's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A bridge of Open vSwitch by name, the path of a snoop socket, `unix:PATH`, or
    /// `tcp:HOST[:PORT]`.
    #[arg(value_name = "TARGET")]
    target: Target,

    /// Stop after so many messages.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    #[command(flatten)]
    log: LogArgs,
}

/// Who copies a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target(Endpoint);

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word.contains(':') {
            let endpoint: Endpoint = word.parse().map_err(|error| format!("{error}"))?;
            if endpoint.passive {
                return Err("who copies a session listens; want tcp: or unix:".to_owned());
            }
            return Ok(Self(endpoint));
        }
        let path = if word.contains('/') {
            PathBuf::from(word)
        } else {
            let folder = std::env::var_os("OVS_RUNDIR").unwrap_or_else(|| RUNDIR.into());
            Path::new(&folder).join(format!("{word}.snoop"))
        };
        Ok(Self(Endpoint { passive: false, tls: false, place: Place::Unix(path) }))
    }
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        if self.count == Some(0) {
            return Err(UsageError("--count 0: want 1 or more".to_owned()).into());
        }
        let mut log = SessionLog::new(&self.log)?;
        let endpoint = &self.target.0;
        let mut stream =
            OpenFlowStream::open(endpoint, Instant::now() + CONNECT).map_err(|error| {
                if error.is::<UsageError>() {
                    return error;
                }
                error.context(
                    "nobody copies a session there (a bridge does while ovs-vswitchd runs, the \
                     proxy where --snoop says)",
                )
            })?;
        stream.send(&Message::new(0, Body::Hello(Hello::default())))?;
        let stopper = stream.stopper()?;
        signals::on_stop(signals::WITHOUT_HANGUP, move || stopper.stop()).context("signals")?;
        let (mut left, mut greeted) = (self.count, false);
        while left != Some(0) {
            let next = stream.receive(None).with_context(|| endpoint.to_string())?;
            let Some(bytes) = next else { break };
            let body = Message::decode(&bytes).map(|(message, _)| message.body);
            // The first is for us, and no part of the session.
            if !std::mem::replace(&mut greeted, true) {
                continue;
            }
            let from_switch = body.is_ok_and(|body| craft::is_from_switch(&body));
            log.message(0, from_switch, &bytes, out)?;
            left = left.map(|left| left - 1);
        }
        log.finish()?;
        Ok(Outcome::Done)
    }
}
