//! The ways to walk over a capture give the same: frame by frame, or by a dissector that follows
//! the one that keeps the streams; all of a frame, or what a filter asks for alone. On every
//! capture in pcaps/, as it is and damaged.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot run has to fail"
)]

use std::fs::{self, File};

use dissect::filter::Filter;
use dissect::savefile::{Reader, decompressed};
use dissect::stats::{All, Walker};
use dissect::{Dissector, Frame, LinkType, Options, Sink, Tracked, Tree};

struct Kept {
    link_type: LinkType,
    bytes: Vec<u8>,
    len: usize,
    time: u64,
}

/// The frames of all captures; each begins long after the one before has ended.
fn frames() -> Vec<Kept> {
    let mut names: Vec<_> = fs::read_dir("../pcaps").unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut frames = Vec::new();
    for (name, index) in names.iter().zip(0_u64..) {
        let input = decompressed(File::open(name).unwrap()).unwrap();
        // What is no capture, or is cut off, has as many frames as there are.
        let Ok(mut reader) = Reader::new(input) else { continue };
        while let Ok(Some(record)) = reader.next() {
            let Frame { link_type, bytes, len, time, .. } = record.frame;
            let time = index * 1_000_000_000_000 + time % 1_000_000_000_000;
            frames.push(Kept { link_type, bytes: bytes.to_vec(), len, time });
        }
    }
    assert!(frames.len() > 500, "{}", frames.len());
    frames
}

/// Changes a byte in every other frame, or cuts the frame.
fn damage(frames: &mut [Kept], seed: u64) {
    let mut state = seed;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for Kept { bytes, .. } in frames {
        if bytes.is_empty() || random(2) == 0 {
            continue;
        }
        let at = random(bytes.len());
        if random(8) == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] = u8::try_from(random(256)).unwrap();
        }
    }
}

fn frame(kept: &Kept, number: u64) -> Frame<'_> {
    let Kept { link_type, len, time, .. } = *kept;
    let bytes = &kept.bytes;
    Frame { link_type, bytes, len, number, time, interface: 0, interface_name: None }
}

/// Calls `each` with every frame, twice: by a dissector of its own, and by one that follows
/// another in runs of frames.
fn both(frames: &[Kept], options: &Options, mut each: impl FnMut(bool, Frame<'_>, &mut dyn Walk)) {
    let mut alone = Dissector::new(options.clone());
    for (kept, number) in frames.iter().zip(1..) {
        let frame = frame(kept, number);
        each(false, frame, &mut First(&mut alone, frame));
        alone.shown(&frame);
    }
    let mut front = Dissector::new(options.clone());
    let followers = front.followers();
    let mut followers = [followers.dissector(), followers.dissector()];
    let mut number = 0;
    let mut tracked = Tracked::default();
    for (run, turn) in frames.chunks(37).zip(0..) {
        tracked.clear();
        for (kept, at) in run.iter().zip(number + 1..) {
            front.track(&frame(kept, at), &mut tracked);
        }
        let follower = &mut followers[turn % 2];
        follower.take_over(&mut tracked);
        for kept in run {
            number += 1;
            let frame = frame(kept, number);
            follower.follow(&frame);
            each(true, frame, &mut Again(follower, frame));
            follower.shown(&frame);
        }
    }
}

/// A walk into a tree, or into what a filter asks for.
trait Walk {
    fn tree(&mut self) -> Tree;
    fn passes(&mut self, filter: &Filter) -> bool;
    fn count(&mut self, all: &mut All);
}

struct First<'a>(&'a mut Dissector, Frame<'a>);
struct Again<'a>(&'a mut Dissector, Frame<'a>);

impl Walker for First<'_> {
    fn walk(&mut self, sink: &mut impl Sink) {
        self.0.dissect(&self.1, sink);
    }
}

impl Walker for Again<'_> {
    fn walk(&mut self, sink: &mut impl Sink) {
        self.0.again(&self.1, sink);
    }
}

macro_rules! walks {
    ($type:ident) => {
        impl Walk for $type<'_> {
            fn tree(&mut self) -> Tree {
                let mut tree = Tree::default();
                self.walk(&mut tree);
                tree
            }

            fn passes(&mut self, filter: &Filter) -> bool {
                let mut collector = filter.collector();
                self.walk(&mut collector);
                filter.matches(&collector, self.1.bytes)
            }

            fn count(&mut self, all: &mut All) {
                let frame = self.1;
                all.frame(&frame, self, &mut dissect::Ignore);
            }
        }
    };
}

walks!(First);
walks!(Again);

/// With everything that a dissector may be asked for.
fn options() -> Options {
    Options { numbers_streams: true, ..Options::default() }
}

/// Captures as they are, and damaged in several ways.
fn each_damage(mut test: impl FnMut(&[Kept])) {
    for seed in 0..4 {
        let mut frames = frames();
        if seed > 0 {
            damage(&mut frames, seed);
        }
        test(&frames);
    }
}

#[test]
fn followers_see_the_same() {
    each_damage(|frames| {
        let mut alone = Vec::new();
        both(frames, &options(), |follows, frame, walk| {
            let seen = walk.tree();
            if follows {
                let at = usize::try_from(frame.number - 1).unwrap();
                assert_eq!(seen, alone[at], "frame {}", frame.number);
            } else {
                alone.push(seen);
            }
        });
    });
}

#[test]
fn filters_need_less() {
    // What is wrong with a message is found out for the second of each pair alone.
    let pairs = [
        ("openflow_1_0.type == flow_mod", "vse.problem.kind == 9 or openflow_1_0.type == flow_mod"),
        ("openflow_1_0.type == 10", "openflow_1_0.type == 10 and not vse.problem.kind == 9"),
        ("vxlan.vni", "vxlan.vni or vse.problem.kind == 9"),
        (
            "frame.time_delta_displayed < 1",
            "frame.time_delta_displayed < 1 or vse.problem.kind == 9",
        ),
        ("tcp.port == 6653 and ip", "not vse.problem.kind == 9 and tcp.port == 6653 and ip"),
    ];
    let pairs = pairs.map(|(a, b)| (Filter::parse(a).unwrap(), Filter::parse(b).unwrap()));
    each_damage(|frames| {
        for (less, all) in &pairs {
            let mut passed = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
            for (filter, at) in [(less, 0), (all, 1)] {
                both(frames, &options(), |follows, frame, walk| {
                    if walk.passes(filter) {
                        passed[2 * at + usize::from(follows)].push(frame.number);
                    }
                });
            }
            let [first, others @ ..] = passed;
            for other in others {
                assert_eq!(other, first);
            }
        }
    });
}

#[test]
fn statistics_can_be_split() {
    each_damage(|frames| {
        for names in [&["openflow"][..], &["phs"], &["phs", "openflow"]] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut whole = All::by_names(&names, None).unwrap();
            let mut parts = [whole.split().unwrap(), whole.split().unwrap()];
            both(frames, &options(), |follows, frame, walk| {
                let part = usize::from(frame.number % 64 < 32);
                walk.count(if follows { &mut parts[part] } else { &mut whole });
            });
            let mut joined = whole.split().unwrap();
            for part in &parts {
                joined.join(part);
            }
            assert_eq!(format!("{:?}", joined.reports()), format!("{:?}", whole.reports()));
            assert!(whole.reports().iter().all(|report| report.rows.len() > 5));
        }
    });
    let latency = All::by_names(&["latency".to_owned()], None).unwrap();
    assert!(latency.split().is_none(), "which reply comes when matters");
}
