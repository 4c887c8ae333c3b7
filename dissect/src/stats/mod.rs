//! Statistics over the frames of a capture: sinks that count, and reports of what they counted.

mod assignments;
mod conversations;
mod fcf;
mod flow_mods;
mod hierarchy;
mod io;
mod latency;
mod lint;
mod openflow;
mod problems;
mod report;

use crate::dissector::Frame;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

pub use report::{Cell, Column, Report};

use codec::fcf::FcfLayout;

/// Something that is counted over frames.
pub trait Statistic: Sink {
    /// A frame begins.
    fn begin(&mut self, frame: &Frame<'_>);

    /// The frame ends.
    fn end(&mut self, frame: &Frame<'_>);

    /// What was counted.
    fn report(&self) -> Report;
}

/// Statistics by name, as `-z` takes them, with what they count.
pub const NAMES: [(&str, &str); 11] = [
    ("phs", "protocol hierarchy"),
    ("conv,TYPE", "conversations of eth, ip, ipv6, tcp or udp, inner ones too"),
    ("endpoints,TYPE", "ends of eth, ip, ipv6, tcp or udp, inner ones too"),
    ("io,SECONDS", "frames and bytes over time"),
    ("openflow", "OpenFlow messages by connection and type"),
    ("latency", "time from request to reply, by type"),
    ("flow-mods", "FLOW_MODs by connection and command, and how fast they come"),
    ("fcf", "frames by VM id and priority"),
    ("assignments", "VSE rules and decisions by core"),
    ("problems", "what could not be dissected"),
    ("fcf-lint", "what is wrong with Flow Control Fields"),
];

/// The statistic of that name. `fcf` is where frames have the Flow Control Field. An error says
/// what is wanted.
pub fn by_name(text: &str, fcf: Option<FcfLayout>) -> Result<Box<dyn Statistic>, String> {
    let (name, argument) = match text.split_once(',') {
        Some((name, argument)) => (name, Some(argument)),
        None => (text, None),
    };
    Ok(match (name, argument) {
        ("phs", None) | ("io", Some("phs")) => Box::new(hierarchy::Hierarchy::default()),
        ("conv", Some(kind)) => Box::new(conversations::Conversations::new(kind.parse()?, false)),
        ("endpoints", Some(kind)) => {
            Box::new(conversations::Conversations::new(kind.parse()?, true))
        }
        // As tshark writes it: io,stat,SECONDS.
        ("io", Some(interval)) if interval.starts_with("stat,") => {
            return by_name(&format!("io,{}", interval.trim_start_matches("stat,")), fcf);
        }
        ("io", Some(interval)) => Box::new(io::Io::new(interval.parse::<io::Interval>()?)),
        ("openflow", None) => Box::new(openflow::Messages::default()),
        ("latency", None) => Box::new(latency::Latency::default()),
        ("flow-mods", None) => Box::new(flow_mods::FlowMods::default()),
        ("fcf", None) => Box::new(fcf::Fields::default()),
        ("assignments", None) => Box::new(assignments::Assignments::default()),
        ("problems", None) => Box::new(problems::Problems::default()),
        ("fcf-lint", None) => Box::new(lint::Lint::new(fcf)),
        _ => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            return Err(format!("no statistics {text:?}; want one of {}", names.join(", ")));
        }
    })
}

/// Walks over a frame, for any sink.
pub trait Walker {
    /// Walks over the frame once more.
    fn walk(&mut self, sink: &mut impl Sink);
}

/// Several statistics that see the same. The one that is asked for most, by itself, costs no calls
/// through a table.
#[derive(Default)]
pub struct All {
    messages: Option<openflow::Messages>,
    others: Vec<Box<dyn Statistic>>,
}

impl std::fmt::Debug for All {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} statistics", self.reports().len())
    }
}

impl All {
    /// Statistics by their [names](NAMES).
    pub fn by_names(names: &[String], fcf: Option<FcfLayout>) -> Result<Self, String> {
        if names == ["openflow"] {
            let messages = Some(openflow::Messages::default());
            return Ok(Self { messages, others: Vec::new() });
        }
        let others = names.iter().map(|name| by_name(name, fcf)).collect::<Result<_, _>>()?;
        Ok(Self { messages: None, others })
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_none() && self.others.is_empty()
    }

