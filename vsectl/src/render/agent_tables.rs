//! The tables of an agent, for people.

use std::fmt::Display;
use std::io::{self, Write};

use codec::vse::{Config, ConfigFlags, Core, CoreFlags};

use super::table::Side::{Left, Right};
use super::table::table;
use crate::view::{CoreView, FlowView, VmView};

/// Characters of the bar of a load.
const BAR: usize = 10;

/// Entries of the flow table; with what they have done, where any tells it.
pub(crate) fn flows(flows: &[FlowView], out: &mut impl Write) -> io::Result<()> {
    let mut columns = vec![("PRIORITY", Right), ("MATCH", Left), ("ACTIONS", Left)];
    let stats = flows.iter().any(|flow| flow.stats.is_some()) || flows.is_empty();
    if stats {
        columns.extend([("CORE", Right), ("WHY", Left), ("PACKETS", Right), ("BYTES", Right)]);
        columns.push(("AGE", Right));
    }
    columns.extend([("IDLE", Right), ("HARD", Right), ("COOKIE", Right)]);
    let rows = flows.iter().map(|flow| {
        let matched = flow.matched();
        let matched = if matched.is_empty() { "any".to_owned() } else { matched };
        let mut row = vec![flow.priority.to_string(), matched, flow.actions()];
        if stats {
            match &flow.stats {
                Some(done) => row.extend([
                    core(done.core),
                    // Before the first frame nothing was decided.
                    if done.core == Core::NONE { "-".to_owned() } else { done.reason.to_string() },
                    done.packets.to_string(),
                    done.bytes.to_string(),
                    age(done.duration),
                ]),
                None => row.extend(std::iter::repeat_n("-".to_owned(), 5)),
            }
        }
        row.extend([seconds(flow.idle_timeout), seconds(flow.hard_timeout)]);
        row.push(flow.cookie.to_string());
        row
    });
    table(&columns, rows, out)
}

/// Cores, with a bar for the load.
pub(crate) fn cores(cores: &[CoreView], out: &mut impl Write) -> io::Result<()> {
    let columns = [
        ("CORE", Right),
        ("LOAD", Right),
        ("", Left),
        ("PLACED", Right),
        ("STATE", Left),
        ("VMS", Left),
        ("ENTRIES", Right),
        ("PACKETS", Right),
        ("DROPS", Right),
        ("NUMA", Right),
    ];
    let rows = cores.iter().map(|view| {
        vec![
            view.core.to_string(),
            percent(view.load),
            bar(view.load, BAR),
            percent(view.provisional),
            state(view.flags),
            words(&view.vms),
            view.entries.to_string(),
            view.packets.to_string(),
            view.drops.to_string(),
            view.numa_node.map_or("-".to_owned(), |node| node.to_string()),
        ]
    });
    table(&columns, rows, out)
}

/// VMs.
pub(crate) fn vms(vms: &[VmView], out: &mut impl Write) -> io::Result<()> {
    let columns = [
        ("VM", Right),
        ("CORE", Right),
        ("KNOWN BY", Left),
        ("PID", Right),
        ("PORT", Right),
        ("TENANT", Right),
        ("MAC", Left),
        ("NAME", Left),
    ];
    let rows = vms.iter().map(|vm| {
        vec![
            vm.vm_id.to_string(),
            core(vm.core),
            vm.source.to_string(),
            or_dash(vm.pid),
            or_dash(vm.port),
            vm.tenant_id.to_string(),
            or_dash(vm.mac),
            vm.name.chars().flat_map(escaped).collect(),
        ]
    });
    table(&columns, rows, out)
}

/// A configuration, a setting a line, as `config set` takes it.
pub(crate) fn config(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let yes_no = |flag| if config.flags.contains(flag) { "yes" } else { "no" };
    writeln!(out, "enabled={}", yes_no(ConfigFlags::ENABLED))?;
    writeln!(out, "policy={}", config.policy)?;
    writeln!(out, "high_load={}", config.high_load)?;
    writeln!(out, "idle_timeout={}", config.idle_timeout)?;
    writeln!(out, "fcf_layout={}", config.fcf_layout)?;
    writeln!(out, "rebalance={}", yes_no(ConfigFlags::REBALANCE))?;
    writeln!(out, "rebalance_interval={}", config.rebalance_interval)?;
    writeln!(out, "rebalance_improvement={}", config.rebalance_improvement)
}

/// A bar of `width` characters, as full as the load per mille.
pub(crate) fn bar(load: u16, width: usize) -> String {
    let full = usize::from(load.min(1000)) * width;
    let full = (full + 500) / 1000;
    "█".repeat(full) + &"░".repeat(width.saturating_sub(full))
}

/// Per mille as percent.
pub(crate) fn percent(per_mille: u16) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// What people must know of a core.
pub(crate) fn state(flags: CoreFlags) -> String {
    let mut words = Vec::new();
    if !flags.contains(CoreFlags::ONLINE) {
        words.push("offline");
    }
    words.push(if flags.contains(CoreFlags::ELIGIBLE) { "eligible" } else { "not eligible" });
    if flags.contains(CoreFlags::HIGH) {
        words.push("high");
    }
    if flags.contains(CoreFlags::PRIORITY) {
        words.push("priority flow");
    }
    words.join(", ")
}

/// A core, or a dash for none.
pub(crate) fn core(core: Core) -> String {
    or_dash(Some(core).filter(|core| *core != Core::NONE))
}

/// Numbers with commas, or a dash for none.
pub(crate) fn words<T: Display>(items: &[T]) -> String {
    match items {
        [] => "-".to_owned(),
        items => items.iter().map(T::to_string).collect::<Vec<_>>().join(","),
    }
}

fn or_dash<T: Display>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// A name could confuse a terminal.
fn escaped(character: char) -> Vec<char> {
    if character.is_control() { character.escape_default().collect() } else { vec![character] }
}

fn seconds(timeout: u16) -> String {
    if timeout == 0 { "-".to_owned() } else { format!("{timeout} s") }
}

/// A duration in at most six characters.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "durations are positive, and those of the wire fit"
)]
pub(crate) fn age(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_ages() {
        assert_eq!(bar(0, 4), "░░░░");
        assert_eq!(bar(500, 4), "██░░");
        assert_eq!(bar(2000, 4), "████");
        assert_eq!(age(5.25), "5.2 s");
        assert_eq!(age(125.0), "2m05s");
        assert_eq!(age(7320.0), "2h02m");
        assert_eq!(age(90_000.0), "1d01h");
    }
}
