//! STATS_REQUEST and STATS_REPLY, field by field.

use codec::of10::stats::StatsType;
use codec::vse::{VENDOR_ID, VseStatsType};

use super::actions::actions;
use super::fields as f;
use super::matches::{ofp_match, tlvs};
use super::reader::Item::{Mac, Number, Pad, Text};
use super::reader::{Item, Reader};
use super::{nicira, nicira_fields};
use crate::sink::{Sink, Value};

const DESC: &[Item] = &[
    Text(&f::MFR_DESC, 256),
    Text(&f::HW_DESC, 256),
    Text(&f::SW_DESC, 256),
    Text(&f::SERIAL_NUM, 32),
    Text(&f::DP_DESC, 256),
];

const TABLE: &[Item] = &[
    Number(&f::TABLE_ID, 1),
    Pad(&f::PAD, 3),
    Text(&f::TABLE_NAME, 32),
    Number(&f::WILDCARDS, 4),
    Number(&f::MAX_ENTRIES, 4),
    Number(&f::ACTIVE_COUNT, 4),
    Number(&f::LOOKUP_COUNT, 8),
    Number(&f::MATCHED_COUNT, 8),
];

const PORT: &[Item] = &[
    Number(&f::PORT_NO, 2),
    Pad(&f::PAD, 6),
    Number(&f::RX_PACKETS, 8),
    Number(&f::TX_PACKETS, 8),
    Number(&f::RX_BYTES, 8),
    Number(&f::TX_BYTES, 8),
    Number(&f::RX_DROPPED, 8),
    Number(&f::TX_DROPPED, 8),
    Number(&f::RX_ERRORS, 8),
    Number(&f::TX_ERRORS, 8),
    Number(&f::RX_FRAME_ERR, 8),
    Number(&f::RX_OVER_ERR, 8),
    Number(&f::RX_CRC_ERR, 8),
    Number(&f::COLLISIONS, 8),
];

const QUEUE: &[Item] = &[
    Number(&f::PORT_NO, 2),
    Pad(&f::PAD, 2),
    Number(&f::QUEUE_ID, 4),
    Number(&f::TX_BYTES, 8),
    Number(&f::TX_PACKETS, 8),
    Number(&f::TX_ERRORS, 8),
];

const VM: &[Item] = &[
    Number(&f::VM_ID, 2),
    Number(&f::CORE, 2),
    Number(&f::VM_PORT_NO, 2),
    Number(&f::TENANT_ID, 4),
    Number(&f::PID, 4),
    Mac(&f::VM_HW_ADDR),
    Number(&f::SOURCE, 1),
    Pad(&f::PAD, 9),
    Text(&f::VM_NAME, 32),
];

const DATAPATH: &[Item] = &[
    Text(&f::DATAPATH_NAME, 32),
    Number(&f::MODE, 1),
    Pad(&f::PAD, 1),
    Number(&f::N_CORES, 2),
    Number(&f::GENERATION, 4),
    Number(&f::N_FLOWS, 4),
    Number(&f::MAX_FLOWS, 4),
    Number(&f::MATCHED, 8),
    Number(&f::MISSED, 8),
    Number(&f::PASSED, 8),
    Number(&f::REDIRECTED, 8),
    Number(&f::ERRORS, 8),
    Number(&f::MOVES, 8),
    Number(&f::DEFERRED, 8),
];

/// Whether the statistics are those of `vendor`, by what the reader has before it.
fn is_of<S: Sink>(vendor: u32, reader: &Reader<'_, '_, S>) -> bool {
    StatsType::from(reader.peek_u16(0)) == StatsType::Vendor && reader.peek_u32(4) == vendor
}

