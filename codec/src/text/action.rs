//! The actions of a flow's text.

use super::controller::{controller, controller_with};
use super::diagnostic::Problem;
use super::nicira::{NICIRA_WORDS, make, nicira_action};
use super::subfield::{Subfield, is_short, subfield};
use super::word::{Word, nearest, number, number_up_to, number8, number16};
use crate::of10::{Action, PortNo};
use crate::types::{Hex, MacAddr, Pad};
use crate::vse::{Carrier, Core, VseAction};

/// The words for actions; every other one is a port.
pub const ACTION_WORDS: &[&str] = &[
    "output",
    "enqueue",
    "mod_vlan_vid",
    "mod_vlan_pcp",
    "strip_vlan",
    "mod_dl_src",
    "mod_dl_dst",
    "mod_nw_src",
    "mod_nw_dst",
    "mod_nw_tos",
    "mod_tp_src",
    "mod_tp_dst",
    "set_fcf",
    "set_irq_core",
    "drop",
    "controller",
    "local",
    "normal",
    "flood",
    "all",
    "in_port",
    "table",
    "raw",
];

/// Bytes of an Ethernet header, the least that Open vSwitch cuts a frame to.
const ETHERNET: u64 = 14;

/// Actions of Open vSwitch that are not read, or that OpenFlow 1.0 has no form for.
const EXTENSIONS: &[&str] = &["push_vlan", "goto_table", "meter", "encap", "decap"];

