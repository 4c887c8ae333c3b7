//! Reading and writing of big-endian fields: nom underneath, errors that know field and offset.
//!
//! A parser here is `fn(&[u8]) -> Parsed<T>`. [`field`] names what a parser reads, [`whole`] runs
//! one over a complete structure and turns a [`Fault`] into a [`DecodeError`].

use std::borrow::Cow;

use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Parser};

use crate::error::{DecodeError, DecodeErrorKind, EncodeError, Expected, Limit};

/// The result of one of the codec's parsers: what is left, and the value.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Fault<'a>>;

/// A failure in the middle of a structure; where it stands is the address of `at`, so a fault
/// keeps its place through any nesting of sub-slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault<'a> {
    at: &'a [u8],
    field: Cow<'static, str>,
    kind: DecodeErrorKind,
    /// The limit of a truncation is not set yet: whoever made the slice knows it.
    unlimited: bool,
}

impl<'a> Fault<'a> {
    /// A fault at `at`, in the structure's field `field`.
    pub(crate) fn new(at: &'a [u8], field: &'static str, kind: DecodeErrorKind) -> nom::Err<Self> {
        nom::Err::Error(Self { at, field: field.into(), kind, unlimited: false })
    }

    /// A length field `field` at `at` that holds `found`.
    pub(crate) fn length(
        at: &'a [u8],
        field: &'static str,
        found: usize,
        expected: Expected,
    ) -> nom::Err<Self> {
        Self::new(at, field, DecodeErrorKind::Length { found, expected })
    }
}

impl<'a> ParseError<&'a [u8]> for Fault<'a> {
    fn from_error_kind(at: &'a [u8], _: ErrorKind) -> Self {
        // nom's number and byte parsers fail for want of bytes alone; `field` fills in how many.
        let kind = DecodeErrorKind::Truncated { need: 0, have: at.len(), limit: Limit::Input };
        Self { at, field: Cow::Borrowed(""), kind, unlimited: true }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// Names what `parser` reads; `size` is the bytes that it takes.
pub(crate) fn named<'a, T>(
    name: &'static str,
    size: usize,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
) -> impl Parser<&'a [u8], Output = T, Error = Fault<'a>> {
    move |input: &'a [u8]| match parser.parse(input) {
        Ok(done) => Ok(done),
        Err(error) => Err(error.map(|mut fault: Fault<'a>| {
            if let DecodeErrorKind::Truncated { need, .. } = &mut fault.kind {
                *need = size;
            }
            fault.field = name.into();
            fault
        })),
    }
}

/// An 8-bit field.
pub(crate) fn u8<'a>(name: &'static str) -> impl Parser<&'a [u8], Output = u8, Error = Fault<'a>> {
    named(name, 1, nom::number::complete::be_u8)
}

/// A 16-bit field.
pub(crate) fn u16<'a>(
    name: &'static str,
) -> impl Parser<&'a [u8], Output = u16, Error = Fault<'a>> {
    named(name, 2, nom::number::complete::be_u16)
}

/// A 32-bit field.
pub(crate) fn u32<'a>(
    name: &'static str,
) -> impl Parser<&'a [u8], Output = u32, Error = Fault<'a>> {
    named(name, 4, nom::number::complete::be_u32)
}

/// A 64-bit field.
pub(crate) fn u64<'a>(
    name: &'static str,
) -> impl Parser<&'a [u8], Output = u64, Error = Fault<'a>> {
    named(name, 8, nom::number::complete::be_u64)
}

/// A field of `N` bytes.
pub(crate) fn array<'a, const N: usize>(
    name: &'static str,
) -> impl Parser<&'a [u8], Output = [u8; N], Error = Fault<'a>> {
    move |input: &'a [u8]| match input.split_first_chunk::<N>() {
        Some((bytes, rest)) => Ok((rest, *bytes)),
        None => Err(nom::Err::Error(Fault {
            at: input,
            field: name.into(),
            kind: DecodeErrorKind::Truncated { need: N, have: input.len(), limit: Limit::Input },
            unlimited: true,
        })),
    }
}

/// A field of `len` bytes, as a slice.
pub(crate) fn bytes<'a>(
    name: &'static str,
    len: usize,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = Fault<'a>> {
    named(name, len, nom::bytes::complete::take(len))
}

/// Everything that is left.
pub(crate) fn rest(input: &[u8]) -> Parsed<'_, &[u8]> {
    nom::combinator::rest(input)
}

