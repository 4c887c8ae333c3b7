//! VMs as an administrator writes them: `port=NAME` or `mac=ADDRESS`, then `id=N` and what else is
//! known, by commas.

use codec::types::MacAddr;
use codec::vse::Core;

use super::vms::{PortOf, Vm};

const WANT: &str = "want port=NAME or mac=ADDRESS, then id=N, as in port=vm5,id=5,tenant=7";

/// The VMs of `text`, one behind the other; each begins with its port or mac.
pub fn parse_vms(text: &str) -> Result<Vec<(PortOf, Vm)>, String> {
    let mut specs: Vec<Vec<&str>> = Vec::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let begins = word.starts_with("port=") || word.starts_with("mac=");
        match specs.last_mut().filter(|_| !begins) {
            Some(spec) => spec.push(word),
            None => specs.push(vec![word]),
        }
    }
    specs.iter().map(|words| parse(words)).collect()
}

fn parse(words: &[&str]) -> Result<(PortOf, Vm), String> {
    let mut port = None;
    let mut vm =
        Vm { vm_id: 0, tenant_id: 0, name: String::new(), core: None, pid: 0, hw_addr: None };
    for word in words {
        let (key, value) = word.split_once('=').ok_or(WANT)?;
        let number = |max: u32| {
            let parsed = value.parse().ok().filter(|number| *number <= max);
            parsed.ok_or_else(|| format!("{key}={value}: want a number up to {max}"))
        };
        match key {
            "port" => port = Some(PortOf::Name(value.to_owned())),
            "mac" => {
                let address: MacAddr = value.parse().map_err(|_| format!("{word}: {WANT}"))?;
                port = Some(PortOf::HwAddr(address));
            }
            "id" => vm.vm_id = u16::try_from(number(4094)?).unwrap_or(0),
            "tenant" => vm.tenant_id = number(u32::MAX)?,
            "name" => value.clone_into(&mut vm.name),
            "core" => vm.core = u16::try_from(number(0xfffe)?).ok().map(Core),
            "pid" => vm.pid = number(u32::MAX)?,
            _ => return Err(format!("{key}: no such word; {WANT}")),
        }
    }
    let port = port.ok_or(WANT)?;
    if vm.vm_id == 0 {
        return Err(format!("id: want a number from 1 to 4094; {WANT}"));
    }
    if let (true, PortOf::Name(name)) = (vm.name.is_empty(), &port) {
        vm.name.clone_from(name);
    }
    Ok((port, vm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_in_a_row() {
        let vms = parse_vms("port=vm5,id=5,tenant=7,pid=99, mac=02:00:00:00:00:06,id=6,name=db");
        let vms = vms.unwrap();
        assert_eq!(vms.len(), 2);
        assert_eq!((vms[0].1.vm_id, vms[0].1.tenant_id, vms[0].1.pid), (5, 7, 99));
        assert_eq!(vms[0].1.name, "vm5");
        assert_eq!(vms[1].0, PortOf::HwAddr(MacAddr([2, 0, 0, 0, 0, 6])));
        assert_eq!(parse_vms(""), Ok(Vec::new()));
        for (text, why) in [
            ("id=5", "want port=NAME"),
            ("port=a", "id: want"),
            ("port=a,id=4095", "up to 4094"),
            ("port=a,id=5,speed=1", "no such word"),
            ("mac=x,id=5", "mac=x"),
            ("port=a,5", "want port"),
        ] {
            let error = parse_vms(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
