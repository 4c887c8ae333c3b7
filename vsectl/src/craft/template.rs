//! Packets that differ in the bits of a few fields: one frame, patched.
//!
//! Where the bits of a field stand is found, not told: the frame is built once for each bit of each
//! field. A field that changes more than its own bits has no place, and then there is no template.
//! The checksums follow from the values alone: a field's share in one's complement sum is its value,
//! turned by its distance from the 16-bit words (RFC 1071).

use super::build;
use super::checksum::{add, fold, fold64};
use super::layers::{Part, Pseudo};
use super::spec::Spec;

/// A frame to be patched.
#[derive(Debug)]
pub(super) struct Template {
    frame: Vec<u8>,
    patches: Vec<Patch>,
    sums: Vec<SumPatch>,
}

/// A field that varies.
#[derive(Debug)]
struct Patch {
    /// Which of the values it has.
    value: usize,
    place: Place,
    shares: Vec<Share>,
    /// What stands there now, and its sum: from one packet to the next few fields change.
    now: u128,
    folded: u16,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The bits before it.
    start: usize,
    /// Its bits.
    len: usize,
}

/// What a value adds to a checksum.
#[derive(Debug, Clone, Copy)]
struct Share {
    sum: usize,
    /// Bits by which its sum is turned.
    turn: u32,
}

#[derive(Debug)]
struct SumPatch {
    at: usize,
    /// The sum of what does not vary, which is never 0, as no header is nothing but zeros; and of
    /// what varies, as it stands there now.
    total: u32,
    /// What the sums around it count for this one.
    counted: u16,
    /// Whether the total is not that of the checksum in the frame.
    is_stale: bool,
    zero_is_none: bool,
    flip: u16,
    /// The sums around it, which it has a share in.
    outer: Vec<Share>,
}

impl Template {
    /// A template for packets of `spec` that differ in `varying` of its `values`; nothing where they
    /// differ in more than the bits of these fields.
    pub(super) fn new(spec: &Spec, values: &[u128], varying: &[usize]) -> Option<Self> {
        let mut zero = values.to_vec();
        let settings: Vec<_> = spec.layers.iter().flat_map(|layer| &layer.settings).collect();
        for at in varying {
            if let Some(value) = zero.get_mut(*at) {
                *value = 0;
            }
        }
        // A packet of zeros may be impossible where those of the values are not.
        let Ok(parts) = build::frames(spec, &zero, 0) else { return None };
        let [part] = parts.as_slice() else { return None };
        let mut places = Vec::new();
        for at in varying {
            let setting = settings.get(*at)?;
            let bits = setting.field.kind.bits().unwrap_or(0);
            match find_place(spec, &zero, *at, bits, part) {
                Some(place) if fits(setting.values.highest(), place.len) => {
                    places.push((*at, place));
                }
                _ => return None,
            }
        }
        Some(Self::of(part, &places))
    }

    fn of(part: &Part, places: &[(usize, Place)]) -> Self {
        let shares = |from: usize, to: usize| shares_of(part, from, to);
        let patches = places.iter().map(|(value, place)| Patch {
            value: *value,
            place: *place,
            shares: shares(place.start, place.start + place.len),
            now: 0,
            folded: 0,
        });
        let patches = patches.collect();
        let mut sums: Vec<SumPatch> = Vec::new();
        for (index, sum) in part.sums.iter().enumerate() {
            let (from, to) = (8 * sum.at, 8 * (sum.at + 2));
            // Its own place is within what it covers, and counts as zero there.
            let outer = shares(from, to).into_iter().filter(|share| share.sum > index).collect();
            let mut base = !(word_at(&part.bytes, sum.at) ^ sum.flip);
            for (inner, patch) in part.sums.iter().zip(&sums) {
                let share = patch.outer.iter().find(|share| share.sum == index);
                if let Some(share) = share {
                    base = add(base, !word_at(&part.bytes, inner.at).rotate_left(share.turn));
                }
            }
            let base = if base == 0 { 0xffff } else { base };
            let (zero_is_none, flip) = (sum.zero_is_none, sum.flip);
            let (total, counted, is_stale) = (base.into(), 0, true);
            let at = sum.at;
            sums.push(SumPatch { at, total, counted, is_stale, zero_is_none, flip, outer });
        }
        Self { frame: part.bytes.clone(), patches, sums }
    }

    /// The frame with these values.
    #[inline]
    pub(super) fn patch(&mut self, values: &[u128]) -> &[u8] {
        for patch in &mut self.patches {
            let Some(value) = values.get(patch.value).copied() else { continue };
            if value == patch.now {
                continue;
            }
            let (from, to) = patch.place.bytes();
            if let Some(bytes) = self.frame.get_mut(from..to) {
                patch.place.write(value, bytes);
            }
            let folded = fold(value);
            for share in &patch.shares {
                if let Some(sum) = self.sums.get_mut(share.sum) {
                    sum.exchange(patch.folded, folded, share.turn);
                }
            }
            (patch.now, patch.folded) = (value, folded);
        }
        // The inner ones come first.
        let mut sums = self.sums.as_mut_slice();
        let mut index = 0;
        while let Some((sum, around)) = sums.split_first_mut() {
            index += 1;
            if sum.is_stale {
                let (old, checksum) = sum.renew();
                if let Some(place) = self.frame.get_mut(sum.at..sum.at + 2) {
                    place.copy_from_slice(&checksum.to_be_bytes());
                }
                for share in &sum.outer {
                    if let Some(outer) = around.get_mut(share.sum - index) {
                        outer.exchange(old, checksum, share.turn);
                    }
                }
            }
            sums = around;
        }
        &self.frame
    }
}

