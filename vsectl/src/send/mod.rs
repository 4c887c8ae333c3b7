//! Frames onto an interface: where they come from, when each is due, what is changed in them, how
//! many went.

mod args;
mod expect;
mod frames;
mod headers;
mod interface;
mod link;
mod pacing;
mod progress;
mod receive;
mod report;
mod rewrite;
mod transmit;

pub(crate) use args::SendArgs;
pub(crate) use expect::{Expectation, Judged, Watched, flows, judge};
pub(crate) use frames::{FileFrames, Frames, ListFrames, SpecFrames};
pub(crate) use pacing::PaceArgs;
pub(crate) use receive::{ByFlow, Receiver};
pub(crate) use report::packets;
pub(crate) use rewrite::{RewriteArgs, Rewriter};

use interface::find as find_interface;
