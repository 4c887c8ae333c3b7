//! `vsectl craft traffic`: packets from layers.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::output::OutputArgs;
use crate::craft::{self, Combine, LAYERS, Notation, Spec};
use crate::exit::Outcome;
use crate::send::SpecFrames;

/// Craft packets from layers, each with its fields, a slash between two layers.
///
/// As in `eth dst=02:00:00:00:00:02 / vlan fcf vm=5 prio / ip src=10.0.0.0/24 fcf vm=5 / udp
/// dport=5000-5019 / payload len=1400`. A field takes a value, a range (5000-5019), every third
/// of it (5000-5019+3), a network (10.0.0.0/24), a list of these (1,3,5-9), random, or random(1-9);
/// bytes and words take lists too, and random(8) is eight bytes. One packet is made of every
/// combination. Checksums and lengths are right unless a field says
/// otherwise. Ethernet, and UDP below VXLAN and Geneve, may be left out. --list-layers tells all
/// layers and fields.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The layers, from the outermost on.
    #[arg(value_name = "LAYER", required_unless_present_any = ["spec", "list_layers"])]
    layers: Vec<String>,

    /// Read layers and numbers from a file, in TOML or JSON; `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "layers")]
    spec: Option<PathBuf>,

    /// How many packets, in place of one of each combination.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,

    /// What random values, bytes and orders come from: the same seed, the same packets.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// How the values of several fields go together.
    #[arg(long, value_enum, value_name = "HOW")]
    combine: Option<Combine>,

    /// Print the specification as a file, and make no packets.
    #[arg(long, value_enum, value_name = "NOTATION", num_args = 0..=1, require_equals = true, default_missing_value = "toml")]
    print_spec: Option<Notation>,

    /// List the layers and their fields, with the values that a field takes; `-` is a word alone.
    #[arg(long)]
    list_layers: bool,

    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        if self.list_layers {
            list_layers(out)?;
            return Ok(Outcome::Done);
        }
        let mut spec = match &self.spec {
            Some(path) => read_spec(path)?,
            None => Spec::of(craft::parse(&join(&self.layers))?),
        };
        spec.count = self.count.or(spec.count);
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.combine = self.combine.unwrap_or(spec.combine);
        if let Some(notation) = self.print_spec {
            out.write_all(craft::to_text(&spec, notation)?.as_bytes())?;
            return Ok(Outcome::Done);
        }
        self.output.write(&mut SpecFrames::new(spec)?, out)
    }
}

/// The words of a command line as one text; those with blanks in quotes.
pub(crate) fn join(words: &[String]) -> String {
    if let [whole] = words {
        return whole.clone();
    }
    let quoted = words.iter().map(|word| {
        let blank = word.contains(char::is_whitespace) && !word.contains('"');
        if blank { format!("\"{word}\"") } else { word.clone() }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Reads a specification from a file; `-` is standard input.
pub(crate) fn read_spec(path: &Path) -> anyhow::Result<Spec> {
    let mut text = String::new();
    let mut name = path.display().to_string();
    if path.as_os_str() == "-" {
        "standard input".clone_into(&mut name);
        io::stdin().lock().read_to_string(&mut text).context("standard input")?;
    } else {
        text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    }
    craft::from_text(&text).context(name)
}

fn list_layers(out: &mut impl Write) -> io::Result<()> {
    for layer in LAYERS {
        writeln!(out, "{}: {}", layer.name, layer.title)?;
        for field in layer.fields {
            let needs = field.needs.map(|needs| format!(", with {needs}")).unwrap_or_default();
            let kind = field.kind.to_string();
            writeln!(out, "    {:<12}  {kind:<26}  {}{needs}", field.name, field.doc)?;
        }
    }
    Ok(())
}
