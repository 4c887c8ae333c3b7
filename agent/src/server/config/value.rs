//! Values of keys, from their texts. An error says what would be right.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::DatapathChoice;
use crate::datapath::Attachment;

pub(super) fn each<T: FromStr<Err: ToString>>(text: &str) -> Result<Vec<T>, String> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|error: T::Err| error.to_string())).collect()
}

pub(super) fn number<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let number = number.and_then(|number: u64| T::try_from(number).ok());
    number.ok_or_else(|| format!("want a number from {least} to {most}"))
}

pub(super) fn seconds(text: &str, least: u64, most: u64) -> Result<Duration, String> {
    number(text, least, most).map(Duration::from_secs)
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "want true or false".to_owned())
}

pub(super) fn word<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("want {}", words.join(", "))
    })
}

pub(super) fn datapath(text: &str) -> Result<DatapathChoice, String> {
    match text.split_once(':') {
        Some(("replay", path)) if !path.is_empty() => Ok(DatapathChoice::Replay(path.into())),
        Some(("xdp", interfaces)) if !interfaces.is_empty() => {
            let attachments: Vec<Attachment> = each(interfaces)?;
            let mut names: Vec<_> = attachments.iter().map(|a| &a.interface).collect();
            names.sort_unstable();
            match names.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first) {
                Some(twice) => Err(format!("{twice} is named twice")),
                None => Ok(DatapathChoice::Xdp(attachments)),
            }
        }
        None if text == "none" => Ok(DatapathChoice::None),
        _ => Err("want none, replay:FILE or xdp:INTERFACE,…".to_owned()),
    }
}

/// A value that may be left out, as an empty text.
pub(super) fn optional<T: FromStr<Err: ToString>>(text: &str) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: T::Err| error.to_string())
}

/// A file; none where the text is empty.
pub(super) fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

/// An address and port that only this host reaches; none where the text is empty.
pub(super) fn loopback(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let address: SocketAddr = text.parse().map_err(|_| "want ADDRESS:PORT, as 127.0.0.1:9653")?;
    if !address.ip().is_loopback() {
        return Err(format!("{} is no loopback address: anybody could read there", address.ip()));
    }
    Ok(Some(address))
}
