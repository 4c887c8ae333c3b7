//! Durations of the command line: `500ms`, `30s`, `5m`, `1h`; a number alone is seconds.

use std::time::Duration;

/// Reads a duration. An error says what would be right.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let scale = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("{other:?} is no unit: want ms, s, m or h")),
    };
    let number: f64 = number.parse().map_err(|_| format!("{text:?} is no duration: want 30s"))?;
    match Duration::try_from_secs_f64(number * scale) {
        Ok(Duration::ZERO) => Err("must be more than nothing".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("2"), Ok(Duration::from_secs(2)));
        for wrong in ["", "s", "5 parsecs", "0s", "-1s", "1e99h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
