//! Frames onto an interface: where they come from, when each is due, what is changed in them, how
//! many went.

mod args;
mod frames;
mod headers;
mod interface;
mod link;
mod pacing;
mod progress;
mod report;
mod rewrite;
mod transmit;

pub(crate) use args::SendArgs;
pub(crate) use frames::{FileFrames, Frames, ListFrames, SpecFrames};
pub(crate) use pacing::PaceArgs;
pub(crate) use rewrite::{RewriteArgs, Rewriter};

use interface::find as find_interface;
