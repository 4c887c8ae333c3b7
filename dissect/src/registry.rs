//! What there is to see: the protocols and their fields, each declared once, in the file of its
//! dissector.

/// A protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Its short name: Wireshark's, where it has the protocol.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Field],
}

/// A field of a protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its full name: Wireshark's, where it has the field; else `vse.…`.
    pub name: &'static str,
    /// Its name within the layer, as in JSON.
    pub key: &'static str,
    /// What it is, in a line.
    pub doc: &'static str,
}
