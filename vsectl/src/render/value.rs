//! Values of fields, as people and scripts read them.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use codec::types::{MacAddr, Short, hex_pair};
use dissect::{Field, Kind, Value};

/// Writes a number in decimal, faster than the formatter.
pub(crate) fn decimal(number: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(Short::decimal(number).as_bytes())
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut buffer = [[0; 2]; 64];
    for chunk in bytes.chunks(buffer.len()) {
        for (pair, byte) in buffer.iter_mut().zip(chunk) {
            *pair = hex_pair(*byte);
        }
        out.write_all(buffer.get(..chunk.len()).unwrap_or_default().as_flattened())?;
    }
    Ok(())
}

/// Writes an Ethernet address.
pub(crate) fn mac(address: MacAddr, out: &mut impl Write) -> io::Result<()> {
    out.write_all(Short::mac(address).as_bytes())
}

/// Writes an IPv4 address.
pub(crate) fn ipv4(address: Ipv4Addr, out: &mut impl Write) -> io::Result<()> {
    out.write_all(Short::ipv4(address).as_bytes())
}

/// Writes a number in hexadecimal, with all digits of the `len` bytes that it was read from.
fn hexadecimal(number: u64, len: usize, out: &mut impl Write) -> io::Result<()> {
    let width = 2 + 2 * len.min(8);
    write!(out, "{number:#0width$x}")
}

/// Writes a value of `field`, which `len` bytes hold, plainly: numbers as numbers, as tshark's `-e` does.
pub(crate) fn plain(
    field: &Field,
    len: usize,
    value: Value<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    match (value, field.kind) {
        (
            Value::Unsigned(number),
            Kind::Hex | Kind::HexNames(_) | Kind::Id | Kind::NamedId(_) | Kind::Bits(_),
        ) => hexadecimal(number, field.width.unwrap_or(len), out),
        (Value::Unsigned(number), Kind::Seconds | Kind::Time) => {
            out.write_all(Short::seconds(number).as_bytes())
        }
        (Value::Unsigned(number), _) => decimal(number, out),
        (Value::Flag(flag), _) => out.write_all(if flag { b"1" } else { b"0" }),
        (Value::Mac(address), _) => mac(address, out),
        (Value::Ipv4(address, 32), _) => ipv4(address, out),
        (Value::Ipv4(address, prefix), _) => write!(out, "{address}/{prefix}"),
        (Value::Ipv6(address), _) => write!(out, "{address}"),
        (Value::Text(text), _) => text_of(text, out),
        (Value::Bytes(bytes), _) => hex(bytes, out),
    }
}

/// Writes a value of `field`, which `len` bytes hold, for people: with its name, where it has one.
pub(crate) fn named(
    field: &Field,
    len: usize,
    value: Value<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    match (value, field.kind) {
        (
            Value::Unsigned(number),
            Kind::Names(names) | Kind::HexNames(names) | Kind::NamedId(names),
        ) => {
            if let Some(name) = (names.name)(number) {
                write!(out, "{name} (")?;
                plain(field, len, value, out)?;
                return write!(out, ")");
            }
            plain(field, len, value, out)
        }
        (Value::Unsigned(number), Kind::Bits(names)) => {
            plain(field, len, value, out)?;
            let (known, left) = names.bits(number);
            if known.is_empty() {
                return Ok(());
            }
            let known: Vec<String> = known.iter().map(|name| name.to_ascii_lowercase()).collect();
            write!(out, " ({}", known.join(", "))?;
            if left != 0 {
                write!(out, ", {left:#x}")?;
            }
            write!(out, ")")
        }
        (Value::Flag(flag), _) => write!(out, "{flag}"),
        _ => plain(field, len, value, out),
    }
}

/// Writes text; control characters, which could command a terminal, are escaped.
fn text_of(text: &str, out: &mut impl Write) -> io::Result<()> {
    for c in text.chars() {
        if c.is_control() { write!(out, "{}", c.escape_default()) } else { write!(out, "{c}") }?;
    }
    Ok(())
}