/// The fields of a nested structure, named for the path to it: `actions[1]`, then `.port`.
pub(crate) fn nested<'a, T>(
    path: impl Fn() -> String,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
) -> impl FnMut(&'a [u8]) -> Parsed<'a, T> {
    move |input| {
        parser.parse(input).map_err(|error| {
            error.map(|mut fault: Fault<'a>| {
                fault.field = match fault.field.as_ref() {
                    "" => path(),
                    inner => format!("{}.{inner}", path()),
                }
                .into();
                fault
            })
        })
    }
}

/// Runs `parser` over all of `input`, whose end was set by the length field `limit`, and refuses
/// what it leaves over. A truncation inside is reported against that limit.
pub(crate) fn within<'a, T>(
    input: &'a [u8],
    limit: Limit,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
) -> Result<T, nom::Err<Fault<'a>>> {
    match parser.parse(input) {
        Ok(([], value)) => Ok(value),
        Ok((left, _)) => {
            Err(Fault::new(left, "end", DecodeErrorKind::Excess { extra: left.len(), limit }))
        }
        Err(error) => Err(error.map(|mut fault| {
            if let (true, DecodeErrorKind::Truncated { limit: unset, .. }) =
                (fault.unlimited, &mut fault.kind)
            {
                *unset = limit;
                fault.unlimited = false;
            }
            fault
        })),
    }
}

/// As many structures as fill `input`, each read by `parser`; `name` is the list's field.
pub(crate) fn list<'a, T>(
    name: &'static str,
    parser: impl Fn(&'a [u8]) -> Parsed<'a, T>,
) -> impl Parser<&'a [u8], Output = Vec<T>, Error = Fault<'a>> {
    move |mut input: &'a [u8]| {
        let mut items = Vec::new();
        while !input.is_empty() {
            let index = items.len();
            let (rest, item) = nested(|| format!("{name}[{index}]"), &parser).parse(input)?;
            items.push(item);
            input = rest;
        }
        Ok((input, items))
    }
}

/// Runs `parser` over the whole of `body`, which stands in `frame`, as the message `message`;
/// offsets count from the start of `frame`.
pub(crate) fn whole<'a, T>(
    message: &'static str,
    frame: &'a [u8],
    body: &'a [u8],
    limit: Limit,
    parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
) -> Result<T, DecodeError> {
    within(body, limit, parser).map_err(|error| located(message, frame, error))
}

/// Gives a fault its message and its offset from the start of `frame`.
pub(crate) fn located(
    message: &'static str,
    frame: &[u8],
    error: nom::Err<Fault<'_>>,
) -> DecodeError {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => DecodeError {
            message,
            offset: (fault.at.as_ptr() as usize).saturating_sub(frame.as_ptr() as usize),
            field: fault.field,
            kind: fault.kind,
        },
        // Only streaming parsers ask for more, and the codec uses none.
        nom::Err::Incomplete(_) => DecodeError {
            message,
            offset: frame.len(),
            field: "end".into(),
            kind: DecodeErrorKind::Truncated { need: 1, have: 0, limit: Limit::Input },
        },
    }
}

/// Appends big-endian fields to a buffer.
pub(crate) trait Put {
    fn put_u8(&mut self, value: u8);
    fn put_u16(&mut self, value: u16);
    fn put_u32(&mut self, value: u32);
    fn put_u64(&mut self, value: u64);
    fn put(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    fn put_u8(&mut self, value: u8) {
        self.push(value);
    }
    fn put_u16(&mut self, value: u16) {
        self.extend_from_slice(&value.to_be_bytes());
    }
    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_be_bytes());
    }
    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_be_bytes());
    }
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// `len` for a 16-bit length field of the structure `what`.
pub(crate) fn length16(what: &'static str, len: usize) -> Result<u16, EncodeError> {
    u16::try_from(len).map_err(|_| EncodeError::TooLong { what, len, max: u16::MAX.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(input: &[u8]) -> Parsed<'_, (u16, u32)> {
        (u16("first"), u32("second")).parse(input)
    }

    #[test]
    fn truncation_names_field_offset_and_limit() {
        let frame = [0; 9];
        let error = whole("thing", &frame, &frame[4..], Limit::Field("header length", 9), pair)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "thing.second at byte 6: need 4 bytes, 3 left (header length 9)"
        );
        assert_eq!(error.shifted(66).offset, 72);
    }

    #[test]
    fn excess_is_an_error() {
        let error = whole("thing", &[0; 8], &[0; 8], Limit::Input, pair).unwrap_err();
        assert!(error.to_string().ends_with("2 bytes too many (end of input)"), "{error}");
    }

    #[test]
    fn a_list_names_its_item() {
        let frame = [0; 8];
        let parser = list("items", pair);
        let error = whole("thing", &frame, &frame, Limit::Input, parser).unwrap_err();
        assert_eq!(error.field, "items[1].second");
        assert_eq!(error.offset, 8);
    }
}
