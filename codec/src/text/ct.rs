//! The actions ct and nat in a flow's text: ovs-actions(7).

use serde_json::{Value as Json, json};

use super::action::parse_actions;
use super::diagnostic::Problem;
use super::nicira::{make, set};
use super::subfield::{Subfield, subfield};
use super::word::{Word, nearest, number8, number16};
use crate::of10::Action;

pub(super) fn ct(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let mut flags = Vec::new();
    let mut json = json!({
        "subtype": "ct", "zone_src": 0, "zone": 0, "recirc_table": 255, "alg": 0,
    });
    let mut actions: Vec<Action> = Vec::new();
    for argument in arguments {
        let call = argument.call().filter(|(name, _)| !name.contains('='));
        match (call, argument.key_value()) {
            (Some(("exec", inside)), _) => actions.extend(parse_actions(&inside.words()?)?),
            (Some(("nat", inside)), _) => actions.insert(0, nat(argument, &inside.words()?)?),
            (None, ("nat", None)) => actions.insert(0, nat(argument, &[])?),
            (None, (flag @ ("commit" | "force"), None)) => flags.push(flag),
            (None, ("table", Some(table))) => {
                set(&mut json, "recirc_table", number8(&table, "table", 254)?.into());
            }
            (None, ("zone", Some(zone))) if zone.text.contains('[') => {
                let Subfield { header, ofs, n_bits } = subfield(&zone)?;
                let bits = ofs << 6 | n_bits.saturating_sub(1);
                set(&mut json, "zone_src", header.into());
                set(&mut json, "zone", bits.into());
            }
            (None, ("zone", Some(zone))) => {
                set(&mut json, "zone", number16(&zone, "zone")?.into());
            }
            (None, ("alg", Some(alg))) => {
                let port = match alg.text {
                    "ftp" => 21,
                    "tftp" => 69,
                    _ => number16(&alg, "alg")?,
                };
                set(&mut json, "alg", port.into());
            }
            _ => {
                let text = format!("ct has no {:?}", argument.text);
                let known = ["commit", "force", "table", "zone", "alg", "nat", "exec"];
                let like = nearest(argument.key_value().0, known).unwrap_or("zone");
                return Err(argument.problem(text).help(format!("did you mean {like}?")));
            }
        }
    }
    set(&mut json, "flags", json!(flags));
    set(&mut json, "actions", json!(actions));
    make(word, json)
}

fn nat(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let (mut flags, mut present) = (Vec::new(), Vec::new());
    let mut json = json!({ "subtype": "nat" });
    for argument in arguments {
        match argument.key_value() {
            (side @ ("src" | "dst"), range) => {
                flags.push(side);
                if let Some(range) = range {
                    nat_range(&range, &mut present, &mut json)?;
                }
            }
            (flag @ ("persistent" | "hash" | "random"), None) => flags.push(flag),
            _ => {
                let text = format!("nat has no {:?}", argument.text);
                return Err(argument.problem(text).help("nat(src=192.0.2.1-192.0.2.9,random)"));
            }
        }
    }
    set(&mut json, "flags", json!(flags));
    set(&mut json, "range_present", json!(present));
    make(word, json)
}

/// `first-last:port-port`; IPv6 addresses with ports stand in brackets.
fn nat_range(range: &Word<'_>, present: &mut Vec<String>, json: &mut Json) -> Result<(), Problem> {
    let v6 = range.text.contains("::") || range.text.matches(':').count() > 1;
    let at = if v6 { range.text.rfind("]:").map(|at| at + 1) } else { range.text.find(':') };
    let (addresses, ports) = match at.and_then(|at| range.text.split_at_checked(at)) {
        Some((addresses, ports)) => (addresses, ports.strip_prefix(':')),
        None => (range.text, None),
    };
    let family = if v6 { "ipv6" } else { "ipv4" };
    let wrong = |what: &str| range.problem(format!("{what:?} is no part of a range"));
    let mut put = |key: String, value: Json| {
        present.push(key.clone());
        set(json, &key, value);
    };
    for (end, address) in ["min", "max"].into_iter().zip(addresses.split('-')) {
        let bare = address.trim_start_matches('[').trim_end_matches(']');
        let read: Result<std::net::IpAddr, _> = bare.parse();
        let read = read.map_err(|_| wrong(address))?;
        put(format!("{family}_{end}"), json!(read));
    }
    for (end, number) in
        ["min", "max"].into_iter().zip(ports.into_iter().flat_map(|p| p.split('-')))
    {
        let read: u16 = number.parse().map_err(|_| wrong(number))?;
        put(format!("proto_{end}"), json!(read));
    }
    Ok(())
}
