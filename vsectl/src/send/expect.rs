//! Whether packets took the entry and the core that they should: the counters of the agent before
//! and after, held against what was sent.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, Instant};

use agent::client::{Client, flow_filter};
use codec::of10::Match;
use codec::vse::Core;

use super::frames::{Frames, Next};
use crate::craft::{Probe, number};
use crate::view::FlowView;

/// How long counters may lag behind.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// What is expected of the packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Each packet's comment says it, as `craft coverage` writes them.
    Comments,
    /// The same of all.
    All(Wanted),
}

/// What is expected of a packet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Wanted {
    /// A core's number, `auto` for any, `here` where none is chosen; nothing where it is open.
    core: Option<String>,
    /// Priority and match of an entry, its cookie, or `none`.
    rule: Option<String>,
}

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "comments" {
            return Ok(Self::Comments);
        }
        let wanted = Wanted::read(text, ",rule=")
            .ok_or("want core=N, rule=COOKIE, core=N,rule=COOKIE, or comments")?;
        Ok(Self::All(wanted))
    }
}

impl Expectation {
    /// The entry that is expected, where none of `flows` is it.
    pub(crate) fn missing(&self, flows: &[FlowView]) -> Option<&str> {
        let Self::All(wanted) = self else { return None };
        let rule = wanted.rule.as_deref().filter(|rule| *rule != "none")?;
        let is_there = flows.iter().any(|flow| wanted.allows_rule(Some(flow)));
        (!is_there).then_some(rule)
    }
}

impl Wanted {
    /// Reads `core=…` and `rule=…`, of which either may be missing.
    fn read(text: &str, between: &str) -> Option<Self> {
        let (core, rule) = match text.split_once(between) {
            Some((core, rule)) => (Some(core), Some(rule)),
            None => match text.strip_prefix("rule=") {
                Some(rule) => (None, Some(rule)),
                None => (Some(text), None),
            },
        };
        let core = match core {
            Some(core) => Some(core.strip_prefix("core=")?),
            None => None,
        };
        let sound =
            core.is_none_or(|core| matches!(core, "auto" | "here") || core.parse::<u16>().is_ok());
        sound.then(|| Self { core: core.map(str::to_owned), rule: rule.map(str::to_owned) })
    }

    /// What the comment of a packet expects.
    fn of_comment(comment: &str) -> Option<Self> {
        let text = comment.strip_prefix("expect ")?;
        Self::read(text.split(';').next()?, " rule=")
    }

    fn allows_core(&self, core: Core) -> bool {
        match self.core.as_deref() {
            None | Some("auto") => true,
            Some("here") => core == Core::NONE,
            Some(number) => number.parse() == Ok(core.0),
        }
    }

    fn allows_rule(&self, flow: Option<&FlowView>) -> bool {
        match (self.rule.as_deref(), flow) {
            (None, _) | (Some("none"), None) => true,
            (Some(rule), Some(flow)) => {
                let is_cookie = number(rule) == Some(flow.cookie.0.into());
                is_cookie || words(rule) == words(&rule_of(flow))
            }
            (Some(_), None) => false,
        }
    }
}

/// Priority and match, without a blank.
fn rule_of(flow: &FlowView) -> String {
    let matched = flow.matched();
    let comma = if matched.is_empty() { "" } else { "," };
    format!("priority={}{comma}{matched}", flow.priority)
}

/// The words of an entry, whose order says nothing.
fn words(rule: &str) -> Vec<&str> {
    let mut words: Vec<&str> = rule.split(',').collect();
    words.sort_unstable();
    words
}

/// What is sent, counted on its way.
pub(crate) struct Watched<'a> {
    inner: &'a mut dyn Frames,
    expectation: Option<&'a Expectation>,
    /// Packets by what is expected of them.
    pub(crate) wanted: BTreeMap<Wanted, u64>,
    /// Packets that say nothing of what is expected.
    pub(crate) silent: u64,
    /// Probes by flow.
    pub(crate) probes: BTreeMap<u32, u64>,
    watch_probes: bool,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(
        inner: &'a mut dyn Frames,
        expectation: Option<&'a Expectation>,
        watch_probes: bool,
    ) -> Self {
        let (wanted, probes) = (BTreeMap::new(), BTreeMap::new());
        Self { inner, expectation, wanted, silent: 0, probes, watch_probes }
    }
}

impl Frames for Watched<'_> {
    fn next(&mut self, time: u64) -> anyhow::Result<Option<Next<'_>>> {
        let next = self.inner.next(time)?;
        let Some(frame) = next.filter(|next| next.refusal.is_none()) else { return Ok(next) };
        let wanted = match self.expectation {
            Some(Expectation::All(wanted)) => Some(wanted.clone()),
            Some(Expectation::Comments) => frame.comment.and_then(Wanted::of_comment),
            None => None,
        };
        match wanted {
            Some(wanted) => *self.wanted.entry(wanted).or_default() += 1,
            None => self.silent += 1,
        }
        if self.watch_probes {
            let read = |at: usize| Probe::read(frame.bytes.get(at..)?);
            if let Some(probe) = Probe::find(frame.bytes).and_then(read) {
                *self.probes.entry(probe.flow).or_default() += 1;
            }
        }
        Ok(next)
    }

    fn rewind(&mut self) -> anyhow::Result<()> {
        self.inner.rewind()
    }

    fn total(&self) -> Option<u64> {
        self.inner.total()
    }
}

