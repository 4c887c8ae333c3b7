//! The proxy as a part of the agent: a thread of its own, which reaches the tables through the agent's
//! unix socket as any proxy does.

use std::path::Path;
use std::thread::JoinHandle;

use super::config::AgentConfig;
use crate::client::Target;
use crate::proxy::{
    FramedSettings, KeyFileError, Relay, RelayError, Settings, Stop, TlsError, TlsFiles,
    TlsSettings,
};

/// Where the replay windows are kept where the agent keeps no state.
const REPLAY_FILE: &str = "/var/lib/vse/replay.json";

/// A proxy that cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// It has no way to the tables.
    #[error("the proxy reaches the agent by a unix socket: listen has none")]
    NoSocket,
    /// Keys for TLS come together.
    #[error("proxy_private_key, proxy_certificate and proxy_ca_cert: want all three, or none")]
    PartOfTls,
    /// A key or a certificate is of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The key of signed frames is of no use.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The proxy itself cannot begin.
    #[error("proxy: {0}")]
    Relay(#[from] RelayError),
}

/// A proxy that runs; it ends with the value.
pub(super) struct OwnProxy {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl OwnProxy {
    /// Starts a proxy.
    pub(super) fn start(settings: Settings) -> Result<Self, ProxyError> {
        let relay = Relay::new(settings)?;
        for address in relay.listening() {
            tracing::info!(%address, "listening for switches");
        }
        let stop = relay.stopper();
        let run = || match relay.run() {
            Ok(passed) => tracing::info!(?passed, "the proxy has ended"),
            Err(error) => tracing::error!("the proxy has ended: {error}"),
        };
        let thread = std::thread::Builder::new().name("vse-proxy".to_owned()).spawn(run);
        Ok(Self { stop, thread: Some(thread.map_err(RelayError::Io)?) })
    }
}

/// What the proxy that `config` asks for is to do, if it asks for one.
pub(super) fn settings(config: &AgentConfig) -> Result<Option<Settings>, ProxyError> {
    let proxy = &config.proxy;
    if proxy.switches.is_empty() && proxy.interface.is_none() {
        return Ok(None);
    }
    let mut sockets = config.listen.iter().filter_map(|target| match target {
        Target::Unix(path) => Some(path.clone()),
        _ => None,
    });
    let tls = match (&proxy.private_key, &proxy.certificate, &proxy.ca_cert) {
        (None, None, None) => None,
        (Some(private_key), Some(certificate), Some(ca_cert)) => {
            let files = TlsFiles {
                private_key: private_key.clone(),
                certificate: certificate.clone(),
                ca_cert: ca_cert.clone(),
            };
            Some(TlsSettings::read(&files)?)
        }
        _ => return Err(ProxyError::PartOfTls),
    };
    let replay_file = config.state_dir.as_deref().map(|dir| dir.join("replay.json"));
    let replay_file = replay_file.as_deref().unwrap_or(Path::new(REPLAY_FILE));
    let frames = proxy
        .interface
        .clone()
        .map(|interface| FramedSettings::read(interface, proxy.key_file.as_deref(), replay_file));
    Ok(Some(Settings {
        switches: proxy.switches.clone(),
        controller: proxy.controller.clone(),
        agent: Some(sockets.next().ok_or(ProxyError::NoSocket)?),
        announce: proxy.announce,
        vms: proxy.vms.clone(),
        database: proxy.database.clone(),
        tls,
        frames: frames.transpose()?,
        control: proxy.control.clone(),
        snoop: proxy.snoop.clone(),
    }))
}

impl Drop for OwnProxy {
    fn drop(&mut self) {
        self.stop.stop();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the proxy has panicked");
        }
    }
}