impl SumPatch {
    /// Counts `new` in the place of `old`, each turned.
    #[inline]
    fn exchange(&mut self, old: u16, new: u16, turn: u32) {
        self.total += u32::from(new.rotate_left(turn));
        self.total -= u32::from(old.rotate_left(turn));
        self.is_stale = true;
    }

    /// What the sums around it have counted, and the checksum that they are to count instead.
    #[inline]
    fn renew(&mut self) -> (u16, u16) {
        let mut checksum = !fold64(self.total.into());
        if checksum == 0 && self.zero_is_none {
            checksum = 0xffff;
        }
        checksum ^= self.flip;
        self.is_stale = false;
        (std::mem::replace(&mut self.counted, checksum), checksum)
    }
}

fn fits(value: u128, bits: usize) -> bool {
    bits >= 128 || value >> bits == 0
}

impl Place {
    /// The bytes that the field is in.
    #[inline]
    pub(crate) fn bytes(self) -> (usize, usize) {
        (self.start / 8, (self.start + self.len).div_ceil(8))
    }

    /// The same place counted from behind so many bytes.
    pub(super) fn behind(self, bytes: usize) -> Option<Self> {
        Some(Self { start: self.start.checked_sub(8 * bytes)?, ..self })
    }

    /// Writes the field into its own [bytes](Self::bytes).
    #[inline]
    pub(crate) fn write(self, value: u128, bytes: &mut [u8]) {
        let (_, last) = self.bytes();
        let behind = last * 8 - (self.start + self.len);
        if self.start.is_multiple_of(8) && behind == 0 {
            let all = value.to_be_bytes();
            if let Some(low) = all.get(all.len().saturating_sub(bytes.len())..) {
                bytes.copy_from_slice(low);
            }
            return;
        }
        // From the last byte on: the bits of the value that are left, from the lowest.
        let (mut value, mut left, mut skip) = (value, self.len, behind);
        for byte in bytes.iter_mut().rev() {
            let take = left.min(8 - skip);
            let mask = u8::try_from((0xff_u32 >> (8 - take) << skip) & 0xff).unwrap_or(0);
            let bits = u8::try_from(value << skip & u128::from(mask)).unwrap_or(0);
            *byte = *byte & !mask | bits;
            value >>= take;
            left -= take;
            skip = 0;
        }
    }
}

/// What the bits from `from` to `to` of a frame add to its checksums.
fn shares_of(part: &Part, from: usize, to: usize) -> Vec<Share> {
    let within = |start: usize, end: usize| 8 * start <= from && to <= 8 * end;
    let mut shares = Vec::new();
    for (index, sum) in part.sums.iter().enumerate() {
        let start = match sum.pseudo {
            _ if within(sum.from, sum.to) => sum.from,
            Pseudo::At(start, end) if within(start, end) => start,
            _ => continue,
        };
        let behind = (to - 8 * start) % 16;
        let turn = u32::try_from((16 - behind) % 16).unwrap_or(0);
        shares.push(Share { sum: index, turn });
    }
    shares
}

/// Where the value `at` stands in `base`, the packet where it is 0; nothing if it changes more than
/// bits in a row.
pub(super) fn find_place(
    spec: &Spec,
    zero: &[u128],
    at: usize,
    bits: u32,
    base: &Part,
) -> Option<Place> {
    let mut values = zero.to_vec();
    let mut lowest = None;
    let mut len = 0;
    for bit in 0..bits {
        *values.get_mut(at)? = 1 << bit;
        let Ok(parts) = build::frames(spec, &values, 0) else {
            // Values from here on are impossible.
            break;
        };
        let [part] = parts.as_slice() else { return None };
        let found = only_bit(base, part)?;
        let lowest = *lowest.get_or_insert(found);
        if found + usize::try_from(bit).ok()? != lowest {
            return None;
        }
        len += 1;
    }
    Some(Place { start: (lowest? + 1).checked_sub(len)?, len })
}

/// The one bit in which two frames differ, checksums aside.
fn only_bit(a: &Part, b: &Part) -> Option<usize> {
    if a.bytes.len() != b.bytes.len() || a.sums != b.sums {
        return None;
    }
    let is_sum = |at: usize| a.sums.iter().any(|sum| (sum.at..sum.at + 2).contains(&at));
    let bytes = a.bytes.iter().zip(&b.bytes).enumerate();
    let mut changed = bytes.filter(|(at, (a, b))| a != b && !is_sum(*at));
    let (at, (a, b)) = changed.next()?;
    let difference = a ^ b;
    let bit = usize::try_from(difference.leading_zeros()).ok()?;
    (changed.next().is_none() && difference.is_power_of_two()).then_some(8 * at + bit)
}

fn word_at(bytes: &[u8], at: usize) -> u16 {
    let pair = bytes.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    u16::from_be_bytes(pair)
}
