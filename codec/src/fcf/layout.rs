//! Where the Flow Control Field stands: `struct vse_fcf_layout` of vse-protocol(7).
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 1 | carrier |
//! | 1 | 1 | pad |
//! | 2 | 2 | priority_mask: one bit |
//! | 4 | 2 | vm_id_mask: a run of bits |
//! | 6 | 2 | pad2 |

use std::fmt;
use std::str::FromStr;

use nom::Parser;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::types::{Hex, Pad};
use crate::vse::Carrier;
use crate::wire::{Parsed, Put, array, u8, u16};

/// The content of a Flow Control Field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fcf {
    /// The VM that the frame is for; 0 for none. The layout sets the highest.
    pub vm_id: u16,
    /// Whether the flow is to be placed on a core with little load before others.
    pub priority: bool,
}

/// Where the Flow Control Field stands in its carrier. What came from the wire is kept as it is;
/// [`checked`](Self::checked) tells whether it makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FcfLayout {
    /// What carries the field.
    pub carrier: Carrier,
    /// Padding at offset 1.
    pub pad: Pad<1>,
    /// The bit of the priority: in the ToS byte, or in the tag's TCI.
    pub priority_mask: u16,
    /// The bits of the VM id: in the ToS byte, or in the tag's TCI.
    pub vm_id_mask: u16,
    /// Padding at offset 6.
    pub pad2: Pad<2>,
}

/// A layout that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FcfLayoutError {
    /// The carrier is not known.
    #[error("carrier {0} is not known; want tos or vlan")]
    Carrier(Carrier),
    /// The priority is not one bit of the carrier.
    #[error("priority mask {0:#x} must be one bit of the carrier")]
    PriorityMask(u16),
    /// The VM id is not a run of bits of the carrier.
    #[error("VM id mask {0:#x} must be a run of bits of the carrier")]
    VmIdMask(u16),
    /// Priority and VM id share bits.
    #[error("priority mask {0:#x} and VM id mask {1:#x} overlap")]
    Overlap(u16, u16),
}

/// A field that its layout cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FcfError {
    /// The VM id is above the highest.
    #[error("VM id {vm_id} does not fit the layout {layout}: it holds 1 to {max}")]
    VmId {
        /// The VM id.
        vm_id: u16,
        /// The layout.
        layout: FcfLayout,
        /// The highest VM id that it holds.
        max: u16,
    },
    /// The layout makes no sense.
    #[error(transparent)]
    Layout(#[from] FcfLayoutError),
    /// The layout has another carrier than what it is to be written to.
    #[error("the layout {0} is not for this carrier")]
    Carrier(FcfLayout),
    /// The bytes are no frame that could carry the field.
    #[error("{what} at byte {offset}: need {need} bytes, {have} left")]
    Frame {
        /// The header.
        what: &'static str,
        /// Where it begins.
        offset: usize,
        /// Bytes that it needs.
        need: usize,
        /// Bytes that there are.
        have: usize,
    },
    /// The header is of another kind.
    #[error("{what} is {found:#x}, must be {expected:#x}")]
    Kind {
        /// The field.
        what: &'static str,
        /// Its value.
        found: u16,
        /// What it must be.
        expected: u16,
    },
}

impl FcfLayout {
    /// DSCP: the default for ToS. It leaves ECN alone, and an unmodified Open vSwitch can set it.
    pub const DSCP: Self = Self::fixed(Carrier::Tos, 0x0080, 0x007c);
    /// The whole ToS byte, as in the paper; it breaks ECN.
    pub const TOS8: Self = Self::fixed(Carrier::Tos, 0x0080, 0x007f);
    /// The VLAN tag: the top bit of PCP, and the VLAN id.
    pub const VLAN: Self = Self::fixed(Carrier::Vlan, 0x8000, 0x0fff);

    /// The layouts that have a name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("dscp", Self::DSCP), ("tos8", Self::TOS8), ("vlan", Self::VLAN)];

    /// Bytes of the structure.
    pub const LEN: usize = 8;

    const fn fixed(carrier: Carrier, priority_mask: u16, vm_id_mask: u16) -> Self {
        Self { carrier, pad: Pad([0]), priority_mask, vm_id_mask, pad2: Pad([0; 2]) }
    }

    /// A layout of one's own. An error where it makes no sense.
    pub fn custom(
        carrier: Carrier,
        priority_mask: u16,
        vm_id_mask: u16,
    ) -> Result<Self, FcfLayoutError> {
        Self::fixed(carrier, priority_mask, vm_id_mask).checked()
    }

