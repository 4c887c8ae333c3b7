//! A moment of a capture, as the command line names it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::duration;

/// A moment of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    At(u64),
    /// Nanoseconds since the first frame.
    After(u64),
    /// When this frame came, with what it did.
    Frame(u64),
    /// Behind the last frame.
    End,
}

const WANT: &str = "want 5.25 or 1m for so long after the first frame, `frame 17`, \
                    2026-11-25T09:00:00Z, @1795597200.5 for seconds since 1970, or end";

/// Reads a moment. An error says what would be right.
pub(crate) fn parse(text: &str) -> Result<Moment, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["end"] => Ok(Moment::End),
        ["frame", number] => match number.parse() {
            Ok(number) if number > 0 => Ok(Moment::Frame(number)),
            _ => Err(format!("{number:?} is no number of a frame; {WANT}")),
        },
        [word] => one_word(word),
        _ => Err(WANT.to_owned()),
    }
}

fn one_word(word: &str) -> Result<Moment, String> {
    if let Some(number) = word.strip_prefix("frame=") {
        return parse(&format!("frame {number}"));
    }
    if let Some(seconds) = word.strip_prefix('@') {
        return nanos(seconds).map(Moment::At).ok_or_else(|| WANT.to_owned());
    }
    if let Ok(time) = OffsetDateTime::parse(word, &Rfc3339) {
        let nanos = u64::try_from(time.unix_timestamp_nanos());
        return nanos.map(Moment::At).map_err(|_| format!("{word} is before 1970"));
    }
    let relative = word.strip_prefix('+').unwrap_or(word);
    if let Some(nanos) = nanos(relative) {
        return Ok(Moment::After(nanos));
    }
    let duration = duration::parse(relative).map_err(|_| format!("{word:?} is no time; {WANT}"))?;
    Ok(Moment::After(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
}

/// Seconds with at most nine decimals, to the nanosecond.
fn nanos(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 9 {
        return None;
    }
    let part: u64 = format!("{part:0<9}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        assert_eq!(parse("5.25"), Ok(Moment::After(5_250_000_000)));
        assert_eq!(parse("+0"), Ok(Moment::After(0)));
        assert_eq!(parse("1m"), Ok(Moment::After(60_000_000_000)));
        assert_eq!(parse("frame 17"), Ok(Moment::Frame(17)));
        assert_eq!(parse("frame=17"), Ok(Moment::Frame(17)));
        assert_eq!(parse("@1.000000001"), Ok(Moment::At(1_000_000_001)));
        assert_eq!(parse("1970-01-01T00:00:02Z"), Ok(Moment::At(2_000_000_000)));
        assert_eq!(parse("1970-01-01T02:00:02+02:00"), Ok(Moment::At(2_000_000_000)));
        assert_eq!(parse("end"), Ok(Moment::End));
        for wrong in ["", "frame", "frame 0", "frame x", "@", "yesterday", "1.0000000001x", "-1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
