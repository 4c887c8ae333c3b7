//! Offsets and sizes: a field is where the bytes change when its value does.

use std::collections::BTreeSet;
use std::ops::Range;

use codec::of10::Message;
use codec::proxy::{Framed, Key, Tag};
use codec::types::MacAddr;
use codec::vse::{FieldMatch, MatchField, Tlv};
use serde_json::{Value, json};

use crate::SOURCE;
use crate::page::{Page, Table, number};

/// Whether a test here reads the table.
pub(crate) fn reads(table: &Table) -> bool {
    let special = matches!(&*table.heading, "Match TLV" | "Header of a frame");
    special || structures().iter().any(|structure| structure.heading == table.heading)
}

/// A structure that stands in an OpenFlow message.
struct Structure {
    heading: &'static str,
    /// A message that ends with the structure.
    sample: Value,
    /// Where the structure's fields are in the JSON of it.
    pointer: &'static str,
    /// Where the structure begins in the bytes of it.
    base: usize,
    /// Fields that follow from others, and their values in the sample.
    derived: &'static [(&'static str, u64)],
}

/// A match TLV of ten bytes.
const VM_5: &str = r#"{"field":"vm_id","value":5}"#;

fn structures() -> Vec<Structure> {
    let tlvs = || json!([serde_json::from_str::<Value>(VM_5).unwrap()]);
    let openflow =
        |kind: &str, body: Value| json!({"version": 1, "type": kind, "xid": 7, "body": body});
    let vse = |subtype: &str, mut body: Value| {
        body["vendor"] = "vse".into();
        body["subtype"] = subtype.into();
        openflow("vendor", body)
    };
    let request = |kind: &str, mut body: Value| {
        body["vse_type"] = kind.into();
        openflow("stats_request", json!({"flags": 0xa5a5, "type": "vse", "body": body}))
    };
    let reply = |kind: &str, entries: Value| {
        let body = json!({"vse_type": kind, "entries": entries});
        openflow("stats_reply", json!({"flags": [], "type": "vse", "body": body}))
    };
    let flow_mod = |actions: Value| {
        json!({"match": {}, "cookie": 0, "command": "add", "idle_timeout": 0, "hard_timeout": 0,
            "priority": 0, "buffer_id": "none", "out_port": "none", "flags": [], "actions": actions})
    };
    let with_tlvs = |mut body: Value| {
        body["vse_match"] = tlvs();
        body
    };
    let config = || {
        json!({"flags": [], "policy": 0, "high_load": 0, "idle_timeout": 0, "fcf_layout": "dscp",
            "rebalance_interval": 0, "rebalance_improvement": 0})
    };
    let empty_name = "";
    let vm = json!({"vm_id": 0, "core": 0, "port_no": 0, "tenant_id": 0, "pid": 0, "source": 1,
        "hw_addr": "00:00:00:00:00:00", "name": empty_name});
    let flow = with_tlvs(json!({"table_id": 0, "reason": 0, "match": {}, "duration_sec": 0,
        "duration_nsec": 0, "priority": 0, "idle_timeout": 0, "hard_timeout": 0, "core": 0,
        "rxhash": 0, "flags": [], "cookie": 0, "packet_count": 0, "byte_count": 0, "assigned": 0,
        "actions": []}));
    let body = "/body";
    let stats_body = "/body/body";
    let entry = "/body/body/entries/0";
    let no_derived = &[][..];
    let match_len = &[("match_len", 10)][..];
    let table = |heading, sample, pointer, base, derived| Structure {
        heading,
        sample,
        pointer,
        base,
        derived,
    };
    vec![
        table(
            "Header of a vendor message",
            vse("get_config_request", json!({})),
            body,
            0,
            &[
                ("version", 1),
                ("type", 4),
                ("length", 16),
                ("xid", 7),
                ("vendor", 0x0056_5345),
                ("subtype", 3),
            ],
        ),
        table(
            "HOST_FEATURES_REPLY",
            vse(
                "host_features_reply",
                json!({"n_cores": 0, "n_rx_queues": 0, "acceleration": [], "max_flows": 0,
                    "max_vms": 0, "carriers": [], "fcf_layout": "dscp", "name": ""}),
            ),
            body,
            0,
            no_derived,
        ),
        table("GET_CONFIG_REPLY and SET_CONFIG", vse("set_config", config()), body, 0, no_derived),
        table(
            "VM_INFO",
            vse(
                "vm_info",
                json!({"event": 1, "port_no": 0, "vm_id": 0, "core": 0, "tenant_id": 0,
                    "hw_addr": "00:00:00:00:00:00", "name": ""}),
            ),
            body,
            0,
            no_derived,
        ),
        table("FLOW_MOD", vse("flow_mod", with_tlvs(flow_mod(json!([])))), body, 0, match_len),
        table(
            "FLOW_REMOVED",
            vse(
                "flow_removed",
                with_tlvs(json!({"match": {}, "cookie": 0, "priority": 0, "reason": 0,
                    "duration_sec": 0, "duration_nsec": 0, "idle_timeout": 0, "packet_count": 0,
                    "byte_count": 0, "core": 0})),
            ),
            body,
            0,
            match_len,
        ),
        table(
            "CORE_MOD",
            vse("core_mod", json!({"command": 1, "core": 0, "vm_id": 0})),
            body,
            0,
            no_derived,
        ),
        table(
            "MONITOR_REQUEST",
            vse("monitor_request", json!({"command": 1, "events": [], "monitor_id": 0})),
            body,
            0,
            no_derived,
        ),
        table(
            "ASSIGNMENT",
            vse(
                "assignment",
                with_tlvs(json!({"monitor_id": 0, "event": 1, "reason": 0, "priority": 0,
                    "cookie": 0, "match": {}, "old_core": 0, "new_core": 0, "rxhash": 0, "time": 0,
                    "vm_id": 0, "load": 0})),
            ),
            body,
            0,
            match_len,
        ),
        table(
            "TRACE_REQUEST",
            vse("trace_request", json!({"in_port": 0, "core": 0, "frame": "00"})),
            body,
            0,
            no_derived,
        ),
        table(
            "TRACE_REPLY",
            vse("trace_reply", json!({"reason": 0, "core": 0, "candidates": []})),
            body,
            0,
            no_derived,
        ),
        table(
            "Candidate of a TRACE_REPLY",
            vse(
                "trace_reply",
                json!({"reason": 0, "core": 0, "candidates": [with_tlvs(json!({"outcome": 1,
                    "field": 0, "core": 0, "priority": 0, "cookie": 0, "match": {}}))]}),
            ),
            "/body/candidates/0",
            24,
            &[("length", 80), ("match_len", 10)],
        ),
        table(
            "Header of statistics",
            request("datapath", json!({})),
            stats_body,
            0,
            &[("type", 0xffff), ("flags", 0xa5a5), ("vendor", 0x0056_5345), ("vse_type", 4)],
        ),
        table(
            "Header of statistics",
            reply("core", json!([])),
            stats_body,
            0,
            &[("type", 0xffff), ("flags", 0), ("vendor", 0x0056_5345), ("vse_type", 2)],
        ),
        table(
            "Request of FLOW",
            request("flow", with_tlvs(json!({"match": {}, "table_id": 0, "out_port": 0}))),
            stats_body,
            0,
            match_len,
        ),
        table(
            "Entry of FLOW",
            reply("flow", json!([flow])),
            entry,
            24,
            &[("length", 120), ("match_len", 10)],
        ),
        table("Request of CORE", request("core", json!({"core": 0})), stats_body, 0, no_derived),
        table(
            "Entry of CORE",
            reply(
                "core",
                json!([{"core": 0, "load": 0, "provisional": 0, "flags": [], "numa_node": 0,
                    "n_flows": 0, "packets": 0, "drops": 0, "vms": [1, 2, 3]}]),
            ),
            entry,
            24,
            &[("length", 40), ("n_vms", 3)],
        ),
        table("Request of VM", request("vm", json!({"vm_id": 0})), stats_body, 0, no_derived),
        table("Entry of VM", reply("vm", json!([vm])), entry, 24, &[("length", 64)]),
        table(
            "DATAPATH",
            reply(
                "datapath",
                json!({"name": "", "mode": 0, "n_cores": 0, "generation": 0, "n_flows": 0,
                    "max_flows": 0, "matched": 0, "missed": 0, "passed": 0, "redirected": 0,
                    "errors": 0, "moves": 0, "deferred": 0}),
            ),
            "/body/body/entries",
            0,
            no_derived,
        ),
        table(
            "SET_FCF",
            openflow(
                "flow_mod",
                flow_mod(json!([{"type": "vse", "subtype": "set_fcf", "vm_id": 0, "priority": 0,
                    "carrier": 1}])),
            ),
            "/body/actions/0",
            72,
            &[("type", 0xffff), ("len", 16), ("vendor", 0x0056_5345), ("subtype", 1)],
        ),
        table(
            "SET_IRQ_CORE",
            openflow(
                "flow_mod",
                flow_mod(json!([{"type": "vse", "subtype": "set_irq_core", "core": 0}])),
            ),
            "/body/actions/0",
            72,
            &[("type", 0xffff), ("len", 16), ("vendor", 0x0056_5345), ("subtype", 2)],
        ),
        table(
            "Layout of the FCF",
            vse("set_config", {
                let mut config = config();
                config["fcf_layout"] =
                    json!({"carrier": 1, "priority_mask": 1, "vm_id_mask": 0xf0});
                config
            }),
            "/body/fcf_layout",
            24,
            no_derived,
        ),
    ]
}

