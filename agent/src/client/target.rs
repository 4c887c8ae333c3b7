//! Where an agent listens, in one word: `unix:PATH`, `netlink[:PORT]` or `tcp:HOST[:PORT]`, as Open
//! vSwitch writes its connection methods; or `bpf[:DIR]`, the tables that it has pinned.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::datapath::DEFAULT_FOLDER;

/// Where an agent listens, or is to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A unix socket, by its path: OpenFlow.
    Unix(PathBuf),
    /// A port of `NETLINK_USERSOCK`: the family "vse".
    Netlink(u32),
    /// A TCP port of a host, by name or address: OpenFlow.
    Tcp {
        /// The name or the address; an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A folder of pinned maps, which are read whether an agent runs or not.
    Bpf(PathBuf),
}

impl Target {
    /// The unix socket where an agent listens by itself.
    pub const DEFAULT_SOCKET: &str = "/run/vse/agent.sock";
    /// The netlink port of an agent where none is said: "VSE", above every process id, which other
    /// programs take for their port.
    pub const DEFAULT_NETLINK_PORT: u32 = 0x0056_5345;
    /// The TCP port where none is said: that of OpenFlow (IANA).
    pub const DEFAULT_TCP_PORT: u16 = 6653;
}

impl Default for Target {
    fn default() -> Self {
        Self::Unix(Self::DEFAULT_SOCKET.into())
    }
}

/// A word that is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{word:?} is no target: {why}; want unix:PATH, netlink[:PORT], tcp:HOST[:PORT] or \
         bpf[:DIR]"
)]
pub struct TargetError {
    word: String,
    why: &'static str,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(word: &str) -> Result<Self, TargetError> {
        let refuse = |why| TargetError { word: word.to_owned(), why };
        let (method, rest) = match word.split_once(':') {
            Some((method, rest)) => (method, Some(rest)),
            None => (word, None),
        };
        match (method, rest) {
            ("unix", Some(path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            ("unix", _) => Err(refuse("the path is missing")),
            ("netlink", None) => Ok(Self::Netlink(Self::DEFAULT_NETLINK_PORT)),
            // 0 is the kernel's own.
            ("netlink", Some(port)) => match port.parse() {
                Ok(0) | Err(_) => Err(refuse("the port is no number from 1 to 4294967295")),
                Ok(port) => Ok(Self::Netlink(port)),
            },
            ("tcp", Some(rest)) => {
                let (host, port) = host_and_port(rest).map_err(refuse)?;
                let port = port.unwrap_or(Self::DEFAULT_TCP_PORT);
                Ok(Self::Tcp { host: host.to_owned(), port })
            }
            ("tcp", None) => Err(refuse("the host is missing")),
            ("bpf", None) => Ok(Self::Bpf(DEFAULT_FOLDER.into())),
            ("bpf", Some(folder)) if !folder.is_empty() => Ok(Self::Bpf(folder.into())),
            ("bpf", Some(_)) => Err(refuse("the folder is missing")),
            _ if word.starts_with('/') => Err(refuse("a path needs unix: in front")),
            _ => Err(refuse("there is no such method")),
        }
    }
}

/// `HOST[:PORT]`, where an IPv6 address stands in brackets if a port follows.
pub(crate) fn host_and_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(inside) => match inside.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, after)) => {
                (host, Some(after.strip_prefix(':').ok_or("there is something behind the ]")?))
            }
            None => return Err("the ] is missing"),
        },
        None => match text.split_once(':') {
            // More than one colon: an IPv6 address alone.
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    let port = port.map(|port| match port.parse() {
        Ok(0) | Err(_) => Err("the port is no number from 1 to 65535"),
        Ok(port) => Ok(port),
    });
    Ok((host, port.transpose()?))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Netlink(Self::DEFAULT_NETLINK_PORT) => f.write_str("netlink"),
            Self::Netlink(port) => write!(f, "netlink:{port}"),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
            Self::Bpf(folder) if folder.as_os_str() == DEFAULT_FOLDER => f.write_str("bpf"),
            Self::Bpf(folder) => write!(f, "bpf:{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form() {
        for (word, again) in [
            ("unix:/run/vse/agent.sock", "unix:/run/vse/agent.sock"),
            ("unix:relative", "unix:relative"),
            ("netlink", "netlink"),
            ("netlink:77", "netlink:77"),
            ("tcp:127.0.0.1", "tcp:127.0.0.1:6653"),
            ("tcp:host:6633", "tcp:host:6633"),
            ("tcp:::1", "tcp:[::1]:6653"),
            ("tcp:[::1]", "tcp:[::1]:6653"),
            ("tcp:[::1]:6633", "tcp:[::1]:6633"),
            ("bpf", "bpf"),
            ("bpf:/sys/fs/bpf/other", "bpf:/sys/fs/bpf/other"),
        ] {
            let target: Target = word.parse().unwrap();
            assert_eq!(target.to_string(), again);
            assert_eq!(again.parse(), Ok(target));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (word, why) in [
            ("unix:", "the path is missing"),
            ("bpf:", "the folder is missing"),
            ("/run/vse/agent.sock", "a path needs unix: in front"),
            ("netlink:0", "the port is no number from 1 to 4294967295"),
            ("netlink:x", "the port is no number"),
            ("tcp", "the host is missing"),
            ("tcp::6653", "the host is missing"),
            ("tcp:host:0", "the port is no number from 1 to 65535"),
            ("tcp:[::1", "the ] is missing"),
            ("tcp:[::1]x", "there is something behind the ]"),
            ("ssl:host", "there is no such method"),
        ] {
            let error = word.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(why), "{word}: {error}");
        }
    }
}
