//! Words: what stands between commas and blanks, parentheses kept together.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{is_a, is_not, take_while};
use nom::combinator::recognize;
use nom::multi::many1_count;
use nom::{IResult, Parser};

use super::diagnostic::Problem;

/// A word of a flow's text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

impl<'a> Word<'a> {
    /// `key` and `value` of `key=value`, or the word alone.
    pub(super) fn key_value(&self) -> (&'a str, Option<Word<'a>>) {
        self.split('=')
    }

    /// What is before and behind the first `separator`.
    pub(super) fn split(&self, separator: char) -> (&'a str, Option<Word<'a>>) {
        match self.text.split_once(separator) {
            None => (self.text, None),
            Some((key, value)) => {
                let start = self.span.end - value.len();
                (key, Some(Word { text: value, span: start..self.span.end }))
            }
        }
    }

    /// `name` and what is in the parentheses of `name(…)`.
    pub(super) fn call(&self) -> Option<(&'a str, Word<'a>)> {
        let (name, rest) = self.text.split_once('(')?;
        let inside = rest.strip_suffix(')')?;
        let start = self.span.start + name.len() + 1;
        Some((name, Word { text: inside, span: start..start + inside.len() }))
    }

    /// The words within this one.
    pub(super) fn words(&self) -> Result<Vec<Word<'a>>, Problem> {
        words(self.text, self.span.start)
    }

    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.span.clone(), message)
    }
}

/// Parentheses may stand in each other so deep.
const MAX_DEPTH: usize = 20;

fn parentheses(input: &str) -> IResult<&str, &str> {
    let mut depth = 0_usize;
    for (at, c) in input.char_indices() {
        depth = match c {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        match (depth, input.split_at_checked(at + c.len_utf8())) {
            (0, Some((inside, rest))) if at > 0 => return Ok((rest, inside)),
            (1..=MAX_DEPTH, _) => {}
            _ => break,
        }
    }
    Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Char)))
}

fn word(input: &str) -> IResult<&str, &str> {
    recognize(many1_count(alt((is_not(", \t\r\n()"), parentheses)))).parse(input)
}

fn separators(input: &str) -> IResult<&str, &str> {
    take_while(|c: char| c == ',' || c.is_ascii_whitespace()).parse(input)
}

/// The words of `text`, which begins `offset` bytes into the whole.
pub(super) fn words(text: &str, offset: usize) -> Result<Vec<Word<'_>>, Problem> {
    let mut words = Vec::new();
    let mut left = text;
    loop {
        left = separators(left).map_or(left, |(rest, _)| rest);
        if left.is_empty() {
            return Ok(words);
        }
        let start = offset + text.len() - left.len();
        let Ok((rest, found)) = word(left) else {
            let stray = is_a::<_, _, nom::error::Error<&str>>("()").parse(left);
            let len = stray.map_or(1, |(_, stray): (&str, &str)| stray.len());
            return Err(Problem::new(
                start..start + len,
                "parentheses do not match, or stand too deep in each other",
            ));
        };
        words.push(Word { text: found, span: start..start + found.len() });
        left = rest;
    }
}

/// The name among `known` that is most like `name`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(super) fn number(text: &str) -> Option<u64> {
    number128(text).and_then(|number| u64::try_from(number).ok())
}

/// As [`number`], for those that are longer.
pub(super) fn number128(text: &str) -> Option<u128> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u128::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => text.parse().ok().filter(|_| !text.starts_with('+')),
    }
}

/// A number of at most `max`.
pub(super) fn number_up_to(word: &Word<'_>, what: &str, max: u64) -> Result<u64, Problem> {
    match number(word.text) {
        Some(value) if value <= max => Ok(value),
        Some(value) => Err(word.problem(format!("{what} is {value}, must be at most {max}"))),
        None => Err(word.problem(format!("{what} must be a number, not {:?}", word.text))),
    }
}

/// A number of 16 bits.
pub(super) fn number16(word: &Word<'_>, what: &str) -> Result<u16, Problem> {
    number_up_to(word, what, u16::MAX.into()).map(|value| u16::try_from(value).unwrap_or(u16::MAX))
}

/// A number of 8 bits, at most `max`.
pub(super) fn number8(word: &Word<'_>, what: &str, max: u8) -> Result<u8, Problem> {
    number_up_to(word, what, max.into()).map(|value| u8::try_from(value).unwrap_or(max))
}
