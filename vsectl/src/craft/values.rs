//! The values of a field: one, or several that the packets of a family take in turn.
//!
//! `5`, `1-100`, `1-100+3` (every third), `10.0.0.0/24`, lists of these with commas, `random`, and
//! `random(1-100)`. What is no number is listed or drawn the same way: `sorted,reversed`,
//! `random(00,ff)`; and `random(8)` is eight bytes. A text alone has its commas for itself.

use std::fmt;

use codec::fcf::FcfLayout;

use super::field::Kind;

/// The values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    /// Numbers in turn.
    List(Vec<Run>),
    /// Any number between two, both included.
    Random { low: u128, high: u128 },
    /// What counts packets, for probes.
    Counter(Counter),
    /// What is no number, in turn or drawn: the value of the field is which of these it has.
    Choice { items: Vec<Item>, random: bool },
    /// So many random bytes: the value of the field is what they come from.
    Noise(usize),
}

/// What is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Bytes(Vec<u8>),
    Text(String),
    /// A layout of the Flow Control Field.
    Layout(FcfLayout),
}

/// What counts packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    /// The number of the packet's combination of values, from 0.
    Flow,
    /// How many packets of that combination there were before.
    Sequence,
    /// When the packet is sent, in nanoseconds since the Unix epoch.
    Time,
}

/// Numbers from `first` to `last`, `step` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first: u128,
    pub(crate) last: u128,
    /// At least 1.
    pub(crate) step: u128,
}

impl Run {
    fn len(self) -> u128 {
        ((self.last - self.first) / self.step).saturating_add(1)
    }
}

impl Values {
    pub(crate) fn one(value: u128) -> Self {
        Self::List(vec![Run { first: value, last: value, step: 1 }])
    }

    /// Reads the values of a field of that kind; the error says what is wanted.
    pub(crate) fn read(kind: Kind, text: &str) -> Result<Self, String> {
        match kind {
            Kind::Text => {
                Ok(Self::Choice { items: vec![Item::Text(text.to_owned())], random: false })
            }
            Kind::Bytes | Kind::Layout | Kind::Word(_) => read_choice(kind, text),
            _ => read_numbers(kind, text),
        }
    }

    /// The number, if it is always the same one.
    pub(crate) fn fixed(&self) -> Option<u128> {
        match self {
            Self::List(runs) => match runs.as_slice() {
                [run] if run.len() == 1 => Some(run.first),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether packets differ in it.
    pub(crate) fn varies(&self) -> bool {
        match self {
            Self::List(_) => self.fixed().is_none(),
            Self::Random { .. } | Self::Counter(_) | Self::Noise(_) => true,
            Self::Choice { items, .. } => items.len() > 1,
        }
    }

    /// How many values are taken in turn; 1 for what is not a list.
    pub(crate) fn len(&self) -> u128 {
        match self {
            Self::List(runs) => {
                runs.iter().map(|run| run.len()).fold(0, u128::saturating_add).max(1)
            }
            Self::Choice { items, random: false } => last(items).saturating_add(1),
            _ => 1,
        }
    }

    /// The highest number.
    pub(crate) fn highest(&self) -> u128 {
        match self {
            Self::List(runs) => runs.iter().map(|run| run.last).max().unwrap_or(0),
            Self::Random { high, .. } => *high,
            Self::Choice { items, .. } => last(items),
            Self::Counter(_) | Self::Noise(_) => 0,
        }
    }

    /// The lowest number.
    pub(crate) fn lowest(&self) -> u128 {
        match self {
            Self::List(runs) => runs.iter().map(|run| run.first).min().unwrap_or(0),
            Self::Random { low, .. } => *low,
            Self::Counter(_) | Self::Choice { .. } | Self::Noise(_) => 0,
        }
    }

    /// The values as [`read`](Self::read) takes them.
    pub(crate) fn write(&self, kind: Kind) -> String {
        let range = |low: u128, high: u128| format!("{}-{}", kind.write(low), kind.write(high));
        match self {
            Self::List(runs) => {
                let run = |run: &Run| match run {
                    Run { first, last, .. } if first == last => kind.write(*first),
                    Run { first, last, step: 1 } => range(*first, *last),
                    Run { first, last, step } => format!("{}+{step}", range(*first, *last)),
                };
                runs.iter().map(run).collect::<Vec<_>>().join(",")
            }
            Self::Random { low: 0, high } if Some(*high) == kind.max() => "random".to_owned(),
            Self::Random { low, high } => format!("random({})", range(*low, *high)),
            Self::Counter(counter) => format!("{counter:?}").to_ascii_lowercase(),
            Self::Noise(len) => format!("random({len})"),
            Self::Choice { items, random } => {
                let items = items.iter().map(Item::to_string).collect::<Vec<_>>().join(",");
                if *random { format!("random({items})") } else { items }
            }
        }
    }

    /// What a field that is no number can have.
    pub(crate) fn items(&self) -> &[Item] {
        match self {
            Self::Choice { items, .. } => items,
            _ => &[],
        }
    }
}

/// The place of the last one.
fn last(items: &[Item]) -> u128 {
    u128::try_from(items.len().saturating_sub(1)).unwrap_or(u128::MAX)
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{}", codec::types::Bytes(bytes.clone())),
            Self::Text(text) => f.write_str(text),
            Self::Layout(layout) => write!(f, "{layout}"),
        }
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flow => "flow",
            Self::Sequence => "sequence",
            Self::Time => "time",
        })
    }
}

