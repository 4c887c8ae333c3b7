//! The learn action as ovs-ofctl writes it.

use std::fmt;

use super::action_text::bits_of;
use super::code::{LearnDestination, LearnFlags};
use super::field::NxmField;
use super::record::Record;
use super::value_text::{Subfield, hex, hex_bytes, value};
use crate::of10::FlowMod;

pub(super) fn write(f: &mut fmt::Formatter<'_>, body: &Record) -> fmt::Result {
    let number = |key: &str| body.number(key);
    write!(f, "learn(table={}", number("table_id"))?;
    for key in ["idle_timeout", "hard_timeout", "fin_idle_timeout", "fin_hard_timeout"] {
        if number(key) != 0 {
            write!(f, ",{key}={}", number(key))?;
        }
    }
    if body.number16("priority") != FlowMod::DEFAULT_PRIORITY {
        write!(f, ",priority={}", number("priority"))?;
    }
    let flags = LearnFlags::from_bits_retain(body.number16("flags"));
    if flags.contains(LearnFlags::SEND_FLOW_REM) {
        f.write_str(",send_flow_rem")?;
    }
    if flags.contains(LearnFlags::DELETE_LEARNED) {
        f.write_str(",delete_learned")?;
    }
    if number("cookie") != 0 {
        write!(f, ",cookie={}", hex(number("cookie")))?;
    }
    if number("limit") != 0 {
        write!(f, ",limit={}", number("limit"))?;
    }
    if flags.contains(LearnFlags::WRITE_RESULT) {
        let (header, ofs) = (number("result_dst"), number("result_dst_ofs"));
        write!(f, ",result_dst={}", Subfield { header, ofs, n_bits: 1 })?;
    }
    body.records("specs").iter().try_for_each(|spec| {
        f.write_str(",")?;
        write_spec(f, spec)
    })?;
    f.write_str(")")
}

fn write_spec(f: &mut fmt::Formatter<'_>, spec: &Record) -> fmt::Result {
    let n_bits = spec.number("n_bits");
    let bits = |field: &str, ofs: &str| Subfield {
        header: spec.number(field),
        ofs: spec.number(ofs),
        n_bits,
    };
    let (src, dst) = (bits("src", "src_ofs"), bits("dst", "dst_ofs"));
    let immediate = (spec.number("source") == 1).then(|| {
        let all = spec.bytes("value");
        let bytes = usize::try_from(n_bits.div_ceil(8)).unwrap_or(0);
        all.get(all.len().saturating_sub(bytes)..).unwrap_or(all)
    });
    let destination = u8::try_from(spec.number("destination")).unwrap_or(u8::MAX);
    match (LearnDestination::from(destination), immediate) {
        (LearnDestination::Match, Some(bytes)) => {
            let whole = NxmField::like_header(dst.header)
                .filter(|field| dst.ofs == 0 && n_bits == u64::from(field.bits));
            match whole {
                Some(field) => {
                    let mut all = vec![0; field.bytes.saturating_sub(bytes.len())];
                    all.extend(bytes);
                    write!(f, "{}={}", field.word, value(field, &all, None))
                }
                None => write!(f, "{dst}={}", hex_bytes(bytes)),
            }
        }
        (LearnDestination::Match, None) => {
            write!(f, "{dst}")?;
            if (src.header, src.ofs) != (dst.header, dst.ofs) {
                write!(f, "={src}")?;
            }
            Ok(())
        }
        (LearnDestination::Load, Some(bytes)) => write!(f, "load:{}->{dst}", hex_bytes(bytes)),
        (LearnDestination::Load, None) => write!(f, "load:{src}->{dst}"),
        (LearnDestination::Output, None) => write!(f, "output:{src}"),
        (LearnDestination::Output | LearnDestination::Unknown(_), _) => {
            write!(f, "spec({destination},{})", bits_of(spec, "src"))
        }
    }
}
