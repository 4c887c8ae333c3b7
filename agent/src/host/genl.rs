//! Generic netlink with attributes as bytes: what the families `ethtool` and `netdev` need. The crate `ethtool`
//! has neither the RSS table nor a client that blocks; these few attributes need no more than this.
//! Source: the kernel's Documentation/netlink/specs/{ethtool,netdev}.yaml.

use std::io;

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, NLA_TYPE_MASK, Nla, NlasIterator, Parseable,
    ParseableParametrized,
};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;

use super::netlink::{Ask, request};

/// A family that the kernel has, and the number that it gave it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family(u16);

impl Family {
    /// Asks the kernel for the family's number.
    pub(super) fn resolve(name: &str) -> io::Result<Self> {
        let question = GenlMessage::from_payload(GenlCtrl {
            cmd: GenlCtrlCmd::GetFamily,
            nlas: vec![GenlCtrlAttrs::FamilyName(name.to_owned())],
        });
        let answers = request(NETLINK_GENERIC, question, Ask::One)?;
        let mut attributes = answers.into_iter().flat_map(|answer| answer.payload.nlas);
        let id = attributes.find_map(|attribute| match attribute {
            GenlCtrlAttrs::FamilyId(id) => Some(Self(id)),
            _ => None,
        });
        id.ok_or_else(|| io::Error::other(format!("netlink family {name} has no number")))
    }

    /// Asks `command` about one thing, and gives the attributes of the first answer.
    pub(super) fn get(self, command: u8, attributes: Vec<DefaultNla>) -> io::Result<Attributes> {
        let mut question =
            GenlMessage::from_payload(Request { command, attributes: Attributes(attributes) });
        question.set_resolved_family_id(self.0);
        let answers = request(NETLINK_GENERIC, question, Ask::One)?;
        let first = answers.into_iter().next();
        first
            .map(|answer| answer.payload.attributes)
            .ok_or_else(|| io::Error::other("the kernel acknowledged without an answer"))
    }
}

/// Attributes of one level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Attributes(pub(super) Vec<DefaultNla>);

impl Attributes {
    /// The attributes in `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        NlasIterator::new(bytes)
            .map(|attribute| DefaultNla::parse(&attribute?))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The bytes of the first attribute of that kind.
    pub(super) fn value(&self, kind: u16) -> Option<Vec<u8>> {
        self.0.iter().find(|attribute| is(attribute, kind)).map(bytes_of)
    }

    /// The attributes within the first attribute of that kind.
    pub(super) fn nested(&self, kind: u16) -> Option<Self> {
        Self::parse(&self.value(kind)?).ok()
    }

    /// The attributes within each attribute of that kind.
    pub(super) fn each(&self, kind: u16) -> impl Iterator<Item = Self> {
        let of_kind = self.0.iter().filter(move |attribute| is(attribute, kind));
        of_kind.filter_map(|attribute| Self::parse(&bytes_of(attribute)).ok())
    }

    /// A number of 32 bits, in the host's byte order.
    pub(super) fn u32(&self, kind: u16) -> Option<u32> {
        Some(u32::from_ne_bytes(self.value(kind)?.try_into().ok()?))
    }

    /// A number of 64 bits, in the host's byte order.
    pub(super) fn u64(&self, kind: u16) -> Option<u64> {
        Some(u64::from_ne_bytes(self.value(kind)?.try_into().ok()?))
    }

    /// A text that ends in a zero byte.
    pub(super) fn text(&self, kind: u16) -> Option<String> {
        let bytes = self.value(kind)?;
        let text = bytes.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// An attribute that holds others.
pub(super) fn nest(kind: u16, inner: &[DefaultNla]) -> DefaultNla {
    let mut bytes = vec![0; inner.buffer_len()];
    inner.emit(&mut bytes);
    DefaultNla::new(kind | NLA_F_NESTED, bytes)
}

/// An attribute with a number of 32 bits.
pub(super) fn number(kind: u16, value: u32) -> DefaultNla {
    DefaultNla::new(kind, value.to_ne_bytes().to_vec())
}

/// Whether it is of that kind; the kernel marks in the same number which attributes hold others.
fn is(attribute: &DefaultNla, kind: u16) -> bool {
    attribute.kind() & NLA_TYPE_MASK == kind
}

fn bytes_of(attribute: &DefaultNla) -> Vec<u8> {
    let mut bytes = vec![0; attribute.value_len()];
    attribute.emit_value(&mut bytes);
    bytes
}

/// A message of any family.
#[derive(Debug)]
struct Request {
    command: u8,
    attributes: Attributes,
}

impl GenlFamily for Request {
    /// The number stands in the message already; nothing asks for the name.
    fn family_name() -> &'static str {
        ""
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Request {
    fn buffer_len(&self) -> usize {
        self.attributes.0.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.0.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Request {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self { command: header.cmd, attributes: Attributes::parse(bytes)? })
    }
}
