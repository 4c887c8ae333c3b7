//! Which request on an agent's leg is which on a controller's.

use std::collections::{BTreeSet, HashMap};

use codec::vse::Subtype;

use super::{Hop, Request, VseHops};

/// Requests of equal bytes, under way at the same time, that are looked at to find one.
const MOST_ALIKE: usize = 64;

/// What happens to a request; at the same time, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A controller asks.
    Asked,
    /// It reaches an agent.
    Handed,
    /// The controller has its answer.
    Settled,
}

/// The requests of agents' legs with those of controllers' that they are, by their places.
///
/// In the order of time, each takes one that has the same bytes but for the xid and is under way: sent
/// no later, settled no earlier. Among several it is the oldest of the controller whose request
/// this agent got last, or else the oldest of all. Each is taken once.
pub(super) fn match_legs(all: &VseHops) -> HashMap<usize, usize> {
    // Several files are read one after the other, so what is noted is not in the order of time.
    let mut events = Vec::new();
    for (index, request) in all.requests.iter().enumerate() {
        match all.role(request) {
            Some(Hop::Controller) => {
                events.push((request.sent, Event::Asked, index));
                events.extend(request.settled.map(|settled| (settled.at, Event::Settled, index)));
            }
            Some(Hop::Agent) => events.push((request.sent, Event::Handed, index)),
            _ => {}
        }
    }
    events.sort_unstable();
    let mut matching = Matching::default();
    for (time, event, index) in events {
        let Some(request) = all.requests.get(index) else { continue };
        match event {
            Event::Asked => {
                let alike = matching.under_way.entry(request.content).or_default();
                alike.insert((time, index));
            }
            Event::Settled => matching.forget(request, index),
            Event::Handed => matching.handed(all, request, index),
        }
    }
    matching.found
}

#[derive(Debug, Default)]
struct Matching<'a> {
    /// Requests of controllers by content, with the times at which they were sent.
    under_way: HashMap<u64, BTreeSet<(u64, usize)>>,
    /// The last request on each agent's leg.
    last: HashMap<usize, &'a Request>,
    /// The controller's leg of the last request that was found, by agent's leg.
    controllers: HashMap<usize, usize>,
    found: HashMap<usize, usize>,
}

impl<'a> Matching<'a> {
    fn forget(&mut self, request: &Request, index: usize) {
        if let Some(alike) = self.under_way.get_mut(&request.content) {
            alike.remove(&(request.sent, index));
        }
    }

    fn handed(&mut self, all: &'a VseHops, request: &'a Request, index: usize) {
        let before = self.last.insert(request.leg, request);
        // The proxy itself asks for the configuration, first of all and where it may have changed.
        if request.asks(Subtype::GetConfigRequest)
            && before.is_none_or(|before| before.asks(Subtype::SetConfig))
        {
            return;
        }
        let Some(alike) = self.under_way.get(&request.content) else { return };
        let preferred = self.controllers.get(&request.leg).copied();
        let mut chosen: Option<(usize, &Request)> = None;
        for (_, asker) in alike.iter().take(MOST_ALIKE) {
            let Some(asked) = all.requests.get(*asker).filter(|asked| is_within(request, asked))
            else {
                continue;
            };
            if Some(asked.leg) == preferred {
                chosen = Some((*asker, asked));
                break;
            }
            chosen = chosen.or(Some((*asker, asked)));
        }
        if let Some((asker, asked)) = chosen {
            self.controllers.insert(request.leg, asked.leg);
            self.found.insert(index, asker);
            self.forget(asked, asker);
        }
    }
}

/// Whether a request on the agent's leg has its answer no later than that on the controller's,
/// where both have one.
fn is_within(request: &Request, asked: &Request) -> bool {
    match (request.settled, asked.settled) {
        (Some(there), Some(here)) if there.answered && here.answered => there.at <= here.at,
        _ => true,
    }
}
