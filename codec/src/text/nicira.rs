//! The actions of Nicira in a flow's text: ovs-actions(7).
//!
//! An action is put together in its JSON form, which checks every value against the codec's tables.

use serde_json::{Map, Value as Json, json};

use super::action::{parse_actions, port};
use super::ct::ct;
use super::diagnostic::Problem;
use super::learn::learn;
use super::nxm_match::part;
use super::nxm_value::{Masked, bytes_of, masked, option};
use super::subfield::{Subfield, arrow, field, is_short, parts, subfield};
use super::word::{Word, number, number_up_to, number8, number16};
use crate::nicira::{NiciraAction, NxmEntry};
use crate::of10::{Action, FlowMod, PortNo};
use crate::types::{Bytes, read_hex};

/// The words for Nicira's actions. Two more, `output` and `controller`, are OpenFlow's too.
pub const NICIRA_WORDS: &[&str] = &[
    "resubmit",
    "set_tunnel",
    "set_tunnel64",
    "set_queue",
    "pop_queue",
    "move",
    "load",
    "set_field",
    "note",
    "multipath",
    "bundle",
    "bundle_load",
    "learn",
    "exit",
    "dec_ttl",
    "fin_timeout",
    "write_metadata",
    "push_mpls",
    "pop_mpls",
    "set_mpls_ttl",
    "set_mpls_label",
    "set_mpls_tc",
    "dec_mpls_ttl",
    "push",
    "pop",
    "conjunction",
    "sample",
    "check_pkt_larger",
    "debug_slow",
    "debug_recirc",
    "nicira",
    "ct",
    "ct_clear",
    "clone",
    "group",
    "delete_field",
];

/// Reads the action that `word` is, if its name is one of Nicira's.
pub(super) fn nicira_action(word: &Word<'_>) -> Option<Result<Action, Problem>> {
    if word.text.starts_with("check_pkt_larger(") {
        return Some(check_pkt_larger(word));
    }
    let (name, inside) = match word.call() {
        Some((name, inside)) if !name.contains(':') => (name, Some(inside)),
        _ => (word.split(':').0, None),
    };
    let name = name.to_ascii_lowercase();
    if !NICIRA_WORDS.contains(&name.as_str()) {
        return None;
    }
    Some(match (inside, word.split(':').1) {
        (Some(inside), _) => call(word, &name, &inside),
        (None, Some(value)) => with_value(word, &name, &value),
        (None, None) => alone(word, &name),
    })
}

/// Puts an action together; an error is told at `word`.
pub(super) fn make(word: &Word<'_>, json: Json) -> Result<Action, Problem> {
    let read = serde_json::from_value::<NiciraAction>(json);
    read.map(Action::Nicira).map_err(|error| word.problem(error.to_string()))
}

fn alone(word: &Word<'_>, name: &str) -> Result<Action, Problem> {
    match name {
        "pop_queue" | "exit" | "dec_ttl" | "dec_mpls_ttl" | "ct_clear" | "debug_slow"
        | "debug_recirc" => make(word, json!({ "subtype": name })),
        "ct" => ct(word, &[]),
        _ => Err(word.problem(format!("{name} needs an argument")).help(example(name))),
    }
}

/// How an action is written.
fn example(name: &str) -> String {
    match name {
        "resubmit" => "resubmit(,1)",
        "move" => "move:NXM_NX_REG0[]->NXM_NX_REG1[]",
        "load" => "load:0x5->NXM_NX_REG0[0..15]",
        "set_field" => "set_field:10.0.0.1->ip_dst",
        "note" => "note:01.02.03",
        "push" | "pop" => return format!("{name}:NXM_NX_REG0[]"),
        "multipath" => "multipath(symmetric_l4,50,modulo_n,4,0,NXM_NX_REG2[0..1])",
        "bundle" => "bundle(eth_src,0,hrw,ofport,members:1,2)",
        "bundle_load" => "bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[0..15],members:1,2)",
        "learn" => "learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
        "conjunction" => "conjunction(7,1/2)",
        "fin_timeout" => "fin_timeout(idle_timeout=5)",
        "ct" => "ct(commit,zone=5)",
        "clone" => "clone(output:1)",
        "sample" => "sample(probability=65535,collector_set_id=1)",
        "check_pkt_larger" => "check_pkt_larger(1500)->NXM_NX_REG0[0]",
        "nicira" => "nicira(200,010203040506)",
        "set_mpls_ttl" | "set_mpls_label" | "set_mpls_tc" => return format!("{name}(5)"),
        _ => return format!("{name}:5"),
    }
    .to_owned()
}

