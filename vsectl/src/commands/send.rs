//! `vsectl send`: frames of a capture or a specification onto an interface.

use std::io::Write;
use std::path::Path;

use crate::commands::craft::{join, read_spec};
use crate::craft::{self, LAYERS, Spec};
use crate::exit::Outcome;
use crate::send::{FileFrames, Frames, PaceArgs, RewriteArgs, SendArgs, SpecFrames};

/// Send the frames of a capture, or of a specification, to an interface.
///
/// At the times of the capture, unless a rate is given; packets of a specification are a
/// millisecond apart. Every time counts from the start, so that no error adds up. The report says
/// how many were sent; the exit status is 1 if anything was not.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A capture (`-` for standard input), a specification that ends in .toml or .json, or layers as
    /// craft traffic takes them.
    #[arg(value_name = "FILE|LAYER", required = true)]
    input: Vec<String>,

    /// The interface.
    #[arg(short, long, value_name = "IF")]
    interface: String,

    #[command(flatten)]
    pace: PaceArgs,

    #[command(flatten)]
    sending: SendArgs,

    #[command(flatten)]
    rewrite: RewriteArgs,
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let rewriter = self.rewrite.rewriter()?;
        let mut source = source(&self.input)?;
        self.sending.run(&self.interface, self.pace.pacer(), rewriter, &mut *source, out)
    }
}

/// What the arguments name.
fn source(input: &[String]) -> anyhow::Result<Box<dyn Frames>> {
    let spec = match input {
        [path] if !is_layers(path) => {
            let path = Path::new(path);
            let is_spec = path.extension().is_some_and(|end| end == "toml" || end == "json");
            if !is_spec {
                return Ok(Box::new(FileFrames::open(path)?));
            }
            read_spec(path)?
        }
        words => Spec::of(craft::parse(&join(words))?),
    };
    Ok(Box::new(SpecFrames::new(spec)?))
}

/// Whether a single argument begins with a layer, and is no file.
fn is_layers(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let known = LAYERS.iter().any(|layer| layer.name == first || layer.aliases.contains(&first));
    known && !Path::new(text).exists()
}
