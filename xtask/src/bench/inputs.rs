//! The captures that the programs read. They are the same wherever they are made.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use crate::run::top;

use super::{of10, vxlan};

/// To be raised by whoever changes what the generators write.
const VERSION: u32 = 2;
/// Where everything of this benchmark goes, from the project's top folder.
pub(super) const FOLDER: &str = "target/bench";

/// A capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// OpenFlow 1.0 over TCP.
    Of10,
    /// VXLAN frames, cut.
    Vxlan,
    /// A few frames of OpenFlow, to time a program from start to exit.
    Small,
}

impl Input {
    pub(super) const ALL: [Self; 3] = [Self::Of10, Self::Vxlan, Self::Small];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Of10 => "of10",
            Self::Vxlan => "vxlan",
            Self::Small => "small",
        }
    }

    /// The file, from the project's top folder.
    pub(super) fn path(self) -> String {
        format!("{FOLDER}/{}.pcap", self.name())
    }

    fn make(self, scale: u32) -> anyhow::Result<()> {
        let path = top().join(self.path());
        match self {
            Self::Of10 => of10::write(&path, 1_000_000 / scale, 8),
            Self::Vxlan => vxlan::write(&path, 2_000_000 / scale),
            Self::Small => of10::write(&path, 20, 1),
        }
    }
}

/// Makes the captures, with a `scale`-th of the frames, where they are not there already, and has
/// the system read them into its cache.
pub(super) fn make(scale: u32) -> anyhow::Result<()> {
    let folder = top().join(FOLDER);
    fs::create_dir_all(&folder)?;
    let stamp: PathBuf = folder.join("inputs");
    let made = format!("version {VERSION}, scale {scale}\n");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == made) {
        println!("--- inputs: kept, {}", made.trim_end());
    } else {
        // The stamp is written last, so that captures that were begun are not taken for complete.
        if stamp.exists() {
            fs::remove_file(&stamp)?;
        }
        for input in Input::ALL {
            println!("--- inputs: writing {}", input.path());
            input.make(scale)?;
        }
        File::create(&stamp)?.write_all(made.as_bytes())?;
    }
    for input in Input::ALL {
        io::copy(&mut File::open(top().join(input.path()))?, &mut io::sink())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::super::packet::checksum;
    use super::super::{of10, vxlan};

    /// Captured bytes and length on the wire of each frame that `write` writes.
    fn frames(name: &str, write: impl Fn(&Path)) -> Vec<(Vec<u8>, u32)> {
        let path = std::env::temp_dir().join(format!("{name}-{}.pcap", std::process::id()));
        write(&path);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut left = &bytes[24..];
        let mut frames = Vec::new();
        while !left.is_empty() {
            let word = |at: usize| u32::from_le_bytes(left[at..at + 4].try_into().unwrap());
            let (captured, len) = (usize::try_from(word(8)).unwrap(), word(12));
            frames.push((left[16..16 + captured].to_vec(), len));
            left = &left[16 + captured..];
        }
        frames
    }

    #[test]
    fn streams_of_openflow_are_whole() {
        let frames = frames("of10", |path| of10::write(path, 2_000, 8).unwrap());
        assert_eq!(frames.len(), 2_000);
        let mut streams: HashMap<[u8; 12], (u32, Vec<u8>)> = HashMap::new();
        let mut within = 0;
        for (frame, len) in &frames {
            assert_eq!(usize::try_from(*len).unwrap(), frame.len());
            assert_eq!(checksum(&[&frame[14..34]]), 0);
            let segment = &frame[34..];
            let covered = u16::try_from(segment.len()).unwrap().to_be_bytes();
            assert_eq!(checksum(&[&frame[26..34], &[0, 6], &covered, segment]), 0);
            let key = frame[26..38].try_into().unwrap();
            let seq = u32::from_be_bytes(segment[4..8].try_into().unwrap());
            let syn = segment[13] & 2 != 0;
            let (next, stream) = streams.entry(key).or_insert((seq, Vec::new()));
            assert_eq!(seq, *next);
            let payload = &segment[32..];
            *next = next.wrapping_add(u32::from(syn) + u32::try_from(payload.len()).unwrap());
            stream.extend(payload);
            within += u32::from(whole_messages(stream) != stream.len());
        }
        assert_eq!(streams.len(), 16);
        assert!(streams.values().all(|(_, stream)| whole_messages(stream) == stream.len()));
        assert!((60..140).contains(&within), "one in twenty ends within a message: {within}");
    }

    /// Bytes of the messages that are complete, one after the other.
    fn whole_messages(stream: &[u8]) -> usize {
        let mut at = 0;
        while let Some([1, kind, high, low, ..]) = stream.get(at..) {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            assert!(*kind < 22 && len >= 8);
            if at + len > stream.len() {
                break;
            }
            at += len;
        }
        at
    }

    #[test]
    fn vxlan_is_cut_half_tagged_and_a_tenth_fragments() {
        let frames = frames("vxlan", |path| vxlan::write(path, 10_000).unwrap());
        assert_eq!(frames.len(), 10_000);
        let (mut tagged, mut fragments) = (0, 0);
        for (frame, len) in &frames {
            assert!(frame.len() == 128 && *len > 128);
            assert_eq!(checksum(&[&frame[14..34]]), 0);
            tagged += u32::from(frame[15] != 0);
            fragments += u32::from([frame[20] & 0x3f, frame[21]] != [0, 0]);
        }
        assert!((4_500..5_500).contains(&tagged), "{tagged}");
        assert!((800..1_200).contains(&fragments), "{fragments}");
    }
}
