//! Display filters, in Wireshark's syntax: wireshark-filter(4).
//!
//! ```
//! use dissect::filter::Filter;
//! use dissect::{Dissector, Frame, Options};
//!
//! let filter = Filter::parse("eth.type == 0x88b5 and openflow_1_0.type in {barrier_request}")?;
//! let bytes = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5\x01\0\0\x08\0\0\0\x09\
//!     \x01\x12\0\x08\0\0\0\x07";
//! let mut collector = filter.collector();
//! Dissector::new(Options::default()).dissect(&Frame::ethernet(bytes), &mut collector);
//! assert!(filter.matches(&collector, bytes));
//!
//! let error = Filter::parse("openflow_1_0.typ == flow_mod").unwrap_err();
//! assert_eq!(error.0.help.as_deref(), Some("did you mean openflow_1_0.type?"));
//! # Ok::<(), dissect::filter::FilterError>(())
//! ```

mod eval;
mod lexer;
mod literal;
mod parser;
mod resolve;

use codec::text::Diagnostic;

use crate::collector::Collector;
use eval::Expression;

pub use resolve::{Column, ColumnError, nearest_field};

/// A text that is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError(pub Diagnostic);

impl std::error::Error for FilterError {}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A condition on a frame.
#[derive(Debug, Clone)]
pub struct Filter {
    expression: Expression,
    collector: Collector,
}

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut collector = Collector::default();
        let expression = parser::parse(text, &mut collector).map_err(|problem| {
            let parser::Problem { span, message, help } = problem;
            FilterError(Diagnostic { text: text.to_owned(), span, message, help })
        })?;
        Ok(Self { expression, collector })
    }

    /// A collector of what the filter asks about.
    #[must_use]
    pub fn collector(&self) -> Collector {
        self.collector.clone()
    }

    /// Whether a frame passes, of which `collected` has what was found, and `frame` the bytes.
    #[must_use]
    pub fn matches(&self, collected: &Collector, frame: &[u8]) -> bool {
        self.expression.holds(collected, frame)
    }
}

#[cfg(test)]
mod tests;
