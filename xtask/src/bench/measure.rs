//! Runs a program once, and measures it.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use wait4::{ResUse, Wait4};

use crate::run::top;

use super::inputs::FOLDER;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Seconds from start to exit.
    pub(super) wall: f64,
    /// Seconds of processor time, in the program and on its behalf in the kernel.
    pub(super) cpu: f64,
    /// The most memory that was resident. Linux counts the parent's into it at the start, so that
    /// this is never below the few MiB of this program.
    pub(super) peak_mib: f64,
    pub(super) status: ExitStatus,
}

/// A run, or why there is none.
pub(super) type Measured = Result<Run, String>;

/// Runs `command` with its output to /dev/null.
pub(super) fn run(command: &mut Command) -> anyhow::Result<Measured> {
    command.stdin(Stdio::null());
    command.stdout(OpenOptions::new().write(true).open("/dev/null")?);
    command.stderr(File::create(diagnostics_path())?);
    let begin = Instant::now();
    let ended = command.spawn().and_then(|mut child| child.wait4());
    let wall = begin.elapsed().as_secs_f64();
    Ok(match ended {
        Ok(ResUse { status, rusage }) => {
            let kib = u32::try_from(rusage.maxrss / 1024)?;
            let peak_mib = f64::from(kib) / 1024.0;
            let cpu = (rusage.utime + rusage.stime).as_secs_f64();
            Ok(Run { wall, cpu, peak_mib, status })
        }
        Err(error) => Err(format!("cannot start: {error}")),
    })
}

/// Megabytes that `command` prints.
pub(super) fn output_megabytes(command: &mut Command) -> anyhow::Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut bytes = 0_u64;
    if let Some(mut output) = child.stdout.take() {
        let mut buffer = vec![0; 256 << 10];
        loop {
            match output.read(&mut buffer)? {
                0 => break,
                read => bytes += u64::try_from(read)?,
            }
        }
    }
    child.wait()?;
    Ok(f64::from(u32::try_from(bytes / 1_000)?) / 1_000.0)
}

/// The line that says what went wrong in the latest run: the last of standard error, but for
/// those who end an error with a hint.
pub(super) fn diagnostic() -> String {
    let bytes = fs::read(diagnostics_path()).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let error = lines.clone().find(|line| line.starts_with("error"));
    error.or_else(|| lines.next_back()).unwrap_or("no diagnostic").trim().to_owned()
}

fn diagnostics_path() -> std::path::PathBuf {
    top().join(FOLDER).join("stderr")
}
