//! Runs the built program.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a run of `vsectl` left: for snapshots, all of it.
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs `vsectl ARGS` with `stdin` as its standard input, in the project's top folder.
pub(crate) fn vsectl(args: &[&str], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vsectl"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env_remove("VSECTL_AGENT")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("vsectl starts");
    let mut pipe = child.stdin.take().expect("standard input is a pipe");
    let ran = std::thread::scope(|scope| {
        // A program that does not read its input closes the pipe; that is its right.
        scope.spawn(move || drop(pipe.write_all(stdin)));
        child.wait_with_output().expect("vsectl ends")
    });
    Ran {
        status: ran.status.code(),
        stdout: ran.stdout,
        stderr: String::from_utf8(ran.stderr).expect("diagnostics are UTF-8"),
    }
}

/// A path for a file of the running test, in the build's own scratch folder.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    dir.join(format!("{}-{name}", std::process::id()))
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("output is UTF-8")
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or("a signal".to_owned(), |code| code.to_string());
        write!(f, "exit {status}\n--- stdout\n{}--- stderr\n{}", self.text(), self.stderr)
    }
}
