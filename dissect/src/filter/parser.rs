//! From the words of a filter to a condition.

use std::ops::Range;

use regex::bytes::RegexBuilder;

use super::eval::{Expression, Operand, Order, Part, Quantifier, Test};
use super::lexer::{Kind as Word, Token, tokens};
use super::literal::{self, Literal};
use super::resolve::{Named, nearest_field};
use crate::collector::Collector;
use crate::registry::{self, Kind};

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn shifted(mut self, by: usize) -> Self {
        self.span = self.span.start + by..self.span.end + by;
        self
    }
}

type Parsed<T> = Result<T, Problem>;

/// Brackets and negations within each other, at most.
const DEPTH: usize = 100;

/// Reads a filter; `collector` collects what it asks about from then on.
pub(super) fn parse(text: &str, collector: &mut Collector) -> Parsed<Expression> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, collector };
    if parser.peek() == &Word::End {
        return Err(Problem::new(0..text.len(), "an empty filter"));
    }
    let expression = parser.or()?;
    let rest = parser.token();
    if rest.kind != Word::End {
        let problem = Problem::new(rest.span.clone(), "unexpected here");
        return Err(problem.help("want and, or, or the end of the filter"));
    }
    Ok(expression)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    collector: &'a mut Collector,
}

/// A comparison: its order, and how many values must pass where nothing is said.
fn comparison(word: &Word) -> Option<(Order, Quantifier)> {
    let name = match word {
        Word::Symbol(symbol) => symbol,
        Word::Word(word) => word.as_str(),
        _ => return None,
    };
    Some(match name {
        "==" | "eq" | "any_eq" => (Order::Equal, Quantifier::Any),
        "===" | "all_eq" => (Order::Equal, Quantifier::All),
        "!=" | "ne" | "all_ne" => (Order::Different, Quantifier::All),
        "!==" | "any_ne" | "~=" => (Order::Different, Quantifier::Any),
        "<" | "lt" => (Order::Less, Quantifier::Any),
        "<=" | "le" => (Order::LessOrEqual, Quantifier::Any),
        ">" | "gt" => (Order::Greater, Quantifier::Any),
        ">=" | "ge" => (Order::GreaterOrEqual, Quantifier::Any),
        _ => return None,
    })
}

/// An operand and the kind of its values.
struct Typed {
    operand: Operand,
    kind: Kind,
    span: Range<usize>,
}

