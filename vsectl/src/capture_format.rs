//! The formats of captures that are written, as arguments name them.

use dissect::savefile::Format;

/// The file format of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CaptureFormat {
    /// pcapng.
    Pcapng,
    /// The classic format of libpcap, with nanoseconds.
    Pcap,
}

impl From<CaptureFormat> for Format {
    fn from(format: CaptureFormat) -> Self {
        match format {
            CaptureFormat::Pcapng => Self::Pcapng,
            CaptureFormat::Pcap => Self::Pcap,
        }
    }
}
