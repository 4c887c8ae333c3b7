//! What a rule does: `struct ofp_action_header` and those built on it, and the actions of VSE.

use codec::of10::ActionType;
use codec::vse::{VENDOR_ID, VseActionType};

use super::fields as f;
use super::nicira::{self, NiciraAction};
use super::reader::Item::{Ipv4, Mac, Number, Pad};
use super::reader::Reader;
use crate::sink::{Sink, Value};

/// Reports the actions in the next `len` bytes.
pub(super) fn actions<S: Sink>(reader: &mut Reader<'_, '_, S>, len: usize) {
    actions_at(reader, len, 0);
}

/// Reports the actions in the next `len` bytes, which stand in `depth` others.
pub(super) fn actions_at<S: Sink>(reader: &mut Reader<'_, '_, S>, len: usize, depth: usize) {
    let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(2));
    reader.list((&f::ACTIONS, &f::ACTION), len, size, |reader| action(reader, depth));
}

/// Reports one action.
fn action<S: Sink>(reader: &mut Reader<'_, '_, S>, depth: usize) {
    let r#type = ActionType::from(reader.peek_u16(0));
    if r#type == ActionType::Vendor && reader.peek_u32(4) == VENDOR_ID {
        return vse_action(reader);
    }
    let nicira = r#type == ActionType::Vendor && reader.peek_u32(4) == nicira::VENDOR_ID;
    if nicira && depth < NiciraAction::MAX_DEPTH {
        return nicira::action(reader, depth);
    }
    reader.number(&f::ACTION_TYP, 2);
    reader.skip(2);
    match r#type {
        ActionType::Output => {
            reader.items(&[Number(&f::OUTPUT_PORT, 2), Number(&f::MAX_LEN, 2)]);
        }
        ActionType::SetVlanVid => reader.items(&[Number(&f::VLAN_VID, 2), Pad(&f::PAD, 2)]),
        ActionType::SetVlanPcp => reader.items(&[Number(&f::VLAN_PCP, 1), Pad(&f::PAD, 3)]),
        ActionType::StripVlan => reader.items(&[Pad(&f::PAD, 4)]),
        ActionType::SetDlSrc | ActionType::SetDlDst => {
            reader.items(&[Mac(&f::DL_ADDR), Pad(&f::PAD, 6)]);
        }
        ActionType::SetNwSrc | ActionType::SetNwDst => reader.items(&[Ipv4(&f::NW_ADDR)]),
        ActionType::SetNwTos => reader.items(&[Number(&f::SET_NW_TOS, 1), Pad(&f::PAD, 3)]),
        ActionType::SetTpSrc | ActionType::SetTpDst => {
            reader.items(&[Number(&f::TP_PORT, 2), Pad(&f::PAD, 2)]);
        }
        ActionType::Enqueue => {
            reader.items(&[Number(&f::OUTPUT_PORT, 2), Pad(&f::PAD, 6), Number(&f::QUEUE_ID, 4)]);
        }
        ActionType::Vendor => {
            reader.items(&[Number(&f::VENDOR, 4)]);
            reader.bytes(&f::ACTION_BODY, reader.left());
        }
        _ => reader.rest(&f::ACTION_BODY),
    }
}

fn vse_action<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    reader.value(&f::ACTION_TYP_VSE, 2, Value::Unsigned(u16::from(ActionType::Vendor).into()));
    reader.skip(6);
    let subtype = VseActionType::from(reader.peek_u16(0));
    reader.number(&f::VSE_ACTION, 2);
    match subtype {
        VseActionType::SetFcf => reader.items(&[
            Number(&f::SET_FCF_VM_ID, 2),
            Number(&f::SET_FCF_PRIORITY, 1),
            Number(&f::SET_FCF_CARRIER, 1),
            Pad(&f::PAD, 2),
        ]),
        VseActionType::SetIrqCore => {
            reader.items(&[Number(&f::SET_IRQ_CORE, 2)]);
            // A rule that VSE has not looked at yet has no hash.
            if reader.peek_u32(0) == 0 {
                reader.skip(4);
            } else {
                reader.items(&[Number(&f::RXHASH, 4)]);
            }
        }
        _ => reader.rest(&f::ACTION_BODY),
    }
}
