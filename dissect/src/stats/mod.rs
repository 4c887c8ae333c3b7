//! Statistics over the frames of a capture: sinks that count, and reports of what they counted.

mod assignments;
mod conversations;
mod fcf;
mod flow_mods;
mod hierarchy;
mod io;
mod latency;
mod lint;
mod listener;
mod openflow;
mod problems;
mod report;
mod talk;
mod times;
mod vse_hops;

use crate::frame::Frame;
use crate::info::Info;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Ends, Place, Sink, Value};

use listener::Listener;

pub use report::{Cell, Column, Report};
pub use talk::{Connection, Talk};

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
pub const NAMES: [(&str, &str); 12] = [
    ("phs", "protocol hierarchy"),
    ("conv,TYPE", "conversations of eth, ip, ipv6, tcp or udp, inner ones too"),
    ("endpoints,TYPE", "ends of eth, ip, ipv6, tcp or udp, inner ones too"),
    ("io,SECONDS", "frames and bytes over time"),
    ("openflow", "OpenFlow messages by connection and type"),
    ("latency", "time from request to reply, by type"),
    ("vse-hops", "time that requests to VSE take at the controller, the proxy and the agent"),
    ("flow-mods", "FLOW_MODs by connection and command, and how fast they come"),
    ("fcf", "frames by VM id and priority"),
    ("assignments", "VSE rules and decisions by core"),
    ("problems", "what could not be dissected"),
    ("fcf-lint", "what is wrong with Flow Control Fields"),
];

/// The statistic of that name. `fcf` is where frames have the Flow Control Field. An error says
/// what is wanted.
fn counter(text: &str, fcf: Option<FcfLayout>) -> Result<Counter, String> {
    let (name, argument) = match text.split_once(',') {
        Some((name, argument)) => (name, Some(argument)),
        None => (text, None),
    };
    let other: Box<dyn Statistic + Send> = match (name, argument) {
        ("phs", None) | ("io", Some("phs")) => return Ok(Counter::Hierarchy(<_>::default())),
        ("openflow", None) => return Ok(Counter::Messages(<_>::default())),
        ("conv", Some(kind)) => Box::new(conversations::Conversations::new(kind.parse()?, false)),
        ("endpoints", Some(kind)) => {
            Box::new(conversations::Conversations::new(kind.parse()?, true))
        }
        // As tshark writes it: io,stat,SECONDS.
        ("io", Some(interval)) if interval.starts_with("stat,") => {
            return counter(&format!("io,{}", interval.trim_start_matches("stat,")), fcf);
        }
        ("io", Some(interval)) => Box::new(io::Io::new(interval.parse::<io::Interval>()?)),
        ("latency", None) => Box::new(Listener::<latency::Latency>::default()),
        ("vse-hops", None) => Box::new(Listener::<vse_hops::VseHops>::default()),
        ("flow-mods", None) => Box::new(Listener::<flow_mods::FlowMods>::default()),
        ("fcf", None) => Box::new(fcf::Fields::default()),
        ("assignments", None) => Box::new(assignments::Assignments::default()),
        ("problems", None) => Box::new(problems::Problems::default()),
        ("fcf-lint", None) => Box::new(lint::Lint::new(fcf)),
        _ => {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            return Err(format!("no statistics {text:?}; want one of {}", names.join(", ")));
        }
    };
    Ok(Counter::Other(other))
}

/// Walks over a frame, for any sink.
pub trait Walker {
    /// Walks over the frame once more.
    fn walk(&mut self, sink: &mut impl Sink);
}

/// Several statistics that see the same.
#[derive(Default)]
pub struct All(Vec<Counter>);

/// Those that are asked for most cost no calls through a table where they are alone, and can be
/// counted in several threads.
enum Counter {
    Messages(Listener<openflow::Messages>),
    Hierarchy(hierarchy::Hierarchy),
    Other(Box<dyn Statistic + Send>),
}

impl Counter {
    fn get(&self) -> &dyn Statistic {
        match self {
            Self::Messages(messages) => messages,
            Self::Hierarchy(hierarchy) => hierarchy,
            Self::Other(other) => &**other,
        }
    }

    fn get_mut(&mut self) -> &mut dyn Statistic {
        match self {
            Self::Messages(messages) => messages,
            Self::Hierarchy(hierarchy) => hierarchy,
            Self::Other(other) => &mut **other,
        }
    }
}

impl std::fmt::Debug for All {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} statistics", self.0.len())
    }
}

impl All {
    /// Statistics by their [names](NAMES).
    pub fn by_names(names: &[String], fcf: Option<FcfLayout>) -> Result<Self, String> {
        names.iter().map(|name| counter(name, fcf)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same statistics with nothing counted, to count other frames of the capture, in any
    /// order; nothing where the order of the frames matters.
    #[must_use]
    pub fn split(&self) -> Option<Self> {
        let empty = self.0.iter().map(|counter| match counter {
            Counter::Messages(_) => Some(Counter::Messages(<_>::default())),
            Counter::Hierarchy(_) => Some(Counter::Hierarchy(<_>::default())),
            Counter::Other(_) => None,
        });
        empty.collect::<Option<_>>().map(Self)
    }

    /// Adds what was counted by statistics that were [split](Self::split) off.
    pub fn join(&mut self, other: &Self) {
        for pair in self.0.iter_mut().zip(&other.0) {
            match pair {
                (Counter::Messages(all), Counter::Messages(part)) => {
                    all.counter.join(&part.counter);
                }
                (Counter::Hierarchy(all), Counter::Hierarchy(part)) => all.join(part),
                _ => {}
            }
        }
    }

    /// Counts a frame; `watch` sees it too.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>, walker: &mut impl Walker, watch: &mut impl Sink) {
        match self.0.as_mut_slice() {
            [Counter::Messages(messages)] => one(messages, frame, walker, watch),
            [Counter::Hierarchy(hierarchy)] => one(hierarchy, frame, walker, watch),
            all => {
                for counter in all.iter_mut() {
                    counter.get_mut().begin(frame);
                }
                walker.walk(&mut (Fan(all), watch));
                for counter in all.iter_mut() {
                    counter.get_mut().end(frame);
                }
            }
        }
    }

    /// What was counted.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        self.0.iter().map(|counter| counter.get().report()).collect()
    }
}

fn one(
    statistic: &mut impl Statistic,
    frame: &Frame<'_>,
    walker: &mut impl Walker,
    watch: &mut impl Sink,
) {
    statistic.begin(frame);
    walker.walk(&mut (&mut *statistic, watch));
    statistic.end(frame);
}

struct Fan<'a>(&'a mut [Counter]);

impl Sink for Fan<'_> {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        self.0.iter().any(|counter| counter.get().wants(protocol))
    }

    fn enter(&mut self, protocol: &'static Protocol, place: Place) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().enter(protocol, place));
    }

    fn leave(&mut self) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().leave());
    }

    fn field(&mut self, field: &'static Field, place: Place, value: Value<'_>) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().field(field, place, value));
    }

    fn open(&mut self, field: &'static Field, place: Place) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().open(field, place));
    }

    fn close(&mut self) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().close());
    }

    fn ends(&mut self, ends: Ends) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().ends(ends));
    }

    fn info(&mut self, info: Info) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().info(info));
    }

    fn message(&mut self, bytes: &[u8], place: Place) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().message(bytes, place));
    }

    fn problem(&mut self, problem: Problem) {
        self.0.iter_mut().for_each(|counter| counter.get_mut().problem(problem.clone()));
    }
}

#[cfg(test)]
mod tests;
