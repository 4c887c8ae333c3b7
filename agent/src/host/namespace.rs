//! Network namespaces: going into one, and finding the one that the other end of a veth is in.
//! Source: setns(2), ip-netns(8).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::link::namespace_number;

/// Where `ip netns add` puts namespaces.
const NAMED: &str = "/run/netns";

/// A network namespace that is open.
#[derive(Debug)]
pub struct Namespace {
    file: File,
    path: PathBuf,
}

impl Namespace {
    /// Opens the namespace that `ip netns add NAME` made.
    pub fn named(name: &str) -> io::Result<Self> {
        Self::open(Path::new(NAMED).join(name))
    }

    /// Opens the namespace of the calling thread.
    pub fn current() -> io::Result<Self> {
        Self::open(PathBuf::from("/proc/thread-self/ns/net"))
    }

    /// The name, for those that `ip netns` made.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let name = self.path.strip_prefix(NAMED).ok()?;
        Some(name.to_string_lossy().into_owned())
    }

    /// Runs `work` in the namespace, on a thread of its own: the caller stays where it is.
    ///
    /// Needs `CAP_SYS_ADMIN`. sysfs still shows the interfaces of the namespace in which it was mounted.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        let enter = || {
            move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(work())
        };
        thread::scope(|scope| scope.spawn(enter).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: File::open(&path)?, path })
    }
}

/// The namespace that the current one knows by `number`, if it has a name or a process.
pub(super) fn by_number(number: i32) -> io::Result<Option<Namespace>> {
    let mut seen = BTreeSet::new();
    for path in candidates() {
        // Processes end, and others' may not be looked at.
        let Ok(namespace) = Namespace::open(path) else { continue };
        let place = namespace.file.metadata()?;
        if seen.insert((place.dev(), place.ino()))
            && namespace_number(namespace.file.as_fd())? == Some(number)
        {
            return Ok(Some(namespace));
        }
    }
    Ok(None)
}

/// Named namespaces first, so that the name is told where there is one; then those of processes.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let entries = |path| fs::read_dir(path).into_iter().flatten().flatten();
    let named = entries(NAMED).map(|entry| entry.path());
    let processes = entries("/proc").filter(|entry| {
        entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit())
    });
    named.chain(processes.map(|entry| entry.path().join("ns/net")))
}
