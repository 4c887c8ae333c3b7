//! The Flow Control Field in a frame that is there already.

use super::layout::{Fcf, FcfError, FcfLayout};
use crate::vse::Carrier;

/// Where the type of service stands in an IPv4 header (RFC 791 section 3.1).
const TOS_OFFSET: usize = 1;
/// Where the header checksum stands.
const CHECKSUM_OFFSET: usize = 10;
/// The shortest IPv4 header.
const IPV4_LEN: usize = 20;
/// Where the tag control information stands in a tagged Ethernet frame (IEEE 802.1Q).
const TCI_OFFSET: usize = 14;
/// EtherTypes of a customer's and of a provider's tag.
const TPIDS: [u16; 2] = [0x8100, 0x88a8];

/// Writes the field into the type of service of `ipv4`, which begins with an IPv4 header, and
/// corrects the header checksum by what changed (RFC 1624), so that a wrong one stays wrong.
pub fn set_fcf_ipv4(layout: FcfLayout, field: Fcf, ipv4: &mut [u8]) -> Result<(), FcfError> {
    if layout.carrier != Carrier::Tos {
        return Err(FcfError::Carrier(layout));
    }
    let have = ipv4.len();
    let Some(header) = ipv4.first_chunk_mut::<IPV4_LEN>() else {
        return Err(FcfError::Frame { what: "IPv4 header", offset: 0, need: IPV4_LEN, have });
    };
    let version = header[0] >> 4;
    if version != 4 {
        return Err(FcfError::Kind { what: "IP version", found: version.into(), expected: 4 });
    }
    let old = header[TOS_OFFSET];
    // Nothing is lost: the masks of a ToS layout that makes sense are within a byte.
    let [_, new] = layout.write(field, old.into())?.to_be_bytes();
    header[TOS_OFFSET] = new;
    let checksum = u16::from_be_bytes([header[CHECKSUM_OFFSET], header[CHECKSUM_OFFSET + 1]]);
    let checksum = updated_checksum(checksum, old.into(), new.into());
    header[CHECKSUM_OFFSET..CHECKSUM_OFFSET + 2].copy_from_slice(&checksum.to_be_bytes());
    Ok(())
}

/// Writes the field into the outer VLAN tag of `frame`, an Ethernet frame that has one.
pub fn set_fcf_vlan(layout: FcfLayout, field: Fcf, frame: &mut [u8]) -> Result<(), FcfError> {
    if layout.carrier != Carrier::Vlan {
        return Err(FcfError::Carrier(layout));
    }
    let (have, need) = (frame.len(), TCI_OFFSET + 2);
    let Some(head) = frame.first_chunk_mut::<{ TCI_OFFSET + 2 }>() else {
        return Err(FcfError::Frame { what: "tagged Ethernet header", offset: 0, need, have });
    };
    let tpid = u16::from_be_bytes([head[12], head[13]]);
    if !TPIDS.contains(&tpid) {
        return Err(FcfError::Kind { what: "EtherType", found: tpid, expected: TPIDS[0] });
    }
    let tci = u16::from_be_bytes([head[TCI_OFFSET], head[TCI_OFFSET + 1]]);
    let tci = layout.write(field, tci)?;
    head[TCI_OFFSET..].copy_from_slice(&tci.to_be_bytes());
    Ok(())
}

/// A one's complement checksum after one 16-bit word of what it covers has changed: RFC 1624,
/// equation 3.
fn updated_checksum(checksum: u16, old: u16, new: u16) -> u16 {
    let sum = u32::from(!checksum) + u32::from(!old) + u32::from(new);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checksum(header: &[u8]) -> u16 {
        let mut sum: u32 = 0;
        for word in header.chunks(2) {
            sum += u32::from(u16::from_be_bytes([word[0], word[1]]));
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::try_from(sum).unwrap()
    }

    proptest! {
        #[test]
        fn the_checksum_is_that_of_the_new_header(
            mut header in any::<[u8; 20]>(),
            vm_id in 0_u16..=31,
            priority: bool,
        ) {
            header[0] = 0x45;
            header[10..12].fill(0);
            let right = checksum(&header);
            header[10..12].copy_from_slice(&right.to_be_bytes());
            let field = Fcf { vm_id, priority };
            set_fcf_ipv4(FcfLayout::DSCP, field, &mut header).unwrap();
            prop_assert_eq!(FcfLayout::DSCP.read(header[1].into()), field);
            let corrected: [u8; 2] = header[10..12].try_into().unwrap();
            header[10..12].fill(0);
            prop_assert_eq!(u16::from_be_bytes(corrected), checksum(&header));
        }

        #[test]
        fn a_wrong_checksum_stays_wrong_by_as_much(mut header in any::<[u8; 20]>(), vm_id in 0_u16..=31) {
            header[0] = 0x45;
            let before = checksum(&header);
            set_fcf_ipv4(FcfLayout::DSCP, Fcf { vm_id, priority: false }, &mut header).unwrap();
            // The two zeros of one's complement are one.
            prop_assert_eq!(checksum(&header) % 0xffff, before % 0xffff);
        }
    }

    #[test]
    fn ipv4_with_options() {
        let mut header = [0; 24];
        header[0] = 0x46;
        header[20..].fill(1);
        let right = checksum(&header);
        header[10..12].copy_from_slice(&right.to_be_bytes());
        set_fcf_ipv4(FcfLayout::TOS8, Fcf { vm_id: 127, priority: true }, &mut header).unwrap();
        assert_eq!((header[1], checksum(&header)), (0xff, 0));
    }

    #[test]
    fn tagged_frame() {
        let mut frame = *b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x81\0\x20\x01\x08\0";
        let field = Fcf { vm_id: 77, priority: true };
        set_fcf_vlan(FcfLayout::VLAN, field, &mut frame).unwrap();
        assert_eq!(frame[14..16], [0xa0, 77]);
        frame[12] = 8;
        assert!(set_fcf_vlan(FcfLayout::VLAN, field, &mut frame).is_err());
    }

    #[test]
    fn what_cannot_carry_the_field_is_left_as_it_is() {
        let field = Fcf { vm_id: 32, priority: false };
        let wide = FcfLayout { priority_mask: 0x8000, ..FcfLayout::DSCP };
        let ipv4 = |layout, mut header: Vec<u8>| {
            let before = header.clone();
            let error = set_fcf_ipv4(layout, field, &mut header).unwrap_err();
            assert_eq!(header, before);
            error.to_string()
        };
        let header = || [&[0x45][..], &[0; 19]].concat();
        for (error, text) in [
            (
                ipv4(FcfLayout::DSCP, header()),
                "VM id 32 does not fit the layout dscp: it holds 1 to 31",
            ),
            (ipv4(FcfLayout::VLAN, header()), "the layout vlan is not for this carrier"),
            (ipv4(wide, header()), "priority mask 0x8000 must be one bit of the carrier"),
            (
                ipv4(FcfLayout::TOS8, vec![0x45; 19]),
                "IPv4 header at byte 0: need 20 bytes, 19 left",
            ),
            (ipv4(FcfLayout::TOS8, vec![0x60; 40]), "IP version is 0x6, must be 0x4"),
        ] {
            assert_eq!(error, text);
        }
    }
}
