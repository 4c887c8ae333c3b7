//! An extended match in a flow's text: the words of ovs-fields(7), as they are printed.

use std::ops::Range;

use super::diagnostic::Problem;
use super::nxm_value::{Masked, bytes_of, masked, ones, option};
use super::reader::MatchReader;
use super::subfield::{Subfield, subfield};
use super::word::{Word, number8, number16, number128};
use crate::nicira::match_key::{MatchKey, VLAN_PCP, VLAN_PRESENT, VLAN_VID};
use crate::nicira::match_words::{field_of, names, needs, shorthand, shorthands};
use crate::nicira::value_text;
use crate::nicira::{NxmEntry, NxmField, NxmMatch};
use crate::of10::FlowModCommand;
use crate::types::read_hex;
use crate::vse::MatchField;

/// Words that stand for another field by the protocol.
const BY_PROTOCOL: [(&str, &str); 4] =
    [("tp_src", "tp_src"), ("tp_dst", "tp_dst"), ("icmp_type", "tp_src"), ("icmp_code", "tp_dst")];

/// Fields that share their place in a flow key with others, and stand for themselves alone.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "arp_op", "arp_spa", "arp_tpa", "arp_sha", "arp_tha", "nd_sll", "nd_tll", "tcp_src", "tcp_dst",
    "udp_src", "udp_dst", "sctp_src", "sctp_dst", "icmpv6_type", "icmpv6_code",
];

/// The field that `word` is about, if an extended match has it.
pub(super) fn named<'a>(word: &Word<'a>) -> Option<&'a str> {
    if let Some((name, _)) = word.call().filter(|(name, _)| !name.contains('=')) {
        return (name == "nxm" || of_entry(name).is_some()).then_some(name);
    }
    let (key, value) = word.key_value();
    let lower = key.to_ascii_lowercase();
    match value {
        None => shorthand(&lower).map(|_| key),
        Some(value) if lower == "cookie" => value.text.contains('/').then_some(key),
        Some(_) => {
            let name = key.split('[').next().unwrap_or(key);
            (of_text(name).is_some() || is_vlan(&lower) || by_protocol(&lower).is_some())
                .then_some(key)
        }
    }
}

fn is_vlan(key: &str) -> bool {
    matches!(key, "dl_vlan" | "dl_vlan_pcp")
}

fn by_protocol(key: &str) -> Option<&'static str> {
    BY_PROTOCOL.iter().find(|(name, _)| *name == key).map(|(_, slot)| *slot)
}

/// A field by one of its names, in any case.
fn of_text(name: &str) -> Option<&'static NxmField> {
    field_of(&name.to_ascii_lowercase())
}

/// A field by the name that an entry of its own has: with `_W` where it has a mask.
fn of_entry(name: &str) -> Option<&'static NxmField> {
    NxmField::of_name(name).or_else(|| NxmField::of_name(name.strip_suffix("_W")?))
}

/// What a word says.
#[derive(Debug)]
struct Said {
    span: Range<usize>,
    text: String,
    /// The field that it names.
    field: &'static str,
    key: MatchKey,
}

/// The match that is being read.
#[derive(Debug, Default)]
pub(super) struct NxmFields {
    said: Vec<Said>,
    /// Entries that are written as such, in their order.
    entries: Vec<NxmEntry>,
    pad: Vec<u8>,
    match_pad: Vec<u8>,
    pub(super) table: u8,
    lenient: bool,
    pub(super) warnings: Vec<Problem>,
}

