//! Running programs: each is shown, and a failure names the command line.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// The project's top folder.
pub(crate) fn top() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// `cargo` with `args`, in the project's top folder.
pub(crate) fn cargo(args: &[&str]) -> Command {
    command(&env_or("CARGO", "cargo"), args)
}

/// `program` with `args`, in the project's top folder.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(top());
    command
}

fn env_or(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Runs `command` as the step `what`, and says how long it took.
pub(crate) fn step(what: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("==> {what}: {}", line(command));
    let begin = Instant::now();
    run(command)?;
    println!("<== {what}: {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Runs `command`, whose output is shown as it comes.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start: {}", line(command)))?;
    if !status.success() {
        bail!("failed ({status}): {}", line(command));
    }
    Ok(())
}

/// Whether `program ARGS` starts and succeeds; what it prints is not shown.
pub(crate) fn succeeds(program: &str, args: &[&str]) -> bool {
    command(program, args).output().is_ok_and(|output| output.status.success())
}

/// Whether `program` can be found.
pub(crate) fn is_program(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    // Where Debian keeps those that need root; not everyone's PATH has them.
    folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.iter().any(|folder| folder.join(program).is_file())
}

/// The command line, as one would type it.
pub(crate) fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether this is root.
pub(crate) fn is_root() -> bool {
    command("id", &["-u"]).output().is_ok_and(|id| id.stdout == b"0\n")
}
