//! What is wrong with a flow's text, and where: a caret under the word, and what to write instead.

use std::fmt;
use std::ops::Range;

/// Text that is no flow. Its `Display` has three lines or four: what is wrong, the text, carets
/// under the word, and a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowTextError(Box<Diagnostic>);

/// Something that was changed because the mode is lenient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(Box<Diagnostic>);

/// What is wrong with a text. Its `Display` has three lines or four: what is wrong, the text,
/// carets under the word, and a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The whole text.
    pub text: String,
    /// The word that is wrong: a range of bytes of the text.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// A problem of which the text is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Bytes of the text.
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Whether an extended match could say what the text means.
    pub(super) is_beyond: bool,
}

impl Problem {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None, is_beyond: false }
    }

    /// The text means something that an extended match could say.
    pub(super) fn beyond(mut self) -> Self {
        self.is_beyond = true;
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn within(self, text: &str) -> Diagnostic {
        let Self { span, message, help, .. } = self;
        Diagnostic { text: text.to_owned(), span, message, help }
    }

    pub(super) fn error(self, text: &str) -> FlowTextError {
        FlowTextError(Box::new(self.within(text)))
    }

    pub(super) fn warning(self, text: &str) -> Warning {
        Warning(Box::new(self.within(text)))
    }
}

impl FlowTextError {
    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The word that is wrong: a range of bytes of the text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// What to write instead, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

/// A line of a file that is no flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct LineError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: FlowTextError,
}

impl std::error::Error for FlowTextError {}

impl fmt::Display for FlowTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text.get(..self.span.start).unwrap_or_default().chars().count();
        let under = self.text.get(self.span.clone()).unwrap_or_default().chars().count().max(1);
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  {}", self.text)?;
        write!(f, "  {:before$}{:^<under$}", "", "")?;
        match &self.help {
            None => Ok(()),
            Some(help) => write!(f, "\n  help: {help}"),
        }
    }
}
