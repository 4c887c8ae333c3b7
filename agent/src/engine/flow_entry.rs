//! An entry of the flow table.

use std::time::Duration;

use codec::of10::FlowModFlags;
use codec::vse::{Core, Reason};
use serde::{Deserialize, Serialize};

use super::flow_match::FlowMatch;
use super::time::Time;

/// Names an entry as long as it is in the table; never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId {
    /// Its place in the table: below the highest number of entries that there ever were, and given
    /// to another entry once this one has gone.
    pub index: u32,
    /// How many entries were in this place before.
    pub generation: u32,
}

/// What an entry does with its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoreAction {
    /// They stay where they are: no action.
    Stay,
    /// They go to this core: predetermined.
    Core(Core),
    /// They go to a core that VSE chooses when the first comes: on the fly.
    Auto,
}

/// An entry, and what VSE knows of it.
#[derive(Debug, Clone)]
pub struct FlowEntry {
    /// Its name in the table.
    pub id: EntryId,
    /// The higher wins.
    pub priority: u16,
    /// What it matches.
    pub matched: FlowMatch,
    /// What it does.
    pub action: CoreAction,
    /// The controller's own mark.
    pub cookie: u64,
    /// Seconds without a frame after which it goes; 0 for never.
    pub idle_timeout: u16,
    /// Seconds after which it goes; 0 for never.
    pub hard_timeout: u16,
    /// The flags that it was added with.
    pub flags: FlowModFlags,
    /// When it was added.
    pub added: Time,
    /// When its latest frame came; when it was added, where none has.
    pub last_used: Time,
    /// Frames that it matched.
    pub packet_count: u64,
    /// Bytes of those.
    pub byte_count: u64,
    /// What VSE decided about it.
    pub assignment: Assignment,
    /// What `packet_count` was when its core began to be highly loaded.
    pub(crate) watched_from: u64,
    /// Where it stands among entries of the same rank: the lower comes first.
    pub(crate) sequence: u64,
}

/// What VSE decided about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The core that the entry has; none where it stays, or has not been given one yet.
    pub core: Core,
    /// Why: [`Reason::Predetermined`], or how the core was chosen.
    pub reason: Reason,
    /// The hash of the flow that it was given the core for; 0 where there is none.
    pub rxhash: u32,
    /// When it was given the core; none for never, and for a core that the entry names.
    pub at: Option<Time>,
    /// The VM that the frame was for which it was given the core; 0 for none.
    pub vm_id: u16,
    /// Whether that frame was of a priority flow.
    pub is_priority: bool,
    /// The core that it is to move to when the one that it has has drained.
    pub moving_to: Option<Core>,
    /// The core that it gave back, whose frames may be under way still.
    pub left: Option<Core>,
}

impl Assignment {
    /// Nothing decided.
    pub const NONE: Self = Self {
        core: Core::NONE,
        reason: Reason::NoMatch,
        rxhash: 0,
        at: None,
        vm_id: 0,
        is_priority: false,
        moving_to: None,
        left: None,
    };

    /// What an entry has from the moment that it is given `action`.
    #[must_use]
    pub fn of(action: CoreAction) -> Self {
        match action {
            CoreAction::Core(core) => Self { core, reason: Reason::Predetermined, ..Self::NONE },
            CoreAction::Stay | CoreAction::Auto => Self::NONE,
        }
    }
}

impl FlowEntry {
    /// Its place among all entries.
    #[must_use]
    pub(crate) fn rank(&self) -> Rank {
        Rank::new(self.matched.is_exact(), self.priority, self.sequence)
    }

    /// Counts a frame of `len` bytes, and says when the one before it came.
    pub(crate) fn count(&mut self, len: usize, now: Time) -> Time {
        self.packet_count += 1;
        self.byte_count += u64::try_from(len).unwrap_or_default();
        let latest = now.max(self.last_used);
        std::mem::replace(&mut self.last_used, latest)
    }

    /// When it is to go for its timeouts, as things are; none for never.
    #[must_use]
    pub fn expires(&self) -> Option<Time> {
        let after = |from: Time, seconds: u16| {
            (seconds != 0).then(|| from + Duration::from_secs(seconds.into()))
        };
        let idle = after(self.last_used, self.idle_timeout);
        let hard = after(self.added, self.hard_timeout);
        idle.into_iter().chain(hard).min()
    }
}

/// The order in which entries win: the higher does. Entries without a wildcard come before all
/// others (OpenFlow 1.0.0 section 3.4), then the priority counts, then who came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

impl Rank {
    /// Bits below the level.
    const SEQUENCE_BITS: u32 = 47;

    pub(crate) fn new(is_exact: bool, priority: u16, sequence: u64) -> Self {
        let level = u64::from(is_exact) << 16 | u64::from(priority);
        let last = (1 << Self::SEQUENCE_BITS) - 1;
        Self(level << Self::SEQUENCE_BITS | (last - sequence.min(last)))
    }

    /// All but who came first.
    pub(crate) fn level(self) -> u32 {
        u32::try_from(self.0 >> Self::SEQUENCE_BITS).unwrap_or(u32::MAX)
    }
}
