//! The interfaces that can be captured on: `vsectl decode -D`.

use std::io::Write;

use anyhow::Context;
use pcap::Device;
use serde_json::json;

/// Prints an interface a line: number, name, what it is; or as JSON.
pub(crate) fn list(as_json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let devices = Device::list().context("cannot list interfaces")?;
    if as_json {
        let interfaces: Vec<_> = devices
            .iter()
            .map(|device| {
                let addresses: Vec<_> =
                    device.addresses.iter().map(|address| address.addr.to_string()).collect();
                json!({
                    "name": device.name,
                    "description": device.desc,
                    "up": device.flags.is_up(),
                    "running": device.flags.is_running(),
                    "loopback": device.flags.is_loopback(),
                    "addresses": addresses,
                })
            })
            .collect();
        let document = json!({"schema": "vsectl.interfaces/1", "interfaces": interfaces});
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return Ok(writeln!(out)?);
    }
    for (index, device) in devices.iter().enumerate() {
        write!(out, "{}. {}", index + 1, device.name)?;
        if let Some(description) = &device.desc {
            write!(out, " ({description})")?;
        }
        if !device.flags.is_up() {
            write!(out, " [down]")?;
        }
        for address in &device.addresses {
            write!(out, " {}", address.addr)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The interface that `name` means: by its name, or by its number in the list.
pub(super) fn named(name: &str) -> Result<String, String> {
    let devices = Device::list().map_err(|error| format!("cannot list interfaces: {error}"))?;
    if devices.iter().any(|device| device.name == name) {
        return Ok(name.to_owned());
    }
    if let Some(device) = name.parse::<usize>().ok().and_then(|n| devices.get(n.checked_sub(1)?)) {
        return Ok(device.name.clone());
    }
    let near = devices
        .iter()
        .map(|device| (strsim::damerau_levenshtein(name, &device.name), &device.name))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    let help = match near {
        Some((_, near)) => format!("did you mean {near}?"),
        None => "vsectl decode -D lists them".to_owned(),
    };
    Err(format!("no interface {name}; {help}"))
}