/// Names in the JSON of a structure that are no fields of its table.
const TAGS: [&str; 5] = ["vendor", "subtype", "vse_type", "type", "entries"];

#[test]
fn offsets_and_sizes_are_those_of_the_code() {
    let page = Page::parse(SOURCE);
    for structure in structures() {
        structure.check(page.table(structure.heading));
    }
}

impl Structure {
    fn check(&self, table: &Table) {
        let heading = self.heading;
        assert_eq!(table.head, ["offset", "size", "field", "meaning"]);
        let sample = encode(&self.sample).expect("a sample is a message");
        let mut names = BTreeSet::new();
        let mut next = None;
        for row in &table.rows {
            let [offset, size, name] = [0, 1, 2].map(|column| &*row[column]);
            let what = format!("{name} of {heading}");
            assert!(names.insert(name), "{what} stands there twice");
            if offset == "then" {
                assert!(self.variants(name, size).next().is_some(), "{what} is not in the code");
                continue;
            }
            let offset = usize::try_from(number(offset)).unwrap();
            assert_eq!(offset, next.unwrap_or(offset), "gap or overlap before {what}");
            let at = self.base + offset;
            if size == "any" {
                // All that is of any length left away, and the padding behind it.
                let least = encode(&self.without_lists()).unwrap().len();
                assert!(least == at || least == at.next_multiple_of(8), "offset of {what}");
                let changed = self.changed(name, size);
                assert!(changed.is_none_or(|range| range.start == at), "offset of {what}");
                continue;
            }
            let size = usize::try_from(number(size)).unwrap();
            next = Some(offset + size);
            match self.derived.iter().find(|(derived, _)| *derived == name) {
                Some((_, value)) => {
                    assert_eq!(big_endian(&sample[at..at + size]), *value, "{what}");
                }
                None => {
                    let changed = self.changed(name, &row[1]);
                    assert_eq!(changed, Some(at..at + size), "{what}");
                }
            }
        }
        let all_fixed = table.rows.iter().all(|row| row[1] != "any");
        if let (true, Some(end), false) = (all_fixed, next, heading.starts_with("Header")) {
            // The layout is followed by eight bytes of the message that it is in.
            let behind = if heading == "Layout of the FCF" { 8 } else { 0 };
            assert_eq!(self.base + end + behind, sample.len(), "size of {heading}");
        }
        for field in self.sample.pointer(self.pointer).unwrap().as_object().unwrap().keys() {
            let listed = names.contains(&**field) || TAGS.contains(&&**field);
            assert!(listed, "{field} of {heading} is not on the page");
        }
    }