/// Bytes that a field holds at most, if they are drawn: those of a payload.
const NOISE: usize = 65_535;

fn read_choice(kind: Kind, text: &str) -> Result<Values, String> {
    let inside = text.strip_prefix("random(").and_then(|rest| rest.strip_suffix(')'));
    match (kind, text, inside) {
        (Kind::Bytes, "random", _) => return Err("say how many bytes, as in random(8)".to_owned()),
        (Kind::Bytes, _, Some(len)) if !len.contains(',') => {
            let len = len.parse::<usize>().ok().filter(|len| (1..=NOISE).contains(len));
            let len = len.ok_or_else(|| format!("how many bytes: a number from 1 to {NOISE}"))?;
            return Ok(Values::Noise(len));
        }
        (Kind::Word(words), "random", _) => {
            let items = words.iter().map(|word| Item::Text((*word).to_owned())).collect();
            return Ok(Values::Choice { items, random: true });
        }
        _ => {}
    }
    let items = parts(inside.unwrap_or(text)).map(|part| read_item(kind, part));
    Ok(Values::Choice { items: items.collect::<Result<_, _>>()?, random: inside.is_some() })
}

fn read_item(kind: Kind, text: &str) -> Result<Item, String> {
    match kind {
        Kind::Bytes => read_hex(text).map(Item::Bytes),
        Kind::Layout => text.parse().map(Item::Layout).map_err(|error| format!("{error}")),
        Kind::Word(words) if !words.contains(&text) => {
            Err(format!("{text:?} is none of {}", words.join(", ")))
        }
        _ => Ok(Item::Text(text.to_owned())),
    }
}

/// What stands between the commas outside of parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    text.split(move |char| {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ',' && depth == 0
    })
}

fn read_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = text
        .strip_prefix("0x")
        .unwrap_or(text)
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2));
    let digits = digits.ok_or_else(|| format!("{text:?} is no even number of hex digits"))?;
    let (pairs, _) = digits.as_chunks::<2>();
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn read_numbers(kind: Kind, text: &str) -> Result<Values, String> {
    if text == "random" {
        return Ok(Values::Random { low: 0, high: kind.max().unwrap_or(0) });
    }
    if let Some(inside) = text.strip_prefix("random(").and_then(|rest| rest.strip_suffix(')')) {
        return match read_run(kind, inside)? {
            Run { first, last, step: 1 } => Ok(Values::Random { low: first, high: last }),
            _ => Err("random takes a range without a step".to_owned()),
        };
    }
    text.split(',').map(|part| read_run(kind, part)).collect::<Result<_, _>>().map(Values::List)
}

