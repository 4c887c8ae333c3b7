//! Statistics of each table: OpenFlow 1.0.0 section 5.3.5, `struct ofp_table_stats`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | table_id |
//! | 1 | 3 | pad |
//! | 4 | 32 | name |
//! | 36 | 4 | wildcards |
//! | 40 | 4 | max_entries |
//! | 44 | 4 | active_count |
//! | 48 | 8 | lookup_count |
//! | 56 | 8 | matched_count |

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::types::{FixedStr, Hex, Line, Pad, Piece};
use crate::wire::{Parsed, Put, array, u8, u32, u64};
use crate::{display_as_put, put};

/// A table and what it has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableStats {
    /// Its number; lower ones are looked at first.
    pub table_id: u8,
    /// Padding.
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad<3>,
    /// Its name, for people.
    pub name: FixedStr<32>,
    /// The wildcards that it has, as [`Wildcards`](crate::of10::Wildcards).
    pub wildcards: Hex<u32>,
    /// Entries that it can hold.
    pub max_entries: u32,
    /// Entries that it holds.
    pub active_count: u32,
    /// Frames that were looked up in it.
    pub lookup_count: u64,
    /// Frames that matched in it.
    pub matched_count: u64,
}

impl TableStats {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 64;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, (table_id, pad, name, wildcards)) = (
            u8("table_id"),
            array("pad").map(Pad),
            array("name").map(FixedStr),
            u32("wildcards").map(Hex),
        )
            .parse(input)?;
        let (rest, (max_entries, active_count, lookup_count, matched_count)) =
            (u32("max_entries"), u32("active_count"), u64("lookup_count"), u64("matched_count"))
                .parse(rest)?;
        let read = Self {
            table_id,
            pad,
            name,
            wildcards,
            max_entries,
            active_count,
            lookup_count,
            matched_count,
        };
        Ok((rest, read))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(self.table_id);
        out.put(&self.pad.0);
        out.put(&self.name.0);
        out.put_u32(self.wildcards.0);
        out.put_u32(self.max_entries);
        out.put_u32(self.active_count);
        out.put_u64(self.lookup_count);
        out.put_u64(self.matched_count);
    }
}

display_as_put!(TableStats);

impl Piece for TableStats {
    fn put(&self, out: &mut Line) {
        put!(out, "table ", self.table_id, format_args!(" ({:?})", self.name));
        put!(out, ": wild=", self.wildcards);
        put!(out, " max=", self.max_entries, " active=", self.active_count);
        put!(out, " lookup=", self.lookup_count, " matched=", self.matched_count);
    }
}
