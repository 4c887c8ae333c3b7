//! When each frame is due. Every time counts from the start, so that no error adds up.

use std::time::Duration;

/// How fast frames are sent.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "pace", multiple = true)]
pub(crate) struct PaceArgs {
    /// Packets a second.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with_all = ["mbps", "multiplier", "topspeed"])]
    pub(super) pps: Option<f64>,

    /// Megabits a second, of the frames alone.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with_all = ["multiplier", "topspeed"])]
    pub(super) mbps: Option<f64>,

    /// So many times as fast as the times of the capture say.
    #[arg(short = 'x', long, value_name = "N", value_parser = positive, conflicts_with = "topspeed")]
    pub(super) multiplier: Option<f64>,

    /// As fast as it goes.
    #[arg(short, long)]
    pub(super) topspeed: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e12 => Ok(number),
        _ => Err("want a number above 0, and at most 10^12".to_owned()),
    }
}

/// What decides when a frame is due.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pace {
    /// The frames' own times, this much faster.
    Own(f64),
    /// Packets a second.
    Packets(f64),
    /// Bits a second.
    Bits(f64),
    Top,
}

/// What stands between frames that have no time of their own.
const GAP: u64 = 1_000_000;

/// Says when frames are due.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    pace: Pace,
    /// Frames and bits before the next one.
    frames: u64,
    bits: u64,
    /// The time of the first frame of this round, and when that frame was due.
    round: Option<(u64, u64)>,
    /// When the last frame was due, and what was between it and the one before.
    last: u64,
    gap: u64,
}

impl PaceArgs {
    pub(crate) fn pacer(&self) -> Pacer {
        let pace = if self.topspeed {
            Pace::Top
        } else if let Some(pps) = self.pps {
            Pace::Packets(pps)
        } else if let Some(mbps) = self.mbps {
            Pace::Bits(mbps * 1e6)
        } else {
            Pace::Own(self.multiplier.unwrap_or(1.0))
        };
        Pacer { pace, frames: 0, bits: 0, round: None, last: 0, gap: GAP }
    }
}

impl Pacer {
    /// When the next frame is due, in nanoseconds from the start, if it has no time of its own.
    #[inline]
    pub(crate) fn due(&self) -> u64 {
        match self.pace {
            Pace::Top => 0,
            Pace::Packets(rate) => nanoseconds(self.frames, rate),
            Pace::Bits(rate) => nanoseconds(self.bits, rate),
            Pace::Own(_) if self.frames == 0 => 0,
            Pace::Own(speed) => self.last.saturating_add(scaled(GAP, speed)),
        }
    }

    /// When the next frame is due, of so many bytes and with this time of its own; goes on to the
    /// frame after it.
    #[inline]
    pub(crate) fn advance(&mut self, own: Option<u64>, len: usize) -> u64 {
        let due = match (self.pace, own) {
            (Pace::Own(speed), Some(own)) => {
                let (first, base) = *self.round.get_or_insert_with(|| {
                    // A round begins as long after the last frame as that came after another.
                    let base = if self.frames == 0 { 0 } else { self.last + self.gap };
                    (own, base)
                });
                // Time does not go back.
                (base + scaled(own.saturating_sub(first), speed)).max(self.last)
            }
            _ => self.due(),
        };
        if self.frames > 0 {
            self.gap = due - self.last.min(due);
        }
        self.last = due;
        self.frames += 1;
        self.bits += 8 * u64::try_from(len).unwrap_or(0);
        due
    }

    /// The frames begin anew.
    pub(crate) fn rewind(&mut self) {
        self.round = None;
    }

    pub(crate) fn is_top(&self) -> bool {
        self.pace == Pace::Top
    }

    /// Packets a second, where that is what was asked for.
    pub(crate) fn rate(&self) -> Option<f64> {
        match self.pace {
            Pace::Packets(rate) => Some(rate),
            _ => None,
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "exact up to 2^53 frames or bits; a rate is above 0"
)]
fn nanoseconds(count: u64, rate: f64) -> u64 {
    (count as f64 * (1e9 / rate)) as u64
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "exact up to 104 days; a speed is above 0"
)]
fn scaled(nanoseconds: u64, speed: f64) -> u64 {
    (nanoseconds as f64 / speed) as u64
}

/// Reads seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number = positive(text)?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(args: &PaceArgs, frames: &[(Option<u64>, usize)]) -> Vec<u64> {
        let mut pacer = args.pacer();
        frames.iter().map(|(own, len)| pacer.advance(*own, *len)).collect()
    }

    #[test]
    fn by_packets_bits_and_own_times() {
        let frames = [(Some(5_000), 125), (Some(7_000), 250), (Some(6_000), 125)];
        let none = PaceArgs::default();
        assert_eq!(dues(&none, &frames), [0, 2_000, 2_000]);
        let twice = PaceArgs { multiplier: Some(2.0), ..none.clone() };
        assert_eq!(dues(&twice, &frames), [0, 1_000, 1_000]);
        let pps = PaceArgs { pps: Some(1e6), ..none.clone() };
        assert_eq!(dues(&pps, &frames), [0, 1_000, 2_000]);
        let mbps = PaceArgs { mbps: Some(1.0), ..none.clone() };
        assert_eq!(dues(&mbps, &frames), [0, 1_000_000, 3_000_000]);
        assert_eq!(dues(&none, &[(None, 1); 3]), [0, 1_000_000, 2_000_000]);
        let top = PaceArgs { topspeed: true, ..none };
        assert_eq!(dues(&top, &frames), [0, 0, 0]);
    }

    #[test]
    fn no_error_adds_up() {
        let mut pacer = PaceArgs { pps: Some(30_000.0), ..PaceArgs::default() }.pacer();
        let last = (0..=3_000_000).map(|_| pacer.advance(None, 60)).last();
        assert_eq!(last, Some(100_000_000_000));
    }

    #[test]
    fn a_round_goes_on_behind_the_last_one() {
        let mut pacer = PaceArgs::default().pacer();
        let mut due = Vec::new();
        for _ in 0..2 {
            due.extend([10, 30].map(|own| pacer.advance(Some(own), 60)));
            pacer.rewind();
        }
        assert_eq!(due, [0, 20, 40, 60]);
    }
}
