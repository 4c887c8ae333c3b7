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
    // The masks of a ToS layout are within a byte.
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
            // A sum over a header with its right checksum is all ones, that is zero inverted.
            prop_assert_eq!(checksum(&header), 0);
        }

        #[test]
        fn what_is_written_is_read(vm_id in 0_u16..=4094, priority: bool, tci: u16) {
            for (_, layout) in FcfLayout::NAMED {
                let field = Fcf { vm_id: vm_id.min(layout.max_vm_id()), priority };
                let tci = if layout.carrier == Carrier::Tos { tci & 0xff } else { tci };
                let written = layout.write(field, tci).unwrap();
                prop_assert_eq!(layout.read(written), field);
                let others = !(layout.vm_id_mask | layout.priority_mask);
                prop_assert_eq!(written & others, tci & others);
            }
        }
    }

    #[test]
    fn tagged_frame() {
        let mut frame = *b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x81\0\x20\x01\x08\0";
        let field = Fcf { vm_id: 77, priority: true };
        set_fcf_vlan(FcfLayout::VLAN, field, &mut frame).unwrap();
        assert_eq!(frame[14..16], [0xa0, 77]);
        frame[12] = 8;
        assert!(set_fcf_vlan(FcfLayout::VLAN, field, &mut frame).is_err());
        let too_high = Fcf { vm_id: 4095, priority: false };
        assert_eq!(
            FcfLayout::VLAN.write(too_high, 0).unwrap_err().to_string(),
            "VM id 4095 does not fit the layout vlan: it holds 1 to 4094"
        );
    }

    #[test]
    fn a_layout_without_sense_writes_nothing() {
        let wide = FcfLayout { vm_id_mask: 0x0f00, ..FcfLayout::DSCP };
        assert!(wide.write(Fcf { vm_id: 1, priority: true }, 0).is_err());
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
        ] {
            let error = text.parse::<FcfLayout>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