fn with_value(word: &Word<'_>, name: &str, value: &Word<'_>) -> Result<Action, Problem> {
    let up_to = |max: u64| number_up_to(value, name, max);
    let plain = |key: &str, max: u64| {
        let mut json = Map::new();
        json.insert("subtype".to_owned(), name.into());
        json.insert(key.to_owned(), up_to(max)?.into());
        make(word, json.into())
    };
    match name {
        "resubmit" => make(word, json!({ "subtype": name, "in_port": port(value)?.0 })),
        "set_tunnel" => match up_to(u64::MAX)? {
            id if u32::try_from(id).is_ok() => make(word, json!({ "subtype": name, "tun_id": id })),
            id => make(word, json!({ "subtype": "set_tunnel64", "tun_id": id })),
        },
        "set_tunnel64" => plain("tun_id", u64::MAX),
        "set_queue" => plain("queue_id", u32::MAX.into()),
        "group" => plain("group_id", u32::MAX.into()),
        "push_mpls" | "pop_mpls" => plain("ethertype", u16::MAX.into()),
        "write_metadata" => {
            let (first, mask) = parts(value, "/");
            let metadata = number_up_to(&first, "metadata", u64::MAX)?;
            let mask = mask.map_or(Ok(u64::MAX), |mask| number_up_to(&mask, "mask", u64::MAX))?;
            make(word, json!({ "subtype": name, "metadata": metadata, "metadata_mask": mask }))
        }
        "note" => note(word, value),
        "push" | "pop" => {
            let Subfield { header, ofs, n_bits } = subfield(value)?;
            let subtype = format!("stack_{name}");
            make(word, json!({ "subtype": subtype, "ofs": ofs, "field": header, "n_bits": n_bits }))
        }
        "move" => {
            let (src, dst) = arrow(value)?;
            let (from, to) = (subfield(&src)?, subfield(&dst)?);
            if from.n_bits != to.n_bits {
                let text = format!("{} bits go into {}", from.n_bits, to.n_bits);
                return Err(dst.problem(text).help("as many bits on both sides"));
            }
            make(
                word,
                json!({
                    "subtype": "reg_move", "n_bits": from.n_bits, "src_ofs": from.ofs,
                    "dst_ofs": to.ofs, "src": from.header, "dst": to.header,
                }),
            )
        }
        "load" => {
            let (value, dst) = arrow(value)?;
            let to = subfield(&dst)?;
            if to.n_bits > 64 || !is_short(to.header) {
                // The older action has no room for it.
                let (_, entry) = part(&dst, &value)?;
                return make(word, json!({ "subtype": "reg_load2", "set": entry }));
            }
            let fits = to.n_bits < 64;
            let max = if fits { (1_u64 << to.n_bits) - 1 } else { u64::MAX };
            let number = number_up_to(&value, "value", max)?;
            make(
                word,
                json!({
                    "subtype": "reg_load", "ofs": to.ofs, "n_bits": to.n_bits, "dst": to.header,
                    "value": number,
                }),
            )
        }
        "set_field" => set_field(word, value),
        "delete_field" => {
            let header = match number(value.text).filter(|_| value.text.starts_with("0x")) {
                Some(header) => header,
                None => field(value)?.header(),
            };
            make(word, json!({ "subtype": name, "field": header }))
        }
        "set_mpls_ttl" | "set_mpls_tc" | "set_mpls_label" => call(word, name, value),
        _ => Err(word.problem(format!("{name} is written otherwise")).help(example(name))),
    }
}

