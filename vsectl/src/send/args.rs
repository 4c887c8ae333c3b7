//! What is common to all that is sent: how often, how long, where to.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;

use super::find_interface;
use super::frames::Frames;
use super::link::Link;
use super::pacing::{Pacer, seconds};
use super::progress::Progress;
use super::report::Report;
use super::rewrite::Rewriter;
use super::transmit::{SystemClock, Transmission};
use crate::exit::Outcome;
use crate::render;

/// How often and how long frames are sent, and where they may go.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SendArgs {
    /// Send all so many times; 0 for ever.
    #[arg(short = 'l', long = "loop", value_name = "N", default_value_t = 1)]
    rounds: u64,

    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    duration: Option<Duration>,

    /// Send to an interface that carries the default route, where frames may leave this host.
    #[arg(long)]
    yes_really: bool,

    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl SendArgs {
    /// Sends the frames and prints what became of them.
    pub(crate) fn run(
        &self,
        interface: &str,
        pacer: Pacer,
        rewriter: Rewriter,
        source: &mut dyn Frames,
        out: &mut impl Write,
    ) -> anyhow::Result<Outcome> {
        let report = self.transmit(interface, pacer, rewriter, source)?;
        self.print(&report, out)?;
        Ok(if report.is_complete() { Outcome::Done } else { Outcome::Failed })
    }

    pub(crate) fn print(&self, report: &Report, out: &mut impl Write) -> std::io::Result<()> {
        if self.json {
            render::json::line(&report.view(), out)
        } else {
            render::text::line(report, out)
        }
    }

    /// Whether reports are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether the frames are sent more than once.
    pub(crate) fn repeats(&self) -> bool {
        self.rounds != 1
    }

    /// Sends the frames.
    pub(crate) fn transmit(
        &self,
        interface: &str,
        pacer: Pacer,
        rewriter: Rewriter,
        source: &mut dyn Frames,
    ) -> anyhow::Result<Report> {
        let interface = find_interface(interface, self.yes_really)?;
        let mut link = Link::open(&interface)?;
        // An interrupt ends it with a report of what was sent.
        crate::signals::catch().context("cannot take signals")?;
        let total = source.total().filter(|_| self.rounds != 0);
        let mut progress = Progress::new(total.map(|total| total.saturating_mul(self.rounds)));
        let transmission = Transmission {
            pacer,
            rewriter,
            rounds: self.rounds,
            duration: self.duration,
            progress: &mut progress,
        };
        let report = transmission.run(source, &mut link, &mut SystemClock::new());
        progress.end();
        Ok(report)
    }
}
