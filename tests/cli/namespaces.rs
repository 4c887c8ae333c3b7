//! Network namespaces of a test, removed when it ends.

use std::process::Command;

/// Namespaces that only this test knows.
pub(crate) struct Namespaces {
    pub(crate) names: Vec<String>,
}

impl Namespaces {
    /// Makes a namespace for each of `parts`.
    pub(crate) fn new<const N: usize>(test: &str, parts: [&str; N]) -> Self {
        let id = std::process::id();
        let names = parts.iter().map(|part| format!("vse-{test}-{id}-{part}")).collect();
        let namespaces = Self { names };
        for name in &namespaces.names {
            namespaces.ip(&format!("netns add {name}"));
        }
        namespaces
    }

    /// `ip` with the words of `arguments`.
    pub(crate) fn ip(&self, arguments: &str) {
        self.run(&format!("ip {arguments}"));
    }

    /// A program and its arguments, which succeeds.
    pub(crate) fn run(&self, line: &str) {
        let (succeeded, text) = self.output(&line.split(' ').collect::<Vec<_>>());
        assert!(succeeded, "{line}: {text}");
    }

    /// Whether a program succeeded, and what it printed on standard output and standard error.
    #[allow(clippy::unused_self, reason = "it runs while the namespaces are there")]
    pub(crate) fn output(&self, words: &[&str]) -> (bool, String) {
        let (program, arguments) = words.split_first().expect("a program is named");
        let ran = Command::new(program).args(arguments).output().expect("the program starts");
        let text = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8_lossy(&text).into_owned())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in &self.names {
            drop(Command::new("ip").args(["netns", "del", name]).status());
        }
    }
}
