//! The words of a filter.

use std::ops::Range;

use super::parser::Problem;

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A field, a number, an address, a name, or an operator in letters.
    Word(String),
    /// Text in quotes, its escapes read.
    Quoted(String),
    /// A character in single quotes.
    Char(u8),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// The end.
    End,
}

/// Longest first.
const SYMBOLS: [&str; 21] = [
    "===", "!==", "==", "!=", "~=", "<=", ">=", "&&", "||", "..", "<", ">", "!", "&", "~", "(",
    ")", "{", "}", "[", "]",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut in_slice = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blanks = rest.len() - rest.trim_start().len();
        if blanks > 0 {
            at += blanks;
            continue;
        }
        let (kind, len) = if in_slice && !rest.starts_with([']', '[']) {
            slice_word(rest)
        } else if rest.starts_with(',') {
            (Kind::Symbol(","), 1)
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Kind::Symbol(symbol), symbol.len())
        } else if rest.starts_with('"') || rest.starts_with("r\"") {
            quoted(rest).map_err(|problem| problem.shifted(at))?
        } else if rest.starts_with('\'') {
            character(rest).map_err(|problem| problem.shifted(at))?
        } else {
            word(rest)
        };
        if len == 0 {
            let odd = rest.chars().next().map_or(1, char::len_utf8);
            let message = "a character that no filter has".to_owned();
            let help = rest.starts_with('=').then(|| "equal is == or eq".to_owned());
            return Err(Problem { span: at..at + odd, message, help });
        }
        match kind {
            Kind::Symbol("[") => in_slice = true,
            Kind::Symbol("]") => in_slice = false,
            _ => {}
        }
        tokens.push(Token { kind, span: at..at + len });
        at += len;
    }
    tokens.push(Token { kind: Kind::End, span: text.len()..text.len() });
    Ok(tokens)
}

/// Letters, digits and what joins them in names, numbers and addresses; two points end it.
fn word(rest: &str) -> (Kind, usize) {
    let joins =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-' | '+' | '@');
    let mut len = rest.find(|c: char| !joins(c)).unwrap_or(rest.len());
    if let Some(range) = rest.get(..len).and_then(|word| word.find("..")) {
        len = range;
    }
    (Kind::Word(rest.get(..len).unwrap_or_default().to_owned()), len)
}

/// Within a slice there are numbers, `:`, `-` and commas.
fn slice_word(rest: &str) -> (Kind, usize) {
    match rest.as_bytes().first() {
        Some(b':') => (Kind::Symbol(":"), 1),
        Some(b'-') => (Kind::Symbol("-"), 1),
        Some(b',') => (Kind::Symbol(","), 1),
        _ => {
            let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (Kind::Word(rest.get(..len).unwrap_or_default().to_owned()), len)
        }
    }
}

/// Text in double quotes; behind `r`, backslashes stand for themselves.
fn quoted(rest: &str) -> Result<(Kind, usize), Problem> {
    let raw = rest.starts_with('r');
    let begin = 1 + usize::from(raw);
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(begin);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Kind::Quoted(text), at + 1)),
            '\\' if !raw => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, 't')) => text.push('\t'),
                Some((_, '0')) => text.push('\0'),
                Some((from, 'x')) => {
                    let digits = rest.get(from + 1..from + 3).unwrap_or_default();
                    let Ok(code) = u8::from_str_radix(digits, 16) else {
                        let message = r"\x wants two hexadecimal digits".to_owned();
                        return Err(Problem { span: at..from + 1, message, help: None });
                    };
                    text.push(char::from(code));
                    chars.nth(1);
                }
                // A regular expression keeps its own escapes.
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                Some((_, c)) => text.extend(['\\', c]),
                None => break,
            },
            c => text.push(c),
        }
    }
    let message = "a quotation mark without its other half".to_owned();
    Err(Problem { span: 0..rest.len(), message, help: None })
}

/// A character in single quotes.
fn character(rest: &str) -> Result<(Kind, usize), Problem> {
    let mut chars = rest.char_indices().skip(1);
    let (c, end) = match (chars.next(), chars.next(), chars.next()) {
        (Some((_, '\\')), Some((_, c)), Some((at, '\''))) => {
            let c = match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                c => c,
            };
            (c, at + 1)
        }
        (Some((_, c)), Some((at, '\'')), _) => (c, at + 1),
        _ => ('\u{100}', rest.len()),
    };
    u8::try_from(c).map(|c| (Kind::Char(c), end)).map_err(|_| {
        let message = "single quotes hold one character of ASCII".to_owned();
        Problem { span: 0..end, message, help: Some("text stands in double quotes".to_owned()) }
    })
}
