//! The manual pages in man/ are those that the program describes itself by, and all are sound.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{scratch, vsectl};

/// The pages of section 1 in `dir`, by name.
fn command_pages(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).expect("the folder of the pages exists");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|section| section == "1"))
        .map(|path| {
            let name = path.file_name().expect("a page has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a page is text"))
        })
        .collect()
}

#[test]
fn pages_are_up_to_date() {
    let made = scratch("man");
    fs::create_dir_all(&made).expect("the scratch folder is ours");
    let ran = vsectl(&["man", made.to_str().expect("a scratch path is UTF-8")], b"");
    assert_eq!(ran.status, Some(0), "{ran}");
    let (made_pages, kept_pages) = (command_pages(&made), command_pages(Path::new("../man")));
    fs::remove_dir_all(&made).expect("the scratch folder is ours");
    assert!(made_pages == kept_pages, "man/ is out of date: run cargo xtask man");
}

#[test]
fn pages_lint() {
    let pages = fs::read_dir("../man").expect("man/ exists");
    let pages = pages.map(|entry| entry.expect("man/ can be read").path());
    let lint = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(pages)
        .output()
        .expect("mandoc is installed: apt-get install mandoc");
    let findings = String::from_utf8_lossy(&lint.stdout);
    assert!(findings.is_empty() && lint.status.success(), "{findings}");
}
