//! Where each field stands in the words of a key.

use codec::vse::MatchField;

use super::{KEY_WORDS, Presence};

/// The bits of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) field: MatchField,
    word: usize,
    shift: u32,
    width: u32,
    /// What a frame needs to have the field at all.
    pub(crate) presence: Presence,
}

const fn place(field: MatchField, word: usize, shift: u32, width: u32, needs: Presence) -> Place {
    Place { field, word, shift, width, presence: needs }
}

const ALWAYS: Presence = Presence::empty();

/// Every field, outermost header first: the order in which a trace looks for the one that failed.
pub(crate) const FIELDS: [Place; 30] = [
    place(MatchField::InPort, 0, 48, 16, ALWAYS),
    place(MatchField::DlSrc, 0, 0, 48, ALWAYS),
    place(MatchField::DlDst, 1, 0, 48, ALWAYS),
    place(MatchField::DlVlan, 3, 16, 16, ALWAYS),
    place(MatchField::DlVlanPcp, 4, 40, 8, ALWAYS),
    place(MatchField::DlType, 1, 48, 16, ALWAYS),
    place(MatchField::NwTos, 3, 0, 8, ALWAYS),
    place(MatchField::NwProto, 3, 8, 8, ALWAYS),
    place(MatchField::NwSrc, 2, 32, 32, ALWAYS),
    place(MatchField::NwDst, 2, 0, 32, ALWAYS),
    place(MatchField::TpSrc, 3, 48, 16, ALWAYS),
    place(MatchField::TpDst, 3, 32, 16, ALWAYS),
    place(MatchField::FcfCarrier, 4, 16, 8, Presence::FCF),
    place(MatchField::VmId, 4, 48, 16, Presence::FCF),
    place(MatchField::FcfPriority, 4, 24, 8, Presence::FCF),
    place(MatchField::IpFrag, 4, 32, 8, Presence::IP),
    place(MatchField::EspSpi, 5, 32, 32, Presence::SPI),
    place(MatchField::TunType, 4, 8, 8, Presence::TUNNEL),
    place(MatchField::TunId, 6, 0, 64, Presence::TUNNEL),
    place(MatchField::InnerDlSrc, 7, 0, 48, Presence::INNER_ETHERNET),
    place(MatchField::InnerDlDst, 8, 0, 48, Presence::INNER_ETHERNET),
    place(MatchField::InnerDlVlan, 7, 48, 16, Presence::INNER_ETHERNET),
    place(MatchField::InnerDlVlanPcp, 10, 8, 8, Presence::INNER_ETHERNET),
    place(MatchField::InnerDlType, 8, 48, 16, Presence::INNER),
    place(MatchField::InnerNwTos, 10, 16, 8, Presence::INNER),
    place(MatchField::InnerNwProto, 10, 24, 8, Presence::INNER),
    place(MatchField::InnerNwSrc, 9, 32, 32, Presence::INNER),
    place(MatchField::InnerNwDst, 9, 0, 32, Presence::INNER),
    place(MatchField::InnerTpSrc, 10, 48, 16, Presence::INNER),
    place(MatchField::InnerTpDst, 10, 32, 16, Presence::INNER),
];

impl Place {
    /// The place of `field`, if a key holds it.
    pub(crate) fn of(field: MatchField) -> Option<Self> {
        FIELDS.into_iter().find(|place| place.field == field)
    }

    /// The field in `words`.
    pub(crate) fn read(self, words: &[u64; KEY_WORDS]) -> u64 {
        let word = words.get(self.word).copied().unwrap_or_default();
        word.checked_shr(self.shift).unwrap_or_default() & self.ones()
    }

    /// Sets the field, whose bits in `words` are zero, to `value`.
    pub(crate) fn write(self, words: &mut [u64; KEY_WORDS], value: u64) {
        if let Some(word) = words.get_mut(self.word) {
            *word |= (value & self.ones()).checked_shl(self.shift).unwrap_or_default();
        }
    }

    /// As many ones as the field has bits.
    pub(crate) fn ones(self) -> u64 {
        u64::MAX.checked_shr(64_u32.saturating_sub(self.width)).unwrap_or_default()
    }
}
