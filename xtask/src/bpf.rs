//! `cargo xtask bpf`: the objects of the BPF programs from their sources; and the check that the
//! committed objects are what the sources give. The compiler is one version, so that both can be
//! compared by their instructions and maps.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aya_obj::Object;

use crate::packages::{CLANG, LIBBPF, LINUX_HEADERS, LLVM, need, need_files};
use crate::run::{command, run as execute, top};

/// The folder of the sources.
const FOLDER: &str = "agent/bpf";
/// Every object, by the name of its source: VSE's datapath, what traces the cpumap, the two of the
/// experiment, and what the benchmark compares with.
const OBJECTS: [&str; 5] = ["vse_xdp", "vse_trace", "vse_load", "vse_models", "vse_reference"];

/// Writes the objects.
pub(crate) fn build() -> anyhow::Result<()> {
    let folder = top().join(FOLDER);
    OBJECTS.iter().try_for_each(|name| compile(&source(name), &folder.join(object(name))))
}

/// Compares the committed objects with new ones; an error says what differs.
pub(crate) fn check() -> anyhow::Result<()> {
    OBJECTS.iter().try_for_each(|name| check_one(name))
}

fn check_one(name: &str) -> anyhow::Result<()> {
    let object = object(name);
    let fresh = top().join("target").join(&object);
    compile(&source(name), &fresh)?;
    let committed = parts(&top().join(FOLDER).join(&object))?;
    let fresh = parts(&fresh)?;
    let names: std::collections::BTreeSet<_> = committed.keys().chain(fresh.keys()).collect();
    let different: Vec<&str> = names
        .into_iter()
        .filter(|name| committed.get(*name) != fresh.get(*name))
        .map(String::as_str)
        .collect();
    if different.is_empty() {
        println!("{FOLDER}/{object}: {} functions and maps as in the source", fresh.len());
        return Ok(());
    }
    bail!(
        "{FOLDER}/{object} is not what {FOLDER}/{name}.c gives; different are: {}; run: cargo xtask bpf",
        different.join(", ")
    )
}

fn source(name: &str) -> PathBuf {
    top().join(FOLDER).join(format!("{name}.c"))
}

fn object(name: &str) -> String {
    format!("{name}.bpf.o")
}

/// Compiles `source` into `object`, without what only a debugger needs.
pub(crate) fn compile(source: &Path, object: &Path) -> anyhow::Result<()> {
    need(&[CLANG, LLVM])?;
    need_files(&[LIBBPF, LINUX_HEADERS])?;
    let folder = source.parent().context("a source has a folder")?;
    let name = source.file_name().context("a source has a name")?;
    if let Some(parent) = object.parent() {
        fs::create_dir_all(parent)?;
    }
    let machine = std::env::consts::ARCH;
    let mut clang = command(
        CLANG.program,
        &["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-Wextra", "-Werror"],
    );
    // Debian has asm/types.h in a folder of the machine's, where this target does not look.
    clang.arg(format!("-I/usr/include/{machine}-linux-gnu"));
    // No path of the machine that it is built on gets into the object.
    clang.args(["-fdebug-compilation-dir=.", "-c"]).arg(name).arg("-o").arg(object);
    execute(clang.current_dir(folder))?;
    execute(command(LLVM.program, &["--strip-debug"]).arg(object))
}

/// Functions by their instructions, and maps by their definition.
fn parts(object: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let bytes = fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
    let object =
        Object::parse(&bytes).with_context(|| format!("{} is no BPF object", object.display()))?;
    let functions = object.functions.values().map(|function| {
        (format!("function {}", function.name), format!("{:?}", function.instructions))
    });
    let programs = object.programs.iter().map(|(name, program)| {
        (format!("program {name}"), format!("{:?} {:?}", program.section, program.license))
    });
    let maps = object.maps.iter().map(|(name, map)| {
        let size = (map.map_type(), map.key_size(), map.value_size(), map.max_entries());
        (
            format!("map {name}"),
            format!("{size:?} {} {:?} {:?}", map.map_flags(), map.pinning(), map.data()),
        )
    });
    Ok(functions.chain(programs).chain(maps).collect())
}
