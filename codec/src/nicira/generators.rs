//! Strategies for property tests: any structure that a table can have.

use proptest::prelude::*;

use super::match_key::MatchKey;
use super::match_words::{OPTIONS, ORDER, takes_mask};
use super::record::Record;
use super::shape::{Item, Layout, Many, Part, Shape, Size};
use super::*;
use crate::of10::stats::{
    StatsReply, StatsReplyBody, StatsReplyFlags, StatsRequest, StatsRequestBody, StatsRequestFlags,
};
use crate::of10::{Action, Body, Message, Vendor};
use crate::types::Bytes;

/// Numbers of four bytes that are the header of a field.
const FIELDS: [&str; 6] =
    ["src", "dst", "member_type", "zone_src", "obs_domain_src", "obs_point_src"];

/// Any bytes, to be drawn from; zeros behind their end.
struct Draw(std::vec::IntoIter<u8>);

impl Draw {
    fn byte(&mut self) -> u8 {
        self.0.next().unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    fn number(&mut self, len: usize) -> u64 {
        let bytes = match self.below(6) {
            0 => self.bytes(len),
            // Small numbers are code points and flags that are known.
            1 | 2 => vec![self.byte() % 8],
            3 | 4 => vec![self.byte()],
            _ => vec![0xff; len],
        };
        bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Zero more often than not.
    fn padding(&mut self, len: usize) -> Bytes {
        Bytes(if self.below(4) > 0 { vec![0; len] } else { self.bytes(len) })
    }

    fn entry(&mut self) -> NxmEntry {
        let field = &NxmField::ALL[usize::from(self.byte()) % NxmField::ALL.len()];
        let len = if field.bytes == 0 { 1 + self.below(8) } else { field.bytes };
        let value = self.bytes(len);
        let mask = (self.below(2) == 0).then(|| self.bytes(len));
        NxmEntry::new(field, &value, mask.as_deref()).unwrap()
    }

    fn entries(&mut self) -> Vec<NxmEntry> {
        (0..self.below(4)).map(|_| self.entry()).collect()
    }

    /// A match as text can say it: what Open vSwitch would send.
    fn key(&mut self) -> MatchKey {
        let mut key = MatchKey::default();
        let protocols = [1, 6, 17, 58, 132, 200];
        let types = [0x0800, 0x86dd, 0x0806, 0x8035, 0x8847, 0x8848, 0x894f, 0x88b5];
        if self.below(8) > 0 {
            key.set("eth_type", types[self.below(types.len())], 0xffff);
        }
        if self.below(3) > 0 && key.context().field("nw_proto").is_some() {
            key.set("nw_proto", protocols[self.below(protocols.len())], 0xff);
        }
        for first in ["tp_src", "ct_nw_proto", "tun_erspan_ver"] {
            if self.below(2) == 0 {
                self.slot(first, &mut key);
            }
        }
        for slot in ORDER {
            if self.below(4) == 0 && !key.slots().any(|set| set == *slot) {
                self.slot(slot, &mut key);
            }
        }
        key
    }

    /// Sets a slot, if it counts.
    fn slot(&mut self, slot: &'static str, key: &mut MatchKey) {
        if slot == OPTIONS {
            let field = NxmField::of_word("tun_metadata5").unwrap();
            // As many bytes as there are digits: the first is none that is left out.
            let value = [1 + self.byte() % 9, self.byte() & 0x0f, self.byte()];
            let mask = (self.below(2) == 0).then_some([0xff, 0x0f, 0xff]);
            let entry = NxmEntry::new(field, &value, mask.as_ref().map(|mask| &mask[..]));
            return key.options.push(entry.unwrap());
        }
        let Some(field) = key.context().field(slot).and_then(NxmField::of_word) else { return };
        let full = u128::MAX >> (128 - field.bits);
        let any = u128::from(self.number(8)) << 64 | u128::from(self.number(8));
        let mask = u128::from(self.number(8)) << 64 | u128::from(self.number(8));
        let masked = self.below(2) == 0 && takes_mask(field.word);
        let (value, mask) = match slot {
            // Whether there is a type of a packet, says whether there is Ethernet.
            "packet_type" | "eth_type" | "nw_proto" => return,
            "tp_src" if field.word == "icmpv6_type" => (135 + any % 3, 0xffff),
            "tp_src" | "tp_dst" if field.bits == 8 => (any & 0xff, 0xffff),
            "tun_erspan_ver" => (1 + any % 2, 0xf),
            "ip_frag" => [(0, 3), (1, 3), (3, 3), (1, 1), (0, 2)][self.below(5)],
            "tos" => (any, [0xfc, 3, 0xff][self.below(3)]),
            "tci" => (any, [0xffff, 0x1fff, 0xf000, 0xffff & mask][self.below(4)]),
            "actset_output" => ([5, 0xffff_fff7, 0xffff_fffe][self.below(3)], full),
            "ct_state" => (any, [0xff, mask & 0xff][self.below(2)]),
            _ if masked => (any & full, mask & full),
            _ => (any & full, full),
        };
        key.set(slot, value, mask);
    }

    fn actions(&mut self, depth: usize) -> Vec<Action> {
        let most = if depth > 2 { 1 } else { 4 };
        (0..self.below(most)).map(|_| Action::Nicira(self.action(depth))).collect()
    }

    fn action(&mut self, depth: usize) -> NiciraAction {
        let all = NiciraActionType::ALL;
        let subtype = all[self.below(all.len())];
        self.action_of(subtype, depth)
    }

    fn action_of(&mut self, subtype: NiciraActionType, depth: usize) -> NiciraAction {
        let mut body = self.record(action_layout(subtype), depth + 1);
        // The whole is a multiple of eight bytes, and what follows the subtype begins at ten.
        while !(10 + body.encoded_len()).is_multiple_of(8) {
            body = match subtype {
                NiciraActionType::Note | NiciraActionType::Unknown(_) => {
                    let key = body.layout().items[0].key;
                    let mut note = body.bytes(key).to_vec();
                    note.push(self.byte());
                    let mut body = Record::empty(body.layout());
                    body.push(Some(Value::Bytes(Bytes(note))));
                    body
                }
                _ => self.record(action_layout(subtype), depth + 1),
            };
        }
        NiciraAction { subtype, body }
    }

    fn record(&mut self, layout: &'static Layout, depth: usize) -> Record {
        let mut record = Record::empty(layout);
        for item in layout.items {
            let value = match item.shape {
                Shape::Len | Shape::MatchLen | Shape::Count => None,
                _ if !record.has(item) => None,
                _ => Some(self.value(item, &record, depth)),
            };
            record.push(value);
        }
        record.padded()
    }

    fn value(&mut self, item: &Item, before: &Record, depth: usize) -> Value {
        match item.shape {
            Shape::Number(4, _) if FIELDS.contains(&item.key) && self.below(4) > 0 => {
                let field = &NxmField::ALL[usize::from(self.byte()) % NxmField::ALL.len()];
                Value::Number(field.header() & 0xffff_ffff)
            }
            Shape::Number(len, _) => Value::Number(self.number(len)),
            Shape::Part(Part { width, plus, .. }) => {
                let max = 1_u64 << width;
                // A learned field of no bits at the end would be read as padding.
                let least = u64::from(item.key == "n_bits" && plus == 0);
                Value::Number(u64::from(plus) + (self.number(2) % max).max(least))
            }
            Shape::Pad(len) | Shape::Spare(len) => Value::Bytes(self.padding(len)),
            Shape::Ipv4 => Value::Ipv4(u32::try_from(self.number(4)).unwrap().into()),
            Shape::Ipv6 => Value::Ipv6(u128::from(self.number(8)).into()),
            Shape::Header => Value::Number(
                NxmField::ALL[usize::from(self.byte()) % NxmField::ALL.len()].header(),
            ),
            Shape::Match => Value::Match(NxmMatch::new(self.entries())),
            Shape::Entry => Value::Entry(self.entry()),
            Shape::Entries => Value::Entries(self.entries()),
            Shape::Actions => Value::Actions(self.actions(depth)),
            Shape::Numbers => {
                Value::Numbers((0..self.below(5)).map(|_| u16::from(self.byte())).collect())
            }
            Shape::Immediate => Value::Bytes(Bytes(self.bytes(before.immediate_len()))),
            Shape::Bytes => {
                let len = self.below(20);
                Value::Bytes(Bytes(self.bytes(len)))
            }
            Shape::Many(many) => Value::Records(self.records(many, depth)),
            // They have no value, and nobody asks for one.
            Shape::Len | Shape::MatchLen | Shape::Count => Value::Number(0),
        }
    }

    fn records(&mut self, many: &'static Many, depth: usize) -> Vec<Record> {
        (0..self.below(4))
            .map(|_| {
                let kind = self.number(1) % 12;
                let layout = (many.layout)(kind);
                let mut record = self.record(layout, depth);
                // The kind is the one that the table is for.
                if let Some(head) = &many.kind {
                    record.set(head.key, kind);
                }
                record
            })
            .filter(|record| !matches!(many.size, Size::UntilZero) || !starts_with_zero(record))
            .collect()
    }
}

/// A learned field whose head is zero ends the list.
fn starts_with_zero(record: &Record) -> bool {
    let mut wire = Vec::new();
    record.encode(&mut wire).unwrap();
    wire.starts_with(&[0, 0])
}

fn draw<T: std::fmt::Debug>(make: impl Fn(&mut Draw) -> T) -> impl Strategy<Value = T> {
    prop::collection::vec(any::<u8>(), 0..400)
        .prop_map(move |bytes| make(&mut Draw(bytes.into_iter())))
}

fn pick<T: Copy>(draw: &mut Draw, all: &[T]) -> T {
    all[draw.below(all.len())]
}

/// Any OpenFlow message that is an extension of Nicira.
pub(crate) fn openflow_message() -> impl Strategy<Value = Message> {
    let vendor = draw(|draw| {
        let subtype = pick(draw, NiciraSubtype::ALL);
        let body = draw.record(message_layout(subtype), 0);
        Body::Vendor(Vendor::Nicira(NiciraMessage { subtype, body }))
    });
    let request = draw(|draw| {
        let r#type = pick(draw, NiciraStatsType::ALL);
        let body = draw.record(request_layout(r#type), 0);
        let body = StatsRequestBody::Nicira(NiciraStatsRequest { r#type, body });
        Body::StatsRequest(StatsRequest { flags: StatsRequestFlags::empty(), body })
    });
    let reply = draw(|draw| {
        let r#type = pick(draw, NiciraStatsType::ALL);
        let body = draw.record(reply_layout(r#type), 0);
        let body = StatsReplyBody::Nicira(NiciraStatsReply { r#type, body });
        Body::StatsReply(StatsReply { flags: StatsReplyFlags::empty(), body })
    });
    let body = prop_oneof![4 => vendor, 1 => request, 1 => reply];
    (any::<u32>(), body).prop_map(|(xid, body)| Message::new(xid, body))
}

/// The entries of a match as Open vSwitch would send it.
pub(crate) fn sent_match() -> impl Strategy<Value = NxmMatch> {
    draw(|draw| NxmMatch::new(draw.key().entries()))
}

/// Any match that can be read.
pub(crate) fn any_match() -> impl Strategy<Value = NxmMatch> {
    draw(|draw| {
        let read = NxmMatch::new(draw.entries());
        let pad = draw.padding(read.padded_len() - read.match_len());
        read.with_pad(&pad)
    })
}

/// Any action of Nicira.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    draw(|draw| Action::Nicira(draw.action(0)))
}

/// An action of this kind, by random bytes. What is hardly ever hit by chance is as Open vSwitch has it.
pub(crate) fn action_of(subtype: NiciraActionType, bytes: Vec<u8>) -> Action {
    let mut draw = Draw(bytes.into_iter());
    let mut action = draw.action_of(subtype, 0);
    let header = |name| NxmField::of_name(name).unwrap().header();
    let register = header("NXM_NX_REG0");
    let to = if subtype == NiciraActionType::BundleLoad { register } else { 0 };
    let values = match subtype {
        NiciraActionType::Bundle | NiciraActionType::BundleLoad => vec![
            ("fields", draw.number(2) % 7),
            ("algorithm", draw.number(2) % 2),
            ("member_type", header("NXM_OF_IN_PORT")),
            ("dst", to),
            ("ofs", 0),
            ("n_bits", 1),
        ],
        NiciraActionType::Sample4 => vec![
            ("obs_domain_src", register),
            ("obs_domain_id", (draw.number(1) % 32) << 16),
            ("obs_point_src", 0),
        ],
        _ => Vec::new(),
    };
    for (key, value) in values {
        action.body.set(key, value);
    }
    Action::Nicira(action)
}

/// Every table that there is.
pub(crate) fn layouts() -> Vec<&'static Layout> {
    fn add(layout: &'static Layout, all: &mut Vec<&'static Layout>) {
        if all.iter().any(|known| std::ptr::eq(*known, layout)) {
            return;
        }
        all.push(layout);
        for item in layout.items {
            if let Shape::Many(many) = item.shape {
                (0..20).for_each(|kind| add((many.layout)(kind), all));
            }
        }
    }
    let mut all = Vec::new();
    for code in NiciraSubtype::ALL {
        add(message_layout(*code), &mut all);
    }
    for code in NiciraStatsType::ALL {
        add(request_layout(*code), &mut all);
    }
    for code in NiciraStatsType::ALL {
        add(reply_layout(*code), &mut all);
    }
    for code in NiciraActionType::ALL {
        add(action_layout(*code), &mut all);
    }
    all
}
