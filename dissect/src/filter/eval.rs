//! Whether a frame passes a filter.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use codec::types::MacAddr;
use regex::bytes::Regex;

use super::literal::Literal;
use super::resolve::Named;
use crate::collector::{Collected, Collector, Slot};
use crate::sink::{Place, Value};

/// A condition.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// There is such a layer or field, or a bit of the mask is set.
    Present(Operand),
    Test {
        operand: Operand,
        test: Test,
        quantifier: Quantifier,
    },
}

/// How many of several values must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    All,
}

/// What a value must be.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Compare(Order, Literal),
    /// As one of the values of another operand.
    CompareWith(Order, Operand),
    In(Vec<(Literal, Option<Literal>)>),
    NotIn(Vec<(Literal, Option<Literal>)>),
    Contains(Vec<u8>),
    Matches(Box<Regex>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Fields(Named),
    /// A layer, with all that is in it.
    Layer(Slot),
    Frame,
    Slice(Box<Operand>, Vec<Part>),
    Masked(Box<Operand>, u64),
    Len(Box<Operand>),
    Count(Box<Operand>),
    Lower(Box<Operand>),
    Upper(Box<Operand>),
}

/// A part of some bytes; negative numbers count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: i64,
    /// Where it ends, not included; nothing for the end.
    pub(super) to: Option<i64>,
}

impl Part {
    fn range(self, len: usize) -> Option<Range<usize>> {
        let at = |position: i64| {
            let distance = usize::try_from(position.unsigned_abs()).ok()?;
            if position < 0 { len.checked_sub(distance) } else { Some(distance) }
        };
        let (from, to) = (at(self.from)?, self.to.map_or(Some(len), at)?);
        (from <= to && to <= len).then_some(from..to)
    }
}

/// A value of a frame.
enum Item<'a> {
    Value(Value<'a>),
    Bytes(Vec<u8>),
    Text(String),
    /// Something that has no value.
    Present,
}

impl Item<'_> {
    /// Calls `with` for the bytes of the value; a number has none.
    fn with_bytes<T>(&self, with: impl FnOnce(&[u8]) -> T) -> Option<T> {
        Some(match self {
            Self::Value(Value::Mac(MacAddr(octets))) => with(octets),
            Self::Value(Value::Ipv4(address, _)) => with(&address.octets()),
            Self::Value(Value::Ipv6(address)) => with(&address.octets()),
            Self::Value(Value::Text(text)) => with(text.as_bytes()),
            Self::Value(Value::Bytes(bytes)) => with(bytes),
            Self::Bytes(bytes) => with(bytes),
            Self::Text(text) => with(text.as_bytes()),
            Self::Value(Value::Unsigned(_) | Value::Flag(_)) | Self::Present => return None,
        })
    }
}

impl Expression {
    pub(super) fn holds(&self, collected: &Collector, frame: &[u8]) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(collected, frame),
            Self::And(a, b) => a.holds(collected, frame) && b.holds(collected, frame),
            Self::Or(a, b) => a.holds(collected, frame) || b.holds(collected, frame),
            Self::Present(operand) => {
                let mut present = false;
                operand.each(collected, frame, |item| {
                    let zero = matches!(item, Item::Value(Value::Unsigned(0)));
                    present |= !(zero && matches!(operand, Operand::Masked(..)));
                    !present
                });
                present
            }
            Self::Test { operand, test, quantifier } => {
                let (mut any, mut passed) = (false, false);
                operand.each(collected, frame, |item| {
                    any = true;
                    passed = test.passes(&item, collected, frame);
                    // One more value can change nothing.
                    passed == (*quantifier == Quantifier::All)
                });
                any && passed
            }
        }
    }
}

