//! What was counted, as a table of any output.

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its name, as in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub title: String,
    /// What the columns are.
    pub columns: &'static [Column],
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, as in JSON; the unit is part of it.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Nothing,
    /// Text.
    Text(String),
    /// A number.
    Number(u64),
    /// A time span or a time, in nanoseconds; written in seconds.
    Seconds(u64),
    /// A number with a fraction.
    Fraction(f64),
    /// Yes or no.
    Flag(bool),
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Declares columns: key, then title.
macro_rules! columns {
    ($($key:literal $title:literal),* $(,)?) => {
        &[$($crate::stats::Column { key: $key, title: $title }),*]
    };
}

pub(super) use columns;

/// A length as a count.
pub(super) fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
