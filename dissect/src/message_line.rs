//! An OpenFlow message in a line.

use std::fmt::{self, Write};

use codec::of10::{Header, Message, VERSION};

use crate::protocol::openflow::{later_type_name, version_name};

/// Appends the line about `bytes`, which hold a message, or the beginning of one.
pub(crate) fn write(bytes: &[u8], to: &mut String) {
    // Writing to a string does not fail.
    _ = line(bytes, to);
}

fn line(bytes: &[u8], to: &mut String) -> fmt::Result {
    let header = match Header::parse(bytes) {
        Ok(header) => header,
        Err(error) => return write!(to, "{error}"),
    };
    let Header { version, r#type, length, xid } = header;
    if version == VERSION {
        return if let Ok((message, _)) = Message::decode(bytes) {
            write!(to, "{message}")
        } else {
            upper(r#type.name().unwrap_or("message"), to);
            write!(to, " (xid={xid:#x}): {length} bytes, not decoded")
        };
    }
    match version_name(version) {
        Some(name) => write!(to, "OpenFlow {name} ")?,
        None => write!(to, "OpenFlow version {version:#04x} ")?,
    }
    match later_type_name(r#type.into()) {
        Some(name) => upper(name, to),
        None => write!(to, "type {}", u8::from(r#type))?,
    }
    write!(to, " (xid={xid:#x}): {length} bytes")
}

fn upper(name: &str, to: &mut String) {
    to.extend(name.chars().map(|c| c.to_ascii_uppercase()));
}
