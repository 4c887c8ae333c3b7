//! `vsectl diff`: two captures or two tables.

use std::io::Write;

use dissect::savefile::{Reader, SavefileError};
use dissect::{Assignments, Options};

use crate::capture_input;
use crate::comparison::{self, Ignored, Tables};
use crate::decode_as::{self, DecodeAs};
use crate::exit::{Outcome, Trouble, UsageError};
use crate::render;

/// Tell how two captures or two tables differ, by what they mean.
///
/// Captures: the messages of each conversation are aligned, and those that are only in one of
/// both, or that do not say the same, are told with the fields that differ. A connection is the same
/// when its two ends are, or else the next one between the same addresses to the same port, or else
/// the next one to the same port. An arrow to the right is from the client, who connected.
///
/// Tables: each is an agent (`unix:PATH`, `netlink[:PORT]`, `tcp:HOST[:PORT]`), a file of flow texts,
/// JSON that `flow list`, `core list`, `vm list`, `config get` or `state-at` has printed, or `-` for
/// standard input. What both have is compared.
///
/// Exit status: 0 the same, 1 different, 2 trouble.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The one capture or table.
    #[arg(value_name = "A")]
    from: String,

    /// The other.
    #[arg(value_name = "B")]
    to: String,

    /// What does not count: xid, cookie, or any field as JSON names it; counters, times and loads
    /// for all of that kind; keepalives for ECHO_REQUEST and ECHO_REPLY.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    /// What a port carries: tcp.port==16653,openflow, and so on as for `decode`.
    #[arg(short, long, value_name = "SELECTOR==VALUE,PROTO", value_parser = decode_as::parse)]
    decode_as: Vec<DecodeAs>,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// `-` for what is in A, `+` for what is in B, `~` for what has changed.
    #[default]
    Table,
    /// One JSON document.
    Json,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let ignored = Ignored::parse(&self.ignore).map_err(UsageError)?;
        let trouble = |error: anyhow::Error| Trouble(format!("{error:#}"));
        match (is_capture(&self.from), is_capture(&self.to)) {
            (true, true) => self.captures(&ignored, out),
            (false, false) => self.tables(&ignored, out).map_err(|error| trouble(error).into()),
            (a, _) => {
                let (capture, table) =
                    if a { (&self.from, &self.to) } else { (&self.to, &self.from) };
                let text = format!(
                    "{capture} is a capture and {table} is not: compare tables with those that \
                     vsectl state-at {capture} -o json prints"
                );
                Err(Trouble(text).into())
            }
        }
    }

    fn captures(&self, ignored: &Ignored, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut assignments = Assignments::default();
        self.decode_as.iter().for_each(|decode_as| decode_as.apply(&mut assignments));
        let options = Options { assignments, ..Options::default() };
        let diff = comparison::captures((&self.from, &self.to), &options, ignored)?;
        match self.output {
            Format::Table => render::comparison::captures(&diff, out)?,
            Format::Json => render::json::document(std::slice::from_ref(&diff), out)?,
        }
        if diff.a.broken || diff.b.broken {
            return Err(Trouble("a capture could not be read to its end".to_owned()).into());
        }
        Ok(if diff.is_empty() { Outcome::Done } else { Outcome::Failed })
    }

    fn tables(&self, ignored: &Ignored, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let read = |source| Tables::read(source, self.lenient);
        let diff = read(&self.from)?.diff(read(&self.to)?, ignored);
        if diff.compares_nothing() {
            anyhow::bail!("{} and {} have no table in common", self.from, self.to);
        }
        match self.output {
            Format::Table => render::comparison::tables(&diff, out)?,
            Format::Json => render::json::document(std::slice::from_ref(&diff), out)?,
        }
        Ok(if diff.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}

/// Whether a word names a file that begins as a capture does. Standard input is taken for a table.
fn is_capture(source: &str) -> bool {
    if source == "-" || crate::flow_source::is_target(source) {
        return false;
    }
    let Ok(input) = capture_input::open(source.as_ref(), false) else { return false };
    match Reader::new(input.reader) {
        Ok(_) => true,
        Err(error) => !matches!(
            error,
            SavefileError::NotACapture(_) | SavefileError::Read { .. } | SavefileError::Cut { .. }
        ),
    }
}
