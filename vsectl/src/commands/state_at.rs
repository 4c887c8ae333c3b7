//! `vsectl state-at`: the tables as they were at a moment of a capture.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use codec::fcf::FcfLayout;
use dissect::{Assignments, Options};

use super::list_output::{self, ListFormat};
use crate::captures;
use crate::decode_as::{self, DecodeAs};
use crate::exit::{Outcome, UsageError, diagnostic};
use crate::follower::{FollowOptions, Follower, Tap};
use crate::moment::{self, Moment};
use crate::render::clock::rfc3339;
use crate::render::{agent_tables, json};
use crate::view::ConfigView;

/// Rebuild VSE's tables as they were at a moment of a capture.
///
/// The capture is one of VSE's control conversations: OpenFlow sessions with VSE itself or with a
/// switch behind the proxy, frames of EtherType 0x88b5, netlink. Changes are done by the engine
/// that the agent runs, at the times of their frames; those that were refused are not; listings,
/// configurations and decisions that VSE told correct the tables. What the capture does not tell
/// is named on standard error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Captures; `-` for standard input. Several are one that goes on.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// When: `5.25` or `1m` after the first frame, `frame 17`, a time as in 2026-11-25T09:00:00Z,
    /// `@SECONDS` since 1970, or `end`.
    #[arg(short, long, value_name = "TIME", default_value = "end", value_parser = moment::parse)]
    time: Moment,

    /// Which tables.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "TABLE,…",
        default_value = "flows,cores,vms,config"
    )]
    show: Vec<Table>,

    /// How to print. JSON is that of `flow list`, `core list`, `vm list` and `config get`, one
    /// document after the other; what reads theirs reads this.
    #[arg(short, long, value_enum, default_value_t)]
    output: ListFormat,

    /// Take frames that carry no messages for all that VSE received: they count for the entry that
    /// they match, and entries without any go by their idle timeouts.
    #[arg(long)]
    count_frames: bool,

    /// Where VSE listens, when the capture does not show whether a connection leads to VSE or to a
    /// switch.
    #[arg(long, value_name = "ADDRESS:PORT")]
    vse: Vec<SocketAddr>,

    /// Where frames have the Flow Control Field, as long as the capture does not tell.
    #[arg(long, value_name = "LAYOUT")]
    fcf: Option<FcfLayout>,

    /// What a port carries: tcp.port==16653,openflow, and so on as for `decode`.
    #[arg(short, long, value_name = "SELECTOR==VALUE,PROTO", value_parser = decode_as::parse)]
    decode_as: Vec<DecodeAs>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Table {
    /// The flow table.
    Flows,
    /// The core table.
    Cores,
    /// The VMs.
    Vms,
    /// The configuration.
    Config,
}

/// The moment as far as it is known while frames are read.
struct Stop {
    moment: Moment,
    first: Option<u64>,
    /// Whether a frame behind it was seen.
    passed: bool,
}

impl Stop {
    /// Whether a frame is behind the moment.
    fn is_behind(&mut self, number: u64, time: u64) -> bool {
        let first = *self.first.get_or_insert(time);
        self.passed = match self.moment {
            Moment::At(at) => time > at,
            Moment::After(nanos) => time > first.saturating_add(nanos),
            Moment::Frame(frame) => number > frame,
            Moment::End => false,
        };
        self.passed
    }

    /// The moment itself, if it is a time.
    fn time(&self) -> Option<u64> {
        match (self.moment, self.first) {
            (Moment::At(at), _) => Some(at),
            (Moment::After(nanos), Some(first)) => Some(first.saturating_add(nanos)),
            _ => None,
        }
    }
}

impl Args {
    pub(crate) fn run(self, out: &mut impl Write) -> anyhow::Result<Outcome> {
        let mut assignments = Assignments::default();
        self.decode_as.iter().for_each(|decode_as| decode_as.apply(&mut assignments));
        let options = Options { assignments, ..Options::default() };
        let mut follower = Follower::new(FollowOptions {
            vse: self.vse.clone(),
            count_frames: self.count_frames,
            fcf: self.fcf,
        });
        let (mut tap, mut last) = (Tap::default(), 0);
        let mut stop = Stop { moment: self.time, first: None, passed: false };
        let read = captures::read(&self.files, &options, |dissector, frame| {
            let behind = stop.is_behind(frame.number, frame.time);
            if behind && !follower.awaits_answers(frame.time) {
                return Ok(false);
            }
            tap.clear();
            dissector.dissect(frame, &mut tap);
            if behind {
                follower.only_refusals(&mut tap);
            } else {
                last = frame.time;
                follower.frame(frame, &mut tap);
            }
            Ok(true)
        })?;
        if read.frames == 0 && read.broken > 0 {
            return Ok(Outcome::Failed);
        }
        self.check(&stop, read.frames, last)?;
        let time = stop.time().unwrap_or(last);
        follower.settle(time);
        diagnostic!("the tables at {}; not in the capture:", rfc3339(time));
        follower.missing().iter().for_each(|words| diagnostic!("  - {words}"));
        self.print(&follower, out)?;
        Ok(if read.broken > 0 { Outcome::Partial } else { Outcome::Done })
    }

    /// A moment outside of the capture is a mistake.
    fn check(&self, stop: &Stop, frames: u64, last: u64) -> Result<(), UsageError> {
        let outside = |text: String| Err(UsageError(format!("-t: {text}")));
        match self.time {
            Moment::Frame(number) if number > frames => {
                outside(format!("there is no frame {number}: the capture has {frames}"))
            }
            Moment::At(at) if stop.first.is_some_and(|first| at < first) => {
                let first = rfc3339(stop.first.unwrap_or(0));
                outside(format!("{} is before the capture, which begins at {first}", rfc3339(at)))
            }
            Moment::At(_) | Moment::After(_) if !stop.passed && stop.time() > Some(last) => {
                diagnostic!("the capture ends at {}: nothing later is known", rfc3339(last));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn print(&self, follower: &Follower, out: &mut impl Write) -> anyhow::Result<()> {
        for (number, table) in self.show.iter().enumerate() {
            if number > 0 && self.output == ListFormat::Table {
                writeln!(out)?;
            }
            match table {
                Table::Flows => {
                    let table = |flows: &[_], out: &mut _| agent_tables::flows(flows, out);
                    list_output::write(self.output, follower.flows(), table, out)?;
                }
                Table::Cores => {
                    let table = |cores: &[_], out: &mut _| agent_tables::cores(cores, out);
                    list_output::write(self.output, follower.cores(), table, out)?;
                }
                Table::Vms => {
                    let table = |vms: &[_], out: &mut _| agent_tables::vms(vms, out);
                    list_output::write(self.output, follower.vms(), table, out)?;
                }
                Table::Config => {
                    let config = follower.config();
                    match self.output {
                        ListFormat::Table => agent_tables::config(&config, out)?,
                        ListFormat::Json => json::document(&[ConfigView::from(config)], out)?,
                        ListFormat::Ndjson => json::line(&ConfigView::from(config), out)?,
                    }
                }
            }
        }
        Ok(())
    }
}
