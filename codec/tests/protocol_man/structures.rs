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
use crate::samples::{SAMPLES, Sample};

/// Whether a test here reads the table.
pub(crate) fn reads(table: &Table) -> bool {
    let special = matches!(&*table.heading, "Match TLV" | "Header of a frame");
    special || SAMPLES.iter().any(|sample| sample.heading == table.heading)
}

/// Names in the JSON of a structure that are no fields of its table.
const TAGS: [&str; 5] = ["vendor", "subtype", "vse_type", "type", "entries"];

#[test]
fn offsets_and_sizes_are_those_of_the_code() {
    let page = Page::parse(SOURCE);
    for sample in SAMPLES {
        let json = serde_json::from_str(sample.json).unwrap();
        Structure { sample, json }.check(page.table(sample.heading));
    }
}

/// A structure that stands in an OpenFlow message.
struct Structure {
    sample: &'static Sample,
    /// The message.
    json: Value,
}

impl Structure {
    fn check(&self, table: &Table) {
        let heading = self.sample.heading;
        assert_eq!(table.head, ["offset", "size", "field", "meaning"]);
        let bytes = encode(&self.json).expect("a sample is a message");
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
            let at = self.sample.base + offset;
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
            let derived = self.sample.derived.iter().find(|(derived, _)| *derived == name);
            if let Some((_, value)) = derived {
                assert_eq!(big_endian(&bytes[at..at + size]), *value, "{what}");
            } else {
                assert_eq!(self.changed(name, &row[1]), Some(at..at + size), "{what}");
            }
        }
        for (derived, _) in self.sample.derived {
            assert!(names.contains(derived), "{derived} of {heading} is not on the page");
        }
        let all_fixed = table.rows.iter().all(|row| row[1] != "any");
        if let (true, Some(end), false) = (all_fixed, next, heading.starts_with("Header")) {
            // The layout is followed by eight bytes of the message that it is in.
            let behind = if heading == "Layout of the FCF" { 8 } else { 0 };
            assert_eq!(self.sample.base + end + behind, bytes.len(), "size of {heading}");
        }
        for field in self.json.pointer(self.sample.pointer).unwrap().as_object().unwrap().keys() {
            let listed = names.contains(&**field) || TAGS.contains(&&**field);
            assert!(listed, "{field} of {heading} is not on the page");
        }
    }

    /// The bytes that change with the field's value.
    fn changed(&self, name: &str, size: &str) -> Option<Range<usize>> {
        let (zeros, ones) = self.variants(name, size).next()?;
        assert_eq!(zeros.len(), ones.len(), "{name} of {}", self.sample.heading);
        let differ = |at: &usize| zeros[*at] != ones[*at];
        let start = (0..zeros.len()).find(differ)?;
        let end = (0..zeros.len()).rfind(differ)? + 1;
        Some(start..end)
    }

    /// The sample's bytes with the field all zeros and all ones, in each form that it may have.
    fn variants(&self, name: &str, size: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let with = move |value: Value| {
            let mut message = self.json.clone();
            message.pointer_mut(self.sample.pointer)?[name] = value;
            encode(&message)
        };
        let forms = forms(size).into_iter();
        forms.filter_map(move |(zeros, ones)| Some((with(zeros)?, with(ones)?)))
    }

    /// The sample without what is of any length.
    fn without_lists(&self) -> Value {
        let mut message = self.json.clone();
        let fields = message.pointer_mut(self.sample.pointer).unwrap().as_object_mut().unwrap();
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
            (json!("0000"), json!("ffff")),
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
