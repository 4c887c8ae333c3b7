//! Every capture in pcaps/ as lines, as trees and as JSON, beside what was agreed on.

use std::collections::BTreeSet;
use std::fs;

use crate::run::vsectl;

/// The ways to look at a capture that have a snapshot.
const FORMATS: [&str; 3] = ["summary", "tree", "ndjson"];

/// The names of the captures.
pub(crate) fn captures() -> BTreeSet<String> {
    let entries = fs::read_dir("../pcaps").expect("pcaps/ exists");
    let names = entries
        .map(|entry| entry.expect("pcaps/ can be read").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "README.md").collect()
}

/// The name of a capture's snapshots.
fn title(name: &str) -> &str {
    name.strip_suffix(".pcap").unwrap_or(name)
}

#[test]
fn as_agreed() {
    for name in captures() {
        for format in FORMATS {
            let file = format!("pcaps/{name}");
            // Where the capture is about the field, its name says which layout it has.
            let layout = ["dscp", "tos8", "vlan"]
                .into_iter()
                .find(|layout| name.contains(&format!("fcf-{layout}")));
            let mut arguments = vec!["decode", "-o", format, &file];
            arguments.extend(layout.iter().flat_map(|layout| ["--fcf", layout]));
            let ran = vsectl(&arguments, b"");
            insta::assert_snapshot!(format!("{}.{format}", title(&name)), ran);
        }
    }
}

#[test]
fn every_snapshot_has_its_capture() {
    let entries = fs::read_dir("../tests/cli/snapshots").expect("there are snapshots");
    let kept: BTreeSet<String> = entries
        .map(|entry| entry.expect("they can be read").file_name().to_string_lossy().into_owned())
        .filter_map(|name| {
            let name = name.strip_prefix("cli__golden__")?.strip_suffix(".snap")?;
            Some(name.to_owned())
        })
        .collect();
    let wanted: BTreeSet<String> = captures()
        .iter()
        .flat_map(|name| FORMATS.map(|format| format!("{}.{format}", title(name))))
        .collect();
    assert_eq!(kept, wanted);
}