    /// The layout, if it makes sense.
    pub fn checked(self) -> Result<Self, FcfLayoutError> {
        let carrier_bits = match self.carrier {
            Carrier::Tos => 0x00ff,
            Carrier::Vlan => 0xffff,
            Carrier::Unknown(_) => return Err(FcfLayoutError::Carrier(self.carrier)),
        };
        let (priority, vm_id) = (self.priority_mask, self.vm_id_mask);
        if !priority.is_power_of_two() || priority & !carrier_bits != 0 {
            return Err(FcfLayoutError::PriorityMask(priority));
        }
        let run = vm_id.checked_shr(vm_id.trailing_zeros()).unwrap_or(0);
        if vm_id == 0 || run & run.wrapping_add(1) != 0 || vm_id & !carrier_bits != 0 {
            return Err(FcfLayoutError::VmIdMask(vm_id));
        }
        if priority & vm_id != 0 {
            return Err(FcfLayoutError::Overlap(priority, vm_id));
        }
        Ok(self)
    }

    /// The highest VM id that the layout holds; of a VLAN tag, 4095 is reserved (IEEE 802.1Q).
    #[must_use]
    pub fn max_vm_id(self) -> u16 {
        let max = self.vm_id_mask.checked_shr(self.vm_id_mask.trailing_zeros()).unwrap_or(0);
        match self.carrier {
            Carrier::Vlan => max.min(4094),
            _ => max,
        }
    }

    /// The field in `carrier_bits`: the ToS byte, or the tag's TCI.
    #[must_use]
    pub fn read(self, carrier_bits: u16) -> Fcf {
        let vm_id = (carrier_bits & self.vm_id_mask)
            .checked_shr(self.vm_id_mask.trailing_zeros())
            .unwrap_or(0);
        Fcf { vm_id, priority: carrier_bits & self.priority_mask != 0 }
    }

    /// `carrier_bits` with the field written into it. An error where the VM id does not fit, or
    /// the layout, which may have come from the wire, makes no sense.
    pub fn write(self, field: Fcf, carrier_bits: u16) -> Result<u16, FcfError> {
        self.checked()?;
        let max = self.max_vm_id();
        if field.vm_id > max {
            return Err(FcfError::VmId { vm_id: field.vm_id, layout: self, max });
        }
        let vm_id = field.vm_id.checked_shl(self.vm_id_mask.trailing_zeros()).unwrap_or(0)
            & self.vm_id_mask;
        let priority = if field.priority { self.priority_mask } else { 0 };
        Ok(carrier_bits & !(self.vm_id_mask | self.priority_mask) | vm_id | priority)
    }

    /// The name of the layout, if it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, layout)| *layout == self).map(|(name, _)| *name)
    }

    pub(crate) fn read_wire(input: &[u8]) -> Parsed<'_, Self> {
        (
            u8("carrier").map(Carrier::from),
            array("pad").map(Pad),
            u16("priority_mask"),
            u16("vm_id_mask"),
            array("pad2").map(Pad),
        )
            .map(|(carrier, pad, priority_mask, vm_id_mask, pad2)| Self {
                carrier,
                pad,
                priority_mask,
                vm_id_mask,
                pad2,
            })
            .parse(input)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(self.carrier.into());
        out.put(&self.pad.0);
        out.put_u16(self.priority_mask);
        out.put_u16(self.vm_id_mask);
        out.put(&self.pad2.0);
    }
}

impl fmt::Display for FcfLayout {
    /// `dscp`, or `custom(tos,priority=0x80,vm_id=0x3c)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { carrier, priority_mask, vm_id_mask, .. } = self;
        match self.name() {
            Some(name) => f.write_str(name),
            None => {
                write!(f, "custom({carrier},priority={priority_mask:#x},vm_id={vm_id_mask:#x})")
            }
        }
    }
}

/// Text that is no layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLayoutError {
    /// Neither a name nor the form of a custom layout.
    #[error("not a layout: want dscp, tos8, vlan or custom(tos,priority=0x80,vm_id=0x3c)")]
    Syntax,
    /// A custom layout that makes no sense.
    #[error(transparent)]
    Layout(#[from] FcfLayoutError),
}

impl FromStr for FcfLayout {
    type Err = ParseLayoutError;

    fn from_str(text: &str) -> Result<Self, ParseLayoutError> {
        let named = Self::NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, layout)) = named {
            return Ok(*layout);
        }
        let mask = |part: Option<&str>, name: &str| {
            let digits = part?.trim().strip_prefix(name)?.strip_prefix("=0x")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let parts = text.strip_prefix("custom(").and_then(|rest| rest.strip_suffix(')'));
        let mut parts = parts.ok_or(ParseLayoutError::Syntax)?.split(',');
        let carrier = parts.next().and_then(|name| Carrier::from_name(name.trim()));
        let (priority, vm_id) = (mask(parts.next(), "priority"), mask(parts.next(), "vm_id"));
        match (carrier, priority, vm_id, parts.next()) {
            (Some(carrier), Some(priority), Some(vm_id), None) => {
                Ok(Self::custom(carrier, priority, vm_id)?)
            }
            _ => Err(ParseLayoutError::Syntax),
        }
    }
}

