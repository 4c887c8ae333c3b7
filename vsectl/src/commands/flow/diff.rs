//! `vsectl flow diff`.

use std::io::Write;

use crate::comparison::{Ignored, flow_sets};
use crate::exit::{Outcome, Trouble};
use crate::flow_source;
use crate::render;

/// Tell how two flow tables differ.
///
/// Each is an agent (`unix:PATH`, `netlink[:PORT]`, `tcp:HOST[:PORT]`), a file of flow texts, JSON
/// that `flow list` has printed, or `-` for standard input. `vsectl diff` compares all tables, and
/// captures. Exit status: 0 the same, 1 different, 2 trouble.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The one table.
    #[arg(value_name = "A")]
    from: String,

    /// The other.
    #[arg(value_name = "B")]
    to: String,

    /// Read flow texts as ovs-ofctl does.
    #[arg(long)]
    lenient: bool,

    /// How to print.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// `-` for what is in A, `+` for what is in B.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

impl Args {
    pub(super) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let table = |source| flow_source::table(source, self.lenient);
        let both = table(&self.from).and_then(|from| Ok((from, table(&self.to)?)));
        let (from, to) = both.map_err(|error| Trouble(format!("{error:#}")))?;
        let diff = flow_sets(from, to, &Ignored::default());
        match self.output {
            Format::Text => render::flow_diff::text(&diff, out)?,
            Format::Json => render::json::document(std::slice::from_ref(&diff), out)?,
        }
        Ok(if diff.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}