/// Reads the words behind `actions=`.
pub(super) fn parse_actions(words: &[Word<'_>]) -> Result<Vec<Action>, Problem> {
    let drop = words.iter().find(|word| word.text.eq_ignore_ascii_case("drop"));
    match (drop, words) {
        (Some(_), [_]) => return Ok(Vec::new()),
        (Some(drop), _) => {
            return Err(drop.problem("drop stands with other actions").help("write drop alone"));
        }
        _ => {}
    }
    let mut actions: Vec<Action> = Vec::with_capacity(words.len());
    for word in words {
        match (word.split(':'), actions.last_mut()) {
            // A dump of ours writes the hash behind the core.
            (("rxhash", Some(value)), Some(Action::Vse(VseAction::SetIrqCore { rxhash, .. }))) => {
                let value = number_up_to(&value, "rxhash", u32::MAX.into())?;
                *rxhash = Hex(u32::try_from(value).unwrap_or(u32::MAX));
            }
            _ => actions.push(parse_action(word)?),
        }
    }
    Ok(actions)
}

/// Reads one action.
pub(super) fn parse_action(word: &Word<'_>) -> Result<Action, Problem> {
    if let Some(read) = nicira_action(word) {
        return read;
    }
    if let Some((name, inside)) = word.call() {
        return parse_call(word, &name.to_ascii_lowercase(), &inside);
    }
    let (name, value) = word.split(':');
    let lower = name.to_ascii_lowercase();
    match (lower.as_str(), value) {
        ("strip_vlan" | "pop_vlan", None) => Ok(Action::StripVlan { pad: Pad::default() }),
        ("controller", value) => controller(value.as_ref()),
        ("output", Some(value)) if value.text.contains('[') => output_field(word, &value),
        ("output", Some(value)) => Ok(output(port(&value)?)),
        ("enqueue", Some(value)) => match value.split(':') {
            (first, Some(queue)) => {
                let end = value.span.start + first.len();
                enqueue(&Word { text: first, span: value.span.start..end }, &queue)
            }
            (_, None) => Err(value.problem("enqueue needs a port and a queue").help("enqueue:1:2")),
        },
        ("set_irq_core", Some(value)) => set_irq_core(&value),
        ("set_vlan_vid", Some(value)) => set_field("mod_vlan_vid", &value),
        ("set_vlan_pcp", Some(value)) => set_field("mod_vlan_pcp", &value),
        (known, Some(value)) if is_set(known) => set_field(known, &value),
        (known, None) if ACTION_WORDS.contains(&known) && PortNo::from_name(known).is_none() => {
            Err(word.problem(format!("{known} needs a value")).help(format!("{known}:…")))
        }
        (_, None) => port(word).map(output),
        (unknown, Some(_)) => Err(unknown_action(word, unknown)),
    }
}

fn is_set(name: &str) -> bool {
    name.starts_with("mod_") && ACTION_WORDS.contains(&name)
}

fn output(port: PortNo) -> Action {
    // The whole frame, as ovs-ofctl asks for where no length is given.
    let max_len = if port == PortNo::CONTROLLER { u16::MAX } else { 0 };
    Action::Output { port, max_len }
}

/// To the port that a field names; the whole frame.
fn output_field(word: &Word<'_>, value: &Word<'_>) -> Result<Action, Problem> {
    let Subfield { header, ofs, n_bits } = subfield(value)?;
    // The older action has no room for the header of an experimenter.
    let subtype = if is_short(header) { "output_reg" } else { "output_reg2" };
    make(
        word,
        serde_json::json!({
            "subtype": subtype, "ofs": ofs, "n_bits": n_bits, "src": header, "max_len": u16::MAX,
        }),
    )
}

/// The first bytes of the frame, as NXAST_OUTPUT_TRUNC sends them.
fn truncated(word: &Word<'_>, to: &Word<'_>, max_len: &Word<'_>) -> Result<Action, Problem> {
    let len = number_up_to(max_len, "max_len", u32::MAX.into())?;
    match port(to)? {
        PortNo::CONTROLLER => {
            let text = "what goes to the controller is cut off by its own action";
            Err(to.problem(text).help(format!("controller:{len}")))
        }
        _ if len < ETHERNET => {
            let text = format!("max_len is {len}, must be at least {ETHERNET}, a frame's header");
            Err(max_len.problem(text))
        }
        port => make(
            word,
            serde_json::json!({ "subtype": "output_trunc", "port": port.0, "max_len": len }),
        ),
    }
}

pub(super) fn port(word: &Word<'_>) -> Result<PortNo, Problem> {
    if let Some(port) = PortNo::from_name(word.text) {
        return Ok(port);
    }
    match number(word.text) {
        Some(_) => number16(word, "port").map(PortNo),
        None => Err(unknown_action(word, &word.text.to_ascii_lowercase())),
    }
}

fn enqueue(port_word: &Word<'_>, queue: &Word<'_>) -> Result<Action, Problem> {
    let port = port(port_word)?;
    let queue_id = number_up_to(queue, "queue", u32::MAX.into())?;
    let queue_id = u32::try_from(queue_id).unwrap_or(u32::MAX);
    Ok(Action::Enqueue { port, pad: Pad::default(), queue_id })
}

fn set_irq_core(value: &Word<'_>) -> Result<Action, Problem> {
    let core = match value.text {
        "auto" => Core::NONE,
        _ => match number_up_to(value, "core", 0xfffe) {
            Ok(core) => Core(u16::try_from(core).unwrap_or(u16::MAX)),
            Err(problem) => return Err(problem.help("set_irq_core:auto or set_irq_core:2")),
        },
    };
    Ok(Action::Vse(VseAction::SetIrqCore { core, rxhash: Hex(0) }))
}

fn set_field(name: &str, value: &Word<'_>) -> Result<Action, Problem> {
    let mac = || value.text.parse::<MacAddr>().map_err(|error| value.problem(error.to_string()));
    let ipv4 = || {
        let parsed = value.text.parse();
        parsed.map_err(|_| value.problem(format!("{:?} is no IPv4 address", value.text)))
    };
    Ok(match name {
        "mod_vlan_vid" => {
            let vlan = number_up_to(value, "VLAN id", 4095)?;
            Action::SetVlanVid { vlan_vid: u16::try_from(vlan).unwrap_or(0), pad: Pad::default() }
        }
        "mod_vlan_pcp" => Action::SetVlanPcp {
            vlan_pcp: number8(value, "VLAN priority", 7)?,
            pad: Pad::default(),
        },
        "mod_dl_src" => Action::SetDlSrc { dl_addr: mac()?, pad: Pad::default() },
        "mod_dl_dst" => Action::SetDlDst { dl_addr: mac()?, pad: Pad::default() },
        "mod_nw_src" => Action::SetNwSrc { nw_addr: ipv4()? },
        "mod_nw_dst" => Action::SetNwDst { nw_addr: ipv4()? },
        "mod_nw_tos" => {
            let nw_tos = number8(value, "type of service", 255)?;
            if nw_tos & 3 != 0 {
                let message = format!("mod_nw_tos:{nw_tos} sets the two low bits, which are ECN's");
                return Err(value.problem(message).help(format!("mod_nw_tos:{}", nw_tos & !3)));
            }
            Action::SetNwTos { nw_tos, pad: Pad::default() }
        }
        "mod_tp_src" => Action::SetTpSrc { tp_port: number16(value, "port")?, pad: Pad::default() },
        _ => Action::SetTpDst { tp_port: number16(value, "port")?, pad: Pad::default() },
    })
}

fn parse_call(word: &Word<'_>, name: &str, inside: &Word<'_>) -> Result<Action, Problem> {
    let arguments = inside.words()?;
    match (name, arguments.as_slice()) {
        ("raw", [hex]) => {
            let wire = crate::types::read_hex(hex.text);
            match wire.as_deref().map(Action::read) {
                Some(Ok(([], action))) => Ok(action),
                _ => Err(hex.problem("not the hex digits of one whole action")),
            }
        }
        ("enqueue", [port, queue]) => enqueue(port, queue),
        ("controller", arguments) => controller_with(word, arguments),
        ("output", [first, second]) => match (first.key_value(), second.key_value()) {
            (("port", Some(to)), ("max_len", Some(max_len))) => truncated(word, &to, &max_len),
            _ => Err(inside.problem("want port and max_len").help("output(port=2,max_len=128)")),
        },
        ("set_fcf", arguments) => set_fcf(word, arguments),
        ("set_irq_core", [core]) => set_irq_core(core),
        _ => Err(unknown_action(word, name)),
    }
}

fn set_fcf(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let (mut vm_id, mut priority, mut carrier) = (None, 0, Carrier::Tos);
    for argument in arguments {
        match argument.key_value() {
            ("vm_id", Some(value)) => {
                let id = number_up_to(&value, "VM id", 4094)?;
                vm_id = Some(u16::try_from(id).unwrap_or(0));
            }
            ("priority", Some(value)) => priority = number8(&value, "priority", 1)?,
            ("carrier", Some(value)) => {
                carrier = Carrier::from_name(value.text).ok_or_else(|| {
                    value
                        .problem(format!("carrier {:?} is not known", value.text))
                        .help("tos or vlan")
                })?;
            }
            (other, _) => {
                let message = format!("set_fcf has no {other:?}");
                return Err(argument.problem(message).help("vm_id, priority and carrier"));
            }
        }
    }
    match vm_id {
        Some(vm_id) => {
            Ok(Action::Vse(VseAction::SetFcf { vm_id, priority, carrier, pad: Pad::default() }))
        }
        None => Err(word
            .problem("set_fcf needs a VM id")
            .help("set_fcf(vm_id=5,priority=1,carrier=vlan)")),
    }
}

fn unknown_action(word: &Word<'_>, name: &str) -> Problem {
    if EXTENSIONS.contains(&name) {
        return word.problem(format!(
            "{name} is an action of Open vSwitch that flows here cannot have; raw(…) takes its bytes"
        ));
    }
    let problem = word.problem(format!("{name:?} is neither an action nor a port"));
    match nearest(name, ACTION_WORDS.iter().chain(NICIRA_WORDS).copied()) {
        Some(like) => problem.help(format!("did you mean {like}?")),
        None => problem,
    }
}
