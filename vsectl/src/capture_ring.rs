//! The files of a ring, one after the other, by their names: NAME_00001_20261125154300.pcapng, as tshark,
//! dumpcap and `-b` here make them; or time in front of number, as dumpcap does where it is told to.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use time::OffsetDateTime;
use time::macros::format_description;

/// Digits of a time: year, month, day, hour, minute, second.
const TIME_DIGITS: usize = 14;
/// Digits of a number, at least.
const NUMBER_DIGITS: usize = 5;

/// The name of a file of the ring that `path` names, whose first frame is of `time`, in nanoseconds
/// since the Unix epoch.
pub(crate) fn numbered(path: &Path, number: u64, time: u64) -> PathBuf {
    let format = format_description!("[year][month][day][hour][minute][second]");
    let second = i64::try_from(time / 1_000_000_000).unwrap_or(0);
    let time = OffsetDateTime::from_unix_timestamp(second)
        .ok()
        .and_then(|time| time.format(&format).ok())
        .unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = format!("{stem}_{number:0NUMBER_DIGITS$}_{time}");
    if let Some(extension) = path.extension() {
        name = format!("{name}.{}", extension.to_string_lossy());
    }
    path.with_file_name(name)
}

/// What the name of a file of a ring says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    /// What the names of all have in common: what is before number and time, and behind.
    ring: (String, String),
    /// When it was begun. A writer that starts anew counts from 1 again, but later.
    time: String,
    number: u64,
}

impl Member {
    fn of(name: &OsStr) -> Option<Self> {
        let name = name.to_str()?;
        let (front, second) = name.rsplit_once('_')?;
        let (stem, first) = front.rsplit_once('_')?;
        let (second, extension) = second.split_at(second.find('.').unwrap_or(second.len()));
        let digits = |word: &str| word.bytes().all(|digit| digit.is_ascii_digit());
        if !digits(first) || !digits(second) {
            return None;
        }
        let (time, number) = match (first.len(), second.len()) {
            (NUMBER_DIGITS.., TIME_DIGITS) => (second, first),
            (TIME_DIGITS, NUMBER_DIGITS..) => (first, second),
            _ => return None,
        };
        Some(Self {
            ring: (stem.to_owned(), extension.to_owned()),
            time: time.to_owned(),
            number: number.parse().ok()?,
        })
    }

    /// What the files of a ring are ordered by.
    fn order(&self) -> (&str, u64) {
        (&self.time, self.number)
    }
}

/// The file of a ring that follows another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) path: PathBuf,
    /// How many between the two are there no more.
    pub(crate) missed: u64,
}

/// The file of its ring that follows `path`, if it is there; nothing for a file of no ring.
pub(crate) fn after(path: &Path) -> io::Result<Option<Next>> {
    let Some(this) = path.file_name().and_then(Member::of) else { return Ok(None) };
    let next = least(path, |other| other.ring == this.ring && other.order() > this.order())?;
    Ok(next.map(|(next, path)| {
        // A smaller number is of a writer that started anew.
        let missed = next.number.saturating_sub(this.number).saturating_sub(1);
        Next { path, missed }
    }))
}

/// The oldest file of the ring that `path` names, where there is any.
pub(crate) fn oldest(path: &Path) -> io::Result<Option<PathBuf>> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    let ring = (stem.into_owned(), extension.unwrap_or_default());
    Ok(least(path, |other| other.ring == ring)?.map(|(_, path)| path))
}

/// The first of those files beside `path` that are wanted.
fn least(path: &Path, wants: impl Fn(&Member) -> bool) -> io::Result<Option<(Member, PathBuf)>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut least: Option<(Member, PathBuf)> = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(member) = Member::of(&name).filter(&wants) else { continue };
        if least.as_ref().is_none_or(|(least, _)| member.order() < least.order()) {
            least = Some((member, path.with_file_name(name)));
        }
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<(String, u64)> {
        Member::of(OsStr::new(name)).map(|member| (member.time, member.number))
    }

    #[test]
    fn names() {
        let at = |time: &str, number| Some((time.to_owned(), number));
        assert_eq!(of("a_00001_20261125154300.pcapng"), at("20261125154300", 1));
        assert_eq!(of("a_b_100000_20261125154300.pcapng.gz"), at("20261125154300", 100_000));
        assert_eq!(of("a_20261125154300_00012"), at("20261125154300", 12));
        for other in ["a.pcap", "a_1_2.pcap", "a_00001.pcap", "a_0000x_20261125154300.pcap"] {
            assert_eq!(of(other), None, "{other}");
        }
        let written = numbered(Path::new("x/a.b.pcap"), 7, 1_764_085_380_000_000_001);
        assert_eq!(written, Path::new("x/a.b_00007_20251125154300.pcap"));
        assert_eq!(written.file_name().and_then(Member::of).map(|member| member.number), Some(7));
    }

    #[test]
    fn the_next_one() {
        let folder = std::env::temp_dir().join(format!("vsectl-ring-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let next = |name: &str| {
            let next = after(&path(name)).unwrap()?;
            Some((next.path.file_name()?.to_str()?.to_owned(), next.missed))
        };
        for name in [
            "a_00001_20261125154300.pcap",
            "a_00002_20261125154300.pcap",
            "a_00005_20261125154301.pcap",
            // A writer that started anew, another ring, and what is of none.
            "a_00001_20261125154400.pcap",
            "b_00003_20261125154300.pcap",
            "a_00003_20261125154300.pcapng",
            "a.pcap",
        ] {
            fs::write(path(name), b"").unwrap();
        }
        let is = |name: &str, missed| Some((name.to_owned(), missed));
        assert_eq!(next("a_00001_20261125154300.pcap"), is("a_00002_20261125154300.pcap", 0));
        assert_eq!(next("a_00002_20261125154300.pcap"), is("a_00005_20261125154301.pcap", 2));
        assert_eq!(next("a_00005_20261125154301.pcap"), is("a_00001_20261125154400.pcap", 0));
        assert_eq!(next("a_00001_20261125154400.pcap"), None);
        assert_eq!(next("a.pcap"), None);
        assert_eq!(oldest(&path("b.pcap")).unwrap(), Some(path("b_00003_20261125154300.pcap")));
        assert_eq!(oldest(&path("c.pcap")).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