impl Parser<'_> {
    fn token(&self) -> Token {
        let end = Token { kind: Word::End, span: 0..0 };
        self.tokens.get(self.at).or(self.tokens.last()).cloned().unwrap_or(end)
    }

    fn peek(&self) -> &Word {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(&Word::End, |token| &token.kind)
    }

    fn next(&mut self) -> Token {
        let token = self.token();
        self.at += 1;
        token
    }

    /// Whether the next word is one of these; it is taken then.
    fn takes(&mut self, words: &[&str]) -> bool {
        let is = match self.peek() {
            Word::Symbol(symbol) => words.contains(symbol),
            Word::Word(word) => words.contains(&word.as_str()),
            _ => false,
        };
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Parsed<Expression> {
        let mut left = self.and()?;
        while self.takes(&["or", "||"]) {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut left = self.not()?;
        while self.takes(&["and", "&&"]) {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expression> {
        let span = self.token().span;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Problem::new(span, format!("more than {DEPTH} levels")));
        }
        let inner = if self.takes(&["not", "!"]) {
            Expression::Not(Box::new(self.not()?))
        } else if self.takes(&["("]) {
            let inner = self.or()?;
            if !self.takes(&[")"]) {
                let problem = Problem::new(self.token().span, "a bracket is missing");
                return Err(problem.help(format!("want ) for the ( at column {}", span.start + 1)));
            }
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn test(&mut self) -> Parsed<Expression> {
        let quantifier = if self.takes(&["any"]) {
            Some(Quantifier::Any)
        } else if self.takes(&["all"]) {
            Some(Quantifier::All)
        } else {
            None
        };
        let left = self.operand()?;
        if let Some((order, usual)) = comparison(self.peek()) {
            self.at += 1;
            let test = self.compared_with(&left, order)?;
            let quantifier = quantifier.unwrap_or(usual);
            return Ok(Expression::Test { operand: left.operand, test, quantifier });
        }
        let negated = matches!(self.peek(), Word::Word(word) if word == "not");
        self.at += usize::from(negated);
        let operator = self.token();
        let test = if self.takes(&["in"]) {
            let set = self.set(left.kind)?;
            if negated { Test::NotIn(set) } else { Test::In(set) }
        } else if negated {
            return Err(Problem::new(operator.span, "want in behind not"));
        } else if self.takes(&["contains"]) {
            Test::Contains(self.contained(&left)?)
        } else if self.takes(&["matches", "~"]) {
            Test::Matches(self.regex(&left)?)
        } else {
            if let Some(quantifier) = quantifier {
                let message = format!("{quantifier:?} wants a comparison").to_lowercase();
                return Err(Problem::new(left.span, message));
            }
            return Ok(Expression::Present(left.operand));
        };
        let usual = if negated { Quantifier::All } else { Quantifier::Any };
        let quantifier = quantifier.unwrap_or(usual);
        Ok(Expression::Test { operand: left.operand, test, quantifier })
    }

    /// A field, a protocol or a function, with its slice and mask.
    fn operand(&mut self) -> Parsed<Typed> {
        let token = self.next();
        let name = match token.kind {
            Word::Word(name) => name,
            Word::End => return Err(Problem::new(token.span, "the filter ends too early")),
            _ => return Err(Problem::new(token.span, "want a field or a protocol here")),
        };
        let mut typed = if self.peek() == &Word::Symbol("(") {
            self.call(&name, token.span)?
        } else {
            self.named(&name, token.span)?
        };
        if self.takes(&["["]) {
            let parts = self.slice(&typed)?;
            let operand = Operand::Slice(Box::new(typed.operand), parts);
            typed = Typed { operand, kind: Kind::Bytes, span: typed.span };
        }
        if self.takes(&["&", "bitwise_and"]) {
            let token = self.next();
            if !is_number(typed.kind) {
                let message = format!("a mask is for numbers, and this is {}", typed.kind.name());
                return Err(Problem::new(typed.span, message));
            }
            let Literal::Number(mask) = literal(&token, typed.kind)? else {
                return Err(Problem::new(token.span, "want a number as a mask"));
            };
            typed.operand = Operand::Masked(Box::new(typed.operand), mask);
        }
        Ok(typed)
    }

    fn named(&mut self, name: &str, span: Range<usize>) -> Parsed<Typed> {
        if name == "frame" {
            return Ok(Typed { operand: Operand::Frame, kind: Kind::Bytes, span });
        }
        if let Some(named) = Named::resolve(name, self.collector) {
            let kind = named.kind();
            return Ok(Typed { operand: Operand::Fields(named), kind, span });
        }
        if let Some(protocol) = registry::protocol_named(name) {
            let operand = if registry::has_layers(protocol) {
                self.collector.want_layer(name).map(Operand::Layer)
            } else {
                let shown_by = registry::shown_by(protocol);
                let fields = shown_by.as_slice();
                let fields = if fields.is_empty() { protocol.fields } else { fields };
                let names = fields.iter();
                let slots: Vec<_> =
                    names.filter_map(|field| self.collector.want(field.name)).collect();
                let field = fields.first().copied();
                field.map(|field| Operand::Fields(Named { slots, field, bit: None }))
            };
            if let Some(operand) = operand {
                return Ok(Typed { operand, kind: Kind::Bytes, span });
            }
        }
        let problem = Problem::new(span, format!("no field or protocol {name:?}"));
        Err(match nearest_field(name) {
            Some(near) => problem.help(format!("did you mean {near}?")),
            None => problem.help("vsectl decode --list-fields shows all"),
        })
    }

    fn call(&mut self, name: &str, span: Range<usize>) -> Parsed<Typed> {
        const FUNCTIONS: [&str; 4] = ["len", "count", "lower", "upper"];
        if !FUNCTIONS.contains(&name) {
            let problem = Problem::new(span, format!("no function {name:?}"));
            return Err(problem.help(format!("want {}", FUNCTIONS.join(", "))));
        }
        self.at += 1;
        let inner = self.operand()?;
        let close = self.token().span;
        if !self.takes(&[")"]) {
            return Err(Problem::new(close, "a bracket is missing").help("want )"));
        }
        let is_text = matches!(inner.kind, Kind::Text);
        let operand = Box::new(inner.operand);
        let (operand, kind) = match name {
            "count" => (Operand::Count(operand), Kind::Unsigned),
            "len" if is_number(inner.kind) || matches!(inner.kind, Kind::Flag) => {
                let message = format!("{} has no length", inner.kind.name());
                return Err(Problem::new(inner.span, message));
            }
            "len" => (Operand::Len(operand), Kind::Unsigned),
            _ if !is_text => {
                let message = format!("{name} is for text, and this is {}", inner.kind.name());
                return Err(Problem::new(inner.span, message));
            }
            "lower" => (Operand::Lower(operand), Kind::Text),
            _ => (Operand::Upper(operand), Kind::Text),
        };
        Ok(Typed { operand, kind, span: span.start..close.end })
    }

    /// The parts of a slice, behind its bracket: `n:m` begins at n and is m long, `n-m` ends with
    /// m, `n` is one byte, `n:` goes to the end and `:m` begins at the start.
    fn slice(&mut self, of: &Typed) -> Parsed<Vec<Part>> {
        if is_number(of.kind) || matches!(of.kind, Kind::Flag) {
            let message = format!("{} cannot be cut into bytes", of.kind.name());
            return Err(Problem::new(of.span.clone(), message));
        }
        let mut parts = Vec::new();
        loop {
            let begin = self.token().span;
            let from = self.position()?;
            let part = if self.takes(&[":"]) {
                let len = self.position()?;
                let from = from.unwrap_or(0);
                Part { from, to: len.map(|len| from + len) }
            } else if let Some(from) = from {
                if self.takes(&["-"]) {
                    let last = self.position()?.ok_or_else(|| {
                        Problem::new(self.token().span, "want the last byte behind -")
                    })?;
                    Part { from, to: Some(last + 1) }
                } else {
                    Part { from, to: Some(from + 1).filter(|to| *to != 0) }
                }
            } else {
                return Err(Problem::new(begin, "want n:m, n-m, n, n: or :m"));
            };
            parts.push(part);
            if self.takes(&["]"]) {
                return Ok(parts);
            }
            if !self.takes(&[","]) {
                let problem = Problem::new(self.token().span, "a slice that does not end");
                return Err(problem.help("want ]"));
            }
        }
    }

    /// A number in a slice, if there is one; behind `-` it counts from the end.
    fn position(&mut self) -> Parsed<Option<i64>> {
        let from_end = matches!(
            (self.peek(), self.tokens.get(self.at + 1).map(|token| &token.kind)),
            (Word::Symbol("-"), Some(Word::Word(_)))
        ) && !matches!(
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| &token.kind),
            Some(Word::Word(_))
        );
        self.at += usize::from(from_end);
        let Word::Word(word) = self.peek().clone() else { return Ok(None) };
        let span = self.next().span;
        let number: u16 =
            word.parse().map_err(|_| Problem::new(span, "want a number below 65,536"))?;
        let number = i64::from(number);
        Ok(Some(if from_end { -number } else { number }))
    }

    /// What the right side of a comparison says.
    fn compared_with(&mut self, left: &Typed, order: Order) -> Parsed<Test> {
        let token = self.token();
        if let Word::Word(name) = &token.kind {
            let is_call = matches!(
                self.tokens.get(self.at + 1).map(|token| &token.kind),
                Some(Word::Symbol("("))
            );
            if is_call || Named::resolve(name, &mut self.collector.clone()).is_some() {
                let right = self.operand()?;
                let comparable = left.kind.name() == right.kind.name()
                    || (is_number(left.kind) && is_number(right.kind));
                if !comparable {
                    let message = format!(
                        "{} cannot be compared with {}",
                        left.kind.name(),
                        right.kind.name()
                    );
                    return Err(Problem::new(left.span.start..right.span.end, message));
                }
                return Ok(Test::CompareWith(order, right.operand));
            }
        }
        self.at += 1;
        Ok(Test::Compare(order, literal(&token, left.kind)?))
    }

    /// A set in braces: values and ranges, with commas or blanks between.
    fn set(&mut self, kind: Kind) -> Parsed<Vec<(Literal, Option<Literal>)>> {
        let open = self.token().span;
        if !self.takes(&["{"]) {
            return Err(Problem::new(open, "want a set behind in").help("as in {1, 2..5}"));
        }
        let mut set = Vec::new();
        loop {
            if self.takes(&["}"]) {
                if set.is_empty() {
                    return Err(Problem::new(open, "a set without values"));
                }
                return Ok(set);
            }
            let token = self.next();
            if token.kind == Word::End {
                return Err(Problem::new(token.span, "a set that does not end").help("want }"));
            }
            let from = literal(&token, kind)?;
            let to = if self.takes(&[".."]) {
                let token = self.next();
                Some(literal(&token, kind)?)
            } else {
                None
            };
            set.push((from, to));
            self.takes(&[","]);
        }
    }

    /// The bytes that must be contained.
    fn contained(&mut self, left: &Typed) -> Parsed<Vec<u8>> {
        if is_number(left.kind) || matches!(left.kind, Kind::Flag) {
            let message = format!("contains is for text and bytes, not {}", left.kind.name());
            return Err(Problem::new(left.span.clone(), message));
        }
        let token = self.next();
        let kind = if matches!(left.kind, Kind::Text) { Kind::Text } else { Kind::Bytes };
        Ok(match literal(&token, kind)? {
            Literal::Bytes(bytes) => bytes,
            Literal::Text(text) => text.into_bytes(),
            _ => Vec::new(),
        })
    }

    fn regex(&mut self, left: &Typed) -> Parsed<Box<regex::bytes::Regex>> {
        if is_number(left.kind) || matches!(left.kind, Kind::Flag) {
            let message = format!("matches is for text and bytes, not {}", left.kind.name());
            return Err(Problem::new(left.span.clone(), message));
        }
        let token = self.next();
        let (Word::Quoted(pattern) | Word::Word(pattern)) = token.kind else {
            return Err(Problem::new(token.span, "want a regular expression in quotes"));
        };
        // As Wireshark: whatever the case, and bytes as well as letters.
        let regex = RegexBuilder::new(&pattern).case_insensitive(true).unicode(false).build();
        regex.map(Box::new).map_err(|error| {
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default();
            Problem::new(token.span, format!("no regular expression: {last}"))
        })
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Unsigned
            | Kind::Hex
            | Kind::Id
            | Kind::Names(_)
            | Kind::HexNames(_)
            | Kind::NamedId(_)
            | Kind::Bits(_)
            | Kind::Seconds
            | Kind::Time
    )
}

/// The value that a word is.
fn literal(token: &Token, kind: Kind) -> Parsed<Literal> {
    let span = token.span.clone();
    let (word, quoted) = match &token.kind {
        Word::Word(word) => (word, false),
        Word::Quoted(word) => (word, true),
        Word::Char(c) if is_number(kind) => return Ok(Literal::Number((*c).into())),
        Word::Char(c) => return Ok(Literal::Bytes(vec![*c])),
        Word::End => return Err(Problem::new(span, "the filter ends before the value")),
        Word::Symbol(_) => return Err(Problem::new(span, "want a value here")),
    };
    literal::read(word, quoted, kind).map_err(|want| {
        Problem::new(span, format!("{word:?} is no value of this field")).help(want)
    })
}
