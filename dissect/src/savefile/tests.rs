use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::LinkType;

/// Number, time, bytes and length.
type Read = (u64, u64, Vec<u8>, usize);

fn frames(file: &[u8]) -> Result<Vec<Read>, SavefileError> {
    let mut reader = Reader::new(file)?;
    let mut frames = Vec::new();
    while let Some(record) = reader.next()? {
        let frame = record.frame;
        frames.push((frame.number, frame.time, frame.bytes.to_vec(), frame.len));
    }
    Ok(frames)
}

fn written(format: Format, times: &[u64]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file, format);
    for (time, number) in times.iter().zip(1..) {
        let frame = Frame { time: *time, number, len: 60, ..Frame::ethernet(b"\x02frame") };
        writer.frame(frame).unwrap();
    }
    writer.finish().unwrap();
    file
}

#[test]
fn what_is_written_is_read() {
    let times = [0, 1, 1_700_000_000_123_456_789];
    for format in [Format::Pcap, Format::Pcapng] {
        let read = frames(&written(format, &times)).unwrap();
        let expected: Vec<_> =
            times.iter().zip(1..).map(|(t, n)| (n, *t, b"\x02frame".to_vec(), 60)).collect();
        assert_eq!(read, expected);
        assert_eq!(frames(&written(format, &[])).unwrap(), []);
    }
}

#[test]
fn compressed() {
    let file = written(Format::Pcapng, &[5, 6]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&file).unwrap();
    let zstd = zstd::encode_all(&file[..], 1).unwrap();
    for packed in [file.clone(), gzip.finish().unwrap(), zstd] {
        let mut plain = Vec::new();
        decompressed(&packed[..]).unwrap().read_to_end(&mut plain).unwrap();
        assert_eq!(plain, file);
    }
    let mut nothing = Vec::new();
    decompressed(&b"\x1f"[..]).unwrap().read_to_end(&mut nothing).unwrap();
    assert_eq!(nothing, b"\x1f");
}

#[test]
fn every_cut_is_told_and_what_is_before_it_read() {
    for format in [Format::Pcap, Format::Pcapng] {
        let file = written(format, &[1, 2]);
        let whole = frames(&file).unwrap();
        for end in 0..file.len() {
            let Ok(mut reader) = Reader::new(&file[..end]) else { continue };
            let mut read = 0;
            let result = loop {
                match reader.next() {
                    Ok(Some(record)) => {
                        assert_eq!(record.frame.bytes, whole[read].2);
                        read += 1;
                    }
                    other => break other.map(|_| ()),
                }
            };
            // A file may end between blocks.
            if let Err(error) = result {
                assert!(matches!(error, SavefileError::Cut { .. }), "{end}: {error}");
            }
            assert!(reader.next().unwrap().is_none());
        }
    }
}

#[test]
fn one_link_type_in_a_classic_file() {
    let mut writer = Writer::new(Vec::new(), Format::Pcap);
    writer.frame(Frame::ethernet(b"a")).unwrap();
    let raw = Frame { link_type: LinkType::RAW, ..Frame::ethernet(b"b") };
    let error = writer.frame(raw).unwrap_err().to_string();
    assert!(error.contains("one link type"), "{error}");
    let mut writer = Writer::new(Vec::new(), Format::Pcapng);
    writer.frame(Frame::ethernet(b"a")).unwrap();
    writer.frame(raw).unwrap();
}

/// What gives at most so many bytes at a time, and may fail in the end.
struct Drops<'a> {
    bytes: &'a [u8],
    most: usize,
    fails: bool,
}

impl io::Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.fails && self.bytes.is_empty() {
            // Once: whoever forgets it takes the file for whole.
            self.fails = false;
            return Err(io::Error::other("a broken disk"));
        }
        let len = into.len().min(self.most);
        self.bytes.read(&mut into[..len])
    }
}

