//! `cargo xtask bench craft`: making packets, sending them and keeping a pace, beside the least that
//! a C program can do and the programs that people use instead, in turn. Sending goes over a pair of
//! interfaces in a network namespace of its own.

mod lab;
mod plan;
mod report;

use std::fs;

use anyhow::{Context, bail, ensure};

use crate::packages::{CC, IPROUTE2, LIBPCAP, SCAPY, TCPREPLAY, TRAFGEN, need};
use crate::run::{cargo, command, is_root, step, top};

use super::inputs::FOLDER;
use super::measure::{self, diagnostic};
use lab::Lab;
use plan::{Entry, Part, entries, pace_entries};
use report::{Row, document, table};

/// How often each command line is run.
const ROUNDS: usize = 5;

#[derive(Debug)]
struct Options {
    quick: bool,
    json: Option<String>,
}

impl Options {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let mut options = Self { quick: false, json: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--json" => {
                    options.json = Some(words.next().context("--json needs a file")?.clone());
                }
                _ => bail!("bench craft does not know {word}"),
            }
        }
        Ok(options)
    }
}

pub(super) fn run(words: &[String]) -> anyhow::Result<()> {
    let options = Options::parse(words)?;
    ensure!(is_root(), "bench craft sends in a network namespace, which root alone can make");
    need(&[CC, LIBPCAP, IPROUTE2, TCPREPLAY, TRAFGEN, SCAPY])?;
    fs::create_dir_all(top().join(FOLDER))?;
    for (name, library) in [("dump_loop", Some("-lpcap")), ("send_loop", None)] {
        let (program, source) =
            (format!("{FOLDER}/{name}"), format!("xtask/src/bench/craft/{name}.c"));
        let mut compile = command("cc", &["-O2", "-o", &program, &source]);
        step(name, compile.args(library))?;
    }
    step("build", &mut cargo(&["build", "--release", "--package", "vsectl", "--locked"]))?;
    plan::write_inputs()?;

    let lab = Lab::new()?;
    let (scale, rounds) = if options.quick { (100, 1) } else { (1, ROUNDS) };
    let mut rows: Vec<Row> = entries(scale).into_iter().map(Row::new).collect();
    for part in [Part::Make, Part::Send] {
        println!("--- {part}: {rounds} rounds");
        for _ in 0..rounds {
            rows.iter_mut()
                .filter(|row| row.entry.part == part)
                .try_for_each(|row| once(row, &lab))?;
        }
    }
    println!("--- {}", Part::Pace);
    for entry in pace_entries(if options.quick { 2 } else { 10 }) {
        let mut row = Row::new(entry);
        once(&mut row, &lab)?;
        rows.push(row);
    }
    drop(lab);
    print!("{}", table(&rows));
    if let Some(path) = &options.json {
        fs::write(path, format!("{:#}\n", document(&rows)))
            .with_context(|| format!("cannot write {path}"))?;
    }
    let failed = rows.iter().filter(|row| row.failure.is_some()).count();
    ensure!(failed == 0, "{failed} of {} command lines failed", rows.len());
    Ok(())
}

/// Runs a row's command line, unless it failed before.
fn once(row: &mut Row, lab: &Lab) -> anyhow::Result<()> {
    if row.failure.is_some() {
        return Ok(());
    }
    let Entry { part, packets, .. } = row.entry;
    let before = lab.received()?;
    let mut command = row.entry.command(lab);
    match measure::run(&mut command)? {
        Ok(run) if run.status.success() => {
            let arrived = lab.received()? - before;
            // A packet of the system's own may be among them.
            if part != Part::Make && arrived < packets {
                row.failure = Some(format!("{arrived} of {packets} packets arrived"));
                return Ok(());
            }
            if row.runs.is_empty() {
                println!("    {:8.4} s  {}", run.wall, row.entry.line);
            }
            row.runs.push(run);
        }
        Ok(_) => row.failure = Some(diagnostic()),
        Err(why) => row.failure = Some(why),
    }
    Ok(())
}