impl MatchReader for NxmFields {
    fn begin(&mut self, _: &[Word<'_>], lenient: bool) {
        self.lenient = lenient;
    }

    fn read(&mut self, word: &Word<'_>) -> Result<bool, Problem> {
        if let Some((name, inside)) = word.call().filter(|(name, _)| !name.contains('=')) {
            return self.read_entry(word, name, &inside);
        }
        let (key, value) = word.key_value();
        let lower = key.to_ascii_lowercase();
        let Some(value) = value else {
            let Some((eth_type, nw_proto)) = shorthand(&lower) else { return Ok(false) };
            let mut said = MatchKey::default();
            said.set("eth_type", eth_type, 0xffff);
            if let Some(nw_proto) = nw_proto {
                said.set("nw_proto", nw_proto, 0xff);
            }
            return self.say(word, "eth_type", said).map(|()| true);
        };
        if named(word).is_some() {
            let (field, said) = self.read_field(word, key, &lower, &value)?;
            return self.say(word, field, said).map(|()| true);
        }
        match MatchField::from_name(&lower).filter(|field| field.value_len().is_some()) {
            Some(_) => {
                let text = format!(
                    "{lower} is VSE's, and an extended match of Open vSwitch cannot have it"
                );
                let help = "VSE's fields and those of Open vSwitch stand in flows of their own";
                Err(word.problem(text).help(help))
            }
            None => Ok(false),
        }
    }

    fn set_table(&mut self, value: &Word<'_>) -> Result<(), Problem> {
        self.table = number8(value, "table", 255)?;
        Ok(())
    }

    fn check(&mut self, command: FlowModCommand) -> Result<(), Problem> {
        let context = self.key().context();
        for said in std::mem::take(&mut self.said) {
            if said.field == "cookie" && command == FlowModCommand::Add {
                let problem = Problem::new(said.span, "an addition cannot match a cookie");
                return Err(problem.help("cookie=5, without a mask, is that of the entry"));
            }
            let counts = |slot: &'static str| {
                let field = context.field(slot);
                field.is_some_and(|field| field == said.field || !OWN.contains(&said.field))
            };
            // An EtherType needs nothing.
            if said.key.slots().filter(|slot| *slot != "eth_type").all(counts) {
                self.said.push(said);
                continue;
            }
            let Said { span, text, field, .. } = said;
            let needs = needs(field);
            let first = needs.split(' ').next().unwrap_or(needs);
            let problem = Problem::new(span, format!("{text} is ignored without {needs}"));
            self.forgive(problem.help(format!("write {first},{text}")))?;
        }
        Ok(())
    }

    fn names() -> Vec<&'static str> {
        let fields = NxmField::ALL.iter().map(|field| field.word);
        let others = BY_PROTOCOL.iter().map(|(name, _)| *name);
        let others = others.chain(["dl_vlan", "dl_vlan_pcp", "nxm", "unmatched"]);
        fields.chain(names()).chain(shorthands()).chain(others).collect()
    }
}

impl NxmFields {
    /// All that is said.
    fn key(&self) -> MatchKey {
        let mut key = MatchKey::default();
        for said in &self.said {
            key.merge(said.key.clone());
        }
        key
    }

    /// The match, the padding in front of it, and what was changed.
    pub(super) fn finish(mut self) -> (NxmMatch, Vec<u8>, Vec<Problem>) {
        let mut entries = self.key().entries();
        entries.append(&mut self.entries);
        (NxmMatch::new(entries).with_pad(&self.match_pad), self.pad, self.warnings)
    }

    /// Takes what a word says, of which nothing may have been said before.
    fn say(&mut self, word: &Word<'_>, field: &'static str, key: MatchKey) -> Result<(), Problem> {
        if let Some(before) = self.said.iter().find(|said| said.key.overlaps(&key)) {
            let text = format!("{} was set before, by {}", word.text, before.text);
            return Err(word.problem(text));
        }
        let (span, text) = (word.span.clone(), word.text.to_owned());
        self.said.push(Said { span, text, field, key });
        Ok(())
    }

    /// In lenient mode a warning, else an error.
    fn forgive(&mut self, problem: Problem) -> Result<(), Problem> {
        if !self.lenient {
            return Err(problem);
        }
        self.warnings.push(problem);
        Ok(())
    }

