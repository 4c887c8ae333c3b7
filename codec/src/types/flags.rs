//! Bit fields in JSON and text: the names of the bits that are set, unknown ones as one number.

use std::fmt;

use bitflags::{Bits, Flags, parser::ParseHex};
use serde::{Deserialize, Deserializer, Serializer, de};

use super::{Line, LowerCase, Piece};
use crate::put;

/// The names of the bits that are set, in lower case, then what has no name as one hex number.
fn words<F: Flags>(flags: &F) -> impl Iterator<Item = String>
where
    F::Bits: fmt::LowerHex,
{
    let mut known = flags.iter_names();
    let words: Vec<String> = known.by_ref().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let unknown = known.remaining().bits();
    let unknown = (unknown != F::Bits::EMPTY).then(|| format!("{unknown:#x}"));
    words.into_iter().chain(unknown)
}

/// The words of bit flags with blanks between; `0` for none.
pub struct Words<'a, F>(pub &'a F);

impl<F: Flags<Bits: fmt::LowerHex>> fmt::Display for Words<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line::show(f, |out| self.put(out))
    }
}

impl<F: Flags<Bits: fmt::LowerHex>> Piece for Words<'_, F> {
    fn put(&self, out: &mut Line) {
        if self.0.is_empty() {
            return out.push_str("0");
        }
        let mut known = self.0.iter_names();
        let mut space = "";
        for (name, _) in known.by_ref() {
            put!(out, space, LowerCase(name));
            space = " ";
        }
        let unknown = known.remaining().bits();
        if unknown != F::Bits::EMPTY {
            put!(out, space, format_args!("{unknown:#x}"));
        }
    }
}

/// For `#[serde(with = "flags")]`: an array of words.
pub fn serialize<F, S>(flags: &F, serializer: S) -> Result<S::Ok, S::Error>
where
    F: Flags,
    F::Bits: fmt::LowerHex,
    S: Serializer,
{
    serializer.collect_seq(words(flags))
}

/// The reverse of [`serialize`]; a plain number is taken too.
pub fn deserialize<'de, F, D>(deserializer: D) -> Result<F, D::Error>
where
    F: Flags,
    F::Bits: ParseHex + TryFrom<u64>,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Json {
        Words(Vec<String>),
        Number(u64),
    }
    match Json::deserialize(deserializer)? {
        Json::Number(number) => number
            .try_into()
            .map(F::from_bits_retain)
            .map_err(|_| de::Error::custom(format_args!("{number} does not fit this field"))),
        Json::Words(words) => words.iter().try_fold(F::empty(), |flags, word| {
            read(word).map(|flag| flags.union(flag)).ok_or_else(|| {
                let known: Vec<String> =
                    F::FLAGS.iter().map(|flag| flag.name().to_ascii_lowercase()).collect();
                de::Error::custom(format_args!(
                    "unknown flag {word:?}, want {} or a hex number",
                    known.join(", ")
                ))
            })
        }),
    }
}

/// One word: a flag's name in any case, or a hex number.
pub(crate) fn read<F: Flags>(word: &str) -> Option<F>
where
    F::Bits: ParseHex,
{
    match word.strip_prefix("0x") {
        Some(digits) => F::Bits::parse_hex(digits).ok().map(F::from_bits_retain),
        None => F::from_name(&word.to_ascii_uppercase()),
    }
}
