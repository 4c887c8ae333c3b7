//! Values of fields, as people and scripts read them.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use codec::types::MacAddr;
use dissect::{Field, Kind, Value};

use super::clock;

/// Writes a number in decimal, faster than the formatter.
pub(crate) fn decimal(number: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn digit(nibble: u8) -> u8 {
    DIGITS.get(usize::from(nibble & 0xf)).copied().unwrap_or(b'?')
}

/// Writes bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut buffer = [0; 128];
    for chunk in bytes.chunks(64) {
        for (pair, byte) in buffer.chunks_exact_mut(2).zip(chunk) {
            if let [high, low] = pair {
                (*high, *low) = (digit(byte >> 4), digit(*byte));
            }
        }
        out.write_all(buffer.get(..chunk.len() * 2).unwrap_or_default())?;
    }
    Ok(())
}

/// Writes an Ethernet address.
pub(crate) fn mac(MacAddr(octets): MacAddr, out: &mut impl Write) -> io::Result<()> {
    let mut text = [b':'; 17];
    for (place, octet) in text.chunks_mut(3).zip(octets) {
        if let [high, low, ..] = place {
            (*high, *low) = (digit(octet >> 4), digit(octet));
        }
    }
    out.write_all(&text)
}

/// Writes an IPv4 address.
pub(crate) fn ipv4(address: Ipv4Addr, out: &mut impl Write) -> io::Result<()> {
    let mut text = [0; 15];
    let mut len = 0;
    let mut put = |byte| {
        if let Some(place) = text.get_mut(len) {
            *place = byte;
            len += 1;
        }
    };
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            put(b'.');
        }
        if octet >= 100 {
            put(b'0' + octet / 100);
        }
        if octet >= 10 {
            put(b'0' + octet / 10 % 10);
        }
        put(b'0' + octet % 10);
    }
    out.write_all(text.get(..len).unwrap_or_default())
}

/// Writes a value of `field` plainly: numbers as numbers, as tshark's `-e` does.
pub(crate) fn plain(field: &Field, value: Value<'_>, out: &mut impl Write) -> io::Result<()> {
    match (value, field.kind) {
        (Value::Unsigned(number), Kind::Hex | Kind::Id | Kind::NamedId(_) | Kind::Bits(_)) => {
            write!(out, "{number:#x}")
        }
        (Value::Unsigned(number), Kind::Seconds | Kind::Time) => clock::seconds(number, 0, out),
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

/// Writes a value of `field` for people: with its name, where it has one.
pub(crate) fn named(field: &Field, value: Value<'_>, out: &mut impl Write) -> io::Result<()> {
    match (value, field.kind) {
        (Value::Unsigned(number), Kind::Names(names) | Kind::NamedId(names)) => {
            if let Some(name) = (names.name)(number) {
                write!(out, "{name} ")?;
                return match field.kind {
                    Kind::Names(_) => write!(out, "({number})"),
                    _ => write!(out, "({number:#x})"),
                };
            }
            plain(field, value, out)
        }
        (Value::Unsigned(number), Kind::Bits(names)) => {
            write!(out, "{number:#x}")?;
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
        _ => plain(field, value, out),
    }
}

/// Writes text; control characters, which could command a terminal, are escaped.
fn text_of(text: &str, out: &mut impl Write) -> io::Result<()> {
    for c in text.chars() {
        if c.is_control() { write!(out, "{}", c.escape_default()) } else { write!(out, "{c}") }?;
    }
    Ok(())
}
