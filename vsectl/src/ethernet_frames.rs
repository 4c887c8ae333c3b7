//! The Ethernet frames of a capture, those alone that a display filter lets through.

use std::fs::File;
use std::io::{self, Read};

use anyhow::Context;
use dissect::filter::Filter;
use dissect::savefile::{Reader, decompressed};
use dissect::{Collector, Dissector, LinkType, Options};

use crate::exit::{UsageError, diagnostic};

/// Reads one capture.
pub(crate) struct EthernetFrames {
    name: String,
    reader: Reader<Box<dyn Read + Send>>,
    filter: Option<(Filter, Collector, Dissector)>,
    /// Frames that are not of Ethernet, and were left out.
    pub(crate) skipped: u64,
}

/// A frame.
#[derive(Debug, Clone)]
pub(crate) struct EthernetFrame {
    /// Its number in the capture.
    pub(crate) number: u64,
    /// Nanoseconds since 1970.
    pub(crate) time: u64,
    /// Bytes that it had on the wire.
    pub(crate) len: usize,
    /// Those that were captured.
    pub(crate) bytes: Vec<u8>,
}

impl EthernetFrames {
    /// Opens the capture at `path`, `-` for standard input; with a filter as `decode -Y` takes it.
    pub(crate) fn open(path: &str, filter: Option<&str>) -> anyhow::Result<Self> {
        let filter = filter.map(Filter::parse).transpose();
        let filter = filter.map_err(|error| UsageError(error.to_string()))?;
        let filter = filter.map(|filter| {
            let collector = filter.collector();
            (filter, collector, Dissector::new(Options::default()))
        });
        let file: Box<dyn Read + Send> = if path == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("cannot open {path}"))?)
        };
        let input = decompressed(file).with_context(|| format!("cannot read {path}"))?;
        let reader = Reader::new(input).with_context(|| path.to_owned())?;
        Ok(Self { name: path.to_owned(), reader, filter, skipped: 0 })
    }

    /// The next frame; none at the end.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<EthernetFrame>> {
        loop {
            let record = self.reader.next().with_context(|| self.name.clone())?;
            let Some(frame) = record.map(|record| record.frame) else { return Ok(None) };
            if let Some((filter, collector, dissector)) = &mut self.filter {
                collector.clear();
                dissector.dissect(&frame, collector);
                if !filter.matches(collector, frame.bytes) {
                    continue;
                }
            }
            if frame.link_type != LinkType::ETHERNET {
                diagnostic!("{}: frame {} is not one of Ethernet", self.name, frame.number);
                self.skipped += 1;
                continue;
            }
            return Ok(Some(EthernetFrame {
                number: frame.number,
                time: frame.time,
                len: frame.len,
                bytes: frame.bytes.to_vec(),
            }));
        }
    }
}
