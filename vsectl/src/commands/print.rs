//! `vsectl print`: OpenFlow bytes to text or JSON.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use codec::of10::Message;
use dissect::{Options, Tree};

use crate::exit::Outcome;
use crate::hex_input::{self, Run};
use crate::messages::{Failure, Messages};
use crate::render;
use crate::render::paint::{Paint, When};
use crate::view::MessageView;

/// Print OpenFlow messages given as hex digits or as a binary file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Hex digits of one or more messages; `-`, or nothing, reads lines of hex digits or hex
    /// dumps from standard input.
    #[arg(value_name = "HEX", conflicts_with = "binary")]
    hex: Vec<String>,

    /// Read messages, back to back, from a binary file; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line a message.
    Text,
    /// Every field, and what the message carries.
    Tree,
    /// One document: the message, or an array of several.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut printer = Printer { format: self.output, kept: Vec::new(), printed: 0, refused: 0 };
        match &self.binary {
            Some(path) if path.as_os_str() == "-" => {
                printer.print_all("standard input", io::stdin().lock(), out)?;
            }
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
                printer.print_all(&name, file, out)?;
            }
            None if self.hex.is_empty() || self.hex == ["-"] => {
                for run in hex_input::from_lines(io::stdin().lock()) {
                    printer.print_run(run, out)?;
                }
            }
            None => {
                for run in hex_input::from_arguments(&self.hex) {
                    printer.print_run(run.map_err(Into::into), out)?;
                }
            }
        }
        printer.finish(out)
    }
}

/// Prints messages as they come, and counts what could not be.
struct Printer {
    format: Format,
    /// Messages for a document, which is written whole.
    kept: Vec<MessageView>,
    printed: usize,
    refused: usize,
}

impl Printer {
    fn print_run(&mut self, run: anyhow::Result<Run>, out: &mut impl Write) -> anyhow::Result<()> {
        match run {
            Ok(run) if run.bytes.is_empty() => self.refuse(&run.source, "no hex digits"),
            Ok(run) => self.print_all(&run.source, &*run.bytes, out)?,
            Err(error) => {
                eprintln!("vsectl: {error:#}");
                self.refused += 1;
            }
        }
        Ok(())
    }

    fn print_all(
        &mut self,
        source: &str,
        input: impl Read,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        for message in Messages::new(input) {
            let message = match message {
                Ok(message) => message,
                Err(Failure::Decode(error)) => {
                    self.refuse(source, &error);
                    continue;
                }
                Err(Failure::Read(error)) => {
                    self.refuse(source, &error);
                    break;
                }
            };
            self.printed += 1;
            match self.format {
                Format::Text => render::text::line(&message, out)?,
                Format::Tree => print_tree(&message, out)?,
                Format::Json => self.kept.push(message.into()),
                Format::Ndjson => render::json::line(&MessageView::from(message), out)?,
            }
        }
        Ok(())
    }

    fn refuse(&mut self, source: &str, why: impl std::fmt::Display) {
        eprintln!("vsectl: {source}: {why}");
        self.refused += 1;
    }

    fn finish(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        if self.format == Format::Json && self.printed > 0 {
            render::json::document(&self.kept, out)?;
        }
        Ok(Outcome::of_decoding(self.printed, self.refused))
    }
}

fn print_tree(message: &Message, out: &mut impl Write) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes)?;
    let mut tree = Tree::default();
    dissect::dissect_message(&Options::default(), &bytes, &mut tree);
    Ok(render::tree::layers(&tree.layers, 0, Paint::new(When::Auto), out)?)
}
