//! The arguments of a live capture, with the letters that tshark has for them.

use std::time::Duration;

use super::files::Limits;
use crate::capture::{Settings, Stop};

#[derive(Debug, clap::Args)]
pub(crate) struct LiveArgs {
    /// Capture on this interface, by its name or its number in `-D`; as often as wanted.
    #[arg(short, long, value_name = "IF", conflicts_with_all = ["files", "read", "follow"])]
    pub(super) interface: Vec<String>,

    /// List the interfaces.
    #[arg(short = 'D', long)]
    pub(super) list_interfaces: bool,

    /// Capture only what passes this filter, in the language of pcap-filter(7).
    #[arg(short = 'f', long, value_name = "FILTER")]
    pub(super) capture_filter: Option<String>,

    /// Keep so many bytes of a frame at most.
    #[arg(short, long, value_name = "BYTES", requires = "interface", default_value_t = 262_144,
        value_parser = clap::value_parser!(u32).range(1..=262_144))]
    pub(super) snap_len: u32,

    /// Do not ask for frames that are meant for others.
    #[arg(short = 'p', long, requires = "interface")]
    pub(super) no_promiscuous_mode: bool,

    /// The system's buffer for each interface, in MiB.
    #[arg(short = 'B', long, value_name = "MIB", requires = "interface", default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub(super) buffer_size: u16,

    /// Stop the capture after duration:SECONDS, packets:N, filesize:KB or files:N; the latter two
    /// are about the files of `-w`.
    #[arg(short = 'a', long, value_name = "CONDITION", requires = "interface", value_parser = parse)]
    pub(super) autostop: Vec<Condition>,

    /// Begin another file of `-w` after duration:SECONDS, packets:N or filesize:KB, and keep the
    /// last files:N.
    #[arg(short = 'b', long, value_name = "CONDITION", requires_all = ["interface", "write"], value_parser = parse)]
    pub(super) ring_buffer: Vec<Condition>,
}

/// A measure of a capture, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Duration(Duration),
    Packets(u64),
    /// In units of 1000 bytes, as tshark has it.
    Filesize(u64),
    Files(u64),
}

fn parse(text: &str) -> Result<Condition, String> {
    const WANT: &str = "want duration:SECONDS, packets:N, filesize:KB or files:N";
    let (name, value) = text.split_once(':').ok_or(WANT)?;
    if name == "duration" {
        let seconds: f64 = value.parse().map_err(|_| format!("{value:?} is no number; {WANT}"))?;
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero());
        return duration
            .map(Condition::Duration)
            .ok_or_else(|| format!("{value:?} is no duration; want seconds, above 0"));
    }
    let number: u64 = value.parse().map_err(|_| format!("{value:?} is no number; {WANT}"))?;
    if number == 0 {
        return Err(format!("{name}:0 is never; want 1 or more"));
    }
    match name {
        "packets" => Ok(Condition::Packets(number)),
        "filesize" => Ok(Condition::Filesize(number)),
        "files" => Ok(Condition::Files(number)),
        _ => Err(format!("{name:?}: {WANT}")),
    }
}

impl LiveArgs {
    /// What to capture, if anything.
    pub(super) fn settings(&self) -> Result<Option<Settings>, String> {
        if self.interface.is_empty() {
            return match &self.capture_filter {
                Some(_) => Err("-f filters what -i captures; -Y filters files".to_owned()),
                None => Ok(None),
            };
        }
        let mut stop = Stop::default();
        for condition in &self.autostop {
            match *condition {
                Condition::Duration(duration) => stop.duration = Some(duration),
                Condition::Packets(packets) => stop.packets = Some(packets),
                Condition::Filesize(_) | Condition::Files(_) => {}
            }
        }
        Ok(Some(Settings {
            interfaces: self.interface.clone(),
            filter: self.capture_filter.clone(),
            snap_len: self.snap_len,
            promiscuous: !self.no_promiscuous_mode,
            buffer: self.buffer_size,
            stop,
        }))
    }

    /// When the files of `-w` end.
    pub(super) fn limits(&self) -> Result<Limits, String> {
        let mut limits = Limits { ring: !self.ring_buffer.is_empty(), ..Limits::default() };
        for condition in &self.ring_buffer {
            match *condition {
                Condition::Duration(duration) => limits.duration = Some(duration),
                Condition::Packets(packets) => limits.packets = Some(packets),
                Condition::Filesize(size) => limits.bytes = Some(size.saturating_mul(1000)),
                Condition::Files(files) => limits.keep = Some(files),
            }
        }
        let ends = limits.duration.is_some() || limits.packets.is_some() || limits.bytes.is_some();
        if limits.ring && !ends {
            return Err("-b files:N wants -b duration, packets or filesize too".to_owned());
        }
        for condition in &self.autostop {
            match *condition {
                Condition::Filesize(size) => limits.stop_bytes = Some(size.saturating_mul(1000)),
                Condition::Files(_) if !limits.ring => {
                    return Err("-a files:N wants -b, which makes files".to_owned());
                }
                Condition::Files(files) => limits.stop_files = Some(files),
                Condition::Duration(_) | Condition::Packets(_) => {}
            }
        }
        Ok(limits)
    }
}