    fn read_field(
        &mut self,
        word: &Word<'_>,
        key: &str,
        lower: &str,
        value: &Word<'_>,
    ) -> Result<(&'static str, MatchKey), Problem> {
        let mut said = MatchKey::default();
        if key.contains('[') {
            let end = word.span.start + key.len();
            let bits = Word { text: key, span: word.span.start..end };
            let (field, entry) = part(&bits, value)?;
            said.add(&entry);
            return Ok((field.word, said));
        }
        match lower {
            "dl_vlan" => {
                match number16(value, lower)? {
                    0xffff => said.set("tci", 0, 0xffff),
                    vlan if vlan > 4095 => {
                        let text = format!("dl_vlan is {vlan}, must be at most 4095");
                        let help = "dl_vlan=0xffff for frames without a tag";
                        return Err(value.problem(text).help(help));
                    }
                    vlan => said.set("tci", VLAN_PRESENT | u128::from(vlan), VLAN_VID),
                }
                return Ok(("vlan_tci", said));
            }
            "dl_vlan_pcp" => {
                let pcp = u128::from(number8(value, lower, 7)?);
                said.set("tci", pcp << 13 | VLAN_PRESENT, VLAN_PCP | VLAN_PRESENT);
                return Ok(("vlan_tci", said));
            }
            "icmp_type" | "icmp_code" => {
                let number = number8(value, lower, 255)?;
                said.set(by_protocol(lower).unwrap_or("tp_src"), number.into(), 0xffff);
                return Ok((if lower == "icmp_type" { "icmp_type" } else { "icmp_code" }, said));
            }
            _ => {}
        }
        let slot = by_protocol(lower);
        let known = match slot {
            // Ports are alike, whatever the protocol.
            Some(_) => NxmField::of_name("NXM_OF_TCP_SRC"),
            None => of_text(key),
        };
        let Some(field) = known else {
            return Err(word.problem(format!("{key} is no field that is known")));
        };
        if field.bytes == 0 {
            let (mut bytes, mask) = option(field, value)?;
            let outside = |(byte, mask): (&u8, &u8)| byte & !mask != 0;
            if let Some(mask) = mask.as_ref().filter(|mask| bytes.iter().zip(*mask).any(outside)) {
                bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte &= mask);
                let like = value_text::value(field, &bytes, Some(mask));
                self.forgive(beside_mask(key, value, &like))?;
            }
            let entry = NxmEntry::new(field, &bytes, mask.as_deref());
            said.add(&entry.ok_or_else(|| value.problem("a tunnel option is too long"))?);
            return Ok((field.word, said));
        }
        let read = self.kept(field, key, value, masked(field, value)?)?;
        if let Some(slot) = slot {
            said.set(slot, read.value, read.mask.unwrap_or(0xffff));
            return Ok((slot, said));
        }
        // As Open vSwitch has it: the bit that says that there is a tag counts too.
        let whole = (field.word == "vlan_vid").then_some(VLAN_VID);
        said.add(&entry(field, value, read.value, read.mask.or(whole))?);
        Ok((field.word, said))
    }

    /// The value in the bits of its mask; if it has more, that is told, as what a switch ignores is.
    fn kept(
        &mut self,
        field: &NxmField,
        key: &str,
        value: &Word<'_>,
        read: Masked,
    ) -> Result<Masked, Problem> {
        let tos = read.value;
        if field.word == "nw_tos" && tos & 3 != 0 {
            let text = format!("nw_tos={tos} sets the two low bits, which are ECN's");
            self.forgive(value.problem(text).help(format!("nw_tos={}", tos & !3)))?;
            return Ok(Masked { value: tos & !3, ..read });
        }
        let Some(mask) = read.mask.filter(|mask| read.value & !mask != 0) else { return Ok(read) };
        let kept = Masked { value: read.value & mask, ..read };
        let bytes = |number| bytes_of(number, field.bytes);
        let like = value_text::value(field, &bytes(kept.value), Some(&bytes(mask)));
        self.forgive(beside_mask(key, value, &like)).map(|()| kept)
    }

    /// An entry as such: `NXM_OF_IP_DST_W(0a000000/ff000000)`, or any bytes as `nxm(…)`; and the
    /// padding, `unmatched(…)`.
    fn read_entry(
        &mut self,
        word: &Word<'_>,
        name: &str,
        inside: &Word<'_>,
    ) -> Result<bool, Problem> {
        if name == "unmatched" {
            for word in inside.words()? {
                let (key, value) = word.key_value();
                let bytes = value.as_ref().and_then(|value| read_hex(value.text));
                match (key, bytes) {
                    ("pad", Some(bytes)) if bytes.len() == 6 => self.pad = bytes,
                    ("match_pad", Some(bytes)) if bytes.len() < 8 => self.match_pad = bytes,
                    _ => {
                        let text = "want the bytes of the padding";
                        return Err(word.problem(text).help("unmatched(pad=000000000001)"));
                    }
                }
            }
            return Ok(true);
        }
        if name == "nxm" {
            let wire = read_hex(inside.text);
            let Some(entry) = wire.as_deref().and_then(NxmEntry::of_bytes) else {
                return Err(inside.problem("not the hex digits of one whole entry of a match"));
            };
            self.entries.push(entry);
            return Ok(true);
        }
        let Some(field) = of_entry(name) else { return Ok(false) };
        let (value, mask) =
            inside.text.split_once('/').map_or((inside.text, None), |(v, m)| (v, Some(m)));
        let entry = match mask {
            None => read_hex(value).and_then(|value| NxmEntry::new(field, &value, None)),
            Some(mask) => read_hex(value)
                .zip(read_hex(mask))
                .and_then(|(value, mask)| NxmEntry::new(field, &value, Some(&mask))),
        };
        let Some(entry) = entry else {
            let text = match field.bytes {
                0 => format!("{} has 1 to 124 bytes of hex digits", field.name),
                bytes => format!("{} has {bytes} bytes of hex digits", field.name),
            };
            return Err(word
                .problem(text)
                .help(format!("{}(value) or {0}_W(value/mask)", field.name)));
        };
        self.entries.push(entry);
        Ok(true)
    }
}