fn call(word: &Word<'_>, name: &str, inside: &Word<'_>) -> Result<Action, Problem> {
    let arguments = inside.words()?;
    let wrong = || Err(word.problem(format!("{name} is written otherwise")).help(example(name)));
    match (name, arguments.as_slice()) {
        ("resubmit", _) => resubmit(word, inside),
        ("dec_ttl", ids) => {
            let ids: Result<Vec<u16>, _> =
                ids.iter().map(|id| number16(id, "controller")).collect();
            make(word, json!({ "subtype": "dec_ttl_cnt_ids", "controllers": ids? }))
        }
        ("set_mpls_ttl", [ttl]) => {
            make(word, json!({ "subtype": name, "ttl": number8(ttl, "ttl", 255)? }))
        }
        ("set_mpls_tc", [tc]) => {
            make(word, json!({ "subtype": name, "tc": number8(tc, "tc", 7)? }))
        }
        ("set_mpls_label", [label]) => {
            let label = number_up_to(label, "label", 0xf_ffff)?;
            make(word, json!({ "subtype": name, "label": label }))
        }
        ("multipath", [fields, basis, algorithm, links, arg, dst]) => {
            let Subfield { header, ofs, n_bits } = subfield(dst)?;
            let links = number16(links, "number of links")?;
            let Some(max_link) = links.checked_sub(1) else { return wrong() };
            make(
                word,
                json!({
                    "subtype": name, "fields": fields.text, "basis": number16(basis, "basis")?,
                    "algorithm": algorithm.text, "max_link": max_link,
                    "arg": number_up_to(arg, "argument", u32::MAX.into())?,
                    "ofs": ofs, "n_bits": n_bits, "dst": header,
                }),
            )
        }
        ("bundle" | "bundle_load", [fields, basis, algorithm, _, rest @ ..]) => {
            let (dst, members) = match rest {
                [dst, members @ ..] if name == "bundle_load" => (subfield(dst)?, members),
                members => (Subfield { header: 0, ofs: 0, n_bits: 1 }, members),
            };
            let Some(members) = members_of(members)? else { return wrong() };
            make(
                word,
                json!({
                    "subtype": name, "algorithm": algorithm.text, "fields": fields.text,
                    "basis": number16(basis, "basis")?, "member_type": "NXM_OF_IN_PORT",
                    "ofs": dst.ofs, "n_bits": dst.n_bits, "dst": dst.header, "members": members,
                }),
            )
        }
        ("conjunction", [id, clause]) => {
            let id = number_up_to(id, "id", u32::MAX.into())?;
            let (clause, Some(of)) = parts(clause, "/") else { return wrong() };
            let of = number8(&of, "number of clauses", 64)?;
            let clause = number8(&clause, "clause", of)?;
            let Some(clause) = clause.checked_sub(1) else { return wrong() };
            make(word, json!({ "subtype": name, "clause": clause, "n_clauses": of, "id": id }))
        }
        ("fin_timeout", arguments) => {
            let mut json = json!({ "subtype": name, "fin_idle_timeout": 0, "fin_hard_timeout": 0 });
            for argument in arguments {
                match argument.key_value() {
                    (key @ ("idle_timeout" | "hard_timeout"), Some(seconds)) => {
                        set(&mut json, &format!("fin_{key}"), number16(&seconds, key)?.into());
                    }
                    _ => return wrong(),
                }
            }
            make(word, json)
        }
        ("nicira", [code, hex]) => {
            let code = number16(code, "the number of an action")?;
            let Some(body) = read_hex(hex.text) else {
                return Err(hex.problem("the bytes of an action are pairs of hex digits"));
            };
            if !(10 + body.len()).is_multiple_of(8) {
                let text =
                    format!("an action is a multiple of 8 bytes, this has {}", 10 + body.len());
                return Err(hex.problem(text).help(example(name)));
            }
            make(word, json!({ "subtype": code, "body": Bytes(body) }))
        }
        ("sample", arguments) => sample(word, arguments),
        ("learn", arguments) => learn(word, arguments),
        ("ct", arguments) => ct(word, arguments),
        ("clone", arguments) => {
            make(word, json!({ "subtype": name, "actions": parse_actions(arguments)? }))
        }
        _ => wrong(),
    }
}

pub(super) fn set(json: &mut Json, key: &str, value: Json) {
    if let Json::Object(fields) = json {
        fields.insert(key.to_owned(), value);
    }
}

/// `(port,table)`, `(,table)` or `(port,table,ct)`; a part that is left out is empty.
fn resubmit(word: &Word<'_>, inside: &Word<'_>) -> Result<Action, Problem> {
    let (first, rest) = parts(inside, ",");
    let in_port = match first.text.trim() {
        "" => PortNo::IN_PORT,
        _ => port(&first)?,
    };
    let (table, ct) = match &rest {
        None => (None, None),
        Some(rest) => {
            let (table, ct) = parts(rest, ",");
            (Some(table), ct)
        }
    };
    let table = match table {
        Some(table) if !table.text.trim().is_empty() => number8(&table, "table", 255)?,
        _ => 255,
    };
    let subtype = match ct.as_ref().map(|ct| ct.text.trim()) {
        None => "resubmit_table",
        Some("ct") => "resubmit_table_ct",
        Some(_) => {
            let at = ct.as_ref().unwrap_or(word);
            return Err(at.problem("resubmit takes ct alone there").help("resubmit(,1,ct)"));
        }
    };
    make(word, json!({ "subtype": subtype, "in_port": in_port.0, "table_id": table }))
}

