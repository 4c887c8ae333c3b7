//! Putting a table in force: the half of the maps that no program reads is written, then one head is
//! put in the place of the other. The kernel returns from that write when no program runs with the
//! old head any more.

use super::abi::Head;
use super::error::XdpError;
use super::maps::{HeadMap, Maps, read, write};
use super::table::Half;

/// The two halves, and what is known of their content.
pub(super) struct Publisher {
    /// One of them is in the slot of the active head, unless nothing is.
    heads: [HeadMap; 2],
    /// Which of `heads` is free to be written.
    next: bool,
    /// What stands in each half of the maps.
    halves: [Half; 2],
    /// The half that the next table goes to.
    half: bool,
    generation: u32,
}

impl Publisher {
    /// Goes on from `active`, the head in force; nothing is known of what the halves hold.
    pub(super) fn new(active: Option<&Head>) -> Result<Self, XdpError> {
        let head =
            || HeadMap::create(1, 0).map_err(|source| XdpError::Map { name: "head", source });
        Ok(Self {
            heads: [head()?, head()?],
            next: false,
            halves: [Half::default(), Half::default()],
            half: active.is_some_and(|head| head.half == 0),
            generation: active.map_or(0, |head| head.generation),
        })
    }

    /// Puts `table` in force, with the settings of `head`; the fields that tell where the table is
    /// are set here.
    pub(super) fn publish(
        &mut self,
        maps: &mut Maps,
        table: Half,
        head: Head,
        (max_rules, max_buckets): (u32, u32),
    ) -> Result<(), XdpError> {
        let half = u32::from(self.half);
        let Some(known) = self.halves.get_mut(usize::from(self.half)) else { return Ok(()) };
        let at = |index: usize, size: u32| {
            u32::try_from(index).unwrap_or(u32::MAX).saturating_add(half.saturating_mul(size))
        };
        for (index, mask) in changed(&known.masks, &table.masks) {
            write(&mut maps.masks, "vse_masks", at(index, max_rules), mask.to_bytes())?;
        }
        for (index, bucket) in changed(&known.buckets, &table.buckets) {
            write(&mut maps.buckets, "vse_buckets", at(index, max_buckets), bucket.to_bytes())?;
        }
        for (index, rule) in changed(&known.rules, &table.rules) {
            write(&mut maps.rules, "vse_rules", at(index, max_rules), rule.to_bytes())?;
        }
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let (n_masks, n_rules) = (count(table.masks.len()), count(table.rules.len()));
        // 0 is the generation of a decision that was never made.
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        let generation = self.generation;
        *known = table;
        self.half = !self.half;
        self.put(maps, Head { generation, half, n_masks, n_rules, ..head })
    }

    /// Puts other settings in force, with the table that is in force already.
    pub(super) fn reconfigure(&mut self, maps: &mut Maps, head: Head) -> Result<(), XdpError> {
        let Some(active) = active_head(maps)? else { return Ok(()) };
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        let Head { half, n_masks, n_rules, .. } = active;
        self.put(maps, Head { generation: self.generation, half, n_masks, n_rules, ..head })
    }

    fn put(&mut self, maps: &mut Maps, head: Head) -> Result<(), XdpError> {
        let Some(map) = self.heads.get_mut(usize::from(self.next)) else { return Ok(()) };
        write(map, "head", 0, head.to_bytes())?;
        let name = "vse_active";
        maps.active.set(0, map, 0).map_err(|source| XdpError::Map { name, source })?;
        self.next = !self.next;
        Ok(())
    }

    /// Counts the heads that were put in force.
    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }
}

/// What of `wanted` is not in `known` at the same place.
fn changed<'a, T: PartialEq>(
    known: &'a [T],
    wanted: &'a [T],
) -> impl Iterator<Item = (usize, &'a T)> {
    wanted.iter().enumerate().filter(|(index, value)| known.get(*index) != Some(value))
}

/// The head in force; none before the first.
pub(super) fn active_head(maps: &Maps) -> Result<Option<Head>, XdpError> {
    match maps.active.get(&0, 0) {
        Ok(map) => Ok(Some(Head::from_bytes(read(&map, "head", 0)?))),
        Err(aya::maps::MapError::KeyNotFound) => Ok(None),
        Err(source) => Err(XdpError::Map { name: "vse_active", source }),
    }
}
