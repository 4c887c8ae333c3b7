//! The learn action in a flow's text: ovs-actions(7).

use serde_json::{Value as Json, json};

use super::diagnostic::Problem;
use super::nicira::{LEARNED_PRIORITY, make, set};
use super::nxm_value::{Masked, bytes_of, masked};
use super::subfield::{Subfield, arrow, field, parts, subfield};
use super::word::{Word, number_up_to, number8, number16, number128};
use crate::nicira::NxmField;
use crate::of10::Action;
use crate::types::{Bytes, read_hex};

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
    let (bits, text) = (dst.n_bits, word.text);
    let bytes = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
    if let Some(all) = digits(text) {
        let (high, low) = all.split_at_checked(all.len().saturating_sub(bytes)).unwrap_or_default();
        let over = low.first().filter(|_| low.len() == bytes && !bits.is_multiple_of(8));
        if high.iter().any(|byte| *byte != 0) || over.is_some_and(|byte| byte >> (bits % 8) != 0) {
            return Err(word.problem(format!("{text} does not fit {bits} bits")));
        }
        let pad = bytes.saturating_sub(low.len());
        let value = std::iter::repeat_n(0, pad).chain(low.iter().copied());
        return Ok(Source::Immediate(value.collect()));
    }
    match whole.filter(|field| field.bytes != 0).map(|field| (field, masked(field, word))) {
        Some((field, Ok(Masked { value, mask: None }))) => {
            Ok(Source::Immediate(bytes_of(value, field.bytes)))
        }
        Some((_, Err(problem))) => Err(problem),
        _ => {
            let text = format!("{text:?} is neither bits of a field nor a value of it");
            Err(word.problem(text))
        }
    }
}

/// The bytes of a number, which may have any length in hexadecimal.
fn digits(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix("0x") {
        Some("") => None,
        Some(digits) if digits.len().is_multiple_of(2) => read_hex(digits),
        Some(digits) => read_hex(&format!("0{digits}")),
        None => number128(text).map(|number| number.to_be_bytes().to_vec()),
    }
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
