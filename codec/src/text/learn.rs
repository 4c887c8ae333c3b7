//! The learn action in a flow's text: ovs-actions(7).

use serde_json::{Value as Json, json};

use super::diagnostic::Problem;
use super::nicira::{LEARNED_PRIORITY, Subfield, arrow, field, make, parts, set, subfield};
use super::word::{Word, number, number_up_to, number8, number16};
use crate::nicira::NxmField;
use crate::of10::{Action, PortNo};
use crate::types::{Bytes, MacAddr};

pub(super) fn learn(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let mut json = json!({
        "subtype": "learn", "idle_timeout": 0, "hard_timeout": 0, "priority": LEARNED_PRIORITY,
        "cookie": 0, "table_id": 1, "fin_idle_timeout": 0, "fin_hard_timeout": 0,
    });
    let (mut flags, mut specs) = (Vec::new(), Vec::new());
    let (mut limit, mut result) = (None, None);
    for argument in arguments {
        let (key, value) = argument.key_value();
        match (key, value) {
            ("table", Some(value)) => {
                set(&mut json, "table_id", number8(&value, "table", 254)?.into());
            }
            ("cookie", Some(value)) => {
                set(&mut json, key, number_up_to(&value, key, u64::MAX)?.into());
            }
            (
                "idle_timeout" | "hard_timeout" | "fin_idle_timeout" | "fin_hard_timeout"
                | "priority",
                Some(value),
            ) => set(&mut json, key, number16(&value, key)?.into()),
            ("limit", Some(value)) => limit = Some(number_up_to(&value, key, u32::MAX.into())?),
            ("result_dst", Some(value)) => {
                flags.push("write_result");
                result = Some(subfield(&value)?);
            }
            ("send_flow_rem" | "delete_learned", None) => flags.push(key),
            _ => specs.push(spec(argument)?),
        }
    }
    if limit.is_some() || result.is_some() {
        set(&mut json, "subtype", "learn2".into());
        set(&mut json, "limit", limit.unwrap_or(0).into());
        set(&mut json, "result_dst_ofs", result.map_or(0, |result| result.ofs).into());
        if let Some(result) = result {
            set(&mut json, "result_dst", result.header.into());
        }
    }
    set(&mut json, "flags", json!(flags));
    set(&mut json, "specs", specs.into());
    make(word, json)
}

/// What a part of the learned entry comes from.
enum Source {
    Field(Subfield),
    /// The value, as many bytes as its bits need.
    Immediate(Vec<u8>),
}

fn spec(word: &Word<'_>) -> Result<Json, Problem> {
    match word.split(':') {
        ("load", Some(value)) => {
            let (from, to) = arrow(&value)?;
            let dst = subfield(&to)?;
            build(word, source(&from, dst, None)?, "load", Some(dst))
        }
        ("output", Some(value)) => {
            let src = subfield(&value)?;
            build(word, Source::Field(src), "output", None)
        }
        _ => {
            let (name, value) = parts(word, "=");
            let dst = subfield(&name)?;
            let known = if name.text.contains('[') { None } else { Some(field(&name)?) };
            let source = match value {
                None => Source::Field(dst),
                Some(value) => source(&value, dst, known)?,
            };
            build(word, source, "match", Some(dst))
        }
    }
}

fn source(word: &Word<'_>, dst: Subfield, whole: Option<&NxmField>) -> Result<Source, Problem> {
    if word.text.contains('[') {
        return subfield(word).map(Source::Field);
    }
    let bytes = usize::try_from(dst.n_bits.div_ceil(8)).unwrap_or(0);
    let wide = |number: u64| {
        let mut all = vec![0; bytes.saturating_sub(8)];
        let number = number.to_be_bytes();
        all.extend(number.get(8_usize.saturating_sub(bytes)..).unwrap_or(&number));
        all
    };
    if let Some(number) = number(word.text) {
        let bits = u32::try_from(dst.n_bits).unwrap_or(u32::MAX);
        if number.checked_shr(bits).unwrap_or(0) != 0 {
            return Err(word.problem(format!("{number} does not fit {bits} bits")));
        }
        return Ok(Source::Immediate(wide(number)));
    }
    let text = word.text;
    let read = whole.and_then(|field| match field.bytes {
        6 => text.parse::<MacAddr>().ok().map(|MacAddr(bytes)| bytes.to_vec()),
        4 => text.parse::<std::net::Ipv4Addr>().ok().map(|ip| ip.octets().to_vec()),
        16 => text.parse::<std::net::Ipv6Addr>().ok().map(|ip| ip.octets().to_vec()),
        2 => PortNo::from_name(text).map(|port| port.0.to_be_bytes().to_vec()),
        _ => None,
    });
    let wrong = || word.problem(format!("{text:?} is neither bits of a field nor a value of it"));
    read.map(Source::Immediate).ok_or_else(wrong)
}

fn build(
    word: &Word<'_>,
    source: Source,
    destination: &str,
    dst: Option<Subfield>,
) -> Result<Json, Problem> {
    let n_bits = match (&source, dst) {
        (Source::Field(src), Some(dst)) if src.n_bits != dst.n_bits => {
            return Err(word.problem(format!("{} bits go into {}", src.n_bits, dst.n_bits)));
        }
        (Source::Field(src), _) => src.n_bits,
        (Source::Immediate(_), dst) => dst.map_or(0, |dst| dst.n_bits),
    };
    let mut json = json!({ "reserved": 0, "destination": destination, "n_bits": n_bits });
    match source {
        Source::Field(src) => {
            set(&mut json, "source", "field".into());
            set(&mut json, "src", src.header.into());
            set(&mut json, "src_ofs", src.ofs.into());
        }
        Source::Immediate(value) => {
            // In whole words of 16 bits.
            let pad = usize::from(value.len() % 2 == 1);
            let all: Vec<u8> = std::iter::repeat_n(0, pad).chain(value).collect();
            set(&mut json, "source", "immediate".into());
            set(&mut json, "value", json!(Bytes(all)));
        }
    }
    if let Some(dst) = dst {
        set(&mut json, "dst", dst.header.into());
        set(&mut json, "dst_ofs", dst.ofs.into());
    }
    Ok(json)
}