/// The frames of a file by blocks, and the error that ends it.
fn by_blocks(file: Drops<'_>, len: usize) -> (Vec<Read>, Option<String>) {
    let mut frames = Vec::new();
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (frames, Some(error.to_string())),
    };
    let mut block = Vec::new();
    loop {
        let mut places = Vec::new();
        reader.give_block(&mut block, len);
        let more = reader.each_of_block(u64::MAX, |record| {
            let frame = record.frame;
            let place = frame.bytes.as_ptr().addr();
            places.push((frame.number, frame.time, (place, frame.bytes.len()), frame.len));
        });
        reader.take_block(&mut block);
        let base = block.as_ptr().addr();
        frames.extend(places.into_iter().map(|(number, time, (place, caplen), len)| {
            (number, time, block[place - base..][..caplen].to_vec(), len)
        }));
        match more {
            Ok(true) => {}
            Ok(false) => return (frames, None),
            Err(error) => return (frames, Some(error.to_string())),
        }
    }
}

/// The frames of a file one by one, and the error that ends it.
fn one_by_one(file: Drops<'_>) -> (Vec<Read>, Option<String>) {
    let mut frames = Vec::new();
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (frames, Some(error.to_string())),
    };
    loop {
        match reader.next() {
            Ok(None) => return (frames, None),
            Ok(Some(record)) => {
                let frame = record.frame;
                frames.push((frame.number, frame.time, frame.bytes.to_vec(), frame.len));
            }
            Err(error) => return (frames, Some(error.to_string())),
        }
    }
}

proptest! {
    /// Blocks, cut wherever the input pauses or the file ends, hold the frames as they are.
    #[test]
    fn blocks_hold_the_frames(
        times in prop::collection::vec(any::<u32>(), 0..20),
        pcapng: bool,
        drop in 1_usize..200,
        len in 1_usize..200,
        cut in 0_usize..40,
        fails: bool,
        broken in prop::option::of((0_usize..2000, any::<u8>())),
    ) {
        let format = if pcapng { Format::Pcapng } else { Format::Pcap };
        let times: Vec<u64> = times.into_iter().map(u64::from).collect();
        let mut file = written(format, &times);
        if pcapng {
            // Another section, and a block that nobody knows.
            file.extend(written(format, &times));
            file.extend(*b"\x07\0\0\0\x10\0\0\0abcd\x10\0\0\0");
        }
        file.truncate(file.len() - cut.min(file.len()));
        if let Some((at, byte)) = broken && let Some(place) = file.get_mut(at) {
            *place = byte;
        }
        let input = |most| Drops { bytes: &file, most, fails };
        prop_assert_eq!(by_blocks(input(drop), len), one_by_one(input(usize::MAX)));
    }

    #[test]
    fn any_file(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0_usize..5) {
        let heads: [&[u8]; 5] = [
            b"", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d",
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0\x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0\x06\0\0\0\x20\0\0\0",
            b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d",
        ];
        let file = [heads[head], &bytes].concat();
        let mut count = 0;
        if let Ok(mut reader) = Reader::new(&file[..]) {
            while let Ok(Some(_)) = reader.next() {
                count += 1;
            }
        }
        prop_assert!(count <= file.len());
    }

    /// A copy of a pcapng file is the file, block for block.
    #[test]
    fn a_copy_is_the_file(times in prop::collection::vec(any::<u64>(), 0..5), kind in 7_u32..) {
        let mut file = written(Format::Pcapng, &times);
        let unknown = [&kind.to_le_bytes()[..], &16_u32.to_le_bytes(), b"abcd", &16_u32.to_le_bytes()];
        if kind != 0x0a0d_0d0a {
            file.extend(unknown.concat());
        }
        let mut copy = Vec::new();
        let mut writer = Writer::new(&mut copy, Format::Pcapng);
        let mut reader = Reader::new(&file[..]).unwrap();
        reader.keep_blocks();
        while let Some(record) = reader.next().unwrap() {
            writer.blocks(record.blocks_before).unwrap();
            writer.record(&record).unwrap();
        }
        writer.blocks(reader.blocks_behind()).unwrap();
        writer.finish().unwrap();
        prop_assert_eq!(copy, file);
    }
}
