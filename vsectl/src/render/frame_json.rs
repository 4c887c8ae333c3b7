//! `vsectl.frame/1`: a frame of a capture, its layers and its problems. A sink that writes as it is
//! told, since a tree would cost more than the writing.

use std::io::{self, Write};

use codec::types::Short;
use dissect::savefile::Record;
use dissect::{Field, Kind, PROTOCOLS, Place, Problem, Protocol, Sink, Value};

use super::clock::Clock;
use super::value::{decimal, hex, ipv4, mac};

/// Writes frames as JSON objects.
#[derive(Debug, Default)]
pub(crate) struct FrameJson {
    /// The layers of the frame.
    layers: Vec<u8>,
    open: Vec<State>,
    pub(crate) problems: Vec<Problem>,
    clock: Clock,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The fields of a layer.
    Fields,
    /// The layers in a layer.
    Layers,
    Structure,
    List,
}

impl FrameJson {
    /// Forgets the frame.
    pub(crate) fn clear(&mut self) {
        self.layers.clear();
        self.open.clear();
        self.problems.clear();
    }

    /// Writes the frame, of which the layers were told.
    pub(crate) fn write(&mut self, record: &Record<'_>, out: &mut impl Write) -> io::Result<()> {
        let frame = record.frame;
        out.write_all(b"{\"schema\":\"vsectl.frame/1\",\"number\":")?;
        decimal(frame.number, out)?;
        out.write_all(b",\"time\":\"")?;
        self.clock.write_rfc3339(frame.time, out)?;
        out.write_all(b"\",\"interface\":")?;
        decimal(frame.interface.into(), out)?;
        out.write_all(b",\"len\":")?;
        number(frame.len, out)?;
        out.write_all(b",\"caplen\":")?;
        number(frame.bytes.len(), out)?;
        if let Some(comment) = record.comment {
            out.write_all(b",\"comment\":")?;
            serde_json::to_writer(&mut *out, comment)?;
        }
        out.write_all(b",\"layers\":[")?;
        out.write_all(&self.layers)?;
        out.write_all(b"],\"problems\":[")?;
        for (index, problem) in self.problems.iter().enumerate() {
            let comma: &[u8] = if index > 0 { b"," } else { b"" };
            out.write_all(comma)?;
            write!(out, "{{\"kind\":\"{}\",\"at\":", problem.kind.name())?;
            place(problem.at, out)?;
            out.write_all(b",\"text\":")?;
            serde_json::to_writer(&mut *out, &problem.what.to_string())?;
            out.write_all(b"}")?;
        }
        out.write_all(b"]}")
    }

    /// Writes the comma before one more thing, and the key of a field that is not in a list.
    #[inline]
    fn begin(&mut self, field: &Field) {
        let first = matches!(self.layers.last(), Some(b'{' | b'['));
        match self.open.last() {
            Some(State::Fields | State::Structure) => {
                let key = field.json_key.as_bytes();
                self.layers.extend_from_slice(key.get(usize::from(first)..).unwrap_or_default());
            }
            Some(State::List) if !first => self.layers.push(b','),
            _ => {}
        }
    }

    /// Whether a field can be written: one outside of all layers has no place.
    fn takes_fields(&self) -> bool {
        matches!(self.open.last(), Some(State::Fields | State::Structure | State::List))
    }
}

fn number(number: usize, out: &mut impl Write) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}

fn place(at: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    match at {
        Some(at) => number(at, out),
        None => out.write_all(b"null"),
    }
}

/// Writes a value. Writing to a vector does not fail.
fn write_value(field: &Field, value: Value<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    match (value, field.kind) {
        (Value::Unsigned(number), Kind::Names(names)) => match (names.name)(number) {
            Some(name) => write_name(name, out),
            None => decimal(number, out),
        },
        (Value::Unsigned(number), Kind::NamedId(names)) => match (names.name)(number) {
            Some(name) => write_name(name, out),
            None => write_hex(number, out),
        },
        (Value::Unsigned(number), Kind::Id) => write_hex(number, out),
        (Value::Unsigned(number), Kind::Bits(names)) => {
            if number == 0 {
                return out.write_all(b"[]");
            }
            let mut comma: &[u8] = b"[";
            let mut left = number;
            for bit in (0..64).map(|bit| 1_u64 << bit).filter(|bit| number & bit != 0) {
                let Some(name) = (names.name)(bit) else { continue };
                left &= !bit;
                out.write_all(comma)?;
                out.push(b'"');
                out.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
                out.push(b'"');
                comma = b",";
            }
            if left != 0 {
                out.write_all(comma)?;
                write_hex(left, out)?;
            }
            out.write_all(b"]")
        }
        (Value::Unsigned(number), _) => decimal(number, out),
        (Value::Flag(true), _) => out.write_all(b"true"),
        (Value::Flag(false), _) => out.write_all(b"false"),
        (Value::Text(text), _) => Ok(serde_json::to_writer(out, text)?),
        _ => {
            out.push(b'"');
            match value {
                Value::Mac(address) => mac(address, out)?,
                Value::Ipv4(address, prefix) => {
                    ipv4(address, out)?;
                    if prefix < 32 {
                        out.push(b'/');
                        decimal(prefix.into(), out)?;
                    }
                }
                Value::Ipv6(address) => write!(out, "{address}")?,
                Value::Bytes(bytes) => hex(bytes, out)?,
                Value::Unsigned(_) | Value::Flag(_) | Value::Text(_) => {}
            }
            out.push(b'"');
            Ok(())
        }
    }
}

/// Writes a number as hex digits.
fn write_hex(number: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    out.write_all(Short::hex(number).as_bytes())?;
    out.write_all(b"\"")
}

/// Writes a name of the registry, which has no character that JSON escapes.
fn write_name(name: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    out.write_all(name.as_bytes())?;
    out.write_all(b"\"")
}

impl Sink for FrameJson {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        // What a capture says of a frame stands outside of its layers.
        PROTOCOLS.first().is_none_or(|frame| !std::ptr::eq(*frame, protocol))
    }

    fn enter(&mut self, protocol: &'static Protocol, at: Place) {
        match self.open.last_mut() {
            None if self.layers.is_empty() => {}
            Some(state) if *state != State::Layers => {
                *state = State::Layers;
                self.layers.extend(b"},\"layers\":[");
            }
            _ => self.layers.push(b','),
        }
        self.layers.extend(b"{\"proto\":\"");
        self.layers.extend(protocol.name.as_bytes());
        self.layers.extend(b"\",\"offset\":");
        // Writing to a vector does not fail.
        _ = place(at.offset, &mut self.layers);
        self.layers.extend(b",\"len\":");
        _ = number(at.len, &mut self.layers);
        self.layers.extend(b",\"fields\":{");
        self.open.push(State::Fields);
    }

    fn leave(&mut self) {
        let end: &[u8] = match self.open.pop() {
            Some(State::Layers) => b"]}",
            _ => b"}}",
        };
        self.layers.extend(end);
    }

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        if self.takes_fields() {
            self.begin(field);
            _ = write_value(field, value, &mut self.layers);
        }
    }

    fn open(&mut self, field: &'static Field, _: Place) {
        self.begin(field);
        if matches!(field.kind, Kind::List) {
            self.layers.push(b'[');
            self.open.push(State::List);
        } else {
            self.layers.push(b'{');
            self.open.push(State::Structure);
        }
    }

    fn close(&mut self) {
        let end = match self.open.pop() {
            Some(State::List) => b']',
            _ => b'}',
        };
        self.layers.push(end);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
