//! In the place of capturing, in a program that was built without libpcap.

use std::io::{self, Empty, Write};
use std::sync::mpsc::Receiver;

use anyhow::bail;

use super::{Ended, Settings};

const WHY: &str = "this vsectl was built without libpcap, and cannot capture; install libpcap-dev and \
                   build it with the feature live";

pub(crate) fn open(_: &Settings) -> anyhow::Result<(Empty, Receiver<Ended>)> {
    bail!(WHY)
}

pub(crate) fn list(_: bool, _: &mut impl Write) -> anyhow::Result<()> {
    Err(io::Error::other(WHY).into())
}