/// Reports type and flags, and returns the type.
fn head<S: Sink>(reader: &mut Reader<'_, '_, S>, flags: Item) -> StatsType {
    let r#type = StatsType::from(reader.peek_u16(0));
    let code = Value::Unsigned(u16::from(StatsType::Vendor).into());
    if is_of(VENDOR_ID, reader) {
        reader.value(&f::STATS_TYPE_VSE, 2, code);
    } else if is_of(nicira::VENDOR_ID, reader) {
        reader.value(&nicira_fields::STATS_TYPE, 2, code);
    } else {
        reader.items(&[Number(&f::STATS_TYPE, 2)]);
    }
    reader.items(&[flags]);
    r#type
}

/// Reports the body of a STATS_REQUEST.
pub(super) fn request<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let vse = is_of(VENDOR_ID, reader);
    let nicira = is_of(nicira::VENDOR_ID, reader);
    let r#type = head(reader, Number(&f::REQUEST_FLAGS, 2));
    let len = reader.left();
    reader.structure(&f::STATS_BODY, len, |body| match r#type {
        StatsType::Desc | StatsType::Table => {}
        StatsType::Flow | StatsType::Aggregate => {
            ofp_match(body);
            body.items(&[Number(&f::TABLE_ID, 1), Pad(&f::PAD, 1), Number(&f::OUT_PORT, 2)]);
        }
        StatsType::Port => body.items(&[Number(&f::PORT_NO, 2), Pad(&f::PAD, 6)]),
        StatsType::Queue => {
            body.items(&[Number(&f::PORT_NO, 2), Pad(&f::PAD, 2), Number(&f::QUEUE_ID, 4)]);
        }
        StatsType::Vendor if vse => vse_request(body),
        StatsType::Vendor if nicira => nicira::stats_request(body),
        StatsType::Vendor => vendor(body),
        _ => body.bytes(&f::DATA, body.left()),
    });
}

/// Reports the body of a STATS_REPLY.
pub(super) fn reply<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let vse = is_of(VENDOR_ID, reader);
    let nicira = is_of(nicira::VENDOR_ID, reader);
    let r#type = head(reader, Number(&f::REPLY_FLAGS, 2));
    let len = reader.left();
    let whole = (&f::STATS_LIST, &f::STATS_ENTRY);
    match r#type {
        StatsType::Flow => {
            let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(0));
            reader.list(whole, len, size, flow);
        }
        StatsType::Table => reader.list(whole, len, |_| 64, |entry| entry.items(TABLE)),
        StatsType::Port => reader.list(whole, len, |_| 104, |entry| entry.items(PORT)),
        StatsType::Queue => reader.list(whole, len, |_| 32, |entry| entry.items(QUEUE)),
        _ => reader.structure(&f::STATS_BODY, len, |body| match r#type {
            StatsType::Desc => body.items(DESC),
            StatsType::Aggregate => body.items(&[
                Number(&f::PACKET_COUNT, 8),
                Number(&f::BYTE_COUNT, 8),
                Number(&f::FLOW_COUNT, 4),
                Pad(&f::PAD, 4),
            ]),
            StatsType::Vendor if vse => vse_reply(body),
            StatsType::Vendor if nicira => nicira::stats_reply(body),
            StatsType::Vendor => vendor(body),
            _ => body.bytes(&f::DATA, body.left()),
        }),
    }
}

fn vendor<S: Sink>(body: &mut Reader<'_, '_, S>) {
    body.items(&[Number(&f::VENDOR, 4)]);
    body.bytes(&f::DATA, body.left());
}

fn flow<S: Sink>(entry: &mut Reader<'_, '_, S>) {
    entry.skip(2);
    entry.items(&[Number(&f::TABLE_ID, 1), Pad(&f::PAD, 1)]);
    ofp_match(entry);
    entry.items(&[
        Number(&f::DURATION_SEC, 4),
        Number(&f::DURATION_NSEC, 4),
        Number(&f::PRIORITY, 2),
        Number(&f::IDLE_TIMEOUT, 2),
        Number(&f::HARD_TIMEOUT, 2),
        Pad(&f::PAD2, 6),
        Number(&f::COOKIE, 8),
        Number(&f::PACKET_COUNT, 8),
        Number(&f::BYTE_COUNT, 8),
    ]);
    actions(entry, entry.left());
}