    /// The bytes that change with the field's value.
    fn changed(&self, name: &str, size: &str) -> Option<Range<usize>> {
        let (zeros, ones) = self.variants(name, size).next()?;
        assert_eq!(zeros.len(), ones.len(), "{name} of {}", self.heading);
        let differ = |at: &usize| zeros[*at] != ones[*at];
        let start = (0..zeros.len()).find(differ)?;
        let end = (0..zeros.len()).rfind(differ)? + 1;
        Some(start..end)
    }

    /// The sample's bytes with the field all zeros and all ones, in each form that it may have.
    fn variants(&self, name: &str, size: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let with = move |value: Value| {
            let mut message = self.sample.clone();
            message.pointer_mut(self.pointer)?[name] = value;
            encode(&message)
        };
        let forms = forms(size).into_iter();
        forms.filter_map(move |(zeros, ones)| Some((with(zeros)?, with(ones)?)))
    }

    /// The sample without what is of any length.
    fn without_lists(&self) -> Value {
        let mut message = self.sample.clone();
        let fields = message.pointer_mut(self.pointer).unwrap().as_object_mut().unwrap();
        for (name, value) in fields {
            match value {
                Value::Array(list) => list.clear(),
                Value::String(text) if name == "frame" => text.clear(),
                _ => {}
            }
        }
        message
    }
}

