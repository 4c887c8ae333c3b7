//! The state of the datapath: vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 32 | name |
//! | 32 | 1 | mode |
//! | 33 | 1 | pad |
//! | 34 | 2 | n_cores |
//! | 36 | 4 | generation |
//! | 40 | 4 | n_flows |
//! | 44 | 4 | max_flows |
//! | 48 | 8 | matched |
//! | 56 | 8 | missed |
//! | 64 | 8 | passed |
//! | 72 | 8 | redirected |
//! | 80 | 8 | errors |
//! | 88 | 8 | moves |
//! | 96 | 8 | deferred |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::types::{FixedStr, Pad};
use crate::vse::code::DatapathMode;
use crate::wire::{Parsed, Put, array, u8, u16, u32, u64};

/// The datapath and what it has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatapathStats {
    /// Its name, for people.
    pub name: FixedStr<32>,
    /// What moves the frames.
    pub mode: DatapathMode,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<1>,
    /// Cores that frames can be sent to.
    pub n_cores: u16,
    /// Counts the changes of the flow table.
    pub generation: u32,
    /// Entries in the flow table.
    pub n_flows: u32,
    /// Entries that it can hold.
    pub max_flows: u32,
    /// Frames that an entry matched.
    pub matched: u64,
    /// Frames that no entry matched.
    pub missed: u64,
    /// Frames that stayed on the core that received them.
    pub passed: u64,
    /// Frames that were sent to another core.
    pub redirected: u64,
    /// Frames that could not be parsed or redirected.
    pub errors: u64,
    /// Entries that were moved to another core.
    pub moves: u64,
    /// Moves that were put off.
    pub deferred: u64,
}

impl DatapathStats {
    /// Bytes of the structure.
    pub(in crate::vse) const LEN: usize = 104;

    pub(in crate::vse) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (name, mode, pad, n_cores, generation, n_flows, max_flows)) = (
            array("name").map(FixedStr),
            u8("mode").map(DatapathMode::from),
            array("pad").map(Pad),
            u16("n_cores"),
            u32("generation"),
            u32("n_flows"),
            u32("max_flows"),
        )
            .parse(input)?;
        let (rest, (matched, missed, passed, redirected, errors, moves, deferred)) = (
            u64("matched"),
            u64("missed"),
            u64("passed"),
            u64("redirected"),
            u64("errors"),
            u64("moves"),
            u64("deferred"),
        )
            .parse(rest)?;
        let read = Self {
            name,
            mode,
            pad,
            n_cores,
            generation,
            n_flows,
            max_flows,
            matched,
            missed,
            passed,
            redirected,
            errors,
            moves,
            deferred,
        };
        Ok((rest, read))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put(&self.name.0);
        out.put_u8(self.mode.into());
        out.put(&self.pad.0);
        out.put_u16(self.n_cores);
        out.put_u32(self.generation);
        out.put_u32(self.n_flows);
        out.put_u32(self.max_flows);
        for count in [
            self.matched,
            self.missed,
            self.passed,
            self.redirected,
            self.errors,
            self.moves,
            self.deferred,
        ] {
            out.put_u64(count);
        }
    }
}

impl fmt::Display for DatapathStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} mode={} n_cores={}", self.name, self.mode, self.n_cores)?;
        write!(f, " generation={} flows={}/{}", self.generation, self.n_flows, self.max_flows)?;
        write!(f, " matched={} missed={} passed={}", self.matched, self.missed, self.passed)?;
        write!(f, " redirected={} errors={}", self.redirected, self.errors)?;
        write!(f, " moves={} deferred={}", self.moves, self.deferred)
    }
}
