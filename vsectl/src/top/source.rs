//! Brings what an agent tells: looks at it again and again, hears its decisions in between, and
//! connects anew when it has gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use agent::client::{Client, ClientError};
use codec::vse::{MonitorEvents, VseFlowStatsRequest};

use super::screen::Event;
use super::state::Sample;
use crate::agent_option::AgentOption;
use crate::render::clock::now_of_day;
use crate::view::{AssignmentView, CoreView, FlowView};

/// How soon an agent that has gone is looked for again.
const AGAIN: Duration = Duration::from_secs(1);

/// The time between two looks, which the keys change.
#[derive(Debug, Clone)]
pub(super) struct Interval(Arc<AtomicU64>);

impl Interval {
    pub(super) fn new(interval: Duration) -> Self {
        let own = Self(Arc::default());
        own.set(interval);
        own
    }

    pub(super) fn set(&self, interval: Duration) {
        let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        self.0.store(millis, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Where samples come from.
pub(crate) struct Source {
    agent: AgentOption,
    filter: VseFlowStatsRequest,
    client: Client,
    begun: Instant,
}

impl Source {
    /// Connects with the agent, of whose entries those that `filter` asks for are shown.
    pub(crate) fn connect(
        agent: &AgentOption,
        filter: VseFlowStatsRequest,
    ) -> anyhow::Result<Self> {
        let client = connect(agent)?;
        Ok(Self { agent: agent.clone(), filter, client, begun: Instant::now() })
    }

    /// Tells `events` from a thread of its own, until nobody listens any more.
    pub(super) fn start(
        mut self,
        interval: Interval,
        events: mpsc::Sender<Event>,
    ) -> std::io::Result<()> {
        thread::Builder::new().name("agent".to_owned()).spawn(move || {
            let mut hears = true;
            while hears {
                hears = match self.look(&interval, &events) {
                    Ok(hears) => hears,
                    Err(error) => self.find_again(&error, &events),
                };
            }
        })?;
        Ok(())
    }

    /// Looks once, then hears decisions until it is time for the next look; whether somebody listens.
    fn look(
        &mut self,
        interval: &Interval,
        events: &mpsc::Sender<Event>,
    ) -> Result<bool, ClientError> {
        let begun = Instant::now();
        let sample = Sample {
            cores: self.client.cores()?.into_iter().map(CoreView::from).collect(),
            flows: self.client.flows(&self.filter)?.into_iter().map(FlowView::from).collect(),
            datapath: self.client.datapath()?,
            at: self.begun.elapsed(),
            clock: now_of_day(),
        };
        if events.send(Event::Sample(Box::new(sample))).is_err() {
            return Ok(false);
        }
        loop {
            // The interval may have changed.
            let next = begun + interval.get();
            // At least once, so that what the agent asks is answered however late it is.
            let told = self.client.told(next.min(Instant::now() + AGAIN))?;
            if let Some(told) = told {
                let told = Box::new(AssignmentView::from(told));
                if events.send(Event::Decided(told)).is_err() {
                    return Ok(false);
                }
            }
            if Instant::now() >= next {
                return Ok(true);
            }
        }
    }

    /// Connects again; whether somebody listens.
    fn find_again(&mut self, error: &ClientError, events: &mpsc::Sender<Event>) -> bool {
        let mut why = error.to_string();
        loop {
            if events.send(Event::Lost(why)).is_err() {
                return false;
            }
            thread::sleep(AGAIN);
            match connect(&self.agent) {
                Ok(client) => {
                    self.client = client;
                    return true;
                }
                Err(error) => why = format!("{error:#}"),
            }
        }
    }
}

fn connect(agent: &AgentOption) -> anyhow::Result<Client> {
    let mut client = agent.connect()?;
    client.monitor(MonitorEvents::all())?;
    Ok(client)
}
