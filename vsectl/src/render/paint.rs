//! Colour, where the output is a terminal that has it.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use codec::put;
use codec::types::Line;
use dissect::Problem;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere where `CLICOLOR_FORCE` is.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

const PROTOCOL: Style = AnsiColor::Cyan.on_default();
const PROBLEM: Style = AnsiColor::Red.on_default().bold();
const MARK: Style = AnsiColor::Yellow.on_default().invert();
const LAYER: Style = Style::new().bold();

impl Paint {
    pub(crate) fn new(when: When) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let on = match when {
            When::Always => true,
            When::Never => false,
            When::Auto if set("NO_COLOR") => false,
            When::Auto => {
                std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0")
                    || io::stdout().is_terminal()
            }
        };
        Self { on }
    }

    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// Appends a protocol's name, in a column of that width.
    pub(crate) fn put_protocol(self, name: &str, width: usize, out: &mut Line) {
        self.put(PROTOCOL, out, |out| {
            out.push_str(name);
            out.push_blanks(width.saturating_sub(name.len()));
        });
    }

    /// Appends a problem, in brackets.
    pub(crate) fn put_problem(self, problem: &Problem, out: &mut Line) {
        self.put(PROBLEM, out, |out| put!(out, "[", *problem, "]"));
    }

    /// The bytes of a field that was asked for.
    pub(crate) fn mark(self, text: &dyn Display, out: &mut impl Write) -> io::Result<()> {
        self.write(MARK, text, out)
    }

    pub(crate) fn problem(self, text: &dyn Display, out: &mut impl Write) -> io::Result<()> {
        self.write(PROBLEM, text, out)
    }

    pub(crate) fn layer(self, text: &dyn Display, out: &mut impl Write) -> io::Result<()> {
        self.write(LAYER, text, out)
    }

    fn put(self, style: Style, out: &mut Line, text: impl FnOnce(&mut Line)) {
        if self.on {
            put!(out, format_args!("{style}"));
        }
        text(out);
        if self.on {
            put!(out, format_args!("{style:#}"));
        }
    }

    fn write(self, style: Style, text: &dyn Display, out: &mut impl Write) -> io::Result<()> {
        if self.on {
            return write!(out, "{style}{text}{style:#}");
        }
        write!(out, "{text}")
    }
}