fn read_run(kind: Kind, text: &str) -> Result<Run, String> {
    if let Some((address, len)) = text.split_once('/') {
        return read_prefix(kind, address, len);
    }
    let (range, step) = match text.split_once('+') {
        Some((range, step)) => {
            let step = super::field::number(step).filter(|step| *step > 0);
            (range, step.ok_or("a step is a number of at least 1")?)
        }
        None => (text, 1),
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (kind.read(first)?, kind.read(last)?);
    if first > last {
        let other = format!("{}-{}", kind.write(last), kind.write(first));
        return Err(format!("the range {range} ends before it begins: write {other}"));
    }
    Ok(Run { first, last, step })
}

/// Every address of a network.
fn read_prefix(kind: Kind, address: &str, len: &str) -> Result<Run, String> {
    let (Kind::Ipv4 | Kind::Ipv6, Some(bits)) = (kind, kind.bits()) else {
        return Err(format!("/{len} is for addresses"));
    };
    let len = len.parse::<u32>().ok().filter(|len| *len <= bits);
    let len = len.ok_or_else(|| format!("a prefix length is a number from 0 to {bits}"))?;
    let first = kind.read(address)?;
    let hosts = match bits - len {
        128 => u128::MAX,
        free => (1 << free) - 1,
    };
    if first & hosts != 0 {
        let network = kind.write(first & !hosts);
        return Err(format!("{address} is not the first address: write {network}/{len}"));
    }
    Ok(Run { first, last: first | hosts, step: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        for (kind, text, len) in [
            (Kind::Number(16), "5", 1),
            (Kind::Number(16), "5000-5019", 20),
            (Kind::Number(16), "1-10+4", 3),
            (Kind::Number(16), "1,3,5-6", 4),
            (Kind::Number(16), "random", 1),
            (Kind::Number(16), "random(1-9)", 1),
            (Kind::Hex(16), "0x800", 1),
            (Kind::Mac, "02:00:00:00:00:01-02:00:00:00:00:ff", 255),
            (Kind::Ipv6, "2001:db8::1", 1),
            (Kind::TcpFlags, "SA", 1),
            (Kind::Bytes, "00,ff,0102", 3),
            (Kind::Bytes, "random(8)", 1),
            (Kind::Bytes, "random(00,ff)", 1),
            (Kind::Text, "one, two", 1),
            (Kind::Word(&["a", "b"]), "b,a", 2),
            (Kind::Layout, "dscp,custom(tos,priority=0x1,vm_id=0xf0)", 2),
        ] {
            let values = Values::read(kind, text).unwrap();
            assert_eq!((values.write(kind).as_str(), values.len()), (text, len));
        }
        let network = Values::read(Kind::Ipv4, "10.0.0.0/24").unwrap();
        assert_eq!(network.write(Kind::Ipv4), "10.0.0.0-10.0.0.255");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (kind, text, why) in [
            (Kind::Number(16), "65536", "at most 65535"),
            (Kind::Number(16), "9-1", "write 1-9"),
            (Kind::Number(16), "1-9+0", "at least 1"),
            (Kind::Number(16), "", "no number"),
            (Kind::Number(16), "1,,2", "no number"),
            (Kind::Number(16), "1/8", "for addresses"),
            (Kind::Ipv4, "10.0.0.1/24", "write 10.0.0.0/24"),
            (Kind::Ipv4, "10.0.0.0/33", "0 to 32"),
            (Kind::Ipv4, "10.0.0", "no IPv4 address"),
            (Kind::Mac, "02:00", "six pairs"),
            (Kind::TcpFlags, "SX", "'X'"),
            (Kind::Bytes, "abc", "even number"),
            (Kind::Bytes, "00,a", "even number"),
            (Kind::Bytes, "random", "random(8)"),
            (Kind::Bytes, "random(65536)", "1 to 65535"),
            (Kind::Word(&["a", "b"]), "a,c", "\"c\" is none of a, b"),
        ] {
            let error = Values::read(kind, text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
