//! The README's lines about test traffic, as one types them: in a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::namespaces::Namespaces;
use crate::run::{scratch, vsectl};

const README: &str = include_str!("../../README.md");

/// A folder in which a shell finds `vsectl`.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = scratch(name);
        fs::create_dir(&path).expect("the scratch folder is ours");
        Self(path)
    }

    /// Runs the line of the README that begins so.
    fn run(&self, begin: &str) -> Output {
        self.run_by(&[], begin)
    }

    /// The same, behind these words.
    fn run_by(&self, words: &[&str], begin: &str) -> Output {
        let mut lines = README.lines().filter_map(|line| line.strip_prefix("$ "));
        let line = lines.find(|line| line.starts_with(begin)).expect("the README has the line");
        let program = Path::new(env!("CARGO_BIN_EXE_vsectl"));
        let folder = program.parent().expect("a file is in a folder").display();
        let path = std::env::var("PATH").expect("there is a PATH");
        let words = [words, &["sh", "-c", line]].concat();
        let (first, rest) = words.split_first().expect("a shell, at least");
        let ran = Command::new(first)
            .args(rest)
            .current_dir(&self.0)
            .env("PATH", format!("{folder}:{path}"))
            .env("NO_COLOR", "1")
            .output()
            .expect("the shell starts");
        let errors = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && errors.is_empty(), "{line}: {errors}");
        ran
    }

    /// What decoding tells of a file in it.
    fn decode(&self, name: &str, options: &[&str]) -> String {
        let path = self.0.join(name);
        let path = path.to_str().expect("a scratch path is UTF-8");
        let ran = vsectl(&[&["decode", path], options].concat(), b"");
        assert_eq!(ran.status, Some(0), "{ran}");
        ran.text().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn traffic_is_crafted() {
    let folder = Folder::new("readme-traffic");
    let hex = folder.run("vsectl craft traffic ip ").stdout;
    assert_eq!(String::from_utf8_lossy(&hex).lines().count(), 4);

    folder.run("vsectl craft traffic eth ");
    let fields = ["-e", "ip.src", "-e", "vse.fcf.vm_id", "-e", "ip.len"];
    let told =
        folder.decode("vm5.pcapng", &[&["--fcf", "vlan", "-T", "fields"], &fields[..]].concat());
    let sources = (0..256).map(|host| format!("10.0.0.{host}\t5\t1428\n"));
    assert_eq!(told, sources.collect::<String>());
}

#[test]
fn a_session_is_crafted() {
    let folder = Folder::new("readme-session");
    folder.run("echo 'framed add-flow");
    let told = folder.decode("session.pcapng", &["-Y", "openflow"]);
    assert!(told.contains("VSE FLOW_MOD ADD vm_id=5 actions=set_irq_core:auto }"), "{told}");
}

#[test]
#[ignore = "needs root, for a network namespace"]
fn what_was_crafted_is_sent() {
    let folder = Folder::new("readme-send");
    folder.run("vsectl craft traffic eth ");
    let spaces = Namespaces::new("readme", ["a"]);
    let name = &spaces.names[0];
    spaces.ip(&format!("-n {name} link add veth0 type veth peer name veth1"));
    spaces.ip(&format!("-n {name} link set veth1 arp off up"));
    spaces.ip(&format!("-n {name} link set veth0 arp off up"));
    let ran = folder.run_by(&["ip", "netns", "exec", name], "vsectl send vm5.pcapng");
    let report = String::from_utf8_lossy(&ran.stdout);
    assert!(report.starts_with("sent 256 packets"), "{report}");
}
