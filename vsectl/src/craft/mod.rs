//! Packets from a specification: layers, each with its fields, each field with one value or many.
//!
//! [`Spec`] is what the user wrote, on the command line or in a file. A [`Family`] is the packets
//! of it, one after the other: where the packets differ in the bits of a few fields alone, they are
//! one frame that is patched ([`template`]); else each is built anew ([`build`]).
//! [`read_script`] and [`segments`] make an OpenFlow session of a script.
//! Nothing here reads, writes or sends.

mod build;
mod checksum;
mod family;
mod field;
mod fragment;
mod layers;
mod parse;
mod probe;
mod script;
mod session;
mod setting;
mod spec;
mod spec_file;
mod stream;
mod template;
mod values;

pub(crate) use checksum::updated as updated_checksum;
pub(crate) use family::Family;
pub(crate) use field::{Protocol, number};
pub(crate) use layers::LAYERS;
pub(crate) use parse::parse;
pub(crate) use probe::Probe;
pub(crate) use script::{Carry, Manner, is_from_switch, read as read_script};
pub(crate) use session::{Conversation, Segment};
pub(crate) use setting::{FieldPlace, FieldSetting, parse_fcf, parse_set, parse_tag};
pub(crate) use spec::{Combine, Spec};
pub(crate) use spec_file::{Notation, from_text, to_text};
pub(crate) use stream::{Shape, segments};

#[cfg(test)]
mod decoded;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod typed;
