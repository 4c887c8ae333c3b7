//! Connection methods as Open vSwitch writes them: `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` and
//! `unix:PATH` connect; `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]` and `punix:PATH` listen.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use crate::client::{Target, host_and_port};

/// Where a peer is, or where it is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether to wait for the peer.
    pub passive: bool,
    /// Whether the stream is under TLS.
    pub tls: bool,
    /// Where.
    pub place: Place,
}

/// An address in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port of a host, by name or address.
    Tcp {
        /// The host; an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// A word that is no connection method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{word:?} is no connection method: {why}; want tcp:HOST[:PORT], ssl:HOST[:PORT], unix:PATH, or \
     to listen ptcp:[PORT][:HOST], pssl:[PORT][:HOST], punix:PATH"
)]
pub struct EndpointError {
    word: String,
    why: &'static str,
}

impl Endpoint {
    /// The addresses that the place has, for TCP; blocks while a name is looked up.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        match &self.place {
            Place::Unix(_) => Ok(Vec::new()),
            Place::Tcp { host, port } => Ok((host.as_str(), *port).to_socket_addrs()?.collect()),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(word: &str) -> Result<Self, EndpointError> {
        let refuse = |why| EndpointError { word: word.to_owned(), why };
        let (method, rest) = word.split_once(':').unwrap_or((word, ""));
        let (passive, plain) = match method.strip_prefix('p') {
            Some(plain) => (true, plain),
            None => (false, method),
        };
        let place = match plain {
            "unix" if rest.is_empty() => return Err(refuse("the path is missing")),
            "unix" => Place::Unix(rest.into()),
            "tcp" | "ssl" if passive => {
                // The port comes first; without a host, this machine's own programs alone.
                let (port, host) = rest.split_once(':').unwrap_or((rest, ""));
                let port = match port {
                    "" => Target::DEFAULT_TCP_PORT,
                    port => port.parse().map_err(|_| refuse("the port is no number to 65535"))?,
                };
                let host = if host.is_empty() { "127.0.0.1" } else { host };
                let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                Place::Tcp { host, port }
            }
            "tcp" | "ssl" => {
                let (host, port) = host_and_port(rest).map_err(refuse)?;
                let port = port.unwrap_or(Target::DEFAULT_TCP_PORT);
                Place::Tcp { host: host.to_owned(), port }
            }
            _ => return Err(refuse("there is no such method")),
        };
        Ok(Self { passive, tls: plain == "ssl", place })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.passive { "p" } else { "" })?;
        let method = if self.tls { "ssl" } else { "tcp" };
        match &self.place {
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Tcp { host, port } if self.passive => write!(f, "{method}:{port}:{host}"),
            Place::Tcp { host, port } if host.contains(':') => {
                write!(f, "{method}:[{host}]:{port}")
            }
            Place::Tcp { host, port } => write!(f, "{method}:{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form() {
        for (word, again) in [
            ("tcp:192.0.2.1", "tcp:192.0.2.1:6653"),
            ("ssl:[::1]:6633", "ssl:[::1]:6633"),
            ("unix:/run/br0.mgmt", "unix:/run/br0.mgmt"),
            ("ptcp:", "ptcp:6653:127.0.0.1"),
            ("ptcp:6633", "ptcp:6633:127.0.0.1"),
            ("pssl:6633:192.0.2.1", "pssl:6633:192.0.2.1"),
            ("punix:s", "punix:s"),
        ] {
            let endpoint: Endpoint = word.parse().unwrap();
            assert_eq!(endpoint.to_string(), again);
            assert_eq!(again.parse(), Ok(endpoint));
        }
        for (word, why) in [
            ("udp:x", "no such method"),
            ("unix:", "the path is missing"),
            ("tcp:", "the host is missing"),
            ("ptcp:x", "the port is no number"),
        ] {
            let error = word.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(why), "{word}: {error}");
        }
    }
}
