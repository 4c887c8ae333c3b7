//! An OpenFlow message in a line.

use codec::of10::{Header, Message, VERSION};
use codec::types::{Hex, Line, Piece, UpperCase};
use codec::{display_as_put, put};

use crate::protocol::openflow::{later_type_name, version_name};

/// The line about bytes that hold a message, or the beginning of one.
pub(crate) struct MessageLine<'a>(pub(crate) &'a [u8]);

display_as_put!(MessageLine<'_>);

impl Piece for MessageLine<'_> {
    fn put(&self, out: &mut Line) {
        let header = match Header::parse(self.0) {
            Ok(header) => header,
            Err(error) => return put!(out, format_args!("{error}")),
        };
        let Header { version, r#type, length, xid } = header;
        if version == VERSION {
            if Message::put_line(self.0, out).is_ok() {
                return;
            }
            put!(out, UpperCase(r#type.name().unwrap_or("message")));
            return put!(out, " (xid=", Hex(xid), "): ", length, " bytes, not decoded");
        }
        if let Some(name) = version_name(version) {
            put!(out, "OpenFlow ", name);
        } else {
            put!(out, format_args!("OpenFlow version {version:#04x}"));
        }
        if let Some(name) = later_type_name(r#type.into()) {
            put!(out, " ", UpperCase(name));
        } else {
            put!(out, " type ", u8::from(r#type));
        }
        put!(out, " (xid=", Hex(xid), "): ", length, " bytes");
    }
}
