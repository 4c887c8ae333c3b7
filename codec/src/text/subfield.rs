//! Fields and bits of them, as actions name them.

use super::diagnostic::Problem;
use super::word::{Word, nearest, number};
use crate::nicira::NxmField;
use crate::nicira::match_words::field_of;

/// Bits of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subfield {
    pub(super) header: u64,
    pub(super) ofs: u64,
    pub(super) n_bits: u64,
}

/// A field by the name of a header or by its words in flows.
pub(super) fn field(word: &Word<'_>) -> Result<&'static NxmField, Problem> {
    field_of(word.text).ok_or_else(|| {
        let problem = word.problem(format!("{:?} is no field of Open vSwitch", word.text));
        let names = NxmField::ALL.iter().flat_map(|field| [field.name, field.word]);
        match nearest(word.text, names) {
            Some(like) => problem.help(format!("did you mean {like}?")),
            None => problem,
        }
    })
}

/// Whether a header has four bytes, and not eight with an experimenter.
pub(super) fn is_short(header: u64) -> bool {
    u32::try_from(header).is_ok()
}

/// `FIELD[]`, `FIELD[bit]` or `FIELD[first..last]`.
pub(super) fn subfield(word: &Word<'_>) -> Result<Subfield, Problem> {
    let (name, bits) = parts(word, "[");
    let wrong = || {
        let help = "FIELD[], FIELD[3] or FIELD[0..15]";
        Err(word.problem(format!("{:?} is no bits of a field", word.text)).help(help))
    };
    // A header that is not known is a number, and its field has any bits.
    let raw = number(name.text).filter(|_| name.text.starts_with("0x"));
    let field = if raw.is_some() { None } else { Some(field(&name)?) };
    let all = match field {
        None => u64::from(u16::MAX),
        Some(field) if field.bits == 0 => 992,
        Some(field) => u64::from(field.bits),
    };
    let header = raw.or(field.map(NxmField::header)).unwrap_or_default();
    let (ofs, last) = match bits.as_ref().map(|bits| bits.text.strip_suffix(']')) {
        None => (0, all.saturating_sub(1)),
        Some(None) => return wrong(),
        Some(Some("")) => (0, all.saturating_sub(1)),
        Some(Some(bits)) => {
            let (first, last) = bits.split_once("..").unwrap_or((bits, bits));
            match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last => (first, last),
                _ => return wrong(),
            }
        }
    };
    if last >= all {
        return Err(word.problem(format!("{} has {all} bits", name.text)));
    }
    Ok(Subfield { header, ofs, n_bits: last + 1 - ofs })
}

/// What stands on both sides of `->`.
pub(super) fn arrow<'a>(word: &Word<'a>) -> Result<(Word<'a>, Word<'a>), Problem> {
    match parts(word, "->") {
        (from, Some(to)) => Ok((from, to)),
        (_, None) => Err(word.problem("-> and where it goes are missing")),
    }
}

/// The parts before and behind the first `separator`, each with its place.
pub(super) fn parts<'a>(word: &Word<'a>, separator: &str) -> (Word<'a>, Option<Word<'a>>) {
    match word.text.split_once(separator) {
        None => (word.clone(), None),
        Some((first, second)) => {
            let start = word.span.start;
            let first = Word { text: first, span: start..start + first.len() };
            let span = word.span.end - second.len()..word.span.end;
            (first, Some(Word { text: second, span }))
        }
    }
}