/// The ports behind `members:`; the first stands in the same word.
fn members_of(words: &[Word<'_>]) -> Result<Option<Vec<u16>>, Problem> {
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    let ("members" | "slaves", value) = first.split(':') else { return Ok(None) };
    let value = value.filter(|value| !value.text.is_empty());
    let ports: Result<Vec<u16>, Problem> =
        value.iter().chain(rest).map(|member| port(member).map(|port| port.0)).collect();
    ports.map(Some)
}

/// Bytes with dots between them, padded so that the action is a multiple of eight bytes.
fn note(word: &Word<'_>, value: &Word<'_>) -> Result<Action, Problem> {
    let Some(mut bytes) = read_hex(&value.text.replace('.', "")) else {
        return Err(value.problem("a note is pairs of hex digits").help("note:01.02.03"));
    };
    while bytes.len() % 8 != 6 {
        bytes.push(0);
    }
    make(word, json!({ "subtype": "note", "note": Bytes(bytes) }))
}

fn set_field(word: &Word<'_>, value: &Word<'_>) -> Result<Action, Problem> {
    if let Some(hex) = value.text.strip_prefix("nxm(").and_then(|text| text.strip_suffix(')')) {
        let entry = read_hex(hex).as_deref().and_then(NxmEntry::of_bytes);
        let entry = entry.ok_or_else(|| value.problem("not the hex digits of one whole entry"))?;
        return make(word, json!({ "subtype": "reg_load2", "set": entry }));
    }
    let (value, dst) = arrow(value)?;
    let field = field(&dst)?;
    let (bytes, mask) = if field.bytes == 0 {
        option(field, &value)?
    } else {
        let Masked { value, mask } = masked(field, &value)?;
        let bytes = |number| bytes_of(number, field.bytes);
        (bytes(value), mask.map(bytes))
    };
    let entry = NxmEntry::new(field, &bytes, mask.as_deref());
    let entry = entry.ok_or_else(|| value.problem(format!("no value of {}", field.word)))?;
    make(word, json!({ "subtype": "reg_load2", "set": entry }))
}

/// `check_pkt_larger(bytes)->bit`.
fn check_pkt_larger(word: &Word<'_>) -> Result<Action, Problem> {
    let name = "check_pkt_larger";
    let (larger, dst) = arrow(word)?;
    let to = subfield(&dst)?;
    if to.n_bits != 1 {
        let text = format!("{} is {} bits, want one", dst.text, to.n_bits);
        return Err(dst.problem(text).help(example(name)));
    }
    let Some((_, bytes)) = larger.call() else {
        return Err(word.problem(format!("{name} is written otherwise")).help(example(name)));
    };
    let bytes = number16(&bytes, "bytes")?;
    make(word, json!({ "subtype": name, "pkt_len": bytes, "ofs": to.ofs, "dst": to.header }))
}

/// A copy for IPFIX. What is said of it, chooses the oldest action that can say it.
fn sample(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let mut json = json!({ "collector_set_id": 0, "obs_domain_id": 0, "obs_point_id": 0 });
    let (mut port, mut direction, mut by_field, mut probability) = (None, None, false, None);
    for argument in arguments {
        match argument.key_value() {
            ("probability", Some(value)) => probability = Some(number16(&value, "probability")?),
            ("collector_set_id", Some(value)) => {
                let id = number_up_to(&value, "collector_set_id", u32::MAX.into())?;
                set(&mut json, "collector_set_id", id.into());
            }
            (key @ ("obs_domain_id" | "obs_point_id"), Some(value)) => {
                if number(value.text).is_some() {
                    let id = number_up_to(&value, key, u32::MAX.into())?;
                    set(&mut json, key, id.into());
                    continue;
                }
                let Subfield { header, ofs, n_bits } = subfield(&value)?;
                if n_bits > 32 {
                    return Err(value.problem(format!("{key} has 32 bits, {n_bits} go into it")));
                }
                by_field = true;
                let bits = (ofs << 6 | n_bits.saturating_sub(1)) << 16;
                set(&mut json, key, bits.into());
                set(&mut json, &key.replace("_id", "_src"), header.into());
            }
            ("sampling_port", Some(value)) => port = Some(self::port(&value)?.0),
            (way @ ("ingress" | "egress"), None) => direction = Some(way),
            _ => {
                let text = format!("sample has no {:?}", argument.text);
                return Err(argument.problem(text).help(example("sample")));
            }
        }
    }
    let Some(probability) = probability.filter(|probability| *probability != 0) else {
        let text = "sample needs a probability of 1 to 65535";
        return Err(word.problem(text).help(example("sample")));
    };
    let subtype = match (by_field, direction, port) {
        (true, ..) => "sample4",
        (_, Some(_), _) => "sample3",
        (_, _, Some(_)) => "sample2",
        _ => "sample",
    };
    set(&mut json, "subtype", subtype.into());
    set(&mut json, "probability", probability.into());
    if subtype != "sample" {
        set(&mut json, "sampling_port", port.unwrap_or(PortNo::NONE.0).into());
        set(&mut json, "direction", direction.unwrap_or("default").into());
    }
    if let (true, Json::Object(fields)) = (by_field, &mut json) {
        for key in ["obs_domain_src", "obs_point_src"] {
            fields.entry(key).or_insert(0.into());
        }
    }
    make(word, json)
}

/// The priority of a learned entry that names none.
pub(super) const LEARNED_PRIORITY: u16 = FlowMod::DEFAULT_PRIORITY;
