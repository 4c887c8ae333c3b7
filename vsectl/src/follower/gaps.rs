//! What a capture does not tell of the tables that are rebuilt from it.

use agent::engine::{CoreAction, Time};
use codec::vse::Core;

use super::{Follower, Tap};

/// What was told, and what was seen to be missing.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing that was told or was not")]
pub(super) struct Gaps {
    flows_told: bool,
    config_told: bool,
    cores_told: bool,
    cores_counted: bool,
    vms_told: bool,
    monitored: bool,
    /// The frame with the latest loads, and its time.
    loads: Option<(u64, Time)>,
    /// Events of each kind, and the first frame of one.
    unknown_entries: Count,
    ambiguous: Count,
    holes: Count,
    cut: Count,
    undecoded: u64,
    refused: u64,
}

/// How often, and where first.
#[derive(Debug, Default, Clone, Copy)]
struct Count(Option<(u64, u64)>);

impl Count {
    fn add(&mut self, times: u64, frame: u64) {
        if times > 0 {
            self.0.get_or_insert((0, frame)).0 += times;
        }
    }
}

impl Gaps {
    /// Notes a frame.
    pub(super) fn note(&mut self, frame: u64, tap: &Tap) {
        self.holes.add(u64::from(tap.gap), frame);
        self.cut.add(tap.cut, frame);
    }

    pub(super) fn flows_told(&mut self) {
        self.flows_told = true;
    }

    pub(super) fn config_told(&mut self) {
        self.config_told = true;
    }

    /// All cores were told.
    pub(super) fn cores_told(&mut self) {
        self.cores_told = true;
    }

    /// VSE told how many cores there are.
    pub(super) fn cores_counted(&mut self) {
        self.cores_counted = true;
    }

    /// Whether a core that a message names is there only if it was told.
    pub(super) fn knows_cores(&self) -> bool {
        self.cores_told || self.cores_counted
    }

    pub(super) fn loads_told(&mut self, frame: u64, now: Time) {
        self.loads = Some((frame, now));
    }

    pub(super) fn vms_told(&mut self) {
        self.vms_told = true;
    }

    pub(super) fn monitored(&mut self) {
        self.monitored = true;
    }

    /// A message is about an entry that is not here.
    pub(super) fn unknown_entry(&mut self, frame: u64) {
        self.unknown_entries.add(1, frame);
    }

    /// A FLOW_MOD may be for VSE or for a switch.
    pub(super) fn ambiguous(&mut self, frame: u64) {
        self.ambiguous.add(1, frame);
    }

    /// A message that cannot be decoded.
    pub(super) fn undecoded(&mut self) {
        self.undecoded += 1;
    }

    /// A change that VSE refuses.
    pub(super) fn refused(&mut self) {
        self.refused += 1;
    }

    /// VSE's ERROR for such a change.
    pub(super) fn refused_indeed(&mut self) {
        self.refused = self.refused.saturating_sub(1);
    }

    /// All of it, a sentence each.
    pub(super) fn words(&self, follower: &Follower) -> Vec<String> {
        let mut words = Vec::new();
        if !self.flows_told {
            words.push(
                "entries that were there before the capture began and that nothing in it changed: \
                 no listing of the flow table is in it"
                    .to_owned(),
            );
        }
        if let Some((count, frame)) = self.unknown_entries.0 {
            words.push(format!(
                "entries that {count} messages are about, first in frame {frame}: they were added \
                 before the capture began, or over the unix socket"
            ));
        }
        let auto = |core: Core, action| action == CoreAction::Auto && core == Core::NONE;
        let flows = || follower.engine.flows();
        let open = flows().filter(|entry| auto(entry.assignment.core, entry.action)).count();
        if open > 0 && !self.monitored {
            words.push(format!(
                "the cores that VSE chose for {open} entries: no monitor and no listing tells them"
            ));
        }
        let idle = flows().filter(|entry| {
            let seen = follower.known.get(&entry.id).map_or(entry.added, |known| known.seen);
            entry.idle_timeout != 0
                && follower.now.since(seen).as_secs() >= u64::from(entry.idle_timeout)
        });
        let idle = idle.count();
        if idle > 0 && !follower.options.count_frames {
            words.push(format!(
                "whether frames kept {idle} entries beyond their idle timeout; they are shown \
                 (--count-frames takes the capture's own frames for all that there were)"
            ));
        }
        if !self.knows_cores() {
            words.push("which cores there are: those that messages name are shown".to_owned());
        }
        match self.loads {
            None => words.push("the load of the cores".to_owned()),
            Some((frame, time)) if follower.now.since(time).as_millis() > 0 => {
                let ago = follower.now.since(time).as_secs_f64();
                words.push(format!(
                    "the load of the cores since frame {frame}, {ago:.3} s before this moment"
                ));
            }
            Some(_) => {}
        }
        if !self.vms_told {
            words.push("VMs that were there before the capture began".to_owned());
        }
        if !self.config_told {
            words.push("the configuration: the default is taken for it".to_owned());
        }
        self.broken(&mut words);
        words
    }

    /// What should have been readable.
    fn broken(&self, words: &mut Vec<String>) {
        if let Some((count, frame)) = self.ambiguous.0 {
            words.push(format!(
                "whether {count} FLOW_MODs, first in frame {frame}, went to VSE or to a switch; they \
                 are left out (--vse HOST:PORT says where VSE is)"
            ));
        }
        if let Some((count, frame)) = self.holes.0 {
            words.push(format!("bytes of {count} streams or datagrams, first in frame {frame}"));
        }
        if let Some((count, frame)) = self.cut.0 {
            words.push(format!("the rest of {count} messages, first in frame {frame}"));
        }
        if self.undecoded > 0 {
            words.push(format!("what {} malformed messages were to say", self.undecoded));
        }
        if self.refused > 0 {
            words.push(format!(
                "ERRORs for {} changes that this VSE would refuse; the changes are left out",
                self.refused
            ));
        }
    }
}
