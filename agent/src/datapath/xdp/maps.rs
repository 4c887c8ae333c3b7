//! The maps of the program, typed, as they are pinned in the datapath's folder.

use std::path::Path;

use aya::Pod;
use aya::maps::{Array, ArrayOfMaps, CpuMap, Map, MapData, MapError, PerCpuArray};

use super::abi::{
    Bucket, Core, CoreCount, Count, Decision, Entry, Head, Mask, Placed, Rule, Use, Wish,
};
use super::error::XdpError;
use super::records::RecordMap;

/// An inner map with one head.
pub(super) type HeadMap = Array<MapData, [u8; Head::LEN]>;

macro_rules! maps {
    ($($(#[$doc:meta])* $field:ident: $name:literal $kind:ident<$value:ty>,)*) => {
        /// Handles of the maps.
        pub(super) struct Maps {
            /// The head of the table in force, in its one slot.
            pub(super) active: ArrayOfMaps<MapData, HeadMap>,
            /// Where frames are sent to.
            pub(super) cpus: CpuMap<MapData>,
            $($(#[$doc])* pub(super) $field: $kind<MapData, $value>,)*
        }

        impl Maps {
            /// Opens the maps that are pinned in `folder`. An error where one is not there, or is
            /// not of this layout.
            pub(super) fn open(folder: &Path) -> Result<Self, XdpError> {
                Ok(Self {
                    active: typed(folder, ACTIVE, Map::ArrayOfMaps)?,
                    cpus: typed(folder, CPUS, Map::CpuMap)?,
                    $($field: typed(folder, $name, Map::$kind)?,)*
                })
            }
        }

        /// Names of all maps, as the program and the folder have them.
        pub(super) const NAMES: &[&str] = &[ACTIVE, CPUS, RECORDS, $($name,)*];
    };
}

const ACTIVE: &str = "vse_active";
const CPUS: &str = "vse_cpus";
const RECORDS: &str = "vse_records";

maps! {
    /// Two halves.
    masks: "vse_masks" Array<[u8; Mask::LEN]>,
    /// Two halves.
    buckets: "vse_buckets" Array<[u8; Bucket::LEN]>,
    /// Two halves.
    rules: "vse_rules" Array<[u8; Rule::LEN]>,
    /// What the datapath wrote into entries, by slot.
    entries: "vse_entries" Array<[u8; Entry::LEN]>,
    /// Moves that the agent wants, by slot.
    wishes: "vse_wishes" Array<[u8; Wish::LEN]>,
    /// Counters, by slot.
    uses: "vse_uses" PerCpuArray<[u8; Use::LEN]>,
    /// Decisions about exact flows.
    cache: "vse_cache" Array<[u8; Decision::LEN]>,
    /// Counters of the datapath.
    counts: "vse_counts" PerCpuArray<[u8; Count::LEN]>,
    /// Cores, by number.
    cores: "vse_cores" Array<[u8; Core::LEN]>,
    /// What the program placed on cores, by number.
    placed: "vse_placed" Array<[u8; Placed::LEN]>,
    /// Frames for cores, by number.
    core_counts: "vse_core_counts" PerCpuArray<[u8; CoreCount::LEN]>,
    /// Cores of VMs, by VM id.
    vms: "vse_vms" Array<u32>,
}

/// The map of records that is pinned in `folder`.
pub(super) fn records(folder: &Path) -> Result<RecordMap, XdpError> {
    typed(folder, RECORDS, Map::HashMap)
}

/// The map that is pinned under `name`.
fn typed<T>(folder: &Path, name: &'static str, kind: fn(MapData) -> Map) -> Result<T, XdpError>
where
    T: TryFrom<Map, Error = MapError>,
{
    let path = folder.join(name);
    let data = MapData::from_pin(&path).map_err(|source| XdpError::Map { name, source })?;
    T::try_from(kind(data)).map_err(|source| XdpError::Map { name, source })
}

/// What stands at `index` of an array.
pub(super) fn read<V: Pod>(
    map: &Array<MapData, V>,
    name: &'static str,
    index: u32,
) -> Result<V, XdpError> {
    map.get(&index, 0).map_err(|source| XdpError::Map { name, source })
}

/// Puts `value` at `index` of an array.
pub(super) fn write<V: Pod>(
    map: &mut Array<MapData, V>,
    name: &'static str,
    index: u32,
    value: V,
) -> Result<(), XdpError> {
    map.set(index, value, 0).map_err(|source| XdpError::Map { name, source })
}
