//! How the datapath is set up.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The folder of the pins where none is named.
pub const DEFAULT_FOLDER: &str = "/sys/fs/bpf/vse";

/// How the datapath is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XdpOptions {
    /// Where maps and links are pinned: a folder of a BPF file system.
    pub folder: PathBuf,
    /// The interfaces whose frames are steered; the first is OpenFlow port 1, and so on.
    pub interfaces: Vec<Attachment>,
    /// Rules that the maps hold. Maps that are pinned already keep their size.
    pub max_rules: u32,
    /// 2^this exact flows on each CPU whose decision is kept, at most 2^20; none for none.
    pub cache_bits: Option<u32>,
    /// Frames that wait for a core at most, 1 to 16384.
    pub queue_size: u32,
    /// Whether maps of another layout are removed, steering with them, instead of an error.
    pub rebuild: bool,
    /// Whether redirected frames carry their rxhash in front, for programs behind the cpumap.
    pub metadata: bool,
    /// How long after the old core took an entry's last frame that frame is through the stack.
    pub settle: Duration,
}

impl Default for XdpOptions {
    /// [`DEFAULT_FOLDER`], no interface, 4,096 rules, 4,096 exact flows, queues of 2,048.
    fn default() -> Self {
        Self {
            folder: PathBuf::from(DEFAULT_FOLDER),
            interfaces: Vec::new(),
            max_rules: 4096,
            cache_bits: Some(12),
            queue_size: 2048,
            rebuild: false,
            metadata: false,
            settle: Duration::from_millis(1),
        }
    }
}

/// An interface, and how the program is attached to it: `eth0`, `eth0@generic`, `eth0@either`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub interface: String,
    /// How the program is attached.
    pub mode: AttachMode,
}

/// How the program is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttachMode {
    /// In the driver; an error where that cannot be.
    #[default]
    Native,
    /// Behind the driver, on frames that have been copied: slower, for any interface.
    Generic,
    /// In the driver if that can be, else generic, with a warning.
    Either,
}

/// Modes by their words.
const MODES: [(&str, AttachMode); 3] = [
    ("native", AttachMode::Native),
    ("generic", AttachMode::Generic),
    ("either", AttachMode::Either),
];

impl FromStr for Attachment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (interface, word) = text.split_once('@').unwrap_or((text, "native"));
        let mode = MODES.iter().find(|(name, _)| *name == word).map(|(_, mode)| *mode);
        let mode = mode.ok_or_else(|| {
            format!("{text}: the mode {word:?} is unknown: want native, generic or either")
        })?;
        // Linux allows 15 bytes, and neither a slash nor a blank.
        let is_name = (1..16).contains(&interface.len())
            && !matches!(interface, "." | "..")
            && !interface.contains(|c: char| c == '/' || c == ':' || c.is_whitespace());
        if !is_name {
            return Err(format!("{interface:?} is no name of an interface"));
        }
        Ok(Self { interface: interface.to_owned(), mode })
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.interface)?;
        match self.mode {
            AttachMode::Native => Ok(()),
            AttachMode::Generic => f.write_str("@generic"),
            AttachMode::Either => f.write_str("@either"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_go_both_ways() {
        for text in ["eth0", "veth0.7@generic", "eth0@either"] {
            assert_eq!(text.parse::<Attachment>().unwrap().to_string(), text);
        }
        assert_eq!("eth0@native".parse(), "eth0".parse::<Attachment>());
    }

    #[test]
    fn attachments_that_are_none() {
        for (text, expected) in [
            ("eth0@skb", "eth0@skb: the mode \"skb\" is unknown: want native, generic or either"),
            ("@generic", "\"\" is no name of an interface"),
            ("../x", "\"../x\" is no name of an interface"),
            ("..", "\"..\" is no name of an interface"),
            ("a234567890123456", "\"a234567890123456\" is no name of an interface"),
        ] {
            assert_eq!(text.parse::<Attachment>().unwrap_err(), expected);
        }
    }
}