/// A layout in JSON: its name, or its fields.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Json {
    Name(String),
    Fields(Fields),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    carrier: Carrier,
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pad: Pad<1>,
    priority_mask: Hex<u16>,
    vm_id_mask: Hex<u16>,
    #[serde(default, skip_serializing_if = "Pad::is_zero")]
    pad2: Pad<2>,
}

impl Serialize for FcfLayout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { carrier, pad, priority_mask, vm_id_mask, pad2 } = *self;
        match self.name() {
            Some(name) => Json::Name(name.to_owned()),
            None => Json::Fields(Fields {
                carrier,
                pad,
                priority_mask: Hex(priority_mask),
                vm_id_mask: Hex(vm_id_mask),
                pad2,
            }),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FcfLayout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Name(name) => name.parse().map_err(de::Error::custom),
            Json::Fields(Fields { carrier, pad, priority_mask, vm_id_mask, pad2 }) => Ok(Self {
                carrier,
                pad,
                priority_mask: priority_mask.0,
                vm_id_mask: vm_id_mask.0,
                pad2,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any layout that makes sense.
    fn layout() -> impl Strategy<Value = FcfLayout> {
        let carrier = prop_oneof![Just(Carrier::Tos), Just(Carrier::Vlan)];
        let places = (carrier, 0..16_u32, 1..16_u32, 0..16_u32);
        places.prop_filter_map("overlap, or out of the carrier", |(carrier, bit, len, low)| {
            let vm_id_mask = u16::try_from(((1_u32 << len) - 1) << low).ok()?;
            FcfLayout::custom(carrier, 1 << bit, vm_id_mask).ok()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(layout in layout(), vm_id: u16, priority: bool, bits: u16) {
            let field = Fcf { vm_id: vm_id % (layout.max_vm_id() + 1), priority };
            let written = layout.write(field, bits).unwrap();
            prop_assert_eq!(layout.read(written), field);
            let others = !(layout.vm_id_mask | layout.priority_mask);
            prop_assert_eq!(written & others, bits & others);
        }

        #[test]
        fn a_vm_id_above_the_highest_is_refused(layout in layout(), vm_id: u16) {
            let written = layout.write(Fcf { vm_id, priority: false }, 0);
            prop_assert_eq!(written.is_err(), vm_id > layout.max_vm_id());
        }

        #[test]
        fn text_json_and_wire_give_back_the_layout(layout in layout()) {
            prop_assert_eq!(layout.to_string().parse(), Ok(layout));
            let json = serde_json::to_string(&layout).unwrap();
            prop_assert_eq!(serde_json::from_str::<FcfLayout>(&json).unwrap(), layout);
            let mut wire = Vec::new();
            layout.encode(&mut wire);
            prop_assert_eq!(FcfLayout::read_wire(&wire), Ok((&[][..], layout)));
        }

        #[test]
        fn no_masks_panic(
            carrier: u8, priority_mask: u16, vm_id_mask: u16, vm_id: u16, bits: u16,
        ) {
            let carrier = carrier.into();
            let layout = FcfLayout { carrier, priority_mask, vm_id_mask, ..FcfLayout::DSCP };
            prop_assert_eq!(layout.read(bits).priority, bits & priority_mask != 0);
            let written = layout.write(Fcf { vm_id, priority: true }, bits);
            prop_assert!(written.is_err() || layout.checked().is_ok());
        }
    }

    #[test]
    fn layouts_as_text() {
        for text in ["dscp", "tos8", "vlan", "custom(tos,priority=0x4,vm_id=0xf0)"] {
            assert_eq!(text.parse::<FcfLayout>().unwrap().to_string(), text);
        }
        for (text, why) in [
            ("dscq", "want dscp"),
            ("custom(tos,priority=0x3,vm_id=0xf0)", "one bit"),
            ("custom(tos,priority=0x1,vm_id=0xa0)", "a run of bits"),
            ("custom(tos,priority=0x10,vm_id=0xf0)", "overlap"),
            ("custom(tos,priority=0x100,vm_id=0xf0)", "one bit of the carrier"),
            ("custom(vlan,priority=0x1,vm_id=0x0)", "a run of bits"),
            ("custom(vlan,priority=0x1)", "want dscp"),
        ] {
            let error = text.parse::<FcfLayout>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_highest_vm_id() {
        let too_high = Fcf { vm_id: 4095, priority: false };
        assert_eq!(
            FcfLayout::VLAN.write(too_high, 0).unwrap_err().to_string(),
            "VM id 4095 does not fit the layout vlan: it holds 1 to 4094"
        );
    }
}