    /// Counts a frame; `watch` sees it too.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>, walker: &mut impl Walker, watch: &mut impl Sink) {
        if let Some(messages) = &mut self.messages {
            messages.begin(frame);
            walker.walk(&mut (&mut *messages, watch));
            return messages.end(frame);
        }
        self.others.iter_mut().for_each(|statistic| statistic.begin(frame));
        walker.walk(&mut (Fan(&mut self.others), watch));
        self.others.iter_mut().for_each(|statistic| statistic.end(frame));
    }

    /// What was counted.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        let messages = self.messages.iter().map(Statistic::report);
        messages.chain(self.others.iter().map(|statistic| statistic.report())).collect()
    }
}

struct Fan<'a>(&'a mut [Box<dyn Statistic>]);

impl Sink for Fan<'_> {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        self.0.iter().any(|statistic| statistic.wants(protocol))
    }

    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        self.0.iter_mut().for_each(|statistic| statistic.enter(protocol, place));
    }

    fn leave(&mut self) {
        self.0.iter_mut().for_each(|statistic| statistic.leave());
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        self.0.iter_mut().for_each(|statistic| statistic.field(field, place, value));
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        self.0.iter_mut().for_each(|statistic| statistic.open(field, place));
    }

    fn close(&mut self) {
        self.0.iter_mut().for_each(|statistic| statistic.close());
    }

    fn ends(&mut self, ends: Ends) {
        self.0.iter_mut().for_each(|statistic| statistic.ends(ends));
    }

    fn info(&mut self, info: Info) {
        self.0.iter_mut().for_each(|statistic| statistic.info(info));
    }

    fn message(&mut self, bytes: &[u8], place: Place) {
        self.0.iter_mut().for_each(|statistic| statistic.message(bytes, place));
    }

    fn problem(&mut self, problem: Problem) {
        self.0.iter_mut().for_each(|statistic| statistic.problem(problem.clone()));
    }
}

/// Who talks to whom, put together from the layers of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Talk {
    addresses: Option<Ends>,
    ports: Option<Ends>,
}

impl Talk {
    /// Notes what a sink is told.
    pub fn note(&mut self, ends: Ends) {
        match ends {
            Ends::Tcp(..) | Ends::Udp(..) => self.ports = Some(ends),
            Ends::Ipv4(..) | Ends::Ipv6(..) => self.addresses = Some(ends),
            Ends::Mac(..) => {}
        }
    }

    /// The two ends with their ports, in an order that both directions have, and whether they were
    /// turned round.
    #[must_use]
    pub fn connection(&self) -> (Connection, bool) {
        let (source, destination) = match self.addresses {
            Some(Ends::Ipv4(a, b)) => (a.to_ipv6_mapped().to_bits(), b.to_ipv6_mapped().to_bits()),
            Some(Ends::Ipv6(a, b)) => (a.to_bits(), b.to_bits()),
            _ => (0, 0),
        };
        let (from, to) = match self.ports {
            Some(Ends::Tcp(a, b) | Ends::Udp(a, b)) => (a, b),
            _ => (0, 0),
        };
        let (a, b) = ((source, from), (destination, to));
        let turned = b < a;
        (if turned { Connection(b, a) } else { Connection(a, b) }, turned)
    }
}

/// The two ends of a connection: address and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection((u128, u16), (u128, u16));

impl Connection {
    /// The two ends, the lower first.
    #[must_use]
    pub fn ends(&self) -> [std::net::SocketAddr; 2] {
        [self.0, self.1].map(|(address, port)| {
            let address = std::net::Ipv6Addr::from_bits(address).to_canonical();
            std::net::SocketAddr::new(address, port)
        })
    }
}

impl std::hash::Hash for Connection {
    /// Hashes all of it in few steps.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(self.0.0);
        state.write_u128(self.1.0);
        state.write_u32(u32::from(self.0.1) << 16 | u32::from(self.1.1));
    }
}

impl std::fmt::Display for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = |(address, port): (u128, u16)| {
            let address = std::net::Ipv6Addr::from_bits(address);
            match address.to_ipv4_mapped() {
                Some(address) => format!("{address}:{port}"),
                None => format!("[{address}]:{port}"),
            }
        };
        write!(f, "{} ↔ {}", end(self.0), end(self.1))
    }
}

#[cfg(test)]
mod tests;
