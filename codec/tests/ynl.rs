//! vse.yaml, the YNL specification of the netlink family, and the code say the same.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a file without them is wrong")]

use codec::netlink::schema::{
    ATTRIBUTE_SETS, AttributeKind, FAMILY, FAMILY_VERSION, MONITOR_GROUP,
};
use codec::netlink::{FAMILY_TYPES, NetlinkCommand};
use serde_yaml_ng::Value;

fn specification() -> Value {
    serde_yaml_ng::from_str(include_str!("../vse.yaml")).expect("vse.yaml is YAML")
}

fn list(value: &Value) -> &[Value] {
    value.as_sequence().expect("a list")
}

#[test]
fn family() {
    let specification = specification();
    assert_eq!(specification["name"], FAMILY);
    assert_eq!(specification["protocol"], "netlink-raw");
    // NETLINK_USERSOCK.
    assert_eq!(specification["protonum"], 2);
    let header = &specification["definitions"][0]["members"];
    assert_eq!(header[1]["doc"], FAMILY_VERSION.to_string());
    let group = &specification["mcast-groups"]["list"];
    assert_eq!(list(group).len(), 1);
    assert_eq!((&group[0]["name"], &group[0]["value"]), (&"monitor".into(), &MONITOR_GROUP.into()));
}

#[test]
fn attributes() {
    let specification = specification();
    let sets = list(&specification["attribute-sets"]);
    assert_eq!(sets.len(), ATTRIBUTE_SETS.len());
    for (set, code) in sets.iter().zip(ATTRIBUTE_SETS) {
        assert_eq!(set["name"], code.name);
        let attributes = list(&set["attributes"]);
        assert_eq!(attributes.len(), code.attributes.len(), "{}", code.name);
        for (attribute, code) in attributes.iter().zip(code.attributes) {
            assert_eq!(attribute["name"], code.name);
            assert_eq!(attribute["doc"], code.doc);
            let (kind, nested) = match code.kind {
                AttributeKind::U8 => ("u8", None),
                AttributeKind::U16 => ("u16", None),
                AttributeKind::U32 => ("u32", None),
                AttributeKind::U64 => ("u64", None),
                AttributeKind::Text => ("string", None),
                AttributeKind::Binary => ("binary", None),
                AttributeKind::Nest(set) => ("nest", Some(set.name)),
            };
            assert_eq!(attribute["type"], kind, "{}", code.name);
            let named = attribute.get("nested-attributes").and_then(Value::as_str);
            assert_eq!(named, nested, "{}", code.name);
        }
    }
}

#[test]
fn operations() {
    let specification = specification();
    let operations = list(&specification["operations"]["list"]);
    assert_eq!(operations.len(), NetlinkCommand::ALL.len());
    for (operation, command) in operations.iter().zip(NetlinkCommand::ALL) {
        assert_eq!(operation["name"], command.name().expect("a known command"));
        let set = command.attribute_set().expect("a known command");
        assert_eq!(operation["attribute-set"], set.name);
        let number = u64::from(FAMILY_TYPES) + u64::from(u8::from(*command));
        let value = operation.get("value").unwrap_or(&operation["do"]["request"]["value"]);
        assert_eq!(value, &Value::from(number), "{command}");
    }
}