/// Reports VSE's head of statistics, and returns their kind.
fn vse_head<S: Sink>(body: &mut Reader<'_, '_, S>) -> VseStatsType {
    body.skip(4);
    let r#type = VseStatsType::from(body.peek_u16(0));
    body.items(&[Number(&f::VSE_STATS_TYPE, 2), Pad(&f::HEAD_PAD, 6)]);
    r#type
}

fn vse_request<S: Sink>(body: &mut Reader<'_, '_, S>) {
    match vse_head(body) {
        VseStatsType::Flow => {
            ofp_match(body);
            body.items(&[Number(&f::TABLE_ID, 1), Pad(&f::PAD, 1), Number(&f::OUT_PORT, 2)]);
            let len = body.peek_u16(0).into();
            body.skip(2);
            body.items(&[Pad(&f::PAD2, 2)]);
            tlvs(body, len);
        }
        VseStatsType::Core => body.items(&[Number(&f::CORE, 2), Pad(&f::PAD, 6)]),
        VseStatsType::Vm => body.items(&[Number(&f::VM_ID, 2), Pad(&f::PAD, 6)]),
        VseStatsType::Datapath => {}
        _ => body.bytes(&f::DATA, body.left()),
    }
}

fn vse_reply<S: Sink>(body: &mut Reader<'_, '_, S>) {
    let r#type = vse_head(body);
    let len = body.left();
    let whole = (&f::ENTRIES, &f::ENTRY);
    let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(0));
    match r#type {
        VseStatsType::Flow => body.list(whole, len, size, vse_flow),
        VseStatsType::Core => body.list(whole, len, size, core),
        VseStatsType::Vm => body.list(whole, len, size, |entry| {
            entry.skip(2);
            entry.items(VM);
        }),
        VseStatsType::Datapath => {
            body.structure(&f::DATAPATH, len, |entry| entry.items(DATAPATH));
        }
        _ => body.structure(&f::DATAPATH, len, |entry| entry.bytes(&f::DATA, len)),
    }
}

fn vse_flow<S: Sink>(entry: &mut Reader<'_, '_, S>) {
    entry.skip(2);
    entry.items(&[Number(&f::TABLE_ID, 1), Number(&f::REASON, 1)]);
    ofp_match(entry);
    entry.items(&[
        Number(&f::DURATION_SEC, 4),
        Number(&f::DURATION_NSEC, 4),
        Number(&f::PRIORITY, 2),
        Number(&f::IDLE_TIMEOUT, 2),
        Number(&f::HARD_TIMEOUT, 2),
        Number(&f::CORE, 2),
        Number(&f::RXHASH, 4),
        Number(&f::FLOW_FLAGS, 2),
    ]);
    let len = entry.peek_u16(0).into();
    entry.skip(2);
    entry.items(&[
        Pad(&f::PAD, 4),
        Number(&f::COOKIE, 8),
        Number(&f::PACKET_COUNT, 8),
        Number(&f::BYTE_COUNT, 8),
        Number(&f::ASSIGNED, 8),
    ]);
    tlvs(entry, len);
    actions(entry, entry.left());
}

fn core<S: Sink>(entry: &mut Reader<'_, '_, S>) {
    entry.skip(2);
    entry.items(&[
        Number(&f::CORE, 2),
        Number(&f::LOAD, 2),
        Number(&f::PROVISIONAL, 2),
        Number(&f::CORE_FLAGS, 2),
        Number(&f::NUMA_NODE, 2),
        Number(&f::N_FLOWS, 4),
        Number(&f::PACKETS, 8),
        Number(&f::DROPS, 8),
    ]);
    let len = 2 * usize::from(entry.peek_u16(0));
    entry.skip(2);
    entry.structure(&f::VMS, len, |vms| {
        while !vms.is_done() {
            vms.items(&[Number(&f::VM_ID, 2)]);
        }
    });
    let left = entry.left();
    entry.items(&[Pad(&f::PAD, left)]);
}
