//! What there is to see: the protocols and their fields, each declared once, in the file of its
//! dissector. The tree, JSON, the display filter and the lists of fields all read this.

use codec::types::Padded;

use crate::protocol::PROTOCOLS;

/// A protocol.
#[derive(Debug)]
pub struct Protocol {
    /// Its short name: Wireshark's, where it has the protocol.
    pub name: &'static str,
    /// The same, for whoever writes it millions of times.
    pub padded_name: Padded<16>,
    /// Its name for people.
    pub title: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
}

impl Protocol {
    pub(crate) const fn new(
        name: &'static str,
        title: &'static str,
        fields: &'static [&'static Field],
    ) -> Self {
        Self { name, padded_name: Padded::new(name), title, fields }
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Protocol {}

/// A field of a protocol.
#[derive(Debug)]
pub struct Field {
    /// Its full name: Wireshark's, where it has the field; else `vse.…`.
    pub name: &'static str,
    /// Its name within the layer or structure, as in JSON.
    pub key: &'static str,
    /// The same, for whoever writes it millions of times.
    pub padded_key: Padded<32>,
    /// What it is, in a line.
    pub doc: &'static str,
    /// What its values are, and how they are written.
    pub kind: Kind,
    /// Bytes that its numbers have in hexadecimal, where Wireshark gives them more than they are read
    /// from.
    pub width: Option<usize>,
}

impl Field {
    pub(crate) const fn new(
        name: &'static str,
        key: &'static str,
        doc: &'static str,
        kind: Kind,
    ) -> Self {
        Self { name, key, padded_key: Padded::new(key), doc, kind, width: None }
    }

    pub(crate) const fn of_width(self, bytes: usize) -> Self {
        Self { width: Some(bytes), ..self }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Field {}

/// What the values of a field are.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number, in decimal.
    Unsigned,
    /// A number, in hexadecimal for people.
    Hex,
    /// An identifier of up to 64 bits: in hexadecimal everywhere, since a program that reads it as
    /// a floating-point number would change it.
    Id,
    /// A number whose values have names.
    Names(&'static Names),
    /// The same, in [hexadecimal](Self::Hex) for people.
    HexNames(&'static Names),
    /// An [identifier](Self::Id) of which some values have names.
    NamedId(&'static Names),
    /// A number whose bits have names.
    Bits(&'static Names),
    /// A time since another one, in nanoseconds; written in seconds.
    Seconds,
    /// A time, in nanoseconds since the Unix epoch; written as RFC 3339 has it.
    Time,
    /// Yes or no.
    Flag,
    /// An Ethernet address.
    Mac,
    /// An IPv4 address, or a prefix.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Fields within the field.
    Structure,
    /// Several of the same.
    List,
}

impl Kind {
    /// The name of the type, as the list of fields shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Hex => "hex",
            Self::Id => "id",
            Self::Names(_) | Self::HexNames(_) | Self::NamedId(_) => "enum",
            Self::Bits(_) => "flags",
            Self::Seconds => "seconds",
            Self::Time => "time",
            Self::Flag => "boolean",
            Self::Mac => "mac",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Structure => "structure",
            Self::List => "list",
        }
    }

    /// The names of its values or bits.
    #[must_use]
    pub fn names(self) -> Option<&'static Names> {
        match self {
            Self::Names(names)
            | Self::HexNames(names)
            | Self::NamedId(names)
            | Self::Bits(names) => Some(names),
            _ => None,
        }
    }
}

/// The names of a number's values, or of its bits.
pub struct Names {
    /// The name of a value; of a single bit.
    pub name: fn(u64) -> Option<&'static str>,
    /// Every value that has a name, with it.
    pub all: fn() -> Vec<(u64, &'static str)>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((self.all)()).finish()
    }
}

impl Names {
    /// The value of a name, in any case.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        (self.all)().iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(v, _)| *v)
    }

    /// The names of the bits of `bits` that are set, and the bits that have none.
    #[must_use]
    pub fn bits(&self, bits: u64) -> (Vec<&'static str>, u64) {
        let mut names = Vec::new();
        let mut left = bits;
        for (bit, name) in (self.all)() {
            if bit != 0 && bits & bit == bit {
                names.push(name);
                left &= !bit;
            }
        }
        (names, left)
    }
}

/// The protocol of that name.
#[must_use]
pub fn protocol_named(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().copied().find(|protocol| protocol.name == name)
}

/// Whether there are layers of `protocol`. The others are fields that stand in other layers, or in
/// none.
#[must_use]
pub fn has_layers(protocol: &Protocol) -> bool {
    use crate::protocol::{fcf, frame, openflow};
    let groups = [
        &frame::PROTOCOL,
        &fcf::PROTOCOL,
        &openflow::BODY,
        &openflow::NICIRA,
        &openflow::NXM,
        &crate::problem::PROTOCOL,
    ];
    !groups.iter().any(|group| std::ptr::eq(*group, protocol))
}

/// The field that shows that `group`, which [has no layers](has_layers), is there, where its own
/// fields may all be missing.
pub(crate) fn shown_by(group: &Protocol) -> Option<&'static Field> {
    use crate::protocol::openflow;
    std::ptr::eq(group, &raw const openflow::BODY).then_some(&openflow::TYPE)
}

/// Every field of that name, with its protocol: several protocols may share one.
pub fn fields_named(name: &str) -> impl Iterator<Item = (&'static Protocol, &'static Field)> + '_ {
    all_fields().filter(move |(_, field)| field.name == name)
}

