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

proptest! {
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