/// An entry, or none of them, and the packets that it took.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Judged {
    /// Priority and match; `none` where no entry took them.
    pub(crate) rule: String,
    /// The core that the entry has.
    pub(crate) core: Option<Core>,
    pub(crate) packets: u64,
    /// How many were expected there.
    pub(crate) expected: u64,
    /// Whether both agree.
    pub(crate) ok: bool,
}

/// The entries of the agent's table.
pub(crate) fn flows(client: &mut Client) -> anyhow::Result<Vec<FlowView>> {
    let entries = client.flows(&flow_filter(Match::ANY, Vec::new()))?;
    Ok(entries.into_iter().map(FlowView::from).collect())
}

/// Waits until the counters tell of all packets, and holds them against what was expected.
pub(crate) fn judge(
    client: &mut Client,
    before: &[FlowView],
    wanted: &BTreeMap<Wanted, u64>,
) -> anyhow::Result<Vec<Judged>> {
    let begun = Instant::now();
    // Those that no entry is to take are not counted anywhere.
    let counted = wanted.iter().filter(|(wanted, _)| wanted.rule.as_deref() != Some("none"));
    let counted: u64 = counted.map(|(_, count)| count).sum();
    loop {
        let after = flows(client)?;
        let judged = compare(before, &after, wanted);
        let there: u64 =
            judged.iter().filter(|row| row.core.is_some()).map(|row| row.packets).sum();
        if there >= counted || begun.elapsed() > PATIENCE {
            return Ok(judged);
        }
        std::thread::sleep(LOOK);
    }
}

fn packets(flow: &FlowView) -> u64 {
    flow.stats.as_ref().map_or(0, |stats| stats.packets)
}

fn compare(before: &[FlowView], after: &[FlowView], wanted: &BTreeMap<Wanted, u64>) -> Vec<Judged> {
    let sent: u64 = wanted.values().sum();
    let mut left = sent;
    let mut rows = Vec::new();
    for flow in after {
        let old = before.iter().find(|old| rule_of(old) == rule_of(flow)).map_or(0, packets);
        let took = packets(flow).saturating_sub(old);
        let core = flow.stats.as_ref().map_or(Core::NONE, |stats| stats.core);
        let allowed = |wanted: &Wanted| wanted.allows_rule(Some(flow));
        let here = wanted.iter().filter(|(wanted, _)| allowed(wanted));
        // Where no rule is named, whatever an entry with the core took is right.
        let named: u64 =
            here.clone().filter(|(w, _)| w.rule.is_some()).map(|(_, count)| count).sum();
        let open = here.clone().any(|(wanted, _)| wanted.rule.is_none());
        let core_ok = took == 0 || here.clone().all(|(wanted, _)| wanted.allows_core(core));
        left = left.saturating_sub(took);
        if took == 0 && named == 0 {
            continue;
        }
        let expected = if open { took } else { named };
        let ok = took == expected && core_ok;
        rows.push(Judged { rule: rule_of(flow), core: Some(core), packets: took, expected, ok });
    }
    let none = wanted.iter().filter(|(wanted, _)| wanted.rule.as_deref() == Some("none"));
    let expected: u64 = none.map(|(_, count)| count).sum();
    if left > 0 || expected > 0 {
        let ok = left == expected;
        rows.push(Judged { rule: "none".to_owned(), core: None, packets: left, expected, ok });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(text: &str, core: u16, packets: u64) -> FlowView {
        let flow: codec::text::Flow = text.parse().unwrap();
        let mut entry = crate::coverage::view_of(&flow);
        if let Some(stats) = &mut entry.stats {
            (stats.core, stats.packets) = (Core(core), packets);
        }
        entry
    }

    fn all(text: &str, count: u64) -> BTreeMap<Wanted, u64> {
        let Expectation::All(wanted) = text.parse().unwrap() else { panic!("{text}") };
        [(wanted, count)].into()
    }

    #[test]
    fn what_took_another_way_is_told() {
        let udp = "priority=5,cookie=0x12,udp,actions=set_irq_core:3";
        let ip = "priority=1,ip,actions=set_irq_core:1";
        let before = [flow(udp, 3, 10), flow(ip, 1, 7)];
        let ok = |after: &[FlowView], wanted: &str| {
            compare(&before, after, &all(wanted, 20)).iter().all(|row| row.ok)
        };
        let right = [flow(udp, 3, 30), flow(ip, 1, 7)];
        let rules = ["core=3,rule=0x12", "rule=18", "rule=priority=5,udp", "core=3", "core=auto"];
        for wanted in rules {
            assert!(ok(&right, wanted), "{wanted}");
            assert_eq!(wanted.parse::<Expectation>().unwrap().missing(&before), None);
        }
        let missing: Expectation = "core=3,rule=0x13".parse().unwrap();
        assert_eq!(missing.missing(&before), Some("0x13"));
        assert!(!ok(&right, "core=1") && !ok(&right, "core=3,rule=0x13"));
        // Some took another entry, or none.
        assert!(!ok(&[flow(udp, 3, 25), flow(ip, 1, 12)], "core=3"));
        assert!(!ok(&[flow(udp, 3, 25), flow(ip, 1, 7)], "core=3"));
        assert!(ok(&[flow(udp, 3, 10), flow(ip, 1, 7)], "rule=none"));
    }

    #[test]
    fn comments_are_read() {
        let wanted = Wanted::of_comment("expect core=2 rule=priority=5,ip; near miss of x by y");
        let (core, rule) = (Some("2".to_owned()), Some("priority=5,ip".to_owned()));
        assert_eq!(wanted, Some(Wanted { core, rule }));
        assert_eq!(Wanted::of_comment("core=2"), None);
        assert!("core=x".parse::<Expectation>().is_err());
    }
}