/// Every field with its protocol, in the order of the protocols.
pub fn all_fields() -> impl Iterator<Item = (&'static Protocol, &'static Field)> {
    PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.fields.iter().map(move |field| (*protocol, *field)))
}

/// Declares a protocol and its fields: constant, kind, full name, key, documentation; the width, where
/// it is not that of what is read.
macro_rules! protocol {
    (
        $(#[$meta:meta])*
        $vis:vis static $protocol:ident = $name:literal, $title:literal;
        $( $field:ident: $kind:expr, $full:literal, $key:literal, $doc:literal $(, $width:literal)?; )*
    ) => {
        $(#[$meta])*
        $vis static $protocol: $crate::registry::Protocol =
            $crate::registry::Protocol::new($name, $title, &[$(&$field),*]);
        $( pub(crate) static $field: $crate::registry::Field =
            $crate::registry::Field::new($full, $key, $doc, {
                #[allow(unused_imports, reason = "not every protocol has every kind")]
                use $crate::registry::Kind::*;
                $kind
            })$(.of_width($width))?; )*
    };
}

/// The names of a code point enumeration of the codec.
macro_rules! names {
    ($type:ty: $int:ty) => {
        &$crate::registry::Names {
            name: |value| <$int>::try_from(value).ok().and_then(|v| <$type>::from(v).name()),
            all: || {
                let named = <$type>::ALL.iter().filter_map(|v| Some((*v, v.name()?)));
                named.map(|(value, name)| (<$int>::from(value).into(), name)).collect()
            },
        }
    };
}

/// Names written here.
macro_rules! named_values {
    ($( $value:literal $name:literal ),* $(,)?) => {
        &$crate::registry::Names {
            name: |value| match value { $( $value => Some($name), )* _ => None },
            all: || vec![$(($value, $name)),*],
        }
    };
}

/// The bits of a flag type of the codec, with the names that the field's users write.
macro_rules! bits {
    ($type:ty) => {
        &$crate::registry::Names {
            name: |bit| {
                let flags = <$type as bitflags::Flags>::FLAGS.iter();
                let mut named = flags.filter(|flag| u64::from(flag.value().bits()) == bit);
                named.next().map(bitflags::Flag::name).filter(|name| !name.is_empty())
            },
            all: || {
                let flags = <$type as bitflags::Flags>::FLAGS.iter();
                let named = flags.filter(|flag| !flag.name().is_empty());
                named.map(|flag| (flag.value().bits().into(), flag.name())).collect()
            },
        }
    };
}

pub(crate) use {bits, named_values, names, protocol};

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn names_are_words_of_a_filter() {
        for (protocol, field) in all_fields() {
            let ok = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
            assert!(field.name.chars().all(ok), "{}", field.name);
            assert!(!field.doc.is_empty() && !field.doc.ends_with('.'), "{}", field.name);
            assert!(!field.key.is_empty(), "{} {}", protocol.name, field.name);
        }
    }

    #[test]
    fn a_name_means_one_kind() {
        let mut kinds = HashMap::new();
        for (_, field) in all_fields() {
            let known = *kinds.entry(field.name).or_insert(field.kind.name());
            assert_eq!(known, field.kind.name(), "{}", field.name);
        }
    }

    #[test]
    fn no_protocol_twice() {
        let mut names: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
