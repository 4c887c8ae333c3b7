//! VENDOR messages, and those of VSE field by field.

use codec::fcf::FcfLayout;
use codec::vse::{Subtype, VENDOR_ID};

use super::actions::actions;
use super::body::{FLOW_MOD, FLOW_REMOVED};
use super::fields as f;
use super::matches::{ofp_match, tlvs};
use super::nicira;
use super::reader::Item::{Mac, Number, Pad, Text};
use super::reader::Reader;
use crate::sink::{Sink, Value};

/// Where the frame of a TRACE_REQUEST begins, if `message` is one.
pub(super) fn frame_at(message: &[u8]) -> Option<usize> {
    let word = |at: usize| Some(u32::from_be_bytes(*message.get(at..)?.first_chunk()?));
    let is_trace = word(8)? == VENDOR_ID && word(12)? == u32::from(Subtype::TraceRequest);
    is_trace.then_some(24)
}

/// Reports the body of a VENDOR message.
pub(super) fn vendor<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    if reader.peek_u32(0) == nicira::VENDOR_ID {
        return nicira::vendor(reader);
    }
    if reader.peek_u32(0) != VENDOR_ID {
        reader.items(&[Number(&f::VENDOR, 4)]);
        return reader.bytes(&f::DATA, reader.left());
    }
    let subtype = Subtype::from(reader.peek_u32(4));
    reader.items(&[Number(&f::VENDOR, 4), Number(&f::SUBTYPE, 4)]);
    match subtype {
        Subtype::HostFeaturesRequest | Subtype::GetConfigRequest => {}
        Subtype::HostFeaturesReply => {
            reader.items(&[
                Number(&f::N_CORES, 2),
                Number(&f::N_RX_QUEUES, 2),
                Number(&f::ACCELERATION, 4),
                Number(&f::MAX_FLOWS, 4),
                Number(&f::MAX_VMS, 4),
                Number(&f::CARRIERS, 1),
                Pad(&f::PAD, 7),
            ]);
            layout(reader);
            reader.items(&[Text(&f::DATAPATH_NAME, 32)]);
        }
        Subtype::GetConfigReply | Subtype::SetConfig => {
            reader.items(&[
                Number(&f::VSE_CONFIG_FLAGS, 2),
                Number(&f::POLICY, 1),
                Pad(&f::PAD, 1),
                Number(&f::HIGH_LOAD, 2),
                Number(&f::VSE_IDLE_TIMEOUT, 2),
            ]);
            layout(reader);
            reader.items(&[
                Number(&f::REBALANCE_INTERVAL, 2),
                Number(&f::REBALANCE_IMPROVEMENT, 2),
                Pad(&f::PAD2, 4),
            ]);
        }
        Subtype::VmInfo => reader.items(&[
            Number(&f::VM_EVENT, 1),
            Pad(&f::PAD, 1),
            Number(&f::VM_PORT_NO, 2),
            Number(&f::VM_ID, 2),
            Number(&f::CORE, 2),
            Number(&f::TENANT_ID, 4),
            Mac(&f::VM_HW_ADDR),
            Pad(&f::PAD2, 2),
            Number(&f::PID, 4),
            Text(&f::VM_NAME, 32),
        ]),
        Subtype::FlowMod => {
            ofp_match(reader);
            reader.items(FLOW_MOD);
            let len = reader.peek_u16(0).into();
            reader.skip(2);
            reader.items(&[Pad(&f::PAD, 6)]);
            tlvs(reader, len);
            actions(reader, reader.left());
        }
        Subtype::FlowRemoved => {
            ofp_match(reader);
            reader.items(FLOW_REMOVED);
            reader.items(&[Number(&f::CORE, 2)]);
            let len = reader.peek_u16(0).into();
            reader.skip(2);
            reader.items(&[Pad(&f::PAD3, 4)]);
            tlvs(reader, len);
        }
        Subtype::CoreMod => reader.items(&[
            Number(&f::CORE_COMMAND, 2),
            Number(&f::CORE, 2),
            Number(&f::VM_ID, 2),
            Pad(&f::PAD, 2),
        ]),
        Subtype::Bundle => reader.items(&[Number(&f::BUNDLE_COMMAND, 2), Pad(&f::PAD, 6)]),
        Subtype::MonitorRequest => reader.items(&[
            Number(&f::MONITOR_COMMAND, 1),
            Pad(&f::PAD, 1),
            Number(&f::EVENTS, 2),
            Number(&f::MONITOR_ID, 4),
        ]),
        Subtype::Assignment => assignment(reader),
        Subtype::TraceRequest => {
            reader.items(&[Number(&f::IN_PORT, 2), Number(&f::CORE, 2), Pad(&f::PAD, 4)]);
            reader.bytes(&f::FRAME, reader.left());
        }
        Subtype::TraceReply => {
            reader.items(&[
                Number(&f::REASON, 1),
                Pad(&f::PAD, 1),
                Number(&f::CORE, 2),
                Pad(&f::PAD2, 4),
            ]);
            let len = reader.left();
            let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(0));
            reader.list((&f::CANDIDATES, &f::CANDIDATE), len, size, candidate);
        }
        _ => reader.bytes(&f::DATA, reader.left()),
    }
}

