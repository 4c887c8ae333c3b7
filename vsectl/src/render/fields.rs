//! Chosen fields in columns: tshark's `-T fields`.

use std::io::{self, Write};

use dissect::Collector;
use dissect::filter::Column;

use super::value;

/// What stands between and around the values: tshark's `-E`.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) header: bool,
    pub(crate) separator: String,
    /// What stands between several values of one field.
    pub(crate) aggregator: String,
    pub(crate) quote: Option<char>,
    pub(crate) occurrence: Occurrence,
}

/// The names of settings.
const NAMES: [&str; 5] = ["header", "separator", "aggregator", "quote", "occurrence"];

/// Which of several values of one field to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurrence {
    All,
    First,
    Last,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            header: false,
            separator: "\t".to_owned(),
            aggregator: ",".to_owned(),
            quote: None,
            occurrence: Occurrence::All,
        }
    }
}

impl Layout {
    /// Reads settings: `header=y,separator=/s`. A comma ends one where another begins behind it, so that
    /// it can be a separator too.
    pub(crate) fn set(&mut self, settings: &str) -> Result<(), String> {
        let mut left = settings;
        let begins = |rest: &str| {
            NAMES
                .iter()
                .any(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
        };
        loop {
            let mut commas = left.match_indices(',').map(|(at, _)| left.split_at(at));
            let next = commas.find_map(|(setting, rest)| {
                let rest = rest.strip_prefix(',').filter(|rest| begins(rest))?;
                Some((setting, rest))
            });
            let Some((setting, rest)) = next else { return self.set_one(left) };
            self.set_one(setting)?;
            left = rest;
        }
    }

    fn set_one(&mut self, setting: &str) -> Result<(), String> {
        let Some((name, value)) = setting.split_once('=') else {
            return Err(format!("{setting:?}: want NAME=VALUE"));
        };
        let word = |value: &str| match value {
            "/t" => "\t".to_owned(),
            "/s" => " ".to_owned(),
            other => other.to_owned(),
        };
        match (name, value) {
            ("header", "y") => self.header = true,
            ("header", "n") => self.header = false,
            ("separator", value) => self.separator = word(value),
            ("aggregator", value) => self.aggregator = word(value),
            ("quote", "d") => self.quote = Some('"'),
            ("quote", "s") => self.quote = Some('\''),
            ("quote", "n") => self.quote = None,
            ("occurrence", "a") => self.occurrence = Occurrence::All,
            ("occurrence", "f") => self.occurrence = Occurrence::First,
            ("occurrence", "l") => self.occurrence = Occurrence::Last,
            _ => {
                return Err(format!(
                    "{setting:?}: want header=y|n, separator=CHAR|/t|/s, aggregator=CHAR, \
                     occurrence=f|l|a or quote=d|s|n"
                ));
            }
        }
        Ok(())
    }

    /// The names of the fields.
    pub(crate) fn write_header(&self, names: &[String], out: &mut impl Write) -> io::Result<()> {
        if self.header {
            writeln!(out, "{}", names.join(&self.separator))?;
        }
        Ok(())
    }

    /// The values of a frame.
    pub(crate) fn line(
        &self,
        columns: &[Column],
        collected: &Collector,
        scratch: &mut Vec<u8>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.write_all(self.separator.as_bytes())?;
            }
            scratch.clear();
            let mut written = Ok(());
            column.each(collected, |found| {
                if !scratch.is_empty() {
                    match self.occurrence {
                        Occurrence::All => scratch.extend(self.aggregator.as_bytes()),
                        Occurrence::First => return,
                        Occurrence::Last => scratch.clear(),
                    }
                }
                let result = match (found.field, found.value) {
                    (Some(field), Some(value)) => {
                        value::plain(field, found.place.len, value, scratch)
                    }
                    // A layer, or something with fields of its own: that it is there.
                    _ => scratch.write_all(b"1"),
                };
                if let Err(error) = result {
                    written = Err(error);
                }
            });
            written?;
            match self.quote {
                Some(quote) if !scratch.is_empty() => write!(out, "{quote}")?,
                _ => {}
            }
            out.write_all(scratch)?;
            match self.quote {
                Some(quote) if !scratch.is_empty() => write!(out, "{quote}")?,
                _ => {}
            }
        }
        out.write_all(b"\n")
    }
}
