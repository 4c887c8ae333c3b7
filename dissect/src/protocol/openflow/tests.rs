use codec::of10::Message;
use serde_json::{Map, Value as Json, json};

use crate::ports::Ports;
use crate::registry::Kind;
use crate::sink::Place;
use crate::walk::Walk;
use crate::{Options, OwnedValue, Tree, TreeField};

/// One message of every kind.
const SAMPLES: &str = include_str!("../../../../codec/src/samples.ndjson");

/// A field as JSON, by the rules of `vsectl.frame/1`.
fn value(field: &TreeField) -> Json {
    let hex = |number: &u64| json!(format!("{number:#x}"));
    match (&field.value, field.field.kind) {
        (OwnedValue::Unsigned(number), Kind::Id) => hex(number),
        (OwnedValue::Unsigned(number), Kind::NamedId(names)) => {
            (names.name)(*number).map_or_else(|| hex(number), |name| json!(name))
        }
        (OwnedValue::Unsigned(number), Kind::Names(names) | Kind::HexNames(names)) => {
            (names.name)(*number).map_or_else(|| json!(number), |name| json!(name))
        }
        (OwnedValue::Unsigned(number), Kind::Bits(names)) => {
            let (names, left) = names.bits(*number);
            let mut words: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
            words.extend((left != 0).then(|| format!("{left:#x}")));
            json!(words)
        }
        (OwnedValue::Unsigned(number), _) => json!(number),
        (OwnedValue::Flag(flag), _) => json!(flag),
        (OwnedValue::Mac(mac), _) => json!(mac),
        (OwnedValue::Ipv4(address, 32), _) => json!(address),
        (OwnedValue::Ipv4(address, prefix), _) => json!(format!("{address}/{prefix}")),
        (OwnedValue::Ipv6(address), _) => json!(address),
        (OwnedValue::Text(text), _) => json!(text),
        (OwnedValue::Bytes(bytes), _) => {
            json!(codec::types::Bytes(bytes.clone()))
        }
        (OwnedValue::Nested(items), Kind::List) => items.iter().map(value).collect(),
        (OwnedValue::Nested(fields), _) => {
            let mut object = Map::new();
            for field in fields {
                let before = object.insert(field.field.key.to_owned(), value(field));
                assert_eq!(before, None, "{} twice", field.field.key);
            }
            Json::Object(object)
        }
    }
}

/// Dissects messages that stand in no frame: what [`dissect_message`](crate::dissect_message) does, with one
/// table of ports for all of them.
struct Bodies {
    options: Options,
    ports: Ports,
}

impl Bodies {
    fn new() -> Self {
        let options = Options { nested: false, ..Options::default() };
        let ports = Ports::new(&options.assignments);
        Self { options, ports }
    }

    /// The body of a message, and what is wrong with it.
    fn of(&self, bytes: &[u8]) -> (Json, Vec<String>) {
        let mut tree = Tree::default();
        let place = Place { offset: Some(0), len: bytes.len() };
        let mut walk = Walk::nowhere(&self.options, &self.ports);
        super::dissect(&mut walk, bytes, place, &mut tree);
        body(&tree)
    }
}

fn body(tree: &Tree) -> (Json, Vec<String>) {
    let body = tree.layers[0].fields.iter().find(|field| field.field.key == "body").map(value);
    (body.unwrap_or_default(), tree.problems.iter().map(ToString::to_string).collect())
}

/// What has no code point is a number here, and in the codec's JSON a word with the number beside
/// it.
fn has_unknown_code(json: &str) -> bool {
    json.contains(r#""unknown""#)
}

#[test]
fn fields_are_those_of_the_codec() {
    let bodies = Bodies::new();
    for line in SAMPLES.lines().filter(|line| !has_unknown_code(line)) {
        let message: Message = serde_json::from_str(line).unwrap();
        let mut bytes = Vec::new();
        message.encode(&mut bytes).unwrap();
        let expected = serde_json::to_value(&message).unwrap()["body"].take();
        let (found, problems) = bodies.of(&bytes);
        assert_eq!(found, expected, "{line}");
        assert_eq!(problems, [""; 0], "{line}");
    }
}

/// Whatever bit of a message is another, the fields are those of the codec, or the codec refuses
/// the message and it is shown as far as it goes.
#[test]
fn every_bit_counts() {
    let lines: Vec<&str> = SAMPLES.lines().collect();
    // Neighbours are alike, and take about as long.
    std::thread::scope(|scope| {
        for part in 0..THREADS {
            let lines = lines.iter().skip(part).step_by(THREADS);
            scope.spawn(move || lines.for_each(|line| every_bit_of(line)));
        }
    });
}

const THREADS: usize = 2;

fn every_bit_of(line: &str) {
    let bodies = Bodies::new();
    let message: Message = serde_json::from_str(line).unwrap();
    let mut bytes = Vec::new();
    message.encode(&mut bytes).unwrap();
    for bit in 64..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let (found, problems) = bodies.of(&bytes);
        match Message::decode(&bytes) {
            Ok((message, _)) => {
                let expected = serde_json::to_value(&message).unwrap()["body"].take();
                if found != expected {
                    let text = expected.to_string();
                    // A name that is no plain text has a form of its own.
                    let has_form = has_unknown_code(&text) || text.contains(r#"{"hex":"#);
                    assert!(has_form, "{line} bit {bit}: {found}");
                }
                assert_eq!(problems, [""; 0], "{line}");
            }
            Err(_) => assert_eq!(problems.len(), 1, "{line} bit {bit}"),
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Every item of the codec's tables for Nicira has a field here, of its name.
#[test]
fn nicira_items_have_fields() {
    use codec::nicira::{
        Layout, NiciraActionType, NiciraStatsType, NiciraSubtype, NxmField, Shape, action_layout,
        message_layout, reply_layout, request_layout,
    };

    fn check(layout: &Layout) {
        for item in layout.items {
            // These say nothing of their own, or have a field by what they hold.
            let silent = matches!(
                item.shape,
                Shape::Len | Shape::MatchLen | Shape::Count | Shape::Match | Shape::Entry
            );
            let field = super::nicira_fields::field(layout.name, item.key);
            assert!(silent || field.key == item.key, "{} {}", layout.name, item.key);
            if let Shape::Many(many) = item.shape {
                (0..20).for_each(|kind| check((many.layout)(kind)));
            }
        }
    }

    for code in NiciraSubtype::ALL {
        check(message_layout(*code));
    }
    for code in NiciraStatsType::ALL {
        check(request_layout(*code));
    }
    for code in NiciraStatsType::ALL {
        check(reply_layout(*code));
    }
    for code in NiciraActionType::ALL {
        check(action_layout(*code));
    }
    for field in NxmField::ALL {
        assert!(super::nxm_fields::fields(field.word).is_some(), "{}", field.word);
    }
}