/// A value has bits that its mask leaves out; without them it is `like`.
fn beside_mask(key: &str, value: &Word<'_>, like: &str) -> Problem {
    let text = format!("{} has bits that its mask leaves out", value.text);
    value.problem(text).help(format!("{key}={like}"))
}

/// An entry of a value and a mask that are known to fit.
fn entry(
    field: &NxmField,
    word: &Word<'_>,
    value: u128,
    mask: Option<u128>,
) -> Result<NxmEntry, Problem> {
    let mask = mask.map(|mask| bytes_of(mask, field.bytes));
    let entry = NxmEntry::new(field, &bytes_of(value, field.bytes), mask.as_deref());
    entry.ok_or_else(|| word.problem(format!("no value of {}", field.word)))
}

/// `FIELD[first..last]=value`: a part of a field.
pub(super) fn part(
    bits: &Word<'_>,
    value: &Word<'_>,
) -> Result<(&'static NxmField, NxmEntry), Problem> {
    let Subfield { header, ofs, n_bits } = subfield(bits)?;
    let (ofs, n_bits) = (u32::try_from(ofs).unwrap_or(0), u32::try_from(n_bits).unwrap_or(0));
    let field = NxmField::of_header(header).filter(|field| field.bytes != 0);
    let Some(field) = field else {
        return Err(bits.problem("no bits of a field whose length is known"));
    };
    let max = ones(n_bits);
    let number = match number128(value.text) {
        Some(number) if number <= max => number,
        Some(number) => {
            return Err(value.problem(format!("{number} does not fit {n_bits} bits")));
        }
        None => {
            let text = format!("{} must be a number, not {:?}", field.word, value.text);
            return Err(value.problem(text));
        }
    };
    let mask = if n_bits == u32::from(field.bits) { None } else { Some(max << ofs) };
    Ok((field, entry(field, value, number << ofs, mask)?))
}