fn assignment<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    reader.items(&[
        Number(&f::MONITOR_ID, 4),
        Number(&f::EVENT, 1),
        Number(&f::REASON, 1),
        Number(&f::PRIORITY, 2),
        Number(&f::COOKIE, 8),
    ]);
    ofp_match(reader);
    reader.items(&[
        Number(&f::OLD_CORE, 2),
        Number(&f::NEW_CORE, 2),
        Number(&f::RXHASH, 4),
        Number(&f::TIME, 8),
        Number(&f::VM_ID, 2),
        Number(&f::LOAD, 2),
    ]);
    let len = reader.peek_u16(0).into();
    reader.skip(2);
    reader.items(&[Pad(&f::PAD, 2)]);
    tlvs(reader, len);
}

fn candidate<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    reader.skip(2);
    reader.items(&[
        Number(&f::OUTCOME, 1),
        Number(&f::FAILED_FIELD, 1),
        Number(&f::CORE, 2),
        Number(&f::PRIORITY, 2),
        Number(&f::COOKIE, 8),
    ]);
    ofp_match(reader);
    let len = reader.peek_u16(0).into();
    reader.skip(2);
    reader.items(&[Pad(&f::PAD, 6)]);
    tlvs(reader, len);
}

/// Reports a layout of the Flow Control Field: by its name, or part by part.
fn layout<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    const LEN: usize = 8;
    let named = [("dscp", FcfLayout::DSCP), ("tos8", FcfLayout::TOS8), ("vlan", FcfLayout::VLAN)];
    let bytes = reader.peek().first_chunk::<LEN>();
    let is = |layout: &FcfLayout| {
        let FcfLayout { carrier, priority_mask, vm_id_mask, .. } = *layout;
        let ([p0, p1], [v0, v1]) = (priority_mask.to_be_bytes(), vm_id_mask.to_be_bytes());
        bytes.is_some_and(|bytes| *bytes == [carrier.into(), 0, p0, p1, v0, v1, 0, 0])
    };
    if let Some((name, _)) = named.iter().find(|(_, layout)| is(layout)) {
        return reader.value(&f::FCF_LAYOUT, LEN, Value::Text(name));
    }
    reader.structure(&f::FCF_CUSTOM, LEN, |layout| {
        layout.items(&[
            Number(&f::FCF_CARRIER, 1),
            Pad(&f::PAD, 1),
            Number(&f::PRIORITY_MASK, 2),
            Number(&f::VM_ID_MASK, 2),
            Pad(&f::PAD2, 2),
        ]);
    });
}