impl Operand {
    /// Calls `each` for every value, until that returns false.
    #[inline]
    fn each(&self, collected: &Collector, frame: &[u8], mut each: impl FnMut(Item<'_>) -> bool) {
        match self {
            // What most filters ask about, in frames of which most have none: no call of a function
            // that is known only when the filter is.
            Self::Fields(named) => _ = named.values(collected).all(|found| each(item(found))),
            made => made.each_made(collected, frame, &mut each),
        }
    }

    /// The same where the values are not as the collector has them.
    fn each_made(
        &self,
        collected: &Collector,
        frame: &[u8],
        each: &mut dyn FnMut(Item<'_>) -> bool,
    ) {
        match self {
            Self::Fields(_) => self.each(collected, frame, each),
            Self::Layer(slot) => {
                for found in collected.values(*slot) {
                    let Place { offset, .. } = found.place;
                    let bytes = offset.and_then(|offset| frame.get(offset..));
                    let item =
                        bytes.map_or(Item::Present, |bytes| Item::Value(Value::Bytes(bytes)));
                    if !each(item) {
                        return;
                    }
                }
            }
            Self::Frame => _ = each(Item::Value(Value::Bytes(frame))),
            Self::Slice(operand, parts) => operand.each(collected, frame, |item| {
                let sliced = item.with_bytes(|bytes| {
                    let mut whole = Vec::new();
                    for part in parts {
                        whole.extend(bytes.get(part.range(bytes.len())?)?);
                    }
                    Some(whole)
                });
                sliced.flatten().is_none_or(|bytes| each(Item::Bytes(bytes)))
            }),
            Self::Masked(operand, mask) => operand.each(collected, frame, |item| match item {
                Item::Value(Value::Unsigned(number)) => {
                    each(Item::Value(Value::Unsigned(number & mask)))
                }
                _ => true,
            }),
            Self::Len(operand) => operand.each(collected, frame, |item| {
                let len = match &item {
                    Item::Value(Value::Text(text)) => Some(text.chars().count()),
                    item => item.with_bytes(<[u8]>::len),
                };
                len.is_none_or(|len| {
                    each(Item::Value(Value::Unsigned(u64::try_from(len).unwrap_or(u64::MAX))))
                })
            }),
            Self::Count(operand) => {
                let mut count = 0;
                operand.each(collected, frame, |_| {
                    count += 1;
                    true
                });
                each(Item::Value(Value::Unsigned(count)));
            }
            Self::Lower(operand) => operand.each(collected, frame, |item| match item {
                Item::Value(Value::Text(text)) => each(Item::Text(text.to_lowercase())),
                _ => true,
            }),
            Self::Upper(operand) => operand.each(collected, frame, |item| match item {
                Item::Value(Value::Text(text)) => each(Item::Text(text.to_uppercase())),
                _ => true,
            }),
        }
    }
}

fn item(found: Collected<'_>) -> Item<'_> {
    found.value.map_or(Item::Present, Item::Value)
}

impl Test {
    fn passes(&self, item: &Item<'_>, collected: &Collector, frame: &[u8]) -> bool {
        match self {
            Self::Compare(order, literal) => compare(item, *order, literal),
            Self::CompareWith(order, operand) => {
                let mut any = false;
                operand.each(collected, frame, |other| {
                    let literal = match other {
                        Item::Value(value) => Some(Literal::of(value)),
                        Item::Bytes(bytes) => Some(Literal::Bytes(bytes)),
                        Item::Text(text) => Some(Literal::Text(text)),
                        Item::Present => None,
                    };
                    any |= literal.is_some_and(|literal| compare(item, *order, &literal));
                    !any
                });
                any
            }
            Self::In(set) => is_in(item, set),
            Self::NotIn(set) => !is_in(item, set),
            Self::Contains(wanted) => item
                .with_bytes(|bytes| {
                    wanted.is_empty() || bytes.windows(wanted.len()).any(|window| window == wanted)
                })
                .unwrap_or(false),
            Self::Matches(regex) => item.with_bytes(|bytes| regex.is_match(bytes)).unwrap_or(false),
        }
    }
}

fn is_in(item: &Item<'_>, set: &[(Literal, Option<Literal>)]) -> bool {
    set.iter().any(|(from, to)| match to {
        None => compare(item, Order::Equal, from),
        Some(to) => {
            compare(item, Order::GreaterOrEqual, from) && compare(item, Order::LessOrEqual, to)
        }
    })
}

/// How a value stands to a literal; of another kind, it is different.
fn compare(item: &Item<'_>, order: Order, literal: &Literal) -> bool {
    let ordering = match (item, literal) {
        (Item::Value(Value::Unsigned(number)), Literal::Number(wanted)) => number.cmp(wanted),
        (Item::Value(Value::Flag(flag)), Literal::Flag(wanted)) => flag.cmp(wanted),
        (Item::Value(Value::Ipv4(address, _)), Literal::Ipv4(wanted, prefix)) => {
            masked_ipv4(*address, *prefix).cmp(&masked_ipv4(*wanted, *prefix))
        }
        (Item::Value(Value::Ipv6(address)), Literal::Ipv6(wanted, prefix)) => {
            masked_ipv6(*address, *prefix).cmp(&masked_ipv6(*wanted, *prefix))
        }
        (item, Literal::Bytes(wanted)) => {
            match item.with_bytes(|bytes| bytes.cmp(wanted.as_slice())) {
                Some(ordering) => ordering,
                None => return order == Order::Different,
            }
        }
        (item, Literal::Text(wanted)) => {
            match item.with_bytes(|bytes| bytes.cmp(wanted.as_bytes())) {
                Some(ordering) => ordering,
                None => return order == Order::Different,
            }
        }
        _ => return order == Order::Different,
    };
    match order {
        Order::Equal => ordering.is_eq(),
        Order::Different => ordering.is_ne(),
        Order::Less => ordering.is_lt(),
        Order::LessOrEqual => ordering.is_le(),
        Order::Greater => ordering.is_gt(),
        Order::GreaterOrEqual => ordering.is_ge(),
    }
}

fn masked_ipv4(address: Ipv4Addr, prefix: u8) -> u32 {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    u32::from(address) & mask
}

fn masked_ipv6(address: Ipv6Addr, prefix: u8) -> u128 {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    u128::from(address) & mask
}