/// The values of all zeros and of all ones that a field of `size` can have in JSON.
fn forms(size: &str) -> Vec<(Value, Value)> {
    let Ok(size) = size.parse::<usize>() else {
        return vec![
            (json!([{"tlv": "00000000"}]), json!([{"tlv": "ff000000"}])),
            (json!([0]), json!([0xffff])),
            (json!([]), json!([])),
            (json!("00"), json!("ff")),
        ];
    };
    let all = |byte: &str| byte.repeat(size);
    let most = if size < 8 { (1_u64 << (8 * size)) - 1 } else { u64::MAX };
    let fields = |mac: &str, address: &str, most: u64| {
        let (byte, word) = (most & 0xff, most & 0xffff);
        json!({"in_port": word, "dl_src": mac, "dl_dst": mac, "dl_vlan": word,
            "dl_vlan_pcp": byte, "dl_type": word, "nw_tos": byte, "nw_proto": byte,
            "nw_src": address, "nw_dst": address, "tp_src": word, "tp_dst": word})
    };
    let (no_mac, all_mac) = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff");
    let mut no_match = fields(no_mac, "0.0.0.0", 0);
    no_match["wildcards"] = json!("0x0");
    let all_match = json!({"wildcards": "0xffffffff", "pad1": "ff", "pad2": "ffff",
        "unmatched": fields(all_mac, "255.255.255.255", u64::MAX)});
    vec![
        (json!(0), json!(most)),
        (json!(all("00")), json!(all("ff"))),
        (json!({"hex": all("00")}), json!({"hex": all("ff")})),
        (json!(no_mac), json!(all_mac)),
        (
            json!({"carrier": 0, "pad": "00", "priority_mask": 0, "vm_id_mask": 0, "pad2": "0000"}),
            json!({"carrier": 255, "pad": "ff", "priority_mask": 0xffff, "vm_id_mask": 0xffff,
                "pad2": "ffff"}),
        ),
        (no_match, all_match),
    ]
}

/// The bytes of a message in JSON, if it is one.
fn encode(message: &Value) -> Option<Vec<u8>> {
    let message: Message = serde_json::from_value(message.clone()).ok()?;
    let mut bytes = Vec::new();
    message.encode(&mut bytes).ok()?;
    Some(bytes)
}

