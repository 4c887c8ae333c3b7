//! The actions of Nicira in a flow's text: ovs-actions(7).
//!
//! An action is put together in its JSON form, which checks every value against the codec's tables.

use serde_json::{Map, Value as Json, json};

use super::action::{parse_actions, port};
use super::diagnostic::Problem;
use super::learn::learn;
use super::word::{Word, nearest, number, number_up_to, number8, number16};
use crate::nicira::{NiciraAction, NxmField};
use crate::of10::{Action, FlowMod, PortNo};
use crate::types::read_hex;

/// The words for Nicira's actions. Three more, `output`, `controller` and `enqueue`, are OpenFlow's.
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
    "ct",
    "ct_clear",
    "clone",
    "group",
    "delete_field",
];

/// Reads the action that `word` is, if its name is one of Nicira's.
pub(super) fn nicira_action(word: &Word<'_>) -> Option<Result<Action, Problem>> {
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
        "pop_queue" | "exit" | "dec_ttl" | "dec_mpls_ttl" | "ct_clear" => {
            make(word, json!({ "subtype": name }))
        }
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
        "delete_field" => make(word, json!({ "subtype": name, "field": field(value)?.header() })),
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
    make(word, json!({ "subtype": "note", "note": crate::types::Bytes(bytes) }))
}

fn set_field(word: &Word<'_>, value: &Word<'_>) -> Result<Action, Problem> {
    let (value, dst) = arrow(value)?;
    let field = field(&dst)?;
    let (first, mask) = parts(&value, "/");
    // Numbers as such, everything else as JSON has it; a prefix length is a mask.
    let json = |part: &Word<'_>| match number(part.text) {
        Some(number) => json!(number),
        None => json!(part.text),
    };
    let mut set = json!({ "field": field.name, "value": json(&first) });
    if let (Some(mask), Json::Object(set)) = (mask, &mut set) {
        set.insert("mask".to_owned(), json(&mask));
    }
    make(&value, json!({ "subtype": "reg_load2", "set": set })).map_err(|mut problem| {
        problem.span = word.span.clone();
        problem
    })
}

fn ct(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
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

/// Bits of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subfield {
    pub(super) header: u64,
    pub(super) ofs: u64,
    pub(super) n_bits: u64,
}

/// A field by the name of a header or by its word in flows.
pub(super) fn field(word: &Word<'_>) -> Result<&'static NxmField, Problem> {
    let found = NxmField::of_name(word.text).or_else(|| NxmField::of_word(word.text));
    found.ok_or_else(|| {
        let problem = word.problem(format!("{:?} is no field of Open vSwitch", word.text));
        let names = NxmField::ALL.iter().flat_map(|field| [field.name, field.word]);
        match nearest(word.text, names) {
            Some(like) => problem.help(format!("did you mean {like}?")),
            None => problem,
        }
    })
}

/// `FIELD[]`, `FIELD[bit]` or `FIELD[first..last]`.
pub(super) fn subfield(word: &Word<'_>) -> Result<Subfield, Problem> {
    let (name, bits) = parts(word, "[");
    let wrong = || {
        let help = "FIELD[], FIELD[3] or FIELD[0..15]";
        Err(word.problem(format!("{:?} is no bits of a field", word.text)).help(help))
    };
    let field = field(&name)?;
    let all = if field.bits == 0 { 992 } else { u64::from(field.bits) };
    let (ofs, last) = match bits.as_ref().map(|bits| bits.text.strip_suffix(']')) {
        None => (0, all.saturating_sub(1)),
        Some(None) => return wrong(),
        Some(Some("")) => (0, all.saturating_sub(1)),
        Some(Some(bits)) => {
            let (first, last) = bits.split_once("..").unwrap_or((bits, bits));
            match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last => (first, last),
                _ => return wrong(),
            }
        }
    };
    if last >= all {
        return Err(word.problem(format!("{} has {all} bits", field.name)));
    }
    Ok(Subfield { header: field.header(), ofs, n_bits: last + 1 - ofs })
}

/// What stands on both sides of `->`.
pub(super) fn arrow<'a>(word: &Word<'a>) -> Result<(Word<'a>, Word<'a>), Problem> {
    match parts(word, "->") {
        (from, Some(to)) => Ok((from, to)),
        (_, None) => Err(word.problem("-> and where it goes are missing")),
    }
}

/// The parts before and behind the first `separator`, each with its place.
pub(super) fn parts<'a>(word: &Word<'a>, separator: &str) -> (Word<'a>, Option<Word<'a>>) {
    match word.text.split_once(separator) {
        None => (word.clone(), None),
        Some((first, second)) => {
            let start = word.span.start;
            let first = Word { text: first, span: start..start + first.len() };
            let span = word.span.end - second.len()..word.span.end;
            (first, Some(Word { text: second, span }))
        }
    }
}

/// The priority of a learned entry that names none.
pub(super) const LEARNED_PRIORITY: u16 = FlowMod::DEFAULT_PRIORITY;
