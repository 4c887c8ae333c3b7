//! `cargo xtask bench decode`: this program, a loop over libpcap, and the programs that people use
//! instead, on the same captures in turn, so that what else the machine does strikes all alike.

use std::fs;

use anyhow::{Context, bail, ensure};

use crate::packages::{CC, LIBPCAP, OPEN_VSWITCH, TCPDUMP, TSHARK, need};
use crate::run::{cargo, command, step};

use super::inputs::{self, FOLDER, Input};
use super::measure::{diagnostic, output_megabytes, run as measure};
use super::plan::{Entry, LOOP, entries};
use super::report::{Row, document, table};

/// How often each command line is run.
const ROUNDS: usize = 7;
/// How often on the small capture, where a run takes milliseconds.
const ROUNDS_SMALL: usize = 50;
/// What takes longer than so many seconds is run once.
const LONG: f64 = 5.0;

#[derive(Debug)]
struct Options {
    quick: bool,
    scale: u32,
    json: Option<String>,
}

impl Options {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let mut options = Self { quick: false, scale: 1, json: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--scale" => options.scale = value()?.parse().context("--scale takes a number")?,
                "--json" => options.json = Some(value()?.clone()),
                _ => bail!("bench decode does not know {word}"),
            }
        }
        // Below 100 frames there is no room for eight connections.
        ensure!((1..=10_000).contains(&options.scale), "--scale is from 1 to 10000");
        Ok(options)
    }
}

pub(super) fn run(words: &[String]) -> anyhow::Result<()> {
    let options = Options::parse(words)?;
    need(&[CC, LIBPCAP, TCPDUMP])?;
    if !options.quick {
        need(&[TSHARK, OPEN_VSWITCH])?;
    }
    inputs::make(options.scale)?;
    let source = "xtask/src/bench/pcap_loop.c";
    let program = format!("{FOLDER}/{LOOP}");
    step(LOOP, &mut command("cc", &["-O2", "-o", &program, source, "-lpcap"]))?;
    step("build", &mut cargo(&["build", "--release", "--package", "vsectl", "--locked"]))?;

    let wanted = |entry: &Entry| !(entry.slow && options.quick);
    let mut rows: Vec<Row> = entries().into_iter().filter(wanted).map(Row::new).collect();
    for input in Input::ALL {
        let rounds = if input == Input::Small { ROUNDS_SMALL } else { ROUNDS };
        println!("--- {}: {rounds} rounds", input.name());
        for _ in 0..rounds {
            for row in rows.iter_mut().filter(|row| row.entry.input == input) {
                once(row)?;
            }
        }
    }
    print!("{}", table(&rows));
    if let Some(path) = &options.json {
        let document = document(&rows, options.scale);
        fs::write(path, format!("{document:#}\n"))
            .with_context(|| format!("cannot write {path}"))?;
    }
    let failed = rows.iter().filter(|row| row.failure.is_some()).count();
    ensure!(failed == 0, "{failed} of {} command lines failed", rows.len());
    Ok(())
}

/// Runs a row's command line, unless it failed before or takes long.
fn once(row: &mut Row) -> anyhow::Result<()> {
    if row.failure.is_some() || row.runs.last().is_some_and(|run| run.wall > LONG) {
        return Ok(());
    }
    match measure(&mut row.entry.command())? {
        Ok(run) if row.entry.is_done(run.status.code()) => {
            if row.runs.is_empty() {
                println!("    {:8.4} s  {}", run.wall, row.entry.line);
                if row.entry.output_counts {
                    row.output = Some(output_megabytes(&mut row.entry.command())?);
                }
            }
            row.runs.push(run);
        }
        Ok(run) if run.status.code().is_none() => row.failure = Some(run.status.to_string()),
        Ok(_) => row.failure = Some(diagnostic()),
        Err(why) => row.failure = Some(why),
    }
    Ok(())
}