/// A number of at most eight bytes.
fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Checks the rows that have an offset and a size by the bytes that they stand for.
fn check_values(table: &Table, bytes: &[u8], values: &[(&str, u64)]) {
    let mut next = 0;
    let mut left = values.iter();
    for row in table.rows.iter().take_while(|row| row[1] != "any") {
        let (at, size) = (number(&row[0]), number(&row[1]));
        assert_eq!(at, next, "gap or overlap before {} of {}", row[2], table.heading);
        next = at + size;
        let range = usize::try_from(at).unwrap()..usize::try_from(next).unwrap();
        let found = (&*row[2], big_endian(&bytes[range]));
        assert_eq!(Some(&found), left.next(), "{}", table.heading);
    }
    assert_eq!(left.next(), None, "a field of {} is not on the page", table.heading);
}

#[test]
fn match_tlv() {
    let page = Page::parse(SOURCE);
    let table = page.table("Match TLV");
    let (value, mask) = (0x0102_0304_0506_0708, 0xf1f2_f3f4_f5f6_f7f8);
    let mut bytes = Vec::new();
    Tlv::Field(FieldMatch::with_mask(MatchField::TunId, value, Some(mask)).unwrap())
        .encode(&mut bytes);
    let head = [
        ("oxm_class", 0xffff),
        ("oxm_field", u64::from(u8::from(MatchField::TunId)) << 1 | 1),
        ("oxm_length", 20),
        ("experimenter", 0x0056_5345),
    ];
    check_values(table, &bytes, &head);
    let [.., value_row, mask_row] = &*table.rows else { panic!("value and mask end the table") };
    assert_eq!([&*value_row[2], &*mask_row[2]], ["value", "mask"]);
    let at = usize::try_from(number(&value_row[0])).unwrap();
    assert_eq!(big_endian(&bytes[at..at + 8]), value);
    assert_eq!(big_endian(&bytes[at + 8..]), mask);
}

#[test]
fn frame() {
    let page = Page::parse(SOURCE);
    let table = page.table("Header of a frame");
    let message: Message = serde_json::from_value(
        json!({"version": 1, "type": "barrier_request", "xid": 7, "body": {}}),
    )
    .unwrap();
    let addresses = (MacAddr([1, 2, 3, 4, 5, 6]), MacAddr([7, 8, 9, 10, 11, 12]));
    let mut frame = Framed::new(addresses.0, addresses.1, 0x1234_5678, vec![message]);
    frame.sign(&Key::new(&[7; 16]).unwrap(), 0x0102_0304_0506_0708).unwrap();
    let encode = |frame: &Framed| {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes).unwrap();
        bytes
    };
    let bytes = encode(&frame);
    let head = [
        ("destination", 0x0102_0304_0506),
        ("source", 0x0708_090a_0b0c),
        ("ethertype", 0x88b5),
        ("version", 1),
        ("flags", 1),
        ("length", 8 + 8 + 16),
        ("stream_id", 0x1234_5678),
    ];
    check_values(table, &bytes, &head);
    let [.., messages, sequence, code] = &*table.rows else { panic!("three rows end the table") };
    assert_eq!([&*messages[2], &*sequence[2], &*code[2]], ["messages", "sequence", "code"]);
    let at = usize::try_from(number(&messages[0])).unwrap();
    assert_eq!(bytes[at..at + 8], *b"\x01\x12\0\x08\0\0\0\x07");
    assert_eq!(big_endian(&bytes[at + 8..at + 16]), 0x0102_0304_0506_0708);
    assert_eq!(number(&sequence[1]), 8);
    assert_eq!(bytes.len() - (at + 16), usize::try_from(number(&code[1])).unwrap());
    // With a tag, all behind the source is four bytes further.
    frame.tag = Some(Tag { tpid: 0x8100, tci: 5 });
    assert_eq!(encode(&frame)[16..], bytes[12..]);
}
