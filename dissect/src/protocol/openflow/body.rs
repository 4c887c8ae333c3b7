//! The bodies of OpenFlow 1.0 messages, field by field.

use codec::of10::{ErrorCode, HEADER_LEN, MessageType, QueuePropertyType};

use super::actions::actions;
use super::fields as f;
use super::matches::ofp_match;
use super::reader::Item::{Mac, Number, Pad, Text};
use super::reader::{Item, Reader};
use super::{stats, vse};
use crate::sink::{Place, Sink, Value};

/// `struct ofp_phy_port`.
const PORT: &[Item] = &[
    Number(&f::PORT_NO, 2),
    Mac(&f::HW_ADDR),
    Text(&f::PORT_NAME, 16),
    Number(&f::PORT_CONFIG, 4),
    Number(&f::PORT_STATE, 4),
    Number(&f::CURR, 4),
    Number(&f::ADVERTISED, 4),
    Number(&f::SUPPORTED, 4),
    Number(&f::PEER, 4),
];
const PORT_LEN: usize = 48;

/// What follows the match in a FLOW_MOD, plain or of VSE.
pub(super) const FLOW_MOD: &[Item] = &[
    Number(&f::COOKIE, 8),
    Number(&f::COMMAND, 2),
    Number(&f::IDLE_TIMEOUT, 2),
    Number(&f::HARD_TIMEOUT, 2),
    Number(&f::PRIORITY, 2),
    Number(&f::BUFFER_ID, 4),
    Number(&f::OUT_PORT, 2),
    Number(&f::FLOW_FLAGS, 2),
];

/// What follows the match in a FLOW_REMOVED, plain or of VSE.
pub(super) const FLOW_REMOVED: &[Item] = &[
    Number(&f::COOKIE, 8),
    Number(&f::PRIORITY, 2),
    Number(&f::REMOVED_REASON, 1),
    Pad(&f::PAD, 1),
    Number(&f::DURATION_SEC, 4),
    Number(&f::DURATION_NSEC, 4),
    Number(&f::IDLE_TIMEOUT, 2),
    Pad(&f::PAD2, 2),
    Number(&f::PACKET_COUNT, 8),
    Number(&f::BYTE_COUNT, 8),
];

/// Reports the fields behind the header of `message`, as far as they go.
pub(super) fn dissect<S: Sink>(r#type: MessageType, message: &[u8], place: Place, sink: &mut S) {
    let body = message.get(HEADER_LEN..).unwrap_or_default();
    let reader = &mut Reader::new(body, place.rest(HEADER_LEN), sink);
    match r#type {
        MessageType::Hello | MessageType::EchoRequest | MessageType::EchoReply => {
            reader.rest(&f::DATA);
        }
        MessageType::Error => error(reader),
        MessageType::Vendor => vse::vendor(reader),
        MessageType::FeaturesReply => {
            reader.items(&[
                Number(&f::DATAPATH_ID, 8),
                Number(&f::N_BUFFERS, 4),
                Number(&f::N_TABLES, 1),
                Pad(&f::PAD, 3),
                Number(&f::CAPABILITIES, 4),
                Number(&f::ACTION_SET, 4),
            ]);
            let len = reader.left();
            reader.list((&f::PORTS_LIST, &f::PORT), len, |_| PORT_LEN, |port| port.items(PORT));
        }
        MessageType::GetConfigReply | MessageType::SetConfig => {
            reader.items(&[Number(&f::CONFIG_FLAGS, 2), Number(&f::MISS_SEND_LEN, 2)]);
        }
        MessageType::PacketIn => {
            reader.items(&[
                Number(&f::BUFFER_ID, 4),
                Number(&f::TOTAL_LEN, 2),
                Number(&f::IN_PORT, 2),
                Number(&f::PACKET_IN_REASON, 1),
                Pad(&f::PAD, 1),
            ]);
            reader.bytes(&f::DATA, reader.left());
        }
        MessageType::FlowRemoved => {
            ofp_match(reader);
            reader.items(FLOW_REMOVED);
        }
        MessageType::PortStatus => {
            reader.items(&[Number(&f::PORT_REASON, 1), Pad(&f::PAD, 7)]);
            reader.structure(&f::DESC, PORT_LEN, |port| port.items(PORT));
        }
        MessageType::PacketOut => {
            reader.items(&[Number(&f::BUFFER_ID, 4), Number(&f::IN_PORT, 2)]);
            let len = reader.peek_u16(0).into();
            reader.skip(2);
            actions(reader, len);
            reader.rest(&f::DATA);
        }
        MessageType::FlowMod => {
            ofp_match(reader);
            reader.items(FLOW_MOD);
            actions(reader, reader.left());
        }
        MessageType::PortMod => reader.items(&[
            Number(&f::PORT_NO, 2),
            Mac(&f::HW_ADDR),
            Number(&f::PORT_CONFIG, 4),
            Number(&f::PORT_MOD_MASK, 4),
            Number(&f::ADVERTISE, 4),
            Pad(&f::PAD, 4),
        ]),
        MessageType::StatsRequest => stats::request(reader),
        MessageType::StatsReply => stats::reply(reader),
        MessageType::QueueGetConfigRequest => {
            reader.items(&[Number(&f::QUEUE_PORT, 2), Pad(&f::PAD, 2)]);
        }
        MessageType::QueueGetConfigReply => {
            reader.items(&[Number(&f::QUEUE_PORT, 2), Pad(&f::PAD, 6)]);
            queues(reader);
        }
        MessageType::FeaturesRequest
        | MessageType::GetConfigRequest
        | MessageType::BarrierRequest
        | MessageType::BarrierReply => {}
        _ => reader.bytes(&f::DATA, reader.left()),
    }
}

fn error<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let (r#type, code) = (reader.peek_u16(0), reader.peek_u16(2));
    reader.items(&[Number(&f::ERROR_TYPE, 2)]);
    match ErrorCode::new(r#type, code).name() {
        Some(name) => reader.value(&f::ERROR_CODE_NAME, 2, Value::Text(name)),
        None => reader.items(&[Number(&f::ERROR_CODE, 2)]),
    }
    reader.rest(&f::DATA);
}

fn queues<S: Sink>(reader: &mut Reader<'_, '_, S>) {
    let len = reader.left();
    let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(4));
    reader.list((&f::QUEUES, &f::QUEUE), len, size, |queue| {
        queue.items(&[Number(&f::QUEUE_ID, 4)]);
        queue.skip(2);
        queue.items(&[Pad(&f::PAD, 2)]);
        let len = queue.left();
        let size = |reader: &Reader<'_, '_, S>| usize::from(reader.peek_u16(2));
        queue.list((&f::PROPERTIES, &f::PROPERTY), len, size, |property| {
            let r#type = QueuePropertyType::from(property.peek_u16(0));
            property.items(&[Number(&f::PROPERTY_TYPE, 2)]);
            property.skip(2);
            property.items(&[Pad(&f::PAD, 4)]);
            match r#type {
                QueuePropertyType::None => {}
                QueuePropertyType::MinRate => {
                    property.items(&[Number(&f::RATE, 2), Pad(&f::PAD2, 6)]);
                }
                _ => property.bytes(&f::PROPERTY_BODY, property.left()),
            }
        });
    });
}
