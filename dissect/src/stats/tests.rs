use codec::vse::Carrier;

use super::*;
use crate::{Dissector, Options};

/// Runs statistics over frames of a layout, a second apart.
fn run(name: &str, layout: FcfLayout, frames: &[Vec<u8>]) -> Report {
    struct Walk<'a>(&'a mut Dissector, Frame<'a>);
    impl Walker for Walk<'_> {
        fn walk(&mut self, sink: &mut impl Sink) {
            self.0.dissect(&self.1, sink);
        }
    }
    let mut all = All::by_names(&[name.to_owned()], Some(layout)).unwrap();
    let options = Options { fcf: Some(layout), ..Options::default() };
    let mut dissector = Dissector::new(options);
    for (bytes, number) in frames.iter().zip(1..) {
        let frame = Frame { number, time: number * 1_000_000_000, ..Frame::ethernet(bytes) };
        all.frame(&frame, &mut Walk(&mut dissector, frame), &mut crate::Ignore);
    }
    all.reports().remove(0)
}

fn ipv4(tos: u8, id: u8, checksum_right: bool) -> Vec<u8> {
    let mut frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0".to_vec();
    let mut header = vec![0x45, tos, 0, 20, 0, id, 0, 0, 64, 99, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let sum = !crate::protocol::ipv4::sum(&header) ^ u16::from(!checksum_right);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    frame.extend(header);
    frame
}

fn findings(report: &Report) -> Vec<(String, u64)> {
    let row = |row: &Vec<Cell>| match (&row[0], &row[2]) {
        (Cell::Text(name), Cell::Number(count)) => (name.clone(), *count),
        other => panic!("{other:?}"),
    };
    report.rows.iter().map(row).collect()
}

#[test]
fn lint_of_tos() {
    let frames =
        [ipv4(0x90, 1, true), ipv4(0x90, 2, false), ipv4(0x80, 3, true), ipv4(0, 4, false)];
    assert_eq!(
        findings(&run("fcf-lint", FcfLayout::DSCP, &frames)),
        [("priority_without_vm".to_owned(), 1), ("bad_checksum".to_owned(), 1)]
    );
    let frames = [ipv4(0x01, 1, true), ipv4(0x04, 2, true)];
    assert_eq!(
        findings(&run("fcf-lint", FcfLayout::TOS8, &frames)),
        [("ecn_overlap".to_owned(), 1)]
    );
    // The same datagram on the other side, without its field, and with another one.
    let frames = [ipv4(0x90, 1, true), ipv4(0, 1, true), ipv4(0x90, 2, true), ipv4(0x94, 2, true)];
    assert_eq!(
        findings(&run("fcf-lint", FcfLayout::DSCP, &frames)),
        [("field_lost".to_owned(), 1), ("field_changed".to_owned(), 1)]
    );
}

#[test]
fn lint_of_tags() {
    let tagged = |tci: u16| {
        let mut frame = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x81\0".to_vec();
        frame.extend(tci.to_be_bytes());
        frame.extend([0x12, 0x34]);
        frame
    };
    let frames = [
        tagged(0x8005),
        tagged(0xe005),
        tagged(0x1005),
        tagged(0x8fff),
        tagged(0x8000),
        tagged(0x2000),
        tagged(0x8ffe),
        tagged(0x0001),
    ];
    assert_eq!(
        findings(&run("fcf-lint", FcfLayout::VLAN, &frames)),
        [("pcp_clash", 1), ("dei_clash", 1), ("vm_id_out_of_range", 2), ("priority_without_vm", 1)]
            .map(|(name, count)| (name.to_owned(), count))
    );
    // A layout whose ids are shorter than a VLAN id: what its bits do not hold is none of them.
    let short = FcfLayout::custom(Carrier::Vlan, 0x8000, 0x00ff).unwrap();
    let frames = [tagged(0x80ff), tagged(0x8105), tagged(0x0fff), tagged(0x0100)];
    assert_eq!(findings(&run("fcf-lint", short, &frames)), [("vm_id_out_of_range".to_owned(), 3)]);
    // One whose ids reach above the VLAN id: 4095 and more are no VMs.
    let long = FcfLayout::custom(Carrier::Vlan, 0x8000, 0x1fff).unwrap();
    let frames = [tagged(0x0ffe), tagged(0x0fff), tagged(0x1ffe)];
    let found = findings(&run("fcf-lint", long, &frames));
    assert!(found.contains(&("vm_id_out_of_range".to_owned(), 2)), "{found:?}");
}

#[test]
fn lint_of_ids_in_tos() {
    // Every value fits where the id has all bits of the code point, or of the byte.
    let all: Vec<_> = (0..=255).map(|tos| ipv4(tos, tos, true)).collect();
    for layout in [FcfLayout::DSCP, FcfLayout::TOS8] {
        let found = findings(&run("fcf-lint", layout, &all));
        assert!(found.iter().all(|(name, _)| name != "vm_id_out_of_range"), "{layout}: {found:?}");
    }
    let short = FcfLayout::custom(Carrier::Tos, 0x80, 0x3c).unwrap();
    let frames =
        [ipv4(0x3c, 1, true), ipv4(0x44, 2, true), ipv4(0xc0, 3, true), ipv4(0x40, 4, true)];
    assert_eq!(
        findings(&run("fcf-lint", short, &frames)),
        [("vm_id_out_of_range".to_owned(), 2), ("priority_without_vm".to_owned(), 1)]
    );
}

#[test]
fn frames_by_field() {
    let frames = [ipv4(0x90, 1, true), ipv4(0x90, 2, true), ipv4(0x04, 3, true)];
    let report = run("fcf", FcfLayout::DSCP, &frames);
    assert_eq!(
        report.rows,
        [
            vec![Cell::Number(1), Cell::Flag(false), Cell::Number(1), Cell::Number(34)],
            vec![Cell::Number(4), Cell::Flag(true), Cell::Number(2), Cell::Number(68)],
        ]
    );
}

#[test]
fn over_time() {
    let frames = [ipv4(0, 1, true), ipv4(0, 2, true), ipv4(0, 3, true)];
    let report = run("io,2", FcfLayout::DSCP, &frames);
    let counts: Vec<_> = report.rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(counts, [Cell::Number(2), Cell::Number(1)]);
    assert!(counter("io,0", None).is_err());
    assert!(counter("io,a", None).is_err());
    assert!(counter("conv,x", None).is_err());
}

#[test]
fn layers_within_layers() {
    let report = run("phs", FcfLayout::DSCP, &[ipv4(0, 1, true), ipv4(0, 2, true)]);
    let rows: Vec<_> = report.rows.iter().map(|row| (row[1].clone(), row[2].clone())).collect();
    assert_eq!(rows, [("eth".into(), Cell::Number(2)), ("eth:ip".into(), Cell::Number(2))]);
}

#[test]
fn every_name_works() {
    for (name, _) in NAMES {
        let name = name.replace("TYPE", "ip").replace("SECONDS", "1");
        let frames = [ipv4(0x90, 1, true)];
        let report = run(&name, FcfLayout::DSCP, &frames);
        assert!(report.rows.iter().all(|row| row.len() == report.columns.len()), "{name}");
    }
}

/// Nothing bounds how many headers a datagram may have, one within the other for the hierarchy.
#[test]
fn hierarchy_of_headers_without_end() {
    let mut bytes = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x86\xdd\x60\0\0\0\0\0\x33\x40".to_vec();
    bytes.extend([0x20; 32]);
    for _ in 0..100_000 {
        // AH, and options behind it.
        bytes.extend([60, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        bytes.extend([51, 0, 0, 0, 0, 0, 0, 0]);
    }
    let frames = [ipv4(0, 1, true), bytes];
    let report = run("phs", FcfLayout::DSCP, &frames);
    assert_eq!(report.title, "Protocol hierarchy, of 64 levels and 4096 rows at most");
    // Ethernet is in both, and IPv4 is no level of the other.
    assert_eq!(report.rows.len(), 65);
    assert_eq!(run("phs", FcfLayout::DSCP, &frames[..1]).title, "Protocol hierarchy");
}
