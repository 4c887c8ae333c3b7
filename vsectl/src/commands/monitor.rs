//! `vsectl monitor`: the decisions of an agent, as they are made.

use std::io::Write;
use std::time::{Duration, Instant};

use codec::vse::MonitorEvents;

use crate::agent_option::AgentOption;
use crate::exit::Outcome;
use crate::render;
use crate::view::AssignmentView;

/// Print the decisions of an agent as they are made: which entry got which core, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to print: assigned, moved, released, deferred; all where nothing is said.
    #[arg(long, value_name = "EVENT,…", value_enum, value_delimiter = ',')]
    events: Vec<Event>,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,

    /// Stop after so many.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    /// Stop after this time: `30s`.
    #[arg(long, value_name = "TIME", value_parser = crate::duration::parse)]
    r#for: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Event {
    Assigned,
    Moved,
    Released,
    Deferred,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Ndjson,
}

/// How long is waited at a time where there is no limit.
const LONG: Duration = Duration::from_secs(3600);

impl Event {
    fn bit(self) -> MonitorEvents {
        match self {
            Self::Assigned => MonitorEvents::ASSIGNED,
            Self::Moved => MonitorEvents::MOVED,
            Self::Released => MonitorEvents::RELEASED,
            Self::Deferred => MonitorEvents::DEFERRED,
        }
    }
}

impl Args {
    pub(crate) fn run(self, agent: &AgentOption, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let all = [Event::Assigned, Event::Moved, Event::Released, Event::Deferred];
        let wanted = if self.events.is_empty() { &all[..] } else { &self.events };
        let events = wanted.iter().fold(MonitorEvents::empty(), |bits, event| bits | event.bit());
        let mut client = agent.connect()?;
        client.monitor(events)?;
        let end = self.r#for.map(|time| Instant::now() + time);
        let mut printed = 0;
        while self.count.is_none_or(|count| printed < count) {
            let deadline = end.unwrap_or_else(|| Instant::now() + LONG);
            let Some(told) = client.told(deadline)? else {
                if end.is_some() {
                    break;
                }
                continue;
            };
            // Netlink tells everything.
            if !wanted.iter().any(|event| event.bit() == bit_of(told.event)) {
                continue;
            }
            let view = AssignmentView::from(told);
            match self.output {
                Format::Text => render::assignment::line(&view, out)?,
                Format::Ndjson => render::json::line(&view, out)?,
            }
            out.flush()?;
            printed += 1;
        }
        Ok(Outcome::Done)
    }
}

fn bit_of(event: codec::vse::AssignmentEvent) -> MonitorEvents {
    use codec::vse::AssignmentEvent;
    match event {
        AssignmentEvent::Assigned => MonitorEvents::ASSIGNED,
        AssignmentEvent::Moved => MonitorEvents::MOVED,
        AssignmentEvent::Released => MonitorEvents::RELEASED,
        AssignmentEvent::Deferred => MonitorEvents::DEFERRED,
        _ => MonitorEvents::empty(),
    }
}
